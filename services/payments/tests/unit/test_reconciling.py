"""The bank's statements against the books: what is the same, what is open, and what a day differs by (PAY-13)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.corrections import CorrectionNotOpen, CorrectionWaits, SecondPersonNeeded
from bulkhead.kernel.errors import InvalidValue, NotFound
from bulkhead.retries.retries import Retry
from bulkhead_testing.files import MemoryFiles
from payments.application.decide_bank_items import (
    Asked,
    decide_bank_decision,
    match_items,
    note_items,
    reverse_bank_decision,
    separate_items,
    take_file_back,
)
from payments.application.derive_movements import derive_day
from payments.application.find_overdue import overdue_by
from payments.application.hold_debits import decide_debit, hold_debits
from payments.application.load_bank_files_again import load_bank_files_again
from payments.application.match_bank_entries import match_open
from payments.application.reconcile_day import reconcile_day
from payments.application.write_debit_files import make_debit_file
from payments.application.write_journal import write_journal
from payments.domain.ach_debits import DebitDecision
from payments.domain.bank_days import BankDay, Difference
from payments.domain.bank_decisions import BankDecision, BankReason, ItemNotOpen
from payments.domain.bank_statements import TRUST_LOCK, BankEntry, BankFile, BankFileContent, BankStatement
from payments.domain.journal import TRUST, balances
from payments.domain.lockbox import LockboxFile
from payments.domain.payments import Payment
from payments.domain.trust_movements import TrustDay, TrustMovement, movement
from services.payments.tests.bank import Line, bai2, camt
from services.payments.tests.builders import PARAMETERS, Row, World, at, refund, settled
from services.payments.tests.debits import keep, pay_from

MONDAY, TUESDAY = date(2016, 1, 4), date(2016, 1, 5)


async def a_world() -> World:
    world = await World(start=at("2016-01-04T10:00")).opened()  # a Monday
    await world.heard_of("june", "avery")
    return world


async def dropped(world: World, content: bytes, *, name: str = "S.bai") -> BankFile:
    """Drop a statement file, let it be read, and return it."""
    world.statements.content[name] = content
    await world.settle_down()
    return [each for each in world.rows(BankFile) if each.name == name][-1]


def open_sides(world: World) -> tuple[list[int], list[tuple[str, int]]]:
    """Return the cents of open entries, and kind and cents of open movements."""
    entries = [each.signed_cents for each in world.rows(BankEntry) if each.state == "open"]
    movements = [(each.kind, each.signed_cents) for each in world.rows(TrustMovement) if each.state == "open"]
    return sorted(entries), sorted(movements)


async def day_of(world: World, day: date) -> BankDay:
    async with world.uows.begin(now=world.now) as uow:
        return await reconcile_day(uow, day, holidays=frozenset())


async def overdue(world: World) -> list[tuple[str, str]]:
    async with world.uows.begin(now=world.now) as uow:
        found = await overdue_by(PARAMETERS)(uow)
    return [
        (each.kind, each.deadline.isoformat()) for each in found if each.kind.startswith(("bank", "trust"))
    ]


class Desk:
    """Operators who decide; each decision has the next number."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.number = 0

    def asked(self, because: BankReason, by: str) -> Asked:
        self.number += 1
        return Asked(correction=f"d{self.number}", because=because, note=None, operator=by)

    def entries(self, *cents: int) -> list[str]:
        return [each.entry for each in self.world.rows(BankEntry) if each.signed_cents in cents]

    def movements(self, *cents: int) -> list[str]:
        return [each.movement for each in self.world.rows(TrustMovement) if each.signed_cents in cents]

    async def match(self, entries: list[str], movements: list[str], *, by: str = "ann") -> BankDecision:
        async with self.world.uows.begin(now=self.world.now, households=[TRUST_LOCK]) as uow:
            return await match_items(
                uow,
                entries=entries,
                movements=movements,
                asked=self.asked("same-money", by),
                parameters=PARAMETERS,
            )

    async def note(
        self, entries: list[str], movements: list[str] | None = None, *, by: str = "ann"
    ) -> BankDecision:
        async with self.world.uows.begin(now=self.world.now, households=[TRUST_LOCK]) as uow:
            return await note_items(
                uow,
                entries=entries,
                movements=movements or [],
                asked=self.asked("fee", by),
                parameters=PARAMETERS,
            )

    async def separate(self, match: str, *, by: str = "ann") -> BankDecision:
        async with self.world.uows.begin(now=self.world.now, households=[TRUST_LOCK]) as uow:
            return await separate_items(
                uow, match, asked=self.asked("not-the-same", by), parameters=PARAMETERS
            )

    async def take_back(self, file: BankFile, *, by: str = "ann") -> BankDecision:
        async with self.world.uows.begin(now=self.world.now, households=[TRUST_LOCK]) as uow:
            return await take_file_back(
                uow, file.file, asked=self.asked("bank-error", by), parameters=PARAMETERS
            )

    async def approve(self, decision: BankDecision, *, by: str) -> BankDecision:
        async with self.world.uows.begin(now=self.world.now, households=[TRUST_LOCK]) as uow:
            return await decide_bank_decision(uow, decision.correction, "approve", operator=by)

    async def reverse(self, decision: BankDecision, *, by: str = "ann") -> BankDecision:
        async with self.world.uows.begin(now=self.world.now, households=[TRUST_LOCK]) as uow:
            return await reverse_bank_decision(
                uow, decision.correction, asked=self.asked("not-the-same", by), parameters=PARAMETERS
            )


