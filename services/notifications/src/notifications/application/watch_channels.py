"""Use case: notice by trying that a channel is shut, and that it is open again (OPS-3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bulkhead.kernel.errors import is_its_own
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from notifications.application.ports import Alarms, Door, Pace
from notifications.domain.announced import AnnouncedMaintenance, closed_by
from notifications.domain.channels import CHANNEL_OF_PAYMENTS, CHANNELS, ChannelName
from notifications.domain.events import ChannelDown, ChannelUp
from notifications.domain.outages import (
    IN_A_ROW,
    NEAR,
    ChannelWatch,
    ListedOutage,
    Outage,
    Tried,
    announced_until,
    judged,
    kept_in_mind,
    said_of,
    untried,
    unwatched,
)

SECONDS_APART: Final = 7.0
"""From one try to the next. An outage is certain within 30 seconds of wall time (OPS-3); ADR 0040 adds them up."""


MOST_KEPT: Final = 1_000
"""How many tries of each channel are kept in mind while the database is away: of a while that stayed the same, no more
than three.
"""


class ChannelPoller:
    """Tries each channel that has a door, so many seconds apart, and keeps what that says of it.

    Several may be at it: each try counts, whoever made it. ``pace`` counts seconds while the exchange's clock stands,
    ``wall_seconds`` are those since 1970. What cannot be written down, for the database is away, is kept in mind until
    it can: an outage that began or ended meanwhile is known afterwards from when to when it was (OPS-4).
    """

    name = "channels"

    def __init__(
        self,
        uows: UnitOfWorkFactory,
        *,
        doors: Mapping[ChannelName, Door],
        alarms: Alarms,
        pace: Pace,
        wall_seconds: Callable[[], float],
        in_a_row: int = IN_A_ROW,
        near: timedelta = NEAR,
    ) -> None:
        self._uows = uows
        self._doors = doors
        self._alarms = alarms
        self._pace = pace
        self._wall_seconds = wall_seconds
        self._in_a_row = in_a_row
        self._near = near
        self._next_at: float | None = None
        self._tried: list[Tried] = []

    async def turn(self, now: datetime) -> int:
        """Try what is to be tried; return how many outages began or ended. Raises `Retryable` while the database is
        away, with what was seen kept in mind, and what failed of one channel once the others are seen to.
        """
        seconds = self._pace()
        if self._next_at is not None and seconds < self._next_at:
            return 0
        self._next_at = seconds + SECONDS_APART
        # Side by side: one that hangs makes none be looked at later.
        trials = await asyncio.gather(
            *(door.try_it() for door in self._doors.values()), return_exceptions=True
        )
        failed = [each for each in trials if isinstance(each, BaseException)]
        wall_at = datetime.fromtimestamp(self._wall_seconds(), tz=UTC)
        for channel, trial in zip(self._doors, trials, strict=True):
            if isinstance(trial, BaseException):
                continue
            tried = Tried(channel=channel, trial=trial, at=now, wall_at=wall_at)
            self._tried = kept_in_mind(self._tried, tried, most=MOST_KEPT, in_a_row=self._in_a_row)
        changed = await self._end_untried(now)
        noted, faults = await self._note_tried(now)
        for each in (*failed, *faults):
            raise each
        return changed + noted

    async def _note_tried(self, now: datetime) -> tuple[int, list[Exception]]:
        """Note what is kept in mind, in the order in which it was seen; return how many outages began or ended, and
        what failed by itself: the tries of that channel stay in mind.
        """
        changed = 0
        faults: dict[ChannelName, Exception] = {}
        for tried in self._tried.copy():
            if tried.channel in faults:
                continue
            try:
                outage, windows = await self._note(tried, now)
            except Exception as error:
                if not is_its_own(error):
                    raise
                faults[tried.channel] = error
                continue
            self._tried.remove(tried)
            if outage is not None:
                self._tell(outage, closed_by(windows, tried.channel, now=now))
                changed += 1
        return changed, list(faults.values())

    async def _note(self, tried: Tried, now: datetime) -> tuple[Outage | None, list[AnnouncedMaintenance]]:
        async with self._uows.begin(now=now, households=[lock_of(tried.channel)]) as uow:
            outage = await note_trial(uow, tried, in_a_row=self._in_a_row, near=self._near)
            return outage, [] if outage is None else await uow.records(AnnouncedMaintenance).select()

    def _tell(self, outage: Outage, maintenance: AnnouncedMaintenance | None) -> None:
        """Tell that an outage began or ended; of one that was announced nobody is alarmed."""
        if maintenance is not None and outage.ended_at is None:
            self._alarms.channel_closed(outage, maintenance)
        else:
            self._alarms.channel_changed(outage)

    async def _end_untried(self, now: datetime) -> int:
        """End the outages of channels that are tried no more; return how many those were."""
        channels: list[ChannelName] = [each for each in CHANNELS if each not in self._doors]
        async with self._uows.begin(now=now, households=[lock_of(each) for each in channels]) as uow:
            ended = [await end_untried(uow, each) for each in channels]
        for outage in ended:
            if outage is not None:
                self._alarms.channel_changed(outage)
        return sum(each is not None for each in ended)

    async def pending(self, now: datetime) -> int:
        """Return 0: there is always a next try, and nobody waits for it."""
        return 0


async def note_trial(uow: UnitOfWork, tried: Tried, *, in_a_row: int, near: timedelta) -> Outage | None:
    """Keep what a try says of a channel; return the outage that begins or ends by it, and say so to whom it moves
    deadlines (OPS-4). The channel is locked.
    """
    channel = tried.channel
    await _note_window(uow, tried)
    before = await uow.records(ChannelWatch).get(channel=channel)
    last = await uow.records(Outage).select(channel=channel, order_by=("-number",), limit=1)
    windows = await uow.records(AnnouncedMaintenance).select(ends_at__gt=tried.at, withdrawn=False)
    after, outage = judged(
        before or unwatched(channel),
        tried,
        last=last[0] if last else None,
        next_number=await _next_number(uow),
        in_a_row=in_a_row,
        near=near,
        maintenance=closed_by(windows, channel, now=tried.at),
    )
    if after != (before or unwatched(channel)):
        await uow.records(ChannelWatch).put([after])
    if outage is not None:
        await _keep_and_say(uow, outage)
    return outage


async def _note_window(uow: UnitOfWork, tried: Tried) -> None:
    """Keep the announced window that a door says it is shut by; one that is not shut has left the one it was in."""
    seen = tried.trial.window
    if tried.channel == CHANNEL_OF_PAYMENTS:
        return  # its windows are told by its events: how its door stands changes none of them
    windows = uow.records(AnnouncedMaintenance)
    if seen is not None:
        await windows.put(
            [
                AnnouncedMaintenance(
                    maintenance=seen.maintenance,
                    channel=tried.channel,
                    begins_at=seen.begins_at,
                    ends_at=seen.ends_at,
                )
            ]
        )
    elif tried.trial.result != "shut":
        await _end_windows(uow, tried.channel, at=tried.at)


async def _end_windows(uow: UnitOfWork, channel: ChannelName, *, at: datetime) -> None:
    """End the windows that a channel is in at an instant, which may be told late: not one that began after it."""
    windows = uow.records(AnnouncedMaintenance)
    known = await windows.select(channel=channel, withdrawn=False, begins_at__le=at, ends_at__gt=at)
    await windows.put([replace(each, ends_at=at) for each in known])


async def end_untried(uow: UnitOfWork, channel: ChannelName) -> Outage | None:
    """Forget what tries of a channel said that nobody tries any more; return the outage that ends by it, None where it
    was in none. The channel is locked.
    """
    if channel != CHANNEL_OF_PAYMENTS:
        await _end_windows(uow, channel, at=uow.now)
    if await uow.records(ChannelWatch).get(channel=channel) is not None:
        await uow.records(ChannelWatch).put([unwatched(channel)])
    lasting = await lasting_outage(uow, channel)
    if lasting is None:
        return None
    outage = untried(lasting, now=uow.now)
    await _keep_and_say(uow, outage)
    return outage


async def _keep_and_say(uow: UnitOfWork, outage: Outage) -> None:
    await uow.records(Outage).put([outage])
    uow.emit(said_of(outage), household=None)


async def lasting_outage(uow: UnitOfWork, channel: ChannelName) -> Outage | None:
    """Return the outage that a channel is in, None where it is open."""
    return await uow.records(Outage).get(channel=channel, ended_at=None)


async def list_outages(uow: UnitOfWork, *, after: int, limit: int) -> list[ListedOutage]:
    """Return at most ``limit`` outages, by number after ``after``: in the order in which they began to be known."""
    outages = await uow.records(Outage).select(number__gt=after, order_by=("number",), limit=limit)
    began_at = min((each.began_at for each in outages), default=uow.now)
    windows = await uow.records(AnnouncedMaintenance).select(ends_at__gt=began_at, withdrawn=False)
    return [ListedOutage(outage=each, announced_until=announced_until(each, windows)) for each in outages]


async def keep_outage(
    uow: UnitOfWork, said: ChannelDown | ChannelUp, *, noticed_at: datetime, evidence: str
) -> None:
    """Keep an outage that was told of, unless it is known as it was told. The channel is locked."""
    ended_at = said.until if isinstance(said, ChannelUp) else None
    known = await uow.records(Outage).get(channel=said.channel, began_at=said.since)
    if known is None:
        number = await _next_number(uow)
        known = Outage(
            number=number,
            channel=said.channel,
            began_at=said.since,
            noticed_at=noticed_at,
            ended_at=None,
            evidence=evidence,
        )
    if known.ended_at is None:
        end_evidence = None if ended_at is None else evidence
        await uow.records(Outage).put([replace(known, ended_at=ended_at, end_evidence=end_evidence)])


async def _next_number(uow: UnitOfWork) -> int:
    last = await uow.records(Outage).select(order_by=("-number",), limit=1)
    return last[0].number + 1 if last else 1


def lock_of(channel: ChannelName) -> str:
    """Return the name of a channel's lock: no household's id, for it has a colon."""
    return f"channel:{channel}"
