"""A small service on a memory database, asked over HTTP."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, Depends, FastAPI, Response
from pydantic import BaseModel
from sqlmodel import BigInteger, Field

from bulkhead.chassis_tables import CHASSIS_TABLES, service_registry
from bulkhead.kernel.calendar import local
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Refused, Retryable
from bulkhead.observability.logging import configure_logging
from bulkhead.persistence.ports import Cause, NotShared, UnitOfWork
from bulkhead.persistence.tables import TableModel
from bulkhead.service import Service
from bulkhead.web.commands import (
    MOST_IN_PARTS,
    Command,
    Edge,
    HouseholdPath,
    Query,
    Visit,
    commands,
    commands_or_dry_runs,
    queries,
    visits,
)
from bulkhead.web.dates import PlainDate
from bulkhead.web.fields import Body, Id
from bulkhead.web.pagination import Page, Paging
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.clock import FixedClock
from bulkhead_testing.memory import MemoryDatabase
from bulkhead_testing.web import app_of, client_of

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    household: str
    number: int
    cents: int


class CounterTable(TableModel, registry=service_registry()):
    """A table of the counter."""


class Deposits(CounterTable, table=True):
    household: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    cents: int = Field(sa_type=BigInteger)


class DepositBody(Body):
    cents: int
    born: PlainDate | None = None
    note: str | dict[str, str] | None = None


class DepositView(BaseModel):
    number: int
    cents: int

    @classmethod
    def of(cls, deposit: Deposit) -> DepositView:
        return cls(number=deposit.number, cents=deposit.cents)


class TooMuch(Refused):
    kind = "too-much"


async def make_deposit(uow: UnitOfWork, *, household: str, cents: int) -> Deposit:
    number = await uow.records(Deposit).count(household=household) + 1
    deposit = Deposit(household=household, number=number, cents=cents)
    await uow.records(Deposit).add([deposit])
    if cents > 1000:
        reason = Reason(rule="PAY-1", says="At most 10.00 at once.", facts={"most": "10.00"})
        raise TooMuch("that is too much at once", reasons=[reason], field="/cents")
    if cents == 13:
        raise RuntimeError("a bug that quotes June Example")
    if cents == 503:
        raise Retryable("the processor is away")
    return deposit


@router.post("/v1/households/{household}/deposits", status_code=201, response_model=DepositView)
async def post_deposit(
    household: HouseholdPath, body: DepositBody, command: Command = Depends(commands("member", "operator"))
) -> Response:
    command.require_household(household)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: make_deposit(uow, household=household, cents=body.cents),
        view=DepositView.of,
        status=201,
    )


@router.post("/v1/households/{household}/withdrawals", status_code=201, response_model=DepositView)
async def post_withdrawal(
    household: HouseholdPath,
    body: DepositBody,
    command: Command = Depends(commands_or_dry_runs("member", "operator")),
) -> Response:
    command.require_household(household)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: make_deposit(uow, household=household, cents=body.cents),
        view=DepositView.of,
        status=201,
    )


@router.post("/v1/households/{household}/gifts", status_code=201, response_model=DepositView)
async def post_gift(
    household: HouseholdPath, command: Command = Depends(commands("member", "operator"))
) -> Response:
    """Give what is given to everybody: nothing is asked of the caller."""
    return await command.run(
        households=[household],
        use_case=lambda uow: make_deposit(uow, household=household, cents=5),
        view=DepositView.of,
        status=201,
    )


@router.get("/v1/weather", response_model=DepositView)
async def get_weather(visit: Visit = Depends(visits)) -> DepositView:
    """Tell anybody."""
    return DepositView(number=visit.now.year, cents=0)


@router.put("/v1/households/{household}/deposits/{number}", response_model=DepositView)
async def put_deposit(
    household: HouseholdPath, number: int, body: DepositBody, command: Command = Depends(commands("operator"))
) -> Response:
    async def put(uow: UnitOfWork) -> Deposit:
        deposit = Deposit(household=household, number=number, cents=body.cents)
        await uow.records(Deposit).put([deposit])
        return deposit

    return await command.run(
        households=[household], body=body, use_case=put, view=DepositView.of, idempotency="none"
    )


@router.get("/v1/households/{household}/deposits", response_model=Page[DepositView])
async def get_deposits(
    household: HouseholdPath,
    paging: Paging,
    carrier: Id | None = None,
    query: Query = Depends(queries("member", "assister")),
) -> Page[DepositView]:
    query.require_household(household)
    async with query.begin() as uow:
        rows = await uow.records(Deposit).select(household=household)
    return paging.page_of(rows, key=lambda row: f"{row.number:09}", view=DepositView.of)


class Exchange:
    def __init__(self) -> None:
        tables = {**CHASSIS_TABLES, Deposit: Deposits}
        self.database = MemoryDatabase(tables=tables)
        self.issuer = TestIssuer()

        async def handle(*_: object) -> None: ...

        self.service = Service(
            name="counter",
            tables=tables,
            subscribes=(),
            inbound={},
            outbound={},
            handle=handle,
            routers=[router],
        )
        self.app: FastAPI = app_of(
            self.service,
            uows=self.database.units_of_work,
            clock=FixedClock(local(date(2016, 1, 5), 10)),
            verifier=self.issuer.verifier(),
        )
        self.client = client_of(self.app)

    async def deposit(
        self, cents: object, *, key: str | None = "k1", household: str = "june", subject: str = "june"
    ) -> httpx2.Response:
        headers = self.issuer.headers("member", household="june", key=key, subject=subject)
        return await self.client.post(
            f"/v1/households/{household}/deposits", json={"cents": cents}, headers=headers
        )

    @property
    def deposits(self) -> list[Deposit]:
        return self.database.rows(Deposit)


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


async def test_PAY_2_the_same_key_and_body_gives_the_first_answer_again(exchange: Exchange) -> None:
    first = await exchange.deposit(500)
    again = await exchange.deposit(500)
    assert (first.status_code, first.json()) == (201, {"number": 1, "cents": 500})
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert len(exchange.deposits) == 1


async def test_PAY_2_the_order_and_spacing_of_the_body_do_not_make_it_another(exchange: Exchange) -> None:
    headers = exchange.issuer.headers("operator", key="k1") | {"Content-Type": "application/json"}
    url = "/v1/households/june/deposits"
    first = await exchange.client.post(url, content=b'{"cents":5,"born":null}', headers=headers)
    again = await exchange.client.post(url, content=b'{ "born": null, "cents": 5 }', headers=headers)
    assert again.status_code == 201
    assert again.content == first.content
    assert len(exchange.deposits) == 1


async def test_a_body_of_nine_hundred_brackets_is_refused_as_any_wrong_body(exchange: Exchange) -> None:
    headers = exchange.issuer.headers("operator", key="k1") | {"Content-Type": "application/json"}
    for nested in (b"[" * 900 + b"]" * 900, b"[" * 900 + b'"\\u0000"' + b"]" * 900):
        body = b'{"cents": ' + nested + b', "born": null}'
        answer = await exchange.client.post("/v1/households/june/deposits", content=body, headers=headers)
        assert answer.status_code == 422
    assert exchange.deposits == []


@pytest.mark.parametrize(
    ("body", "field", "problem"),
    [
        (b'{"foo": 1}', "/foo", "is not known here"),
        (b"[]", "/", "must be an object"),
        (b"null", "/", "must be an object"),
        (b'{"foo', "/", "is not JSON that can be read: it breaks off at line 1, column 2"),
        (b"\xff", "/", "is not JSON that can be read: it is not UTF-8"),
        (b"[" * 400_000, "/", "is not JSON that can be read: it is nested too deeply"),
    ],
)
async def test_a_post_that_takes_no_body_refuses_whatever_is_said_in_one(
    exchange: Exchange, body: bytes, field: str, problem: str
) -> None:
    headers = exchange.issuer.headers("operator", key="k1") | {"Content-Type": "application/json"}
    answer = await exchange.client.post("/v1/households/june/gifts", content=body, headers=headers)
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"field": field, "problem": problem}])
    assert exchange.deposits == []


async def test_a_post_that_takes_no_body_refuses_octets_and_takes_nothing_or_an_empty_object(
    exchange: Exchange,
) -> None:
    url, headers = "/v1/households/june/gifts", exchange.issuer.headers("operator", key="k1")
    octets = await exchange.client.post(
        url, content=b"\x00", headers=headers | {"Content-Type": "application/octet-stream"}
    )
    assert (octets.status_code, exchange.deposits) == (415, [])
    nothing = await exchange.client.post(url, headers=headers)
    empty = await exchange.client.post(url, json={}, headers=exchange.issuer.headers("operator", key="k2"))
    assert (nothing.status_code, empty.status_code) == (201, 201)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"cents": 5, "cents": 6}', "/cents"),
        (b'{"cents": 5, "cents": 5}', "/cents"),
        (b'{"cents": 5, "note": {"a": "x", "a": "y"}}', "/note/a"),
    ],
)
async def test_a_name_that_stands_twice_in_a_body_is_named_and_nothing_happens(
    exchange: Exchange, body: bytes, field: str
) -> None:
    headers = exchange.issuer.headers("operator", key="k1") | {"Content-Type": "application/json"}
    answer = await exchange.client.post("/v1/households/june/deposits", content=body, headers=headers)
    expected = [{"field": field, "problem": f"{field} is there more than once"}]
    assert (answer.status_code, answer.json()["errors"]) == (422, expected)
    assert exchange.deposits == []


@pytest.mark.parametrize("header", ["Idempotency-Key", "Authorization"])
async def test_PAY_2_a_header_that_says_who_asks_or_for_what_is_there_once(
    exchange: Exchange, header: str
) -> None:
    headers = [*exchange.issuer.headers("operator", key="k1").items()]
    twice = [*headers, (header, dict(headers)[header])]
    answer = await exchange.client.post("/v1/households/june/deposits", json={"cents": 5}, headers=twice)
    expected = [{"field": f"header/{header}", "problem": f"header/{header} is there more than once"}]
    assert (answer.status_code, answer.json()["errors"]) == (422, expected)
    assert exchange.deposits == []


@pytest.mark.parametrize("household", ["123456789", "123-45-6789", "123.45.6789"])
async def test_what_may_be_somebodys_social_security_number_is_no_household_anywhere(
    exchange: Exchange, household: str
) -> None:
    headers = exchange.issuer.headers("operator", key="k1")
    path = f"/v1/households/{household}/deposits"
    answer = await exchange.client.post(path, json={"cents": 5}, headers=headers)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (422, "path/household")
    assert "must not be like a social security number" in error["problem"]
    assert household not in error["problem"]
    assert exchange.deposits == []


async def test_nobody_is_sent_elsewhere(exchange: Exchange) -> None:
    headers = exchange.issuer.headers("operator", key="k1") | {"Host": "elsewhere.test"}
    answer = await exchange.client.post(
        "/v1/households/june/deposits/", json={"cents": 5}, headers=headers, follow_redirects=False
    )
    assert answer.status_code == 404
    assert "location" not in answer.headers


async def test_PAY_2_the_same_key_with_another_body_is_refused_and_nothing_happens(
    exchange: Exchange,
) -> None:
    await exchange.deposit(500)
    other = await exchange.deposit(501)
    assert other.status_code == 422
    assert other.json()["type"] == "urn:bulkhead:problem:idempotency-key-reused"
    assert [reason["rule"] for reason in other.json()["reasons"]] == ["PAY-2"]
    assert [deposit.cents for deposit in exchange.deposits] == [500]


async def test_PAY_2_a_post_without_a_key_is_refused_and_nothing_happens(exchange: Exchange) -> None:
    answer = await exchange.deposit(500, key=None)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["reasons"][0]["rule"] == "PAY-2"
    assert exchange.deposits == []


async def test_PAY_2_keys_of_different_callers_do_not_meet(exchange: Exchange) -> None:
    await exchange.deposit(500, subject="june")
    await exchange.deposit(500, subject="an-assister")
    assert len(exchange.deposits) == 2


async def test_PAY_2_two_at_once_with_one_key_have_one_effect(exchange: Exchange) -> None:
    answers = await asyncio.gather(*(exchange.deposit(500) for _ in range(8)))
    assert {answer.content for answer in answers} == {b'{"number":1,"cents":500}'}
    assert len(exchange.deposits) == 1


@pytest.mark.parametrize("transaction", [1, 2, 3])
async def test_PAY_2_a_refusal_that_another_request_of_the_key_was_faster_with_is_that_ones_answer(
    exchange: Exchange, transaction: int
) -> None:
    between: list[httpx2.Response] = []
    left = transaction

    async def overtake(operation: str) -> None:
        nonlocal left
        left -= operation == "begin"
        if not left and not between:
            exchange.database.interrupt = None
            between.append(await exchange.deposit(5000))

    exchange.database.interrupt = overtake
    overtaken = await exchange.deposit(5000)
    (faster,) = between
    assert (faster.status_code, overtaken.status_code) == (422, 422)
    assert overtaken.content == faster.content
    assert [each.headers.get("idempotency-replayed") for each in (faster, overtaken)] == [None, "true"]


async def test_PAY_2_a_refusal_is_an_answer_too_and_comes_again(exchange: Exchange) -> None:
    first = await exchange.deposit(5000)
    again = await exchange.deposit(5000)
    assert first.status_code == again.status_code == 422
    assert first.json() == {
        "type": "urn:bulkhead:problem:too-much",
        "title": "Too much",
        "status": 422,
        "detail": "that is too much at once",
        "errors": [{"field": "/cents", "problem": "that is too much at once"}],
        "reasons": [
            {"rule": "PAY-1", "says": "At most 10.00 at once.", "citation": "", "facts": {"most": "10.00"}}
        ],
    }
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["content-type"] == "application/problem+json"
    assert exchange.deposits == []


async def test_what_is_away_is_a_503_to_retry_and_the_key_stays_free(exchange: Exchange) -> None:
    answer = await exchange.deposit(503)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["type"] == "urn:bulkhead:problem:temporarily-unavailable"
    exchange.database.away = True
    assert (await exchange.deposit(1)).status_code == 503
    exchange.database.away = False
    assert (await exchange.deposit(1)).status_code == 201


class BreaksAfterCommitting:
    """Units of work on a connection that breaks between a commit and its answer."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    @asynccontextmanager
    async def begin(self, **how: Any) -> AsyncIterator[UnitOfWork]:
        async with self._database.begin(**how) as uow:
            yield uow
        raise Retryable("the database is away (ConnectionResetError)")

    begin_shared = begin


