"""What looking needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from status_page.domain.doings import Outage, ServiceName, Told, Window
from status_page.domain.standing import Seen

ChannelName: TypeAlias = Literal["payments-online", "phone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at a service saw. None is what it did not say this time.

    ``outages`` are the exchange's own, by number, those that are said this time.
    """

    seen: Seen
    windows: tuple[Window, ...] | None = None
    channels: Mapping[ChannelName, Told] | None = None
    outages: Mapping[int, Outage] | None = None


class Door(Protocol):
    """A service, as anybody may ask it."""

    service: ServiceName

    async def look(self) -> Look:
        """Return what it says now; never raises because of what it says, or that it says nothing."""
        ...
