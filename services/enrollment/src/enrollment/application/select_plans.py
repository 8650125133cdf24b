"""A household selects plans: nothing but this service's own database is asked (OPS-1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.book import PolicyBook
from enrollment.application.find_household import household_of, members_of
from enrollment.application.ports import Parameters
from enrollment.application.rerate_policies import rerate_policies
from enrollment.domain import choices, selections
from enrollment.domain.effective_dates import QualifyingEvent, decide_effective_date
from enrollment.domain.events import Via
from enrollment.domain.households import Member, members_on
from enrollment.domain.months import PolicyVersion
from enrollment.domain.plans import Plan
from enrollment.domain.policies import Policy, activate, expire
from enrollment.domain.selections import Applicant, Completion, Selected, Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a household asks for: the plans, how it came in, and what happened to it."""

    household: str
    plans: tuple[str, ...]
    via: Via
    received_on: date | None
    event: QualifyingEvent | None


async def select_plans(uow: UnitOfWork, choice: Choice, *, parameters: Parameters) -> Selected:
    """Take a selection and return it with its policies, medical first.

    They are active at once only where no binder is needed (ENR-7, ENR-5); else invoicing's word is awaited.
    Raises `NotFound` for a household nobody registered, and one of the refusals named in
    `enrollment.domain.choices` and `enrollment.domain.effective_dates`; then nothing happened.
    """
    household = await household_of(uow, choice.household)
    selected_on = choices.selection_date(via=choice.via, received_on=choice.received_on, today=uow.today)
    in_force = parameters.as_of(selected_on)
    catalog = {plan.plan: plan for plan in await uow.records(Plan).select(plan=list(set(choice.plans)))}
    plans = choices.chosen_plans(choice.plans, catalog=catalog)
    start = decide_effective_date(selected_on=selected_on, event=choice.event, parameters=in_force)
    held = await uow.records(Policy).select(household=choice.household)
    members = await members_of(uow, choice.household)
    choices.check_free(plans, held=held, start=start)
    selected = selections.select(
        plans,
        applicant=Applicant(
            household=household,
            members=members_on(members, start.effective),
            held=held,
            versions=await uow.records(PolicyVersion).select(household=choice.household),
        ),
        completion=Completion(
            selected_on=selected_on, entered_on=uow.today, via=choice.via, event=choice.event
        ),
        start=start,
        parameters=in_force,
    )
    await uow.records(Selection).add([selected.selection])
    await uow.records(Policy).add(selected.policies)
    await uow.records(PolicyVersion).add(selected.versions)
    uow.emit(
        selections.announced(selected, contact_version=household.contact_version),
        household=choice.household,
        business_date=selected_on,
        reasons=selected.selection.reasons,
    )
    if not selected.selection.binder_required:
        selected = await _activate_at_once(uow, selected)
    return await _follow_what_is_known(uow, selected, members=members)


async def _activate_at_once(uow: UnitOfWork, selected: Selected) -> Selected:
    selection = selected.selection
    why = selection.reasons[-1]
    reason = Reason(
        rule=why.rule, says="Coverage stands at once: no binder is needed.", citation=why.citation
    )
    book = await PolicyBook.load(uow, [selection.household])
    active = [
        book.change(policy, activate(policy, on=selection.entered_on, reason=reason), on=selection.entered_on)
        for policy in selected.policies
    ]
    standing = tuple(book.change(policy, expire(policy, today=uow.today), on=uow.today) for policy in active)
    await write(uow, book)
    return replace(selected, policies=standing)


async def _follow_what_is_known(
    uow: UnitOfWork, selected: Selected, *, members: Sequence[Member]
) -> Selected:
    """Let what was stated before for later days of the coverage change it, as if it were stated now (ENR-13)."""
    effective = selected.selection.effective
    assistance = [each.since for each in selected.household.assistance_changes if each.since > effective]
    comings_and_goings = {day for each in members for day in (each.joined, each.left) if day is not None}
    people = [day for day in comings_and_goings if day > effective]
    if not assistance and not people:
        return selected
    book = await PolicyBook.load(uow, [selected.household.household])
    after = await rerate_policies(
        uow,
        book,
        household=selected.household.household,
        members=members,
        since=min(assistance + people),
        changed="members" if people else "assistance",
        reasons=(),
    )
    await write(uow, book)
    now = {each.policy: each for each in after.policies}
    return replace(selected, policies=tuple(now.get(each.policy, each) for each in selected.policies))
