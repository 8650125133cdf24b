"""Several services in one process, without a network: real use cases on memory databases and a memory broker.

Nothing runs by itself here. `MemoryExchange.settle` drives all turns of every service until none has anything left to
do, so that a story is deterministic and takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import httpx2
from fastapi import FastAPI

from bulkhead.clock import SimulatedClock
from bulkhead.duties.runner import DutyRunner
from bulkhead.kernel.errors import BulkheadError, Retryable
from bulkhead.messaging.consumer import Consumer
from bulkhead.messaging.relay import Relay
from bulkhead.service import Poller, Service
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.broker import MemoryBroker, MemoryOutbox
from bulkhead_testing.memory import MemoryDatabase
from bulkhead_testing.web import app_of, client_of

MOST_ROUNDS = 2_000
"""Rounds of turns after which an exchange that still has work is taken to be going in circles."""


class NeverQuiet(BulkheadError):
    """Some service goes on having something to do. The text says which, and with what."""


@dataclass(slots=True)
class Running:
    """One running process of a service: what it loses when it stops. Its database outlives it.

    While ``duties_wait`` its duties are not done, as where whoever does them is late.
    """

    service: Service
    database: MemoryDatabase
    clock: SimulatedClock
    relay: Relay
    consumer: Consumer
    duties: DutyRunner
    pollers: tuple[Poller, ...]
    app: FastAPI
    client: httpx2.AsyncClient
    duties_wait: bool = False

    async def communicate(self) -> int:
        """Publish and consume once; return how many events that was."""
        return await _passed_over(self.relay.turn) + await _passed_over(self.consumer.turn)

    async def work(self) -> int:
        """Do what is due and what pollers find, once; return how much that was.

        Duties begin only when all that was on the topics at the start is known, or the broker is away.
        """
        now = self.clock.now()
        done = 0
        if not self.duties_wait and (not self.service.subscribes or await self.consumer.caught_up()):
            done += await _passed_over(lambda: self.duties.turn(now))
        for poller in self.pollers:
            done += await _passed_over(lambda each=poller: each.turn(now))
        return done

    async def busy(self) -> dict[str, int]:
        """Return what is left to do, by kind: for whoever asks why it is not quiet."""
        now = self.clock.now()
        counts = {"outbox": await self.relay.pending(), "duties": await self.duties.pending(now)}
        for poller in self.pollers:
            counts[poller.name] = await poller.pending(now)
        return {name: count for name, count in counts.items() if count}


async def _passed_over(turn: Callable[[], Awaitable[int]]) -> int:
    """Take a turn; 0 where something it needs is away, as a live loop would wait and try again."""
    try:
        return await turn()
    except Retryable:
        return 0


class Rest:
    """Who found nothing to do while time stands still, and how things stood then.

    Until that changes there is nothing to do for it either, and it need not look.
    """

    def __init__(self) -> None:
        self._stood: dict[str, tuple[int, int]] = {}

    async def unless_nothing_changed(
        self, name: str, turn: Callable[[], Awaitable[int]], stands: Callable[[], tuple[int, int]]
    ) -> int:
        """Take a turn and return how much it did; 0 for one whose last found nothing, where all stands as it did."""
        if self._stood.get(name) == stands():
            return 0
        done = await turn()
        if not done:
            self._stood[name] = stands()
        return done


class MemoryExchange:
    """A whole exchange in memory.

    ``assemble`` makes each service anew whenever its process starts; ``databases`` outlive processes.
    ``seconds`` is a clock that always runs, for whatever spaces out its attempts: it leaps ahead whenever the
    exchange settles.
    """

    def __init__(
        self,
        *,
        assemble: Mapping[str, Callable[[], Service]],
        start: date,
        broker: MemoryBroker | None = None,
        issuer: TestIssuer | None = None,
    ) -> None:
        self.broker = broker or MemoryBroker()
        self.issuer = issuer or TestIssuer()
        self.databases: dict[str, MemoryDatabase] = {}
        self.running: dict[str, Running] = {}
        self._assemble = dict(assemble)
        self._start = start
        self._seconds = 0.0

    def seconds(self) -> float:
        """Return the seconds of a clock that runs while the exchange's stands still."""
        return self._seconds

    async def start(self, name: str, *, now: datetime | None = None) -> None:
        """Start a service's process, with the clock its database remembers, moved on to ``now``."""
        self.running[name] = await self.replica(name, now=now)

    async def replica(self, name: str, *, now: datetime | None = None) -> Running:
        """Return one more process of a service, on the same database, which nobody drives but who asked for it."""
        service = self._assemble[name]()
        database = self.databases.get(name)
        if database is None:
            database = self.databases[name] = MemoryDatabase.for_service(service)
        uows = database.units_of_work
        clock = await SimulatedClock.load(uows, start=self._start)
        if now is not None and now > clock.now():
            await clock.set(uows, to=now)
        app = app_of(service, uows=uows, clock=clock, verifier=self.issuer.verifier())
        process = Running(
            service=service,
            database=database,
            clock=clock,
            relay=Relay(outbox=MemoryOutbox(database), broker=self.broker),
            consumer=Consumer(service=service, uows=uows, broker=self.broker, now=clock.now),
            duties=DutyRunner(service.duties, uows, elapsed_seconds=self.seconds),
            pollers=tuple(service.pollers(uows)),
            app=app,
            client=client_of(app),
        )
        await process.duties.open(clock.now())
        return process

    async def stop(self, name: str) -> None:
        """Stop a service's process in an orderly way; its database stays."""
        process = self.running.pop(name)
        await process.consumer.close()
        await process.client.aclose()

    async def crash(self, name: str) -> None:
        """Let a service's process be gone at once: what it did not commit is lost, its group forgets it."""
        process = self.running.pop(name)
        self.broker.forget_members(process.service.name)
        await process.client.aclose()

    async def set_clock(self, now: datetime) -> None:
        """Move the clock of every running service; what is due then is done by `settle`."""
        for process in self.running.values():
            await process.clock.set(process.database.units_of_work, to=now)

    async def settle(self) -> None:
        """Drive every turn of every running service until nothing is left to do; raises `NeverQuiet`.

        What is said is heard before anything else is done: as live, where events travel in milliseconds and
        duties have their hour.
        """
        self._seconds += 3600.0
        silent, idle = Rest(), Rest()
        for _ in range(MOST_ROUNDS):
            while await self._communicated(silent):
                pass
            if not await self._worked(idle):
                return
        raise NeverQuiet("; ".join([f"{name} {await each.busy()}" for name, each in self.running.items()]))

    async def next_due(self) -> datetime | None:
        """Return when the next duty of any running service has something to do, None when none is known."""
        found = [await process.duties.next_due_at(process.clock.now()) for process in self.running.values()]
        return min((each for each in found if each is not None), default=None)

    async def close(self) -> None:
        """Stop everything."""
        for name in list(self.running):
            await self.stop(name)

    async def _communicated(self, rest: Rest) -> int:
        """Let every process that does not rest publish and consume once; return how many events that was."""
        return sum(
            [
                await rest.unless_nothing_changed(
                    name,
                    process.communicate,
                    lambda each=process: (each.database.changes, self.broker.written),
                )
                for name, process in self.running.items()
            ]
        )

    async def _worked(self, rest: Rest) -> int:
        """Let every process that does not rest work once; return how much they did."""
        return sum(
            [
                await rest.unless_nothing_changed(
                    name, process.work, lambda each=process: (each.database.changes, each.consumer.consumed)
                )
                for name, process in self.running.items()
            ]
        )
