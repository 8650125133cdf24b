"""Every scenario holds, whatever fails on the way, and every rule that is built has a scenario."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from bulkhead.kernel.explanations import Language
from simulation.facts import all_facts
from stories.explained import Explained
from stories.language import Story, read_story_file
from stories.lookout import Lookout
from stories.runner import Player, Watch, report
from stories.stages import Stage
from stories.stages.simulation import SimulationStage

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
NAMES = sorted(file.stem for file in SCENARIOS.glob("*.yaml"))

FIRST_SEED = int(os.environ.get("BULKHEAD_FIRST_SEED", "1"))
"""Of the seeds that what fails is drawn from, the first: others find others."""

WATCH = Watch(os.environ.get("BULKHEAD_WATCH", Watch.END))
"""When scenarios are looked at for what must be true of all: at the end, or at the end of every day."""

RULES_WITH_A_STORY = frozenset(
    {
        *("CAL-1", "CAL-2", "CAL-3"),
        *(f"ENR-{number}" for number in (*range(1, 15), 16, 17)),
        *(f"INV-{number}" for number in range(1, 19)),
        *(f"PAY-{number}" for number in range(1, 13)),
        *("CAR-2", "CAR-3", "CAR-5", "NOT-1", "NOT-3", "OPS-1", "OPS-3", "OPS-5"),
    }
)

EXHIBITS = {
    "exhibit-3.yaml": "b41001f5082129d28e8ae4935fed1404aaf633b3400a72806a6dffd7020b68cc",
    "exhibit-4.yaml": "b732075d59e221c466710df5cb8504d961b79d077da95e65f4c49a94ba9cf14a",
}
"""The exhibits of the source, which nobody may quietly edit."""


@cache
def story(name: str) -> Story:
    """Return a scenario: read when it is played, for reading all takes seconds."""
    return read_story_file(SCENARIOS / f"{name}.yaml")


@pytest.mark.parametrize("name", NAMES)
async def test_the_scenario_holds_whatever_fails_on_the_way(name: str) -> None:
    await facts_of(story(name), SimulationStage(seed=FIRST_SEED), languages=get_args(Language))


async def facts_of(told: Story, stage: Stage, *, languages: Sequence[Language]) -> Counter[str]:
    """Return all facts of a story that was played, held, and is explained in these languages."""
    async with stage.exchange(told) as exchange:
        player = Player(told, exchange, watch=WATCH)
        played = await player.play()
        assert played.held, "\n".join(report(played))
        assert played.notes == [], "a step was refused and no step asks about it"
        await all_is_explained(player.lookout, languages=languages)
        return await all_facts(player.lookout)


async def all_is_explained(lookout: Lookout, *, languages: Sequence[Language]) -> None:
    """Ask, in these languages, for all that was decided, and for each start, end, balance and grace there is."""
    explained = Explained(lookout, languages=languages)
    for household in lookout.households:
        for service in ("enrollment", "invoicing"):
            await explained.timeline(household, service)
        for what in ("balance", "grace"):
            await explained.of_account(household, what)
        for policy in await lookout.items("enrollment", f"/v1/households/{household}/policies"):
            assert await explained.of_policy(household, policy, "effective-date", {}) != []
            assert await explained.of_policy(household, policy, "end", {}) != []


def test_every_rule_that_is_built_is_cited_by_a_scenario() -> None:
    cited = {rule for name in NAMES for rule in story(name).cites}
    assert sorted(RULES_WITH_A_STORY - cited) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_is_called_what_its_file_is_called(name: str) -> None:
    assert story(name).name == name


@pytest.mark.parametrize(("name", "digest"), EXHIBITS.items())
def test_the_exhibits_are_as_they_were_given(name: str, digest: str) -> None:
    assert hashlib.sha256((SCENARIOS / name).read_bytes()).hexdigest() == digest