async def test_PAY_13_each_kind_of_money_that_moved_is_a_movement_of_its_day_and_they_are_the_ledgers_sum() -> (
    None
):
    world = await a_world()
    card = await world.pay_online(cents=300_00, method="card")
    await world.pay_online(cents=200_00)
    cash = await world.pay(cents=80_00)
    await world.pay(cents=20_00)
    world.drop(Row(amount="500.00", received="2016-01-04"), deposited="2016-01-04")
    await world.settle_down()
    await world.give_back(cash)
    await world.hear(refund(card, cents=50_00))
    await world.advance("2016-01-05T10:00")
    moved = sorted((each.kind, each.on, each.signed_cents) for each in world.rows(TrustMovement))
    assert moved == [
        ("counter", MONDAY, 100_00),
        ("lockbox", MONDAY, 500_00),
        ("processor", MONDAY, 500_00),
        ("refund", MONDAY, -50_00),
        ("return", MONDAY, -80_00),
    ]
    (monday,) = world.rows(TrustDay)
    assert (monday.ledger_cents, monday.movements_cents) == (970_00, 970_00)
    lockbox = next(each for each in world.rows(TrustMovement) if each.kind == "lockbox")
    assert lockbox.reference == "LOCKBOX 2016-01-04 1"


async def test_PAY_13_what_a_carrier_was_paid_and_a_double_that_is_none_moved_too() -> None:
    world = await a_world()
    paid = await world.pay(cents=500_00)
    await world.hear(settled(paid, on="2016-01-04"))
    await world.advance("2016-01-07T10:00")  # remitted on Wednesday
    remitted = [each for each in world.rows(TrustMovement) if each.kind == "remittance"]
    assert [(each.on, each.signed_cents, each.reference) for each in remitted] == [
        (date(2016, 1, 6), -500_00, "BCBSVT 2016-01-06 1")
    ]
    assert max(world.rows(TrustDay), key=lambda each: each.day).ledger_cents == 0


@pytest.mark.parametrize("of", [bai2, camt])
async def test_PAY_13_a_statement_that_has_what_the_books_moved_agrees_to_the_cent(of: object) -> None:
    world = await a_world()
    await world.pay_online(cents=500_00)
    await world.pay(cents=80_00)
    await world.advance("2016-01-05T10:00")
    lines = [Line(cents=500_00), Line(cents=80_00)]
    content = bai2(*lines) if of is bai2 else camt(*lines)
    file = await dropped(world, content, name="S.bai" if of is bai2 else "S.xml")
    assert (file.state, file.format, file.statements) == ("loaded", "bai2" if of is bai2 else "camt.053", 1)
    assert open_sides(world) == ([], [])
    day = await day_of(world, MONDAY)
    assert day.agrees
    assert (day.ledger_cents, day.closing_cents, day.difference_cents) == (580_00, 580_00, 0)


async def test_PAY_13_a_statement_that_comes_before_its_day_is_over_here_is_matched_once_it_is() -> None:
    world = await a_world()
    await world.pay_online(cents=500_00)
    await dropped(world, bai2(Line(cents=500_00)))
    assert open_sides(world) == ([500_00], [])
    await world.advance("2016-01-05T10:00")
    assert open_sides(world) == ([], [])
    assert (await day_of(world, MONDAY)).agrees


async def test_PAY_13_what_one_side_has_alone_is_outstanding_and_the_day_agrees_all_the_same() -> None:
    world = await a_world()
    await world.pay_online(cents=500_00)
    await world.pay(cents=80_00)
    await world.advance("2016-01-05T10:00")
    await dropped(world, bai2(Line(cents=500_00), Line(cents=-12_00, text="SERVICE CHARGE"), opening=7_00))
    assert open_sides(world) == ([-12_00], [("counter", 80_00)])
    day = await day_of(world, MONDAY)
    assert (day.brought_forward_cents, day.not_on_statement_cents, day.not_in_books_cents) == (
        7_00,
        80_00,
        -12_00,
    )
    assert (day.closing_cents, day.expected_cents, day.difference_cents) == (495_00, 495_00, 0)
    assert (day.open_movements, day.open_entries) == (1, 1)


async def test_PAY_13_money_on_its_way_is_outstanding_until_the_statement_that_has_it() -> None:
    world = await a_world()
    await world.pay_online(cents=500_00)
    await world.advance("2016-01-06T10:00")
    await dropped(world, bai2(day="160104"), name="1.bai")
    await dropped(world, bai2(Line(cents=500_00), day="160105"), name="2.bai")
    assert open_sides(world) == ([], [])
    monday, tuesday = await day_of(world, MONDAY), await day_of(world, TUESDAY)
    assert (monday.not_on_statement_cents, monday.difference_cents) == (500_00, 0)
    assert (tuesday.not_on_statement_cents, tuesday.difference_cents) == (0, 0)


