"""Suspense: money that came with no account, or with one nobody has heard of, its dates kept (PAY-3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, Literal

from bulkhead.kernel.errors import Conflict
from bulkhead.kernel.ids import derived_id
from payments.domain.payments import Method, Tender


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspenseItem:
    """Money whose household is not known. ``account`` is the one it names; None where it names none.

    An item that names an account is matched by itself when the account is heard of; any open item may be
    assigned by an operator. ``assigned_by`` is the operator, or None for a match.
    """

    item: str
    account: str | None
    amount_cents: int
    method: Method
    received_on: date
    postmarked_on: date | None
    recorded_at: datetime
    reference: str | None
    origin: str
    state: Literal["open", "assigned"]
    payment: str | None
    household: str | None
    assigned_at: datetime | None
    assigned_by: str | None


class AlreadyAssigned(Conflict):
    """The money of a suspense item has gone to a household already (PAY-3)."""

    kind: ClassVar[str] = "already-assigned"


def assign(item: SuspenseItem, *, household: str, now: datetime, by: str | None) -> SuspenseItem:
    """Return the item as assigned; raises `AlreadyAssigned` unless it is open (PAY-3)."""
    if item.state != "open":
        raise AlreadyAssigned("the item was assigned already")
    return replace(
        item,
        state="assigned",
        payment=derived_id("suspense", item.item),
        household=household,
        assigned_at=now,
        assigned_by=by,
    )


def tender_of(item: SuspenseItem) -> Tender:
    """Return the money of an assigned item, with the dates it came with (PAY-3).

    Raises `ValueError` for an item that is still open.
    """
    if item.payment is None or item.household is None:
        raise ValueError("the item is not assigned")
    return Tender(
        payment=item.payment,
        household=item.household,
        amount_cents=item.amount_cents,
        method=item.method,
        source="lockbox",
        received_on=item.received_on,
        postmarked_on=item.postmarked_on,
        at_selection=False,
        reference=item.reference,
        origin=item.origin,
    )
