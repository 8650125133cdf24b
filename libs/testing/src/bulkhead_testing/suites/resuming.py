"""What a consumer promises about where it goes on: no further than its own database has come, whatever its group
committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bulkhead.contracts.registry import BY_NAME, PAYMENTS
from bulkhead.kernel.errors import InvalidValue, NotFound, Retryable
from bulkhead.messaging.consumer import Consumer
from bulkhead.messaging.faults import MANY_HOUSEHOLDS
from bulkhead.messaging.partitioning import partition_of
from bulkhead.messaging.standstill import forget_type, lanes_of_type
from bulkhead.persistence.event_tables import (
    ConsumerOffset,
    ForgottenType,
    OutboxRecord,
    PassedOverType,
    StoppedPartition,
    lane_of,
)
from bulkhead.persistence.ports import Emitted, UnitOfWork
from bulkhead.persistence.tables import Tables
from bulkhead.service import Received
from bulkhead_testing.suites.delivery import PARTITIONS, Before, Stage, envelope_of
from bulkhead_testing.suites.example import BOOKKEEPER_TABLES, NOW, TODAY, BooksClosed, Payment
from bulkhead_testing.suites.forgetting import FAR_AHEAD, LONG_AGO, forget, read_from_the_start

LATER = TODAY + timedelta(days=1)
HOUSEHOLDS = [f"h{number:02}" for number in range(20)]


async def copied(stage: Stage, copy: Any) -> Any:
    """Return the empty database with all that the bookkeeper's holds now."""
    return await copied_of(stage.bookkeeper, copy, BOOKKEEPER_TABLES)


async def copied_of(database: Any, copy: Any, tables: Tables) -> Any:
    """Return the empty database with all that another of these tables holds now; what was said, as it was said."""
    async with database.begin(now=NOW) as source, copy.begin(now=NOW) as target:
        for kind in tables:
            rows = await source.records(kind).select()
            if kind is OutboxRecord:
                target.keep_said(Emitted(event=None, reasons=(), record=row) for row in rows)
            else:
                await target.records(kind).add(rows)
    return copy


async def pay_everybody(stage: Stage, *, prefix: str) -> None:
    """Commit a payment of each household, and the books closed after them."""
    for household in HOUSEHOLDS:
        await stage.pay(household, 1, prefix=prefix)
    await close_the_books(stage)


async def close_the_books(stage: Stage, *, through: date = TODAY) -> None:
    """Commit that the books are closed through a day."""
    async with stage.teller.begin(now=NOW) as uow:
        uow.emit(BooksClosed(through=through), household=None)


async def offsets(stage: Stage) -> dict[int, int]:
    """Return the offset that the bookkeeper's database keeps of each partition."""
    return {each.partition: each.offset for each in await stage.rows(ConsumerOffset)}


class Switch:
    """The database that is there just now: a backup may be put in the place of another."""

    def __init__(self, database: Any) -> None:
        self.database = database

    def begin(self, **more: Any) -> Any:
        """Begin a unit of work on it."""
        return self.database.begin(**more)

    def begin_shared(self, **more: Any) -> Any:
        """Begin a unit of work on it that may share a transaction."""
        return self.database.begin_shared(**more)