async def test_PAY_13_a_statement_that_does_not_follow_from_the_one_before_is_the_difference_by_name() -> (
    None
):
    world = await a_world()
    await world.pay_online(cents=500_00)
    await world.advance("2016-01-07T10:00")
    await dropped(world, bai2(Line(cents=500_00), day="160104"), name="1.bai")
    await dropped(world, bai2(day="160106", opening=499_00), name="3.bai")
    day = await day_of(world, date(2016, 1, 6))
    assert not day.agrees
    assert day.difference_cents == -1_00
    assert day.missing == (TUESDAY,)
    assert day.differences == (Difference(because="statements", day=date(2016, 1, 6), cents=-1_00),)


async def test_PAY_13_one_entry_may_be_the_sum_of_what_the_books_have_of_a_kind_and_a_day_or_the_other_way() -> (
    None
):
    world = await a_world()
    first, second = await world.pay_online(cents=300_00), await world.pay_online(cents=200_00)
    await world.advance("2016-01-05T10:00")
    await world.give_back(first)
    await world.give_back(second)
    await world.advance("2016-01-06T10:00")
    await dropped(
        world, bai2(Line(cents=310_00), Line(cents=190_00), Line(cents=-500_00), day="160105"), name="1.bai"
    )
    assert open_sides(world) == ([], [])


async def drawn(world: World, *draws: tuple[str, str, int]) -> None:
    """Draw from a household's account at a time so many cents, one after the other."""
    for number, (at_time, household, cents) in enumerate(draws):
        await world.advance(at_time)
        await pay_from(world, await keep(world, household), name=f"d-{number}", cents=cents)


async def stated(world: World, *cents: int, day: str, opening: int) -> None:
    """Drop a day's statement of these credits, the next morning."""
    await dropped(
        world, bai2(*[Line(cents=each) for each in cents], day=day, opening=opening), name=f"{day}.bai"
    )


@pytest.mark.parametrize("posted", [(200_00, 100_00), (300_00,)], ids=["by batch", "by file"])
async def test_PAY_13_a_day_with_debits_before_and_after_the_hour_of_its_file_agrees(
    posted: tuple[int, ...],
) -> None:
    world = await a_world()
    await drawn(
        world,
        ("2016-01-04T10:30", "june", 300_00),
        ("2016-01-04T18:00", "avery", 200_00),
        ("2016-01-05T10:00", "june", 100_00),
    )
    await world.advance("2016-01-06T06:00")
    await stated(world, 300_00, day="160105", opening=0)
    await world.advance("2016-01-07T06:00")
    await stated(world, *posted, day="160106", opening=300_00)
    assert open_sides(world) == ([], [])
    assert [(each.ledger_cents, each.movements_cents) for each in world.rows(TrustDay)] == [
        (500_00, 500_00),
        (600_00, 600_00),
        (600_00, 600_00),
    ]
    assert (await day_of(world, date(2016, 1, 6))).differences == ()


async def test_PAY_13_a_weekends_debits_that_go_in_two_files_are_two_sums_and_what_was_called_off_one() -> (
    None
):
    world = await a_world()
    await drawn(
        world,
        ("2016-01-08T18:00", "june", 70_00),
        ("2016-01-09T10:00", "june", 300_00),
        ("2016-01-09T11:00", "avery", 200_00),
        ("2016-01-09T12:00", "june", 40_00),
    )
    await world.advance("2016-01-11T16:00")
    [back] = [each for each in world.rows(Payment) if each.amount_cents == 40_00]
    await world.give_back(back)
    for household in ("june", "avery"):
        async with world.uows.begin(now=world.now, households=[household]) as uow:
            await make_debit_file(uow, [household], debit=world.direct_debit)
    await world.advance("2016-01-13T06:00")
    await stated(world, 300_00, 200_00, 70_00, day="160112", opening=0)
    assert open_sides(world) == ([], [("return", -40_00), ("web-debits", 40_00)])
    assert all(each.ledger_cents == each.movements_cents for each in world.rows(TrustDay))


async def held_with(world: World) -> None:
    """Draw twice on Monday; the file that has both is not put in its folder, and our database is restored."""
    world.debits.away.add("")
    await drawn(world, ("2016-01-04T10:30", "june", 100_00), ("2016-01-04T11:00", "avery", 200_00))
    await world.advance("2016-01-04T17:00")


async def restored(world: World) -> None:
    await hold_debits(world.uows, now=world.now)
    world.debits.away.clear()


async def said(world: World, debit: str, decision: DebitDecision) -> None:
    """A person says of a held debit whether it was sent."""
    async with world.uows.begin(now=world.now, households=["june", "avery"]) as uow:
        await decide_debit(uow, debit, decision=decision)


def sums_of(world: World) -> list[tuple[str, int, str]]:
    """Return day, cents and state of each sum of debits, and whether a file asks for it."""
    return sorted(
        (f"{each.on}{'' if each.file is None else ' in a file'}", each.signed_cents, each.state)
        for each in world.rows(TrustMovement)
        if each.kind == "web-debits"
    )


async def test_PAY_13_debits_of_a_day_that_are_said_to_be_sent_on_several_days_are_one_sum_of_their_file() -> (
    None
):
    world = await a_world()
    await held_with(world)
    await restored(world)
    await world.advance("2016-01-05T12:00")
    await said(world, "d-0", "was-sent")
    await world.advance("2016-01-06T12:00")
    assert sums_of(world) == [("2016-01-04", 200_00, "open"), ("2016-01-04 in a file", 100_00, "open")]
    await said(world, "d-1", "was-sent")
    await world.advance("2016-01-08T12:00")
    assert sums_of(world) == [("2016-01-04 in a file", 300_00, "open")]
    assert [each.day for each in world.rows(TrustDay)][-1] == date(2016, 1, 7)
    assert all(each.ledger_cents == each.movements_cents == 300_00 for each in world.rows(TrustDay))


