"""Debits that are not sent as they were drawn: held, called off, put off, or of a database that was restored (PAY-4,
PAY-5, PAY-8).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bulkhead.kernel.personal import Masked
from bulkhead.key_ring import KeyRing
from bulkhead.retries.retries import Retry
from payments.application import correct_accounts
from payments.application.autopay import begin_autopay
from payments.application.close_bank_accounts import close_bank_account
from payments.application.debit_accounts import pay_by_account
from payments.application.find_overdue import overdue_by
from payments.application.hold_debits import decide_debit, hold_debits
from payments.application.ports import DirectDebit
from payments.application.take_online_payment import start_attempt
from payments.application.write_debit_files import make_debit_file
from payments.domain.ach_debits import (
    MODIFIERS,
    AchDebit,
    AchFile,
    AchNumbers,
    NoModifierLeft,
    next_after,
    next_modifier,
)
from payments.domain.autopay import Draw, Mandate
from payments.domain.bank_accounts import BankAccount, NoAccountsKept
from payments.domain.events import (
    AutopayBegan,
    AutopayEnded,
    PaymentCleared,
    PaymentReceived,
    PaymentReturned,
)
from payments.domain.identification import identification_of
from payments.domain.payments import Payment
from payments.domain.return_files import ReturnItem
from services.payments.tests.builders import KEYS, PARAMETERS, Staff, World, at
from services.payments.tests.debits import (
    draw_by,
    entries_of,
    files_of,
    keep,
    order_from,
    paid_by,
    pay_from,
)
from services.payments.tests.nacha import Entry, return_file
from services.payments.tests.unit.test_autopay import invoice

START = at("2016-01-04T10:00")  # a Monday


@pytest.fixture
async def world() -> World:
    return await World(start=START).opened()


async def said_by_the_bank(world: World, payment: str, *, modifier: str = "A", **entry: Any) -> None:
    """The bank says something of a payment's debit."""
    given: dict[str, Any] = {"identification": identification_of(payment), "cents": 30_000, **entry}
    content = return_file(Entry(**given), created=f"{world.now:%y%m%d}", modifier=modifier)
    world.returns.content[f"back-{modifier}.ach"] = content
    await world.settle_down()


def debits(world: World) -> dict[str, tuple[str, str | None]]:
    """Return how each debit stands, and why it was called off."""
    return {each.payment: (each.state, each.because) for each in world.rows(AchDebit)}


def asked_for(world: World) -> list[tuple[str, int]]:
    """Return what all files in the folder ask for."""
    return sorted(
        (each["id_number"], each["amount_cents"])
        for content in files_of(world).values()
        for each in entries_of(content)
    )


async def without_its_key(world: World) -> None:
    """The key that accounts were sealed by is not set any more."""
    world.keys = KeyRing({"2016-01": b"another key that seals accounts."}, owner="payments")
    world.restart()


async def decide(world: World, payment: str, decision: Any) -> AchDebit:
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        return await decide_debit(uow, payment, decision=decision)


# An account that its bank has closed.


@pytest.mark.parametrize(("code", "because"), [("R02", "account-closed"), ("R07", "declined")])
async def test_PAY_8_a_payment_of_once_that_its_bank_returns_for_good_ends_autopay_from_the_account(
    world: World, code: str, because: str
) -> None:
    account = await keep(world)
    await draw_by(world, account)
    await pay_from(world, account)
    await world.advance("2016-01-06T10:00")
    await said_by_the_bank(world, "p-1", code=code)
    assert [(each.household, each.because) for each in world.said(AutopayEnded)] == [("june", because)]
    assert [(each.state, each.ended_because) for each in world.rows(Mandate)] == [("off", because)]
    assert [each.closed_because for each in world.rows(BankAccount)] == ["returned"]


