"""One bad return file stops neither the poller nor the next file; a crash loses and doubles nothing (PAY-3, I9)."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date, timedelta

import pytest

import payments.application.return_file_poller as return_file_poller
from bulkhead.kernel.errors import Retryable
from bulkhead.overdue import Overdue
from bulkhead.retries.retries import Retry
from bulkhead_testing.files import MemoryFiles
from payments.application.find_overdue import overdue_by
from payments.application.load_return_files import store_return_file
from payments.application.return_file_poller import ENTRIES_AT_ONCE, load_stored
from payments.domain.events import BooksClosed, PaymentReturned
from payments.domain.nacha_file import ReturnContents, read_return_file
from payments.domain.return_files import ReturnFile, ReturnFileContent, ReturnItem
from services.payments.tests.builders import PARAMETERS, World
from services.payments.tests.nacha import Entry, return_file
from services.payments.tests.unit.test_return_loading import NOBODYS, a_world, dropped, items, of

BAD = return_file(Entry(identification=NOBODYS), modifier="Z")


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Reading `BAD` fails in a way that reading must not; what is returned can undo it."""

    def read(content: bytes, *, today: date) -> ReturnContents:
        if content == BAD:
            raise ZeroDivisionError("a bug")
        return read_return_file(content, today=today)

    monkeypatch.setattr(return_file_poller, "read_return_file", read)
    return monkeypatch


async def test_a_return_file_that_meets_a_bug_is_set_aside_the_next_is_loaded_and_the_books_close(
    bug: pytest.MonkeyPatch,
) -> None:
    world = await a_world()
    payment = await world.pay_online()
    await world.advance("2016-01-06T10:00")
    world.returns.content["1-bad.ach"] = BAD
    await dropped(world, return_file(of(payment)), name="2-good.ach")
    files = {each.name: each for each in world.rows(ReturnFile)}
    assert {name: each.state for name, each in files.items()} == {
        "1-bad.ach": "set-aside",
        "2-good.ach": "loaded",
    }
    [waits] = world.rows(Retry)
    assert (waits.kind, waits.item, waits.reason) == (
        "return-files",
        files["1-bad.ach"].file,
        "ZeroDivisionError",
    )
    assert waits.retry_at == world.now + timedelta(minutes=1)
    assert sorted(world.returns.content) == ["loaded/2-good.ach", "set-aside/1-bad.ach"]
    assert BAD in [each.content for each in world.rows(ReturnFileContent)]
    await world.advance("2016-01-08T10:00")
    # Books close over money that came; a return is dated by the bank, and a file of them keeps none open.
    assert world.said(BooksClosed)[-1].through == date(2016, 1, 7)
    assert [each.kind for each in await overdue(world)] == ["return-file"]
    bug.undo()
    await world.advance("2016-01-08T12:00")
    assert sorted(world.returns.content) == ["loaded/1-bad.ach", "loaded/2-good.ach"]
    assert world.rows(Retry) == []


async def overdue(world: World) -> list[Overdue]:
    async with world.uows.begin(now=world.now) as uow:
        return [*await overdue_by(PARAMETERS)(uow)]


async def test_I9_what_waits_for_a_person_longer_than_five_days_is_overdue() -> None:
    world = await a_world()
    payment = await world.pay_online()
    world.set("2016-01-06T10:00")
    await dropped(world, return_file(of(payment, code="C02", cents=0)))
    [item] = world.rows(ReturnItem)
    world.set("2016-01-11T10:00")
    assert await overdue(world) == []
    world.set("2016-01-12T10:00")
    assert await overdue(world) == [
        Overdue(
            kind="return-item",
            id=item.item,
            household="june",
            deadline=date(2016, 1, 11),
            says="what a return file says waits for a person: not-drawn-from",
        )
    ]


async def test_a_return_folder_that_is_away_waits_by_itself() -> None:
    world = await a_world()
    world.returns.away.add("")
    assert await world.pollers["return-files"].turn(world.now) == 0
    assert [(each.kind, each.item) for each in world.rows(Retry)] == [("return-folder", "/")]


async def test_PAY_3_a_crash_at_any_step_of_loading_a_return_file_loses_and_doubles_nothing() -> None:
    calm = await a_world()
    payment = await calm.pay_online()
    await calm.advance("2016-01-06T10:00")
    for step in range(1_000):
        world = calm.copied()
        world.returns.content["RETURNS.ach"] = return_file(of(payment), Entry(identification=NOBODYS))
        went_on = not await world.crash_at(step)
        await world.settle_down()
        assert [(each.payment, each.cents) for each in world.said(PaymentReturned)] == [
            (payment.payment, 50_000)
        ]
        assert items(world) == [("R01", "recorded", None), ("R01", "open", "unknown-payment")]
        assert [each.state for each in world.rows(ReturnFile)] == ["loaded"]
        assert sorted(world.returns.content) == ["loaded/RETURNS.ach"]
        assert (await world.books()).balanced
        if went_on:
            assert step > 5
            return
    raise AssertionError("it never goes on without a crash")


