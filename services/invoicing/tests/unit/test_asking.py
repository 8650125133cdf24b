"""Asking that coverage which ended for non-payment stand again (INV-13, B): each limit at its edge."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.errors import Refused
from invoicing.domain import events
from invoicing.domain.asking import (
    AskedTooLate,
    HadAssistance,
    NothingToReinstate,
    PaidTooLate,
    ReinstatedBefore,
)
from invoicing.domain.records import ReinstatementRequest
from services.invoicing.tests.builders import Book, months_of
from services.invoicing.tests.unit.test_a_year import paid_through_may

JULY_30, JULY_31 = date(2016, 7, 30), date(2016, 7, 31)
"""Coverage ended on June 30: 30 days later, and the last day of the month after it."""


async def ended_in_june(*, assisted: bool = False) -> Book:
    """Return a book in which June (500.00) and July (500.00) were invoiced and not paid, so coverage ended June 30."""
    book = Book()
    await paid_through_may(book, assisted=assisted)
    await book.advance(date(2016, 7, 1))
    return book


def granted(book: Book) -> list[str]:
    return [each.reason for each in book.said(events.ReinstatementGranted)]


def states(book: Book) -> list[str]:
    return [each.state for each in book.database.rows(ReinstatementRequest)]


async def test_INV_13_who_asked_and_pays_everything_invoiced_stands_again_without_a_gap() -> None:
    book = await ended_in_june()
    await book.advance(date(2016, 7, 8), 10)
    answer = await book.ask("h")
    assert (answer.request.state, answer.request.pay_by, answer.lacking_cents) == ("waiting", JULY_30, 100000)
    assert answer.policies == ("h-silver",)
    await book.advance(date(2016, 7, 20), 10)
    await book.pay("h", 100000)
    assert (granted(book), states(book)) == (["asked"], ["granted"])
    policy = await book.policy("h")
    assert (policy.effective, policy.last_day) == (date(2016, 1, 1), date(2016, 12, 31))
    assert await book.balance("h") == (0, 0, 0)
    # The run of July 5 passed it by: August and September.
    await book.advance(date(2016, 8, 5))
    assert [str(line.month) for line in book.invoices("h")[-1].charges] == ["2016-08", "2016-09"]
    assert book.listed("h")[-1].on == date(2016, 7, 1)


async def test_INV_13_money_that_came_before_it_was_asked_for_grants_at_once() -> None:
    book = await ended_in_june()
    await book.advance(date(2016, 7, 10), 10)
    await book.pay("h", 100000)
    assert await book.balance("h") == (0, 0, 50000)
    await book.advance(date(2016, 7, 20), 10)
    answer = await book.ask("h")
    assert (answer.request.state, answer.lacking_cents, answer.reason.rule) == ("granted", 0, "INV-13")
    assert await book.balance("h") == (0, 0, 0)


async def test_INV_13_what_is_here_already_is_not_asked_for_again() -> None:
    book = await ended_in_june()
    await book.pay("h", 30000)
    assert (await book.ask("h")).lacking_cents == 70000
    await book.pay("h", 30000)  # June is whole, and 100.00 are left
    again = await book.ask("h")
    assert (again.request.state, again.lacking_cents) == ("waiting", 40000)
    assert states(book) == ["waiting"]


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        pytest.param(JULY_30, None, id="on the 30th day"),
        pytest.param(JULY_31, AskedTooLate, id="on the 31st"),
    ],
)
async def test_INV_13_it_is_asked_within_30_days(asked: date, refused: type[Refused] | None) -> None:
    book = await ended_in_june()
    await book.pay("h", 100000)
    await book.advance(asked)
    if refused is None:
        assert (await book.ask("h")).request.state == "granted"
        return
    with pytest.raises(refused) as error:
        await book.ask("h")
    (reason,) = error.value.reasons
    assert (reason.rule, reason.facts) == ("INV-13", {"ended": "2016-06-30", "ask_by": "2016-07-30"})
    assert (granted(book), states(book)) == ([], [])


@pytest.mark.parametrize(
    ("paid", "cents", "stands"),
    [
        pytest.param(JULY_30, 100000, True, id="the day before the last"),
        pytest.param(JULY_31, 100000, False, id="the last day"),
        pytest.param(JULY_30, 99999, False, id="one cent short"),
    ],
)
async def test_INV_13_everything_is_paid_before_the_last_day_of_the_month_after(
    paid: date, cents: int, stands: bool
) -> None:
    book = await ended_in_june()
    await book.ask("h")
    await book.advance(paid)
    await book.pay("h", cents)
    await book.advance(date(2016, 8, 2))
    assert (granted(book), states(book)) == ((["asked"], ["granted"]) if stands else ([], ["unpaid"]))
    assert (await book.policy("h")).last_day == (date(2016, 12, 31) if stands else date(2016, 6, 30))


async def test_INV_13_a_cent_that_lacked_and_came_on_the_last_possible_day_completes_it() -> None:
    book = await ended_in_june()
    await book.pay("h", 99999)
    assert (await book.ask("h")).lacking_cents == 1
    await book.advance(JULY_30)
    await book.pay("h", 1)
    assert granted(book) == ["asked"]


@pytest.mark.parametrize(
    ("posted", "comes", "stands"),
    [
        pytest.param(JULY_30, date(2016, 8, 31), True, id="posted in time"),
        pytest.param(JULY_31, date(2016, 8, 3), False, id="posted a day late"),
        pytest.param(JULY_30, date(2016, 9, 1), False, id="came after the month"),
    ],
)
async def test_INV_13_a_postmark_counts_though_the_request_was_closed(
    posted: date, comes: date, stands: bool
) -> None:
    book = await ended_in_june()
    await book.ask("h")
    await book.advance(comes, 10)
    assert states(book) == ["unpaid"]
    await book.pay("h", 100000, method="check", postmarked=posted)
    assert granted(book) == (["asked"] if stands else [])


async def test_INV_13_it_is_granted_once_in_a_plan_year() -> None:
    book = await ended_in_june()
    await book.ask("h")
    await book.pay("h", 100000)
    # August is invoiced on July 5 and unpaid: grace in August, and the end of it.
    await book.advance(date(2016, 9, 1))
    assert (await book.policy("h")).last_day == date(2016, 8, 31)
    with pytest.raises(ReinstatedBefore) as error:
        await book.ask("h")
    assert error.value.reasons[0].facts == {"plan_year": "2016", "granted_on": "2016-07-01"}
    assert granted(book) == ["asked"]


async def test_INV_13_a_request_that_waited_in_vain_does_not_count_for_the_year() -> None:
    book = await ended_in_june()
    await book.ask("h")
    await book.advance(date(2016, 8, 10), 10)
    assert states(book) == ["unpaid"]
    # Selected again after a qualifying event, for September: paid, then October and November are not.
    await book.pay("h", 50000)  # June
    await book.select("h", net={"gold": 50000}, effective=date(2016, 9, 1), selection="s2")
    await book.pay("h", 50000)
    await book.advance(date(2016, 11, 1))
    assert (await book.policy("h", "gold")).last_day == date(2016, 10, 31)
    assert (await book.ask("h")).request.state == "waiting"


async def test_INV_13_with_assistance_nobody_is_reinstated_on_request() -> None:
    book = await ended_in_june(assisted=True)
    await book.advance(date(2016, 9, 2), 10)
    with pytest.raises(HadAssistance) as error:
        await book.ask("h")
    assert "2016-08-31 (INV-12)" in error.value.reasons[0].says


async def test_INV_13_assistance_shuts_out_though_grace_was_short_for_want_of_a_paid_month() -> None:
    book = Book()
    await book.advance(date(2016, 1, 20), 10)
    # From a birth on January 20: a month in part is no full month.
    await book.select("h", net=50000, assistance=20000, effective=date(2016, 1, 20))
    await book.pay("h", 19355)  # 500.00 × 12/31 = 193.548…
    await book.advance(date(2016, 4, 1))
    assert (await book.policy("h")).last_day == date(2016, 3, 31)
    with pytest.raises(HadAssistance):
        await book.ask("h")


async def test_INV_13_nobody_whose_coverage_stands_or_was_ended_on_request_is_reinstated_so() -> None:
    book = Book()
    with pytest.raises(NothingToReinstate):
        await book.ask("h")
    await paid_through_may(book)
    with pytest.raises(NothingToReinstate):
        await book.ask("h")
    await book.end("h", date(2016, 4, 30))
    with pytest.raises(NothingToReinstate):
        await book.ask("h")
    assert states(book) == []


async def test_INV_13_an_end_somebody_asked_for_leaves_nothing_to_reinstate() -> None:
    book = await ended_in_june()
    await book.end("h", date(2016, 5, 31))
    with pytest.raises(NothingToReinstate):
        await book.ask("h")


async def test_INV_13_money_that_is_on_time_by_the_postmark_needs_no_request() -> None:
    book = await ended_in_june()
    await book.ask("h")
    await book.pay("h", 100000, method="check", postmarked=date(2016, 6, 30))
    assert (granted(book), states(book)) == (["postmark"], ["not-needed"])


async def test_INV_13_a_request_is_over_when_staff_restores_the_coverage() -> None:
    book = await ended_in_june()
    await book.ask("h")
    (ended,) = book.said(events.GraceExpired)
    await book.restore("h", undoes=ended.decision)
    assert (granted(book), states(book)) == ([], ["not-needed"])


async def test_INV_13_what_became_cheaper_may_be_paid_without_more_money() -> None:
    book = await ended_in_june()
    await book.ask("h")
    await book.pay("h", 80000)
    assert granted(book) == []
    await book.change("h", months_of(40000, first=date(2016, 6, 1), last=date(2016, 12, 31)))
    assert granted(book) == ["asked"]
    assert await book.balance("h") == (0, 0, 0)


async def test_INV_17_nobody_is_refused_for_want_of_money_on_open_books() -> None:
    book = await ended_in_june()
    await book.advance(JULY_30, 10)
    await book.ask("h")
    await book.advance(JULY_30, 22)
    book.books_open = False
    await book.advance(date(2016, 8, 4), 10)
    assert states(book) == ["waiting"]
    await book.pay("h", 100000, received=JULY_30)
    assert granted(book) == ["asked"]


async def test_INV_17_an_end_decided_late_leaves_as_many_days_to_ask() -> None:
    book = Book()
    await paid_through_may(book)
    await book.advance(date(2016, 6, 30))
    book.books_open = False
    await book.advance(date(2016, 7, 12), 10)
    book.books_open = True
    await book.advance(date(2016, 7, 13), 10)
    await book.pay("h", 100000)
    # Decided on July 13, so ended as far as anybody could know on July 12: 30 days later is August 11.
    await book.advance(date(2016, 8, 11))
    assert (await book.ask("h")).request.state == "granted"


async def test_INV_17_too_late_for_money_is_said_only_once_the_books_are_closed() -> None:
    book = Book()
    await paid_through_may(book)
    await book.advance(date(2016, 6, 30))
    book.books_open = False
    await book.advance(date(2016, 7, 12), 10)
    book.books_open = True
    await book.advance(date(2016, 8, 3))
    with pytest.raises(PaidTooLate) as error:
        await book.ask("h")
    assert error.value.reasons[0].facts == {"pay_by": "2016-07-30", "lacking": "1000.00"}
    assert states(book) == []


async def test_I9_a_request_that_nobody_decided_is_overdue_three_days_after_its_last_day() -> None:
    book = await ended_in_june()
    await book.ask("h")
    await book.advance(JULY_30, 22)
    book.books_open = False
    await book.advance(date(2016, 8, 2), 10)
    assert await overdue(book) == []
    await book.advance(date(2016, 8, 3), 10)
    assert await overdue(book) == [("reinstatement-request", "h", JULY_30)]
    book.books_open = True
    await book.advance(date(2016, 8, 4), 10)
    assert (await overdue(book), states(book)) == ([], ["unpaid"])


async def overdue(book: Book) -> list[tuple[str, str | None, date]]:
    async with book.store.begin(now=book.now) as uow:
        found = await book.service.overdue(uow) if book.service.overdue else []
    return [(each.kind, each.household, each.deadline) for each in found]
