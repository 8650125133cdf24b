"""What the runbooks have somebody type on one machine, typed page by page into one shell: each command must end with 0.

What a page is about happens to the exchange before. A command that only looks is typed once, and again where its page
says what is seen.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import count, islice
from subprocess import PIPE, STDOUT, Popen
from threading import Timer

import asyncpg
import pytest

from bulkhead.contracts.enrollment.v1 import HouseholdRegistered
from bulkhead.messaging.partitioning import partition_of
from bulkhead_local import Exchange as Instance
from bulkhead_local import programs
from runbooks import REPOSITORY, played
from tests.e2e.conftest import Desk
from tests.e2e.support import envelope, publish, publish_to

pytestmark = [pytest.mark.live, pytest.mark.slow]

TYPED = played("local")
LOOKS = re.compile(r"ask |curl |on \S+ (?:duties|parked|retries|topics) (?:list|offsets)")
JANUARY_6 = date(2016, 1, 6)
POLICIES, PAYMENTS = "enrollment.policies.v1", "payments.payments.v1"
PARTITION = 3
MOST_SECONDS = 120.0
MANY = 10
"""So many households with the same fault stop a partition."""


@dataclass(frozen=True, slots=True)
class Shell:
    """A shell, as of somebody at work: what it was told once it knows later."""

    process: Popen[str]
    said: dict[str, str] = field(default_factory=dict[str, str])
    """What each command printed when it was typed last."""

    def end(self) -> None:
        """End it, with what it runs."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def type(self, command: str) -> int:
        """Return a command's exit code. One that does not end in time ends the shell."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        end = f"end-{uuid.uuid4()}"
        self.process.stdin.write(f"{command}\nprintf '\\n%s %s\\n' {end} $?\n")
        self.process.stdin.flush()
        lines: list[str] = []
        late = Timer(MOST_SECONDS, self.end)
        late.start()
        try:
            for line in self.process.stdout:
                if line.startswith(end):
                    self.said[command] = "".join(lines).strip()
                    return int(line.split()[1])
                lines.append(line)
        finally:
            late.cancel()
        raise AssertionError(f"the shell ended at: {command}\n{''.join(lines)}")


@pytest.fixture(scope="module")
def shell(instance: Instance) -> Iterator[Shell]:
    """A shell in the repository's folder that finds psql and knows the exchange's name."""
    path = f"{os.environ['PATH']}:{programs.postgres()}"
    environment = {**os.environ, "PATH": path, "EXCHANGE": instance.name}
    with Popen(
        ["bash"],
        stdin=PIPE,
        stdout=PIPE,
        stderr=STDOUT,
        text=True,
        cwd=REPOSITORY,
        env=environment,
        start_new_session=True,
    ) as process:
        made = Shell(process)
        yield made
        made.end()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(MOST_SECONDS):
        while not await holds():  # noqa: ASYNC110 - another process sets no event of ours
            await asyncio.sleep(0.1)


def of_a_newer_writer(household: str) -> bytes:
    return envelope(household, type_="HouseholdRegistered", version=9, data={})


async def parked(desk: Desk, service: str) -> list[str]:
    return [each["household"] for each in (await desk.get(service, "/v1/parked"))["items"]]


async def discard_all(desk: Desk, service: str) -> None:
    for household in await parked(desk, service):
        path = f"/v1/parked/{household}/discards"
        assert (await desk.post(service, path, {"reason": "planted by a test"})).ok


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


@asynccontextmanager
async def in_the_year_before(desk: Desk, _shell: Shell) -> AsyncIterator[None]:
    """It is the year whose coverage is renewed."""
    await desk.advance(JANUARY_6)
    yield


@asynccontextmanager
async def a_hub_that_is_away(desk: Desk, _shell: Shell) -> AsyncIterator[None]:
    """Kay applied while the hub was away, and it has said nothing of her."""
    await asyncio.to_thread(desk.instance.stop_service, "hub")
    await desk.register("kay")
    yield
    await asyncio.to_thread(desk.instance.start_service, "hub")


@asynccontextmanager
async def a_long_transaction(desk: Desk, shell: Shell) -> AsyncIterator[None]:
    """One is open in invoicing's database; who looks notes its process."""
    connection = await asyncpg.connect(desk.instance.database_url("invoicing"))
    await connection.execute("BEGIN; SELECT 1")
    shell.type(f"PID={connection.get_server_pid()}")
    yield
    await until(lambda: asyncio.sleep(0, connection.is_closed()))
    (looked,) = [says for command, says in shell.said.items() if "pg_stat_activity" in command]
    assert f" {connection.get_server_pid()} | invoicing_" in looked


