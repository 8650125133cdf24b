"""A binder that was paid on time after all takes the place of what we renewed ourselves meanwhile (INV-12, ENR-14)."""

from __future__ import annotations

from datetime import date

import pytest

from invoicing.domain import events
from services.invoicing.tests.builders import Book

DUE = date(2015, 12, 25)
BOTH = {"dental": 3000, "gold": 60000}


async def renewed() -> Book:
    """Gold and dental for 630.00 chosen for January and not paid by December 25; silver renewed the night after."""
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net={"gold": 60000, "dental": 3000})
    await book.advance(date(2015, 12, 26), 3)
    await book.renew("h", net=54000)
    return book


def billed(book: Book) -> list[dict[str, int]]:
    """Return what each monthly invoice asks for by policy and month."""
    return [
        {f"{each.policy} {each.month}": each.net_cents for each in invoice.charges}
        for invoice in book.invoices("h")
        if invoice.kind == "monthly"
    ]


async def test_INV_12_a_binder_on_time_is_restored_beside_a_renewal_of_ours() -> None:
    book = await renewed()
    await book.advance(date(2015, 12, 30), 10)
    await book.pay("h", 63000, method="check", postmarked=DUE)
    (granted,) = book.said(events.ReinstatementGranted)
    assert (granted.policies, granted.binder) == (("h-dental", "h-gold"), True)
    await book.cancel("h", "silver-2016")
    await book.advance(date(2016, 1, 5))
    assert billed(book) == [{"h-dental 2016-02": 3000, "h-gold 2016-02": 60000}]
    assert await book.balance("h") == (63000, 0, 0)  # February


async def test_INV_12_one_cent_short_leaves_the_renewal() -> None:
    book = await renewed()
    await book.advance(date(2015, 12, 30), 10)
    await book.pay("h", 62999, method="check", postmarked=DUE)
    assert book.said(events.ReinstatementGranted) == []


async def test_INV_12_what_a_renewal_that_gives_way_costs_has_no_claim_on_the_binder_s_money() -> None:
    book = await renewed()
    await book.advance(date(2016, 1, 5), 12)  # January and February of the renewal are billed
    assert await book.balance("h") == (108000, 0, 0)
    await book.pay("h", 64000, method="check", postmarked=DUE)  # not exactly what the binder lacks
    assert len(book.said(events.ReinstatementGranted)) == 1
    await book.cancel("h", "silver-2016")
    assert await book.balance("h") == (0, 0, 1000)
    await book.advance(date(2016, 2, 5), 12)
    assert billed(book)[1:] == [
        {f"h-{plan} 2016-{month}": cents for month in ("02", "03") for plan, cents in BOTH.items()}
    ]


@pytest.mark.parametrize("choice", ["dental", "both"])
async def test_ENR_14_a_renewal_in_whose_place_a_choice_stands_is_not_billed_while_enrollment_is_silent(
    choice: str,
) -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    net = {"dental": 3000} if choice == "dental" else {"gold": 60000, "dental": 3000}
    await book.select("h", net=net)
    await book.advance(date(2015, 12, 26), 3)
    await book.pay("h", sum(net.values()), method="check", postmarked=DUE)
    await book.renew("h", net=54000)  # it was made before the money came, and is heard of after
    await book.advance(date(2016, 1, 5))
    medical = {"h-gold 2016-02": 60000}
    if choice == "dental":
        medical = {"h-silver-2016 2016-01": 54000, "h-silver-2016 2016-02": 54000}
    assert billed(book) == [{"h-dental 2016-02": 3000} | medical]


async def test_INV_12_another_plan_that_the_household_chose_and_paid_for_stays() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net={"gold": 60000})
    await book.advance(date(2015, 12, 28), 10)
    await book.select("h", net={"silver": 54000}, selection="s2")
    await book.pay("h", 54000, selection="s2")
    await book.pay("h", 60000, method="check", postmarked=DUE)
    assert book.said(events.ReinstatementGranted) == []
