"""A household selects plans: nothing but this service's own database is asked (OPS-1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeAlias

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.act_for_children import check_adult_covered
from enrollment.application.book import PolicyBook
from enrollment.application.find_household import registered, require_stands
from enrollment.application.follow_prior_year import call_off_renewal, follow_prior_year, owe_renewals
from enrollment.application.nobody_left import end_where_nobody_is_left
from enrollment.application.ports import Parameters
from enrollment.application.rerate_policies import follow_coverage
from enrollment.domain import choices, plan_changes, selections, transfers
from enrollment.domain.effective_dates import EffectiveDate, QualifyingEvent, decide_effective_date
from enrollment.domain.events import Via
from enrollment.domain.households import Household, covered_on
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.plans import Kind, Plan
from enrollment.domain.policies import Policy, end_asked, expire
from enrollment.domain.renewals import replaceable_renewals
from enrollment.domain.selections import Applicant, Completion, Selected


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dates:
    """From when on plans take the place of others, the date that counts for it, and the day it is entered."""

    effective: date
    selected_on: date
    today: date


MakeWay: TypeAlias = Callable[[PolicyBook, Sequence[Plan], _Dates], Sequence[Policy]]
"""What ends or calls off the policies whose place plans take; it returns them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a household asks for: the plans, how it came in, what happened to it, and the carrier it comes from if it
    was enrolled with one directly (ENR-12).
    """

    household: str
    plans: tuple[str, ...]
    via: Via
    received_on: date | None
    event: QualifyingEvent | None
    transferred_from: str | None = None


StartOf: TypeAlias = Callable[[UnitOfWork, Choice, date, EnrollmentParameters], Awaitable[EffectiveDate]]
"""What decides the first day of coverage of a choice, by the date that counts for it."""


async def select_plans(uow: UnitOfWork, choice: Choice, *, parameters: Parameters) -> Selected:
    """Take a selection and return it with its policies, medical first.

    They are active at once only where no binder is needed (ENR-7, ENR-5); else invoicing's word is awaited.
    An automatic renewal of a kind for that January 1 is called off: the household's own choice counts (ENR-14).
    Raises `NotFound` for a household nobody registered, `HouseholdMergedAway` for one that was merged, and one of the
    refusals named in `enrollment.domain.choices`, `enrollment.domain.effective_dates` and
    `enrollment.domain.transfers`; then nothing happened.
    """
    selected, renewals = await _take(
        uow, choice, parameters=parameters, start_of=_start_of, make_way=_replace_renewals
    )
    if renewals and selected.selection.binder_required:
        raise choices.renews_and_begins(renewals, selected.policies)
    return selected


async def change_plans(uow: UnitOfWork, choice: Choice, *, parameters: Parameters) -> Selected:
    """Take a change of plan in the course of a year and return it with its policies, medical first: each takes the
    place of what the household has of its kind, from the day on that its event or open enrollment gives (ENR-3).

    It waits for no payment (ENR-5): the old plan ends the day before, the new one stands at once. Raises as
    `select_plans`, and `PlanNotChangeable`; then nothing happened.
    """
    selected, _ = await _take(
        uow, choice, parameters=parameters, start_of=_start_here, make_way=_end_what_changes
    )
    return selected


async def _take(
    uow: UnitOfWork, choice: Choice, *, parameters: Parameters, start_of: StartOf, make_way: MakeWay
) -> tuple[Selected, Sequence[Policy]]:
    """Take a choice; return it with its policies, and those whose place they take."""
    book = await PolicyBook.load(uow, [choice.household])
    household = registered(book.find(Household, choice.household))
    await require_stands(uow, household)
    selected_on = choices.selection_date(via=choice.via, received_on=choice.received_on, today=uow.today)
    in_force = parameters.as_of(selected_on)
    choices.check_eligible(household, parameters=in_force)
    await book.take_circumstances(uow, plans=choice.plans)
    plans = choices.chosen_plans(choice.plans, catalog=book.by_key(Plan))
    start = await start_of(uow, choice, selected_on, in_force)
    # Who transfers in adds to what it has here, and takes the place of nothing (ENR-12).
    when = _Dates(effective=start.effective, selected_on=selected_on, today=uow.today)
    replaced = () if choice.transferred_from else make_way(book, plans, when)
    applicant = applicant_for(book, choice.household, plans, replaced=replaced, start=start)
    selected = selections.select(
        plans,
        applicant=applicant,
        completion=Completion(
            selected_on=selected_on,
            entered_on=uow.today,
            via=choice.via,
            event=choice.event,
            transferred_from=choice.transferred_from,
        ),
        start=start,
        parameters=in_force,
    )
    for policy in book.select(selected):
        book.change(policy, expire(policy, today=uow.today), on=uow.today)
    _end_as_before(book, selected, plan_changes.ending_before(replaced), on=uow.today)
    end_where_nobody_is_left(book, choice.household, today=uow.today)
    owe_renewals(book, choice.household, today=uow.today)
    follow_coverage(book, choice.household, today=uow.today)
    policies = tuple(book.get(Policy, each.policy) for each in selected.policies)
    await check_adult_covered(uow, book, policies, field="/plans", parameters=in_force)
    await write(uow, book)
    return replace(selected, policies=policies), replaced


def applicant_for(
    book: PolicyBook,
    household: str,
    plans: Sequence[Plan],
    *,
    replaced: Sequence[Policy],
    start: EffectiveDate,
) -> Applicant:
    """Return a household as it selects these plans in the place of others, checked that they cover somebody, that it is
    free for them and that they have a price.
    """
    known = book.circumstances(household)
    covered = covered_on(known.members, start.effective, policy=None)
    choices.check_people(covered, effective=start.effective)
    ending = plan_changes.ending_before(replaced)
    lasts = choices.last_days(plans, members=known.members, start=start, ending=ending)
    choices.check_free(plans, held=known.policies, start=start, lasts=lasts)
    choices.check_rated(plans, known=known, start=start)
    return Applicant(known=known, people={each.kind: covered for each in plans}, replaced=tuple(replaced))


async def _start_here(
    _uow: UnitOfWork, choice: Choice, selected_on: date, parameters: EnrollmentParameters
) -> EffectiveDate:
    return decide_effective_date(selected_on=selected_on, event=choice.event, parameters=parameters)


async def _start_of(
    uow: UnitOfWork, choice: Choice, selected_on: date, parameters: EnrollmentParameters
) -> EffectiveDate:
    carrier = choice.transferred_from
    if carrier is None:
        return await _start_here(uow, choice, selected_on, parameters)
    if not await uow.records(Plan).select(carrier=[carrier]):
        raise transfers.unknown_carrier(carrier)
    return transfers.decide_transfer_date(
        selected_on=selected_on, event=choice.event, carrier=carrier, parameters=parameters
    )


def _replace_renewals(book: PolicyBook, plans: Sequence[Plan], when: _Dates) -> Sequence[Policy]:
    """Call off the automatic renewals that the household's own choice takes the place of; return them (ENR-14)."""
    replaced = replaceable_renewals(
        book.rows(Policy),
        kinds=[plan.kind for plan in plans],
        effective=when.effective,
        selected_on=when.selected_on,
    )
    chosen = {plan.kind: plan.plan for plan in plans}
    for renewal in replaced:
        call_off_renewal(book, renewal, chosen=chosen[renewal.kind], on=when.today)
    return replaced


