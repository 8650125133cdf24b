"""The matrix in memory, as far as a memory has something to take away; and the proof that it can fail."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest

from matrix.acts import ACTS, before
from matrix.comparing import differences
from matrix.expected import WAITS, unknown_names, wrong
from matrix.outages import OUTAGES
from matrix.page import page, table
from matrix.run import CALM, Cell, Row, row
from stories.stages.memory import MemoryStage
from stories.vocabulary import BACKING, SERVICES


@cache
def played() -> dict[str, Row]:
    return {}


async def row_of(outage: str) -> Row:
    """Return a row played in memory, once in this process."""
    if outage not in played():
        async with MemoryStage().exchange(before()) as exchange:
            played()[outage] = await row(exchange, outage, say=lambda _: None)
    return played()[outage]


@pytest.mark.parametrize("outage", [*SERVICES, *BACKING])
async def test_OPS_1_what_is_not_its_own_goes_on_and_afterwards_all_is_as_if_nothing_had_been_away(
    outage: str,
) -> None:
    calm, found = await row_of(CALM), await row_of(outage)
    assert [each for cell in found.cells.values() for each in wrong(cell)] == []
    assert differences(calm.facts, found.facts, most_days_late=9) == []


def test_the_table_names_every_outage_and_only_acts_there_are() -> None:
    assert set(WAITS) == {*OUTAGES, CALM}
    assert unknown_names() == []


async def test_what_is_not_as_promised_is_told() -> None:
    promised = (await row_of(CALM)).cells["pay"]
    assert wrong(promised) == []
    late = copy.copy(promised)
    late.effect = "when back"
    assert wrong(late) == ["pay, nothing away: its effect is there when back, promised at once"]
    lost = Cell(act="pay", outage="processor")
    assert wrong(lost) == [
        "pay, processor away: answered None, promised 503",
        "pay, processor away: its effect is there never, promised when back",
    ]


CALM_FACTS: Mapping[str, Any] = {
    "june": {
        "balance": 100,
        "invoices": [{"dated": "2016-02-05", "total": 5}, {"dated": "2016-01-05", "total": 7}],
    }
}


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({"balance": 100, "invoices": [{"dated": "2016-01-05", "total": 7}, {"dated": "2016-02-09", "total": 5}]}, []),
        ({"balance": 101, "invoices": CALM_FACTS["june"]["invoices"]}, ["june.balance: 100 in the calm, found 101"]),
        (
            {"balance": 100, "invoices": [{"dated": "2016-01-04", "total": 7}, {"dated": "2016-02-05", "total": 5}]},
            ["june.invoices.dated: '2016-01-05' in the calm, found '2016-01-04'"],
        ),
        (
            {"balance": 100, "invoices": [{"dated": "2016-01-05", "total": 7}, {"dated": "2016-02-20", "total": 5}]},
            ["june.invoices.dated: '2016-02-05' in the calm, found '2016-02-20'"],
        ),
        (
            {"balance": 100, "invoices": [{"dated": "2016-01-05", "total": 7}]},
            ['june.invoices: only in the calm {"total": 5}'],
        ),
        (
            {"balance": 100, "invoices": [*CALM_FACTS["june"]["invoices"], {"dated": "2016-02-05", "total": 5}]},
            ['june.invoices: not in the calm {"total": 5}'],
        ),
    ],
)  # fmt: skip
def test_only_days_may_differ_and_only_to_later_ones(facts: dict[str, Any], found: list[str]) -> None:
    assert differences(CALM_FACTS, {"june": facts}, most_days_late=9) == found


class Tags(HTMLParser):
    """Collects what a page opens and does not close, its ids and where it points to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)
        self.ids |= {value or "" for name, value in attrs if name == "id"}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


async def test_the_page_is_whole_and_needs_nothing_from_elsewhere() -> None:
    rows = [await row_of(CALM), await row_of("smtp")]
    tags = Tags()
    tags.feed(page(rows, {"smtp": ["<told>"]}, made_at=datetime(2026, 1, 1, tzinfo=UTC)))
    assert tags.open == []
    assert len(tags.ids) == len(tags.links) == 2 * len(ACTS)
    assert {link.removeprefix("#") for link in tags.links} == tags.ids


async def test_the_table_has_a_line_for_each_outage() -> None:
    lines = table([await row_of(CALM), await row_of("smtp")])
    assert [line.split("  ")[0] for line in lines] == ["away", "nothing", "smtp"]
    assert "201, when back" in lines[2]
