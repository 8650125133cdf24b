"""What `bulkhead.messaging.broker.Broker` and its subscriptions promise."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.broker import Incoming, NoLongerKept, Outgoing, Place, Subscription
from bulkhead.persistence.outbox import LARGEST_EVENT_BYTES

TOPIC = "orders"
OTHER = "others"


def message(number: int, *, partition: int = 0, topic: str = TOPIC) -> Outgoing:
    """Return a message whose value is its number."""
    return Outgoing(topic, partition, b"key", str(number).encode(), (("traceparent", b"00-1"),))


async def fetch(subscription: Subscription, count: int) -> list[Incoming]:
    """Return so many messages, however many fetches that takes."""
    found: list[Incoming] = []
    async with asyncio.timeout(60):
        while len(found) < count:
            found += await subscription.fetch(limit=count - len(found), wait_seconds=0.2)
    return found


def numbers(messages: list[Incoming], *, partition: int = 0) -> list[int]:
    """Return the numbers in a partition's messages, in the order they came."""
    return [int(each.value) for each in messages if each.partition == partition]


async def _refuses(subscription: Subscription) -> None:
    """Fetch until that is refused."""
    async with asyncio.timeout(60):
        while True:
            try:
                assert await subscription.fetch(limit=1, wait_seconds=0.2) == []
            except Retryable:
                return


