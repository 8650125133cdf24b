"""Selections that nobody decided, and renewals that did not come to an end, are pointed out (I9)."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from bulkhead.overdue import Overdue
from bulkhead_testing.contact_keys import CONTACT_KEYS
from enrollment.adapters.hub.sandbox import SandboxHub
from enrollment.application import renewal_runs
from enrollment.application.find_overdue import overdue_by
from enrollment.bootstrap import assemble, duties
from services.enrollment.tests.builders import PARAMETERS, VERMONT, Desk
from services.enrollment.tests.renewing import ALL, EVE, OCTOBER, Season, entry


async def overdue(desk: Desk) -> list[Overdue]:
    async with desk.uows.begin(now=desk.now) as uow:
        return list(await overdue_by(PARAMETERS)(uow))


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
    assert assemble(pack=VERMONT, hub=SandboxHub(), contact_keys=CONTACT_KEYS).overdue is not None


async def test_ENR_14_what_staff_must_map_is_overdue_from_the_next_day_until_it_is_mended() -> None:
    desk = await Season().begin("a", "b", plans=("SILVER",))
    await desk.crosswalk(entry("GOLD", "GOLD"))
    await desk.renew("plan")
    assert await overdue(desk.at(date(2016, 10, 20))) == []  # nobody asked for renewals yet
    await desk.renew()
    await desk.at(date(2016, 10, 21)).renew()
    (a, b) = await overdue(desk)
    assert (a.kind, a.household, a.deadline) == ("renewal", "a", OCTOBER)
    assert "not in the crosswalk" in a.says
    await desk.end(date(2016, 11, 30), household="b")
    assert [each.household for each in await overdue(desk)] == ["a"]  # who wants an end does not go on
    await desk.crosswalk(*ALL)
    await desk.renew()
    assert await overdue(desk) == []
    assert b.household == "b"


async def test_ENR_14_whom_the_crosswalk_leaves_to_choose_is_told_and_not_overdue() -> None:
    desk = await Season().begin()
    await desk.crosswalk(entry("SILVER", None, "discontinued"))
    await desk.renew()
    assert await overdue(desk.at(EVE)) == []


async def test_ENR_14_a_household_that_fails_every_night_is_overdue_since_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = await Season().begin()

    async def broken(_uow: Any, _households: Any, **_known: Any) -> int:
        raise KeyError

    monkeypatch.setattr(renewal_runs, "renew_policies", broken)
    await desk.renew()
    assert await overdue(desk) == []
    await desk.at(date(2016, 10, 15)).renew()
    (found,) = await overdue(desk)
    assert (found.kind, found.household, found.deadline) == ("renewal-failed", "h", OCTOBER)
    assert "fault of ours" in found.says


async def test_ENR_14_a_walk_that_never_ends_is_overdue_from_the_next_day() -> None:
    desk = await Season().begin()
    await desk.ask()
    assert await overdue(desk) == []
    (found,) = await overdue(desk.at(date(2016, 10, 15)))
    assert (found.kind, found.id, found.household, found.deadline) == ("renewal-run", "2017:1", None, OCTOBER)
    await desk.walk()
    assert await overdue(desk) == []
