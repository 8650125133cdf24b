"""January 1: plan years that have ended."""

from __future__ import annotations

from datetime import date, time

from enrollment.application.expire_coverage import expire_coverage, households_to_expire, next_expiry
from enrollment.bootstrap import duties
from enrollment.domain.policies import Policy
from services.enrollment.tests.builders import PARAMETERS, Desk

NEW_YEAR = date(2017, 1, 1)


async def covered(*households: str) -> Desk:
    desk = Desk()
    await desk.offer()
    for household in households:
        await desk.register(household)
        await desk.covered("SILVER", household=household)
    return desk


async def perform(desk: Desk, on: date, *, chunk: int = 500) -> list[list[str]]:
    """Run the duty as the runner does, and return the households of each chunk."""
    chunks: list[list[str]] = []
    after = ""
    while True:
        async with desk.database.begin(now=desk.now) as uow:
            households = await households_to_expire(uow, on, after, chunk)
        if not households:
            return chunks
        async with desk.database.begin(now=desk.now, households=households) as uow:
            await expire_coverage(uow, on, households)
        chunks.append(households)
        after = households[-1]


async def test_CAL_3_active_coverage_expires_on_january_1_after_its_plan_year() -> None:
    desk = await covered("h")
    said = len(desk.database.events)
    assert await perform(desk.at(date(2016, 1, 1)), date(2016, 1, 1)) == []
    assert desk.policy().lifecycle == "active"
    await perform(desk.at(NEW_YEAR), NEW_YEAR)
    policy = desk.policy()
    assert (policy.lifecycle, policy.through, policy.end_reason) == ("expired", None, None)
    assert policy.reasons[-1].rule == "CAL-3"
    assert policy.standing_on(NEW_YEAR) == ("ended", None)
    assert len(desk.database.events) == said


async def test_CAL_3_the_duty_goes_on_in_chunks_and_finds_nothing_the_second_time() -> None:
    desk = await covered("a", "b", "c")
    assert await perform(desk.at(NEW_YEAR), NEW_YEAR, chunk=2) == [["a", "b"], ["c"]]
    assert await perform(desk, NEW_YEAR) == []
    assert {each.lifecycle for each in desk.database.rows(Policy)} == {"expired"}


async def test_CAL_3_done_late_it_leaves_the_next_plan_year_alone() -> None:
    desk = await covered("h")
    await desk.at(date(2016, 12, 10)).register("k")
    await desk.covered("SILVER", household="k")  # in the next open enrollment: from January 1, 2017
    assert await perform(desk.at(date(2017, 2, 5)), NEW_YEAR) == [["h"]]
    assert desk.policy(household="k").lifecycle == "active"


async def test_what_is_canceled_or_terminated_does_not_expire() -> None:
    desk = await covered("h")
    await desk.end(date(2016, 12, 31))
    assert await perform(desk.at(NEW_YEAR), NEW_YEAR) == []
    assert desk.policy().lifecycle == "terminated"


async def test_the_next_date_with_something_to_expire_is_known_from_what_is_active() -> None:
    desk = await covered()
    async with desk.database.begin(now=desk.now) as uow:
        assert await next_expiry(uow, desk.now.date()) is None
    await desk.register("h")
    await desk.covered("SILVER")
    async with desk.database.begin(now=desk.now) as uow:
        assert await next_expiry(uow, desk.now.date()) == NEW_YEAR


def test_CAL_3_the_duty_runs_at_half_past_midnight_on_january_1_only() -> None:
    duty, *others = duties(PARAMETERS)
    assert [each.name for each in others] == [
        "age-out-children",
        "end-unverified-assistance",
        "remind-of-verification",
        "renew-coverage",
        "look-for-overdue",
    ]
    assert (duty.name, duty.at) == ("expire-coverage", time(0, 30))
    assert duty.runs_on(NEW_YEAR)
    assert not duty.runs_on(date(2017, 1, 2))
    assert not duty.runs_on(date(2017, 2, 1))
