"""Under load, with a service and Kafka killed, everything that was accepted is there once, and nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bulkhead_local import Exchange
from recorder.book import Book
from recorder.verdicts import Verdict
from soak.run import STARTS, soak

pytestmark = [pytest.mark.live, pytest.mark.slow]


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """Five processes that are started again when they are killed."""
    made = Exchange.create("e2e-soak", simulation_start=STARTS, after_crash="starts-again")
    made.start()
    yield made
    made.destroy()


async def test_OPS_1_what_was_accepted_while_processes_were_killed_is_there_once(
    exchange: Exchange, tmp_path: Path
) -> None:
    book = Book(tmp_path / "book.sqlite")
    soaked = await soak(
        exchange,
        seconds=30,
        rate=10,
        every=10,
        seed=1,
        book=book,
        say=print,
        stop=asyncio.Event(),
        kills=("payments", "kafka"),
        most_kills=2,
    )
    book.close()
    told = "\n".join(soaked.lines())
    assert soaked.held, told
    assert len(soaked.shaking.kills) == 2, told
    assert soaked.shaking.ended_by_themselves() == {}, told
    assert all(kill.caught_up_after is not None for kill in soaked.shaking.kills), told
    assert soaked.table.total(Verdict.ONCE) > 100, told
