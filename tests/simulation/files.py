"""A year as two files that replay it exactly: its story as a scenario, and beside it what goes wrong."""

from __future__ import annotations

from pathlib import Path

from simulation.year import Verdict, Year
from stories.faults import read_faults, written
from stories.kinds import MOMENT
from stories.language import read_story_file
from stories.writing import text_of_story


def faults_beside(story: Path) -> Path:
    """Return the path of the faults that belong to a story."""
    return story.with_suffix(".faults")


def write_year(verdict: Verdict, folder: Path) -> Path:
    """Write a year that failed, with why, and return the path of its story."""
    folder.mkdir(parents=True, exist_ok=True)
    story = folder / f"{verdict.year.story.name}.yaml"
    when = "" if verdict.at is None else f"{MOMENT.show(verdict.at)}  "
    why = "".join(f"# {when}{each}\n" for each in verdict.broken)
    story.write_text(why + text_of_story(verdict.year.story), encoding="utf-8")
    faults_beside(story).write_text(written(verdict.year.faults), encoding="utf-8")
    return story


def read_year(story: Path) -> Year:
    """Return the year of a story and the faults beside it, none where there is no such file; raises `StoryError`."""
    faults = faults_beside(story)
    planned = read_faults(faults.read_text(encoding="utf-8"), file=str(faults)) if faults.exists() else []
    return Year(story=read_story_file(story), faults=tuple(planned))
