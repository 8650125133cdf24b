"""Cutting bytes into segments and putting them together."""

from __future__ import annotations

import pytest
from x12_builders import enrollment, lines_of, problems_of, written

from carrier_gateway.x12.faults import Fault
from carrier_gateway.x12.segments import STANDARD, CannotWrite, Delimiters, Segment, tokenize, write
from carrier_gateway.x12.text import to_x12


def test_a_segment_leaves_out_the_empty_elements_at_its_end() -> None:
    assert Segment.of("INS", "Y", "18", "", "").elements == ("Y", "18")
    assert Segment.of("INS", "Y").get(7) == ""


def test_a_segment_prints_no_value() -> None:
    segment = Segment("NM1", ("IL", "1", "Example", "June"), 9)
    assert repr(segment) == "Segment('NM1', 4 elements, position=9)"


def test_segments_written_are_the_segments_read() -> None:
    data = written(enrollment())
    assert write(segments=tokenize(data=data).segments) == data


def test_an_interchange_names_its_own_delimiters() -> None:
    data = written(enrollment())
    other = data.translate(bytes.maketrans(b"*^:~", b"|!>'")).replace(b"\n", b"")
    assert problems_of(other) == []
    assert [each.tag for each in tokenize(data=other).segments][:3] == ["ISA", "GS", "ST"]


def test_line_ends_after_terminators_do_not_matter() -> None:
    data = written(enrollment())
    assert problems_of(data.replace(b"\n", b"\r\n")) == []
    assert problems_of(b"\r\n" + data.replace(b"\n", b"")) == []


@pytest.mark.parametrize(
    "noise", [b"\xef\xbb\xbf%b", b"\n \t%b", b"%b\x1a", b"%b\x00\x00\x00", b"%b \r\n \r\n"], ids=repr
)
def test_CAR_5_noise_around_a_file_is_passed_over(noise: bytes) -> None:
    assert problems_of(noise % written(enrollment())) == []


def test_CAR_5_noise_between_segments_is_passed_over_and_inside_of_one_it_is_part_of_the_value() -> None:
    data = written(enrollment())
    assert problems_of(data.replace(b"~\n", b"~ \t\r\n \r\n")) == []
    inside = data.replace(b"REF*CE*SILVER~", b"REF*CE*SILVER ~", 1)
    assert {problem.fault for problem in problems_of(inside)} == {Fault.ELEMENT_CHARACTERS}


def test_CAR_5_the_letter_U_for_a_repetition_sign_means_that_there_is_none() -> None:
    data = written(enrollment()).replace(b"*^*00501*", b"*U*00501*")
    assert problems_of(data) == []
    assert tokenize(data=data).segments[1:] == tokenize(data=written(enrollment())).segments[1:]


def test_cutting_a_long_file_takes_time_that_grows_with_its_length_alone() -> None:
    # What copies the rest of the file at every segment would take minutes over this one.
    isa = written(enrollment())[:106]
    data = isa + b"REF*X~" * 200_000 + b"IEA*0*000000001~"
    assert len(tokenize(data=data).segments) == 200_002


@pytest.mark.parametrize(
    ("place", "character", "element"), [(82, "*", 11), (82, "A", 11), (104, "*", 16), (104, "7", 16)]
)
def test_a_delimiter_that_cannot_be_one_is_named(place: int, character: str, element: int) -> None:
    data = written(enrollment()).decode()
    (problem,) = tokenize(data=(data[:place] + character + data[place + 1 :]).encode()).problems
    assert (problem.fault, problem.segment, problem.element) == (Fault.DELIMITERS_UNUSABLE, "ISA", element)


def test_an_element_of_the_isa_that_is_too_short_is_named() -> None:
    data = written(enrollment()).replace(b"*ZZ*GMH01  ", b"*ZZ*GMH01", 1)
    (problem,) = tokenize(data=data).problems
    assert (problem.fault, problem.segment, problem.element) == (Fault.NOT_AN_INTERCHANGE, "ISA", 8)


def test_a_second_interchange_may_follow_with_other_delimiters() -> None:
    first = written(enrollment())
    lines = lines_of(first)
    isa = lines[0].replace("000000001", "000000002")
    second = [isa, "GS*BE*VT0*X1*20151210*1000*2*X*005010X220A1", "GE*0*2", "IEA*1*000000002"]
    text = "".join(f"{line}~" for line in second).replace("*", "|").encode()
    assert problems_of(first + text) == []


@pytest.mark.parametrize("value", ["a*b", "a~b", "a:b", "a^b", "é", "a\nb", "\x00"])
def test_a_value_that_would_not_come_back_is_not_written(value: str) -> None:
    with pytest.raises(CannotWrite) as raised:
        write(segments=[Segment("REF", ("0F", value))])
    assert (raised.value.segment, raised.value.element) == ("REF", 2)
    assert value not in str(raised.value)


def test_delimiters_must_be_four_different_signs() -> None:
    assert STANDARD.usable
    assert not Delimiters(element="*", repetition="*").usable
    assert not Delimiters(element="A").usable
    assert not Delimiters(component=" ").usable


def test_nothing_at_all_is_no_interchange() -> None:
    (problem,) = tokenize(data=b"").problems
    assert (problem.fault, problem.position) == (Fault.NOT_AN_INTERCHANGE, 1)


@pytest.mark.parametrize(
    ("typed", "as_x12"),
    [
        ("José Nuñez-O’Neill", "Jose Nunez-O'Neill"),
        ("Łukasz Żółć", "Lukasz Zolc"),
        ("Straße 5", "Strasse 5"),
        ("  two   blanks ", "two blanks"),
        ("a*b~c:d^e", "a b c d e"),
        ("李小龍", ""),
    ],
)
def test_a_persons_text_is_made_to_fit(typed: str, as_x12: str) -> None:
    assert to_x12(text=typed, most=60) == as_x12


def test_a_long_text_is_cut_without_a_blank_at_its_end() -> None:
    assert to_x12(text="abcde fghij", most=6) == "abcde"
