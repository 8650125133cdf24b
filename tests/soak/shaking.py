"""Kills processes at random, sees to it that they come back, and measures how long each takes."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bulkhead_local import Exchange, LocalError
from bulkhead_local.backing import BackingName
from bulkhead_local.supervisor import Seen, Supervisor

SERVICES = ("enrollment", "invoicing", "payments", "carrier-gateway", "notifications")
BACKING: tuple[BackingName, ...] = ("kafka", "postgres")
HELPERS = ("processor", "smtp", "hub")
KILLED = (*SERVICES, *BACKING, *HELPERS)

_SECONDS_BETWEEN_LOOKS = 0.5


@dataclass(frozen=True, slots=True)
class Look:
    """One service as it was seen: whether it takes work, and what it has not got done; None where it does not say, or
    cannot reach the broker."""

    answered: bool
    behind: int | None = 0


@dataclass(slots=True, kw_only=True)
class Kill:
    """A process killed: how far behind it was just before, and the seconds until it answered and had caught up."""

    process: str
    at: float
    behind_before: int
    answered_after: float | None = None
    caught_up_after: float | None = None

    def saw(self, looks: Mapping[str, Look], *, at: float, alive: bool) -> None:
        """Note what a look at all services, begun ``at`` that time, says of this one.

        A service has caught up when it is no further behind than before; Kafka and PostgreSQL answer when all services
        reach them, and have caught up when all services have.
        """
        if at < self.at or not alive:
            return
        names = (self.process,) if self.process in SERVICES else SERVICES if self.process in BACKING else ()
        seen = [looks[name] for name in names]
        told = [each.behind for each in seen if each.behind is not None]
        whole = len(told) == len(seen)
        if not all(each.answered for each in seen) or (self.process == "kafka" and not whole):
            return
        if self.answered_after is None:
            self.answered_after = at - self.at
        if self.caught_up_after is None and whole and sum(told) <= self.behind_before:
            self.caught_up_after = at - self.at


def bag(kinds: Sequence[str], chance: random.Random) -> Sequence[str]:
    """Return them all in an order of chance: each is killed before any is killed again."""
    return chance.sample(list(kinds), len(kinds))


class Shaking:
    """Kills, watches, and keeps everything running. ``ready`` asks a service whether it takes work, ``look`` how
    far it is; None: no answer."""

    def __init__(
        self,
        exchange: Exchange,
        *,
        seed: int,
        ready: Callable[[str], Awaitable[bool]],
        look: Callable[[str], Awaitable[Any]],
        killed: Sequence[str] = KILLED,
    ) -> None:
        self._exchange = exchange
        self._supervisor = Supervisor(exchange.state)
        self._random = random.Random(f"kills {seed}")
        self._ready = ready
        self._look = look
        self._ids: dict[str, set[int]] = {name: set() for name in (*SERVICES, *HELPERS)}
        self._bag: list[str] = []
        self._kinds = killed
        self._looks: dict[str, Look] = dict.fromkeys(SERVICES, Look(answered=True))
        self.kills: list[Kill] = []

    async def kill_some(self, *, every: float, most: int | None, until: Callable[[], bool]) -> None:
        """Kill one after the other, every so many seconds on the average, until it is time to stop."""
        while not until() and (most is None or len(self.kills) < most):
            wake = time.monotonic() + every * self._random.uniform(0.5, 1.5)
            while time.monotonic() < wake:
                if until():
                    return
                await asyncio.sleep(0.1)
            self._bag = self._bag or list(bag(self._kinds, self._random))
            await self._kill(self._bag.pop(0))

    async def _kill(self, process: str) -> None:
        names = (process,) if process in SERVICES else SERVICES if process in BACKING else ()
        before = sum(self._looks[name].behind or 0 for name in names)
        await asyncio.to_thread(self._supervisor.kill, *self._known_as(process))
        self.kills.append(Kill(process=process, at=time.monotonic(), behind_before=before))

    def _known_as(self, process: str) -> tuple[str, str]:
        if process in BACKING:
            return "backing", process
        return self._exchange.name, f"{self._exchange.name}.{process}"

    async def watch(self, *, until: Callable[[], bool]) -> None:
        """Look at everything again and again, and start what nobody starts: Kafka, PostgreSQL, what was given up."""
        while not until():
            at = time.monotonic()
            seen = {each.name: each for each in await asyncio.to_thread(self._supervisor.seen)}
            for process, ids in self._ids.items():
                name = self._known_as(process)[1]
                if name in seen and seen[name].pid:
                    ids.add(seen[name].pid)
            looks = await asyncio.gather(*(self._see(name) for name in SERVICES))
            self._looks = dict(zip(SERVICES, looks, strict=True))
            for kill in self.kills:
                if kill.caught_up_after is None:
                    alive = _runs(seen, self._known_as(kill.process)[1])
                    kill.saw(self._looks, at=at, alive=alive)
            await self._start_what_lies_there(seen)
            await asyncio.sleep(max(0.0, at + _SECONDS_BETWEEN_LOOKS - time.monotonic()))

    async def _see(self, service: str) -> Look:
        ready, view = await asyncio.gather(self._ready(service), self._look(service))
        if view is None or view["away"]:
            return Look(answered=ready, behind=None)
        return Look(answered=ready, behind=view["busy"].get("outbox", 0) + view["busy"].get("lag", 0))

    async def _start_what_lies_there(self, seen: Mapping[str, Seen]) -> None:
        for process in (*BACKING, *SERVICES, *HELPERS):
            group, name = self._known_as(process)
            if name in seen and seen[name].state in ("EXITED", "FATAL", "STOPPED"):
                with suppress(LocalError):  # what cannot be started yet is tried again at the next look
                    await asyncio.to_thread(self._supervisor.start, group, name)

    async def all_up(self) -> None:
        """Wait until everything runs and answers. Raises `LocalError` with what does not."""
        for name in BACKING:
            await asyncio.to_thread(self._exchange.backing.start, name)
        await asyncio.to_thread(self._exchange.start)

    def behind(self) -> int:
        """Return how many events are not relayed or not read yet, as of the last look."""
        return sum(each.behind or 0 for each in self._looks.values())

    def ended_by_themselves(self) -> dict[str, int]:
        """Return how often which processes ended that nobody killed, as far as was seen."""
        kills = Counter(each.process for each in self.kills)
        ended = {name: len(ids) - 1 - kills[name] for name, ids in self._ids.items()}
        return {name: times for name, times in ended.items() if times > 0}

    def lines(self) -> list[str]:
        """Return the recovery times by process: how often it was killed, and the median and longest of both times."""
        rows = [["killed", "times", "first good answer", "caught up"]]
        for process in KILLED:
            kills = [each for each in self.kills if each.process == process]
            if kills:
                answered = _spread([each.answered_after for each in kills])
                caught_up = _spread([each.caught_up_after for each in kills])
                rows.append(
                    [process, str(len(kills)), answered, caught_up if process not in HELPERS else "·"]
                )
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        return [
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]


def _runs(seen: Mapping[str, Seen], name: str) -> bool:
    return name in seen and seen[name].state == "RUNNING"


def _spread(seconds: Sequence[float | None]) -> str:
    known = sorted(each for each in seconds if each is not None)
    if not known:
        return "not seen"
    shown = f"{statistics.median(known):.1f} s, at most {known[-1]:.1f} s"
    return shown if len(known) == len(seconds) else f"{shown}; {len(seconds) - len(known)} not seen"
