"""The order of the same timely payments decides nothing, save where INV-5 itself says so."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations, permutations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bulkhead.kernel.calendar import CoverageMonth, local
from invoicing.domain.allocation import Group, Money, apply_money

BEGAN = date(2016, 1, 6)
DUE = date(2016, 1, 28)

months = st.lists(st.sampled_from([5000, 30000, 50000]), max_size=3)
amounts = st.one_of(
    st.sampled_from([1, 4000, 5000, 26000, 30000, 46000, 50000, 54000]), st.integers(1, 120000)
)
targets = st.sampled_from([(), (), ("binder:b",), ("month:2016-02",), ("month:2016-02", "month:2016-03")])


def groups_of(monthly: list[int], binder: int | None) -> list[Group]:
    first = CoverageMonth(2016, 2)
    found = [
        Group(key=f"month:{first.plus(number)}", cents=cents, since=local(BEGAN), month=first.plus(number))
        for number, cents in enumerate(monthly)
    ]
    return found + (
        [] if binder is None else [Group(key="binder:b", cents=binder, since=local(BEGAN), due=DUE)]
    )


def arriving(order: tuple[tuple[str, int, tuple[str, ...]], ...]) -> list[Money]:
    days = [BEGAN + timedelta(days=number + 1) for number in range(len(order))]
    return [
        Money(payment=name, cents=cents, arrived_at=local(day, 10), on_time_date=day, toward=toward)
        for day, (name, cents, toward) in zip(days, order, strict=True)
    ]


def may_match(monthly: list[int], binder: int | None, payments: list[tuple[int, tuple[str, ...]]]) -> bool:
    """Whether (2) may decide something in some order, by plain arithmetic: whether a payment that does not name the
    binder, or what a month it named leaves of it, is what the binder may lack. The month takes what others left open.
    """
    if binder is None:
        return False
    named = [cents for cents, toward in payments if toward == ("binder:b",)]
    lacking = {binder - paid for paid in sums_of(named)}
    return any(
        cents - taken in lacking
        for number, (cents, toward) in enumerate(payments)
        if toward != ("binder:b",)
        for taken in (_taken_by(monthly, [*payments[:number], *payments[number + 1 :]]) if toward else {0})
    )


def _taken_by(monthly: list[int], others: list[tuple[int, tuple[str, ...]]]) -> set[int]:
    """Return what months may take of a payment, some of them paid in part by others."""
    paid = sums_of([cents for cents, _ in others])
    return {0, *(month - part for month in sums_of(monthly) for part in paid if month >= part)}


def sums_of(amounts: list[int]) -> set[int]:
    """Return the sums of all choices of these amounts, of none too."""
    return {sum(chosen) for count in range(len(amounts) + 1) for chosen in combinations(amounts, count)}


@settings(max_examples=300, deadline=None)
@given(
    monthly=months,
    binder=st.one_of(st.none(), st.sampled_from([4000, 26000, 50000])),
    payments=st.lists(st.tuples(amounts, targets), min_size=1, max_size=4),
)
def test_INV_5_the_order_of_timely_payments_decides_only_where_an_exact_match_may(
    monthly: list[int], binder: int | None, payments: list[tuple[int, tuple[str, ...]]]
) -> None:
    assume(not may_match(monthly, binder, payments))
    named = tuple((f"p{number}", cents, toward) for number, (cents, toward) in enumerate(payments))
    groups = groups_of(monthly, binder)
    outcomes = {
        frozenset(apply_money(groups=groups, money=arriving(order)).paid) for order in permutations(named)
    }
    assert len(outcomes) == 1


@settings(max_examples=300, deadline=None)
@given(
    monthly=st.lists(st.sampled_from([5000, 30000, 50000]), min_size=1, max_size=3),
    binder=st.sampled_from([4000, 26000, 50000]),
    payments=st.lists(st.tuples(amounts, targets), min_size=1, max_size=4),
)
def test_INV_5_what_was_not_paid_for_a_binder_pays_none_while_a_month_is_open(
    monthly: list[int], binder: int, payments: list[tuple[int, tuple[str, ...]]]
) -> None:
    assume(not may_match(monthly, binder, payments))
    named = tuple((f"p{number}", cents, toward) for number, (cents, toward) in enumerate(payments))
    for_binder = {name for name, _, toward in named if toward == ("binder:b",)}
    groups = groups_of(monthly, binder)
    for order in permutations(named):
        paid = apply_money(groups=groups, money=arriving(order)).paid
        if any(group.month and group.key not in paid for group in groups):
            assert {share.payment for share in paid.get("binder:b", ())} <= for_binder


@settings(max_examples=300, deadline=None)
@given(
    monthly=months,
    binder=st.one_of(st.none(), st.sampled_from([4000, 26000, 50000])),
    payments=st.lists(st.tuples(amounts, targets), max_size=5),
)
def test_INV_5_no_cent_is_used_twice_and_a_group_is_paid_whole(
    monthly: list[int], binder: int | None, payments: list[tuple[int, tuple[str, ...]]]
) -> None:
    groups = groups_of(monthly, binder)
    money = arriving(tuple((f"p{number}", *each) for number, each in enumerate(payments)))
    applied = apply_money(groups=groups, money=money)
    used = {each.payment: 0 for each in money}
    for key, shares in applied.paid.items():
        assert sum(share.cents for share in shares) == next(each.cents for each in groups if each.key == key)
        for share in shares:
            used[share.payment] += share.cents
    assert all(used[each.payment] <= each.cents for each in money)
    assert applied.left_cents == sum(each.cents for each in money) - sum(used.values())
