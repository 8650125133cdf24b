"""Coverage is ended, or called off before its first day, because somebody asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.book import PolicyBook
from enrollment.application.find_household import household_of, policies_of
from enrollment.application.follow_prior_year import follow_prior_year, owe_renewals
from enrollment.application.rerate_policies import follow_coverage
from enrollment.domain.endings import AskedBy, AskedReason, asked_end, check_end, policies_to_end
from enrollment.domain.households import Household
from enrollment.domain.policies import Policy, end_asked


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRequest:
    """Who asks for which last covered day, and why; ``plans`` None means all there are."""

    household: str
    plans: tuple[str, ...] | None
    on: date
    reason: AskedReason
    by: AskedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A household, and those of its policies whose end was asked for, as they are then."""

    household: Household
    policies: tuple[Policy, ...]


async def end_coverage(uow: UnitOfWork, request: EndRequest) -> Ended:
    """End the coverage asked about, and return what became of it.

    Before its first day a policy is canceled, else terminated; what renews it is called off with it (ENR-14).
    Raises `NotFound` for a household nobody registered, `NothingToEnd`, or `CannotEndThen` with the days that
    would do; then nothing happened.
    """
    household = await household_of(uow, request.household)
    asked = policies_to_end(await policies_of(uow, request.household), plans=request.plans, on=request.on)
    # What renews one of them falls with it.
    policies = [each for each in asked if each.renews not in {other.policy for other in asked}]
    for policy in policies:
        check_end(policy, on=request.on, asked=request.reason, by=request.by, today=uow.today)
    book = await PolicyBook.load(uow, [request.household])
    await book.take_circumstances(uow)
    ended = tuple(_end(book, policy, request, today=uow.today) for policy in policies)
    follow_prior_year(book, request.household, on=uow.today)
    owe_renewals(book, request.household, today=uow.today)
    follow_coverage(book, request.household, today=uow.today)
    await write(uow, book)
    return Ended(household=household, policies=ended)


def _end(book: PolicyBook, policy: Policy, request: EndRequest, *, today: date) -> Policy:
    after = end_asked(
        policy,
        decision=book.decide(policy),
        through=request.on,
        end_reason=request.reason,
        reason=asked_end(policy, on=request.on, asked=request.reason),
    )
    return book.change(policy, after, on=today)
