"""Whether plans can be selected online is found out by trying (OPS-3)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.calendar import local
from bulkhead.kernel.errors import Retryable
from enrollment.application.try_online_selection import OnlineTrials
from enrollment.domain.trials import OnlineTrial
from services.enrollment.tests.builders import PARAMETERS, SILVER, Desk, plan

NOW = local(date(2015, 12, 3), 10)


class Door:
    """The door of a desk, and the seconds that pass."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.seconds = 0.0
        self._trials = OnlineTrials(parameters=PARAMETERS, pace=lambda: self.seconds)

    async def tried(self) -> OnlineTrial:
        """Return how the last try ended."""
        return await self._trials.latest(self.desk.uows, now=NOW)


async def test_OPS_3_where_plans_are_sold_it_takes_selections_and_took_none() -> None:
    door = Door()
    await door.desk.offer(SILVER)
    said = len(door.desk.database.emitted)
    trial = await door.tried()
    assert trial == OnlineTrial(door="online", tried_at=NOW, outcome="ok")
    assert (trial.takes_selections, door.desk.database.rows(OnlineTrial)) == (True, [trial])
    assert len(door.desk.database.emitted) == said


@pytest.mark.parametrize(
    ("year", "outcome"), [(2014, "not-open"), (2015, "ok"), (2016, "ok"), (2017, "not-open")]
)
async def test_OPS_4_where_no_plan_is_sold_yet_it_is_not_open(year: int, outcome: str) -> None:
    door = Door()
    assert (await door.tried()).outcome == "not-open"
    await door.desk.offer(*(plan(f"P{number:03}", year=year) for number in range(101)))
    door.seconds = 5.0
    trial = await door.tried()
    assert (trial.outcome, trial.takes_selections) == (outcome, outcome == "ok")


async def test_OPS_3_with_the_database_away_it_takes_none_and_says_so_for_five_seconds() -> None:
    door = Door()
    await door.desk.offer(SILVER)
    door.desk.database.away = True
    with pytest.raises(Retryable):
        await door.tried()
    door.desk.database.away = False
    door.seconds = 4.9
    with pytest.raises(Retryable):
        await door.tried()
    door.seconds = 5.0
    assert (await door.tried()).outcome == "ok"
