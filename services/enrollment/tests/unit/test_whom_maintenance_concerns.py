"""How many households a deadline concerns that maintenance of enrollment would touch (OPS-2)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.calendar import local
from bulkhead.kernel.maintenance import DeadlineKind
from enrollment.application.concerned import concerned_by
from services.enrollment.tests.builders import PARAMETERS, SILVER, Desk

LAST_DAY = date(2016, 1, 31)


async def concerned(desk: Desk, kind: DeadlineKind, day: date) -> int | None:
    async with desk.uows.begin(now=local(date(2016, 1, 20), 10)) as uow:
        return await concerned_by(PARAMETERS)(uow, kind, day)


async def three_households() -> Desk:
    """Return a desk on which a is covered, b has selected and not paid, and c has no plan."""
    desk = Desk()
    desk.at(date(2015, 12, 3))
    await desk.offer(SILVER)
    for household in ("a", "b", "c"):
        await desk.register(household)
    await desk.covered("SILVER", household="a")
    await desk.select("SILVER", household="b")
    return desk


@pytest.mark.parametrize(
    ("kind", "day"),
    [("selection-cutoff", date(2016, 1, 15)), ("open-enrollment-ends", LAST_DAY)],
)
async def test_OPS_2_in_open_enrollment_it_concerns_who_has_no_plan_for_the_year(
    kind: DeadlineKind, day: date
) -> None:
    desk = await three_households()
    assert await concerned(desk, kind, day) == 1
    # The end of the next open enrollment concerns all: nobody has a plan of 2017.
    assert await concerned(desk, "open-enrollment-ends", date(2017, 1, 31)) == 3


async def test_OPS_2_outside_of_it_it_concerns_whose_plans_end_within_sixty_days() -> None:
    desk = await three_households()
    day = date(2016, 6, 15)
    assert await concerned(desk, "selection-cutoff", day) == 0
    desk.at(date(2016, 4, 10))
    await desk.end(date(2016, 4, 30), household="a")
    # April 30 and 60 days: June 29
    assert await concerned(desk, "selection-cutoff", day) == 1
    assert await concerned(desk, "selection-cutoff", date(2016, 7, 15)) == 0
    # 60 days before April 30: March 1
    assert await concerned(desk, "selection-cutoff", date(2016, 3, 15)) == 1
    assert await concerned(desk, "selection-cutoff", date(2016, 2, 15)) == 0


async def test_OPS_2_what_is_paid_by_a_day_concerns_who_has_a_premium_for_the_next_month() -> None:
    desk = await three_households()
    for kind in ("monthly-due", "month-end"):
        assert await concerned(desk, kind, LAST_DAY) == 1
    desk.at(date(2016, 2, 10))
    await desk.end(date(2016, 3, 31), household="a")
    assert await concerned(desk, "month-end", date(2016, 2, 29)) == 1
    assert await concerned(desk, "month-end", date(2016, 3, 31)) == 0


@pytest.mark.parametrize("kind", ["binder-due", "remittance"])
async def test_OPS_2_of_first_premiums_and_of_what_carriers_are_paid_enrollment_does_not_know(
    kind: DeadlineKind,
) -> None:
    assert await concerned(await three_households(), kind, LAST_DAY) is None