async def test_PAY_2_where_nobody_knows_whether_it_was_done_the_same_key_tells(exchange: Exchange) -> None:
    edge: Edge = exchange.app.state.edge
    exchange.app.state.edge = replace(edge, uows=BreaksAfterCommitting(exchange.database))
    unknown = await exchange.deposit(500)
    assert unknown.status_code == 503
    assert unknown.json()["detail"] == (
        "Something this needs is away, and whether this was done is not known. Send it again with the same "
        "Idempotency-Key: that is safe, and tells."
    )
    exchange.app.state.edge = edge
    told = await exchange.deposit(500)
    assert (told.status_code, told.json()) == (201, {"number": 1, "cents": 500})
    assert told.headers["idempotency-replayed"] == "true"
    assert len(exchange.deposits) == 1


class SharesInVain:
    """Units of work whose shared transaction is undone, each when its work is done."""

    def __init__(self, database: MemoryDatabase) -> None:
        self.begin = database.begin

    @asynccontextmanager
    async def begin_shared(self, **how: Any) -> AsyncIterator[UnitOfWork]:
        with suppress(NotShared):
            async with self.begin(**how) as uow:
                yield uow
                raise NotShared
        raise NotShared


async def test_what_was_undone_for_another_is_done_again_alone(exchange: Exchange) -> None:
    edge: Edge = exchange.app.state.edge
    exchange.app.state.edge = replace(edge, uows=SharesInVain(exchange.database))
    answer = await exchange.deposit(500)
    assert (answer.status_code, answer.json()) == (201, {"number": 1, "cents": 500})
    assert "idempotency-replayed" not in answer.headers
    assert len(exchange.deposits) == 1


