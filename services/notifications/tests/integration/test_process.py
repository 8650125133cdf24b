"""A real process of notifications: facts come over Kafka, mail goes over SMTP, it is killed in between."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from bulkhead.chassis_tables import CHASSIS_TABLES
from bulkhead.contracts import wire
from bulkhead.contracts.enrollment.v1 import ContactKeySet
from bulkhead.contracts.registry import BY_MODEL, SEALED
from bulkhead.contracts.wire import Envelope, Wire
from bulkhead.kernel.calendar import local
from bulkhead.messaging.broker import Outgoing
from bulkhead.messaging.kafka import KafkaBroker
from bulkhead.messaging.kafka_settings import KafkaSettings
from bulkhead.messaging.partitioning import partition_of
from bulkhead.persistence.contact_sealing import Sealing
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.backing import Databases
from bulkhead_testing.contact_keys import CONTACT_KEYS, CONTACT_KEYS_TEXT
from bulkhead_testing.memory import MemoryDatabase
from services.notifications.tests.builders import NAME, POLICY_DIR
from services.notifications.tests.contract.smtp_server import HOST, Server
from services.notifications.tests.contract.test_wire import WIRE

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.slow]

ISSUER = TestIssuer()
TODAY = date(2016, 6, 5)
PARTITIONS = 2


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        return int(listening.getsockname()[1])


class Process:
    """One place notifications runs at; processes of it come and go."""

    def __init__(
        self, *, folder: Path, database_url: str, bootstrap: str, prefix: str, server: Server
    ) -> None:
        ISSUER.write_jwks(folder / "jwks.json")
        port = free_port()
        self.print = folder / "print"
        self.print.mkdir()
        self.log = folder / "notifications.log"
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "BULKHEAD_DATABASE_URL": database_url,
            "BULKHEAD_CONTACT_KEYS": CONTACT_KEYS_TEXT,
            "BULKHEAD_KAFKA_BOOTSTRAP": bootstrap,
            "BULKHEAD_TOPIC_PREFIX": prefix,
            "BULKHEAD_PARTITIONS": str(PARTITIONS),
            "BULKHEAD_POLICY_DIR": str(POLICY_DIR),
            "BULKHEAD_HTTP_PORT": str(port),
            "BULKHEAD_JWKS": str(folder / "jwks.json"),
            "BULKHEAD_JWT_ISSUER": ISSUER.issuer,
            "BULKHEAD_JWT_AUDIENCE": ISSUER.audience,
            "BULKHEAD_SIMULATION_START": TODAY.isoformat(),
            "NOTIFICATIONS_SMTP_HOST": HOST,
            "NOTIFICATIONS_SMTP_PORT": str(server.port),
            "NOTIFICATIONS_SENDER": "Bulkhead Exchange <exchange@bulkhead.test>",
            "NOTIFICATIONS_PRINT_DIR": str(self.print),
        }
        self.client = httpx2.AsyncClient(base_url=f"http://{HOST}:{port}", timeout=10)
        self._running: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str) -> None:
        """Run one command of the command line to its end."""
        subprocess.run(self._line(*arguments), env=self.environment, check=True, timeout=60)

    async def start(self) -> None:
        """Start the process and wait until it is ready."""
        self._running = self._launched()
        await until(self._is_ready)

    def _launched(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(self._line("all"), env=self.environment, stdout=log, stderr=log)

    def end(self, number: signal.Signals) -> int:
        """Signal the process and return how it ended."""
        assert self._running is not None
        self._running.send_signal(number)
        code = self._running.wait(timeout=30)
        self._running = None
        return code

    def close(self) -> None:
        """See that nothing is left running."""
        if self._running is not None:
            self.end(signal.SIGKILL)

    async def notices(self, household: str) -> list[dict[str, Any]]:
        """Return a household's notices as its member sees them."""
        headers = ISSUER.headers("member", household=household)
        answer = await self.client.get(f"/v1/households/{household}/notices", headers=headers)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def states(self, household: str) -> Counter[str]:
        """Return how many of a household's notices are in each state."""
        return Counter(notice["state"] for notice in await self.notices(household))

    async def _is_ready(self) -> bool:
        assert self._running is not None
        assert self._running.poll() is None, self.log.read_text()
        try:
            return (await self.client.get("/readyz")).status_code == 200
        except httpx2.TransportError:
            return False

    def _line(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "notifications", *arguments]


