"""Why coverage that was not paid for does not last as long as was expected (INV-11, ENR-6)."""

from __future__ import annotations

from datetime import date

from enrollment.application.explain import explain_policy_end
from enrollment.domain.explaining import WhyNot
from services.enrollment.tests.builders import Desk, expired

MAY, JULY = date(2016, 5, 31), date(2016, 7, 31)


async def covered() -> Desk:
    desk = Desk()
    await desk.offer()
    await desk.register(aptc=10000)
    await desk.covered("SILVER")
    return desk


async def why_not(desk: Desk, expected: date) -> WhyNot:
    (policy,) = desk.policies()
    async with desk.uows.begin(now=desk.now) as uow:
        found = await explain_policy_end(
            uow, household="h", policy=policy.policy, expected=expected, parameters=desk.parameters
        )
    assert found.why_not is not None
    return found.why_not


async def test_INV_11_coverage_would_have_lasted_had_all_been_paid_by_the_last_day_of_grace() -> None:
    desk = await covered()
    (policy,) = desk.policies()
    await desk.at(date(2016, 8, 1), 1).hear(expired(policy, through=MAY, on=date(2016, 8, 1)))
    found = await why_not(desk, JULY)
    assert [(each.do, each.first, each.last) for each in found.would_have_done] == [
        ("pay-what-is-owed", None, JULY)
    ]
    assert [each.reason.rule for each in found.explanation.grounds] == ["INV-11"]
    assert found.explanation.sentence == "end-was-not-paid"
    assert found.explanation.facts == {"expected": "2016-07-31", "due": "2016-07-31", "through": "2016-05-31"}


async def test_INV_11_before_its_end_for_non_payment_it_had_to_be_asked_for() -> None:
    desk = await covered()
    (policy,) = desk.policies()
    await desk.at(date(2016, 8, 1), 1).hear(expired(policy, through=MAY, on=date(2016, 8, 1)))
    found = await why_not(desk, date(2016, 4, 30))
    assert [(each.do, each.last) for each in found.would_have_done] == [("ask-for-end", date(2016, 4, 30))]
    assert (await why_not(desk, MAY)).explanation.sentence == "end-is-so"


async def test_ENR_6_a_binder_that_lapsed_names_the_day_by_which_it_had_to_be_paid() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register()
    selected = await desk.select("SILVER")
    await desk.at(date(2015, 12, 26), 1).lapse_binder(*selected.policies, due=date(2015, 12, 25))
    found = await why_not(desk, date(2016, 12, 31))
    assert [(each.do, each.last) for each in found.would_have_done] == [
        ("pay-first-premium", date(2015, 12, 25))
    ]
    assert found.explanation.sentence == "end-never-began"
    assert [each.reason.rule for each in found.explanation.grounds] == ["ENR-6"]
