"""Coverage that ended in error is restored by staff (INV-13, A)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.book import PolicyBook, decision_id
from enrollment.application.find_household import household_of, policies_of
from enrollment.application.follow_prior_year import call_off_renewals, follow_prior_year, owe_renewals
from enrollment.application.ports import Parameters
from enrollment.application.rerate_policies import follow_coverage
from enrollment.domain.endings import may_last_longer
from enrollment.domain.households import Household, last_day_of_anybody
from enrollment.domain.policies import Policy, end_asked, expire, restore
from enrollment.domain.restorations import (
    StaffReinstatement,
    check_room,
    check_shown,
    nobody_left_then,
    policies_to_restore,
    restored,
    undoing,
    with_days_to_restore,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRequest:
    """Who of staff asks for what to stand again, and why; ``plans`` None means all that ended."""

    household: str
    plans: tuple[str, ...] | None
    reason: Masked
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A household, the record that was made, and the policies that stand again."""

    household: Household
    record: StaffReinstatement
    policies: tuple[Policy, ...]


async def restore_coverage(uow: UnitOfWork, request: RestoreRequest, *, parameters: Parameters) -> Restored:
    """Let coverage stand again as if it had not ended, whoever ended it; keep who asked for it and why. It stands no
    longer than somebody is left whom it covers (ENR-13).

    Raises `NotFound` for a household nobody registered, `NothingToRestore`, `NeverBegan`, or
    `RestorationBlocked`; then nothing happened.
    """
    household = await household_of(uow, request.household)
    check_shown(household, parameters=parameters.as_of(uow.today))
    ended = policies_to_restore(await policies_of(uow, request.household), plans=request.plans)
    book = await PolicyBook.load(uow, [request.household])
    await book.take_circumstances(uow)
    members = book.members_of(request.household)
    last = last_day_of_anybody(members)
    policies = with_days_to_restore(ended, plans=request.plans, last=last)
    number = book.next_decision(request.household)
    for policy in policies:
        check_room(policy, others=book.of_household(policy.household), members=members)
    standing = tuple(_restore(book, policy, number=number, last=last, uow=uow) for policy in policies)
    follow_prior_year(book, request.household, on=uow.today)
    owe_renewals(book, request.household, today=uow.today)
    follow_coverage(book, request.household, today=uow.today)
    record = StaffReinstatement(
        household=request.household,
        number=number,
        made_at=uow.now,
        made_by=request.by,
        reason=request.reason,
        policies=tuple(policy.policy for policy in policies),
    )
    await uow.records(StaffReinstatement).add([record])
    await write(uow, book)
    return Restored(household=household, record=record, policies=standing)


def _restore(book: PolicyBook, policy: Policy, *, number: int, last: date | None, uow: UnitOfWork) -> Policy:
    decided = undoing(policy, decision=decision_id(policy, number=number))
    standing = book.change(
        policy,
        restore(policy, undoes=[end.decision for end in policy.ends], reason=restored(policy)),
        on=uow.today,
        undoing=decided,
    )
    call_off_renewals(book, standing, on=uow.today)
    if last is not None and may_last_longer(standing, last=last):
        ended = end_asked(
            standing,
            decision=book.decide(standing),
            through=last,
            end_reason="death",
            reason=nobody_left_then(last),
        )
        standing = book.change(standing, ended, on=uow.today)
    return book.change(standing, expire(standing, today=uow.today), on=uow.today)


async def staff_reinstatements(uow: UnitOfWork, household: str) -> list[StaffReinstatement]:
    """Return what staff restored for a household, the oldest first; raises `NotFound` for an unknown one."""
    await household_of(uow, household)
    return await uow.records(StaffReinstatement).select(household=household, order_by=("number",))
