"""A binder was not paid in time, and its selection's start rolls on: the same plans are selected again (ENR-6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from enrollment.domain.effective_dates import (
    EffectiveDate,
    QualifyingEvent,
    decide_effective_date,
    selection_days,
)
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.selections import Selection


def rolled_start(
    selection: Selection, *, due: date, parameters: EnrollmentParameters
) -> EffectiveDate | None:
    """Return from when the plans of a selection can still be had whose binder was due on a day, and not paid; None
    where they cannot (ENR-6).

    It is the first of the month after the first start, or what whoever selects the day after the due date gets, if
    that is later. It rolls while open enrollment, or the days of the qualifying event, last, to no later start than
    those give, and within the plan year.
    """
    if parameters.binder_late == "cancel":
        return None
    again, event = due + timedelta(days=1), _event_of(selection, parameters)
    last = _last_day_to_select(event, again, parameters)
    if last is None:
        return None
    start = decide_effective_date(selected_on=again, event=event, parameters=parameters)
    latest = decide_effective_date(selected_on=last, event=event, parameters=parameters).effective
    effective = max(start.effective, CoverageMonth.of(selection.effective).plus(1).first_day)
    if effective > latest or effective.day != 1 or effective.year != selection.effective.year:
        return None
    reason = Reason(
        rule="ENR-6",
        says=f"The first premium was neither received nor postmarked by {due}: coverage does not begin on "
        f"{selection.effective}, and begins on {effective} once its own first premium is paid.",
        citation=parameters.citation("binder_late"),
        facts={
            "due": str(due),
            "instead_of": str(selection.effective),
            "effective": str(effective),
            "rolls": selection.selection,
        },
    )
    return EffectiveDate(effective=effective, reasons=(*start.reasons, reason))


def _event_of(selection: Selection, parameters: EnrollmentParameters) -> QualifyingEvent | None:
    """Return the event that let the household select, with the first of a month for its start where it gives one."""
    event = selection.event
    terms = None if event is None else parameters.terms_of(event.kind)
    if event is None or terms is None or "next-month" not in terms.offered:
        return event
    return replace(event, starts="next-month")


def _last_day_to_select(
    event: QualifyingEvent | None, day: date, parameters: EnrollmentParameters
) -> date | None:
    """Return the last day on which what allows selecting on a day does: the event, else open enrollment; None where
    neither does.
    """
    terms = None if event is None else parameters.terms_of(event.kind)
    if event is not None and terms is not None:
        first, last = selection_days(event_on=event.on, terms=terms)
        if first <= day <= last:
            return last
    window = parameters.window_on(day)
    return None if window is None else window.last