async def test_PAY_8_autopay_from_another_account_goes_on(world: World) -> None:
    await draw_by(world, await keep(world, "carol"))
    await pay_from(world, await keep(world))
    await world.advance("2016-01-06T10:00")
    await said_by_the_bank(world, "p-1", code="R02")
    assert world.said(AutopayEnded) == []


async def test_PAY_5_a_debit_that_waits_as_its_bank_closes_the_account_is_called_off_and_its_payer_is_told(
    world: World,
) -> None:
    account = await keep(world)
    await pay_from(world, account)
    await world.advance("2016-01-06T10:00")
    await pay_from(world, account, name="p-2", cents=20_000)
    await said_by_the_bank(world, "p-1", code="R02")
    assert debits(world) == {"p-1": ("sent", None), "p-2": ("called-off", "account-closed")}
    assert [(each.payment, each.cents, each.kind) for each in world.said(PaymentReturned)] == [
        ("p-1", 30_000, "closed-account"),
        ("p-2", 20_000, "closed-account"),
    ]
    await world.advance("2016-01-08T12:00")
    assert asked_for(world) == [(identification_of("p-1"), 30_000)]
    assert [each.payment for each in world.said(PaymentCleared)] == ["p-1"]  # before it went back
    assert (await world.books()).balanced


async def test_PAY_5_a_debit_that_is_called_off_takes_its_money_back_from_whoever_has_it(
    world: World,
) -> None:
    await world.heard_of("carol")
    account = await keep(world)
    first = await pay_from(world, account)
    await world.advance("2016-01-06T10:00")
    second = await pay_from(world, account, name="p-2", cents=20_000)
    await Staff(world).move(second, ("carol", 5_000))
    await said_by_the_bank(world, first.payment, code="R02")
    assert sorted((each.household, each.cents) for each in world.said(PaymentReturned)) == [
        ("carol", 5_000),
        ("june", 15_000),
        ("june", 30_000),
    ]
    assert debits(world)["p-2"] == ("called-off", "account-closed")
    assert (await world.books()).balanced


async def test_PAY_1_what_was_drawn_before_its_holder_closed_the_account_is_sent(world: World) -> None:
    account = await keep(world)
    await pay_from(world, account)
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        await close_bank_account(uow, "june", account.account)
    await world.advance("2016-01-04T17:00")
    assert asked_for(world) == [(identification_of("p-1"), 30_000)]


async def test_PAY_5_a_held_debit_of_a_closed_account_is_called_off_where_it_would_be_sent(
    world: World,
) -> None:
    account = await keep(world)
    await pay_from(world, account)
    await world.advance("2016-01-05T10:00")
    for name in ("p-2", "p-3"):
        await pay_from(world, account, name=name)
    await hold_debits(world.uows, now=world.now)
    await said_by_the_bank(world, "p-1", code="R02")
    assert {debits(world)[each] for each in ("p-2", "p-3")} == {("held", None)}
    assert (await decide(world, "p-2", "send")).state == "to-call-off"
    assert (await decide(world, "p-3", "was-sent")).state == "sent"
    await world.settle_down()
    assert debits(world)["p-2"] == ("called-off", "account-closed")


async def test_PAY_5_what_waits_of_an_account_that_its_holder_closed_before_its_bank_did_is_called_off(
    world: World,
) -> None:
    account = await keep(world)
    await pay_from(world, account)
    await world.advance("2016-01-05T10:00")
    await pay_from(world, account, name="p-2")
    await hold_debits(world.uows, now=world.now)
    await pay_from(world, account, name="p-3", cents=20_000)
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        await close_bank_account(uow, "june", account.account)
    await said_by_the_bank(world, "p-1", code="R02")
    [shut] = world.rows(BankAccount)
    assert (shut.closed_at, shut.closed_because) == (at("2016-01-05T10:00"), "returned")
    assert (await decide(world, "p-2", "send")).state == "to-call-off"
    await world.advance("2016-01-08T12:00")
    assert debits(world) == {
        "p-1": ("sent", None),
        "p-2": ("called-off", "account-closed"),
        "p-3": ("called-off", "account-closed"),
    }
    assert asked_for(world) == [(identification_of("p-1"), 30_000)]
    assert (await world.books()).balanced


