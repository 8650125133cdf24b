"""What a plan that is rated by age costs each of a household's people (ENR-17)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, Literal

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue, Refused
from enrollment.domain.households import Member
from enrollment.domain.months import MemberRate
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.plans import Kind

_YOUNGEST: Final = 14
_OLDEST: Final = 64
_ADULT: Final = 21

AGE_BANDS: Final = (
    f"0-{_YOUNGEST}",
    *(str(age) for age in range(_YOUNGEST + 1, _OLDEST)),
    f"{_OLDEST} and over",
)
"""The ages for which a plan has a rate each, named as in CMS's Rate PUF (45 CFR 147.102(d))."""

CITATION: Final = "45 CFR 147.102(a)(1)(iii), (c)(1)"


class RatesRefused(InvalidValue):
    """A plan's prices are not those of one way of rating, or not ones that may be asked here."""

    kind = "rates-refused"


class NotRatedHere(Refused):
    """A plan that is rated by age has no rate where the household lives, or nobody knows where that is."""

    kind = "not-rated-here"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeRates:
    """What a plan costs a person a month in one plan year and rating area, in cents: a rate for each of `AGE_BANDS`.

    ``child_until_age`` and ``counted_children`` are the pack's for that year: of children who are younger no more than
    so many count. They are kept with the rates, so that a pack that changes changes no premium. ``derived_from`` is the
    one of `AGE_BANDS` whose rate was stated where the others follow from it by the age curve, None where all were.
    ``tobacco_cents`` are the rates of who uses tobacco and is of ``tobacco_from_age`` or older, none where none differ.
    """

    plan: str
    plan_year: int
    rating_area: int
    cents: tuple[int, ...]
    child_until_age: int
    counted_children: int
    derived_from: str | None = None
    tobacco_cents: tuple[int, ...] = ()
    tobacco_from_age: int | None = None

    def cents_at(self, age: int) -> int:
        """Return the rate of an age in whole years, of who uses no tobacco."""
        return self.cents[_place_of(age)]

    def tobacco_cents_at(self, age: int) -> int:
        """Return the rate of an age in whole years, of who uses tobacco."""
        if not self.tobacco_cents or self.tobacco_from_age is None or age < self.tobacco_from_age:
            return self.cents_at(age)
        return self.tobacco_cents[_place_of(age)]


def first_age_of(place: int) -> int:
    """Return the age from which on a place of `AGE_BANDS` counts, of the first one its last."""
    return _YOUNGEST + place


def _place_of(age: int) -> int:
    return min(max(age, _YOUNGEST), _OLDEST) - _YOUNGEST


