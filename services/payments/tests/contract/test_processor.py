"""Every processor does the same: the sandbox in memory, over HTTP in either protocol, and on disk (PAY-1, INV-6)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Protocol

import httpx2
import pytest
from sandbox_processor import create_app

from bulkhead.kernel.personal import Masked
from payments.adapters.processor.calls import TOTAL_SECONDS
from payments.adapters.processor.http import HttpProcessor
from payments.adapters.processor.payment_intents import PaymentIntentsProcessor
from payments.adapters.processor.sandbox import DECLINED_TOKEN, ReferenceReused, SandboxProcessor
from payments.application.ports import (
    Charge,
    OwnerToConfirm,
    Processor,
    ProcessorMisunderstood,
    ProcessorSilent,
    ProcessorUnreachable,
    RefundImpossible,
)
from payments.domain.declines import DECLINE_REASONS, DeclineReason
from payments.domain.events import OnlineMethod
from payments.domain.identification import identification_of

KEY = Masked("sk_test_of_nobody")


def of_charges(transport: httpx2.AsyncBaseTransport, *, total_seconds: float = TOTAL_SECONDS) -> Processor:
    return HttpProcessor("http://processor.test", key=KEY, transport=transport, total_seconds=total_seconds)


def of_intents(transport: httpx2.AsyncBaseTransport, *, total_seconds: float = TOTAL_SECONDS) -> Processor:
    return PaymentIntentsProcessor(
        "http://processor.test",
        key=KEY,
        return_url="https://exchange.example/paid",
        transport=transport,
        total_seconds=total_seconds,
    )


class Over(Protocol):
    """Begins a processor that is asked over a network."""

    def __call__(
        self, transport: httpx2.AsyncBaseTransport, *, total_seconds: float = TOTAL_SECONDS
    ) -> Processor: ...


over_a_network = pytest.mark.parametrize("over", [of_charges, of_intents])


@pytest.fixture(params=["memory", "charges", "payment-intents"])
def begin(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Processor]:
    """Return what begins a processor; begun again, it remembers."""
    if request.param == "memory":
        store = SandboxProcessor().store
        return lambda: SandboxProcessor(store)

    over = of_charges if request.param == "charges" else of_intents
    return lambda: over(httpx2.ASGITransport(app=create_app(tmp_path)))


async def charge(processor: Processor, *, token: str = "tok_card_ok", reference: str = "ref-1") -> Charge:
    return await processor.charge(token=token, amount_cents=30_000, method="card", reference=reference)


async def test_PAY_1_good_tokens_are_approved_and_all_others_declined(begin: Callable[[], Processor]) -> None:
    processor = begin()
    taken = await charge(processor)
    assert (taken.status, taken.decline) == ("approved", None)
    bank = await processor.charge(token="tok_bank_ok", amount_cents=1, method="bank", reference="ref-2")
    assert bank.status == "approved"
    for number, token in enumerate((DECLINED_TOKEN, "tok_bank_ok", "tok_bank_slow", "ok", "tok_of_nobody")):
        declined = await charge(processor, token=token, reference=f"no-{number}")
        assert (declined.status, declined.decline) == ("declined", "not-authorized")


@pytest.mark.parametrize("method", ["card", "bank"])
@pytest.mark.parametrize("reason", DECLINE_REASONS)
async def test_PAY_1_a_token_named_for_a_reason_is_declined_for_it(
    begin: Callable[[], Processor], method: OnlineMethod, reason: DeclineReason
) -> None:
    token = f"tok_{method}_{reason}"
    declined = await begin().charge(token=token, amount_cents=1, method=method, reference="ref-1")
    assert (declined.status, declined.decline) == ("declined", reason)
    assert await begin().find(reference="ref-1") == declined


@pytest.mark.parametrize("method", ["card", "bank"])
async def test_PAY_1_a_slow_token_is_taken_and_answered_too_late(
    begin: Callable[[], Processor], method: OnlineMethod
) -> None:
    slow = {"token": f"tok_{method}_slow", "amount_cents": 1, "reference": "ref-1"}
    with pytest.raises(ProcessorSilent):
        await begin().charge(method=method, **slow)
    processor = begin()
    found = await processor.find(reference="ref-1")
    assert found is not None
    assert found.status == "approved"
    assert await processor.charge(method=method, **slow) == found
    await processor.refund(charge=found.charge, amount_cents=1, reference="back-1")


@pytest.mark.parametrize("method", ["card", "bank"])
async def test_PAY_1_a_lost_token_is_never_taken_and_never_answered(
    begin: Callable[[], Processor], method: OnlineMethod
) -> None:
    processor = begin()
    for _ in range(2):
        with pytest.raises(ProcessorSilent):
            await processor.charge(
                token=f"tok_{method}_lost", amount_cents=1, method=method, reference="ref-1"
            )
        assert await processor.find(reference="ref-1") is None
    assert await processor.is_reachable()


async def test_PAY_1_what_its_owner_has_to_confirm_is_not_decided_and_of_autopay_it_is_declined(
    begin: Callable[[], Processor],
) -> None:
    for _ in range(2):
        with pytest.raises(OwnerToConfirm) as waits:
            await charge(begin(), token="tok_card_confirm")
        assert waits.value.confirm_at
        with pytest.raises(OwnerToConfirm):
            await begin().find(reference="ref-1")
    drawn = await begin().charge(
        token="tok_card_confirm", amount_cents=1, method="card", reference="ref-2", initiator="autopay"
    )
    assert (drawn.status, drawn.decline) == ("declined", "not-authorized")
    assert await begin().find(reference="ref-2") == drawn


async def test_PAY_8_what_a_bank_corrects_is_passed_on_and_an_account_that_is_none_is_to_be_given_anew(
    begin: Callable[[], Processor],
) -> None:
    processor, data = begin(), Masked("987654321")
    assert await processor.correct(token="tok_bank_ok.june", code="C01", corrected=data) == Masked(
        "tok_bank_ok.june"
    )
    assert await processor.correct(token="tok_bank_wrong-details", code="C03", corrected=data) is None
    with pytest.raises(ProcessorSilent):
        await processor.correct(token="tok_bank_lost", code="C01", corrected=data)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"status": "approved"}),
        (200, {"status": "approved", "token": 7}),
        (200, {"token": "tok_bank_ok"}),
        (404, {"status": "approved", "token": "tok_bank_ok"}),
    ],
)
async def test_PAY_8_an_odd_answer_to_a_change_says_nothing(status: int, body: dict[str, object]) -> None:
    seen = list[bytes]()

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.content)
        return httpx2.Response(status, json=body)

    processor = HttpProcessor("http://processor.test", key=KEY, transport=httpx2.MockTransport(answer))
    with pytest.raises(ProcessorMisunderstood):
        await processor.correct(token="tok_bank_ok", code="C02", corrected=Masked("091000019"))
    assert [json.loads(each) for each in seen] == [
        {"token": "tok_bank_ok", "code": "C02", "corrected": "091000019"}
    ]


async def test_PAY_1_a_reference_is_charged_once_also_after_a_restart(begin: Callable[[], Processor]) -> None:
    first = await charge(begin())
    processor = begin()
    assert await charge(processor) == first
    assert await charge(processor, token=DECLINED_TOKEN) == first
    assert await processor.find(reference="ref-1") == first


async def test_PAY_1_what_was_never_received_is_not_found(begin: Callable[[], Processor]) -> None:
    processor = begin()
    assert await processor.find(reference="ref-1") is None
    declined = await charge(processor, token=DECLINED_TOKEN)
    assert await processor.find(reference="ref-1") == declined


async def test_a_reference_for_something_else_is_a_bug(begin: Callable[[], Processor]) -> None:
    processor = begin()
    await charge(processor)
    with pytest.raises((ReferenceReused, ProcessorMisunderstood)):
        await processor.charge(token="tok_card_ok", amount_cents=1, method="card", reference="ref-1")


async def test_INV_6_money_goes_back_once_for_a_reference_and_never_more_than_was_taken(
    begin: Callable[[], Processor],
) -> None:
    processor = begin()
    taken = await charge(processor)
    await processor.refund(charge=taken.charge, amount_cents=20_000, reference="back-1")
    processor = begin()
    await processor.refund(charge=taken.charge, amount_cents=20_000, reference="back-1")
    await processor.refund(charge=taken.charge, amount_cents=10_000, reference="back-2")
    with pytest.raises(RefundImpossible):
        await processor.refund(charge=taken.charge, amount_cents=1, reference="back-3")


async def test_INV_6_what_was_not_taken_cannot_go_back(begin: Callable[[], Processor]) -> None:
    processor = begin()
    declined = await charge(processor, token=DECLINED_TOKEN)
    for unknown in (declined.charge, "ch_of_nobody"):
        with pytest.raises(RefundImpossible):
            await processor.refund(charge=unknown, amount_cents=1, reference="back-1")


async def test_a_processor_that_answers_is_reachable(begin: Callable[[], Processor]) -> None:
    assert await begin().is_reachable()


class Failing(httpx2.AsyncBaseTransport):
    """A network that fails in one way."""

    def __init__(self, error: type[Exception] | int) -> None:
        self._error = error

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if isinstance(self._error, int):
            return httpx2.Response(self._error, request=request)
        raise self._error("the network failed")


async def test_PAY_5_a_bank_account_s_entry_is_called_as_its_return_will_be_and_a_card_s_is_not() -> None:
    asked: list[dict[str, object]] = []

    async def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(json.loads(request.content))
        return httpx2.Response(200, json={"charge": "ch_1", "status": "approved"}, request=request)

    processor = HttpProcessor("http://processor.test", key=KEY, transport=httpx2.MockTransport(answer))
    await processor.charge(token="tok_bank_ok", amount_cents=1, method="bank", reference="ref-2")
    await charge(processor)
    assert [each.get("identification") for each in asked] == [identification_of("ref-2"), None]


NEVER_SENT = [httpx2.ConnectError, httpx2.ConnectTimeout]
NOT_KNOWN = [
    httpx2.ReadTimeout,
    httpx2.ReadError,
    httpx2.RemoteProtocolError,
    httpx2.WriteError,
    500,
    503,
    429,
]


@over_a_network
@pytest.mark.parametrize("error", NEVER_SENT)
async def test_PAY_1_a_request_that_was_never_sent_is_told_apart(error: type[Exception], over: Over) -> None:
    processor = over(Failing(error))
    for ask in (charge(processor), processor.find(reference="ref-1")):
        with pytest.raises(ProcessorUnreachable):
            await ask
    assert not await processor.is_reachable()


@over_a_network
@pytest.mark.parametrize("error", NOT_KNOWN)
async def test_PAY_1_from_one_whose_answer_is_not_known(error: type[Exception] | int, over: Over) -> None:
    processor = over(Failing(error))
    refund = processor.refund(charge="ch_1", amount_cents=1, reference="back-1")
    for ask in (charge(processor), processor.find(reference="ref-1"), refund):
        with pytest.raises(ProcessorSilent):
            await ask
    assert not await processor.is_reachable()


@over_a_network
@pytest.mark.parametrize("status", [302, 400, 401, 402, 403, 409])
async def test_an_answer_that_cannot_be_is_neither(status: int, over: Over) -> None:
    processor = over(Failing(status))
    refund = processor.refund(charge="ch_1", amount_cents=1, reference="back-1")
    verify = processor.verify(token="tok_card_ok")
    for ask in (charge(processor), processor.find(reference="ref-1"), refund, verify):
        with pytest.raises(ProcessorMisunderstood):
            await ask


class Dripping(httpx2.AsyncBaseTransport):
    """Answers without end, so little at a time that it is never silent for long."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        async def parts() -> AsyncGenerator[bytes]:
            while True:
                yield b" "
                await asyncio.sleep(0.005)

        return httpx2.Response(200, content=parts(), request=request)


