"""A selection whose dates were recorded wrong is called off, and its plans are selected by the right ones; one that was
called off because of people who are there is made again (OPS-5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bulkhead.kernel.corrections import reason_of
from bulkhead.kernel.errors import Impossible
from enrollment.application.book import PolicyBook
from enrollment.application.doing_corrections import Given
from enrollment.application.follow_prior_year import follow_prior_year
from enrollment.application.nobody_left import end_where_nobody_is_left
from enrollment.application.select_plans import applicant_for
from enrollment.domain import selections
from enrollment.domain.corrections import Correction, changed_since
from enrollment.domain.effective_dates import EffectiveDate
from enrollment.domain.households import Household
from enrollment.domain.plans import KIND_ORDER
from enrollment.domain.policies import Policy, call_off, expire
from enrollment.domain.redated_selections import (
    begins_instead,
    check_recent,
    check_standing,
    dates_of,
    decide_start,
    first_made_anew,
)
from enrollment.domain.redating import is_wanted_again, somebody_is_left
from enrollment.domain.restorations import check_shown
from enrollment.domain.selections import Completion, Selection


def select_anew(book: PolicyBook, correction: Correction, given: Given) -> Correction:
    """Call a selection off and select its plans by the dates that a correction says; return it with that selection.

    It has a binder of its own, which the money of the one called off pays at once where that is enough (ENR-5). Raises
    `ChangedSince`, `NotCorrected`, `OutsideEnrollment`, and what selecting plans raises.
    """
    household, redating, today = correction.household, correction.dates, given.today
    if correction.selection is None or redating is None:
        raise Impossible("a selection is corrected, and it is not said which, or to what")
    before = book.get(Selection, correction.selection)
    policies = [
        each
        for each in book.find_policies(household)
        if each.selection == before.selection and each.lifecycle != "canceled"
    ]
    if not policies or dates_of(before) != redating.before:
        raise changed_since("the selection", facts={"selection": before.selection})
    check_standing(before, policies)
    check_recent(redating.after.selected_on, today=today, parameters=given.parameters)
    start = decide_start(before, redating.after, parameters=given.parameters)
    selected_as = selections.next_selection(household, held=book.find_policies(household))
    for policy in policies:
        why = begins_instead(policy, effective=start.effective)
        off = call_off(policy, decision=book.decide(policy), end_reason="error", reason=why)
        book.change(policy, off, on=today, selected_as=selected_as)
    follow_prior_year(book, household, on=today)
    event = before.event
    if event is not None and redating.after.event_on is not None:
        event = replace(event, on=redating.after.event_on)
    completion = Completion(
        selected_on=redating.after.selected_on, entered_on=today, via=before.via, event=event
    )
    selected = _select(book, policies, correction, completion, start=start, given=given)
    return replace(correction, selected_as=selected.selection)


def select_again(book: PolicyBook, correction: Correction, given: Given, *, member: str) -> None:
    """Select again what had been called off before its binder was paid, for somebody seemed to have left and nobody
    else was left whom it would cover: from the same day on, with a binder of its own (ENR-5, ENR-13). What has no room
    any more stays called off, and so does what was selected too long ago (OPS-5).

    Raises `RestorationBlocked` where the household may not enroll as things stand (ENR-10).
    """
    fallen: dict[str, list[Policy]] = {}
    since = first_made_anew(given.today, given.parameters)
    for policy in _called_off(book, correction.household, member=member):
        if book.get(Selection, policy.selection).selected_on >= since:
            fallen.setdefault(policy.selection, []).append(policy)
    if fallen:
        check_shown(book.get(Household, correction.household), parameters=given.parameters)
    for before in sorted((book.get(Selection, each) for each in fallen), key=lambda each: each.number):
        policies = fallen[before.selection]
        start = EffectiveDate(effective=before.effective, reasons=(somebody_is_left(before),))
        completion = Completion(
            selected_on=before.selected_on,
            entered_on=given.today,
            via=before.via,
            event=before.event,
            transferred_from=before.transferred_from,
        )
        _select(book, policies, correction, completion, start=start, given=given)


def _called_off(book: PolicyBook, household: str, *, member: str) -> list[Policy]:
    """Return what was called off because somebody had left, is wanted again, and has room. What was selected since for
    one of its days, or was made again in its place, is what its household chose last, whatever became of that: the
    earlier one stays called off.
    """
    members, held = book.members_of(household), book.find_policies(household)
    numbers = {each.policy: book.get(Selection, each.selection).number for each in held}
    return [
        policy
        for policy in held
        if is_wanted_again(policy, member=member, members=members)
        and not any(
            each.kind == policy.kind
            and (
                each.overlaps(first=policy.effective, last=policy.coverage_ends)
                or (numbers[each.policy] > numbers[policy.policy] and _is_of_its_days(each, policy))
            )
            for each in held
        )
    ]


def _is_of_its_days(each: Policy, policy: Policy) -> bool:
    """Whether a policy was selected for one of the days for which another was."""
    return each.effective <= policy.coverage_ends and policy.effective <= each.coverage_ends


def _select(
    book: PolicyBook,
    policies: Sequence[Policy],
    correction: Correction,
    completion: Completion,
    *,
    start: EffectiveDate,
    given: Given,
) -> Selection:
    """Select the plans of policies that are called off; return the selection, which a correction marks."""
    household, today = correction.household, given.today
    known = book.circumstances(household)
    by_kind = sorted(policies, key=lambda each: KIND_ORDER.index(each.kind))
    plans = [known.plans[each.plan] for each in by_kind]
    selected = selections.select(
        plans,
        applicant=applicant_for(book, household, plans, replaced=(), start=start),
        completion=completion,
        start=replace(start, reasons=(*start.reasons, reason_of(correction))),
        parameters=given.parameters,
    )
    for policy in book.select(selected):
        book.change(policy, expire(policy, today=today), on=today)
    end_where_nobody_is_left(book, household, today=today)
    return selected.selection
