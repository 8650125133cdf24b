"""What the live tests share: the house's scenarios, an exchange of one's own for each, and events nobody would send."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any, cast

import msgspec
from aiokafka import AIOKafkaProducer

from bulkhead.contracts.wire import Envelope, encode
from bulkhead.kernel.calendar import local
from bulkhead.messaging.partitioning import partition_of
from bulkhead_local import Exchange as Instance
from stories.language import Story, read_story_file
from stories.runner import Played, Player, play
from stories.stages.live import Live, LiveStage

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


def scenario(name: str) -> Story:
    """Return one of the house's scenarios."""
    return read_story_file(SCENARIOS / f"{name}.yaml")


@asynccontextmanager
async def live(played: Story, *, make: Callable[[Any], Live] = Live) -> AsyncIterator[Live]:
    """Start an exchange for a story, and remove it afterwards."""
    async with LiveStage(prefix="e2e-", make=make).exchange(played) as exchange:
        yield cast(Live, exchange)


async def played_live(played: Story) -> Played:
    """Play a story on an exchange of its own."""
    async with live(played) as exchange:
        return await play(played, exchange)


async def begun(played: Story, exchange: Live) -> Player:
    """Return a player that has filled the exchange with a story's catalog and households."""
    player = Player(played, exchange)
    await player.begin()
    return player


async def walk(player: Player, played: Story) -> None:
    """Take all steps of a story; every expectation must hold."""
    for step in played.steps:
        assert await player.take(step), player.played.failures


def envelope(
    household: str, *, type_: str, data: Any, version: int = 1, event_id: str | None = None
) -> bytes:
    """Return an event as the topics carry it, of December 3, 2015."""
    day = date(2015, 12, 3)
    return encode(
        Envelope(
            id=event_id or str(uuid.uuid4()),
            type=type_,
            version=version,
            household=household,
            occurred_at=local(day, 12),
            business_date=day,
            correlation_id="planted",
            causation_id=None,
            traceparent=None,
            data=msgspec.Raw(encode(data)),
        )
    )


async def publish(instance: Instance, topic: str, household: str, *values: bytes) -> None:
    """Write to a household's partition of a topic what no service says."""
    await publish_to(
        instance, topic, partition_of(household, instance.partitions), household.encode(), *values
    )


async def publish_to(
    instance: Instance, topic: str, partition: int, key: bytes | None, *values: bytes
) -> None:
    """Write to a partition of a topic what no service says."""
    producer = AIOKafkaProducer(**instance.backing.kafka_operator())
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(
                f"{instance.topic_prefix}{topic}", value, key=key, partition=partition
            )
    finally:
        await producer.stop()
