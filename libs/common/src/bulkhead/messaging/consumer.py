"""The consumer: batches of events in, one transaction each, every event to its effect once.

What happens when a batch fails depends on the family of the error alone. `Retryable`: the batch is fetched
again later. Poison, or a bug that stays one after some attempts: the batch is halved until the household that
fails stands alone; its event is parked with every later one of the household, and all others go on. What takes the
database too long is `Retryable` so often; then it is looked for in each partition and each household by itself, but a
turn ends after a few tries that took too long, for each lasts. The next one leaves those partitions alone, so that the
others go on in between.
Where the same fault befalls many households within a minute (or within an hour, where each took too long) it is not
theirs: its partition is stopped and the others go on.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from time import monotonic, time

from opentelemetry.trace import SpanKind

from bulkhead.kernel.errors import MOST_TOO_SLOW, Poison, Retryable, TookTooLong
from bulkhead.kernel.key_rings import HouseholdKeySet
from bulkhead.messaging.ages import committed_seconds
from bulkhead.messaging.arrivals import Arrival, Attributing, Decoder, PassedOver
from bulkhead.messaging.broker import Broker, Incoming, Place, Subscription
from bulkhead.messaging.faults import CommonFault, Faults
from bulkhead.messaging.forgotten import Forgotten
from bulkhead.messaging.learned import Learned
from bulkhead.messaging.parking import park
from bulkhead.messaging.partitioning import KeptPartitions, Repartitioned
from bulkhead.messaging.sealed import opening_of
from bulkhead.messaging.spans import event_spans
from bulkhead.messaging.standstill import Standstill, note_passed_over
from bulkhead.observability import metrics
from bulkhead.observability.logging import describe, get_logger
from bulkhead.persistence.event_tables import ConsumerOffset, InboxRecord, StoppedPartition, lane_of
from bulkhead.persistence.ports import Cause, UnitOfWork, UnitOfWorkFactory
from bulkhead.service import Received, Service

_log = get_logger("consumer")


class Consumer:
    """Takes a service's events from its topics to its handler.

    ``consumed`` counts messages done with, ``handled`` events that had their effect, ``doubled`` those
    dropped because they had it before, ``parked`` those set aside, ``passed_over`` those of unknown types.
    """

    def __init__(
        self,
        *,
        service: Service,
        uows: UnitOfWorkFactory,
        broker: Broker,
        now: Callable[[], datetime],
        batch: int = 3000,
        attempts: int = 3,
        elapsed_seconds: Callable[[], float] = monotonic,
        wall_seconds: Callable[[], float] = time,
    ) -> None:
        self.consumed = 0
        self.handled = 0
        self.doubled = 0
        self.parked = 0
        self.passed_over = 0
        self._service = service
        self._uows = uows
        self._broker = broker
        self._now = now
        self._batch = batch
        self._attempts = attempts
        self._wall_seconds = wall_seconds
        self._decoder = Decoder(service.inbound)
        self._opening = opening_of(service, self._decoder)
        self._subscription: Subscription | None = None
        self._subscribing = asyncio.Lock()
        self._faults = Faults(elapsed_seconds)
        self._kept = KeptPartitions(uows=uows, broker=broker, now=now)
        self._partitions: dict[str, int] = {}
        self._stopping: dict[Place, CommonFault] = {}
        self._standstill = Standstill(uows=uows, now=now, elapsed_seconds=elapsed_seconds)
        self._forgotten = Forgotten()
        self._learned = Learned(self._decoder)
        self._turning = asyncio.Lock()
        self._begun: set[Place] = set()
        self._too_slow: list[TookTooLong] = []
        self._took_too_long = Counter[Place]()
        self._kept_here: dict[Place, int] = {}

    async def turn(self, *, wait_seconds: float = 0) -> int:
        """Do the next batch, waiting so long for one; return how many messages that was.

        Raises `Retryable` while the database or the broker is away: the batch is fetched again by a later
        turn, and whoever drives the turns waits in between. Raises `Repartitioned` where a topic has not the
        partitions that this database was filled from, or is written to more.
        """
        async with self._turning:
            return await self._turn(wait_seconds)

    async def _turn(self, wait_seconds: float) -> int:
        subscription = await self._subscribed()
        await self._know_partitions()
        await self._standstill.heed_releases()
        without = self._left_alone()
        self._too_slow.clear()
        messages = await subscription.fetch(limit=self._batch, wait_seconds=wait_seconds, without=without)
        if not messages:
            return 0
        self._stopping.clear()
        through = {message.place: message.offset + 1 for message in messages}
        places = through.keys()
        self._begun |= places
        try:
            self._require_known_partitions(places)
            await self._take(messages, through=through)
        except AnotherDatabase:
            await self.close()
            raise
        except BaseException:
            await subscription.rewind()
            raise
        if self._stopping:
            # What others of the batch did is committed: the inbox drops it when it is fetched again.
            await subscription.rewind()
            for released in await self._standstill.stop(self._stopping.values()):
                self._faults.release(released)
        else:
            # Where it is read again the group stays where it was: all from there on is new to whoever comes next.
            await subscription.commit(at_least=self._learned.again_until)
            for place in places:
                del self._took_too_long[place]
            self._forgotten.have_read(through)
            self._learned.have_read(through)
            self._begun -= places
            self.consumed += len(messages)
            for place, fault in await self._standstill.go_on(places):
                elsewhere = self._standstill.is_stopped_by(fault)
                self._faults.overcome(place, fault, elsewhere=elsewhere)
            if lanes := self._learned.lanes(through):
                async with self._uows.begin(now=self._now(), households=lanes) as uow:
                    await self._learned.forget(uow, through)
        return len(messages)

    def takes_in_what_was_passed_over(self) -> bool:
        """Whether one of its partitions, those that are stopped left out, is read again for what was passed over."""
        return not self._learned.again_until.keys() <= set(self._standstill.places())

    def is_to_look(self) -> bool:
        """Whether it was given partitions and does not know yet from where on they are read."""
        return self._subscription is not None and self._subscription.is_to_begin()

    async def lag(self) -> int:
        """Return how many messages are not done with, those of stopped partitions left out.

        Raises `Retryable` while the broker is away.
        """
        return await (await self._subscribed()).lag(without=self._standstill.places())

    async def lags(self) -> dict[Place, int]:
        """Return, of each partition it has, how many messages are not done with. Raises `Retryable`."""
        return await (await self._subscribed()).lags()

    async def caught_up(self) -> bool:
        """Return whether all that was on the topics when this began is done with.

        What stands in a stopped partition keeps nobody waiting. Raises `Retryable` while the broker is away.
        """
        return await (await self._subscribed()).caught_up(without=self._standstill.places())

    async def read_offsets(self) -> dict[Place, int]:
        """Return, of each partition it has, the offset before which everything is done with and from which on nothing
        has been begun; of none while that cannot be said, as long as it is not caught up or a batch had to be left.

        Waits for the end of the turn that is under way. Raises `Retryable` while the broker is away.
        """
        async with self._turning:
            subscription = await self._subscribed()
            if not await subscription.caught_up():
                return {}
            done = await subscription.done()
            return {} if self._begun & done.keys() else done

    async def close(self) -> None:
        """Leave the group, so that others take the partitions over."""
        if self._subscription is not None:
            await self._subscription.close()
            self._subscription = None

    async def _subscribed(self) -> Subscription:
        async with self._subscribing:
            if self._subscription is None:
                topics = [topic.name for topic in self._service.subscribes]
                self._subscription = await self._broker.subscribe(
                    group=self._service.name, topics=topics, kept=self._kept_offsets
                )
            return self._subscription

    async def _kept_offsets(self, committed: Mapping[Place, int]) -> dict[Place, int]:
        """Return from where on each partition that this reader is given is read (ADR 0020, ADR 0048)."""
        async with self._uows.begin(now=self._now()) as uow:
            await self._forgotten.look(uow)
            kept = await uow.records(ConsumerOffset).select()
            taken_in = {(each.topic, each.partition): max(each.offset, each.again_until) for each in kept}
            come = {place: min(offset, taken_in.get(place, 0)) for place, offset in committed.items()}
            begin = await self._learned.look(uow, come)
            stopped = await uow.records(StoppedPartition).select()
            await self._faults.recall(uow)
        for fault in self._standstill.take_over(stopped):
            self._faults.know(fault)
        self._kept_here = {(each.topic, each.partition): each.offset for each in kept}
        return begin

    async def _know_partitions(self) -> None:
        """Learn once over how many partitions what is read here is spread."""
        if not self._partitions:
            self._partitions = {
                topic.name: await self._kept(topic.name) for topic in self._service.subscribes
            }

    def _require_known_partitions(self, places: Iterable[Place]) -> None:
        for topic, partition in places:
            kept = self._partitions[topic]
            if partition >= kept:
                raise Repartitioned(
                    f"{topic} is written to partition {partition} and read here with {kept}: once all that was written"
                    f" to {kept} is read, `topics adopt {topic}` with the number there are"
                )

    async def _take(self, messages: Sequence[Incoming], *, through: Mapping[Place, int]) -> None:
        for row in self._learned.of_a_topic_before(messages):
            async with self._uows.begin(
                now=self._now(), households=[lane_of(row.topic, row.partition)]
            ) as uow:
                await self._learned.begin_anew(uow, row)
        read = [
            each
            for each in map(self._decoder.read, messages)
            if each is not None and self._learned.is_new(each)
        ]
        unknown = [each for each in read if isinstance(each, PassedOver)]
        if unknown:
            counted = await note_passed_over(self._uows, unknown, now=self._now())
            self.passed_over += counted
            metrics.events_passed_over.add(counted)
        await self._apply_all([each for each in read if isinstance(each, Arrival)], through=through)

    async def _apply_all(self, arrivals: Sequence[Arrival], *, through: Mapping[Place, int]) -> None:
        """Apply a whole batch and keep that it is taken in: in one transaction, or after the last of several."""
        if self._is_slow(arrivals):
            apart = self._by_partition(arrivals)
        else:
            try:
                await self._in_one_transaction(arrivals, through=through)
            except Exception as error:
                if self._waits_out(error, arrivals):
                    raise
                several = len({each.incoming.place for each in arrivals}) > 1
                if isinstance(error, TookTooLong) and several:
                    apart = self._by_partition(arrivals)
                else:
                    apart = self._apply_apart(arrivals, error)
            else:
                return
        try:
            await apart
        except TookTooLong:
            if not self._stopping:
                raise
        if not self._stopping:
            await self._in_one_transaction((), through=through)

    def _left_alone(self) -> list[Place]:
        """Return the partitions that are not read on now: those that rest and, after a turn in which something took
        too long, each that may take so long again.
        """
        if not self._too_slow:
            return self._standstill.places()
        slow = (place for place, tries in self._took_too_long.items() if tries > self._attempts)
        return list({*self._standstill.all_places(), *slow})

    def _is_slow(self, arrivals: Sequence[Arrival]) -> bool:
        """Whether these are not to be tried together: what some of them ask for took too long so often."""
        places = {each.incoming.place for each in arrivals}
        known = any(self._took_too_long[place] >= self._attempts for place in places)
        return known or self._faults.common_among(arrivals, TookTooLong()) is not None

    async def _by_partition(self, arrivals: Sequence[Arrival]) -> None:
        """Apply each partition's by themselves, those first that took too long the least often; raises `TookTooLong`
        after all of them, or after as many tries as a turn may make, where some are left for another turn.
        """
        theirs: dict[Place, list[Arrival]] = {}
        for each in arrivals:
            theirs.setdefault(each.incoming.place, []).append(each)
        left: TookTooLong | None = None
        for place in sorted(theirs, key=lambda place: (self._took_too_long[place], place)):
            self._require_time()
            tries = len(self._too_slow)
            try:
                await self._apply(theirs[place])
            except TookTooLong as error:
                left = error
            else:
                if len(self._too_slow) == tries:
                    del self._took_too_long[place]
        if left is not None:
            raise left

    def _require_time(self) -> None:
        """Raise `TookTooLong` where that befell as many tries as a turn may make."""
        if len(self._too_slow) >= MOST_TOO_SLOW:
            raise self._too_slow[-1]

    async def _apply(self, arrivals: Sequence[Arrival]) -> None:
        # Nothing that comes after a fault in its partition may be done before it, watermarks least of all.
        arrivals = [each for each in arrivals if self._may_be_done(each.incoming)]
        if not arrivals:
            return
        try:
            await self._in_one_transaction(arrivals)
        except Exception as error:
            if self._waits_out(error, arrivals):
                raise
            await self._apply_apart(arrivals, error)

    def _waits_out(self, error: Exception, arrivals: Sequence[Arrival]) -> bool:
        """Whether all is to be fetched again later: a slow database may have recovered by then, but one event that
        always takes too long has not, and what many have in common is left to rest.
        """
        if not isinstance(error, TookTooLong):
            return isinstance(error, Retryable)
        self._too_slow.append(error)
        places = {each.incoming.place for each in arrivals}
        self._took_too_long.update(places)
        often = max((self._took_too_long[place] for place in places), default=0) >= self._attempts
        return not often and self._faults.common_among(arrivals, error) is None

    async def _apply_apart(self, arrivals: Sequence[Arrival], error: Exception) -> None:
        households = _by_household(arrivals)
        slow = isinstance(error, TookTooLong)
        if slow and (common := self._faults.common_among(arrivals, error)) is not None:
            self._stopping[common.place] = common
            self._require_time()
            await self._apply(arrivals)
            return
        if len(households) == 1:
            await self._one_by_one(households[0], error)
            return
        if slow:
            for its in households:
                self._require_time()
                await self._apply(its)
            return
        middle = len(households) // 2
        await self._apply([arrival for each in households[:middle] for arrival in each])
        await self._apply([arrival for each in households[middle:] for arrival in each])

    async def _one_by_one(self, arrivals: Sequence[Arrival], error: Exception) -> None:
        """Give each event of one household its effect, until one cannot have it: that one parks itself and
        the rest.
        """
        if len(arrivals) > 1:
            for arrival in arrivals:
                await self._apply([arrival])
            return
        attempt = 1
        while not isinstance(error, Poison | CommonFault | TookTooLong) and attempt < self._attempts:
            attempt += 1
            try:
                await self._in_one_transaction(arrivals)
            except Exception as again:
                if self._waits_out(again, arrivals):
                    raise
                error = again  # tried again, then parked
            else:
                return
        if not isinstance(error, Poison | CommonFault):
            _log.error("event failed", event_id=arrivals[0].event_id, attempts=attempt, **describe(error))
        try:
            if isinstance(error, CommonFault):
                raise error
            await self._in_one_transaction(arrivals, failed=error)
        except CommonFault as common:
            # What is behind one that was found is not tried any more: who is found later came before it.
            self._stopping[common.place] = common

    def _may_be_done(self, message: Incoming) -> bool:
        stop = self._stopping.get(message.place)
        return stop is None or message.offset < stop.offset

    async def _in_one_transaction(
        self,
        arrivals: Sequence[Arrival],
        *,
        failed: Exception | None = None,
        through: Mapping[Place, int] | None = None,
    ) -> None:
        """Give the events their effect and record them in the inbox. ``failed``: park the one event for this
        instead. ``through``: keep that all before these offsets is taken in.
        """
        households = {arrival.household for arrival in arrivals}
        again = self._learned.read_again(arrival.incoming for arrival in arrivals)
        locked = households.union(lane_of(*place) for place in again)
        async with self._uows.begin(now=self._now(), households=locked) as uow:
            if through is not None:
                await self._keep_offsets(uow, through)
            if again:
                await self._learned.heed_forgotten(uow, again)
                arrivals = [each for each in arrivals if self._learned.is_new(each)]
            fresh = await self._not_seen_before(uow, arrivals)
            aside = await uow.parked(households) if households else set[str]()
            handle: list[Arrival] = []
            parking: list[tuple[Arrival, BaseException | None]] = []
            for arrival in fresh:
                error = arrival.poison or failed
                if arrival.household not in aside and error is not None:
                    if len(households) > 1:
                        raise _Apart
                    self._faults.note(arrival, error)
                behind = arrival.household in aside and not _is_key(arrival)
                if behind or error is not None:
                    parking.append((arrival, error))
                    aside.add(arrival.household)
                else:
                    handle.append(arrival)
            if parking:
                await park(uow, parking)
            waited = await self._handle(uow, handle) if handle else 0
        self._kept_here.update(through or {})
        self.doubled += len(arrivals) - len(fresh)
        self.parked += len(parking) + waited
        self.handled += len(handle)
        if handle:
            now = self._wall_seconds()
            metrics.count_handled(now - committed_seconds(each.incoming) for each in handle)

    async def _not_seen_before(self, uow: UnitOfWork, arrivals: Sequence[Arrival]) -> list[Arrival]:
        by_key = {_key(arrival): arrival for arrival in reversed(arrivals)}
        if not by_key:
            return []
        inbox = uow.records(InboxRecord)
        # Nobody adds one of these meanwhile: their households are locked.
        for known in await inbox.select(event_id=sorted({arrival.event_id for arrival in arrivals})):
            by_key.pop((known.event_id, known.partition), None)
            by_key.pop((known.event_id, None), None)
        unknown = {id(arrival) for arrival in by_key.values()}
        unseen = [each for each in arrivals if id(each) in unknown]
        fresh = await self._forgotten.without_them(uow, unseen)
        if len(fresh) < len(unseen):
            self._learned.tell_too_old(unseen, fresh)
        await inbox.add(
            InboxRecord(event_id=each.event_id, partition=each.incoming.partition) for each in fresh
        )
        return fresh

    async def _keep_offsets(self, uow: UnitOfWork, through: Mapping[Place, int]) -> None:
        """Keep how far all is taken in; raises `AnotherDatabase` where this one says otherwise than it did."""
        offsets = uow.records(ConsumerOffset)
        topics, partitions = {topic for topic, _ in through}, {partition for _, partition in through}
        found = await offsets.select(topic=sorted(topics), partition=sorted(partitions))
        kept = {(each.topic, each.partition): each.offset for each in found}
        if any(kept.get(place) != self._kept_here.get(place, kept.get(place)) for place in through):
            raise AnotherDatabase(
                "the database is not the one that was read into before: begin where it has come"
            )
        await offsets.put(
            ConsumerOffset(
                topic=topic,
                partition=partition,
                offset=offset,
                again_until=self._learned.until((topic, partition), offset),
            )
            for (topic, partition), offset in sorted(through.items())
        )

    async def _handle(self, uow: UnitOfWork, arrivals: Sequence[Arrival]) -> int:
        """Give events their effect; return how many are parked that waited for a key among them."""
        traced = (
            (each.event_id, each.cause.traceparent if each.cause else None, each.type) for each in arrivals
        )
        with event_spans("handle", kind=SpanKind.CONSUMER, events=traced) as traceparents:
            if isinstance(uow, Attributing):
                uow.attribute(_causes(arrivals, traceparents))
            facts: list[Received] = [each.received for each in arrivals if each.received is not None]
            to_park: Sequence[tuple[Arrival, BaseException | None]] = ()
            if self._opening is not None:
                taken_in = await self._opening.take_in(uow, facts)
                facts, to_park = taken_in.facts, taken_in.to_park
            if to_park:
                self._note_waited(arrivals, to_park)
                await park(uow, to_park)
            if facts:
                await self._service.handle(uow, facts)
        return len(to_park)

    def _note_waited(
        self, arrivals: Sequence[Arrival], to_park: Sequence[tuple[Arrival, BaseException | None]]
    ) -> None:
        """Count the fault of what waited for a key. Where many have it, it is the key's partition that is to be
        stopped: theirs is read already, and what is not read yet may wait for its key as well.
        """
        if len(arrivals) > 1:
            raise _Apart
        [key] = arrivals
        for arrival, error in to_park:
            if error is not None:
                self._faults.note(replace(arrival, incoming=key.incoming, event_id=key.event_id), error)


def _is_key(arrival: Arrival) -> bool:
    """Whether an event says by which key a household's data is sealed: it is of no consequence what came before it, and
    that a key is forgotten waits for nobody.
    """
    return arrival.received is not None and isinstance(arrival.received.fact, HouseholdKeySet)


def _key(arrival: Arrival) -> tuple[str, int | None]:
    """Return what an event is known by: it is a household's once, in whatever partition, and for nobody in each."""
    return arrival.event_id, arrival.incoming.partition if arrival.is_of_nobody else None


class AnotherDatabase(Retryable):
    """A backup was put in the place of the database while this was running."""


class _Apart(Exception):
    """A fault is counted where its household is alone: what is counted here stands, and is not undone with others."""


def _causes(arrivals: Sequence[Arrival], traceparents: Mapping[str, str]) -> dict[str, Cause]:
    """Return each household's cause: the last event of it in the batch."""
    causes: dict[str, Cause] = {}
    for arrival in arrivals:
        if arrival.cause is not None:
            causes[arrival.household] = Cause(
                correlation_id=arrival.cause.correlation_id,
                causation_id=arrival.cause.causation_id,
                traceparent=traceparents.get(arrival.event_id, arrival.cause.traceparent),
            )
    return causes


def _by_household(arrivals: Sequence[Arrival]) -> list[list[Arrival]]:
    """Return each household's arrivals in order; those about none come last, for they may close what the
    others said.
    """
    ordered = sorted(arrivals, key=lambda arrival: (arrival.is_of_nobody, arrival.household))
    return [list(each) for _, each in groupby(ordered, key=lambda arrival: arrival.household)]
