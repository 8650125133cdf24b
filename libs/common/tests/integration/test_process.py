"""A real process of a small service, on real PostgreSQL and Kafka: it works, is killed, and ends in order."""

from __future__ import annotations

import asyncio
import json
import os
import re
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from bulkhead.contracts.registry import PAYMENTS
from bulkhead.kernel.calendar import local
from bulkhead.runtime.server import SECONDS_KEPT_ALIVE
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.backing import Databases
from bulkhead_testing.kafka_process import OwnKafka

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

COUNTER = Path(__file__).parents[1] / "counter.py"
METADATA = runpy.run_path(str(COUNTER))["METADATA"]
ISSUER = TestIssuer()


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


class Counter:
    """One place a counter runs at; processes of it come and go."""

    def __init__(self, *, folder: Path, database_url: str, bootstrap: str, prefix: str) -> None:
        self.inbox = folder / "inbox"
        self.traces = folder / "traces.jsonl"
        self.inbox.mkdir()
        ISSUER.write_jwks(folder / "jwks.json")
        self.port = free_port()
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "BULKHEAD_DATABASE_URL": database_url,
            "BULKHEAD_KAFKA_BOOTSTRAP": bootstrap,
            "BULKHEAD_TOPIC_PREFIX": prefix,
            "BULKHEAD_PARTITIONS": "3",
            "BULKHEAD_HTTP_PORT": str(self.port),
            "BULKHEAD_JWKS": str(folder / "jwks.json"),
            "BULKHEAD_JWT_ISSUER": ISSUER.issuer,
            "BULKHEAD_JWT_AUDIENCE": ISSUER.audience,
            "BULKHEAD_KAFKA_SESSION_SECONDS": "3",  # a killed process is back soon
            "BULKHEAD_SIMULATION_START": "2015-12-01",
            "BULKHEAD_TRACE_FILE": str(self.traces),
            "COUNTER_INBOX": str(self.inbox),
        }
        self.client = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=10)
        self.log = folder / "counter.log"
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(COUNTER), *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=30, check=False
        )

    async def start(self, role: str = "all") -> float:
        began = time.monotonic()
        self.process = self.launch(role, environment=self.environment)
        await self.until(self.is_ready)
        return time.monotonic() - began

    def launch(self, role: str, *, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, str(COUNTER), role], env=environment, stdout=log, stderr=log
            )

    async def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        try:
            return (await self.client.get("/readyz")).status_code == 200
        except httpx2.TransportError:
            return False

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=20)

    async def until(self, holds: Callable[[], Awaitable[bool]], *, seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not await holds():  # noqa: ASYNC110 - another process sets no event of ours
                await asyncio.sleep(0.02)

    async def is_ending(self) -> bool:
        return "ending" in [line["event"] for line in self.lines()]

    async def deposit(self, cents: int, *, key: str, household: str = "june") -> httpx2.Response:
        return await self.client.post(
            f"/v1/households/{household}/deposits",
            json={"cents": cents},
            headers=ISSUER.headers("operator", key=key),
        )

    async def tally(self, household: str = "june") -> dict[str, int]:
        answer = await self.client.get(
            f"/v1/households/{household}/tally", headers=ISSUER.headers("operator")
        )
        return answer.json()

    async def look(self) -> dict[str, Any]:
        return (await self.client.get("/v1/simulation/quiet", headers=ISSUER.headers("service"))).json()

    async def quiet(self) -> dict[str, Any]:
        """Wait for two looks alike at which nothing was left to do."""
        before: dict[str, Any] = {}

        async def same() -> bool:
            nonlocal before
            look = await self.look()
            alike = not any(look["busy"].values()) and look == before
            before = look
            return alike

        await self.until(same)
        return before

    async def clock(self, to: datetime) -> httpx2.Response:
        headers = ISSUER.headers("service")
        return await self.client.put("/v1/simulation/clock", json={"now": to.isoformat()}, headers=headers)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def counter(
    tmp_path: Path, databases: Databases, kafka_bootstrap: str, topic_prefix: str
) -> Iterator[Counter]:
    found = Counter(
        folder=tmp_path,
        database_url=databases.fresh(METADATA),
        bootstrap=kafka_bootstrap,
        prefix=topic_prefix,
    )
    yield found
    if found.process is not None and found.process.poll() is None:
        found.process.kill()
        found.process.wait()


async def test_a_day_in_the_life_of_a_process(counter: Counter) -> None:
    await counter.start()
    assert (await counter.deposit(500, key="k1")).status_code == 201
    assert (await counter.deposit(500, key="k1")).json() == {"deposited": 500, "heard": 0, "bills": 0}
    (counter.inbox / "max.txt").write_text("70")
    await counter.quiet()
    assert await counter.tally() == {"deposited": 500, "heard": 500, "bills": 0}
    assert await counter.tally("max") == {"deposited": 70, "heard": 70, "bills": 0}

    look = await counter.look()
    assert look["next_due_at"] == "2015-12-01T02:00:00-05:00"
    assert (await counter.clock(local(date(2015, 12, 3), 3))).status_code == 200
    look = await counter.quiet()
    assert (await counter.tally())["bills"] == 3
    assert look["counters"]["duties_done"] == 3
    assert look["now"] == "2015-12-03T03:00:00-05:00"
    assert (await counter.clock(local(date(2015, 12, 2)))).status_code == 409

    events = (await counter.client.get("/v1/events", headers=ISSUER.headers("operator"))).json()["items"]
    assert [(each["type"], each["household"], each["data"]["cents"]) for each in events] == [
        ("PaymentRefunded", "june", 500),
        ("PaymentRefunded", "max", 70),
    ]
    duties = (await counter.client.get("/v1/duties", headers=ISSUER.headers("operator"))).json()["items"]
    assert [(each["on"], each["state"]) for each in duties] == [
        ("2015-12-03", "done"),
        ("2015-12-02", "done"),
        ("2015-12-01", "done"),
    ]
    measured = (await counter.client.get("/metrics")).text
    assert "bulkhead_events_published_total 2.0" in measured
    assert 'bulkhead_duty_delay_seconds_count{duty="bill"} 3.0' in measured
    assert 'bulkhead_duty_lateness_seconds{duty="bill",why="nothing-due"} 0.0' in measured
    assert "bulkhead_outbox_age_seconds 0.0" in measured
    lags = [line for line in measured.splitlines() if line.startswith("bulkhead_consumer_lag{")]
    assert [line.rpartition(" ")[2] for line in lags] == ["0.0"] * 3
    # By the wall's clock, in whatever year the exchange is: a moment, and never years.
    handled = dict(re.findall(r'bulkhead_events_handled_total\{within="(\w+)"\} (\S+)', measured))
    assert sum(map(float, handled.values())) == 2
    assert not handled.keys() & {"3600", "more"}
    assert 'http_route="/v1/households/{household}/deposits"' in measured
    assert counter.end() == 0
    of_the_process = [line["event"] for line in counter.lines() if line["component"] == "process"]
    assert of_the_process == ["started", "ending", "ended"]


async def test_what_staff_ask_is_chained_by_the_worker_and_the_end_of_the_chain_is_logged(
    counter: Counter,
) -> None:
    await counter.start()
    assert (await counter.deposit(500, key="k1")).status_code == 201
    await counter.tally()

    async def is_logged() -> bool:
        return "audit_head" in [line["event"] for line in counter.lines()]

    await counter.until(is_logged)
    logged = next(line for line in counter.lines() if line["event"] == "audit_head")
    verified = counter.command("audit", "verify", "--head", f"{logged['number']}:{logged['hash']}")
    assert (verified.returncode, verified.stderr) == (0, "")
    assert verified.stdout.startswith("3 entries, 0 faults, head 3:")
    listed = counter.command("audit", "list", "--household", "june")
    told = [line.split()[4:] for line in listed.stdout.splitlines()[:-1]]
    assert sorted(told) == [  # the clock stands still
        ["audit", "list", "begun", "june"],
        ["get_tally", "read", "june"],
        ["post_deposit", "done", "june"],
    ]
    assert counter.end() == 0


async def test_with_kafka_away_a_process_says_so_in_few_lines(counter: Counter, own_kafka: OwnKafka) -> None:
    counter.environment["BULKHEAD_KAFKA_BOOTSTRAP"] = own_kafka.bootstrap
    await counter.start()
    await counter.deposit(500, key="k1")
    await counter.quiet()
    before = len(counter.lines())
    own_kafka.kill()
    await counter.deposit(500, key="k2")

    async def both_wait() -> bool:
        waiting = {each.get("loop") for each in counter.lines()[before:] if each["event"] == "loop_waits"}
        return {"relay", "consumer"} <= waiting

    await counter.until(both_wait, seconds=60)
    lines = counter.lines()[before:]
    assert len(lines) <= 40
    assert not [each["event"] for each in lines if re.search(r"%[sdr]", each["event"])]
    measured = (await counter.client.get("/metrics")).text
    assert "bulkhead_outbox_pending 1.0" in measured
    assert "bulkhead_consumer_lag" not in measured  # an old value would look like a new one


async def test_an_api_alone_tells_that_nobody_publishes(counter: Counter) -> None:
    await counter.start("api")
    await counter.deposit(500, key="k1")
    measured = (await counter.client.get("/metrics")).text
    assert "bulkhead_outbox_pending 1.0" in measured
    assert re.search(r"^bulkhead_outbox_age_seconds [0-9.]*[1-9]", measured, re.MULTILINE)
    assert "bulkhead_consumer_lag" not in measured
    assert counter.end() == 0


async def test_one_trace_goes_from_the_request_to_the_handler(counter: Counter) -> None:
    await counter.start()
    await counter.deposit(500, key="k1")
    await counter.quiet()
    assert counter.end() == 0
    spans = [json.loads(line) for line in counter.traces.read_text().splitlines()]
    request = next(each for each in spans if each["kind"] == "server")
    together = {each["name"] for each in spans if each["trace"] == request["trace"]}
    assert together == {
        "POST /v1/households/{household}/deposits",
        "publish PaymentRefunded",
        "handle PaymentRefunded",
    }


async def test_a_killed_process_goes_on_where_it_was(counter: Counter) -> None:
    await counter.start()
    await counter.clock(local(date(2015, 12, 2)))
    for number in range(5):
        await counter.deposit(1, key=f"k{number}")
    counter.end(signal.SIGKILL)
    await counter.start()
    look = await counter.quiet()
    assert look["now"] == "2015-12-02T00:00:00-05:00"
    tally = await counter.tally()
    assert (tally["deposited"], tally["heard"]) == (5, 5)
    # December 1 was billed before the deposits or after them, by the killed process or its successor: once at most.
    assert tally["bills"] <= 1


async def test_a_database_that_is_behind_ends_its_worker_and_is_written_to_by_nobody(
    counter: Counter, databases: Databases
) -> None:
    await counter.start()
    await counter.deposit(500, key="k1")
    await counter.quiet()
    assert counter.end() == 0
    counter.environment["BULKHEAD_DATABASE_URL"] = databases.fresh(METADATA)  # as an old backup would be
    api = counter.launch("api", environment=counter.environment)
    try:
        await counter.until(lambda: answers(counter))
        assert (await counter.deposit(5, key="k2")).status_code == 201
        worker = counter.launch(
            "worker", environment={**counter.environment, "BULKHEAD_HTTP_PORT": str(free_port())}
        )
        assert await asyncio.to_thread(worker.wait, 20) == 1
        assert '"error":"DatabaseBehind"' in counter.log.read_text().replace('": "', '":"')
        assert (await counter.deposit(5, key="k3")).status_code == 503
        assert await counter.tally() == {"deposited": 5, "heard": 0, "bills": 0}
    finally:
        api.kill()
        api.wait()
    refused = counter.command("rejoin")
    assert refused.returncode == 1
    assert "1 events of counter's own are not in its database (1 PaymentRefunded)" in refused.stderr
    adopted = counter.command("topics", "adopt", PAYMENTS.name, "3", "--unread")  # rejoin may need it
    assert (adopted.returncode, adopted.stdout) == (0, f"{PAYMENTS.name}: 3 partitions\n")
    listed = counter.command("rejoin", "--list").stdout.splitlines()
    assert (listed[0].split()[:2], listed[1:]) == (["june", "PaymentRefunded"], ["1 not in the database"])
    assert counter.command("rejoin", "--leave-out").returncode == 0
    await counter.start()
    assert (await counter.deposit(5, key="k3")).status_code == 201
    await counter.quiet()
    assert await counter.tally() == {"deposited": 10, "heard": 510, "bills": 0}


async def answers(counter: Counter) -> bool:
    """Whether the API is there, whatever it says."""
    try:
        return (await counter.client.get("/readyz")).status_code == 200
    except httpx2.TransportError:
        return False


async def test_a_picture_is_made_anew_by_command(counter: Counter) -> None:
    await counter.start()
    done = counter.command("rebuild")
    assert (done.returncode, done.stdout) == (0, "0 facts of 0 households and partitions\n")


async def test_a_household_that_cannot_be_handled_is_parked_and_let_go_by_command(counter: Counter) -> None:
    await counter.start()
    await counter.deposit(13, key="k1")
    await counter.deposit(5, key="k2")
    await counter.deposit(7, key="k3", household="max")
    look = await counter.quiet()
    assert look["counters"]["parked"] == 2
    assert (await counter.tally("max"))["heard"] == 7
    parked = (await counter.client.get("/v1/parked", headers=ISSUER.headers("operator"))).json()["items"]
    assert [(each["household"], each["kind"]) for each in parked] == [
        ("june", "impossible"),
        ("june", "behind"),
    ]

    again = await counter.client.post("/v1/parked/june/replays", headers=ISSUER.headers("operator", key="r1"))
    assert again.json() == {
        "household": "june",
        "replayed": 0,
        "left": 2,
        "stopped_by": "impossible: thirteen cents cannot be",
    }
    for _ in range(2):
        gone = await counter.client.post(
            "/v1/parked/june/discards",
            json={"event": parked[0]["event"], "reason": "counted by hand"},
            headers=ISSUER.headers("operator", key="d1"),
        )
        assert gone.status_code == 200
        assert gone.json()["state"] == "discarded"
    assert "1 parked" in counter.command("parked", "list").stdout
    assert counter.command("parked", "replay", "june").stdout == "1 replayed, 0 left\n"
    assert (await counter.tally())["heard"] == 5
    nothing = counter.command("parked", "replay", "june")
    assert (nothing.returncode, nothing.stdout) == (0, "no event of this household is parked here\n")


async def test_with_kafka_away_it_is_ready_and_takes_work_and_does_its_duties(counter: Counter) -> None:
    bootstrap = counter.environment["BULKHEAD_KAFKA_BOOTSTRAP"]
    counter.environment["BULKHEAD_KAFKA_BOOTSTRAP"] = f"127.0.0.1:{free_port()}"
    await counter.start()
    assert (await counter.deposit(500, key="k1")).status_code == 201
    await counter.clock(local(date(2015, 12, 1), 3))

    async def billed() -> bool:
        return (await counter.tally())["bills"] == 1

    await counter.until(billed)
    look = await counter.look()
    assert look["away"] == ["broker"]
    assert look["busy"]["outbox"] == 1
    assert counter.end() == 0
    counter.environment["BULKHEAD_KAFKA_BOOTSTRAP"] = bootstrap
    await counter.start()
    await counter.quiet()
    assert await counter.tally() == {"deposited": 500, "heard": 500, "bills": 1}


async def test_a_duty_that_waits_for_an_event_is_done_when_it_has_come(counter: Counter) -> None:
    await counter.start()
    await counter.clock(local(date(2015, 12, 5), 1))
    await counter.quiet()
    await counter.deposit(500, key="k1")
    await counter.clock(local(date(2015, 12, 5), 3))
    look = await counter.quiet()
    assert look["waiting_duties"] == []
    assert look["counters"]["duties_done"] == 5
    assert (await counter.tally())["bills"] == 1


async def test_a_duty_that_waits_says_what_for(counter: Counter) -> None:
    counter.environment["BULKHEAD_KAFKA_BOOTSTRAP"] = f"127.0.0.1:{free_port()}"  # so that nothing is heard
    await counter.start()
    await counter.deposit(500, key="k1")
    await counter.clock(local(date(2015, 12, 5), 3))
    waiting: list[dict[str, Any]] = []

    async def waits() -> bool:
        url = "/v1/duties?state=waiting"
        answer = await counter.client.get(url, headers=ISSUER.headers("operator"))
        waiting[:] = answer.json()["items"]
        return bool(waiting)

    await counter.until(waits)
    told = [(each["duty"], each["on"], each["waits_for"]) for each in waiting]
    assert told == [("bill", "2015-12-05", "not everything has been heard")]
    first, *others = counter.command("duties", "list").stdout.splitlines()
    assert first == "2015-12-05  bill  waiting: not everything has been heard"
    assert others[0] == "2015-12-04  bill  done"


async def test_api_and_worker_can_be_processes_of_their_own(counter: Counter) -> None:
    await counter.start("api")
    worker_environment = counter.environment | {"BULKHEAD_HTTP_PORT": str(free_port())}
    worker = counter.launch("worker", environment=worker_environment)
    try:
        await counter.deposit(500, key="k1")
        await counter.clock(local(date(2015, 12, 1), 3))

        async def done() -> bool:
            return await counter.tally() == {"deposited": 500, "heard": 500, "bills": 1}

        await counter.until(done)
        async with httpx2.AsyncClient() as client:
            address = f"http://127.0.0.1:{worker_environment['BULKHEAD_HTTP_PORT']}"
            assert (await client.get(f"{address}/readyz")).status_code == 200
            assert (await client.get(f"{address}/v1/events")).status_code == 404
    finally:
        worker.terminate()
        assert worker.wait(timeout=20) == 0
    assert counter.end() == 0


async def test_it_is_ready_while_requests_wait_for_every_connection_they_have(counter: Counter) -> None:
    counter.environment["BULKHEAD_DATABASE_CONNECTIONS"] = "5"  # one for requests
    await counter.start("api")
    holding = await asyncpg.connect(counter.environment["BULKHEAD_DATABASE_URL"])
    try:
        async with holding.transaction():
            await holding.execute("LOCK TABLE tallies IN ACCESS EXCLUSIVE MODE")
            waiting = [asyncio.create_task(counter.deposit(500, key=f"k{each}")) for each in range(3)]
            await counter.until(lambda: _is_held_up(holding))
            assert (await counter.client.get("/readyz")).status_code == 200
            assert not any(each.done() for each in waiting)
        assert [each.status_code for each in await asyncio.gather(*waiting)] == [201, 201, 201]
    finally:
        await holding.close()


async def _is_held_up(holding: asyncpg.Connection) -> bool:
    """Whether a request waits for the table by itself: one that shares a transaction gives it up sooner."""
    return bool(
        await holding.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            " AND query_start < clock_timestamp() - interval '1 second'"
        )
    )


