"""Enrollment over HTTP, on a memory database, with tokens of a test issuer."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx2

from bulkhead.kernel.calendar import local
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.web.auth import Role
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.clock import FixedClock
from bulkhead_testing.contact_keys import CONTACT_KEYS
from bulkhead_testing.memory import MemoryDatabase
from bulkhead_testing.web import app_of, client_of
from enrollment.adapters.hub.sandbox import SandboxHub
from enrollment.bootstrap import assemble
from services.enrollment.tests.builders import VERMONT

PLAN: dict[str, Any] = {
    "carrier": "BCBSVT",
    "kind": "medical",
    "monthly_cents": {"single": 50000, "couple": 100000, "parent": 96500, "family": 140500},
}
TEETH: dict[str, Any] = {
    "carrier": "DELTA",
    "kind": "dental",
    "monthly_cents": {"single": 3000, "couple": 6000, "parent": 6000, "family": 9000},
}
UNNAMED: dict[str, Any] = {"name": None, "metal": None, "variants": []}
"""What is said of a plan of which nobody stated more than its prices."""
JUNE: dict[str, Any] = {
    "household": "june",
    "members": [
        {"name": "June Example", "born": "1980-03-02", "relation": "self", "ssn": "123-45-6789"},
        {"name": "Kim Example", "born": "2012-05-06", "relation": "child"},
    ],
    "email": "june@example.test",
    "address": "1 Main Street\nMontpelier VT 05602",
    "phone": "802-555-0100",
    "language": "en",
    "aptc_cents": 30000,
    "subsidy_cents": 0,
}
PERSONAL = (
    "June",
    "Kim Example",
    "1980-03-02",
    "123-45",
    "123456789",
    "june@example",
    "Main Street",
    "802-555",
)


class Api:
    """Asks enrollment as whoever a test wants to be."""

    def __init__(self, *, uows: UnitOfWorkFactory | None = None) -> None:
        self.hub = SandboxHub()
        self.service = assemble(pack=VERMONT, hub=self.hub, contact_keys=CONTACT_KEYS)
        self.database = MemoryDatabase.for_service(self.service)
        self.clock = FixedClock(local(date(2015, 12, 3), 10))
        self.issuer = TestIssuer()
        self.app = app_of(
            self.service,
            uows=uows or self.database.units_of_work,
            clock=self.clock,
            verifier=self.issuer.verifier(),
        )
        self.client = client_of(self.app)
        self._keys = 0

    def at(self, day: date) -> Api:
        """Set the clock."""
        self.clock.shows = local(day, 10)
        return self

    async def get(
        self, path: str, role: Role | None = "operator", household: str | None = None
    ) -> httpx2.Response:
        """Look at something."""
        return await self.client.get(path, headers=self._headers(role, household))

    async def put(
        self, path: str, body: Any, role: Role | None = "operator", household: str | None = None
    ) -> httpx2.Response:
        """Put something."""
        return await self.client.put(path, json=body, headers=self._headers(role, household))

    async def post(
        self,
        path: str,
        body: Any,
        role: Role | None = "operator",
        household: str | None = None,
        key: str | None = None,
    ) -> httpx2.Response:
        """Post something, under a key of its own unless one is given; ``""`` sends none."""
        self._keys += 1
        headers = self._headers(role, household)
        chosen = f"key-{self._keys}" if key is None else key
        return await self.client.post(
            path, json=body, headers=headers | ({"Idempotency-Key": chosen} if chosen else {})
        )

    async def with_june(self) -> Api:
        """Offer plans and register a household."""
        for name, plan in (("SILVER", PLAN), ("GOLD", PLAN), ("TEETH", TEETH)):
            assert (await self.put(f"/v1/plans/{name}", plan)).status_code == 200
        assert (await self.post("/v1/households", JUNE)).status_code == 201
        return self

    def _headers(self, role: Role | None, household: str | None) -> dict[str, str]:
        return {} if role is None else self.issuer.headers(role, household=household)


async def covered() -> Api:
    """Return the API on June 10 to June and her child, covered by SILVER; from June on they pay for it."""
    api = await Api().with_june()
    path = "/v1/households/june/assistance-changes"
    free = {"from": "2016-01-01", "aptc_cents": 96500, "subsidy_cents": 0}
    assert (await api.post(path, free)).status_code == 201
    selection = {"plans": ["SILVER"], "via": "web"}
    assert not (await api.post("/v1/households/june/selections", selection)).json()["binder_required"]
    api.at(date(2016, 6, 10))
    assert (await api.post(path, {**free, "from": "2016-06-01", "aptc_cents": 30000})).status_code == 201
    return api


def rules(response: httpx2.Response) -> list[str]:
    """Return the rule ids of a problem's reasons."""
    return [each["rule"] for each in response.json()["reasons"]]


def fields(response: httpx2.Response) -> list[str]:
    """Return the fields a problem names."""
    return [each["field"] for each in response.json()["errors"]]


def kind(response: httpx2.Response) -> str:
    """Return the kind of a problem; fails for anything that is none."""
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == response.status_code
    return str(problem["type"]).removeprefix("urn:bulkhead:problem:")
