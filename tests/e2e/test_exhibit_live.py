"""An exhibit on real processes. It lasts as long as three other scenarios, so whoever is free leads it, beside those."""

from __future__ import annotations

from stories.runner import report
from tests.e2e.support import played_live, scenario


async def test_the_exhibit_holds_live() -> None:
    played = await played_live(scenario("exhibit-4"))
    assert played.held, "\n".join(report(played))
    assert played.notes == []