async def test_a_connection_on_which_nobody_asks_is_kept_open_for_longer_than_routers_keep_theirs(
    counter: Counter,
) -> None:
    await counter.start("api")
    reader, writer = await asyncio.open_connection("127.0.0.1", counter.port)
    writer.write(b"GET /livez HTTP/1.1\r\nHost: counter\r\n\r\n")
    await writer.drain()
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    rest = asyncio.create_task(reader.read())  # until the server closes
    assert not (await asyncio.wait([rest], timeout=7))[0]  # its own default is 5 seconds
    assert SECONDS_KEPT_ALIVE > 90
    rest.cancel()
    writer.close()
    assert counter.end() == 0


async def test_every_api_shows_the_time_that_one_of_them_was_told(counter: Counter) -> None:
    await counter.start("api")
    other_environment = counter.environment | {"BULKHEAD_HTTP_PORT": str(free_port())}
    other = counter.launch("api", environment=other_environment)
    try:
        url = f"http://127.0.0.1:{other_environment['BULKHEAD_HTTP_PORT']}/v1/simulation/quiet"

        async def shown() -> datetime | None:
            async with httpx2.AsyncClient() as client:
                with suppress(httpx2.TransportError):
                    answer = await client.get(url, headers=ISSUER.headers("service"))
                    return datetime.fromisoformat(answer.json()["now"])
            return None

        async def answers() -> bool:
            return await shown() is not None

        async def shows_it() -> bool:
            return await shown() == told

        await counter.until(answers)
        told = local(date(2015, 12, 1), 3)
        await counter.clock(told)
        await counter.until(shows_it)
    finally:
        other.terminate()
        assert other.wait(timeout=20) == 0


