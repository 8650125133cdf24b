"""A live exchange of its own for the tests of each module, with a member's and an operator's way to use it."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from bulkhead.kernel.calendar import local
from bulkhead_local import Backing
from bulkhead_local import Exchange as Instance
from stories.exchange import Answer
from stories.stages.live import Live
from tests.e2e.shell import Shell, opened

STARTS = date(2015, 12, 1)
SERVICES = ("enrollment", "invoicing", "payments", "carrier-gateway", "notifications")

LONGEST_FIRST = (
    "test_runbooks",
    "test_alarm_pages",
    "test_kills",
    "test_matrix",
    "test_stories_live",
    "test_exhibit_live",
    "test_independence",
    "test_attack",
    "test_soak",
    "test_poison",
)
"""The modules that last longest, in the order in which they begin: one that begins last keeps all others waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the modules that last longest first."""

    def rank(item: pytest.Item) -> int:
        name = item.path.stem
        return LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST)

    items.sort(key=rank)


@pytest.fixture(scope="session", autouse=True)
def servers_of_this_worker(
    servers_apart: Callable[[Path], AbstractContextManager[Backing]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """Let the first of several workers use this machine's servers, and each other one its own: some tests take Kafka
    down.
    """
    if os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0":
        yield
        return
    with servers_apart(tmp_path_factory.mktemp("state")):
        yield


@pytest.fixture(scope="module")
def instance(request: pytest.FixtureRequest) -> Iterator[Instance]:
    """Five processes that this module's tests share, their clock at December 1, 2015; gone afterwards."""
    name = request.module.__name__.rpartition("test_")[2].replace("_", "-")
    environment = pytest.MonkeyPatch()
    environment.setenv("BULKHEAD_TRACES", "1")
    made = Instance.create(f"e2e-{name}"[:30], simulation_start=STARTS)
    made.start()
    yield made
    made.destroy()
    environment.undo()


@pytest.fixture(scope="module")
def shell(instance: Instance) -> Iterator[Shell]:
    """A shell of somebody at work on the module's exchange."""
    with opened(instance) as made:
        yield made


class Desk:
    """How a test uses the exchange: as its members, its staff and its clock."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.live = Live(instance)
        self._keys = itertools.count(1)
        self._prefix = datetime.now().strftime("desk-%H%M%S%f")  # noqa: DTZ005 - only to tell one test's keys from another's

    async def open(self) -> Desk:
        """Offer a plan and tell the gateway of its carrier."""
        plan = {
            "carrier": "BCBSVT",
            "kind": "medical",
            "monthly_cents": {"single": 50000, "couple": 100000, "parent": 96500, "family": 140500},
        }
        assert (await self.live.call("enrollment", "PUT", "/v1/plans/SILVER", json=plan)).ok
        profile = {"name": "Blue Cross", "receiver_id": "030000001", "qhp_id": "13627VT0010001"}
        answer = await self.live.call("carrier-gateway", "PUT", "/v1/carriers/BCBSVT", json=profile)
        assert answer.ok, answer
        return self

    def key(self) -> str:
        """Return an Idempotency-Key nobody has used."""
        return f"{self._prefix}-{next(self._keys)}"

    async def post(
        self, service: str, path: str, json: Any, *, role: str = "operator", household: str | None = None
    ) -> Answer:
        """Return the answer to a POST under a new key."""
        return await self.live.call(
            service, "POST", path, json=json, role=role, household=household, key=self.key()
        )

    async def get(
        self, service: str, path: str, *, role: str = "operator", household: str | None = None
    ) -> Any:
        """Return the body of an answer that must be one."""
        answer = await self.live.call(service, "GET", path, role=role, household=household)
        assert answer.ok, f"{service} {path}: {answer}"
        return answer.body

    async def register(self, household: str, **more: Any) -> None:
        """Register a household of one person."""
        body: dict[str, Any] = {
            "household": household,
            "members": [{"name": "Pat Example", "born": "1980-03-02", "relation": "self"}],
            "email": f"{household}@example.test",
            "language": "en",
            "aptc_cents": 0,
            "subsidy_cents": 0,
        }
        answer = await self.post("enrollment", "/v1/households", {**body, **more})
        assert answer.ok, answer

    async def select(self, household: str) -> Answer:
        """Select the plan, as the member."""
        path = f"/v1/households/{household}/selections"
        return await self.post(
            "enrollment", path, {"plans": ["SILVER"], "via": "web"}, role="member", household=household
        )

    async def pay(self, household: str, amount_cents: int = 50000) -> Answer:
        """Pay by card, as the member."""
        body = {"amount_cents": amount_cents, "method": "card", "token": "tok_card_ok"}
        path = f"/v1/households/{household}/payments"
        return await self.post("payments", path, body, role="member", household=household)

    async def advance(self, day: date, hour: int = 12) -> None:
        """Set every clock that runs, and wait until all is quiet."""
        await self.live.set_clock(local(day, hour))
        await self.live.quiet()

    async def lifecycle(self, household: str) -> list[str]:
        """Return the states of the household's policies."""
        items = (await self.get("enrollment", f"/v1/households/{household}/policies"))["items"]
        return [each["lifecycle"] for each in items]

    async def bring_all_up(self, now: datetime) -> None:
        """Start everything that is down, the broker first, and wait until all is quiet."""
        for name in sorted(self.live.down, key=lambda each: each != "kafka"):
            await self.live.bring_up(name, now)
        await asyncio.wait_for(self.live.quiet(), 120)


@pytest.fixture
async def desk(instance: Instance) -> AsyncIterator[Desk]:
    """The module's exchange, ready to be used."""
    made = await Desk(instance).open()
    yield made
    await made.live.close()
