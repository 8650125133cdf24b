"""Every hub does the same: the sandbox in memory, over HTTP, and on disk (ENR-10)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, Protocol

import httpx2
import pytest
from sandbox_hub import SqliteStore, create_app

from bulkhead.kernel.personal import Masked
from enrollment.adapters.hub.http import HttpHub
from enrollment.adapters.hub.sandbox import SandboxHub, SandboxStore, Told
from enrollment.application.ports import Hub, HubAway, HubMisunderstood, HubSilent
from enrollment.domain.assistance import Assistance
from enrollment.domain.determination import Determination
from enrollment.domain.eligibility import Attesting, Question

QUESTION = Question(
    household="june",
    people=(Attesting(member="june-1", name=Masked("June Example"), born=Masked("1980-03-02"), ssn=None),),
    income_cents=3_000_000,
    assistance=Assistance(aptc_cents=30_000, subsidy_cents=1_000),
)
CONFIRMED = Determination(
    aptc_cents=30_000,
    subsidy_cents=1_000,
    csr_variant="01",
    income_confirmed=True,
    citizenship_confirmed=True,
    incarcerated=False,
    medicaid=False,
)


class Begin(Protocol):
    """Begins a hub, which remembers; ``silent`` makes it answer no questions."""

    def __call__(self, *, silent: bool = False) -> tuple[Hub, SandboxStore]: ...


@pytest.fixture(params=["memory", "http"])
def begin(request: pytest.FixtureRequest, tmp_path: Path) -> Begin:
    kept = SandboxHub().store

    def in_memory(*, silent: bool = False) -> tuple[Hub, SandboxStore]:
        hub = SandboxHub(kept)
        hub.mode = "silent" if silent else "answers"
        return hub, kept

    def over_http(*, silent: bool = False) -> tuple[Hub, SandboxStore]:
        store = SqliteStore(tmp_path)
        store.keep_mode("silent" if silent else "answers")
        transport = httpx2.ASGITransport(app=create_app(tmp_path))
        return HttpHub("http://hub.test", transport=transport), store

    return in_memory if request.param == "memory" else over_http


async def test_ENR_10_what_is_attested_is_confirmed_where_nothing_else_is_known(begin: Begin) -> None:
    hub, _ = begin()
    said = await hub.determine(QUESTION)
    assert said == CONFIRMED
    assert said.contradicts == ()
    assert await hub.is_reachable()


async def test_ENR_10_what_it_was_told_of_a_household_is_its_word_also_after_a_restart(begin: Begin) -> None:
    _, store = begin()
    store.keep(Told(household="june", contradicts=("income", "medicaid"), aptc_cents=0, csr_variant="05"))
    store.keep(Told(household="kay", contradicts=("citizenship", "incarceration")))
    hub, _ = begin()
    june = await hub.determine(QUESTION)
    assert (june.aptc_cents, june.subsidy_cents, june.csr_variant) == (0, 1_000, "05")
    assert june.contradicts == ("income", "medicaid")
    kay = await hub.determine(
        Question(
            household="kay",
            people=QUESTION.people,
            income_cents=None,
            assistance=Assistance(aptc_cents=0, subsidy_cents=0),
        )
    )
    assert (kay.contradicts, kay.csr_variant) == (("citizenship", "incarceration"), "01")


async def test_ENR_10_one_that_answers_no_questions_is_silent_and_there(begin: Begin) -> None:
    hub, _ = begin(silent=True)
    with pytest.raises(HubSilent):
        await hub.determine(QUESTION)
    assert await hub.is_reachable()
    hub, _ = begin()
    assert await hub.determine(QUESTION) == CONFIRMED


async def test_ENR_10_one_that_is_away_is_not_reachable() -> None:
    hub = SandboxHub()
    hub.mode = "away"
    with pytest.raises(HubAway):
        await hub.determine(QUESTION)
    assert not await hub.is_reachable()


class Answering(httpx2.AsyncBaseTransport):
    """A network that fails in one way, or a hub that always answers the same."""

    def __init__(self, answer: type[Exception] | int | bytes) -> None:
        self._answer = answer
        self.asked: list[bytes] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(await request.aread())
        if isinstance(self._answer, int):
            return httpx2.Response(self._answer, request=request)
        if isinstance(self._answer, bytes):
            return httpx2.Response(200, content=self._answer, request=request)
        raise self._answer("the network failed")


WRONG: list[Any] = [
    (httpx2.ConnectError, HubAway),
    (httpx2.ConnectTimeout, HubAway),
    (httpx2.PoolTimeout, HubAway),
    (httpx2.ReadTimeout, HubSilent),
    (httpx2.RemoteProtocolError, HubSilent),
    (429, HubSilent),
    (500, HubSilent),
    (503, HubSilent),
    (404, HubMisunderstood),
    (422, HubMisunderstood),
    (b"<html>", HubMisunderstood),
    (b"{}", HubMisunderstood),
    (b'{"aptc_cents": "30000"}', HubMisunderstood),
]


@pytest.mark.parametrize(("answer", "error"), WRONG)
async def test_ENR_10_each_way_a_hub_can_fail_has_its_error_and_none_quotes_anybody(
    answer: type[Exception] | int | bytes, error: type[Exception]
) -> None:
    hub = HttpHub("http://hub.test", transport=Answering(answer))
    with pytest.raises(error) as raised:
        await hub.determine(QUESTION)
    assert "June" not in str(raised.value)
    if error is not HubMisunderstood:
        assert not await hub.is_reachable()


async def test_ENR_10_what_people_attest_goes_to_the_hub_alone() -> None:
    transport = Answering(b"{}")
    with pytest.raises(HubMisunderstood):
        await HttpHub("http://hub.test", transport=transport).determine(QUESTION)
    (body,) = transport.asked
    assert b"June Example" in body
    assert "June" not in repr(QUESTION)


async def drip(_request: httpx2.Request) -> httpx2.Response:
    async def parts() -> AsyncGenerator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.005)

    return httpx2.Response(200, content=parts())


async def test_ENR_10_an_answer_that_only_drips_in_is_none_once_its_time_is_over() -> None:
    hub = HttpHub("http://hub.test", transport=httpx2.MockTransport(drip), total_seconds=0.05)
    async with asyncio.timeout(5):
        with pytest.raises(HubSilent):
            await hub.determine(QUESTION)
        assert not await hub.is_reachable()
