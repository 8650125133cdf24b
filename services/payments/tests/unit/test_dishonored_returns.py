"""A return that our bank dishonors, and the other contests: money comes again and goes once more (PAY-5, INV-14)."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from bulkhead.kernel.calendar import local
from payments.domain.events import PaymentReceived, PaymentReturned
from payments.domain.payments import Payment
from payments.domain.return_files import ReturnItem, came_again_as
from payments.domain.returns import PaymentReturn
from services.payments.tests.builders import Staff, World
from services.payments.tests.nacha import Entry, return_file
from services.payments.tests.unit.test_return_items import read
from services.payments.tests.unit.test_return_loading import NOBODYS, a_world, dropped, of

RETURN, DISHONORED, CONTESTED = ("R01", "160106", "006"), ("R68", "160108", "008"), ("R73", "160112", "012")
"""Code, day the file was made, day of the year its money moves."""


def said(payment: Payment, what: tuple[str, str, str], **more: str | int) -> bytes:
    code, created, settled = what
    return return_file(of(payment, code=code, **more), created=created, settled=settled)


def found(world: World) -> list[tuple[str | None, str, str | None]]:
    """Return code, state and reason of each item, in the order of their codes."""
    items = sorted(world.rows(ReturnItem), key=lambda each: (each.code or "", each.trace))
    return [(each.code, each.state, each.reason) for each in items]


async def returned(world: World, *, on: str = "2016-01-13T10:00") -> Payment:
    """Pay by bank on Monday the 4th, let that go back on the 6th, and show a later day."""
    payment = await world.pay_online(cents=123_45)
    world.set(on)
    await dropped(world, said(payment, RETURN), name="1.ach")
    return payment


async def test_PAY_5_what_comes_again_is_a_payment_of_its_own_that_is_on_time_as_the_first_was() -> None:
    world = await a_world()
    payment = await returned(world, on="2016-01-08T09:00")
    await dropped(world, said(payment, DISHONORED), name="2.ach")
    assert found(world) == [("R01", "recorded", None), ("R68", "came-again", None)]
    again = world.said(PaymentReceived)[-1]
    assert again == PaymentReceived(
        household="june",
        payment=came_again_as(payment),
        cents=123_45,
        method="bank",
        received_on=date(2016, 1, 8),
        postmarked_on=date(2016, 1, 4),
        known_at=world.now,
        at_selection=False,
        selection=None,
        invoice=None,
        moved_from=None,
        correction=None,
    )
    [kept] = [each for each in world.rows(Payment) if each.payment == again.payment]
    assert (kept.source, kept.reference, kept.identification) == (
        "return-file",
        "R68-091000017611242",
        None,
    )
    [item] = [each for each in world.rows(ReturnItem) if each.code == "R68"]
    assert (kept.origin, item.payment, item.household) == (item.item, again.payment, "june")
    report = await world.books()
    assert report.balanced
    assert (report.taken.received_cents, report.places.returned_cents) == (246_90, 123_45)


async def test_INV_14_what_came_again_goes_once_more_where_that_is_contested() -> None:
    world = await a_world()
    payment = await returned(world)
    await dropped(world, said(payment, DISHONORED), name="2.ach")
    await dropped(world, said(payment, CONTESTED), name="3.ach")
    assert found(world) == [
        ("R01", "recorded", None),
        ("R68", "came-again", None),
        ("R73", "recorded", None),
    ]
    assert [(each.payment, each.kind, each.returned_on) for each in world.said(PaymentReturned)] == [
        (payment.payment, "nsf", date(2016, 1, 6)),
        (came_again_as(payment), "other", date(2016, 1, 12)),
    ]
    report = await world.books()
    assert report.balanced
    assert (report.taken.received_cents, report.places.returned_cents) == (246_90, 246_90)


@pytest.mark.parametrize(
    "order",
    [
        (RETURN, DISHONORED, CONTESTED),
        (DISHONORED, RETURN, CONTESTED),
        (CONTESTED, DISHONORED, RETURN),
        (CONTESTED, RETURN, DISHONORED),
    ],
)
async def test_PAY_5_the_order_in_which_files_are_read_does_not_decide(
    order: tuple[tuple[str, str, str], ...],
) -> None:
    world = await a_world()
    payment = await world.pay_online(cents=123_45)
    world.set("2016-01-13T10:00")
    for number, what in enumerate(order):
        await read(world, said(payment, what), name=f"{number}.ach")
        await world.settle_down()
    assert {(each.code, each.state) for each in world.rows(ReturnItem)} == {
        ("R01", "recorded"),
        ("R68", "came-again"),
        ("R73", "recorded"),
    }
    assert [each.payment for each in world.said(PaymentReturned)] == [payment.payment, came_again_as(payment)]
    assert [each.payment for each in world.said(PaymentReceived)] == [payment.payment, came_again_as(payment)]
    assert (await world.books()).balanced


@pytest.mark.parametrize("code", ["R62", "R67", "R75", "R77"])
async def test_PAY_3_what_does_not_say_which_of_two_it_is_about_waits_for_a_person(code: str) -> None:
    world = await a_world()
    payment = await returned(world)
    await dropped(world, said(payment, (code, "160108", "008")), name="2.ach")
    assert found(world) == [("R01", "recorded", None), (code, "open", "disputed")]
    assert (len(world.rows(Payment)), len(world.rows(PaymentReturn))) == (1, 1)


@pytest.mark.parametrize("code", ["R68", "R73"])
async def test_PAY_3_a_dispute_about_no_return_that_is_known_waits_for_a_person(code: str) -> None:
    world = await a_world()
    payment = await world.pay_online()
    world.set("2016-01-13T10:00")
    await dropped(world, said(payment, (code, "160108", "008")))
    assert found(world) == [(code, "open", "disputed")]
    assert (len(world.rows(Payment)), len(world.rows(PaymentReturn))) == (1, 0)


@pytest.mark.parametrize(
    ("more", "settled"),
    [({"cents": 123_44}, "008"), ({"transaction": "21"}, "008"), ({}, "005"), ({}, "021")],
)
async def test_PAY_3_a_dispute_of_another_amount_direction_or_day_waits_for_a_person(
    more: dict[str, str | int], settled: str
) -> None:
    world = await a_world()
    payment = await returned(world)
    await dropped(world, said(payment, ("R68", "160108", settled), **more), name="2.ach")
    assert found(world)[1] == ("R68", "open", "disputed")
    assert len(world.rows(Payment)) == 1


async def test_PAY_3_money_comes_again_once_and_what_was_moved_waits_for_a_person() -> None:
    world = await a_world()
    payment = await returned(world)
    await dropped(world, said(payment, DISHONORED), name="2.ach")
    await dropped(world, said(payment, DISHONORED, trace="091000017611243"), name="3.ach")
    assert [state for _, state, _ in found(world)].count("came-again") == 1
    [again] = [each for each in world.rows(Payment) if each.payment == came_again_as(payment)]
    await Staff(world).move(again, ("avery", 1))
    await dropped(world, said(payment, CONTESTED), name="4.ach")
    assert ("R73", "open", "disputed") in found(world)
    assert len(world.rows(PaymentReturn)) == 1
    assert (await world.books()).balanced


async def test_PAY_5_a_dispute_that_names_nobody_waits_for_a_person() -> None:
    world = await a_world()
    world.set("2016-01-13T10:00")
    await dropped(world, return_file(Entry(identification=NOBODYS, code="R68"), created="160108"))
    assert found(world) == [("R68", "open", "disputed")]
    assert await world.pollers["return-items"].pending(world.now) == 0


async def test_PAY_3_a_crash_at_any_step_of_a_dispute_loses_and_doubles_nothing() -> None:
    calm = await a_world()
    payment = await calm.pay_online()
    await calm.advance("2016-01-13T10:00")
    for step in range(1_000):
        world = calm.copied()
        for number, what in enumerate((DISHONORED, RETURN, CONTESTED)):
            await read(world, said(payment, what), name=f"{number}.ach")
        went_on = not await world.crash_at(step)
        await world.settle_down()
        assert [each.payment for each in world.said(PaymentReturned)] == [
            payment.payment,
            came_again_as(payment),
        ]
        assert len(world.rows(Payment)) == 2
        assert (await world.books()).balanced
        if went_on:
            assert step > 5
            return
    raise AssertionError("it never goes on without a crash")


async def test_PAY_4_what_came_again_clears_as_all_money_does() -> None:
    world = await a_world()
    payment = await returned(world, on="2016-01-08T09:00")
    await dropped(world, said(payment, DISHONORED), name="2.ach")
    await world.advance("2016-01-13T09:00")
    [again] = [each for each in world.rows(Payment) if each.payment == came_again_as(payment)]
    assert (again.clears_on, again.cleared_on) == (date(2016, 1, 12), date(2016, 1, 12))
    assert isinstance(again.known_at, datetime)
    assert again.known_at == local(date(2016, 1, 8), 9)
