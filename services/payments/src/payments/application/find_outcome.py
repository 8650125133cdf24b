"""What became of a payment that was asked for under an Idempotency-Key (PAY-1, PAY-2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bulkhead.persistence.ports import UnitOfWork
from payments.domain.attempts import UNDECIDED, Attempt
from payments.domain.payments import Payment

OutcomeKind: TypeAlias = Literal["taken", "not-taken", "declined", "refused", "not-known-yet", "not-received"]
"""What is known: done; certainly not done, for now or for good; not known yet; or that no such request has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is known of a request: the payment where money was taken, the attempt where the processor was asked."""

    kind: OutcomeKind
    attempt: Attempt | None
    payment: Payment | None


async def find_outcome(uow: UnitOfWork, payment: str, *, refused: bool) -> Outcome:
    """Return what is known of the request that this payment's id comes from; ``refused``: it was answered so."""
    recorded = await uow.records(Payment).get(payment=payment)
    attempt = await uow.records(Attempt).get(payment=payment)
    return Outcome(kind=_kind(recorded, attempt, refused=refused), attempt=attempt, payment=recorded)


def _kind(payment: Payment | None, attempt: Attempt | None, *, refused: bool) -> OutcomeKind:
    if payment is not None:
        return "taken"
    if attempt is None:
        return "refused" if refused else "not-received"
    if attempt.state in UNDECIDED:
        return "not-known-yet"
    return "declined" if attempt.state == "declined" else "not-taken"
