"""An exchange of answers, and clocks that are counted: what a watch looks at in tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from datetime import date, datetime, timedelta
from typing import Any, cast

import httpx2

from bulkhead.kernel.calendar import local
from status_page.adapters.http import door_of
from status_page.application.watch import Watch
from status_page.domain.doings import SERVICES, Doing, ServiceName, Status

NOON = local(date(2016, 1, 5), 12)

Answering = Callable[[httpx2.Request], Coroutine[Any, Any, httpx2.Response]]


def at(seconds: float) -> datetime:
    """The exchange's time so many seconds after noon of January 5, 2016."""
    return NOON + timedelta(seconds=seconds)


def takes(*, outcome: str = "ok") -> dict[str, Any]:
    """What payments answers when it is tried."""
    return {"takes_payments": outcome == "ok", "outcome": outcome, "tried_at": NOON.isoformat()}


def selects(*, outcome: str = "ok") -> dict[str, Any]:
    """What enrollment answers when it is tried."""
    return {"takes_selections": outcome == "ok", "outcome": outcome, "tried_at": NOON.isoformat()}


def outage(
    number: int,
    name: str,
    began_at: datetime,
    ended_at: datetime | None = None,
    announced_until: datetime | None = None,
) -> Any:
    """What notifications says of an outage."""
    said = [None if each is None else each.isoformat() for each in (began_at, ended_at, announced_until)]
    times = {"began_at": said[0], "ended_at": said[1], "announced_until": said[2]}
    return {"number": number, "channel": name, **times}


def channel(
    name: str,
    state: str = "up",
    since: datetime | None = None,
    until: datetime | None = None,
    lasting: Any = None,
) -> Any:
    """What notifications says of a channel, and of the outage that it is in."""
    said = [None if each is None else each.isoformat() for each in (since, until)]
    return {"channel": name, "state": state, "since": said[0], "until": said[1], "outage": lasting}


def paged(outages: list[Any]) -> Callable[[httpx2.Request], httpx2.Response]:
    """What notifications answers of so many outages: a page of 50 of those there are by then."""

    def page(request: httpx2.Request) -> httpx2.Response:
        after = int(request.url.params.get("cursor", "0"))
        following = str(after + 50) if after + 50 < len(outages) else None
        return httpx2.Response(200, json={"items": outages[after : after + 50], "next_cursor": following})

    return page


class Exchange:
    """Five services that answer what they are told to, until they are away; and every question they were asked."""

    def __init__(
        self,
        *,
        standing: bool = False,
        clock: Callable[[], datetime] | None = None,
        heard: Callable[[datetime], None] = lambda _: None,
    ) -> None:
        self.seconds = 0.0
        self.away: set[str] = set()
        self.asked: list[str] = []
        self.answers: dict[str, Any] = {f"{name}/v1/maintenance": {"items": []} for name in SERVICES}
        self.answers["payments/v1/online-payment"] = takes()
        self.answers["enrollment/v1/online-selection"] = selects()
        self.answers["notifications/v1/channels"] = {
            "items": [channel(each) for each in ("payments-online", "phone", "carrier-exchange", "hub")]
        }
        self.answers["notifications/v1/outages"] = {"items": [], "next_cursor": None}
        transport = httpx2.MockTransport(self._answer)
        self.watch = Watch(
            doors=[door_of(name, f"http://{name}", transport=transport) for name in SERVICES],
            now=clock or (lambda: at(0 if standing else self.seconds)),
            heard=heard,
            seconds=lambda: self.seconds,
        )

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(f"{request.url.host}{request.url.raw_path.decode()}")
        if request.url.host in self.away:
            raise httpx2.ConnectError("nobody")
        said = self.answers[f"{request.url.host}{request.url.path}"]
        if callable(said):
            return cast(Callable[[httpx2.Request], httpx2.Response], said)(request)
        if isinstance(said, int):
            return httpx2.Response(said)
        return httpx2.Response(200, content=said if isinstance(said, bytes) else json.dumps(said))

    async def rounds(self, count: int = 2, *, every: float = 8.0) -> None:
        """Look so many times, the seconds going on after each."""
        for _ in range(count):
            await self.watch.look()
            self.seconds += every

    def window(self, service: ServiceName, begins: datetime, ends: datetime) -> None:
        """Announce that a service is taken out."""
        view = {"maintenance": "m", "begins_at": begins.isoformat(), "ends_at": ends.isoformat()}
        self.answers[f"{service}/v1/maintenance"] = {"items": [view]}

    def of(self, doing: Doing) -> Status:
        """How one thing stands on the page."""
        return self.watch.report().of(doing)

    def states(self) -> list[str]:
        """How all things stand, in the page's order."""
        return [each.state for each in self.watch.report().statuses]