@over_a_network
async def test_PAY_1_an_answer_that_only_drips_in_is_none_once_its_time_is_over(over: Over) -> None:
    processor = over(Dripping(), total_seconds=0.05)
    refund = processor.refund(charge="ch_1", amount_cents=1, reference="back-1")
    correct = processor.correct(token="tok_bank_ok", code="C01", corrected=Masked("987654321"))
    verify = processor.verify(token="tok_card_ok")
    async with asyncio.timeout(5):
        for ask in (charge(processor), processor.find(reference="ref-1"), refund, verify, correct):
            with pytest.raises(ProcessorSilent):
                await ask
        assert not await processor.is_reachable()


async def test_PAY_1_while_the_sandbox_is_out_of_reach_nothing_gets_to_it() -> None:
    processor = SandboxProcessor()
    processor.reachable = False
    refund = processor.refund(charge="ch_1", amount_cents=1, reference="back-1")
    for ask in (charge(processor), processor.find(reference="ref-1"), refund):
        with pytest.raises(ProcessorUnreachable):
            await ask
    assert not await processor.is_reachable()
    processor.reachable = True
    assert await processor.find(reference="ref-1") is None


async def test_OPS_3_whether_money_would_be_taken_is_said_and_none_is_taken(
    begin: Callable[[], Processor],
) -> None:
    processor = begin()
    assert [
        await processor.verify(token=token)
        for token in ("tok_card_ok", "tok_bank_ok", DECLINED_TOKEN, "tok_of_nobody")
    ] == [True, True, False, False]
    with pytest.raises(ProcessorSilent):
        await processor.verify(token="tok_card_lost")
    assert await processor.find(reference="tok_card_ok") is None


