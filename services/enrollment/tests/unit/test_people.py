"""Who is who is stated, and must be possible; names are kept as written, with a Latin form beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.personal import Masked
from enrollment.adapters.names.anyascii_names import AnyAsciiNames
from enrollment.domain.households import Relation
from enrollment.domain.names import (
    LatinNameNeeded,
    NameNotReadable,
    check_name,
    checked_latin_name,
    proposed_latin_name,
)
from enrollment.domain.people import (
    BirthDateImplausible,
    Person,
    PersonNamedTwice,
    RelationsUnclear,
    SsnNamedTwice,
    check_people,
)
from services.enrollment.tests.builders import PARAMETERS, person

TODAY = date(2015, 12, 3)


def check(people: Sequence[Person]) -> None:
    check_people(people, today=TODAY, parameters=PARAMETERS.as_of(TODAY))


def household(*people: tuple[str, Relation]) -> list[Person]:
    return [
        person(f"Person{number} Example", born=born, relation=relation)
        for number, (born, relation) in enumerate(people)
    ]


@pytest.mark.parametrize(
    "people",
    [
        [("2010-01-01", "self")],  # a subscriber of any age
        [("1990-01-01", "child"), ("1960-01-01", "self"), ("1961-01-01", "spouse")],
        [("1980-01-01", "self"), ("2000-12-03", "spouse")],  # 15 today
        [("1992-01-01", "self"), ("1970-01-01", "spouse"), ("1991-01-01", "child")],  # the spouse's
        [("2008-01-01", "self"), ("2008-01-01", "child")],  # twins, one of whom subscribes
    ],
)
def test_ENR_16_people_as_they_may_be_are_taken(people: list[tuple[str, Relation]]) -> None:
    check(household(*people))


@pytest.mark.parametrize(
    "people",
    [
        [("1980-01-01", "self"), ("1981-01-01", "self")],
        [("1980-01-01", "self"), ("1981-01-01", "spouse"), ("1982-01-01", "spouse")],
        [("1980-01-01", "child")],
        [],
    ],
)
def test_ENR_16_a_household_is_one_subscriber_at_most_one_spouse_and_children(
    people: list[tuple[str, Relation]],
) -> None:
    with pytest.raises(RelationsUnclear) as refused:
        check(household(*people))
    assert refused.value.field == "/members"


@pytest.mark.parametrize(
    ("people", "rules"),
    [
        ([("1980-01-01", "self"), ("2015-12-04", "child")], ["ENR-16"]),  # born tomorrow
        ([("1980-01-01", "self"), ("2012-11-30", "spouse")], ["ENR-16"]),  # a spouse of three
        ([("1980-01-01", "self"), ("2000-12-04", "spouse")], ["ENR-16"]),  # 15 tomorrow
        ([("1980-01-01", "self"), ("1979-12-31", "child")], ["ENR-16"]),
    ],
)
def test_ENR_16_a_date_of_birth_is_plausible_for_the_relation(
    people: list[tuple[str, Relation]], rules: list[str]
) -> None:
    with pytest.raises(BirthDateImplausible) as refused:
        check(household(*people))
    assert refused.value.field == "/members/1/born"
    assert [each.rule for each in refused.value.reasons] == rules
    assert people[1][0] not in str(refused.value)


def test_ENR_16_the_age_of_a_spouse_is_a_dated_and_cited_parameter() -> None:
    with pytest.raises(BirthDateImplausible) as refused:
        check(household(("1980-01-01", "self"), ("2012-11-30", "spouse")))
    (reason,) = refused.value.reasons
    assert reason.facts == {"min_spouse_age": "15", "born_by": "2000-12-03"}
    assert reason.citation


def test_ENR_16_one_social_security_number_stands_for_one_member() -> None:
    twice = [
        person(ssn="123456789"),
        person("Sam", relation="spouse"),
        person("Kim", relation="child", ssn="123456789"),
    ]
    with pytest.raises(SsnNamedTwice) as refused:
        check(twice)
    assert refused.value.field == "/members/2/ssn"
    check([person(), person("Sam Example", relation="spouse")])  # two without a number are two


def test_ENR_16_one_person_is_named_once() -> None:
    with pytest.raises(PersonNamedTwice) as refused:
        check([person("Ann  Example"), person("ann example", relation="spouse")])
    assert refused.value.field == "/members/1/name"
    check([person("Ann Example"), person("Ann Example", born="1981-05-05", relation="spouse")])


@pytest.mark.parametrize(
    "name", ["   ", "\u00a0\u2003", "\u200b\u200d", "\ufeff", "\u3164", "\u115f", "123", "..."]
)
def test_ENR_16_a_name_of_blanks_or_of_what_nobody_sees_is_refused(name: str) -> None:
    with pytest.raises(NameNotReadable) as refused:
        check_name(Masked(name), field="/members/0/name")
    assert refused.value.field == "/members/0/name"


@pytest.mark.parametrize(
    ("name", "latin"),
    [
        ("June Example", "June Example"),
        ("José Núñez-Ørsted", "Jose Nunez-Orsted"),
        ("Seán O’Brien, Jr.", "Sean O'Brien, Jr."),
        ("Иван Пример", "Ivan Primer"),
        ("王小明", "Wang Xiao Ming"),
        ("김민수", "Gim Min Su"),
        ("June \U0001f600", "June"),
        ("Ma\u200crya", "Marya"),
    ],
)
def test_ENR_16_a_latin_form_is_proposed_for_names_in_any_script(name: str, latin: str) -> None:
    check_name(Masked(name), field="")
    assert proposed_latin_name(Masked(name), latin=AnyAsciiNames().latin, field="").reveal() == latin


def test_ENR_16_a_name_without_a_latin_form_is_refused_and_the_latin_name_asked_for() -> None:
    with pytest.raises(LatinNameNeeded) as refused:
        proposed_latin_name(Masked("ⵣ"), latin=lambda _: "", field="/members/0/latin_name")
    assert refused.value.field == "/members/0/latin_name"
    assert [each.rule for each in refused.value.reasons] == ["ENR-16"]


@pytest.mark.parametrize("latin", ["", "  ", "7", "Иван", "June*Example", "June~", "José"])
def test_ENR_16_a_latin_name_is_what_a_file_can_carry(latin: str) -> None:
    with pytest.raises(LatinNameNeeded):
        checked_latin_name(Masked(latin), field="/latin_name")


def test_ENR_16_a_refusal_repeats_nothing_that_was_typed() -> None:
    with pytest.raises(InvalidValue) as refused:
        checked_latin_name(Masked("Иван"), field="/latin_name")
    assert "Иван" not in str(refused.value)
