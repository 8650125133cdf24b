"""Two households of one person become one, by two people, and stand for themselves again (OPS-5, ENR-16)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.corrections import (
    CorrectionNotOpen,
    CorrectionWaits,
    SecondPersonNeeded,
)
from bulkhead.kernel.errors import InvalidValue, NotFound
from enrollment.application.ask_corrections import rerate_household
from enrollment.application.corrections import (
    Asked,
)
from enrollment.application.explain import explain_merge_of
from enrollment.application.find_household import find_household
from enrollment.domain.corrections import Correction
from enrollment.domain.events import HouseholdMerged, MergeReversed, PolicyReinstated
from enrollment.domain.merges import HouseholdMergedAway, NotMerged
from services.enrollment.tests.builders import Desk, granted, person
from services.enrollment.tests.merging import Merger

NUMBER = "900123456"
LAPSED_ON, MARCH_10 = date(2015, 12, 29), date(2016, 3, 10)


async def registered_twice() -> tuple[Desk, Merger]:
    desk = Desk()
    await desk.offer()
    await desk.register("a", person(ssn=NUMBER))
    await desk.register("b", person("Juna Exampel", ssn=NUMBER))
    await desk.covered("SILVER", household="a")
    return desk, Merger(desk)


async def lapsed_beside() -> tuple[Desk, Merger]:
    """Two households of one person: a is covered, what b selected was never paid."""
    desk, merger = await registered_twice()
    selected = await desk.select("GOLD", household="b")
    await desk.at(LAPSED_ON).lapse_binder(*selected.policies, due=date(2015, 12, 28))
    return desk, merger


async def test_OPS_5_a_household_of_the_same_person_is_merged_once_a_second_person_approves_it() -> None:
    desk, merger = await lapsed_beside()

    asked = await merger.ask()

    assert (asked.state, asked.kind, asked.by_two, asked.cents) == ("requested", "merge-households", True, 0)
    assert (asked.household, asked.merged_into) == ("b", "a")
    assert await merger.merged_into("b") is None
    assert desk.said(HouseholdMerged) == []
    with pytest.raises(SecondPersonNeeded):
        await merger.decide(asked, by="ann")
    applied = await merger.decide(asked)
    assert (applied.state, applied.decided_by) == ("applied", "bea")
    assert desk.said(HouseholdMerged) == [HouseholdMerged(household="b", into="a", correction="m1")]
    assert await merger.merged_into("b") == "a"
    assert await merger.merged_into("a") is None
    assert [each.lifecycle for each in desk.policies("b")] == ["canceled"]
    assert [each.household for each in desk.policies("b")] == ["b"]


async def test_OPS_5_a_merge_that_is_tried_says_what_it_would_say_and_waits_for_a_second_person() -> None:
    desk, merger = await lapsed_beside()

    tried = await merger.ask(preview=True)

    assert tried.state == "requested"
    assert [each.into for each in desk.said(HouseholdMerged)] == ["a"]


async def test_OPS_5_a_household_that_covers_somebody_or_may_is_not_absorbed() -> None:
    desk, merger = await registered_twice()
    (waiting,) = (await desk.select("GOLD", household="b")).policies

    with pytest.raises(NotMerged) as refused:
        await merger.ask()
    assert refused.value.field == "/into"
    assert refused.value.reasons[0].facts == {"policies": waiting.policy, "from": "2015-12-03"}
    with pytest.raises(NotMerged):  # nor is the one that is covered
        await merger.ask("a", "b")
    assert desk.said(HouseholdMerged) == []


async def test_OPS_5_coverage_that_ended_is_read_where_it_was_and_stands_in_nobodys_way() -> None:
    desk, merger = await registered_twice()
    await desk.covered("GOLD", household="b")
    await desk.at(MARCH_10).end(date(2016, 3, 31), "GOLD", household="b")

    with pytest.raises(NotMerged):
        await merger.ask()
    desk.at(date(2016, 4, 1))
    await merger.decide(await merger.ask())

    assert await merger.merged_into("b") == "a"
    assert [(each.plan, each.last_covered_day) for each in desk.policies("b")] == [
        ("GOLD", date(2016, 3, 31))
    ]


async def test_ENR_16_only_households_of_one_person_are_merged() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("a", person(ssn=NUMBER))
    await desk.register("other-number", person(ssn="900123457"))
    await desk.register("no-number", person("  june   EXAMPLE "))
    await desk.register("other-birth", person(born="1981-03-02"))
    await desk.register("other-name", person("Max Example"))
    merger = Merger(desk)

    for household in ("other-number", "other-birth", "other-name"):
        with pytest.raises(NotMerged) as refused:
            await merger.ask(household)
        assert refused.value.reasons[0].rule == "ENR-16"
    assert (await merger.ask("no-number")).state == "requested"


async def test_OPS_5_a_household_is_merged_into_another_that_is_there_and_goes_on_itself() -> None:
    desk, merger = await lapsed_beside()
    await desk.register("c", person(ssn=NUMBER))
    with pytest.raises(NotFound):
        await merger.ask("b", "nobody")
    with pytest.raises(InvalidValue) as itself:
        await merger.ask("b", "b")
    assert itself.value.field == "/into"
    asked = await merger.ask()
    with pytest.raises(CorrectionWaits):
        await merger.ask("b", "c")
    await merger.decide(asked)

    for household, into in (("b", "c"), ("c", "b")):
        with pytest.raises(HouseholdMergedAway) as away:
            await merger.ask(household, into)
        assert away.value.reasons[0].facts == {"into": "a"}
    with pytest.raises(NotMerged):  # a is covered
        await merger.ask("a", "c")


async def test_OPS_5_what_became_of_a_household_meanwhile_is_looked_at_when_its_merge_is_approved() -> None:
    desk, merger = await registered_twice()
    asked = await merger.ask()
    await desk.select("GOLD", household="b")

    with pytest.raises(NotMerged):
        await merger.decide(asked)

    assert await merger.merged_into("b") is None
    declined = await merger.decide(asked, "decline")
    assert declined.state == "declined"


async def test_OPS_5_a_household_that_was_merged_takes_no_selection_and_says_where_it_went() -> None:
    desk, merger = await lapsed_beside()
    await merger.decide(await merger.ask())

    with pytest.raises(HouseholdMergedAway) as away:
        await desk.select("SILVER", household="b")
    assert away.value.reasons[0].facts == {"into": "a"}
    with pytest.raises(HouseholdMergedAway):
        await desk.restore("GOLD", household="b")
    with pytest.raises(HouseholdMergedAway):
        async with desk.uows.begin(now=desk.now, households=["b"]) as uow:
            await rerate_household(
                uow,
                "b",
                since=date(2015, 1, 1),
                asked=Asked(correction="r", because="rates-wrong", note=None, operator="ann"),
                parameters=desk.parameters,
            )
    assert len(desk.policies("b")) == 1


async def test_OPS_5_a_merge_is_taken_back_once_by_two_people_and_both_stand_as_before() -> None:
    desk, merger = await lapsed_beside()
    merged = await merger.decide(await merger.ask())

    back = await merger.reverse(merged)
    assert (back.state, back.by_two, back.reverses) == ("requested", True, "m1")
    assert await merger.merged_into("b") == "a"
    await merger.decide(back)

    assert await merger.merged_into("b") is None
    assert desk.said(MergeReversed) == [
        MergeReversed(household="b", into="a", correction="m2", reverses="m1")
    ]
    with pytest.raises(CorrectionNotOpen):
        await merger.reverse(merged)
    await desk.select("SILVER", household="b")
    desk_states = {each.correction: each.state for each in await desk.stored(Correction)}
    assert desk_states == {"m1": "reversed", "m2": "applied"}


async def test_INV_12_coverage_that_stands_again_takes_the_merge_of_its_household_back_by_itself() -> None:
    desk, merger = await lapsed_beside()
    merged = await merger.decide(await merger.ask())
    (policy,) = desk.policies("b")

    await desk.at(date(2015, 12, 30)).hear(granted(policy, undoes="lapse", binder=True))

    assert desk.policies("b")[0].lifecycle == "active"
    (back,) = desk.said(MergeReversed)
    assert (back.household, back.into, back.reverses) == ("b", "a", merged.correction)
    assert len(desk.said(PolicyReinstated)) == 1
    assert await merger.merged_into("b") is None
    kept = {each.correction: each for each in await desk.stored(Correction)}
    assert (kept["m1"].state, kept["m1"].reversed_by) == ("reversed", back.correction)
    assert (kept[back.correction].asked_by, kept[back.correction].by_two) == ("enrollment", False)


async def merged_twice() -> tuple[Desk, Merger, Correction, Correction]:
    """Of three households of one person b was merged into a, and a into c since: its coverage is over."""
    desk = Desk()
    await desk.offer()
    for household in "abc":
        await desk.register(household, person(ssn=NUMBER))
    merger = Merger(desk)
    first = await merger.decide(await merger.ask("b", "a"))
    second = await merger.decide(await merger.ask("a", "c"))
    return desk, merger, first, second


async def test_OPS_5_a_household_that_goes_on_in_the_place_of_another_is_merged_with_it() -> None:
    desk, merger, _, _ = await merged_twice()

    assert (await merger.merged_into("b"), await merger.merged_into("a")) == ("a", "c")
    assert [(each.household, each.into) for each in desk.said(HouseholdMerged)] == [("b", "a"), ("a", "c")]
    async with desk.uows.begin(now=desk.now) as uow:
        assert [(await find_household(uow, each)).survivor for each in "abc"] == ["c", "c", "c"]
        explained = [await explain_merge_of(uow, each) for each in "abc"]
    assert [each.survivor for each in explained] == ["c", "c", "c"]
    assert [each.absorbed for each in explained] == [("b",), (), ("a", "b")]
    assert [each.explanation.facts.get("into") for each in explained] == ["c", "a", None]


async def test_OPS_5_whatever_is_asked_of_a_household_of_a_chain_names_the_one_at_its_end() -> None:
    desk, merger, _, _ = await merged_twice()
    await desk.register("d", person(ssn=NUMBER))
    said = len(desk.said(HouseholdMerged))

    for household, into in (("b", "d"), ("d", "b"), ("a", "b"), ("c", "b"), ("c", "a")):
        with pytest.raises(HouseholdMergedAway) as away:
            await merger.ask(household, into)
        assert away.value.reasons[0].facts == {"into": "c"}
    with pytest.raises(HouseholdMergedAway) as away:
        await desk.select("GOLD", household="b")
    assert away.value.reasons[0].facts == {"into": "c"}
    assert len(desk.said(HouseholdMerged)) == said


async def test_OPS_5_merges_of_a_chain_are_taken_back_in_any_order_each_for_itself() -> None:
    for order in ((0, 1), (1, 0)):
        desk, merger, *merges = await merged_twice()

        await merger.decide(await merger.reverse(merges[order[0]]))
        left = {0: ("a", None), 1: (None, "c")}[order[1]]
        assert (await merger.merged_into("b"), await merger.merged_into("a")) == left
        await merger.decide(await merger.reverse(merges[order[1]]))

        assert [await merger.merged_into(each) for each in "abc"] == [None, None, None]
        assert [each.reverses for each in desk.said(MergeReversed)] == [
            merges[each].correction for each in order
        ]


async def test_INV_12_coverage_of_a_chains_first_that_stands_again_takes_its_merge_alone_back() -> None:
    desk, merger = await lapsed_beside()
    await desk.register("c", person(ssn=NUMBER))
    await desk.register("d", person(ssn=NUMBER))
    first = await merger.decide(await merger.ask("b", "c"))
    await merger.decide(await merger.ask("c", "d"))

    await desk.at(date(2015, 12, 30)).hear(granted(desk.policies("b")[0], undoes="lapse", binder=True))

    (back,) = desk.said(MergeReversed)
    assert (back.household, back.into, back.reverses) == ("b", "c", first.correction)
    assert [await merger.merged_into(each) for each in "bc"] == [None, "d"]


async def test_ENR_16_who_has_no_number_does_not_make_two_people_one() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("one", person(ssn=NUMBER))
    await desk.register("none", person())
    await desk.register("none-too", person())
    await desk.register("other", person(ssn="900123457"))
    merger = Merger(desk)
    await merger.decide(await merger.ask("one", "none"))
    await merger.decide(await merger.ask("none", "none-too"))

    for household, into in (("none-too", "other"), ("other", "none-too")):
        with pytest.raises(NotMerged) as refused:
            await merger.ask(household, into)
        assert refused.value.reasons[0].rule == "ENR-16"
    assert len(desk.said(HouseholdMerged)) == 2
