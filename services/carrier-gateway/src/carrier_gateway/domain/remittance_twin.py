"""The readable twin of an 820: the same amounts as a file that a person can read and a program can load (PAY-6)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from bulkhead.kernel.money import format_cents
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.remittances import Remittance, Share

COLUMNS: Final = ("number", "subscriber", "policy", "plan", "month", "type", "amount")


def twin_name(file: str) -> str:
    """Return the name of the twin beside an 820 of that name."""
    return f"{file.removesuffix('.820')}.csv"


def twin_head(remittance: Remittance) -> str:
    """Return the twin's beginning: lines of name and value, ``plan_total`` with the id of the plan between, an empty
    line, and the columns. ``number`` is ENT01; nobody is named.
    """
    money = format_cents
    return _rendered(
        [
            ("remittance", remittance.remittance),
            ("carrier", remittance.carrier),
            ("business_date", remittance.business_date.isoformat()),
            ("paid_on", remittance.issued_on.isoformat()),
            ("trace", remittance.trace),
            ("control_number", str(remittance.control_number)),
            ("lines", str(remittance.lines)),
            *(("plan_total", plan, money(cents)) for plan, cents in sorted(remittance.plan_cents.items())),
            ("lines_total", money(remittance.net_cents)),
            ("brought_forward", money(remittance.brought_forward_cents)),
            ("carried", money(remittance.carried_cents)),
            ("total", money(remittance.total_cents)),
            (),
            COLUMNS,
        ]
    )


def twin_rows(shares: Iterable[Share], *, profile: CarrierProfile) -> str:
    """Return a row for each amount, with two decimals, in the words and ids of the 820."""
    return _rendered(
        (
            str(share.number),
            share.subscriber,
            share.policy,
            profile.plan_id(share.plan),
            str(item.month),
            profile.payment_type(item.kind),
            format_cents(item.cents),
        )
        for share in shares
        for item in share.items
    )


def twin_tail(remittance: Remittance, *, profile: CarrierProfile) -> str:
    """Return the rows of balances, which are nobody's: with them all rows make the total."""
    return _rendered(
        (str(number), "", "", "", "", profile.payment_type("balance"), format_cents(cents))
        for number, cents in enumerate(remittance.balances, start=remittance.entities + 1)
    )


def _rendered(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
