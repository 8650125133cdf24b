"""Somebody is found eligible for Medicaid, or is not any more: stated by staff or a service (ENR-4)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.book import PolicyBook
from enrollment.application.end_all import end_uncovered
from enrollment.application.find_household import find_household, require_stands
from enrollment.application.ports import Parameters
from enrollment.application.rerate_policies import Changed, rerate_policies
from enrollment.domain import medicaid
from enrollment.domain.assistance import NO_ASSISTANCE
from enrollment.domain.changes import without_assistance
from enrollment.domain.events import MedicaidEnded
from enrollment.domain.households import Household, Member, covered_on


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicaidOver:
    """Medicaid that ends: what was said of it, and why."""

    event: MedicaidEnded
    reasons: tuple[Reason, ...]


async def determine_medicaid(
    uow: UnitOfWork, *, household: str, eligible: medicaid.Eligible, parameters: Parameters
) -> Changed:
    """Let Medicaid cover who was found eligible, and plans cover them no more; return the policies that changed.

    Where plans cover nobody any more they end, and assistance with them. What is found again changes nothing, and is
    said to nobody. Raises `NotFound` for a household nobody registered, and the refusals of
    `enrollment.domain.medicaid`; then nothing happened.
    """
    found, in_force = await find_household(uow, household), parameters.as_of(uow.today)
    await require_stands(uow, found.household)
    members = medicaid.begin(found.members, eligible, today=uow.today, parameters=in_force)
    moved = [each for each in members if each not in found.members]
    begins, since = eligible.begins, medicaid.plans_end(eligible.begins, in_force)
    in_it = [each for each in members if any(span.begins == begins for span in each.medicaid)]
    reason = medicaid.begun(moved or in_it, begins=begins, parameters=in_force)
    if not moved:
        return Changed(household=found.household, since=since, policies=(), reasons=(reason,))
    book = await PolicyBook.load(uow, [household])
    await book.take_circumstances(uow)
    if found.contact.responsible_name is None:
        medicaid.check_adult_left(
            members,
            policies=book.find_policies(household),
            since=since,
            field="/members",
            parameters=in_force,
        )
    book.put(*moved)
    book.say(
        medicaid.said_begun(moved, begins=begins, household=found.household, parameters=in_force),
        household=household,
        on=uow.today,
        reasons=(reason,),
    )
    lasts = any(span.goes_on(begins) for each in moved for span in each.medicaid)
    left = covered_on(members, since, policy=None)
    if lasts and not left and found.household.assistance_on(since) != NO_ASSISTANCE:
        book.put(without_assistance(book.get(Household, household), members=members, since=since))
    changed = rerate_policies(book, household, since=since, reasons=(reason,), today=uow.today)
    ended = end_uncovered(book, household, since=since, reason_of=lambda _: reason, today=uow.today)
    await write(uow, book)
    return replace(changed.with_policies(ended), household=book.get(Household, household))


async def end_medicaid(
    uow: UnitOfWork,
    *,
    household: str,
    members: tuple[str, ...] | None,
    through: date,
    parameters: Parameters,
) -> MedicaidOver:
    """End Medicaid of those named, or of all who have it, with this last day; they may select plans for themselves.

    Raises `NotFound` for a household nobody registered, and the refusals of `enrollment.domain.medicaid`.
    """
    found, in_force = await find_household(uow, household), parameters.as_of(uow.today)
    after = medicaid.end(found.members, members, through=through, today=uow.today, parameters=in_force)
    moved = [each for each in after if each not in found.members]
    event = medicaid.said_ended(moved, household=found.household, through=through, parameters=in_force)
    reasons = (medicaid.ended(event, in_force),)
    await uow.records(Member).put(moved)
    uow.emit(event, household=household, business_date=uow.today, reasons=reasons)
    return MedicaidOver(event=event, reasons=reasons)
