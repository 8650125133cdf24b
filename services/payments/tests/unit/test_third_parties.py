"""A third party pays for many households in one sum (PAY-1, PAY-3, PAY-5, PAY-13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.personal import Masked
from payments.application.decide_suspense import dismiss_suspense, lock_of
from payments.application.return_third_party import SumReturn, locks_of_sum, return_third_party
from payments.domain.events import PaymentReceived, PaymentReturned
from payments.domain.lockbox import LockboxDay, LockboxFile
from payments.domain.payer_kinds import PayerKind
from payments.domain.payments import Payment
from payments.domain.returns import PaymentReturn
from payments.domain.suspense import SuspenseItem
from payments.domain.third_parties import SumReturned, ThirdParty, ThirdPartyPayment
from payments.domain.third_party_file import SumLine, write_third_party_file
from payments.domain.trust_movements import TrustDay
from services.payments.tests.bank import Line, bai2
from services.payments.tests.builders import Row, Staff, World, at
from services.payments.tests.unit.test_reconciling import dropped as stated
from services.payments.tests.unit.test_reconciling import open_sides

JUNE, AVERY = SumLine(account="june", amount_cents=500_00), SumLine(account="avery", amount_cents=120_50)
TRIBE = """third-party,2015-12-03,2015-11-30,"Example Nation, Inc.",tribe,check,0004711
account,amount,names
june,500.00,invoice:i-1
avery,120.50,
total,2,620.50
"""


async def a_world() -> World:
    world = await World(start=at("2015-12-03T15:00")).opened()
    await world.heard_of("june", "avery")
    return world


def paid(
    *lines: SumLine,
    received: str = "2015-12-03",
    kind: PayerKind = "tribe",
    means: str = "check",
    number: str = "4711",
    payer: str = "Example Nation, Inc.",
    total: int | None = None,
) -> bytes:
    """Return the file of a sum; its total is that of its lines unless given."""
    said = ThirdParty(
        payer=Masked(payer),
        payer_kind=kind,
        means=means,  # pyright: ignore[reportArgumentType]
        reference=number,
        postmarked_on=None,
        amount_cents=sum(each.amount_cents for each in lines) if total is None else total,
    )
    return write_third_party_file(said, lines, received_on=date.fromisoformat(received))


async def dropped(world: World, content: bytes, *, name: str = "sum.csv") -> LockboxFile:
    """Drop a file in the lockbox folder, let it be read, and return it."""
    world.lockbox.content[name] = content
    await world.settle_down()
    return [each for each in world.rows(LockboxFile) if each.name == name][-1]


async def sent_back(world: World, file: str, *, on: str = "2015-12-07") -> ThirdPartyPayment:
    """Record that a whole sum went back."""
    order = SumReturn(file=file, kind="nsf", on=date.fromisoformat(on), reference="R-77", operator="ann")
    async with world.uows.begin(now=world.now) as uow:
        locks = await locks_of_sum(uow, file)
    async with world.uows.begin(now=world.now, households=locks) as uow:
        return await return_third_party(uow, order, locked=locks)


def payments(world: World) -> list[tuple[str, int, str | None]]:
    return sorted((each.household, each.amount_cents, each.reference) for each in world.rows(Payment))


async def test_PAY_1_one_check_for_many_households_is_a_payment_of_each_with_the_dates_of_the_whole() -> None:
    world = await a_world()
    file = await dropped(world, TRIBE.encode())
    assert (file.state, file.accepted_rows, file.accepted_cents, file.sequence) == ("loaded", 2, 620_50, None)
    assert [
        (each.household, each.cents, each.received_on, each.postmarked_on, each.invoice)
        for each in world.said(PaymentReceived)
    ] == [
        ("june", 500_00, date(2015, 12, 3), date(2015, 11, 30), "i-1"),
        ("avery", 120_50, date(2015, 12, 3), date(2015, 11, 30), None),
    ]
    assert payments(world) == [("avery", 120_50, "4711"), ("june", 500_00, "4711")]
    [whole] = world.rows(ThirdPartyPayment)
    assert (whole.file, whole.payer.reveal(), whole.payer_kind) == (
        file.file,
        "Example Nation, Inc.",
        "tribe",
    )
    assert (whole.means, whole.reference, whole.amount_cents, whole.lines) == ("check", "4711", 620_50, 2)
    assert list(world.lockbox.content) == ["loaded/sum.csv"]
    books = await world.books()
    assert (books.taken.lockbox_cents, books.balanced) == (620_50, True)
    assert world.rows(LockboxDay) == []  # the lockbox's own file of the day is still to come


REFUSED = {
    "a difference": (
        paid(JUNE, AVERY, total=700_00),
        "the last line says 700.00 and the lines add up to 620.50: a difference of 79.50",
    ),
    "lines that cannot be read": (
        TRIBE.replace("500.00", "500").replace("120.50,", "-1.00,").encode(),
        "line 3: the amount is not one such as 500.00, up to 999999.99; line 4: the amount is not one such as 500.00,"
        " up to 999999.99",
    ),
    "a count": (TRIBE.replace("total,2", "total,3").encode(), "the last line counts 3 lines and there are 2"),
    "no payer": (TRIBE.replace('"Example Nation, Inc."', "").encode(), "line 1: the payer must be a name"),
    "no kind": (TRIBE.replace(",tribe,", ",friend,").encode(), "line 1: the kind of payer must be one of"),
    "no means": (TRIBE.replace(",check,", ",cash,").encode(), "line 1: the means must be one of check"),
    "no number": (TRIBE.replace("0004711", "000").encode(), "line 1: the number must be the check's"),
    "tomorrow": (
        TRIBE.replace("2015-12-03", "2015-12-04").encode(),
        "line 1: the day received must be a date",
    ),
    "posted later": (
        TRIBE.replace("2015-11-30", "2015-12-04").encode(),
        "line 1: the postmark must be a date",
    ),
    "no households": (paid(total=1_00), "has 0 lines of households: it must have 1 to 5000"),
    "no header": (TRIBE.replace("account,amount", "amount,account").encode(), "line 2 is not the header"),
    "a provider of care": (
        paid(JUNE, kind="provider"),
        "line 1: a payer of the kind provider is not accepted here (third_party_payers, PAY-1)",
    ),
    "no such item": (paid(JUNE, means="suspense", number="none"), "line 1: no such item waits in suspense"),
}


@pytest.mark.parametrize("what", sorted(REFUSED))
async def test_PAY_1_a_sum_that_is_not_right_is_refused_whole_and_says_why(what: str) -> None:
    world = await a_world()
    content, says = REFUSED[what]
    file = await dropped(world, content)
    assert (file.state, file.waits, file.refusal is not None and file.refusal.startswith(says)) == (
        "refused",
        True,
        True,
    ), file.refusal
    assert (world.rows(Payment), world.rows(SuspenseItem), world.rows(ThirdPartyPayment)) == ([], [], [])


async def test_PAY_3_a_line_of_an_account_nobody_has_heard_of_waits_for_it_in_suspense() -> None:
    world = await a_world()
    await dropped(world, paid(JUNE, SumLine(account="sage", amount_cents=10_00)))
    assert [(each.account, each.reason, each.amount_cents) for each in world.rows(SuspenseItem)] == [
        ("sage", "unknown-account", 10_00)
    ]
    await world.heard_of("sage")
    assert payments(world) == [("june", 500_00, "4711"), ("sage", 10_00, "4711")]


async def test_PAY_3_the_same_sum_again_is_refused_and_what_may_be_a_double_of_a_line_waits() -> None:
    world = await a_world()
    await dropped(world, paid(JUNE, AVERY))
    world.lockbox.content["the same bytes.csv"] = paid(JUNE, AVERY)
    again = await dropped(world, paid(AVERY, JUNE, payer="EXAMPLE NATION INC"), name="again.csv")
    assert again.refusal == "the same sum of the same payer is recorded by another file"
    await dropped(world, paid(JUNE, payer="Another Name"), name="other.csv")
    assert [(each.account, each.reason) for each in world.rows(SuspenseItem)] == [("june", "possible-double")]
    assert (len(world.rows(Payment)), len(world.rows(LockboxFile))) == (2, 3)


async def test_PAY_3_a_check_of_the_lockbox_that_waits_in_suspense_is_told_apart_to_the_cent() -> None:
    world = await a_world()
    world.drop(
        Row(account="", amount="620.50", reference="4711", received="2015-12-02", postmarked="2015-12-01")
    )
    await world.settle_down()
    [waits] = world.rows(SuspenseItem)
    refused = await dropped(world, paid(JUNE, AVERY), name="as a check.csv")
    assert (
        refused.refusal == f"the check waits in suspense: say by the means suspense that it is {waits.item}"
    )
    wrong = await dropped(world, paid(JUNE, means="suspense", number=waits.item), name="half.csv")
    assert wrong.refusal == "the last line is not the amount of the item in suspense"
    await dropped(world, paid(JUNE, AVERY, means="suspense", number=waits.item))
    assert payments(world) == [("avery", 120_50, "4711"), ("june", 500_00, "4711")]
    assert {(each.received_on, each.postmarked_on) for each in world.rows(Payment)} == {
        (date(2015, 12, 2), date(2015, 12, 1))
    }
    books = await world.books()
    assert (books.taken.lockbox_cents, books.places.suspense_cents, books.balanced) == (620_50, 0, True)
    await world.advance("2015-12-04T10:00")
    assert open_sides(world) == ([], [("lockbox", 620_50)])
    assert [(each.ledger_cents, each.movements_cents) for each in world.rows(TrustDay)] == [(620_50, 620_50)]


CHECK = Row(account="", amount="620.50", reference="4711", received="2015-12-03", postmarked="2015-12-01")


def in_suspense(world: World) -> list[tuple[str | None, str, str, int]]:
    items = sorted(world.rows(SuspenseItem), key=lambda each: (each.recorded_at, each.amount_cents))
    return [(each.account, each.reason, each.state, each.amount_cents) for each in items]


SAME_SUM = "the same sum of the same payer is recorded by another file"


@pytest.mark.parametrize(
    ("means", "first", "again"),
    [
        ("bank-entry", "WIRE-9", "wire 9"),
        ("bank-entry", "0123", "123"),
        ("bank-entry", "WIRE 2016/01", "WIRE-2016-01"),
        ("check", "4711", "000-4711"),
    ],
)
async def test_PAY_3_a_sum_is_known_again_however_its_number_is_spelled(
    means: str, first: str, again: str
) -> None:
    world = await a_world()
    await dropped(world, paid(JUNE, AVERY, means=means, number=first))
    file = await dropped(world, paid(JUNE, AVERY, means=means, number=again), name="again.csv")
    assert (file.state, file.refusal) == ("refused", SAME_SUM)
    assert (await world.books()).taken.lockbox_cents == 620_50


async def test_PAY_3_an_entry_that_the_bank_calls_nothing_is_no_number_of_a_sum() -> None:
    world = await a_world()
    file = await dropped(world, paid(JUNE, AVERY, means="bank-entry", number="- 00"))
    assert file.refusal is not None
    assert file.refusal.startswith("line 1: the number must be the check's, the entry's reference")


@pytest.mark.parametrize("account", ["", "nation-1", "june"])
async def test_PAY_3_a_third_partys_check_that_the_lockbox_has_too_may_be_a_double_and_is_dismissed(
    account: str,
) -> None:
    world = await a_world()
    await dropped(world, paid(JUNE, AVERY))
    world.drop(replace(CHECK, account=account, reference="0004711"))
    await world.settle_down()
    assert in_suspense(world) == [(account or None, "possible-double", "open", 620_50)]
    [item] = world.rows(SuspenseItem)
    assert item.problems == ("a third party's sum of the same number and amount came in another file",)
    told = await dropped(world, paid(JUNE, AVERY, means="suspense", number=item.item), name="told.csv")
    assert told.refusal == SAME_SUM
    async with world.uows.begin(now=world.now, households=[lock_of(item.item)]) as uow:
        await dismiss_suspense(uow, item.item, operator="ann")
    books = await world.books()
    assert (books.taken.lockbox_cents, books.places.suspense_cents, books.balanced) == (620_50, 0, True)


async def test_PAY_3_a_third_partys_check_that_the_lockbox_credited_before_may_be_a_double_line_by_line() -> (
    None
):
    world = await a_world()
    world.drop(replace(CHECK, account="june", reference="0004711"))
    await world.settle_down()
    assert payments(world) == [("june", 620_50, "4711")]
    file = await dropped(world, paid(JUNE, AVERY))
    assert (file.state, payments(world)) == ("loaded", [("june", 620_50, "4711")])
    assert in_suspense(world) == [
        ("avery", "possible-double", "open", 120_50),
        ("june", "possible-double", "open", 500_00),
    ]
    assert {each.problems for each in world.rows(SuspenseItem)} == {
        ("a check of the number and the amount of the whole sum was credited from a lockbox file",)
    }
    for each in world.rows(SuspenseItem):
        async with world.uows.begin(now=world.now, households=[lock_of(each.item)]) as uow:
            await dismiss_suspense(uow, each.item, operator="ann")
    books = await world.books()
    assert (books.taken.lockbox_cents, books.places.suspense_cents, books.balanced) == (620_50, 0, True)


@pytest.mark.parametrize(
    "other",
    [
        replace(CHECK, account="june", reference="4712"),
        replace(CHECK, account="june", amount="620.51"),
    ],
)
async def test_PAY_3_a_check_of_another_number_or_amount_is_no_double_of_a_sum_that_comes_after_it(
    other: Row,
) -> None:
    world = await a_world()
    world.drop(other)
    await world.settle_down()
    await dropped(world, paid(JUNE, AVERY))
    assert (in_suspense(world), len(payments(world))) == ([], 3)


async def test_PAY_3_a_lockbox_check_that_went_back_is_no_double_of_a_sum() -> None:
    world = await a_world()
    world.drop(replace(CHECK, account="june"))
    await world.settle_down()
    [credited] = world.rows(Payment)
    world.set("2015-12-07T10:00")
    await world.give_back(credited)
    await dropped(world, paid(JUNE, AVERY, received="2015-12-07"))
    assert in_suspense(world) == []


async def test_PAY_3_a_check_of_another_amount_or_of_a_sum_that_went_back_is_no_double_of_the_sum() -> None:
    world = await a_world()
    file = await dropped(world, paid(JUNE, AVERY))
    world.drop(replace(CHECK, amount="620.51"))
    await world.settle_down()
    world.set("2015-12-07T10:00")
    await sent_back(world, file.file)
    world.drop(replace(CHECK, received="2015-12-07"), deposited="2015-12-07")
    await world.settle_down()
    assert in_suspense(world) == [
        (None, "unknown-account", "open", 620_51),
        (None, "unknown-account", "open", 620_50),
    ]


async def test_PAY_3_a_check_that_was_told_apart_is_not_recorded_again_as_a_check() -> None:
    world = await a_world()
    world.drop(replace(CHECK, received="2015-12-02"))
    await world.settle_down()
    [waits] = world.rows(SuspenseItem)
    await dropped(world, paid(JUNE, AVERY, means="suspense", number=waits.item))
    again = await dropped(world, paid(JUNE, AVERY, number="0004711"), name="as a check.csv")
    assert (again.state, again.refusal) == ("refused", SAME_SUM)
    world.set("2015-12-03T16:00")
    world.drop(CHECK, sequence=2)
    await world.settle_down()
    assert in_suspense(world)[1:] == [(None, "possible-double", "open", 620_50)]
    assert payments(world) == [("avery", 120_50, "4711"), ("june", 500_00, "4711")]


async def test_PAY_3_a_check_that_waits_for_an_account_nobody_has_heard_of_is_told_apart_too() -> None:
    world = await a_world()
    world.drop(replace(CHECK, account="nation-1", received="2015-12-02"))
    await world.settle_down()
    [waits] = world.rows(SuspenseItem)
    refused = await dropped(world, paid(JUNE, AVERY), name="as a check.csv")
    assert (
        refused.refusal == f"the check waits in suspense: say by the means suspense that it is {waits.item}"
    )
    await dropped(world, paid(JUNE, AVERY, means="suspense", number=waits.item))
    await world.heard_of("nation-1")
    assert payments(world) == [("avery", 120_50, "4711"), ("june", 500_00, "4711")]
    assert (await world.books()).taken.lockbox_cents == 620_50


async def test_PAY_3_a_line_that_waits_is_not_taken_for_another_payers_check() -> None:
    world = await a_world()
    sage = SumLine(account="sage", amount_cents=620_50)
    await dropped(world, paid(sage, payer="Another Name"))
    file = await dropped(world, paid(JUNE, AVERY), name="other.csv")
    assert (file.state, len(payments(world))) == ("loaded", 2)


async def test_PAY_5_a_check_that_bounces_takes_back_every_line_as_one_act() -> None:
    world = await a_world()
    sage = SumLine(account="sage", amount_cents=10_00)
    file = await dropped(world, paid(JUNE, AVERY, sage))
    await world.heard_of("robin")
    world.set("2015-12-07T10:00")
    [avery] = [each for each in world.rows(Payment) if each.household == "avery"]
    staff = Staff(world)
    await staff.move(avery, ("robin", 20_50))
    whole = await sent_back(world, file.file)
    assert (whole.returned_cents, whole.returned_on) == (630_50, date(2015, 12, 7))
    assert sorted((each.household, each.cents) for each in world.said(PaymentReturned)) == [
        ("avery", 100_00),
        ("june", 500_00),
        ("robin", 20_50),
    ]
    assert [(each.state, each.third_party) for each in world.rows(SuspenseItem)] == [("dismissed", file.file)]
    books = await world.books()
    assert (books.places.suspense_cents, books.places.returned_cents, books.balanced) == (0, 620_50, True)
    with pytest.raises(SumReturned):
        await sent_back(world, file.file)
    assert len(world.rows(PaymentReturn)) == 3
    await world.heard_of("sage")
    assert [each.household for each in world.rows(Payment) if each.household == "sage"] == []


async def test_PAY_5_what_of_a_sum_went_back_before_goes_back_no_second_time() -> None:
    world = await a_world()
    file = await dropped(world, paid(JUNE, AVERY))
    world.set("2015-12-07T10:00")
    [june] = [each for each in world.rows(Payment) if each.household == "june"]
    await world.give_back(june)
    with pytest.raises(InvalidValue) as refused:
        await sent_back(world, file.file, on="2015-12-08")
    assert refused.value.field == "/on"
    assert (await sent_back(world, file.file)).returned_cents == 120_50


@pytest.mark.parametrize(("means", "reference"), [("check", ""), ("bank-entry", "WIRE-9")])
async def test_PAY_13_the_bank_has_one_sum_that_comes_and_one_that_goes_back(
    means: str, reference: str
) -> None:
    world = await a_world()
    file = await dropped(world, paid(JUNE, AVERY, means=means, number=reference or "4711"))
    await world.advance("2015-12-04T06:00")
    lines: Sequence[Line] = [Line(cents=620_50, reference=reference)]
    await stated(world, bai2(*lines, day="151203"), name="1.bai")
    assert open_sides(world) == ([], [])
    await world.advance("2015-12-07T10:00")
    await sent_back(world, file.file)
    await world.advance("2015-12-08T06:00")
    await stated(world, bai2(Line(cents=-620_50), day="151207", opening=620_50), name="2.bai")
    assert open_sides(world) == ([], [])
    assert all(each.ledger_cents == each.movements_cents for each in world.rows(TrustDay))


async def test_I9_a_crash_anywhere_records_a_sum_once() -> None:
    world = await a_world()
    world.lockbox.content["sum.csv"] = paid(JUNE, AVERY)
    step = 0
    while await world.crash_at(step):
        step += 1
    assert payments(world) == [("avery", 120_50, "4711"), ("june", 500_00, "4711")]
    assert len(world.rows(ThirdPartyPayment)) == 1
