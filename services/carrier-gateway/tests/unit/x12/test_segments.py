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