async def test_PAY_3_a_crash_between_the_steps_of_a_long_return_file_loses_and_doubles_nothing() -> None:
    calm = await a_world()
    payments = [await calm.pay_online(cents=cents) for cents in (100_00, 200_00, 300_00)]
    first, second, third = (of(each) for each in payments)
    nobodys = [Entry(identification=NOBODYS)] * (ENTRIES_AT_ONCE - 1)
    await calm.advance("2016-01-06T10:00")
    long = return_file(first, *nobodys, second, *nobodys, third, first)
    for step in range(0, 1_000, 3):
        world = calm.copied()
        world.returns.content["RETURNS.ach"] = long
        went_on = not await world.crash_at(step)
        await world.settle_down()
        assert [(each.payment, each.cents) for each in world.said(PaymentReturned)] == [
            (each.payment, each.amount_cents) for each in payments
        ]
        assert Counter((each.state, each.reason) for each in world.rows(ReturnItem)) == {
            ("recorded", None): 3,
            ("open", "unknown-payment"): 2 * len(nobodys),
            ("open", "returned-before"): 1,
        }
        [file] = world.rows(ReturnFile)
        assert (file.state, file.entries) == ("loaded", 2 * ENTRIES_AT_ONCE + 2)
        if went_on:
            assert step > 20
            return
    raise AssertionError("it never goes on without a crash")


async def test_PAY_5_returns_are_recorded_in_sets_however_many_they_are() -> None:
    async def operations(payments: int) -> int:
        world = await a_world()
        entries = [
            of(await world.pay_online("june" if each % 2 else "avery"), code="R02" if each % 3 else "R01")
            for each in range(payments)
        ]
        world.set("2016-01-06T10:00")
        await world.settle_down()
        count = 0

        async def counts(_operation: str) -> None:
            nonlocal count
            count += 1

        world.database.interrupt = counts
        await dropped(world, return_file(*entries))
        assert len(world.said(PaymentReturned)) == payments
        return count

    assert await operations(3) == await operations(ENTRIES_AT_ONCE)


async def test_the_database_is_away_while_a_return_file_is_read() -> None:
    world = await a_world()
    payment = await world.pay_online()
    world.set("2016-01-06T10:00")
    world.returns.content["RETURNS.ach"] = return_file(of(payment))
    left = 2

    async def away(_operation: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Retryable("away")

    world.database.interrupt = away
    with pytest.raises(Retryable):
        await world.settle_down()
    world.database.interrupt = None
    await world.settle_down()
    assert [each.payment for each in world.said(PaymentReturned)] == [payment.payment]


class Measured(MemoryFiles):
    """A folder in which one file is too large to be read."""

    async def get(self, path: str) -> bytes:
        assert path != "1-large.ach"
        return await super().get(path)

    async def size(self, path: str) -> int:
        return 16 * 1024 * 1024 + 1 if path == "1-large.ach" else await super().size(path)


async def test_PAY_3_a_return_file_that_is_too_large_stays_unread_with_why_and_others_go_on() -> None:
    world = await a_world()
    world.returns = Measured()
    world.restart()
    payment = await world.pay_online()
    await world.advance("2016-01-06T10:00")
    world.returns.content["1-large.ach"] = b"101"
    await dropped(world, return_file(of(payment)), name="2-good.ach")
    assert [each.name for each in world.rows(ReturnFile)] == ["2-good.ach"]
    assert sorted(world.returns.content) == ["1-large.ach", "loaded/2-good.ach"]
    assert [(each.kind, each.item, each.reason) for each in world.rows(Retry)] == [
        ("return-folder", "1-large.ach", "the file is of 16777217 bytes: it must be of 16777216 at most")
    ]


async def test_PAY_5_two_files_of_one_name_that_two_replicas_take_in_at_once_are_one_file() -> None:
    world = await a_world()
    world.set("2016-01-06T10:00")
    one = return_file(Entry(identification=NOBODYS))
    other = return_file(Entry(identification=NOBODYS, cents=600_00))

    async def others_go_on(_operation: str) -> None:
        await asyncio.sleep(0)

    async def replica(content: bytes) -> None:
        async with world.uows.begin(now=world.now) as uow:
            file = await store_return_file(uow, name="returns", content=content)
        await load_stored(world.uows, file.file, content, now=world.now)

    world.database.interrupt = others_go_on
    await asyncio.gather(replica(one), replica(other))
    assert sorted(each.state for each in world.rows(ReturnFile)) == ["loaded", "refused"]
    assert len(items(world)) == 1
