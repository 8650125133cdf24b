"""Staff restores coverage that ended in error (INV-13, A)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.errors import NotFound, Refused
from bulkhead.kernel.personal import Masked
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.events import PolicyReinstated, PolicyTerminated
from enrollment.domain.restorations import (
    NeverBegan,
    NothingToRestore,
    RestorationBlocked,
    StaffReinstatement,
)
from services.enrollment.tests.builders import SILVER, TEETH, Desk, expired, granted

MARCH_31 = date(2016, 3, 31)
JUNE_30 = date(2016, 6, 30)


async def covered(*plans: str) -> Desk:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    await desk.covered(*(plans or ("SILVER",)))
    return desk.at(date(2016, 3, 10))


async def refused(desk: Desk, kind: type[Refused], *plans: str) -> Refused:
    before = (desk.policies(), list(desk.database.events), desk.database.rows(StaffReinstatement))
    with pytest.raises(kind) as raised:
        await desk.restore(*plans)
    assert (desk.policies(), desk.database.events, desk.database.rows(StaffReinstatement)) == before
    return raised.value


async def test_INV_13_staff_undoes_an_end_that_was_asked_for_in_error() -> None:
    desk = await covered()
    await desk.end(MARCH_31)
    (policy,) = (await desk.restore()).policies
    assert (policy.lifecycle, policy.through, policy.end_reason) == ("active", None, None)
    (ended,) = desk.said(PolicyTerminated)
    (reinstated,) = desk.said(PolicyReinstated)
    assert (reinstated.reason, reinstated.decided_by, reinstated.undoes) == (
        "error",
        "enrollment",
        ended.decision,
    )
    assert reinstated.decision != ended.decision
    assert reinstated.coverage_ends == date(2016, 12, 31)
    assert [(str(run.first), str(run.last)) for run in reinstated.months] == [("2016-03", "2016-12")]
    assert policy.reasons[-1].rule == "INV-13"


async def test_INV_13_staff_undoes_an_end_for_non_payment_and_invoicing_finds_its_decision() -> None:
    desk = await covered()
    await desk.at(date(2016, 9, 1)).hear(expired(desk.policy(), through=JUNE_30))
    await desk.restore("SILVER")
    assert (desk.policy().lifecycle, desk.policy().standing) == ("active", "current")
    (reinstated,) = desk.said(PolicyReinstated)
    assert (reinstated.decided_by, reinstated.undoes) == ("enrollment", "unpaid")


async def test_INV_13_of_two_ends_both_are_undone_and_invoicing_finds_its_own() -> None:
    desk = await covered()
    await desk.end(MARCH_31)
    await desk.at(date(2016, 9, 1)).hear(expired(desk.policy(), through=JUNE_30))
    assert desk.policy().through == MARCH_31  # the asked one counts
    await desk.restore()
    assert desk.policy().ends == ()
    assert desk.said(PolicyReinstated)[0].undoes == "unpaid"


async def test_what_staff_restored_no_echo_of_the_old_decision_ends_again() -> None:
    desk = await covered()
    end = expired(desk.policy(), through=JUNE_30)
    await desk.at(date(2016, 9, 1)).hear(end)
    await desk.restore()
    said = len(desk.database.events)
    await desk.hear(end, granted(desk.policy(), undoes="unpaid"), end)
    assert desk.policy().lifecycle == "active"
    assert len(desk.database.events) == said
    await desk.hear(expired(desk.policy(), through=date(2016, 10, 31), decision="new"))
    assert (desk.policy().lifecycle, desk.policy().through) == ("terminated", date(2016, 10, 31))


async def test_INV_13_coverage_called_off_after_it_was_paid_is_restored_from_its_first_month() -> None:
    desk = (await covered()).at(date(2015, 12, 20))
    await desk.end(date(2015, 12, 20))
    await desk.restore()
    assert desk.policy().lifecycle == "active"
    (reinstated,) = desk.said(PolicyReinstated)
    assert [(str(run.first), str(run.last)) for run in reinstated.months] == [("2016-01", "2016-12")]


async def test_INV_13_who_did_it_when_and_why_is_kept_and_the_why_goes_nowhere_else() -> None:
    desk = await covered()
    await desk.end(MARCH_31)
    await desk.restore(reason="called about June Example, 123-45-6789", by="ada")
    (record,) = desk.database.rows(StaffReinstatement)
    assert record == StaffReinstatement(
        household="h",
        number=2,  # the household's second decision: the first was the end
        made_at=desk.now,
        made_by="ada",
        reason=Masked("called about June Example, 123-45-6789"),
        policies=(desk.policy().policy,),
    )
    assert "June" not in str(desk.database.events)
    assert "June" not in str(desk.policy().reasons)
    assert "June" not in repr(record)


async def test_INV_13_coverage_of_a_year_gone_by_stands_again_as_expired() -> None:
    desk = await covered()
    await desk.end(MARCH_31)
    (policy,) = (await desk.at(date(2017, 1, 10)).restore()).policies
    assert policy.lifecycle == "expired"
    assert len(desk.said(PolicyReinstated)) == 1


async def test_INV_13_all_that_ended_stands_again_unless_plans_are_named() -> None:
    desk = await covered("SILVER", "TEETH")
    await desk.end(MARCH_31)
    await desk.restore("TEETH")
    assert [each.lifecycle for each in desk.policies()] == ["terminated", "active"]
    other = await covered("SILVER", "TEETH")
    await other.end(MARCH_31)
    await other.restore()
    assert {each.lifecycle for each in other.policies()} == {"active"}
    first, second = other.said(PolicyReinstated)
    assert first.decision != second.decision


async def test_INV_12_a_selection_that_lapsed_is_not_restored_by_staff() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    (policy,) = (await desk.select("SILVER")).policies
    await desk.lapse_binder(policy, due=date(2015, 12, 25))
    for plans in ((), ("SILVER",)):
        error = await refused(desk, NeverBegan, *plans)
        assert [each.rule for each in error.reasons] == ["INV-12", "INV-13"]
        assert error.reasons[0].facts["policy"] == policy.policy


async def test_INV_13_a_lapsed_selection_beside_it_keeps_no_coverage_from_being_restored() -> None:
    desk = await covered()
    (dental,) = (await desk.select("TEETH", event=QualifyingEvent(kind="move", on=date(2016, 3, 1)))).policies
    await desk.lapse_binder(dental, due=date(2016, 4, 1))
    await desk.end(MARCH_31)
    await desk.restore()
    assert [each.lifecycle for each in desk.policies()] == ["active", "canceled"]


async def test_nothing_to_restore_is_refused() -> None:
    desk = await covered()
    await refused(desk, NothingToRestore)
    assert (await refused(desk, NothingToRestore, "SILVER")).field == "/plans"
    await desk.end(MARCH_31)
    assert (await refused(desk, NothingToRestore, "SILVER", "TEETH")).field == "/plans"
    with pytest.raises(NotFound):
        await desk.restore(household="nobody")


async def test_restoring_twice_is_refused_the_second_time() -> None:
    desk = await covered()
    await desk.end(MARCH_31)
    await desk.restore("SILVER", "SILVER")
    assert len(desk.said(PolicyReinstated)) == 1
    await refused(desk, NothingToRestore)


@pytest.mark.parametrize("what", ["selected", "active", "to end"])
async def test_ENR_13_another_plan_of_the_kind_is_in_the_way(what: str) -> None:
    desk = await covered()
    await desk.end(MARCH_31)
    event = QualifyingEvent(kind="move", on=date(2016, 3, 1))
    selected = await desk.select("GOLD", event=event)
    if what != "selected":
        await desk.pay_binder(*selected.policies)
    if what == "to end":
        await desk.end(date(2016, 9, 30), "GOLD")
    error = await refused(desk, RestorationBlocked, "SILVER")
    (reason,) = error.reasons
    assert (reason.rule, reason.facts["policy"]) == ("ENR-13", desk.policy("GOLD").policy)
    assert reason.facts["from"] == "2016-04-01"


async def test_ENR_13_a_plan_of_the_kind_that_ended_before_is_in_nobody_s_way() -> None:
    desk = await covered()
    await desk.end(MARCH_31)
    event = QualifyingEvent(kind="move", on=date(2016, 3, 1))
    await desk.pay_binder(*(await desk.select("GOLD", event=event)).policies)
    await desk.at(date(2016, 9, 1)).hear(expired(desk.policy("GOLD"), through=JUNE_30))
    await desk.restore()  # the latest of the kind
    assert (desk.policy("SILVER").lifecycle, desk.policy("GOLD").lifecycle) == ("terminated", "active")


async def test_ENR_13_coverage_that_ended_with_the_last_of_its_people_is_not_restored() -> None:
    desk = await covered()
    await desk.leave("h-1", "death", date(2016, 3, 9))
    for plans in ((), ("SILVER",)):
        error = await refused(desk, NothingToRestore, *plans)
        assert error.reasons[0].says == (
            "Nobody of the household is left after 2016-03-09: coverage stands no longer than that."
        )


async def test_ENR_13_coverage_restored_after_the_last_of_its_people_died_ends_with_their_last_day() -> None:
    desk = Desk()
    await desk.offer(SILVER, TEETH)
    await desk.register("h")
    await desk.covered("SILVER", "TEETH")
    desk.at(date(2016, 3, 10))
    await desk.end(MARCH_31, "SILVER")
    await desk.at(date(2016, 4, 12)).leave("h-1", "death", date(2016, 4, 10))
    assert (desk.policy().through, desk.policy("TEETH").through) == (MARCH_31, date(2016, 4, 10))
    await desk.restore()
    silver = desk.policy()
    assert (silver.lifecycle, silver.through, silver.end_reason) == ("terminated", date(2016, 4, 10), "death")
    assert (
        silver.reasons[-1].says == "Nobody of the household is left after 2016-04-10: coverage ends with it."
    )
    (reinstated,), ended = desk.said(PolicyReinstated), desk.said(PolicyTerminated)[-1]
    assert (reinstated.policy, ended.policy) == (silver.policy, silver.policy)
    assert (ended.through, ended.reason) == (date(2016, 4, 10), "death")
    assert [each.policies for each in desk.database.rows(StaffReinstatement)] == [(silver.policy,)]


async def test_INV_13_an_end_with_the_last_day_of_the_plan_year_is_undone_though_it_takes_no_day() -> None:
    desk = await covered()
    await desk.end(date(2016, 12, 31))
    (policy,) = (await desk.restore()).policies
    assert (policy.lifecycle, policy.through) == ("active", None)
