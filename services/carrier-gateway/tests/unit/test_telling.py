"""What a carrier must be told: the table, every pair of it, and what becomes of a policy told so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest
from gateway_builders import JANUARY, since

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import Impossible
from carrier_gateway.domain.policies import activate, cancel, reinstate, release, terminate, with_months
from carrier_gateway.domain.records import Policy, PremiumMonths
from carrier_gateway.domain.telling import NEXT, Step, next_transmission, steps

TODAY = date(2015, 12, 10)
HELD = Policy(
    policy="june-medical",
    household="june",
    selection="june-selection",
    plan="SILVER",
    carrier="BCBSVT",
    kind="medical",
    effective=JANUARY,
    coverage_ends=date(2016, 12, 31),
    versions=(since(JANUARY, aptc_cents=0),),
    months=(),
    contact_version=1,
)
COVERED = activate(HELD, on=TODAY, contact_version=1)
JUNE, APRIL, AUGUST = date(2016, 6, 30), date(2016, 4, 30), date(2016, 8, 31)

TRUTHS = {
    "held": HELD,
    "covered": COVERED,
    "ended": terminate(COVERED, through=JUNE, reason="requested", asked="asked", contact_version=1),
    "ended-earlier": terminate(COVERED, through=APRIL, reason="requested", asked="asked", contact_version=1),
    "ended-later": terminate(COVERED, through=AUGUST, reason="requested", asked="asked", contact_version=1),
    "canceled": cancel(COVERED, reason="requested", contact_version=1),
}
TOLD = {"nothing": None, "covered": None, "ended": JUNE, "canceled": None}


@pytest.mark.parametrize(("told", "truth"), list(product(TOLD, TRUTHS)))
def test_every_pair_of_told_and_true_is_in_the_table_or_impossible(told: Any, truth: Any) -> None:
    policy = replace(TRUTHS[truth], told=told, told_through=TOLD[told], told_versions=HELD.versions)
    # Only beside an end that was told is one earlier or later than it.
    name = "ended" if truth.startswith("ended") and told != "ended" else truth
    if (told, name) in NEXT:
        assert next_transmission(policy) == NEXT[told, name]
    else:
        assert (truth, told != "nothing") == ("held", True)
        with pytest.raises(Impossible):
            next_transmission(policy)


@pytest.mark.parametrize(("told", "truth"), list(product(TOLD, [each for each in TRUTHS if each != "held"])))
def test_I4_after_all_steps_the_carrier_knows_what_is_so(told: Any, truth: Any) -> None:
    policy = replace(TRUTHS[truth], told=told, told_through=TOLD[told], told_versions=HELD.versions)
    found = steps(policy)
    assert len(found) <= 2
    assert [step.kind for step in found[1:]] in ([], ["termination"])


def test_ENR_5_the_order_of_steps_is_the_beginning_then_the_end() -> None:
    assert steps(TRUTHS["ended"]) == (
        Step(kind="initial", effective=JANUARY, end_reason=None),
        Step(kind="termination", effective=JUNE, end_reason="requested"),
    )


def test_ENR_5_an_end_before_the_binder_is_known_is_held_too() -> None:
    assert steps(terminate(HELD, through=JUNE, reason="requested", asked="asked", contact_version=1)) == ()


def test_a_binder_told_of_again_does_not_revive_what_ended() -> None:
    ended = TRUTHS["canceled"]
    assert activate(ended, on=TODAY, contact_version=1) == ended
    assert release(ended, on=date(2016, 2, 1)).released_on == TODAY


def test_INV_12_a_reinstatement_clears_the_end_and_keeps_the_first_day() -> None:
    standing = reinstate(
        TRUTHS["ended"], coverage_ends=date(2016, 12, 31), ground="paid", on=TODAY, contact_version=3
    )
    assert (standing.lifecycle, standing.through, standing.end_reason) == ("active", None, None)
    assert (standing.effective, standing.contact_version) == (JANUARY, 3)


def test_a_last_day_before_the_first_is_impossible() -> None:
    with pytest.raises(Impossible):
        terminate(COVERED, through=date(2015, 12, 31), reason="requested", asked="asked", contact_version=1)


def test_INV_12_a_reinstatement_with_an_asked_end_keeps_that_end_and_its_reason() -> None:
    asked = terminate(COVERED, through=AUGUST, reason="death", asked="asked", contact_version=1)
    unpaid = terminate(asked, through=JUNE, reason="non-payment", asked="decided", contact_version=1)
    again = reinstate(unpaid, coverage_ends=AUGUST, ground="paid", on=TODAY, contact_version=2)
    assert (again.lifecycle, again.through, again.end_reason) == ("terminated", AUGUST, "death")
    assert steps(replace(again, told="ended", told_through=JUNE, told_versions=HELD.versions)) == (
        Step(kind="reinstatement", effective=JANUARY, end_reason=None),
        Step(kind="termination", effective=AUGUST, end_reason="death"),
    )
    assert steps(replace(again, told="ended", told_through=AUGUST, told_versions=HELD.versions)) == ()


def run(first: int, last: int, net_cents: int) -> PremiumMonths:
    months = {"first": CoverageMonth(2016, first), "last": CoverageMonth(2016, last)}
    return PremiumMonths(gross_cents=net_cents, aptc_cents=0, subsidy_cents=0, net_cents=net_cents, **months)


@pytest.mark.parametrize(
    ("changed", "after"),
    [
        ((), (run(1, 12, 500),)),
        ((run(6, 6, 167),), (run(1, 5, 500), run(6, 6, 167), run(7, 12, 500))),
        ((run(6, 12, 600),), (run(1, 5, 500), run(6, 12, 600))),
        ((run(1, 12, 600),), (run(1, 12, 600),)),
        ((run(6, 6, 167), run(7, 12, 600)), (run(1, 5, 500), run(6, 6, 167), run(7, 12, 600))),
    ],
)
def test_INV_18_months_that_change_take_the_place_of_what_was_known_of_them(
    changed: tuple[PremiumMonths, ...], after: tuple[PremiumMonths, ...]
) -> None:
    assert with_months((run(1, 12, 500),), changed) == after