async def test_PAY_13_what_more_a_file_is_said_to_have_is_a_sum_beside_the_one_that_is_matched() -> None:
    world = await a_world()
    await held_with(world)
    await restored(world)
    await said(world, "d-0", "was-sent")
    await world.advance("2016-01-06T06:00")
    await stated(world, 100_00, day="160105", opening=0)
    assert sums_of(world) == [("2016-01-04", 200_00, "open"), ("2016-01-04 in a file", 100_00, "matched")]
    await said(world, "d-1", "was-sent")
    await world.advance("2016-01-07T06:00")
    assert sums_of(world) == [
        ("2016-01-04 in a file", 100_00, "matched"),
        ("2016-01-04 in a file", 200_00, "open"),
    ]
    await stated(world, 200_00, day="160106", opening=100_00)
    await world.advance("2016-01-08T06:00")
    assert open_sides(world) == ([], [])
    assert all(each.ledger_cents == each.movements_cents for each in world.rows(TrustDay))


async def test_PAY_13_the_sum_of_a_file_that_was_withdrawn_is_told_anew_as_people_say_where_its_debits_are() -> (
    None
):
    world = await a_world()
    await held_with(world)
    await world.advance("2016-01-05T06:00")
    assert sums_of(world) == [("2016-01-04 in a file", 300_00, "open")]
    await restored(world)
    await world.advance("2016-01-06T06:00")
    assert sums_of(world) == [("2016-01-04", 300_00, "open")]
    await said(world, "d-0", "was-sent")
    await said(world, "d-1", "send")
    await world.advance("2016-01-07T06:00")
    assert sums_of(world) == [
        ("2016-01-04 in a file", 100_00, "open"),
        ("2016-01-04 in a file", 200_00, "open"),
    ]
    await stated(world, 100_00, 200_00, day="160107", opening=0)
    assert open_sides(world) == ([], [])
    assert all(each.ledger_cents == each.movements_cents for each in world.rows(TrustDay))


async def test_PAY_13_what_is_called_the_same_is_the_same_whenever_and_of_another_amount_waits() -> None:
    world = await a_world()
    world.drop(Row(amount="500.00", received="2016-01-04"), deposited="2016-01-04")
    world.drop(
        Row(amount="60.00", received="2016-01-04", reference="1002"),
        deposited="2016-01-04",
        sequence=2,
        name="2.csv",
    )
    await world.advance("2016-02-01T10:00")
    lines = [
        Line(cents=500_00, bank_reference="000lockbox-2016-01-04-1"),
        Line(cents=61_00, reference="LOCKBOX 2016-01-04 2"),
    ]
    await dropped(world, bai2(*lines, day="160129"))
    assert open_sides(world) == ([61_00], [("lockbox", 60_00)])


async def test_PAY_13_a_movement_that_an_entry_is_called_like_is_not_given_to_another_of_its_amount() -> None:
    world = await a_world()
    world.drop(Row(amount="60.00", received="2016-01-04"), deposited="2016-01-04")
    await world.advance("2016-01-05T10:00")
    lines = [Line(cents=61_00, reference="LOCKBOX 2016-01-04 1"), Line(cents=60_00, reference="GIFT")]
    await dropped(world, bai2(*lines))
    await world.advance("2016-01-07T10:00")
    assert open_sides(world) == ([60_00, 61_00], [("lockbox", 60_00)])


async def test_PAY_13_of_two_entries_that_are_called_like_a_movement_the_one_of_its_amount_is_it() -> None:
    world = await a_world()
    world.drop(Row(amount="60.00", received="2016-01-04"), deposited="2016-01-04")
    await world.advance("2016-01-05T10:00")
    called = "LOCKBOX 2016-01-04 1"
    await dropped(world, bai2(Line(cents=61_00, reference=called), Line(cents=60_00, reference=called)))
    assert open_sides(world) == ([61_00], [])


async def a_deposit_that_the_bank_booked_twice() -> tuple[World, BankFile]:
    """Return a world in which one of the two entries is matched with the deposit, and the other is open."""
    world = await a_world()
    world.drop(Row(amount="60.00", received="2016-01-04"), deposited="2016-01-04")
    await world.advance("2016-01-05T10:00")
    twice = [Line(cents=60_00, reference="LOCKBOX 2016-01-04 1")] * 2
    return world, await dropped(world, bai2(*twice), name="1.bai")


async def test_PAY_13_of_a_double_entry_the_second_is_matched_with_no_later_money_of_its_amount() -> None:
    world, _ = await a_deposit_that_the_bank_booked_twice()
    assert open_sides(world) == ([60_00], [])
    await world.pay(cents=60_00)
    await world.advance("2016-01-06T10:00")
    assert open_sides(world) == ([60_00], [("counter", 60_00)])
    await dropped(world, bai2(Line(cents=60_00), day="160105", opening=120_00), name="2.bai")
    assert open_sides(world) == ([60_00], [])


