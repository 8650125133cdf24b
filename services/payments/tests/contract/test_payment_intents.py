"""The recorded contract with a processor of payment intents, checked both ways (ADR 0052, PAY-1, INV-6).

Each file of `payment_intents/` is one call of the port: what is asked over HTTP with what is answered, and what comes
of it. The adapter is to ask exactly that and to understand it so; the sandbox is to answer exactly that. What no
sandbox does, such as failing in the middle, is written by hand and says ``"sandbox": false``. ``GOLDEN=write`` records
the rest.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import pytest
import sandbox_processor
import uvicorn
from sandbox_processor import create_app

from bulkhead.kernel.personal import Masked
from payments.adapters.processor.payment_intents import CONFIRM_SECONDS, PaymentIntentsProcessor
from payments.application.ports import (
    OwnerToConfirm,
    ProcessorMisunderstood,
    ProcessorSilent,
    ProcessorUnreachable,
    RefundImpossible,
)
from payments.domain.attempts import ASK_AGAIN_AFTER

FOLDER = Path(__file__).parent / "payment_intents"
NOW = 1_800_000_000
KEY = "sk_test_of_nobody"
SHOWN = ("authorization", "content-type", "idempotency-key", "stripe-version")

Call = Mapping[str, Any]


def charging(token: str = "tok_card_ok", *, reference: str = "ref-1", **more: Any) -> Call:
    return {
        "call": "charge",
        "token": token,
        "amount_cents": 30_000,
        "method": "card",
        "reference": reference,
    } | more


def finding(reference: str = "ref-1") -> Call:
    return {"call": "find", "reference": reference}


def refunding(cents: int = 10_000, *, reference: str = "back-1", charge: str = "of ref-1") -> Call:
    return {"call": "refund", "charge": charge, "amount_cents": cents, "reference": reference}


RECORDED: Mapping[str, tuple[Sequence[Call], Call]] = {
    "charge-approved": ((), charging()),
    "charge-of-a-saved-card-by-autopay": ((), charging("cus_june/tok_card_ok", initiator="autopay")),
    "charge-of-a-bank-account": ((), charging("tok_bank_ok", method="bank")),
    "charge-declined-for-funds": ((), charging("tok_card_insufficient-funds")),
    "charge-declined-as-expired": ((), charging("tok_card_expired")),
    "charge-declined-without-a-reason": ((), charging("tok_card_declined")),
    "charge-to-be-confirmed": ((), charging("tok_card_confirm")),
    "charge-to-be-confirmed-by-autopay": ((), charging("tok_card_confirm", initiator="autopay")),
    "charge-of-a-card-that-is-gone": ((), charging("pm_gone")),
    "charge-answered-too-late": ((), charging("tok_card_slow")),
    "charge-never-answered": ((), charging("tok_card_lost")),
    "charge-asked-for-again": ((charging("tok_card_slow"),), charging("tok_card_slow")),
    "charge-of-a-reference-of-another": ((charging(),), charging(amount_cents=1)),
    "find-what-was-taken": ((charging("tok_card_slow"),), finding()),
    "find-what-was-declined": ((charging("tok_card_expired"),), finding()),
    "find-what-is-to-be-confirmed": ((charging("tok_card_confirm"),), finding()),
    "find-nothing": ((), finding()),
    "find-what-the-search-does-not-know": ((charging("tok_card_slow"), {"call": "behind"}), finding()),
    "find-what-was-not-confirmed-in-time": ((charging("tok_card_confirm"), {"call": "later"}), finding()),
    "find-what-was-confirmed": ((charging("tok_card_confirm"), {"call": "confirm"}), finding()),
    "refund-paid": ((charging(),), refunding()),
    "refund-asked-for-again": ((charging(), refunding()), refunding()),
    "refund-of-more-than-was-taken": ((charging(),), refunding(30_001)),
    "refund-of-what-was-declined": ((charging("tok_card_declined"),), refunding()),
    "refund-of-a-charge-of-nobody": ((), refunding(charge="pi_of_nobody")),
    "verify-a-card": ((), {"call": "verify", "token": "tok_card_ok"}),
    "verify-a-card-that-is-declined": ((), {"call": "verify", "token": "tok_card_declined"}),
    "verify-and-hear-nothing": ((), {"call": "verify", "token": "tok_card_lost"}),
    "correct-an-account": ((), {"call": "correct", "token": "tok_bank_ok"}),
    "correct-an-account-that-is-blocked": ((), {"call": "correct", "token": "tok_bank_wrong-details"}),
}
"""What was done before, and the call that is recorded."""


def processor_on(transport: httpx2.AsyncBaseTransport, *, now: int = NOW) -> PaymentIntentsProcessor:
    return PaymentIntentsProcessor(
        "http://processor.test",
        key=Masked(KEY),
        return_url="https://exchange.example/paid",
        transport=transport,
        wall_seconds=lambda: float(now),
    )


async def outcome_of(processor: PaymentIntentsProcessor, call: Call) -> Any:
    """Return what comes of a call, as a file says it."""
    asked = {name: value for name, value in call.items() if name != "call"}
    if asked.get("charge") == "of ref-1":
        asked["charge"] = sandbox_processor.intent_id("ref-1")
    if call["call"] == "correct":
        asked |= {"code": "C01", "corrected": Masked("987654321")}
    try:
        answer = await getattr(processor, call["call"])(**asked)
    except OwnerToConfirm as waits:
        return {"to_confirm_at": waits.confirm_at}
    except (ProcessorMisunderstood, ProcessorSilent, RefundImpossible) as error:
        return {"raises": type(error).__name__, "says": str(error)}
    if isinstance(answer, Masked):
        return {"token": answer.reveal()}
    return (
        answer
        if answer is None or isinstance(answer, bool)
        else {"charge": answer.charge, "status": answer.status, "decline": answer.decline}
    )


def shown(request: httpx2.Request) -> dict[str, Any]:
    """Return a request as a file shows it."""
    said: dict[str, Any] = {
        "method": request.method,
        "path": request.url.path,
        "query": dict(request.url.params.multi_items()),
        "headers": {name: request.headers[name] for name in SHOWN if name in request.headers},
    }
    form = parse_qsl(request.content.decode(), keep_blank_values=True)
    return said | ({"form": [list(each) for each in form]} if form else {})


class Recording(httpx2.AsyncBaseTransport):
    """Passes requests on, and keeps them with their answers."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner
        self.exchanges: list[dict[str, Any]] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._inner.handle_async_request(request)
        await answer.aread()
        kept = {"status": answer.status_code, "body": json.loads(answer.content)}
        self.exchanges.append({"request": shown(request), "answer": kept})
        return answer


