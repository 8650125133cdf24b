"""Stories in memory with faults: processes end between any two awaits, commits fail and happen unseen, the database or
the broker is away, an event comes twice, late or again, two processes of a service work at once.

Everything follows from a plan, or from a seed that a plan is drawn from: the same plan does the same to the same story.
What a story expects must hold whatever happens, for none of this is the business's affair (`stories.faults.MATTERS`
apart).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from types import TracebackType
from typing import Any, Self

from bulkhead.duties.ports import Duty
from bulkhead.kernel.calendar import local
from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.broker import Outgoing
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.policy import PolicyError
from bulkhead.service import Received, Service
from bulkhead_testing.exchange import Running
from payments.adapters.processor.call_backs import CallBack, Way
from stories.errors import StoryError
from stories.exchange import Answer, Exchange
from stories.faults import MATTERS, OF_REQUESTS, Drawn, Fault, Plan, Planned
from stories.interleaving import Crash, Interleaving
from stories.language import Story
from stories.stages.memory import InMemory, pack_named

OFTEN = 0.12
"""In how many of all moments something goes wrong, where a seed decides."""

_STRIKES_AT: Mapping[Fault, str] = {
    Fault.CRASH: "",
    Fault.AWAY: "",
    Fault.CRASH_COMMITTED: "committed",
    Fault.COMMIT_LOST: "commit",
    Fault.COMMIT_UNSURE: "committed",
    Fault.REQUEST_LOST: "commit",
    Fault.REQUEST_UNSURE: "committed",
    Fault.REQUEST_CRASH: "",
}
"""The operation at which a fault strikes, ``""`` for any: the others last for the whole while."""
_CRASHES = frozenset({Fault.CRASH, Fault.CRASH_COMMITTED, Fault.REQUEST_CRASH})
_MOST_TURNS = 3
_CHUNK = 2
_DAILY = "/v1/lockbox-days/absences"


class World(InMemory):
    """An exchange in memory to which a plan happens.

    ``happened`` counts what did; ``contradictions`` says in words where one request was answered in two ways. ``looks``
    is awaited whenever it has become quiet. ``hears`` is told which service is about to do something about which events
    in which transaction. Duties that only look do so on Mondays, those named in ``every_night`` always.
    """

    def __init__(self, story: Story, *, plan: Plan, every_night: Collection[str] = ()) -> None:
        super().__init__(pack_named(story.pack), story)
        self._every_night = every_night
        self.happened = 0
        self.contradictions: list[str] = []
        self.looks: Callable[[], Awaitable[None]] | None = None
        self.hears: Callable[[str, UnitOfWork, Sequence[Received]], None] | None = None
        self.now = local(story.clock)
        self._plan = plan
        self._then = 0
        self._under_way: list[Planned] = []
        self._requests: list[Planned] = []
        self._late: dict[str, datetime] = {}

    def _assembled(self, assemble: Callable[[], Service]) -> Service:
        """Return a service that is listened to, with its duties as they are here."""
        service = super()._assembled(assemble)

        async def handle(uow: UnitOfWork, batch: Sequence[Received]) -> None:
            if self.hears is not None:
                self.hears(service.name, uow, batch)
            await service.handle(uow, batch)

        duties = [_as_played(each, often=each.name in self._every_night) for each in service.duties]
        return replace(service, handle=handle, duties=duties)

    @property
    def late(self) -> bool:
        """Whether some service's duties wait just now."""
        return any(self.now < until for until in self._late.values())

    async def start(self) -> None:
        """Start all five services."""
        asyncio.get_running_loop().set_default_executor(_AtOnce())
        await super().start()

    async def set_clock(self, now: datetime) -> None:
        """Move the clock of every service that is not down."""
        if now != self.now:
            self.now, self._then = now, 0
        await super().set_clock(now)

    async def call(self, service: str, method: str, path: str, **more: Any) -> Answer:
        """Return a service's answer; whoever gets none asks again under the same key."""

        async def ask() -> Answer:
            return await InMemory.call(self, service, method, path, **more)

        planned = self._planned_for(service, path)
        if method != "POST" or more.get("key") is None or planned is None:
            return await ask()
        self._requests.remove(planned)
        answers = await self._ask_roughly(planned, ask)
        good = [each for each in answers if 0 < each.status < 500]
        if len({(each.status, _text(each.body)) for each in good}) > 1:
            self.contradictions.append(f"{method} {path} was answered in two ways under one key")
        return good[0] if good else await ask()

    async def webhook(self, call_back: CallBack, way: Way) -> Answer:
        """Return what payments answers to a call of the processor, who makes it again where no answer came."""

        async def tell() -> Answer:
            return await InMemory.webhook(self, call_back, way)

        planned = self._planned_for("payments", "")
        if planned is None:
            return await tell()
        self._requests.remove(planned)
        answers = await self._ask_roughly(planned, tell)
        good = [each for each in answers if 0 < each.status < 500]
        return good[0] if good else await tell()

    def _planned_for(self, service: str, path: str) -> Planned | None:
        """Return what is to befall the next request of a service, None where nothing is or nobody is there."""
        meant = [each for each in self._requests if each.service == service and _may_befall(path, each)]
        return meant[0] if meant and service in self.exchange.running else None

    async def _ask_roughly(self, planned: Planned, ask: Callable[[], Awaitable[Answer]]) -> list[Answer]:
        answers: list[Answer] = []

        async def once() -> None:
            answers.append(await ask())

        twice = planned.fault is Fault.REQUEST_TWICE
        await self._at_once(
            [planned], {planned.service: [once, once] if twice else [once]}, random=Random(planned.draw)
        )
        return answers

    async def quiet(self) -> None:
        """Let what is planned for now happen, then drive everything until nothing is left to do."""
        planned = self._plan.strike(self.now, self._then)
        self._then += 1
        self._requests += [each for each in planned if each.fault in OF_REQUESTS]
        for each in planned:
            if each.fault is Fault.LATE_DUTIES:
                self._late[each.service] = self.now + timedelta(days=each.after)
        self._let_late_duties_wait()
        rough = [each for each in planned if each.fault not in OF_REQUESTS | MATTERS]
        if rough and self.exchange.running:
            await self._rough_while(rough)
        await super().quiet()
        if self.looks is not None:
            await self.looks()

    async def catch_up(self) -> None:
        """Let those whose duties wait do them: as a year ends, nobody is late any more."""
        if not self.late:
            return
        self._late.clear()
        self._let_late_duties_wait()
        self.exchange.wake()
        await super().quiet()

    async def _rough_while(self, planned: Sequence[Planned]) -> None:
        random = Random(planned[0].draw)
        faults = {each.fault: each for each in planned}
        running = dict(self.exchange.running)
        # What befalls a service befalls it beside a second process as often as alone.
        replica = faults.get(Fault.REPLICA) or random.choice([None, planned[0]])
        if replica is not None and replica.service in running:
            running[f"{replica.service}#2"] = await self.exchange.replica(replica.service, now=self.now)
        for each in planned:
            if each.fault is Fault.AGAIN:
                self.broker.deliver_again(each.service, messages=each.after + 1)
        deaf = {each.service for each in planned if each.fault is Fault.DEAF}
        pieces = {
            who: self._turns(process, random, deaf=process.service.name in deaf)
            for who, process in running.items()
        }
        self._switch_faults(planned, away=True)
        try:
            await self._at_once(planned, pieces, random=random)
        finally:
            self._switch_faults(planned, away=False)
            for who, process in running.items():
                if "#" in who:
                    await process.consumer.close()
        self._let_late_duties_wait()

    async def _at_once(
        self,
        planned: Sequence[Planned],
        pieces: Mapping[str, list[Callable[[], Awaitable[None]]]],
        *,
        random: Random,
    ) -> None:
        """Do pieces of several processes at once, with what is planned striking; those that ended start anew."""
        self.happened += len(planned)
        self._under_way = [each for each in planned if each.fault in _STRIKES_AT]
        interleaving = Interleaving(random, strike=self._strike)
        self._take_hold(interleaving.pause)
        try:
            await interleaving.run(pieces)
        finally:
            self._take_hold(None)
            self._under_way = []
            self.exchange.wake()
        for name in sorted({who.partition("#")[0] for who in interleaving.ended}):
            await self.exchange.crash(name)
            await self.exchange.start(name, now=self.now)

    def _strike(self, who: str, operation: str, before: int) -> None:
        name = who.partition("#")[0]
        for each in self._under_way:
            if each.service == name and each.after == before and _STRIKES_AT[each.fault] == operation:
                self._under_way.remove(each)
                if each.fault in _CRASHES:
                    raise Crash
                raise Retryable("away for a moment")

    def _turns(self, process: Running, random: Random, *, deaf: bool) -> list[Callable[[], Awaitable[None]]]:
        loops = [process.relay.turn, process.work] + ([] if deaf else [process.consumer.turn])
        return [_repeated(turn, times=random.randint(1, _MOST_TURNS)) for turn in loops]

    def _switch_faults(self, planned: Sequence[Planned], *, away: bool) -> None:
        for each in planned:
            match each.fault:
                case Fault.DOUBLED:
                    self.broker.doubling = away
                case Fault.HALF_PUBLISHED:
                    self.broker.publishes_before_failing = each.after if away else None
                case Fault.NO_DATABASE:
                    self.exchange.databases[each.service].away = away
                case Fault.NO_BROKER:
                    self.broker.away = away or "kafka" in self.down
                case Fault.NO_MAIL:
                    self.mailbox.away = away or "smtp" in self.down
                case Fault.NEWER_WRITER:
                    self.broker.newer = _of_a_newer_writer if away else None
                case _:
                    pass

    def _let_late_duties_wait(self) -> None:
        for name, process in self.exchange.running.items():
            process.duties_wait = name in self._late and self.now < self._late[name]

    def _take_hold(self, interrupt: Callable[[str], Awaitable[None]] | None) -> None:
        for database in self.exchange.databases.values():
            database.interrupt = interrupt
        self.broker.interrupt = interrupt
        self.mailbox.interrupt = interrupt
        for files in self.files_in.values():
            files.interrupt = interrupt