async def test_a_request_under_way_is_finished_before_the_process_ends(counter: Counter) -> None:
    await counter.start()

    async with _slow_request(counter) as (reader, writer):
        assert counter.process is not None
        counter.process.terminate()
        await counter.until(counter.is_ending)
        assert counter.process.poll() is None
        writer.write(b'{"cents": 5}')
        await writer.drain()
        assert (await reader.readline()).startswith(b"HTTP/1.1 201")
    assert counter.process.wait(timeout=20) == 0


@asynccontextmanager
async def _slow_request(counter: Counter) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Send a request's head, and leave its body for later."""
    reader, writer = await asyncio.open_connection("127.0.0.1", counter.port)
    headers = ISSUER.headers("operator", key="slow") | {
        "Content-Type": "application/json",
        "Content-Length": "12",
        "Expect": "100-continue",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"POST /v1/households/june/deposits HTTP/1.1\r\nHost: counter\r\n{head}\r\n".encode())
    await writer.drain()
    assert (await reader.readline()).startswith(b"HTTP/1.1 100")  # it is under way, and waits for its body
    assert await reader.readline() == b"\r\n"
    try:
        yield reader, writer
    finally:
        writer.close()


async def test_it_says_what_is_missing_in_its_environment(counter: Counter) -> None:
    for variable in ("BULKHEAD_DATABASE_URL", "COUNTER_INBOX"):
        del counter.environment[variable]
    refused = counter.command("all")
    assert refused.returncode == 2
    assert refused.stderr == "COUNTER_INBOX: Field required\nBULKHEAD_DATABASE_URL: Field required\n" or (
        refused.stderr == "BULKHEAD_DATABASE_URL: Field required\nCOUNTER_INBOX: Field required\n"
    )
    assert json.loads(counter.command("openapi").stdout)["info"]["title"] == "Bulkhead counter"


