"""All attacks, one door after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection

from attack.doors_events import whoever_forges_events
from attack.doors_files import whoever_plants_files
from attack.doors_http import (
    whoever_asks_for_another,
    whoever_has_another_role,
    whoever_is_not_known,
    whoever_never_ends,
    whoever_says_what_cannot_be,
    whoever_sends_too_much,
)
from attack.doors_money import whoever_pays_twice
from attack.operations import operations
from attack.rows import Row
from attack.target import aimed_at
from bulkhead_local import Exchange

DOORS = ("http", "kafka", "money", "folders")


async def attacked(
    exchange: Exchange, *, doors: Collection[str] = DOORS, every: int = 1
) -> AsyncIterator[Row]:
    """Yield what came of each attack at these doors; ``every``: of the operations, only one in so many is asked for."""
    asked = operations()[::every]
    async with aimed_at(exchange) as target:
        if "http" in doors:
            yield await whoever_is_not_known(target, asked)
            yield await whoever_has_another_role(target, asked)
            yield await whoever_asks_for_another(target, operations())
            yield await whoever_says_what_cannot_be(target, asked)
            yield await whoever_sends_too_much(target)
            yield await whoever_never_ends(target)
        if "kafka" in doors:
            yield await whoever_forges_events(target)
        if "money" in doors:
            yield await whoever_pays_twice(target)
        if "folders" in doors:
            yield await whoever_plants_files(target)
