"""What an operator's commands say and end with: 0 where what was asked for is so, and with 1 where it is not."""

from __future__ import annotations

import asyncio
import runpy
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bulkhead.contracts.registry import PAYMENTS
from bulkhead.duties.ports import Postponed
from bulkhead.kernel.calendar import local
from bulkhead.persistence.event_tables import (
    ForgottenType,
    ParkedEvent,
    PartitionCount,
    PassedOverType,
    StoppedPartition,
)
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.retries.retries import RetryKind
from bulkhead.runtime.cli import build_cli
from bulkhead.runtime.cli_parts import errors_said
from bulkhead.runtime.operations import Operations
from bulkhead_testing.broker import MemoryBroker, MemoryOutbox
from bulkhead_testing.memory import MemoryDatabase

COUNTER: Any = runpy.run_path(str(Path(__file__).parents[1] / "counter.py"))
START = local(date(2015, 12, 1))
NOTHING = "no event of this household is parked here\n"


@dataclass(frozen=True, slots=True)
class Said:
    """What a command ended with and said."""

    code: int
    text: str


class Desk:
    """The counter's command line, with a database in memory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        built = COUNTER["build"](COUNTER["CounterSettings"].model_construct(None, inbox=Path("nowhere")))
        self.mails = RetryKind("mails")
        self.service = replace(built, retries=(self.mails,))
        self.database = MemoryDatabase.for_service(self.service)
        self.broker = MemoryBroker(partitions=3)
        self.now = START
        monkeypatch.setattr("bulkhead.runtime.cli.operate", self._operate)
        self._cli = build_cli("counter", COUNTER["CounterSettings"], COUNTER["build"])

    def type(self, *words: str) -> Said:
        """Return what a command says and ends with."""
        told = CliRunner().invoke(self._cli, list(words))
        return Said(told.exit_code, told.output)

    def write(self, *rows: Any) -> None:
        """Put rows into the database."""

        async def put() -> None:
            async with self.database.begin(now=self.now, households=["june", "kim"]) as uow:
                for row in rows:
                    await uow.records(type(row)).put([row])

        asyncio.run(put())

    def park(self, household: str, event: str, *, position: int = 1, kind: str = "impossible") -> None:
        """Park an event that cannot be read, whoever tries."""
        self.write(
            ParkedEvent(
                household=household,
                position=position,
                event_id=event,
                topic=PAYMENTS.name,
                partition=1,
                offset=position,
                type="PaymentReceived",
                kind=kind,
                reason="",
                state="parked",
                parked_at=START,
                settled_at=None,
                discard_reason=None,
                value=b"{not json",
            )
        )

    def _operate(
        self, _settings: Any, _build: Any, work: Callable[[Operations], Awaitable[None]], **_how: Any
    ) -> None:
        async def run() -> None:
            await work(
                Operations(
                    service=self.service,
                    uows=self.database,
                    broker=self.broker,
                    outbox=MemoryOutbox(self.database),
                    now=self.now,
                )
            )

        with errors_said():
            asyncio.run(run())


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The counter's command line, with an empty database."""
    return Desk(monkeypatch)


def test_a_replay_that_leaves_something_parked_ends_with_1(desk: Desk) -> None:
    desk.park("june", "e-1")
    said = desk.type("parked", "replay", "june")
    assert (said.code, said.text.partition(":")[0]) == (1, "0 replayed, 1 left")
    assert desk.type("parked", "replay", "--all") == Said(
        1, "1 households: 0 events replayed, 1 households still parked\n"
    )


def test_a_replay_that_finds_nothing_parked_is_at_its_good_end(desk: Desk) -> None:
    assert desk.type("parked", "replay", "june") == Said(0, NOTHING)
    assert desk.type("parked", "replay", "--all").code == 0


@pytest.mark.parametrize("cause", ["bgu", "Impossible", "impossible:", "a bug"])
def test_a_cause_of_no_kind_is_refused_with_the_kinds_there_are(desk: Desk, cause: str) -> None:
    desk.park("june", "e-1")
    said = desk.type("parked", "replay", "--all", "--cause", cause)
    assert said.code == 1
    assert "one of malformed, unknown, impossible, poison, bug, behind" in said.text
    assert desk.type("parked", "replay", "--all", "--cause", "bug: KeyError").code == 0


def test_what_is_discarded_twice_takes_nothing_else_with_it(desk: Desk) -> None:
    desk.park("june", "e-1")
    desk.park("june", "e-2", position=2, kind="behind")
    discard = ("parked", "discard", "june", "e-1", "--reason", "noise")
    said = desk.type(*discard)
    assert (said.code, said.text.splitlines()[-1]) == (0, "discarded PaymentReceived e-1")
    assert desk.type(*discard) == Said(1, "this event is parked no more: it is discarded\n")
    assert desk.type("parked", "discard", "june", "e-3", "--reason", "noise") == Said(
        1, "no such event of this household is parked here\n"
    )
    assert desk.type("parked", "list").text.endswith("  e-2  behind  \n1 parked\n")
    assert desk.type("parked", "discard", "june", "--reason", "noise").code == 2


def test_a_duty_that_waits_ends_with_1_and_one_that_is_done_with_0(desk: Desk) -> None:
    waits = True

    async def run(_uow: UnitOfWork, _on: date, _households: list[str]) -> None:
        if waits:
            raise Postponed("the books are open", on="books")

    (bill,) = (each for each in desk.service.duties if each.name == "bill")
    desk.service = replace(desk.service, duties=(replace(bill, run=run, households=None, finish=None),))
    desk.now = START + timedelta(days=3)
    assert desk.type("duties", "run", "bill", "2015-12-02") == Said(1, "waiting: the books are open\n")
    waits = False
    assert desk.type("duties", "run", "bill", "2015-12-02") == Said(0, "done\n")
    assert desk.type("duties", "run", "bill", "2015-12-02") == Said(0, "done\n")


