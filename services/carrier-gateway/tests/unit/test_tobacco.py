"""Who uses tobacco is told to carriers at the beginning, of adults, where rates may differ by it (ENR-17, CAR-2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from carriers_desk import effectuation_of
from gateway_builders import (
    FAMILY,
    JANUARY,
    SMOKERS,
    Gateway,
    activated,
    canceled,
    changed,
    contact,
    member,
    paid,
    reinstated,
    renewed,
    segments,
    selected,
    since,
    since_death,
    terminated,
    terms,
    tobacco,
)

from bulkhead.kernel.personal import Masked
from carrier_gateway.application import facts
from carrier_gateway.domain.records import InboundRecord

PEOPLE = ("june-1", "june-2", "june-3")
BY_AGE = terms(members=PEOPLE, rating_area=1)


def said_of(sent: str) -> list[str | None]:
    """Return HLH01 of each member of a set, in order; None of those who have none."""
    found: list[str | None] = []
    for each in segments(sent):
        if each.startswith("INS*"):
            found.append(None)
        elif each.startswith("HLH*"):
            found[-1] = each.removeprefix("HLH*")
    return found


async def told(*heard: Any, people: tuple[facts.RecordedMember, ...] = SMOKERS) -> list[list[str | None]]:
    """Return what each set tells of its members' use of tobacco."""
    gateway = await Gateway().open()
    await gateway.tell(contact(*people))
    for fact in heard:
        await gateway.tell(fact)
    return [said_of(each) for each in gateway.sets()]


async def test_CAR_2_an_initial_set_tells_of_adults_whether_they_use_tobacco() -> None:
    # the child is 5
    assert await told(selected(BY_AGE), paid()) == [["T", "N", None]]


@pytest.mark.parametrize(("born", "says"), [("1998-01-01", "T"), ("1998-01-02", None)])
async def test_CAR_2_it_is_told_of_who_is_18_on_their_first_covered_day(born: str, says: str | None) -> None:
    young = replace(SMOKERS[0], born=Masked(born))
    assert await told(selected(terms(rating_area=1)), paid(), people=(young,)) == [[says]]


@pytest.mark.parametrize(("since", "says"), [(JANUARY, "N"), (date(2016, 1, 2), "T")])
async def test_CAR_2_what_counts_on_the_first_covered_day_is_told(since: date, says: str) -> None:
    stops = member(tobacco=(*tobacco("yes"), *tobacco("no", since=since)))
    assert await told(selected(terms(rating_area=1)), paid(), people=(stops,)) == [[says]]


async def test_CAR_2_nothing_of_it_is_told_where_nobody_is_asked() -> None:
    assert await told(selected(BY_AGE), paid(), people=FAMILY) == [[None, None, None]]


@pytest.mark.parametrize("kind", ["medical", "dental"])
async def test_CAR_2_a_carrier_whose_plan_is_rated_by_tier_does_not_need_it(kind: Any) -> None:
    assert await told(selected(terms(kind=kind, members=PEOPLE)), paid()) == [[None, None, None]]


@pytest.mark.parametrize(("before", "says"), [("MVP", "T"), ("BCBSVT", None)])
async def test_CAR_2_a_renewal_tells_it_where_the_carrier_is_another(before: str, says: str | None) -> None:
    renewal = renewed(carrier_before=before)
    by_age = replace(renewal, policies=tuple(replace(each, rating_area=1) for each in renewal.policies))
    assert await told(by_age) == [[says]]


async def test_CAR_2_no_set_after_the_beginning_tells_it() -> None:
    one = terms(rating_area=1)
    comes = changed(
        since(rating_area=1), since(date(2016, 6, 1), members=("june-1", "june-2"), rating_area=1)
    )
    assert await told(
        selected(one), paid(), activated(), comes, terminated(date(2016, 6, 30)), reinstated()
    ) == [
        ["T"],
        [None],
        [None, None],
        [None],
        [None, None],
    ]
    assert await told(selected(one), paid(), canceled(reason="requested")) == [["T"], [None]]


async def test_CAR_2_who_takes_up_a_subscribers_part_begins() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(*SMOKERS), selected(BY_AGE), paid(), activated())
    after = replace(since_death("june-2", "june-3", died=10), rating_area=1)
    await gateway.tell(contact(*SMOKERS, version=2), changed(after, version=2))
    assert [said_of(each) for each in gateway.sets()] == [["T", "N", None], [None], ["N", None]]


async def test_CAR_2_a_statement_before_the_set_went_out_is_in_it() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(*SMOKERS), selected(BY_AGE))
    stopped = replace(SMOKERS[0], tobacco=tobacco("no"))
    await gateway.hear(contact(stopped, *SMOKERS[1:], version=2))
    await gateway.tell(changed(replace(since(JANUARY, members=PEOPLE), rating_area=1), version=2), paid())
    assert [said_of(each) for each in gateway.sets()] == [["N", "N", None]]


@pytest.mark.parametrize(
    ("replacing", "refusals"),
    [
        ((), []),
        ((("HLH*T", "HLH*N"),), ["HLH01: it is not what the carrier was told"]),
        ((("HLH*T", "HLH*X"),), ["HLH01: it is not what the carrier was told"]),
        ((("HLH*T", "HLH*T*5"),), ["HLH02: the carrier was not told this, and nobody has use for it"]),
    ],
)
async def test_CAR_5_a_confirmation_says_again_who_uses_tobacco(
    replacing: tuple[tuple[str, str], ...], refusals: list[str]
) -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(*SMOKERS), selected(BY_AGE), paid(), activated())
    assert await refused(gateway, effectuation_of(gateway.sets()[0], replacing=replacing)) == refusals
    assert (gateway.policy().effectuated_on is None) == bool(refusals)


async def test_CAR_5_a_carrier_that_was_not_told_of_tobacco_has_nothing_to_say_of_it() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid(), activated())
    answer = effectuation_of(gateway.sets()[0].replace("HD*", "HLH*T~\nHD*", 1))
    assert await refused(gateway, answer) == [
        "HLH01: the carrier was not told this, and nobody has use for it"
    ]


async def refused(gateway: Gateway, answer: str) -> list[str]:
    """Return what of HLH a carrier's answer is refused for, from the element's name on."""
    await gateway.drop("answer.834", answer)
    await gateway.work()
    reasons = {reason.says for each in gateway.rows(InboundRecord) for reason in each.reasons}
    return [each[each.index("HLH") :].removesuffix(".") for each in reasons if "HLH" in each]


async def test_CAR_2_who_uses_tobacco_is_printed_nowhere() -> None:
    assert "yes" not in repr(SMOKERS) + repr(contact(*SMOKERS))
