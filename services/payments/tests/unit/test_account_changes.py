"""A bank's notification of change is obeyed before the next draw: by the processor, or by the member (PAY-5, PAY-8)."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from bulkhead.kernel.personal import Masked
from bulkhead.retries.retries import Retry
from payments.adapters.processor.sandbox import MemoryStore
from payments.application.autopay import end_autopay
from payments.application.ports import ProcessorMisunderstood
from payments.domain.autopay import Draw, Mandate
from payments.domain.events import AutopayEnded, PaymentReturned
from payments.domain.payments import Payment
from payments.domain.return_files import ReturnItem
from services.payments.tests.builders import OddProcessor, World
from services.payments.tests.nacha import return_file
from services.payments.tests.unit.test_return_autopay import drawn
from services.payments.tests.unit.test_return_loading import a_world, dropped, items, of

ACCOUNT = "55500777123"


class Renaming(OddProcessor):
    """Gives a corrected account another token, or none, and keeps what it was told."""

    def __init__(self, token: str | None) -> None:
        super().__init__(MemoryStore())
        self.token = token
        self.told: list[tuple[str, str, str]] = []
        self.fails: Exception | None = None

    async def correct(self, *, token: str, code: str, corrected: Masked) -> Masked | None:
        self._reach()
        if self.fails is not None:
            raise self.fails
        self.told.append((token, code, corrected.reveal()))
        return None if self.token is None else Masked(self.token)


async def a_drawn_world(token: str | None) -> tuple[World, Renaming, Payment]:
    world, processor = await a_world(), Renaming(token)
    world.processor = processor
    world.restart()
    return world, processor, await drawn(world)


def change(payment: Payment, *, code: str = "C01") -> bytes:
    entry = of(payment, code=code, cents=0, corrected=ACCOUNT)
    return return_file(entry, created="160128", entry_class="COR")


@pytest.mark.parametrize("code", ["C01", "C02", "C03", "C05", "C06", "C07"])
async def test_PAY_8_what_the_bank_corrects_goes_to_the_processor_and_the_next_draw_is_by_its_token(
    code: str,
) -> None:
    world, processor, paid = await a_drawn_world("tok_bank_ok.again")
    with capture_logs() as logs:
        await dropped(world, change(paid, code=code))
    assert processor.told == [("tok_bank_ok", code, ACCOUNT)]
    [mandate] = world.rows(Mandate)
    assert mandate.token == Masked("tok_bank_ok.again")
    assert (mandate.state, mandate.corrected_at) == ("on", world.now)
    assert items(world) == [(code, "changed", "account-changed")]
    assert (world.said(AutopayEnded), world.said(PaymentReturned)) == ([], [])
    assert all(ACCOUNT not in repr(each) for each in (logs, world.rows(ReturnItem), world.rows(Mandate)))


async def test_PAY_8_an_account_that_must_be_given_anew_is_drawn_no_more_and_its_household_is_told() -> None:
    world, _, paid = await a_drawn_world(None)
    await dropped(world, change(paid))
    assert [(each.household, each.because) for each in world.said(AutopayEnded)] == [
        ("june", "account-changed")
    ]
    assert items(world) == [("C01", "changed", "account-changed")]
    assert [each.state for each in world.rows(Draw)] == ["drawn"]


async def test_I9_while_the_processor_is_away_a_change_waits_and_an_odd_answer_is_shown() -> None:
    world, processor, paid = await a_drawn_world("tok_bank_ok.again")
    processor.reachable = False
    await dropped(world, change(paid))
    poller = world.pollers["account-changes"]
    assert (items(world), await poller.pending(world.now)) == ([("C01", "open", "account-changed")], 0)
    processor.reachable, processor.fails = True, ProcessorMisunderstood("the processor answered 404")
    assert await poller.turn(world.now) == 0
    [retry] = world.rows(Retry)
    assert (retry.kind, retry.household, retry.reason) == (
        "account-changes",
        "june",
        "the processor answered 404",
    )
    processor.fails = None
    world.now = world.clock.shows = retry.retry_at
    assert await poller.turn(world.now) == 1
    assert (items(world), world.rows(Retry)) == ([("C01", "changed", "account-changed")], [])


@pytest.mark.parametrize("code", ["C04", "C09", "C13"])
async def test_PAY_5_what_is_not_about_the_account_waits_for_a_person(code: str) -> None:
    world, processor, paid = await a_drawn_world("tok_bank_ok.again")
    await dropped(world, change(paid, code=code))
    assert (items(world), processor.told) == ([(code, "open", "account-changed")], [])


async def test_PAY_5_a_change_of_what_nobody_draws_from_waits_for_a_person() -> None:
    world, processor, paid = await a_drawn_world("tok_bank_ok.again")
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        await end_autopay(uow, "june")
    await dropped(world, change(paid))
    await dropped(world, change(await world.pay_online()).replace(b"0615A", b"0615B"), name="B.ach")
    assert (items(world), processor.told) == ([("C01", "open", "not-drawn-from")] * 2, [])


async def test_PAY_3_a_crash_at_any_step_of_a_change_corrects_it_once() -> None:
    calm, _, paid = await a_drawn_world("tok_bank_ok.again")
    for step in range(1_000):
        world = calm.copied()
        world.returns.content["RETURNS.ach"] = change(paid)
        went_on = not await world.crash_at(step)
        await world.settle_down()
        [mandate] = world.rows(Mandate)
        assert (mandate.token, mandate.state) == (Masked("tok_bank_ok.again"), "on")
        assert items(world) == [("C01", "changed", "account-changed")]
        if went_on:
            assert step > 5
            return
    raise AssertionError("it never goes on without a crash")
