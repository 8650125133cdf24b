"""Relay and consumer over the database and the broker in memory, and what happens when these fail."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from bulkhead.contracts.registry import PAYMENTS
from bulkhead.kernel.errors import Retryable, TookTooLong
from bulkhead.messaging.broker import NotAllPublished
from bulkhead.messaging.faults import MANY_HOUSEHOLDS
from bulkhead.messaging.partitioning import partition_of
from bulkhead.persistence.event_tables import PassedOverType, StoppedPartition, lane_of
from bulkhead_testing.broker import MemoryBroker, MemoryOutbox
from bulkhead_testing.memory import MemoryDatabase
from bulkhead_testing.suites.delivery import PARTITIONS, DeliverySuite, Stage, envelope_of
from bulkhead_testing.suites.example import NOW, bookkeeper, teller
from bulkhead_testing.suites.forgetting import FAR_AHEAD, ForgettingSuite, forget
from bulkhead_testing.suites.rebuilding import RebuildingSuite
from bulkhead_testing.suites.rejoining import RejoiningSuite
from bulkhead_testing.suites.repartitioning import RepartitioningSuite
from bulkhead_testing.suites.resuming import ResumingSuite, older_reader


@pytest.fixture
def broker() -> MemoryBroker:
    """A broker without topics."""
    return MemoryBroker(partitions=PARTITIONS)


@pytest.fixture
def stage(broker: MemoryBroker) -> Stage:
    """A stage in memory."""
    return Stage(
        teller=MemoryDatabase.for_service(teller()),
        bookkeeper=MemoryDatabase.for_service(bookkeeper()),
        broker=broker,
        outbox_of=MemoryOutbox,
    )


@pytest.fixture
def empty_bookkeeper() -> Callable[[], MemoryDatabase]:
    """Makes more databases of the bookkeeper's."""
    return lambda: MemoryDatabase.for_service(bookkeeper())


class TestDeliveryInMemory(DeliverySuite):
    """The contract."""


class TestForgettingInMemory(ForgettingSuite):
    """The contract of a pruned inbox."""


class TestResumingInMemory(ResumingSuite):
    """The contract of where a reader goes on."""


@pytest.fixture
def empty_teller() -> Callable[[], MemoryDatabase]:
    """Makes more databases of the teller's."""
    return lambda: MemoryDatabase.for_service(teller())


class TestRebuildingInMemory(RebuildingSuite):
    """The contract of a picture made anew."""


class TestRejoiningInMemory(RejoiningSuite):
    """The contract of a database that is behind."""


class TestRepartitioningInMemory(RepartitioningSuite):
    """The contract of topics that get more partitions."""


async def test_a_publication_that_fails_half_way_is_completed_without_doubles(
    stage: Stage, broker: MemoryBroker
) -> None:
    for household in ("ann", "bob", "cyd", "dan"):
        await stage.pay(household, 1, 2, 3)
    for written in (5, 4):
        broker.publishes_before_failing = written
        with pytest.raises(NotAllPublished):
            await stage.relay.turn()
    broker.publishes_before_failing = None
    await stage.deliver()
    assert stage.consumer.doubled == 0
    assert stage.consumer.consumed == 12
    for household in ("ann", "bob", "cyd", "dan"):
        assert await stage.payments_of(household) == ["p0", "p1", "p2"]


async def test_what_is_published_twice_has_one_effect(stage: Stage, broker: MemoryBroker) -> None:
    broker.doubling = True
    await stage.pay("ann", 1, 2, 3)
    await stage.deliver()
    assert await stage.payments_of("ann") == ["p0", "p1", "p2"]
    assert stage.consumer.doubled == 3


async def test_while_the_database_is_away_nothing_moves_and_afterwards_all_does(stage: Stage) -> None:
    await stage.consumer.turn()
    await stage.pay("ann", 1, 2)
    await stage.relay_all()
    stage.bookkeeper.away = True
    for _ in range(3):
        with pytest.raises(Retryable):
            await stage.consumer.turn()
    assert await stage.consumer.lag() == 2
    stage.bookkeeper.away = False
    await stage.consume_all()
    assert await stage.payments_of("ann") == ["p0", "p1"]
    assert stage.consumer.doubled == 0


async def test_offsets_that_could_not_be_committed_come_again_and_are_dropped(
    stage: Stage, broker: MemoryBroker
) -> None:
    await stage.pay("ann", 1, 2)
    await stage.relay_all()

    async def fail_commits(operation: str) -> None:
        if operation == "commit offsets":
            raise Retryable("away")

    broker.interrupt = fail_commits
    assert await stage.consumer.turn() == 2
    broker.interrupt = None
    await stage.consumer.close()
    stage.consumer = stage.new_consumer()
    await stage.consume_all()
    assert await stage.payments_of("ann") == ["p0", "p1"]
    assert stage.consumer.doubled == 2


async def test_a_fault_that_another_worker_overcame_is_a_households_own_again(stage: Stage) -> None:
    everybody = [f"h{number:03}" for number in range(200)]
    there = [each for each in everybody if partition_of(each, PARTITIONS) == 2][:15]
    elsewhere = [each for each in everybody if partition_of(each, PARTITIONS) == 3][:2]
    for each in there:
        await stage.pay(each, -1)
    for _ in range(5):
        await stage.deliver()
        stage.seconds += 60
    assert len(await stage.parked()) == MANY_HOUSEHOLDS - 1
    # It rests, and whoever has the partition by now has gone on with it.
    async with stage.bookkeeper.begin(now=NOW, households=[lane_of(PAYMENTS.name, 2)]) as uow:
        await uow.records(StoppedPartition).remove(topic=PAYMENTS.name, partition=2)
    await stage.pay(elsewhere[0], 1)
    await stage.deliver()
    await stage.pay(elsewhere[1], -1)
    await stage.deliver()
    assert sorted(each.household for each in await stage.parked()) == sorted([*there, elsewhere[1]])
    assert await stage.rows(StoppedPartition) == []


