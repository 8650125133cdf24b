"""Scenarios on real processes: all ways to pay, and those in which something is away."""

from __future__ import annotations

import pytest

from stories.runner import report
from tests.e2e.support import played_live, scenario


@pytest.mark.parametrize(
    "name", ["stale-books", "ways-to-pay", "notifications-down", "forged-and-repeated-calls"]
)
async def test_the_scenario_holds_live(name: str) -> None:
    played = await played_live(scenario(name))
    assert played.held, "\n".join(report(played))
    assert played.notes == []
