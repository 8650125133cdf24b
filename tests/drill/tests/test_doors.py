"""Many ask at once, over connections that are kept, and the book has every try."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from drill.doors import Crowd, Door, card_payment
from recorder.book import Book
from recorder.verdicts import Verdict, classify

Answer = Callable[[int, bytes], bytes | None]
"""What is answered to the request of that number; None hangs up without a word."""


def answered(status: int, body: object) -> bytes:
    """Return an answer's bytes."""
    data = json.dumps(body).encode()
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[str]:
    """Serve what is answered; give the URL."""
    asked = 0

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
                await reader.readexactly(length)
                asked += 1
                said = answer(asked, head)
                if said is None:
                    break
                writer.write(said)
        except asyncio.IncompleteReadError:
            pass
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_body_and_a_status_come_back() -> None:
    async with serving(lambda _n, _head: answered(201, {"payment": "p1"})) as url:
        door = Door(url)
        told = await door.ask("POST", "/v1/x", token="t", body={"a": 1}, key="k")
        assert (told.status, told.ok, told.body) == (201, True, {"payment": "p1"})
        door.close()


async def test_who_does_not_answer_is_status_0() -> None:
    async with serving(lambda _n, _head: None) as url:
        told = await Door(url).ask("POST", "/v1/x", token="t", body={}, key="k")
    assert (told.status, told.ok) == (0, False)


async def test_a_kept_connection_that_was_closed_is_opened_again() -> None:
    async with serving(lambda number, _head: None if number == 2 else answered(200, {})) as url:
        door = Door(url)
        first = await door.ask("GET", "/v1/x", token="t")
        second = await door.ask("GET", "/v1/x", token="t")
        assert (first.status, second.status) == (200, 200)
        door.close()


async def test_an_act_that_is_tried_again_is_one_act_of_two_sends(tmp_path: Path) -> None:
    book = Book(tmp_path / "book.sqlite")
    refused = {"reasons": [{"rule": "OPS-4"}]}
    answers = [answered(409, refused), answered(201, {"payment": "p1"})]
    async with serving(lambda number, _head: answers[number - 1]) as url:
        crowd = Crowd({"payments": url}, book=book, token=lambda **_who: "t")
        asked = crowd.by_member(card_payment("ada", 50_000))
        await crowd.all_ask([asked])
        assert (asked.told.ok, asked.told.rules) == (False, ("OPS-4",))
        await crowd.all_ask([asked])
        assert asked.told.ok
        crowd.close()
    assert book.figures() == (1, 2, 0)
    table = classify(book, {"payment": ("payments",)})
    assert table.total(Verdict.MISSING) == 1  # it was accepted, and nobody looked for it
    book.close()


async def test_nobody_asks_once_it_is_to_stop(tmp_path: Path) -> None:
    book = Book(tmp_path / "book.sqlite")
    async with serving(lambda _n, _head: answered(201, {"payment": "p1"})) as url:
        crowd = Crowd({"payments": url}, book=book, token=lambda **_who: "t")
        crowd.stop.set()
        assert await crowd.all_ask([crowd.by_member(card_payment("ada", 50_000))]) == []
    assert book.figures() == (1, 0, 0)
    book.close()
