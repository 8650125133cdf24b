"""Names, addresses and numbers as people type them, taken apart for X12."""

from __future__ import annotations

import pytest

from bulkhead.kernel.personal import Masked
from carrier_gateway.adapters.x12.names import (
    address_of,
    birth_date,
    email_text,
    name_parts,
    phone_digits,
    ssn_digits,
    written_name,
)
from carrier_gateway.domain.records import ContactMember


def shown(text: Masked | None) -> str | None:
    return None if text is None else text.reveal()


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("June Example", ("Example", "June", None, None)),
        ("June", ("June", None, None, None)),
        ("Robin Q. Example", ("Example", "Robin", "Q.", None)),
        ("Robin Anne Marie Example Jr.", ("Example", "Robin", "Anne Marie", "Jr")),
        ("Robin Example, III", ("Example", "Robin", None, "III")),
        ("van der Berg, Jan Pieter", ("van der Berg", "Jan", "Pieter", None)),
        ("Zoë O’Brien", ("O'Brien", "Zoe", None, None)),
    ],
)
def test_a_name_is_taken_apart(typed: str, parts: tuple[str | None, ...]) -> None:
    found = name_parts(Masked(typed))
    assert found is not None
    assert (shown(found.last), shown(found.first), shown(found.middle), shown(found.suffix)) == parts


@pytest.mark.parametrize(
    ("typed", "latin", "written"),
    [
        ("王小明", "WangXiaoMing", "WangXiaoMing"),
        ("Иван Пример", "Ivan Primer", "Ivan Primer"),
        ("June 李", "June Li", "June Li"),
        ("Zoë Ñandú-O’Brien", "Zoe Nandu-O'Brien", "Zoë Ñandú-O’Brien"),
        ("Łukasz Żółć", "Lukasz Zolc", "Łukasz Żółć"),
        ("June*Example", "June Example", "June*Example"),
    ],
)
def test_ENR_16_a_name_is_written_as_typed_where_x12_can_carry_it_whole_else_in_its_latin_form(
    typed: str, latin: str, written: str
) -> None:
    person = ContactMember(
        household="june",
        contact_version=1,
        member="june-1",
        number=1,
        relation="self",
        name=Masked(typed),
        latin_name=Masked(latin),
        born=Masked("1980-03-02"),
        ssn=None,
    )
    assert written_name(person).reveal() == written


@pytest.mark.parametrize("typed", ["", "   ", "李小龍", ","])
def test_a_name_of_which_nothing_can_be_written_is_none(typed: str) -> None:
    assert name_parts(Masked(typed)) is None


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("12 Main Street, Burlington, VT 05401", ("12 Main Street", None, "Burlington", "VT", "05401")),
        (
            "12 Main Street, Apt 3, Burlington, vt 05401",
            ("12 Main Street", "Apt 3", "Burlington", "VT", "05401"),
        ),
        (
            "12 Main Street\nSt. Johnsbury, VT 05819-1234",
            ("12 Main Street", None, "St. Johnsbury", "VT", "058191234"),
        ),
        ("12 Main Street, Burlington VT 05401", ("12 Main Street", None, "Burlington", "VT", "05401")),
    ],
)
def test_an_address_in_the_usual_form_is_taken_apart(typed: str, parts: tuple[str | None, ...]) -> None:
    found = address_of(Masked(typed))
    assert found is not None
    assert (
        shown(found.street),
        shown(found.second_line),
        shown(found.city),
        found.state,
        shown(found.postal_code),
    ) == parts


@pytest.mark.parametrize(
    "typed", ["somewhere", "12 Main Street", "12 Main Street, Burlington", "", "VT 05401"]
)
def test_an_address_that_reads_otherwise_is_left_out(typed: str) -> None:
    assert address_of(Masked(typed)) is None
    assert address_of(None) is None


def test_numbers_are_bare_digits_or_nothing() -> None:
    assert shown(phone_digits(Masked("+1 (802) 555-0134"))) == "8025550134"
    assert phone_digits(Masked("555-0134")) is None
    assert shown(ssn_digits(Masked("900-12-3456"))) == "900123456"
    assert ssn_digits(Masked("900-12-345")) is None
    assert shown(birth_date(Masked("1980-03-02"))) == "19800302"
    assert birth_date(Masked("2 March 1980")) is None


def test_an_email_address_goes_unchanged_or_not_at_all() -> None:
    assert shown(email_text(Masked("june@example.test"))) == "june@example.test"
    assert email_text(Masked("jüne@example.test")) is None
    assert email_text(Masked("a*b@example.test")) is None
    assert email_text(None) is None
