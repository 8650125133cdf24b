"""The status page in a real browser: anybody can read it, whatever works and whatever does not.

`make browser` brings what is needed where it may; `PICTURE=write` takes the picture in docs/ anew.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import pytest

from apps.status.tests.unit.exchange import Exchange, at, channel
from bulkhead.policy import PolicyPack
from bulkhead.runtime.server import HttpServer
from bulkhead_local.state import REPOSITORY, is_free
from status_page.adapters.pages import texts
from status_page.adapters.ways import PackWays
from status_page.adapters.web import app_of
from status_page.domain.doings import SERVICES
from tests.browser.looking import NARROW, NEEDS_A_BROWSER, WIDTH, looked_at

PICTURE = REPOSITORY / "docs" / "status-page.png"
MOST_PICTURE_BYTES = 150_000

pytestmark = NEEDS_A_BROWSER


@asynccontextmanager
async def served(exchange: Exchange) -> AsyncIterator[str]:
    """The page of an exchange, at an address."""
    port = next(each for each in range(29_000, 29_999) if is_free(each))
    ways = PackWays(PolicyPack.named("vermont-2016", directory=REPOSITORY / "policy"), today=date(2016, 1, 5))
    app = app_of(exchange.watch, ways=lambda: ways.on(date(2016, 1, 5)))
    server = HttpServer(app, host="127.0.0.1", port=port, grace_seconds=1)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while is_free(port):  # noqa: ASYNC110 - it sets no event of ours
            await asyncio.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.stop()
        await serving


async def all_up() -> Exchange:
    exchange = Exchange()
    await exchange.rounds()
    return exchange


async def all_down() -> Exchange:
    exchange = await all_up()
    exchange.away.update(SERVICES)
    await exchange.rounds()
    return exchange


async def some_down() -> Exchange:
    """Paying online does not work, nobody answers the phone, enrollment is at work, more work is announced."""
    exchange = Exchange()
    await exchange.rounds()
    exchange.away.add("invoicing")
    await exchange.rounds()
    exchange.away.clear()
    exchange.window("enrollment", at(30), at(4 * 3600))
    exchange.window("invoicing", at(86_400), at(90_000))
    shut = [channel("payments-online"), channel("phone", "down", at(-3600))]
    exchange.answers["notifications/v1/channels"] = {"items": shut}
    exchange.away.add("payments")
    await exchange.rounds()
    return exchange


STATES = {
    "all-up": (all_up, dict.fromkeys(["choose-plan", "pay-online", "pay-by-phone"], "works")),
    "all-down": (all_down, {"choose-plan": "down", "pay-online": "down", "pay-by-phone": "unknown"}),
    "some-down": (some_down, {"choose-plan": "maintenance", "pay-online": "down", "pay-by-phone": "down"}),
}


@pytest.mark.parametrize("state", STATES)
async def test_anybody_can_read_it_in_every_language(state: str, tmp_path: Path) -> None:
    make, expected = STATES[state]
    async with served(await make()) as url:
        pages = [(f"{url}?lang={language}", width) for language in texts() for width in (WIDTH, NARROW)]
        found = await looked_at(*((address, width, None) for address, width in pages))
    assert [each["language"] for each in found] == [language for language in texts() for _ in range(2)]
    for each in found:
        assert each["violations"] == []
        assert each["passes"] > 15  # axe did look
        assert each["status"] == 200
        assert expected.items() <= each["states"].items()
        assert each["requests"] == [each["url"]]  # nothing more is fetched
        assert each["complaints"] == []  # nor kept away by its own policy
        assert not each["overflows"]
        assert each["styled"] == "solid"
        assert each["first"] == "English"  # what the first Tab reaches


async def test_the_picture_in_the_documents_is_small_and_can_be_taken(tmp_path: Path) -> None:
    taken = PICTURE if os.environ.get("PICTURE") == "write" else tmp_path / "page.png"
    async with served(await some_down()) as url:
        await looked_at((f"{url}?lang=en", 600, taken))
    for each in (taken, PICTURE):
        assert each.read_bytes().startswith(b"\x89PNG")
        assert each.stat().st_size < MOST_PICTURE_BYTES
