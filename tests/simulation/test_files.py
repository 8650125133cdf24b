"""What stories cannot count: how many files there are, and what else is in them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from stories.edi import read_interchange
from stories.exchange import Place
from stories.language import Story, read_story_file
from stories.runner import play
from stories.stages.memory import MemoryStage

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


async def files_after(name: str, place: Place) -> tuple[Story, dict[str, bytes]]:
    """Play a scenario in memory and return the files it left in a place."""
    story = read_story_file(SCENARIOS / f"{name}.yaml")
    async with MemoryStage().exchange(story) as exchange:
        assert (await play(story, exchange)).held
        return story, dict(await exchange.files(place))


async def test_PAY_6_a_wednesday_that_is_the_months_last_business_day_has_one_file() -> None:
    _, files = await files_after("last-day-of-the-month", Place.REMITTANCES)
    assert [path for path in files if "2016-08-31" in path] == ["BCBSVT/REMIT_2016-08-31_1.csv"]


async def test_PAY_7_a_remittance_brings_forward_what_the_last_one_carried() -> None:
    _, files = await files_after("retroactive-end", Place.REMITTANCES)
    heads = {
        path: {row[0]: row[1] for row in csv.reader(io.StringIO(data.decode())) if len(row) == 2}
        for path, data in files.items()
    }
    before, after = (
        next(head for path, head in heads.items() if day in path) for day in ("2016-05-04", "2016-05-25")
    )
    assert (before["brought forward"], before["total"], before["carried"]) == ("0.00", "0.00", "300.00")
    assert (after["brought forward"], after["total"], after["carried"]) == ("300.00", "200.00", "0.00")


@pytest.mark.parametrize("name", ["exhibit-3", "exhibit-4"])
async def test_CAR_2_the_carrier_was_told_twice_and_no_more_that_it_began_and_that_it_ended(
    name: str,
) -> None:
    story, files = await files_after(name, Place.CARRIERS)
    sets = [
        each
        for path, data in sorted(files.items())
        if path.endswith(".834")
        for each in read_interchange(data)
    ]
    assert sorted((each.household, each.kind) for each in sets) == sorted(
        (household.household, kind) for household in story.households for kind in ("initial", "termination")
    )


async def test_CAR_3_each_carriers_list_of_the_first_lies_in_its_drop_box() -> None:
    story, files = await files_after("two-carriers", Place.CARRIERS)
    lists = {path: data.decode() for path, data in files.items() if "DELINQ" in path}
    for carrier in story.carriers:
        (january,) = (
            text for path, text in lists.items() if path.startswith(f"{carrier}/") and "2016-02-01" in path
        )
        rows = [line.partition(",")[0] for line in january.splitlines()]
        named = [household.household for household in story.households if household.household in rows]
        assert named == {"BCBSVT": ["both"], "MVP": ["gold"], "DELTA": ["both"]}[carrier]
