"""Coverage that ended in error is restored by staff (INV-13, A)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.act_for_children import check_adult_covered
from enrollment.application.book import PolicyBook, decision_id
from enrollment.application.find_household import household_of, policies_of, require_stands
from enrollment.application.follow_prior_year import call_off_renewals, follow_prior_year, owe_renewals
from enrollment.application.nobody_left import end_where_nobody_is_left
from enrollment.application.ports import Parameters
from enrollment.application.rerate_policies import follow_coverage
from enrollment.domain.households import Household
from enrollment.domain.policies import Policy, expire, restore
from enrollment.domain.restorations import (
    StaffReinstatement,
    check_room,
    check_shown,
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
    longer than somebody is left whom it covers: until Medicaid does, or nobody is of the household (ENR-4, ENR-13).

    Raises `NotFound` for a household nobody registered, `HouseholdMergedAway`, `NothingToRestore`, `NeverBegan`,
    `RestorationBlocked`, or
    `ChildLeftInPlans`; then nothing happened.
    """
    household = await household_of(uow, request.household)
    await require_stands(uow, household)
    in_force = parameters.as_of(uow.today)
    check_shown(household, parameters=in_force)
    ended = policies_to_restore(await policies_of(uow, request.household), plans=request.plans)
    book = await PolicyBook.load(uow, [request.household])
    await book.take_circumstances(uow)
    members = book.members_of(request.household)
    policies = with_days_to_restore(ended, plans=request.plans, members=members)
    number = book.next_decision(request.household)
    for policy in policies:
        check_room(policy, others=book.of_household(policy.household), members=members)
    for policy in policies:
        _restore(book, policy, number=number, on=uow.today)
    end_where_nobody_is_left(book, request.household, today=uow.today)
    for policy in policies:
        standing = book.get(Policy, policy.policy)
        book.change(standing, expire(standing, today=uow.today), on=uow.today)
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
    stand = tuple(book.get(Policy, policy.policy) for policy in policies)
    await check_adult_covered(uow, book, stand, field=None, parameters=in_force)
    return Restored(household=household, record=record, policies=stand)


def _restore(book: PolicyBook, policy: Policy, *, number: int, on: date) -> None:
    decided = undoing(policy, decision=decision_id(policy, number=number))
    standing = book.change(
        policy,
        restore(policy, undoes=[end.decision for end in policy.ends], reason=restored(policy)),
        on=on,
        undoing=decided,
    )
    call_off_renewals(book, standing, on=on)


async def staff_reinstatements(uow: UnitOfWork, household: str) -> list[StaffReinstatement]:
    """Return what staff restored for a household, the oldest first; raises `NotFound` for an unknown one."""
    await household_of(uow, household)
    return await uow.records(StaffReinstatement).select(household=household, order_by=("number",))
