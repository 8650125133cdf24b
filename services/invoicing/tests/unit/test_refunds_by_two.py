"""Above the limit credit is paid back by two people, and halves of one person's count together (OPS-5, INV-6)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.corrections import CorrectionNotOpen, CorrectionWaits, SecondPersonNeeded
from invoicing.application.approve_refund import NotThatMuchCredit
from invoicing.application.look_for_overdue import find_overdue
from invoicing.domain.corrections import Correction
from invoicing.domain.decisions import Decision
from invoicing.domain.events import RefundApproved
from invoicing.domain.records import Refund
from services.invoicing.tests.builders import Book


async def with_credit(**cents: int) -> Book:
    """Households that have so much credit on December 3."""
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    for household, credit in cents.items():
        await book.pay(household, credit)
    return book


def paid_back(book: Book) -> list[tuple[str, int]]:
    return [(each.household, each.cents) for each in book.said(RefundApproved)]


async def test_OPS_5_a_refund_above_the_limit_waits_for_a_second_person() -> None:
    book = await with_credit(m=90_000_000)
    asked = (await book.ask_refund("m", 90_000_000)).asked
    assert (asked.kind, asked.state, asked.by_two, asked.cents) == (
        "refund-credit",
        "requested",
        True,
        90_000_000,
    )
    assert (paid_back(book), book.database.rows(Refund)) == ([], [])
    assert await book.balance("m") == (0, 0, 90_000_000)
    with pytest.raises(SecondPersonNeeded):
        await book.approve(asked, by="operator:1")
    assert paid_back(book) == []
    await book.advance(date(2015, 12, 7), 10)
    done = await book.approve(asked, by="operator:2")
    assert (done.state, done.decided_by) == ("applied", "operator:2")
    assert paid_back(book) == [("m", 90_000_000)]
    (refund,) = book.database.rows(Refund)
    assert (refund.refund, refund.cents, refund.approved_on) == (
        asked.correction,
        90_000_000,
        date(2015, 12, 7),
    )
    assert await book.balance("m") == (0, 0, 0)
    (decided,) = [each for each in book.database.rows(Decision) if each.decided == "refund-approved"]
    assert [(each.rule, each.facts) for each in decided.reasons] == [
        ("INV-6", {}),
        ("OPS-5", {"refund": asked.correction}),
    ]


async def test_OPS_5_a_refund_of_the_limit_is_one_persons() -> None:
    book = await with_credit(m=60_000)
    answer = await book.ask_refund("m", 50_000)
    assert (answer.asked.state, answer.asked.by_two) == ("applied", False)
    assert answer.refund is not None and answer.refund.cents == 50_000
    assert paid_back(book) == [("m", 50_000)]
    (decided,) = [each for each in book.database.rows(Decision) if each.decided == "refund-approved"]
    assert [each.rule for each in decided.reasons] == ["INV-6"]


async def test_OPS_5_halves_that_one_person_pays_back_within_thirty_days_take_a_second_person() -> None:
    book = await with_credit(m=60_000, n=60_000)
    assert (await book.ask_refund("m", 25_001)).asked.state == "applied"
    assert (await book.ask_refund("n", 25_000)).asked.state == "requested"  # another household's, one person
    assert (await book.ask_refund("m", 25_000, by="operator:2")).asked.state == "requested"  # one household's
    assert paid_back(book) == [("m", 25_001)]


async def test_OPS_5_thirty_days_later_a_refund_counts_no_more() -> None:
    book = await with_credit(m=60_000)
    assert (await book.ask_refund("m", 25_001)).asked.state == "applied"
    await book.advance(date(2016, 1, 2), 9)
    waits = (await book.ask_refund("m", 25_000)).asked
    assert waits.state == "requested"
    await book.decline(waits)
    await book.advance(date(2016, 1, 2), 10)
    assert (await book.ask_refund("m", 25_000)).asked.state == "applied"


async def test_OPS_5_what_two_people_paid_back_counts_for_neither() -> None:
    book = await with_credit(m=120_000)
    await book.approve((await book.ask_refund("m", 50_001)).asked)
    assert (await book.ask_refund("m", 50_000)).asked.state == "applied"
    assert paid_back(book) == [("m", 50_001), ("m", 50_000)]


async def test_OPS_5_a_refund_that_waits_keeps_credit_from_no_premium_and_is_refused_when_it_was_used() -> (
    None
):
    book = await with_credit(m=60_000)
    asked = (await book.ask_refund("m", 60_000)).asked
    await book.select("m", net=50000)  # the credit pays the binder at once
    assert await book.balance("m") == (0, 0, 10_000)
    with pytest.raises(NotThatMuchCredit) as refused:
        await book.approve(asked)
    assert refused.value.reasons[0].facts == {"credit": "100.00"}
    assert paid_back(book) == []
    (still,) = book.database.rows(Correction)
    assert (still.state, still.decided_by) == ("requested", None)
    await book.decline(asked, by="operator:1")
    with pytest.raises(CorrectionNotOpen):
        await book.approve(asked)
    assert await book.balance("m") == (0, 0, 10_000)


async def test_OPS_5_of_one_household_one_refund_waits_at_a_time() -> None:
    book = await with_credit(m=120_000)
    asked = (await book.ask_refund("m", 60_000)).asked
    for cents in (60_000, 1):
        with pytest.raises(CorrectionWaits):
            await book.ask_refund("m", cents, by="operator:2")
    await book.decline(asked)
    assert (await book.ask_refund("m", 60_000)).asked.state == "requested"
    assert paid_back(book) == []


async def test_INV_6_what_is_no_credit_is_not_asked_for_either() -> None:
    book = await with_credit(m=60_000)
    with pytest.raises(NotThatMuchCredit):
        await book.ask_refund("m", 60_001)
    assert book.database.rows(Correction) == []


async def test_PAY_2_the_same_request_is_answered_as_it_stands() -> None:
    book = await with_credit(m=60_000)
    first = await book.ask_refund("m", 60_000, request="key")
    assert await book.ask_refund("m", 60_000, request="key") == first
    done = await book.approve(first.asked)
    again = await book.ask_refund("m", 60_000, request="key")
    assert (again.asked, again.refund) == (done, *book.database.rows(Refund))
    assert paid_back(book) == [("m", 60_000)]


async def test_INV_6_a_refund_is_never_reversed() -> None:
    book = await with_credit(m=60_000)
    done = (await book.ask_refund("m", 50_000)).asked
    with pytest.raises(CorrectionNotOpen) as refused:
        await book.reverse(done)
    assert refused.value.reasons[0].rule == "INV-6"
    assert [each.state for each in book.database.rows(Correction)] == ["applied"]


async def test_OPS_5_refunds_and_void_invoices_are_counted_apart() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 100_000)
    await book.advance(date(2015, 12, 4), 10)
    await book.ask_refund("h", 50_000)
    assert (await book.void("h")).state == "applied"


async def test_I9_a_refund_that_nobody_decides_is_overdue_after_three_days() -> None:
    book = await with_credit(m=60_000)
    asked = (await book.ask_refund("m", 60_000)).asked
    find = find_overdue(book.parameters)
    await book.advance(date(2015, 12, 6), 10)
    async with book.store.begin(now=book.now) as uow:
        assert await find(uow) == []
    await book.advance(date(2015, 12, 7), 10)
    async with book.store.begin(now=book.now) as uow:
        assert [(each.kind, each.id) for each in await find(uow)] == [("correction", asked.correction)]