def age_on(born: date, day: date) -> int:
    """Return somebody's age on a day in whole years: born on February 29, it turns on March 1."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def rate_members(
    rates: AgeRates, people: Sequence[Member], *, issued: date, on: date
) -> tuple[MemberRate, ...]:
    """Return what each of a policy's people costs a month, in their order (ENR-17).

    Each is rated at their age on the day the policy was issued or renewed, who came later at that on the day they came:
    a birthday changes nothing until the renewal. Whether they use tobacco is asked of the day ``on`` which they are
    covered. Of children under the age limit the oldest count, the others cost nothing.
    """
    ages = {each.member: _rated_age(each, issued=issued) for each in people}
    children = [
        each
        for each in sorted(people, key=lambda each: (each.born.reveal(), each.position))
        if each.relation == "child" and ages[each.member] < rates.child_until_age
    ]
    free = {each.member for each in children[rates.counted_children :]}

    def cents_of(member: Member) -> int:
        if member.member in free:
            return 0
        age = ages[member.member]
        return rates.tobacco_cents_at(age) if member.uses_tobacco_on(on) else rates.cents_at(age)

    return tuple(MemberRate(member=each.member, cents=cents_of(each)) for each in people)


def _rated_age(member: Member, *, issued: date) -> int:
    return age_on(date.fromisoformat(member.born.reveal()), max(issued, member.joined or issued))


def rates_of(
    plan: str,
    *,
    plan_year: int,
    rating_area: int,
    monthly_cents: Mapping[str, int],
    derived: tuple[int, ...] | None,
    field: str,
) -> tuple[int, ...]:
    """Return the rates by `AGE_BANDS`, those derived where one was stated; raises `RatesRefused` where one is missing
    or there is no such age.
    """
    unknown = sorted(set(monthly_cents) - set(AGE_BANDS))
    missing = [band for band in AGE_BANDS if band not in monthly_cents and derived is None]
    if unknown or missing:
        what = f"has {unknown[0]}, which is no age" if unknown else f"lacks {', '.join(missing[:3])}"
        raise RatesRefused(
            field=field,
            problem=f"{what}: must have a rate for each of {AGE_BANDS[0]}, {AGE_BANDS[1]} to {AGE_BANDS[-2]}, and "
            f"{AGE_BANDS[-1]}",
            reasons=(
                Reason(
                    rule="ENR-17",
                    says="A plan that is rated by age has a rate for every age.",
                    citation="45 CFR 147.102(d)",
                    facts={"plan": plan, "plan_year": str(plan_year), "rating_area": str(rating_area)},
                ),
            ),
        )
    return derived or tuple(monthly_cents[band] for band in AGE_BANDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesFault:
    """What of rates is not allowed here: in a field of them, or ``/rated_by`` of their plan."""

    field: Literal["/rating_area", "/monthly_cents", "/rated_by"]
    problem: str
    reason: Reason


def fault_of(rates: AgeRates, *, kind: Kind, parameters: EnrollmentParameters) -> RatesFault | None:
    """Return what of rates the pack does not allow, None where it allows them.

    There are such areas, and among adults the highest rate of a medical plan is at most so many times the lowest: where
    that is once, premiums do not vary by age at all.
    """
    areas = sorted({each.rating_area for each in parameters.rating_areas})
    if rates.rating_area not in areas:
        named = ", ".join(map(str, areas))
        return RatesFault(
            field="/rating_area",
            problem=f"must be one of {named}",
            reason=Reason(
                rule="ENR-17",
                says=f"The rating areas are {named}.",
                citation=parameters.citation("rating_areas"),
                facts={"areas": " ".join(map(str, areas))},
            ),
        )
    adults = rates.cents[_ADULT - _YOUNGEST :]
    most = parameters.adult_age_ratio
    if kind == "medical" and most == 1:
        says = "The premiums of medical plans do not vary by age here."
        return RatesFault(
            field="/rated_by",
            problem="must be tier: the premiums of medical plans do not vary by age here",
            reason=Reason(rule="ENR-17", says=says, citation=parameters.citation("adult_age_ratio")),
        )
    if kind == "medical" and max(adults) > most * min(adults):
        return RatesFault(
            field="/monthly_cents",
            problem=f"must not be more than {_ratio(most)} times as high for one adult age as for another",
            reason=Reason(
                rule="ENR-17",
                says=f"Among adults the highest rate is at most {_ratio(most)} times the lowest.",
                citation=parameters.citation("adult_age_ratio"),
                facts={
                    "most": _ratio(most),
                    "lowest_cents": str(min(adults)),
                    "highest_cents": str(max(adults)),
                },
            ),
        )
    return None


def check_rates(rates: AgeRates, *, kind: Kind, parameters: EnrollmentParameters, field: str) -> None:
    """Raise `RatesRefused` where the pack does not allow the rates that stand at a field."""
    fault = fault_of(rates, kind=kind, parameters=parameters)
    if fault is not None:
        at = fault.field if fault.field == "/rated_by" else f"{field}{fault.field}"
        raise RatesRefused(field=at, problem=fault.problem, reasons=(fault.reason,))


def no_rate(plan: str, *, year: int, rating_area: int | None) -> Reason:
    """Return why a plan costs nothing that could be said: it has no rate for where a household lives."""
    where = f"rating area {rating_area}" if rating_area is not None else "a place in no known rating area"
    says = (
        f"{plan} is rated by age and area, and has no rate for {year} in {where}: another plan, or the address "
        "of the household with its ZIP code, would do."
    )
    facts = {"unrated": plan, "plan_year": str(year)}
    if rating_area is not None:
        facts["rating_area"] = str(rating_area)
    return Reason(rule="ENR-17", says=says, citation="45 CFR 147.102(a)(1)(ii), (b)", facts=facts)


def not_rated_here(plan: str, *, year: int, rating_area: int | None) -> NotRatedHere:
    """Return the refusal of a plan that has no rate for where a household lives."""
    reason = no_rate(plan, year=year, rating_area=rating_area)
    return NotRatedHere("a plan has no rate where the household lives", reasons=(reason,))


def rates_as_fact(rates: Collection[MemberRate]) -> str:
    """Return the lines of a premium as the fact that its explanation is told with: each member and their cents."""
    return " ".join(f"{each.member}:{each.cents}" for each in rates)


def _ratio(ratio: Fraction) -> str:
    return f"{float(ratio):g}"
