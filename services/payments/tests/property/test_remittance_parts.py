"""However long a remittance is, and wherever its telling is cut, each line is told in one part, once (PAY-6)."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from payments.application import issue_remittances
from payments.domain.events import RemittanceIssued
from payments.domain.remittances import RemittanceToTell
from services.payments.tests.builders import World, at, settled

LINES = st.integers(0, 30)
HOUSEHOLDS = st.integers(1, 6)
SIZES = st.integers(1, 12)
AT_ONCE = st.integers(1, 3)


@contextlib.contextmanager
def chosen(*, at_once: int) -> Iterator[pytest.MonkeyPatch]:
    """So many parts at once, and two households a page; what is yielded lets `size` choose the parts'."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(issue_remittances, "PARTS_AT_ONCE", at_once)
        patch.setattr(issue_remittances, "HOUSEHOLDS_A_PAGE", 2)
        yield patch


def size(patch: pytest.MonkeyPatch, lines: int) -> None:
    """Be a version that tells so many lines a part."""
    patch.setattr(issue_remittances, "LINES_PER_EVENT", lines)


async def on_its_day(lines: int, *, households: int) -> World:
    """Return January 6 at four, so many premiums of a cent of these households cleared, and nothing remitted."""
    world = await World(start=at("2016-01-04T10:00")).opened()
    payments = [
        await world.pay(f"h{number}", cents=len(range(number, lines, households)))
        for number in range(min(households, lines))
    ]
    await world.hear(
        *(
            settled(payments[each % households], settlement=f"s{each:02d}", cents=1, on="2016-01-04")
            for each in range(lines)
        )
    )
    await world.advance("2016-01-06T15:59")
    world.set("2016-01-06T16:00")
    return world


def in_one_order(lines: int, *, households: int) -> list[str]:
    """Return the settlements in the order they are told in."""
    return [f"s{each:02d}" for each in sorted(range(lines), key=lambda each: (each % households, each))]


@settings(max_examples=60, deadline=None)
@given(LINES, HOUSEHOLDS, st.lists(SIZES, min_size=1, max_size=6), AT_ONCE)
@example(lines=30, households=4, sizes=[3, 12], at_once=2)
@example(lines=30, households=4, sizes=[3, 2], at_once=2)
@example(lines=12, households=1, sizes=[3], at_once=2)
def test_PAY_6_a_version_that_chooses_another_size_tells_on_as_it_was_begun(
    lines: int, households: int, sizes: list[int], at_once: int
) -> None:
    async def play(patch: pytest.MonkeyPatch) -> None:
        size(patch, sizes[0])
        world = await on_its_day(lines, households=households)
        await world.runner.turn(world.now)
        for following in (*sizes[1:], sizes[0]):
            size(patch, following)
            world.restart()
            await world.pollers["remittance-parts"].turn(world.now)
        await world.settle_down()
        told, parts = in_one_order(lines, households=households), math.ceil(lines / sizes[0])
        assert [
            (each.part, each.parts, [line.settlement for line in each.lines])
            for each in world.said(RemittanceIssued)
        ] == [(part, parts, told[(part - 1) * sizes[0] : part * sizes[0]]) for part in range(1, parts + 1)]
        assert world.rows(RemittanceToTell) == []

    with chosen(at_once=at_once) as patch:
        asyncio.run(play(patch))