class Replaying(httpx2.AsyncBaseTransport):
    """Answers as a file says, and takes no other request."""

    def __init__(self, exchanges: Sequence[Mapping[str, Any]]) -> None:
        self.left = list(exchanges)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        exchange = self.left.pop(0)
        assert shown(request) == exchange["request"]
        answer = exchange["answer"]
        return httpx2.Response(answer["status"], json=answer["body"], request=request)


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> httpx2.AsyncBaseTransport:
    monkeypatch.setattr(sandbox_processor.time, "time", lambda: float(NOW))
    return httpx2.ASGITransport(app=create_app(tmp_path))


async def come_to(sandbox: httpx2.AsyncBaseTransport, before: Sequence[Call]) -> int:
    """Do what was done before; return what the wall's clock shows then."""
    processor, now = processor_on(sandbox), NOW
    async with httpx2.AsyncClient(transport=sandbox, base_url="http://processor.test") as client:
        for call in before:
            match call["call"]:
                case "behind":
                    assert (await client.put("/control/search", json={"behind": True})).status_code == 204
                case "later":
                    now += CONFIRM_SECONDS
                case "confirm":
                    at = f"/confirmations/{sandbox_processor.intent_id('ref-1')}"
                    assert (await client.get(at)).status_code == 200
                    assert (await client.post(f"{at}/confirm")).status_code == 200
                case _:
                    await outcome_of(processor, call)
    return now


def files() -> Mapping[str, Mapping[str, Any]]:
    return {each.stem: json.loads(each.read_text(encoding="utf-8")) for each in sorted(FOLDER.glob("*.json"))}


@pytest.mark.parametrize("name", RECORDED)
async def test_PAY_1_the_sandbox_answers_what_is_recorded(
    name: str, sandbox: httpx2.AsyncBaseTransport
) -> None:
    before, call = RECORDED[name]
    now = await come_to(sandbox, before)
    recording = Recording(sandbox)
    outcome = await outcome_of(processor_on(recording, now=now), call)
    recorded = {"asked": call, "now": now, "exchanges": recording.exchanges, "outcome": outcome}
    if os.environ.get("GOLDEN") == "write":
        FOLDER.mkdir(exist_ok=True)
        text = json.dumps(recorded, indent=1) + "\n"
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
    assert files()[name] == recorded


