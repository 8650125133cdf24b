"""What a selection becomes whose dates were recorded wrong: the same plans by the right ones (ENR-3, ENR-11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue
from enrollment.domain.corrections import NotCorrected, NothingToCorrect, SelectionDates
from enrollment.domain.effective_dates import (
    EffectiveDate,
    OutsideEnrollment,
    QualifyingEvent,
    decide_effective_date,
)
from enrollment.domain.parameters import EnrollmentParameters, StartRule
from enrollment.domain.policies import Policy
from enrollment.domain.selections import Selection
from enrollment.domain.sources import SOURCES

_CITATION = "45 CFR 155.420"


def dates_of(selection: Selection) -> SelectionDates:
    """Return the dates of a selection as they are recorded."""
    return SelectionDates(selected_on=selection.selected_on, event_on=selection.event_on)


def check_dates(selection: Selection, dates: SelectionDates) -> None:
    """Check that a selection may have been made on these dates.

    Raises `NothingToCorrect` for those that it has, and `InvalidValue` for a day after its entry and for an event where
    it has none, or none where it has one.
    """
    if dates == dates_of(selection):
        raise NothingToCorrect("these are its dates already", field="/selected_on")
    if dates.selected_on > selection.entered_on:
        raise InvalidValue(
            field="/selected_on",
            problem=f"must be {selection.entered_on} or earlier: that day it was entered",
            reasons=(
                Reason(
                    rule="ENR-11",
                    says="A selection counts from its entry at the latest.",
                    citation=SOURCES["ENR-11"],
                ),
            ),
        )
    if (dates.event_on is None) != (selection.event_kind is None):
        raise InvalidValue(
            field="/event_on",
            problem="is of a selection that names an event, and of no other",
            reasons=(
                Reason(
                    rule="ENR-3",
                    says="Its dates are corrected, not what happened.",
                    citation=SOURCES["ENR-3"],
                ),
            ),
        )


def check_standing(selection: Selection, policies: Sequence[Policy]) -> None:
    """Check that all that came of a selection stands, waits or has begun by it alone, and is not in grace.

    Raises `NotCorrected`, which says what is done first, or instead.
    """
    # What costs nothing, or what carriers bill for, took the place of nothing (ENR-7, CAR-1).
    took_place = not selection.binder_required and selection.reasons[-1].rule not in ("ENR-7", "CAR-1")
    if took_place or selection.transferred_from is not None:
        raise _not_corrected("it took the place of other coverage: call it off and select anew", "ENR-13")
    if any(each.lifecycle not in ("selected", "active") for each in policies):
        raise _not_corrected("coverage of it has an end: that is corrected first", "ENR-13")
    if any(each.standing == "in-grace" for each in policies):
        raise _not_corrected("it is in grace: what is invoiced is paid first", "ENR-13")


def first_made_anew(today: date, parameters: EnrollmentParameters) -> date:
    """Return the first day of which a selection is still made anew (OPS-5)."""
    return today - timedelta(days=parameters.selected_anew_days)


def check_recent(selected_on: date, *, today: date, parameters: EnrollmentParameters) -> None:
    """Check that a selection of a day is still made anew; raises `NotCorrected`, which says since when (OPS-5)."""
    first = first_made_anew(today, parameters)
    if selected_on >= first:
        return
    raise NotCorrected(
        "the selection was made too long ago",
        field="/selected_on",
        reasons=(
            Reason(
                rule="OPS-5",
                says=f"A selection made before {first} is not made anew: its coverage is called off or ended, and "
                "plans are selected by an event that is so now.",
                citation=parameters.citation("selected_anew_days"),
                facts={"selected_on": str(selected_on), "first": str(first)},
            ),
        ),
    )


def decide_start(
    selection: Selection, dates: SelectionDates, *, parameters: EnrollmentParameters
) -> EffectiveDate:
    """Return the first day of coverage of a selection by other dates; raises `OutsideEnrollment`, and
    `NothingToCorrect` where it is the one that it has.
    """
    event = _event_of(selection, parameters)
    if event is not None and dates.event_on is not None:
        event = replace(event, on=dates.event_on)
    try:
        start = decide_effective_date(selected_on=dates.selected_on, event=event, parameters=parameters)
    except OutsideEnrollment as refusal:
        refusal.field = "/selected_on"
        raise
    if start.effective == selection.effective:
        raise NothingToCorrect(
            "coverage begins on the same day by these dates", field="/selected_on", reasons=start.reasons
        )
    return start


def begins_instead(policy: Policy, *, effective: date) -> Reason:
    """Return the reason of calling off what begins on another day by the right dates."""
    return Reason(
        rule="ENR-13",
        says=f"The dates of the selection had been recorded wrong: coverage begins on {effective} instead.",
        citation=_CITATION,
        facts={"recorded": str(policy.effective), "effective": str(effective)},
    )


def _event_of(selection: Selection, parameters: EnrollmentParameters) -> QualifyingEvent | None:
    """Return the event of a selection with the start that its household asked for."""
    event = selection.event
    terms = None if event is None else parameters.terms_of(event.kind)
    if event is None or terms is None:
        return event
    asked: StartRule | None = None
    for rule in terms.offered[1:]:
        by_rule = decide_effective_date(
            selected_on=selection.selected_on, event=replace(event, starts=rule), parameters=parameters
        )
        usual = decide_effective_date(selected_on=selection.selected_on, event=event, parameters=parameters)
        if by_rule.effective == selection.effective != usual.effective:
            asked = rule
    return replace(event, starts=asked)


def _not_corrected(why: str, rule: str) -> NotCorrected:
    return NotCorrected(
        "the selection's dates are not corrected as it is",
        reasons=(Reason(rule=rule, says=f"{why}.", citation=SOURCES[rule]),),
    )
