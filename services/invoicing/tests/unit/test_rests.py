"""What is owed still of a month settled for less, where something else is asked for or past due (INV-15)."""

from __future__ import annotations

from datetime import date

from invoicing.domain import events
from services.invoicing.tests.builders import VERMONT_2027, Book, months_of
from services.invoicing.tests.unit.test_threshold import assert_sound, with_a_binder_short


async def test_INV_15_INV_13_a_request_asks_for_what_is_enough_and_no_cent_more() -> None:
    book = await with_a_binder_short(35335)
    await book.advance(date(2027, 3, 10), 10)  # February's grace ran out; March was invoiced in it
    answer = await book.ask("h")
    # 353.35 of February, and of March 335.69: 95 percent
    assert (answer.request.state, answer.lacking_cents) == ("waiting", 35335 + 33569)
    await book.pay("h", 68903)
    assert (await book.ask("h")).lacking_cents == 1
    await book.pay("h", 1)
    assert [each.reason for each in book.said(events.ReinstatementGranted)] == ["asked"]
    assert await book.balance("h") == (1766, 0, 0)
    await assert_sound(book)


async def test_INV_15_INV_13_what_is_owed_still_is_asked_for_before() -> None:
    book = await with_a_binder_short(33569)
    await book.advance(date(2027, 3, 10), 10)
    # 17.66 of January, all of February, and of March 335.69
    assert (await book.ask("h")).lacking_cents == 1766 + 35335 + 33569


async def test_INV_15_CAR_3_a_list_says_what_pays_all_that_is_past_due_the_rest_before_it_included() -> None:
    book = Book(starts=date(2026, 12, 1), pack=VERMONT_2027)
    await book.advance(date(2026, 12, 3), 10)
    await book.select("h", net=100000, effective=date(2027, 1, 1))
    await book.pay("h", 95000, selection="s1")
    await book.advance(date(2027, 1, 20), 10)
    await book.change("h", months_of(30000, first=date(2027, 2, 1), last=date(2027, 12, 31)))
    await book.advance(date(2027, 2, 2), 10)
    (row,) = book.listed("h")
    # 50.00 are owed of January: of 300.00 they would leave 250.00, less than 285.00
    assert row.past_due_cents == 5000 + 30000
    await book.pay("h", row.past_due_cents)
    assert await book.balance("h") == (0, 0, 0)
    assert len(book.said(events.GraceExited)) == 1


async def test_INV_15_INV_7_a_rest_alone_is_past_due_for_nobody() -> None:
    book = await with_a_binder_short(33569)
    await book.advance(date(2027, 1, 20), 10)
    await book.pay("h", 35335)  # the rest of January, and of February what is enough
    await book.advance(date(2027, 2, 2), 10)
    assert book.listed("h") == []
    assert await book.balance("h") == (1766, 0, 0)
