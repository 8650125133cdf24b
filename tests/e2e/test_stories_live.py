"""Scenarios on real processes: the exhibits, and those in which something is away."""

from __future__ import annotations

import pytest

from stories.runner import report
from tests.e2e.support import played_live, scenario, story


async def test_OPS_1_with_kafka_away_each_goes_on_and_all_is_told_afterwards() -> None:
    played = await played_live(scenario("kafka-down"))
    assert played.held, "\n".join(report(played))


@pytest.mark.parametrize("name", ["exhibit-4", "stale-books", "ways-to-pay", "notifications-down"])
async def test_the_scenario_holds_live(name: str) -> None:
    played = await played_live(scenario(name))
    assert played.held, "\n".join(report(played))
    assert played.notes == []


async def test_a_wrong_expectation_fails_live_and_shows_both_sides() -> None:
    played = await played_live(
        story(
            "wrong",
            "{at: 2015-12-03T10:00, do: select, household: june, plans: [SILVER]}",
            "{at: 2015-12-04T23:00, expect: {invoice: {household: june, kind: initial, total: 500.01}}}",
        )
    )
    assert (played.held, played.exit_code) == (False, 1)
    told = [" ".join(line.split()) for line in report(played)]
    assert "total 500.01 500.00 <-- differs" in told