async def test_PAY_13_a_double_entry_that_comes_after_its_deposit_was_matched_waits_for_a_person_too() -> (
    None
):
    world = await a_world()
    world.drop(Row(amount="60.00", received="2016-01-04"), deposited="2016-01-04")
    await world.pay(cents=60_00)
    await world.advance("2016-01-05T10:00")
    called = Line(cents=60_00, reference="LOCKBOX 2016-01-04 1")
    await dropped(world, bai2(called), name="1.bai")
    assert open_sides(world) == ([], [("counter", 60_00)])
    await world.advance("2016-01-06T10:00")
    await dropped(world, bai2(called, day="160105", opening=60_00), name="2.bai")
    assert open_sides(world) == ([60_00], [("counter", 60_00)])


async def test_PAY_13_a_double_entry_that_two_persons_set_apart_stays_apart_with_its_double() -> None:
    world, _ = await a_deposit_that_the_bank_booked_twice()
    desk = Desk(world)
    matched = next(each for each in world.rows(BankEntry) if each.state == "matched")
    apart = await desk.separate(matched.settled_by or "")
    assert apart.state == "applied"
    await world.pay(cents=60_00)
    await world.advance("2016-01-07T10:00")
    assert open_sides(world) == ([60_00, 60_00], [("counter", 60_00), ("lockbox", 60_00)])


async def test_PAY_13_money_is_not_given_to_another_once_the_entry_that_is_called_like_it_is_explained() -> (
    None
):
    world = await a_world()
    world.drop(Row(amount="60.00", received="2016-01-04"), deposited="2016-01-04")
    await world.advance("2016-01-05T10:00")
    wrong = Line(cents=61_00, reference="LOCKBOX 2016-01-04 1")
    await dropped(world, bai2(wrong), name="1.bai")
    desk = Desk(world)
    await desk.note(desk.entries(61_00))
    await world.advance("2016-01-06T10:00")
    await dropped(world, bai2(Line(cents=60_00, reference="GIFT"), day="160105", opening=61_00), name="2.bai")
    assert open_sides(world) == ([60_00], [("lockbox", 60_00)])
    right = Line(cents=60_00, reference="LOCKBOX 2016-01-04 1")
    await world.advance("2016-01-07T10:00")
    await dropped(world, bai2(right, day="160106", opening=121_00), name="3.bai")
    assert open_sides(world) == ([60_00], [])


async def test_PAY_13_what_only_a_file_that_was_taken_back_set_apart_is_apart_no_more() -> None:
    world = await a_world()
    world.drop(Row(amount="60.00", received="2016-01-04"), deposited="2016-01-04")
    await world.advance("2016-01-05T10:00")
    wrong = await dropped(world, bai2(Line(cents=61_00, reference="LOCKBOX 2016-01-04 1")), name="1.bai")
    desk = Desk(world)
    await desk.approve(await desk.take_back(wrong), by="bob")
    await dropped(world, bai2(Line(cents=60_00)), name="2.bai")
    assert open_sides(world) == ([], [])


async def test_PAY_13_the_same_amount_of_long_ago_is_not_taken_for_the_same() -> None:
    world = await a_world()
    await world.pay_online(cents=500_00)
    await world.advance("2016-01-29T10:00")
    await dropped(world, bai2(Line(cents=500_00), day="160128"))
    assert open_sides(world) == ([500_00], [("processor", 500_00)])


async def test_PAY_13_a_file_is_stored_whole_and_one_of_a_day_that_has_a_statement_is_refused() -> None:
    world = await a_world()
    first = bai2(Line(cents=500_00))
    await dropped(world, first, name="1.bai")
    world.statements.content["again.bai"] = first
    await world.settle_down()
    assert "loaded/again.bai" in world.statements.content
    assert len(world.rows(BankFile)) == len(world.rows(BankStatement)) == 1
    other = await dropped(world, camt(Line(cents=500_00)), name="other.xml")
    assert (other.state, other.refusal, other.waits) == (
        "refused",
        "a statement of 2016-01-04 is loaded",
        True,
    )
    assert {each.content for each in world.rows(BankFileContent)} == {first, camt(Line(cents=500_00))}
    assert len(world.rows(BankEntry)) == 1


async def test_PAY_13_a_file_that_is_not_whole_leaves_nothing_and_says_line_and_field() -> None:
    world = await a_world()
    file = await dropped(world, bai2(Line(cents=500_00), closing=499_00))
    assert file.state == "refused"
    assert file.refusal == (
        "line 3: closing ledger balance must be 500.00, the opening balance of 0.00 and the sum of 1 entries, and is"
        " 499.00"
    )
    assert (world.rows(BankStatement), world.rows(BankEntry)) == ([], [])
    other = await dropped(world, b"hello", name="hello.txt")
    assert other.refusal == "line 1: file must begin as BAI2, with 01, or be an XML of camt.053"


class Measured(MemoryFiles):
    """A folder in which one file is too large to be read."""

    async def get(self, path: str) -> bytes:
        assert path != "large.bai"
        return await super().get(path)

    async def size(self, path: str) -> int:
        return 64 * 1024 * 1024 + 1 if path == "large.bai" else await super().size(path)


