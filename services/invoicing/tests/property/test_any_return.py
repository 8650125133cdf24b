"""Whatever goes back or to others, and whenever: the books balance, and grace begins with the next 1st (INV-14,
PAY-11).
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import Refused
from invoicing.application.books import disagreeing_households, read_books
from invoicing.domain import events
from invoicing.domain.records import Charge, LedgerAccount, Payment, Refund, Transfer
from services.invoicing.tests.builders import Book

CENTS = st.one_of(st.sampled_from([1, 29999, 33000, 66000, 99000]), st.integers(1, 150000))
ACTS = st.lists(
    st.tuples(
        st.integers(0, 25),
        st.sampled_from(["due", "due", "pay", "pay", "give back", "give back", "move away", "refund"]),
        CENTS,
        st.integers(0, 9),
    ),
    max_size=12,
)


async def live(book: Book, acts: list[tuple[int, str, int, int]]) -> None:
    """Select medical and dental in December; after so many days pay, give back, move away or refund."""
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net={"silver": 30000, "dental": 3000}, assistance=20000)
    day = date(2015, 12, 3)
    for wait, act, cents, which in acts:
        day += timedelta(days=wait)
        await book.advance(day, 12)
        match act:
            case "due":
                owed, held, _ = await book.balance("h")
                await book.pay("h", owed - held if owed > held else cents)
            case "pay":
                await book.pay("h", cents)
            case "refund":
                with suppress(Refused):
                    await book.refund("h", cents)
            case _:
                rows = book.database.rows(Payment)
                stand = [each for each in rows if each.returned_on is None and each.kept_cents]
                if not stand:
                    continue
                payment = sorted(stand, key=lambda each: each.number)[which % len(stand)]
                if act == "give back":
                    await book.give_back("h", payment.payment, payment.kept_cents)
                else:
                    await book.move_away("h", payment.payment, min(cents, payment.kept_cents))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(acts=ACTS)
async def test_INV_14_every_cent_is_in_one_place_and_months_stay_whole(
    acts: list[tuple[int, str, int, int]],
) -> None:
    book = Book()
    await live(book, acts)
    assert sum(book.ledger(account) for account in get_args(LedgerAccount)) == 0
    payments = {each.payment: each for each in book.database.rows(Payment)}
    charges = book.database.rows(Charge)
    kept = sum(each.kept_cents for each in payments.values() if each.returned_on is None)
    settled = sum(each.cents for each in charges if each.state == "settled")
    refunded = sum(each.cents for each in book.database.rows(Refund))
    position = (await book.account("h")).position
    assert kept == settled + position.unapplied_cents + refunded
    for charge in charges:
        assert all(payments[each.payment].returned_on is None for each in charge.funded_by)
        assert all(payments[each.payment].kept_cents for each in charge.funded_by)
        assert sum(each.cents for each in charge.funded_by) == (
            charge.cents if charge.state == "settled" else 0
        )
    for month in {each.month for each in charges}:
        assert len({each.state for each in charges if each.month == month and each.state != "reversed"}) < 2
    for each in payments.values():
        taken = sum(
            row.cents
            for row in book.database.rows(Transfer)
            if row.payment == each.payment and row.kind == "refund-approved"
        )
        assert each.returned_on is None or each.unapplied_cents == -taken
    async with book.database.begin(now=book.now) as uow:
        assert await disagreeing_households(uow, ["h"]) == []
        assert (await read_books(uow)).positions_agree


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(month=st.integers(1, 6), day=st.integers(1, 28), which=st.integers(0, 6), pays_on=st.integers(6, 28))
async def test_INV_14_who_paid_all_in_time_is_listed_on_the_1st_after_a_return_and_not_before(
    month: int, day: int, which: int, pays_on: int
) -> None:
    back_on = date(2016, month, day)
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=30000)
    paid = [await book.pay("h", 30000)]
    for number in range(1, 8):
        for due, goes_back in sorted([(date(2016, number, pays_on), False), (back_on, True)]):
            if goes_back and number == month:
                await book.advance(due, 11)
                await book.give_back("h", paid[which % len(paid)], 30000)
            elif not goes_back:
                await book.advance(due, 12)
                paid.append(await book.pay("h", 30000))
    following = CoverageMonth.of(back_on).plus(1).first_day
    assert book.listed("h")[0].on == following
    assert book.said(events.GraceEntered)[0].first_month == CoverageMonth.of(following)
