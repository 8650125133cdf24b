"""A reader of X12 that is not ours (pyx12) accepts every 834, 999 and TA1 of every scenario and of many drawn years.

Played by `make pyx12`, SEEDS of them. Of 820s of exchanges it has no map.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bulkhead_testing import referee
from bulkhead_testing.referee import accepted
from simulation.test_scenarios import NAMES, story
from simulation.test_years import months_of
from simulation.year import lead
from stories.exchange import Exchange, Place
from stories.runner import Player, report
from stories.stages.memory import MemoryStage

SEEDS = int(os.environ.get("BULKHEAD_REFEREE_SEEDS", "300"))
FIRST_SEED = int(os.environ.get("BULKHEAD_FIRST_SEED", "1"))
TOGETHER = 5
READ_BY_IT = {b"\nST*834*": "834", b"\nST*999*": "999", b"\nTA1*": "TA1"}


@pytest.fixture(scope="module", autouse=True)
def quick_referee() -> Iterator[None]:
    """Let the referee read its maps once."""
    with referee.maps_read_once():
        yield


def kind_of(data: bytes) -> str:
    """Return what a file of ours is, of those that the referee reads; empty where it reads none such."""
    is_x12 = data.startswith(b"ISA*")
    return next((kind for sign, kind in READ_BY_IT.items() if is_x12 and sign in data), "")


class Sent:
    """What carriers were sent, by path, and how much of each kind; what the referee does not accept of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.kinds: Counter[str] = Counter()
        self.refused: list[str] = []

    async def look(self, exchange: Exchange) -> None:
        """Give the referee everything that was written for carriers."""
        for path, data in (await exchange.files(Place.CARRIERS)).items():
            kind = kind_of(data) if "/outbound/" in path else ""
            if kind:
                self.kinds[kind] += 1
                if not accepted(data, self._folder):
                    self.refused.append(path)


@pytest.mark.parametrize("name", NAMES)
async def test_CAR_2_the_referee_accepts_all_that_carriers_are_sent_in_a_scenario(
    name: str, tmp_path: Path
) -> None:
    sent = Sent(tmp_path)
    async with MemoryStage().exchange(story(name)) as exchange:
        played = await Player(story(name), exchange).play()
        assert played.held, "\n".join(report(played))
        await sent.look(exchange)
    assert sent.refused == []


async def test_CAR_2_the_referee_reads_834s_999s_and_TA1s(tmp_path: Path) -> None:
    sent = Sent(tmp_path)
    for name in ("exhibit-4", "a-carrier-ends-by-itself"):
        async with MemoryStage().exchange(story(name)) as exchange:
            await Player(story(name), exchange).play()
            await sent.look(exchange)
    assert set(sent.kinds) == {"834", "999", "TA1"}
    assert not accepted(b"ISA*00", tmp_path)


@pytest.mark.parametrize("first", range(FIRST_SEED, FIRST_SEED + SEEDS, TOGETHER))
async def test_CAR_2_the_referee_accepts_all_that_carriers_are_sent_in_drawn_years(
    first: int, tmp_path: Path
) -> None:
    sent = Sent(tmp_path)
    for seed in range(first, min(first + TOGETHER, FIRST_SEED + SEEDS)):
        verdict = await lead(seed, months=months_of(seed), last_look=sent.look)
        assert verdict.broken == (), f"seed {seed}, on {verdict.at}"
    assert sent.refused == []
    assert sent.kinds["834"] > 0
