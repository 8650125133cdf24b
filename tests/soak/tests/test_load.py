"""What the load asks is tellable, whoever answers; what is down holds up nobody else's."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from bulkhead.kernel.calendar import local
from recorder.book import Book
from recorder.client import Client
from soak.load import MIX, SLOTS, Heard, Load
from soak.run import MIDNIGHT
from soak.shaking import SERVICES


class Yes:
    """Accepts everything; ``hangs`` is a service that does not answer until it is told to."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.hangs = ""
        self.answers, self.paid = asyncio.Event(), asyncio.Event()

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        service = request.url.host.partition(".")[0]
        self.asked[service] += 1
        if self.asked["payments"] >= SLOTS:
            self.paid.set()
        if service == self.hangs:
            await self.answers.wait()
        if request.method == "GET":
            return httpx2.Response(200, json={})
        body = json.loads(request.content)
        made = request.headers["Idempotency-Key"]
        household = body.get("household", "")
        return httpx2.Response(
            201, json={"household": household, "selection": made, "payment": made, "refund": made}
        )


@pytest.fixture
async def book(tmp_path: Path) -> AsyncIterator[Book]:
    made = Book(tmp_path / "book.sqlite")
    yield made
    made.close()


def load_of(book: Book, yes: Yes, heard: Heard, files: dict[str, bytes]) -> Load:
    clients = {
        name: Client(
            book,
            httpx2.AsyncClient(base_url=f"http://{name}.test", transport=httpx2.MockTransport(yes)),
            token="t",
            heard=heard,
        )
        for name in SERVICES
    }

    async def drop(name: str, data: bytes) -> None:
        files[name] = data

    return Load(
        book=book,
        clients=clients,
        second=clients["invoicing"],
        drop=drop,
        now=lambda: local(MIDNIGHT),
        seed=7,
    )


async def test_every_act_can_be_told_from_every_other(book: Book) -> None:
    yes, heard, files = Yes(), Heard(), dict[str, bytes]()
    load = load_of(book, yes, heard, files)
    for _ in range(12):
        for what, weight in MIX.items():
            for _ in range(weight):
                load.begin(what)
            await load.finish(seconds=60)
    acts, sent, unanswered = book.figures()
    kinds = Counter(act.kind for act in book.acts())
    assert sum(kinds.values()) == acts
    assert {"registration", "selection", "payment"} <= set(kinds)
    assert (unanswered, heard.asked - heard.ok) == (0, 0)
    assert sent > acts, "some are sent twice at once or once more"
    assert files
    assert all(data.decode().splitlines()[-1].startswith("total,") for data in files.values())


async def test_a_service_that_hangs_holds_up_no_other(book: Book) -> None:
    yes, heard = Yes(), Heard()
    load = load_of(book, yes, heard, {})
    yes.hangs = "enrollment"
    for _ in range(SLOTS + 5):
        load.begin("register")
    for _ in range(SLOTS):
        load.begin("counter")
    await yes.paid.wait()
    assert yes.asked["enrollment"] == SLOTS
    assert load.held_back["enrollment"] == 5
    yes.answers.set()
    await load.finish(seconds=60)