def test_a_duty_that_is_done_without_somebody_says_so_and_ends_with_1(desk: Desk) -> None:
    bad = {"bob", "dan"}

    async def households(_uow: UnitOfWork, _on: date, after: str, limit: int) -> list[str]:
        return [each for each in ("ann", "bob", "cyd", "dan") if each > after][:limit]

    async def run(_uow: UnitOfWork, _on: date, households: list[str]) -> None:
        if bad.intersection(households):
            raise KeyError

    (bill,) = (each for each in desk.service.duties if each.name == "bill")
    bill = replace(bill, run=run, households=households, finish=None)
    desk.service = replace(desk.service, duties=(bill,))
    desk.now = START + timedelta(days=3)
    said = desk.type("duties", "run", "bill", "2015-12-02")
    assert (said.code, said.text.splitlines()[-1]) == (1, "done, 2 left aside")
    assert desk.type("duties", "run", "bill", "2015-12-02") == Said(1, "done, 2 left aside\n")
    assert desk.type("retries", "list", "--kind", "duties").text.endswith("2 waiting\n")


def test_only_what_is_read_here_and_stopped_is_released(desk: Desk) -> None:
    desk.write(
        PartitionCount(topic=PAYMENTS.name, partitions=3),
        StoppedPartition(
            topic=PAYMENTS.name,
            partition=2,
            type="PaymentReceived",
            event_id="e-1",
            fault="bug: KeyError",
            stopped_at=START,
            retry_at=START + timedelta(seconds=5),
            released=False,
        ),
    )
    topics = ", ".join(sorted(each.name for each in desk.service.subscribes))
    release = ("topics", "release")
    assert desk.type(*release, "enrolment.policies.v1", "3") == Said(
        1, f"TOPIC is not read here: {topics} are\n"
    )
    assert desk.type(*release, PAYMENTS.name, "99") == Said(1, "PARTITION is not read here: 0 to 2 are\n")
    assert desk.type(*release, PAYMENTS.name, "1") == Said(
        1, f"this partition is not stopped: {PAYMENTS.name} 2 is\n"
    )
    stopped = f"stopped  {PAYMENTS.name} 2  PaymentReceived  e-1  bug: KeyError  "
    assert desk.type("topics", "list").text.startswith(f"{stopped}next 2015-12-01 00:00:05\n")
    assert desk.type(*release, PAYMENTS.name, "2") == Said(0, f"released {PAYMENTS.name} 2\n")
    assert desk.type("topics", "list").text.startswith(f"{stopped}released\n")


def test_only_what_is_passed_over_is_forgotten_in_every_partition_and_by_whom_is_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bulkhead.runtime.cli.who_asks", lambda: "olga")
    for partition, version in ((0, 1), (2, 1), (2, 2)):
        desk.write(
            PassedOverType(
                topic=PAYMENTS.name,
                partition=partition,
                type="VaultMoved",
                version=version,
                events=3,
                first_offset=4,
                first_event="e-1",
                through_offset=8,
                first_at=START,
                latest_at=START,
            )
        )
    forget = ("topics", "forget", PAYMENTS.name)
    there = f"this type is not passed over: {PAYMENTS.name} VaultMoved v"
    reason = ("--reason", "taken back")
    assert desk.type(*forget, "VaultMovd", "1", *reason) == Said(
        1, f"{there}1, {PAYMENTS.name} VaultMoved v2 is\n"
    )
    assert desk.type(*forget, "VaultMoved", "1").code == 2
    assert desk.type(*forget, "VaultMoved", "1", "--reason", " ").code == 1
    said = desk.type(*forget, "VaultMoved", "1", *reason)
    assert (said.code, said.text.splitlines()[-1]) == (
        0, f"forgotten {PAYMENTS.name} VaultMoved v1, 6 events"
    )  # fmt: skip
    assert desk.type(*forget, "VaultMoved", "1", *reason) == Said(1, f"{there}2 is\n")
    assert [(each.partition, each.version) for each in desk.database.rows(PassedOverType)] == [(2, 2)]
    (kept,) = desk.database.rows(ForgottenType)
    assert (kept.version, kept.events, kept.forgotten_at, kept.forgotten_by, kept.reason) == (
        1, 6, START, "olga", "taken back"
    )  # fmt: skip
    assert desk.type(*forget, "VaultMoved", "2", *reason).code == 0
    assert desk.type(*forget, "VaultMoved", "2", *reason) == Said(
        1, "this type is not passed over: none is\n"
    )


def test_only_what_failed_is_tried_now(desk: Desk) -> None:
    async def put_off() -> None:
        async with desk.database.begin(now=desk.now) as uow:
            await desk.mails.put_off(uow, "m-1", because="no answer")

    asyncio.run(put_off())
    assert desk.type("retries", "now", "mails", "m-2") == Said(
        1, "no such item of mails has failed and waits: `retries list --kind mails` names them\n"
    )
    assert desk.type("retries", "now", "mails", "m-1") == Said(0, "1 tried now\n")
    assert desk.type("retries", "now", "mail").code == 1
    assert desk.type("retries", "now", "duties") == Said(0, "0 tried now\n")
