"""A selection whose dates were recorded wrong is called off, and its plans are selected by the right ones (OPS-5)."""

from __future__ import annotations

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
from enrollment.domain.plans import KIND_ORDER
from enrollment.domain.policies import call_off, expire
from enrollment.domain.redated_selections import begins_instead, check_standing, dates_of, decide_start
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
    start = decide_start(before, redating.after, parameters=given.parameters)
    selected_as = selections.next_selection(household, held=book.find_policies(household))
    for policy in policies:
        why = begins_instead(policy, effective=start.effective)
        off = call_off(policy, decision=book.decide(policy), end_reason="error", reason=why)
        book.change(policy, off, on=today, selected_as=selected_as)
    follow_prior_year(book, household, on=today)
    known = book.circumstances(household)
    by_kind = sorted(policies, key=lambda each: KIND_ORDER.index(each.kind))
    plans = [known.plans[each.plan] for each in by_kind]
    event = before.event
    selected = selections.select(
        plans,
        applicant=applicant_for(book, household, plans, replaced=(), start=start),
        completion=Completion(
            selected_on=redating.after.selected_on,
            entered_on=today,
            via=before.via,
            event=None
            if event is None or redating.after.event_on is None
            else replace(event, on=redating.after.event_on),
        ),
        start=replace(start, reasons=(*start.reasons, reason_of(correction))),
        parameters=given.parameters,
    )
    for policy in book.select(selected):
        book.change(policy, expire(policy, today=today), on=today)
    end_where_nobody_is_left(book, household, today=today)
    return replace(correction, selected_as=selected.selection.selection)
