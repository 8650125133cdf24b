"""How many events a second go from one service's commit to another service's commit, and how long one takes.

Four processes as in production: a writer, a relay, a consumer, and this one, which starts them, on a real
PostgreSQL and a real Kafka. Measured in each run: a backlog drained end to end, then events at a paced rate.
Beside it, in the same run and on the same broker, what aiokafka alone does with the same bytes: produce with
acks=all and read with getmany.

    make bench NAME=relay OPTIONS="--events 100000 --seconds 10 --rate 1000 --partitions 64 --runs 5"
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "deploy/local"))

from bench._intake import machine  # noqa: E402
from bulkhead.contracts.registry import PAYMENTS  # noqa: E402
from bulkhead.messaging.consumer import Consumer  # noqa: E402
from bulkhead.messaging.kafka import KafkaBroker  # noqa: E402
from bulkhead.messaging.kafka_settings import KafkaSettings  # noqa: E402
from bulkhead.messaging.partitioning import partition_of  # noqa: E402
from bulkhead.messaging.postgres_outbox import PostgresOutbox  # noqa: E402
from bulkhead.messaging.relay import Relay  # noqa: E402
from bulkhead.persistence.event_tables import OutboxRecord  # noqa: E402
from bulkhead.persistence.ports import UnitOfWork  # noqa: E402
from bulkhead.persistence.postgres import PostgresDatabase  # noqa: E402
from bulkhead.service import Received, Service  # noqa: E402
from bulkhead_local import Backing as LocalBacking  # noqa: E402
from bulkhead_testing.backing import Backing, Databases, delete_topics  # noqa: E402
from bulkhead_testing.suites.example import BOOKKEEPER, TELLER, Entry, PaymentReceived, bookkeeper, teller  # noqa: E402

HOUSEHOLDS = 20_000
EVENTS_A_TRANSACTION = 100
EVENTS_A_PACED_TRANSACTION = 2
WARM_UP = 5_000
NOW = datetime(2016, 1, 5, 15, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Where everything is, and how much of it is wanted; handed to every process."""

    teller: str
    bookkeeper: str
    kafka: str
    prefix: str
    partitions: int
    events: int
    rate: int
    seconds: int

    def broker(self) -> KafkaBroker:
        """Return a connection to Kafka."""
        return KafkaBroker(
            KafkaSettings(bootstrap=self.kafka, prefix=self.prefix, partitions=self.partitions)
        )

    @property
    def topic(self) -> str:
        """The topic's name on Kafka."""
        return self.prefix + PAYMENTS.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """The bookkeeper's fact here: with the instant it was said at."""

    payment: str
    cents: int
    known_at: datetime


# --- the writer ---------------------------------------------------------------------------------------------


async def write(setup: Setup, first: int, count: int) -> None:
    """Commit a backlog of events, a hundred to a transaction."""
    database = PostgresDatabase.for_service(teller(), url=setup.teller)
    for start in range(first, first + count, EVENTS_A_TRANSACTION):
        numbers = range(start, min(first + count, start + EVENTS_A_TRANSACTION))
        households = {number: f"household-{number * 7919 % HOUSEHOLDS:05d}" for number in numbers}
        async with database.begin(now=NOW, households=households.values()) as uow:
            for number, household in households.items():
                payment = PaymentReceived(household=household, payment=f"payment-{number:08d}", cents=12_345)
                uow.emit(payment, household=household)
    await database.close()


