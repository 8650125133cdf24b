"""The recorder finds each way to break one's word: for every verdict there is a service that lies so."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, Literal, TypeAlias

import httpx2
import pytest

from recorder.book import Act, Book, NotTellable, Sighting
from recorder.client import Answer, Client
from recorder.look import PLACES, household_at_payments, sighting_of
from recorder.verdicts import RIGHT, Table, Verdict, classify

Lie: TypeAlias = Literal[
    "none", "loses", "doubles", "forgets the key", "another id", "another amount", "refuses and does",
    "invents", "refuses", "breaks before", "breaks after", "breaks after and doubles", "breaks always",
    "breaks always, having done it", "fails after",
]  # fmt: skip

AMOUNT = 1_234
ELSEWHERE = {"payment": ("payments",)}
EVERYWHERE = {"payment": ("payments", "elsewhere")}


class LyingService:
    """Takes payments and shows them, as payments does but for one lie."""

    def __init__(self, lie: Lie) -> None:
        self.lie: Lie = lie
        self.payments: list[dict[str, Any]] = []
        self.answers: dict[str, dict[str, Any]] = {}
        self.tries = 0

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return httpx2.Response(200, json={"items": self.payments, "next_cursor": None})
        self.tries += 1
        return self._take(request, AMOUNT, key=request.headers["Idempotency-Key"])

    def _take(self, request: httpx2.Request, cents: int, *, key: str) -> httpx2.Response:
        broken = httpx2.RemoteProtocolError("gone", request=request)
        if self.lie == "refuses" or (self.lie == "breaks before" and self.tries == 1):
            if self.lie == "refuses":
                return httpx2.Response(422, json={})
            raise broken
        if self.lie == "breaks always":
            raise broken
        first = key not in self.answers
        if first or self.lie in ("forgets the key", "breaks after and doubles"):
            self._keep(cents, key=key)
        if self.lie == "refuses and does":
            return httpx2.Response(422, json={})
        if self.lie == "fails after" and first:
            return httpx2.Response(500, json={})
        if self.lie == "breaks always, having done it" or (self.lie.startswith("breaks after") and first):
            raise broken
        answer = self.answers[key]
        return httpx2.Response(201, json={"payment": "other"} if self.lie == "another id" else answer)

    def _keep(self, cents: int, *, key: str) -> None:
        made = {"payment": f"p{len(self.payments) + 1}", "amount_cents": cents}
        self.answers[key] = made
        match self.lie:
            case "loses":
                return
            case "doubles":
                self.payments.append({**made, "payment": "again"})
            case "another amount":
                made = {**made, "amount_cents": cents + 1}
            case "invents":
                self.payments.append({"payment": "unasked", "amount_cents": 99})
            case _:
                pass
        self.payments.append(made)


@pytest.fixture
async def book(tmp_path: Path) -> AsyncIterator[Book]:
    made = Book(tmp_path / "book.sqlite")
    yield made
    made.close()


def payment(key: str = "k1", *, cents: int = AMOUNT) -> Act:
    path = "/v1/households/june/payments"
    return Act(
        kind="payment", service="payments", path=path, key=key, household="june",
        says={"cents": cents}, body={"amount_cents": cents}, called="card payment",
    )  # fmt: skip


def client_of(
    book: Book, service: Callable[[httpx2.Request], Coroutine[None, None, httpx2.Response]]
) -> Client:
    http = httpx2.AsyncClient(base_url="http://payments.test", transport=httpx2.MockTransport(service))
    return Client(book, http, token="t")


async def asked(book: Book, service: LyingService, *, seconds: float = 0.5, copies: int = 1) -> Answer:
    """Pay once; give up after so long."""
    client, until = client_of(book, service), time.monotonic() + seconds
    return await client.ask(payment(), id_of=lambda body: body["payment"], until=lambda: until, copies=copies)


async def seen(book: Book, service: LyingService) -> None:
    client = client_of(book, service)

    async def read(_service: str, path: str) -> Any:
        return (await client.read(path)).body

    book.saw("payments", await household_at_payments(read, "june"))


def verdicts(table: Table) -> dict[str, int]:
    return {str(each): table.total(each) for each in Verdict if table.total(each)}


@pytest.mark.parametrize(
    ("lie", "found"),
    [
        ("none", {"found once": 1}),
        ("loses", {"missing": 1}),
        ("doubles", {"doubled": 1}),
        ("another id", {"contradicted": 1}),
        ("another amount", {"contradicted": 1}),
        ("refuses", {"refused": 1}),
        ("refuses and does", {"contradicted": 1}),
        ("invents", {"found once": 1, "unasked": 1}),
        ("breaks before", {"found once": 1}),
        ("breaks after", {"found once": 1}),
        ("breaks after and doubles", {"doubled": 1}),
        ("fails after", {"found once": 1}),
    ],
)
async def test_each_lie_has_its_verdict(book: Book, lie: Lie, found: dict[str, int]) -> None:
    service = LyingService(lie)
    await asked(book, service)
    await seen(book, service)
    table = classify(book, ELSEWHERE)
    assert verdicts(table) == found
    assert table.right == ({Verdict(name) for name in found} <= RIGHT)


async def test_one_key_that_is_answered_with_two_things_is_accepted_twice(book: Book) -> None:
    service = LyingService("forgets the key")
    await asked(book, service, copies=2)
    await seen(book, service)
    assert verdicts(classify(book, ELSEWHERE)) == {"accepted twice": 1}


@pytest.mark.parametrize(("lie", "there"), [("breaks always", 0), ("breaks always, having done it", 1)])
async def test_what_was_never_answered_may_be_there_or_not(book: Book, lie: Lie, there: int) -> None:
    service = LyingService(lie)
    assert (await asked(book, service)).status == 0
    assert len(service.payments) == there
    assert service.tries > 1
    await seen(book, service)
    table = classify(book, ELSEWHERE)
    assert verdicts(table) == {"no answer": 1}
    assert table.right


async def test_a_refusal_that_is_no_problem_is_a_routers_and_the_act_is_asked_for_again(book: Book) -> None:
    service, tries = LyingService("none"), 0

    async def behind_a_router(request: httpx2.Request) -> httpx2.Response:
        nonlocal tries
        tries += 1
        return httpx2.Response(404, text="404 page not found") if tries == 1 else await service(request)

    client, until = client_of(book, behind_a_router), time.monotonic() + 5
    answer = await client.ask(payment(), id_of=lambda body: body["payment"], until=lambda: until)
    assert answer.ok
    assert [each.statuses for each in book.acts()] == [(0, 201)]


async def test_what_was_never_answered_must_not_be_there_twice(book: Book) -> None:
    service = LyingService("breaks always, having done it")
    await asked(book, service, seconds=0)
    service.payments.append({**service.payments[0], "payment": "again"})
    await seen(book, service)
    assert verdicts(classify(book, ELSEWHERE)) == {"doubled": 1}


async def test_what_its_owner_has_all_others_must_have_answered_or_not(book: Book) -> None:
    service = LyingService("breaks always, having done it")
    await asked(book, service, seconds=0)
    await seen(book, service)
    assert verdicts(classify(book, EVERYWHERE)) == {"no answer": 1, "missing": 1}
    book.saw("elsewhere", [Sighting(kind="payment", household="june", id="p1", says={"cents": AMOUNT})])
    assert verdicts(classify(book, EVERYWHERE)) == {"no answer": 1, "found once": 1}


async def test_what_its_owner_has_not_others_must_not_have(book: Book) -> None:
    service = LyingService("breaks always")
    await asked(book, service, seconds=0)
    await seen(book, service)
    book.saw("elsewhere", [Sighting(kind="payment", household="june", id="p1", says={"cents": AMOUNT})])
    assert verdicts(classify(book, EVERYWHERE)) == {"no answer": 1, "contradicted": 1}


async def test_what_waits_for_a_person_is_there_and_nowhere_else(book: Book) -> None:
    service = LyingService("loses")
    await asked(book, service)
    book.saw(
        "payments", [Sighting(kind="payment", household="june", id="p1", says={"cents": AMOUNT}, stays=True)]
    )
    assert verdicts(classify(book, EVERYWHERE)) == {"found once": 1}
    book.saw("elsewhere", [Sighting(kind="payment", household="june", id="p1", says={"cents": AMOUNT})])
    assert verdicts(classify(book, EVERYWHERE)) == {"found once": 1, "contradicted": 1}


async def test_an_event_that_is_published_twice_is_one(book: Book) -> None:
    service = LyingService("none")
    await asked(book, service)
    await seen(book, service)

    def event(id_: str) -> Sighting:
        told = {"payment": "p1", "cents": AMOUNT}
        made = sighting_of({"id": id_, "type": "PaymentReceived", "household": "june", "data": told})
        assert made is not None
        return made

    book.saw("elsewhere", [event("e1"), event("e1")])
    assert verdicts(classify(book, EVERYWHERE)) == {"found once": 2}
    book.saw("elsewhere", [event("e2")])
    assert verdicts(classify(book, EVERYWHERE)) == {"found once": 1, "doubled": 1}


async def test_two_acts_that_could_not_be_told_apart_are_none_to_begin_with(book: Book) -> None:
    book.begin(payment("k1"))
    with pytest.raises(NotTellable):
        book.begin(payment("k2"))
    book.begin(payment("k3", cents=1))


def test_a_book_nobody_wrote_in_proves_nothing(tmp_path: Path) -> None:
    empty = Book(tmp_path / "book.sqlite")
    assert not classify(empty, PLACES).right
    empty.close()


async def test_the_table_names_what_is_wrong(book: Book) -> None:
    service = LyingService("loses")
    await asked(book, service)
    await seen(book, service)
    lines = classify(book, ELSEWHERE).lines()
    assert lines[1].split()[:5] == ["card", "payment", "payments", "·", "1"]
    assert lines[2] == '  missing: card payment at payments: june {"cents": 1234}, answered (201,)'
    assert book.figures() == (1, 1, 0)
