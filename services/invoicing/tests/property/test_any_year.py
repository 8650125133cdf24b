"""Whatever a household pays, and whenever: the books balance and nothing is settled in part."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date, timedelta
from typing import Any, get_args

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from bulkhead.kernel.calendar import CoverageMonth, local
from bulkhead.kernel.errors import Refused
from bulkhead.persistence.ports import UnitOfWork
from invoicing.application.accounts import load_accounts, save_accounts
from invoicing.application.bill_plainly import bill_plainly
from invoicing.application.books import disagreeing_households, read_books
from invoicing.domain import events
from invoicing.domain.account import KEYS
from invoicing.domain.billing import MonthlyRun, run_month
from invoicing.domain.records import Charge, LedgerAccount, Payment, Position, Transfer
from services.invoicing.tests.builders import VERMONT_2016, Book, months_of

amounts = st.one_of(st.sampled_from([1, 29999, 30000, 30001, 33000, 60000, 66000]), st.integers(1, 150000))
payments = st.lists(
    st.tuples(st.integers(1, 40), amounts, st.integers(-12, 0), st.booleans()), min_size=0, max_size=10
)


async def play(steps: list[tuple[int, int, int, bool]], *, assisted: bool, dental: bool) -> Book:
    """Select in December; after so many days pay so much, postmarked so long before, books late or not."""
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select(
        "h",
        net={"silver": 30000, **({"dental": 3000} if dental else {})},
        assistance=20000 if assisted else 0,
    )
    day = date(2015, 12, 3)
    for wait, cents, postmarked, books_late in steps:
        day += timedelta(days=wait)
        book.books_open = not books_late
        await book.advance(day, 12)
        await book.pay("h", cents, method="check", postmarked=day + timedelta(days=postmarked))
    book.books_open = True
    await book.advance(day + timedelta(days=40), 12)
    return book


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=payments, assisted=st.booleans(), dental=st.booleans())
async def test_INV_16_the_ledger_nets_to_zero_and_every_cent_is_in_one_place(
    steps: list[tuple[int, int, int, bool]], assisted: bool, dental: bool
) -> None:
    book = await play(steps, assisted=assisted, dental=dental)
    assert sum(book.ledger(account) for account in get_args(LedgerAccount)) == 0
    numbers = [each.number for each in book.database.rows(Transfer)]
    assert numbers == list(range(1, len(numbers) + 1))
    owed, held, credit = await book.balance("h")
    received = sum(each.cents for each in book.database.rows(Payment))
    settled = sum(each.cents for each in book.database.rows(Charge) if each.state == "settled")
    assert received == settled + held + credit
    assert owed == sum(each.cents for each in book.database.rows(Charge) if each.state == "open")
    async with book.database.begin(now=book.now) as uow:
        books = await read_books(uow)
        assert await disagreeing_households(uow, ["h"]) == []
    assert (books.positions_agree, books.owed_cents, books.unapplied_cents) == (True, owed, held + credit)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=payments, assisted=st.booleans())
async def test_INV_3_INV_5_one_charge_a_month_settled_whole_and_the_oldest_first(
    steps: list[tuple[int, int, int, bool]], assisted: bool
) -> None:
    book = await play(steps, assisted=assisted, dental=True)
    charges = [each for each in book.database.rows(Charge) if each.state != "reversed"]
    assert len({(each.policy, each.month) for each in charges}) == len(charges)
    for charge in charges:
        assert sum(each.cents for each in charge.funded_by) == (
            charge.cents if charge.state == "settled" else 0
        )
    by_month = {
        month: {each.state for each in charges if each.month == month}
        for month in sorted({each.month for each in charges})
    }
    states = [states for _month, states in sorted(by_month.items())]
    assert all(len(each) == 1 for each in states)
    assert states == sorted(states, key=lambda each: "open" in each), (
        "an older month is open behind a settled one"
    )


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=payments, assisted=st.booleans())
async def test_INV_8_grace_never_overlaps_and_every_entry_ends_at_most_once(
    steps: list[tuple[int, int, int, bool]], assisted: bool
) -> None:
    book = await play(steps, assisted=assisted, dental=False)
    entered = [each.first_month for each in book.said(events.GraceEntered)]
    assert entered == sorted(set(entered))
    ended = [each.first_month for each in (*book.said(events.GraceExited), *book.said(events.GraceExpired))]
    assert len(ended) == len(set(ended))
    assert set(ended) <= set(entered)


Work = Callable[[UnitOfWork], Awaitable[None]]


class Undone(Exception):
    """Nothing of this unit of work is to stay."""


acts = st.lists(
    st.tuples(
        st.integers(1, 40),
        st.sampled_from(
            ["due", "due", "due", "pay", "pay", "end", "restore", "rise", "refund", "back", "dental"]
        ),
        amounts,
    ),
    max_size=12,
)


async def live(book: Book, steps: list[tuple[int, str, int]], *, assisted: bool) -> date:
    """Select in December; after so many days do this and that; return the day of the next run."""
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net={"silver": 30000}, assistance=20000 if assisted else 0)
    day = date(2015, 12, 3)
    for wait, act, cents in steps:
        day += timedelta(days=wait)
        await book.advance(day, 12)
        match act:
            case "due":
                owed, held, _ = await book.balance("h")
                await book.pay("h", owed - held or cents)
            case "pay":
                await book.pay("h", cents, method="check", postmarked=day - timedelta(days=cents % 9))
            case "end":
                await book.end("h", day, months=months_of(30000, first=date(2016, 1, 1), last=day))
            case "restore":
                await book.restore("h", undoes="requested")
            case "rise":
                ends = date(2016, 12, 31)
                await book.end("h", ends, months=months_of(31000, first=date(2016, 1, 1), last=ends))
            case "refund":
                with suppress(Refused):
                    await book.refund("h", cents)
            case "back":
                for payment in book.database.rows(Payment)[-1:]:
                    if payment.returned_on is None:
                        await book.give_back("h", payment.payment, payment.cents)
            case _:
                await book.select("h", net={"dental": 3000}, selection=f"s{day}")
    run_on = CoverageMonth.of(day).plus(1).first_day.replace(day=5)
    await book.advance(run_on - timedelta(days=1))
    return run_on


async def rows_after(book: Book, run: MonthlyRun, work: Work) -> tuple[list[Any], list[Any]]:
    """Return all rows and events as they are after a piece of work, which is then undone."""
    rows, said = list[Any](), list[Any]()
    with suppress(Undone):
        async with book.database.begin(now=run.now, households=["h"]) as uow:
            await work(uow)
            rows += [await uow.records(kind).select() for kind in (*KEYS, Transfer, Position)]
            said += [(each.event, each.reasons, each.record.business_date) for each in uow.emitted]
            raise Undone
    return rows, said


orderly = st.lists(
    st.tuples(
        st.integers(10, 28),
        st.sampled_from(["due"] * 12 + ["pay", "rise", "refund", "back", "dental"]),
        amounts,
    ),
    max_size=8,
).map(lambda steps: [(1, "due", 30000), *steps])
"""Lives of those who pay their binder and nearly always what they owe: most of them are plain."""


@settings(max_examples=16, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.one_of(orderly, orderly, acts), assisted=st.booleans(), ahead=st.integers(1, 3))
async def test_INV_2_a_plain_bill_is_what_the_whole_rule_makes_of_the_household(
    steps: list[tuple[int, str, int]], assisted: bool, ahead: int
) -> None:
    book = Book()
    run_on = await live(book, steps, assisted=assisted)
    run = MonthlyRun.of(CoverageMonth.of(run_on).plus(ahead), now=local(run_on, 2), parameters=VERMONT_2016)
    others: dict[str, Any] = {}

    async def plainly(uow: UnitOfWork) -> None:
        others.update(await bill_plainly(uow, ["h"], run))

    async def by_the_whole_rule(uow: UnitOfWork) -> None:
        accounts = await load_accounts(uow, ["h"])
        run_month(accounts["h"], run)
        await save_accounts(uow, accounts.values())

    done = await rows_after(book, run, plainly)
    event("plain" if not others and done[1] else "nothing to bill" if not others else "for the whole rule")
    if not others:
        assert done == await rows_after(book, run, by_the_whole_rule)
