"""What a consumer promises when its inbox is pruned: what had its effect has none again, however old it is."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bulkhead.contracts.registry import PAYMENTS
from bulkhead.messaging.broker import Place
from bulkhead.messaging.faults import MANY_HOUSEHOLDS
from bulkhead.messaging.partitioning import partition_of
from bulkhead.persistence.event_tables import (
    ConsumerOffset,
    InboxRecord,
    PassedOverType,
    Pruned,
    ReadOffset,
    StoppedPartition,
)
from bulkhead.persistence.ports import Cause, UnitOfWork
from bulkhead_testing.suites.delivery import PARTITIONS, Stage, envelope_of
from bulkhead_testing.suites.example import NOW

LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)
FAR_AHEAD = datetime(2100, 1, 1, tzinfo=UTC)


async def forget(stage: Stage, read: dict[Place, int], *, before: datetime) -> None:
    """Let the bookkeeper have an empty inbox, as if all before then had been pruned, and these offsets noted."""
    async with stage.bookkeeper.begin(now=NOW) as uow:
        await uow.records(InboxRecord).remove(partition__ge=0)
        await uow.records(Pruned).put([Pruned(name="inbox", before=before, through_seq=0)])
        await note(uow, read)


async def note(uow: UnitOfWork, read: dict[Place, int]) -> None:
    """Note these offsets, as the worker does each hour."""
    await uow.records(ReadOffset).put(
        ReadOffset(topic=topic, partition=partition, offset=offset, noted_at=NOW)
        for (topic, partition), offset in read.items()
    )


async def read_from_the_start(stage: Stage) -> None:
    """Let another worker read everything again, as when the group's offsets are lost."""
    await stage.consumer.close()
    stage.service = replace(stage.service, name=f"{stage.service.name}-without-offsets")
    stage.consumer = stage.new_consumer()
    await stage.consume_all()


class ForgettingSuite:
    """Give it a fixture ``stage``: a new `Stage` with empty databases and no messages."""

    async def test_what_the_inbox_has_forgotten_has_no_second_effect_and_what_is_new_has_one(
        self, stage: Stage
    ) -> None:
        await stage.pay("ann", 1, 2)
        await stage.pay("bob", 3)
        await stage.deliver()
        read = await stage.consumer.read_offsets()
        assert sorted(read) == [(PAYMENTS.name, number) for number in range(PARTITIONS)]
        assert sum(read.values()) == 3
        await stage.pay("ann", 4, prefix="q")
        await stage.relay_all()
        await forget(stage, read, before=FAR_AHEAD)
        await read_from_the_start(stage)
        assert await stage.payments_of("ann") == ["p0", "p1", "q0"]
        assert await stage.payments_of("bob") == ["p0"]
        assert (stage.consumer.consumed, stage.consumer.handled, stage.consumer.doubled) == (4, 1, 3)
        assert await stage.parked() == []

    async def test_what_was_forgotten_a_moment_ago_has_no_second_effect(self, stage: Stage) -> None:
        await stage.pay("ann", 1, 2)
        await stage.pay("bob", 3)
        await stage.deliver()
        read = await stage.consumer.read_offsets()
        # The same consumer, when nothing was forgotten yet, and then begins again.
        await stage.consumer.close()
        async with stage.bookkeeper.begin(now=NOW) as uow:
            await uow.records(ConsumerOffset).remove(partition__ge=0)
        await forget(stage, read, before=FAR_AHEAD)
        await stage.consume_all()
        assert await stage.payments_of("ann") == ["p0", "p1"]
        assert stage.consumer.doubled == 3

    async def test_what_is_forgotten_between_a_fetch_and_its_transaction_has_no_second_effect(
        self, stage: Stage
    ) -> None:
        await stage.pay("ann", 1, 2)
        await stage.deliver()
        read = await stage.consumer.read_offsets()
        async with stage.bookkeeper.begin(now=NOW) as uow:
            await note(uow, read)
            await uow.records(ConsumerOffset).remove(partition__ge=0)

        class Interrupted:
            @asynccontextmanager
            async def begin(
                self, *, now: datetime, households: Iterable[str] = (), cause: Cause | None = None
            ) -> AsyncGenerator[UnitOfWork]:
                if households:
                    await forget(stage, read, before=FAR_AHEAD)
                async with database.begin(now=now, households=households, cause=cause) as uow:
                    yield uow

            begin_shared = begin

        database = stage.bookkeeper
        await stage.consumer.close()
        stage.consumer = stage.new_consumer(Interrupted())
        await stage.consume_all()
        assert await stage.payments_of("ann") == ["p0", "p1"]
        assert (stage.consumer.handled, stage.consumer.doubled) == (0, 2)

    async def test_a_topic_that_was_made_anew_is_read_whatever_offsets_the_old_one_had(
        self, stage: Stage
    ) -> None:
        old = {(PAYMENTS.name, number): 1000 for number in range(PARTITIONS)}
        await forget(stage, old, before=LONG_AGO)
        await stage.pay("ann", 1, 2)
        await stage.deliver()
        assert await stage.payments_of("ann") == ["p0", "p1"]
        assert stage.consumer.doubled == 0

    async def test_it_says_how_far_it_is_only_when_nothing_is_begun_beyond(self, stage: Stage) -> None:
        await stage.pay("ann", 1)
        await stage.relay_all()
        assert await stage.consumer.read_offsets() == {}
        await stage.consume_all()
        assert sum((await stage.consumer.read_offsets()).values()) == 1
        there = [name for name in map("h{:03}".format, range(200)) if partition_of(name, PARTITIONS) == 2]
        for household in there[:MANY_HOUSEHOLDS]:
            await stage.pay(household, -1)
        await stage.deliver()
        assert [each.partition for each in await stage.rows(StoppedPartition)] == [2]
        assert await stage.consumer.read_offsets() == {}

    async def test_events_of_types_that_nobody_here_knows_are_counted_once_however_often_they_are_read(
        self, stage: Stage
    ) -> None:
        await stage.broker.partitions(PAYMENTS.name)
        unknown = [
            envelope_of("ann", event_id=f"e{number}", kind="PaymentForgotten", data=b"{}")
            for number in range(3)
        ]
        for each in unknown[:2]:
            await stage.write("ann", each)
        await stage.consume_all()
        stage.now = NOW + timedelta(hours=1)
        await read_from_the_start(stage)
        assert stage.consumer.passed_over == 0
        await stage.write("ann", unknown[2])
        await stage.consume_all()
        assert stage.consumer.passed_over == 1
        stage.now = NOW + timedelta(hours=2)
        await read_from_the_start(stage)
        (counted,) = await stage.rows(PassedOverType)
        assert (counted.type, counted.events, counted.through_offset) == ("PaymentForgotten", 3, 2)
        assert (counted.first_at, counted.latest_at) == (NOW, NOW + timedelta(hours=1))
