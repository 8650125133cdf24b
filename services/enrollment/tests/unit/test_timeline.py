"""What was decided of a policy is kept with when, and each reason with its decision."""

from __future__ import annotations

from datetime import date

from enrollment.domain.policies import Policy
from enrollment.domain.timeline import end_of, entries_of
from services.enrollment.tests.builders import expired
from services.enrollment.tests.renewing import Season


async def test_every_reason_of_a_policy_belongs_to_one_decision_made_at_an_instant() -> None:
    desk = await Season().begin("a", "b", "c", plans=("SILVER", "TEETH"), aptc=55000)
    await desk.renew()
    await desk.at(date(2016, 11, 10)).select("GOLD", household="b")
    await desk.end(date(2016, 12, 20), household="c")
    await desk.restore(household="c")
    policies = await desk.stored(Policy)
    assert all(len(each.reasons) == sum(made.reasons for made in each.decisions) for each in policies)
    assert all(entry.reasons for each in policies for entry in entries_of(each))
    assert {made.decided for each in policies for made in each.decisions} >= {
        *("selected", "activated", "renewed", "canceled", "terminated", "reinstated"),
    }
    for each in policies:
        assert [made.at for made in each.decisions] == sorted(made.at for made in each.decisions)


async def test_INV_7_the_end_that_counts_is_explained_by_the_decision_that_made_it() -> None:
    desk = await Season().begin()
    (policy,) = desk.policies()
    assert end_of(policy) is None
    await desk.end(date(2016, 11, 30))
    asked = end_of(desk.policy())
    assert asked is not None
    assert (asked.decided, asked.reasons[-1].rule) == ("terminated", "ENR-13")
    await desk.hear(expired(policy, through=date(2016, 10, 31), decision="unpaid"))
    unpaid = end_of(desk.policy())
    assert unpaid is not None
    assert (unpaid.number, unpaid.reasons[-1].rule) == (asked.number + 1, "INV-11")


async def test_INV_7_an_end_that_was_noted_behind_another_is_the_one_explained_once_it_counts() -> None:
    desk = await Season().begin()
    (policy,) = desk.policies()
    await desk.end(date(2016, 10, 20))
    await desk.hear(expired(policy, through=date(2016, 10, 31), decision="unpaid"))
    noted = desk.policy().decisions[-1]
    assert noted.decided == "noted"
    explained = end_of(desk.policy())
    assert explained is not None
    assert explained.reasons[-1].rule == "ENR-13"
