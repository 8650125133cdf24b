"""A correction of a birth date, or of rates, is taken back after policies were made by it, and in the year after it
(OPS-5, ENR-17).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bulkhead.kernel.calendar import CoverageMonth
from enrollment.application.import_crosswalk import import_crosswalk
from enrollment.application.renewal_runs import lock_of
from enrollment.application.select_plans import Choice, change_plans
from enrollment.domain.corrections import Correction, NothingToCorrect
from enrollment.domain.crosswalk import CrosswalkEntry
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.households import Member
from services.enrollment.tests.builders import person
from services.enrollment.tests.correcting import Corrector
from services.enrollment.tests.rated import AGED, WORCESTER, by_age, massachusetts
from services.enrollment.tests.renewing import Season

# 29 on January 1, 2015, and 30 on that of 2016, or 45 and 46: 200.00 times 1.275, 1.287, 1.511 and 1.550
RIGHT, WRONG = "1985-05-05", "1969-05-05"
AT_29, AT_30, AT_45, AT_46 = 25500, 25740, 30220, 31000


async def corrected() -> tuple[Season, Corrector, Correction]:
    """Return a desk where somebody's right birth date was corrected to a wrong one in February."""
    desk = massachusetts(Season())
    await desk.offer(AGED, areas=(by_age(), by_age(2016)))
    await desk.offer(replace(AGED, plan="OLDER", carrier="TUFTS"), areas=(by_age(base=22000),))
    await desk.register_at(WORCESTER, "h", person(born=RIGHT))
    await desk.covered("AGED")
    staff = Corrector(desk.at(date(2015, 2, 10)))
    made = await staff.correct_birth_date("h-1", WRONG)
    assert desk.policy("AGED").net_cents == AT_45
    return desk, staff, made


async def renewed(desk: Season) -> None:
    """Renew for 2016, in October."""
    entry = CrosswalkEntry(plan_year=2016, plan="AGED", next_plan="AGED", because="same-plan")
    async with desk.at(date(2015, 10, 15)).uows.begin(now=desk.now, households=[lock_of(2016)]) as uow:
        await import_crosswalk(uow, [entry], year=2016)
    await desk.ask(year=2016)
    await desk.walk()


async def back(staff: Corrector, made: Correction) -> Correction:
    taken = await staff.reverse(made)
    return await staff.decide(taken) if taken.state == "requested" else taken


async def nets(desk: Season, *months: CoverageMonth) -> list[int]:
    """Return what these months cost, whichever policy covers them."""
    of = {each.month: each.net_cents for policy in desk.policies() for each in await desk.months(policy)}
    return [of[month] for month in months]


DECEMBER, JANUARY = CoverageMonth(2015, 12), CoverageMonth(2016, 1)


async def test_ENR_17_a_renewal_made_by_a_wrong_birth_date_costs_what_it_does_by_the_right_one() -> None:
    desk, staff, made = await corrected()
    await renewed(desk)
    assert await nets(desk, DECEMBER, JANUARY) == [AT_45, AT_46]
    desk.at(date(2015, 11, 10))
    await back(staff, made)
    assert await nets(desk, DECEMBER, JANUARY) == [AT_29, AT_30]


async def test_ENR_17_a_plan_changed_to_by_a_wrong_birth_date_costs_what_it_does_by_the_right_one() -> None:
    desk, staff, made = await corrected()
    choice = Choice(
        household="h",
        plans=("OLDER",),
        via="web",
        received_on=None,
        event=QualifyingEvent(kind="move", on=date(2015, 6, 7)),
    )
    async with desk.at(date(2015, 6, 10)).uows.begin(now=desk.now, households=["h"]) as uow:
        await change_plans(uow, choice, parameters=desk.parameters)
    assert desk.policy("OLDER").net_cents == 34100  # 46 on July 1: 1.550 times 220.00
    desk.at(date(2015, 7, 10))
    await back(staff, made)
    assert desk.policy("OLDER").net_cents == 28314
    assert await nets(desk, CoverageMonth(2015, 3)) == [AT_29]


async def test_ENR_17_a_year_that_is_over_keeps_its_price_where_a_birth_date_is_taken_back() -> None:
    desk, staff, made = await corrected()
    await renewed(desk)
    desk.at(date(2016, 1, 10))
    taken = await back(staff, made)
    assert await nets(desk, DECEMBER, JANUARY) == [AT_45, AT_30]
    assert taken.cents == AT_46 - AT_30
    (member,) = desk.database.rows(Member)
    assert member.born.reveal() == RIGHT


async def test_ENR_17_a_price_that_was_imported_since_changes_nothing_that_is_taken_back() -> None:
    desk, staff, made = await corrected()
    await desk.offer(AGED, areas=(by_age(base=21000), by_age(2016)))
    await back(staff, made)
    assert await nets(desk, DECEMBER) == [AT_29]


async def test_ENR_17_a_correction_that_is_approved_next_year_leaves_the_year_that_is_over() -> None:
    desk, staff, made = await corrected()
    await renewed(desk)
    desk.at(date(2015, 12, 28))
    asked = await staff.reverse(made)
    assert asked.state == "requested"  # 12 months at 47.20
    desk.at(date(2016, 1, 4))
    await staff.decide(asked)
    assert await nets(desk, DECEMBER, JANUARY) == [AT_45, AT_30]


async def test_ENR_17_rates_of_a_year_that_is_over_are_not_taken_back() -> None:
    desk = massachusetts(Season())
    await desk.offer(AGED, areas=(by_age(),))
    await desk.register_at(WORCESTER, "h", person(born=RIGHT))
    await desk.covered("AGED")
    await desk.offer(AGED, areas=(by_age(base=20100),))
    staff = Corrector(desk.at(date(2015, 2, 10)))
    made = await staff.rerate(date(2015, 1, 1))
    desk.at(date(2016, 1, 10))
    with pytest.raises(NothingToCorrect) as refused:
        await staff.reverse(made)
    assert refused.value.reasons[0].rule == "ENR-17"
    assert await nets(desk, DECEMBER) == [25628]  # 201.00 times 1.275
