"""A binder is paid, or not: what invoicing says of it decides."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.errors import Impossible
from enrollment.application import facts
from enrollment.application.book import UnknownPolicy
from enrollment.domain.events import PolicyActivated, PolicyCanceled, PolicyReinstated
from enrollment.domain.policies import Policy
from services.enrollment.tests.builders import Desk, granted, lapsed
from services.enrollment.tests.builders import policy as policy_of_test


async def selected(*plans: str) -> tuple[Desk, list[Policy]]:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    found = await desk.select(*(plans or ("SILVER",)))
    return desk, list(found.policies)


def restored(*policies: Policy) -> facts.ReinstatementGranted:
    return granted(*policies, undoes="lapse", binder=True)


def satisfied(*policies: Policy) -> facts.BinderSatisfied:
    return facts.BinderSatisfied(
        household="h", policies=tuple(each.policy for each in policies), satisfied_on=date(2015, 12, 10)
    )


async def test_ENR_5_policies_become_active_when_their_binder_is_paid() -> None:
    desk, policies = await selected("SILVER", "TEETH")
    await desk.at(date(2015, 12, 12)).hear(satisfied(*policies))
    assert {(each.lifecycle, each.standing) for each in desk.policies()} == {("active", "current")}
    assert desk.said(PolicyActivated)[0] == PolicyActivated(
        household="h",
        policy=policies[0].policy,
        selection=policies[0].selection,
        plan="SILVER",
        carrier="BCBSVT",
        effective=date(2016, 1, 1),
        contact_version=1,
    )
    emitted = desk.database.emitted[-1]
    assert emitted.record.business_date == date(2015, 12, 10)  # the day it was paid, heard two days later
    assert [each.rule for each in desk.policy().reasons] == ["ENR-2", "ENR-5", "ENR-5"]


async def test_ENR_5_what_a_carrier_says_activates_nothing() -> None:
    desk, (policy,) = await selected()
    await desk.hear(
        facts.TransmissionSent(household="h", policy=policy.policy, kind="initial"),
        facts.CoverageEffectuated(household="h", policy=policy.policy),
    )
    assert (desk.policy().lifecycle, desk.policy().acknowledgement) == ("selected", "effectuated")


async def test_ENR_6_an_unpaid_binder_cancels_the_selection_for_non_payment() -> None:
    desk, (policy,) = await selected()
    await desk.at(date(2015, 12, 26)).hear(lapsed(policy))
    ended = desk.policy()
    assert (ended.lifecycle, ended.end_reason, ended.standing, ended.through) == (
        "canceled",
        "non-payment",
        "ended",
        None,
    )
    assert desk.said(PolicyCanceled) == [
        PolicyCanceled(
            household="h",
            policy=policy.policy,
            selection=policy.selection,
            plan="SILVER",
            carrier="BCBSVT",
            effective=date(2016, 1, 1),
            reason="non-payment",
            contact_version=1,
            decided_by="invoicing",
            decision="lapse",
        )
    ]
    assert ended.reasons[-1].rule == "ENR-6"
    assert ended.reasons[-1].facts == {"due": "2015-12-25", "decision": "lapse"}


async def test_hearing_again_what_already_holds_says_nothing_again() -> None:
    desk, policies = await selected()
    await desk.hear(satisfied(*policies), satisfied(*policies))
    await desk.hear(satisfied(*policies))
    assert len(desk.said(PolicyActivated)) == 1
    other, others = await selected()
    await other.hear(lapsed(*others), lapsed(*others))
    assert len(other.said(PolicyCanceled)) == 1


async def test_INV_12_a_binder_that_was_postmarked_in_time_brings_the_selection_back() -> None:
    desk, (policy,) = await selected()
    await desk.at(date(2015, 12, 26)).hear(lapsed(policy))
    await desk.at(date(2015, 12, 28)).hear(restored(policy), satisfied(policy))
    stands = desk.policy()
    assert (stands.lifecycle, stands.standing, stands.end_reason) == ("active", "current", None)
    (event,) = desk.said(PolicyReinstated)
    assert (event.policy, event.reason, event.coverage_ends) == (
        policy.policy,
        "postmark",
        date(2016, 12, 31),
    )
    assert (event.decided_by, event.decision, event.undoes) == ("invoicing", "granted", "lapse")
    assert [(str(run.first), str(run.last), run.net_cents) for run in event.months] == [
        ("2016-01", "2016-12", 50000)
    ]
    assert desk.said(PolicyActivated) == []  # reinstated says it already


async def test_a_binder_paid_after_its_lapse_without_a_reinstatement_is_impossible() -> None:
    desk, (policy,) = await selected()
    await desk.hear(lapsed(policy))
    with pytest.raises(Impossible):
        await desk.hear(satisfied(policy))
    assert desk.policy().lifecycle == "canceled"


async def test_money_for_a_selection_called_off_on_request_does_not_bring_it_back() -> None:
    desk, (policy,) = await selected()
    await desk.end(date(2015, 12, 31))
    await desk.hear(satisfied(policy))
    assert (desk.policy().lifecycle, desk.policy().end_reason) == ("canceled", "requested")
    other, (lapsing,) = await selected()
    await other.end(date(2015, 12, 31))
    await other.hear(lapsed(lapsing))
    await other.hear(restored(lapsing), satisfied(lapsing))
    assert (other.policy().lifecycle, other.policy().end_reason) == ("canceled", "requested")
    for each in (desk, other):
        assert [type(event) for event in each.database.events[4:]] == [PolicyCanceled]


async def test_a_binder_cannot_lapse_once_it_is_paid() -> None:
    desk, (policy,) = await selected()
    await desk.pay_binder(policy)
    with pytest.raises(Impossible):
        await desk.hear(lapsed(policy))
    assert desk.policy().lifecycle == "active"


async def test_INV_12_a_restored_binder_that_is_heard_of_before_its_lapse_stands() -> None:
    desk, (policy,) = await selected()
    await desk.hear(restored(policy), satisfied(policy))
    assert desk.policy().lifecycle == "active"
    await desk.hear(lapsed(policy))
    assert (desk.policy().lifecycle, desk.policy().standing) == ("active", "current")
    assert [type(each) for each in desk.database.events[4:]] == [PolicyActivated]


async def test_INV_12_a_lapse_is_undone_with_its_binder_or_not_at_all() -> None:
    desk, (policy,) = await selected()
    await desk.hear(lapsed(policy))
    with pytest.raises(Impossible):
        await desk.hear(granted(policy, undoes="lapse", binder=False))
    assert desk.policy().lifecycle == "canceled"


@pytest.mark.parametrize(
    "fact",
    [
        facts.BinderSatisfied(household="h", policies=("nobody-s",), satisfied_on=date(2015, 12, 10)),
        lapsed(policy_of_test(policy="nobody-s")),
        granted(policy_of_test(policy="nobody-s"), undoes="lapse"),
        facts.TransmissionSent(household="h", policy="nobody-s", kind="initial"),
        facts.CoverageEffectuated(household="h", policy="nobody-s"),
    ],
)
async def test_a_fact_about_a_policy_nobody_selected_is_impossible(fact: object) -> None:
    desk, _ = await selected()
    said = len(desk.database.events)
    with pytest.raises(UnknownPolicy):
        await desk.hear(fact)
    assert len(desk.database.events) == said


async def test_a_fact_about_another_household_s_policy_is_impossible() -> None:
    desk, (policy,) = await selected()
    await desk.register("other")
    wrong = facts.BinderSatisfied(
        household="other", policies=(policy.policy,), satisfied_on=date(2015, 12, 10)
    )
    with pytest.raises(UnknownPolicy):
        await desk.hear(wrong)
    assert desk.policy().lifecycle == "selected"


async def test_a_batch_of_several_households_is_applied_each_in_order() -> None:
    desk, (policy,) = await selected()
    await desk.register("k")
    (other,) = (await desk.select("SILVER", household="k")).policies
    await desk.hear(
        lapsed(other),
        satisfied(policy),
        restored(other),
    )
    assert desk.policy().lifecycle == "active"
    assert desk.policy(household="k").lifecycle == "active"


async def test_CAL_3_a_binder_paid_when_the_plan_year_is_over_expires_at_once() -> None:
    desk, (policy,) = await selected()
    await desk.at(date(2017, 1, 2)).hear(satisfied(policy))
    assert desk.policy().lifecycle == "expired"
    assert len(desk.said(PolicyActivated)) == 1
