"""When a channel will be closed for maintenance, and is, as the service behind it announced (OPS-2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from notifications.domain.channels import ChannelName


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedMaintenance:
    """A while in which a channel is closed, from ``begins_at`` up to ``ends_at``, by the clock: nobody need say that it
    has begun. ``withdrawn``: it was announced, and will not be. Each service names its own: two may bear one name.
    """

    maintenance: str
    channel: ChannelName
    begins_at: datetime
    ends_at: datetime
    withdrawn: bool = False

    def lasts(self, now: datetime) -> bool:
        """Whether the channel is closed by it at an instant."""
        return not self.withdrawn and self.begins_at <= now < self.ends_at


def closed_by(
    windows: Iterable[AnnouncedMaintenance], channel: ChannelName, *, now: datetime
) -> AnnouncedMaintenance | None:
    """Return the maintenance that a channel is closed by now, None for none."""
    return next((each for each in windows if each.channel == channel and each.lasts(now)), None)


def last_end(
    windows: Iterable[AnnouncedMaintenance], channel: ChannelName, *, now: datetime
) -> datetime | None:
    """Return when the last maintenance of a channel was over by now, None where there was none."""
    ends = (each.ends_at for each in windows if each.channel == channel and not each.withdrawn)
    return max((each for each in ends if each <= now), default=None)
