"""The client: asks under one key until it is answered, and has the book know of every try."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx2

from recorder.book import Act, Book

_SHORTEST_WAIT_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The last answer: its status, 0 where the connection was lost, its body, and the seconds it took."""

    status: int
    body: Any
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300


class Client:
    """Asks one service. ``id_of`` finds in an answer the id of what was done."""

    def __init__(
        self,
        book: Book,
        http: httpx2.AsyncClient,
        *,
        token: str,
        heard: Callable[[Answer], None] = lambda _: None,
    ) -> None:
        self._book = book
        self._http = http
        self._token = token
        self._heard = heard

    async def ask(
        self,
        act: Act,
        *,
        id_of: Callable[[Any], str],
        until: Callable[[], float],
        copies: int = 1,
        times: int = 1,
    ) -> Answer:
        """Ask for an act, again and again under its key while nobody says what became of it; return the last answer.

        ``until`` tells the time (`time.monotonic`) at which to give up. ``copies`` are sent at the same time, and
        all of them so many ``times``, one after the other.
        """
        number = self._book.begin(act)
        answers: list[Answer] = []
        for _ in range(times):
            answers = await asyncio.gather(
                *(self._until_answered(number, act, id_of=id_of, until=until) for _ in range(copies))
            )
        return answers[0]

    async def _until_answered(
        self, number: int, act: Act, *, id_of: Callable[[Any], str], until: Callable[[], float]
    ) -> Answer:
        wait = _SHORTEST_WAIT_SECONDS
        while True:
            answer = await self._try(number, act, id_of=id_of)
            if 0 < answer.status < 500 or time.monotonic() + wait >= until():
                return answer
            await asyncio.sleep(wait)
            wait = min(wait * 1.5, _LONGEST_WAIT_SECONDS)

    async def _try(self, number: int, act: Act, *, id_of: Callable[[Any], str]) -> Answer:
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": act.key}
        send = self._book.sent(number)
        answer = await _answered(self._http.post(act.path, json=act.body, headers=headers))
        self._book.answered(send, status=answer.status, id=id_of(answer.body) if answer.ok else None)
        self._heard(answer)
        return answer

    async def read(self, path: str) -> Answer:
        """Return what is shown at a path; a look is no act, and the book does not know of it."""
        answer = await _answered(self._http.get(path, headers={"Authorization": f"Bearer {self._token}"}))
        self._heard(answer)
        return answer

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


async def _answered(request: Awaitable[httpx2.Response]) -> Answer:
    """Return a service's answer.

    It refuses with a problem; a refusal that is none is of a router before it, which knows nothing of the act.
    """
    began = time.monotonic()
    try:
        response = await request
    except httpx2.TransportError:
        return Answer(status=0, body=None, seconds=time.monotonic() - began)
    body, seconds = _json(response), time.monotonic() - began
    from_a_router = 400 <= response.status_code < 500 and body is None
    return Answer(status=0 if from_a_router else response.status_code, body=body, seconds=seconds)


def _json(response: httpx2.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None
