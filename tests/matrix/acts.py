"""The ten acts: what is asked of the exchange or due in it, when, and where its effect is seen."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from bulkhead.kernel.calendar import EXCHANGE_ZONE
from stories.edi import effectuation_of
from stories.exchange import Exchange, Place
from stories.language import Story, read_story_file
from stories.lookout import Lookout

CARRIER = "BCBSVT"

STORY = Path(__file__).with_name("before.yaml")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"2016-{text}").replace(tzinfo=EXCHANGE_ZONE)


BEGINS, ENDS, OVER = _at("01-31T20:00"), _at("02-05T12:00"), _at("02-10T20:00")
"""From when to when something is away, and when everything is looked at: after the next remittance of all."""


def before() -> Story:
    """Return what happens before anything is away."""
    return read_story_file(STORY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an act was answered: the status, 0 where nobody answered, and after how many seconds of the wall."""

    status: int
    seconds: float
    says: str = ""

    @property
    def again(self) -> bool:
        """Whether whoever asked will ask again: nobody answered, or the service could not."""
        return self.status == 0 or self.status >= 500


Do: TypeAlias = Callable[[Exchange], Awaitable[Asked | None]]
See: TypeAlias = Callable[[Exchange, Lookout], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act. What is due by itself has no ``do``; ``seen`` tells whether its effect is there.

    ``owner`` is the service that does it. ``away`` and ``back`` are from when to when something is away for this act
    alone.
    """

    name: str
    owner: str
    at: datetime
    away: datetime
    back: datetime
    do: Do | None
    seen: See


async def _post(
    exchange: Exchange, service: str, path: str, body: Any, *, key: str, household: str | None = None
) -> Asked:
    began = time.monotonic()
    answer = await exchange.call(
        service, "POST", path, json=body, role="operator" if household is None else "member",
        household=household, key=f"matrix-{key}",
    )  # fmt: skip
    return Asked(status=answer.status, seconds=time.monotonic() - began, says=answer.says)


async def _register(exchange: Exchange) -> Asked:
    body = {
        "household": "reg",
        "members": [{"name": "Reg Example", "born": "1980-03-02", "relation": "self"}],
        "email": "reg@example.test",
    }
    return await _post(exchange, "enrollment", "/v1/households", body, key="register", household="reg")


async def _registered(exchange: Exchange, _lookout: Lookout) -> bool:
    return (await exchange.call("enrollment", "GET", "/v1/households/reg")).ok


async def _select(exchange: Exchange) -> Asked:
    body = {"plans": ["SILVER"], "via": "web", "event": {"kind": "marriage", "on": "2016-01-30"}}
    return await _post(
        exchange, "enrollment", "/v1/households/sel/selections", body, key="select", household="sel"
    )


async def _selected(exchange: Exchange, _lookout: Lookout) -> bool:
    return bool(await _items(exchange, "enrollment", "/v1/households/sel/policies"))


async def _pay(exchange: Exchange) -> Asked:
    body = {"amount_cents": 50_000, "method": "card", "token": "tok_card_ok"}
    return await _post(exchange, "payments", "/v1/households/pay/payments", body, key="pay", household="pay")


async def _paid(exchange: Exchange, _lookout: Lookout) -> bool:
    return bool(await _items(exchange, "payments", "/v1/households/pay/payments"))


async def _lockbox(exchange: Exchange) -> None:
    lines = (
        "lockbox,2016-02-02,1",
        "received,postmarked,account,amount,instrument,reference",
        "2016-02-02,,loc,500.00,check,4711",
        "total,1,500.00",
    )
    data = "".join(f"{line}\n" for line in lines).encode()
    await exchange.drop(Place.LOCKBOX, "LOCKBOX_2016-02-02_1.csv", data)


async def _deposited(exchange: Exchange, _lookout: Lookout) -> bool:
    return bool(await _items(exchange, "payments", "/v1/households/loc/payments"))


async def _invoiced(exchange: Exchange, _lookout: Lookout) -> bool:
    invoices = await _items(exchange, "invoicing", "/v1/households/inv/invoices")
    return any(charge["month"] == "2016-03" for each in invoices for charge in each["charges"])


async def _listed(exchange: Exchange, _lookout: Lookout) -> bool:
    rows = await _items(exchange, "invoicing", f"/v1/delinquency-lists?carrier={CARRIER}&on=2016-02-01")
    return any(each["household"] == "lee" for each in rows)


async def _confirm(exchange: Exchange, lookout: Lookout) -> Asked | None:
    """Drop what the carrier confirms; where its drop-box is away, it has to come again."""
    sets = [each for each in await lookout.sets_of(CARRIER) if each.household == "car"]
    if not sets:
        return Asked(status=0, seconds=0.0, says="the drop-box is away")
    data = effectuation_of(sets[0], number=1, now=_at("02-02T14:00"))
    await exchange.drop(Place.CARRIERS, f"{CARRIER}/inbound/EFFECTUATION_1.834", data)
    return None


async def _confirmed(exchange: Exchange, _lookout: Lookout) -> bool:
    files = await _items(exchange, "carrier-gateway", f"/v1/inbound-files?carrier={CARRIER}")
    return any(each["state"] == "processed" for each in files)


async def _end(exchange: Exchange) -> Asked:
    body = {"on": "2016-03-31", "reason": "requested"}  # after what the run of the 5th bills
    return await _post(
        exchange, "enrollment", "/v1/households/end/terminations", body, key="end", household="end"
    )


async def _told(_exchange: Exchange, lookout: Lookout) -> bool:
    notices = await lookout.notices()
    return any((each.household, each.type) == ("end", "coverage-ended") for each in notices)


async def _remitted(_exchange: Exchange, lookout: Lookout) -> bool:
    lines = [line for file in await lookout.remittances() for line in file.lines]
    return any(household == "rem" and str(month) == "2016-02" for household, _, month, _ in lines)


async def _refund(exchange: Exchange) -> Asked:
    path = "/v1/households/ref/refunds"
    return await _post(exchange, "invoicing", path, {"amount_cents": 10_000}, key="refund")


async def _refunded(exchange: Exchange, _lookout: Lookout) -> bool:
    parts = await _items(exchange, "payments", "/v1/refund-parts")
    return any((each["household"], each["state"]) == ("ref", "paid") for each in parts)


async def _items(exchange: Exchange, service: str, path: str) -> list[Mapping[str, Any]]:
    answer = await exchange.call(service, "GET", path)
    return answer.body["items"] if answer.ok else []


def acts(lookout: Lookout) -> tuple[Act, ...]:
    """Return the ten acts, in their order; ``lookout`` reads the files that the carrier got."""

    async def confirm(exchange: Exchange) -> Asked | None:
        return await _confirm(exchange, lookout)

    def act(name: str, owner: str, times: str, do: Do | None, seen: See) -> Act:
        away, at, back = (_at(each) for each in times.split())
        return Act(name=name, owner=owner, at=at, away=away, back=back, do=do, seen=seen)

    return (
        act("list of the 1st", "invoicing", "01-31T20:00 02-01T01:00 02-01T08:00", None, _listed),
        act("register", "enrollment", "02-01T09:50 02-01T10:00 02-01T11:00", _register, _registered),
        act("select", "enrollment", "02-01T11:50 02-01T12:00 02-01T13:00", _select, _selected),
        act("pay", "payments", "02-02T09:50 02-02T10:00 02-02T11:00", _pay, _paid),
        act("lockbox file", "payments", "02-02T11:50 02-02T12:00 02-02T13:00", _lockbox, _deposited),
        act("inbound 834", "carrier-gateway", "02-02T13:50 02-02T14:00 02-02T15:00", confirm, _confirmed),
        act("notice", "notifications", "02-03T09:50 02-03T10:00 02-03T11:00", _end, _told),
        act("remittance", "payments", "02-03T15:00 02-03T16:00 02-03T20:00", None, _remitted),
        act("refund", "invoicing", "02-04T09:50 02-04T10:00 02-04T11:00", _refund, _refunded),
        act("invoice run", "invoicing", "02-04T20:00 02-05T02:00 02-05T08:00", None, _invoiced),
    )


ACTS = (
    "register", "select", "pay", "lockbox file", "invoice run", "list of the 1st", "inbound 834", "notice",
    "remittance", "refund",
)  # fmt: skip
"""Their names, as the table shows them."""
