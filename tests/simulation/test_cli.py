"""The command line tells apart what holds, what fails, what cannot be read and what is not built yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from stories.cli import app
from stories.tests.builders import text_of

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


def play(*files: Path, options: tuple[str, ...] = ()) -> Result:
    return CliRunner().invoke(app, ["play", *options, *map(str, files)])


@pytest.fixture
def story(tmp_path: Path) -> Path:
    return tmp_path / "trial.yaml"


SELECT = "- {at: 2015-12-03T10:00, do: select, household: june, plans: [SILVER]}"


def test_a_story_that_holds_ends_with_0_and_prints_what_happened_by_which_rule(story: Path) -> None:
    story.write_text(
        text_of(
            SELECT,
            "- {at: 2015-12-04T23:00, expect: {invoice: {household: june, kind: initial, total: 500.00}}}",
        )
    )
    result = play(story)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == "trial: A trial"
    assert any(
        "invoicing" in line
        and "initial invoice of 2015-12-04 for 2016-01: 500.00" in line
        and "[INV-1]" in line
        for line in lines
    )
    assert lines[-1].startswith("trial: holds (1 expectations looked at)")
    assert "June Example" not in result.output
    assert "june@example.test" not in result.output


def test_quiet_leaves_out_the_timelines_of_stories_that_hold(story: Path) -> None:
    story.write_text(
        text_of(SELECT, "- {at: 2015-12-04T23:00, expect: {grace: {household: june, none: true}}}")
    )
    result = play(story, options=("--quiet",))
    assert result.exit_code == 0
    assert len(result.output.splitlines()) == 1


def test_stories_played_together_are_told_one_after_the_other_as_they_were_named(tmp_path: Path) -> None:
    files = [tmp_path / "long.yaml", tmp_path / "short.yaml"]
    for file, day in zip(files, ("2016-02-04", "2015-12-04"), strict=True):
        text = text_of(SELECT, f"- {{at: {day}T23:00, expect: {{books: {{balanced: true}}}}}}")
        file.write_text(text.replace("scenario: trial", f"scenario: {file.stem}"))
    result = play(*files, options=("--together", "--quiet"))
    assert result.exit_code == 0, result.output
    first, second = result.output.splitlines()
    assert first.startswith("long: holds")
    assert second.startswith("short: holds")


def test_a_wrong_expectation_ends_with_1_and_shows_both_sides_of_every_one_of_the_step(story: Path) -> None:
    story.write_text(
        text_of(
            SELECT,
            """\
- at: 2015-12-04T23:00
  expect:
    - invoice: {household: june, kind: initial, dated: 2015-12-04, total: 500.01}
    - balance: {household: june, owed: 500.00}
    - effective: {household: june, plan: SILVER, on: 2016-02-01}
  never:
    - coverage: {household: june, is: selected}
""",
            "- {at: 2015-12-05T23:00, expect: {books: {balanced: false}}}",
        )
    )
    result = play(story)
    assert result.exit_code == 1
    told = [" ".join(line.split()) for line in result.output.splitlines()]
    assert (
        f"{story}:16 2015-12-04T23:00 expected invoice {{household: june, kind: initial, dated: 2015-12-04, total: 500.01}}"
        in told
    )
    assert "total 500.01 500.00 <-- differs" in told
    assert "on 2016-02-01 2016-01-01 <-- differs" in told
    assert f"{story}:20 2015-12-04T23:00 never expected coverage {{household: june, is: selected}}" in told
    assert not any(":17 " in line for line in told), "what holds is not told as failed"
    assert not any("books" in line for line in told), "nothing after the first step that fails is looked at"
    assert told[-1].startswith("trial: FAILED")


@pytest.mark.parametrize(
    ("steps", "code", "told"),
    [
        ("- {at: 2015-12-03T10:00, do: selekt, household: june}", 2, "unknown word 'selekt' after 'do'; nearest known word: 'select'"),
        ("- {at: 2015-12-03T10:00, do: channel, name: phone, is: down}", 3, "not built yet: channel"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_ends_with_2_and_what_is_not_built_with_3(
    story: Path, steps: str, code: int, told: str
) -> None:
    story.write_text(text_of(steps))
    result = play(story)
    assert result.exit_code == code
    assert f"{story}:" in result.output
    assert told in result.output


def test_a_file_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    result = play(tmp_path / "nowhere.yaml")
    assert result.exit_code == 2
    assert "nowhere.yaml" in result.output


def test_a_policy_pack_that_is_not_there_ends_with_2_and_the_known_ones_are_named(story: Path) -> None:
    story.write_text(text_of(SELECT).replace("vermont-2016", "vermont-1816"))
    result = play(story)
    assert result.exit_code == 2
    assert "vermont-1816" in result.output
    assert "vermont-2016" in result.output


def test_a_refusal_that_no_step_asks_about_is_told(story: Path) -> None:
    story.write_text(
        text_of(
            "- {at: 2016-05-03T10:00, do: select, household: june, plans: [SILVER]}",
            "- {at: 2016-05-03T10:01, expect: {grace: {household: june, none: true}}}",
        )
    )
    result = play(story)
    assert result.exit_code == 0
    assert "note:" in result.output
    assert "'select' was refused, and nothing asks" in result.output


def test_several_stories_are_all_played_and_the_worst_code_is_the_answer(story: Path, tmp_path: Path) -> None:
    story.write_text(text_of("- {at: 2015-12-03T10:00, do: selekt, household: june}"))
    result = play(story, SCENARIOS / "effective-dates.yaml", options=("--quiet",))
    assert result.exit_code == 2
    assert "effective-dates: holds" in result.output
