"""Looks at services over HTTP, as anybody may: by what each of them answers without a token."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeVar

import httpx2
from pydantic import AwareDatetime, BaseModel, Field

from bulkhead.kernel.calendar import in_exchange_time
from status_page.application.ports import ChannelName, Look
from status_page.domain.doings import Outage, ServiceName, Told, Window
from status_page.domain.standing import Seen

T = TypeVar("T", bound=BaseModel)

ANSWER_SECONDS: Final = 5.0
"""A look takes no longer, all in all: who waits longer has left."""

MOST_BYTES: Final = 100_000
"""An answer that is longer is another page's."""

MOST_WINDOWS: Final = 50
"""How many announced windows of a service are told."""

_CHANNELS: Final[Mapping[str, ChannelName]] = {"payments-online": "payments-online", "phone": "phone"}


class NoAnswer(Exception):
    """A service did not say what was asked, or nothing that can be read."""


class _Announced(BaseModel):
    begins_at: AwareDatetime
    ends_at: AwareDatetime


class _Announcements(BaseModel):
    items: list[_Announced]


class _OnlinePayment(BaseModel):
    takes_payments: bool
    outcome: str


class _Channel(BaseModel):
    channel: str
    state: Literal["up", "down", "maintenance"]
    since: AwareDatetime | None
    until: AwareDatetime | None


class _Channels(BaseModel):
    items: list[_Channel]


class _Outage(BaseModel):
    number: int
    channel: str
    began_at: AwareDatetime
    ended_at: AwareDatetime | None


class _Outages(BaseModel):
    items: list[_Outage]
    next_cursor: Annotated[str, Field(max_length=200)] | None = None


class ServiceDoor:
    """A service that answers. A `Door`."""

    def __init__(
        self, service: ServiceName, url: str, *, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self.service: ServiceName = service
        # No connection is kept: whoever comes anew must be let in.
        self._client = httpx2.AsyncClient(
            base_url=url,
            headers={"Accept-Encoding": "identity"},
            timeout=None,  # of the steps: the whole look has a limit, which each of them could keep and it not
            limits=httpx2.Limits(max_keepalive_connections=0, max_connections=4),
            transport=transport,
        )

    async def look(self) -> Look:
        """Return what it says now: it works where it answers when it is taken out, for which it asks its database."""
        windows = await self._windows()
        return Look(seen="down" if windows is None else "works", windows=windows)

    async def _windows(self) -> tuple[Window, ...] | None:
        try:
            said = await self._asked("/v1/maintenance", _Announcements)
        except NoAnswer:
            return None
        return tuple(
            Window(
                service=self.service,
                begins_at=in_exchange_time(each.begins_at),
                ends_at=in_exchange_time(each.ends_at),
            )
            for each in said.items[:MOST_WINDOWS]
        )

    async def _asked(self, path: str, kind: type[T], **query: str) -> T:
        """Return what an answer says; raises `NoAnswer`."""
        try:
            async with (
                asyncio.timeout(ANSWER_SECONDS),
                self._client.stream("GET", path, params=query) as answer,
            ):
                # What something packed is unpacked to has no limit.
                if answer.status_code != 200 or "Content-Encoding" in answer.headers:
                    raise NoAnswer
                text = b""
                async for part in answer.aiter_bytes():
                    text += part
                    if len(text) > MOST_BYTES:
                        raise NoAnswer
            return kind.model_validate(json.loads(text))
        except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as problem:
            raise NoAnswer from problem


class PaymentsDoor(ServiceDoor):
    """Payments, which may answer and take no money: it works where it takes some (OPS-3)."""

    async def look(self) -> Look:
        """Return what trying to pay says, and what is announced."""
        windows, seen = await asyncio.gather(self._windows(), self._tried())
        return Look(seen=seen, windows=windows)

    async def _tried(self) -> Seen:
        try:
            said = await self._asked("/v1/online-payment", _OnlinePayment)
        except NoAnswer:
            return "down"
        if said.takes_payments:
            return "works"
        match said.outcome:
            case "maintenance" | "not-open":
                return "maintenance" if said.outcome == "maintenance" else "not-open-yet"
            case _:
                return "down"


class NotificationsDoor(ServiceDoor):
    """Notifications, which knows what staff say of channels, and when paying online was away."""

    _cursor: str | None = None  # of the page of outages that is read: the last, once it was found

    async def look(self) -> Look:
        """Return what is announced, how channels stand, and outages. It works where it tells the first two."""
        windows, channels, outages = await asyncio.gather(self._windows(), self._told(), self._outages())
        seen: Seen = "down" if windows is None or channels is None else "works"
        return Look(seen=seen, windows=windows, channels=channels, outages=outages)

    async def _told(self) -> Mapping[ChannelName, Told] | None:
        try:
            said = await self._asked("/v1/channels", _Channels)
        except NoAnswer:
            return None
        return {
            _CHANNELS[each.channel]: Told(
                state="works" if each.state == "up" else each.state,
                since=None if each.since is None else in_exchange_time(each.since),
                until=None if each.until is None else in_exchange_time(each.until),
            )
            for each in said.items
            if each.channel in _CHANNELS
        }

    async def _outages(self) -> Mapping[int, Outage] | None:
        """Return one page of the exchange's list, the last at last. If it cannot be read, it begins anew."""
        query = {} if self._cursor is None else {"cursor": self._cursor}
        try:
            said = await self._asked("/v1/outages", _Outages, **query)
        except NoAnswer:
            self._cursor = None
            return None
        if said.next_cursor is not None:
            self._cursor = said.next_cursor
        elif not said.items:
            self._cursor = None
        return {
            each.number: Outage(
                doing="pay-online" if each.channel == "payments-online" else "pay-by-phone",
                began_at=in_exchange_time(each.began_at),
                ended_at=None if each.ended_at is None else in_exchange_time(each.ended_at),
            )
            for each in said.items
            if each.channel in _CHANNELS
        }


DOORS: Final[Mapping[ServiceName, type[ServiceDoor]]] = {
    "payments": PaymentsDoor,
    "notifications": NotificationsDoor,
}
"""What is looked at by more than whether it answers."""


def door_of(service: ServiceName, url: str, **more: Any) -> ServiceDoor:
    """Return the door of a service at an address."""
    return DOORS.get(service, ServiceDoor)(service, url, **more)