@over_a_network
async def test_PAY_1_each_call_shows_our_key_and_none_is_done_for_another(over: Over, tmp_path: Path) -> None:
    shown: set[str | None] = set()
    sandbox = httpx2.ASGITransport(app=create_app(tmp_path))

    class Between(httpx2.AsyncBaseTransport):
        keeps_the_key = True

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            shown.add(request.headers.get("authorization"))
            if not self.keeps_the_key:
                request.headers["authorization"] = "Bearer of-somebody-else"
            return await sandbox.handle_async_request(request)

    between = Between()
    processor = over(between)
    asked = {"token": "tok_card_ok", "amount_cents": 30_000, "method": "card"}
    taken = await processor.charge(**asked, reference="ref-1")  # pyright: ignore[reportArgumentType]
    await processor.refund(charge=taken.charge, amount_cents=100, reference="refund-1")
    assert await processor.verify(token="tok_card_ok")
    assert await processor.is_reachable()
    assert shown == {"Bearer sk_test_of_nobody"}
    between.keeps_the_key = False
    with pytest.raises(ProcessorMisunderstood):
        await processor.charge(**asked, reference="ref-2")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ProcessorMisunderstood):
        await processor.refund(charge=taken.charge, amount_cents=100, reference="refund-2")
    between.keeps_the_key = True
    assert await processor.find(reference="ref-2") is None