def _every_night(story: Story) -> Collection[str]:
    """Return the duties that must look each night of a story, for its facts have the date: who is renewed by one."""
    renews = any(each.deed is not None and each.deed.word == "renew" for each in story.steps)
    return ("renew-coverage",) if renews else ()


def _as_played(duty: Duty, *, often: bool) -> Duty:
    """Return a duty that comes in small chunks, so that several workers meet; once a week where it only looks, and need
    not do so ``often``.
    """
    # What comes after another duty does carriers, of which few are there at once: one by one.
    chunk = 1 if duty.after else _CHUNK
    if often or not duty.only_latest:
        return replace(duty, chunk=chunk)
    return replace(duty, chunk=chunk, runs_on=lambda day: day.weekday() == 0 and duty.runs_on(day))


def _may_befall(path: str, planned: Planned) -> bool:
    """Whether a fault of requests may befall one: that a lockbox file is absent is said daily, and would take all."""
    return path != _DAILY or planned.draw % 2 == 0


def _repeated(turn: Callable[[], Awaitable[Any]], *, times: int) -> Callable[[], Awaitable[None]]:
    async def repeated() -> None:
        for _ in range(times):
            try:
                await turn()
            except Retryable:
                continue  # a live loop would wait and try again: so does the next turn

    return repeated


