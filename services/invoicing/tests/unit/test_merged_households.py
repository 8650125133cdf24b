"""The account of a household that was merged into another: its credit goes on, what it owes stays (OPS-5, INV-6)."""

from __future__ import annotations

from datetime import date

from invoicing.application import facts
from invoicing.application.books import disagreeing_households
from invoicing.domain.decisions import Decision
from invoicing.domain.events import CreditCalledBack, CreditPassedOn
from invoicing.domain.records import Funding, Merged
from services.invoicing.tests.builders import Book

MERGED = facts.HouseholdMerged(household="h", into="i", correction="m1")
REVERSED = facts.MergeReversed(household="h", into="i", correction="m2", reverses="m1")


async def called_off() -> tuple[Book, str]:
    """A household that paid 300.00 of a first premium of 500.00 and called the selection off: it has credit."""
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    payment = await book.pay("h", 30000)
    await book.cancel("h")
    return book, payment


def passed_on(book: Book) -> list[tuple[str, int, tuple[Funding, ...]]]:
    return [(each.into, each.cents, each.taken_from) for each in book.said(CreditPassedOn)]


async def agrees(book: Book) -> bool:
    async with book.store.begin(now=book.now) as uow:
        return await disagreeing_households(uow, ["h", "i"]) == []


async def test_OPS_5_the_credit_of_a_household_that_is_merged_goes_to_the_other() -> None:
    book, payment = await called_off()
    assert await book.balance("h") == (0, 0, 30000)

    await book.hear("h", MERGED)

    assert passed_on(book) == [("i", 30000, (Funding(payment=payment, cents=30000),))]
    (told,) = [each for each in book.database.rows(Decision) if each.decided == "credit-passed-on"]
    assert [each.rule for each in told.reasons] == ["INV-6", "OPS-5"]
    assert told.reasons[1].facts == {"correction": "m1"}
    assert await book.balance("h") == (0, 0, 30000)  # until payments has moved it
    await book.move_away("h", payment, 30000, correction="passed")
    assert await book.balance("h") == (0, 0, 0)
    assert len(book.said(CreditPassedOn)) == 1
    assert await agrees(book)


async def test_OPS_5_money_that_comes_later_goes_the_same_way() -> None:
    book, payment = await called_off()
    await book.hear("h", MERGED)
    await book.move_away("h", payment, 30000, correction="passed")

    later = await book.pay("h", 20000)

    assert passed_on(book)[1:] == [("i", 20000, (Funding(payment=later, cents=20000),))]


async def test_OPS_5_money_pays_what_the_merged_household_owes_first_and_only_what_is_left_goes_on() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 50000)
    await book.advance(date(2016, 1, 20), 10)
    await book.end("h", date(2016, 2, 29))
    await book.advance(date(2016, 3, 1), 0)
    await book.hear("h", MERGED)
    assert await book.balance("h") == (50000, 0, 0)  # February

    some = await book.pay("h", 40000)
    assert passed_on(book) == []
    rest = await book.pay("h", 25000)

    assert book.charges("h") == {"silver 2016-01": "settled", "silver 2016-02": "settled"}
    assert passed_on(book) == [("i", 15000, (Funding(payment=rest, cents=15000),))]
    assert some != rest
    assert await agrees(book)


async def test_OPS_5_a_merge_that_is_taken_back_calls_back_what_was_passed_on_and_passes_on_no_more() -> None:
    book, payment = await called_off()
    await book.hear("h", MERGED)
    await book.move_away("h", payment, 30000, correction="passed")

    await book.hear("h", REVERSED)
    await book.pay("h", 20000)

    (back,) = book.said(CreditCalledBack)
    assert (back.household, back.into, back.correction, back.reverses) == ("h", "i", "m2", "m1")
    assert len(book.said(CreditPassedOn)) == 1
    assert await book.balance("h") == (0, 0, 20000)
    assert book.database.rows(Merged) == [Merged(household="h", into="i", correction="m1", stands=False)]


async def test_OPS_5_a_merge_that_is_heard_before_the_money_passes_that_on_when_it_comes() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.hear("h", MERGED)
    assert passed_on(book) == []

    payment = await book.pay("h", 12345)

    assert passed_on(book) == [("i", 12345, (Funding(payment=payment, cents=12345),))]


async def test_OPS_5_what_comes_to_a_household_from_one_merged_into_it_goes_on_when_it_is_merged_itself() -> (
    None
):
    for heard_first in (True, False):
        book = Book()
        await book.advance(date(2015, 12, 3), 10)
        on = facts.HouseholdMerged(household="i", into="j", correction="m2")
        if heard_first:
            await book.hear("i", on)

        arrived = await book.pay("i", 30000, correction="passed")
        if not heard_first:
            assert passed_on(book) == []
            await book.hear("i", on)

        assert passed_on(book) == [("j", 30000, (Funding(payment=arrived, cents=30000),))]
        await book.move_away("i", arrived, 30000, correction="passed-further")
        assert await book.balance("i") == (0, 0, 0)
        assert await agrees(book)


async def test_OPS_5_what_a_middle_household_of_a_chain_owes_is_paid_before_anything_goes_on() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("i", net=50000)
    await book.pay("i", 50000)
    await book.advance(date(2016, 1, 20), 10)
    await book.end("i", date(2016, 2, 29))
    await book.advance(date(2016, 3, 1), 0)
    await book.hear("i", facts.HouseholdMerged(household="i", into="j", correction="m2"))
    assert await book.balance("i") == (50000, 0, 0)

    arrived = await book.pay("i", 60000, correction="passed")

    assert passed_on(book) == [("j", 10000, (Funding(payment=arrived, cents=10000),))]
    assert book.charges("i") == {"silver 2016-01": "settled", "silver 2016-02": "settled"}
    # the first merge is taken back: all of it leaves, and what it paid is open again
    await book.move_away("i", arrived, 60000, correction="back")
    assert await book.balance("i") == (50000, 0, 0)
    assert await agrees(book)
