"""What changes to policies mean for an account."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.errors import Impossible
from invoicing.application import facts
from invoicing.domain import events
from services.invoicing.tests.builders import Book


async def with_dental(book: Book) -> None:
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net={"silver": 50000, "dental": 3000})
    await book.pay("h", 53000)


async def end_dental(book: Book, through: date) -> None:
    await book.end("h", through, plan="dental")


async def test_INV_4_a_retroactive_end_is_an_adjustment_line_and_the_old_invoice_stays() -> None:
    book = Book()
    await with_dental(book)
    await book.advance(date(2016, 1, 6))
    before = book.invoices("h")
    await end_dental(book, date(2016, 1, 31))
    await book.advance(date(2016, 2, 5))
    assert book.invoices("h")[:-1] == before
    invoice = book.invoices("h")[-1]
    assert [(each.policy, str(each.month), each.cents, each.as_credit) for each in invoice.adjustments] == [
        ("h-dental", "2016-02", -3000, False)
    ]
    # 530 was asked for February, 30 of it is taken back, 500 is new for March.
    assert (invoice.unpaid_before_cents, invoice.adjustments_cents, invoice.total_cents) == (
        53000,
        -3000,
        100000,
    )


async def test_INV_4_INV_6_what_was_paid_for_a_reversed_month_becomes_credit() -> None:
    book = Book()
    await with_dental(book)
    await book.advance(date(2016, 1, 20))
    await book.pay("h", 53000)
    await end_dental(book, date(2016, 1, 31))
    assert await book.balance("h") == (0, 0, 3000)
    assert [each.cents for each in book.said(events.PremiumUnsettled)] == [3000]
    await book.advance(date(2016, 2, 5))
    assert book.invoices("h")[-1].total_cents == 47000


async def test_ENR_6_a_selection_canceled_on_request_gives_its_money_back_as_credit() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 20000)
    await book.cancel("h")
    assert await book.balance("h") == (0, 0, 20000)
    await book.advance(date(2016, 2, 6))
    assert not book.invoices("h")


@pytest.mark.parametrize(
    "fact",
    [
        facts.PolicyCanceled(household="h", policy="nobody", reason="requested", decided_by="enrollment"),
        facts.PolicyTerminated(
            household="h",
            policy="nobody",
            through=date(2016, 1, 31),
            reason="requested",
            months=(),
            decided_by="enrollment",
        ),
        facts.PolicyReinstated(
            household="h",
            policy="nobody",
            coverage_ends=date(2016, 12, 31),
            months=(),
            decided_by="enrollment",
            undoes="d",
        ),
        facts.PaymentRefunded(household="h", refund="nothing", cents=1, refunded_on=date(2016, 1, 1)),
    ],
    ids=lambda fact: type(fact).__name__,
)
async def test_an_event_about_what_never_was_is_impossible_and_changes_nothing(fact: object) -> None:
    book = Book()
    with pytest.raises(Impossible):
        await book.hear("h", fact)
    assert not book.database.events


async def test_ENR_5_two_selections_have_a_binder_each_and_neither_holds_the_other() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000, selection="s1")
    await book.advance(date(2015, 12, 8), 10)
    await book.select("h", net={"dental": 3000}, selection="s2")
    await book.pay("h", 50000)
    assert [each.selection for each in book.said(events.BinderSatisfied)] == ["h-s1"]
    assert [(each.kind, each.selection) for each in book.invoices("h")] == [("initial", "h-s1")]
    await book.advance(date(2015, 12, 31))
    assert [each.policies for each in book.said(events.BinderLapsed)] == [("h-dental",)]
    assert [(each.selection, each.due) for each in book.invoices("h")] == [
        ("h-s1", date(2015, 12, 25)),
        ("h-s2", date(2015, 12, 30)),
    ]
    assert (await book.policy("h")).in_force(date(2016, 1, 1))


async def test_INV_12_a_policy_called_off_before_the_lapse_is_not_restored_with_the_binder() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net={"silver": 50000, "dental": 3000})
    await book.cancel("h", "dental")
    await book.advance(date(2015, 12, 28))
    assert [each.policies for each in book.said(events.BinderLapsed)] == [("h-silver",)]
    await book.pay("h", 50000, method="check", postmarked=date(2015, 12, 25))
    assert [each.policies for each in book.said(events.ReinstatementGranted)] == [("h-silver",)]
    assert await book.balance("h") == (0, 0, 0)


async def test_INV_12_of_two_lapsed_selections_of_one_kind_the_later_is_restored() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net={"bronze": 40000}, selection="s1")
    await book.advance(date(2016, 1, 4), 10)
    await book.select("h", net={"silver": 50000}, selection="s2", effective=date(2016, 2, 1))
    await book.advance(date(2016, 1, 28))
    await book.pay("h", 90000, method="check", postmarked=date(2015, 12, 24))
    assert [each.policies for each in book.said(events.ReinstatementGranted)] == [("h-silver",)]
    assert await book.balance("h") == (0, 0, 40000)
