"""All that can be seen of an exchange from outside, so that two that lived through the same can be compared."""

from __future__ import annotations

import email
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from stories.exchange import Exchange, Place
from stories.language import Story
from stories.lookout import MEASURED, Lookout
from stories.vocabulary import SERVICES


async def facts_of(exchange: Exchange, played: Story, now: datetime) -> dict[str, Any]:
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
    facts["sent"] = _in_order(
        {"carrier": carrier, "household": each.household, "kind": each.kind, "effective": str(each.effective)}
        for carrier, found in sets.items()
        for each in found
    )
    facts["remittances"] = _in_order(
        {
            "carrier": each.carrier,
            "issued_on": str(each.issued_on),
            "total_cents": each.total_cents,
            "carried_cents": each.carried_cents,
            "lines": len(each.lines),
        }
        for each in await lookout.remittances()
    )
    facts["notices"] = sorted(_notices(await exchange.mails(), await exchange.files(Place.PRINT, ".json")))
    facts["said"] = {
        service: _in_order(
            {name: each[name] for name in ("type", "household", "business_date")}
            for each in await lookout.journal(service)
            if each["type"] not in MEASURED
        )
        for service in SERVICES
    }
    return facts


def _in_order(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda each: [str(value) for value in each.values()])


_MADE_ANEW = frozenset(
    {"policy", "selection", "invoice", "payment", "correction", "issued_at", "reasons", "recorded_at"}
)


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
