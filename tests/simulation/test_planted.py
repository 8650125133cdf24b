"""The simulation finds what is wrong: bugs that are planted on purpose, each in a year that holds without it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from simulation.planted import lead_with
from simulation.planting import BUGS, Bug, instead
from simulation.year import Year, lead_again
from stories.language import read_story

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.mark.parametrize("planted", [each for each in BUGS.values() if each.seed is not None], ids=str)
def test_the_simulation_finds_a_bug_that_was_planted(planted: Bug) -> None:
    verdict = lead_with(planted, planted.seed or 0)
    assert verdict.broken, f"{planted.says} ({planted.breaks})"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("an invoice asks for what was before it", "risen-and-decided-late.yaml"),
        ("grace is as long as assistance lasts", "risen-and-decided-late.yaml"),
        ("a death undone leaves the end that it was", "death-undone-after-medicaid.yaml"),
        ("what was made by a wrong birth date keeps its price", "birth-date-taken-back.yaml"),
        ("a refund takes one person", "refund-by-two.yaml"),
    ],
)
async def test_a_scenario_shows_a_bug_that_hardly_any_drawn_year_meets(name: str, file: str) -> None:
    story = read_story((SCENARIOS / file).read_text(encoding="utf-8"), file=file)
    # What the scenario itself expects is not asked: the oracles are.
    year = Year(
        story=replace(story, steps=tuple(replace(each, expectations=()) for each in story.steps)), faults=()
    )
    assert (await lead_again(year)).broken == ()
    with BUGS[name].plant():
        assert (await lead_again(year)).broken, BUGS[name].says


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
