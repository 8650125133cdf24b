"""What is decided late comes out as on its day: from what was so then, not from what became so since (INV-17)."""

from __future__ import annotations

from datetime import date

from invoicing.domain import events
from services.invoicing.tests.builders import Book, months_of


async def two_plans() -> Book:
    """Medical for 500.00 and dental for 40.00 from January on, January paid."""
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net={"silver": 50000, "dental": 4000})
    await book.pay("h", 54000)
    return book


async def test_INV_17_what_staff_restored_since_was_not_owed_then() -> None:
    for late in (False, True):
        book = await two_plans()
        await book.advance(date(2016, 1, 27), 10)
        await book.end("h", date(2016, 1, 31), plan="dental")
        await book.pay("h", 50000)
        await book.advance(date(2016, 2, 27), 10)
        await book.pay("h", 50000)
        assert await book.balance("h") == (0, 0, 0)
        book.books_open = not late
        await book.advance(date(2016, 3, 2), 10)
        await book.restore("h", undoes="asked", plan="dental")
        await book.advance(date(2016, 3, 4), 10)
        book.books_open = True
        await book.close_books(date(2016, 3, 3))
        await book.advance(date(2016, 3, 4), 23)
        assert (book.listed("h"), book.said(events.GraceEntered)) == ([], [])
        assert await book.balance("h") == (4000, 0, 0)  # February; no later month was billed before


async def paid_through_march(*, assistance: int = 0) -> Book:
    """Return a book in which January to March of 2016 are paid at 500.00 each, on March 30."""
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000, assistance=assistance)
    await book.pay("h", 50000)
    for month in (1, 2):
        await book.advance(date(2016, month, 8), 10)
        await book.pay("h", 50000)
    await book.advance(date(2016, 3, 30), 10)
    return book


async def change(book: Book, month: int, net: int, *, assistance: int = 0) -> None:
    """Have the premium be another from a month of 2016 on."""
    first, last = date(2016, month, 1), date(2016, 12, 31)
    await book.change("h", months_of(net, first=first, last=last, assistance=assistance))


async def test_INV_17_what_an_invoice_asks_for_since_was_not_asked_for_then() -> None:
    for late in (False, True):
        book = await paid_through_march(assistance=10000)
        await book.advance(
            date(2016, 6, 20), 10
        )  # in grace for April, May and June; July is invoiced as well
        await change(book, 4, 55000, assistance=5000)
        await book.advance(date(2016, 6, 30), 10)
        if late:
            book.books_open = False
            await book.advance(date(2016, 7, 6), 10)  # the run of the 5th asks for what has risen
        await book.pay("h", 200000, method="check", received=date(2016, 6, 30))
        book.books_open = True
        await book.close_books(date(2016, 7, 5))
        await book.advance(date(2016, 7, 8), 23)
        assert book.said(events.GraceExpired) == []
        assert len(book.said(events.GraceExited)) == 1


async def test_INV_12_a_check_pays_what_invoices_had_asked_for_by_the_end_of_grace() -> None:
    book = await paid_through_march(assistance=10000)
    await book.advance(date(2016, 6, 20), 10)
    await change(book, 4, 55000, assistance=5000)
    await book.advance(date(2016, 7, 6), 10)
    (ended,) = book.said(events.GraceExpired)
    assert [each.through for each in ended.policies] == [date(2016, 4, 30)]
    await book.pay("h", 200000, method="check", postmarked=date(2016, 6, 30))
    assert len(book.said(events.ReinstatementGranted)) == 1
    # April to July at 550.00; 2000.00 pays three of them, and what is left waits
    assert await book.balance("h") == (55000, 35000, 0)


async def test_INV_17_the_length_of_grace_is_that_of_what_was_known_the_day_before() -> None:
    for late in (False, True):
        for before, since, months in ((10000, 0, 3), (0, 10000, 1)):
            book = await paid_through_march(assistance=before)
            book.books_open = not late
            await book.advance(date(2016, 4, 2), 10)
            await change(book, 4, 60000 - since, assistance=since)
            book.books_open = True
            await book.close_books(date(2016, 4, 1))
            await book.advance(date(2016, 4, 3), 10)
            grace = await book.grace("h")
            assert grace is not None
            assert (str(grace.first_month), grace.months) == ("2016-04", months)


async def test_INV_8_a_full_month_that_was_paid_was_so_whatever_it_has_risen_to_since() -> None:
    book = await paid_through_march(assistance=10000)
    book.books_open = False
    await book.advance(date(2016, 4, 2), 10)
    await change(book, 1, 55000, assistance=5000)
    book.books_open = True
    await book.close_books(date(2016, 4, 1))
    await book.advance(date(2016, 4, 3), 10)
    grace = await book.grace("h")
    assert grace is not None
    assert grace.months == 3


async def test_ENR_7_who_owed_nothing_the_day_before_is_not_listed_by_a_premium_that_rose_since() -> None:
    for late in (False, True):
        book = await paid_through_march()
        await change(book, 4, 0)
        book.books_open = not late
        await book.advance(date(2016, 4, 2), 10)
        await change(book, 4, 50000)
        book.books_open = True
        await book.close_books(date(2016, 4, 1))
        await book.advance(date(2016, 4, 3), 10)
        assert (book.listed("h"), await book.grace("h")) == ([], None)


