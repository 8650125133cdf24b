"""Every fault has a file of its name that has this fault and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from remittance_builders import entity as paid_for
from remittance_builders import payment, problems_of_820, written820
from x12_builders import acknowledgement, answering, enrollment, problems_of, written

from carrier_gateway.x12.faults import Fault, Problem

FIXTURES = Path(__file__).parents[2] / "fixtures" / "faults"
FILES = sorted(FIXTURES.iterdir())
READ = {".834": problems_of, ".999": problems_of, ".ta1": problems_of, ".820": problems_of_820}
"""By the suffix of a file, how it is read."""


def problems_in(file: Path) -> list[Problem]:
    return READ[file.suffix](file.read_bytes())


def test_the_sound_files_the_faulty_ones_are_made_from_have_no_problem() -> None:
    assert problems_of(written(enrollment())) == []
    assert problems_of(answering(acknowledgement())) == []
    assert problems_of_820(written820(payment(), paid_for())) == []


def test_there_is_a_file_for_every_fault_and_for_nothing_else() -> None:
    assert sorted(path.stem for path in FILES) == sorted(fault.value for fault in Fault)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_named_after_a_fault_has_exactly_that_fault(file: Path) -> None:
    assert {problem.fault for problem in problems_in(file)} == {Fault(file.stem)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_problem_has_a_place_in_the_file(file: Path) -> None:
    count = file.read_bytes().count(b"~")
    for problem in problems_in(file):
        assert 1 <= problem.position <= count + 1
        assert problem.says
        if problem.floor == "element":
            assert problem.element >= 1
