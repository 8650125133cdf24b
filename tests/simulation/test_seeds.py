"""A seed does something, and does the same again; what fails is made short and written down so that it fails again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bulkhead.kernel.calendar import EXCHANGE_ZONE
from simulation.files import faults_beside, read_year, write_year
from simulation.shrinking import shortest
from simulation.year import Verdict, Year, lead, lead_again
from stories.errors import StoryError
from stories.faults import Fault, Listed, Planned, read_faults, written
from stories.language import read_story_file
from stories.runner import play
from stories.stages.simulation import SimulationStage, World

STORY = read_story_file(Path(__file__).resolve().parents[2] / "scenarios" / "postmark.yaml")
SOME_DAY = datetime(2016, 2, 3, 9, 30, tzinfo=EXCHANGE_ZONE)


def planned(minutes: int, fault: Fault = Fault.CRASH, *, service: str = "payments") -> Planned:
    return Planned(
        at=SOME_DAY + timedelta(minutes=minutes), then=1, fault=fault, service=service, after=3, draw=7
    )


async def done_by(seed: int) -> tuple[int, list[str]]:
    async with SimulationStage(seed=seed).exchange(STORY) as exchange:
        assert isinstance(exchange, World)
        played = await play(STORY, exchange)
        return exchange.happened, [str(entry) for entry in played.timeline]


async def test_the_same_seed_does_the_same_and_another_something_else() -> None:
    one, again, other = [await done_by(seed) for seed in (11, 11, 12)]
    assert one == again
    assert one[0] != other[0]
    assert one[0] > 0


async def test_a_year_ends_when_whoever_was_late_has_done_what_was_due() -> None:
    late = replace(planned(0, Fault.LATE_DUTIES, service="invoicing"), then=0)
    world = World(STORY, plan=Listed([late]))
    await world.start()
    await world.set_clock(SOME_DAY)
    await world.quiet()
    invoicing = world.exchange.running["invoicing"]
    assert (world.late, "duties" in await invoicing.busy()) == (True, True)
    await world.catch_up()
    assert (world.late, await invoicing.busy()) == (False, {})
    await world.close()


async def test_a_year_that_was_drawn_is_the_same_when_it_is_played_again_from_its_files(
    tmp_path: Path,
) -> None:
    drawn = await lead(1, months=2, often=0.3)
    assert drawn.broken == ()
    assert len(drawn.year.story.steps) > 5
    assert len(drawn.year.faults) > 5
    read = read_year(write_year(drawn, tmp_path))
    assert read.faults == drawn.year.faults
    again = await lead_again(read)
    assert again.broken == ()
    assert again.faults == drawn.faults


async def test_the_shortest_year_keeps_what_makes_it_fail_and_nothing_else() -> None:
    drawn = await lead(1, months=2, often=0.3)
    crashes = [each for each in drawn.year.faults if each.fault is Fault.CRASH]
    paying = [each for each in drawn.year.story.steps if each.deed and each.deed.word == "pay"]
    assert crashes
    assert paying

    async def fails_with_a_crash_and_a_payment(year: Year) -> Verdict:
        both = crashes[0] in year.faults and paying[0] in year.story.steps
        return Verdict(year=year, broken=("I2: gone",) if both else (), at=SOME_DAY, faults=0)

    failing = Verdict(year=drawn.year, broken=("I2: gone",), at=SOME_DAY, faults=0)
    found = await shortest(failing, play=fails_with_a_crash_and_a_payment)
    assert found.year.faults == (crashes[0],)
    assert found.year.story.steps == (paying[0],)
    assert len(found.year.story.households) == 1


async def test_another_failure_is_not_taken_for_a_shorter_one() -> None:
    drawn = await lead(1, months=2, often=0.3)

    async def fails_otherwise_when_shorter(year: Year) -> Verdict:
        whole = year == drawn.year
        return Verdict(year=year, broken=("I2: gone",) if whole else ("I8: twice",), at=SOME_DAY, faults=0)

    failing = Verdict(year=drawn.year, broken=("I2: gone",), at=SOME_DAY, faults=0)
    assert (await shortest(failing, play=fails_otherwise_when_shorter)).year == drawn.year


def test_faults_are_read_as_they_were_written() -> None:
    faults = [planned(0), planned(1, Fault.LATE_DUTIES, service="carrier-gateway"), planned(1, Fault.DOUBLED)]
    assert read_faults(written(faults), file="x.faults") == faults


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("2016-02-03T09:30:00 1 crash payments 3", "not enough values"),
        ("2016-02-03T09:30:00 1 earthquake payments 3 7", "'earthquake' is not a valid Fault"),
        ("yesterday 1 crash payments 3 7", "Invalid isoformat string"),
    ],
)
def test_what_is_no_fault_is_refused_with_its_line(line: str, says: str) -> None:
    with pytest.raises(StoryError, match=says) as told:
        read_faults(f"\n{line}\n", file="x.faults")
    assert str(told.value).startswith("x.faults:2: is no fault: ")


async def test_a_story_with_no_faults_beside_it_is_a_calm_year(tmp_path: Path) -> None:
    drawn = await lead(1, months=1, often=0.0)
    path = write_year(replace(drawn, broken=("I2: gone",)), tmp_path)
    faults_beside(path).unlink()
    assert path.read_text(encoding="utf-8").startswith("# I2: gone\nscenario: seed-1\n")
    assert read_year(path).faults == ()
