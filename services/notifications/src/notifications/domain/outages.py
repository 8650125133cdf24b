"""Whether a channel is open, found out by trying it as anybody would, and how long it was not (OPS-3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, TypeAlias

from notifications.domain.announced import AnnouncedMaintenance
from notifications.domain.channels import Channel, ChannelName, ChannelState
from notifications.domain.events import ChannelDown, ChannelUp

TrialResult: TypeAlias = Literal["open", "shut", "not-open-yet"]
"""How a try ended. *not-open-yet*: a door that opens on a day to come is no outage, and ends one (OPS-4)."""

IN_A_ROW: Final = 2
"""So many tries that end alike decide: one alone may be anything, and a door that flaps is not announced each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One try of a channel, and what was seen."""

    result: TrialResult
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelWatch:
    """How many tries of a channel in a row ended unlike it is taken to be, and when the first of them was."""

    channel: ChannelName
    unlike: int
    since: datetime | None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStanding:
    """How a channel stands: what an operator told of it, the outage that trying it found, and the announced
    ``maintenance`` that closes it now; None for none. ``maintained_until`` is when the last that closed it was over.
    """

    told: Channel
    outage: Outage | None
    maintenance: AnnouncedMaintenance | None = None
    maintained_until: datetime | None = None

    @property
    def state(self) -> ChannelState:
        """Whether it is open: not where somebody says so of one that trying finds shut, or that is announced closed."""
        if self.told.state != "up":
            return self.told.state
        if self.maintenance is not None:
            return "maintenance"
        return "up" if self.outage is None else "down"

    @property
    def since(self) -> datetime | None:
        """Since when, None of one that is up and that nobody told of."""
        if self.told.state != "up":
            return self.told.since
        if self.maintenance is not None:
            return self.maintenance.begins_at
        return self.told.since if self.outage is None else self.outage.began_at

    @property
    def unannounced_since(self) -> datetime | None:
        """Since when it is shut without an announcement, None where it is not: one that comes back from maintenance and
        is shut still is, from then on (N2).
        """
        if self.outage is None or self.maintenance is not None:
            return None
        return max(self.outage.began_at, self.maintained_until or self.outage.began_at)

    @property
    def until(self) -> datetime | None:
        """Until when announced maintenance closes it, None where none does."""
        return None if self.maintenance is None else self.maintenance.ends_at


def untried(outage: Outage, *, now: datetime) -> Outage:
    """Return the outage of a channel that nobody tries any more: what is known of it is what operators say again."""
    return replace(outage, ended_at=now, end_evidence="not tried any more")


def judged(
    watch: ChannelWatch,
    trial: Trial,
    *,
    lasting: Outage | None,
    next_number: int,
    now: datetime,
    in_a_row: int = IN_A_ROW,
    maintenance: AnnouncedMaintenance | None = None,
) -> tuple[ChannelWatch, Outage | None]:
    """Return what the watch knows after a try, and the outage that begins or ends by it; None where none does.

    ``lasting`` is the outage that the channel is in, ``next_number`` that of one that begins. Announced ``maintenance``
    shut the channel as it began, whenever the first try was made: so much counts for who would have paid (OPS-4).
    """
    calm = ChannelWatch(channel=watch.channel, unlike=0, since=None)
    if (trial.result == "shut") == (lasting is not None):
        return calm, None
    unlike, since = watch.unlike + 1, watch.since or now
    if unlike < in_a_row:
        return ChannelWatch(channel=watch.channel, unlike=unlike, since=since), None
    if lasting is not None:
        return calm, replace(lasting, ended_at=since, end_evidence=trial.evidence)
    begun = Outage(
        number=next_number,
        channel=watch.channel,
        began_at=since if maintenance is None else min(since, maintenance.begins_at),
        noticed_at=now,
        ended_at=None,
        evidence=trial.evidence,
    )
    return calm, begun


def said_of(outage: Outage) -> ChannelDown | ChannelUp:
    """Return what is said of an outage that has begun, or has ended."""
    if outage.ended_at is None:
        return ChannelDown(channel=outage.channel, since=outage.began_at)
    return ChannelUp(channel=outage.channel, since=outage.began_at, until=outage.ended_at)
