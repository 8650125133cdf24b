"""The work of a service that no request waits for: publish, consume, do duties, poll; and how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from bulkhead.audit.chain import Chaining
from bulkhead.clock import Clock
from bulkhead.duties.runner import DutyRunner
from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.broker import Broker, NotAllPublished, Place
from bulkhead.messaging.consumer import AnotherDatabase, Consumer
from bulkhead.messaging.relay import Relay
from bulkhead.messaging.retention import Retention
from bulkhead.observability import metrics
from bulkhead.observability.readings import Source
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.runtime.in_step import BROKER_AWAY_SECONDS, InStep
from bulkhead.runtime.loops import Loop, OnBug
from bulkhead.runtime.measures import sources_of_a_worker
from bulkhead.service import Poller, Received, Service
from bulkhead.web.idempotency import forget_old_answers
from bulkhead.web.simulation import QuietView

_FLUSH_SECONDS = 5.0
_LONGEST_SETTLE_SECONDS = 0.25
_SECONDS_BETWEEN_GLANCES = 0.005
_SECONDS_BETWEEN_ASKING = 0.05
_SECONDS_FOR_THE_BROKER = 1.0
_SECONDS_UNTIL_ASKED_AGAIN = 2.0
_SECONDS_BETWEEN_FORGETTING = 3600.0
_SECONDS_BETWEEN_CHAINING = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often to look when nothing wakes us, in seconds, and how far ``apart`` two looks are when something does:
    every request wakes them, hundreds of times a second. Duties and pollers that were woken ``in_vain`` look again so
    much later: most requests leave them nothing to do. Where they are woken in vain again and again it grows to the
    ``longest_in_vain``.
    """

    relay: float = 0.2
    consumer: float = 0.5
    duties: float = 1.0
    pollers: float = 1.0
    longest_wait: float = 5.0
    apart: float = 0.05
    in_vain: float = 0.5
    longest_in_vain: float = 0.5


SIMULATION_PACE = Pace(
    relay=2.0,
    consumer=0.2,
    duties=2.0,
    pollers=2.0,
    longest_wait=0.25,
    apart=0.005,
    in_vain=0.005,
    longest_in_vain=0.1,
)
"""Whoever moves the clock also looks how far we are, and that wakes whatever has something left to do. So
nobody needs to look often by itself: five services that do take the time a year's work needs."""


async def _nothing_to_compare() -> None:
    """A database that is behind nothing."""


