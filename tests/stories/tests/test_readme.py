"""The page for those who write scenarios names every word there is, and its example is one."""

from __future__ import annotations

import re
from pathlib import Path

from stories.language import read_story
from stories.vocabulary import BACKING, DO, EXPECT, SERVICES

PAGE = (Path(__file__).resolve().parents[3] / "scenarios" / "README.md").read_text(encoding="utf-8")


def test_every_word_is_named() -> None:
    named = set(re.findall(r"`([a-z-]+)`", PAGE))
    assert sorted({*DO, *EXPECT} - named) == []


def test_every_field_of_a_word_that_is_built_is_named_beside_it() -> None:
    for name, word in (*DO.items(), *EXPECT.items()):
        if not word.built or not word.shape.fields:
            continue
        fields = set(word.shape.fields) - {"household", "carrier"}
        mentions = [each.split(" · ", 1)[0] for each in PAGE.split(f"`{name}`")[1:]]
        missing = min(([field for field in fields if field not in each] for each in mentions), key=len)
        assert missing == [], name


def test_everything_that_can_be_down_is_named() -> None:
    down = PAGE.split("What can be down:", 1)[1]
    assert all(name in down for name in (*SERVICES, *BACKING))


def test_its_example_can_be_read() -> None:
    example = PAGE.split("```yaml\n", 1)[1].split("```", 1)[0]
    story = read_story(example, file="example")
    assert [step.deed.word if step.deed else "expect" for step in story.steps] == ["select", "pay", "expect"]
