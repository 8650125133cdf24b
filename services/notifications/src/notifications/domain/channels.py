"""The doors people are sent to, and which of them are open.

What a notice says about how to pay is decided when it is sent, from these states and nothing else (NOT-2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from notifications.domain.parameters import MailWay, NotificationsParameters, OnlineWay, PhoneWay

ChannelName: TypeAlias = Literal[
    "payments-online", "enrollment-online", "phone", "mail", "carrier-exchange", "hub"
]
ToldChannel: TypeAlias = Literal["payments-online", "enrollment-online", "phone", "carrier-exchange", "hub"]
"""The channels of which operators can say how they are. Mail is always open: the postmark is what counts."""

ToldState: TypeAlias = Literal["up", "down", "maintenance"]
"""What an operator can say of a channel."""

ChannelState: TypeAlias = Literal["up", "down", "maintenance", "not-open-yet"]
"""How a channel stands. *not-open-yet*: it opens on a day to come, or nothing is sold there yet (OPS-4)."""

CHANNELS: tuple[ChannelName, ...] = (
    "payments-online",
    "enrollment-online",
    "phone",
    "mail",
    "carrier-exchange",
    "hub",
)
"""Every way in, the exchange's own to carriers and to the federal hub too: to those no letter sends anybody."""

CHANNEL_OF_PAYMENTS: Final[ChannelName] = "payments-online"
"""What members cannot reach while payments is taken out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel's state since when it was told. One that nobody told of is up, ``since`` None."""

    channel: ChannelName
    state: ToldState
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDoors:
    """The ways to pay, to select plans and to ask that are open now; None where one is not.

    Paper mail is what remains when the others are closed: it never is, so nobody is left without a way.
    """

    online: OnlineWay | None
    selecting: OnlineWay | None
    phone: PhoneWay | None
    mail: MailWay

    @property
    def names(self) -> tuple[str, ...]:
        """The open doors by name, for the record of what a notice said."""
        doors = (
            ("payments-online", self.online),
            ("enrollment-online", self.selecting),
            ("phone", self.phone),
            ("mail", self.mail),
        )
        return tuple(name for name, door in doors if door is not None)


def open_doors(
    *, parameters: NotificationsParameters, states: Mapping[ChannelName, ChannelState]
) -> OpenDoors:
    """Return the doors a notice may send its reader to: none that is down, being worked on or not open yet (NOT-2)."""

    def is_open(channel: ChannelName) -> bool:
        return states.get(channel, "up") == "up"

    return OpenDoors(
        online=parameters.payments_online if is_open("payments-online") else None,
        selecting=parameters.enrollment_online if is_open("enrollment-online") else None,
        phone=parameters.phone if is_open("phone") else None,
        mail=parameters.payments_by_mail,
    )
