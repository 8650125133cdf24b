"""Credit of a household that was merged goes to the one that goes on in its place, and back (OPS-5, PAY-11).

Invoicing says what credit there is; what moves is what is free of it here when it is moved, however often it was said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict
from bulkhead.kernel.ids import derived_id
from payments.domain.corrections import Correction, Move
from payments.domain.events import WrongBecause
from payments.domain.payments import Payment
from payments.domain.settlements import Share

BY: str = "invoicing"
"""Who asks for the moves: two people approved the merge that they follow from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedHousehold:
    """A household goes on as ``into``, by a ``correction``, as long as that ``stands``."""

    household: str
    into: str
    correction: str
    stands: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """Credit that is to go from a household ``into`` another by a ``merge``: what is free of ``taken_from``; or, where
    it is ``back``, all that went so before and is there.
    """

    passing: str
    household: str
    into: str
    merge: str
    back: bool
    taken_from: tuple[Share, ...]
    said_on: date
    state: Literal["due", "done"] = "due"


class PaidThere(Conflict):
    """A household goes on as another one: money is paid online for that one (OPS-5)."""

    kind: ClassVar[str] = "household-merged"


def paid_there(survivor: str) -> PaidThere:
    """Return the refusal of an online payment that names no invoice of a household that goes on as the survivor."""
    return PaidThere(
        f"the household goes on as {survivor}: pay for that one, or name the invoice that is still open",
        reasons=(
            Reason(
                rule="OPS-5",
                says="a household that was merged goes on as the one it was merged into",
                citation="chosen (OPS-5)",
                facts={"into": survivor},
            ),
        ),
    )


def moves_on(passing: Passing, payments: Mapping[str, Payment]) -> tuple[Move, ...]:
    """Return what moves now: of each payment no more than was said, and than is free."""
    found: list[Move] = []
    for share in passing.taken_from:
        payment = payments[share.payment]
        cents = 0 if payment.is_gone else min(share.cents, payment.unapplied_cents)
        if cents > 0:
            found.append(_move(passing, payment, household=passing.household, to=passing.into, cents=cents))
    return tuple(found)


def moves_back(passing: Passing, there: Sequence[Payment]) -> tuple[Move, ...]:
    """Return what comes back of what a correction moved on: what is still ``there``, as which payments."""
    return tuple(
        _move(passing, each, household=each.household, to=passing.household, cents=each.kept_cents)
        for each in there
        if not each.is_gone
    )


def is_passed_on(payment: Payment) -> bool:
    """Whether a payment arrived from a household that was merged: it is called after the passing that moved it."""
    if payment.moved_from is None or payment.correction is None:
        return False
    return payment.payment == _arrives_as(payment.correction, payment.moved_from)


def _move(passing: Passing, payment: Payment, *, household: str, to: str, cents: int) -> Move:
    return Move(
        payment=payment.payment,
        household=household,
        to=to,
        cents=cents,
        selection=None,
        invoice=None,
        arrives_as=_arrives_as(passing.passing, payment.payment),
    )


def _arrives_as(passing: str, payment: str) -> str:
    return derived_id("moved", passing, payment)


def correction_of(
    correction: str,
    moves: Sequence[Move],
    *,
    because: WrongBecause,
    reverses: str | None,
    now: datetime,
) -> Correction:
    """Return the correction that these moves are, which needs nobody's word any more."""
    return Correction(
        correction=correction,
        kind="move-payment",
        state="applied",
        because=because,
        note=None,
        cents=sum(each.cents for each in moves),
        moves=tuple(moves),
        redates=None,
        by_two=False,
        asked_at=now,
        asked_by=BY,
        reverses=reverses,
    )


def follows_from(merge: str) -> Reason:
    """Return what marks moves as following from a merge (OPS-5)."""
    return Reason(
        rule="OPS-5",
        says="credit follows the household of the same person that goes on",
        citation="chosen (OPS-5)",
        facts={"merge": merge},
    )
