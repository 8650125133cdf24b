"""What people do with the exchange, and which of its parts each of these needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

ServiceName: TypeAlias = Literal["enrollment", "invoicing", "payments", "carrier-gateway", "notifications"]
SERVICES: Final[tuple[ServiceName, ...]] = (
    "enrollment",
    "invoicing",
    "payments",
    "carrier-gateway",
    "notifications",
)

Doing: TypeAlias = Literal[
    "choose-plan",
    "pay-online",
    "pay-by-phone",
    "pay-by-mail",
    "invoices",
    "letters",
    "carriers",
    "eligibility",
]
DOINGS: Final[tuple[Doing, ...]] = (
    "choose-plan",
    "pay-online",
    "pay-by-phone",
    "pay-by-mail",
    "invoices",
    "letters",
    "carriers",
    "eligibility",
)
"""In the order in which they are told."""

OF_SERVICE: Final[Mapping[ServiceName, Doing]] = {
    "enrollment": "choose-plan",
    "payments": "pay-online",
    "invoicing": "invoices",
    "notifications": "letters",
    "carrier-gateway": "carriers",
}
"""What people do that needs a service. Mail needs none, the phone staff, who say whether it is answered, and what
people state is checked by the federal hub, of which the exchange says whether it answers."""

OF_CHANNEL: Final[Mapping[str, Doing]] = {
    "payments-online": "pay-online",
    "enrollment-online": "choose-plan",
    "phone": "pay-by-phone",
    "carrier-exchange": "carriers",
    "hub": "eligibility",
}
"""What people do by the channels that the exchange itself knows of."""

NOTICED_WITHIN: Final = timedelta(seconds=30)
"""A change is known to whoever watches within so long (OPS-3)."""

State: TypeAlias = Literal["works", "down", "maintenance", "not-open-yet", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A while in which a service takes no requests of members, as announced."""

    service: ServiceName
    begins_at: datetime
    ends_at: datetime

    def has(self, instant: datetime) -> bool:
        """Whether an instant lies in it."""
        return self.begins_at <= instant < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A while in which something did not work; ``ended_at`` is None while it lasts. ``announced_until`` is until when
    it was announced work, None of one that nobody announced.
    """

    doing: Doing
    began_at: datetime
    ended_at: datetime | None
    announced_until: datetime | None = None

    def unannounced(self, now: datetime) -> Outage | None:
        """Return what of it nobody announced, None where that is nothing: announced work is told as such (OPS-2).

        That it is over is known by the first look that finds it so, up to `NOTICED_WITHIN` later.
        """
        if self.announced_until is None:
            return self
        if (self.ended_at or now) <= self.announced_until + NOTICED_WITHIN:
            return None
        return replace(self, began_at=self.announced_until, announced_until=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the exchange itself says of a channel: it is open, shut, announced shut or not open yet; since and until
    when, where it says so.
    """

    state: Literal["works", "down", "maintenance", "not-open-yet"]
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How one thing stands. ``since`` of what is unknown is when it was known last, None where it never was."""

    doing: Doing
    state: State
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that there is to say, as it was seen at one instant; None where nobody has looked yet.

    ``windows`` are those under way and to come, the next first; ``windows_unknown`` are the services of which nobody
    could say. ``outages`` has the last one first; ``outages_known_at`` is when the exchange's own list was read last.
    """

    as_of: datetime | None
    statuses: tuple[Status, ...]
    windows: tuple[Window, ...]
    windows_unknown: tuple[ServiceName, ...]
    outages: tuple[Outage, ...]
    outages_known_at: datetime | None

    def of(self, doing: Doing) -> Status:
        """Return how one thing stands."""
        (found,) = [each for each in self.statuses if each.doing == doing]
        return found

    @property
    def open_doors(self) -> tuple[Doing, ...]:
        """The ways to pay that nobody knows to be shut (NOT-2). Mail is always among them."""
        ways = [self.of(each) for each in ("pay-online", "pay-by-phone", "pay-by-mail")]
        online_unknown = ("pay-online", "unknown")
        return tuple(
            each.doing
            for each in ways
            if each.state in ("works", "unknown") and (each.doing, each.state) != online_unknown
        )
