"""What lowers an invoice since it was made: each cent counts once, where INV-5 puts it (NOT-1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bulkhead.kernel.calendar import CoverageMonth
from notifications.domain.amounts import Since, changed_since
from notifications.domain.coverage import Policy
from notifications.domain.money import (
    binder_lapsed,
    invoiced,
    letter_sent,
    paid,
    settled,
    unsettled,
)
from notifications.domain.notices import InvoiceLine
from services.notifications.tests.asked import (
    FEB,
    MAR,
    SILVER,
    binder_paid,
    came,
    heard,
    initial,
    month_paid,
    monthly,
    policy,
    since,
)

GUESSED: dict[str, tuple[list[Any], dict[str, int]]] = {
    "nothing came": ([monthly()], {"m1": 0}),
    "all of it came": ([monthly(), came(50000)], {"m1": 50000}),
    "a part of it came": ([monthly(), came(20000), came(10000)], {"m1": 30000}),
    "more than it came": ([monthly(), came(70000)], {"m1": 50000}),
    "what it takes into account is in it already": ([came(50000), monthly(payments=1)], {"m1": 0}),
    # 500.00 was heard of here before the invoice, and by invoicing after it
    "what was heard before it and is not in it": ([came(50000), monthly(payments=0)], {"m1": 50000}),
    "of two the first is in it": (
        [came(30000), monthly(cents=20000, payments=1), came(20000)],
        {"m1": 20000},
    ),
    # 540.00 in all: months first, then the binder it pays whole
    "months go before a binder": ([monthly(), initial(), came(50000)], {"m1": 50000, "i2": 0}),
    "what is left pays a binder": ([monthly(), initial(), came(54000)], {"m1": 50000, "i2": 4000}),
    "exactly a binder is for it": ([monthly(), initial(), came(4000)], {"m1": 0, "i2": 4000}),
    "exactly both is for the months": (
        [monthly(cents=4000, net_cents=4000), initial(), came(4000)],
        {"m1": 4000, "i2": 0},
    ),
    # January lacks 40.00 of 540.00: what pays exactly that goes there, not to the binder of 40.00
    "exactly the oldest month is for it": (
        [monthly(cents=54000, before_cents=4000), initial(), came(4000)],
        {"m1": 4000, "i2": 0},
    ),
    "a part of a binder, no month open": ([initial(), came(1500)], {"i2": 1500}),
    "the earliest due binder first": (
        [initial(2, due=date(2016, 2, 9)), initial(3, cents=5000, due=date(2016, 2, 2)), came(7000)],
        {"i2": 2000, "i3": 5000},
    ),
    "named by its selection": (
        [monthly(), initial(), came(3000, selection="s2")],
        {"m1": 0, "i2": 3000},
    ),
    "named by its invoice": ([monthly(), initial(), came(54000, invoice="i2")], {"m1": 50000, "i2": 4000}),
    # 540.00 names a selection of 40.00 that has no invoice yet: 500.00 is left for February
    "named for a selection not invoiced yet": ([monthly(), came(54000, selection="s2")], {"m1": 50000}),
    "named for less than a selection not invoiced yet": ([monthly(), came(3900, selection="s2")], {"m1": 0}),
    "exactly a selection not invoiced yet": ([monthly(), came(4000)], {"m1": 0}),
    "named for a selection nobody heard of": (
        [monthly(), initial(), came(9000, selection="s9")],
        {"m1": 0, "i2": 0},
    ),
    "named for a selection that needs no binder": ([monthly(), came(50000, selection="s0")], {"m1": 50000}),
    "named for the months, as much as the binder": (
        [monthly(), initial(), came(4000, invoice="m1")],
        {"m1": 4000, "i2": 0},
    ),
    # the later has the 500.00 of the earlier in it: 300.00 pays 300.00 of both
    "two months' invoices": (
        [monthly(1), monthly(2, cents=100000, before_cents=50000, month=MAR), came(30000)],
        {"m1": 30000, "m2": 30000},
    ),
    "named by the earlier of two": (
        [monthly(1), monthly(2, cents=100000, before_cents=50000, month=MAR), came(100000, invoice="m1")],
        {"m1": 50000, "m2": 100000},
    ),
    # March is named and paid, February is still to be paid
    "named by the later of two": (
        [monthly(1), monthly(2, cents=100000, before_cents=50000, month=MAR), came(50000, invoice="m2")],
        {"m1": 0, "m2": 50000},
    ),
    "between two months' invoices": (
        [
            monthly(1),
            came(20000),
            monthly(2, cents=80000, before_cents=50000, payments=1, month=MAR),
        ],
        {"m1": 20000, "m2": 0},
    ),
    "a binder invoiced after the months were paid": (
        [monthly(1), came(50000), initial(2, payments=1), came(4000)],
        {"m1": 50000, "i2": 4000},
    ),
    "a month whose letter is out takes what is not a binder's": (
        [monthly(letter=False), initial(), came(50000)],
        {"i2": 0},
    ),
    # 30.00 of the binder's 40.00 are in its invoice already, and are no month's
    "what a binder's invoice has in it": (
        [monthly(), came(3000, selection="s2"), initial(cents=1000, net_cents=4000, payments=1)],
        {"m1": 0, "i2": 0},
    ),
    "a lapsed binder takes nothing, named": (
        [initial(1), "s1", monthly(3), came(50000, selection="s1")],
        {"i1": 0, "m3": 50000},
    ),
    "a lapsed binder takes nothing, exactly": (
        [initial(2, letter=False), "s2", monthly(3), came(4000), came(46000)],
        {"m3": 50000},
    ),
    "a paid binder takes nothing more": (
        [initial(2, letter=False), binder_paid("s2", {"pay0": 4000}), monthly(3), came(4000, selection="s2")],
        {"m3": 4000},
    ),
    # 30.00 waited for the binder when the month was invoiced, and are the month's since that lapsed
    "what a lapse frees": (
        [
            came(3000, selection="s2"),
            initial(2, cents=1000, net_cents=4000, payments=1, letter=False),
            monthly(3, payments=1),
            "s2",
        ],
        {"m3": 3000},
    ),
    "what a lapse freed before the month was invoiced is in it": (
        [
            came(3000, selection="s2"),
            initial(2, cents=1000, net_cents=4000, payments=1, letter=False),
            "s2",
            monthly(3, cents=47000, payments=1),
        ],
        {"m3": 0},
    ),
}


@pytest.mark.parametrize(("happened", "expected"), GUESSED.values(), ids=GUESSED)
def test_NOT_1_INV_5_each_cent_that_came_counts_for_one_invoice(
    happened: list[Any], expected: dict[str, int]
) -> None:
    account = heard(*happened)
    assert since(account) == expected
    backwards = replace(account, asked=account.asked[::-1], came=account.came[::-1])
    assert since(backwards) == expected


TOLD: dict[str, tuple[list[Any], dict[str, int]]] = {
    "a month, heard before its payment": (
        [monthly(), month_paid({"pay1": 50000}), came(50000)],
        {"m1": 50000},
    ),
    "a month, its payment not heard of yet": ([monthly(), month_paid({"pay1": 50000})], {"m1": 50000}),
    # 540.00: 40.00 are the binder's, 500.00 February's
    "a binder and a month": (
        [
            monthly(),
            binder_paid("s2", {"pay1": 4000}),
            month_paid({"pay1": 50000}),
            came(54000, selection="s2"),
        ],
        {"m1": 50000},
    ),
    # believed, though the guess would have given the 40.00 to the binder
    "what is told goes before what is guessed": (
        [monthly(), initial(), came(4000), came(46000), month_paid({"pay1": 4000, "pay2": 46000})],
        {"m1": 50000, "i2": 0},
    ),
    # 400.00 are January's as told; the other 100.00 are held for February
    "a part told, the rest held": (
        [
            monthly(cents=90000, before_cents=40000),
            came(50000),
            month_paid({"pay1": 40000}, month=CoverageMonth(2016, 1)),
        ],
        {"m1": 50000},
    ),
    # January's 400.00 are paid by a payment not heard of: of 900.00 asked, 500.00 are left
    "an earlier month by money not heard of": (
        [monthly(cents=90000, before_cents=40000), month_paid({"pay1": 40000}, month=CoverageMonth(2016, 1))],
        {"m1": 40000},
    ),
    # 300.00 were held when 900.00 were invoiced: with 100.00 January's 400.00 are paid, and 500.00 are left
    "an earlier month with money that was there": (
        [
            monthly(cents=60000, before_cents=40000, payments=1),
            month_paid({"pay0": 30000, "pay1": 10000}, month=CoverageMonth(2016, 1)),
        ],
        {"m1": 10000},
    ),
    "a month settled before is in the later invoice": (
        [
            month_paid({"pay1": 40000}, month=CoverageMonth(2016, 1)),
            monthly(2, cents=90000, before_cents=40000, payments=1),
        ],
        {"m2": 0},
    ),
    # 900.00 are January's 400.00 and February's 500.00: March, paid by name, is neither
    "a later month, while earlier ones are open": (
        [
            monthly(1, cents=90000, before_cents=40000),
            monthly(2, cents=140000, before_cents=90000, month=MAR),
            came(50000, invoice="m2"),
            month_paid({"pay1": 50000}, month=MAR),
        ],
        {"m1": 0, "m2": 50000},
    ),
    "a later month, by money not heard of": (
        [
            monthly(1, cents=90000, before_cents=40000),
            monthly(2, cents=140000, before_cents=90000, month=MAR),
            month_paid({"pay1": 50000}, month=MAR),
        ],
        {"m1": 0, "m2": 50000},
    ),
    "a binder by money not heard of": ([initial(), binder_paid("s2", {"pay1": 4000})], {"i2": 4000}),
    "another's binder by money not heard of": (
        [monthly(), initial(letter=False), binder_paid("s2", {"pay1": 4000})],
        {"m1": 0},
    ),
    "a binder that lapsed and was paid in time after all": (
        [initial(), "s2", came(4000), binder_paid("s2", {"pay1": 4000})],
        {"i2": 4000},
    ),
}


@pytest.mark.parametrize(("happened", "expected"), TOLD.values(), ids=TOLD)
def test_NOT_1_INV_5_what_invoicing_said_is_settled_is_believed(
    happened: list[Any], expected: dict[str, int]
) -> None:
    assert since(heard(*happened)) == expected


def test_NOT_1_a_settlement_that_was_taken_back_settles_nothing_and_told_again_stays_so() -> None:
    paid_month = month_paid({"pay1": 50000})
    account = unsettled(heard(monthly(), paid_month), paid_month.settlement)
    assert since(account) == {"m1": 0}
    assert since(settled(account, paid_month)) == {"m1": 0}


def test_ENR_6_what_lapsed_or_was_called_off_or_ended_is_not_asked_for() -> None:
    asked = heard(initial(2), initial(3, cents=5000), monthly(4))
    over: dict[str, Policy] = {
        "silver": replace(SILVER, state="terminated", through=date(2016, 1, 31)),
        "p2": policy("p2", "s2", state="canceled"),
        "p3": policy("p3", "s3"),
    }
    account = binder_lapsed(asked, "s3")  # enrollment has not canceled it yet
    assert changed_since(account, invoice="i2", policies=over) == Since(received_cents=0, dropped_cents=4000)
    assert changed_since(account, invoice="i3", policies=over) == Since(received_cents=0, dropped_cents=5000)
    assert changed_since(account, invoice="m4", policies=over) == Since(received_cents=0, dropped_cents=50000)
    restored = {**over, "p3": policy("p3", "s3", state="active")}
    assert changed_since(account, invoice="i3", policies=restored) == Since()
    in_february = {**over, "silver": replace(SILVER, state="terminated", through=date(2016, 2, 1))}
    assert changed_since(account, invoice="m4", policies=in_february) == Since()


def test_ENR_6_of_two_plans_of_which_one_is_called_off_the_other_is_asked_for() -> None:
    both = replace(
        initial(cents=54000),
        lines=(
            InvoiceLine(policy="p2", month=FEB, net_cents=50000),
            InvoiceLine(policy="p3", month=FEB, net_cents=4000),
        ),
    )
    policies = {"p2": policy("p2", "s2"), "p3": policy("p3", "s2", state="canceled")}
    account = heard(both, came(20000))
    assert changed_since(account, invoice="i2", policies=policies) == Since(
        received_cents=20000, dropped_cents=4000
    )


def test_NOT_1_what_no_letter_can_need_is_let_go() -> None:
    account = heard(came(4000, selection="s2"), initial(2, payments=1), binder_paid("s2", {"pay1": 4000}))
    account = letter_sent(account, "i2")
    assert account.asked == ()
    for number in range(3, 30):
        asked = monthly(number, payments=account.payments, month=FEB.plus(number))
        account = letter_sent(invoiced(account, asked), asked.invoice)
        account = paid(account, payment=f"pay{number}", cents=50000, selection=None, invoice=None)
        account = settled(
            account,
            replace(month_paid({f"pay{number}": 50000}, month=FEB.plus(number)), after=account.invoices),
        )
    assert [each.invoice for each in account.asked] == ["m29"]
    assert [each.payment for each in account.came] == ["pay29"]
    assert [each.month for each in account.settled] == [FEB.plus(29)]
    assert account.payments == 28


def test_NOT_1_an_invoice_heard_again_is_in_the_account_once() -> None:
    account = heard(monthly(), came(50000))
    assert invoiced(account, monthly()) == account


def test_INV_15_a_letter_asks_for_what_is_owed_of_a_month_that_was_settled_for_less() -> None:
    enough = replace(month_paid({"pay1": 47500}), rest_cents=2500)
    assert since(heard(monthly(), came(47500), enough)) == {"m1": 47500}
    rest = replace(month_paid({"pay2": 2500}), settlement="silver.2016-02.2")
    assert since(heard(monthly(), came(47500), enough, came(2500), rest)) == {"m1": 50000}


def test_INV_15_what_is_owed_of_a_binder_is_asked_for_by_the_next_invoice_alone() -> None:
    enough = replace(binder_paid("s2", {"pay1": 3800}), rest_cents=200)
    march = monthly(3, cents=50200, before_cents=200, month=MAR, payments=1)
    account = heard(initial(), came(3800), enough, march)
    assert since(account) == {"i2": 3800, "m3": 0}
    rest = replace(month_paid({"pay2": 200}, policy="p2"), settlement="p2.2016-02.2")
    assert since(heard(initial(), came(3800), enough, march, came(200), rest)) == {"i2": 4000, "m3": 200}
