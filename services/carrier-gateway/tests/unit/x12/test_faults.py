"""Every fault has a file of its name that has this fault and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from x12_builders import acknowledgement, answering, enrollment, problems_of, written

from carrier_gateway.x12.faults import Fault

FIXTURES = Path(__file__).parents[2] / "fixtures" / "faults"


def file_of(fault: Fault) -> bytes:
    (path,) = FIXTURES.glob(f"{fault.value}.*")
    return path.read_bytes()


def test_the_sound_files_the_faulty_ones_are_made_from_have_no_problem() -> None:
    assert problems_of(written(enrollment())) == []
    assert problems_of(answering(acknowledgement())) == []


def test_there_is_a_file_for_every_fault_and_for_nothing_else() -> None:
    assert {path.stem for path in FIXTURES.iterdir()} == {fault.value for fault in Fault}


@pytest.mark.parametrize("fault", list(Fault))
def test_a_file_named_after_a_fault_has_exactly_that_fault(fault: Fault) -> None:
    problems = problems_of(file_of(fault))
    assert {problem.fault for problem in problems} == {fault}


@pytest.mark.parametrize("fault", list(Fault))
def test_every_problem_has_a_place_in_the_file(fault: Fault) -> None:
    data = file_of(fault)
    count = data.count(b"~")
    for problem in problems_of(data):
        assert 1 <= problem.position <= count + 1
        assert problem.says
        if problem.floor == "element":
            assert problem.element >= 1
