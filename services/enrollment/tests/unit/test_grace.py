"""Grace, and coverage that ends or stands again, as invoicing tells it."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import Impossible
from enrollment.application import facts
from enrollment.application.book import UnknownPolicy
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.events import PolicyCanceled, PolicyReinstated, PolicyTerminated
from enrollment.domain.months import PremiumMonths, VersionTerms
from enrollment.domain.policies import Policy
from services.enrollment.tests.builders import Desk
from services.enrollment.tests.builders import expired as grace_expired
from services.enrollment.tests.builders import granted as reinstated

JUNE = CoverageMonth(2016, 6)
JUNE_30 = date(2016, 6, 30)


async def covered(*plans: str, aptc: int = 0) -> Desk:
    desk = Desk()
    await desk.offer()
    await desk.register("h", aptc=aptc)
    await desk.covered(*(plans or ("SILVER",)))
    return desk.at(date(2016, 6, 1))


def entered() -> facts.GraceEntered:
    return facts.GraceEntered(household="h", first_month=JUNE)


def advanced(month: int) -> facts.GraceAdvanced:
    return facts.GraceAdvanced(household="h", first_month=JUNE, month=month)


def exited() -> facts.GraceExited:
    return facts.GraceExited(household="h", first_month=JUNE)


def expired(*policies: Policy, through: date = JUNE_30, on: date = date(2016, 9, 1)) -> facts.GraceExpired:
    return grace_expired(*policies, through=through, on=on, first_month=JUNE)


def granted(*policies: Policy) -> facts.ReinstatementGranted:
    return reinstated(*policies, undoes="unpaid")


def standing(policy: Policy) -> tuple[str, int | None]:
    return policy.standing, policy.grace_month


async def test_INV_10_the_payment_standing_follows_the_household_s_grace() -> None:
    desk = await covered()
    await desk.hear(entered())
    assert standing(desk.policy()) == ("in-grace", 1)
    await desk.hear(advanced(2))
    assert standing(desk.policy()) == ("in-grace", 2)
    await desk.hear(advanced(3))
    assert standing(desk.policy()) == ("in-grace", 3)
    await desk.hear(exited())
    assert standing(desk.policy()) == ("current", None)
    assert desk.policy().lifecycle == "active"


async def test_ENR_7_a_policy_without_a_premium_is_never_in_grace() -> None:
    desk = await covered("SILVER", "TEETH", aptc=50000)
    await desk.hear(entered(), advanced(2))
    assert standing(desk.policy("SILVER")) == ("current", None)
    assert standing(desk.policy("TEETH")) == ("in-grace", 2)


async def test_a_policy_that_ended_before_grace_began_has_no_part_in_it() -> None:
    desk = await covered("SILVER", "TEETH")
    await desk.end(date(2016, 5, 31), "TEETH", by="operator")
    await desk.hear(entered())
    assert desk.policy("TEETH").standing_on(date(2016, 6, 1)) == ("ended", None)
    assert standing(desk.policy("SILVER")) == ("in-grace", 1)


async def test_a_selection_that_awaits_its_binder_has_no_part_in_the_household_s_grace() -> None:
    desk = await covered()
    event = QualifyingEvent(kind="move", on=date(2016, 5, 20))
    (dental,) = (await desk.select("TEETH", event=event)).policies
    await desk.hear(entered(), exited())
    assert standing(desk.policy("TEETH")) == ("binder-due", None)
    july = JUNE.plus(1)
    await desk.hear(facts.GraceEntered(household="h", first_month=july))
    await desk.pay_binder(dental)
    assert standing(desk.policy("TEETH")) == ("current", None)
    await desk.hear(facts.GraceAdvanced(household="h", first_month=july, month=2))
    assert standing(desk.policy("TEETH")) == ("in-grace", 2)


async def test_INV_11_when_grace_expires_coverage_ends_on_the_day_invoicing_names() -> None:
    desk = await covered()
    (policy,) = desk.policies()
    await desk.hear(entered(), advanced(2), advanced(3))
    await desk.at(date(2016, 9, 3)).hear(expired(policy))  # heard two days late
    ended = desk.policy()
    assert (ended.lifecycle, ended.through, ended.end_reason) == ("terminated", JUNE_30, "non-payment")
    assert standing(ended) == ("ended", None)
    assert desk.said(PolicyTerminated) == [
        PolicyTerminated(
            household="h",
            policy=policy.policy,
            plan="SILVER",
            carrier="BCBSVT",
            effective=date(2016, 1, 1),
            through=JUNE_30,
            reason="non-payment",
            months=(),
            contact_version=1,
            decided_by="invoicing",
            decision="unpaid",
        )
    ]
    assert desk.database.emitted[-1].record.business_date == date(2016, 9, 1)
    assert ended.reasons[-1].rule == "INV-11"


async def test_INV_11_the_household_s_other_policies_are_no_longer_in_grace() -> None:
    desk = await covered("SILVER", "TEETH")
    await desk.hear(entered())
    await desk.hear(expired(desk.policy("SILVER")))
    assert (desk.policy("TEETH").lifecycle, *standing(desk.policy("TEETH"))) == ("active", "current", None)


async def test_INV_11_an_end_before_the_first_day_means_it_never_began() -> None:
    desk = await covered()
    event = QualifyingEvent(kind="move", on=date(2016, 5, 20))
    (dental,) = (await desk.select("TEETH", event=event)).policies
    await desk.pay_binder(dental)
    assert dental.effective == date(2016, 7, 1)
    await desk.at(date(2016, 9, 1)).hear(expired(desk.policy("SILVER"), dental))
    assert (desk.policy("TEETH").lifecycle, desk.policy("TEETH").end_reason) == ("canceled", "non-payment")
    (event_said,) = desk.said(PolicyCanceled)
    assert (event_said.policy, event_said.reason) == (dental.policy, "non-payment")


async def test_INV_11_grace_cannot_end_what_never_began() -> None:
    desk = await covered()
    event = QualifyingEvent(kind="birth", on=date(2016, 5, 20))
    (dental,) = (await desk.select("TEETH", event=event)).policies
    with pytest.raises(Impossible):
        await desk.hear(expired(dental))


async def test_INV_11_an_earlier_end_for_non_payment_overrules_a_later_one_that_was_asked_for() -> None:
    desk = await covered()
    await desk.end(date(2016, 8, 31))
    await desk.at(date(2016, 9, 1)).hear(expired(desk.policy()))
    ended = desk.policy()
    assert (ended.through, ended.end_reason) == (JUNE_30, "non-payment")
    assert [(each.through, each.reason) for each in desk.said(PolicyTerminated)] == [
        (date(2016, 8, 31), "requested"),
        (JUNE_30, "non-payment"),
    ]


async def test_INV_11_an_end_that_is_earlier_already_stands() -> None:
    desk = await covered()
    await desk.end(JUNE_30)
    await desk.hear(expired(desk.policy(), through=JUNE_30))
    assert desk.policy().end_reason == "requested"
    assert desk.policy().standing == "ended"
    assert len(desk.said(PolicyTerminated)) == 1


async def test_INV_12_a_payment_in_time_after_all_reinstates_coverage_without_a_gap() -> None:
    desk = await covered()
    (policy,) = desk.policies()
    await desk.hear(entered(), expired(policy))
    await desk.at(date(2016, 9, 12)).hear(granted(policy))
    stands = desk.policy()
    assert (stands.lifecycle, stands.through, stands.end_reason) == ("active", None, None)
    assert standing(stands) == ("current", None)
    assert desk.said(PolicyReinstated) == [
        PolicyReinstated(
            household="h",
            policy=policy.policy,
            selection=policy.selection,
            plan="SILVER",
            carrier="BCBSVT",
            effective=date(2016, 1, 1),
            coverage_ends=date(2016, 12, 31),
            reason="postmark",
            versions=(
                VersionTerms(
                    since=date(2016, 6, 30),
                    members=("h-1",),
                    gross_cents=50000,
                    aptc_cents=0,
                    subsidy_cents=0,
                    net_cents=50000,
                ),
            ),
            months=(
                PremiumMonths(
                    first=JUNE,
                    last=CoverageMonth(2016, 12),
                    members=("h-1",),
                    gross_cents=50000,
                    aptc_cents=0,
                    subsidy_cents=0,
                    net_cents=50000,
                ),
            ),
            contact_version=1,
            decided_by="invoicing",
            decision="granted",
            undoes="unpaid",
        )
    ]
    assert stands.reasons[-1].rule == "INV-12"


async def test_INV_12_a_reinstatement_told_twice_happens_once() -> None:
    desk = await covered()
    (policy,) = desk.policies()
    await desk.hear(expired(policy), granted(policy), granted(policy))
    assert len(desk.said(PolicyReinstated)) == 1


async def test_INV_11_grace_that_runs_out_after_the_plan_year_still_ends_coverage_in_it() -> None:
    desk = await covered()
    (policy,) = desk.policies()
    await desk.at(date(2017, 2, 1)).hear(expired(policy, through=date(2016, 11, 30), on=date(2017, 2, 1)))
    assert desk.policy().through == date(2016, 11, 30)
    await desk.hear(granted(policy))
    assert (desk.policy().lifecycle, desk.policy().through) == ("expired", None)


async def test_INV_11_no_end_lies_after_the_plan_year() -> None:
    desk = await covered()
    await desk.at(date(2017, 2, 1)).hear(expired(desk.policy(), through=date(2017, 1, 31)))
    assert desk.policy().through == date(2016, 12, 31)


@pytest.mark.parametrize("fact", [entered(), advanced(2), exited()])
async def test_grace_of_a_household_that_selected_nothing_is_impossible(fact: object) -> None:
    desk = Desk()
    await desk.register("h")
    with pytest.raises(UnknownPolicy):
        await desk.hear(fact)
