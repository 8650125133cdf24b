"""A desk of Massachusetts, whose plan is rated by age and area, along the state's age curve."""

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


_FACTORS = (
    "14:751 21:1183 27:1220 28:1250 29:1275 30:1287 31:1305 32:1323 33:1334 34:1346 35:1352 36:1358 37:1363 38:1369 "
    "39:1381 40:1393 41:1410 42:1427 43:1450 44:1478 45:1511 46:1550 47:1593 48:1641 49:1688 50:1741 51:1792 52:1847 "
    "53:1902 54:1961 55:2019 56:2080 57:2142 58:2206 59:2280 60:2365"
)
_OF_AGE = {int(age): int(each) for age, each in (of.split(":") for of in _FACTORS.split())}
"""Massachusetts' age curve, in thousandths: each counts from its age on."""


def by_age(year: int = 2015, area: int = 2, *, base: int = 20000) -> AreaPrices:
    """Return the rates that Massachusetts' curve makes of a base rate in cents, rounded by the cent."""
    thousandths = [_OF_AGE[max(each for each in _OF_AGE if each <= age)] for age in range(14, 65)]
    cents = [(each * base + 500) // 1000 for each in thousandths]
    return AreaPrices(
        plan_year=year, rating_area=area, monthly_cents=dict(zip(AGE_BANDS, cents, strict=True))
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
