"""What came for an invoice since it was made: each cent counts once, where INV-5 puts it (NOT-1)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from bulkhead.kernel.calendar import local
from notifications.domain.amounts import Asked, Came, received_since

MADE = local(date(2016, 1, 5), 2)


def monthly(number: int = 1, *, cents: int = 50000, days: int = 0) -> Asked:
    return Asked(
        invoice=f"m{number}",
        number=number,
        selection=None,
        kind="monthly",
        due=date(2016, 1, 26),
        cents=cents,
        at=MADE + timedelta(days=days),
    )


def initial(number: int = 2, *, cents: int = 4000, days: int = 0, due: date = date(2016, 1, 26)) -> Asked:
    return Asked(
        invoice=f"i{number}",
        number=number,
        selection=f"s{number}",
        kind="initial",
        due=due,
        cents=cents,
        at=MADE + timedelta(days=days),
    )


def came(cents: int, *, hours: float = 1, **named: Any) -> Came:
    given = {"selection": None, "invoice": None} | named
    return Came(cents=cents, at=MADE + timedelta(hours=hours), **given)


def since(asked: list[Asked], *payments: Came) -> dict[str, int]:
    return {each.invoice: received_since(each.invoice, asked=asked, came=payments) for each in asked}


CASES: dict[str, tuple[list[Asked], list[Came], dict[str, int]]] = {
    "nothing came": ([monthly()], [], {"m1": 0}),
    "all of it came": ([monthly()], [came(50000)], {"m1": 50000}),
    "a part of it came": ([monthly()], [came(20000), came(10000)], {"m1": 30000}),
    "more than it came": ([monthly()], [came(70000)], {"m1": 50000}),
    "what came before it is in it already": ([monthly()], [came(50000, hours=-1)], {"m1": 0}),
    "what came at its very instant is in it already": ([monthly()], [came(50000, hours=0)], {"m1": 0}),
    # 540.00 in all: months first, then the binder it pays whole
    "months go before a binder": ([monthly(), initial()], [came(50000)], {"m1": 50000, "i2": 0}),
    "what is left pays a binder": ([monthly(), initial()], [came(54000)], {"m1": 50000, "i2": 4000}),
    "exactly a binder is for it": ([monthly(), initial()], [came(4000)], {"m1": 0, "i2": 4000}),
    "exactly both is for the months": (
        [monthly(cents=4000), initial()],
        [came(4000)],
        {"m1": 4000, "i2": 0},
    ),
    "a part of a binder, no month open": ([initial()], [came(1500)], {"i2": 1500}),
    "the earliest due binder first": (
        [initial(2, due=date(2016, 2, 9)), initial(3, cents=5000, due=date(2016, 2, 2))],
        [came(7000)],
        {"i2": 2000, "i3": 5000},
    ),
    "named by its selection": ([monthly(), initial()], [came(3000, selection="s2")], {"m1": 0, "i2": 3000}),
    "named by its invoice": ([monthly(), initial()], [came(54000, invoice="i2")], {"m1": 50000, "i2": 4000}),
    "named for what was not asked yet": (
        [monthly(), initial()],
        [came(9000, selection="s9")],
        {"m1": 0, "i2": 0},
    ),
    # the later has the 500.00 of the earlier in it: 300.00 pays 300.00 of both
    "two months' invoices": (
        [monthly(1), monthly(2, cents=100000, days=31)],
        [came(30000, hours=24 * 40)],
        {"m1": 30000, "m2": 30000},
    ),
    "named by the earlier of two": (
        [monthly(1), monthly(2, cents=100000, days=31)],
        [came(100000, hours=24 * 40, invoice="m1")],
        {"m1": 50000, "m2": 100000},
    ),
    "between two months' invoices": (
        [monthly(1), monthly(2, cents=80000, days=31)],
        [came(20000, hours=24 * 5)],
        {"m1": 20000, "m2": 0},
    ),
    "a binder made after the months were paid": (
        [monthly(1), initial(2, days=8)],
        [came(50000, hours=24), came(4000, hours=24 * 10)],
        {"m1": 50000, "i2": 4000},
    ),
}


@pytest.mark.parametrize(("asked", "payments", "expected"), CASES.values(), ids=CASES)
def test_NOT_1_INV_5_each_cent_that_came_counts_for_one_invoice(
    asked: list[Asked], payments: list[Came], expected: dict[str, int]
) -> None:
    assert since(asked, *payments) == expected
    assert since(list(reversed(asked)), *reversed(payments)) == expected
