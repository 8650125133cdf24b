"""The API with a processor of payment intents behind it, which is a program of its own and calls back (ADR 0052)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from structlog.testing import capture_logs

from bulkhead.kernel.personal import Masked
from payments.adapters.processor.payment_intents import PaymentIntentsProcessor
from payments.domain.attempts import Attempt
from payments.domain.payments import Payment
from payments.domain.processor_events import ProcessorEvent, event_of
from payments.domain.refunds import RefundPart
from payments.domain.timed_webhooks import TIMED_SIGNATURE_HEADER, timed_sign
from services.payments.tests.builders import (
    TIMED_KEY,
    TIMED_RETIRING_KEY,
    WALL_SECONDS,
    WEBHOOK_KEY,
    at,
    refund,
)
from services.payments.tests.contract.support import CARD, Api, Sandbox, nothing_happened, problem

PATH = "/v1/processor-events/payment-intents"
NOW = int(WALL_SECONDS)


@pytest.fixture
async def sandbox(api: Api, tmp_path: Path) -> AsyncIterator[Sandbox]:
    made = Sandbox(api, tmp_path, path=PATH, key=TIMED_KEY, speaks="payment-intents")
    processor = PaymentIntentsProcessor(
        "http://processor.test",
        key=Masked("sk_test_of_nobody"),
        return_url="https://exchange.example/paid",
        transport=made.transport,
    )
    api.world.processor = cast(Any, processor)
    api.world.restart()
    # The client's app is of the service as it was: have it ask this processor too.
    intake = cast(Any, api.client)._transport.app.state.edge.dependencies
    object.__setattr__(intake, "processor", processor)
    yield made
    with suppress(Exception):
        await made.client.aclose()


def event(kind: str = "payment_intent.succeeded", **about: Any) -> bytes:
    about = {"id": "pi_1", "metadata": {"reference": "of-nobody"}} | about
    return json.dumps({"id": "evt_1", "type": kind, "data": {"object": about}}).encode()


async def send(
    api: Api, body: bytes, *keys: bytes, sent_at: int = NOW, headers: Mapping[str, str] | None = None
) -> httpx2.Response:
    signed = timed_sign(*(keys or (TIMED_KEY,)), sent_at=sent_at, body=body)
    return await api.client.post(
        PATH, content=body, headers={"content-type": "application/json"} | signed | dict(headers or {})
    )


def shown(api: Api) -> list[tuple[str, str, str | None]]:
    return sorted((each.about, each.state, each.reason) for each in api.world.rows(ProcessorEvent))


@pytest.mark.parametrize("keys", [(TIMED_KEY,), (TIMED_RETIRING_KEY,), (b"of nobody", TIMED_KEY)])
async def test_PAY_1_an_event_signed_with_a_secret_in_use_is_taken_without_a_token(
    api: Api, keys: tuple[bytes, ...]
) -> None:
    answer = await send(api, event(), *keys)
    assert (answer.status_code, answer.json()) == (202, {"taken": "open"})
    assert [each.reference for each in api.world.rows(ProcessorEvent)] == ["of-nobody"]


@pytest.mark.parametrize(
    ("keys", "sent_at", "says"),
    [
        ((b"of nobody",), NOW, "no v1 in stripe-signature is right"),
        ((WEBHOOK_KEY,), NOW, "no v1 in stripe-signature is right"),
        ((TIMED_KEY,), NOW - 301, "t in stripe-signature is more than 300 s from the time here"),
        ((TIMED_KEY,), NOW + 302, "t in stripe-signature is more than 300 s from the time here"),
    ],
)
async def test_PAY_1_an_event_that_is_not_signed_or_not_just_now_is_refused(
    api: Api, keys: tuple[bytes, ...], sent_at: int, says: str
) -> None:
    with capture_logs() as logs:
        answer = await send(api, event(metadata={"reference": "a-secret-name"}), *keys, sent_at=sent_at)
    assert says in problem(answer, status=401, kind="webhook-not-signed")["detail"]
    assert "a-secret-name" not in str(logs) + answer.text
    nothing_happened(api)
    assert api.world.rows(ProcessorEvent) == []


@pytest.mark.parametrize(
    "header", ["", "t=1", f"v1={'0' * 64}", f"t=1,t=2,v1={'0' * 64}", "t=1,v0=00", "t=x,v1=y"]
)
async def test_PAY_1_a_signature_that_is_none_is_told_what_would_be_one(api: Api, header: str) -> None:
    answer = await send(api, event(), headers={TIMED_SIGNATURE_HEADER: header})
    assert (
        "stripe-signature is needed, once" in problem(answer, status=401, kind="webhook-not-signed")["detail"]
    )


async def test_PAY_1_the_door_of_one_protocol_is_shut_to_the_signatures_of_the_other(api: Api) -> None:
    signed = timed_sign(TIMED_KEY, sent_at=NOW, body=event())
    headers = {"content-type": "application/json"} | signed
    answer = await api.client.post("/v1/processor-events", content=event(), headers=headers)
    problem(answer, status=401, kind="webhook-not-signed")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{}", "/type"),
        (b'{"type": "payment_intent.succeeded"}', "/data"),
        (event(id=""), "/data/object/id"),
        (event(id=7), "/data/object/id"),
        (event(metadata={"reference": "4111111111111111"}), "/data/object"),
    ],
)
async def test_a_signed_event_that_cannot_be_read_is_refused_by_field(
    api: Api, body: bytes, field: str
) -> None:
    answer = await send(api, body)
    assert answer.status_code == 422, answer.text
    assert field in [each["field"] for each in answer.json()["errors"]]
    assert "4111" not in answer.text


@pytest.mark.parametrize("body", [b'{"type": "payout.paid", "data": 1}', event("charge.refunded")])
async def test_an_event_that_says_nothing_here_is_passed_over(api: Api, body: bytes) -> None:
    assert (await send(api, body)).json() == {"taken": "passed-over"}
    assert api.world.rows(ProcessorEvent) == []


async def test_INV_6_money_that_was_given_back_by_nobody_here_waits_for_a_person(api: Api) -> None:
    newest = {"id": "re_by_hand", "metadata": {}}
    body = event("charge.refunded", refunds={"data": [newest, {"id": "re_older"}]})
    assert (await send(api, body)).json() == {"taken": "open"}
    assert [(each.about, each.reference) for each in api.world.rows(ProcessorEvent)] == [
        ("refund", "re_by_hand")
    ]


async def test_PAY_1_a_card_is_paid_with_or_declined_as_with_any_processor(
    api: Api, sandbox: Sandbox
) -> None:
    assert (await api.pay(CARD)).status_code == 201
    declined = problem(
        await api.pay(CARD | {"token": "tok_card_expired"}, key="key-2"), status=402, kind="payment-declined"
    )
    assert declined["reasons"][0]["facts"]["decline"] == "expired"
    assert (await api.client.get("/v1/online-payment")).json()["outcome"] == "ok"
    (payment,) = api.world.rows(Payment)
    assert (payment.amount_cents, str(payment.reference)[:3]) == (30_000, "pi_")
    await sandbox.caller.turn()
    assert shown(api) == [], "what is known already changes nothing"


async def test_PAY_1_what_was_answered_too_late_is_found_also_while_the_search_is_behind(
    api: Api, sandbox: Sandbox
) -> None:
    await sandbox.ask("/control/search", behind=True)
    slow = CARD | {"token": "tok_card_slow"}
    problem(await api.pay(slow), status=503, kind="processor-away")
    await api.world.settle_down()
    assert [each.amount_cents for each in api.world.rows(Payment)] == [30_000]
    assert (await api.pay(slow)).status_code == 201
    assert len(api.world.rows(Payment)) == 1


async def test_PAY_1_what_counted_as_not_taken_is_taken_once_the_processor_says_so(
    api: Api, sandbox: Sandbox
) -> None:
    problem(await api.pay(CARD | {"token": "tok_card_late"}), status=503, kind="processor-away")
    for text in ("2015-12-03T10:00", "2015-12-03T10:20"):
        api.world.set(text)
        await api.world.settle_down()
    assert [each.state for each in api.world.rows(Attempt)] == ["not-taken"]
    for way in ("forged", "altered", "old"):
        assert await sandbox.call_back(token="tok_card_late", way=way) == [401]
    assert await sandbox.call_back(token="tok_card_late", times=2) == [202, 202]
    await api.world.settle_down()
    assert [each.amount_cents for each in api.world.rows(Payment)] == [30_000]
    assert shown(api) == []


async def test_PAY_1_a_member_is_told_where_to_confirm_and_the_payment_is_recorded_once_that_is_done(
    api: Api, sandbox: Sandbox
) -> None:
    body = CARD | {"token": "tok_card_confirm"}
    waits = problem(await api.pay(body), status=402, kind="payment-to-confirm")
    facts = waits["reasons"][0]["facts"]
    assert problem(await api.pay(body), status=402, kind="payment-to-confirm")["reasons"][0]["facts"] == facts
    await api.world.settle_down()
    assert [each.state for each in api.world.rows(Attempt)] == ["started"], "nothing is known yet"
    assert (await sandbox.client.post(f"{facts['confirm_at']}/confirm")).status_code == 200
    await sandbox.caller.turn()
    assert shown(api) == [("charge", "waiting", None)]
    await api.world.settle_down()
    assert [each.amount_cents for each in api.world.rows(Payment)] == [30_000]
    assert (await api.pay(body)).status_code == 201
    assert len(api.world.rows(Payment)) == 1


async def test_PAY_1_what_nobody_confirms_is_called_off_and_declined(api: Api, sandbox: Sandbox) -> None:
    problem(await api.pay(CARD | {"token": "tok_card_confirm"}), status=402, kind="payment-to-confirm")
    cast(Any, api.world.processor)._wall_seconds = lambda: 4_000_000_000.0
    api.world.now += timedelta(hours=1)
    await api.world.settle_down()
    (attempt,) = api.world.rows(Attempt)
    assert (attempt.state, attempt.decline) == ("declined", "not-authorized")
    assert api.world.rows(Payment) == []


async def test_INV_6_a_refund_is_paid_once_and_one_that_comes_back_waits_for_a_person(
    api: Api, sandbox: Sandbox
) -> None:
    await api.pay(CARD)
    (payment,) = api.world.rows(Payment)
    await api.world.hear(refund(payment, cents=10_000))
    await api.world.settle_down()
    (part,) = api.world.rows(RefundPart)
    assert (part.state, part.way, part.cents) == ("paid", "processor", 10_000)
    await sandbox.caller.turn()
    assert shown(api) == []
    assert await sandbox.call_back(token="tok_card_ok", about="failed-refund") == [202]
    assert shown(api) == [("refund", "open", "refund-failed")]


async def test_PAY_5_a_dispute_is_found_by_the_processor_s_name_and_its_end_is_told(
    api: Api, sandbox: Sandbox
) -> None:
    await api.pay(CARD)
    (payment,) = api.world.rows(Payment)
    assert await sandbox.call_back(token="tok_card_ok", about="dispute") == [202]
    assert [each.reference for each in api.world.rows(ProcessorEvent)] == [payment.payment]
    assert shown(api) == [("dispute", "open", "disputed")]
    assert await sandbox.call_back(token="tok_card_ok", about="won-dispute") == [202]
    assert shown(api) == [], "the money stays: there is nothing to see to"
    await sandbox.call_back(token="tok_card_ok", about="lost-dispute")
    assert shown(api) == [("dispute", "open", "dispute-lost")]
    await api.world.give_back(payment, kind="chargeback")
    await sandbox.call_back(token="tok_card_ok", about="won-dispute")
    assert shown(api) == [("dispute", "open", "dispute-won")], "it is back, and counts as gone"


async def test_PAY_5_a_debit_that_fails_after_it_counted_as_taken_waits_for_a_person(
    api: Api, sandbox: Sandbox
) -> None:
    assert (await api.pay(CARD | {"method": "bank", "token": "tok_bank_ok"})).status_code == 201
    (payment,) = api.world.rows(Payment)
    failed = event("payment_intent.payment_failed", metadata={"reference": payment.payment})
    for _ in range(2):
        assert (await send(api, failed)).json() == {"taken": "open"}
    assert shown(api) == [("dispute", "open", "charge-failed")]
    assert [each.returned_on for each in api.world.rows(Payment)] == [None], (
        "nothing moves because it is said"
    )
    assert at("2015-12-03T10:00") == api.world.now


async def test_PAY_5_that_a_debit_failed_waits_for_whoever_changes_the_dispute_as_which_it_is_shown(
    api: Api, sandbox: Sandbox
) -> None:
    assert (await api.pay(CARD | {"method": "bank", "token": "tok_bank_ok"})).status_code == 201
    (payment,) = api.world.rows(Payment)
    failed = event("payment_intent.payment_failed", metadata={"reference": payment.payment})
    held = f"processor-event:{event_of('dispute', payment.payment)}"
    async with api.world.uows.begin(now=api.world.now, households=[held]):
        sending = asyncio.create_task(send(api, failed))
        assert await asyncio.wait([sending], timeout=0.3) == (set(), {sending})
    assert (await sending).json() == {"taken": "open"}
