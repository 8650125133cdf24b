"""A story that is written and read again is the same story."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stories.language import Step, Story, read_story, read_story_file
from stories.writing import text_of_story

SCENARIOS = sorted((Path(__file__).resolve().parents[3] / "scenarios").glob("*.yaml"))


def done(story: Story) -> Story:
    """Return a story without what it expects and without its lines."""
    steps = [_step(each) for each in story.steps if each.deed is not None]
    return replace(story, file="", steps=tuple(steps))


def _step(step: Step) -> Step:
    deed = None if step.deed is None else replace(step.deed, line=0)
    return replace(step, deed=deed, expectations=(), line=0)


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_what_a_story_does_is_read_as_it_was_written(file: Path) -> None:
    story = done(read_story_file(file))
    assert done(read_story(text_of_story(story))) == story
