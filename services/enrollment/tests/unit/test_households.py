"""Who is who in a household, and the tier that follows."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.errors import InvalidValue
from enrollment.domain.households import Relation, RelationsUnclear, Tier, age_on, relate, tier_of
from services.enrollment.tests.builders import person

TODAY = date(2015, 12, 3)


def relations(*people: tuple[str, Relation | None]) -> list[Relation]:
    return relate(
        [person(born=born, relation=relation) for born, relation in people], today=TODAY, adult_age=19
    )


def test_the_first_is_the_subscriber_the_next_adult_the_spouse_and_all_others_children() -> None:
    assert relations(
        ("1980-01-01", None), ("2010-01-01", None), ("1981-01-01", None), ("1990-01-01", None)
    ) == [
        "self",
        "child",
        "spouse",
        "child",
    ]


def test_the_first_is_the_subscriber_however_young() -> None:
    assert relations(("2010-01-01", None)) == ["self"]


def test_nineteen_on_the_day_of_registration_is_adult() -> None:
    assert relations(("1980-01-01", None), ("1996-12-03", None)) == ["self", "spouse"]
    assert relations(("1980-01-01", None), ("1996-12-04", None)) == ["self", "child"]


def test_stated_relations_stand_and_the_rest_is_inferred_around_them() -> None:
    assert relations(("1990-01-01", "child"), ("1960-01-01", None), ("1961-01-01", None)) == [
        "child",
        "self",
        "spouse",
    ]
    assert relations(("1990-01-01", None), ("1960-01-01", "self")) == ["spouse", "self"]
    assert relations(("1990-01-01", None), ("1997-06-01", "spouse"), ("1970-01-01", None)) == [
        "self",
        "spouse",
        "child",
    ]


@pytest.mark.parametrize(
    "people",
    [
        [("1980-01-01", "self"), ("1981-01-01", "self")],
        [("1980-01-01", None), ("1981-01-01", "spouse"), ("1982-01-01", "spouse")],
        [("1980-01-01", "child")],
        [],
    ],
)
def test_more_than_one_subscriber_or_spouse_or_none_at_all_is_refused(
    people: list[tuple[str, Relation | None]],
) -> None:
    with pytest.raises(RelationsUnclear) as refused:
        relations(*people)
    assert refused.value.field == "/members"


def test_nobody_can_be_registered_before_they_are_born() -> None:
    with pytest.raises(InvalidValue) as refused:
        relations(("1980-01-01", None), ("2015-12-04", None))
    assert refused.value.field == "/members/1/born"
    assert "2015" not in str(refused.value)


@pytest.mark.parametrize(
    ("day", "age"), [("2015-02-28", 18), ("2015-03-01", 19), ("2016-02-28", 19), ("2016-02-29", 20)]
)
def test_who_was_born_on_february_29_turns_older_on_march_1_of_other_years(day: str, age: int) -> None:
    assert age_on(born=date(1996, 2, 29), day=date.fromisoformat(day)) == age


@pytest.mark.parametrize(
    ("people", "tier"),
    [
        (["self"], "single"),
        (["self", "spouse"], "couple"),
        (["self", "child", "child"], "parent"),
        (["self", "spouse", "child"], "family"),
    ],
)
def test_the_tier_follows_from_the_relations(people: list[Relation], tier: Tier) -> None:
    assert tier_of(people) == tier