@pytest.mark.parametrize("name", files())
async def test_PAY_1_the_adapter_asks_what_is_recorded_and_understands_it(name: str) -> None:
    said = files()[name]
    replaying = Replaying(said["exchanges"])
    assert await outcome_of(processor_on(replaying, now=said["now"]), said["asked"]) == said["outcome"]
    assert replaying.left == []


def test_each_file_is_recorded_or_says_that_no_sandbox_does_so() -> None:
    assert {name for name, said in files().items() if said.get("sandbox", True)} == set(RECORDED)


async def test_PAY_1_over_a_network_a_charge_is_made_found_and_given_back_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(create_app(tmp_path), log_level="error", lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        processor = PaymentIntentsProcessor(
            f"http://127.0.0.1:{listening.getsockname()[1]}", key=Masked(KEY), return_url=None
        )
        try:
            with pytest.raises(ProcessorSilent):
                await processor.charge(
                    token="tok_card_slow", amount_cents=500, method="card", reference="ref-1"
                )
            found = await processor.find(reference="ref-1")
            assert found is not None
            for _ in range(2):
                await processor.refund(charge=found.charge, amount_cents=500, reference="back-1")
            with pytest.raises(RefundImpossible):
                await processor.refund(charge=found.charge, amount_cents=1, reference="back-2")
        finally:
            server.should_exit = True
            await serving
    with pytest.raises(ProcessorUnreachable):
        await processor.find(reference="ref-1")


def intent(status: str = "succeeded", **more: Any) -> dict[str, Any]:
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 30_000,
        "currency": "usd",
        "created": NOW,
        "status": status,
        "payment_method_types": ["card"],
        "metadata": {"reference": "ref-1"},
    } | more


def answering(**by_path: tuple[int, Any]) -> tuple[httpx2.MockTransport, list[tuple[str, str]]]:
    """Return a network that answers by the last word of the path, and what it was asked."""
    asked: list[tuple[str, str]] = []

    async def answer(request: httpx2.Request) -> httpx2.Response:
        word = request.url.path.rpartition("/")[2]
        asked.append((request.method, word))
        status, body = by_path.get(f"{request.method.lower()}_{word}", by_path.get(word, (200, {"data": []})))
        return httpx2.Response(status, json=body, request=request)

    return httpx2.MockTransport(answer), asked


async def test_PAY_1_a_reference_whose_key_is_long_forgotten_is_not_charged_a_second_time() -> None:
    transport, asked = answering(search=(200, {"data": [intent()]}), pi_1=(200, intent()))
    taken = await outcome_of(processor_on(transport), charging())
    assert taken == {"charge": "pi_1", "status": "approved", "decline": None}
    assert asked == [("GET", "search"), ("GET", "pi_1")]


async def test_PAY_1_a_charge_that_it_has_was_received_though_it_cannot_be_reached_any_more() -> None:
    asked: list[str] = []

    async def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path)
        if request.url.path.endswith("/search"):
            return httpx2.Response(200, json={"data": [intent()]}, request=request)
        raise httpx2.ConnectError("the network failed")

    said = await outcome_of(processor_on(httpx2.MockTransport(answer)), charging())
    assert said == {
        "raises": "ProcessorSilent",
        "says": "the processor has this charge, and cannot be reached to say what became of it",
    }
    assert asked == ["/v1/payment_intents/search", "/v1/payment_intents/pi_1"]


async def test_PAY_1_what_the_search_says_is_asked_for_as_it_is_now_and_of_another_reference_nothing() -> (
    None
):
    stale, other = intent("processing"), intent(id="pi_2", metadata={"reference": "ref-10"})
    transport, _ = answering(search=(200, {"data": [other, stale]}), pi_1=(200, intent("canceled")))
    found = await processor_on(transport).find(reference="ref-1")
    assert found is not None
    assert (found.charge, found.status) == ("pi_1", "declined")


@pytest.mark.parametrize("status", ["requires_payment_method", "canceled"])
@pytest.mark.parametrize(
    ("is_of", "charge", "said"),
    [
        ("us_bank_account", "py_1", "failed"),
        ("us_bank_account", {"id": "py_1"}, "failed"),
        ("us_bank_account", None, "declined"),
        ("card", "ch_1", "declined"),
    ],
)
async def test_PAY_5_a_debit_that_was_taken_and_failed_since_is_told_from_one_that_was_declined(
    status: str, is_of: str, charge: Any, said: str
) -> None:
    known = intent(status, payment_method_types=[is_of], latest_charge=charge)
    transport, _ = answering(search=(200, {"data": [known]}), pi_1=(200, known))
    found = await processor_on(transport).find(reference="ref-1")
    assert found is not None
    assert (found.charge, found.status, found.decline) == ("pi_1", said, "not-authorized")


