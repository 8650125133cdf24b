"""Looks at services over HTTP, as anybody may: by what each of them answers without a token."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal, TypeVar

import httpx2
from pydantic import AliasChoices, AwareDatetime, BaseModel, Field

from bulkhead.answers import read_json
from bulkhead.kernel.calendar import in_exchange_time
from status_page.application.ports import Look
from status_page.domain.doings import OF_CHANNEL, Doing, Outage, ServiceName, Told, Window
from status_page.domain.standing import Seen

T = TypeVar("T", bound=BaseModel)

ANSWER_SECONDS: Final = 5.0
"""A look takes no longer, all in all: who waits longer has left."""

MOST_BYTES: Final = 100_000
"""An answer that is longer is another page's."""

MOST_WINDOWS: Final = 50
"""How many announced windows of a service are told."""


class NoAnswer(Exception):
    """A service did not say what was asked, or nothing that can be read."""


class _Announced(BaseModel):
    begins_at: AwareDatetime
    ends_at: AwareDatetime


class _Announcements(BaseModel):
    items: list[_Announced]


class _Tried(BaseModel):
    takes: bool = Field(validation_alias=AliasChoices("takes_payments", "takes_selections"))
    outcome: str
    tried_at: AwareDatetime


class _Outage(BaseModel):
    number: int
    channel: str
    began_at: AwareDatetime
    ended_at: AwareDatetime | None
    announced_until: AwareDatetime | None


class _Channel(BaseModel):
    channel: str
    state: Literal["up", "down", "maintenance", "not-open-yet"]
    since: AwareDatetime | None
    until: AwareDatetime | None
    outage: _Outage | None


class _Channels(BaseModel):
    items: list[_Channel]


class _Outages(BaseModel):
    items: list[_Outage]
    next_cursor: Annotated[str, Field(max_length=200)] | None = None

    @property
    def has_lasting(self) -> bool:
        """Whether one that is told had no end when it was read."""
        return any(each.ended_at is None and each.channel in OF_CHANNEL for each in self.items)


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
                if answer.status_code != 200:
                    raise NoAnswer
                said = await read_json(answer, most_bytes=MOST_BYTES)
            return kind.model_validate(said)
        except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, ValueError) as problem:
            raise NoAnswer from problem


class TriedDoor(ServiceDoor):
    """A service that may answer and take nothing, and says so when it is tried: it works where it takes it (OPS-3)."""

    def __init__(self, service: ServiceName, url: str, *, path: str, **more: Any) -> None:
        super().__init__(service, url, **more)
        self._path = path

    async def look(self) -> Look:
        """Return what trying it says, and what is announced."""
        windows, said = await asyncio.gather(self._windows(), self._tried())
        if said is None:
            return Look(seen="down", windows=windows)
        return Look(seen=_seen(said), windows=windows, tried_at=in_exchange_time(said.tried_at))

    async def _tried(self) -> _Tried | None:
        try:
            return await self._asked(self._path, _Tried)
        except NoAnswer:
            return None


def _seen(said: _Tried) -> Seen:
    if said.takes:
        return "works"
    match said.outcome:
        case "maintenance" | "not-open":
            return "maintenance" if said.outcome == "maintenance" else "not-open-yet"
        case _:
            return "down"


class NotificationsDoor(ServiceDoor):
    """Notifications, which knows what staff say of channels, and when paying and selecting online were away."""

    def __init__(self, service: ServiceName, url: str, **more: Any) -> None:
        super().__init__(service, url, **more)
        self._cursor: str | None = None  # of the page of outages that is read: the last, once it was found
        self._lasting: tuple[str | None, ...] = ()  # cursors of pages before it on which one had no end yet

    async def look(self) -> Look:
        """Return what is announced, how channels stand, and outages. It works where it tells the first two."""
        windows, channels, outages = await asyncio.gather(self._windows(), self._channels(), self._outages())
        return Look(
            seen="down" if windows is None or channels is None else "works",
            windows=windows,
            channels=None if channels is None else _told(channels),
            lasting=None if channels is None else _by_number(each.outage for each in channels if each.outage),
            outages=outages,
        )

    async def _channels(self) -> list[_Channel] | None:
        try:
            return (await self._asked("/v1/channels", _Channels)).items
        except NoAnswer:
            return None

    async def _outages(self) -> Mapping[int, Outage] | None:
        """Return one page of the exchange's list, the last at last, with one of those before it on which an outage had
        no end: each in its turn, for its end is told nowhere else. If one cannot be read, it begins anew.
        """
        again = self._lasting[:1]
        page, *others = await asyncio.gather(*(self._page(each) for each in (self._cursor, *again)))
        read = [each for each in others if each is not None]
        if page is None or len(read) < len(others):
            self._cursor, self._lasting = None, ()
            return None
        still = (cursor for cursor, each in zip(again, read, strict=True) if each.has_lasting)
        self._lasting = (*self._lasting[1:], *still)
        if page.next_cursor is not None:
            self._lasting += (self._cursor,) if page.has_lasting else ()
            self._cursor = page.next_cursor
        elif not page.items:
            self._cursor, self._lasting = None, ()
        return _by_number(item for each in (page, *read) for item in each.items)

    async def _page(self, cursor: str | None) -> _Outages | None:
        query = {} if cursor is None else {"cursor": cursor}
        try:
            return await self._asked("/v1/outages", _Outages, **query)
        except NoAnswer:
            return None


def _told(channels: Iterable[_Channel]) -> Mapping[Doing, Told]:
    return {
        OF_CHANNEL[each.channel]: Told(
            state="works" if each.state == "up" else each.state,
            since=None if each.since is None else in_exchange_time(each.since),
            until=None if each.until is None else in_exchange_time(each.until),
        )
        for each in channels
        if each.channel in OF_CHANNEL
    }


def _by_number(outages: Iterable[_Outage]) -> Mapping[int, Outage]:
    return {
        each.number: Outage(
            doing=OF_CHANNEL[each.channel],
            began_at=in_exchange_time(each.began_at),
            ended_at=None if each.ended_at is None else in_exchange_time(each.ended_at),
            announced_until=None if each.announced_until is None else in_exchange_time(each.announced_until),
        )
        for each in outages
        if each.channel in OF_CHANNEL
    }


TRIED: Final[Mapping[ServiceName, str]] = {
    "enrollment": "/v1/online-selection",
    "payments": "/v1/online-payment",
}
"""What is looked at by more than whether it answers."""


def door_of(
    service: ServiceName, url: str, *, transport: httpx2.AsyncBaseTransport | None = None
) -> ServiceDoor:
    """Return the door of a service at an address."""
    if service in TRIED:
        return TriedDoor(service, url, path=TRIED[service], transport=transport)
    kind = NotificationsDoor if service == "notifications" else ServiceDoor
    return kind(service, url, transport=transport)
