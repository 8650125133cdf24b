"""The processor calls back over HTTP: its signature lets it in, and nothing else does (PAY-1, ADR 0042)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sandbox_processor import create_app
from structlog.testing import capture_logs

from bulkhead.kernel.webhooks import ID_HEADER, SIGNATURE_HEADER, TIME_HEADER, sign
from payments.adapters.processor.call_backs import CallBack, Way
from payments.domain.payments import Payment
from payments.domain.processor_events import About, ProcessorEvent, event_of
from services.payments.tests.builders import RETIRING_KEY, WALL_SECONDS, WEBHOOK_KEY
from services.payments.tests.contract.support import CARD, WITH_A_KEY, Api, Sandbox, nothing_happened, problem

PATH = "/v1/processor-events"
JSON = {"content-type": "application/json"}
NOW = int(WALL_SECONDS)


def said(kind: str = "charge.approved", reference: str = "of-nobody") -> bytes:
    return json.dumps({"type": kind, "data": {"reference": reference}}).encode()


async def send(
    api: Api,
    body: bytes,
    *,
    key: bytes = WEBHOOK_KEY,
    at: int = NOW,
    sent_id: str = "evt_1",
    headers: Mapping[str, str] | None = None,
) -> httpx2.Response:
    signed = sign(key, sent_id=sent_id, sent_at=at, body=body)
    return await api.client.post(PATH, content=body, headers={**JSON, **signed, **(headers or {})})


@pytest.mark.parametrize("key", [WEBHOOK_KEY, RETIRING_KEY])
async def test_PAY_1_an_event_signed_with_either_secret_in_use_is_taken_without_a_token(
    api: Api, key: bytes
) -> None:
    answer = await send(api, said(), key=key)
    assert (answer.status_code, answer.json()) == (202, {"taken": "open"})
    assert [each.reference for each in api.world.rows(ProcessorEvent)] == ["of-nobody"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"key": b"somebody else's secret, not ours"}, "no signature in webhook-signature is right"),
        ({"at": NOW - 301}, "webhook-timestamp is more than 300 s from the time here"),
        ({"at": NOW + 302}, "webhook-timestamp is more than 300 s from the time here"),
        ({"headers": {ID_HEADER: "evt_2"}}, "no signature in webhook-signature is right"),
        ({"headers": {TIME_HEADER: str(NOW - 1)}}, "no signature in webhook-signature is right"),
        ({"headers": {SIGNATURE_HEADER: "v1,"}}, "no signature in webhook-signature is right"),
        ({"headers": {ID_HEADER: "evt.1"}}, "webhook-id is needed, once"),
        ({"headers": {TIME_HEADER: f"{NOW}.0"}}, "webhook-timestamp is needed, once"),
    ],
)
async def test_PAY_1_an_event_that_is_not_signed_or_not_just_now_is_refused_and_told_what_would_do(
    api: Api, change: dict[str, Any], says: str
) -> None:
    with capture_logs() as logs:
        answer = await send(api, said(reference="a-secret-name"), **change)
    body = problem(answer, status=401, kind="webhook-not-signed")
    assert says in body["detail"]
    assert answer.headers["www-authenticate"] == "Webhook-Signature"
    assert api.world.rows(ProcessorEvent) == []
    assert "a-secret-name" not in str(logs) + answer.text
    nothing_happened(api)


@pytest.mark.parametrize("name", [ID_HEADER, TIME_HEADER, SIGNATURE_HEADER])
async def test_PAY_1_each_header_is_needed_once(api: Api, name: str) -> None:
    body = said()
    headers = list({**JSON, **sign(WEBHOOK_KEY, sent_id="evt_1", sent_at=NOW, body=body)}.items())
    twice = [*headers, *(each for each in headers if each[0] == name)]
    for wrong in ([each for each in headers if each[0] != name], twice):
        answer = await api.client.post(PATH, content=body, headers=wrong)
        assert f"{name} is needed, once" in problem(answer, status=401, kind="webhook-not-signed")["detail"]


async def test_PAY_1_a_token_of_ours_lets_no_event_in(api: Api) -> None:
    problem(await api.post(PATH, json.loads(said())), status=401, kind="webhook-not-signed")
    assert api.world.rows(ProcessorEvent) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "/"),
        (b"\xff", "/"),
        (b"[" * 30_000, "/"),
        (b"[]", "/"),
        (b"{}", "/type"),
        (b'{"type": 1, "data": {"reference": "x"}}', "/type"),
        (b'{"type": "charge.approved"}', "/data"),
        (b'{"type": "charge.approved", "data": {"reference": ""}}', "/data/reference"),
        (b'{"type": "charge.approved", "data": {"reference": 7}}', "/data/reference"),
        (b'{"type": "charge.approved", "data": {"reference": "4111111111111111"}}', "/data/reference"),
    ],
)
async def test_a_signed_event_that_cannot_be_read_is_refused_by_field(
    api: Api, body: bytes, field: str
) -> None:
    answer = await send(api, body)
    assert answer.status_code == 422, answer.text
    assert field in [each["field"] for each in answer.json()["errors"]]
    assert "4111" not in answer.text
    nothing_happened(api)


async def test_an_event_of_a_type_to_come_is_passed_over_whatever_else_it_says(api: Api) -> None:
    answer = await send(api, b'{"type": "payout.paid", "data": {"amount": 1}, "more": []}')
    assert (answer.status_code, answer.json()) == (202, {"taken": "passed-over"})
    assert api.world.rows(ProcessorEvent) == []


async def test_more_than_a_webhook_may_have_is_not_read(api: Api) -> None:
    problem(await send(api, said() + b" " * 70_000), status=413, kind="content-too-large")


async def test_what_is_not_said_to_be_JSON_is_refused(api: Api) -> None:
    answer = await send(api, said(), headers={"content-type": "text/plain"})
    problem(answer, status=415, kind="unsupported-media-type")


async def test_while_the_database_is_away_the_processor_is_told_to_send_it_again(api: Api) -> None:
    api.world.database.away = True
    problem(await send(api, said()), status=503, kind="temporarily-unavailable")


async def test_PAY_1_a_repeated_event_changes_nothing_and_is_taken(api: Api) -> None:
    await api.pay(CARD | {"token": "tok_card_slow"})
    await api.world.settle_down()
    (payment,) = api.world.rows(Payment)
    events = list(api.world.database.events)
    for _ in range(3):
        answer = await send(api, said(reference=payment.payment))
        assert (answer.status_code, answer.json()) == (202, {"taken": "known"})
    await api.world.settle_down()
    assert api.world.rows(Payment) == [payment]
    assert list(api.world.database.events) == events


@pytest.mark.parametrize("about", ["charge", "dispute"])
async def test_PAY_5_that_a_charge_failed_waits_for_whoever_changes_what_is_known_of_it(
    api: Api, about: About
) -> None:
    assert (await api.pay(CARD)).status_code == 201
    (payment,) = api.world.rows(Payment)
    held = f"processor-event:{event_of(about, payment.payment)}"
    async with api.world.uows.begin(now=api.world.now, households=[held]):
        sending = asyncio.create_task(send(api, said("charge.failed", payment.payment)))
        assert await asyncio.wait([sending], timeout=0.3) == (set(), {sending})
    assert (await sending).json() == {"taken": "open"}


async def test_I9_operators_list_what_the_processor_said_and_see_to_it(api: Api) -> None:
    await send(api, said())
    problem(await api.get(PATH, "member", household="june"), status=403, kind="forbidden")
    (item,) = (await api.get(f"{PATH}?state=open&reason=unknown-reference")).json()["items"]
    assert (item["reference"], item["about"], item["household"]) == ("of-nobody", "charge", None)
    assert (await api.get(f"{PATH}?state=waiting")).json()["items"] == []
    path = f"{PATH}/{item['event']}/dismissals"
    for _ in range(2):
        answer = await api.post(path, {})
        assert (answer.status_code, answer.json()["decided_by"]) == (201, "someone"), answer.text
    problem(await api.post(path, {}, key="key-2"), status=409, kind="already-decided")
    problem(await api.post(f"{PATH}/nobody/dismissals", {}, key="key-3"), status=404, kind="not-found")


@pytest.fixture
async def sandbox(api: Api, tmp_path: Path) -> AsyncIterator[Sandbox]:
    made = Sandbox(api, tmp_path, path=PATH, key=WEBHOOK_KEY)
    yield made
    with suppress(Exception):
        await made.client.aclose()


async def charge(sandbox: Sandbox, token: str, *, reference: str = "ref-1") -> int:
    body = {"token": token, "amount_cents": 500, "method": "card", "reference": reference}
    return (await sandbox.ask("/charges", **body)).status_code


def heard(api: Api) -> list[tuple[str, int]]:
    return [(each.reference, each.times) for each in api.world.rows(ProcessorEvent)]


async def test_PAY_1_the_sandbox_calls_back_of_what_it_decided_and_once_it_is_taken_no_more(
    api: Api, sandbox: Sandbox
) -> None:
    statuses = [
        await charge(sandbox, f"tok_card_{word}", reference=word)
        for word in ("ok", "slow", "expired", "lost", "late")
    ]
    assert statuses == [201, 504, 201, 504, 504]
    for _ in range(2):
        await sandbox.caller.turn()
    assert sorted(heard(api)) == [("expired", 1), ("ok", 1), ("slow", 1)]


async def test_PAY_1_the_sandbox_takes_late_money_when_it_calls_back_and_forges_on_request(
    api: Api, sandbox: Sandbox
) -> None:
    await charge(sandbox, "tok_card_late.june")
    for way in ("forged", "altered", "old"):
        assert await sandbox.call_back(token="tok_card_late.june", way=way) == [401]
    assert (await sandbox.client.get("/charges/ref-1")).status_code == 404
    assert await sandbox.call_back(token="tok_card_late.june", times=2) == [202, 202]
    assert (await sandbox.client.get("/charges/ref-1")).json()["status"] == "approved"
    assert heard(api) == [("ref-1", 2)]
    assert await sandbox.call_back(reference="of-nobody", about="dispute") == [202]
    assert (await sandbox.ask("/control/call-backs", token="tok_card_nobody")).status_code == 404


async def test_PAY_1_the_sandbox_sends_again_what_is_not_taken_after_longer_each_time(
    api: Api, sandbox: Sandbox
) -> None:
    await charge(sandbox, "tok_card_ok")
    api.world.database.away = True
    for _ in range(3):
        await sandbox.caller.turn()
    api.world.database.away = False
    await sandbox.caller.turn()
    assert heard(api) == [], "it waits a second"
    sandbox.later = 1.0
    await sandbox.caller.turn()
    assert heard(api) == [("ref-1", 1)]


async def test_PAY_1_the_sandbox_holds_its_calls_makes_the_newest_first_and_each_twice(
    api: Api, sandbox: Sandbox
) -> None:
    await sandbox.ask("/control/mode", held=True)
    taken = [await charge(sandbox, "tok_card_ok", reference=f"ref-{each}") for each in range(3)]
    assert taken == [201, 201, 201]
    await sandbox.caller.turn()
    assert heard(api) == []
    await sandbox.ask("/control/mode", newest_first=True, times=2)
    send, sent = sandbox.caller.send, list[str]()

    async def noted(call_back: CallBack, way: Way) -> int:
        sent.append(call_back.reference)
        return await send(call_back, way)

    sandbox.caller.send = noted
    await sandbox.caller.turn()
    assert sent == ["ref-2", "ref-2", "ref-1", "ref-1", "ref-0", "ref-0"]
    assert sorted(heard(api)) == [("ref-0", 2), ("ref-1", 2), ("ref-2", 2)]


async def test_INV_6_the_sandbox_calls_back_of_refunds_too(api: Api, sandbox: Sandbox) -> None:
    await charge(sandbox, "tok_card_ok")
    found = (await sandbox.client.get("/charges/ref-1")).json()["charge"]
    assert (
        await sandbox.ask("/refunds", charge=found, amount_cents=1, reference="back-1")
    ).status_code == 201
    await sandbox.caller.turn()
    assert sorted(each.about for each in api.world.rows(ProcessorEvent)) == ["charge", "refund"]
    assert await sandbox.call_back(token="tok_card_ok", about="failed-refund") == [202]


async def test_without_an_address_the_sandbox_calls_nobody(tmp_path: Path) -> None:
    app = create_app(tmp_path)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://processor.test") as client:
        body = {"token": "tok_card_ok", "amount_cents": 1, "method": "card", "reference": "ref-1"}
        assert (await client.post("/charges", json=body, headers=WITH_A_KEY)).status_code == 201
        await app.state.caller.turn()
        assert (await client.post("/control/call-backs", json={"reference": "ref-1"})).status_code == 409
