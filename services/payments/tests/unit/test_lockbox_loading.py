"""Lockbox files from folder to payments (PAY-3, PAY-10)."""

from __future__ import annotations

from datetime import date
from itertools import count

import pytest

from bulkhead.kernel.errors import Retryable
from bulkhead.retries.retries import Retry
from bulkhead_testing.files import MemoryFiles
from payments.application.lockbox_poller import LockboxPoller, load_stored
from payments.domain.events import PaymentReceived
from payments.domain.lockbox import LockboxContent, LockboxDay, LockboxFile
from payments.domain.payments import Payment
from payments.domain.suspense import SuspenseItem
from payments.domain.trust_movements import TrustDay
from services.payments.tests.builders import PARAMETERS, Row, World, at, lockbox_file

THURSDAY = at("2015-12-03T15:00")


async def load(world: World) -> int:
    return await world.pollers["lockbox"].turn(world.now)


async def test_PAY_1_checks_of_known_accounts_become_payments_with_their_postmarks() -> None:
    world = World(start=THURSDAY)
    await world.heard_of("june")
    world.drop(Row(postmarked="2015-11-30"), Row(amount="1.00", instrument="money-order", reference=""))
    assert await load(world) == 1
    assert [(e.cents, e.method, e.received_on, e.postmarked_on) for e in world.said(PaymentReceived)] == [
        (50_000, "check", date(2015, 12, 3), date(2015, 11, 30)),
        (100, "check", date(2015, 12, 3), None),
    ]
    [file] = world.rows(LockboxFile)
    assert (file.state, file.accepted_rows, file.accepted_cents) == ("loaded", 2, 50_100)
    assert [(each.day, each.state) for each in world.rows(LockboxDay)] == [(date(2015, 12, 3), "loaded")]
    assert list(world.lockbox.content) == ["loaded/today.csv"]
    [kept] = world.rows(LockboxContent)
    assert kept.content == world.lockbox.content["loaded/today.csv"]


async def test_PAY_3_money_for_an_account_nobody_has_heard_of_waits_for_it_with_its_dates() -> None:
    world = World(start=THURSDAY)
    world.drop(Row(postmarked="2015-11-30"), Row(account="", reference="1002"))
    await load(world)
    assert world.database.events == []
    assert sorted((item.account or "", item.state) for item in world.rows(SuspenseItem)) == [
        ("", "open"),
        ("june", "open"),
    ]
    world.set("2015-12-20T09:00")
    await world.heard_of("june", "avery")
    [received] = world.said(PaymentReceived)
    assert (received.household, received.cents) == ("june", 50_000)
    assert (received.received_on, received.postmarked_on) == (date(2015, 12, 3), date(2015, 11, 30))
    assert received.known_at == at("2015-12-20T09:00")
    assert {item.account: item.state for item in world.rows(SuspenseItem)} == {
        None: "open",
        "june": "assigned",
    }
    await world.heard_of("june")
    assert len(world.said(PaymentReceived)) == 1


async def test_PAY_2_the_same_bytes_again_are_loaded_already_whatever_their_name() -> None:
    world = World(start=THURSDAY)
    await world.heard_of("june")
    world.drop(Row())
    await load(world)
    world.drop(Row(), name="again.csv")
    await load(world)
    assert len(world.rows(Payment)) == len(world.rows(LockboxFile)) == 1
    assert sorted(world.lockbox.content) == ["loaded/again.csv", "loaded/today.csv"]


async def test_another_file_of_the_same_deposit_date_and_sequence_is_refused_whole() -> None:
    world = World(start=THURSDAY)
    await world.heard_of("june")
    world.drop(Row())
    await load(world)
    world.drop(Row(), Row(reference="1002"))
    await load(world)
    assert len(world.rows(Payment)) == 1
    refused = next(file for file in world.rows(LockboxFile) if file.state == "refused")
    assert refused.refusal == "another file of the same deposit date and sequence is loaded"
    assert sorted(world.lockbox.content) == ["loaded/today.csv", "refused/today.csv"]
    world.drop(Row(reference="1002"), Row(reference="1003"), sequence=2, name="second.csv")
    await load(world)
    assert len(world.rows(Payment)) == 3


async def test_PAY_10_a_broken_file_is_refused_whole_and_its_day_stays_open_until_a_good_one_comes() -> None:
    world = World(start=THURSDAY)
    await world.heard_of("june")
    world.lockbox.content["today.csv"] = lockbox_file(Row()).replace(b"total,1", b"total,2")
    await load(world)
    [file] = world.rows(LockboxFile)
    assert (file.state, file.accepted_cents) == ("refused", 0)
    assert file.refusal == "the last line counts 2 rows and there are 1"
    assert (world.rows(Payment), world.rows(LockboxDay), world.database.events) == ([], [], [])
    assert list(world.lockbox.content) == ["refused/today.csv"]
    world.drop(Row())
    await load(world)
    assert [payment.amount_cents for payment in world.rows(Payment)] == [50_000]


async def test_PAY_3_a_row_without_an_amount_is_refused_alone_and_visible() -> None:
    world = World(start=THURSDAY)
    await world.heard_of("june")
    world.drop(Row(), Row(amount="0.00"), Row(reference="1002", instrument="gold"))
    await load(world)
    [file] = world.rows(LockboxFile)
    assert (file.state, file.accepted_rows, file.accepted_cents) == ("loaded", 2, 100_000)
    assert [(row.line, row.field) for row in file.refused_rows] == [(4, "amount")]
    assert [(row.line, row.field) for row in file.noted_rows] == [(5, "instrument")]


