"""As many people as are reported, whatever the households they live in."""

from __future__ import annotations

import itertools

import pytest

from drill.people import SIZES, Household, dealt, heads, households, scaled


@pytest.mark.parametrize("people", [1, 2, 3, 48, 49, 50, 720, 780, 6_500])
def test_the_households_are_of_exactly_so_many_people(people: int) -> None:
    made = households("ma", itertools.count(1), people=people)
    assert heads(made) == people
    assert len({each.household for each in made}) == len(made)


def test_twenty_households_are_of_forty_nine_people() -> None:
    assert (len(SIZES), sum(SIZES)) == (20, 49)


def test_two_groups_have_no_household_in_common() -> None:
    numbers = itertools.count(1)
    some, others = households("ma", numbers, people=30), households("ma", numbers, people=30)
    assert not {each.household for each in some} & {each.household for each in others}


def test_a_small_share_of_few_people_is_one_of_them() -> None:
    assert (scaled(720, 0.0001), scaled(720, 0.1), scaled(74_203, 1)) == (1, 72, 74_203)


def test_what_is_dealt_is_the_whole_in_order() -> None:
    group = households("ma", itertools.count(1), people=100)
    parts = dealt(group, (12, 10, 12, 26, 40))
    assert [each for part in parts for each in part] == list(group)
    assert [len(each) for each in parts] == [5, 4, 5, 11, 17]


@pytest.mark.parametrize(
    ("size", "relations", "cents"),
    [
        (1, ["self"], 50_000),
        (2, ["self", "spouse"], 100_000),
        (3, ["self", "child", "child"], 96_500),
        (4, ["self", "spouse", "child", "child"], 140_500),
    ],
)
def test_a_household_applies_with_its_people_and_owes_its_tier(
    size: int, relations: list[str], cents: int
) -> None:
    household = Household("ma-000007", 7, size)
    assert [each["relation"] for each in household.application()["members"]] == relations
    assert household.premium_cents == cents


def test_one_household_of_100_is_written_to_on_paper() -> None:
    made = [Household(f"ma-{number:06d}", number, 1).application() for number in range(1, 501)]
    assert sum("address" in each for each in made) == 5
    assert all(("address" in each) != ("email" in each) for each in made)
