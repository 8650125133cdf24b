"""What services keep of others' facts after whole stories is what `rebuild` makes of the topics (ADR 0024)."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import pytest

from bulkhead.messaging.rebuilding import Rebuilding
from simulation.test_scenarios import story
from stories.runner import Player, Watch
from stories.stages.memory import MemoryStage
from stories.stages.simulation import SimulationStage

STORIES = (
    "exhibit-3",
    "four-facts",
    "killed-in-turn",
    "merged-households",
    "two-carriers",
    "names-in-other-scripts",
)
IN_SOME_STORIES = {"DelinquencyRow", "MergedHousehold"}
KINDS = {
    "enrollment": {"Policy"},
    "invoicing": {"Watermark"},
    "payments": {"BinderInvoice", "KnownAccount", "MergedHousehold"},
    "carrier-gateway": {"Contact", "ContactMember", "BinderRelease", "DelinquencyRow"},
    "notifications": {"Contact", "MergedHousehold", "Policy"},
}


@pytest.mark.parametrize("stage", [MemoryStage(), SimulationStage(seed=1)], ids=["calm", "rough"])
@pytest.mark.parametrize("name", STORIES)
async def test_every_picture_is_what_the_topics_say_however_the_story_went(
    name: str, stage: MemoryStage | SimulationStage
) -> None:
    told = story(name)
    async with stage.exchange(told) as exchange:
        assert (await Player(told, exchange, watch=Watch.END).play()).held
        services: Any = exchange  # what these two stages play on
        broker, compared = services.exchange.broker, dict[str, set[str]]()
        for service, running in services.exchange.running.items():
            rebuilding = Rebuilding(
                service=running.service,
                uows=running.database.units_of_work,
                broker=broker,
                now=running.clock.now,
            )
            done = await rebuilding.run(do="compare")
            assert done.impossible == 0
            for each in done.kinds.values():
                kind, same, *differences = astuple(each)
                assert differences == [0, 0, 0], f"{service}: {each}"
                assert same or kind in IN_SOME_STORIES, f"{service}: {kind}"
                compared.setdefault(service, set()).add(kind)
    assert compared == KINDS