async def test_a_look_that_something_is_away_for_is_told_to_try_again(exchange: Exchange) -> None:
    exchange.database.away = True
    headers = exchange.issuer.headers("member", household="june")
    answer = await exchange.client.get("/v1/households/june/deposits", headers=headers)
    assert answer.status_code == 503
    assert answer.json()["detail"] == "Something this needs is away. Please try again shortly."


class Pool:
    """Units of work of which each takes one of ten connections, also while it waits for a lock."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._uows = database.units_of_work
        self._left = asyncio.Semaphore(10)

    @asynccontextmanager
    async def begin(
        self, *, now: datetime, households: Iterable[str] = (), cause: Cause | None = None
    ) -> AsyncGenerator[UnitOfWork]:
        async with self._left, self._uows.begin(now=now, households=households, cause=cause) as uow:
            yield uow

    begin_shared = begin


async def test_thirty_replays_at_once_are_told_to_try_again_and_starve_no_read(exchange: Exchange) -> None:
    now = local(date(2016, 1, 5), 10)
    client = client_of(
        app_of(
            exchange.service,
            uows=Pool(exchange.database),
            clock=FixedClock(now),
            verifier=exchange.issuer.verifier(),
        )
    )
    answers: list[httpx2.Response] = []
    the_others_wait = asyncio.Event()  # for the household

    async def replay(number: int) -> None:
        headers = exchange.issuer.headers("operator", key=f"k{number}")
        answers.append(await client.post("/v1/parked/june/replays", headers=headers))
        if len(answers) == 30 - MOST_IN_PARTS:
            the_others_wait.set()

    async with asyncio.timeout(20), exchange.database.units_of_work.begin(now=now, households=["june"]):
        replays = [asyncio.create_task(replay(number)) for number in range(30)]
        await the_others_wait.wait()
        assert {(each.status_code, each.headers["retry-after"]) for each in answers} == {(503, "2")}
        headers = exchange.issuer.headers("member", household="june")
        reads = [client.get("/v1/households/june/deposits", headers=headers) for _ in range(30)]
        assert {each.status_code for each in await asyncio.gather(*reads)} == {200}
        assert len(answers) == 30 - MOST_IN_PARTS
    await asyncio.gather(*replays)
    assert {each.status_code for each in answers[-MOST_IN_PARTS:]} == {404}
    again = exchange.issuer.headers("operator", key="k29")
    assert (await client.post("/v1/parked/june/replays", headers=again)).status_code == 404


async def test_a_bug_is_a_500_that_tells_nothing(exchange: Exchange) -> None:
    answer = await exchange.deposit(13)
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:bulkhead:problem:unexpected"
    assert "June" not in answer.text
    assert "RuntimeError" not in answer.text
    assert exchange.deposits == []


async def test_a_request_that_is_not_done_has_one_line_in_the_log_by_its_correlation_id(
    exchange: Exchange, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(service="counter", level="INFO")
    route = "/v1/households/{household}/deposits"

    async def line_of(cents: object, *, key: str) -> dict[str, object]:
        answer = await exchange.deposit(cents, key=key)
        (line,) = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
        assert line["correlation_id"] == answer.headers["x-correlation-id"]
        assert (line["method"], line["route"], line["status"]) == ("POST", route, answer.status_code)
        return line

    bug = await line_of(13, key="k1")
    assert (bug["level"], bug["event"], bug["error"]) == ("error", "request_failed", "RuntimeError")
    away = await line_of(503, key="k2")
    assert (away["level"], away["event"], away["kind"]) == (
        "warning",
        "request_failed",
        "temporarily-unavailable",
    )
    assert away["says"] == "the processor is away"
    refused = await line_of(2000, key="k3")
    assert (refused["level"], refused["event"], refused["kind"]) == ("info", "request_refused", "too-much")
    assert (await line_of(2000, key="k3"))["event"] == "request_refused"  # its answer, kept
    assert (await line_of("June Example", key="k4"))["kind"] == "invalid-request"
    assert (await exchange.deposit(1, key="k5")).status_code == 201
    exchange.database.away = True
    assert (await exchange.client.get("/readyz")).status_code == 503
    assert (await exchange.client.get("/v1/households/june/deposits")).status_code == 401
    await exchange.client.get("/v1/nowhere/June%20Example")
    (line,) = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert (line["status"], line["route"], line["kind"]) == (404, None, "not-found")


async def test_a_put_needs_no_key(exchange: Exchange) -> None:
    headers = exchange.issuer.headers("operator")
    url = "/v1/households/june/deposits/7"
    for _ in range(2):
        answer = await exchange.client.put(url, json={"cents": 4}, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"number": 7, "cents": 4})


async def test_validation_names_every_field_and_repeats_no_value(exchange: Exchange) -> None:
    headers = exchange.issuer.headers("operator", key="k1")
    answer = await exchange.client.post(
        "/v1/households/june/deposits",
        json={"cents": "Secret", "born": "Secret", "June Example": 1},
        headers=headers,
    )
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"] == "urn:bulkhead:problem:invalid-request"
    assert problem["errors"] == [
        {"field": "/cents", "problem": "must be a whole number"},
        {"field": "/born", "problem": "must be a date such as 2016-01-04"},
        {"field": "/?", "problem": "is not known here"},
    ]
    assert "Secret" not in answer.text
    assert "June" not in answer.text


UNSTORABLE = [
    (b'{"cents": 1, "note": "a\\u0000b"}', "/note"),
    (b'{"cents": 1, "note": "a\\ud800b"}', "/note"),
    (b'{"cents": 1, "note": "a\xed\xa0\x80b"}', "/note"),
    (b'{"cents": 1, "note": {"a": "\\udc00"}}', "/note/a"),
    (b'{"cents": 1, "note": {"\\ud800": "a"}}', "/note/?"),
    (b'{"cents": 1, "note": {"\\u0000": "a"}}', "/note/?"),
    ('{"cents": 1, "note": "a\\u0000b"}'.encode("utf-16"), "/note"),
]


@pytest.mark.parametrize(("body", "field"), UNSTORABLE)
async def test_text_that_the_database_cannot_keep_is_refused_wherever_it_is(
    exchange: Exchange, body: bytes, field: str
) -> None:
    headers = exchange.issuer.headers("operator", key="k1") | {"Content-Type": "application/json"}
    answer = await exchange.client.post("/v1/households/june/deposits", content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": field, "problem": f"{field} holds a character that cannot be kept"}
    ]
    assert exchange.deposits == []


async def test_a_character_of_two_halves_is_kept(exchange: Exchange) -> None:
    headers = exchange.issuer.headers("operator", key="k1") | {"Content-Type": "application/json"}
    body = b'{"cents": 1, "note": "\\ud83d\\ude00"}'
    answer = await exchange.client.post("/v1/households/june/deposits", content=body, headers=headers)
    assert answer.status_code == 201


UNREADABLE = [
    (b"{oops", "it breaks off at line 1, column 2"),
    (b'{"cents": 1,\n "born" 2}', "it breaks off at line 2, column 9"),
    (b'{"cents": ' + b"1" * 5000 + b"}", "a number in it is too long"),
    (b'{"cents": ' + b"[" * 100_000, "it is nested too deeply"),
    (b'{"cents": "\xff"}', "it is not UTF-8"),
]


@pytest.mark.parametrize(("body", "why"), UNREADABLE)
async def test_json_that_cannot_be_read_is_a_problem_that_says_why(
    exchange: Exchange, body: bytes, why: str
) -> None:
    headers = exchange.issuer.headers("operator", key="k1") | {"Content-Type": "application/json"}
    answer = await exchange.client.post("/v1/households/june/deposits", content=body, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:bulkhead:problem:invalid-request")
    assert answer.json()["errors"] == [{"field": "/", "problem": f"is not JSON that can be read: {why}"}]


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
async def test_a_body_that_is_not_json_is_415_and_told_what_would_do(
    exchange: Exchange, content_type: str | None
) -> None:
    headers = exchange.issuer.headers("operator", key="k1")
    headers |= {"Content-Type": content_type} if content_type else {}
    answer = await exchange.client.post(
        "/v1/households/june/deposits", content=b'{"cents": 1}', headers=headers
    )
    assert (answer.status_code, answer.json()["type"]) == (415, "urn:bulkhead:problem:unsupported-media-type")
    assert answer.json()["detail"] == "the body must be JSON, with Content-Type: application/json"
    assert exchange.deposits == []


@pytest.mark.parametrize("cents", ["1", 1.0, True, None])
async def test_a_value_of_another_kind_is_not_taken_for_a_number(exchange: Exchange, cents: object) -> None:
    answer = await exchange.deposit(cents)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "/cents", "problem": "must be a whole number"}]


ASKED_WRONGLY = [
    ("houshold=june", "query/houshold", "is not known here; known are carrier, cursor, limit"),
    ("June%20Example=1", "query/?", "is not known here; known are carrier, cursor, limit"),
    ("limit=1&limit=2", "query/limit", "is there more than once"),
    ("carrier=a%00", "query/carrier", "holds a character that cannot be kept"),
]


@pytest.mark.parametrize(("asked", "field", "problem"), ASKED_WRONGLY)
async def test_a_parameter_is_never_passed_over(
    exchange: Exchange, asked: str, field: str, problem: str
) -> None:
    headers = exchange.issuer.headers("assister", household="june")
    answer = await exchange.client.get(f"/v1/households/june/deposits?{asked}", headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": field, "problem": f"{field} {problem}"}]


async def test_a_parameter_is_told_what_it_must_be_like(exchange: Exchange) -> None:
    headers = exchange.issuer.headers("assister", household="june")
    answer = await exchange.client.get("/v1/households/june/deposits?carrier=a%20b&limit=0", headers=headers)
    assert answer.status_code == 422
    id_like = "must be 1 to 64 letters, digits, '.', '_' or '-', the first a letter or digit"
    assert sorted((each["field"], each["problem"]) for each in answer.json()["errors"]) == [
        ("query/carrier", id_like),
        ("query/limit", "must not be less than 1"),
    ]


async def test_a_body_that_is_too_large_is_refused(exchange: Exchange) -> None:
    headers = exchange.issuer.headers("operator", key="k1")
    body = {"cents": 1, "born": "x" * 2_000_000}
    answer = await exchange.client.post("/v1/households/june/deposits", json=body, headers=headers)
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:bulkhead:problem:content-too-large"
    assert answer.json()["detail"] == "A request may have 1000000 bytes at most."


async def test_unknown_places_and_methods_are_problems(exchange: Exchange) -> None:
    nowhere = await exchange.client.get("/v1/nowhere")
    assert nowhere.status_code == 404
    assert nowhere.json()["type"] == "urn:bulkhead:problem:not-found"
    wrong = await exchange.client.delete("/v1/households/june/deposits")
    assert wrong.status_code == 405
    assert wrong.json()["type"] == "urn:bulkhead:problem:method-not-allowed"
    assert set(wrong.headers["allow"].split(", ")) & {"GET", "POST"}


async def test_a_member_sees_its_own_household_only(exchange: Exchange) -> None:
    other = await exchange.deposit(5, household="max")
    assert other.status_code == 404
    assert other.json()["type"] == "urn:bulkhead:problem:not-found"
    assert exchange.deposits == []


async def test_without_a_token_401_and_with_the_wrong_role_403(exchange: Exchange) -> None:
    url = "/v1/households/june/deposits"
    nobody = await exchange.client.get(url)
    assert nobody.status_code == 401
    assert nobody.headers["www-authenticate"] == "Bearer"
    carrier = await exchange.client.get(url, headers=exchange.issuer.headers("carrier", carrier="BCBSVT"))
    assert carrier.status_code == 403


async def test_a_list_comes_in_pages(exchange: Exchange) -> None:
    for number in range(5):
        await exchange.deposit(number, key=f"k{number}")
    headers = exchange.issuer.headers("assister", household="june")
    url, seen, cursor = "/v1/households/june/deposits", [], None
    for expected in (2, 2, 1):
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await exchange.client.get(url, params=params, headers=headers)).json()
        assert len(page["items"]) == expected
        seen += [item["cents"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [0, 1, 2, 3, 4]
    assert cursor is None


@pytest.mark.parametrize("cursor", ["!!!", "bm90IGpzb24", "e30", "W10", "WzFd"])
async def test_a_cursor_of_ones_own_making_is_refused(exchange: Exchange, cursor: str) -> None:
    answer = await exchange.client.get(
        "/v1/households/june/deposits",
        params={"cursor": cursor},
        headers=exchange.issuer.headers("assister", household="june"),
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query/cursor"


async def test_every_answer_carries_its_correlation_id(exchange: Exchange) -> None:
    asked = await exchange.client.get("/livez", headers={"X-Correlation-Id": "call-17"})
    assert asked.headers["x-correlation-id"] == "call-17"
    bad = await exchange.client.get("/livez", headers={"X-Correlation-Id": "June Example"})
    assert len(bad.headers["x-correlation-id"]) == 32


async def test_health_follows_the_database_and_nothing_else(exchange: Exchange) -> None:
    assert (await exchange.client.get("/readyz")).status_code == 200
    exchange.database.away = True
    assert (await exchange.client.get("/readyz")).status_code == 503
    assert (await exchange.client.get("/livez")).status_code == 200
    assert (await exchange.client.get("/startupz")).status_code == 200


async def test_simulation_routes_do_not_exist_when_not_simulating(exchange: Exchange) -> None:
    headers = exchange.issuer.headers("service")
    assert (await exchange.client.get("/v1/simulation/quiet", headers=headers)).status_code == 404
    answer = await exchange.client.put("/v1/simulation/clock", json={"now": "x"}, headers=headers)
    assert answer.status_code == 404


async def test_what_would_be_done_is_said_and_not_kept(exchange: Exchange) -> None:
    headers = exchange.issuer.headers("member", household="june")
    path = "/v1/households/june/withdrawals"
    tried = await exchange.client.post(f"{path}?dry_run=true", json={"cents": 7}, headers=headers)
    assert (tried.status_code, tried.json()) == (200, {"outcome": {"number": 1, "cents": 7}, "events": []})
    too_much = await exchange.client.post(f"{path}?dry_run=true", json={"cents": 1001}, headers=headers)
    assert (too_much.status_code, too_much.json()["errors"][0]["field"]) == (422, "/cents")
    assert exchange.deposits == []
    document = (await exchange.client.get("/v1/openapi.json")).json()
    references = re.findall(r'"#/components/schemas/([A-Za-z_]+)"', json.dumps(document))
    assert set(references) <= set(document["components"]["schemas"])
    post = document["paths"]["/v1/households/{household}/withdrawals"]["post"]
    assert [each for each in post["responses"] if each.startswith("2")] == ["201", "200"]


async def test_whether_to_try_is_true_or_false_and_anything_else_is_told_so(exchange: Exchange) -> None:
    headers = exchange.issuer.headers("member", household="june", key="k1")
    path = "/v1/households/june/withdrawals?dry_run=maybe"
    answer = await exchange.client.post(path, json={"cents": 7}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "query/dry_run", "problem": "must be true or false"}]
    assert exchange.deposits == []


async def test_a_route_that_cannot_be_tried_does_nothing_when_it_is_to_be(exchange: Exchange) -> None:
    headers = exchange.issuer.headers("member", household="june", key="k1")
    path = "/v1/households/june/deposits?dry_run=true"
    answer = await exchange.client.post(path, json={"cents": 7}, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query/dry_run")
    assert exchange.deposits == []


async def test_the_openapi_document_says_what_the_code_does(exchange: Exchange) -> None:
    document = (await exchange.client.get("/v1/openapi.json")).json()
    post = document["paths"]["/v1/households/{household}/deposits"]["post"]
    key = next(each for each in post["parameters"] if each["name"] == "Idempotency-Key")
    assert key["required"] is True
    assert post["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"].endswith(
        "/Problem"
    )
    put = document["paths"]["/v1/households/{household}/deposits/{number}"]["put"]
    assert "Idempotency-Key" not in json.dumps(put)
    assert post["security"]
    assert document["components"]["securitySchemes"]
    assert "/livez" not in document["paths"]
    gift = document["paths"]["/v1/households/{household}/gifts"]["post"]
    assert {"413", "415", "422"} <= gift["responses"].keys()
    weather = document["paths"]["/v1/weather"]["get"]
    assert (weather["security"], weather["responses"].keys() & {"401", "403"}) == ([], set())
