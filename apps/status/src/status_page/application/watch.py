"""Looks at all services again and again, at a pace that nobody who reads the page has a hand in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from status_page.application.ports import Door, Look
from status_page.domain.doings import (
    DOINGS,
    OF_SERVICE,
    Doing,
    Outage,
    Report,
    ServiceName,
    Status,
    Told,
    Window,
)
from status_page.domain.standing import IN_A_ROW, NEAR_SECONDS, Seen, Standing, judged

EVERY_SECONDS: Final = 8.0
"""From one round of looks to the next. Payments answers with a try of 5 seconds ago at most; then come two rounds, the
second of which takes 5: 5 + 2 x 8 + 5 = 26 seconds, and 3 more in a cache on the way (OPS-3)."""

FIRST_SECONDS: Final = 1.0
"""Between rounds as long as too few were made to decide anything."""

MOST_KEPT: Final = 20
"""Outages that are kept in mind."""

SHOWN_FOR: Final = timedelta(days=30)
"""For how long after its end an outage is told."""


@dataclass(slots=True)
class _Known:
    """What is known of one service."""

    standing: Standing = field(default_factory=Standing)
    windows: tuple[Window, ...] = ()
    windows_missed: int = IN_A_ROW  # looks in a row that did not say

    @property
    def answers(self) -> bool:
        """Whether what it said last still counts."""
        return self.standing.state not in (None, "down")


class Watch:
    """What was seen, in memory: as much as five services have, and some outages. It knows nothing when it begins.

    ``now`` is the exchange's time, ``seconds`` a clock that nobody moves. ``heard`` is told which time services say
    that it is.
    """

    def __init__(
        self,
        *,
        doors: Sequence[Door],
        now: Callable[[], datetime],
        seconds: Callable[[], float],
        heard: Callable[[datetime], None] = lambda _: None,
    ) -> None:
        self._doors, self._now, self._seconds, self._heard = tuple(doors), now, seconds, heard
        self._known: dict[ServiceName, _Known] = {each.service: _Known() for each in self._doors}
        self._channels: dict[Doing, Told] = {}
        self._channels_at: datetime | None = None
        self._told_lasting: dict[int, Outage] = {}
        self._told_ended: dict[int, Outage] = {}
        self._told_at: datetime | None = None
        self._own_outages: list[Outage] = []
        self._looked_at: datetime | None = None
        self._looked_seconds: float | None = None
        self._rounds = 0
        self._report = self._reported()

    def now(self) -> datetime:
        """Return the exchange's time."""
        return self._now()

    @property
    def rounds(self) -> int:
        """How many rounds of looks were made."""
        return self._rounds

    @property
    def is_ready(self) -> bool:
        """Whether so many rounds were made as decide."""
        return self._rounds >= IN_A_ROW

    @property
    def is_current(self) -> bool:
        """Whether the last round is not so long ago that it says nothing of now."""
        return self._looked_seconds is not None and self._seconds() - self._looked_seconds <= NEAR_SECONDS

    def report(self) -> Report:
        """Return what there is to say; where nobody looked lately, that nobody knows."""
        if self.is_current or self._looked_at is None:
            return self._report
        return self._forgotten(self._report)

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Look for ever."""
        while True:
            began = self._seconds()
            await self.look()
            pause = EVERY_SECONDS if self.is_ready else FIRST_SECONDS
            await sleep(max(0.0, began + pause - self._seconds()))

    async def look(self) -> None:
        """Look at all services side by side, once, and make up what there is to say."""
        at, seconds = self._now(), self._seconds()
        looks = await asyncio.gather(*(door.look() for door in self._doors))
        for look in looks:
            if look.tried_at is not None:
                self._heard(look.tried_at)
        for door, look in zip(self._doors, looks, strict=True):
            self._take(door.service, look, at=at, seconds=seconds)
        self._looked_at, self._looked_seconds = at, self._seconds()
        self._rounds += 1
        self._report = self._reported()

    def _take(self, service: ServiceName, look: Look, *, at: datetime, seconds: float) -> None:
        known = self._known[service]
        before, known.standing = known.standing, judged(known.standing, look.seen, at=at, seconds=seconds)
        known.windows_missed = 0 if look.windows is not None else known.windows_missed + 1
        if look.windows is not None:
            known.windows = look.windows
        self._note(OF_SERVICE[service], before, known)
        if service == "notifications":
            if look.channels is not None:
                self._channels, self._channels_at = dict(look.channels), at
            if look.lasting is not None:
                self._told_lasting = dict(look.lasting)
            if look.outages is not None:
                self._told_at = at
                ended = {number: each for number, each in look.outages.items() if each.ended_at is not None}
                merged = sorted({**self._told_ended, **ended}.items(), key=lambda each: _by_end(each[1]))
                self._told_ended = dict(merged[-MOST_KEPT:])

    def _note(self, doing: Doing, before: Standing, known: _Known) -> None:
        """Keep an outage in mind that begins or ends; what was announced is none."""
        after = known.standing
        if before.state == after.state or after.since is None:
            return
        if before.state == "down" and self._own_outages:
            self._own_outages = [
                Outage(doing=doing, began_at=each.began_at, ended_at=after.since)
                if each.doing == doing and each.ended_at is None
                else each
                for each in self._own_outages
            ]
        if after.state == "down" and _window_at(known.windows, after.since) is None:
            begun = Outage(doing=doing, began_at=after.since, ended_at=None)
            self._own_outages = sorted([*self._own_outages, begun], key=_by_end)[-MOST_KEPT:]

    def _reported(self) -> Report:
        now = self._looked_at
        windows = [each for known in self._known.values() for each in known.windows]
        ahead = [each for each in windows if now is not None and each.ends_at > now]
        return Report(
            as_of=now,
            statuses=tuple(self._status(doing) for doing in DOINGS),
            windows=tuple(sorted(ahead, key=lambda each: (each.begins_at, each.service))),
            windows_unknown=tuple(
                name for name, known in self._known.items() if known.windows_missed >= IN_A_ROW
            ),
            outages=self._outages(now),
            outages_known_at=self._told_at,
        )

    def _status(self, doing: Doing) -> Status:
        match doing:
            case "pay-by-mail":
                return Status(doing=doing, state="works")
            case "pay-by-phone" | "eligibility":
                return self._as_told(doing)
            case "pay-online" | "choose-plan" | "carriers":
                return self._online(self._own(doing))
            case _:
                return self._own(doing)

    def _own(self, doing: Doing) -> Status:
        """Return how what needs one service stands, by the looks at that service."""
        (known,) = [each for name, each in self._known.items() if OF_SERVICE[name] == doing]
        window = None if self._looked_at is None else _window_at(known.windows, self._looked_at)
        if window is not None:
            return Status(doing=doing, state="maintenance", since=window.begins_at, until=window.ends_at)
        state: Seen | None = known.standing.state
        if state is None:
            return Status(doing=doing, state="unknown")
        return Status(doing=doing, state=state, since=known.standing.since)

    def _online(self, own: Status) -> Status:
        """Return how what is done by a channel stands: it is open where neither our looks nor the exchange's own tries,
        nor its staff, find it shut. Since when is what the exchange says, for by that cut-offs move (OPS-4).
        """
        told = self._channels.get(own.doing) if self._known["notifications"].answers else None
        if told is None or told.state == "works" or own.state in ("maintenance", "not-open-yet"):
            return own
        return Status(doing=own.doing, state=told.state, since=told.since or own.since, until=told.until)

    def _as_told(self, doing: Doing) -> Status:
        """Return how a thing stands that the exchange alone knows of."""
        told = self._channels.get(doing)
        if told is None or not self._known["notifications"].answers:
            return Status(doing=doing, state="unknown", since=self._channels_at)
        return Status(doing=doing, state=told.state, since=told.since, until=told.until)

    def _outages(self, now: datetime | None) -> tuple[Outage, ...]:
        """Return the last outages: the exchange's own, and ours where it has told none of that time. What goes on is
        what the exchange says of its channels now: the end of one that does not can be read later, or never.
        """
        if now is None:
            return ()
        told = [
            each
            for outage in {**self._told_lasting, **self._told_ended}.values()
            if (each := outage.unannounced(now)) is not None
        ]
        own = [
            each
            for each in self._own_outages
            if not any(other.doing == each.doing and _overlap(each, other) for other in told)
        ]
        lately = [each for each in (*told, *own) if each.ended_at is None or each.ended_at > now - SHOWN_FOR]
        last = sorted(lately, key=_by_end)[-MOST_KEPT:]
        return tuple(sorted(last, key=lambda each: each.began_at, reverse=True))

    def _forgotten(self, report: Report) -> Report:
        statuses = tuple(
            each
            if each.doing == "pay-by-mail"
            else Status(doing=each.doing, state="unknown", since=report.as_of)
            for each in report.statuses
        )
        return Report(
            as_of=report.as_of,
            statuses=statuses,
            windows=report.windows,
            windows_unknown=tuple(self._known),
            outages=report.outages,
            outages_known_at=report.outages_known_at,
        )


def _by_end(outage: Outage) -> tuple[bool, datetime]:
    """Return by what outages are in the order of their ends: those that go on come last."""
    return outage.ended_at is None, outage.ended_at or outage.began_at


def _window_at(windows: Sequence[Window], instant: datetime) -> Window | None:
    return next((each for each in windows if each.has(instant)), None)


def _overlap(one: Outage, other: Outage) -> bool:
    """Whether two outages may be one, seen twice; on a clock that stands one begins and ends at the same instant."""
    return (other.ended_at is None or one.began_at <= other.ended_at) and (
        one.ended_at is None or other.began_at <= one.ended_at
    )
