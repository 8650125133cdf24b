"""A part of `make attack`: forged events, planted files, and one in twelve of the operations by who may not ask."""

from __future__ import annotations

from attack.rows import held, lines_of
from attack.run import attacked
from bulkhead_local import Exchange as Instance


async def test_what_is_tried_at_the_doors_holds(instance: Instance) -> None:
    rows = [row async for row in attacked(instance, doors=("http", "kafka", "folders"), every=12)]
    assert held(rows), "\n".join(lines_of(rows))
