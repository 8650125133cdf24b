"""What a regulator or a state can change about enrollment: the policy pack's values, as of one date.

The dates and their citations are in ``policy/<pack>/enrollment.yaml``; nothing of them is a constant here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.maintenance import MaintenanceTerms
from bulkhead.kernel.parameters import ParameterFault, outside
from enrollment.domain.months import PartialMonth

EventKind: TypeAlias = Literal[
    "birth", "adoption", "foster", "marriage", "loss", "medicaid-loss", "move", "income", "other"
]
"""The kinds of qualifying event (ENR-3)."""

StartRule: TypeAlias = Literal[
    "event-date", "next-month", "next-month-after-later-of-event-and-selection", "month-by-cutoff-day"
]
"""How the first day of coverage follows from a qualifying event (ENR-3)."""

UnverifiedCoverage: TypeAlias = Literal["ends", "stays"]
"""What becomes of coverage where no documents showed in time that its people may enroll (ENR-10)."""

CorrectionKind: TypeAlias = Literal[
    "redate-selection", "redate-end", "redate-departure", "correct-birth-date", "rerate", "merge-households"
]
"""What may be corrected: a selection's dates, an end, when somebody left or was born, what policies cost, one person's
two households (OPS-5).
"""

_ZIP_DIGITS: Final = 3
_MOST_AGE_RATIO: Final = 3  # 45 CFR 147.102(a)(1)(iii): no state may allow more
_MOST_TOBACCO_RATIO: Final = Fraction(3, 2)  # 45 CFR 147.102(a)(1)(iv)
_ADULT: Final = 21
_BAND_BEGINS: Final = frozenset(
    {0, *range(15, 65)}
)  # 45 CFR 147.102(d): 0 to 14 and 64 and over are one band each
_MOST_FACTOR: Final = 10

ChildLeaves: TypeAlias = Literal["month_end", "year_end"]
"""Through when a child is covered who has reached the age limit: the end of that month, or of that year (ENR-13)."""

PlansEnd: TypeAlias = Literal["month_before", "month_of"]
"""Through when plans cover somebody in Medicaid: the month before it begins, or that in which it does (ENR-4)."""

BinderLate: TypeAlias = Literal["cancel", "roll_forward"]
"""What becomes of a selection whose binder was not paid in time (ENR-6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A row of the effective-date table: selected by this day, covered from that one (ENR-2)."""

    selected_by: date
    effective: date

    def faults(self) -> list[ParameterFault]:
        """Return what of this row cannot be meant: coverage begins on the first of a month after its selection."""
        problems: list[str] = []
        if self.effective.day != 1:
            problems.append(f"is {self.effective}: it must be the first of a month")
        if self.effective <= self.selected_by:
            problems.append(f"is {self.effective}: it must be after {self.selected_by}, when it was selected")
        return [ParameterFault(parameter="effective", problem=each, rule="ENR-2") for each in problems]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEnrollment:
    """One open enrollment: its first and last day, and its effective dates in order (ENR-1, ENR-2)."""

    plan_year: int
    first: date
    last: date
    starts: tuple[Start, ...]

    def faults(self) -> list[ParameterFault]:
        """Return what of these dates cannot be meant: rows that do not rise, or leave a day without a start."""
        days = [self.first, *(start.selected_by for start in self.starts)]
        effective = [start.effective for start in self.starts]
        problems = [
            (
                days[-1] == self.last and len(days) > 1,
                f"must end with a row selected_by {self.last}, the last day",
            ),
            (
                all(one <= other for one, other in pairwise(days)),
                f"must have selected_by rise from {self.first}, the first day",
            ),
            (all(one < other for one, other in pairwise(effective)), "must begin coverage later in each row"),
        ]
        return [
            ParameterFault(parameter="starts", problem=problem, rule="ENR-2")
            for holds, problem in problems
            if not holds
        ] + [
            ParameterFault(
                parameter="starts",
                problem=f"begins coverage on {each.effective}: it must be in the plan year {self.plan_year}",
                rule="ENR-2",
            )
            for each in self.starts
            if each.effective.year != self.plan_year
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class QualifyingEventTerms:
    """How long a kind of event lets a household select, and what day coverage then begins (ENR-3).

    ``instead`` is the other start that the household may ask for, None where there is no choice.
    """

    kind: EventKind
    days_before: int
    days_after: int
    starts: StartRule
    instead: StartRule | None = None

    def faults(self) -> list[ParameterFault]:
        """Return what of these terms cannot be meant: more than a year or no day at all, one start twice."""
        found = outside(self, "ENR-3", "days_before", "days_after", least=0, most=365)
        if not found and not self.days_before + self.days_after:
            problem = "is 0, as days_before is: one of them must be above"
            found.append(ParameterFault(parameter="days_after", problem=problem, rule="ENR-3"))
        if self.instead == self.starts:
            problem = f"is {self.starts}, as starts is: leave it out"
            found.append(ParameterFault(parameter="instead", problem=problem, rule="ENR-3"))
        return found

    @property
    def offered(self) -> tuple[StartRule, ...]:
        """The starts that a household may ask for, the usual one first."""
        return (self.starts,) if self.instead is None else (self.starts, self.instead)


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingArea:
    """A rating area, and how ZIP codes in it begin: by their first three digits (ENR-17)."""

    rating_area: int
    zips: tuple[str, ...]

    def faults(self) -> list[ParameterFault]:
        """Return what of this area cannot be meant."""
        found = outside(self, "ENR-17", "rating_area", least=1, most=999)
        return found + [
            ParameterFault(parameter="zips", problem=f"has {each}: it must be three digits", rule="ENR-17")
            for each in self.zips
            if not (len(each) == _ZIP_DIGITS and each.isascii() and each.isdigit())
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class TobaccoRating:
    """How rates may differ by use of tobacco (ENR-17): at most so many times the rate of who uses none, for people from
    an age on who used it on average so many times a week within the past months.
    """

    most_times: Fraction
    from_age: int
    times_a_week: int
    within_months: int

    def faults(self) -> list[ParameterFault]:
        """Return what of these terms cannot be meant: what 45 CFR 147.102(a)(1)(iv) does not allow."""
        found = [
            *outside(self, "ENR-17", "from_age", least=18, most=30),
            *outside(self, "ENR-17", "times_a_week", least=4, most=70),
            *outside(self, "ENR-17", "within_months", least=1, most=6),
        ]
        if not 1 < self.most_times <= _MOST_TOBACCO_RATIO:
            problem = f"is {float(self.most_times):g}: it must be above 1 and at most {float(_MOST_TOBACCO_RATIO):g}"
            found.append(ParameterFault(parameter="most_times", problem=problem, rule="ENR-17"))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeCurve:
    """How many times a plan's base rate each age costs, from a plan year on until the next curve's (ENR-17).

    ``factors`` are by age: each counts from its age on until the next one. Where a curve has none, rates follow none.
    """

    plan_year: int
    factors: dict[str, Fraction]

    def faults(self) -> list[ParameterFault]:
        """Return what of this curve cannot be meant: ages that do not rise from 0 by bands, factors of none."""
        found = outside(self, "ENR-17", "plan_year", least=2014, most=2199)
        ages = [int(each) if each.isascii() and each.isdigit() else -1 for each in self.factors]
        problems = [
            f"has {text}: it must be the first age of a band, 0 or 15 to 64"
            for text, age in zip(self.factors, ages, strict=True)
            if age not in _BAND_BEGINS
        ]
        if ages and not problems and (ages[0] != 0 or any(one >= other for one, other in pairwise(ages))):
            problems.append("must have its ages rise from 0")
        problems += [
            f"has {float(factor):g} at {age}: it must be above 0 and at most {_MOST_FACTOR}"
            for age, factor in self.factors.items()
            if not 0 < factor <= _MOST_FACTOR
        ]
        return found + [ParameterFault(parameter="factors", problem=each, rule="ENR-17") for each in problems]

    def factor_at(self, age: int) -> Fraction:
        """Return the factor of an age in whole years."""
        return self.factors[str(max(each for each in map(int, self.factors) if each <= age))]

    def is_within(self, ratio: Fraction) -> bool:
        """Whether among adults the highest factor is at most so many times the lowest."""
        adults = [self.factor_at(age) for age in sorted(_BAND_BEGINS) if age >= _ADULT]
        return max(adults) <= ratio * min(adults)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentParameters:
    """All parameters of enrollment as of one date.

    ``citations`` says, by parameter, where its value comes from. ``cutoff_day`` is the last day of a month on
    which a selection reaches the next month where the start rule is ``month-by-cutoff-day``;
    ``min_spouse_age`` the age a spouse has at least (ENR-16), ``adult_age`` that from which a subscriber needs
    nobody to act for them, ``child_age_limit`` that from which nobody is covered as somebody's child, ``child_leaves``
    when such a child's coverage ends and ``child_age_notice_days`` how long before that the household is told
    (ENR-13); ``medicaid_program`` is what Medicaid is called, ``medicaid_ends_plans`` through when plans cover somebody
    whom it covers, ``medicaid_months_back`` how many months before the present one it may begin, and
    ``medicaid_months_ahead`` how many after it at the latest, or end with (ENR-4);
    ``inconsistency_days`` how long eligibility may stay pending, ``verification_reminder_days`` how long before its end
    the household is reminded, and ``unverified_notice_days`` how long after the notice of it assistance may change
    where nobody confirmed it, ``unverified_coverage`` what becomes of coverage then where it is in doubt whether people
    may enroll (ENR-10);
    ``partial_month`` how a month covered in part is charged (INV-18); ``selection_decided_within_days`` how long
    after its entry a selection may wait for its binder's end, and ``binder_late`` what becomes of it where that is
    not paid in time (ENR-6). Of plans that are rated by age (ENR-17): ``rating_areas`` are where rates differ,
    ``adult_age_ratio`` how many times the lowest rate of an adult the highest may be (1: rates do not vary by age), and
    of children under ``child_rated_until_age`` no more than ``counted_children`` count; the rates of medical plans
    follow the last of ``age_curves`` that begins by their plan year, where there is one; by use of ``tobacco`` they
    differ so far, and not at all where it is None. One person corrects what moves ``correction_alone_cents`` of a
    household's charges at most, with what they corrected alone within ``correction_alone_days``, and nothing of
    ``coverage_corrections_by_two``; what waits for a second one is decided within ``correction_overdue_days``; a
    selection made longer than ``selected_anew_days`` ago is not made anew (OPS-5). ``free_look_days`` are those in
    which a member may give coverage back through its carrier (CAR-5).
    """

    open_enrollments: tuple[OpenEnrollment, ...]
    qualifying_events: tuple[QualifyingEventTerms, ...]
    cutoff_day: int
    min_spouse_age: int
    adult_age: int
    child_age_limit: int
    child_leaves: ChildLeaves
    child_age_notice_days: int
    medicaid_program: str
    medicaid_ends_plans: PlansEnd
    medicaid_months_back: int
    medicaid_months_ahead: int
    inconsistency_days: int
    verification_reminder_days: int
    unverified_notice_days: int
    unverified_coverage: UnverifiedCoverage
    partial_month: PartialMonth
    selection_decided_within_days: int
    binder_late: BinderLate
    rating_areas: tuple[RatingArea, ...]
    adult_age_ratio: Fraction
    child_rated_until_age: int
    counted_children: int
    age_curves: tuple[AgeCurve, ...]
    tobacco: TobaccoRating | None
    correction_alone_cents: int
    correction_alone_days: int
    coverage_corrections_by_two: tuple[CorrectionKind, ...]
    correction_overdue_days: int
    selected_anew_days: int
    free_look_days: int
    maintenance: MaintenanceTerms
    """When the service may be taken out, and the exchange's deadlines by the calendar (OPS-2)."""
    citations: Mapping[str, str] = field(default_factory=dict[str, str])

    def faults(self) -> list[ParameterFault]:
        """Return what of these values cannot be meant: windows that overlap, terms that stand twice."""
        found = [
            *outside(self, "ENR-3", "cutoff_day", least=1, most=28),
            *outside(self, "ENR-16", "min_spouse_age", least=0, most=30),
            *outside(self, "ENR-13", "adult_age", least=16, most=21),
            *outside(self, "ENR-13", "child_age_limit", least=26, most=40),
            *outside(self, "ENR-13", "child_age_notice_days", least=14, most=180),
            *outside(self, "ENR-4", "medicaid_months_back", least=0, most=12),
            *outside(self, "ENR-4", "medicaid_months_ahead", least=1, most=24),
            *outside(self, "ENR-10", "inconsistency_days", least=1, most=365),
            *outside(self, "ENR-10", "verification_reminder_days", least=0, most=90),
            *outside(self, "ENR-10", "unverified_notice_days", least=0, most=60),
            *outside(self, "ENR-6", "selection_decided_within_days", least=1, most=365),
            *outside(self, "ENR-17", "child_rated_until_age", least=18, most=26),
            *outside(self, "ENR-17", "counted_children", least=1, most=20),
            *outside(self, "OPS-5", "correction_alone_cents", least=0, most=1_000_000),
            *outside(self, "OPS-5", "correction_alone_days", least=0, most=365),
            *outside(self, "OPS-5", "correction_overdue_days", least=1, most=365),
            *outside(self, "OPS-5", "selected_anew_days", least=1, most=1096),
            *outside(self, "CAR-5", "free_look_days", least=0, most=60),
            *self._wrong_maintenance(),
        ]
        if not 1 <= self.adult_age_ratio <= _MOST_AGE_RATIO:
            problem = f"is {float(self.adult_age_ratio):g}: it must be 1 to {_MOST_AGE_RATIO}"
            found.append(ParameterFault(parameter="adult_age_ratio", problem=problem, rule="ENR-17"))
        years = [each.plan_year for each in self.age_curves]
        if any(one >= other for one, other in pairwise(years)):
            problem = "must have its plan years rise: each curve is in force until the next one's"
            found.append(ParameterFault(parameter="age_curves", problem=problem, rule="ENR-17"))
        found += [
            ParameterFault(
                parameter="age_curves",
                problem=f"of {each.plan_year} costs an adult more than {float(self.adult_age_ratio):g} times another: "
                "it must keep within adult_age_ratio",
                rule="ENR-17",
            )
            for each in self.age_curves
            if each.factors and not each.is_within(self.adult_age_ratio)
        ]
        zips = [each for area in self.rating_areas for each in area.zips]
        found += [
            ParameterFault(parameter="rating_areas", problem=f"has {each} twice", rule="ENR-17")
            for each in sorted({each for each in zips if zips.count(each) > 1})
        ]
        for one, other in pairwise(self.open_enrollments):
            if one.last >= other.first:
                years = f"has {one.plan_year} to {one.last} and {other.plan_year} from {other.first}"
                problem = f"{years}: open enrollments must follow one another without overlap"
                found.append(ParameterFault(parameter="open_enrollments", problem=problem, rule="ENR-1"))
        kinds = [terms.kind for terms in self.qualifying_events]
        found += [
            ParameterFault(parameter="qualifying_events", problem=f"has the kind {kind} twice", rule="ENR-3")
            for kind in sorted({kind for kind in kinds if kinds.count(kind) > 1})
        ]
        return found

    def _wrong_maintenance(self) -> list[ParameterFault]:
        """Return what the deadlines of maintenance have otherwise than selections go by (OPS-2)."""
        ends = tuple(each.last for each in self.open_enrollments)
        cutoffs = {start.selected_by for each in self.open_enrollments for start in each.starts}
        return self.maintenance.unlike(
            cutoff_day=self.cutoff_day,
            open_enrollment_ends=ends,
            selection_cutoffs=tuple(sorted(cutoffs.difference(ends))),
        )

    def citation(self, parameter: str) -> str:
        """Return where a parameter's value comes from; empty where the pack was built without citations."""
        return self.citations.get(parameter, "")

    def area_of_zip(self, code: str) -> int | None:
        """Return the rating area of a ZIP code, or None where it is in none (ENR-17)."""
        found = (each.rating_area for each in self.rating_areas if code[:_ZIP_DIGITS] in each.zips)
        return next(found, None)

    def age_curve_of(self, plan_year: int) -> AgeCurve | None:
        """Return the curve that medical rates of a plan year follow, or None where they follow none (ENR-17)."""
        curve = next((each for each in reversed(self.age_curves) if each.plan_year <= plan_year), None)
        return curve if curve is not None and curve.factors else None

    def window_on(self, day: date) -> OpenEnrollment | None:
        """Return the open enrollment a day lies in, or None (ENR-1)."""
        return next((window for window in self.open_enrollments if window.first <= day <= window.last), None)

    def window_after(self, day: date) -> OpenEnrollment | None:
        """Return the first open enrollment after a day, or None where none is known yet (ENR-1)."""
        return next((window for window in self.open_enrollments if window.first > day), None)

    def terms_of(self, kind: EventKind) -> QualifyingEventTerms | None:
        """Return the terms of a kind of qualifying event, or None where the pack does not know it (ENR-3)."""
        return next((terms for terms in self.qualifying_events if terms.kind == kind), None)
