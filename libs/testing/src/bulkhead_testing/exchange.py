"""Several services in one process, without a network: real use cases on memory databases and a memory broker.

Nothing runs by itself here. `MemoryExchange.settle` drives all turns of every service until none has anything left to
do, so that a story is deterministic and takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from fastapi import FastAPI

from bulkhead.clock import SimulatedClock
from bulkhead.duties.runner import MOST_TOGETHER, DutyRunner
from bulkhead.kernel.errors import BulkheadError, Retryable
from bulkhead.messaging.consumer import Consumer
from bulkhead.messaging.relay import Relay
from bulkhead.persistence.event_tables import StoppedPartition
from bulkhead.retries.retries import Retry
from bulkhead.service import Poller, Service
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.broker import MemoryBroker, MemoryOutbox
from bulkhead_testing.memory import MemoryDatabase
from bulkhead_testing.memory_records import Reads
from bulkhead_testing.web import app_of

DUTIES = "duties"
Turn = Callable[[], Awaitable[int]]

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
    duties_wait: bool = False
    _due: tuple[int, datetime | None] | None = None
    turns: tuple[tuple[str, Turn], ...] = field(init=False)
    """What it does by itself, by name: its duties, then what each poller finds."""

    def __post_init__(self) -> None:
        pollers = [(each.name, lambda each=each: each.turn(self.clock.now())) for each in self.pollers]
        self.turns = ((DUTIES, self._do_duties), *pollers)

    async def communicate(self) -> int:
        """Publish and consume once; return how many events that was."""
        return await _passed_over(self.relay.turn) + await _passed_over(self.consumer.turn)

    async def work(self) -> int:
        """Do what is due and what pollers find, once; return how much that was.

        Each date of a duty is done by itself: others may be at it, and this may end between any two.
        """
        pollers = [turn for name, turn in self.turns if name != DUTIES]
        return sum([await _passed_over(turn) for turn in (lambda: self._do_duties(together=1), *pollers)])

    async def busy(self) -> dict[str, int]:
        """Return what is left to do, by kind: for whoever asks why it is not quiet."""
        now = self.clock.now()
        counts = {"outbox": await self.relay.pending(), "duties": await self.duties.pending(now)}
        for poller in self.pollers:
            counts[poller.name] = await poller.pending(now)
        return {name: count for name, count in counts.items() if count}

    def duties_may_come(self) -> bool:
        """Return whether its duties may have something to do as time goes by: one that is due, or was left aside."""
        return self.duties.any_due(self.clock.now()) or bool(self.database.rows(Retry))

    async def next_due(self) -> datetime | None:
        """Return when the next of its duties has something to do, None when none is known.

        It is looked for again when that has come, or its database has changed.
        """
        now, changes = self.clock.now(), self.database.changes
        if self._due is None or self._due[0] != changes or (self._due[1] is not None and self._due[1] <= now):
            self._due = changes, await self.duties.next_due_at(now)
        return self._due[1]

    async def _do_duties(self, *, together: int = MOST_TOGETHER) -> int:
        """Do what is due, once; return how much that was.

        Duties begin only when all that was on the topics at the start is known, or the broker is away.
        """
        if self.duties_wait or (self.service.subscribes and not await self._is_caught_up()):
            return 0
        return await self.duties.turn(self.clock.now(), together=together)

    async def _is_caught_up(self) -> bool:
        try:
            return await self.consumer.caught_up()
        except Retryable:  # the broker is away
            return True


async def _passed_over(turn: Callable[[], Awaitable[int]]) -> int:
    """Take a turn; 0 where something it needs is away, as a live loop would wait and try again."""
    try:
        return await turn()
    except Retryable:
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Idle:
    """A turn that found nothing to do: what it read, when, and how all else that it may look at stood."""

    reads: Reads
    moment: object
    stood: object


class Rest:
    """Who found nothing to do, and what it looked at: until that changes there is nothing to do for it, and it need not
    look. Where there was nothing at all to find, it does not help that time goes by.
    """

    def __init__(self) -> None:
        self._idle: dict[tuple[str, str], _Idle] = {}

    async def unless_nothing_changed(
        self,
        name: str,
        turn: Callable[[], Awaitable[int]],
        *,
        database: MemoryDatabase,
        moment: object,
        stands: Callable[[], object],
    ) -> int:
        """Take a turn and return how much it did; 0 for one whose last found nothing, where all stands as it did."""
        last = self._idle.get((database.name, name))
        if (
            last is not None
            and last.stood == stands()
            and last.reads.would_be_the_same
            and (last.moment == moment or not last.reads.found)
        ):
            return 0
        before, reads = database.changes, Reads()
        database.reads = reads
        try:
            done = await _passed_over(turn)
        finally:
            database.reads = None
        if done or database.changes != before:
            self._idle.pop((database.name, name), None)
        else:
            self._idle[database.name, name] = _Idle(reads=reads, moment=moment, stood=stands())
        return done


class MemoryExchange:
    """A whole exchange in memory.

    ``assemble`` makes each service anew whenever its process starts; ``databases`` outlive processes.
    ``seconds`` is a clock that always runs, for whatever spaces out its attempts: it leaps ahead whenever the
    exchange settles. ``outside`` says how all stands that a service looks at and that is no database and no topic:
    folders, mail, what is away.
    """

    def __init__(
        self,
        *,
        assemble: Mapping[str, Callable[[], Service]],
        start: date,
        broker: MemoryBroker | None = None,
        issuer: TestIssuer | None = None,
        outside: Callable[[str], object] | None = None,
    ) -> None:
        self.broker = broker or MemoryBroker()
        self.issuer = issuer or TestIssuer()
        self.databases: dict[str, MemoryDatabase] = {}
        self.running: dict[str, Running] = {}
        self._assemble = dict(assemble)
        self._start = start
        self._seconds = 0.0
        self._outside = outside or (lambda _name: self._seconds)
        self._rest = Rest()

    def seconds(self) -> float:
        """Return the seconds of a clock that runs while the exchange's stands still."""
        return self._seconds

    def wake(self) -> None:
        """Let everybody look for something to do: call it after something was done to processes from without."""
        self._rest = Rest()

    async def start(self, name: str, *, now: datetime | None = None) -> None:
        """Start a service's process, with the clock its database remembers, moved on to ``now``."""
        self.wake()
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
            pollers=service.pollers_on(uows),
            app=app,
        )
        await process.duties.open(clock.now())
        return process

    async def stop(self, name: str) -> None:
        """Stop a service's process in an orderly way; its database stays."""
        self.wake()
        await self.running.pop(name).consumer.close()

    async def crash(self, name: str) -> None:
        """Let a service's process be gone at once: what it did not commit is lost, its group forgets it."""
        self.wake()
        process = self.running.pop(name)
        self.broker.forget_members(process.service.name)

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
        for _ in range(MOST_ROUNDS):
            while await self._communicated():
                pass
            if not await self._worked():
                return
        raise NeverQuiet("; ".join([f"{name} {await each.busy()}" for name, each in self.running.items()]))

    async def next_due(self) -> datetime | None:
        """Return when the next duty of any running service has something to do, None when none is known."""
        found = [await process.next_due() for process in self.running.values()]
        return min((each for each in found if each is not None), default=None)

    async def close(self) -> None:
        """Stop everything."""
        for name in list(self.running):
            await self.stop(name)

    async def _communicated(self) -> int:
        """Let every process that does not rest publish and consume once; return how many events that was."""
        done = 0
        for process in self.running.values():
            database = process.database
            done += await self._rest.unless_nothing_changed(
                "communicate",
                process.communicate,
                database=database,
                moment=self._moment(process),
                stands=lambda each=database: (
                    len(each.emitted) - each.relayed,
                    self.broker.written,
                    self.broker.away,
                    # What stands still is tried again by and by.
                    self._seconds if each.rows(StoppedPartition) else None,
                ),
            )
        return done

    async def _worked(self) -> int:
        """Let every process that does not rest work once; return how much they did."""
        done = 0
        for process in self.running.values():
            moment = self._moment(process)
            for name, turn in process.turns:
                done += await self._rest.unless_nothing_changed(
                    name,
                    turn,
                    database=process.database,
                    moment=moment,
                    stands=lambda each=process, of=name, now=moment: (
                        each.consumer.consumed,
                        each.duties_wait,
                        self._outside(each.service.name),
                        now if of == DUTIES and each.duties_may_come() else None,
                    ),
                )
        return done

    def _moment(self, process: Running) -> tuple[datetime, float]:
        return process.clock.now(), self._seconds
