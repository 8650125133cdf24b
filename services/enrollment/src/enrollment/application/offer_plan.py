"""A plan is put into the catalog, or its carrier and prices are replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.ports import Parameters
from enrollment.domain.age_curves import curve_for, derive, off_curve
from enrollment.domain.age_rates import AGE_BANDS, AgeRates, RatesRefused, check_rates, rates_of
from enrollment.domain.parameters import AgeCurve
from enrollment.domain.plans import Plan
from enrollment.domain.tobacco import rated_by_tobacco, tobacco_faults


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaPrices:
    """What a plan costs by age in one plan year and rating area, in cents, by the names of `AGE_BANDS`: all of them, or
    one where an age curve makes the others of it. ``tobacco_cents`` are those of who uses tobacco, of the same ages,
    None where they do not differ.
    """

    plan_year: int
    rating_area: int
    monthly_cents: dict[str, int]
    tobacco_cents: dict[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A plan of the catalog, and the rates that were stated of it where it is rated by age."""

    plan: Plan
    rates: tuple[AgeRates, ...] = ()


async def offer_plan(
    uow: UnitOfWork, plan: Plan, *, areas: Sequence[AreaPrices] = (), parameters: Parameters
) -> Offered:
    """Put a plan into the catalog and return it. Policies selected before keep their price.

    Rates of other years and areas stay as they are. Raises `RatesRefused` for prices that are not those of one way of
    rating or not allowed here, and for a plan that was rated otherwise before; then nothing happened.
    """
    _check_way(plan, areas)
    before = await uow.records(Plan).get(plan=plan.plan)
    if before is not None and before.rated_by != plan.rated_by:
        raise _refused(
            "/rated_by",
            f"must be {before.rated_by}, as before: a plan that is rated otherwise is another plan",
        )
    rates = [
        _checked(plan, each, field=f"/ages/{number}", today=uow.today, parameters=parameters)
        for number, each in enumerate(areas)
    ]
    await uow.records(Plan).put([plan])
    await uow.records(AgeRates).put(rates)
    return Offered(plan=plan, rates=tuple(rates))


def _check_way(plan: Plan, areas: Sequence[AreaPrices]) -> None:
    if plan.rated_by == "tier":
        if plan.single_cents is None:
            raise _refused("/monthly_cents", "must be there for a plan that is rated by tier")
        if areas:
            raise _refused("/ages", "must be left out for a plan that is rated by tier")
        return
    if plan.single_cents is not None or plan.years:
        field = "/years" if plan.years else "/monthly_cents"
        raise _refused(field, "must be left out for a plan that is rated by age: its prices are its ages")
    if not areas:
        raise _refused("/ages", "must have the rates of a plan year and rating area at least")
    named = [(each.plan_year, each.rating_area) for each in areas]
    if len(set(named)) < len(named):
        raise _refused("/ages", "must name each plan year and rating area once")


def _checked(plan: Plan, prices: AreaPrices, *, field: str, today: date, parameters: Parameters) -> AgeRates:
    # What is to be law in a plan year counts for its rates already.
    in_force = parameters.as_of(max(today, date(prices.plan_year, 1, 1)))
    curve = curve_for(plan.kind, year=prices.plan_year, parameters=in_force)
    derived = derive([prices.monthly_cents.get(band) for band in AGE_BANDS], curve=curve)
    rates = AgeRates(
        plan=plan.plan,
        plan_year=prices.plan_year,
        rating_area=prices.rating_area,
        cents=_all_of(plan, prices, prices.monthly_cents, curve=curve, field=f"{field}/monthly_cents"),
        child_until_age=in_force.child_rated_until_age,
        counted_children=in_force.counted_children,
        derived_from=None if derived is None else derived.band,
    )
    if prices.tobacco_cents is not None:
        at = f"{field}/tobacco_monthly_cents"
        if set(prices.tobacco_cents) != set(prices.monthly_cents):
            raise _refused(at, "must have the ages that monthly_cents has")
        users = _all_of(plan, prices, prices.tobacco_cents, curve=curve, field=at)
        rates = rated_by_tobacco(rates, users, parameters=in_force)
    check_rates(rates, kind=plan.kind, parameters=in_force, field=field)
    off = [] if curve is None else off_curve(rates.cents, plan=plan.plan, curve=curve, parameters=in_force)
    if off:
        raise RatesRefused(
            field=f"{field}/monthly_cents/{AGE_BANDS[off[0].place]}",
            problem=off[0].problem,
            reasons=tuple(each.reason for each in off),
        )
    wrong = tobacco_faults(rates, parameters=in_force)
    if wrong:
        raise RatesRefused(
            field=f"{field}/tobacco_monthly_cents/{AGE_BANDS[wrong[0].place]}",
            problem=wrong[0].problem,
            reasons=tuple(each.reason for each in wrong),
        )
    return rates


def _all_of(
    plan: Plan, prices: AreaPrices, cents: Mapping[str, int], *, curve: AgeCurve | None, field: str
) -> tuple[int, ...]:
    """Return the rates of all ages, as they are stated or follow from one."""
    derived = derive([cents.get(band) for band in AGE_BANDS], curve=curve)
    return rates_of(
        plan.plan,
        plan_year=prices.plan_year,
        rating_area=prices.rating_area,
        monthly_cents=cents,
        derived=None if derived is None else derived.cents,
        field=field,
    )


def _refused(field: str, problem: str) -> RatesRefused:
    return RatesRefused(
        field=field,
        problem=problem,
        reasons=(
            Reason(
                rule="ENR-17",
                says="A plan has a price for each tier, or a rate for each age and rating area.",
                citation="45 CFR 147.102(c)",
            ),
        ),
    )
