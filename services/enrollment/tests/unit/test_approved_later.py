"""What is approved, or taken back, is looked at as things stand then: somebody may have come, left, or been born
otherwise since it was asked for (OPS-5).
"""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.personal import Masked
from enrollment.application import ask_corrections
from enrollment.application.corrections import Asked
from enrollment.domain.changes import CannotLeave, LeaveKind
from enrollment.domain.corrections import Correction, NotCorrected
from enrollment.domain.households import Member
from enrollment.domain.people import PersonNamedTwice
from services.enrollment.tests.builders import Desk, person
from services.enrollment.tests.correcting import Corrector
from services.enrollment.tests.rated import AGED, WORCESTER, by_age, massachusetts

KIM = "Kim Example"


async def family() -> tuple[Desk, Corrector]:
    """Return a desk of two parents and a child, and staff who correct."""
    desk = Desk()
    await desk.offer()
    await desk.register(
        "h",
        person(),
        person("Max Example", born="1979-01-05", relation="spouse"),
        person(KIM, born="2008-01-05", relation="child"),
    )
    await desk.covered("SILVER")
    return desk.at(date(2016, 3, 20)), Corrector(desk)


async def asked_departure(
    desk: Desk, member: str, kind: LeaveKind | None = None, on: date | None = None
) -> Correction:
    """Return a correction of a departure that waits for a second person."""
    asked = Asked(correction="waits", because="keying-error", note=None, operator="ann")
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        return await ask_corrections.redate_departure(
            uow, "h", member, kind=kind, on=on, asked=asked, parameters=desk.parameters
        )


def left(desk: Desk) -> dict[str, date | None]:
    return {each.member: each.left for each in desk.database.rows(Member)}


async def test_ENR_13_a_death_is_not_approved_that_leaves_a_child_alone_by_then() -> None:
    desk, staff = await family()
    await desk.leave("h-2", "death", date(2016, 3, 8))
    asked = await asked_departure(desk, "h-2", "death", date(2016, 3, 2))
    await desk.leave("h-1", "death", date(2016, 3, 19), responsible="June Guardian")
    await staff.decide(asked)  # somebody acts for the child
    assert left(desk)["h-2"] == date(2016, 3, 3)


async def test_ENR_13_a_death_comes_not_back_where_nobody_acts_for_the_child_that_is_left_by_now() -> None:
    desk, staff = await family()
    await desk.leave("h-2", "death", date(2016, 3, 8))
    made = await staff.redate_departure("h-2")
    await desk.leave("h-1", "death", date(2016, 3, 19))
    with pytest.raises(CannotLeave) as refused:
        await staff.reverse(made)
    assert refused.value.field == "/responsible"
    assert left(desk)["h-2"] is None


async def test_ENR_13_a_day_that_is_approved_is_no_day_before_the_birth_that_was_corrected_since() -> None:
    desk, staff = await family()
    await desk.leave("h-3", "death", date(2016, 3, 8))
    asked = await asked_departure(desk, "h-3", "death", date(2016, 3, 2))
    await staff.correct_birth_date("h-3", "2016-03-05")
    with pytest.raises(CannotLeave) as refused:
        await staff.decide(asked)
    assert refused.value.field == "/on"
    assert left(desk)["h-3"] == date(2016, 3, 9)


async def test_ENR_13_a_divorce_is_not_approved_of_who_is_the_subscriber_by_then() -> None:
    desk, staff = await family()
    await desk.leave("h-2", "divorce", date(2016, 3, 8))
    made = await staff.redate_departure("h-2")
    await desk.leave("h-1", "death", date(2016, 3, 19))
    with pytest.raises(CannotLeave):
        await staff.reverse(made)


@pytest.mark.parametrize(("born", "would_do"), [("2016-03-10", "2016-03-08"), ("2016-03-09", "2016-03-08")])
async def test_ENR_16_nobody_is_born_after_they_left(born: str, would_do: str) -> None:
    desk, staff = await family()
    await desk.leave("h-3", "death", date(2016, 3, 8))
    with pytest.raises(NotCorrected) as refused:
        await staff.correct_birth_date("h-3", born)
    assert refused.value.reasons[0].facts["would_do"] == would_do


async def test_ENR_16_a_birth_date_is_looked_at_again_when_it_is_approved() -> None:
    desk = massachusetts(Desk())
    await desk.offer(AGED, areas=(by_age(),))
    await desk.register_at(WORCESTER, "h", person(), person(KIM, born="1990-01-05", relation="child"))
    await desk.covered("AGED")
    staff = Corrector(desk.at(date(2015, 12, 10)))
    asked = Asked(correction="waits", because="keying-error", note=None, operator="ann")
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        made = await ask_corrections.correct_birth_date(
            uow, "h", "h-2", born=Masked("2015-06-01"), asked=asked, parameters=desk.parameters
        )
    assert made.state == "requested"
    await desk.join(person(KIM, born="2015-06-01", relation="child"), "adoption", date(2015, 12, 1))
    with pytest.raises(PersonNamedTwice):
        await staff.decide(made)