async def test_PAY_13_a_file_that_is_too_large_is_not_read_and_says_so_where_it_lies() -> None:
    world = World(start=at("2016-01-04T10:00"))
    world.statements = Measured()
    world.restart()
    await world.heard_of("june")
    world.statements.content["large.bai"] = b"01"
    file = await dropped(world, bai2(Line(cents=500_00)), name="small.bai")
    assert file.state == "loaded"
    assert len(world.rows(BankFile)) == 1
    assert sorted(world.statements.content) == ["large.bai", "loaded/small.bai"]
    assert [(each.kind, each.item, each.reason) for each in world.rows(Retry)] == [
        ("bank-folder", "large.bai", "the file is of 67108865 bytes: it must be of 67108864 at most")
    ]


async def test_PAY_13_files_of_after_a_backup_are_loaded_again_once() -> None:
    world = await World(start=at("2016-01-07T10:00")).opened()
    world.statements.content["loaded/a.bai"] = bai2(day="160105")
    world.statements.content["loaded/b.bai"] = bai2(day="160104")
    world.statements.content["refused/c.bai"] = b"01"
    for _ in range(2):
        await load_bank_files_again(
            world.uows, folder=world.statements, account=None, parameters=PARAMETERS, now=world.now
        )
    states = {each.name: each.state for each in world.rows(BankFile)}
    assert states == {"a.bai": "loaded", "b.bai": "loaded", "c.bai": "refused"}
    assert {each.day for each in world.rows(BankStatement)} == {MONDAY, TUESDAY}


async def test_PAY_13_a_crash_anywhere_keeps_each_entry_and_each_match_once() -> None:
    for step in range(0, 700, 3):
        world = await a_world()
        await world.pay_online(cents=500_00)
        await world.advance("2016-01-05T10:00")
        world.statements.content["S.bai"] = bai2(Line(cents=500_00), Line(cents=-1_00))
        crashed = await world.crash_at(step)
        await world.settle_down()
        assert [each.state for each in world.rows(BankFile)] == ["loaded"]
        assert open_sides(world) == ([-1_00], [])
        if not crashed:
            return
    raise AssertionError("it never ran to its end")


async def test_PAY_13_a_person_matches_to_the_cent_what_is_open_and_may_take_it_back() -> None:
    world = await a_world()
    await world.pay_online(cents=300_00)
    await world.pay(cents=80_00)
    await world.advance("2016-01-05T10:00")
    await dropped(world, bai2(Line(cents=370_00), Line(cents=10_00)))
    desk = Desk(world)
    with pytest.raises(InvalidValue):
        await desk.match(desk.entries(370_00), desk.movements(300_00, 80_00))
    decision = await desk.match(desk.entries(370_00, 10_00), desk.movements(300_00, 80_00))
    assert (decision.state, decision.cents) == ("applied", 380_00)
    assert open_sides(world) == ([], [])
    assert (await day_of(world, MONDAY)).agrees
    with pytest.raises(ItemNotOpen):
        await desk.note(desk.entries(10_00))
    back = await desk.reverse(decision)
    assert open_sides(world) == ([10_00, 370_00], [("counter", 80_00), ("processor", 300_00)])
    with pytest.raises(CorrectionNotOpen):
        await desk.reverse(decision)
    await desk.reverse(back)
    assert open_sides(world) == ([], [])


async def test_PAY_13_what_is_explained_waits_no_longer_and_stays_in_the_figures() -> None:
    world = await a_world()
    await world.advance("2016-01-05T10:00")
    await dropped(world, bai2(Line(cents=-12_00)))
    desk = Desk(world)
    decision = await desk.note(desk.entries(-12_00))
    assert open_sides(world) == ([], [])
    day = await day_of(world, MONDAY)
    assert (day.not_in_books_cents, day.noted_entries_cents, day.open_entries, day.agrees) == (
        -12_00,
        -12_00,
        0,
        True,
    )
    await desk.reverse(decision)
    assert open_sides(world) == ([-12_00], [])
    with pytest.raises(InvalidValue):
        await desk.note([])
    with pytest.raises(NotFound):
        await desk.note(["no-entry"])


async def test_OPS_5_above_the_limit_a_second_person_approves_and_two_halves_are_a_whole() -> None:
    world = await a_world()
    await world.advance("2016-01-05T10:00")
    await dropped(world, bai2(Line(cents=-300_00), Line(cents=-301_00), Line(cents=-9_000_00)))
    desk = Desk(world)
    large = await desk.note(desk.entries(-9_000_00))
    assert (large.state, large.by_two) == ("requested", True)
    assert open_sides(world)[0] == [-9_000_00, -301_00, -300_00]
    with pytest.raises(CorrectionWaits):
        await desk.note(desk.entries(-9_000_00), by="bob")
    with pytest.raises(SecondPersonNeeded):
        await desk.approve(large, by="ann")
    await desk.approve(large, by="bob")
    assert open_sides(world)[0] == [-301_00, -300_00]
    assert (await desk.note(desk.entries(-300_00))).state == "applied"
    assert (await desk.note(desk.entries(-301_00))).state == "requested"


