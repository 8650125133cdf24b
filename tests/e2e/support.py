"""What the live tests share: stories written in a line, an exchange of one's own, and all that can be seen of it."""

from __future__ import annotations

import email
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from stories.exchange import Place
from stories.language import Story, read_story, read_story_file
from stories.lookout import Lookout
from stories.runner import Played, Player, play
from stories.stages.live import Live, LiveStage
from stories.vocabulary import SERVICES

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"

FRAME = """\
scenario: {name}
pack: vermont-2016
clock: 2015-12-01
catalog:
  - {{plan: SILVER, carrier: BCBSVT, kind: medical, monthly: {{single: 500.00, couple: 1000.00, parent: 965.00, family: 1405.00}}}}
households:
  june: {{members: [{{name: June Example, born: 1980-03-02}}], language: en, email: june@example.test}}
  may: {{members: [{{name: May Example, born: 1981-03-02}}], language: en, email: may@example.test}}
steps:
"""


def scenario(name: str) -> Story:
    """Return one of the house's scenarios."""
    return read_story_file(SCENARIOS / f"{name}.yaml")


def story(name: str, *steps: str) -> Story:
    """Return a story of two households and one plan with these steps, each a YAML mapping in one line."""
    return read_story(FRAME.format(name=name) + "".join(f"  - {step}\n" for step in steps), file=name)


@asynccontextmanager
async def live(played: Story, *, make: Callable[[Any], Live] = Live) -> AsyncIterator[Live]:
    """Start an exchange for a story, and remove it afterwards."""
    async with LiveStage(prefix="e2e-", make=make).exchange(played) as exchange:
        yield cast(Live, exchange)


async def played_live(played: Story) -> Played:
    """Play a story on an exchange of its own."""
    async with live(played) as exchange:
        return await play(played, exchange)


async def begun(played: Story, exchange: Live) -> Player:
    """Return a player that has filled the exchange with a story's catalog and households."""
    player = Player(played, exchange)
    await player.begin()
    return player


async def walk(player: Player, played: Story) -> None:
    """Take all steps of a story; every expectation must hold."""
    for step in played.steps:
        assert await player.take(step), player.played.failures


async def facts_of(exchange: Live, played: Story, now: datetime) -> dict[str, Any]:
    """Return all that can be seen of a story from outside, without the ids that are made anew each time."""
    lookout = Lookout(exchange, played, lambda: now)
    facts: dict[str, Any] = {}
    for household in lookout.households:
        path = f"/v1/households/{household}"
        facts[household] = {
            "policies": [_kept(each) for each in await lookout.items("enrollment", f"{path}/policies")],
            "invoices": [_kept(each) for each in await lookout.items("invoicing", f"{path}/invoices")],
            "balance": _kept(await lookout.get("invoicing", f"{path}/balance")),
            "grace": await lookout.get("invoicing", f"{path}/grace"),
            "payments": [_kept(each) for each in await lookout.items("payments", f"{path}/payments")],
        }
    facts["lists"] = [_kept(each) for each in await lookout.delinquency_rows(carrier=None, on=None)]
    sets = {carrier: await lookout.sets_of(carrier) for carrier in lookout.carriers}
    facts["sent"] = sorted(
        (carrier, each.household, each.kind, str(each.effective))
        for carrier, found in sets.items()
        for each in found
    )
    facts["remittances"] = sorted(
        (each.carrier, str(each.issued_on), each.total_cents, each.carried_cents, len(each.lines))
        for each in await lookout.remittances()
    )
    facts["notices"] = sorted(_notices(await exchange.mails(), await exchange.files(Place.PRINT, ".json")))
    facts["said"] = {
        service: sorted(
            (each["type"], str(each["household"]), each["business_date"])
            for each in await lookout.journal(service)
        )
        for service in SERVICES
    }
    return facts


_MADE_ANEW = frozenset({"policy", "selection", "invoice", "payment", "issued_at", "reasons", "recorded_at"})


def _kept(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: [_kept(each) for each in value]
        if isinstance(value, list) and value and isinstance(value[0], dict)
        else value
        for name, value in item.items()
        if name not in _MADE_ANEW
    }


def _notices(mails: Sequence[bytes], letters: Mapping[str, bytes]) -> list[tuple[str, str, str]]:
    """Return type, household and way of every notice, once each: a mail may come twice, and says so by its id."""
    found: dict[str, tuple[str, str, str]] = {}
    for raw in mails:
        message = email.message_from_bytes(raw)
        found[str(message["X-Bulkhead-Notice"])] = (
            str(message["X-Bulkhead-Notice-Type"]), str(message["X-Bulkhead-Household"]), "email",
        )  # fmt: skip
    return [*found.values(), *(("letter", path.split("/")[0], "paper") for path in letters)]
