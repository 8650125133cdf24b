"""Nearly all of a net premium is enough where a pack says so, and the rest stays owed (INV-15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from bulkhead.kernel.calendar import CoverageMonth, local
from invoicing.application.books import disagreeing_households
from invoicing.domain import events
from invoicing.domain.allocation import Group, Money, apply_money
from invoicing.domain.parameters import Threshold
from invoicing.domain.records import Charge
from services.invoicing.tests.builders import VERMONT_2016, VERMONT_2027, Book, months_of

JANUARY, FEBRUARY = CoverageMonth(2027, 1), CoverageMonth(2027, 2)
NEARLY_ALL = Threshold(share=Fraction(95, 100))


def month(which: CoverageMonth, cents: int) -> Group:
    return Group(
        key=f"month:{which}",
        cents=cents,
        least_cents=NEARLY_ALL.least_cents(cents),
        since=local(date(2026, 12, 5), 2),
        month=which,
    )


def binder(name: str, cents: int) -> Group:
    return Group(
        key=f"binder:{name}",
        cents=cents,
        least_cents=NEARLY_ALL.least_cents(cents),
        since=local(date(2026, 12, 3), 9),
        due=date(2026, 12, 25),
    )


def money(cents: int, *toward: str) -> Money:
    at = local(date(2026, 12, 18), 10)
    return Money(
        payment=f"p{cents}", cents=cents, arrived_at=at, on_time_date=at.date(), toward=tuple(toward)
    )


def paid(*groups: Group, by: list[Money]) -> dict[str, int]:
    found = apply_money(groups=groups, money=by).paid
    return {key: sum(each.cents for each in shares) for key, shares in found.items()}


async def test_INV_15_a_rest_that_comes_about_is_paid_at_once_by_money_that_named_a_later_month() -> None:
    book = Book(starts=date(2026, 12, 1), pack=VERMONT_2027)
    await book.advance(date(2026, 12, 3), 10)
    await book.select("h", net=50000, effective=date(2027, 1, 1))
    await book.pay("h", 50000)
    await book.advance(date(2027, 2, 10), 10)  # February and March are invoiced
    await book.pay("h", 47000)  # not enough of February, which waits for the rest of it
    (march,) = [each for each in book.invoices("h") if each.dated == date(2027, 2, 5)]
    await book.pay("h", 20000, invoice=march.invoice)
    assert await book.balance("h") == (100000, 67000, 0)
    await book.pay(
        "h", 1000
    )  # 480.00 are enough of February, and 20.00 of it are owed still: March's money pays them
    february, march_left = book.charges("h")["silver 2027-02"], await book.balance("h")
    assert (february, march_left) == ("settled", (50000, 18000, 0))


@pytest.mark.parametrize(
    ("cents", "enough"),
    [
        (50000, 47500),  # 47,500.00 exactly
        (35335, 33569),  # 33,568.25
        (35340, 33573),  # 33,573.00
        (19, 19),  # 18.05
        (20, 19),  # 19.00
        (1, 1),  # 0.95: of something never nothing
    ],
)
def test_INV_15_a_part_of_a_cent_is_rounded_up(cents: int, enough: int) -> None:
    assert NEARLY_ALL.least_cents(cents) == enough
    assert Threshold().least_cents(cents) == cents


@pytest.mark.parametrize(
    ("cents", "settled"), [(33568, 0), (33569, 33569), (33570, 33570), (35334, 35334), (35335, 35335)]
)
def test_INV_15_a_cent_below_is_not_enough_and_at_the_share_or_above_it_is(cents: int, settled: int) -> None:
    assert paid(month(JANUARY, 35335), by=[money(cents)]) == ({"month:2027-01": settled} if settled else {})
    assert paid(binder("b", 35335), by=[money(cents)]) == ({"binder:b": settled} if settled else {})


def test_INV_15_a_binder_with_nothing_paid_is_never_paid() -> None:
    assert paid(binder("b", 1), by=[]) == {}
    assert paid(binder("b", 35335), month(JANUARY, 35335), by=[money(35335, "month:2027-01")]) == {
        "month:2027-01": 35335
    }


def test_INV_15_what_lacks_lacks_of_one_group_alone() -> None:
    # 100.00 and 95.00 of two months of 100.00, and never 95.00 of each
    assert paid(month(JANUARY, 10000), month(FEBRUARY, 10000), by=[money(19000)]) == {"month:2027-01": 10000}
    assert paid(month(JANUARY, 10000), month(FEBRUARY, 10000), by=[money(19500)]) == {
        "month:2027-01": 10000,
        "month:2027-02": 9500,
    }
    named = [money(9500, "binder:a"), money(9501, "binder:b")]
    assert paid(binder("a", 10000), binder("b", 10000), by=named) == {"binder:a": 9500}


def test_INV_15_a_rest_is_paid_before_anything_is_settled_for_less() -> None:
    rest = Group(
        key="rest:month:2027-01", cents=500, since=local(date(2026, 12, 5), 2), month=JANUARY, rest=True
    )
    assert paid(rest, month(FEBRUARY, 10000), by=[money(9500)]) == {"rest:month:2027-01": 500}
    assert paid(rest, month(FEBRUARY, 10000), by=[money(10000)]) == {
        "rest:month:2027-01": 500,
        "month:2027-02": 9500,
    }
    assert paid(rest, binder("b", 10000), by=[money(9999, "binder:b")]) == {}


@pytest.mark.parametrize("share", [Fraction(0), Fraction(49, 100), Fraction(101, 100)])
def test_INV_15_a_share_that_cannot_be_meant_is_refused(share: Fraction) -> None:
    (found,) = replace(VERMONT_2016, payment_threshold=share).faults()
    assert (found.parameter, found.rule) == ("payment_threshold", "INV-15")
    assert "it must be 0.5 to 1" in found.problem


async def with_a_binder_short(cents: int) -> Book:
    book = Book(starts=date(2026, 12, 1), pack=VERMONT_2027)
    await book.advance(date(2026, 12, 3), 10)
    await book.select("h", net={"silver": 31235, "dental": 4100}, effective=date(2027, 1, 1))
    await book.pay("h", cents, selection="s1")
    return book


async def assert_sound(book: Book) -> None:
    async with book.store.begin(now=book.now) as uow:
        assert await disagreeing_households(uow, ["h"]) == []


async def test_INV_15_ENR_5_a_binder_is_paid_for_all_its_policies_and_says_by_which_value() -> None:
    book = await with_a_binder_short(33569)
    assert book.selection("h").state == "satisfied"
    assert await book.balance("h") == (1766, 0, 0)
    (settled,) = book.said(events.PremiumsSettled)
    assert sorted((each.cents, each.rest_cents) for each in settled.premiums) == [(3896, 204), (29673, 1562)]
    (satisfied,) = book.said(events.BinderSatisfied)
    assert satisfied.paid_cents == 33569
    (reason,) = [
        reason
        for each in book.database.emitted
        if isinstance(each.event, events.PremiumsSettled)
        for reason in each.reasons
    ]
    assert reason.rule == "INV-15"
    assert reason.citation.startswith("45 CFR 155.400(g)")
    assert dict(reason.facts) == {
        "threshold": "0.95",
        "net_premium": "353.35",
        "enough": "335.69",
        "paid": "335.69",
        "rest": "17.66",
    }
    await assert_sound(book)


async def test_INV_15_a_cent_short_of_it_lapses_the_binder() -> None:
    book = await with_a_binder_short(33568)
    assert book.selection("h").state == "open"
    await book.advance(date(2026, 12, 27))
    assert book.selection("h").state == "lapsed"
    assert await book.balance("h") == (0, 0, 33568)
    await assert_sound(book)


async def test_INV_15_INV_3_the_next_invoice_asks_for_the_rest_and_money_pays_it_first() -> None:
    book = await with_a_binder_short(33569)
    await book.advance(date(2027, 1, 6))
    invoice = book.invoices("h")[-1]
    assert (invoice.unpaid_before_cents, invoice.total_cents) == (1766, 1766 + 35335)
    await book.pay("h", 1766)
    rest = book.said(events.PremiumsSettled)[-1]
    assert rest.group == "month:2027-01"
    assert sorted((each.cents, each.rest_cents) for each in rest.premiums) == [(204, 0), (1562, 0)]
    assert book.said(events.PremiumUnsettled) == []
    assert await book.balance("h") == (35335, 0, 0)
    await assert_sound(book)


async def test_INV_15_three_months_of_nearly_all_are_not_enough_for_the_second() -> None:
    book = await with_a_binder_short(33569)
    await book.advance(date(2027, 1, 11), 10)
    await book.pay("h", 33569)
    assert await book.balance("h") == (35335, 33569 - 1766, 0)
    await book.advance(date(2027, 2, 1))
    (listed, _) = book.listed("h")
    assert listed.past_due_cents == 2 * 1766


async def test_INV_15_INV_14_a_return_that_leaves_less_than_enough_opens_the_month() -> None:
    book = await with_a_binder_short(33569)
    await book.advance(date(2027, 1, 11), 10)
    await book.pay("h", 35000)  # 17.66 to January, 332.34 held
    last = await book.pay("h", 335)  # 335.69 of February
    assert book.charges("h")["silver 2027-02"] == "settled"
    await book.give_back("h", last, 335)
    assert {state for charge, state in book.charges("h").items() if charge.endswith("2027-02")} == {"open"}
    assert await book.balance("h") == (35335, 33234, 0)
    await assert_sound(book)


async def test_INV_15_PAY_7_what_settled_twice_falls_twice_to_the_cent() -> None:
    book = await with_a_binder_short(33569)
    await book.advance(date(2027, 1, 11), 10)
    rest = await book.pay("h", 1766)
    await book.give_back("h", rest, 1766)
    fallen = book.said(events.PremiumUnsettled)
    assert sorted(each.cents for each in fallen) == [204, 1562, 3896, 29673]
    assert len({each.settlement for each in fallen}) == 4
    # what is left is enough again
    assert await book.balance("h") == (35335 + 1766, 0, 0)
    january = [each for each in book.database.rows(Charge) if each.month == JANUARY]
    assert sum(each.rest_cents for each in january) == 1766
    await assert_sound(book)


async def change(book: Book, cents: int, *, plan: str = "silver", first: date = date(2027, 1, 1)) -> None:
    await book.change("h", months_of(cents, first=first, last=date(2027, 12, 31)), plan=plan)


@pytest.mark.parametrize(
    ("paid", "silver", "owed", "credit"),
    [
        (33569, 31100, 1631, 0),  # 335.69 of 352.00 are 95.4 percent
        (33569, 29470, 1, 0),
        (33569, 29469, 0, 0),
        (33569, 29400, 0, 69),
        (33570, 31236, 1766, 0),  # 95 percent of 353.36 are 335.692
        (35335, 33000, 1765, 0),  # and what rises after it was paid in full: 95.2 percent of 371.00
    ],
)
async def test_INV_15_a_changed_premium_is_measured_with_all_of_its_binder(
    paid: int, silver: int, owed: int, credit: int
) -> None:
    book = await with_a_binder_short(paid)
    await book.advance(date(2027, 1, 2), 10)
    await change(book, silver)
    january = [each for each in book.database.rows(Charge) if each.month == JANUARY]
    assert {each.state for each in january} == {"settled"}
    assert sum(each.rest_cents for each in january) == owed
    assert await book.balance("h") == (owed, 0, credit)
    fallen = {each.settlement for each in book.said(events.PremiumUnsettled)}
    assert fallen == {"h-silver.2027-01.1", "h-dental.2027-01.1"}
    await assert_sound(book)


async def test_INV_15_a_rise_by_which_it_is_a_cent_short_opens_all_of_it_and_holds_the_money() -> None:
    book = await with_a_binder_short(33569)
    await book.advance(date(2027, 1, 2), 10)
    await change(book, 31236)
    assert set(book.charges("h").values()) == {"open"}
    assert await book.balance("h") == (35336, 33569, 0)
    await assert_sound(book)


@pytest.mark.parametrize("first", [date(2027, 1, 1), date(2027, 2, 1)])
async def test_INV_15_a_premium_that_falls_makes_nobody_delinquent(first: date) -> None:
    book = await with_a_binder_short(35335)
    await book.advance(date(2027, 1, 10), 10)
    await book.pay("h", 33569)
    await change(book, 31100, first=first)
    # what January costs less pays of what is owed still of February
    assert await book.balance("h") == (35200 - 33569 - (135 if first.month == 1 else 0), 0, 0)
    await book.advance(date(2027, 2, 1))
    assert book.listed("h") == []
    await assert_sound(book)


async def test_INV_15_two_premiums_of_a_month_change_one_after_the_other() -> None:
    book = await with_a_binder_short(33569)
    await book.advance(date(2027, 1, 2), 10)
    await change(book, 31100)
    await change(book, 4000, plan="dental")
    assert await book.balance("h") == (31100 + 4000 - 33569, 0, 0)
    await assert_sound(book)


async def test_INV_15_a_plan_that_goes_leaves_the_rest_of_what_stays() -> None:
    book = await with_a_binder_short(35335)
    await book.advance(date(2027, 1, 10), 10)
    await book.pay("h", 33569)
    await book.end("h", date(2027, 1, 31), plan="dental")
    # 335.69 were paid of 312.35
    assert await book.balance("h") == (0, 0, 33569 - 31235)
    assert book.charges("h")["silver 2027-02"] == "settled"
    await assert_sound(book)


async def test_INV_5_where_all_must_be_paid_a_change_opens_one_charge_alone() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net={"silver": 31235, "dental": 4100})
    await book.pay("h", 35335, selection="s1")
    await book.advance(date(2016, 1, 2), 10)
    await book.change("h", months_of(33000, first=date(2016, 1, 1), last=date(2016, 12, 31)))
    assert {each.settlement for each in book.said(events.PremiumUnsettled)} == {"h-silver.2016-01.1"}
    assert book.charges("h")["dental 2016-01"] == "settled"


def test_INV_15_money_that_names_a_month_pays_what_is_owed_of_older_ones_first() -> None:
    rest = Group(
        key="rest:month:2027-01", cents=500, since=local(date(2026, 12, 5), 2), month=JANUARY, rest=True
    )
    february = month(FEBRUARY, 10000)
    assert paid(rest, february, by=[money(9500, "month:2027-02")]) == {"rest:month:2027-01": 500}
    assert paid(rest, february, by=[money(499, "month:2027-02")]) == {}
    assert paid(rest, february, by=[money(10000, "month:2027-02")]) == {
        "rest:month:2027-01": 500,
        "month:2027-02": 9500,
    }
    later = replace(rest, key="rest:month:2027-03", month=CoverageMonth(2027, 3))
    assert paid(later, february, by=[money(10000, "month:2027-02")]) == {"month:2027-02": 10000}
    assert paid(rest, binder("b", 10000), by=[money(9999, "binder:b")]) == {}


async def test_INV_15_money_that_names_the_invoice_pays_the_rest_which_that_asks_for() -> None:
    book = await with_a_binder_short(33569)
    await book.advance(date(2027, 1, 20), 10)
    invoice = book.invoices("h")[-1]
    await book.pay("h", 33569, invoice=invoice.invoice)
    assert await book.balance("h") == (35335, 33569 - 1766, 0)
    await book.pay("h", 1766, invoice=invoice.invoice)
    assert await book.balance("h") == (1766, 0, 0)
    await assert_sound(book)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("late", [True, False])
async def test_INV_15_INV_17_a_list_made_later_comes_out_as_on_its_day(named: bool, late: bool) -> None:
    book = await with_a_binder_short(33569)
    await book.advance(date(2027, 1, 20), 10)
    await book.pay("h", 33569, invoice=book.invoices("h")[-1].invoice if named else None)
    await book.advance(date(2027, 1, 31), 12)
    book.books_open = not late
    await book.advance(date(2027, 2, 2), 10)
    await book.pay("h", 1766)
    book.books_open = True
    await book.advance(date(2027, 2, 3))
    assert {(each.on, each.past_due_cents) for each in book.listed("h")} == {(date(2027, 2, 1), 3532)}


@pytest.mark.parametrize("rest_first", [True, False])
async def test_INV_15_INV_17_a_rest_of_a_binder_that_was_paid_later_was_owed_then(
    rest_first: bool,
) -> None:
    async def pay_rest() -> None:
        await book.pay("h", 1766)

    async def pay_february() -> None:
        await book.pay("h", 33569, method="check", postmarked=date(2027, 1, 30))

    book = await with_a_binder_short(33569)
    await book.advance(date(2027, 1, 31), 12)
    book.books_open = False
    await book.advance(date(2027, 2, 2), 10)
    for pay in (pay_rest, pay_february) if rest_first else (pay_february, pay_rest):
        await pay()
        await book.advance(date(2027, 2, 2), 12)
    assert await book.balance("h") == (1766, 0, 0)
    book.books_open = True
    await book.advance(date(2027, 2, 3))
    # by January 31 there were 335.69, of which 17.66 were January's
    assert {(each.on, each.past_due_cents) for each in book.listed("h")} == {(date(2027, 2, 1), 3532)}


@pytest.mark.parametrize("late", [True, False])
async def test_INV_15_INV_17_a_rest_of_a_month_that_was_paid_later_was_owed_then(late: bool) -> None:
    book = await with_a_binder_short(35335)
    await book.advance(date(2027, 1, 10), 10)
    await book.pay("h", 33569)
    await book.advance(date(2027, 2, 28), 12)
    book.books_open = not late
    await book.advance(date(2027, 3, 2), 10)
    await book.pay("h", 1766)
    await book.pay("h", 33569, method="check", postmarked=date(2027, 2, 27))
    assert await book.balance("h") == (1766, 0, 0)
    book.books_open = True
    await book.advance(date(2027, 3, 3))
    (listed, _) = book.listed("h")
    # on time, by what was known when it was made: nothing of March and the rest, or what the check left of March
    assert (listed.on, listed.past_due_cents) == (date(2027, 3, 1), 3532 if late else 1766 + 35335)


async def test_INV_15_what_pays_the_rest_of_one_plan_does_not_settle_the_others_anew() -> None:
    book = await with_a_binder_short(35335)
    await book.advance(date(2027, 1, 10), 10)
    await book.pay("h", 35335)
    await book.select(
        "h", net={"drops": 2000}, selection="s2", binder_required=False, effective=date(2027, 2, 1)
    )
    await book.advance(date(2027, 2, 6), 10)
    # February's 20.00 are settled with 19.00 beside what was paid a month ago
    await book.pay("h", 1900)
    assert await book.balance("h") == (100 + 37335, 0, 0)
    await book.advance(date(2027, 2, 8), 10)
    await book.pay("h", 100)
    on = {each.charge: each.settled_on for each in book.database.rows(Charge) if each.month == FEBRUARY}
    assert on == {
        "h-silver.2027-02": date(2027, 1, 10),
        "h-dental.2027-02": date(2027, 1, 10),
        "h-drops.2027-02": date(2027, 2, 8),
    }
    await assert_sound(book)


async def test_INV_15_INV_9_grace_ends_where_a_rise_no_invoice_asks_for_is_paid_and_a_rest_left() -> None:
    book = Book(starts=date(2026, 12, 1), pack=VERMONT_2027)
    await book.advance(date(2026, 12, 3), 10)
    await book.select("h", net={"dental": 4100}, effective=date(2027, 1, 1))
    await book.pay("h", 4100, selection="s1")
    await book.advance(date(2027, 2, 10), 10)
    await book.select("h", net={"silver": 50000}, selection="s2", effective=date(2027, 3, 1))
    await book.advance(date(2027, 2, 20), 10)
    await book.change("h", months_of(5000, first=date(2027, 3, 1), last=date(2027, 12, 31)), plan="dental")
    assert await book.grace("h") is not None
    await book.pay("h", 4100 + 5000 + 48000)
    assert await book.balance("h") == (2000, 0, 0)
    assert await book.grace("h") is None
    await assert_sound(book)
