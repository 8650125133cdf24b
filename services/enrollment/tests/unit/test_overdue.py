"""Selections that nobody decided are pointed out (I9)."""

from __future__ import annotations

from datetime import date, time

from bulkhead.overdue import Overdue
from enrollment.adapters.hub.sandbox import SandboxHub
from enrollment.application.find_overdue import find_overdue
from enrollment.bootstrap import assemble, duties
from services.enrollment.tests.builders import PARAMETERS, VERMONT, Desk


async def overdue(desk: Desk) -> list[Overdue]:
    async with desk.uows.begin(now=desk.now) as uow:
        return await find_overdue(uow)


async def test_I9_a_selection_undecided_for_60_days_is_overdue_from_the_61st() -> None:
    desk = Desk().at(date(2015, 12, 3))
    await desk.offer()
    await desk.register("h")
    (policy,) = (await desk.select("SILVER")).policies
    assert await overdue(desk.at(date(2016, 2, 1))) == []
    (found,) = await overdue(desk.at(date(2016, 2, 2)))
    assert (found.kind, found.id, found.household, found.deadline) == (
        "selection-undecided",
        policy.policy,
        "h",
        date(2016, 2, 1),
    )


async def test_I9_paper_is_counted_from_its_entry() -> None:
    desk = Desk().at(date(2016, 1, 14))
    await desk.offer()
    await desk.register("h")
    await desk.select("SILVER", via="paper", received_on=date(2015, 12, 1))
    assert await overdue(desk.at(date(2016, 3, 14))) == []
    assert len(await overdue(desk.at(date(2016, 3, 15)))) == 1


async def test_I9_what_was_paid_lapsed_or_called_off_is_not_overdue() -> None:
    desk = Desk()
    await desk.offer()
    for household in ("paid", "lapsed", "off"):
        await desk.register(household)
    await desk.covered("SILVER", household="paid")
    await desk.lapse_binder(
        *(await desk.select("SILVER", household="lapsed")).policies, due=date(2015, 12, 24)
    )
    await desk.select("SILVER", household="off")
    await desk.end(date(2015, 12, 31), household="off")
    assert await overdue(desk.at(date(2016, 6, 1))) == []


def test_I9_it_is_looked_for_every_night_and_shown_by_the_api() -> None:
    duty = duties(PARAMETERS)[-1]
    assert (duty.name, duty.at) == ("look-for-overdue", time(3, 30))
    assert assemble(pack=VERMONT, hub=SandboxHub()).overdue is find_overdue
