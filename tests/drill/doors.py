"""The public doors, gone through by many at once: HTTP kept alive, and each act in the recorder's book.

The recorder's own client is httpx, which takes as much of a processor for a request as the service that answers it. A
drill asks a quarter of a million times on the machine that it measures, so it writes the few lines of HTTP/1.1 itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from recorder.book import Act, Book

AT_ONCE = 24
"""How many ask at the same time."""

ID_IN: Mapping[str, str] = {"registration": "household", "selection": "selection", "payment": "payment"}
"""Where the answer to each kind of act has the id of what was done."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was answered: the status, 0 where nobody did, and the JSON body."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules a refusal names."""
        reasons = self.body.get("reasons") or () if isinstance(self.body, dict) else ()
        return tuple(dict.fromkeys(str(each["rule"]) for each in reasons))


@dataclass(slots=True)
class Asked:
    """An act that somebody does: once, or again under the same key until it is taken."""

    act: Act
    token: str
    number: int
    """Its number in the book."""
    told: Told = field(default_factory=lambda: Told(0, None))


class Door:
    """One service's HTTP port, over connections that are kept."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        assert where.hostname is not None
        assert where.port is not None
        self._host, self._port = where.hostname, where.port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, method: str, path: str, *, token: str, body: Any = None, key: str = "") -> Told:
        """Return the answer; status 0 when nobody answers, or goes away without one."""
        data = b"" if body is None else json.dumps(body).encode()
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self._host}:{self._port}",
            f"Authorization: Bearer {token}",
            f"Content-Length: {len(data)}",
        ]
        lines += ["Content-Type: application/json"] if data else []
        lines += [f"Idempotency-Key: {key}"] if key else []
        request = "\r\n".join([*lines, "", ""]).encode() + data
        kept = bool(self._idle)
        try:
            return await self._exchange(request)
        except (OSError, asyncio.IncompleteReadError):
            if not kept or (method != "GET" and not key):
                return Told(0, None)
        # A connection that was kept may have been closed since: a request under a key is safe to send again.
        self._idle.clear()
        try:
            return await self._exchange(request)
        except (OSError, asyncio.IncompleteReadError):
            return Told(0, None)

    async def _exchange(self, request: bytes) -> Told:
        reader, writer = (
            self._idle.pop() if self._idle else await asyncio.open_connection(self._host, self._port)
        )
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length: ")[2].partition(b"\r")[0] or 0)
            data = await reader.readexactly(length)
        except BaseException:
            writer.close()
            raise
        if b"connection: close" in head:
            writer.close()
        else:
            self._idle.append((reader, writer))
        return Told(int(head.split(b" ", 2)[1]), json.loads(data) if data else None)

    def close(self) -> None:
        """Close the connections."""
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()


class Crowd:
    """Everybody who asks something of the exchange, and the book that has it all."""

    def __init__(self, urls: Mapping[str, str], *, book: Book, token: Callable[..., str]) -> None:
        self._doors = {name: Door(url) for name, url in urls.items()}
        self._book = book
        self._token = token
        self._staff = token(roles=["operator"], subject="drill")
        self._members: dict[str, str] = {}
        self.stop = asyncio.Event()

    def by_member(self, act: Act) -> Asked:
        """Return an act of a household's own, by its token."""
        if act.household not in self._members:
            self._members[act.household] = self._token(roles=["member"], household=act.household)
        return Asked(act, self._members[act.household], self._book.begin(act))

    def by_staff(self, act: Act) -> Asked:
        """Return an act that staff does for a household."""
        return Asked(act, self._staff, self._book.begin(act))

    async def all_ask(self, acts: Iterable[Asked]) -> Sequence[Asked]:
        """Let everybody ask, `AT_ONCE` at a time; return their acts, each with what it was told."""
        done, waiting = list[Asked](), iter(acts)

        async def one_after_the_other() -> None:
            for each in waiting:
                if self.stop.is_set():
                    return
                await self._ask(each)
                done.append(each)

        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
        return done

    async def _ask(self, asked: Asked) -> None:
        act = asked.act
        send = self._book.sent(asked.number)
        told = await self._doors[act.service].ask(
            "POST", act.path, token=asked.token, body=act.body, key=act.key
        )
        asked.told = told
        self._book.answered(send, status=told.status, id=told.body[ID_IN[act.kind]] if told.ok else None)

    async def read(self, service: str, path: str) -> Any:
        """Return what a service shows at a path; None where there is no such thing. Raises `RuntimeError`."""
        told = await self._doors[service].ask("GET", path, token=self._staff)
        if told.status == 404:
            return None
        if not told.ok:
            raise RuntimeError(f"{service} answered {told.status} to GET {path}: {told.body}")
        return told.body

    def close(self) -> None:
        """Close all connections."""
        for door in self._doors.values():
            door.close()


def registration(household: str, body: Mapping[str, Any]) -> Act:
    """Return the act of registering a household."""
    return Act(
        kind="registration", service="enrollment", path="/v1/households", key=f"register-{household}",
        household=household, body=body,
    )  # fmt: skip


def selection(household: str, body: Mapping[str, Any]) -> Act:
    """Return the act of selecting plans."""
    return Act(
        kind="selection", service="enrollment", path=f"/v1/households/{household}/selections",
        key=f"select-{household}", household=household, says={"plans": list(body["plans"])}, body=body,
    )  # fmt: skip


def card_payment(household: str, cents: int, **more: Any) -> Act:
    """Return the act of paying online by card."""
    body = {"amount_cents": cents, "method": "card", "token": f"tok_card_ok.{household}", **more}
    return Act(
        kind="payment", called="card payment", service="payments", path=f"/v1/households/{household}/payments",
        key=f"pay-{household}", household=household, says={"cents": cents}, body=body,
    )  # fmt: skip