@contextmanager
def older_reader(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Let readers made meanwhile be of a version that has not heard of payments received."""
    newer = stage.service
    inbound = {model: fact for model, fact in newer.inbound.items() if fact is not Payment}
    names = {kind: each for kind, each in BY_NAME.items() if kind != ("PaymentReceived", 1)}
    with monkeypatch.context() as patched:
        patched.setattr("bulkhead.messaging.arrivals.BY_NAME", names)
        stage.service = replace(newer, inbound=inbound)
        yield
    stage.service = newer


@contextmanager
def deaf_reader(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, *, passes_over: tuple[str, int]
) -> Generator[None]:
    """Let readers made meanwhile be of a version that listens to nothing, and has not heard of this type."""
    newer = stage.service
    names = {kind: each for kind, each in BY_NAME.items() if kind != passes_over}
    with monkeypatch.context() as patched:
        patched.setattr("bulkhead.messaging.arrivals.BY_NAME", names)
        stage.service = replace(newer, inbound={})
        yield
    stage.service = newer


async def forget_passed_over(stage: Stage, kind: str, *, reason: str = "taken back") -> ForgottenType:
    """Let olga say that nobody will know version 1 of this type; return what is kept of that."""
    about: dict[str, Any] = {"topic": PAYMENTS.name, "kind": kind, "version": 1}
    async with stage.bookkeeper.begin(now=NOW) as uow:
        lanes = await lanes_of_type(uow, **about)
    async with stage.bookkeeper.begin(now=NOW, households=lanes) as uow:
        return await forget_type(uow, **about, by="olga", reason=reason)


class ResumingSuite:
    """Give it a fixture ``stage``, a new `Stage` with empty databases and no messages, and a fixture
    ``empty_bookkeeper``, which makes more empty databases of the bookkeeper's.
    """

    async def test_a_new_database_takes_in_everything_though_its_group_has_read_it(
        self, stage: Stage, empty_bookkeeper: Callable[[], Any]
    ) -> None:
        await pay_everybody(stage, prefix="p")
        await stage.deliver()
        await stage.go_on_with(empty_bookkeeper())
        await pay_everybody(stage, prefix="q")
        await stage.deliver()
        for household in HOUSEHOLDS:
            assert await stage.payments_of(household) == ["p0", "q0"]
        assert await stage.watermarks() == dict.fromkeys(range(PARTITIONS), TODAY)
        assert stage.consumer.doubled == 0

    async def test_a_database_restored_to_an_earlier_state_takes_in_what_came_after(
        self, stage: Stage, empty_bookkeeper: Callable[[], Any]
    ) -> None:
        await pay_everybody(stage, prefix="p")
        await stage.pay("bad", -1)
        await stage.deliver()
        backup = await copied(stage, empty_bookkeeper())
        await pay_everybody(stage, prefix="q")
        await stage.pay("bad", 2, prefix="q")
        await stage.pay("worse", -1, 3)
        await stage.deliver()
        await stage.go_on_with(backup)
        assert await stage.payments_of("h00") == ["p0"]
        await pay_everybody(stage, prefix="r")
        await stage.deliver()
        for household in HOUSEHOLDS:
            assert await stage.payments_of(household) == ["p0", "q0", "r0"]
        # Only what came after the backup was read again: two rounds, a watermark a partition each, and three parked.
        assert stage.consumer.handled == 2 * (len(HOUSEHOLDS) + PARTITIONS)
        assert (stage.consumer.parked, stage.consumer.doubled) == (3, 0)
        assert [(each.household, each.kind) for each in await stage.parked()] == [
            ("bad", "impossible"),
            ("bad", "behind"),
            ("worse", "impossible"),
            ("worse", "behind"),
        ]

    async def test_a_backup_put_in_place_under_a_running_reader_takes_in_what_came_after_it(
        self, stage: Stage, empty_bookkeeper: Callable[[], Any]
    ) -> None:
        switch = Switch(stage.bookkeeper)
        stage.consumer = stage.new_consumer(switch)
        await pay_everybody(stage, prefix="p")
        await stage.deliver()
        backup = await copied(stage, empty_bookkeeper())
        await pay_everybody(stage, prefix="q")
        await stage.deliver()
        stage.bookkeeper = switch.database = backup
        await pay_everybody(stage, prefix="r")
        with pytest.raises(Retryable):
            await stage.deliver()
        await stage.deliver()
        for household in HOUSEHOLDS:
            assert await stage.payments_of(household) == ["p0", "q0", "r0"]

    async def test_a_restored_database_knows_what_its_inbox_had_forgotten(
        self, stage: Stage, empty_bookkeeper: Callable[[], Any]
    ) -> None:
        await pay_everybody(stage, prefix="p")
        await stage.deliver()
        await forget(stage, await stage.consumer.read_offsets(), before=FAR_AHEAD)
        backup = await copied(stage, empty_bookkeeper())
        await pay_everybody(stage, prefix="q")
        await stage.deliver()
        await forget(stage, await stage.consumer.read_offsets(), before=FAR_AHEAD)
        await stage.go_on_with(backup)
        await read_from_the_start(stage)
        for household in HOUSEHOLDS:
            assert await stage.payments_of(household) == ["p0", "q0"]
        assert stage.consumer.handled == stage.consumer.doubled == len(HOUSEHOLDS) + PARTITIONS

    async def test_a_new_database_takes_in_what_the_one_before_had_forgotten(
        self, stage: Stage, empty_bookkeeper: Callable[[], Any]
    ) -> None:
        await pay_everybody(stage, prefix="p")
        await stage.deliver()
        await forget(stage, await stage.consumer.read_offsets(), before=FAR_AHEAD)
        await stage.go_on_with(empty_bookkeeper())
        await stage.consume_all()
        for household in HOUSEHOLDS:
            assert await stage.payments_of(household) == ["p0"]

    async def test_a_topic_that_was_made_anew_is_read_from_its_start_whatever_the_database_kept_of_the_old(
        self, stage: Stage
    ) -> None:
        async with stage.bookkeeper.begin(now=NOW) as uow:
            await uow.records(ConsumerOffset).put(
                ConsumerOffset(topic=PAYMENTS.name, partition=number, offset=1000)
                for number in range(PARTITIONS)
            )
        await forget(stage, {(PAYMENTS.name, number): 1000 for number in range(PARTITIONS)}, before=LONG_AGO)
        await stage.pay("ann", 1, 2)
        await stage.deliver()
        assert await stage.payments_of("ann") == ["p0", "p1"]
        assert (await offsets(stage))[partition_of("ann", PARTITIONS)] == 2

    async def test_what_stands_in_a_stopped_partition_is_not_kept_as_taken_in(self, stage: Stage) -> None:
        there = [name for name in map("h{:03}".format, range(200)) if partition_of(name, PARTITIONS) == 2]
        stopped, other = there[:MANY_HOUSEHOLDS], "ann"
        assert partition_of(other, PARTITIONS) != 2
        for household in stopped:
            await stage.pay(household, -1)
        await stage.pay(other, 1)
        await stage.deliver()
        assert [each.partition for each in await stage.rows(StoppedPartition)] == [2]
        kept = await offsets(stage)
        assert (kept.get(2, 0), kept[partition_of(other, PARTITIONS)]) == (0, 1)
        stage.clerk.refuses_negative = False
        await stage.go_on_with(stage.bookkeeper)
        await stage.consume_all()
        assert (await offsets(stage))[2] == MANY_HOUSEHOLDS
        await stage.parking.replay_all(cause=None, now=NOW)
        assert [await stage.payments_of(each) for each in stopped] == [["p0"]] * MANY_HOUSEHOLDS

    async def test_what_is_passed_over_or_not_listened_to_is_behind_it_too(self, stage: Stage) -> None:
        await stage.broker.partitions(PAYMENTS.name)
        data = b'{"household":"ann","payment":"x","cents":1,"cleared_on":"2016-01-05"}'
        await stage.write("ann", envelope_of("ann", event_id="e1", kind="PaymentForgotten", data=b"{}"))
        await stage.write("ann", envelope_of("ann", event_id="e2", kind="PaymentCleared", data=data))
        await stage.consume_all()
        assert await offsets(stage) == {partition_of("ann", PARTITIONS): 2}
        assert [each.events for each in await stage.rows(PassedOverType)] == [1]

    async def test_a_reader_that_learned_a_type_takes_in_what_it_passed_over(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with older_reader(stage, monkeypatch):
            await stage.go_on_with(stage.bookkeeper)
            await pay_everybody(stage, prefix="p")
            await stage.pay("bad", -1, 2)
            await stage.deliver()
            assert sum(each.events for each in await stage.rows(PassedOverType)) == len(HOUSEHOLDS) + 2
            assert await stage.watermarks() == dict.fromkeys(range(PARTITIONS), TODAY)
        await stage.go_on_with(stage.bookkeeper)
        await stage.pay("ann", 1, prefix="q")
        await stage.deliver()
        for household in HOUSEHOLDS:
            assert await stage.payments_of(household) == ["p0"]
        assert await stage.payments_of("ann") == ["q0"]
        # Each with its own faults, and in its household's order.
        assert [(each.household, each.kind) for each in await stage.parked()] == [
            ("bad", "impossible"),
            ("bad", "behind"),
        ]
        assert (stage.consumer.handled, stage.consumer.parked) == (len(HOUSEHOLDS) + 1, 2)
        assert await stage.rows(PassedOverType) == []
        # It is read again once.
        await stage.go_on_with(stage.bookkeeper)
        await stage.pay("ann", 2, prefix="r")
        await stage.deliver()
        assert (stage.consumer.consumed, stage.consumer.doubled) == (1, 0)

    async def test_what_was_passed_over_is_noted_until_all_of_it_is_taken_in(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        there = [name for name in map("h{:03}".format, range(200)) if partition_of(name, PARTITIONS) == 2]
        with older_reader(stage, monkeypatch):
            await stage.go_on_with(stage.bookkeeper)
            for household in there[:MANY_HOUSEHOLDS]:
                await stage.pay(household, -1)
            await stage.deliver()
        await stage.go_on_with(stage.bookkeeper)
        await stage.consume_all()
        assert [each.partition for each in await stage.rows(StoppedPartition)] == [2]
        assert [each.events for each in await stage.rows(PassedOverType)] == [MANY_HOUSEHOLDS]
        stage.clerk.refuses_negative = False
        await stage.go_on_with(stage.bookkeeper)
        await stage.consume_all()
        assert await stage.rows(PassedOverType) == []
        await stage.parking.replay_all(cause=None, now=NOW)
        assert [await stage.payments_of(each) for each in there[:MANY_HOUSEHOLDS]] == [
            ["p0"]
        ] * MANY_HOUSEHOLDS

    async def test_a_type_that_is_known_later_and_not_listened_to_is_no_longer_noted(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with older_reader(stage, monkeypatch):
            await stage.go_on_with(stage.bookkeeper)
            await stage.pay("ann", 1)
            await stage.deliver()
            older = stage.service
        stage.service = older
        await stage.go_on_with(stage.bookkeeper)
        await stage.consume_all()
        assert await stage.rows(PassedOverType) == []
        assert (stage.consumer.consumed, stage.consumer.handled) == (1, 0)
        assert await stage.payments_of("ann") == []

    async def test_what_is_read_again_for_a_type_takes_in_nothing_else(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with deaf_reader(stage, monkeypatch, passes_over=("BooksClosed", 1)):
            await stage.go_on_with(stage.bookkeeper)
            await stage.pay("ann", 1, prefix="before-")
            await stage.deliver()
            await close_the_books(stage)
            await stage.deliver()
            await stage.pay("ann", 2, prefix="after-")
            await stage.deliver()
        await stage.go_on_with(stage.bookkeeper)
        await stage.pay("ann", 3, prefix="new-")
        await stage.deliver()
        assert await stage.payments_of("ann") == ["new-0"]
        assert await stage.watermarks() == dict.fromkeys(range(PARTITIONS), TODAY)
        assert await stage.rows(PassedOverType) == []

    async def test_of_a_type_only_the_version_that_was_passed_over_is_taken_in(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        later = envelope_of(None, event_id="v2", kind="BooksClosed", version=2, data=b"{}")
        await stage.broker.partitions(PAYMENTS.name)
        with deaf_reader(stage, monkeypatch, passes_over=("BooksClosed", 2)):
            await stage.go_on_with(stage.bookkeeper)
            await stage.write(None, later)
            await close_the_books(stage)
            await stage.deliver()
            assert [(each.type, each.version) for each in await stage.rows(PassedOverType)] == [
                ("BooksClosed", 2)
            ]
            await stage.write(None, later)
            await stage.consume_all()
        await stage.go_on_with(stage.bookkeeper)
        await stage.consume_all()
        assert await stage.watermarks() == {}
        # Whoever listens to the type and does not know this version parks it.
        assert [(each.event_id, each.kind) for each in await stage.parked()] == [("v2", "unknown")]

    async def test_it_takes_in_nothing_else_though_it_ended_in_the_middle(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with deaf_reader(stage, monkeypatch, passes_over=("BooksClosed", 1)):
            await stage.go_on_with(stage.bookkeeper)
            await close_the_books(stage)
            await stage.pay("ann", *[1] * 50)
            await close_the_books(stage, through=LATER)
            await stage.deliver()
        await stage.go_on_with(stage.bookkeeper)
        first = 0
        async with asyncio.timeout(60):
            while not first:
                first = await stage.consumer.turn(wait_seconds=0.2)
        assert first == 40
        assert await stage.rows(PassedOverType) != []
        assert await stage.consumer.read_offsets() == {}
        await stage.go_on_with(stage.bookkeeper)
        await stage.consume_all()
        assert await stage.payments_of("ann") == []
        assert await stage.watermarks() == dict.fromkeys(range(PARTITIONS), LATER)
        assert await stage.rows(PassedOverType) == []
        await stage.go_on_with(stage.bookkeeper)
        await stage.pay("ann", 2, prefix="new-")
        await stage.deliver()
        assert await stage.payments_of("ann") == ["new-0"]
        assert stage.consumer.consumed == 1

    @pytest.mark.parametrize("first", [0, 1, 2, 500])
    async def test_what_is_passed_over_of_a_topic_made_anew_is_noted_anew(
        self, stage: Stage, first: int
    ) -> None:
        await stage.broker.partitions(PAYMENTS.name)
        place = partition_of("ann", PARTITIONS)
        async with stage.bookkeeper.begin(now=NOW, households=[lane_of(PAYMENTS.name, place)]) as uow:
            await uow.records(ConsumerOffset).put(
                [ConsumerOffset(topic=PAYMENTS.name, partition=place, offset=1000)]
            )
            await uow.records(PassedOverType).put(
                [
                    PassedOverType(
                        topic=PAYMENTS.name,
                        partition=place,
                        type="VaultMoved",
                        version=1,
                        events=7,
                        first_offset=first,
                        first_event="of the old one",
                        through_offset=900,
                        first_at=NOW,
                        latest_at=NOW,
                    )
                ]
            )
        await stage.pay("ann", 1)
        await stage.relay_all()
        for number in (1, 2):
            moved = envelope_of("ann", event_id=f"x{number}", kind="VaultMoved", data=b"{}")
            await stage.write("ann", moved)
        await stage.consume_all()
        assert [
            (each.type, each.events, each.first_offset, each.first_event, each.through_offset)
            for each in await stage.rows(PassedOverType)
        ] == [("VaultMoved", 2, 1, "x1", 2)]
        assert await stage.payments_of("ann") == ["p0"]
        await stage.go_on_with(stage.bookkeeper)
        await stage.write("ann", envelope_of("ann", event_id="x3", kind="VaultMoved", data=b"{}"))
        await stage.consume_all()
        assert [each.events for each in await stage.rows(PassedOverType)] == [3]

    async def test_what_is_forgotten_is_noted_no_more_and_kept_with_who_and_why(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with older_reader(stage, monkeypatch):
            await stage.go_on_with(stage.bookkeeper)
            for each in ("ann", "bob"):
                await stage.pay(each, 1)
                await stage.relay_all()
                await stage.write(
                    each, envelope_of(each, event_id=f"x-{each}", kind="VaultMoved", data=b"{}")
                )
            await stage.deliver()
        there = f"{PAYMENTS.name} PaymentReceived v1"
        with pytest.raises(NotFound, match=f"not passed over: {there}, {PAYMENTS.name} VaultMoved v1 is"):
            await forget_passed_over(stage, "VaultMovd")
        with pytest.raises(InvalidValue):
            await forget_passed_over(stage, "VaultMoved", reason=" ")
        done = await forget_passed_over(stage, "VaultMoved")
        assert (done.events, done.forgotten_by, done.reason) == (2, "olga", "taken back")
        assert {each.type for each in await stage.rows(PassedOverType)} == {"PaymentReceived"}
        assert await stage.rows(ForgottenType) == [done]
        with pytest.raises(NotFound, match=f"not passed over: {there} is"):
            await forget_passed_over(stage, "VaultMoved")
        # What is read again for another type does not bring it back; what is said from now on is new.
        await stage.go_on_with(stage.bookkeeper)
        await stage.consume_all()
        assert await stage.payments_of("bob") == ["p0"]
        assert await stage.rows(PassedOverType) == []
        await stage.write("ann", envelope_of("ann", event_id="x3", kind="VaultMoved", data=b"{}"))
        await stage.consume_all()
        assert [each.events for each in await stage.rows(PassedOverType)] == [1]

    @pytest.mark.parametrize("begin", [3, 4])
    async def test_nothing_is_taken_in_of_what_is_forgotten_once_that_is_said(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch, begin: int
    ) -> None:
        with older_reader(stage, monkeypatch):
            await stage.go_on_with(stage.bookkeeper)
            for number in range(3):
                await stage.pay("ann", *[1] * 40, prefix=f"{number}-")  # a batch each
            await stage.deliver()
        taken_in: list[str] = []

        async def forget() -> None:
            await forget_passed_over(stage, "PaymentReceived")
            taken_in.extend(await stage.payments_of("ann"))

        await stage.consumer.close()
        between: Any = Before(stage.bookkeeper, begin=begin, do=forget)
        stage.consumer = stage.new_consumer(between)
        await stage.consume_all()
        assert len(await stage.rows(ForgottenType)) == 1
        assert await stage.payments_of("ann") == taken_in
        assert len(taken_in) < 120
        assert not stage.consumer.takes_in_what_was_passed_over()
        # What is said from now on is new.
        await stage.pay("ann", 1, prefix="new-")
        await stage.deliver()
        assert await stage.payments_of("ann") == [*taken_in, "new-0"]

    async def test_it_is_kept_with_what_the_batch_does_or_not_at_all(self, stage: Stage) -> None:
        gone = False

        async def handle(uow: UnitOfWork, batch: Sequence[Received]) -> None:
            await stage.clerk.handle(uow, batch)
            if gone:
                raise Retryable("the database went away at the end")

        stage.service = replace(stage.service, handle=handle)
        await stage.go_on_with(stage.bookkeeper)
        await stage.pay("ann", 1)
        await stage.deliver()
        place = partition_of("ann", PARTITIONS)
        gone = True
        await stage.pay("ann", 2, prefix="q")
        await stage.relay_all()
        turned = False
        async with asyncio.timeout(60):
            while not turned:
                try:
                    assert await stage.consumer.turn(wait_seconds=0.2) == 0
                except Retryable:
                    turned = True
        assert (await offsets(stage))[place] == 1
        gone = False
        await stage.consume_all()
        assert (await offsets(stage))[place] == 2
        assert await stage.payments_of("ann") == ["p0", "q0"]

    async def test_two_members_that_come_and_go_lose_and_double_nothing(self, stage: Stage) -> None:
        first, second = stage.consumer, stage.new_consumer()
        rounds = 0

        async def take_in(*members: Consumer) -> None:
            for member in members:
                await member.turn(wait_seconds=0.1)

        async with asyncio.timeout(90):
            for members, leaving in (
                ([first], []),
                ([first, second], [first]),
                ([second], []),
                ([second, first], []),
            ):
                for _ in range(3):
                    await pay_everybody(stage, prefix=f"{rounds}-")
                    rounds += 1
                    await stage.relay_all()
                    await take_in(*members)
                for member in leaving:
                    await member.close()
            while sum((await offsets(stage)).values()) < rounds * (len(HOUSEHOLDS) + PARTITIONS):
                await take_in(first, second)
        await second.close()
        for household in HOUSEHOLDS:
            assert await stage.payments_of(household) == [f"{number}-0" for number in range(rounds)]
        assert first.handled + second.handled == rounds * (len(HOUSEHOLDS) + PARTITIONS)
