"""Whether a channel is open, found out by trying it as anybody would, and how long it was not (OPS-3)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from notifications.domain.announced import AnnouncedMaintenance
from notifications.domain.channels import Channel, ChannelName, ChannelState
from notifications.domain.events import ChannelDown, ChannelUp

TrialResult: TypeAlias = Literal["open", "shut", "not-open-yet"]
"""How a try ended. *not-open-yet*: a door that opens on a day to come is no outage, and ends one (OPS-4)."""

IN_A_ROW: Final = 2
"""So many tries that end alike decide: one alone may be anything, and a door that flaps is not announced each time."""

_AN_INSTANT: Final = timedelta(microseconds=1)

NEAR: Final = timedelta(seconds=60)
"""Between tries that are further apart nobody tried: they are not in a row. A setting may say otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenWindow:
    """Announced maintenance by which a door said that it is shut, from ``begins_at`` up to ``ends_at`` (OPS-2)."""

    maintenance: str
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One try of a channel, and what was seen: also the announced ``window``, of a door that says so itself."""

    result: TrialResult
    evidence: str
    window: SeenWindow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelWatch:
    """How many tries of a channel in a row ended unlike it is taken to be, when the first of them was, and when the
    last was by the wall's clock. ``not_open_since`` is when its door said first that it is not open yet, None of one
    that has taken something since.
    """

    channel: ChannelName
    unlike: int
    since: datetime | None
    tried_at: datetime | None = None
    not_open_since: datetime | None = None


def unwatched(channel: ChannelName) -> ChannelWatch:
    """Return the watch of a channel of which no try is known."""
    return ChannelWatch(channel=channel, unlike=0, since=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A try that was made at an instant, and at which one by the wall's clock: that goes on while the exchange's stands
    still, or leaps.
    """

    channel: ChannelName
    trial: Trial
    at: datetime
    wall_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A while in which a channel was shut, from the first try that failed to the first that did not; ``ended_at`` is
    None while it lasts. ``noticed_at`` is when that was certain, ``evidence`` what was seen then, ``end_evidence`` what
    when it had ended.
    """

    number: int
    channel: ChannelName
    began_at: datetime
    noticed_at: datetime
    ended_at: datetime | None
    evidence: str
    end_evidence: str | None = None


def announced_until(outage: Outage, windows: Iterable[AnnouncedMaintenance]) -> datetime | None:
    """Return until when an outage was announced: the end of the maintenance that it began in; None where it was not."""
    ends = (
        each.ends_at for each in windows if each.channel == outage.channel and each.lasts(outage.began_at)
    )
    return max(ends, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedOutage:
    """An outage, and until when it was announced maintenance; None of one that nobody announced."""

    outage: Outage
    announced_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStanding:
    """How a channel stands: what an operator told of it, the outage that trying it found, and the announced
    ``maintenance`` that closes it now; None for none. ``maintained_until`` is when the last that closed it was over,
    ``not_open_since`` since when its door says that it is not open yet.
    """

    told: Channel
    outage: ListedOutage | None
    maintenance: AnnouncedMaintenance | None = None
    maintained_until: datetime | None = None
    not_open_since: datetime | None = None

    @property
    def state(self) -> ChannelState:
        """Whether it is open: not where somebody says so of one that trying finds shut, or that is announced closed."""
        if self.told.state != "up":
            return self.told.state
        if self.maintenance is not None:
            return "maintenance"
        if self.outage is not None:
            return "down"
        return "up" if self.not_open_since is None else "not-open-yet"

    @property
    def since(self) -> datetime | None:
        """Since when, None of one that is up and that nobody told of."""
        if self.told.state != "up":
            return self.told.since
        if self.maintenance is not None:
            return self.maintenance.begins_at
        if self.outage is not None:
            return self.outage.outage.began_at
        return self.told.since if self.not_open_since is None else self.not_open_since

    @property
    def unannounced_since(self) -> datetime | None:
        """Since when it is shut without an announcement, None where it is not: one that comes back from maintenance and
        is shut still is, from then on (N2).
        """
        if self.outage is None or self.maintenance is not None:
            return None
        began_at = self.outage.outage.began_at
        return max(began_at, self.maintained_until or began_at)

    @property
    def until(self) -> datetime | None:
        """Until when announced maintenance closes it, None where none does."""
        return None if self.maintenance is None else self.maintenance.ends_at


def untried(outage: Outage, *, now: datetime) -> Outage:
    """Return the outage of a channel that nobody tries any more: what is known of it is what operators say again."""
    return replace(outage, ended_at=now, end_evidence="not tried any more")


def judged(
    watch: ChannelWatch,
    tried: Tried,
    *,
    last: Outage | None,
    next_number: int,
    in_a_row: int = IN_A_ROW,
    near: timedelta = NEAR,
    maintenance: AnnouncedMaintenance | None = None,
) -> tuple[ChannelWatch, Outage | None]:
    """Return what the watch knows after a try, and the outage that begins or ends by it; None where none does.

    ``last`` is the channel's last outage, over or not, ``next_number`` that of one that begins. A try that is told late
    and was made before what is known changes nothing; one that is not ``near`` the one before begins to count anew.
    Announced ``maintenance`` shut the channel as it began, whenever the first try was made: so much counts for who
    would have paid (OPS-4).
    """
    lasting = last if last is not None and last.ended_at is None else None
    known_at = None if last is None else last.ended_at or last.began_at
    if (watch.tried_at is not None and tried.wall_at <= watch.tried_at) or (
        known_at is not None and tried.at < known_at
    ):
        return watch, None
    calm = ChannelWatch(
        channel=watch.channel, unlike=0, since=None, not_open_since=_not_open_since(watch, tried)
    )
    if (tried.trial.result == "shut") == (lasting is not None):
        return calm, None
    if watch.tried_at is None or watch.since is None or tried.wall_at - watch.tried_at > near:
        unlike, since = 1, tried.at
    else:
        unlike, since = watch.unlike + 1, watch.since
    if unlike < in_a_row:
        return replace(calm, unlike=unlike, since=since, tried_at=tried.wall_at), None
    if lasting is not None:
        return calm, replace(lasting, ended_at=since, end_evidence=tried.trial.evidence)
    begun = Outage(
        number=next_number,
        channel=watch.channel,
        began_at=_began_at(since, last=last, maintenance=maintenance),
        noticed_at=tried.at,
        ended_at=None,
        evidence=tried.trial.evidence,
    )
    return calm, begun


def _not_open_since(watch: ChannelWatch, tried: Tried) -> datetime | None:
    """Return since when a door is not open yet, which it alone can say: one that is shut says nothing of it."""
    match tried.trial.result:
        case "open":
            return None
        case "shut":
            return watch.not_open_since
        case "not-open-yet":
            return watch.not_open_since or tried.at


def _began_at(since: datetime, *, last: Outage | None, maintenance: AnnouncedMaintenance | None) -> datetime:
    """Return when an outage began: never when the one before it did, for that is what both are known by."""
    began = since if maintenance is None else min(since, maintenance.begins_at)
    return began if last is None or last.ended_at is None else max(began, last.ended_at + _AN_INSTANT)


def kept_in_mind(
    waiting: Sequence[Tried], tried: Tried, *, most: int, in_a_row: int = IN_A_ROW
) -> list[Tried]:
    """Return tries that could not be noted yet, with one more, at most so many of each channel: the oldest are let go
    of.

    Of many of a channel in a row that ended alike, those that decide are kept and the last: how long it stayed so is
    known by the next that did not.
    """
    own = [at for at, each in enumerate(waiting) if each.channel == tried.channel]
    alike = itertools.takewhile(lambda at: waiting[at].trial.result == tried.trial.result, reversed(own))
    let_go = set(own[: max(0, len(own) + 1 - most)])
    if sum(1 for _ in alike) > in_a_row:
        let_go = {own[-1]}
    return [*(each for at, each in enumerate(waiting) if at not in let_go), tried]


def said_of(outage: Outage) -> ChannelDown | ChannelUp:
    """Return what is said of an outage that has begun, or has ended."""
    if outage.ended_at is None:
        return ChannelDown(channel=outage.channel, since=outage.began_at)
    return ChannelUp(channel=outage.channel, since=outage.began_at, until=outage.ended_at)