async def pace(setup: Setup) -> None:
    """Commit events at an even rate, two to a transaction: about what one payment says."""
    database = PostgresDatabase.for_service(teller(), url=setup.teller)
    loop = asyncio.get_running_loop()
    _settle()
    began = loop.time()
    free = asyncio.Semaphore(8)
    tasks: set[asyncio.Task[None]] = set()

    async def commit(number: int) -> None:
        household = f"household-{number * 7919 % HOUSEHOLDS:05d}"
        said_at = datetime.now(UTC)
        async with database.begin(now=said_at, households=[household]) as uow:
            for part in range(EVENTS_A_PACED_TRANSACTION):
                payment = f"paced-{number:08d}-{part}"
                uow.emit(
                    PaymentReceived(household=household, payment=payment, cents=12_345, known_at=said_at),
                    household=household,
                )
        free.release()

    for number in range(setup.rate * setup.seconds // EVENTS_A_PACED_TRANSACTION):
        await free.acquire()
        ahead = began + number * EVENTS_A_PACED_TRANSACTION / setup.rate - loop.time()
        if ahead > 0:
            await asyncio.sleep(ahead)
        task = asyncio.create_task(commit(number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    print(json.dumps({"seconds": loop.time() - began}), flush=True)
    await database.close()


# --- relay and consumer -------------------------------------------------------------------------------------


async def relay(setup: Setup) -> None:
    """Relay, once told to begin, until told to stop."""
    broker = setup.broker()
    await broker.partitions(PAYMENTS.name)
    turning = Relay(outbox=PostgresOutbox(url=setup.teller, name="teller"), broker=broker)
    _settle()
    print(json.dumps({"ready": True}), flush=True)
    sys.stdin.readline()
    await _until_told(turning.turn, idle_seconds=0.005)
    await turning.close()
    await broker.close()


async def consume(setup: Setup) -> None:
    """Consume until told to stop; print how many had their effect when, and how long each took."""
    database = PostgresDatabase.for_service(bookkeeper(), url=setup.bookkeeper)
    broker = setup.broker()
    ages: list[float] = []
    batch: list[float] = []

    async def handle(uow: UnitOfWork, received: Sequence[Received]) -> None:
        entries: list[Entry] = []
        batch.clear()
        for each in received:
            entries.append(
                Entry(
                    payment=each.fact.payment,
                    household=each.household or "",
                    position=1,
                    cents=each.fact.cents,
                )
            )
            batch.append(each.fact.known_at.timestamp())
        await uow.records(Entry).add(entries)

    declared = bookkeeper()
    service: Service = replace(
        declared, handle=handle, inbound=dict.fromkeys(list(declared.inbound)[:1], Timed)
    )
    consumer = Consumer(service=service, uows=database, broker=broker, now=lambda: NOW)

    async def turn() -> int:
        done = await consumer.turn(wait_seconds=0.2)
        if done:
            now = time.time()
            ages.extend(now - said for said in batch)
            print(json.dumps({"handled": consumer.handled, "at": now}), flush=True)
        return done

    while not await consumer.caught_up():
        await turn()
    _settle()
    print(json.dumps({"ready": True}), flush=True)
    await _until_told(turn, idle_seconds=0)
    print(json.dumps({"ages": ages}), flush=True)
    await consumer.close()
    await broker.close()
    await database.close()


def _settle() -> None:
    """Take what the program itself consists of out of the garbage collector's sight, as a service does when
    it has started.
    """
    gc.collect()
    gc.freeze()


async def _until_told(turn: Any, *, idle_seconds: float) -> None:
    """Take turns until standard input ends."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), lambda: ended.set() if not os.read(sys.stdin.fileno(), 1) else None)
    while not ended.is_set():
        if not await turn():
            await asyncio.sleep(idle_seconds)


# --- aiokafka alone -----------------------------------------------------------------------------------------


async def produce_bare(setup: Setup) -> None:
    """Produce the same bytes to the same partitions with aiokafka alone, in blocks of 5,000."""
    database = PostgresDatabase.for_service(teller(), url=setup.teller)
    async with database.begin(now=NOW) as uow:
        records = await uow.records(OutboxRecord).select(order_by=["seq"], limit=setup.events)
    await database.close()
    messages = [
        (partition_of(each.household or "", setup.partitions), (each.household or "").encode(), each.envelope)
        for each in records
    ]
    producer = AIOKafkaProducer(
        bootstrap_servers=setup.kafka, enable_idempotence=True, acks="all", linger_ms=5
    )
    await producer.start()
    topic = f"{setup.prefix}bare"
    await producer.partitions_for(topic)
    print(json.dumps({"ready": len(messages)}), flush=True)
    sys.stdin.readline()
    began = time.time()
    for start in range(0, len(messages), 5_000):
        futures = [
            await producer.send(topic, value, key=key, partition=partition)
            for partition, key, value in messages[start : start + 5_000]
        ]
        await asyncio.gather(*futures)
    print(json.dumps({"began": began, "ended": time.time()}), flush=True)
    await producer.stop()


async def consume_bare(setup: Setup) -> None:
    """Read the same messages with getmany alone."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=setup.kafka, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    places = [TopicPartition(f"{setup.prefix}bare", number) for number in range(setup.partitions)]
    consumer.assign(places)
    await consumer.seek_to_beginning(*places)
    print(json.dumps({"ready": True}), flush=True)
    seen = 0
    while seen < setup.events:
        found = await consumer.getmany(timeout_ms=1000)
        seen += sum(len(each) for each in found.values())
    print(json.dumps({"ended": time.time()}), flush=True)
    await consumer.stop()


# --- the measurements ---------------------------------------------------------------------------------------

ROLES = {
    "pace": pace,
    "relay": relay,
    "consume": consume,
    "produce_bare": produce_bare,
    "consume_bare": consume_bare,
}


class Process:
    """One of the processes, and what it says."""

    def __init__(self, role: str, setup: Setup) -> None:
        given = {name: getattr(setup, name) for name in setup.__slots__}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.relay", "--role", role, "--setup", json.dumps(given)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lines: Queue[dict[str, Any] | None] = Queue()
        Thread(target=self._listen, daemon=True).start()

    def said(self) -> dict[str, Any]:
        """Return the next thing it says."""
        found = self._lines.get()
        if found is None:
            raise SystemExit("a process of the benchmark ended before it was told to")
        return found

    def _listen(self) -> None:
        # At all times, whatever we do meanwhile: a process whose pipe is full stands still.
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(json.loads(line))
        self._lines.put(None)

    def go(self) -> None:
        """Let it begin."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def until_handled(self, count: int) -> float:
        """Return when so many events had their effect."""
        while True:
            said = self.said()
            if said.get("handled", 0) >= count:
                return float(said["at"])

    def end(self) -> list[dict[str, Any]]:
        """Tell it to stop, and return what it still had to say."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        rest: list[dict[str, Any]] = []
        while (line := self._lines.get()) is not None:
            rest.append(line)
        self._process.wait()
        return rest


@dataclass(frozen=True, slots=True)
class Run:
    """What one run came to, in events a second; ``ages`` are the paced events' seconds, sorted."""

    ours: float
    bare: float
    ages: list[float]

    def __str__(self) -> str:
        quantiles = ", ".join(
            f"p{share} {1000 * self.ages[int(len(self.ages) * share / 100)]:.1f} ms" for share in (50, 95, 99)
        )
        return (
            f"ours {self.ours:,.0f}/s, aiokafka {self.bare:,.0f}/s; paced, from commit to commit: {quantiles}"
        )


def run(setup: Setup) -> Run:
    """Drain a backlog, take paced events through, and let aiokafka do the same alone."""
    consumer = Process("consume", setup)
    consumer.said()
    asyncio.run(write(setup, 0, WARM_UP))
    relaying = Process("relay", setup)
    relaying.said()
    relaying.go()
    consumer.until_handled(WARM_UP)
    relaying.end()
    asyncio.run(write(setup, WARM_UP, setup.events))

    relaying = Process("relay", setup)
    relaying.said()
    began = time.time()
    relaying.go()
    ended = consumer.until_handled(WARM_UP + setup.events)

    pacing = Process("pace", setup)
    paced = setup.rate * setup.seconds
    pacing.said()
    consumer.until_handled(WARM_UP + setup.events + paced)
    relaying.end()
    ages = sorted(consumer.end()[-1]["ages"][-paced:])

    asyncio.run(_make_topic(setup))
    reading = Process("consume_bare", setup)
    reading.said()
    producing = Process("produce_bare", setup)
    producing.said()
    producing.go()
    produced = producing.said()
    read = reading.said()
    return Run(
        ours=setup.events / (ended - began),
        bare=setup.events / (read["ended"] - produced["began"]),
        ages=ages,
    )


def measure(given: argparse.Namespace, backing: Backing, databases: Databases, prefix: str) -> None:
    """Run as often as wanted, each time on new databases and topics, and print the figures."""
    print(
        f"relay: {given.events:,} events a run, {HOUSEHOLDS:,} households, {given.partitions} partitions, then"
        f" {given.rate:,} events/s for {given.seconds} s, {machine()}",
        flush=True,
    )
    ratios = list[float]()
    for number in range(1, given.runs + 1):
        setup = Setup(
            teller=databases.fresh(TELLER),
            bookkeeper=databases.fresh(BOOKKEEPER),
            kafka=backing.kafka_bootstrap,
            prefix=f"{prefix}{number}.",
            partitions=given.partitions,
            events=given.events,
            rate=given.rate,
            seconds=given.seconds,
        )
        done = run(setup)
        ratios.append(done.ours / done.bare)
        print(f"  run {number}: {done}", flush=True)
        databases.drop(setup.teller)
        databases.drop(setup.bookkeeper)
    print(
        f"ratio: {statistics.median(ratios):.2f} of aiokafka alone"
        f" ({min(ratios):.2f} … {max(ratios):.2f} of {given.runs} runs)"
    )


async def _make_topic(setup: Setup) -> None:
    broker = setup.broker()
    await broker.partitions("bare")
    await broker.close()


def main() -> None:
    """Read the arguments; run one process's part, or everything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--partitions", type=int, default=64)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--role", choices=sorted(ROLES), help=argparse.SUPPRESS)
    parser.add_argument("--setup", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.role:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(ROLES[given.role](Setup(**json.loads(given.setup))))
        return
    backing = Backing(LocalBacking.ensure)
    databases = Databases(administrator_url=backing.postgres_url)
    prefix = f"bench-{secrets.token_hex(4)}."
    try:
        measure(given, backing, databases, prefix)
    finally:
        databases.drop_all()
        asyncio.run(delete_topics(bootstrap=backing.kafka_bootstrap, prefix=prefix))


if __name__ == "__main__":
    main()
