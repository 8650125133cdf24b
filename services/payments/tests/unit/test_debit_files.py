"""Debits of accounts kept here go to our bank in a file each banking day, each once (PAY-1, PAY-8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.personal import Masked
from payments.application.debit_accounts import pay_by_account
from payments.application.hold_debits import decide_debit, hold_debits
from payments.application.take_online_payment import KeyUsedForAnotherPayment
from payments.domain.ach_debits import AchDebit, AchFile, AchNumbers, DebitNotHeld, OffsetAccount
from payments.domain.bank_accounts import BankAccount
from payments.domain.events import AutopayEnded, PaymentCleared, PaymentReceived, PaymentReturned
from payments.domain.identification import identification_of
from payments.domain.payments import Payment
from payments.domain.return_files import ReturnItem
from services.payments.tests.builders import ORIGINATOR, PARAMETERS, World, at
from services.payments.tests.debits import (
    NUMBER,
    draw_by,
    entries_of,
    files_of,
    keep,
    order_from,
    pay_from,
    read_by_another,
)
from services.payments.tests.nacha import Entry, return_file
from services.payments.tests.unit.test_autopay import invoice

START = at("2016-01-04T10:00")


@pytest.fixture
async def world() -> World:
    return await World(start=START).opened()


async def test_PAY_8_autopay_draws_an_invoice_from_an_account_and_its_bank_gets_the_debit(
    world: World,
) -> None:
    account = await keep(world)
    await world.hear(invoice())
    await draw_by(world, account)
    await world.advance("2016-01-26T16:59")
    [payment] = world.rows(Payment)
    assert (payment.amount_cents, payment.received_on, payment.invoice, payment.source) == (
        50_000,
        date(2016, 1, 26),
        "june-2",
        "web-debit",
    )
    assert (payment.status, files_of(world)) == ("received", {})
    await world.advance("2016-01-26T17:00")
    [content] = files_of(world).values()
    read = read_by_another(content)
    [entry] = entries_of(content)
    assert (entry["txn_code"], entry["routing"], entry["account"], entry["amount_cents"], entry["name"]) == (
        27,
        "091000019",
        NUMBER,
        50_000,
        "JUNE EXAMPLE",
    )
    assert entry["id_number"] == identification_of(payment.payment)
    assert entry["trace_number"] == "091400608900001"  # the day's own numbers begin at 8,900,000
    [batch] = read["batches"]
    assert (batch["sec"], batch["service_class"], batch["effective_date"], batch["description"]) == (
        "WEB",
        225,
        "160127",
        "PREMIUM",
    )
    [file] = world.rows(AchFile)
    assert (file.name, file.state, file.debit_cents, file.credit_cents, file.entries) == (
        f"debits-2016-01-26-A-{file.file[:8]}.ach",
        "written",
        50_000,
        0,
        1,
    )
    [debit] = world.rows(AchDebit)
    assert (debit.state, debit.file, debit.trace, debit.recurring) == (
        "sent",
        file.file,
        "091400608900001",
        True,
    )
    await world.advance("2016-01-28T00:10")
    [cleared] = world.said(PaymentCleared)
    assert cleared.cleared_on == date(2016, 1, 28)  # the second business day after Tuesday the 26th


async def test_PAY_8_a_draw_from_an_account_kept_here_does_not_wait_for_the_processor(world: World) -> None:
    account = await keep(world)
    await world.hear(invoice())
    await draw_by(world, account)
    world.processor.reachable = False
    await world.advance("2016-01-26T17:00")
    assert [each.cents for each in world.said(PaymentReceived)] == [50_000]
    assert len(files_of(world)) == 1


async def test_PAY_1_classes_and_days_are_batches_of_their_own(world: World) -> None:
    """Friday, Saturday and Sunday's debits after the hour are in Monday's file; paper is PPD, a page WEB."""
    june, carol = (
        await keep(world),
        await keep(world, "carol", authorized="in-writing", account_type="savings"),
    )
    for day, who, name in (
        ("2016-01-08T18:00", june, "p-1"),
        ("2016-01-09T10:00", carol, "p-2"),
        ("2016-01-10T10:00", june, "p-3"),
        ("2016-01-11T10:00", carol, "p-4"),
    ):
        await world.advance(day)
        await pay_from(world, who, name=name, cents=10_000 * int(name[-1]))
    await world.advance("2016-01-11T17:00")
    [content] = files_of(world).values()
    batches = read_by_another(content)["batches"]
    records = [each for each in content.decode().splitlines() if each.startswith("5")]
    assert [
        (each["sec"], record[63:69], each["effective_date"], each["control"]["total_debit"])
        for each, record in zip(batches, records, strict=True)
    ] == [
        ("PPD", "160109", "160112", 20_000),
        ("PPD", "160111", "160112", 40_000),
        ("WEB", "160108", "160112", 10_000),
        ("WEB", "160110", "160112", 30_000),
    ]
    kinds = {each["id_number"]: each["txn_code"] for each in entries_of(content)}
    assert [kinds[identification_of(f"p-{number}")] for number in range(1, 5)] == [27, 37, 27, 37]
    single = [each[76:78] for each in content.decode().splitlines() if each.startswith("6")]
    assert single == ["  ", "  ", "S ", "S "]
    assert [each.source for each in sorted(world.rows(Payment), key=lambda each: each.payment)] == [
        "web-debit",
        "ppd-debit",
        "web-debit",
        "ppd-debit",
    ]


async def test_CAL_2_before_a_holiday_the_money_moves_on_the_banking_day_after_it(world: World) -> None:
    account = await keep(world)
    await world.advance("2016-01-15T10:00")  # Friday; Monday the 18th is Martin Luther King's day
    await pay_from(world, account)
    await world.advance("2016-01-19T16:00")
    [file] = world.rows(AchFile)
    assert (file.created_on, file.effective_on) == (date(2016, 1, 15), date(2016, 1, 19))
    await pay_from(world, account, name="p-2")
    await world.advance("2016-01-19T17:00")
    assert sorted(each.trace or "" for each in world.rows(AchDebit)) == ["091400607800001", "091400608200001"]


async def test_PAY_1_a_batch_is_balanced_where_the_bank_wants_it_so(world: World) -> None:
    offset = OffsetAccount(number=Masked("5550001"), account_type="checking")
    world.originator = replace(ORIGINATOR, offset=offset)
    world.restart()
    await pay_from(world, await keep(world))
    await pay_from(world, await keep(world, "carol", authorized="in-writing"), name="p-2", cents=7)
    await world.advance("2016-01-04T17:00")
    [content] = files_of(world).values()
    read = read_by_another(content)
    assert (read["control"]["total_debit"], read["control"]["total_credit"]) == (30_007, 30_007)
    assert [
        (each["service_class"], each["control"]["total_debit"], each["control"]["total_credit"])
        for each in read["batches"]
    ] == [(200, 7, 7), (200, 30_000, 30_000)]
    offsets = [each for each in entries_of(content) if each["txn_code"] == 22]
    assert [(each["routing"], each["account"]) for each in offsets] == [("091400606", "5550001")] * 2
    [file] = world.rows(AchFile)
    assert file.entries == 4
    assert [each.sequence for each in world.rows(AchNumbers)] == [6_700_004]


async def test_PAY_1_the_last_block_is_filled_and_counted(world: World) -> None:
    for number in range(13):
        await pay_from(world, await keep(world, f"h-{number:02}"), name=f"p-{number:02}")
    await world.advance("2016-01-04T17:00")
    [content] = files_of(world).values()
    records = content.decode().splitlines()
    assert (len(records), len([each for each in records if each == "9" * 94])) == (20, 3)
    assert read_by_another(content)["control"]["block_count"] == 2
    assert all(len(each) == 94 for each in records)


async def test_I9_a_day_that_is_interrupted_anywhere_sends_each_debit_once(world: World) -> None:
    step = 0
    while True:
        world = await World(start=START).opened()
        await pay_from(world, await keep(world))
        await pay_from(world, await keep(world, "carol"), name="p-2")
        world.set("2016-01-04T17:00")
        crashed = await world.crash_at(step)
        await world.settle_down()
        await world.advance("2016-01-06")
        [content] = files_of(world).values()
        assert [each["amount_cents"] for each in entries_of(content)] == [30_000, 30_000]
        if not crashed:
            break
        step += 1
    assert step > 10


async def test_I9_a_file_that_cannot_be_written_waits_and_is_the_same_then(world: World) -> None:
    await pay_from(world, await keep(world))
    world.debits.away.add("")
    await world.advance("2016-01-04T17:00")
    [file] = world.rows(AchFile)
    assert (file.state, files_of(world)) == ("to-write", {})
    world.debits.away.clear()
    await world.advance("2016-01-05T17:00")
    assert list(files_of(world)) == [file.name]
    assert file.name == f"debits-2016-01-04-A-{file.file[:8]}.ach"


async def test_PAY_5_a_debit_whose_payment_went_back_first_is_called_off(world: World) -> None:
    payment = await pay_from(world, await keep(world))
    await world.give_back(payment)
    await world.advance("2016-01-05")
    assert [each.state for each in world.rows(AchDebit)] == ["called-off"]
    assert files_of(world) == {}


async def returned(world: World, **entry: Any) -> None:
    """The bank returns the debit of the only payment, on the day after."""
    [payment] = world.rows(Payment)
    given: dict[str, Any] = {
        "identification": identification_of(payment.payment),
        "cents": payment.amount_cents,
        **entry,
    }
    world.returns.content["back.ach"] = return_file(Entry(**given), created=f"{world.now:%y%m%d}")
    await world.settle_down()


async def test_PAY_5_a_debit_for_which_there_is_not_enough_goes_back_and_its_account_stays(
    world: World,
) -> None:
    await pay_from(world, await keep(world))
    await world.advance("2016-01-06T10:00")
    await returned(world)
    assert [(each.kind, each.cents) for each in world.said(PaymentReturned)] == [("nsf", 30_000)]
    assert [each.closed_at for each in world.rows(BankAccount)] == [None]


async def test_PAY_8_an_account_that_its_bank_has_closed_is_drawn_from_no_more(world: World) -> None:
    account = await keep(world)
    await world.hear(invoice())
    await draw_by(world, account)
    await world.advance("2016-01-27T10:00")
    await returned(world, code="R02")
    assert [each.kind for each in world.said(PaymentReturned)] == ["closed-account"]
    assert [each.because for each in world.said(AutopayEnded)] == ["account-closed"]
    assert [each.closed_because for each in world.rows(BankAccount)] == ["returned"]


async def test_PAY_5_a_return_that_names_the_trace_number_alone_is_of_its_debit(world: World) -> None:
    await pay_from(world, await keep(world))
    await world.advance("2016-01-06T10:00")
    await returned(world, identification="", original_trace="091400606700001")
    assert [each.state for each in world.rows(ReturnItem)] == ["recorded"]
    assert [each.status for each in world.rows(Payment)] == ["returned"]


async def test_PAY_5_a_trace_number_with_another_amount_is_of_no_debit(world: World) -> None:
    await pay_from(world, await keep(world))
    await world.advance("2016-01-06T10:00")
    await returned(world, identification="", original_trace="091400606700001", cents=1)
    assert [each.reason for each in world.rows(ReturnItem)] == ["unknown-payment"]


@pytest.mark.parametrize(
    ("code", "corrected", "routing", "number", "kind"),
    [
        ("C01", "1918171614", "091000019", "1918171614", 27),
        ("C02", "121042882", "121042882", NUMBER, 27),
        ("C03", "121042882   1918171614", "121042882", "1918171614", 27),
        ("C05", "37", "091000019", NUMBER, 37),
        ("C06", "1918171614          37", "091000019", "1918171614", 37),
        ("C07", "1210428821918171614       37", "121042882", "1918171614", 37),
    ],
)
async def test_PAY_5_what_a_bank_corrects_of_an_account_is_in_the_next_file(
    world: World, code: str, corrected: str, routing: str, number: str, kind: int
) -> None:
    account = await keep(world)
    await pay_from(world, account)
    await world.advance("2016-01-06T10:00")
    await returned(world, code=code, corrected=corrected, cents=0)
    assert [each.state for each in world.rows(ReturnItem)] == ["changed"]
    [after] = world.rows(BankAccount)
    assert (after.corrected_at, after.last_four) == (at("2016-01-06T10:00"), number[-4:])
    await pay_from(world, account, name="p-2")
    await world.advance("2016-01-06T17:00")
    [_, content] = [files_of(world)[name] for name in sorted(files_of(world))]
    [entry] = entries_of(content)
    assert (entry["routing"], entry["account"], entry["txn_code"]) == (routing, number, kind)


async def test_PAY_5_a_correction_that_can_be_no_account_closes_it(world: World) -> None:
    account = await keep(world)
    await world.hear(invoice())
    await draw_by(world, account)
    await world.advance("2016-01-27T10:00")
    await returned(world, code="C02", corrected="121042883", cents=0)
    assert [each.closed_because for each in world.rows(BankAccount)] == ["not-correctable"]
    assert [each.because for each in world.said(AutopayEnded)] == ["account-changed"]


async def test_PAY_2_a_key_of_another_payment_draws_nothing(world: World) -> None:
    account = await keep(world)
    await pay_from(world, account)
    with pytest.raises(KeyUsedForAnotherPayment):
        await pay_from(world, account, cents=1)
    assert [each.amount_cents for each in world.rows(AchDebit)] == [30_000]


@pytest.mark.parametrize("field", ["received_on", "postmarked_on"])
async def test_PAY_4_a_debit_is_received_on_the_day_it_is_drawn_and_no_other(
    world: World, field: str
) -> None:
    days: dict[str, Any] = {field: date(2016, 1, 2)}
    order = order_from(await keep(world), **days)
    with pytest.raises(InvalidValue, match="is of no payment that is drawn now"):
        async with world.uows.begin(now=world.now, households=["june"]) as uow:
            await pay_by_account(uow, order, keys=world.keys, parameters=PARAMETERS)
    assert world.rows(Payment) == []


async def test_I9_what_a_file_may_have_after_a_restore_waits_for_a_person(world: World) -> None:
    account = await keep(world)
    for name in ("p-1", "p-2"):
        await pay_from(world, account, name=name)
    await hold_debits(world.uows, now=world.now)
    await world.advance("2016-01-04T17:00")
    assert files_of(world) == {}
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        assert (await decide_debit(uow, "p-1", decision="was-sent")).state == "sent"
        assert (await decide_debit(uow, "p-2", decision="send")).state == "to-send"
        with pytest.raises(DebitNotHeld):
            await decide_debit(uow, "p-1", decision="send")
    await world.advance("2016-01-05T17:00")
    [content] = files_of(world).values()
    assert [each["id_number"] for each in entries_of(content)] == [identification_of("p-2")]