# Money that went back before the hour.


async def test_PAY_8_a_debit_is_not_sent_whose_money_was_moved_and_went_back_from_there(world: World) -> None:
    await world.heard_of("carol", "avery")
    staff = Staff(world)
    await staff.move(await pay_from(world, await keep(world)), ("carol", 30_000))
    [at_carol] = [each for each in world.rows(Payment) if each.household == "carol"]
    await staff.move(at_carol, ("avery", 30_000), by="bea")
    [at_avery] = [each for each in world.rows(Payment) if each.household == "avery"]
    await world.give_back(at_avery)
    await world.advance("2016-01-05T10:00")
    assert (files_of(world), debits(world)) == ({}, {"p-1": ("called-off", "went-back")})


async def test_PAY_8_of_a_debit_of_which_a_part_went_back_the_rest_is_asked_for(world: World) -> None:
    await world.heard_of("carol")
    await Staff(world).move(await pay_from(world, await keep(world)), ("carol", 10_000))
    [at_carol] = [each for each in world.rows(Payment) if each.household == "carol"]
    await world.give_back(at_carol)
    await world.advance("2016-01-05T10:00")
    assert asked_for(world) == [(identification_of("p-1"), 20_000)]
    [debit], [file] = world.rows(AchDebit), world.rows(AchFile)
    assert (debit.amount_cents, debit.asked_cents) == (30_000, 20_000)
    assert (file.drawn_cents, file.debit_cents) == (30_000, 20_000)
    assert (await world.books()).balanced


async def test_PAY_8_moved_money_that_is_there_is_asked_for(world: World) -> None:
    await world.heard_of("carol")
    await Staff(world).move(await pay_from(world, await keep(world)), ("carol", 30_000))
    await world.advance("2016-01-05T10:00")
    assert asked_for(world) == [(identification_of("p-1"), 30_000)]


# Money that no bank was asked for.


async def test_PAY_4_what_no_file_has_does_not_clear_and_clears_when_its_file_says_that_it_moves(
    world: World,
) -> None:
    await world.heard_of("carol")
    await Staff(world).move(await pay_from(world, await keep(world)), ("carol", 10_000))
    await without_its_key(world)
    await world.advance("2016-01-08T12:00")
    assert (world.said(PaymentCleared), debits(world)) == ([], {"p-1": ("to-send", None)})
    world.keys = KeyRing(KEYS, owner="payments")
    world.restart()
    await world.advance("2016-01-08T17:00")  # a Friday: the money moves on Monday
    assert asked_for(world) == [(identification_of("p-1"), 30_000)]
    await world.advance("2016-01-10T23:00")
    assert world.said(PaymentCleared) == []
    await world.advance("2016-01-11T12:00")
    assert sorted((each.household, each.cents, each.cleared_on) for each in world.said(PaymentCleared)) == [
        ("carol", 10_000, date(2016, 1, 11)),
        ("june", 20_000, date(2016, 1, 11)),
    ]


async def test_PAY_4_a_held_debit_clears_once_a_person_says_that_it_was_sent(world: World) -> None:
    await pay_from(world, await keep(world))
    await hold_debits(world.uows, now=world.now)
    await world.advance("2016-01-08T12:00")
    assert world.said(PaymentCleared) == []
    await decide(world, "p-1", "was-sent")
    await world.advance("2016-01-09T12:00")
    assert [each.cleared_on for each in world.said(PaymentCleared)] == [date(2016, 1, 6)]