async def test_duties_can_be_listed_and_run_by_command(counter: Counter) -> None:
    early = counter.command("duties", "run", "bill", "2025-12-24")
    assert (early.returncode, early.stderr[:39]) == (1, "bill of 2025-12-24 is not due before 20")
    assert counter.command("duties", "list").stdout == "0 not done\n"
    assert counter.command("duties", "run", "bill", "2015-11-30").stdout == "done\n"
    assert "2015-11-30  bill  done" in counter.command("duties", "list").stdout
    unknown = counter.command("duties", "run", "bil", "2015-12-24")
    assert (unknown.returncode, unknown.stderr) == (1, "there is no duty of this name (known: bill)\n")


async def test_what_is_noted_as_read_can_be_listed_by_command(counter: Counter) -> None:
    assert counter.command("topics", "offsets").stdout == "0 noted\n"
    connection = await asyncpg.connect(counter.environment["BULKHEAD_DATABASE_URL"])
    await connection.execute("INSERT INTO read_offsets VALUES ('payments.v1', 3, 17, '2026-01-02T00:00:00Z')")
    await connection.close()
    assert counter.command("topics", "offsets").stdout.splitlines() == [
        "payments.v1 3  17  noted 2026-01-01 19:00:00",
        "1 noted",
    ]


async def test_an_address_that_is_taken_ends_the_process_with_an_error(counter: Counter) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", counter.port))
        taken.listen()
        refused = counter.command("all")
    assert refused.returncode != 0
    assert "process_ends" in refused.stdout