class BrokerSuite:
    """Give it a fixture ``broker`` with no topics, that makes topics of 4 partitions."""

    async def test_a_topic_is_made_when_it_is_asked_for(self, broker: Any) -> None:
        assert await broker.partitions(TOPIC) == 4
        assert await broker.partitions(TOPIC) == 4

    async def test_each_partition_comes_in_order_with_everything_that_was_written(self, broker: Any) -> None:
        await broker.partitions(TOPIC)
        await broker.publish([message(number, partition=number % 3) for number in range(300)])
        await broker.publish([message(number, partition=number % 3) for number in range(300, 330)])
        subscription = await broker.subscribe(group="one", topics=[TOPIC])
        found = await fetch(subscription, 330)
        for partition in range(3):
            assert numbers(found, partition=partition) == list(range(partition, 330, 3))
        first = next(each for each in found if each.partition == 2)
        assert first == Incoming(TOPIC, 2, 0, b"key", b"2", first.written_at, (("traceparent", b"00-1"),))
        await subscription.close()

    async def test_it_says_where_each_partition_ends(self, broker: Any) -> None:
        assert await broker.ends(TOPIC) == {0: 0, 1: 0, 2: 0, 3: 0}
        await broker.publish([message(number, partition=number % 3) for number in range(10)])
        assert await broker.ends(TOPIC) == {0: 4, 1: 3, 2: 3, 3: 0}

    async def test_what_it_holds_can_be_read_from_any_offset_and_moves_nobodys_place(
        self, broker: Any
    ) -> None:
        await broker.partitions(TOPIC)
        await broker.publish([message(number, partition=number % 3) for number in range(60)])
        subscription = await broker.subscribe(group="one", topics=[TOPIC])
        await fetch(subscription, 10)
        await subscription.commit()
        found: list[Incoming] = []
        async for messages in broker.history({(TOPIC, 0): 0, (TOPIC, 1): 18, (TOPIC, 3): 0}):
            if not found:  # what comes meanwhile is not of it
                await broker.publish([message(99)])
            found += messages
        assert numbers(found, partition=0) == list(range(0, 60, 3))
        assert numbers(found, partition=1) == [55, 58]
        assert numbers(found, partition=2) == []
        assert [each.offset for each in found if each.partition == 1] == [18, 19]
        assert len(await fetch(subscription, 51)) == 51
        await subscription.close()

    async def test_what_a_topic_no_longer_keeps_is_said_or_passed_over(
        self, broker: Any, forget: Callable[[int], Awaitable[None]]
    ) -> None:
        await broker.partitions(TOPIC)
        await broker.publish([message(number) for number in range(10)])
        await forget(8)
        with pytest.raises(NoLongerKept, match="begins at 8"):
            async for _ in broker.history({(TOPIC, 0): 7}):
                pass
        found: list[Incoming] = []
        async for messages in broker.history({(TOPIC, 0): 7, (TOPIC, 1): 0}, or_later=True):
            found += messages
        assert numbers(found, partition=0) == [8, 9]
        await forget(10)
        async for _ in broker.history({(TOPIC, 0): 7}, or_later=True):
            raise AssertionError("nothing is left")

    async def test_a_message_may_have_no_key_and_no_headers(self, broker: Any) -> None:
        await broker.partitions(TOPIC)
        await broker.publish([Outgoing(TOPIC, 1, None, b"plain")])
        subscription = await broker.subscribe(group="one", topics=[TOPIC])
        (found,) = await fetch(subscription, 1)
        assert found == Incoming(TOPIC, 1, 0, None, b"plain", found.written_at)
        await subscription.close()

    async def test_the_largest_event_there_may_be_passes(self, broker: Any) -> None:
        await broker.partitions(TOPIC)
        large = Outgoing(TOPIC, 0, b"key", bytes(LARGEST_EVENT_BYTES))
        await broker.publish([message(1), large, message(3)])
        subscription = await broker.subscribe(group="one", topics=[TOPIC])
        found = await fetch(subscription, 3)
        assert [len(each.value) for each in found] == [1, LARGEST_EVENT_BYTES, 1]
        await subscription.close()

    async def test_what_was_not_committed_comes_again_to_the_next_member(self, broker: Any) -> None:
        await broker.partitions(TOPIC)
        await broker.publish([message(number) for number in range(10)])
        first = await broker.subscribe(group="one", topics=[TOPIC])
        assert numbers(await fetch(first, 4)) == [0, 1, 2, 3]
        await first.commit()
        assert numbers(await fetch(first, 3)) == [4, 5, 6]
        await first.close()
        second = await broker.subscribe(group="one", topics=[TOPIC])
        assert numbers(await fetch(second, 6)) == [4, 5, 6, 7, 8, 9]
        await second.close()

    async def test_rewinding_goes_back_to_what_was_committed(self, broker: Any) -> None:
        await broker.partitions(TOPIC)
        await broker.publish([message(number, partition=number % 2) for number in range(20)])
        subscription = await broker.subscribe(group="one", topics=[TOPIC])
        await fetch(subscription, 5)
        await subscription.commit()
        before = await fetch(subscription, 15)
        await subscription.rewind()
        again = await fetch(subscription, 15)
        for partition in range(2):
            assert numbers(again, partition=partition) == numbers(before, partition=partition)
        await subscription.close()

    async def test_every_group_gets_everything(self, broker: Any) -> None:
        await broker.partitions(TOPIC)
        await broker.publish([message(number) for number in range(5)])
        for group in ("one", "two"):
            subscription = await broker.subscribe(group=group, topics=[TOPIC])
            assert numbers(await fetch(subscription, 5)) == [0, 1, 2, 3, 4]
            await subscription.commit()
            await subscription.close()

    async def test_one_member_reads_several_topics(self, broker: Any) -> None:
        subscription = await broker.subscribe(group="one", topics=[TOPIC, OTHER])
        await broker.publish([message(1), message(2, topic=OTHER, partition=3)])
        found = await fetch(subscription, 2)
        assert sorted((each.topic, each.partition, each.value) for each in found) == [
            (TOPIC, 0, b"1"),
            (OTHER, 3, b"2"),
        ]
        await subscription.close()

    async def test_the_lag_is_what_is_not_committed(self, broker: Any) -> None:
        await broker.partitions(TOPIC)
        await broker.publish([message(number, partition=number % 4) for number in range(12)])
        subscription = await broker.subscribe(group="one", topics=[TOPIC])
        assert await subscription.lags() in ({}, {(TOPIC, number): 3 for number in range(4)})
        assert not await subscription.caught_up()
        found = await fetch(subscription, 1)
        assert await subscription.lag() == 12
        await subscription.commit()
        assert await subscription.lag() == 11
        assert not await subscription.caught_up()
        found += await fetch(subscription, 11)
        await subscription.commit()
        assert await subscription.lag() == 0
        assert await subscription.caught_up()
        await broker.publish([message(99)])
        assert await subscription.lag() == 1
        assert await subscription.caught_up()
        assert await subscription.done() == {(TOPIC, number): 3 for number in range(4)}
        assert await subscription.lags() == {(TOPIC, 0): 1, (TOPIC, 1): 0, (TOPIC, 2): 0, (TOPIC, 3): 0}
        await subscription.close()

    async def test_a_group_whose_database_has_come_less_far_begins_there(self, broker: Any) -> None:
        await broker.partitions(TOPIC)
        await broker.publish([message(number, partition=number % 3) for number in range(30)])
        first = await broker.subscribe(group="one", topics=[TOPIC])
        await fetch(first, 30)
        await first.commit()
        await first.close()
        database = {(TOPIC, 0): 4, (TOPIC, 1): 1000}
        away = True
        told: dict[Place, int] = {}

        async def kept(come: Mapping[Place, int]) -> dict[Place, int]:
            told.update(come)
            if away:
                raise Retryable("the database is away")
            return database

        second = await broker.subscribe(group="one", topics=[TOPIC], kept=kept)
        for _ in range(2):
            await _refuses(second)
            assert (await second.lag(), await second.caught_up(), await second.done()) == (1, False, {})
            assert second.is_to_begin()
        away = False
        found = await fetch(second, 16)
        assert not second.is_to_begin()
        assert told == {(TOPIC, 0): 10, (TOPIC, 1): 10, (TOPIC, 2): 10, (TOPIC, 3): 0}
        # As far as the database has come, as far as the group has, and from the start.
        assert numbers(found, partition=0) == list(range(12, 30, 3))
        assert numbers(found, partition=1) == []
        assert numbers(found, partition=2) == list(range(2, 30, 3))
        assert await second.fetch(limit=10, wait_seconds=0) == []
        await second.rewind()
        assert await second.lag() == 16
        assert len(await fetch(second, 16)) == 16
        await second.commit()
        assert await second.done() == {(TOPIC, 0): 10, (TOPIC, 1): 10, (TOPIC, 2): 10, (TOPIC, 3): 0}
        await second.close()

    async def test_a_group_never_goes_back_before_what_it_is_told_is_done(self, broker: Any) -> None:
        await broker.partitions(TOPIC)
        await broker.publish([message(number) for number in range(10)])
        first = await broker.subscribe(group="one", topics=[TOPIC])
        assert len(await fetch(first, 3)) == 3
        await first.commit(at_least={(TOPIC, 0): 7})
        assert (await first.done())[TOPIC, 0] == 3
        await first.close()
        second = await broker.subscribe(group="one", topics=[TOPIC])
        assert numbers(await fetch(second, 3), partition=0) == [7, 8, 9]
        await second.close()

    async def test_two_members_share_the_partitions(self, broker: Any) -> None:
        await broker.partitions(TOPIC)
        first = await broker.subscribe(group="one", topics=[TOPIC])
        second = await broker.subscribe(group="one", topics=[TOPIC])
        written: dict[int, int] = dict.fromkeys(range(4), 0)
        found: dict[int, list[Incoming]] = {0: [], 1: []}
        async with asyncio.timeout(60):
            while not (found[0] and found[1]):
                await broker.publish([message(written[each], partition=each) for each in range(4)])
                written = {each: count + 1 for each, count in written.items()}
                for index, member in enumerate((first, second)):
                    found[index] += await member.fetch(limit=100, wait_seconds=0.2)
                    await member.commit()
            while sum(len(each) for each in found.values()) < sum(written.values()):
                for index, member in enumerate((first, second)):
                    found[index] += await member.fetch(limit=100, wait_seconds=0.2)
                    await member.commit()
        for partition in range(4):
            got = sorted(numbers(found[0] + found[1], partition=partition))
            assert got == list(range(written[partition]))
        await first.close()
        await second.close()