async def test_PAY_1_two_charges_of_one_reference_are_for_a_person_to_look_at() -> None:
    both = [intent(), intent(id="pi_2")]
    transport, _ = answering(search=(200, {"data": both}), pi_1=(200, both[0]), pi_2=(200, both[1]))
    with pytest.raises(ProcessorMisunderstood, match="more than one charge"):
        await processor_on(transport).find(reference="ref-1")


async def test_PAY_1_where_there_is_too_much_to_look_through_nothing_is_said_not_to_be_there() -> None:
    transport, asked = answering(
        payment_intents=(200, {"data": [intent(metadata={})], "has_more": True}), pi_1=(200, intent())
    )
    with pytest.raises(ProcessorSilent, match="too many"):
        await processor_on(transport).find(reference="ref-1")
    assert asked == [("GET", "search"), *[("GET", "payment_intents")] * 30]


class Recent:
    """A processor whose search knows of nothing, and that lists so many intents of others before and after ours."""

    def __init__(self, *references: str) -> None:
        self.intents = [intent(id=f"pi_{each}", metadata={"reference": each}) for each in references]
        self.asked: list[str] = []
        self.fails: int | None = None
        self.now = float(NOW)

    def add(self, reference: str) -> None:
        """Have a newer one."""
        self.intents.insert(0, intent(id=f"pi_{reference}", metadata={"reference": reference}))

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Answer as the public API does."""
        word = request.url.path.rpartition("/")[2]
        self.asked.append("list" if word == "payment_intents" else "search" if word == "search" else "one")
        if word == "search":
            return httpx2.Response(200, json={"data": []}, request=request)
        if word != "payment_intents":
            (found,) = [each for each in self.intents if each["id"] == word]
            return httpx2.Response(200, json=found, request=request)
        if self.fails is not None and self.asked.count("list") > self.fails:
            return httpx2.Response(429, json={"error": {"type": "rate_limit_error"}}, request=request)
        after = request.url.params.get("starting_after")
        start = 0 if after is None else [each["id"] for each in self.intents].index(after) + 1
        page = self.intents[start : start + 100]
        more = start + 100 < len(self.intents)
        return httpx2.Response(200, json={"data": page, "has_more": more}, request=request)

    def processor(self) -> PaymentIntentsProcessor:
        """Return who asks it."""
        return PaymentIntentsProcessor(
            "http://processor.test",
            key=Masked(KEY),
            return_url=None,
            transport=httpx2.MockTransport(self.answer),
            wall_seconds=lambda: self.now,
        )

    def asked_since(self) -> list[str]:
        """Return what was asked since this was asked last."""
        asked, self.asked = self.asked, []
        return asked


async def test_PAY_1_what_is_recent_is_looked_through_once_for_many_and_then_only_what_is_newer() -> None:
    recent = Recent(*(f"other-{number}" for number in range(950)))
    processor = recent.processor()
    assert await processor.find(reference="ref-1") is None
    assert recent.asked_since() == ["search", *["list"] * 10]
    for reference in ("ref-1", "ref-2"):
        assert await processor.find(reference=reference) is None
        assert recent.asked_since() == ["search", "list"]
    found = await processor.find(reference="other-949")
    assert found is not None
    assert found.charge == "pi_other-949"
    assert recent.asked_since() == ["search", "list", "one"]


async def test_PAY_1_what_is_taken_after_a_look_is_found_by_the_next_one_at_once() -> None:
    recent = Recent(*(f"other-{number}" for number in range(150)))
    processor = recent.processor()
    assert await processor.find(reference="ref-1") is None
    recent.add("ref-1")
    for number in range(250):
        recent.add(f"newer-{number}")
    recent.asked_since()
    found = await processor.find(reference="ref-1")
    assert found is not None
    assert (found.charge, found.status) == ("pi_ref-1", "approved")
    assert recent.asked_since() == ["search", "list", "list", "list", "one"]


async def test_PAY_1_an_attempt_is_not_closed_by_one_reading_of_what_is_recent_alone() -> None:
    recent = Recent(*(f"other-{number}" for number in range(150)))
    processor = recent.processor()
    assert await processor.find(reference="ref-1") is None
    # As if it had not been listed yet, though older ones than those that were read.
    recent.intents.insert(120, intent(id="pi_ref-1"))
    recent.now += ASK_AGAIN_AFTER.total_seconds()
    recent.asked_since()
    found = await processor.find(reference="ref-1")
    assert found is not None
    assert recent.asked_since() == ["search", "list", "list", "one"]


async def test_PAY_1_what_was_not_read_to_its_end_says_nothing_and_is_not_asked_for_again_at_once() -> None:
    recent = Recent(*(f"other-{number}" for number in range(450)), "ref-1")
    processor = recent.processor()
    recent.fails = 3
    with pytest.raises(ProcessorSilent, match="429"):
        await processor.find(reference="ref-1")
    assert recent.asked_since() == ["search", *["list"] * 4]
    recent.fails = None
    for _ in range(3):
        with pytest.raises(ProcessorSilent, match="just now"):
            await processor.find(reference="ref-1")
        assert recent.asked_since() == ["search"]
    recent.now += 60
    found = await processor.find(reference="ref-1")
    assert found is not None
    assert recent.asked_since() == ["search", *["list"] * 5, "one"]


async def test_PAY_1_where_there_is_too_much_to_look_through_that_is_found_out_once_for_many() -> None:
    recent = Recent(*(f"other-{number}" for number in range(3_001)))
    processor = recent.processor()
    for number in range(10):
        with pytest.raises(ProcessorSilent):
            await processor.find(reference=f"ref-{number}")
    assert recent.asked.count("list") == 30


@pytest.mark.parametrize(
    ("status", "error", "outcome"),
    [
        (402, {"type": "card_error", "code": "card_declined"}, ProcessorMisunderstood),
        (402, {"type": "invalid_request_error", "payment_intent": intent()}, ProcessorMisunderstood),
        (402, {"type": "card_error", "payment_intent": intent("processing")}, ProcessorMisunderstood),
        (400, {"type": "idempotency_error"}, ProcessorMisunderstood),
        (400, {"type": "invalid_request_error", "param": "amount"}, ProcessorMisunderstood),
        (401, {"type": "invalid_request_error"}, ProcessorMisunderstood),
        (409, {"type": "idempotency_error", "code": "idempotency_key_in_use"}, ProcessorSilent),
        (429, {"type": "rate_limit_error", "code": "lock_timeout"}, ProcessorSilent),
        (500, {"type": "api_error"}, ProcessorSilent),
        (503, None, ProcessorSilent),
    ],
)
async def test_PAY_1_an_error_that_decides_nothing_is_no_decline(
    status: int, error: Any, outcome: type[Exception]
) -> None:
    transport, _ = answering(post_payment_intents=(status, {"error": error}))
    with pytest.raises(outcome):
        await processor_on(transport).charge(
            token="tok_card_ok", amount_cents=30_000, method="card", reference="ref-1"
        )


@pytest.mark.parametrize(
    ("answered", "outcome"),
    [
        (intent("processing"), ProcessorSilent),
        (intent("requires_action"), OwnerToConfirm),
        (intent("requires_capture"), ProcessorMisunderstood),
        (intent("of_tomorrow"), ProcessorMisunderstood),
        (intent(amount=29_999), ProcessorMisunderstood),
        (intent(currency="eur"), ProcessorMisunderstood),
        (intent(metadata={"reference": "ref-2"}), ProcessorMisunderstood),
        (intent(object="charge"), ProcessorMisunderstood),
        (intent(id=None), ProcessorMisunderstood),
        ([], ProcessorMisunderstood),
    ],
)
async def test_PAY_1_only_an_intent_that_took_this_money_is_approved(
    answered: Any, outcome: type[Exception]
) -> None:
    transport, _ = answering(post_payment_intents=(200, answered))
    with pytest.raises(outcome):
        await processor_on(transport).charge(
            token="tok_card_ok", amount_cents=30_000, method="card", reference="ref-1"
        )


@pytest.mark.parametrize(
    ("code", "decline_code", "reason"),
    [
        ("card_declined", "insufficient_funds", "insufficient-funds"),
        ("card_declined", "withdrawal_count_limit_exceeded", "limit-exceeded"),
        ("expired_card", None, "expired"),
        ("incorrect_cvc", "incorrect_cvc", "wrong-details"),
        ("card_declined", "invalid_account", "wrong-details"),
        ("card_declined", "bank_account_closed", "account-closed"),
        ("card_declined", "stolen_card", "not-authorized"),
        ("card_declined", "of_tomorrow", "not-authorized"),
        (None, None, "not-authorized"),
    ],
)
async def test_PAY_1_a_decline_is_told_in_the_words_its_owner_may_hear(
    code: str | None, decline_code: str | None, reason: str
) -> None:
    error = {"type": "card_error", "code": code, "decline_code": decline_code}
    body = {"error": error | {"payment_intent": intent("requires_payment_method")}}
    transport, _ = answering(post_payment_intents=(402, body))
    declined = await outcome_of(processor_on(transport), charging())
    assert declined == {"charge": "pi_1", "status": "declined", "decline": reason}


REFUND = {"id": "re_1", "amount": 10_000, "metadata": {"reference": "back-1"}}
UNEXPECTED = {"code": "payment_intent_unexpected_state"}
FAILED_SINCE = intent("requires_payment_method") | {"latest_charge": "ch_1"}


@pytest.mark.parametrize(
    ("listed", "posted", "outcome"),
    [
        ([REFUND | {"status": "failed"}], None, RefundImpossible),
        ([REFUND | {"status": "of_tomorrow"}], None, ProcessorMisunderstood),
        ([REFUND | {"status": "succeeded", "amount": 1}], None, ProcessorMisunderstood),
        ([], (200, REFUND | {"status": "canceled"}), RefundImpossible),
        ([], (400, {"error": {"code": "charge_already_refunded"}}), RefundImpossible),
        ([], (400, {"error": {"code": "charge_disputed"}}), ProcessorSilent),
        # a debit that is not settled may still fail: a check beside it would be money that never came
        ([], (400, {"error": UNEXPECTED | {"payment_intent": intent("processing")}}), ProcessorSilent),
        ([], (400, {"error": UNEXPECTED}), ProcessorSilent),
        ([], (400, {"error": UNEXPECTED | {"payment_intent": FAILED_SINCE}}), ProcessorSilent),
        ([], (400, {"error": UNEXPECTED | {"payment_intent": intent("canceled")}}), RefundImpossible),
        ([], (400, {"error": {"code": "of_tomorrow"}}), ProcessorMisunderstood),
        ([], (409, {"error": {"code": "idempotency_key_in_use"}}), ProcessorSilent),
    ],
)
async def test_INV_6_a_refund_is_paid_by_check_only_where_the_processor_never_pays_it(
    listed: Any, posted: tuple[int, Any] | None, outcome: type[Exception]
) -> None:
    transport, asked = answering(
        get_refunds=(200, {"data": listed}), post_refunds=posted or (200, REFUND | {"status": "succeeded"})
    )
    with pytest.raises(outcome):
        await processor_on(transport).refund(charge="pi_1", amount_cents=10_000, reference="back-1")
    assert asked == [("GET", "refunds"), *([] if posted is None else [("POST", "refunds")])]


async def test_PAY_1_without_an_address_to_come_back_to_nobody_is_sent_to_confirm() -> None:
    forms: list[bytes] = []

    async def answer(request: httpx2.Request) -> httpx2.Response:
        forms.append(request.content)
        return httpx2.Response(
            200, json={"data": []} if request.method == "GET" else intent(), request=request
        )

    processor = PaymentIntentsProcessor(
        "http://processor.test", key=Masked(KEY), return_url=None, transport=httpx2.MockTransport(answer)
    )
    await processor.charge(token="tok_card_ok", amount_cents=30_000, method="card", reference="ref-1")
    form = dict(parse_qsl(forms[-1].decode()))
    assert (form["error_on_requires_action"], "return_url" in form) == ("true", False)


Ask = Callable[[PaymentIntentsProcessor], Awaitable[Any]]
ASKS: Sequence[Ask] = (
    lambda each: each.charge(token="tok_card_secret", amount_cents=1, method="card", reference="ref-1"),
    lambda each: each.find(reference="ref-1"),
    lambda each: each.verify(token="tok_card_secret"),
    lambda each: each.refund(charge="pi_1", amount_cents=1, reference="back-1"),
)


@pytest.mark.parametrize("ask", ASKS)
async def test_PAY_1_neither_key_nor_token_nor_what_is_answered_is_in_an_error(ask: Ask) -> None:
    async def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(400, content=b"of tok_card_secret by sk_test_of_nobody", request=request)

    with pytest.raises(ProcessorMisunderstood) as error:
        await ask(processor_on(httpx2.MockTransport(answer)))
    told = f"{error.value!r} {error.value.__cause__!r}"
    assert "secret" not in told
    assert KEY not in told
