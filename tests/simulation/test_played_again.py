"""A year that broke is broken again when it is played again, wherever in it that was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

from bulkhead.kernel.calendar import local
from simulation.files import read_year, write_year
from simulation.workload import drawn_story
from simulation.year import Broken, Life, Year, _verdict
from stories.faults import Listed
from stories.language import Deed, Step

BREAKS = local(date(2015, 12, 9), 3, 25)
"""Days after the last step of the year, which is of its first hour."""


async def test_a_year_that_breaks_after_its_last_step_is_played_again_until_then(tmp_path: Path) -> None:
    story = drawn_story(Random(1), name="breaks", title="A year that breaks", most_households=1)
    household = story.households[0].household
    registers = Step(
        at=local(date(2015, 12, 1), 9),
        deed=Deed(
            word="change", fields={"household": household, "from": date(2016, 2, 1), "aptc": 0}, line=0
        ),
        expectations=(),
        line=0,
    )
    year = Year(story=replace(story, steps=(registers,)), faults=())
    life = Life(year.story, plan=Listed(year.faults))

    async def breaks() -> None:
        if life.world.now >= BREAKS:
            raise Broken(["I1: it broke"])

    async def all_of_it() -> None:
        await life.begin()
        life.world.looks = breaks
        await life.take(registers)
        await life.player.pass_until(BREAKS + timedelta(days=30))

    verdict = await _verdict(life, all_of_it, plan=year)
    assert verdict.broken == ("I1: it broke",)
    again = read_year(write_year(verdict, tmp_path))
    last = again.story.steps[-1]
    assert last.deed is not None
    assert verdict.at is not None
    assert (last.deed.word, last.deed.fields["to"]) == ("advance", verdict.at + timedelta(minutes=1))