@asynccontextmanager
async def a_stopped_partition(desk: Desk, _shell: Shell) -> AsyncIterator[None]:
    """Ten households of one partition have the same fault; afterwards all are parked for it, and discarded."""
    names = (f"household-{number}" for number in count())
    there = [each for each in islice(names, 200) if partition_of(each, desk.instance.partitions) == PARTITION]
    for household in there[:MANY]:
        await publish(desk.instance, POLICIES, household, of_a_newer_writer(household))

    async def stopped() -> bool:
        return bool((await desk.get("payments", "/v1/stopped-partitions"))["items"])

    async def all_parked() -> bool:
        return len(await parked(desk, "payments")) == MANY

    await until(stopped)
    yield
    await until(all_parked)
    await discard_all(desk, "payments")


@asynccontextmanager
async def what_is_parked(desk: Desk, _shell: Shell) -> AsyncIterator[None]:
    """An event of June's that payments does not know, another one behind it, and one about nobody."""
    again = envelope(
        "june", type_="HouseholdRegistered", data=HouseholdRegistered(household="june", contact_version=1)
    )
    await publish(desk.instance, POLICIES, "june", of_a_newer_writer("june"), again)
    await publish_to(desk.instance, PAYMENTS, PARTITION, None, b"{not json")

    async def set_aside() -> bool:
        return len(await parked(desk, "payments")) == 2 and len(await parked(desk, "invoicing")) == 1

    await until(set_aside)
    yield
    await discard_all(desk, "invoicing")
    await discard_all(desk, "notifications")


BEFORE: Mapping[str, Callable[[Desk, Shell], AbstractAsyncContextManager[None]]] = {
    "README": a_household,
    "BulkheadNotPublished": a_long_transaction,
    "BulkheadVerificationUnheard": a_hub_that_is_away,
    "BulkheadPartitionStopped": a_stopped_partition,
    "replay-parked-events": what_is_parked,
    "new-plan-year": in_the_year_before,
}
SAID: Mapping[str, Mapping[str, str]] = {
    "BulkheadPartitionStopped": {
        "on payments topics list": f"stopped  {POLICIES} {PARTITION}  HouseholdRegistered",
    },
    "BulkheadVerificationUnheard": {
        """tell enrollment /v1/households/kay/verifications '{"confirmed": ["income", "citizenship", "incarceration"]}'""": (
            '"verification":"verified"'
        ),
    },
    "deploy-one-service": {"on payments migrated": "The database is up to date."},
    "maintenance": {"""put notifications /v1/channels/payments-online '{"state": "up"}'""": '"state":"up"'},
    "replay-parked-events": {
        "on payments parked replay june": "1 replayed, 0 left",
        "on payments parked list": "0 parked",
        "ask payments /v1/books": '"balanced":true',
        "ask invoicing /v1/books": '"positions_agree":true',
    },
    "add-partitions": {
        f"on {service} topics list": f"spread over 128 partitions  {PAYMENTS}"
        for service in ("payments", "invoicing", "notifications")
    },
    "add-a-carrier": {"ask carrier-gateway /v1/carriers": '"carrier":"MVP","has_profile":true'},
}
"""What a page says that is seen, where it says so."""


@pytest.mark.parametrize("page", TYPED)
async def test_what_a_runbook_has_typed_on_one_machine_works(page: str, desk: Desk, shell: Shell) -> None:
    async with BEFORE.get(page, nothing_special)(desk, shell):
        await type_all(page, shell)


async def type_all(page: str, shell: Shell) -> None:
    for command in TYPED[page]:
        if LOOKS.match(command) and command in shell.said and command not in SAID.get(page, {}):
            continue
        code = await asyncio.to_thread(shell.type, command)
        assert code == 0, f"{command}\n{shell.said[command]}"
    for command, says in SAID.get(page, {}).items():
        assert says in shell.said[command], command


def test_nothing_is_expected_of_pages_that_are_not_there() -> None:
    assert {*BEFORE, *SAID} <= TYPED.keys()
