"""A household's assistance and its people change: from which day, what its policies then cost, what is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import Refused
from bulkhead.kernel.personal import Masked
from enrollment.application.correct_latin_name import correct_latin_name
from enrollment.application.facts import GraceEntered
from enrollment.domain.changes import CannotJoin, CannotLeave
from enrollment.domain.choices import NobodyToCover
from enrollment.domain.events import (
    ContactRecorded,
    PolicyCanceled,
    PolicyChanged,
    PolicyReinstated,
    PolicyTerminated,
)
from enrollment.domain.households import Household, Member
from enrollment.domain.months import PolicyVersion, version_on
from enrollment.domain.people import PersonNamedTwice
from services.enrollment.tests.builders import Desk, expired, person

MARCH, MAY, JUNE, JULY = (date(2016, month, 1) for month in (3, 5, 6, 7))
BABY = person("Baby Example", born="2016-06-10", relation="child")
FAMILY = (person(), person("Sam", born="1981-01-01", relation="spouse"), person("Kim", born="1990-05-05"))


async def covered(*people: object, aptc: int = 0, plans: tuple[str, ...] = ("SILVER",)) -> Desk:
    """Return a desk whose household h has these plans from January 1, paid for."""
    desk = Desk()
    await desk.offer()
    await desk.register("h", *people, aptc=aptc)  # pyright: ignore[reportArgumentType]
    await desk.covered(*plans)
    return desk


async def net(desk: Desk, plan: str = "SILVER") -> list[int]:
    return [each.net_cents for each in await desk.months(desk.policy(plan))]


async def test_ENR_13_assistance_goes_up_from_a_month_gone_by_and_every_version_is_kept() -> None:
    desk = await covered(aptc=10000)
    desk.at(date(2016, 5, 10))
    changed = await desk.change_assistance(MARCH, aptc=20000)
    assert await net(desk) == [40000] * 2 + [30000] * 10
    assert [(each.number, each.since, each.net_cents) for each in desk.database.rows(PolicyVersion)] == [
        (1, date(2016, 1, 1), 40000),
        (2, MARCH, 30000),
    ]
    (said,) = desk.said(PolicyChanged)
    assert [(str(run.first), str(run.last), run.net_cents) for run in said.months] == [
        ("2016-03", "2016-12", 30000)
    ]
    assert (said.since, said.changed, said.decided_by) == (MARCH, "assistance", "enrollment")
    assert [(each.since, each.aptc_cents, each.net_cents) for each in said.versions] == [
        (MARCH, 20000, 30000)
    ]
    assert [reason.rule for reason in changed.reasons] == ["ENR-13", "ENR-8"]
    assert changed.reasons[1].says == (
        "The medical premium was 400.00 a month. From 2016-03-01 it is 300.00: 500.00 less 200.00 APTC and "
        "0.00 state subsidy."
    )


async def test_ENR_13_a_change_of_a_change_counts_from_its_own_day_on() -> None:
    desk = await covered()
    await desk.change_assistance(JULY, aptc=30000)
    await desk.change_assistance(MAY, aptc=10000)
    assert await net(desk) == [50000] * 4 + [40000] * 8


async def test_ENR_13_what_changes_nothing_is_said_to_nobody() -> None:
    desk = await covered(aptc=10000)
    changed = await desk.change_assistance(MARCH, aptc=10000)
    assert changed.policies == ()
    assert not desk.said(PolicyChanged)


async def test_ENR_8_more_assistance_than_the_medical_premium_goes_to_the_dental_one() -> None:
    desk = await covered(plans=("SILVER", "TEETH"))
    await desk.change_assistance(MARCH, aptc=51000)
    assert await net(desk) == [50000] * 2 + [0] * 10
    assert await net(desk, "TEETH") == [3000] * 2 + [2000] * 10


async def test_ENR_13_assistance_counts_for_whole_months() -> None:
    desk = await covered()
    with pytest.raises(Refused) as refused:
        await desk.change_assistance(date(2016, 3, 2), aptc=1)
    assert refused.value.reasons[0].facts["would_do"] == "2016-03-01 2016-04-01"
    assert desk.database.rows(Household)[0].assistance_changes == ()


async def test_INV_18_a_newborn_is_covered_from_the_day_of_birth_and_that_month_costs_its_days() -> None:
    desk = await covered()
    desk.at(date(2016, 6, 20))
    changed = await desk.join(BABY, "birth", date(2016, 6, 10))
    # 500.00 * 9/30 + 1000.00 * 21/30
    assert await net(desk) == [50000] * 5 + [85000] + [100000] * 6
    policy = desk.policy()
    assert (policy.tier, policy.members) == ("parent", ("h-1", "h-2"))
    assert [reason.rule for reason in changed.reasons] == ["ENR-3", "INV-18"]
    assert changed.reasons[1].says.endswith(
        "2016-06 is charged by the day: 9 days at 500.00 and 21 days at 1000.00, of 30."
    )
    (said,) = desk.said(PolicyChanged)
    assert (said.since, said.contact_version) == (date(2016, 6, 10), 2)
    assert [each.members for each in said.versions] == [("h-1", "h-2")]
    assert [member.member for member in desk.said(ContactRecorded)[-1].members] == ["h-1", "h-2"]


async def test_ENR_13_a_birth_told_after_a_change_to_come_leaves_that_change_where_it_is() -> None:
    desk = await covered(aptc=10000)
    desk.at(date(2016, 6, 20))
    await desk.change_assistance(date(2016, 9, 1), aptc=30000)
    await desk.join(BABY, "birth", date(2016, 6, 10))
    # June: 400.00 * 9/30 + 900.00 * 21/30
    assert await net(desk) == [40000] * 5 + [75000] + [90000] * 2 + [70000] * 4
    said = desk.said(PolicyChanged)[-1]
    assert [(each.since, each.members, each.aptc_cents) for each in said.versions] == [
        (date(2016, 6, 10), ("h-1", "h-2"), 10000),
        (date(2016, 9, 1), ("h-1", "h-2"), 30000),
    ]


async def test_ENR_13_after_a_death_the_next_day_is_not_covered_and_after_a_divorce_the_next_month() -> None:
    desk = await covered(FAMILY[0], FAMILY[1])
    desk.at(date(2016, 6, 20))
    await desk.leave("h-2", "death", date(2016, 6, 15))
    assert await net(desk) == [100000] * 5 + [75000] + [50000] * 6
    other = await covered(FAMILY[0], FAMILY[1])
    other.at(date(2016, 6, 20))
    await other.leave("h-2", "divorce", date(2016, 6, 15))
    assert await net(other) == [100000] * 6 + [50000] * 6
    assert other.policy().members == ("h-1",)


@pytest.mark.parametrize(
    ("member", "kind", "on", "field"),
    [
        ("h-1", "divorce", date(2016, 6, 15), "/kind"),
        ("h-2", "age", date(2016, 6, 15), "/kind"),
        ("h-2", "divorce", date(2016, 3, 15), "/on"),
        ("h-2", "death", date(2016, 6, 21), "/on"),  # to come
    ],
)
async def test_ENR_13_who_cannot_leave_so_stays(member: str, kind: str, on: date, field: str) -> None:
    desk = await covered(FAMILY[0], FAMILY[1])
    desk.at(date(2016, 6, 20))
    with pytest.raises(Refused) as refused:
        await desk.leave(member, kind, on)  # pyright: ignore[reportArgumentType]
    assert refused.value.field == field
    assert not desk.said(PolicyChanged)


@pytest.mark.parametrize(
    ("who", "kind", "on", "field"),
    [
        (BABY, "birth", date(2016, 6, 11), "/person/born"),
        (FAMILY[1], "birth", date(2016, 6, 10), "/person/relation"),
        (
            replace(FAMILY[1], born=FAMILY[0].born),
            "marriage",
            date(2016, 6, 10),
            "/person",
        ),  # a second spouse
        (replace(BABY, ssn=person(ssn="123456789").ssn), "birth", date(2016, 6, 10), "/person/ssn"),
        (BABY, "foster", date(2016, 6, 9), "/person/born"),  # before they were born
        (replace(BABY, born=FAMILY[2].born), "adoption", date(2016, 2, 10), "/on"),  # told too late
        (replace(FAMILY[1], relation="child"), "adoption", date(2016, 6, 10), "/person/name"),
    ],
)
async def test_ENR_16_who_cannot_come_so_does_not(who: object, kind: str, on: date, field: str) -> None:
    desk = await covered(replace(FAMILY[0], ssn=person(ssn="123456789").ssn), FAMILY[1])
    desk.at(date(2016, 6, 20))
    with pytest.raises(Refused) as refused:
        await desk.join(who, kind, on)  # pyright: ignore[reportArgumentType]
    assert refused.value.field == field
    assert not desk.said(PolicyChanged)


async def test_ENR_16_a_newborn_of_whom_two_tell_comes_once() -> None:
    desk = await covered()
    desk.at(date(2016, 6, 20))
    await desk.join(BABY, "birth", date(2016, 6, 10))
    with pytest.raises(PersonNamedTwice) as refused:
        await desk.join(BABY, "birth", date(2016, 6, 10))
    assert refused.value.field == "/person/name"
    assert len(desk.said(PolicyChanged)) == 1


async def test_ENR_13_whoever_left_leaves_again_only_earlier() -> None:
    desk = await covered(FAMILY[0], FAMILY[1])
    desk.at(date(2016, 6, 20))
    await desk.leave("h-2", "divorce", date(2016, 6, 15))
    with pytest.raises(Refused):
        await desk.leave("h-2", "divorce", date(2016, 6, 18))
    await desk.leave("h-2", "death", date(2016, 6, 18))
    assert desk.database.rows(Member)[1].left == date(2016, 6, 19)


async def test_ENR_13_what_was_stated_ahead_changes_the_coverage_that_is_selected_afterwards() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h", FAMILY[0], FAMILY[1])
    await desk.change_assistance(MARCH, aptc=20000)
    await desk.leave("h-2", "divorce", date(2016, 4, 2))
    await desk.covered("SILVER")
    assert await net(desk) == [100000] * 2 + [80000] * 2 + [30000] * 8
    assert [each.changed for each in desk.said(PolicyChanged)] == ["members"]


async def test_ENR_7_what_will_cost_nothing_is_in_grace_with_the_rest_until_then() -> None:
    desk = await covered()
    desk.at(date(2016, 2, 1))
    await desk.change_assistance(date(2016, 12, 1), aptc=50000)
    await desk.hear(GraceEntered(household="h", first_month=CoverageMonth(2016, 2)))
    assert desk.policy().standing == "in-grace"


async def test_INV_12_months_after_an_end_for_non_payment_change_too_for_it_may_be_undone() -> None:
    desk = await covered()
    desk.at(date(2016, 7, 2))
    await desk.hear(expired(desk.policy(), through=date(2016, 5, 31)))
    await desk.change_assistance(MAY, aptc=10000)
    assert await net(desk) == [50000] * 4 + [40000]
    (said,) = desk.said(PolicyChanged)
    assert str(said.months[-1].last) == "2016-12"


async def test_ENR_13_coverage_that_was_ended_before_that_day_is_told_of_no_more() -> None:
    desk = await covered()
    desk.at(date(2016, 3, 2))
    await desk.end(date(2016, 4, 30))
    await desk.change_assistance(MAY, aptc=10000)
    assert not desk.said(PolicyChanged)
    await desk.restore()
    assert await net(desk) == [50000] * 4 + [40000] * 8
    (again,) = desk.said(PolicyReinstated)
    assert [(each.since, each.net_cents) for each in again.versions] == [
        (date(2016, 4, 30), 50000),
        (MAY, 40000),
    ]


KIDS = (
    person("Lou", born="2010-01-20", relation="child"),
    person("Ann", born="2007-06-01", relation="child"),
)


async def test_ENR_13_after_the_subscriber_s_death_the_spouse_follows_on_the_same_policy() -> None:
    desk = await covered(person(), KIDS[0], person("Sam", born="1981-01-01", relation="spouse"))
    before = desk.policy()
    desk.at(date(2016, 6, 20))
    changed = await desk.leave("h-1", "death", date(2016, 6, 15))
    after = desk.policy()
    assert (after.policy, after.effective, after.lifecycle) == (before.policy, before.effective, "active")
    assert (after.tier, after.members, after.net_cents) == ("parent", ("h-3", "h-2"), 100000)
    assert await net(desk) == [150000] * 5 + [125000] + [100000] * 6
    (said,) = desk.said(PolicyChanged)
    assert [(each.since, each.members) for each in said.versions] == [(date(2016, 6, 16), ("h-3", "h-2"))]
    assert desk.said(ContactRecorded)[-1].subscriber == "h-3"
    assert said.contact_version == desk.said(ContactRecorded)[-1].contact_version == 2
    assert [each.rule for each in changed.reasons] == ["ENR-13", "INV-18"]


@pytest.mark.parametrize("first", ["h-1", "h-2"])
async def test_ENR_13_two_deaths_leave_the_same_whichever_is_told_first(first: str) -> None:
    desk = await covered(FAMILY[0], FAMILY[1], *KIDS)
    desk.at(date(2016, 6, 20))
    days = {"h-1": date(2016, 6, 15), "h-2": date(2016, 6, 12)}
    for member in sorted(days, reverse=first == "h-2"):
        await desk.leave(member, "death", days[member], responsible="Eva Example")
    assert desk.policy().members == ("h-4", "h-3")
    # 12 days of a family, three of a parent, then of two children, for whom it costs the same
    assert await net(desk) == [150000] * 5 + [120000] + [100000] * 6
    assert version_on(desk.database.rows(PolicyVersion), date(2016, 6, 15)).members[0] == "h-1"
    said = desk.said(ContactRecorded)[-1]
    assert (said.subscriber, said.responsible_name) == ("h-4", person("Eva Example").name)


async def test_ENR_13_a_child_that_is_left_needs_somebody_who_acts_for_it() -> None:
    desk = await covered(person(), KIDS[0])
    desk.at(date(2016, 6, 20))
    with pytest.raises(Refused) as refused:
        await desk.leave("h-1", "death", date(2016, 6, 15))
    assert (refused.value.field, refused.value.reasons[0].rule) == ("/responsible", "ENR-13")

    assert not desk.said(PolicyChanged)
    await desk.leave("h-1", "death", date(2016, 6, 15), responsible="Eva Example")
    assert (desk.policy().tier, desk.policy().members) == ("single", ("h-2",))


async def test_ENR_13_the_death_of_the_only_one_ends_what_has_begun_and_calls_off_what_has_not() -> None:
    desk = await covered(person())
    await desk.select("TEETH")
    desk.at(date(2016, 6, 20))
    await desk.leave("h-1", "death", date(2016, 6, 15))
    assert (desk.policy("SILVER").through, desk.policy("SILVER").end_reason) == (date(2016, 6, 15), "death")
    assert await net(desk) == [50000] * 5 + [25000]
    assert desk.policy("TEETH").lifecycle == "canceled"
    assert (len(desk.said(PolicyTerminated)), len(desk.said(PolicyCanceled))) == (1, 1)
    assert not desk.said(PolicyChanged)
    said = desk.said(ContactRecorded)[-1]
    assert (said.contact_version, said.subscriber, said.estate) == (2, "h-1", True)
    assert desk.database.rows(Household)[0].contact_version == 2
    desk.at(date(2016, 11, 3))
    with pytest.raises(NobodyToCover):
        await desk.select("TEETH")


@pytest.mark.parametrize("told_first", ["self", "spouse"])
async def test_ENR_13_letters_go_to_who_is_left_whichever_death_is_told_first(told_first: str) -> None:
    """The spouse died before the subscriber: a child that nobody named anybody for again has who was named first."""
    desk = await covered(*FAMILY[:2], person("Kim Example", born="2010-05-05", relation="child"))
    desk.at(date(2016, 6, 20))
    deaths = [("h-1", date(2016, 6, 15)), ("h-2", date(2016, 6, 12))]
    for number, (member, on) in enumerate(deaths if told_first == "self" else deaths[::-1]):
        await desk.leave(member, "death", on, responsible="Eva Example" if number == 0 else None)
    said = desk.said(ContactRecorded)[-1]
    assert (said.subscriber, said.estate, said.responsible_name) == ("h-3", False, Masked("Eva Example"))
    assert desk.policy().members == ("h-3",)


async def test_ENR_13_letters_follow_also_where_the_spouse_goes_by_a_divorce_told_before_the_death() -> None:
    grown = person("Kit Example", born="1998-01-01", relation="child")
    desk = await covered(FAMILY[0], FAMILY[1], grown)
    desk.at(date(2016, 6, 10))
    await desk.leave("h-2", "divorce", date(2016, 6, 5))
    desk.at(date(2016, 6, 20))
    await desk.leave("h-1", "death", date(2016, 6, 15))
    assert desk.policy().members == ("h-3",)
    assert desk.said(ContactRecorded)[-1].subscriber == "h-3"


async def test_ENR_13_who_has_become_the_subscriber_by_then_goes_by_death_alone() -> None:
    """The only child left, out from the next month on: nobody died, and nothing ends."""
    desk = await covered(person(), person("Kit", born="1998-01-01", relation="child"))
    desk.at(date(2016, 3, 14))
    await desk.leave("h-1", "death", date(2016, 3, 10))
    with pytest.raises(CannotLeave) as refused:
        await desk.leave("h-2", "age", date(2016, 3, 5))
    assert refused.value.field == "/kind"
    assert desk.policy().through is None


async def test_ENR_13_a_name_corrected_on_the_day_of_a_death_makes_nobody_the_subscriber_again() -> None:
    for people, subscriber, estate in ((FAMILY[:2], "h-2", False), (FAMILY[:1], "h-1", True)):
        desk = await covered(*people)
        desk.at(date(2016, 6, 20))
        await desk.leave("h-1", "death", date(2016, 6, 20))
        async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
            await correct_latin_name(
                uow,
                household="h",
                member=subscriber,
                latin_name=Masked("Sam Example"),
                parameters=desk.parameters,
            )
        said = desk.said(ContactRecorded)[-1]
        assert (said.contact_version, said.subscriber, said.estate) == (3, subscriber, estate)


async def test_ENR_13_nobody_comes_to_a_household_of_which_nobody_is_left() -> None:
    desk = await covered(person())
    desk.at(date(2016, 6, 20))
    await desk.leave("h-1", "death", date(2016, 6, 10))
    with pytest.raises(CannotJoin) as refused:
        await desk.join(
            person("Kit", born="2016-06-18", relation="child"), kind="birth", on=date(2016, 6, 18)
        )
    assert refused.value.field == "/on"


async def test_ENR_13_the_only_one_dies_before_any_selection() -> None:
    desk = Desk()
    await desk.register("h", person())
    desk.at(date(2016, 6, 20))
    gone = await desk.leave("h-1", "death", date(2016, 6, 15))
    assert (gone.policies, gone.household.contact_version) == ((), 2)
    assert desk.said(ContactRecorded)[-1].estate


async def test_ENR_13_a_widow_marries_again_and_a_change_from_before_keeps_who_was_the_subscriber_then() -> (
    None
):
    desk = await covered(FAMILY[0], FAMILY[1])
    desk.at(date(2016, 6, 20))
    await desk.leave("h-1", "death", date(2016, 6, 15))
    await desk.join(person("Alex", born="1979-09-09", relation="spouse"), "marriage", date(2016, 6, 18))
    assert (desk.policy().tier, desk.policy().members) == ("couple", ("h-2", "h-3"))
    await desk.change_assistance(MAY, aptc=10000)
    assert await net(desk) == [100000] * 4 + [90000, 65000] + [90000] * 6
    assert [each.members[0] for each in desk.said(PolicyChanged)[-1].versions] == ["h-1", "h-2", "h-2"]


async def test_ENR_13_the_last_one_s_last_day_ends_the_coverage_also_where_another_s_death_is_told_after() -> (
    None
):
    desk = await covered(FAMILY[0], FAMILY[1])
    desk.at(date(2016, 6, 20))
    await desk.leave("h-1", "death", date(2016, 6, 15))
    changed = await desk.leave("h-2", "death", date(2016, 6, 12))
    assert (desk.policy().through, desk.policy().end_reason) == (date(2016, 6, 15), "death")
    assert changed.reasons[-1].facts == {"member": "h-2", "on": "2016-06-12", "through": "2016-06-15"}
    # 12 days of two at 1000.00, three of one at 500.00
    assert await net(desk) == [100000] * 5 + [45000]


async def test_ENR_13_a_child_who_is_the_subscriber_is_not_replaced_by_marriage() -> None:
    desk = await covered(person(), person("Lou", born="1995-01-20", relation="child"))
    desk.at(date(2016, 6, 20))
    await desk.leave("h-1", "death", date(2016, 6, 15))
    with pytest.raises(CannotJoin) as refused:
        await desk.join(person("Alex", born="1994-09-09", relation="spouse"), "marriage", date(2016, 6, 18))
    assert refused.value.field == "/person/relation"
    assert desk.policy().members == ("h-2",)


async def test_ENR_13_who_acts_for_a_child_is_said_only_where_the_subscriber_is_not_of_age() -> None:
    desk = await covered(FAMILY[0], FAMILY[1], KIDS[0])
    desk.at(date(2016, 6, 20))
    await desk.leave("h-1", "death", date(2016, 6, 15), responsible="Eva Example")
    assert desk.said(ContactRecorded)[-1].responsible_name is None
    await desk.leave("h-2", "death", date(2016, 6, 18))
    assert desk.said(ContactRecorded)[-1].responsible_name == person("Eva Example").name
