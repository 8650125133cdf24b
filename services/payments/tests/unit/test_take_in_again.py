"""Payments' database restored to an earlier moment, in memory: what was said since is taken in again (ADR 0024)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bulkhead.retries.retries import Retry
from bulkhead.service import Received
from payments.application.load_lockbox_files import store_lockbox_file
from payments.application.ports import Charge
from payments.application.stored_files import set_aside
from payments.application.waiting import LOCKBOX_FILES
from payments.domain.attempts import Attempt
from payments.domain.events import (
    PaymentMoved,
    PaymentReceived,
    PaymentRefunded,
    PaymentReturned,
    RefundWithdrawn,
)
from payments.domain.lockbox import LockboxFile
from payments.domain.payments import Payment
from payments.domain.processor_events import ProcessorEvent
from payments.domain.refunds import Refund, RefundPart
from payments.domain.return_files import ReturnFile, ReturnItem
from payments.domain.returns import PaymentReturn
from payments.domain.settlements import Share
from services.payments.tests.builders import START, Row, Staff, World, lockbox_file, refund
from services.payments.tests.nacha import Entry, return_file


def as_said(world: World) -> list[Received]:
    """Return what was said of payments, returns and refunds, as it stands on its topic."""
    return [
        Received(
            event_id=str(number), household=each.household, occurred_at=world.now, fact=each, partition=0
        )
        for number, each in enumerate(
            [
                *world.said(PaymentReceived),
                *world.said(PaymentReturned),
                *world.said(RefundWithdrawn),
                *world.said(PaymentRefunded),
            ]
        )
    ]


@pytest.mark.parametrize("state", ["stored", "set-aside"])
async def test_PAY_1_a_file_that_was_stored_by_then_and_not_read_is_read_again_as_it_was(state: str) -> None:
    content = lockbox_file(Row())
    before = await World(start=START.replace(day=4)).opened()
    await before.heard_of("june")
    before.drop(Row())
    await before.settle_down()
    (paid,) = before.rows(Payment)

    restored = await World(start=before.now).opened()
    restored.lockbox.content = dict(before.lockbox.content)
    await restored.heard_of("june")
    async with restored.uows.begin(now=restored.now) as uow:
        file = await store_lockbox_file(uow, name="today.csv", content=content)
    if state == "set-aside":
        async with restored.uows.begin(
            now=restored.now, households=[LOCKBOX_FILES.lock_of(file.file)]
        ) as uow:
            await LOCKBOX_FILES.put_off(uow, file.file, because="a bug that is mended")
            await set_aside(uow, LockboxFile, file.file)
    for _ in range(2):
        taking_in = restored.service.taking_in
        assert taking_in is not None
        await taking_in.before(restored.uows, as_said(before), restored.now)
    await restored.settle_down()
    assert restored.rows(Payment) == [paid]
    assert [each.state for each in restored.rows(LockboxFile)] == ["loaded"]
    assert restored.rows(Retry) == []
    assert (await restored.books()).balanced


async def test_PAY_5_a_return_that_was_said_is_taken_in_again_once() -> None:
    before = await World(start=START.replace(day=4)).opened()
    await before.heard_of("june")
    payment = await before.pay(method="check")
    await before.give_back(payment, kind="closed-account")

    restored = await World(start=before.now).opened()
    await restored.heard_of("june")
    for _ in range(2):
        taking_in = restored.service.taking_in
        assert taking_in is not None
        await taking_in.before(restored.uows, as_said(before), restored.now)
    (again,) = restored.rows(Payment)
    assert (again.status, again.returned_on, again.unapplied_cents) == (
        "returned",
        START.date().replace(day=4),
        0,
    )
    assert [(each.kind, each.cents) for each in restored.rows(PaymentReturn)] == [("closed-account", 50_000)]
    assert restored.said(PaymentReturned) == []
    assert (await restored.books()).balanced


@pytest.mark.parametrize("returned", [False, True])
async def test_PAY_5_a_debit_that_was_taken_and_failed_since_is_taken_in_again_as_online_money_and_shown(
    returned: bool,
) -> None:
    before = await World(start=START.replace(day=4)).opened()
    await before.heard_of("june")
    payment = await before.pay_online(method="bank")
    if returned:
        await before.give_back(payment, kind="nsf")

    restored = await World(start=before.now).opened()
    await restored.heard_of("june")

    async def failed(*, reference: str) -> Charge:
        assert reference == payment.payment
        return Charge(charge="ch_1", status="failed", decline="insufficient-funds")

    restored.processor.find = failed
    for _ in range(2):
        taking_in = restored.service.taking_in
        assert taking_in is not None
        await taking_in.before(restored.uows, as_said(before), restored.now)
    (again,) = restored.rows(Payment)
    assert (again.source, again.reference, again.returned_on is not None) == ("online", "ch_1", returned)
    assert [each.state for each in restored.rows(Attempt)] == ["captured"]
    assert [
        (each.about, each.household, each.state, each.reason) for each in restored.rows(ProcessorEvent)
    ] == ([] if returned else [("dispute", "june", "open", "charge-failed")])
    assert (await restored.books()).balanced


async def test_PAY_5_what_a_return_file_says_that_was_loaded_after_the_backup_is_known_again() -> None:
    before = await World(start=START.replace(day=4)).opened()
    await before.heard_of("june")
    payment = await before.pay_online()
    created = before.now.strftime("%y%m%d")
    nobodys = Entry(identification="ZZZZZZZZZZZZZZZ")
    assert payment.identification is not None
    before.returns.content["1.ach"] = return_file(
        Entry(identification=payment.identification), nobodys, created=created
    )
    before.returns.content["2.ach"] = return_file(created=created)[:200]
    await before.settle_down()
    assert sorted(before.returns.content) == ["loaded/1.ach", "refused/2.ach"]

    restored = await World(start=before.now).opened()
    await restored.heard_of("june")
    restored.processor, restored.returns = before.processor, before.returns
    restored.restart()
    for _ in range(2):
        taking_in = restored.service.taking_in
        assert taking_in is not None
        await taking_in.before(restored.uows, as_said(before), restored.now)
    assert {each.name: each.state for each in restored.rows(ReturnFile)} == {
        "1.ach": "loaded",
        "2.ach": "refused",
    }
    assert [
        (each.state, each.reason) for each in sorted(restored.rows(ReturnItem), key=lambda each: each.line)
    ] == [
        ("confirmed", None),  # by whom it was recorded is said by no event
        ("open", "unknown-payment"),
    ]
    assert [each.payment for each in restored.rows(PaymentReturn)] == [payment.payment]
    assert restored.said(PaymentReturned) == []
    assert (await restored.books()).balanced


async def test_PAY_5_a_refund_that_fell_with_its_payment_is_taken_in_again_and_the_rest_of_it_was_paid() -> (
    None
):
    before = await World(start=START.replace(day=4)).opened()
    await before.heard_of("june")
    returned, kept = await before.pay(method="check"), await before.pay()
    await before.give_back(returned)
    asked = replace(
        refund(kept, cents=30_000),
        taken_from=(
            Share(payment=returned.payment, cents=20_000),
            Share(payment=kept.payment, cents=10_000),
        ),
    )
    await before.hear(asked)
    await before.settle_down()

    restored = await World(start=before.now).opened()
    await restored.heard_of("june")
    taking_in = restored.service.taking_in
    assert taking_in is not None
    await taking_in.before(restored.uows, as_said(before), restored.now)
    await restored.hear(asked)
    for _ in range(2):
        await taking_in.after(restored.uows, as_said(before), restored.now)
    await restored.settle_down()
    assert restored.rows(Refund) == before.rows(Refund)
    assert restored.rows(RefundPart) == before.rows(RefundPart)
    assert [each.unapplied_cents for each in restored.rows(Payment)] == [0, 40_000]
    assert restored.said(RefundWithdrawn) == []
    assert (await restored.books()).places == (await before.books()).places


async def test_PAY_8_payments_are_in_the_order_they_were_told_whatever_they_were_taken_in_again_by() -> None:
    """A moved payment is taken in after all others, though it was told before the last."""
    before = await World(start=START.replace(day=4)).opened()
    await before.heard_of("june", "avery")
    theirs = await before.pay("avery", cents=20_000)
    first = await before.pay(cents=10_000)
    await Staff(before).move(theirs, ("june", 20_000))
    last = await before.pay(cents=3_000)
    told = sorted((each.number, each.payment) for each in before.rows(Payment) if each.household == "june")
    assert (told[0][1], told[2][1]) == (first.payment, last.payment)

    restored = await World(start=before.now).opened()
    await restored.heard_of("june", "avery")
    said = [
        Received(
            event_id=str(number), household=each.household, occurred_at=before.now, fact=each, partition=0
        )
        for number, each in enumerate([*before.said(PaymentReceived), *before.said(PaymentMoved)])
    ]
    for _ in range(2):
        taking_in = restored.service.taking_in
        assert taking_in is not None
        await taking_in.before(restored.uows, said, restored.now)
    again = [(each.number, each.payment) for each in restored.rows(Payment) if each.household == "june"]
    assert sorted(again) == told
    restored.drop(Row(reference="2001"))
    await restored.settle_down()
    (latest,) = [each for each in restored.rows(Payment) if each.reference == "2001"]
    assert latest.number == 4
