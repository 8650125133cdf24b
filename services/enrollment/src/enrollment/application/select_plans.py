"""A household selects plans: nothing but this service's own database is asked (OPS-1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeAlias

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.book import PolicyBook
from enrollment.application.find_household import members_of, registered
from enrollment.application.follow_prior_year import follow_prior_year
from enrollment.application.ports import Parameters
from enrollment.application.rerate_policies import follow_what_is_known, rerate_policies
from enrollment.domain import choices, medicaid, plan_changes, selections, transfers
from enrollment.domain.effective_dates import EffectiveDate, QualifyingEvent, decide_effective_date
from enrollment.domain.events import Via
from enrollment.domain.households import Household, Member, covered_on
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.plans import Plan
from enrollment.domain.policies import Policy, call_off, end_asked, expire
from enrollment.domain.renewals import chosen_instead, replaceable_renewals, yielding
from enrollment.domain.selections import Applicant, Completion, Selected

MakeWay: TypeAlias = Callable[[PolicyBook, Sequence[Plan], date, date], Sequence[Policy]]
"""What ends or calls off the policies whose place plans take from a day on, as of a date; it returns them."""


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


async def select_plans(uow: UnitOfWork, choice: Choice, *, parameters: Parameters) -> Selected:
    """Take a selection and return it with its policies, medical first.

    They are active at once only where no binder is needed (ENR-7, ENR-5); else invoicing's word is awaited.
    An automatic renewal of a kind for that January 1 is called off: the household's own choice counts (ENR-14).
    Raises `NotFound` for a household nobody registered, and one of the refusals named in `enrollment.domain.choices`,
    `enrollment.domain.effective_dates` and `enrollment.domain.transfers`; then nothing happened.
    """
    return await _take(uow, choice, parameters=parameters, make_way=_replace_renewals)


async def change_plans(uow: UnitOfWork, choice: Choice, *, parameters: Parameters) -> Selected:
    """Take a change of plan in the course of a year and return it with its policies, medical first: each takes the
    place of what the household has of its kind, from the day on that its event or open enrollment gives (ENR-3).

    It waits for no payment (ENR-5): the old plan ends the day before, the new one stands at once. Raises as
    `select_plans`, and `PlanNotChangeable`; then nothing happened.
    """
    return await _take(uow, choice, parameters=parameters, make_way=_end_what_changes)


async def _take(uow: UnitOfWork, choice: Choice, *, parameters: Parameters, make_way: MakeWay) -> Selected:
    book = await PolicyBook.load(uow, [choice.household])
    household = registered(book.find(Household, choice.household))
    selected_on = choices.selection_date(via=choice.via, received_on=choice.received_on, today=uow.today)
    in_force = parameters.as_of(selected_on)
    catalog = {plan.plan: plan for plan in await uow.records(Plan).select(plan=list(set(choice.plans)))}
    plans = choices.chosen_plans(choice.plans, catalog=catalog)
    start = await _start_of(uow, choice, selected_on=selected_on, parameters=in_force)
    # Who transfers in adds to what it has here, and takes the place of nothing (ENR-12).
    replaced = () if choice.transferred_from else make_way(book, plans, start.effective, uow.today)
    held = book.rows(Policy)
    members = medicaid.back_in_plans(await members_of(uow, choice.household), on=start.effective)
    choices.check_free(plans, held=held, start=start)
    covered = covered_on(members, start.effective)
    choices.check_people(covered, start=start)
    selected = selections.select(
        plans,
        applicant=Applicant(
            household=household,
            members=covered,
            held=held,
            versions=book.versions(),
            replaced=tuple(replaced),
            yielding=yielding(held, kinds=[plan.kind for plan in plans], effective=start.effective)
            if replaced
            else frozenset(),
        ),
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
    if replaced and selected.selection.binder_required:
        raise choices.renews_and_begins(replaced, plans)
    await uow.records(Member).put([each for each in covered if each.medicaid])
    for policy in book.select(selected):
        book.change(policy, expire(policy, today=uow.today), on=uow.today)
    if replaced:  # another medical plan leaves the dental one other assistance
        await rerate_policies(
            uow,
            book,
            household=choice.household,
            members=members,
            since=start.effective,
            changed="assistance",
            reasons=(),
        )
    await follow_what_is_known(uow, book, household, members=members, after=start.effective)
    await write(uow, book)
    return replace(selected, policies=tuple(book.get(Policy, each.policy) for each in selected.policies))


async def _start_of(
    uow: UnitOfWork, choice: Choice, *, selected_on: date, parameters: EnrollmentParameters
) -> EffectiveDate:
    carrier = choice.transferred_from
    if carrier is None:
        return decide_effective_date(selected_on=selected_on, event=choice.event, parameters=parameters)
    if not await uow.records(Plan).select(carrier=[carrier]):
        raise transfers.unknown_carrier(carrier)
    return transfers.decide_transfer_date(
        selected_on=selected_on, event=choice.event, carrier=carrier, parameters=parameters
    )


def _replace_renewals(
    book: PolicyBook, plans: Sequence[Plan], effective: date, today: date
) -> Sequence[Policy]:
    """Call off the automatic renewals that the household's own choice takes the place of; return them (ENR-14)."""
    replaced = replaceable_renewals(
        book.rows(Policy), kinds=[plan.kind for plan in plans], effective=effective, today=today
    )
    for renewal in replaced:
        reason = chosen_instead(renewal, plans)
        after = call_off(renewal, decision=book.decide(renewal), end_reason="requested", reason=reason)
        book.change(renewal, after, on=today)
    return replaced


def _end_what_changes(
    book: PolicyBook, plans: Sequence[Plan], effective: date, today: date
) -> Sequence[Policy]:
    """End the day before what the household changes, and what renews it with it; return what there was."""
    changed = plan_changes.policies_to_change(plans, held=book.rows(Policy), start=effective)
    for policy, plan in zip(changed, plans, strict=True):
        after = end_asked(
            policy,
            decision=book.decide(policy),
            through=effective - timedelta(days=1),
            end_reason="requested",
            reason=plan_changes.changed(policy, plan, start=effective),
        )
        book.change(policy, after, on=today)
    follow_prior_year(book, changed[0].household, on=today)
    return changed
