"""What is past its deadline is listed with why, and counted every night (I9)."""

from __future__ import annotations

from datetime import date

import pytest
from structlog.testing import capture_logs

from bulkhead.kernel.errors import Retryable
from bulkhead.overdue import Overdue
from bulkhead_testing.files import MemoryFiles
from payments.application import issue_remittances
from payments.application.ports import ProcessorMisunderstood
from payments.application.take_online_payment import UnderWay
from payments.domain.attempts import ProcessorAway
from payments.domain.events import RemittanceIssued
from payments.domain.lockbox import LockboxFile
from payments.domain.refunds import RefundPart
from payments.domain.remittances import Remittance, RemittanceLine
from payments.domain.suspense import SuspenseItem
from services.payments.tests.builders import BAD_FILE, Row, World, at, charge_online, refund, settled
from services.payments.tests.unit.test_money_facts import paid_online
from services.payments.tests.unit.test_online_payment import order
from services.payments.tests.unit.test_suspense import load


class NoFolder(MemoryFiles):
    """Nothing can be written."""

    async def put(self, path: str, data: bytes) -> None:
        raise Retryable("permission denied")


async def overdue(world: World, text: str) -> list[Overdue]:
    world.set(text)
    assert world.service.overdue is not None
    async with world.uows.begin(now=world.now) as uow:
        return list(await world.service.overdue(uow))


@pytest.fixture
async def world(bug: pytest.MonkeyPatch) -> World:
    """Monday, January 4: one of each kind begins, and none of them comes to an end."""
    world = World(start=at("2016-01-04T10:00"))
    world.remittances = NoFolder()
    world.restart()
    return await world.opened()


async def test_I9_an_attempt_of_which_nothing_is_known_is_overdue_after_a_day(world: World) -> None:
    world.odd["payment-1"] = ProcessorMisunderstood("the processor answered 401 without a charge")
    with pytest.raises(ProcessorAway):
        await charge_online(
            world.uows,
            order(token="tok_card_slow"),
            processor=world.processor,
            under_way=UnderWay(),
            now=world.now,
        )
    assert await overdue(world, "2016-01-05T23:59") == []
    await world.settle_down()
    assert await overdue(world, "2016-01-06T00:00") == [
        Overdue(
            kind="attempt",
            id="payment-1",
            household="avery",
            deadline=date(2016, 1, 5),
            says="whether the processor took the money is not known: the processor answered 401 without a charge",
        )
    ]


async def test_I9_a_refund_is_overdue_after_five_days(world: World) -> None:
    payment = await paid_online(world)
    await world.hear(refund(payment, cents=1_000))
    [part] = world.rows(RefundPart)
    world.odd[part.reference] = ProcessorMisunderstood("the processor answered a refund with 401")
    assert await overdue(world, "2016-01-09T23:59") == []
    await world.settle_down()
    assert await overdue(world, "2016-01-10T00:00") == [
        Overdue(
            kind="refund",
            id="r1",
            household="avery",
            deadline=date(2016, 1, 9),
            says="an approved refund is not paid back: the processor answered a refund with 401",
        )
    ]


async def test_I9_a_lockbox_file_that_is_not_read_is_overdue_after_a_day(world: World) -> None:
    world.lockbox.content["today.csv"] = BAD_FILE
    await world.settle_down()
    [file] = world.rows(LockboxFile)
    assert await overdue(world, "2016-01-05T23:59") == []
    assert await overdue(world, "2016-01-06T00:00") == [
        Overdue(
            kind="lockbox-file",
            id=file.file,
            household=None,
            deadline=date(2016, 1, 5),
            says="a stored lockbox file is not read, and the books stay open: ZeroDivisionError",
        )
    ]


async def test_I9_a_remittance_file_that_is_not_written_is_overdue_after_a_day(world: World) -> None:
    payment = await world.pay()
    await world.hear(settled(payment, on="2016-01-04"))
    await world.advance("2016-01-06T16:00")
    [remittance] = world.rows(Remittance)
    assert await overdue(world, "2016-01-07T23:59") == []
    assert await overdue(world, "2016-01-08T00:00") == [
        Overdue(
            kind="remittance-file",
            id=remittance.remittance,
            household=None,
            deadline=date(2016, 1, 7),
            says="the file of an issued remittance is not written: permission denied",
        )
    ]


async def test_I9_a_remittance_that_is_not_told_whole_is_overdue_after_a_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issue_remittances, "LINES_PER_EVENT", 1)
    monkeypatch.setattr(issue_remittances, "PARTS_AT_ONCE", 1)
    world.remittances = MemoryFiles()
    world.restart()
    for settlement in ("s1", "s2", "s3"):
        await world.hear(settled(await world.pay(), settlement=settlement, on="2016-01-04"))
    await world.advance("2016-01-06T15:59")
    world.set("2016-01-06T16:00")
    await world.runner.turn(world.now)
    async with world.uows.begin(now=world.now) as uow:
        lost = await uow.records(RemittanceLine).get(settlement="s3")
        assert lost is not None
        await uow.records(RemittanceLine).remove(settlement="s3")
    await world.settle_down()
    [remittance] = world.rows(Remittance)
    assert await overdue(world, "2016-01-07T23:59") == []
    assert await overdue(world, "2016-01-08T00:00") == [
        Overdue(
            kind="remittance-parts",
            id=remittance.remittance,
            household=None,
            deadline=date(2016, 1, 7),
            says=(
                "part 2 of 3 of an issued remittance is not told:"
                " a remittance has not the lines that it was issued with"
            ),
        )
    ]
    assert [each.part for each in world.said(RemittanceIssued)] == [1]
    async with world.uows.begin(now=world.now) as uow:
        await uow.records(RemittanceLine).add([lost])
    await world.settle_down()
    assert [each.part for each in world.said(RemittanceIssued)] == [1, 2, 3]
    assert await overdue(world, "2016-01-08T00:00") == []


async def test_I9_what_is_overdue_is_alarmed_every_night_and_nothing_else_is(world: World) -> None:
    world.lockbox.content["today.csv"] = BAD_FILE
    await world.settle_down()
    with capture_logs() as logs:
        await world.advance("2016-01-06T03:29")
        alarms = [log for log in logs if log["event"] == "overdue"]
        assert alarms == []
        world.set("2016-01-06T03:30")
        await world.runner.turn(world.now)
    alarms = [(log["kind"], log["count"]) for log in logs if log["event"] == "overdue"]
    assert alarms == [("lockbox-file", 1)]


async def test_I9_money_that_nobody_could_place_within_thirty_days_is_overdue() -> None:
    world = await World(start=at("2015-12-03T10:00")).opened()
    await load(world, Row(account="stranger"))
    [item] = world.rows(SuspenseItem)
    assert await overdue(world, "2016-01-02T23:59") == []
    assert await overdue(world, "2016-01-03T00:00") == [
        Overdue(
            kind="suspense",
            id=item.item,
            household=None,
            deadline=date(2016, 1, 2),
            says="money is in suspense: unknown-account",
        )
    ]


async def test_I9_what_came_to_an_end_is_not_overdue() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    payment = await paid_online(world)
    await world.hear(refund(payment, cents=1_000), settled(payment, cents=29_000, on="2016-01-04"))
    await world.advance("2016-01-20T10:00")
    assert await overdue(world, "2016-03-01T00:00") == []
