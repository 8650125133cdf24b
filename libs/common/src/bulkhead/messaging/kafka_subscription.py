"""One member of a Kafka consumer group, through aiokafka: nothing commits by itself, nothing is skipped."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import IllegalStateError

from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.broker import Incoming, KeptOffsets, Place
from bulkhead.messaging.kafka_faults import reaching_kafka
from bulkhead.messaging.kafka_history import end_consumer, incoming
from bulkhead.messaging.kafka_settings import KafkaSettings
from bulkhead.observability.logging import get_logger

_log = get_logger("kafka")

_SECONDS_BETWEEN_LOOKS = 10.0

_LONGEST_TURN_SECONDS = 900.0
"""After so long without asking for more a member is taken to be stuck, and its partitions go to others. A turn in which
the database takes too long ends after `MOST_TOO_SLOW` tries, each with statements of up to a minute.
"""


class KafkaSubscription:
    """A `Subscription`. ``topics`` maps the name on Kafka to our own.

    What was fetched and not committed is under way; when the group is rebalanced, its partitions are let go
    of only after what is under way has been committed or rewound. Those it is given are paused until the database
    has said where to begin.
    """

    def __init__(
        self,
        *,
        settings: KafkaSettings,
        group: str,
        topics: Mapping[str, str],
        kept: KeptOffsets | None,
    ) -> None:
        self._settings = settings
        self._group = group
        self._topics = dict(topics)
        self._kept = kept
        self._consumer: AIOKafkaConsumer | None = None
        self._looker: AIOKafkaConsumer | None = None
        self._began: dict[TopicPartition, int] = {}
        self._reached: dict[TopicPartition, int] = {}
        self._goals: dict[TopicPartition, int] = {}
        self._opening = asyncio.Lock()
        self._joined = asyncio.Event()
        self._assignments = 0
        self._begun = False
        self._nothing_under_way = asyncio.Event()
        self._nothing_under_way.set()
        self._moved = 0.0
        self._looked = 0.0

    async def open(self) -> None:
        """Connect and ask to join. Raises `Retryable` while Kafka is away."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.bootstrap,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            # The same partitions of every topic to the same member: a household's events meet in one worker.
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=int(self._settings.session * 1000),
            heartbeat_interval_ms=int(self._settings.session * 1000 / 4),
            # Its default is the session timeout: a batch slower than that would lose its partitions.
            rebalance_timeout_ms=int((self._settings.drain + self._settings.session) * 1000),
            max_poll_interval_ms=int(_LONGEST_TURN_SECONDS * 1000),
            request_timeout_ms=int(self._settings.request * 1000),
            **self._settings.client,
        )
        try:
            with reaching_kafka():
                async with asyncio.timeout(self._settings.connect):
                    await consumer.start()
        except BaseException:
            await end_consumer(consumer, seconds=self._settings.stop)
            raise
        self._forget()
        self._consumer = consumer
        consumer.subscribe(list(self._topics), listener=_Listener(self, consumer))

    async def fetch(
        self, *, limit: int, wait_seconds: float, without: Collection[Place] = ()
    ) -> list[Incoming]:
        """Return the next messages of all partitions but those in ``without``; none when none came in time.

        Raises `Retryable` when the database is away that is asked where to begin; and when Kafka is found to be away,
        and when this is behind and has not moved for too long: then it begins anew, with another client.
        """
        consumer = await self._opened()
        if not await self._is_joined(wait_seconds):
            await self._look_whether_it_moves(without)
            return []
        if not self._begun and not await self._begin(consumer):
            return []
        # Asked for none by name, it hands out those of every partition.
        places = self._all_but(consumer, without) if without else []
        if without and not places:
            await asyncio.sleep(wait_seconds)
            return []
        found = await self._fetched(consumer, places, limit=limit, wait_seconds=wait_seconds)
        messages: list[Incoming] = []
        for place, records in found.items():
            self._began.setdefault(place, records[0].offset)
            self._reached[place] = records[-1].offset + 1
            messages.extend(incoming(self._topics[place.topic], each) for each in records)
        if messages:
            self._nothing_under_way.clear()
        else:
            await self._look_whether_it_moves(without)
        return messages

    async def _fetched(
        self, consumer: AIOKafkaConsumer, places: list[TopicPartition], *, limit: int, wait_seconds: float
    ) -> dict[TopicPartition, list[Any]]:
        try:
            with reaching_kafka():
                try:
                    # It would wait for ever while a rebalance does not come to an end.
                    async with asyncio.timeout(wait_seconds + self._settings.request):
                        return await consumer.getmany(
                            *places, timeout_ms=int(wait_seconds * 1000), max_records=limit
                        )
                except TimeoutError:
                    await self.rewind()
                    return {}
        except Retryable as error:
            await self._start_anew(error)
            raise

    async def commit(self, *, at_least: Mapping[Place, int] | None = None) -> None:
        """Remember that all fetched so far is done, and of these partitions that all before ``at_least`` is. Where that
        fails it is fetched again, and dropped by the inbox.
        """
        at_least = at_least or {}
        reached, self._reached = self._reached, {}
        self._began.clear()
        self._moved = self._looked = _seconds()
        consumer = self._consumer
        if consumer is not None and reached:
            try:
                with reaching_kafka():
                    async with asyncio.timeout(self._settings.request):
                        assigned = consumer.assignment()
                        await consumer.commit(
                            {
                                place: max(offset, at_least.get(self._place(place), 0))
                                for place, offset in reached.items()
                                if place in assigned
                            }
                        )
            except Retryable as error:
                _log.warning("offsets not committed", group=self._group, says=str(error))
        self._nothing_under_way.set()

    async def rewind(self) -> None:
        """Go back to where what is under way began: fetching has moved on already."""
        began, self._began = self._began, {}
        self._reached.clear()
        consumer = self._consumer
        if consumer is not None:
            for place, offset in began.items():
                try:
                    consumer.seek(place, offset)
                except IllegalStateError:
                    _log.info(
                        "partition gone before its rewind", topic=place.topic, partition=place.partition
                    )
        self._nothing_under_way.set()

    async def lag(self, *, without: Collection[Place] = ()) -> int:
        """Return how many messages of our partitions, some left out, are not committed; 1 while we have not
        begun with them.

        Raises `Retryable` while Kafka is away.
        """
        if not self._begun or self._consumer is None:
            await self._opened()
            return 1
        ends, done = await self._ends_and_done(without)
        return sum(max(0, end - done[place]) for place, end in ends.items())

    async def lags(self) -> dict[Place, int]:
        """Return, of each of our partitions, how many messages are not committed; of none while we have not begun
        with them. Raises `Retryable` while Kafka is away.
        """
        if not self._begun or self._consumer is None:
            await self._opened()
            return {}
        ends, done = await self._ends_and_done(())
        return {self._place(place): max(0, end - done[place]) for place, end in ends.items()}

    async def caught_up(self, *, without: Collection[Place] = ()) -> bool:
        """Return whether all that was there when we got our partitions, some left out, is committed.

        Raises `Retryable`.
        """
        if not self._begun or self._consumer is None:
            await self._opened()
            return False
        ends, done = await self._ends_and_done(without)
        for place, end in ends.items():
            self._goals.setdefault(place, end)
        return all(offset >= self._goals[place] for place, offset in done.items())

    def is_to_begin(self) -> bool:
        """Whether partitions were assigned and it is not known yet where to begin with them."""
        return self._joined.is_set() and not self._begun

    async def done(self) -> dict[Place, int]:
        """Return, of each of our partitions, the offset before which everything is done with; of none while we have
        not begun with them. Raises `Retryable` while Kafka is away.
        """
        if not self._begun or self._consumer is None:
            return {}
        _, done = await self._ends_and_done(())
        return {self._place(place): offset for place, offset in done.items()}

    async def close(self) -> None:
        """Leave the group, within ``stop`` seconds."""
        consumers = (self._consumer, self._looker)
        self._consumer = self._looker = None
        self._nothing_under_way.set()
        for consumer in consumers:
            if consumer is not None:
                await end_consumer(consumer, seconds=self._settings.stop)

    async def let_go(self) -> None:
        """Wait until nothing is under way, as long as the group will: called before partitions are taken
        away.
        """
        try:
            async with asyncio.timeout(self._settings.drain):
                await self._nothing_under_way.wait()
        except TimeoutError:
            _log.warning("partitions lost with a batch under way", group=self._group)
        self._forget()

    def take(self, consumer: AIOKafkaConsumer, assigned: Collection[TopicPartition]) -> None:
        """Have newly assigned partitions, and hand out nothing of them before it is known where to begin."""
        self._assignments += 1
        self._begun = self._kept is None
        if not self._begun:
            consumer.pause(*assigned)
        self._moved = self._looked = _seconds()
        self._joined.set()

    def _forget(self) -> None:
        self._moved = self._looked = _seconds()
        self._began.clear()
        self._reached.clear()
        self._goals.clear()
        self._begun = False
        self._joined.clear()

    async def _opened(self) -> AIOKafkaConsumer:
        async with self._opening:
            if self._consumer is None:
                await self.open()
            if self._consumer is None:
                raise Retryable("this subscription was closed meanwhile")
            return self._consumer

    async def _start_anew(self, error: Retryable) -> None:
        _log.error("subscription begins anew", group=self._group, says=str(error))
        await self.close()
        self._forget()

    async def _is_joined(self, wait_seconds: float) -> bool:
        if not self._joined.is_set():
            try:
                async with asyncio.timeout(wait_seconds):
                    await self._joined.wait()
            except TimeoutError:
                return False
        return True

    async def _begin(self, consumer: AIOKafkaConsumer) -> bool:
        """Go to where both the group and the database have come; return whether the partitions are still the same."""
        assignment = self._assignments
        try:
            with reaching_kafka():
                async with asyncio.timeout(self._settings.request):
                    committed = {place: await consumer.position(place) for place in consumer.assignment()}
        except Retryable as error:
            if assignment == self._assignments:
                await self._start_anew(error)
            raise
        come = {self._place(place): offset for place, offset in committed.items()}
        kept = {} if self._kept is None else await self._kept(come)
        if assignment != self._assignments or not self._joined.is_set():
            return False
        for place, offset in committed.items():
            consumer.seek(place, min(offset, kept.get(self._place(place), 0)))
        consumer.resume(*committed)
        self._begun = True
        self._moved = self._looked = _seconds()
        return True

    def _place(self, place: TopicPartition) -> Place:
        return self._topics[place.topic], place.partition

    def _all_but(self, consumer: AIOKafkaConsumer, without: Collection[Place]) -> list[TopicPartition]:
        assigned = sorted(consumer.assignment())
        return [each for each in assigned if self._place(each) not in without]

    async def _ends_and_done(
        self, without: Collection[Place]
    ) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
        consumer = await self._opened()
        try:
            with reaching_kafka():
                async with asyncio.timeout(self._settings.request):
                    places = self._all_but(consumer, without)
                    ends = await (await self._looking()).end_offsets(places) if places else {}
                    done = {
                        place: self._began[place] if place in self._began else await consumer.position(place)
                        for place in places
                    }
        except Retryable:
            # A new client finds at once that Kafka is still away, where this one would try until its time is over.
            looker, self._looker = self._looker, None
            if looker is not None:
                await end_consumer(looker, seconds=1)
            raise
        return dict(ends), done

    async def _looking(self) -> AIOKafkaConsumer:
        """Return a client of its own for asking where partitions end: a broker answers a connection's
        requests one after the other, and the subscription's connection mostly waits for messages."""
        async with self._opening:
            if self._looker is None:
                looker = AIOKafkaConsumer(
                    bootstrap_servers=self._settings.bootstrap,
                    request_timeout_ms=int(self._settings.request * 1000),
                    **self._settings.client,
                )
                try:
                    await looker.start()
                except BaseException:
                    await end_consumer(looker, seconds=1)
                    raise
                self._looker = looker
            return self._looker

    async def _look_whether_it_moves(self, without: Collection[Place]) -> None:
        now = _seconds()
        if now - self._looked < min(_SECONDS_BETWEEN_LOOKS, self._settings.stuck / 2):
            return
        self._looked = now
        try:
            behind = await self.lag(without=without)
        except Retryable:
            self._moved = _seconds()  # While Kafka is away nothing can move.
            raise
        if not behind:
            self._moved = now
        elif now - self._moved > self._settings.stuck:
            stuck = Retryable(f"behind, and not moved for {now - self._moved:.0f} seconds")
            await self._start_anew(stuck)
            raise stuck


class _Listener(ConsumerRebalanceListener):
    def __init__(self, subscription: KafkaSubscription, consumer: AIOKafkaConsumer) -> None:
        self._subscription = subscription
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - it is awaited
        await self._subscription.let_go()

    async def on_partitions_assigned(self, assigned: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        self._subscription.take(self._consumer, assigned)


def _seconds() -> float:
    """Return the event loop's own seconds: they only measure how long something takes."""
    return asyncio.get_running_loop().time()
