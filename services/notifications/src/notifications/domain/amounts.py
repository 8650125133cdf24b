"""What has come for an invoice since it was made: a letter never asks for what has been received (NOT-1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An invoice as it asks: ``cents`` are still to be paid as of ``at``, when it was made.

    ``number`` orders a household's invoices.
    """

    invoice: str
    number: int
    selection: str | None
    kind: Literal["initial", "monthly"]
    due: date
    cents: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """Money that came, and the selection or invoice its payer named, if any."""

    cents: int
    at: datetime
    selection: str | None
    invoice: str | None


def received_since(invoice: str, *, asked: Sequence[Asked], came: Iterable[Came]) -> int:
    """Return the cents that came for an invoice after it was made, at most what it asks.

    ``asked`` are the household's invoices, ``came`` its payments; each cent counts for one invoice alone, as
    money goes where its payer named it, then where it is exactly what a binder lacks, to the months, and to
    binders (INV-5). Of two monthly invoices the later has in it what the earlier asked, so what pays one pays
    the other.
    """
    left = {each.invoice: each.cents for each in asked}
    for payment in sorted(came, key=lambda each: each.at):
        cents = payment.cents
        for group in _goes_to(payment, [each for each in asked if each.at < payment.at], left):
            # The last of a group says how much it lacks; what pays that pays the others as well.
            paid = min(cents, left[group[-1].invoice])
            cents -= paid
            left.update({each.invoice: max(0, left[each.invoice] - paid) for each in group})
    return next(each.cents - left[invoice] for each in asked if each.invoice == invoice)


def _goes_to(payment: Came, asked: Sequence[Asked], left: Mapping[str, int]) -> list[Sequence[Asked]]:
    """Return what a payment goes to, in order: each binder by itself, all monthly invoices as one (INV-5)."""
    monthly = sorted((each for each in asked if each.kind == "monthly"), key=lambda each: each.number)
    months = [monthly] if monthly else []
    lacks = left[monthly[-1].invoice] if monthly else 0
    binders = sorted((each for each in asked if each.kind == "initial"), key=lambda each: each.due)
    whole = [[each] for each in binders if left[each.invoice] <= payment.cents - lacks]
    unnamed = [*months, *whole, *([each] for each in binders)]
    if payment.invoice is None and payment.selection is None:
        exact = [[each] for each in binders if left[each.invoice] == payment.cents and lacks != payment.cents]
        return [*exact[:1], *unnamed]
    named = [each for each in asked if _names(payment, each)]
    # Named for what this household was not asked for yet, it pays none of these.
    return [*(monthly if each.kind == "monthly" else [each] for each in named), *unnamed] if named else []


def _names(payment: Came, asked: Asked) -> bool:
    if payment.invoice is not None:
        return payment.invoice == asked.invoice
    return payment.selection == asked.selection
