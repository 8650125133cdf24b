"""Whether a channel is open, found out by trying it as anybody would, and how long it was not (OPS-3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, TypeAlias

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
    """How a channel stands: what an operator told of it, and the outage that trying it found, None for none."""

    told: Channel
    outage: Outage | None

    @property
    def state(self) -> ChannelState:
        """Whether it is open: not where somebody says so of one that trying finds shut."""
        return "down" if self.outage is not None and self.told.state == "up" else self.told.state

    @property
    def since(self) -> datetime | None:
        """Since when, None of one that is up and that nobody told of."""
        return (
            self.outage.began_at if self.outage is not None and self.told.state == "up" else self.told.since
        )


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
) -> tuple[ChannelWatch, Outage | None]:
    """Return what the watch knows after a try, and the outage that begins or ends by it; None where none does.

    ``lasting`` is the outage that the channel is in, ``next_number`` that of one that begins.
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
        began_at=since,
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
