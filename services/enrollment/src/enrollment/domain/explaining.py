"""Why coverage begins and ends when it does, and why not on another day that was expected (ENR-1, ENR-2, ENR-3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Refused
from bulkhead.kernel.explanations import Explanation, Ground, InForce, facts_of, in_force
from enrollment.domain.effective_dates import QualifyingEvent, decide_effective_date, selection_days
from enrollment.domain.parameters import EnrollmentParameters, StartRule
from enrollment.domain.policies import Policy
from enrollment.domain.selections import Selection
from enrollment.domain.sources import SOURCES
from enrollment.domain.timeline import end_of

_STARTS = ("CAR-1", "ENR-1", "ENR-2", "ENR-3", "ENR-5", "ENR-6", "ENR-7", "ENR-12", "ENR-14")
"""The rules by which coverage begins when it does: not what it costs (ENR-8)."""

_BY_NAME = {
    "ENR-6": ("binder_late",),
    "ENR-16": ("min_spouse_age",),
    "INV-18": ("partial_month",),
}
"""The parameters by which a rule decides, where those are whole values of the pack."""

_IN_FACTS = (
    "medicaid_ends_plans",
    "medicaid_months_back",
    "medicaid_months_ahead",
    "adult_age",
    "child_age_limit",
    "child_leaves",
)
"""The parameters that a reason has among its facts where they decided."""


def grounds(reasons: Sequence[Reason], *, parameters: EnrollmentParameters) -> tuple[Ground, ...]:
    """Return reasons with the parameters that decided them; ``parameters`` are those in force then."""
    return tuple(Ground(reason=each, in_force=_in_force(each, parameters)) for each in reasons)


def _in_force(reason: Reason, parameters: EnrollmentParameters) -> tuple[InForce, ...]:
    match reason.rule:
        case "ENR-1" | "ENR-2":
            return _open_enrollment(reason, parameters)
        case "ENR-3":
            return _qualifying_event(reason, parameters)
        case "ENR-4" | "ENR-13":
            return in_force(parameters, [each for each in _IN_FACTS if each in reason.facts])
        case "ENR-17":
            return (*_age_curve(reason, parameters), *_tobacco(reason, parameters))
        case "ENR-10":
            return in_force(parameters, _verification(reason))
        case _:
            return in_force(parameters, _BY_NAME.get(reason.rule, ()))


def _verification(reason: Reason) -> Sequence[str]:
    """Return the parameters by which verification decided (ENR-10): they follow from what became of it."""
    if "through" in reason.facts:
        return "unverified_coverage", "unverified_notice_days", "inconsistency_days"
    if "verification" in reason.facts:
        return ("unverified_coverage",)
    return ("unverified_notice_days", "inconsistency_days") if "until" in reason.facts else ()


def _age_curve(reason: Reason, parameters: EnrollmentParameters) -> tuple[InForce, ...]:
    """Return the age curve by which the rates of a premium follow from one, none where they do not."""
    if "derived_from" not in reason.facts:
        return ()
    curve = parameters.age_curve_of(date.fromisoformat(reason.facts["issued"]).year)
    return (InForce(parameter="age_curves", value=[curve], citation=parameters.citation("age_curves")),)


def _tobacco(reason: Reason, parameters: EnrollmentParameters) -> tuple[InForce, ...]:
    """Return how far rates may differ by use of tobacco, where some of a premium do."""
    return in_force(parameters, ("tobacco",) if reason.facts.keys() & {"tobacco", "tobacco_rated"} else ())


def _open_enrollment(reason: Reason, parameters: EnrollmentParameters) -> tuple[InForce, ...]:
    """Return the open enrollment that a selection was in, or the one before and the one after it."""
    selected_on = date.fromisoformat(reason.facts["selected_on"])
    before = [each for each in parameters.open_enrollments if each.last < selected_on][-1:]
    within, after = parameters.window_on(selected_on), parameters.window_after(selected_on)
    windows = [within] if within else [*before, *([after] if after else [])]
    citation = parameters.citation("open_enrollments")
    return (InForce(parameter="open_enrollments", value=windows, citation=citation),)


def _qualifying_event(reason: Reason, parameters: EnrollmentParameters) -> tuple[InForce, ...]:
    """Return the terms of the event that was named, or of all, and the day by which a start is found where one is."""
    named = [
        each for each in parameters.qualifying_events if each.kind == reason.facts.get("event", each.kind)
    ]
    citation = parameters.citation("qualifying_events")
    found = (InForce(parameter="qualifying_events", value=named, citation=citation),)
    by_day = reason.facts.get("starts") == "month-by-cutoff-day"
    return (*found, *in_force(parameters, ("cutoff_day",) if by_day else ()))


def explain_start(policy: Policy, selection: Selection, *, parameters: EnrollmentParameters) -> Explanation:
    """Return why coverage begins on the day it does. ``parameters`` are those of the selection's day."""
    reasons = [each for each in selection.reasons if each.rule in _STARTS]
    began = "begins" if policy.lifecycle != "canceled" else "would-have-begun"
    return Explanation(
        sentence=f"coverage-{began}",
        facts=facts_of(
            plan=policy.plan, effective=policy.effective, selected_on=selection.selected_on, via=selection.via
        ),
        grounds=grounds(reasons, parameters=parameters),
    )


