"""Suspense: money of which it is not sure whose it is, when it came, or whether it came before (PAY-3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, Final, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, InvalidValue, Refused
from bulkhead.kernel.ids import derived_id
from payments.domain.payments import Method, Tender, checked_postmark

SuspenseReason: TypeAlias = Literal["unknown-account", "unreadable", "possible-double"]
"""Why money is in suspense.

``unknown-account``: it names none, or one nobody has heard of yet. ``unreadable``: part of its record cannot
be read. ``possible-double``: the same instrument came in another file.
"""

MATCHED: Final[SuspenseReason] = "unknown-account"
"""The reason that ends by itself when the account is heard of; the others wait for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspenseItem:
    """Money that is no household's yet, with all of its record that could be read.

    ``problems`` say what could not. ``held_since`` is the day its age counts from: that of receipt or, where it
    cannot be read, of its deposit (PAY-9). ``decided_by`` is the operator, None for a match. ``dismissed``:
    a person found that it is the same money again, so that it never was any; or it went back with the whole sum of the
    ``third_party`` file that it is of, or was a check that this file tells apart.
    """

    item: str
    account: str | None
    amount_cents: int
    method: Method
    received_on: date | None
    postmarked_on: date | None
    held_since: date
    selection: str | None
    invoice: str | None
    recorded_at: datetime
    reference: str | None
    origin: str
    reason: SuspenseReason
    problems: tuple[str, ...]
    state: Literal["open", "assigned", "dismissed"]
    payment: str | None
    household: str | None
    decided_at: datetime | None
    decided_by: str | None
    third_party: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Whose an item is, and what a person reads on it: None where the item says it, or nobody does."""

    household: str
    received_on: date | None = None
    postmarked_on: date | None = None
    selection: str | None = None
    invoice: str | None = None


class AlreadyDecided(Conflict):
    """The money of a suspense item has gone to a household already, or was found to be none (PAY-3)."""

    kind: ClassVar[str] = "already-decided"


class NoDouble(Refused):
    """Money that is nobody else's again is never refused (PAY-3)."""

    kind: ClassVar[str] = "no-double"


def assign(item: SuspenseItem, to: Assignment, *, now: datetime, by: str | None) -> SuspenseItem:
    """Return the item as assigned: the dates it came with stand, those it lacks are the person's (PAY-3).

    Raises `AlreadyDecided` unless it is open and `InvalidValue` for a date that it has.
    """
    _require_open(item)
    for field, kept, given in (
        ("/received_on", item.received_on, to.received_on),
        ("/postmarked_on", item.postmarked_on, to.postmarked_on),
    ):
        if kept is not None and given not in (None, kept):
            raise InvalidValue(
                field=field,
                problem="is known from the record it came with",
                reasons=(Reason(rule="PAY-3", says="money keeps the dates it came with"),),
            )
    received_on = item.received_on or to.received_on
    postmarked_on = item.postmarked_on or to.postmarked_on
    own = item.received_on is not None and item.postmarked_on is not None
    if received_on is not None and not own:  # two dates of the record's own stand, whatever they are
        field = "/postmarked_on" if item.postmarked_on is None else "/received_on"
        checked_postmark(postmarked_on, received_on=received_on, field=field)
    named = (to.selection, to.invoice) if to.selection or to.invoice else (item.selection, item.invoice)
    return replace(
        item,
        state="assigned",
        received_on=received_on,
        postmarked_on=postmarked_on,
        selection=named[0],
        invoice=named[1],
        payment=derived_id("suspense", item.item),
        household=to.household,
        decided_at=now,
        decided_by=by,
    )


def dismiss(item: SuspenseItem, *, now: datetime, by: str) -> SuspenseItem:
    """Return a possible double as found to be one: it is no money of its own (PAY-3).

    Raises `AlreadyDecided` unless it is open and `NoDouble` for an item of another reason.
    """
    _require_open(item)
    if item.reason != "possible-double":
        raise NoDouble(
            "only what may have come before can be found to be no money",
            reasons=(
                Reason(rule="PAY-3", says="a record whose amount can be read is money, and never refused"),
            ),
        )
    return replace(item, state="dismissed", decided_at=now, decided_by=by)


def take_apart(item: SuspenseItem, *, by_file: str, now: datetime) -> SuspenseItem:
    """Return a check as told apart by the file of a third party: its money is that of the file's lines. Raises
    `AlreadyDecided` unless it is open.
    """
    _require_open(item)
    return replace(item, state="dismissed", decided_at=now, third_party=by_file)


def went_back(item: SuspenseItem, *, with_file: str, now: datetime, by: str) -> SuspenseItem:
    """Return an item as gone back with the whole sum of its file: it is no money any more (PAY-5). Raises
    `AlreadyDecided` unless it is open.
    """
    _require_open(item)
    return replace(item, state="dismissed", decided_at=now, decided_by=by, third_party=with_file)


def _require_open(item: SuspenseItem) -> None:
    if item.state != "open":
        raise AlreadyDecided("the item was decided already")


def tender_of(item: SuspenseItem, *, today: date) -> Tender:
    """Return the money of an assigned item, with the dates it came with (PAY-3).

    Without a date of receipt it counts from today: what cannot be read is never "on time". Raises `ValueError`
    for an item that is not assigned.
    """
    if item.payment is None or item.household is None:
        raise ValueError("the item is not assigned")
    return Tender(
        payment=item.payment,
        household=item.household,
        amount_cents=item.amount_cents,
        method=item.method,
        source="lockbox",
        received_on=item.received_on or today,
        postmarked_on=item.postmarked_on,
        at_selection=False,
        selection=item.selection,
        invoice=item.invoice,
        reference=item.reference,
        origin=item.origin,
    )
