"""A household whose people are forgotten: nothing begins for it, for nobody could be told who they are."""

from __future__ import annotations

import pytest

from enrollment.application.forget_contact import forget_contact
from enrollment.domain.household_acts import HouseholdForgotten
from services.enrollment.tests.builders import Desk, person


async def test_nothing_is_selected_for_who_is_forgotten() -> None:
    desk = Desk()
    await desk.register("june", person("June Example", born="1980-03-02"))
    async with desk.uows.begin(now=desk.now, households=["june"]) as uow:
        assert await forget_contact(uow, "june", because="asked-for")
    with pytest.raises(HouseholdForgotten, match="register them as another household"):
        await desk.select(household="june")
