"""Money in suspense: why it is there, and what a person decides about it (PAY-3, INV-5)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bulkhead.kernel.errors import InvalidValue, NotFound
from payments.application.decide_suspense import assign_suspense, dismiss_suspense, lock_of
from payments.domain.events import BooksClosed, PaymentReceived
from payments.domain.payments import Payment
from payments.domain.suspense import AlreadyDecided, Assignment, NoDouble, SuspenseItem
from services.payments.tests.builders import PARAMETERS, Row, World, at

THURSDAY = at("2015-12-03T15:00")


async def load(world: World, *rows: Row, sequence: int = 1, deposited: str = "2015-12-03") -> None:
    world.drop(*rows, name=f"{deposited}-{sequence}.csv", deposited=deposited, sequence=sequence)
    await world.pollers["lockbox"].turn(world.now)


async def begin(*known: str) -> World:
    world = await World(start=THURSDAY).opened()
    await world.heard_of(*known)
    return world


async def assign(world: World, item: str, household: str, **about: Any) -> SuspenseItem:
    async with world.uows.begin(now=world.now, households=[household, lock_of(item)]) as uow:
        to = Assignment(household=household, **about)
        return await assign_suspense(uow, item, to, operator="ops", parameters=PARAMETERS)


async def dismiss(world: World, item: str) -> SuspenseItem:
    async with world.uows.begin(now=world.now, households=[lock_of(item)]) as uow:
        return await dismiss_suspense(uow, item, operator="ops")


def waiting(world: World) -> list[tuple[int, str, str | None]]:
    return [
        (item.amount_cents, item.reason, item.account)
        for item in world.rows(SuspenseItem)
        if item.state == "open"
    ]


async def test_PAY_3_an_operator_finds_out_whose_money_it_is() -> None:
    world = await begin("june")
    await load(world, Row(account="", postmarked="2015-11-30"))
    [item] = world.rows(SuspenseItem)
    assert waiting(world) == [(50_000, "unknown-account", None)]
    world.set("2015-12-20T09:00")
    await assign(world, item.item, "june")
    [payment] = world.rows(Payment)
    assert (payment.household, payment.reference, payment.known_at) == ("june", "1001", world.now)
    assert (payment.received_on, payment.postmarked_on) == (date(2015, 12, 3), date(2015, 11, 30))
    for household in ("june", "avery"):
        with pytest.raises(AlreadyDecided):
            await assign(world, item.item, household)
    with pytest.raises(NotFound):
        await assign(world, "none", "june")
    assert len(world.said(PaymentReceived)) == 1


async def test_PAY_3_a_date_that_cannot_be_read_is_not_kept_and_never_on_time() -> None:
    world = await begin("june")
    await load(world, Row(received="2015-W49-4"))
    [item] = world.rows(SuspenseItem)
    assert (item.reason, item.account, item.received_on) == ("unreadable", "june", None)
    assert item.problems == (
        "received must be a date such as 2016-01-04, from 2000-01-01 to the deposit date",
    )
    assert item.held_since == date(2015, 12, 3)
    world.set("2015-12-20T09:00")
    await assign(world, item.item, "june")
    assert [payment.received_on for payment in world.rows(Payment)] == [date(2015, 12, 20)]
    assert (await world.books()).balanced


async def test_PAY_3_a_person_may_read_the_date_on_the_check() -> None:
    world = await begin("june")
    await load(world, Row(received="2015-W49-4"))
    [item] = world.rows(SuspenseItem)
    for field in ("received_on", "postmarked_on"):
        for wrong in (date(2015, 12, 4), date(1999, 12, 31)):
            with pytest.raises(InvalidValue) as refused:
                await assign(world, item.item, "june", **{field: wrong})
            assert refused.value.field == f"/{field}"
    await assign(world, item.item, "june", received_on=date(2015, 12, 2), postmarked_on=date(2015, 11, 30))
    [event] = world.said(PaymentReceived)
    assert (event.received_on, event.postmarked_on) == (date(2015, 12, 2), date(2015, 11, 30))


async def test_PAY_3_what_a_person_reads_is_not_posted_after_it_came_and_a_records_own_dates_stand() -> None:
    world = await begin("june")
    await load(
        world,
        Row(account="", received="2015-12-01"),
        Row(account="", received="2015-12-01", postmarked="2015-12-02", reference="contradicts itself"),
    )
    item, other = sorted(world.rows(SuspenseItem), key=lambda each: each.postmarked_on is not None)
    with pytest.raises(InvalidValue) as refused:
        await assign(world, item.item, "june", postmarked_on=date(2015, 12, 2))
    assert (refused.value.field, refused.value.reasons[0].rule) == ("/postmarked_on", "PAY-3")
    assert world.rows(Payment) == []
    await assign(world, other.item, "june")
    [payment] = world.rows(Payment)
    assert (payment.received_on, payment.postmarked_on) == (date(2015, 12, 1), date(2015, 12, 2))


async def test_PAY_3_a_date_that_can_be_read_is_nobodys_to_change() -> None:
    world = await begin("june")
    await load(world, Row(account="", postmarked="2015-11-30"))
    [item] = world.rows(SuspenseItem)
    for field in ("received_on", "postmarked_on"):
        with pytest.raises(InvalidValue) as refused:
            await assign(world, item.item, "june", **{field: date(2015, 12, 1)})
        assert (refused.value.field, refused.value.reasons[0].rule) == (f"/{field}", "PAY-3")
    assert (world.rows(Payment), waiting(world)) == ([], [(50_000, "unknown-account", None)])


async def test_INV_5_what_a_row_names_survives_suspense_and_assignment_and_a_person_may_name_another() -> (
    None
):
    world = await begin("june")
    rows = [Row(account="", reference=str(number), names="selection:sel-1") for number in range(3)]
    await load(world, *rows)
    first, second, third = world.rows(SuspenseItem)
    await assign(world, first.item, "june")
    await assign(world, second.item, "june", invoice="inv-1")
    with pytest.raises(InvalidValue):
        await assign(world, third.item, "june", selection="sel-1", invoice="inv-1")
    told = [(event.selection, event.invoice) for event in world.said(PaymentReceived)]
    assert told == [("sel-1", None), (None, "inv-1")]


async def test_INV_5_what_a_row_names_is_told_at_once_when_its_account_is_known_or_heard_of() -> None:
    world = await begin("june")
    await load(world, Row(names="invoice:inv-1"), Row(account="kim", names="selection:sel-1"))
    await world.heard_of("kim")
    told = [(event.household, event.selection, event.invoice) for event in world.said(PaymentReceived)]
    assert told == [("june", None, "inv-1"), ("kim", "sel-1", None)]


async def test_PAY_3_what_else_is_in_doubt_waits_for_a_person_when_its_account_is_heard_of() -> None:
    world = await begin()
    await load(world, Row(received="soon"), Row(reference="1002"))
    await load(world, Row(reference="1002"), sequence=2)
    await world.heard_of("june")
    assert [payment.reference for payment in world.rows(Payment)] == ["1002"]
    assert sorted(waiting(world)) == [
        (50_000, "possible-double", "june"),
        (50_000, "unreadable", "june"),
    ]


DOUBLES = {
    "the same": Row(),
    "received on another day": Row(received="2015-12-02"),
    "with a postmark": Row(postmarked="2015-11-30"),
    "called a money order": Row(instrument="money-order"),
    "for another selection": Row(names="selection:sel-2"),
    "received on no day": Row(received="soon"),
}


@pytest.mark.parametrize("double", DOUBLES)
async def test_PAY_3_the_same_instrument_in_another_file_waits_as_a_possible_double(double: str) -> None:
    world = await begin("june")
    await load(world, Row())
    await load(world, DOUBLES[double], sequence=2)
    assert [payment.amount_cents for payment in world.rows(Payment)] == [50_000]
    assert waiting(world) == [(50_000, "possible-double", "june")]
    assert (
        world.rows(SuspenseItem)[0].problems[-1] == "the same account, number and amount came in another file"
    )
    assert (await world.books()).balanced


OTHERS = {
    "another account": Row(account="kim"),
    "another number": Row(reference="1002"),
    "another amount": Row(amount="500.01"),
}


@pytest.mark.parametrize("other", OTHERS)
async def test_PAY_3_another_account_number_or_amount_is_another_instrument(other: str) -> None:
    world = await begin("june", "kim")
    await load(world, Row())
    await load(world, OTHERS[other], sequence=2)
    assert (len(world.rows(Payment)), waiting(world)) == (2, [])


async def test_PAY_3_without_a_number_nothing_is_known_again_and_one_file_may_hold_two() -> None:
    world = await begin("june")
    await load(world, Row(reference=""), Row(), Row())
    await load(world, Row(reference=""), sequence=2)
    assert (len(world.rows(Payment)), waiting(world)) == (4, [])


async def test_PAY_3_a_check_that_waited_or_was_assigned_elsewhere_is_known_again_too() -> None:
    world = await begin("june")
    await load(world, Row(account="stranger"), Row(account="", reference="1002"))
    for item in world.rows(SuspenseItem):
        await assign(world, item.item, "june")
    await load(world, Row(account="stranger"), Row(reference="1002"), sequence=2)
    assert sorted(waiting(world)) == [
        (50_000, "possible-double", "june"),
        (50_000, "possible-double", "stranger"),
    ]


async def test_PAY_3_a_person_finds_a_possible_double_to_be_one_and_it_is_no_money() -> None:
    world = await begin("june")
    await load(world, Row())
    await load(world, Row(), sequence=2)
    assert (await world.books()).taken.received_cents == 100_000
    [item] = world.rows(SuspenseItem)
    dismissed = await dismiss(world, item.item)
    assert (dismissed.state, dismissed.decided_by, dismissed.decided_at) == ("dismissed", "ops", world.now)
    report = await world.books()
    assert (report.taken.received_cents, report.places.suspense_cents) == (50_000, 0)
    assert report.balanced
    for decide in (dismiss(world, item.item), assign(world, item.item, "june")):
        with pytest.raises(AlreadyDecided):
            await decide
    assert len(world.said(PaymentReceived)) == 1


async def test_PAY_3_or_to_be_none_and_it_is_the_households() -> None:
    world = await begin("june")
    await load(world, Row())
    await load(world, Row(), sequence=2)
    [item] = world.rows(SuspenseItem)
    await assign(world, item.item, "june")
    assert [payment.amount_cents for payment in world.rows(Payment)] == [50_000, 50_000]
    assert (await world.books()).balanced


async def test_PAY_3_money_is_not_assigned_to_a_household_nobody_has_heard_of() -> None:
    world = await begin("june")
    await load(world, Row(account="jnue"))
    [item] = world.rows(SuspenseItem)
    with pytest.raises(InvalidValue) as refused:
        await assign(world, item.item, "jnue")
    assert (refused.value.field, refused.value.reasons[0].rule) == ("/household", "PAY-3")
    assert world.rows(Payment) == []
    assert (await assign(world, item.item, "june")).household == "june"


async def test_PAY_3_no_other_money_can_be_found_to_be_none() -> None:
    world = await begin("june")
    await load(world, Row(account=""), Row(received="soon"))
    for item in world.rows(SuspenseItem):
        with pytest.raises(NoDouble) as refused:
            await dismiss(world, item.item)
        assert refused.value.reasons[0].rule == "PAY-3"
    assert len(waiting(world)) == 2


async def closed_after(world: World) -> bool:
    await world.advance("2015-12-04T12:00")
    return date(2015, 12, 3) in [event.through for event in world.said(BooksClosed)]


@pytest.mark.parametrize(
    ("row", "received"),
    [
        (Row(postmarked="2015-11-31"), date(2015, 12, 3)),
        (Row(received="2015-W49-4", postmarked="2015-11-30"), None),  # its postmark may be on time
    ],
)
async def test_PAY_10_unread_money_of_a_known_account_keeps_the_books_open_until_a_person_decides(
    row: Row, received: date | None
) -> None:
    world = await begin("june")
    await load(world, row)
    [item] = world.rows(SuspenseItem)
    assert item.received_on == received
    assert not await closed_after(world)
    assert world.runner.waiting() == ["close-books"]
    await assign(world, item.item, "june")
    assert await closed_after(world)


@pytest.mark.parametrize(
    "row",
    [
        Row(account="stranger", postmarked="2015-11-31"),  # nobody is known whom it could help
        Row(account="nobody at all"),
        Row(received="2015-W49-4"),  # no date that can be read: never "on time"
        Row(account=""),
    ],
)
async def test_PAY_10_other_money_in_suspense_does_not(row: Row) -> None:
    world = await begin("june")
    await load(world, row)
    assert len(waiting(world)) == 1
    assert await closed_after(world)


async def test_PAY_10_nor_does_a_possible_double() -> None:
    world = await begin("june")
    await load(world, Row())
    await load(world, Row(), sequence=2)
    assert len(waiting(world)) == 1
    assert await closed_after(world)
