"""What would become of a household's payments and autopay if something were heard (OPS-5, PAY-8)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Received
from payments.application.autopay import Autopay, autopay_of
from payments.application.facts import CreditCalledBack, CreditPassedOn
from payments.application.pass_on_credit import pass_on, passing_of, whose_money_it_is
from payments.domain.passings import Passing
from payments.domain.payments import Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a household stands here: its autopay, and how many cents of its payments have settled nothing."""

    autopay: Autopay
    not_applied_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """How a household stands, and how it would stand."""

    before: Standing
    after: Standing


async def suppose(
    uow: UnitOfWork,
    household: str,
    batch: Sequence[Received],
    *,
    handle: Callable[[UnitOfWork, Sequence[Received]], Awaitable[None]],
) -> Supposed:
    """Hear a batch of facts as the service does, move what credit is to be moved then, and return how the household
    stands before and after.

    It is for whoever began the unit of work to undo it. The household and those to which credit goes are locked.
    """
    before = await _standing(uow, household)
    if batch:
        await handle(uow, batch)
        for each in await uow.records(Passing).select(
            household=household, state="due", order_by=("said_on", "passing")
        ):
            await pass_on(uow, each.passing)
    return Supposed(before=before, after=await _standing(uow, household))


async def others_concerned(uow: UnitOfWork, batch: Sequence[Received]) -> set[str]:
    """Return the households to which credit goes by a batch of facts, or from which it comes back."""
    found: set[str] = set()
    for each in batch:
        if isinstance(each.fact, (CreditPassedOn, CreditCalledBack)):
            found |= await whose_money_it_is(uow, passing_of(each.fact, said_on=uow.today))
    return found


async def _standing(uow: UnitOfWork, household: str) -> Standing:
    payments = await uow.records(Payment).select(household=household)
    return Standing(
        autopay=await autopay_of(uow, household),
        not_applied_cents=sum(each.unapplied_cents for each in payments if not each.is_gone),
    )
