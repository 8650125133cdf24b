"""834s of any length: written, read and checked a set at a time."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from x12_builders import enrollment, file_of, interchange, lines_of, written

from carrier_gateway.x12.enrollment834.build import build
from carrier_gateway.x12.enrollment834.parse import parse
from carrier_gateway.x12.enrollment834.validate import Guide, validate
from carrier_gateway.x12.envelope import FileRead, SetRead, compose
from carrier_gateway.x12.faults import Problem
from carrier_gateway.x12.reading import FileReader, read_file
from carrier_gateway.x12.segments import Segment, write

PIECE = 4096
SETS = [f"{number:09d}" for number in range(1, 8)]


def pieces(count: int) -> Iterator[bytes]:
    """Give a file of so many sets, a set at a time."""
    *opening, group, end = compose(interchange=interchange())
    yield write(segments=opening)
    for number in range(1, count + 1):
        one = interchange(enrollment(control_number=f"{number:09d}"))
        yield write(segments=compose(interchange=one)[2:-2])
    yield write(segments=[Segment.of("GE", str(count), group.get(2)), end])


def checked(data: Iterator[bytes]) -> tuple[FileRead, list[str], list[Problem]]:
    """Read a file piece by piece, each set as it comes; return the rest of it, the sets' numbers, and all problems."""
    numbers, problems = list[str](), list[Problem]()

    def take(read: SetRead) -> None:
        parsed = parse(transaction_set=read.set)
        found = validate(enrollment=parsed.enrollment, guide=Guide())
        numbers.append(read.set.control_number)
        problems.extend((*read.problems, *parsed.problems, *found.problems))
        for each in (*parsed.member_problems, *found.member_problems):
            problems.extend(each)

    reader = FileReader(take=take)
    for each in data:
        reader.feed(each)
    return reader.close(), numbers, problems


def test_OPS_1_a_file_is_built_read_and_checked_in_the_memory_of_one_set() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        taken = 0

        def take(read: SetRead) -> None:
            nonlocal taken
            parsed = parse(transaction_set=read.set)
            assert validate(enrollment=parsed.enrollment, guide=Guide()).sound
            taken += 1

        reader = FileReader(take=take)
        for piece in pieces(count):
            reader.feed(piece)
        read = reader.close()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (taken, read.problems, read.interchanges[0].groups[0].problems) == (count, (), ())
        return most

    peak(3)  # what is loaded once
    few, twice, many = peak(40), peak(80), peak(320)
    assert twice < few + 20_000
    assert many < few + 20_000  # its sets alone would be some megabytes


def test_what_is_taken_set_by_set_is_what_is_read_whole() -> None:
    whole = b"".join(pieces(7))
    cut = (whole[at : at + PIECE] for at in range(0, len(whole), PIECE))
    read, numbers, problems = checked(cut)
    assert (numbers, problems) == (SETS, [])
    kept = read_file(data=whole)
    (group,) = kept.interchanges[0].groups
    assert [each.set.control_number for each in group.sets] == SETS
    emptied = replace(kept.interchanges[0], groups=(replace(group, sets=()),))
    assert read == replace(kept, interchanges=(emptied,))
    assert [each.set.segments for each in group.sets] == [build(enrollment=enrollment()).segments] * 7


@pytest.mark.parametrize(
    ("numbers", "repeated"),
    [
        (["000000001", "000000002", "000000002"], [3]),
        (["000000007", "000000009", "000000008", "000000009", "000000007"], [4, 5]),
        (["0001", "00001", "0002", "00001", "0001"], [4, 5]),
    ],
    ids=["one after the other", "in any order", "of other widths"],
)
def test_a_number_that_was_there_is_told_in_whatever_order_they_come(
    numbers: list[str], repeated: list[int]
) -> None:
    lines = lines_of(written(*(enrollment(control_number=each) for each in numbers)))
    (group,) = read_file(data=file_of(lines)).interchanges[0].groups
    assert [index for index, each in enumerate(group.sets, start=1) if each.problems] == repeated
    assert all(one.set.position < other.set.position for one, other in pairwise(group.sets))


def test_a_count_of_sets_that_is_wrong_is_told_where_none_is_kept() -> None:
    *most, last = pieces(3)
    read, _, _ = checked(iter([*most, last.replace(b"GE*3", b"GE*2")]))
    (problem,) = read.interchanges[0].groups[0].problems
    assert (problem.segment, problem.element) == ("GE", 1)