def explain_end(policy: Policy, *, parameters: EnrollmentParameters) -> Explanation:
    """Return why coverage ended or ends, or that nothing ends it before its plan year does (CAL-3).

    ``parameters`` are those in force when that was decided.
    """
    made = end_of(policy)
    facts = facts_of(
        plan=policy.plan,
        effective=policy.effective,
        through=policy.last_covered_day,
        reason=policy.end_reason,
        decided_on=None if made is None else made.on,
    )
    if policy.lifecycle not in ("canceled", "terminated", "expired"):
        return Explanation(sentence="coverage-lasts", facts=facts, grounds=_plan_year(policy))
    reasons = () if made is None else made.reasons
    return Explanation(
        sentence=f"coverage-{policy.lifecycle}", facts=facts, grounds=grounds(reasons, parameters=parameters)
    )


def _plan_year(policy: Policy) -> tuple[Ground, ...]:
    facts = facts_of(coverage_ends=policy.coverage_ends)
    return (Ground(reason=Reason(rule="CAL-3", says="", citation=SOURCES["CAL-3"], facts=facts)),)


Remedy: TypeAlias = Literal["select", "pay-first-premium", "pay-what-is-owed", "ask-for-end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldDo:
    """What would have given the expected day: this, on a day from ``first``, where that is known, to ``last``.

    ``starts`` is the start that the event offers besides its usual one, where that had to be asked for.
    """

    do: Remedy
    first: date | None
    last: date
    starts: StartRule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """Why coverage does not begin or end on a day that was expected; nothing would have done where that is empty."""

    expected: date
    explanation: Explanation
    would_have_done: tuple[WouldDo, ...]


def why_not(
    policy: Policy, selection: Selection, *, expected: date, parameters: EnrollmentParameters
) -> WhyNot:
    """Return which rule stands in the way of an expected first day, and what would have done.

    ``parameters`` are those of the selection's day. What would have done is found by deciding for each day on which
    the household could have selected.
    """
    if expected == policy.effective:
        return _answer("expected-is-so", expected, (), ())
    rolled = next((each for each in selection.reasons if each.rule == "ENR-6"), None)
    if rolled is not None and rolled.facts["instead_of"] == str(expected):
        due = date.fromisoformat(rolled.facts["due"])
        paid = WouldDo(do="pay-first-premium", first=None, last=due)
        return _answer("expected-was-not-paid", expected, (paid,), grounds([rolled], parameters=parameters))
    standing = [each for each in selection.reasons if each.rule in ("ENR-2", "ENR-3", "ENR-14")][:1]
    found = tuple(_would_do(selection, expected=expected, parameters=parameters))
    possible = sorted(set(_possible(selection, parameters=parameters)))
    name = "expected-needs-another-day" if found else "expected-is-never-given"
    if any(each.starts is not None and selection.selected_on in _run(each) for each in found):
        name = "expected-had-to-be-asked-for"
    facts = facts_of(
        selected_on=selection.selected_on,
        effective=policy.effective,
        first=found[0].first if found else None,
        last=found[0].last if found else None,
        possible=" ".join(str(each) for each in possible) or None,
    )
    return _answer(name, expected, found, grounds(standing, parameters=parameters), facts=facts)


def why_not_end(policy: Policy, *, expected: date, parameters: EnrollmentParameters) -> WhyNot:
    """Return which decision stands in the way of an expected last day of coverage, and what would have done.

    ``parameters`` are those in force when coverage was ended.
    """
    made, last = end_of(policy), policy.last_covered_day
    because = () if made is None else grounds(made.reasons, parameters=parameters)
    if policy.lifecycle == "canceled":
        due = (
            next((each.facts["due"] for each in made.reasons if "due" in each.facts), None) if made else None
        )
        paid = () if due is None else (_by(date.fromisoformat(due), do="pay-first-premium"),)
        return _answer("end-never-began", expected, paid, because)
    if expected == last:
        return _answer("end-is-so", expected, (), ())
    if expected > policy.coverage_ends:
        return _answer("end-after-the-year", expected, (), _plan_year(policy), facts=facts_of(through=last))
    if expected < last:
        # Before its first day coverage is called off, on any day before that.
        asked = _by(min(max(expected, policy.effective - timedelta(days=1)), last), do="ask-for-end")
        return _answer("end-had-to-be-asked-for", expected, (asked,), because, facts=facts_of(through=last))
    if made is not None and policy.end is not None and policy.end.reason == "non-payment":
        # Grace ran out the day before it was decided (INV-11).
        paid = (_by(made.on - timedelta(days=1), do="pay-what-is-owed"),)
        return _answer("end-was-not-paid", expected, paid, because, facts=facts_of(through=last))
    return _answer("end-came-before", expected, (), because, facts=facts_of(through=last))


def _by(last: date, *, do: Remedy) -> WouldDo:
    return WouldDo(do=do, first=None, last=last)


def _answer(
    sentence: str,
    expected: date,
    would_do: tuple[WouldDo, ...],
    because: tuple[Ground, ...],
    *,
    facts: dict[str, str] | None = None,
) -> WhyNot:
    due = facts_of(due=would_do[0].last) if would_do and would_do[0].do != "select" else {}
    return WhyNot(
        expected=expected,
        explanation=Explanation(
            sentence=sentence,
            facts={**facts_of(expected=expected), **due, **(facts or {})},
            grounds=because,
        ),
        would_have_done=would_do,
    )


def _would_do(selection: Selection, *, expected: date, parameters: EnrollmentParameters) -> Iterator[WouldDo]:
    """Yield the runs of days on which selecting would have given the expected day, for each start that is offered."""
    for starts, event in _ways(selection, parameters):
        run: list[date] = []
        for day in [*_days(selection, event, parameters), date.max]:
            if run and day != run[-1] + timedelta(days=1):
                yield WouldDo(do="select", first=run[0], last=run[-1], starts=starts)
                run = []
            if day != date.max and _given(day, event, parameters) == expected:
                run.append(day)


def _possible(selection: Selection, *, parameters: EnrollmentParameters) -> Iterator[date]:
    for _, event in _ways(selection, parameters):
        for day in _days(selection, event, parameters):
            if (given := _given(day, event, parameters)) is not None:
                yield given


def _ways(
    selection: Selection, parameters: EnrollmentParameters
) -> list[tuple[StartRule | None, QualifyingEvent | None]]:
    """Return how the household could have selected: with its event's usual start and the other one, or without."""
    event = selection.event
    terms = None if event is None else parameters.terms_of(event.kind)
    if event is None or terms is None:
        return [(None, None)]
    ways: list[tuple[StartRule | None, QualifyingEvent | None]] = [(None, event)]
    if terms.instead is not None:
        ways.append((terms.instead, replace(event, starts=terms.instead)))
    return ways


def _days(
    selection: Selection, event: QualifyingEvent | None, parameters: EnrollmentParameters
) -> list[date]:
    """Return the days on which the household could have selected so: those of its event and of open enrollment."""
    window = parameters.window_on(selection.selected_on)
    found = set[date]() if window is None else _from_to(window.first, window.last)
    terms = None if event is None else parameters.terms_of(event.kind)
    if event is not None and terms is not None:
        found |= _from_to(*selection_days(event_on=event.on, terms=terms))
    return sorted(found)


def _run(would_do: WouldDo) -> set[date]:
    return _from_to(would_do.first or would_do.last, would_do.last)


def _from_to(first: date, last: date) -> set[date]:
    return {first + timedelta(days=count) for count in range((last - first).days + 1)}


def _given(day: date, event: QualifyingEvent | None, parameters: EnrollmentParameters) -> date | None:
    try:
        return decide_effective_date(selected_on=day, event=event, parameters=parameters).effective
    except Refused:
        return None