async def test_OPS_5_what_a_second_person_is_asked_about_is_matched_with_nothing_else_meanwhile() -> None:
    world = await a_world()
    await dropped(world, bai2(Line(cents=-90_000_00, reference="")))
    found = movement("remittance", "M1", on=date(2015, 12, 1), cents=-90_000_00, now=world.now, reference="A")
    later = movement("remittance", "M3", on=date(2016, 1, 5), cents=-90_000_00, now=world.now, reference="B")
    async with world.uows.begin(now=world.now, households=[TRUST_LOCK]) as uow:
        await uow.records(TrustMovement).add([found])
    desk = Desk(world)
    decision = await desk.match(desk.entries(-90_000_00), [found.movement])
    assert decision.state == "requested"
    async with world.uows.begin(now=world.now, households=[TRUST_LOCK]) as uow:
        await uow.records(TrustMovement).add([later])
        await match_open(uow, parameters=PARAMETERS)
    async with world.uows.begin(now=world.now, households=[TRUST_LOCK]) as uow:
        await decide_bank_decision(uow, decision.correction, "approve", operator="bob")
    assert {each.of: each.state for each in world.rows(TrustMovement)} == {"M1": "matched", "M3": "open"}


async def test_PAY_13_a_match_made_by_itself_is_taken_apart_and_not_made_again() -> None:
    world = await a_world()
    await world.pay(cents=80_00)
    await world.advance("2016-01-05T10:00")
    await dropped(world, bai2(Line(cents=80_00)))
    (entry,) = world.rows(BankEntry)
    assert entry.settled_by is not None
    desk = Desk(world)
    apart = await desk.separate(entry.settled_by)
    await world.advance("2016-01-06T10:00")
    assert open_sides(world) == ([80_00], [("counter", 80_00)])
    await desk.reverse(apart)
    assert open_sides(world) == ([], [])
    assert world.rows(BankEntry)[0].settled_by == entry.settled_by
    with pytest.raises(NotFound):
        await desk.separate("no-match")


async def test_PAY_13_a_file_that_is_not_what_the_bank_has_is_taken_back_by_two_and_the_right_one_loaded() -> (
    None
):
    world = await a_world()
    await world.pay_online(cents=500_00)
    await world.pay(cents=80_00)
    await world.pay(cents=20_00)
    await world.advance("2016-01-05T10:00")
    wrong = await dropped(world, bai2(Line(cents=500_00), Line(cents=90_00), Line(cents=10_00)), name="1.bai")
    desk = Desk(world)
    assert open_sides(world) == ([], [])
    right = bai2(Line(cents=500_00), Line(cents=100_00), Line(cents=-12_00))
    refused = await dropped(world, right, name="2.bai")
    assert refused.refusal == "a statement of 2016-01-04 is loaded"
    asked = await desk.take_back(wrong)
    assert (asked.state, asked.by_two, asked.cents, asked.file) == ("requested", True, 600_00, wrong.file)
    assert len(world.rows(BankEntry)) == 3
    with pytest.raises(SecondPersonNeeded):
        await desk.approve(asked, by="ann")
    await desk.approve(asked, by="bob")
    assert (world.rows(BankStatement), world.rows(BankEntry)) == ([], [])
    assert open_sides(world) == ([], [("counter", 100_00), ("processor", 500_00)])
    known = next(each for each in world.rows(BankFile) if each.file == wrong.file)
    assert (known.state, known.refusal, known.waits) == ("refused", "taken back: bank-error", True)
    await dropped(world, right, name="2.bai")
    assert open_sides(world) == ([-12_00], [])
    assert (await day_of(world, MONDAY)).agrees
    with pytest.raises(ItemNotOpen):
        await desk.take_back(known)


async def test_PAY_13_a_file_that_was_taken_back_in_error_is_loaded_again_where_it_is_dropped_again() -> None:
    world = await a_world()
    await world.pay_online(cents=500_00)
    await world.advance("2016-01-05T10:00")
    content = bai2(Line(cents=500_00))
    file = await dropped(world, content)
    desk = Desk(world)
    done = await desk.approve(await desk.take_back(file), by="bob")
    with pytest.raises(CorrectionNotOpen):
        await desk.reverse(done)
    assert (await dropped(world, content)).state == "loaded"
    assert open_sides(world) == ([], [])
    with pytest.raises(CorrectionNotOpen):
        await desk.reverse(done)


async def test_PAY_13_what_a_decision_waits_about_is_not_taken_back_and_the_other_way_round() -> None:
    world = await a_world()
    await world.advance("2016-01-05T10:00")
    file = await dropped(world, bai2(Line(cents=-9_000_00), Line(cents=-1_00)))
    desk = Desk(world)
    waits = await desk.note(desk.entries(-9_000_00))
    with pytest.raises(CorrectionWaits):
        await desk.take_back(file)
    async with world.uows.begin(now=world.now, households=[TRUST_LOCK]) as uow:
        await decide_bank_decision(uow, waits.correction, "decline", operator="bob")
    await desk.take_back(file)
    with pytest.raises(CorrectionWaits):
        await desk.take_back(file)
    with pytest.raises(CorrectionWaits):
        await desk.note(desk.entries(-1_00))


async def test_PAY_13_with_a_file_that_is_taken_back_the_whole_of_a_match_with_another_files_entry_is_open() -> (
    None
):
    world = await a_world()
    await world.pay_online(cents=500_00)
    await world.advance("2016-01-06T10:00")
    first = await dropped(world, bai2(Line(cents=300_00)), name="1.bai")
    await dropped(world, bai2(Line(cents=200_00), day="160105", opening=300_00), name="2.bai")
    quiet = await dropped(world, bai2(day="160106", opening=500_00), name="3.bai")
    desk = Desk(world)
    await desk.match(desk.entries(300_00, 200_00), desk.movements(500_00))
    await desk.approve(await desk.take_back(first), by="bob")
    assert open_sides(world) == ([200_00], [("processor", 500_00)])
    waits = await desk.take_back(quiet)
    assert (waits.state, waits.cents) == ("requested", 0)
    with pytest.raises(CorrectionWaits):
        await desk.take_back(quiet)