async def test_I9_a_debit_that_is_put_off_says_when_the_next_file_is_and_waits_no_more_once_it_is_called_off(
    world: World,
) -> None:
    payment = await pay_from(world, await keep(world))
    await without_its_key(world)
    await world.advance("2016-01-08T17:00")
    [retry] = world.rows(Retry)
    assert (retry.kind, retry.item, retry.failures) == ("debits", "p-1", 5)
    assert retry.retry_at == at("2016-01-11T17:00")
    await world.give_back(payment)
    await world.advance("2016-01-11T17:00")
    assert (world.rows(Retry), debits(world)) == ([], {"p-1": ("called-off", "went-back")})


# Where no accounts are kept.


async def test_PAY_1_where_no_accounts_are_kept_nothing_is_drawn_from_one(world: World) -> None:
    account = await keep(world)
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        with pytest.raises(NoAccountsKept):
            await pay_by_account(uow, order_from(account), keys=None, parameters=PARAMETERS)
        with pytest.raises(NoAccountsKept):
            await begin_autopay(uow, paid_by(account), keys=None, parameters=PARAMETERS)
    assert (world.said(PaymentReceived), world.said(AutopayBegan), world.rows(AchDebit)) == ([], [], [])


def test_PAY_1_where_no_accounts_are_kept_nothing_looks_for_draws_from_them(world: World) -> None:
    with_accounts = set(world.pollers)
    world.keeps_accounts = False
    world.restart()
    assert with_accounts - set(world.pollers) == {
        "account-draws",
        "debits-to-call-off",
        "debit-files",
        "kept-account-changes",
    }


async def test_I9_an_overdue_draw_from_an_account_says_why_its_last_try_failed(world: World) -> None:
    account = await keep(world)
    await world.hear(invoice())
    await draw_by(world, account)
    await world.advance("2016-01-26T07:59")
    world.processor.reachable = False
    order = replace(order_from(account, name="p-9"), token=Masked("tok_bank_ok"))
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        await start_attempt(uow, order, parameters=PARAMETERS)
    await world.advance("2016-02-02T12:00")
    async with world.uows.begin(now=world.now) as uow:
        [draw] = [each for each in await overdue_by(PARAMETERS)(uow) if each.kind == "draw"]
    assert [each.way for each in world.rows(Draw)] == ["debit"]
    assert draw.says == (
        "autopay has not paid an invoice on its day, nor been declined: another payment of the household is not known"
        " to have been taken or not"
    )


# What files are called and numbered.


async def test_PAY_8_files_of_one_day_go_on_with_letters_and_numbers(world: World) -> None:
    debit = DirectDebit(keys=world.keys, originator=world.originator, folder=world.debits)
    for number in (1, 2):
        await pay_from(world, await keep(world), name=f"p-{number}")
        async with world.uows.begin(now=world.now, households=["june"]) as uow:
            await make_debit_file(uow, ["june"], debit=debit)
    await world.settle_down()
    assert sorted(name[:19] for name in files_of(world)) == ["debits-2016-01-04-A", "debits-2016-01-04-B"]
    assert sorted(each.trace or "" for each in world.rows(AchDebit)) == ["091400606700001", "091400606700002"]


def test_PAY_8_a_day_has_as_many_files_as_can_be_told_apart() -> None:
    day = date(2016, 1, 4)
    last, given = AchNumbers(), ""
    for _ in MODIFIERS:
        given += next_modifier(last, on=day)
        last = AchNumbers(made_on=day, modifier=given[-1])
    assert given == MODIFIERS
    with pytest.raises(NoModifierLeft):
        next_modifier(last, on=day)
    assert next_modifier(last, on=date(2016, 1, 5)) == "A"


@pytest.mark.parametrize(
    ("made_on", "sequence", "after"),
    [
        (None, 0, 6_700_000),
        (date(2016, 1, 4), 6_700_004, 6_700_004),  # the same day's
        (date(2015, 12, 31), 6_300_004, 6_700_000),
        (date(2015, 12, 31), 6_900_004, 6_900_004),  # they reach into the day's own
        (date(2015, 6, 1), 9_900_000, 6_700_000),  # so long ago that they say nothing
    ],
)
def test_PAY_8_each_day_has_numbers_of_its_own(made_on: date | None, sequence: int, after: int) -> None:
    last = AchNumbers(made_on=made_on, modifier=made_on and "A", sequence=sequence)
    assert next_after(last, on=date(2016, 1, 4)) == after


