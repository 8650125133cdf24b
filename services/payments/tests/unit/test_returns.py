"""Money that goes back, before and after it was passed on (PAY-5, PAY-7)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.errors import Impossible, InvalidValue, NotFound
from payments.application.ports import ProcessorSilent, RefundImpossible
from payments.domain.events import (
    PaymentCleared,
    PaymentRefunded,
    PaymentReturned,
    RefundWithdrawn,
    RemittanceIssued,
)
from payments.domain.payments import Payment
from payments.domain.refunds import Refund, RefundPart
from payments.domain.returns import AlreadyReturned, PaymentReturn
from payments.domain.settlements import Settlement
from services.payments.tests.builders import World, at, refund, settled, unsettled
from services.payments.tests.unit.test_money_facts import paid_online


async def a_world() -> World:
    world = await World(start=at("2016-01-04T10:00")).opened()  # a Monday
    await world.heard_of("june")
    return world


async def test_PAY_5_a_return_is_told_with_its_day_and_the_payment_says_so() -> None:
    world = await a_world()
    payment = await world.pay(method="check")
    world.set("2016-01-05T10:00")
    returned = await world.give_back(payment, kind="closed-account")
    assert (returned.status, returned.returned_on) == ("returned", date(2016, 1, 5))
    assert world.said(PaymentReturned) == [
        PaymentReturned(
            household="june",
            payment=payment.payment,
            cents=50_000,
            kind="closed-account",
            returned_on=date(2016, 1, 5),
            method="check",
            received_on=date(2016, 1, 4),
        )
    ]
    report = await world.books()
    assert report.balanced
    assert (report.places.returned_cents, report.places.not_applied_cents) == (50_000, 0)


async def test_PAY_4_what_went_back_never_clears() -> None:
    world = await a_world()
    await world.give_back(await world.pay())
    await world.advance("2016-01-20T10:00")
    assert world.said(PaymentCleared) == []
    assert [each.cleared_on for each in world.rows(Payment)] == [None]


async def test_PAY_6_returned_money_is_not_passed_on_before_invoicing_has_said_what_that_undoes() -> None:
    world = await a_world()
    payment = await world.pay()
    fact = settled(payment, on="2016-01-04")
    await world.hear(fact)
    await world.advance("2016-01-06T10:00")  # it has cleared; today carriers are paid
    await world.give_back(payment)
    await world.advance("2016-01-06T20:00")
    assert world.said(RemittanceIssued) == []
    assert (await world.books()).balanced
    await world.hear(unsettled(fact, on="2016-01-06"))
    await world.advance("2016-01-20T20:00")
    assert world.said(RemittanceIssued) == []
    report = await world.books()
    assert report.balanced
    assert (report.places.returned_cents, report.places.not_applied_cents) == (50_000, 0)


async def test_PAY_7_after_remittance_the_full_amount_is_taken_back_and_carried() -> None:
    world = await a_world()
    payment = await world.pay()
    fact = settled(payment, on="2016-01-04")
    await world.hear(fact)
    await world.advance("2016-01-06T20:00")
    await world.give_back(payment, kind="chargeback")
    await world.hear(unsettled(fact, on="2016-01-06"))
    await world.advance("2016-01-13T20:00")
    paid, taken_back = world.said(RemittanceIssued)
    assert (paid.total_cents, [line.cents for line in paid.lines]) == (50_000, [50_000])
    assert (taken_back.total_cents, taken_back.carried_cents) == (0, 50_000)
    assert [line.cents for line in taken_back.lines] == [-50_000]
    again = await world.pay()
    await world.hear(settled(again, on="2016-01-13", settlement="s2"))
    await world.advance("2016-01-20T20:00")
    last = world.said(RemittanceIssued)[-1]
    assert (last.brought_forward_cents, last.total_cents, last.carried_cents) == (50_000, 0, 0)
    assert (await world.books()).balanced


async def test_PAY_9_what_invoicing_settles_before_it_hears_of_the_return_balances_all_the_while() -> None:
    world = await a_world()
    payment = await world.pay()
    await world.give_back(payment)
    fact = settled(payment, on="2016-01-04")
    await world.hear(fact)
    report = await world.books()
    assert report.balanced
    assert (report.places.settled_waiting_cents, report.places.not_applied_cents) == (50_000, -50_000)
    await world.hear(unsettled(fact, on="2016-01-04"))
    report = await world.books()
    assert report.balanced
    assert report.places.not_applied_cents == 0
    await world.hear(fact)  # told again, it changes nothing
    assert [each.unsettled_on for each in world.rows(Settlement)] == [date(2016, 1, 4)]
    with pytest.raises(Impossible):
        await world.hear(settled(payment, on="2016-01-04", settlement="s2", cents=50_001))


async def test_PAY_9_refunded_money_that_is_returned_is_missing_until_the_household_pays_it_back() -> None:
    world = await a_world()
    payment = await world.pay()
    await world.hear(refund(payment, cents=20_000))
    await world.give_back(payment)
    report = await world.books()
    assert report.balanced
    assert (report.places.refunded_cents, report.places.returned_cents) == (20_000, 50_000)
    assert report.places.not_applied_cents == -20_000


async def test_PAY_5_a_refund_that_nobody_was_asked_for_yet_falls_with_the_payment() -> None:
    world = await a_world()
    payment, other = await paid_online(world), await world.pay(method="cash")
    world.processor.reachable = False
    await world.hear(refund(payment, cents=20_000), refund(other, cents=10_000, refund="r2"))
    await world.give_back(payment, kind="chargeback")
    world.processor.reachable = True
    await world.settle_down()
    assert world.said(RefundWithdrawn) == [
        RefundWithdrawn(
            household="avery",
            refund="r1",
            payment=payment.payment,
            cents=20_000,
            withdrawn_on=date(2016, 1, 4),
        )
    ]
    assert {each.refund: each.state for each in world.rows(Refund)} == {"r1": "withdrawn", "r2": "paid"}
    assert [each.cents for each in world.said(PaymentRefunded)] == [10_000]
    assert world.kept.refunds == {}
    report = await world.books()
    assert report.balanced
    assert (report.places.refunded_cents, report.places.not_applied_cents) == (10_000, 40_000)


@pytest.mark.parametrize("method", ["card", "cash"])
async def test_PAY_5_a_refund_that_is_heard_of_after_the_return_is_not_begun(method: str) -> None:
    world = await a_world()
    payment = await paid_online(world) if method == "card" else await world.pay(method="cash")
    await world.give_back(payment)
    await world.hear(refund(payment, cents=20_000))
    await world.settle_down()
    assert (world.said(PaymentRefunded), world.kept.refunds) == ([], {})
    assert [each.state for each in world.rows(RefundPart)] == ["withdrawn"]
    report = await world.books()
    assert report.balanced
    assert (report.places.refunded_cents, report.places.not_applied_cents) == (0, 0)


@pytest.mark.parametrize("refused", [False, True])
async def test_PAY_5_of_a_refund_that_was_asked_for_the_processor_says_what_became(refused: bool) -> None:
    world = await a_world()
    payment = await paid_online(world)
    await world.hear(refund(payment, cents=20_000))
    (part,) = world.rows(RefundPart)
    world.odd[part.reference] = ProcessorSilent("no answer")
    await world.pollers["refunds"].turn(world.now)
    await world.give_back(payment, kind="chargeback")
    world.odd.clear()
    world.odd.update({part.reference: RefundImpossible("disputed")} if refused else {})
    world.set("2016-01-05T10:00")
    await world.settle_down()
    assert [each.state for each in world.rows(RefundPart)] == ["withdrawn" if refused else "paid"]
    assert [each.cents for each in world.said(PaymentRefunded)] == ([] if refused else [20_000])
    report = await world.books()
    assert report.balanced
    assert report.places.not_applied_cents == (0 if refused else -20_000)


async def test_PAY_5_a_payment_is_returned_once_and_what_comes_again_is_another_payment() -> None:
    world = await a_world()
    payment = await world.pay()
    await world.give_back(payment)
    with pytest.raises(AlreadyReturned):
        await world.give_back(payment)
    again = await world.pay()
    await world.give_back(again)
    assert len(world.rows(PaymentReturn)) == len(world.said(PaymentReturned)) == 2
    assert (await world.books()).places.returned_cents == 100_000


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cents": 49_999}, "/amount_cents"),
        ({"on": "2016-01-03"}, "/on"),
        ({"on": "2016-01-06"}, "/on"),
    ],
)
async def test_PAY_5_a_return_that_cannot_be_is_refused_and_changes_nothing(
    change: dict[str, str | int], field: str
) -> None:
    world = await a_world()
    payment = await world.pay()
    world.set("2016-01-05T10:00")
    with pytest.raises(InvalidValue) as refused:
        await world.give_back(payment, **change)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert [reason.rule for reason in refused.value.reasons] == ["PAY-5"]
    assert world.rows(PaymentReturn) == world.said(PaymentReturned) == []
    assert world.rows(Payment) == [payment]


async def test_PAY_5_a_payment_nobody_knows_is_not_found() -> None:
    world = await a_world()
    payment = await world.pay()
    with pytest.raises(NotFound):
        await world.give_back(Payment(**{**_fields(payment), "payment": "no-such"}))


def _fields(payment: Payment) -> dict[str, object]:
    return {name: getattr(payment, name) for name in Payment.__slots__}
