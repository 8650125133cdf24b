"""A cut-off moves when nobody could pay online for an hour of its day, or an operator says so (OPS-4)."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from bulkhead.duties.tables import DutyRecord
from bulkhead.kernel.calendar import local
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue
from bulkhead.retries.retries import Retry
from invoicing.application import extensions as extensions_module
from invoicing.application import facts
from invoicing.application.extensions import tell_of
from invoicing.domain import events
from invoicing.domain.account import Account
from invoicing.domain.extensions import Extension, ExtensionIsUsed, ExtensionIsWithdrawn
from services.invoicing.tests.builders import Book

DUE = date(2015, 12, 25)
"""When the binder of `selected` is due: 21 days after its invoice of December 4."""

CITES = "N2: the payment page was away for twelve hours on the last day; chosen: an hour is enough (OPS-4)"


async def selected() -> Book:
    """A household that selected a plan for 500.00 on December 3, and has not paid."""
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    return book


async def away(book: Book, since: datetime, until: datetime) -> None:
    """Have an outage be told of as it begins and ends."""
    await book.advance(since.date(), since.hour, since.minute)
    await book.shut(since)
    await book.advance(until.date(), until.hour, until.minute)
    await book.open(since, until)


def extensions(book: Book) -> list[tuple[date, date, str, int | None]]:
    found = sorted(book.database.rows(Extension), key=lambda each: each.cutoff)
    return [(each.cutoff, each.until, each.ground, each.minutes) for each in found]


def reasons(book: Book, kind: type) -> tuple[Reason, ...]:
    """Return why the one event of a kind was said."""
    (said,) = (each for each in book.database.emitted if isinstance(each.event, kind))
    return said.reasons


async def in_need_of_february(*, assistance: int = 0) -> Book:
    """A household whose January is paid, and whose February, asked for on January 5, is not."""
    book = await selected()
    if assistance:
        book = Book()
        await book.advance(date(2015, 12, 3), 10)
        await book.select("h", net=50000, assistance=assistance)
    await book.pay("h", 50000)
    await book.advance(date(2016, 1, 20))
    return book


async def test_OPS_4_money_of_the_day_after_an_outage_pays_a_binder_that_was_due() -> None:
    book = await selected()
    await away(book, local(DUE, 1), local(DUE, 13))
    await book.advance(date(2015, 12, 26), 20)
    assert book.selection("h").state == "open"
    await book.pay("h", 50000)
    assert extensions(book) == [(DUE, date(2015, 12, 26), "outage", 720)]
    assert book.selection("h").state == "satisfied"
    await book.advance(date(2016, 1, 5))
    assert book.said(events.BinderLapsed) == []
    assert book.charges("h")["silver 2016-01"] == "settled"


async def test_OPS_4_who_does_not_pay_by_then_lapses_once_that_day_is_over() -> None:
    book = await selected()
    await away(book, local(DUE, 1), local(DUE, 13))
    await book.advance(date(2015, 12, 27), 0, 5)
    assert book.selection("h").state == "open"
    await book.advance(date(2015, 12, 27), 1)
    assert book.selection("h").state == "lapsed"
    lapsed = reasons(book, events.BinderLapsed)
    moved = next(each for each in lapsed if each.rule == "OPS-4")
    assert (moved.citation, moved.facts) == (
        CITES,
        {"cutoff": "2015-12-25", "until": "2015-12-26", "minutes_away": "720"},
    )
    await book.pay("h", 50000)
    assert book.selection("h").state == "lapsed"


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        (local(DUE, 22, 1), local(date(2015, 12, 26), 0, 30), [(DUE, date(2015, 12, 27), "outage", 119)]),
        (local(DUE, 23, 1), local(date(2015, 12, 26), 0, 30), []),
        (local(DUE, 9), local(DUE, 9, 59), []),
        (local(DUE, 9), local(DUE, 10), [(DUE, date(2015, 12, 26), "outage", 60)]),
    ],
)
async def test_OPS_4_an_hour_of_the_day_itself_is_what_counts(
    since: datetime, until: datetime, found: list[tuple[date, date, str, int | None]]
) -> None:
    book = await selected()
    await away(book, since, until)
    assert extensions(book) == found


async def test_OPS_4_two_outages_of_a_day_count_together() -> None:
    book = await selected()
    await away(book, local(DUE, 9), local(DUE, 9, 40))
    assert extensions(book) == []
    await away(book, local(DUE, 20), local(DUE, 20, 20))
    assert extensions(book) == [(DUE, date(2015, 12, 26), "outage", 60)]


async def test_OPS_4_while_nobody_can_pay_online_nothing_is_decided() -> None:
    book = await selected()
    await book.advance(DUE, 20)
    await book.shut(local(DUE, 20))
    await book.advance(date(2015, 12, 28), 12)
    assert book.selection("h").state == "open"
    (waits,) = [each for each in book.database.rows(DutyRecord) if each.waits_for]
    assert (waits.waits_for, waits.waits_on) == (
        "nobody can pay online, and the cut-off of 2015-12-25 waits for it",
        "outage",
    )
    await book.open(local(DUE, 20), local(date(2015, 12, 28), 12))
    await book.advance(date(2015, 12, 29), 23)
    assert book.selection("h").state == "open"
    await book.pay("h", 50000)
    assert book.selection("h").state == "satisfied"


async def test_OPS_4_an_outage_of_more_than_three_days_moves_nothing_by_itself() -> None:
    book = await selected()
    await book.advance(DUE, 20)
    await book.shut(local(DUE, 20))
    await book.advance(date(2015, 12, 28), 19)
    assert book.selection("h").state == "open"
    await book.advance(date(2015, 12, 29), 2)
    assert book.selection("h").state == "lapsed"
    await book.open(local(DUE, 20), local(date(2015, 12, 30), 12))
    assert extensions(book) == []


async def test_OPS_4_a_short_outage_over_midnight_delays_what_is_decided_and_moves_nothing() -> None:
    book = await selected()
    await book.advance(DUE, 23, 50)
    await book.shut(local(DUE, 23, 50))
    await book.advance(date(2015, 12, 26), 8)
    assert book.selection("h").state == "open"
    await book.open(local(DUE, 23, 50), local(date(2015, 12, 26), 0, 40))
    assert book.selection("h").state == "lapsed"


async def test_OPS_4_an_outage_on_the_day_it_moved_to_moves_it_on() -> None:
    book = await selected()
    await away(book, local(DUE, 1), local(DUE, 13))
    await away(book, local(date(2015, 12, 26), 22), local(date(2015, 12, 26), 23, 30))
    await book.advance(date(2015, 12, 27), 12)
    assert book.selection("h").state == "open"
    await book.pay("h", 50000)
    assert book.selection("h").state == "satisfied"
    assert [each.until for each in book.said(events.DeadlineMoved)] == [
        date(2015, 12, 26),
        date(2015, 12, 27),
    ]


async def overdue(book: Book) -> list[tuple[str, date]]:
    """Return what should be over by now, with its deadline (I9)."""
    assert book.service.overdue is not None
    async with book.store.begin(now=book.now) as uow:
        return [(each.id, each.deadline) for each in await book.service.overdue(uow)]


async def test_I9_what_waits_for_a_cutoff_that_moved_is_not_overdue() -> None:
    book = await selected()
    await book.advance(DUE, 20)
    await book.shut(local(DUE, 20))
    await book.advance(date(2015, 12, 28), 9)
    assert await overdue(book) == []
    await book.open(local(DUE, 20), local(date(2015, 12, 28), 9))
    book.books_open = False
    await book.advance(date(2016, 1, 1), 12)
    assert await overdue(book) == []
    await book.advance(date(2016, 1, 2), 12)  # it moved to December 29
    assert await overdue(book) == [("h-s1", DUE)]


async def test_OPS_4_a_cutoff_between_the_two_is_no_earlier_than_one_that_was_before_it() -> None:
    book = await selected()
    await book.move_cutoff(date(2015, 12, 24), date(2015, 12, 28))
    await book.advance(date(2015, 12, 28), 12)
    assert book.selection("h").state == "open"  # due on the 25th
    await book.pay("h", 50000)
    assert book.selection("h").state == "satisfied"


async def test_OPS_4_the_list_of_the_first_waits_and_who_paid_meanwhile_is_not_on_it() -> None:
    for pays in (True, False):
        book = await in_need_of_february()
        await away(book, local(date(2016, 1, 31), 1), local(date(2016, 1, 31), 13))
        await book.advance(date(2016, 2, 1), 20)
        assert book.listed("h") == []
        if pays:
            await book.pay("h", 50000)
        await book.advance(date(2016, 2, 2), 1)
        listed = [(row.on, row.action, row.past_due_cents) for row in book.listed("h")]
        assert listed == ([] if pays else [(date(2016, 2, 1), "termination-notice", 50000)])
        assert (await book.grace("h") is None) == pays


async def test_OPS_4_grace_ends_with_the_day_its_last_one_moved_to() -> None:
    book = await in_need_of_february()
    await book.advance(date(2016, 2, 20))
    await away(book, local(date(2016, 2, 29), 9), local(date(2016, 2, 29), 11))
    await book.advance(date(2016, 3, 1), 22)
    assert (await book.grace("h")) is not None
    await book.pay("h", 100000)
    assert [each.household for each in book.said(events.GraceExited)] == ["h"]
    await book.advance(date(2016, 3, 3))
    assert book.said(events.GraceExpired) == []


async def test_OPS_4_what_was_decided_before_it_was_known_is_undone_for_who_paid() -> None:
    book = await selected()
    await book.advance(date(2015, 12, 26), 12)
    assert book.selection("h").state == "lapsed"
    await book.pay("h", 50000)
    assert book.selection("h").state == "lapsed"
    await book.move_cutoff(DUE, date(2015, 12, 28))
    assert book.selection("h").state == "satisfied"
    (granted,) = book.said(events.ReinstatementGranted)
    assert (granted.reason, granted.binder) == ("postmark", True)
    because = reasons(book, events.ReinstatementGranted)
    assert [each.rule for each in because] == ["INV-12", "OPS-4"]


async def test_OPS_4_who_pays_after_it_became_known_late_is_restored_then() -> None:
    book = await selected()
    await book.advance(date(2015, 12, 26), 12)
    await book.move_cutoff(DUE, date(2015, 12, 28))
    assert book.selection("h").state == "lapsed"
    assert [each.cutoffs for each in book.said(events.DeadlineMoved)] == [(DUE,)]
    await book.advance(date(2015, 12, 28), 22)
    await book.pay("h", 50000)
    assert book.selection("h").state == "satisfied"


async def test_OPS_4_coverage_that_ended_stands_again_when_the_cutoff_turns_out_to_have_moved() -> None:
    book = await in_need_of_february()
    await book.advance(date(2016, 3, 1), 12)
    assert [each.household for each in book.said(events.GraceExpired)] == ["h"]
    await book.pay("h", 100000)
    assert book.said(events.ReinstatementGranted) == []
    await book.move_cutoff(date(2016, 2, 29), date(2016, 3, 1))
    (granted,) = book.said(events.ReinstatementGranted)
    assert (granted.reason, granted.binder) == ("postmark", False)
    assert book.charges("h")["silver 2016-02"] == "settled"


async def test_OPS_4_who_still_has_to_pay_is_told_and_nobody_else() -> None:
    book = await selected()
    await book.select("paid", net=50000)
    await book.pay("paid", 50000)
    await away(book, local(DUE, 1), local(DUE, 13))
    moved = book.database.rows(Extension)[0]
    assert book.said(events.DeadlineMoved) == [
        events.DeadlineMoved(
            household="h",
            extension=moved.extension,
            cutoffs=(DUE,),
            until=date(2015, 12, 26),
            ground="outage",
        )
    ]
    assert moved.told_through is None


async def test_OPS_4_who_was_told_is_not_told_the_same_again() -> None:
    book = await selected()
    await book.advance(date(2015, 12, 20), 9)
    await book.move_cutoff(DUE, date(2015, 12, 28))
    again = await book.move_cutoff(DUE, date(2015, 12, 28))
    further = await book.move_cutoff(DUE, date(2015, 12, 30))
    await book.move_back(again)
    await book.move_back(further)
    assert [each.until for each in book.said(events.DeadlineMoved)] == [
        date(2015, 12, 28),
        date(2015, 12, 30),
        date(2015, 12, 28),
    ]
    assert book.said(events.DeadlineMovedBack) == []


async def test_OPS_4_heard_twice_or_again_after_its_end_an_outage_is_one() -> None:
    book = await selected()
    await away(book, local(DUE, 1), local(DUE, 13))
    await book.open(local(DUE, 1), local(DUE, 15))
    await book.shut(local(DUE, 1))
    assert extensions(book) == [(DUE, date(2015, 12, 26), "outage", 720)]
    await book.advance(date(2015, 12, 27), 12)
    assert book.selection("h").state == "lapsed"
    assert len(book.said(events.DeadlineMoved)) == 1


async def test_OPS_4_the_phone_moves_nothing() -> None:
    book = await selected()
    await book.advance(DUE, 14)
    await book.hear(None, facts.ChannelUp(channel="phone", since=local(DUE, 1), until=local(DUE, 13)))
    assert extensions(book) == []


async def test_OPS_4_an_extension_is_taken_back_until_somebody_relies_on_it() -> None:
    book = await selected()
    await book.advance(date(2015, 12, 20), 9)
    moved = await book.move_cutoff(DUE, date(2015, 12, 30))
    assert (await book.move_back(moved)).withdrawn_by == "bea"
    (back,) = book.said(events.DeadlineMovedBack)
    assert (back.household, back.cutoffs) == ("h", (DUE,))
    with pytest.raises(ExtensionIsWithdrawn):
        await book.move_back(moved)
    await book.advance(date(2015, 12, 26), 12)
    assert book.selection("h").state == "lapsed"


async def test_OPS_4_an_extension_that_was_told_in_time_stays_once_its_cutoff_has_passed() -> None:
    book = await selected()
    await book.advance(date(2015, 12, 20), 9)
    moved = await book.move_cutoff(DUE, date(2015, 12, 30))
    await book.advance(date(2015, 12, 26), 0, 1)
    with pytest.raises(ExtensionIsUsed):
        await book.move_back(moved)


async def test_OPS_4_an_extension_that_money_counts_by_stays() -> None:
    book = await selected()
    await book.advance(date(2015, 12, 26), 12)
    await book.pay("h", 50000)
    moved = await book.move_cutoff(DUE, date(2015, 12, 26))
    with pytest.raises(ExtensionIsUsed) as refused:
        await book.move_back(moved)
    assert refused.value.reasons[0].facts == {
        "cutoff": "2015-12-25",
        "until": "2015-12-26",
        "payments": "1",
    }


@pytest.mark.parametrize(
    ("cutoff", "until", "field"),
    [
        (DUE, DUE, "/until"),
        (DUE, date(2015, 12, 24), "/until"),
        (DUE, date(2016, 1, 26), "/until"),
        (date(2015, 11, 18), date(2015, 11, 19), "/cutoff"),
    ],
)
async def test_OPS_4_what_may_not_be_declared_is_refused_by_its_field(
    cutoff: date, until: date, field: str
) -> None:
    book = await selected()
    await book.advance(date(2015, 12, 20), 9)
    with pytest.raises(InvalidValue) as refused:
        await book.move_cutoff(cutoff, until)
    assert refused.value.field == field
    assert extensions(book) == []


async def test_OPS_4_a_household_that_fails_is_told_later_and_keeps_no_other_from_being_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    for household in ("amy", "kim", "lee"):
        await book.select(household, net=50000)

    def tell_but_kim(account: Account, extension: Extension, *, today: date) -> None:
        if account.household == "kim":
            raise ZeroDivisionError
        tell_of(account, extension, today=today)

    with monkeypatch.context() as planted:
        planted.setattr(extensions_module, "tell_of", tell_but_kim)
        await away(book, local(DUE, 1), local(DUE, 13))
        assert [each.household for each in book.said(events.DeadlineMoved)] == ["amy", "lee"]
        (waits,) = book.database.rows(Retry)
        assert (waits.kind, waits.household, waits.failures, waits.reason) == (
            "extensions",
            "kim",
            1,
            "ZeroDivisionError",
        )
        assert [each.told_through for each in book.database.rows(Extension)] == [None]
    await book.advance(date(2015, 12, 26), 20)
    assert [each.household for each in book.said(events.DeadlineMoved)] == ["amy", "lee", "kim"]
    assert book.database.rows(Retry) == []
