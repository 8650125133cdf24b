"""The exchange that is attacked, and two households in it: the victim, and who would like to be it."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from bulkhead_local import Exchange, tokens
from bulkhead_local.services import SERVICES

VICTIM, MALLORY = "victim", "mallory"
CARRIER, RIVAL = "BCBSVT", "MALLORY"
PLAN = {
    "carrier": CARRIER,
    "kind": "medical",
    "monthly_cents": {"single": 50000, "couple": 100000, "parent": 96500, "family": 140500},
}
PROFILE = {"name": "Blue Cross", "receiver_id": "030000001", "qhp_id": "13627VT0010001"}
CARD = {"amount_cents": 50000, "method": "card", "token": "tok_card_ok"}


@dataclass(slots=True)
class Target:
    """An exchange, a client for each of its services, and what of the victim's can be named."""

    exchange: Exchange
    clients: Mapping[str, httpx2.AsyncClient]
    known: dict[str, str] = field(default_factory=dict[str, str])
    _keys: itertools.count[int] = field(default_factory=itertools.count)
    _mark: str = field(default_factory=lambda: secrets.token_hex(4))
    _tokens: dict[tuple[str, str | None, str | None], str] = field(
        default_factory=dict[tuple[str, str | None, str | None], str]
    )

    def token(self, role: str, *, household: str | None = None, carrier: str | None = None) -> str:
        """Return a token of a role; a member is the victim, an assister named by it, a carrier's staff that of the
        victim's, unless told otherwise.
        """
        household = household or (VICTIM if role in ("member", "assister") else None)
        carrier = carrier or (CARRIER if role == "carrier" else None)
        known = (role, household, carrier)
        if known not in self._tokens:
            self._tokens[known] = self.exchange.token(roles=[role], household=household, carrier=carrier)
        return self._tokens[known]

    def key(self) -> str:
        """Return an Idempotency-Key nobody has used."""
        return f"attack-{self._mark}-{next(self._keys)}"

    async def ask(
        self, service: str, method: str, path: str, *, token: str | None, key: str | None = None, **more: Any
    ) -> httpx2.Response:
        """Return a service's answer."""
        headers = {"Idempotency-Key": key or self.key(), **more.pop("headers", {})}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return await self.clients[service].request(method, path, headers=headers, **more)

    async def done(
        self, service: str, method: str, path: str, body: Any = None, *, token: str | None = None
    ) -> Any:
        """Return the body of an answer that must be one; raises `RuntimeError`."""
        answer = await self.ask(service, method, path, token=token or self.token("operator"), json=body)
        if not answer.is_success:
            raise RuntimeError(
                f"{method} {path} of {service} answered {answer.status_code}: {answer.text[:300]}"
            )
        return answer.json()

    def bad_tokens(self) -> Mapping[str, str | None]:
        """Return tokens that nobody may believe, by what is wrong with them."""
        good = self.token("operator")
        head, claims, signature = good.split(".")
        said = json.loads(_unpadded(claims))
        return {
            "none": None,
            "noise": "noise",
            "of another exchange": tokens.mint(self.exchange.state, exchange="elsewhere", roles=["operator"]),
            "another's roles": f"{head}.{_padded({**said, 'roles': ['operator', 'service'], 'sub': 'me'})}.{signature}",
            "no signature": f"{_padded({'alg': 'none'})}.{claims}.",
            "the public key as a secret": f"{_padded({'alg': 'HS256'})}.{claims}.{signature}",
            "a key that nobody has": f"{_padded({'alg': 'ES256', 'kid': secrets.token_hex(8)})}.{claims}.{signature}",
        }

    async def until(self, what: str, happens: Callable[[], Any], *, seconds: float = 60) -> bool:
        """Return whether something happens within so many seconds."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if await happens():
                return True
            await asyncio.sleep(0.2)
        return False

    async def register(self, household: str) -> None:
        """Register a household of one, which selects the plan."""
        members = [{"name": "Pat Example", "born": "1980-03-02", "relation": "self"}]
        await self.done("enrollment", "POST", "/v1/households", {"household": household, "members": members})
        selection = {"plans": ["SILVER"], "via": "web"}
        path = f"/v1/households/{household}/selections"
        await self.done(
            "enrollment", "POST", path, selection, token=self.token("member", household=household)
        )

    async def lifecycles(self, household: str) -> list[str]:
        """Return the states of a household's policies."""
        shown = await self.done("enrollment", "GET", f"/v1/households/{household}/policies")
        return [each["lifecycle"] for each in shown["items"]]


@asynccontextmanager
async def aimed_at(exchange: Exchange) -> AsyncIterator[Target]:
    """Yield the target, with the victim's coverage paid for and its objects known."""
    clients = {
        name: httpx2.AsyncClient(base_url=url, timeout=60.0, trust_env=False)
        for name, url in exchange.urls.items()
    }
    target = Target(exchange, clients)
    try:
        await target.done("enrollment", "PUT", "/v1/plans/SILVER", PLAN)
        await target.done("carrier-gateway", "PUT", f"/v1/carriers/{CARRIER}", PROFILE)
        for household in (VICTIM, MALLORY):
            await target.register(household)
        paid = await target.done("payments", "POST", f"/v1/households/{VICTIM}/payments", CARD)
        policies = await target.done("enrollment", "GET", f"/v1/households/{VICTIM}/policies")
        target.known |= {
            "household": VICTIM,
            "carrier": CARRIER,
            "payment": paid["payment"],
            "policy": policies["items"][0]["policy"],
        }
        yield target
    finally:
        for client in clients.values():
            await client.aclose()


def services() -> tuple[str, ...]:
    """Return the five services."""
    return tuple(SERVICES)


def _padded(claims: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()


def _unpadded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
