"""A start rolls on: the plans of a selection that was not paid for are selected again, from later on (ENR-6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from bulkhead.kernel.errors import Refused
from bulkhead.service import Occasion
from enrollment.application.book import PolicyBook
from enrollment.domain import choices, selections
from enrollment.domain.households import covered_on
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.policies import Policy
from enrollment.domain.rolling import rolled_start
from enrollment.domain.selections import Applicant, Completion, Selected, Selection


def selected_anew(
    book: PolicyBook,
    lapsed: Sequence[Policy],
    *,
    due: date,
    occasion: Occasion,
    parameters: EnrollmentParameters,
) -> Selected | None:
    """Return what the plans of a lapsed selection are selected anew as, None where the pack or the calendar does not
    let them, or the household has chosen otherwise since.

    ``lapsed`` are its policies as they are once canceled. It is an act of its own, of the day after the due date.
    """
    if not lapsed:
        return None
    before = book.get(Selection, lapsed[0].selection)
    start = rolled_start(before, due=due, parameters=parameters)
    if start is None:
        return None
    ended = {each.policy: each for each in lapsed}
    known = book.circumstances(before.household)
    covered = covered_on(known.members, start.effective, policy=None)
    held = [ended.get(each.policy, each) for each in known.policies]
    try:
        plans = choices.chosen_plans([each.plan for each in lapsed], catalog=known.plans)
        choices.check_people(covered, effective=start.effective)
        lasts = choices.last_days(plans, members=known.members, start=start, ending={})
        choices.check_free(plans, held=held, start=start, lasts=lasts)
        choices.check_rated(plans, known=known, start=start)
    except Refused:
        return None
    return selections.select(
        plans,
        applicant=Applicant(
            known=replace(known, policies=held), people={each.kind: covered for each in plans}
        ),
        completion=Completion(
            selected_on=due + timedelta(days=1),
            entered_on=occasion.today,
            via=before.via,
            event=before.event,
            transferred_from=before.transferred_from,
        ),
        start=start,
        parameters=parameters,
    )
