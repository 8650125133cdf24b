"""Relay and consumer over the database and the broker in memory, and what happens when these fail."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.broker import NotAllPublished
from bulkhead.messaging.partitioning import partition_of
from bulkhead.persistence.event_tables import PassedOverType
from bulkhead_testing.broker import MemoryBroker, MemoryOutbox
from bulkhead_testing.memory import MemoryDatabase
from bulkhead_testing.suites.delivery import PARTITIONS, DeliverySuite, Stage
from bulkhead_testing.suites.example import bookkeeper, teller
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


async def test_while_the_broker_is_away_the_teller_works_on(stage: Stage, broker: MemoryBroker) -> None:
    broker.away = True
    await stage.pay("ann", 1)
    with pytest.raises(Retryable):
        await stage.relay.turn()
    with pytest.raises(Retryable):
        await stage.consumer.turn()
    assert await stage.consumer.caught_up()
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
