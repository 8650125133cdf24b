"""Where a headline is played: an exchange of real processes, its clock, its crowd, and what is seen of its queues."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

from bulkhead_local import Exchange as Instance
from drill.doors import Asked, Crowd
from drill.people import TIERS
from recorder.book import Book
from stories.clockwork import Clockwork
from stories.exchange import Answer
from stories.stages.live import Live

PLAN = "SILVER"

QUIET = "/v1/simulation/quiet"
_SECONDS_BETWEEN_LOOKS = 3.0


@dataclass(frozen=True, slots=True)
class Look:
    """How much one service had left to do: when by the wall's clock, at which time of the exchange, and how much."""

    wall: float
    at: datetime
    service: str
    left: int
    busy_seconds: float
    """For how long by then it had had something left."""


class Watched(Live):
    """An exchange of which every look at its queues is kept. It has much to do at once, and is looked at seldom."""

    longest_look_seconds: ClassVar[float] = 1.0

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        self.looks: list[Look] = []
        self._busy_since: dict[str, float] = {}

    async def call(self, service: str, method: str, path: str, **more: Any) -> Answer:
        """Return a service's answer; keep what a look at its queues shows."""
        answer = await super().call(service, method, path, **more)
        if path == QUIET and answer.ok:
            self._keep(service, answer.body)
        return answer

    def _keep(self, service: str, seen: Mapping[str, Any]) -> None:
        now, left = time.time(), sum(count for kind, count in seen["busy"].items() if kind != "moving")
        if not left:
            self._busy_since.pop(service, None)
        since = self._busy_since.setdefault(service, now) if left else now
        at = datetime.fromisoformat(seen["now"])
        self.looks.append(Look(now, at, service, left, now - since))

    async def look_now_and_then(self) -> None:
        """Look at the queues of all services that are up, for as long as this is not cancelled."""
        while True:
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
            for name in self._up():
                with suppress(TimeoutError):
                    async with asyncio.timeout(5):
                        await self.call(name, "GET", QUIET, role="service")


@dataclass(slots=True)
class Outage:
    """A while in which something was away: what, from when to when, and how it was noticed."""

    what: str
    began: datetime
    ended: datetime | None = None
    noticed_after_seconds: float | None = None
    """By machines, in seconds of the wall's clock; None where it was told of, and not noticed."""
    known_at: datetime | None = None


@dataclass(slots=True)
class Stage:
    """One headline's exchange. What happens at an hour is asked for at that hour of its clock."""

    instance: Instance
    live: Watched
    crowd: Crowd
    book: Book
    clock: Clockwork
    say: Callable[[str], None]
    began: float = field(default_factory=time.monotonic)
    outages: list[Outage] = field(default_factory=lambda: list[Outage]())

    async def at(self, when: datetime) -> None:
        """Let it become that time: whatever is due by then has happened, and all is quiet."""
        self._go_on()
        await self.clock.move_to(when)
        self.say(f"{time.monotonic() - self.began:5.0f} s  {when:%a %b %d, %H:%M}")

    def _go_on(self) -> None:
        if self.crowd.stop.is_set():
            raise Interrupted

    async def all_ask(self, acts: Iterable[Asked]) -> Sequence[Asked]:
        """Let everybody ask at this time; return what each was told. Queues are looked at meanwhile."""
        looking = asyncio.create_task(self.live.look_now_and_then())
        try:
            done = await self.crowd.all_ask(acts)
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
        self._go_on()
        return done

    async def staff(self, service: str, method: str, path: str, body: Any, *, by: str = "ops-one") -> Answer:
        """Return the answer to something that staff does; each time under a key of its own."""
        key = f"staff-{time.monotonic_ns()}" if method == "POST" else None
        return await self.live.call(service, method, path, json=body, key=key, by=by)

    async def offer(self, *, carrier: str) -> None:
        """Put the one plan there is into the catalog, and its carrier's profile to the gateway."""
        plan = {"carrier": carrier, "kind": "medical", "monthly_cents": dict(TIERS)}
        profile = {"name": carrier, "receiver_id": "030000001", "qhp_id": "13627VT0010001"}
        for service, path, body in (
            ("enrollment", f"/v1/plans/{PLAN}", plan),
            ("carrier-gateway", f"/v1/carriers/{carrier}", profile),
        ):
            answer = await self.live.call(service, "PUT", path, json=body)
            if not answer.ok:
                raise RuntimeError(f"{service} answered {answer.status} to PUT {path}: {answer.body}")

    async def channel(self, name: str) -> Mapping[str, Any]:
        """Return how a channel stands."""
        answer = await self.live.call("notifications", "GET", "/v1/channels")
        return next(each for each in answer.body["items"] if each["channel"] == name)

    async def second_by_second(self, name: str, *, until: str, most: float = 60.0) -> float:
        """Let the exchange's clock go as fast as the wall's until a channel is in that state; return the seconds that
        it took. Raises `RuntimeError` where it takes too long.
        """
        began, from_then = time.monotonic(), self.clock.now
        while True:
            passed = time.monotonic() - began
            now = datetime.fromtimestamp(from_then.timestamp() + passed, tz=from_then.tzinfo)
            await self.live.set_clock(now)
            self.clock.now = now
            if (await self.channel(name))["state"] == until:
                return time.monotonic() - began
            if passed > most:
                raise RuntimeError(f"after {most:.0f} s nobody knows that {name} is {until}")
            await asyncio.sleep(0.25)


class Interrupted(Exception):
    """Somebody wants it to end."""


@asynccontextmanager
async def opened(
    name: str,
    *,
    pack: str,
    begins: date,
    book: Book,
    say: Callable[[str], None],
    stop: asyncio.Event,
    keep: bool = False,
) -> AsyncIterator[Stage]:
    """Give an exchange of its own that is started and empty; it is removed afterwards unless it is kept."""
    instance = await asyncio.to_thread(Instance.create, name, pack=pack, simulation_start=begins)
    try:
        await asyncio.to_thread(instance.start)
        live = Watched(instance)
        crowd = Crowd(instance.urls, book=book, token=instance.token)
        crowd.stop = stop
        stage = Stage(instance, live, crowd, book, Clockwork(live, begins=begins), say)
        await stage.clock.begin()
        try:
            yield stage
        finally:
            crowd.close()
            await live.close()
    finally:
        if not keep:
            await asyncio.to_thread(instance.destroy)