async def test_PAY_13_what_is_not_explained_is_overdue_after_so_many_banking_days() -> None:
    world = await a_world()
    await world.pay(cents=80_00)
    await world.advance("2016-01-05T10:00")
    assert await overdue(world) == []
    await dropped(world, bai2(Line(cents=-12_00)), name="04.bai")
    for day in ("05", "06", "07", "08", "11"):
        await world.advance(f"2016-01-{int(day) + 1:02}T10:00")
        await dropped(world, bai2(day=f"1601{day}", opening=-12_00), name=f"{day}.bai")
    assert await overdue(world) == [("bank-entry", "2016-01-11")]
    await world.advance("2016-01-13T10:00")
    await dropped(world, bai2(day="160112", opening=-12_00), name="12.bai")
    assert await overdue(world) == [("bank-entry", "2016-01-11"), ("trust-movement", "2016-01-11")]
    await world.advance("2016-01-19T10:00")  # the 18th is a holiday
    kinds = [kind for kind, _ in await overdue(world)]
    assert kinds == ["bank-statement", "bank-entry", "trust-movement"]


async def test_PAY_13_what_a_lockbox_file_brought_moved_on_the_day_it_was_loaded() -> None:
    world = await a_world()
    world.drop(Row(amount="500.00", received="2016-01-04"), deposited="2016-01-04")
    await world.settle_down()
    assert [each.loaded_at for each in world.rows(LockboxFile)] == [world.now]


async def test_PAY_13_what_was_begun_before_midnight_and_recorded_after_is_found_on_the_next_day() -> None:
    world = await a_world()
    await world.pay_online(cents=500_00)
    await world.pay(cents=80_00)
    turn_of_monday = at("2016-01-04T23:50")
    await world.advance("2016-01-05T10:00")
    world.now = turn_of_monday
    await world.pay_online(cents=300_00)
    back = await world.pay(cents=40_00)
    await world.give_back(back)
    world.set("2016-01-05T10:00")
    await world.advance("2016-01-06T10:00")
    days = {each.day: (each.ledger_cents, each.movements_cents) for each in world.rows(TrustDay)}
    assert days == {MONDAY: (580_00, 580_00), TUESDAY: (880_00, 880_00)}
    found = {
        (each.kind, each.of, each.signed_cents) for each in world.rows(TrustMovement) if each.on == TUESDAY
    }
    assert found == {
        ("processor", "2016-01-04 2016-01-05", 300_00),
        ("counter", "2016-01-04 2016-01-05", 40_00),
        ("return", back.payment, -40_00),
    }
    await world.advance("2016-01-25T10:00")
    assert len(world.rows(TrustMovement)) == 5
    assert {
        (each.ledger_cents, each.movements_cents) for each in world.rows(TrustDay) if each.day > MONDAY
    } == {(880_00, 880_00)}


async def test_PAY_13_what_is_recorded_later_than_days_are_looked_at_again_is_a_difference_by_name() -> None:
    world = await a_world()
    await world.advance("2016-01-20T10:00")
    world.now = at("2016-01-04T23:50")
    await world.pay_online(cents=300_00)
    world.set("2016-01-20T10:00")
    await world.advance("2016-02-02T10:00")
    assert (await day_of(world, date(2016, 1, 31))).differences == ()
    assert (await day_of(world, date(2016, 2, 1))).differences == (
        Difference(because="movements", day=date(2016, 2, 1), cents=-300_00),
    )


async def test_PAY_13_days_that_were_missed_are_derived_each_by_itself_from_the_first_money_on() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    await world.heard_of("june")
    await world.pay(cents=80_00)
    world.set("2016-01-06T10:00")
    await world.pay_online(cents=500_00)
    world.set("2016-01-07T00:30")
    async with world.uows.begin(now=world.now, households=[TRUST_LOCK]) as uow:
        await derive_day(uow, date(2016, 1, 6), parameters=PARAMETERS)
    days = [(each.day, each.ledger_cents, each.movements_cents) for each in world.rows(TrustDay)]
    assert days == [(MONDAY, 80_00, 80_00), (TUESDAY, 80_00, 80_00), (date(2016, 1, 6), 580_00, 580_00)]
    moved = [(each.kind, each.of, each.on) for each in world.rows(TrustMovement)]
    assert sorted(moved) == [
        ("counter", "2016-01-04", MONDAY),
        ("processor", "2016-01-06", date(2016, 1, 6)),
    ]


async def test_PAY_13_movements_add_up_to_the_journals_trust_account_on_every_day() -> None:
    world = await a_world()
    await world.pay_online(cents=500_00)
    await world.advance("2016-01-08T10:00")
    await world.pay(cents=20_00)
    await world.advance("2016-01-12T10:00")
    async with world.uows.begin(now=world.now) as uow:
        for each in world.rows(TrustDay):
            entries = await write_journal(uow, first=date(2015, 1, 1), last=each.day)
            assert each.ledger_cents == each.movements_cents == balances(entries).get(TRUST, 0)
