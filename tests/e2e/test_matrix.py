"""A diagonal of the outage matrix on real processes: each act with another thing away. `make matrix` plays all of it."""

from __future__ import annotations

import pytest

from matrix.acts import ACTS, before
from matrix.comparing import differences
from matrix.expected import wrong
from matrix.outages import CLOCK, DATABASE, DROP_BOX, Away
from matrix.run import CALM, row, trial
from stories.stages.live import LiveStage
from stories.stages.memory import MemoryStage

pytestmark = [pytest.mark.live, pytest.mark.slow]

DIAGONAL = {
    "list of the 1st": "invoicing",
    "register": "enrollment",
    "select": "kafka",
    "pay": DATABASE,
    "lockbox file": "payments",
    "inbound 834": "carrier-gateway",
    "notice": "smtp",
    "remittance": DROP_BOX,
    "refund": "processor",
    "invoice run": CLOCK,
}


async def test_OPS_1_with_one_thing_away_after_the_other_each_act_does_as_promised() -> None:
    assert set(DIAGONAL) == set(ACTS)
    async with MemoryStage().exchange(before()) as in_memory:
        calm = await row(in_memory, CALM, say=print)
    async with LiveStage(prefix="e2e-matrix-", make=Away).exchange(before()) as exchange:
        cells, facts = await trial(exchange, DIAGONAL, say=print)
    assert [each for cell in cells.values() for each in wrong(cell)] == []
    assert differences(calm.facts, facts, most_days_late=1) == []