async def test_where_the_database_takes_too_long_to_keep_how_far_it_is_a_batch_without_news_comes_again(
    stage: Stage,
) -> None:
    await stage.consumer.turn()
    data = b'{"household":"ann","payment":"x","cents":1,"cleared_on":"2016-01-05"}'
    await stage.write("ann", envelope_of("ann", event_id="e1", kind="PaymentCleared", data=data))

    async def slow(operation: str) -> None:
        if operation == "write":
            raise TookTooLong("slow")

    stage.bookkeeper.interrupt = slow
    for _ in range(5):
        with pytest.raises(TookTooLong):
            await stage.consumer.turn()
    stage.bookkeeper.interrupt = None
    assert await stage.consume_all() == 1


async def test_while_the_broker_is_away_the_teller_works_on(stage: Stage, broker: MemoryBroker) -> None:
    broker.away = True
    await stage.pay("ann", 1)
    with pytest.raises(Retryable):
        await stage.relay.turn()
    with pytest.raises(Retryable):
        await stage.consumer.turn()
    with pytest.raises(Retryable):  # how long that is waited for is not the consumer's to say
        await stage.consumer.caught_up()
    await stage.pay("ann", 2, prefix="q")
    assert await stage.relay.pending() == 2
    broker.away = False
    await stage.deliver()
    assert await stage.payments_of("ann") == ["p0", "q0"]


async def test_however_many_are_parked_at_once_it_takes_as_many_statements(stage: Stage) -> None:
    reads: dict[int, int] = {}
    households = [f"h{number:02}" for number in range(21)]
    for household in households:
        await stage.pay(household, -1)
        await stage.deliver()
        stage.seconds += 3600  # so that it is no fault they have in common
    for number in (1, 20):
        for household in households[:number]:
            await stage.pay(household, 1, prefix=f"{number}-")
        await stage.relay_all()
        operations: list[str] = []

        async def note(operation: str, to: list[str] = operations) -> None:
            to.append(operation)

        stage.bookkeeper.interrupt = note
        await stage.consumer.turn()
        stage.bookkeeper.interrupt = None
        reads[number] = operations.count("read")
    assert len([each for each in await stage.parked() if each.kind == "behind"]) == 21
    assert reads[20] <= reads[1]


@pytest.mark.parametrize("slow_partitions", [1, 8, 15])
async def test_where_the_database_takes_too_long_for_many_no_turn_lasts_and_sound_partitions_go_on(
    slow_partitions: int,
) -> None:
    partitions = 16
    stage = Stage(
        teller=MemoryDatabase.for_service(teller()),
        bookkeeper=MemoryDatabase.for_service(bookkeeper()),
        broker=MemoryBroker(partitions=partitions),
        outbox_of=MemoryOutbox,
    )
    everybody = [f"h{number:03}" for number in range(400)]
    stage.clerk.slow = {each for each in everybody if partition_of(each, partitions) < slow_partitions}
    stage.clerk.passes = stage.wait
    sound = next(each for each in everybody if partition_of(each, partitions) == partitions - 1)
    paying = [
        each
        for place in range(slow_partitions)
        for each in [each for each in everybody if partition_of(each, partitions) == place][
            : 1 + 15 // slow_partitions
        ]
    ]
    for each in paying:
        await stage.pay(each, 1)
    kept_waiting = 0
    waiting: list[int] = []
    for turn in range(60):
        await stage.pay(sound, 1, prefix=f"{turn}-")
        await stage.relay_all()
        began, before = stage.seconds, len(await stage.payments_of(sound))
        with suppress(TookTooLong):
            await stage.consumer.turn()
        assert stage.seconds - began <= 4 * 60
        kept_waiting = 0 if len(await stage.payments_of(sound)) > before else kept_waiting + 1
        waiting.append(kept_waiting)
        stage.seconds += 5
    parked = {each.household for each in await stage.parked()}
    assert len(parked) == MANY_HOUSEHOLDS - 1
    stopped = {each.partition for each in await stage.rows(StoppedPartition)}
    assert stopped == {partition_of(each, partitions) for each in paying if each not in parked}
    # Until each partition that is slow has been tried by itself it may wait; afterwards it goes on in every other turn.
    assert max(waiting[15:]) <= 1
    assert len(await stage.payments_of(sound)) >= 59


async def test_what_was_passed_over_before_what_the_inbox_goes_back_to_is_said_and_not_taken_in(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with older_reader(stage, monkeypatch):
        await stage.go_on_with(stage.bookkeeper)
        await stage.pay("ann", 1)
        await stage.deliver()
        await forget(stage, await stage.consumer.read_offsets(), before=FAR_AHEAD)
    await stage.go_on_with(stage.bookkeeper)
    with capture_logs() as logs:
        await stage.consume_all()
    assert [
        (each["event"], each["event_type"], each["partition"])
        for each in logs
        if each["event"] == "passed over too long ago"
    ] == [("passed over too long ago", "PaymentReceived", partition_of("ann", PARTITIONS))]
    assert (await stage.payments_of("ann"), await stage.rows(PassedOverType)) == ([], [])