def _of_a_newer_writer(message: Outgoing) -> Sequence[Outgoing]:
    """Return a message as it would be written by a release to come, behind one of a type of that release."""
    envelope = json.loads(message.value)
    envelope["data"] |= {"of_a_later_release": 1}
    unheard = envelope | {"id": f"{envelope['id']}-later", "type": "OfALaterRelease"}
    return [
        Outgoing(message.topic, message.partition, message.key, json.dumps(each).encode(), message.headers)
        for each in (unheard, envelope)
    ]


def _text(body: Any) -> str:
    return json.dumps(body, sort_keys=True)


class _AtOnce(ThreadPoolExecutor):
    """Does at once what others leave to a thread: when a thread ends follows from no seed."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it is whoever waits for it that is told
            future.set_exception(error)
        return future


class SimulationStage:
    """Gives each story an exchange in memory to which this seed happens."""

    def __init__(self, *, seed: int) -> None:
        self._seed = seed

    @asynccontextmanager
    async def exchange(self, story: Story) -> AsyncIterator[Exchange]:
        """Return an empty exchange with the story's policy pack, at the story's clock."""
        # A string seeds by its bytes, the same on every machine; the story's name makes stories differ.
        kinds = [each for each in Fault if each not in MATTERS]
        plan = Drawn(Random(f"{self._seed}/{story.name}"), often=OFTEN, kinds=kinds)
        try:
            made = World(story, plan=plan, every_night=_every_night(story))
            await made.start()
        except PolicyError as error:
            raise StoryError(f"'pack': {error}", line=0, file=story.file) from error
        try:
            yield made
        finally:
            await made.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def stage(*, seed: int = 1) -> SimulationStage:
    """Return the stage."""
    return SimulationStage(seed=seed)
