"""The broker in memory keeps the broker's contract, and fails when it is told to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.broker import NotAllPublished
from bulkhead_testing.broker import MemoryBroker
from bulkhead_testing.suites.broker import TOPIC, BrokerSuite, fetch, message, numbers


@pytest.fixture
def broker() -> MemoryBroker:
    """A broker without topics."""
    return MemoryBroker(partitions=4)


@pytest.fixture
def forget(broker: MemoryBroker) -> Callable[[int], Awaitable[None]]:
    """Delete the first partition's messages before an offset."""

    async def before(offset: int) -> None:
        broker.deleted[TOPIC, 0] = offset

    return before


class TestBrokerInMemory(BrokerSuite):
    """The contract."""


async def test_a_broker_that_is_away_says_so(broker: MemoryBroker) -> None:
    subscription = await broker.subscribe(group="one", topics=[TOPIC])
    broker.away = True
    with pytest.raises(NotAllPublished) as refused:
        await broker.publish([message(1)])
    assert refused.value.published == frozenset()
    with pytest.raises(Retryable):
        await subscription.fetch(limit=1, wait_seconds=0)
    with pytest.raises(Retryable):
        await subscription.lag()
    broker.away = False
    assert await subscription.fetch(limit=1, wait_seconds=0) == []


async def test_it_can_fail_half_way(broker: MemoryBroker) -> None:
    broker.publishes_before_failing = 2
    with pytest.raises(NotAllPublished) as refused:
        await broker.publish([message(number) for number in range(5)])
    assert refused.value.published == frozenset({0, 1})
    assert numbers(broker.messages(TOPIC)) == [0, 1]


async def test_it_can_double_and_deliver_again(broker: MemoryBroker) -> None:
    broker.doubling = True
    await broker.publish([message(1), message(2)])
    subscription = await broker.subscribe(group="one", topics=[TOPIC])
    assert numbers(await fetch(subscription, 4)) == [1, 1, 2, 2]
    await subscription.commit()
    broker.deliver_again("one", messages=2)
    assert numbers(await fetch(subscription, 2)) == [2, 2]


async def test_what_is_done_is_no_lag_though_its_offsets_could_not_be_committed(broker: MemoryBroker) -> None:
    await broker.publish([message(1), message(2)])
    subscription = await broker.subscribe(group="one", topics=[TOPIC])
    assert numbers(await fetch(subscription, 2)) == [1, 2]
    assert await subscription.lag() == 2
    broker.away = True
    await subscription.commit()
    broker.away = False
    assert await subscription.lag() == 0
    assert await subscription.caught_up()
    # another member has to do it again
    await subscription.close()
    other = await broker.subscribe(group="one", topics=[TOPIC])
    assert await other.lag() == 2
    assert not await other.caught_up()
