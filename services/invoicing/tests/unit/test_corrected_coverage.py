"""What enrollment's corrections make of an account says by which of them (OPS-5)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from invoicing.application import facts
from invoicing.domain import events
from invoicing.domain.decisions import Decision
from invoicing.domain.records import Adjustment
from services.invoicing.tests.builders import Book, months_of

YEAR = date(2016, 12, 31)


async def with_march_paid() -> Book:
    """A household of 500.00 a month that has paid January to March; April is invoiced."""
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 150000)
    await book.advance(date(2016, 3, 10), 10)
    return book


def terminated(**changes: Any) -> facts.PolicyTerminated:
    given: dict[str, Any] = {"through": date(2016, 2, 29), "reason": "requested", "correction": "c1"}
    return facts.PolicyTerminated(
        household="h", policy="h-silver", months=(), decided_by="enrollment", **(given | changes)
    )


async def test_OPS_5_what_a_corrected_end_opens_is_kept_with_the_correction() -> None:
    book = await with_march_paid()
    await book.hear("h", terminated())
    (decision,) = [each for each in book.database.rows(Decision) if each.decided == "premium-unsettled"]
    assert [each.rule for each in decision.reasons] == ["INV-5", "OPS-5"]
    assert decision.reasons[1].facts == {"correction": "c1"}
    assert {each.reason for each in book.database.rows(Adjustment)} == {"correction"}
    assert await book.balance("h") == (0, 0, 50000)


async def test_OPS_5_what_is_no_correction_says_of_none() -> None:
    book = await with_march_paid()
    await book.hear("h", terminated(correction=None))
    (decision,) = [each for each in book.database.rows(Decision) if each.decided == "premium-unsettled"]
    assert [each.rule for each in decision.reasons] == ["INV-5"]
    assert {each.reason for each in book.database.rows(Adjustment)} == {"requested"}


async def test_OPS_5_corrected_rates_are_adjusted_and_say_so() -> None:
    book = await with_march_paid()
    months = months_of(51000, first=date(2016, 1, 1), last=YEAR)
    await book.hear(
        "h",
        facts.PolicyChanged(
            household="h", policy="h-silver", changed="rates", months=months, correction="c2"
        ),
    )
    assert {each.reason for each in book.database.rows(Adjustment)} == {"correction"}
    # 4 x 510.00 are charged; 1500.00 pays January and February, and 480.00 waits for March
    assert await book.balance("h") == (102000, 48000, 0)
    assert all(
        each.reasons[-1].facts == {"correction": "c2"}
        for each in book.database.rows(Decision)
        if each.decided == "premium-unsettled"
    )


@pytest.mark.parametrize(("coverage_ends", "stays"), [(YEAR, None), (date(2016, 3, 31), date(2016, 3, 31))])
async def test_INV_7_an_end_for_non_payment_that_stands_is_none_that_somebody_asked_for(
    coverage_ends: date, stays: date | None
) -> None:
    book = await with_march_paid()
    await book.hear("h", terminated(through=date(2016, 2, 10), reason="death"))
    await book.hear(
        "h",
        facts.PolicyReinstated(
            household="h",
            policy="h-silver",
            coverage_ends=coverage_ends,
            months=(),
            decided_by="enrollment",
            undoes="the death",
            correction="c3",
        ),
    )
    assert (await book.policy("h")).asked_through == stays


async def test_OPS_5_a_selection_made_anew_is_settled_by_what_the_first_one_had() -> None:
    book = Book()
    await book.advance(date(2015, 12, 18), 10)
    await book.select("h", net=50000, selection="s1")
    await book.pay("h", 50000)
    await book.cancel("h")
    assert await book.balance("h") == (0, 0, 50000)
    await book.select("h", net={"gold": 50000}, selection="s2")
    assert [each.selection for each in book.said(events.BinderSatisfied)] == ["h-s1", "h-s2"]
    assert await book.balance("h") == (0, 0, 0)


async def with_dental_beside_an_open_month(cents: int, *, named: str | None) -> Book:
    """A household that owes 30.00 for February, and has paid cents for dental of 40.00 from then on."""
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=3000)
    await book.pay("h", 3000)
    await book.advance(date(2016, 1, 20), 13)
    await book.select("h", net={"dental": 4000}, effective=date(2016, 2, 1), selection="s2")
    await book.pay("h", cents, selection=named)
    return book


@pytest.mark.parametrize("named", ["s2", None])
async def test_OPS_5_what_paid_a_selection_made_anew_is_not_taken_for_an_open_month(
    named: str | None,
) -> None:
    book = await with_dental_beside_an_open_month(4000, named=named)
    assert book.selection("h", "s2").state == "satisfied"
    await book.cancel("h", "dental", selected_as="s3")
    assert await book.balance("h") == (3000, 4000, 0)
    await book.select("h", net={"delta": 4000}, effective=date(2016, 3, 1), selection="s3")
    assert book.selection("h", "s3").state == "satisfied"
    assert await book.balance("h") == (3000, 0, 0)


async def test_OPS_5_what_was_named_for_a_selection_waits_for_the_one_in_its_place() -> None:
    book = await with_dental_beside_an_open_month(3500, named="s2")
    await book.cancel("h", "dental", selected_as="s3")
    await book.select("h", net={"delta": 4000}, effective=date(2016, 3, 1), selection="s3")
    assert await book.balance("h") == (7000, 3500, 0)
    await book.pay("h", 500, selection="s3")
    assert await book.balance("h") == (3000, 0, 0)


@pytest.mark.parametrize("by", ["selection", "invoice"])
@pytest.mark.parametrize(
    "order", [("pay", "cancel", "select"), ("cancel", "pay", "select"), ("cancel", "select", "pay")]
)
async def test_INV_5_money_named_for_a_selection_made_anew_is_for_the_one_in_its_place_in_any_order(
    order: tuple[str, ...], by: str
) -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=3000)
    await book.pay("h", 3000)
    await book.advance(date(2016, 1, 20), 13)
    await book.select("h", net={"dental": 4000}, effective=date(2016, 2, 1), selection="s2")
    await book.advance(date(2016, 1, 22), 10)
    (initial,) = [each for each in book.invoices("h") if each.selection == "h-s2"]
    for step in order:
        if step == "cancel":
            await book.cancel("h", "dental", selected_as="s3")
        elif step == "select":
            await book.select("h", net={"delta": 4000}, effective=date(2016, 3, 1), selection="s3")
        elif by == "selection":
            await book.pay("h", 4000, selection="s2")
        else:
            await book.pay("h", 4000, invoice=initial.invoice)
    assert book.selection("h", "s3").state == "satisfied"
    assert book.charges("h")["silver 2016-02"] == "open"
    assert await book.balance("h") == (3000, 0, 0)


async def test_INV_5_money_named_for_a_selection_made_anew_twice_waits_for_the_last_one() -> None:
    book = await with_dental_beside_an_open_month(1, named="s2")
    await book.cancel("h", "dental", selected_as="s3")
    await book.select("h", net={"delta": 4000}, effective=date(2016, 3, 1), selection="s3")
    await book.cancel("h", "delta", selected_as="s4")
    await book.pay("h", 3999, selection="s2")
    assert await book.balance("h") == (3000, 4000, 0)
    await book.select("h", net={"dentist": 4000}, effective=date(2016, 4, 1), selection="s4")
    assert book.selection("h", "s4").state == "satisfied"
    assert await book.balance("h") == (3000, 0, 0)


async def test_INV_3_a_month_that_cost_nothing_before_it_stood_again_is_billed_by_the_next_run() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=0)
    await book.advance(date(2016, 3, 10), 10)
    await book.cancel("h")
    await book.hear(
        "h",
        facts.PolicyReinstated(
            household="h",
            policy="h-silver",
            coverage_ends=YEAR,
            months=months_of(15000, first=date(2016, 3, 1), last=YEAR),
            decided_by="enrollment",
            undoes="the death",
            correction="c3",
        ),
    )
    await book.advance(date(2016, 4, 5))
    assert book.charges("h") == {f"silver 2016-0{month}": "open" for month in (3, 4, 5)}
