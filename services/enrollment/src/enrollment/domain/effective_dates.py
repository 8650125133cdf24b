"""From what day coverage counts: open enrollment and qualifying events (ENR-1, ENR-2, ENR-3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Refused
from enrollment.domain.parameters import (
    EnrollmentParameters,
    EventKind,
    OpenEnrollment,
    QualifyingEventTerms,
    StartRule,
)


class OutsideEnrollment(Refused):
    """Neither open enrollment nor a qualifying event allows the selection; the reasons say what would."""

    kind = "outside-enrollment"


@dataclass(frozen=True, slots=True, kw_only=True)
class QualifyingEvent:
    """What happened to a household that may let it select outside open enrollment, and when (ENR-3)."""

    kind: EventKind
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveDate:
    """The first day of coverage, and why it is that one."""

    effective: date
    reasons: tuple[Reason, ...]


def decide_effective_date(
    *, selected_on: date, event: QualifyingEvent | None, parameters: EnrollmentParameters
) -> EffectiveDate:
    """Return the first day of coverage of a selection completed on a day.

    In open enrollment the pack's table gives it (ENR-1, ENR-2). A qualifying event gives it outside open
    enrollment (ENR-3), and inside where it gives an earlier day of the same plan year. Raises
    `OutsideEnrollment`, with the days that would do, where neither allows the selection.
    """
    window = parameters.window_on(selected_on)
    by_event = (
        None if event is None else _by_event(selected_on=selected_on, event=event, parameters=parameters)
    )
    if window is None:
        if by_event is None:
            raise OutsideEnrollment(
                "plans can be selected in open enrollment or after a qualifying event",
                field="/event" if event else None,
                reasons=(
                    _closed(selected_on=selected_on, parameters=parameters),
                    _event_needed(selected_on=selected_on, event=event, parameters=parameters),
                ),
            )
        return by_event
    by_window = _by_window(selected_on=selected_on, window=window, parameters=parameters)
    if by_event is None:
        return by_window
    same_year = by_event.effective.year == window.plan_year
    return by_event if same_year and by_event.effective < by_window.effective else by_window


def coverage_end(*, effective: date) -> date:
    """Return the last day of coverage that nothing ends earlier: December 31 of the plan year (CAL-3)."""
    return date(effective.year, 12, 31)


def _by_window(
    *, selected_on: date, window: OpenEnrollment, parameters: EnrollmentParameters
) -> EffectiveDate:
    row = next(start for start in window.starts if selected_on <= start.selected_by)
    reason = Reason(
        rule="ENR-2",
        says=f"Selected in open enrollment by {row.selected_by}: coverage begins on {row.effective}.",
        citation=parameters.citation("open_enrollments"),
        facts={
            "selected_on": str(selected_on),
            "selected_by": str(row.selected_by),
            "effective": str(row.effective),
        },
    )
    return EffectiveDate(effective=row.effective, reasons=(reason,))


def _by_event(
    *, selected_on: date, event: QualifyingEvent, parameters: EnrollmentParameters
) -> EffectiveDate | None:
    terms = parameters.terms_of(event.kind)
    if terms is None:
        return None
    first, last = selection_days(event_on=event.on, terms=terms)
    if not first <= selected_on <= last:
        return None
    effective = _start(
        rule=terms.starts, event_on=event.on, selected_on=selected_on, cutoff_day=parameters.cutoff_day
    )
    reason = Reason(
        rule="ENR-3",
        says=f"A qualifying event ({event.kind}) on {event.on} allows selecting from {first} to {last}: "
        f"coverage begins on {effective}.",
        citation=parameters.citation("qualifying_events"),
        facts={
            "event": event.kind,
            "event_on": str(event.on),
            "selected_on": str(selected_on),
            "effective": str(effective),
        },
    )
    return EffectiveDate(effective=effective, reasons=(reason,))


def selection_days(*, event_on: date, terms: QualifyingEventTerms) -> tuple[date, date]:
    """Return the first and the last day on which an event allows a selection, both included (ENR-3)."""
    return event_on - timedelta(days=terms.days_before), event_on + timedelta(days=terms.days_after)


def _start(*, rule: StartRule, event_on: date, selected_on: date, cutoff_day: int) -> date:
    match rule:
        case "event-date":
            return event_on
        case "next-month":
            return CoverageMonth.of(selected_on).plus(1).first_day
        case "next-month-after-later-of-event-and-selection":
            return CoverageMonth.of(max(event_on, selected_on)).plus(1).first_day
        case "month-by-cutoff-day":
            return CoverageMonth.of(selected_on).plus(1 if selected_on.day <= cutoff_day else 2).first_day


def _closed(*, selected_on: date, parameters: EnrollmentParameters) -> Reason:
    following = parameters.window_after(selected_on)
    past = [window for window in parameters.open_enrollments if window.last < selected_on]
    facts = {"selected_on": str(selected_on)}
    says = f"Open enrollment is not open on {selected_on}"
    if past:
        facts |= {"last_opened": str(past[-1].first), "last_closed": str(past[-1].last)}
        says += f": it was from {past[-1].first} to {past[-1].last}"
    if following:
        facts |= {"next_opens": str(following.first), "next_closes": str(following.last)}
        says += f". It is open from {following.first} to {following.last}."
    else:
        says += ". The next one is not announced yet."
    return Reason(rule="ENR-1", says=says, citation=parameters.citation("open_enrollments"), facts=facts)


def _event_needed(
    *, selected_on: date, event: QualifyingEvent | None, parameters: EnrollmentParameters
) -> Reason:
    facts = {"selected_on": str(selected_on)}
    terms = None if event is None else parameters.terms_of(event.kind)
    if event is None or terms is None:
        after = sorted({each.days_after for each in parameters.qualifying_events})
        days = " or ".join(str(count) for count in after)
        says = f"Without open enrollment a qualifying event is needed, within {days} days after it"
        early = [each for each in parameters.qualifying_events if each.days_before]
        says += "".join(f" ({each.kind}: also {each.days_before} days before it)" for each in early) + "."
        if after:
            facts["earliest_event"] = str(selected_on - timedelta(days=after[-1]))
    else:
        first, last = selection_days(event_on=event.on, terms=terms)
        facts |= {
            "event": event.kind,
            "event_on": str(event.on),
            "select_from": str(first),
            "select_until": str(last),
        }
        says = (
            f"A qualifying event ({event.kind}) on {event.on} allows selecting from {first} to {last} only."
        )
    return Reason(rule="ENR-3", says=says, citation=parameters.citation("qualifying_events"), facts=facts)