async def test_INV_17_nor_was_a_policy_in_force_that_staff_restored_since() -> None:
    for late in (False, True):
        book = await two_plans()
        await book.advance(date(2016, 3, 31), 10)  # ended with February 29 for want of February's 540.00
        (ended,) = book.said(events.GraceExpired)
        book.books_open = not late
        await book.advance(date(2016, 4, 2), 10)
        await book.restore("h", undoes=ended.decision)
        await book.advance(date(2016, 4, 4), 10)
        book.books_open = True
        await book.close_books(date(2016, 4, 3))
        await book.advance(date(2016, 4, 4), 23)
        assert [each.on for each in book.listed("h") if each.on == date(2016, 4, 1)] == []


async def test_CAR_3_a_binder_paid_since_is_in_no_list_and_no_end_of_before() -> None:
    for late in (False, True):
        book = Book()
        await book.advance(date(2015, 12, 3), 10)
        await book.select("h", net=50000)
        await book.pay("h", 50000)
        await book.advance(date(2016, 2, 10), 10)  # in grace for February
        await book.select("h", net={"dental": 4000}, selection="s2", effective=date(2016, 3, 1))
        await book.advance(date(2016, 2, 29), 10)
        book.books_open = not late
        await book.advance(date(2016, 3, 2), 10)
        await book.pay("h", 4000, selection="s2")
        await book.advance(date(2016, 3, 4), 10)
        book.books_open = True
        await book.close_books(date(2016, 3, 3))
        await book.advance(date(2016, 3, 4), 23)
        (ended,) = book.said(events.GraceExpired)
        assert [each.policy for each in ended.policies] == ["h-silver"]
        assert (await book.policy("h", "dental")).in_force(date(2016, 12, 31))
        assert {each.carrier for each in book.listed("h")} == {"MVP"}


async def test_INV_12_what_staff_restored_of_an_end_leaves_the_rest_to_a_check_that_was_on_time() -> None:
    book = await two_plans()
    await book.advance(date(2016, 3, 3), 10)
    (ended,) = book.said(events.GraceExpired)
    await book.restore("h", undoes=ended.decision, plan="dental")
    await book.pay("h", 108000, method="check", postmarked=date(2016, 2, 29))
    (granted,) = book.said(events.ReinstatementGranted)
    assert granted.policies == ("h-silver",)
    assert (await book.policy("h")).in_force(date(2016, 12, 31))
    assert await book.balance("h") == (0, 0, 0)


async def test_INV_12_a_check_of_the_month_after_counts_whenever_it_is_read() -> None:
    book = await two_plans()
    await book.advance(date(2016, 4, 1), 10)
    await book.pay("h", 108000, method="check", postmarked=date(2016, 2, 29), received=date(2016, 3, 31))
    assert len(book.said(events.ReinstatementGranted)) == 1

    book = await two_plans()
    await book.advance(date(2016, 4, 1), 10)
    await book.pay("h", 108000, method="check", postmarked=date(2016, 2, 29), received=date(2016, 4, 1))
    assert book.said(events.ReinstatementGranted) == []


async def test_INV_12_a_lapsed_plan_is_not_kept_away_by_one_whose_own_binder_is_unpaid() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)  # due December 25
    await book.advance(date(2016, 1, 4), 10)
    await book.select("h", net={"gold": 60000}, selection="s2", effective=date(2016, 2, 1))
    await book.pay("h", 50000, method="check", postmarked=date(2015, 12, 24))
    assert book.selection("h").state == "satisfied"


async def test_NOT_1_no_cent_is_taken_off_two_invoices() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 50000)
    await book.advance(date(2016, 1, 4), 10)
    await book.select("h", net={"dental": 4000}, selection="s2", effective=date(2016, 2, 1))
    await book.pay("h", 2000)
    await book.advance(date(2016, 1, 5), 10)
    asked = {each.kind: each.total_cents - each.received_cents for each in book.invoices("h")[1:]}
    assert asked == {"initial": 2000, "monthly": 50000}
    await book.pay("h", 2000)
    await book.pay("h", 50000)
    assert book.selection("h", "s2").state == "satisfied"
    assert await book.balance("h") == (0, 0, 0)


async def test_INV_3_what_became_of_an_unpaid_binder_is_on_no_monthly_invoice() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 50000)
    await book.advance(date(2016, 1, 4), 10)
    await book.select("h", net={"dental": 4000}, selection="s2", effective=date(2016, 2, 1))
    await book.advance(date(2016, 1, 20), 10)
    await book.pay("h", 50000)
    await book.advance(date(2016, 2, 5), 10)
    assert book.selection("h", "s2").state == "lapsed"
    last = book.invoices("h")[-1]
    assert (last.adjustments, last.unpaid_before_cents, last.total_cents) == ((), 0, 50000)


async def test_INV_1_money_heard_of_right_after_its_selection_is_in_its_invoice() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    book.up = False
    await book.select("h", net=50000)
    await book.pay("h", 50000, method="card", at_selection=True, selection="s1")
    await book.advance(date(2015, 12, 8), 10)
    await book.bring_up()
    (invoice,) = book.invoices("h")
    assert (invoice.dated, invoice.received_cents, invoice.mail) == (date(2015, 12, 8), 50000, False)
