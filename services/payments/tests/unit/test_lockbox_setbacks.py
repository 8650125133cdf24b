"""One bad lockbox file stops neither the poller nor the next file, and never the money in it (PAY-10, I9)."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest
from structlog.testing import capture_logs

from bulkhead.kernel.errors import Retryable
from bulkhead.retries.retries import Retry
from bulkhead_testing.files import MemoryFiles
from payments.application.load_lockbox_files import store_lockbox_file
from payments.application.lockbox_poller import load_stored
from payments.domain.events import BooksClosed
from payments.domain.lockbox import LockboxContent, LockboxFile
from payments.domain.payments import Payment
from payments.domain.suspense import SuspenseItem
from services.payments.tests.builders import BAD_FILE, PARAMETERS, Row, World, at, lockbox_file
from services.payments.tests.lockbox import Check, bai_lockbox_file


async def begin() -> World:
    world = await World(start=at("2015-12-03T15:00")).opened()
    await world.heard_of("june")
    world.lockbox.content["1-bad.csv"] = BAD_FILE
    world.drop(Row(reference="1002"), name="2-good.csv", sequence=2)
    return world


async def test_a_file_that_meets_a_bug_is_set_aside_and_the_next_one_is_loaded(bug: object) -> None:
    world = await begin()
    with capture_logs() as logs:
        await world.settle_down()
    assert [(log["event"], log["kind"], log["error"]) for log in logs if log["log_level"] == "warning"] == [
        ("tried_again_later", "lockbox-files", "ZeroDivisionError")
    ]
    assert "a bug" not in str(logs)
    files = {file.name: file for file in world.rows(LockboxFile)}
    bad = files["1-bad.csv"]
    assert bad.state == "set-aside"
    (waits,) = world.rows(Retry)
    assert (waits.item, waits.failures, waits.reason) == (bad.file, 1, "ZeroDivisionError")
    assert waits.retry_at == world.now + timedelta(minutes=1)
    assert files["2-good.csv"].state == "loaded"
    assert [payment.reference for payment in world.rows(Payment)] == ["1002"]
    assert sorted(world.lockbox.content) == ["loaded/2-good.csv", "set-aside/1-bad.csv"]
    assert BAD_FILE in [each.content for each in world.rows(LockboxContent)]
    assert await world.pollers["lockbox"].pending(world.now) == 0


async def test_PAY_10_its_day_stays_open_and_closes_once_it_is_read(bug: pytest.MonkeyPatch) -> None:
    world = await begin()
    await world.advance("2015-12-04T12:00")
    assert world.said(BooksClosed) == []
    assert world.runner.waiting() == ["close-books"]
    bug.undo()
    await world.advance("2015-12-04T16:00")
    assert [event.through for event in world.said(BooksClosed)] == [date(2015, 12, 3)]
    assert sorted(payment.reference or "" for payment in world.rows(Payment)) == ["1002", "bad"]
    assert sorted(world.lockbox.content) == ["loaded/1-bad.csv", "loaded/2-good.csv"]
    assert [file.state for file in world.rows(LockboxFile)] == ["loaded"] * 2
    assert world.rows(Retry) == []


async def test_it_is_read_at_once_when_it_is_dropped_again(bug: pytest.MonkeyPatch) -> None:
    world = await begin()
    await world.settle_down()
    bug.undo()
    world.lockbox.content["again.csv"] = BAD_FILE
    await world.settle_down()
    assert len(world.rows(Payment)) == len(world.rows(LockboxFile)) == 2


async def test_a_file_that_keeps_failing_is_tried_less_and_less(bug: object) -> None:
    world = await begin()
    waits: list[int] = []
    for _ in range(8):
        await world.settle_down()
        (bad,) = world.rows(Retry)
        waits.append(int((bad.retry_at - world.now).total_seconds()) // 60)
        world.now = bad.retry_at
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


class Locked(MemoryFiles):
    """A folder in which one file may not be read."""

    async def get(self, path: str) -> bytes:
        if path == "1-bad.csv":
            raise Retryable("permission denied")
        return await super().get(path)


async def test_a_file_that_cannot_be_reached_keeps_no_other_from_being_loaded() -> None:
    world = World(start=at("2015-12-03T15:00"))
    world.lockbox = Locked()
    world.restart()
    await world.heard_of("june")
    world.lockbox.content["1-bad.csv"] = BAD_FILE
    world.drop(Row(reference="1002"), name="2-good.csv", sequence=2)
    assert await world.pollers["lockbox"].turn(world.now) == 1
    assert await world.pollers["lockbox"].pending(world.now) == 0
    assert [(each.kind, each.item, each.reason) for each in world.rows(Retry)] == [
        ("lockbox-folder", "1-bad.csv", "permission denied")
    ]
    assert [payment.reference for payment in world.rows(Payment)] == ["1002"]
    assert sorted(world.lockbox.content) == ["1-bad.csv", "loaded/2-good.csv"]
    del world.lockbox.content["1-bad.csv"]
    await world.pollers["lockbox"].turn(world.now)
    assert world.rows(Retry) == []


async def test_a_folder_that_is_gone_waits_by_itself_and_somebody_is_alarmed() -> None:
    world = World(start=at("2015-12-03T15:00"))
    await world.heard_of("june")
    world.drop(Row())
    world.lockbox.away.add("")
    lockbox = world.pollers["lockbox"]
    for failures in range(1, 9):
        assert (await lockbox.turn(world.now), await lockbox.pending(world.now)) == (0, 0)
        await lockbox.turn(world.now)  # it rests
        (waits,) = world.rows(Retry)
        assert (waits.kind, waits.item, waits.failures) == ("lockbox-folder", "/", failures)
        assert waits.reason == "files cannot be reached"
        world.now = waits.retry_at
    assert [each.stuck for each in world.rows(Retry)] == [True]
    world.lockbox.away.clear()
    assert await lockbox.turn(world.now) == 1
    assert (world.rows(Retry), len(world.rows(Payment))) == ([], 1)


class HoldsFast(MemoryFiles):
    """A folder whose files cannot be moved from one of its places for a while."""

    held: bool = True

    async def move(self, path: str, to: str) -> None:
        if self.held and path.startswith("set-aside/"):
            raise Retryable("permission denied")
        await super().move(path, to)


@pytest.mark.parametrize("name", ["1-bad.csv", "1-bad\n\udce9.csv"])
async def test_a_file_that_is_read_late_is_moved_once_it_can_be(bug: pytest.MonkeyPatch, name: str) -> None:
    world = World(start=at("2015-12-03T15:00"))
    world.lockbox = HoldsFast()
    world.restart()
    await world.heard_of("june")
    world.lockbox.content[name] = BAD_FILE
    await world.settle_down()
    assert list(world.lockbox.content) == [f"set-aside/{name}"]
    bug.undo()
    world.set("2015-12-03T15:10")
    await world.settle_down()
    assert [file.state for file in world.rows(LockboxFile)] == ["loaded"]
    (waits,) = world.rows(Retry)
    assert (waits.kind, waits.reason) == ("lockbox-folder", "permission denied")
    world.lockbox.held = False
    world.now = waits.retry_at
    await world.settle_down()
    assert list(world.lockbox.content) == [f"loaded/{name}"]
    assert (world.rows(Retry), len(world.rows(Payment))) == ([], 1)


async def test_a_file_may_have_any_name() -> None:
    world = World(start=at("2015-12-03T15:00"))
    await world.heard_of("june")
    world.lockbox.content["bank\udce9.csv"] = lockbox_file(Row())
    await world.pollers["lockbox"].turn(world.now)
    assert [(file.name, file.state) for file in world.rows(LockboxFile)] == [("bank\\udce9.csv", "loaded")]
    assert list(world.lockbox.content) == ["loaded/bank\udce9.csv"]


async def test_PAY_3_two_files_of_one_deposit_that_two_replicas_take_in_at_once_are_one_deposit() -> None:
    world = World(start=at("2015-12-03T15:00"))
    await world.heard_of("june")
    by_csv = lockbox_file(Row(), Row(amount="7.00", account="", reference=""))
    by_bai = bai_lockbox_file([Check(), Check(cents=7_00, account="", number="0")])

    async def others_go_on(_operation: str) -> None:
        await asyncio.sleep(0)

    async def replica(content: bytes) -> None:
        async with world.uows.begin(now=world.now) as uow:
            file = await store_lockbox_file(uow, name="deposit", content=content)
        await load_stored(world.uows, file.file, content, parameters=PARAMETERS, now=world.now)

    world.database.interrupt = others_go_on
    await asyncio.gather(replica(by_csv), replica(by_bai))
    assert sorted((each.state, each.refusal) for each in world.rows(LockboxFile)) == [
        ("loaded", None),
        ("refused", "another file of the same deposit date and sequence is loaded"),
    ]
    assert [each.amount_cents for each in world.rows(Payment)] == [500_00]
    assert [each.amount_cents for each in world.rows(SuspenseItem)] == [7_00]


async def test_a_file_of_which_no_row_is_money_lets_others_go_on_meanwhile() -> None:
    world = World(start=at("2015-12-03T15:00"))
    content = lockbox_file(*[Row(amount="0.00")] * 2_500)
    async with world.uows.begin(now=world.now) as uow:
        file = await store_lockbox_file(uow, name="no money", content=content)
    loading = asyncio.create_task(
        load_stored(world.uows, file.file, content, parameters=PARAMETERS, now=world.now)
    )
    turns = 0
    while not loading.done():
        turns += 1
        await asyncio.sleep(0)
    assert (await loading).refused_total == 2_500
    assert turns >= 5
