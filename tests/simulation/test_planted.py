"""The simulation finds what is wrong: bugs that are planted on purpose, each in a year that holds without it."""

from __future__ import annotations

import pytest

from simulation.planted import BUGS, Bug, instead, lead_with


@pytest.mark.parametrize("planted", [each for each in BUGS.values() if each.seed is not None], ids=str)
def test_the_simulation_finds_a_bug_that_was_planted(planted: Bug) -> None:
    verdict = lead_with(planted, planted.seed or 0)
    assert verdict.broken, f"{planted.says} ({planted.breaks})"


def rule(cents: int) -> int:
    return cents + 1


def test_a_planted_bug_is_everywhere_and_is_taken_out_again() -> None:
    held = rule
    with instead(rule, "cents + 1", "cents + 2"):
        assert held(1) == 3
    assert held(1) == 2


def test_a_bug_cannot_be_planted_where_the_code_is_not_what_it_was() -> None:
    with pytest.raises(ValueError, match="0 times in rule"), instead(rule, "cents - 1", "cents"):
        pass
