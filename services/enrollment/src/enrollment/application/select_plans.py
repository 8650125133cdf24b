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
from enrollment.application.rerate_policies import known_after, rerate_policies
from enrollment.domain import choices, selections, transfers
from enrollment.domain.effective_dates import EffectiveDate, QualifyingEvent, decide_effective_date
from enrollment.domain.events import Via
from enrollment.domain.households import Member, members_on
from enrollment.domain.months import PolicyVersion
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.plans import Plan
from enrollment.domain.policies import Policy, activate, call_off, expire
from enrollment.domain.renewals import chosen_instead, replaceable_renewals, yielding
from enrollment.domain.selections import Applicant, Completion, Selected, Selection


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
    household = await household_of(uow, choice.household)
    selected_on = choices.selection_date(via=choice.via, received_on=choice.received_on, today=uow.today)
    in_force = parameters.as_of(selected_on)
    catalog = {plan.plan: plan for plan in await uow.records(Plan).select(plan=list(set(choice.plans)))}
    plans = choices.chosen_plans(choice.plans, catalog=catalog)
    start = await _start_of(uow, choice, selected_on=selected_on, parameters=in_force)
    book = await PolicyBook.load(uow, [choice.household])
    # Who transfers in adds to what it has here, and takes the place of nothing (ENR-12).
    replaced = [] if choice.transferred_from else _make_way(book, plans, start=start, today=uow.today)
    await write(uow, book)
    held = book.rows(Policy)
    members = await members_of(uow, choice.household)
    choices.check_free(plans, held=held, start=start)
    covered = members_on(members, start.effective)
    choices.check_people(covered, start=start)
    selected = selections.select(
        plans,
        applicant=Applicant(
            household=household,
            members=covered,
            held=held,
            versions=book.versions(),
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
        if replaced:
            await _share_assistance_anew(uow, choice.household, since=start.effective)
    elif replaced:
        raise choices.renews_and_begins(replaced, plans)
    return await _follow_what_is_known(uow, selected, members=members)


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


def _make_way(book: PolicyBook, plans: Sequence[Plan], *, start: EffectiveDate, today: date) -> list[Policy]:
    """Call off the automatic renewals that the household's own choice takes the place of; return them (ENR-14)."""
    replaced = replaceable_renewals(
        book.rows(Policy), kinds=[plan.kind for plan in plans], effective=start.effective, today=today
    )
    for renewal in replaced:
        reason = chosen_instead(renewal, plans)
        after = call_off(renewal, decision=book.decide(renewal), end_reason="requested", reason=reason)
        book.change(renewal, after, on=today)
    return replaced


async def _share_assistance_anew(uow: UnitOfWork, household: str, *, since: date) -> None:
    """Rate the household's policies of the year anew: another medical plan leaves the dental one other assistance."""
    book = await PolicyBook.load(uow, [household])
    members = await members_of(uow, household)
    await rerate_policies(
        uow, book, household=household, members=members, since=since, changed="assistance", reasons=()
    )
    await write(uow, book)


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
    known = known_after(selected.selection.effective, household=selected.household, members=members)
    if known is None:
        return selected
    book = await PolicyBook.load(uow, [selected.household.household])
    after = await rerate_policies(
        uow,
        book,
        household=selected.household.household,
        members=members,
        since=known.since,
        changed=known.kind,
        reasons=(),
    )
    await write(uow, book)
    now = {each.policy: each for each in after.policies}
    return replace(selected, policies=tuple(now.get(each.policy, each) for each in selected.policies))
