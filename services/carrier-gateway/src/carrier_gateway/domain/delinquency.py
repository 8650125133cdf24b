"""The delinquency list as a file a person can read and a program can load (CAR-3)."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from bulkhead.kernel.money import format_cents
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.records import DelinquencyList, DelinquencyRow

COLUMNS = (
    "household",
    "subscriber",
    "policies",
    "grace_month",
    "grace_months",
    "claims",
    "past_due",
    "pay_by",
    "action",
    "effective",
    "says",
)

_NOTICES: Final[Mapping[str, str]] = {
    "dunning": "the dunning notice",
    "pend-claims": "the late notice",
    "termination-notice": "the 30-day notice of termination",
}


def list_file_name(closed: DelinquencyList, *, profile: CarrierProfile) -> str:
    """Return the name of a list's file: one per business date and part, by the carrier's pattern."""
    return profile.list_file_name.format(
        carrier=profile.carrier,
        receiver=profile.receiver_id,
        date=closed.on.isoformat(),
        part=closed.list_part,
        usage=profile.usage,
    )


def render_list(
    *,
    closed: DelinquencyList,
    rows: Sequence[DelinquencyRow],
    subscribers: Mapping[str, str],
    profile: CarrierProfile,
) -> str:
    """Return the file's text: lines of name and value, an empty line, a row for each household, an empty line, and
    the trailer, lines of name and value again, of which the last is the SHA-256 of all bytes before it.

    ``subscribers`` gives a household's subscriber ids, as the carrier knows them from our 834s (REF 0F).
    Amounts have two decimals, policies and subscribers are separated by blanks, what does not apply is empty.
    The list shows who was past due at the end of the day before it (CAR-3).
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", delimiter=profile.list_delimiter)
    counts = (
        ("rows", closed.rows),
        ("past_due_total", format_cents(sum(row.past_due_cents for row in rows))),
    )
    writer.writerow(("list", "delinquency"))
    writer.writerow(("carrier", closed.carrier))
    writer.writerow(("business_date", closed.on.isoformat()))
    writer.writerow(("as_of", (closed.on - timedelta(days=1)).isoformat()))
    writer.writerow(("part", closed.list_part))
    writer.writerows(counts)
    writer.writerow(())
    writer.writerow(COLUMNS)
    for row in sorted(rows, key=lambda each: each.household):
        writer.writerow(_cells(row, subscribers.get(row.household, "")))
    writer.writerow(())
    writer.writerow(("end", "delinquency"))
    writer.writerows(counts)
    writer.writerow(("sha256", hashlib.sha256(text.getvalue().encode()).hexdigest()))
    return text.getvalue()


def _cells(row: DelinquencyRow, subscriber: str) -> tuple[str, ...]:
    return (
        row.household,
        subscriber,
        " ".join(row.policies),
        "" if row.month is None else str(row.month),
        "" if row.of is None else str(row.of),
        row.claims,
        format_cents(row.past_due_cents),
        "" if row.pay_by is None else row.pay_by.isoformat(),
        row.action,
        "" if row.effective is None else row.effective.isoformat(),
        _says(row),
    )


def _says(row: DelinquencyRow) -> str:
    """Return why the row is there and what the carrier does about it, with the rules."""
    said = [f"Past due at the end of {row.on - timedelta(days=1)} (INV-7)."]
    if row.month is not None:
        said.append(f"Month {row.month} of {row.of} of grace (INV-8).")
        said.append("Claims are paid (INV-10)." if row.claims == "pay" else "Claims are pended (INV-10).")
    if row.action == "terminate":
        said.append(f"Grace is over: coverage ends on {row.effective} (INV-11), and our 834 confirms it.")
    elif row.action == "cancel":
        said.append(f"Grace is over: what was to begin on {row.effective} never begins (INV-11).")
    else:
        said.append(f"Send {_NOTICES[row.action]}: all is to be paid by {row.pay_by}.")
    return " ".join(said)
