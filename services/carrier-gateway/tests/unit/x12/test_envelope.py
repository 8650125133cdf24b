"""Envelopes: what they must be before anything in them counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from x12_builders import MADE_AT, MADE_ON, enrollment, interchange, problems_of, written

from carrier_gateway.x12.envelope import InterchangeHeader, compose
from carrier_gateway.x12.faults import Fault
from carrier_gateway.x12.reading import read_file
from carrier_gateway.x12.segments import CannotWrite


def test_an_envelope_comes_back_as_it_was_written() -> None:
    made = interchange(enrollment())
    (read,) = read_file(data=written(enrollment())).interchanges
    assert read.header == made.header
    (group,) = read.groups
    assert group.header == made.groups[0].header
    assert [each.set for each in group.sets] == list(made.groups[0].sets)


def test_the_isa_is_106_characters_long() -> None:
    assert written(enrollment()).index(b"~") == 105


@pytest.mark.parametrize(
    "change",
    [
        {"sender": ""},
        {"sender": "X" * 16},
        {"receiver": "A*B"},
        {"control_number": 0},
        {"control_number": 1_000_000_000},
    ],
)
def test_a_header_that_does_not_fit_is_not_written(change: dict[str, object]) -> None:
    header = InterchangeHeader(
        sender="VHCEXCHANGE", receiver="GMH01", created_on=MADE_ON, created_at=MADE_AT, control_number=1
    )
    made = replace(interchange(enrollment()), header=replace(header, **change))  # pyright: ignore[reportArgumentType]
    with pytest.raises(CannotWrite):
        compose(interchange=made)


def test_a_set_number_needs_four_to_nine_digits() -> None:
    with pytest.raises(CannotWrite):
        compose(interchange=interchange(enrollment(control_number="17")))


@pytest.mark.parametrize(("tag", "element"), [("SE", 1), ("GE", 1), ("GE", 2), ("IEA", 1)])
def test_nothing_is_counted_or_numbered_below_zero(tag: str, element: int) -> None:
    data = written(enrollment()).decode()
    line = next(each for each in data.splitlines() if each.startswith(f"{tag}*"))
    parts = line.rstrip("~").split("*")
    parts[element] = f"-{parts[element]}"
    changed = data.replace(line, "*".join(parts) + "~").encode()
    found = [(each.fault, each.segment, each.element) for each in problems_of(changed)]
    assert (Fault.ELEMENT_NOT_A_NUMBER, tag, element) in found


def test_a_ta1_stands_between_isa_and_gs() -> None:
    lines = written(enrollment()).decode().splitlines()
    with_ta1 = [lines[0], "TA1*000000009*151210*1000*A*000~", *lines[1:]]
    (read,) = read_file(data="\n".join(with_ta1).encode()).interchanges
    assert [each.get(1) for each in read.acknowledgements] == ["000000009"]
    assert read.problems == ()
    assert len(read.groups) == 1


@pytest.mark.parametrize(
    ("tag", "sound", "broken", "element"),
    [("ISA", "*ZZ*GMH01", "*QQ*GMH01", 13), ("GS", "*20151210*1000*1*X*", "*20151310*1000*1*X*", 6)],
)
def test_a_number_is_used_by_a_header_that_says_nothing_too(
    tag: str, sound: str, broken: str, element: int
) -> None:
    whole = written(enrollment()).decode()
    again = whole.replace("000000001", "000000002") if tag == "GS" else whole
    assert sound in whole
    found = problems_of((whole.replace(sound, broken) + again).encode())
    fault = {"ISA": Fault.INTERCHANGE_NUMBER_REPEATED, "GS": Fault.GROUP_NUMBER_REPEATED}[tag]
    assert [(each.segment, each.element) for each in found if each.fault is fault] == [(tag, element)]
