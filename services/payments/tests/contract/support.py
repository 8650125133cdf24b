"""The API of payments as its tests speak to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, cast

import httpx2
from sandbox_processor import create_app

from bulkhead.web.auth import Role
from payments.adapters.processor.call_backs import Address, Caller
from payments.domain.payments import Payment
from services.payments.tests.builders import WALL_SECONDS, World

CARD = {"amount_cents": 30_000, "method": "card", "token": "tok_card_ok"}
WITH_A_KEY = {"Authorization": "Bearer sk_test_of_nobody"}
"""What the sandbox lets in."""
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


class Sandbox:
    """The sandbox processor as a program of its own, which calls back to this API."""

    def __init__(
        self,
        api: Api,
        folder: Path,
        *,
        path: str,
        key: bytes,
        speaks: Literal["charges", "payment-intents"] = "charges",
    ) -> None:
        transport = cast(Any, api.client)._transport  # pyright: ignore[reportPrivateUsage]
        address = Address(url=f"http://payments.test{path}", key=key, transport=transport, speaks=speaks)
        self.app = create_app(folder, address=address)
        self.caller: Caller = self.app.state.caller
        self.caller.seconds = lambda: WALL_SECONDS + self.later
        self.later = 0.0
        self.transport = httpx2.ASGITransport(app=self.app)
        self.client = httpx2.AsyncClient(
            transport=self.transport, base_url="http://processor.test", headers=WITH_A_KEY
        )

    async def ask(self, path: str, **body: Any) -> httpx2.Response:
        is_put = path in ("/control/mode", "/control/search")
        return await self.client.request("PUT" if is_put else "POST", path, json=body)

    async def call_back(self, **body: Any) -> list[int]:
        answer = await self.ask("/control/call-backs", **body)
        assert answer.status_code == 200, answer.text
        return answer.json()["statuses"]


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
