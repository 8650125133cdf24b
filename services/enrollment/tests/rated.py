"""A desk of Massachusetts, whose plan is rated by age and area."""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from enrollment.application.offer_plan import AreaPrices
from enrollment.domain.age_rates import AGE_BANDS
from enrollment.domain.plans import Plan
from services.enrollment.tests.builders import MASSACHUSETTS, Desk, parameters_in

AGED = Plan(
    plan="AGED",
    carrier="HARVARD",
    kind="medical",
    single_cents=None,
    couple_cents=None,
    parent_cents=None,
    family_cents=None,
    plan_year=None,
    rated_by="age",
)
D = TypeVar("D", bound=Desk)

WORCESTER, BOSTON = "10 Main Street\nWorcester MA 01608", "1 Beacon Street, Boston, MA 02108-1234"


def by_age(year: int = 2015, area: int = 2, *, base: int = 20000, step: int = 500) -> AreaPrices:
    """Return rates that rise by a step a year from 21 on; children cost 60 percent of who is 21."""
    monthly = dict.fromkeys(AGE_BANDS[:7], base * 60 // 100)
    monthly |= {band: base + step * number for number, band in enumerate(AGE_BANDS[7:])}
    # The oldest may cost twice as much as the youngest adult.
    monthly[AGE_BANDS[-1]] = min(monthly[AGE_BANDS[-1]], 2 * base)
    return AreaPrices(
        plan_year=year,
        rating_area=area,
        monthly_cents={band: min(c, 2 * base) for band, c in monthly.items()},
    )


def massachusetts(desk: D) -> D:
    """Return a desk of Massachusetts, in its open enrollment for 2015."""
    desk.parameters = parameters_in(MASSACHUSETTS)
    return desk.at(date(2014, 12, 3))


async def rated(*areas: AreaPrices) -> Desk:
    """Return such a desk with the plan in its catalog, at these rates or at those of two areas."""
    desk = massachusetts(Desk())
    await desk.offer(AGED, areas=areas or (by_age(), by_age(area=5, base=30000), by_age(2016)))
    return desk
