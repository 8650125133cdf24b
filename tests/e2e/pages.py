"""Pages whose commands are typed into one shell, and what happens to the exchange before.

A command that only looks is typed once, and again where its page says what is seen.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date
from types import MappingProxyType

from runbooks import played
from tests.e2e.conftest import Desk
from tests.e2e.shell import MOST_SECONDS, Shell
from tests.e2e.support import envelope

TYPED = played("local")
LOOKS = re.compile(r"ask |curl |on \S+ (?:duties|parked|retries|topics) (?:list|offsets)")
JANUARY_6 = date(2016, 1, 6)
POLICIES, PAYMENTS = "enrollment.policies.v1", "payments.payments.v1"
PARTITION = 3


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(MOST_SECONDS):
        while not await holds():  # noqa: ASYNC110 - another process sets no event of ours
            await asyncio.sleep(0.1)


def of_a_newer_writer(household: str, *, event_id: str | None = None) -> bytes:
    return envelope(household, type_="HouseholdRegistered", version=9, data={}, event_id=event_id)


async def parked(desk: Desk, service: str) -> list[str]:
    return [each["household"] for each in (await desk.get(service, "/v1/parked"))["items"]]


async def discard_all(desk: Desk, service: str) -> None:
    for each in (await desk.get(service, "/v1/parked"))["items"]:
        path, why = f"/v1/parked/{each['household']}/discards", "planted by a test"
        assert (await desk.post(service, path, {"event": each["event"], "reason": why})).ok


@asynccontextmanager
async def nothing_special(_desk: Desk, _shell: Shell) -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def a_household(desk: Desk, _shell: Shell) -> AsyncIterator[None]:
    """June has coverage and has paid, and days go by without a file of the bank."""
    await desk.register("june")
    assert (await desk.select("june")).ok
    assert (await desk.pay("june")).ok
    await desk.advance(JANUARY_6)
    yield


Before = Mapping[str, Callable[[Desk, Shell], AbstractAsyncContextManager[None]]]
Said = Mapping[str, Mapping[str, str]]
"""What a page says that is seen, by command, where it says so."""
InVain = Mapping[str, Collection[str]]
"""What a page has typed that nothing comes of when it is typed first."""


async def type_page(
    page: str, desk: Desk, shell: Shell, *, before: Before, said: Said, in_vain: InVain = MappingProxyType({})
) -> None:
    """Type all that a page has somebody type, after what it is about: each command must end with 0, but one that is in vain
    when it is typed first.
    """
    vain = list(in_vain.get(page, ()))
    async with before.get(page, nothing_special)(desk, shell):
        for command in TYPED[page]:
            if LOOKS.match(command) and command in shell.said and command not in said.get(page, {}):
                continue
            code = await asyncio.to_thread(shell.type, command)
            if command in vain:
                vain.remove(command)
                assert code != 0, f"{command}\n{shell.said[command]}"
                continue
            assert code == 0, f"{command}\n{shell.said[command]}"
        for command, says in said.get(page, {}).items():
            assert says in shell.said[command], command
