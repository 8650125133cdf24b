"""What a return file said before its payment was known is looked at again when the payment comes (PAY-3, PAY-5)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.personal import Masked
from payments.application.ports import Charge
from payments.application.take_online_payment import OnlineOrder, UnderWay, record_online_payment
from payments.domain.events import PaymentReturned
from payments.domain.identification import identification_of
from payments.domain.payments import Payment
from payments.domain.return_files import ReturnItem, assigned
from payments.domain.returns import PaymentReturn
from services.payments.tests.builders import PARAMETERS, World, charge_online
from services.payments.tests.nacha import Entry, return_file
from services.payments.tests.unit.test_return_loading import a_world, dropped, items, of


async def charged(world: World, payment: str = "online-x", *, cents: int = 500_00) -> Charge:
    """Let the processor take money of which nothing is recorded yet: the process that asked it is dead."""
    order = OnlineOrder(
        payment=payment,
        fingerprint="asked",
        household="june",
        amount_cents=cents,
        method="bank",
        token=Masked("tok_bank_ok"),
        at_selection=False,
    )
    charge = await charge_online(
        world.uows, order, processor=world.processor, under_way=UnderWay(), now=world.now
    )
    assert charge is not None
    return charge


async def recorded(world: World, charge: Charge, payment: str = "online-x") -> Payment:
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        return await record_online_payment(uow, payment, charge=charge, parameters=PARAMETERS)


def entry(payment: str = "online-x", **more: str | int) -> Entry:
    return Entry(**{"identification": identification_of(payment), **more})  # pyright: ignore[reportArgumentType]


async def read(world: World, content: bytes, *, name: str = "RETURNS.ach") -> None:
    """Let a file be read, and nothing else happen: the processor does not answer meanwhile."""
    world.returns.content[name] = content
    while await world.pollers["return-files"].turn(world.now):
        pass


@pytest.mark.parametrize("file_first", [True, False])
async def test_PAY_5_a_return_is_its_payments_whichever_of_both_is_known_first_and_once(
    file_first: bool,
) -> None:
    world = await a_world()
    charge = await charged(world)
    world.set("2016-01-06T10:00")
    if not file_first:
        await recorded(world, charge)
    await read(world, return_file(entry(), settled="006"))
    if file_first:
        assert items(world) == [("R01", "open", "unknown-payment")]
        await recorded(world, charge)
    await world.settle_down()
    await world.settle_down()
    assert items(world) == [("R01", "recorded", None)]
    assert world.said(PaymentReturned) == [
        PaymentReturned(
            household="june",
            payment="online-x",
            cents=500_00,
            kind="nsf",
            returned_on=date(2016, 1, 6),
            method="bank",
            received_on=date(2016, 1, 4),
        )
    ]
    [returned] = world.rows(PaymentReturn)
    assert returned.recorded_by.startswith("return-file:")
    assert (await world.books()).balanced


async def test_PAY_5_an_attempt_that_is_resolved_after_its_return_went_back_by_it() -> None:
    world = await a_world()
    await charged(world)
    await read(world, return_file(entry(code="R02"), created="160104", settled="005"))
    assert items(world) == [("R02", "open", "unknown-payment")]
    world.set("2016-01-06T10:00")
    await world.settle_down()  # the processor is asked after the attempt
    assert items(world) == [("R02", "recorded", None)]
    assert [(each.payment, each.kind, each.returned_on) for each in world.said(PaymentReturned)] == [
        ("online-x", "closed-account", date(2016, 1, 5))
    ]


async def test_PAY_5_a_payment_that_is_dated_later_than_its_return_went_back_on_the_day_it_was_received() -> (
    None
):
    world = await a_world()
    await read(world, return_file(entry(), created="160104", settled="004"))
    world.set("2016-01-07T10:00")
    await recorded(world, await charged(world))
    await world.settle_down()
    assert items(world) == [("R01", "recorded", None)]
    [returned] = world.said(PaymentReturned)
    assert (returned.received_on, returned.returned_on) == (date(2016, 1, 7), date(2016, 1, 7))


@pytest.mark.parametrize(("cents", "reason"), [(499_99, "wrong-amount"), (500_00, "returned-before")])
async def test_PAY_3_what_is_not_clear_when_its_payment_comes_waits_for_that_reason(
    cents: int, reason: str
) -> None:
    world = await a_world()
    charge = await charged(world)
    twice = (entry(cents=cents, trace="091000017611243"), entry())
    await read(world, return_file(*twice, created="160104"))
    assert items(world) == [("R01", "open", "unknown-payment")] * 2
    await recorded(world, charge)
    await world.settle_down()
    found = sorted(world.rows(ReturnItem), key=lambda each: each.state)
    assert [(each.state, each.reason, each.payment) for each in found] == [
        ("open", reason, "online-x"),
        ("recorded", None, "online-x"),
    ]
    assert len(world.said(PaymentReturned)) == 1


@pytest.mark.parametrize(
    ("code", "reason"), [("C01", "not-drawn-from"), ("R67", "disputed"), ("R99", "unknown-code")]
)
async def test_PAY_5_what_is_no_return_names_its_payment_too_when_that_comes(code: str, reason: str) -> None:
    world = await a_world()
    charge = await charged(world)
    await read(world, return_file(entry(code=code), created="160104"))
    await recorded(world, charge)
    await world.settle_down()
    [item] = world.rows(ReturnItem)
    assert (item.state, item.reason, item.payment, item.household) == ("open", reason, "online-x", "june")
    assert world.said(PaymentReturned) == []


async def test_PAY_5_what_a_person_decided_before_its_payment_came_stays_decided() -> None:
    world = await a_world()
    other = await world.pay_online()
    charge = await charged(world)
    await read(world, return_file(entry(), created="160104"))
    [item] = world.rows(ReturnItem)
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        decided = assigned(item, other, note=None, now=uow.now, by="ops")
        await uow.records(ReturnItem).put([decided])
    await recorded(world, charge)
    await world.settle_down()
    assert world.rows(ReturnItem) == [decided]
    assert world.said(PaymentReturned) == []


async def test_PAY_3_a_crash_at_any_step_of_finding_an_items_payment_loses_and_doubles_nothing() -> None:
    calm = await a_world()
    charge = await charged(calm)
    await read(calm, return_file(entry(), created="160104"))
    await recorded(calm, charge)
    for step in range(1_000):
        world = calm.copied()
        went_on = not await world.crash_at(step)
        await world.settle_down()
        assert [each.payment for each in world.said(PaymentReturned)] == ["online-x"]
        assert items(world) == [("R01", "recorded", None)]
        assert (await world.books()).balanced
        if went_on:
            assert step > 5
            return
    raise AssertionError("it never goes on without a crash")


async def test_nothing_is_done_about_an_item_whose_payment_nobody_knows() -> None:
    world = await a_world()
    await dropped(world, return_file(entry(), of(await world.pay_online()), created="160104"))
    poller = world.pollers["return-items"]
    assert (await poller.pending(world.now), await poller.turn(world.now)) == (0, 0)
