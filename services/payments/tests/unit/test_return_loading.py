"""A bank's return file: what it returns, and what of it waits for a person (PAY-3, PAY-5, PAY-8)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.errors import InvalidValue, NotFound
from bulkhead.kernel.personal import Masked
from payments.application.decide_return_items import (
    ItemAssignment,
    assign_return_item,
    dismiss_return_item,
    lock_of,
)
from payments.domain.events import PaymentReturned, ReturnKind
from payments.domain.identification import identification_of, is_identification
from payments.domain.payments import Payment
from payments.domain.return_files import ItemDecided, ReturnFile, ReturnFileContent, ReturnItem
from payments.domain.returns import AlreadyReturned, PaymentReturn
from services.payments.tests.builders import Staff, World, at
from services.payments.tests.nacha import Entry, international, return_file

NOBODYS = "ZZZZZZZZZZZZZZZ"


async def a_world() -> World:
    world = await World(start=at("2016-01-04T10:00")).opened()  # a Monday
    await world.heard_of("june", "avery")
    return world


def of(payment: Payment, **more: str | int) -> Entry:
    """Return the entry of a payment that comes back, of its amount unless another is given."""
    assert payment.identification is not None
    return Entry(**{"identification": payment.identification, "cents": payment.amount_cents, **more})  # pyright: ignore[reportArgumentType]


async def dropped(world: World, content: bytes, *, name: str = "RETURNS.ach") -> ReturnFile:
    """Drop a file, let it be read, and return it."""
    world.returns.content[name] = content
    await world.settle_down()
    files = [each for each in world.rows(ReturnFile) if each.name == name]
    return files[-1]


def items(world: World) -> list[tuple[str | None, str, str | None]]:
    """Return code, state and reason of each item, in the order of their lines."""
    found = sorted(world.rows(ReturnItem), key=lambda each: (each.recorded_at, each.file, each.line))
    return [(each.code, each.state, each.reason) for each in found]


async def test_PAY_5_a_payment_from_a_bank_account_is_called_by_fifteen_characters_and_no_other_is() -> None:
    world = await a_world()
    bank = await world.pay_online()
    card = await world.pay_online(method="card")
    cash = await world.pay()
    assert bank.identification == identification_of(bank.payment)
    assert bank.identification is not None
    assert is_identification(bank.identification)
    assert (card.identification, cash.identification) == (None, None)


@pytest.mark.parametrize(
    ("code", "kind"), [("R01", "nsf"), ("R09", "nsf"), ("R03", "closed-account"), ("R10", "other")]
)
async def test_PAY_5_a_file_returns_the_payment_it_names_once_dated_when_its_money_moved(
    code: str, kind: ReturnKind
) -> None:
    world = await a_world()
    payment = await world.pay_online(cents=123_45)
    other = await world.pay_online("avery", cents=123_45)
    world.set("2016-01-07T10:00")
    file = await dropped(world, return_file(of(payment, code=code), created="160107", settled="006"))
    assert (file.state, file.entries, file.debit_cents, file.credit_cents) == ("loaded", 1, 123_45, 0)
    assert world.said(PaymentReturned) == [
        PaymentReturned(
            household="june",
            payment=payment.payment,
            cents=123_45,
            kind=kind,
            returned_on=date(2016, 1, 6),
            method="bank",
            received_on=date(2016, 1, 4),
        )
    ]
    assert items(world) == [(code, "recorded", None)]
    [returned] = world.rows(PaymentReturn)
    assert (returned.reference, returned.recorded_by) == (
        f"{code}-091000017611242",
        f"return-file:{file.file[:12]}",
    )
    still = {each.payment: each.returned_on for each in world.rows(Payment)}
    assert still == {payment.payment: date(2016, 1, 6), other.payment: None}
    report = await world.books()
    assert report.balanced
    assert (report.places.returned_cents, report.places.not_applied_cents) == (123_45, 123_45)
    assert sorted(world.returns.content) == ["loaded/RETURNS.ach"]


async def test_PAY_5_money_that_moves_tomorrow_went_back_today_at_the_latest() -> None:
    world = await a_world()
    payment = await world.pay_online()
    world.set("2016-01-06T18:00")
    await dropped(world, return_file(of(payment), settled="007"))
    assert [each.returned_on for each in world.said(PaymentReturned)] == [date(2016, 1, 6)]


async def test_PAY_5_the_same_file_again_changes_nothing_and_another_of_its_name_is_refused() -> None:
    world = await a_world()
    payment, other = await world.pay_online(), await world.pay_online("avery")
    world.set("2016-01-06T10:00")
    content = return_file(of(payment))
    await dropped(world, content)
    world.returns.content["AGAIN.ach"] = content
    await world.settle_down()
    assert len(world.rows(ReturnFile)) == 1
    assert sorted(world.returns.content) == ["loaded/AGAIN.ach", "loaded/RETURNS.ach"]
    mended = await dropped(world, return_file(of(payment), of(other)), name="OTHER.ach")
    assert (mended.state, mended.refusal) == (
        "refused",
        "another file of the same origin, date and modifier is loaded",
    )
    assert len(world.said(PaymentReturned)) == 1
    next_one = await dropped(world, return_file(of(other), modifier="B"), name="NEXT.ach")
    assert next_one.state == "loaded"
    assert [each.household for each in world.said(PaymentReturned)] == ["june", "avery"]


async def test_PAY_3_a_file_that_is_not_whole_returns_nothing_and_its_bytes_are_kept() -> None:
    world = await a_world()
    payment = await world.pay_online()
    world.set("2016-01-06T10:00")
    broken = return_file(of(payment)).replace(b"0000050000", b"0000050001", 1)
    file = await dropped(world, broken)
    assert (file.state, file.refusal) == (
        "refused",
        "line 5: total of debits does not agree with the batch: 50000 is said and 50001 is found",
    )
    assert [(each.line, each.field) for each in file.problems] == [
        (5, "total of debits"),
        (6, "total of debits"),
    ]
    assert (world.said(PaymentReturned), world.rows(ReturnItem)) == ([], [])
    assert [each.content for each in world.rows(ReturnFileContent)] == [broken]
    assert sorted(world.returns.content) == ["refused/RETURNS.ach"]
    assert (await dropped(world, return_file(of(payment)), name="WHOLE.ach")).state == "loaded"
    assert len(world.said(PaymentReturned)) == 1


async def test_PAY_5_what_an_operator_recorded_before_is_confirmed_and_told_once() -> None:
    world = await a_world()
    payment = await world.pay_online()
    world.set("2016-01-06T10:00")
    await world.give_back(payment, kind="nsf", on="2016-01-05")
    await dropped(world, return_file(of(payment, code="R01"), settled="006"))
    assert items(world) == [("R01", "confirmed", None)]
    assert [each.returned_on for each in world.said(PaymentReturned)] == [date(2016, 1, 5)]
    with pytest.raises(AlreadyReturned):
        await world.give_back(payment)


async def test_PAY_3_what_is_not_clear_waits_for_a_person_with_its_reason_and_returns_nothing() -> None:
    world = await a_world()
    await world.pay_online()
    payments = [await world.pay_online(cents=100_00 + number) for number in range(9)]
    world.set("2016-01-04T12:00")
    moved = await Staff(world).move(payments[0], ("avery", 50_00))
    assert moved.state == "applied"
    world.set("2016-01-06T10:00")
    file = await dropped(
        world,
        return_file(
            of(payments[0]),
            of(payments[1], cents=100_00),
            of(payments[2], code="R44"),
            of(payments[3], code="R68"),
            of(payments[4], code="R76"),
            of(payments[5], code="C03", cents=0),
            of(payments[6], transaction="21"),
            of(payments[7], transaction="27"),
            Entry(identification=NOBODYS),
            Entry(identification="june example/1"),
            Entry(identification="378282246310005"),
            of(payments[8]),
            of(payments[8], trace="091000017611243"),
            service_class="200",
        ),
    )
    assert (file.state, file.entries) == ("loaded", 13)
    assert items(world) == [
        ("R01", "open", "moved"),
        ("R01", "open", "wrong-amount"),
        ("R44", "open", "unknown-code"),
        ("R68", "open", "disputed"),
        ("R76", "open", "disputed"),
        ("C03", "open", "not-drawn-from"),
        ("R01", "open", "credit"),
        ("R01", "open", "unreadable"),
        *[("R01", "open", "unknown-payment")] * 3,
        ("R01", "recorded", None),
        ("R01", "open", "returned-before"),
    ]
    assert [each.payment for each in world.said(PaymentReturned)] == [payments[8].payment]
    kept = sorted(world.rows(ReturnItem), key=lambda each: each.line)
    # Of others' names nothing is kept, and no card's number in the place of one (PAY-1).
    assert [each.identification for each in kept[8:11]] == [NOBODYS, None, None]
    assert kept[5].household == "june"
    report = await world.books()
    assert report.balanced
    assert report.places.returned_cents == 100_08


async def test_PAY_3_of_account_numbers_and_names_in_a_file_nothing_is_kept_but_in_the_file() -> None:
    world = await a_world()
    world.set("2016-01-06T10:00")
    file = await dropped(world, international(account="DE89370400440532013000"))
    assert (file.state, file.entries, file.debit_cents) == ("loaded", 1, 500_00)
    [item] = world.rows(ReturnItem)
    assert (item.code, item.state, item.reason) == (None, "open", "unreadable")
    assert (item.identification, item.original_trace, item.amount_cents) == (None, None, 500_00)
    assert [(each.line, each.field) for each in item.problems] == [(2, "standard entry class")]
    assert all("DE89" not in repr(each) and "June" not in repr(each) for each in (item, file))


@pytest.mark.parametrize("name", ["000123456789012", "123456789012345", "378282246310005"])
async def test_PAY_3_digits_alone_are_an_account_number_and_no_name_of_ours(name: str) -> None:
    world = await a_world()
    world.set("2016-01-06T10:00")
    await dropped(world, return_file(Entry(identification=name)))
    assert [(each.identification, each.reason) for each in world.rows(ReturnItem)] == [
        (None, "unknown-payment")
    ]


@pytest.mark.parametrize("settled", ["003", "020"])
async def test_PAY_5_a_day_before_the_payment_or_more_than_a_week_ahead_waits_for_a_person(
    settled: str,
) -> None:
    world = await a_world()
    payment = await world.pay_online()
    world.set("2016-01-06T10:00")
    await dropped(world, return_file(of(payment), settled=settled))
    assert items(world) == [("R01", "open", "wrong-date")]
    assert world.said(PaymentReturned) == []


async def assign(
    world: World,
    item: ReturnItem,
    payment: Payment,
    *,
    on: date | None = None,
    kind: ReturnKind | None = None,
    note: str | None = None,
) -> ReturnItem:
    to = ItemAssignment(
        payment=payment.payment, on=on, kind=kind, note=None if note is None else Masked(note)
    )
    async with world.uows.begin(now=world.now, households=[payment.household, lock_of(item.item)]) as uow:
        return await assign_return_item(uow, item.item, to, operator="ops")


async def dismiss(world: World, item: str, *, note: str | None = None) -> ReturnItem:
    async with world.uows.begin(now=world.now, households=[lock_of(item)]) as uow:
        return await dismiss_return_item(
            uow, item, note=None if note is None else Masked(note), operator="ops"
        )


async def test_PAY_5_a_person_says_which_payment_an_item_is_of_once() -> None:
    world = await a_world()
    payment, other = await world.pay_online(), await world.pay_online("avery", cents=499_99)
    world.set("2016-01-06T10:00")
    await dropped(world, return_file(Entry(identification=NOBODYS, code="R02"), settled="005"))
    [item] = world.rows(ReturnItem)
    with pytest.raises(InvalidValue, match="/payment is of another amount than the item"):
        await assign(world, item, other)
    decided = await assign(world, item, payment)
    assert (decided.state, decided.reason, decided.household) == ("assigned", "unknown-payment", "june")
    assert [(each.kind, each.returned_on) for each in world.said(PaymentReturned)] == [
        ("closed-account", date(2016, 1, 5))
    ]
    with pytest.raises(ItemDecided):
        await assign(world, item, payment)
    with pytest.raises(ItemDecided):
        await dismiss(world, item.item)


async def test_PAY_5_of_a_code_that_is_known_nobody_says_another_kind() -> None:
    world = await a_world()
    payment = await world.pay_online()
    world.set("2016-01-06T10:00")
    await dropped(world, return_file(Entry(identification=NOBODYS, code="R01")))
    [item] = world.rows(ReturnItem)
    with pytest.raises(InvalidValue, match="/kind must be nsf, which is what the item's code says"):
        await assign(world, item, payment, kind="other")
    assert world.said(PaymentReturned) == []
    assert (await assign(world, item, payment, kind="nsf")).note is None


@pytest.mark.parametrize("method", ["cash", "check", "card"])
async def test_PAY_5_a_debits_return_is_of_no_payment_that_came_otherwise(method: str) -> None:
    world = await a_world()
    payment = await (world.pay_online(method="card") if method == "card" else world.pay(method=method))
    world.set("2016-01-06T10:00")
    await dropped(world, return_file(Entry(identification=NOBODYS, cents=payment.amount_cents)))
    [item] = world.rows(ReturnItem)
    with pytest.raises(InvalidValue) as refused:
        await assign(world, item, payment)
    assert str(refused.value) == (
        f"/payment came by {method}, and the item says that a debit of a bank account went back: find the payment that "
        "was debited, or dismiss the item and record what went back as a return of the payment"
    )
    assert [(each.rule, each.facts) for each in refused.value.reasons] == [("PAY-5", {"method": method})]
    assert (world.rows(ReturnItem), world.said(PaymentReturned)) == ([item], [])


async def test_PAY_5_a_debits_return_may_be_of_a_bank_account_given_by_phone() -> None:
    world = await a_world()
    payment = await world.pay(method="phone")
    world.set("2016-01-06T10:00")
    await dropped(world, return_file(Entry(identification=NOBODYS, cents=payment.amount_cents)))
    [item] = world.rows(ReturnItem)
    assert (await assign(world, item, payment)).state == "assigned"
    assert [each.payment for each in world.said(PaymentReturned)] == [payment.payment]


async def test_PAY_5_a_person_gives_the_day_where_the_items_own_cannot_be() -> None:
    world = await a_world()
    payment = await world.pay_online()
    world.set("2016-01-06T10:00")
    await dropped(world, return_file(of(payment), settled="002"))
    [item] = world.rows(ReturnItem)
    with pytest.raises(InvalidValue, match="/on must be from the day the payment was received"):
        await assign(world, item, payment)
    await assign(world, item, payment, on=date(2016, 1, 5))
    assert [each.returned_on for each in world.said(PaymentReturned)] == [date(2016, 1, 5)]


async def test_PAY_5_a_payment_that_one_item_returned_is_not_another_items() -> None:
    world = await a_world()
    payment = await world.pay_online()
    world.set("2016-01-06T10:00")
    await dropped(world, return_file(of(payment), Entry(identification=NOBODYS)))
    [item] = [each for each in world.rows(ReturnItem) if each.state == "open"]
    with pytest.raises(AlreadyReturned):
        await assign(world, item, payment)
    assert len(world.said(PaymentReturned)) == 1


@pytest.mark.parametrize(("code", "transaction"), [("C01", "26"), ("R68", "26"), ("R01", "21")])
async def test_PAY_5_what_says_of_no_debit_that_it_went_back_is_dismissed_when_it_is_done(
    code: str, transaction: str
) -> None:
    world = await a_world()
    payment = await world.pay_online()
    world.set("2016-01-06T10:00")
    await dropped(world, return_file(of(payment, code=code, transaction=transaction)))
    [item] = world.rows(ReturnItem)
    with pytest.raises(InvalidValue, match="says of no payment that it went back"):
        await assign(world, item, payment)
    decided = await dismiss(world, item.item, note="seen to with the bank")
    assert (decided.state, decided.decided_by, decided.decided_at) == ("dismissed", "ops", world.now)
    assert decided.note is not None
    assert decided.note.reveal() == "seen to with the bank"
    assert world.said(PaymentReturned) == []
    with pytest.raises(NotFound):
        await dismiss(world, "none")
