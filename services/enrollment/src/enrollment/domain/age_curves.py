"""What the age curve of a plan year makes of rates: those of all ages from one, and which do not follow it (ENR-17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.money import format_cents, round_half_up
from enrollment.domain.age_rates import AGE_BANDS
from enrollment.domain.parameters import AgeCurve, EnrollmentParameters
from enrollment.domain.plans import Kind

_FIRST: Final = 14
_HALF_A_CENT: Final = Fraction(1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """The rates of all ages, in cents by `AGE_BANDS`, as they follow from the one that was stated, of ``band``."""

    cents: tuple[int, ...]
    band: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OffCurve:
    """A rate that is not what the curve makes of the plan's others: at which place of `AGE_BANDS`, and why not."""

    place: int
    problem: str
    reason: Reason


def curve_for(kind: Kind, *, year: int, parameters: EnrollmentParameters) -> AgeCurve | None:
    """Return the curve that a plan's rates of a year follow, None where they follow none: stand-alone dental plans are
    excepted benefits, which no curve binds (45 CFR 146.145(b)(3), 147.102).
    """
    return parameters.age_curve_of(year) if kind == "medical" else None


def derive(given: Sequence[int | None], *, curve: AgeCurve | None) -> Derived | None:
    """Return what one rate makes of all others, each rounded once to the cent; None where there is no curve, or where
    not one rate is given but all, none, or several that differ. Ages of one factor may have the one rate each.
    """
    places = [place for place, cents in enumerate(given) if cents is not None]
    if curve is None or not places or len(places) == len(AGE_BANDS):
        return None
    factors = _factors(curve)
    stated = {(given[place], factors[place]) for place in places}
    if len(stated) > 1:
        return None
    ((cents, factor),) = stated
    base = Fraction(cents or 0) / factor
    return Derived(
        cents=tuple(round_half_up(base * each) for each in factors), band=AGE_BANDS[_of_base(places)]
    )


def off_curve(
    cents: Sequence[int], *, plan: str, curve: AgeCurve, parameters: EnrollmentParameters
) -> list[OffCurve]:
    """Return which rates do not follow the curve, by age: there must be one base rate of which each is its age's
    factor, rounded to the cent, a half either way. What most ages say it is decides which are wrong.
    """
    factors = _factors(curve)
    in_order = sorted(range(len(cents)), key=lambda place: cents[place] / factors[place])
    middle = in_order[len(in_order) // 2]
    least, most = _bases(cents[middle], factors[middle])
    found: list[OffCurve] = []
    for place, (each, factor) in enumerate(zip(cents, factors, strict=True)):
        low, high = _bases(each, factor)
        if low > most or high < least:
            expected = round_half_up(cents[middle] / factors[middle] * factor)
            found.append(_off(place, each, expected, plan=plan, curve=curve, parameters=parameters))
        else:
            least, most = max(least, low), min(most, high)
    return found


def _off(
    place: int, cents: int, expected: int, *, plan: str, curve: AgeCurve, parameters: EnrollmentParameters
) -> OffCurve:
    band, factor = AGE_BANDS[place], f"{float(_factors(curve)[place]):g}"
    problem = (
        f"of {band} is {format_cents(cents)}, and by the age curve it would be {format_cents(expected)}: "
        f"{factor} times the base rate"
    )
    return OffCurve(
        place=place,
        problem=problem,
        reason=Reason(
            rule="ENR-17",
            says=f"The rate of {plan} {problem}.",
            citation=parameters.citation("age_curves"),
            facts={
                "plan": plan,
                "age": band,
                "cents": str(cents),
                "by_curve_cents": str(expected),
                "factor": factor,
                "curve_since": str(curve.plan_year),
            },
        ),
    )


def _bases(cents: int, factor: Fraction) -> tuple[Fraction, Fraction]:
    """Return the least and the most that a base rate may be of which this is a factor, rounded to the cent."""
    return (cents - _HALF_A_CENT) / factor, (cents + _HALF_A_CENT) / factor


def _factors(curve: AgeCurve) -> list[Fraction]:
    return [curve.factor_at(_FIRST + place) for place in range(len(AGE_BANDS))]


def _of_base(places: Sequence[int]) -> int:
    """Return by which place a rate is named that several ages have: 21's, where it is one of them."""
    adult = AGE_BANDS.index("21")
    return adult if adult in places else places[0]