async def until(holds: Callable[[], Awaitable[bool]], *, seconds: float = 60) -> None:
    """Wait until it holds; another process cannot set an event of ours."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.02)


@pytest.fixture
async def broker(kafka_bootstrap: str, topic_prefix: str) -> AsyncGenerator[KafkaBroker]:
    settings = KafkaSettings(bootstrap=kafka_bootstrap, prefix=topic_prefix, partitions=PARTITIONS)
    broker = KafkaBroker(settings)
    yield broker
    await broker.close()


@pytest.fixture
async def process(
    databases: Databases, kafka_bootstrap: str, topic_prefix: str, tmp_path: Path, server: Server
) -> AsyncGenerator[Process]:
    made = Process(
        folder=tmp_path,
        database_url=databases.fresh(),
        bootstrap=kafka_bootstrap,
        prefix=topic_prefix,
        server=server,
    )
    made.command("migrate")
    yield made
    made.close()
    await made.client.aclose()


def household_of(said: Wire) -> str:
    """Return whom an event is about."""
    return str(getattr(said, "household"))  # noqa: B009


async def say(broker: KafkaBroker, said: list[Wire]) -> None:
    """Publish facts as their owners do: what is personal sealed, after the key that seals it."""
    sealing = Sealing(CONTACT_KEYS)
    personal = {household_of(each) for each in said if type(each) in SEALED}
    async with MemoryDatabase(tables=CHASSIS_TABLES).begin(now=local(TODAY), households=personal) as uow:
        keys, made = await sealing.keys_to_seal(uow, personal)
    for each in (*(wire.convert(key, ContactKeySet) for key in made), *said):
        kind, household, event_id = BY_MODEL[type(each)], household_of(each), uuid.uuid4().hex
        data = (
            sealing.seal(each, key=keys[household], event_id=event_id)
            if type(each) in SEALED
            else wire.encode(each)
        )
        envelope = Envelope(
            id=event_id,
            type=kind.name,
            version=kind.version,
            household=household,
            occurred_at=local(TODAY),
            business_date=TODAY,
            correlation_id="test",
            causation_id=None,
            traceparent=None,
            data=msgspec.Raw(data),
        )
        topic = kind.topic.name
        partition = partition_of(household, await broker.partitions(topic))
        await broker.publish([Outgoing(topic, partition, household.encode(), wire.encode(envelope))])


CALL_OFF_OR_ARE_CALLED_OFF = (
    "DeadlineMovedBack",
    "HouseholdMerged",
    "MaintenanceConcerns",
    "MergeReversed",
    "PolicyReinstated",
    "PolicyTerminated",
    "VerificationWanted",
)


def but(*types: str) -> list[Wire]:
    """Return one event of each type that is heard of households, without these and without those of which another calls
    the letter off, or takes its place, if it has not left by then.
    """
    heard = [said for said, _ in WIRE if type(said).__name__ not in {*types, *CALL_OFF_OR_ARE_CALLED_OFF}]
    return [each for each in heard if hasattr(each, "household")]


async def test_NOT_1_a_process_killed_while_the_mail_server_answers_repeats_that_message_alone(
    process: Process, broker: KafkaBroker, server: Server
) -> None:
    await process.start()
    held = server.hold_answer()
    await say(broker, but("PolicyCanceled"))
    await asyncio.wait_for(held.reached.wait(), timeout=30)
    assert process.end(signal.SIGKILL) == -signal.SIGKILL
    held.release.set()

    await process.start()
    await until(lambda: all_sent(process, 15))
    ids = [str(message["Message-ID"]) for message in server.messages]
    assert (len(ids), len(set(ids))) == (16, 15)
    assert Counter(str(message["X-Bulkhead-Notice-Type"]) for message in server.messages[1:]) == Counter(
        [
            "child-too-old",
            "coverage-begun",
            "deadline-moved",
            "invoice",
            "medicaid-begun",
            "medicaid-ended",
            "payment-moved",
            "autopay-begun",
            "autopay-ended",
            "autopay-declined",
            "payment-returned",
            "receipt",
            "renewal",
            "renewal",
            "verification-decided",
        ]
    )
    assert {str(message["Date"]) for message in server.messages} == {"Sun, 05 Jun 2016 00:00:00 -0400"}
    assert process.end(signal.SIGTERM) == 0
    log = process.log.read_text()
    assert NAME not in log
    assert "June Example" not in log
    assert "june@example.test" not in log


async def all_sent(process: Process, count: int) -> bool:
    return await process.states("june") == Counter(sent=count)


async def test_OPS_1_with_the_mail_server_away_the_process_takes_everything_in_and_tells_how_far_it_is(
    process: Process, broker: KafkaBroker, server: Server
) -> None:
    await process.start()
    port = server.port
    await server.stop()
    await say(broker, but("PolicyCanceled", "PaymentReceived"))

    async def quiet() -> dict[str, Any]:
        answer = await process.client.get("/v1/simulation/quiet", headers=ISSUER.headers("service"))
        found: dict[str, Any] = answer.json()
        return found

    async def only_mail_is_left() -> bool:
        busy = (await quiet())["busy"]
        return busy["mail"] == 14 and not any(count for name, count in busy.items() if name != "mail")

    await until(only_mail_is_left)
    assert await process.states("june") == Counter(queued=14)
    await server.start(port=port)
    await until(lambda: all_sent(process, 14))
    assert len(server.messages) == 14
    assert (await quiet())["busy"]["mail"] == 0
