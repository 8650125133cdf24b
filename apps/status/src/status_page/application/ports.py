"""What looking needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from status_page.domain.doings import Doing, Outage, ServiceName, Told, Window
from status_page.domain.standing import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at a service saw. None is what it did not say this time.

    ``channels`` are by what people do by them. ``outages`` are the exchange's own, by number, those that are said this
    time; ``lasting`` are all that go on. ``tried_at`` is the exchange's time as it was there.
    """

    seen: Seen
    windows: tuple[Window, ...] | None = None
    channels: Mapping[Doing, Told] | None = None
    lasting: Mapping[int, Outage] | None = None
    outages: Mapping[int, Outage] | None = None
    tried_at: datetime | None = None


class Door(Protocol):
    """A service, as anybody may ask it."""

    service: ServiceName

    async def look(self) -> Look:
        """Return what it says now; never raises because of what it says, or that it says nothing."""
        ...
