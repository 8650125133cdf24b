"""The API of payments as its tests speak to it."""

from __future__ import annotations

from typing import Any

import httpx2

from bulkhead.web.auth import Role
from payments.domain.payments import Payment
from services.payments.tests.builders import World

CARD = {"amount_cents": 30_000, "method": "card", "token": "tok_card_ok"}
CASH = {"amount_cents": 50_000, "method": "cash"}


class Api:
    """The API with a world behind it."""

    def __init__(self, world: World, client: httpx2.AsyncClient) -> None:
        self.world = world
        self._client = client

    async def get(self, path: str, role: Role = "operator", **who: str) -> httpx2.Response:
        return await self._client.get(path, headers=self.world.issuer.headers(role, **who))

    async def post(
        self, path: str, body: Any, role: Role = "operator", *, key: str | None = "key-1", **who: str
    ) -> httpx2.Response:
        headers = self.world.issuer.headers(role, key=key, **who)
        return await self._client.post(path, json=body, headers=headers)

    async def pay(self, body: Any, *, household: str = "june", key: str | None = "key-1") -> httpx2.Response:
        return await self.post(f"/v1/households/{household}/payments", body, key=key)

    @property
    def client(self) -> httpx2.AsyncClient:
        return self._client


def problem(answer: httpx2.Response, *, status: int, kind: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["type"]) == (status, f"urn:bulkhead:problem:{kind}")
    return body


def rules(body: dict[str, Any]) -> list[str]:
    return [reason["rule"] for reason in body["reasons"]]


def nothing_happened(api: Api) -> None:
    assert api.world.rows(Payment) == []
    assert api.world.database.events == []
    assert [charge.status for charge in api.world.kept.charges.values()].count("approved") == 0
