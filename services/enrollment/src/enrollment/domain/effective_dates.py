"""From what day coverage counts: open enrollment and qualifying events (ENR-1, ENR-2, ENR-3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue, Refused
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


class StartNotOffered(InvalidValue):
    """A household asks for a start that its qualifying event does not give; the reasons say which it does."""

    kind = "start-not-offered"


@dataclass(frozen=True, slots=True, kw_only=True)
class QualifyingEvent:
    """What happened to a household that may let it select, and when (ENR-3).

    ``starts`` is the start it asks for, None for the usual one of the kind.
    """

    kind: EventKind
    on: date
    starts: StartRule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveDate:
    """The first day of coverage, and why it is that one."""

    effective: date
    reasons: tuple[Reason, ...]


def decide_effective_date(
    *, selected_on: date, event: QualifyingEvent | None, parameters: EnrollmentParameters
) -> EffectiveDate:
    """Return the first day of coverage of a selection completed on a day.

    A qualifying event that is named gives it, in open enrollment too (ENR-3); without one, or where the days it
    allows are over, the table of open enrollment does (ENR-1, ENR-2). Raises `OutsideEnrollment`, with the days
    that would do, where neither allows the selection, and `StartNotOffered`.
    """
    if event is not None:
        by_event = _by_event(selected_on=selected_on, event=event, parameters=parameters)
        if by_event is not None:
            return by_event
    window = parameters.window_on(selected_on)
    if window is None:
        raise OutsideEnrollment(
            "plans can be selected in open enrollment or after a qualifying event",
            field="/event" if event else None,
            reasons=(
                _closed(selected_on=selected_on, parameters=parameters),
                _event_needed(selected_on=selected_on, event=event, parameters=parameters),
            ),
        )
    start = _by_window(selected_on=selected_on, window=window, parameters=parameters)
    if event is None:
        return start
    passed = _event_needed(selected_on=selected_on, event=event, parameters=parameters)
    return EffectiveDate(effective=start.effective, reasons=(*start.reasons, passed))


def coverage_end(*, effective: date) -> date:
    """Return the last day of coverage that nothing ends earlier: December 31 of the plan year (CAL-3)."""
    return date(effective.year, 12, 31)


def selection_days(*, event_on: date, terms: QualifyingEventTerms) -> tuple[date, date]:
    """Return the first and the last day on which an event allows a selection, both included (ENR-3)."""
    return event_on - timedelta(days=terms.days_before), event_on + timedelta(days=terms.days_after)


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
    starts: dict[StartRule, date] = {
        rule: _start(rule=rule, event=event, selected_on=selected_on, cutoff_day=parameters.cutoff_day)
        for rule in terms.offered
    }
    chosen = event.starts or terms.starts
    if chosen not in starts:
        raise _not_offered(event, starts=starts, parameters=parameters)
    first, last = selection_days(event_on=event.on, terms=terms)
    if not first <= selected_on <= last:
        return None
    by_rule = starts[chosen]
    effective = max(by_rule, date(selected_on.year, 1, 1))
    says = f"A qualifying event ({event.kind}) on {event.on} allows selecting from {first} to {last}: "
    if effective != by_rule:
        says += f"its plan year is over, and coverage begins with the present one, on {effective}."
    else:
        says += f"coverage begins on {effective}, in plan year {effective.year}."
    reason = Reason(
        rule="ENR-3",
        says=says,
        citation=parameters.citation("qualifying_events"),
        facts={
            "event": event.kind,
            "event_on": str(event.on),
            "selected_on": str(selected_on),
            "starts": chosen,
            "effective": str(effective),
        },
    )
    return EffectiveDate(effective=effective, reasons=(reason,))


def _start(*, rule: StartRule, event: QualifyingEvent, selected_on: date, cutoff_day: int) -> date:
    match rule:
        case "event-date":
            return event.on
        case "next-month":
            return CoverageMonth.of(selected_on).plus(1).first_day
        case "next-month-after-later-of-event-and-selection":
            return CoverageMonth.of(max(event.on, selected_on)).plus(1).first_day
        case "month-by-cutoff-day":
            return CoverageMonth.of(selected_on).plus(1 if selected_on.day <= cutoff_day else 2).first_day


def _not_offered(
    event: QualifyingEvent, *, starts: dict[StartRule, date], parameters: EnrollmentParameters
) -> StartNotOffered:
    would_do = " or ".join(f"{effective} ({rule})" for rule, effective in starts.items())
    return StartNotOffered(
        field="/event/starts",
        problem="is not a start that this event gives",
        reasons=(
            Reason(
                rule="ENR-3",
                says=f"After this event ({event.kind}) coverage begins on {would_do}.",
                citation=parameters.citation("qualifying_events"),
                facts={"event": event.kind, "event_on": str(event.on), "offered": " ".join(starts)},
            ),
        ),
    )


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