def _end_what_changes(book: PolicyBook, plans: Sequence[Plan], when: _Dates) -> Sequence[Policy]:
    """End the day before what the household changes, and what renews it with it; return what there was."""
    (household,) = book.rows(Household)
    changed = plan_changes.policies_to_change(
        plans,
        held=book.rows(Policy),
        members=book.members_of(household.household),
        start=when.effective,
    )
    for policy, plan in zip(changed, plans, strict=True):
        after = end_asked(
            policy,
            decision=book.decide(policy),
            through=when.effective - timedelta(days=1),
            end_reason="requested",
            reason=plan_changes.changed(policy, plan, start=when.effective),
            cause="other-plan",
        )
        book.change(policy, after, on=when.today)
    follow_prior_year(book, household.household, on=when.today)
    return changed


def _end_as_before(book: PolicyBook, selected: Selected, ending: Mapping[Kind, Policy], *, on: date) -> None:
    """End what takes the place of coverage that had an end already with the same day."""
    for each in selected.policies:
        before = ending.get(each.kind)
        if before is None or before.end is None:
            continue
        policy, through = book.get(Policy, each.policy), before.last_covered_day
        after = end_asked(
            policy,
            decision=book.decide(policy),
            through=through,
            end_reason=before.end.reason,
            reason=plan_changes.ends_as_before(policy, instead_of=before, through=through),
            cause=before.end.cause,
        )
        book.change(policy, after, on=on)