async def test_I9_a_file_that_is_put_again_is_the_same_file(world: World) -> None:
    await pay_from(world, await keep(world))
    await world.advance("2016-01-04T17:00")
    before, [file] = files_of(world), world.rows(AchFile)
    async with world.uows.begin(now=world.now) as uow:  # it ended between putting it there and noting that
        await uow.records(AchFile).put([replace(file, state="to-write", written_at=None)])
    await world.settle_down()
    assert (files_of(world), len(before)) == (before, 1)


# A database that was restored.


async def test_I9_after_a_restore_no_name_no_number_and_no_debit_is_given_twice(world: World) -> None:
    restored = world.copied()  # its folder of debits is the same one
    lost = await pay_from(world, await keep(world, "carol"), name="p-lost")
    await world.advance("2016-01-04T17:00")
    [trace] = [each.trace for each in world.rows(AchDebit)]
    restored.set("2016-01-04T17:30")
    await hold_debits(restored.uows, now=restored.now)
    await pay_from(restored, await keep(restored), name="p-new", cents=lost.amount_cents)
    await restored.advance("2016-01-04T23:00")
    assert restored.rows(AchFile) == []
    await restored.advance("2016-01-05T17:00")
    assert asked_for(restored) == sorted((identification_of(each), 30_000) for each in ("p-lost", "p-new"))
    await said_by_the_bank(restored, "", identification="", original_trace=trace)
    assert [each.reason for each in restored.rows(ReturnItem)] == ["unknown-payment"]
    assert restored.said(PaymentReturned) == []


@pytest.mark.parametrize(("decision", "state"), [("was-sent", "sent"), ("send", "to-send")])
async def test_I9_a_file_that_may_lie_in_its_folder_since_is_withdrawn_and_its_debits_are_held(
    world: World, decision: str, state: str
) -> None:
    await pay_from(world, await keep(world))
    world.debits.away.add("")
    await world.advance("2016-01-04T17:00")
    [file] = world.rows(AchFile)
    await hold_debits(world.uows, now=world.now)
    world.debits.away.clear()
    await world.advance("2016-01-06T12:00")
    assert (files_of(world), [each.state for each in world.rows(AchFile)]) == ({}, ["withdrawn"])
    assert (debits(world), world.rows(Retry)) == ({"p-1": ("held", None)}, [])
    assert (await world.books()).balanced
    after = await decide(world, "p-1", decision)
    assert (after.state, after.file) == (state, file.file if decision == "was-sent" else None)
    await world.advance("2016-01-06T17:00")
    assert len(files_of(world)) == (decision == "send")
    assert (await world.books()).balanced


# Notifications that nobody can obey.


async def test_PAY_5_a_change_of_an_account_waits_for_no_others_that_nobody_can_obey(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correct_accounts, "MOST_AT_ONCE", 1)
    for number, who in enumerate(("avery", "carol", "june"), 1):
        account = await keep(world, who)
        await pay_from(world, account, name=f"p-{number}")
        if who != "june":
            async with world.uows.begin(now=world.now, households=[who]) as uow:
                await close_bank_account(uow, who, account.account)
    await world.advance("2016-01-06T10:00")
    for number, modifier in enumerate("ABC", 1):
        await said_by_the_bank(
            world, f"p-{number}", modifier=modifier, code="C01", corrected="1918171614", cents=0
        )
    items = sorted(world.rows(ReturnItem), key=lambda each: each.household or "")
    assert [(each.household, each.state, each.reason) for each in items] == [
        ("avery", "open", "not-drawn-from"),
        ("carol", "open", "not-drawn-from"),
        ("june", "changed", "kept-account-changed"),
    ]