async def test_a_file_of_another_name_with_other_content_in_the_way_is_no_obstacle() -> None:
    world = World(start=THURSDAY)
    world.drop(Row())
    await load(world)
    world.drop(Row(), sequence=2)
    await load(world)
    names = sorted(world.lockbox.content)
    assert len(names) == 2
    assert all(name.startswith("loaded/") and name.endswith("today.csv") for name in names)


async def test_only_finished_csv_files_are_taken() -> None:
    world = World(start=THURSDAY)
    whole = lockbox_file(Row())
    world.lockbox.content |= {"today.csv.tmp": whole, "readme.txt": whole, "archive/old.csv": whole}
    assert (await load(world), await world.pollers["lockbox"].pending(world.now)) == (0, 0)
    assert world.rows(LockboxFile) == []


async def test_what_was_stored_is_loaded_also_when_the_file_has_gone_meanwhile() -> None:
    world = World(start=THURSDAY)
    await world.heard_of("june")
    await load(world)
    world.drop(Row())

    async def fail(operation: str) -> None:
        if operation == "write" and world.rows(LockboxFile):
            raise Retryable("the database is away")

    world.database.interrupt = fail
    with pytest.raises(Retryable):
        await load(world)
    world.database.interrupt = None
    world.lockbox.content.clear()
    assert (await world.pollers["lockbox"].pending(world.now), await load(world)) == (1, 1)
    assert [payment.amount_cents for payment in world.rows(Payment)] == [50_000]


async def test_a_file_is_loaded_once_however_often_it_is_read() -> None:
    world = World(start=THURSDAY)
    await world.heard_of("june")
    world.drop(Row())
    await load(world)
    [before] = world.rows(LockboxFile)
    content = world.lockbox.content["loaded/today.csv"]
    again = await load_stored(world.uows, before.file, content, parameters=PARAMETERS, now=world.now)
    assert (again, world.rows(LockboxFile)) == (before, [before])
    assert len(world.rows(Payment)) == 1


async def test_PAY_3_a_crash_at_any_step_of_loading_loses_and_doubles_nothing() -> None:
    for step in count():
        world = World(start=THURSDAY)
        await world.heard_of("june")
        world.drop(Row(), Row(account="unknown", reference="1002"))
        crashed = await world.crash_at(step)
        await world.settle_down()
        assert [payment.amount_cents for payment in world.rows(Payment)] == [50_000]
        assert [item.account for item in world.rows(SuspenseItem)] == ["unknown"]
        assert len(world.said(PaymentReceived)) == 1
        assert [file.state for file in world.rows(LockboxFile)] == ["loaded"]
        assert list(world.lockbox.content) == ["loaded/today.csv"]
        assert (await world.books()).balanced
        if not crashed:
            break


async def test_PAY_3_a_crash_between_the_parts_of_a_file_loses_and_doubles_nothing() -> None:
    """Ten rows, three at once; what is recorded of it after a crash is known as of when it was begun."""
    for step in count(step=5):
        world = await World(start=THURSDAY).opened()
        await world.heard_of("june")
        world.pollers["lockbox"] = LockboxPoller(
            world.uows, folder=world.lockbox, parameters=PARAMETERS, rows_at_once=3
        )
        world.drop(
            *(Row(reference=f"{number}") for number in range(8)),
            Row(account="unknown", reference="8"),
            Row(amount="none", reference="9"),
            total="4500.00",
        )
        crashed = await world.crash_at(step)
        world.set("2015-12-04T15:00")
        await world.settle_down()
        assert [payment.amount_cents for payment in world.rows(Payment)] == [500_00] * 8
        assert len(world.said(PaymentReceived)) == 8
        assert [item.account for item in world.rows(SuspenseItem)] == ["unknown"]
        [file] = world.rows(LockboxFile)
        assert (file.state, file.accepted_rows, file.accepted_cents) == ("loaded", 9, 4_500_00)
        assert (file.refused_total, len(file.refused_rows)) == (1, 1)
        assert {payment.known_at for payment in world.rows(Payment)} == {file.loaded_at}
        assert (await world.books()).balanced
        await world.advance("2015-12-06T10:00")
        assert {day.ledger_cents - day.movements_cents for day in world.rows(TrustDay)} == {0}
        if not crashed:
            break


async def test_PAY_3_of_many_rows_that_are_no_money_the_first_are_told_and_how_many_there_are() -> None:
    world = World(start=THURSDAY)
    await world.heard_of("june")
    world.drop(Row(), *(Row(amount="none") for _ in range(1_200)), total="500.00")
    await load(world)
    [file] = world.rows(LockboxFile)
    assert (file.state, file.accepted_rows, len(file.refused_rows)) == ("loaded", 1, 1_000)
    assert (file.refused_total, file.noted_total) == (1_200, 0)


async def test_PAY_3_a_file_that_is_too_large_stays_unread_with_why_and_others_go_on() -> None:
    world = World(start=THURSDAY)
    world.lockbox = Measured()
    world.restart()
    await world.heard_of("june")
    world.lockbox.content["large.csv"] = b"lockbox"
    world.drop(Row(), name="small.csv")
    await world.settle_down()
    assert [each.name for each in world.rows(LockboxFile)] == ["small.csv"]
    assert sorted(world.lockbox.content) == ["large.csv", "loaded/small.csv"]
    assert [(each.kind, each.item, each.reason) for each in world.rows(Retry)] == [
        ("lockbox-folder", "large.csv", "the file is of 67108865 bytes: it must be of 67108864 at most")
    ]


class Measured(MemoryFiles):
    """A folder in which one file is too large to be read."""

    async def get(self, path: str) -> bytes:
        assert path != "large.csv"
        return await super().get(path)

    async def size(self, path: str) -> int:
        return 64 * 1024 * 1024 + 1 if path == "large.csv" else await super().size(path)
