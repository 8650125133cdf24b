"""Where money goes, row by row of the table of INV-5."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.calendar import CoverageMonth, local
from invoicing.domain.allocation import Applied, Group, Money, apply_money, received_toward

FEBRUARY, MARCH = CoverageMonth(2016, 2), CoverageMonth(2016, 3)


def month(which: CoverageMonth, cents: int, *, since: date = date(2016, 1, 5)) -> Group:
    return Group(key=f"month:{which}", cents=cents, since=local(since, 2), month=which)


def binder(
    name: str, cents: int, *, due: date | None = date(2016, 1, 28), since: date = date(2016, 1, 6)
) -> Group:
    return Group(key=f"binder:{name}", cents=cents, since=local(since, 9), due=due)


def money(
    cents: int, *, day: int = 18, toward: tuple[str, ...] = (), on_time: date | None = None, name: str = ""
) -> Money:
    at = local(date(2016, 1, day), 10)
    return Money(
        payment=name or f"p{day:02d}",
        cents=cents,
        arrived_at=at,
        on_time_date=on_time or at.date(),
        toward=toward,
    )


def paid(applied: Applied) -> list[str]:
    return list(applied.paid)


DENTAL = binder("dental", 4000)
OPEN = (month(FEBRUARY, 50000), month(MARCH, 50000), DENTAL)


@pytest.mark.parametrize(
    ("cents", "toward", "settled", "left"),
    [
        # (1) what the payer named
        pytest.param(4000, ("binder:dental",), ["binder:dental"], 0, id="named: the binder"),
        pytest.param(5000, ("binder:dental",), ["binder:dental"], 1000, id="named: what is over is held"),
        pytest.param(3999, ("binder:dental",), [], 3999, id="named: less than the binder waits for it"),
        pytest.param(50000, ("month:2016-03",), ["month:2016-03"], 0, id="named: a younger month"),
        pytest.param(
            100000, ("month:2016-02", "month:2016-03"), ["month:2016-02", "month:2016-03"], 0, id="an invoice"
        ),
        pytest.param(
            54000,
            ("binder:dental",),
            ["binder:dental", "month:2016-02"],
            0,
            id="named, the rest to the months",
        ),
        pytest.param(
            50000, ("binder:unknown",), ["month:2016-02"], 0, id="named: what is not open is no name"
        ),
        # (2) exactly what the binder lacks
        pytest.param(4000, (), ["binder:dental"], 0, id="exactly the binder"),
        # (3) the months, the oldest first
        pytest.param(50000, (), ["month:2016-02"], 0, id="the oldest month"),
        pytest.param(49999, (), [], 49999, id="one cent short of the oldest is held"),
        pytest.param(99999, (), ["month:2016-02"], 49999, id="none passed over"),
        # (4) what is left
        pytest.param(104000, (), ["month:2016-02", "month:2016-03", "binder:dental"], 0, id="all"),
        pytest.param(
            103999, (), ["month:2016-02", "month:2016-03"], 3999, id="a binder is paid whole or not"
        ),
        pytest.param(
            54000, (), ["month:2016-02"], 4000, id="money held for March is not taken for the binder"
        ),
    ],
)
def test_INV_5_money_goes_by_the_table(
    cents: int, toward: tuple[str, ...], settled: list[str], left: int
) -> None:
    applied = apply_money(groups=OPEN, money=[money(cents, toward=toward)])
    assert (paid(applied), applied.left_cents) == (settled, left)


def test_INV_5_exactly_what_a_binder_lacks_that_is_also_what_the_oldest_month_lacks_goes_to_the_month() -> (
    None
):
    groups = (month(FEBRUARY, 50000), DENTAL)
    held, exact = money(46000, day=17), money(4000, day=18)
    assert paid(apply_money(groups=groups, money=[held, exact])) == ["month:2016-02"]
    assert paid(apply_money(groups=groups, money=[exact])) == ["binder:dental"]


def test_INV_5_exactly_what_a_binder_lacks_that_is_also_what_all_months_lack_goes_to_the_months() -> None:
    groups = (month(FEBRUARY, 1000), month(MARCH, 3000), DENTAL)
    applied = apply_money(groups=groups, money=[money(4000)])
    assert paid(applied) == ["month:2016-02", "month:2016-03"]


def test_INV_5_of_two_binders_the_one_of_which_it_is_exactly_what_is_lacking_is_paid() -> None:
    early, late = binder("early", 4000, due=date(2016, 1, 20)), binder("late", 50000)
    assert paid(apply_money(groups=[early, late], money=[money(50000)])) == ["binder:late"]
    assert paid(apply_money(groups=[early, late], money=[money(54000)])) == ["binder:early", "binder:late"]


def test_ENR_5_a_binder_that_is_not_paid_whole_holds_no_other() -> None:
    medical, dental = binder("medical", 50000, due=date(2016, 1, 20)), DENTAL
    applied = apply_money(groups=[medical, dental], money=[money(6000)])
    assert (paid(applied), applied.left_cents) == (["binder:dental"], 2000)


def test_ENR_6_late_money_never_pays_for_a_binder_and_a_postmark_is_not_late() -> None:
    late = money(4000, day=29)
    assert paid(apply_money(groups=[DENTAL], money=[late])) == []
    assert paid(apply_money(groups=[DENTAL], money=[money(4000, day=29, toward=(DENTAL.key,))])) == []
    posted = money(4000, day=29, on_time=date(2016, 1, 28))
    assert paid(apply_money(groups=[DENTAL], money=[posted])) == ["binder:dental"]


def test_INV_5_money_meets_what_was_there_when_it_arrived() -> None:
    # 540 came on January 18 for February and the binder; March was charged before it became known here.
    groups = (month(FEBRUARY, 50000), month(MARCH, 50000, since=date(2016, 2, 5)), DENTAL)
    assert paid(apply_money(groups=groups, money=[money(54000)])) == ["month:2016-02", "binder:dental"]


def test_INV_5_money_held_for_a_month_is_not_taken_for_a_binder_chosen_later() -> None:
    later = binder("later", 46000, since=date(2016, 1, 20))
    applied = apply_money(groups=[month(FEBRUARY, 50000), later], money=[money(46000, day=18)])
    assert (paid(applied), applied.left_cents) == ([], 46000)


def test_INV_5_a_group_is_paid_by_what_was_named_for_it_first() -> None:
    free, named = money(30000, day=17), money(40000, day=18, toward=("month:2016-02",))
    applied = apply_money(groups=[month(FEBRUARY, 50000)], money=[free, named])
    assert [(each.payment, each.cents) for each in applied.paid["month:2016-02"]] == [
        ("p18", 40000),
        ("p17", 10000),
    ]


@pytest.mark.parametrize(
    ("others", "cents", "toward", "here"),
    [
        pytest.param((), 3000, (), 3000, id="nothing else is open"),
        pytest.param((month(FEBRUARY, 50000),), 3000, (), 0, id="held for the month"),
        pytest.param((month(FEBRUARY, 50000),), 3000, ("binder:dental",), 3000, id="named"),
        pytest.param((), 9000, (), 4000, id="no more than the binder"),
        pytest.param(
            (binder("medical", 50000, due=date(2016, 1, 27)),), 3000, (), 0, id="a binder due before"
        ),
        pytest.param(
            (binder("vision", 2000, due=date(2016, 1, 27)),),
            5000,
            (),
            3000,
            id="what a binder due before leaves",
        ),
        pytest.param(
            (binder("vision", 2000, due=date(2016, 1, 29)),), 5000, (), 4000, id="a binder due after"
        ),
    ],
)
def test_NOT_1_what_is_here_for_a_binder_is_known(
    others: tuple[Group, ...], cents: int, toward: tuple[str, ...], here: int
) -> None:
    found = received_toward(DENTAL.key, groups=[DENTAL, *others], money=[money(cents, toward=toward)])
    assert (found.named_cents, found.free_cents) == ((here, 0) if toward else (0, here))