class Work:
    """All loops of a service on one database and one broker."""

    def __init__(
        self,
        *,
        service: Service,
        uows: UnitOfWorkFactory,
        clock: Clock,
        broker: Broker,
        relay: Relay,
        retention: Retention,
        pace: Pace,
        elapsed_seconds: Callable[[], float],
        require_known: Callable[[], Awaitable[None]] = _nothing_to_compare,
    ) -> None:
        self._service = service
        self._clock = clock
        self._uows = uows
        self._relay = relay
        self._retention = retention
        self._pace = pace
        self._elapsed_seconds = elapsed_seconds
        self._ask_broker_again_at = 0.0
        self._in_hand = False
        self._caught_up = False
        self._broker_away_since: float | None = None
        self._in_step = InStep(require_known, elapsed_seconds=elapsed_seconds)
        self._consumer = self._consumer_of(service, uows, broker) if service.subscribes else None
        self._runner = DutyRunner(service.duties, uows, elapsed_seconds=elapsed_seconds)
        self._pollers = service.pollers_on(uows)
        self._relay_loop = self._loop("relay", self._publish, pace.relay)
        self._duties_loop = self._loop("duties", self._do_duties, pace.duties, in_vain=pace.in_vain)
        self._poller_loops = [self._poller_loop(poller) for poller in self._pollers]
        self.loops: list[Loop] = [self._relay_loop, self._duties_loop, *self._poller_loops]
        self.loops.append(self._loop("forget", self._forget, _SECONDS_BETWEEN_FORGETTING, on_bug="retry"))
        self._retain_loop = self._loop("retain", self._retain, _SECONDS_BETWEEN_FORGETTING, on_bug="retry")
        self.loops.append(self._retain_loop)
        self._chaining = Chaining(uows)
        self.loops.append(self._loop("audit", self._chain, _SECONDS_BETWEEN_CHAINING, on_bug="retry"))
        if self._consumer is not None:
            self.loops.append(self._loop("consumer", self._consume, 0.001))

    def wake(self) -> None:
        """Make duties and pollers look: something arrived, or time has passed."""
        for loop in (self._duties_loop, *self._poller_loops):
            loop.wake()

    def wake_relay(self) -> None:
        """Make the relay publish what was just committed."""
        self._relay_loop.wake()

    def sources(self) -> tuple[Source, ...]:
        """Return what is to be measured of it."""
        return sources_of_a_worker(
            service=self._service, uows=self._uows, clock=self._clock, consumer=self._consumer
        )

    def stop(self) -> None:
        """Let every loop end after what it has in hand."""
        self._runner.stop()
        for loop in self.loops:
            loop.stop()

    async def close(self) -> None:
        """Leave the group, publish what is left within bounds, and give the outbox to another relay."""
        if self._consumer is not None:
            await self._consumer.close()
        with suppress(Retryable, TimeoutError):
            async with asyncio.timeout(_FLUSH_SECONDS):
                while await self._relay.turn():
                    pass
        await self._relay.close()

    async def look(self, now: datetime) -> QuietView:
        """Return how far everything is; what is in hand counts as left to do.

        What is in hand is let come to its end first, for a moment: a look takes time from the work. Things move
        while one asks: from the outbox to the topics, from there through a handler back to the outbox. So the
        outbox is asked first and last, and whatever moved in between is told as ``moving``.
        """
        await self._settle()
        before, away = self._counters(), list[str]()
        outbox = await self._relay.pending()
        lag = await self._lag(away) + self._in_hand
        polled = {poller.name: await poller.pending(now) for poller in self._pollers}
        next_due_at = await self._runner.next_due_at(now)
        duties = await self._runner.pending(now) + self._waiting_is_about_to_be_tried()
        outbox = max(outbox, await self._relay.pending())
        self._wake_what_is_behind(outbox, polled)
        counters = self._counters()
        moving = counters != before or self._relay_loop.turning
        busy = {"outbox": outbox, "lag": lag, "duties": duties, "moving": int(moving)}
        return QuietView(
            now=now,
            busy=busy | polled,
            counters=counters,
            waiting_duties=self._runner.waiting(),
            next_due_at=next_due_at,
            away=away,
        )

    async def _settle(self) -> None:
        loops = (self._relay_loop, self._duties_loop, *self._poller_loops)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_SETTLE_SECONDS):
                while self._in_hand or any(loop.in_hand for loop in loops):  # noqa: ASYNC110 - many at once
                    await asyncio.sleep(_SECONDS_BETWEEN_GLANCES)

    def _wake_what_is_behind(self, outbox: int, polled: Mapping[str, int]) -> None:
        for loop in self._poller_loops:
            if polled[loop.name]:
                loop.wake()
        if outbox:
            self._relay_loop.wake()

    def _waiting_is_about_to_be_tried(self) -> bool:
        """Whether a postponed duty may no longer have to wait: something has arrived, or is arriving."""
        arriving = self._duties_loop.attentive or any(loop.turning for loop in self._poller_loops)
        return arriving and bool(self._runner.waiting())

    def _counters(self) -> dict[str, int]:
        consumed = self._consumer.consumed if self._consumer else 0
        parked = self._consumer.parked if self._consumer else 0
        counters = {
            "published": self._relay.published,
            "consumed": consumed,
            "parked": parked,
            "duties_done": self._runner.done,
        }
        return counters | {f"{loop.name}_done": loop.done for loop in self._poller_loops}

    async def _lag(self, away: list[str]) -> int:
        """Return how many messages are not done with; 1, and the broker is told as away, when nobody can know.

        Whoever asks how far we are does not wait long for a broker that does not answer, nor each time it is asked.
        """
        if self._consumer is None:
            return 0
        if self._elapsed_seconds() >= self._ask_broker_again_at:
            try:
                async with asyncio.timeout(_SECONDS_FOR_THE_BROKER):
                    with suppress(Retryable):
                        return await self._consumer.lag()
            except TimeoutError:
                self._ask_broker_again_at = self._elapsed_seconds() + _SECONDS_UNTIL_ASKED_AGAIN
        away.append("broker")
        return 1

    async def _publish(self) -> int:
        await self._in_step.required()
        try:
            published = await self._relay.turn()
        except NotAllPublished:
            raise
        except Retryable:
            self._in_step.forget()  # the database was away: what answers next may be one that lost commits
            raise
        metrics.events_published.add(published)
        return published

    async def _consume(self) -> int:
        if self._consumer is None:
            return 0
        await self._in_step.required()
        try:
            consumed = await self._consumer.turn(wait_seconds=self._pace.consumer)
        except AnotherDatabase:
            self._in_step.forget()
            self._caught_up, self._broker_away_since = False, None
            raise
        finally:
            self._in_hand = False
        metrics.events_consumed.add(consumed)
        return consumed

    async def _forget(self) -> int:
        async with self._uows.begin(now=self._clock.now()) as uow:
            await forget_old_answers(uow)
        return 0

    async def _chain(self) -> int:
        await self._chaining.turn(self._clock.now())
        return 0

    async def _retain(self) -> int:
        read: Mapping[Place, int] = {}
        if self._consumer is not None:
            with suppress(Retryable):  # with the broker away months are made all the same
                read = await self._consumer.read_offsets()
        await self._retention.turn(read=read)
        return 0

    async def _do_duties(self) -> int:
        now = self._clock.now()
        await self._runner.open(now)
        if not await self._may_begin():
            await asyncio.sleep(_SECONDS_BETWEEN_ASKING)
            self._duties_loop.wake()
            return 0
        return await self._runner.turn(now)

    async def _may_begin(self) -> bool:
        """Whether all that was on the topics at the start is known, and what was passed over of types that are known by
        now, or cannot be for the time being.
        """
        if not await self._in_step.as_far_as_can_be_known():
            return False
        if self._consumer is None:
            return True
        if self._caught_up:
            if self._consumer.is_to_look():
                return False
            if not self._consumer.takes_in_what_was_passed_over():
                return True
        try:
            await self._consumer.lag()
            self._broker_away_since = None
            self._caught_up = await self._consumer.caught_up()
            if self._caught_up:
                self._retain_loop.wake()  # what it could not be told when it began
        except Retryable:
            if self._broker_away_since is None:
                self._broker_away_since = self._elapsed_seconds()
            self._caught_up = self._elapsed_seconds() - self._broker_away_since > BROKER_AWAY_SECONDS
        return self._caught_up

    def _consumer_of(self, service: Service, uows: UnitOfWorkFactory, broker: Broker) -> Consumer:
        async def handle(uow: UnitOfWork, batch: Sequence[Received]) -> None:
            self._in_hand = True  # until the turn ends: its effect is committed before anyone is woken by it
            await service.handle(uow, batch)

        return Consumer(
            service=replace(service, handle=handle), uows=uows, broker=broker, now=self._clock.now
        )

    def _poller_loop(self, poller: Poller) -> Loop:
        async def turn() -> int:
            if not await self._in_step.as_far_as_can_be_known():
                return 0
            return await poller.turn(self._clock.now())

        return self._loop(poller.name, turn, self._pace.pollers, on_bug="retry", in_vain=self._pace.in_vain)

    def _loop(
        self,
        name: str,
        turn: Callable[[], Awaitable[int]],
        idle_seconds: float,
        *,
        on_bug: OnBug = "exit",
        in_vain: float = 0.0,
    ) -> Loop:
        return Loop(
            name=name,
            turn=turn,
            idle_seconds=idle_seconds,
            longest_wait_seconds=self._pace.longest_wait,
            progressed=self.wake,
            apart_seconds=self._pace.apart,
            in_vain_seconds=in_vain,
            longest_in_vain_seconds=self._pace.longest_in_vain if in_vain else 0.0,
            on_bug=on_bug,
        )


class NoWork:
    """What a process without loops tells of itself: it has nothing to do but answer."""

    async def look(self, now: datetime) -> QuietView:
        """Return that nothing is left to do here."""
        return QuietView(now=now, busy={}, counters={}, waiting_duties=[], next_due_at=None, away=[])
