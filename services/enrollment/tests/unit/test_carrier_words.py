"""What carriers end, call off and reinstate by themselves, and what becomes of it here (CAR-5)."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import get_args

import pytest

from enrollment.application import facts
from enrollment.domain.carrier_words import ENDS, CarrierReason, When, judge_end
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.events import (
    CarrierRecordDecided,
    PolicyCanceled,
    PolicyReinstated,
    PolicyTerminated,
)
from services.enrollment.tests.builders import Desk, expired, plan

JUNE_30 = date(2016, 6, 30)
MARCH_10 = date(2016, 3, 10)
DECEMBER_31 = date(2016, 12, 31)
PRINTED = """
non-payment    set-apart set-apart
free-look      taken-up  taken-up
casework       taken-up  taken-up
other-coverage taken-up  set-apart
other          taken-up  set-apart
fraud          set-apart set-apart
rescission     set-apart set-apart
out-of-area    set-apart set-apart
"""


async def covered(*plans: str) -> Desk:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    await desk.covered(*(plans or ("SILVER",)))
    return desk.at(MARCH_10)


def ended(
    desk: Desk, through: date | None = JUNE_30, *, because: CarrierReason = "other", record: str = "file-1"
) -> facts.CoverageEndedByCarrier:
    return facts.CoverageEndedByCarrier(
        household="h",
        policy=desk.policy().policy,
        record=record,
        kind="cancellation" if through is None else "termination",
        through=through,
        reason=because,
    )


def stands_again(desk: Desk) -> facts.CoverageReinstatedByCarrier:
    return facts.CoverageReinstatedByCarrier(household="h", policy=desk.policy().policy, record="file-2")


def outcomes(desk: Desk) -> list[str]:
    return [each.outcome for each in desk.said(CarrierRecordDecided)]


def test_CAR_5_what_becomes_of_a_carriers_end_is_the_printed_table() -> None:
    rows = [line.split() for line in PRINTED.strip().splitlines()]
    printed = {
        (because, when): outcome
        for because, *row in rows
        for when, outcome in zip(get_args(When), row, strict=True)
    }
    assert printed == ENDS
    assert {because for because, _ in ENDS} == set(get_args(CarrierReason))


async def test_CAR_5_an_end_to_come_that_a_carrier_tells_of_ends_coverage_and_is_told_as_any_end() -> None:
    desk = await covered()
    await desk.hear(ended(desk))
    policy = desk.policy()
    assert (policy.lifecycle, policy.through, policy.end_reason) == ("terminated", JUNE_30, "carrier")
    assert policy.reasons[-1].rule == "CAR-5"
    (told,) = desk.said(PolicyTerminated)
    assert (told.through, told.reason, told.decided_by) == (JUNE_30, "carrier", "enrollment")
    assert desk.said(CarrierRecordDecided) == [
        CarrierRecordDecided(
            household="h",
            policy=policy.policy,
            record="file-1",
            kind="termination",
            through=JUNE_30,
            outcome="taken-up",
            rule="CAR-5",
            says="Coverage ends with 2016-06-30 because its carrier ended it.",
        )
    ]
    assert [type(each) for each in desk.database.events[-2:]] == [PolicyTerminated, CarrierRecordDecided]


@pytest.mark.parametrize(
    ("on", "outcome"), [(date(2016, 1, 31), "taken-up"), (date(2016, 2, 1), "set-apart")]
)
async def test_CAR_5_a_free_look_calls_off_what_had_begun_for_thirty_days(on: date, outcome: str) -> None:
    desk = (await covered()).at(on)
    await desk.hear(ended(desk, None, because="free-look"))
    assert outcomes(desk) == [outcome]


async def test_CAR_5_how_long_a_free_look_lasts_is_the_packs_to_say() -> None:
    policy = (await covered()).policy()
    on_the_20th = partial(judge_end, policy, through=None, because="free-look", on=date(2016, 1, 20))
    assert on_the_20th(free_look_days=19).outcome == "taken-up"
    over = on_the_20th(free_look_days=18)
    assert (over.outcome, over.reason.says) == (
        "set-apart",
        "Its carrier ended coverage by itself (free-look): a free look is over after 18 days.",
    )


async def test_CAR_5_a_cancellation_on_a_members_free_look_calls_off_what_had_begun() -> None:
    desk = (await covered()).at(date(2016, 1, 20))
    await desk.hear(ended(desk, None, because="free-look"))
    assert (desk.policy().lifecycle, desk.policy().end_reason) == ("canceled", "carrier")
    assert [each.reason for each in desk.said(PolicyCanceled)] == ["carrier"]


async def test_INV_11_a_carriers_end_for_non_payment_is_set_apart_while_our_books_say_paid() -> None:
    desk = await covered()
    before = desk.policies()
    await desk.hear(ended(desk, date(2016, 4, 30), because="non-payment"))
    assert desk.policies() == before
    assert desk.said(PolicyTerminated) == []
    (decided,) = desk.said(CarrierRecordDecided)
    assert (decided.outcome, decided.says) == (
        "set-apart",
        "Its carrier ended coverage by itself (non-payment): the exchange bills, and its books do not say that"
        " coverage ends so.",
    )


async def test_CAR_3_a_carrier_that_ends_from_its_delinquency_list_says_what_is_so_already() -> None:
    desk = await covered()
    await desk.at(date(2016, 9, 1)).hear(expired(desk.policy(), through=JUNE_30))
    await desk.hear(ended(desk, JUNE_30, because="non-payment"))
    assert outcomes(desk) == ["already-so"]
    assert len(desk.said(PolicyTerminated)) == 1
    await desk.hear(ended(desk, date(2016, 5, 31), because="non-payment"))
    assert outcomes(desk) == ["already-so", "set-apart"]


async def test_CAR_5_days_that_were_covered_are_not_taken_back_on_a_carriers_word() -> None:
    desk = await covered()
    await desk.hear(ended(desk, date(2016, 2, 29)))
    await desk.hear(ended(desk, None))
    await desk.hear(ended(desk, date(2016, 2, 29), because="casework"))
    assert outcomes(desk) == ["set-apart", "set-apart", "taken-up"]
    assert desk.policy().through == date(2016, 2, 29)


async def test_CAR_5_the_same_word_again_changes_nothing_and_an_earlier_end_takes_its_place() -> None:
    desk = await covered()
    await desk.hear(ended(desk))
    await desk.hear(ended(desk), ended(desk, date(2016, 5, 31)))
    assert outcomes(desk) == ["taken-up", "already-so", "taken-up"]
    assert [each.through for each in desk.said(PolicyTerminated)] == [JUNE_30, date(2016, 5, 31)]
    assert [end.through for end in desk.policy().ends] == [date(2016, 5, 31)]


async def test_ENR_9_what_has_not_begun_here_cannot_end_on_a_day_of_its_and_waits_for_somebody() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    await desk.select("SILVER")
    await desk.hear(ended(desk))
    assert outcomes(desk) == ["set-apart"]
    assert desk.policy().lifecycle == "selected"
    await desk.hear(ended(desk, None))
    assert desk.policy().lifecycle == "canceled"


async def test_INV_11_grace_that_runs_out_before_a_carriers_end_counts_and_the_carriers_stays_behind_it() -> (
    None
):
    desk = await covered()
    await desk.hear(ended(desk, date(2016, 8, 31)))
    await desk.at(date(2016, 9, 1)).hear(expired(desk.policy(), through=JUNE_30))
    assert (desk.policy().through, desk.policy().end_reason) == (JUNE_30, "non-payment")
    other = await covered()
    await other.at(date(2016, 9, 1)).hear(expired(other.policy(), through=JUNE_30))
    await other.hear(ended(other, date(2016, 8, 31)))
    assert (other.policy().through, other.policy().end_reason) == (JUNE_30, "non-payment")


async def test_CAR_5_what_a_carrier_had_ended_by_itself_stands_again_on_its_word() -> None:
    desk = await covered()
    await desk.hear(ended(desk))
    await desk.hear(stands_again(desk))
    assert (desk.policy().lifecycle, desk.policy().through) == ("active", None)
    (told,) = desk.said(PolicyReinstated)
    assert (told.reason, told.decided_by, told.coverage_ends, told.undoes) == (
        "error",
        "enrollment",
        DECEMBER_31,
        desk.said(PolicyTerminated)[0].decision,
    )
    assert outcomes(desk) == ["taken-up", "taken-up"]
    await desk.hear(stands_again(desk))
    assert outcomes(desk)[-1] == "already-so"
    assert len(desk.said(PolicyReinstated)) == 1


async def test_INV_12_a_carrier_reinstates_nothing_that_it_had_not_ended_by_itself() -> None:
    desk = await covered()
    await desk.end(JUNE_30)
    await desk.hear(stands_again(desk))
    assert outcomes(desk) == ["set-apart"]
    assert (desk.policy().through, desk.said(PolicyReinstated)) == (JUNE_30, [])


async def test_INV_7_an_end_that_somebody_asked_for_counts_again_where_a_carrier_takes_its_own_back() -> None:
    desk = await covered()
    await desk.end(date(2016, 9, 30))
    await desk.hear(ended(desk))
    await desk.hear(stands_again(desk))
    assert (desk.policy().through, desk.policy().end_reason) == (date(2016, 9, 30), "requested")
    assert [each.coverage_ends for each in desk.said(PolicyReinstated)] == [date(2016, 9, 30)]


async def test_ENR_13_another_plan_chosen_since_keeps_what_a_carrier_reinstates_from_standing() -> None:
    desk = await covered()
    await desk.offer(plan("GOLD", carrier="MVP"))
    await desk.hear(ended(desk, date(2016, 3, 31)))
    event = QualifyingEvent(kind="loss", on=date(2016, 3, 31))
    await desk.select("GOLD", event=event)
    await desk.hear(stands_again(desk))
    assert outcomes(desk) == ["taken-up", "set-apart"]
    assert desk.policy("SILVER").through == date(2016, 3, 31)
    assert desk.policy("GOLD").lifecycle == "selected"


@pytest.mark.parametrize("through", [None, JUNE_30])
async def test_INV_13_staff_restores_what_a_carrier_had_ended(through: date | None) -> None:
    desk = await covered()
    await desk.hear(ended(desk, through, because="casework"))
    await desk.restore()
    assert (desk.policy().lifecycle, len(desk.said(PolicyReinstated))) == ("active", 1)
