"""Loops, the work of a service, and what it tells of itself: in memory, on loops that really run."""

from __future__ import annotations

import asyncio
import runpy
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bulkhead.clock import ClockCannotGoBack, SimulatedClock, WallClock
from bulkhead.contracts.registry import PAYMENTS
from bulkhead.duties.runner import DutyRunner
from bulkhead.kernel.calendar import in_exchange_time, local
from bulkhead.kernel.errors import InvalidValue, Retryable
from bulkhead.messaging.arrivals import event_id_of
from bulkhead.messaging.relay import Relay
from bulkhead.persistence.event_tables import ConsumerOffset, ForgottenType, InboxRecord, PassedOverType
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.policy import PolicyError
from bulkhead.runtime.addresses import is_http
from bulkhead.runtime.cli import build_cli
from bulkhead.runtime.loops import Loop, OnBug, in_vain_next
from bulkhead.runtime.settings import Settings
from bulkhead.runtime.work import NoWork, Pace, Work
from bulkhead.service import Received, Service
from bulkhead.web.app import create_app
from bulkhead.web.auth import Role
from bulkhead.web.idempotency import Answer, RequestKey, forget_old_answers
from bulkhead.web.simulation import QuietView
from bulkhead.web.tables import IdempotencyRecord
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.broker import MemoryBroker, MemoryOutbox, MemoryRetention
from bulkhead_testing.memory import MemoryDatabase
from bulkhead_testing.web import client_of

COUNTER = runpy.run_path(str(Path(__file__).parents[1] / "counter.py"))
START = date(2015, 12, 1)
FAST = Pace(
    relay=0.005,
    consumer=0.0,
    duties=0.005,
    pollers=0.005,
    longest_wait=0.01,
    apart=0.0,
    in_vain=0.0,
    longest_in_vain=0.0,
)


class Steps:
    """A turn that does what a test says, step by step."""

    def __init__(self, *steps: int | BaseException) -> None:
        self.steps = list(steps)
        self.taken = 0
        self.over = asyncio.Event()

    async def __call__(self) -> int:
        self.taken += 1
        if not self.steps:
            self.over.set()
            return 0
        step = self.steps.pop(0)
        if isinstance(step, BaseException):
            raise step
        return step


def loop_of(
    turn: Steps, *, progressed: list[str], on_bug: OnBug = "exit", longest_wait: float = 0.01
) -> Loop:
    return Loop(
        name="steps",
        turn=turn,
        idle_seconds=30.0,
        longest_wait_seconds=longest_wait,
        progressed=lambda: progressed.append("progressed"),
        on_bug=on_bug,
    )


async def test_a_loop_goes_on_while_there_is_work_then_rests_until_it_is_woken() -> None:
    turn, progressed = Steps(2, 3), list[str]()
    loop = loop_of(turn, progressed=progressed)
    task = asyncio.create_task(loop.run())
    await turn.over.wait()
    assert (turn.taken, loop.done, len(progressed)) == (3, 5, 2)
    turn.over.clear()
    loop.wake()
    assert loop.attentive
    await turn.over.wait()
    assert turn.taken == 4
    loop.stop()
    await task


async def test_a_loop_waits_out_what_is_away_and_stays_attentive() -> None:
    turn = Steps(Retryable("away"), Retryable("away"), 1)
    loop = loop_of(turn, progressed=[])
    loop.wake()
    task = asyncio.create_task(loop.run())
    await asyncio.sleep(0)
    assert loop.attentive
    await turn.over.wait()
    assert loop.done == 1
    await asyncio.sleep(0)
    assert not loop.attentive
    loop.stop()
    await task


async def test_what_is_away_for_hours_ends_no_loop() -> None:
    turn = Steps(*[Retryable("away")] * 2000, 1)
    loop = loop_of(turn, progressed=[], longest_wait=0.0)
    task = asyncio.create_task(loop.run())
    await asyncio.wait([task, asyncio.create_task(turn.over.wait())], return_when=asyncio.FIRST_COMPLETED)
    assert loop.done == 1
    loop.stop()
    await task


async def test_a_bug_ends_a_loop_or_is_waited_out_as_declared() -> None:
    with pytest.raises(ZeroDivisionError):
        await loop_of(Steps(ZeroDivisionError()), progressed=[]).run()
    turn = Steps(ZeroDivisionError(), 1)
    loop = loop_of(turn, progressed=[], on_bug="retry")
    task = asyncio.create_task(loop.run())
    await turn.over.wait()
    assert loop.done == 1
    loop.stop()
    await task


async def test_a_stopped_loop_takes_no_further_turn() -> None:
    turn = Steps(1, 1)
    loop = loop_of(turn, progressed=[])
    loop.stop()
    await loop.run()
    assert turn.taken == 0


@pytest.mark.parametrize(("steps", "apart", "in_vain"), [((), 3600.0, 0.0), ((2, 3), 0.0, 3600.0)])
async def test_what_wakes_a_loop_in_between_is_looked_at_in_one_turn(
    steps: tuple[int, ...], apart: float, in_vain: float
) -> None:
    turn = Steps(*steps)
    loop = Loop(
        name="steps",
        turn=turn,
        idle_seconds=30.0,
        longest_wait_seconds=0.01,
        progressed=lambda: None,
        apart_seconds=apart,
        in_vain_seconds=in_vain,
    )
    task = asyncio.create_task(loop.run())
    await turn.over.wait()
    for _ in range(3):
        loop.wake()
        await asyncio.sleep(0)
    assert (turn.taken, loop.in_hand) == (len(steps) + 1, True)
    loop.stop()
    await task
    assert turn.taken == len(steps) + 1


def test_who_is_woken_in_vain_again_and_again_looks_half_as_often_each_time() -> None:
    waits = [0.005]
    for _ in range(8):
        waits.append(in_vain_next(waits[-1], again=True, first=0.005, longest=0.5))
    assert waits == [0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.5, 0.5]
    assert in_vain_next(0.5, again=False, first=0.005, longest=0.5) == 0.005


class Place:
    """A counter in memory: database, broker, clock, API and work."""

    def __init__(self, folder: Path) -> None:
        settings = COUNTER["CounterSettings"].model_construct(None, inbox=folder)
        self.service = COUNTER["build"](settings)
        self.database = MemoryDatabase.for_service(self.service)
        self.broker = MemoryBroker(partitions=3)
        self.retention = MemoryRetention()
        self.issuer = TestIssuer()
        self.seconds = 0.0
        self.compared = 0

    async def compare(self) -> None:
        self.compared += 1

    async def open(self) -> None:
        self.clock = await SimulatedClock.load(self.database, start=START)
        await DutyRunner(self.service.duties, self.database).open(self.clock.now())
        self.work = Work(
            service=self.service,
            uows=self.database,
            clock=self.clock,
            broker=self.broker,
            relay=Relay(outbox=MemoryOutbox(self.database), broker=self.broker),
            retention=self.retention,
            pace=FAST,
            elapsed_seconds=lambda: self.seconds,
            require_known=self.compare,
        )
        app = create_app(
            service=self.service,
            uows=self.database,
            clock=self.clock,
            verifier=self.issuer.verifier(),
            progress=self.work,
            changed=self.work.wake,
        )
        self.client = client_of(app)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(loop.run()) for loop in self.work.loops]
        try:
            yield
        finally:
            self.work.stop()
            await asyncio.gather(*tasks)
            await self.work.close()

    async def deposit(self, cents: int, *, key: str, household: str = "june") -> None:
        answer = await self.client.post(
            f"/v1/households/{household}/deposits",
            json={"cents": cents},
            headers=self.issuer.headers("operator", key=key),
        )
        assert answer.status_code == 201

    async def set_clock(self, to: datetime) -> int:
        answer = await self.client.put(
            "/v1/simulation/clock", json={"now": to.isoformat()}, headers=self.issuer.headers("service")
        )
        return answer.status_code

    async def look(self) -> dict[str, Any]:
        answer = await self.client.get("/v1/simulation/quiet", headers=self.issuer.headers("service"))
        return answer.json()

    async def first_quiet(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            while any((look := await self.look())["busy"].values()):  # noqa: ASYNC110 - as from outside
                await asyncio.sleep(0)
        return look

    async def asked(
        self, operation: str, *, times: int, but_hold: Mapping[str, asyncio.Event] | None = None
    ) -> None:
        """Return when the broker was asked for this so often; what is held waits for its event, even afterwards."""
        left, done = times, asyncio.Event()

        async def interrupt(each: str) -> None:
            nonlocal left
            left -= each == operation
            if left == 0:
                done.set()
            if but_hold is not None and each in but_hold:
                await but_hold[each].wait()

        self.broker.interrupt = interrupt
        async with asyncio.timeout(10):
            await done.wait()

    @property
    def tallies(self) -> dict[str, tuple[int, int, int]]:
        rows = self.database.rows(COUNTER["Tally"])
        return {row.household: (row.deposited, row.heard, row.bills) for row in rows}


@pytest.fixture
async def place(tmp_path: Path) -> Place:
    found = Place(tmp_path)
    await found.open()
    return found


@pytest.mark.parametrize("yields", range(12))
async def test_it_says_it_is_quiet_only_when_it_is(place: Place, yields: int) -> None:
    async with place.running():
        await place.set_clock(local(date(2015, 12, 5), 1))
        await place.first_quiet()
        await place.deposit(500, key="k1")  # the bill of the 5th waits until this has been heard
        await place.set_clock(local(date(2015, 12, 5), 3))
        for _ in range(yields):
            await asyncio.sleep(0)
        look = await place.first_quiet()
        assert place.tallies == {"june": (500, 500, 1)}
        assert look["waiting_duties"] == []
        assert look["next_due_at"] == "2015-12-06T02:00:00-05:00"
        assert look["counters"] == {
            "published": 1,
            "consumed": 1,
            "parked": 0,
            "duties_done": 5,
            "inbox_done": 0,
        }


async def test_a_file_that_arrived_is_left_to_do_until_it_is_done(place: Place, tmp_path: Path) -> None:
    (tmp_path / "max.txt").write_text("70")
    assert (await place.look())["busy"]["inbox"] == 1
    async with place.running():
        await place.first_quiet()
        assert place.tallies == {"max": (70, 70, 0)}


async def test_what_prunes_is_told_at_the_start_how_far_everything_is_read(place: Place) -> None:
    async with place.running():
        await place.deposit(500, key="k1")
        await place.first_quiet()
    place.retention.read = {}
    await place.open()
    async with place.running(), asyncio.timeout(5):
        while not place.retention.read:  # noqa: ASYNC110 - the loop sets no event
            await asyncio.sleep(0)
    assert sum(place.retention.read.values()) == 1


async def test_with_the_broker_away_nobody_knows_the_lag_and_duties_go_on_after_a_while(place: Place) -> None:
    place.broker.away = True
    await place.deposit(500, key="k1")
    await place.set_clock(local(date(2015, 12, 1), 3))
    async with place.running():
        await place.asked("subscribe", times=10)
        look = await place.look()
        assert look["away"] == ["broker"]
        assert look["busy"] == {
            "outbox": 1,
            "lag": 1,
            "duties": 1,
            "moving": look["busy"]["moving"],
            "inbox": 0,
        }
        place.seconds += 10
        async with asyncio.timeout(5):
            while (await place.look())["busy"]["duties"]:  # noqa: ASYNC110 - as from outside
                await asyncio.sleep(0)
        assert place.tallies == {"june": (500, 0, 1)}
        place.broker.away = False
        await place.first_quiet()
        assert place.tallies == {"june": (500, 500, 1)}


async def test_duties_wait_until_what_was_there_at_the_start_is_known(place: Place) -> None:
    async with place.running():
        for number in range(20):
            await place.deposit(1, key=f"k{number}")
        await place.first_quiet()
    # The same place, started anew, with everything to be read again, and nothing read for the time being.
    place.broker.deliver_again("counter")
    await place.open()
    await place.set_clock(local(date(2015, 12, 1), 3))
    read = asyncio.Event()
    async with place.running():
        await place.asked("caught up", times=3, but_hold={"fetch": read})
        assert place.tallies == {"june": (20, 20, 0)}
        read.set()
        await place.first_quiet()
        assert place.tallies == {"june": (20, 20, 1)}


async def test_a_database_that_was_away_is_compared_again_with_what_was_said(place: Place) -> None:
    missed = asyncio.Event()

    async def interrupt(operation: str) -> None:
        if operation == "read outbox":
            missed.set()

    async with place.running():
        await place.deposit(500, key="k1")
        await place.first_quiet()
        place.broker.away = True
        await place.deposit(500, key="k2")
        await place.asked("publish", times=3)
        place.broker.away = False
        await place.first_quiet()
        assert place.compared == 1  # the broker keeps what it was told
        place.database.interrupt, place.database.away = interrupt, True
        async with asyncio.timeout(5):
            await missed.wait()
        place.database.away = False
        async with asyncio.timeout(5):
            while place.compared == 1:  # noqa: ASYNC110 - as from outside
                await asyncio.sleep(0)


async def test_duties_wait_again_when_another_database_was_put_in_the_place_of_this_one(place: Place) -> None:
    begun_anew, read = asyncio.Event(), asyncio.Event()

    async def interrupt(operation: str) -> None:
        if operation == "subscribe":
            begun_anew.set()
        if operation == "fetch" and begun_anew.is_set():
            await read.wait()

    async with place.running():
        await place.deposit(1, key="k0")
        await place.first_quiet()
        async with place.database.begin(now=place.clock.now()) as uow:
            await uow.records(ConsumerOffset).remove(partition__ge=0)  # as a backup of the first day has it
        place.broker.interrupt = interrupt
        try:
            await place.deposit(1, key="k1")
            async with asyncio.timeout(5):
                await begun_anew.wait()
            await place.set_clock(local(date(2015, 12, 1), 3))
            await place.asked("caught up", times=3, but_hold={"fetch": read})
            assert place.tallies == {"june": (2, 1, 0)}
        finally:
            read.set()
        await place.first_quiet()
        assert place.tallies == {"june": (2, 2, 1)}


async def test_duties_wait_while_a_partition_is_read_again_for_what_was_passed_over(place: Place) -> None:
    again, read = asyncio.Event(), asyncio.Event()
    heard = place.service.handle

    async def handle(uow: UnitOfWork, batch: Sequence[Received]) -> None:
        if place.database.rows(PassedOverType):
            again.set()
            await read.wait()
        await heard(uow, batch)

    place.service = replace(place.service, handle=handle)
    await place.open()
    async with place.running():
        await place.deposit(1, key="k0")
        await place.deposit(1, key="k1")
        await place.first_quiet()
        first = place.broker.messages(PAYMENTS.name)[0]
        event_id = str(event_id_of(first))
        async with place.database.begin(now=place.clock.now()) as uow:
            # As an older reader left it, that had not heard of the type.
            await uow.records(InboxRecord).remove(event_id=event_id)
            await uow.records(PassedOverType).put(
                [
                    PassedOverType(
                        topic=first.topic,
                        partition=first.partition,
                        type="PaymentRefunded",
                        version=1,
                        events=1,
                        first_offset=0,
                        first_event=event_id,
                        through_offset=0,
                        first_at=uow.now,
                        latest_at=uow.now,
                    )
                ]
            )
        place.broker.deliver_again("counter", messages=0)  # as when another member has left the group
        try:
            async with asyncio.timeout(5):
                await again.wait()
            await place.set_clock(local(date(2015, 12, 1), 3))
            await place.asked("caught up", times=3)
            assert place.tallies == {"june": (2, 2, 0)}
        finally:
            read.set()
        await place.first_quiet()
        assert place.tallies == {"june": (2, 3, 1)}
        assert place.database.rows(PassedOverType) == []


async def test_duties_wait_until_a_partition_that_was_given_is_looked_at(place: Place) -> None:
    looks, read = asyncio.Event(), asyncio.Event()

    async def interrupt(operation: str) -> None:
        if operation == "fetch" and looks.is_set():
            await read.wait()

    async with place.running():
        await place.deposit(1, key="k0")
        await place.first_quiet()
        place.broker.interrupt = interrupt
        looks.set()
        await place.asked("fetch", times=1, but_hold={"fetch": read})
        place.broker.deliver_again("counter", messages=0)  # as when another member has left the group
        await place.set_clock(local(date(2015, 12, 1), 3))
        try:
            for _ in range(4):
                assert (await place.look())["busy"]["duties"] == 1
            assert place.tallies == {"june": (1, 1, 0)}
        finally:
            read.set()
        await place.first_quiet()
        assert place.tallies == {"june": (1, 1, 1)}


async def test_that_the_broker_goes_away_while_it_is_asked_what_is_known_begins_no_duty_at_once(
    place: Place,
) -> None:
    async def interrupt(operation: str) -> None:
        if operation in ("fetch", "caught up"):
            raise Retryable("the broker is away")

    await place.deposit(1, key="k0")
    await place.set_clock(local(date(2015, 12, 1), 3))
    async with place.running():
        place.broker.interrupt = interrupt
        for _ in range(4):
            assert (await place.look())["busy"]["duties"] == 1
        assert place.tallies == {"june": (1, 0, 0)}
        place.broker.interrupt = None
        await place.first_quiet()
        assert place.tallies == {"june": (1, 1, 1)}


async def test_an_operator_forgets_a_type_that_was_passed_over_once(place: Place) -> None:
    async with place.database.begin(now=place.clock.now()) as uow:
        for partition in (0, 2):
            await uow.records(PassedOverType).put(
                [
                    PassedOverType(
                        topic=PAYMENTS.name,
                        partition=partition,
                        type="VaultMoved",
                        version=1,
                        events=2,
                        first_offset=4,
                        first_event="e-1",
                        through_offset=8,
                        first_at=uow.now,
                        latest_at=uow.now,
                    )
                ]
            )
    body = {"topic": PAYMENTS.name, "type": "VaultMoved", "version": 1, "reason": "taken back"}

    async def ask(key: str, role: Role = "operator", **other: Any) -> tuple[int, dict[str, Any]]:
        answer = await place.client.post(
            "/v1/passed-over-types/forgettings",
            json=body | other,
            headers=place.issuer.headers(role, key=key),
        )
        return answer.status_code, answer.json()

    assert (await ask("k1", "member"))[0] == 403
    assert (await ask("k2", reason=" "))[0] == 422
    status, refused = await ask("k3", type="VaultMovd")
    assert (status, refused["detail"]) == (
        404, f"this type is not passed over: {PAYMENTS.name} VaultMoved v1 is"
    )  # fmt: skip
    status, done = await ask("k4")
    assert (status, done["events"], done["reason"]) == (200, 4, "taken back")
    assert await ask("k4") == (200, done)
    assert (await ask("k5"))[0] == 404
    assert place.database.rows(PassedOverType) == []
    (kept,) = place.database.rows(ForgottenType)
    assert (kept.forgotten_by, kept.events) == (done["forgotten_by"], 4)


async def test_the_clock_is_set_forward_only_and_by_services_only(place: Place) -> None:
    assert await place.set_clock(local(date(2015, 12, 3))) == 200
    assert await place.set_clock(local(date(2015, 12, 3))) == 200
    assert await place.set_clock(local(date(2015, 12, 2))) == 409
    answer = await place.client.put(
        "/v1/simulation/clock",
        json={"now": "2015-12-04T00:00:00-05:00"},
        headers=place.issuer.headers("operator"),
    )
    assert answer.status_code == 403
    naive = await place.client.put(
        "/v1/simulation/clock", json={"now": "2015-12-04T00:00:00"}, headers=place.issuer.headers("service")
    )
    assert naive.status_code == 422
    assert place.clock.now() == local(date(2015, 12, 3))


async def test_a_clock_remembers_the_time_and_keeps_the_old_one_when_it_cannot(place: Place) -> None:
    clock = place.clock
    await clock.set(place.database, to=local(date(2015, 12, 3), 10))
    again = await SimulatedClock.load(place.database, start=START)
    assert again.now() == local(date(2015, 12, 3), 10)
    assert again.now().utcoffset() == timedelta(hours=-5)
    place.database.away = True
    with pytest.raises(Retryable):
        await clock.set(place.database, to=local(date(2015, 12, 4)))
    assert clock.now() == local(date(2015, 12, 3), 10)
    place.database.away = False
    await clock.set(place.database, to=local(date(2015, 12, 4)))
    await again.refresh(place.database)
    assert again.now() == local(date(2015, 12, 4))
    with pytest.raises(ClockCannotGoBack):
        await clock.set(place.database, to=local(date(2015, 12, 3)))
    with pytest.raises(InvalidValue):
        await clock.set(place.database, to=datetime(2015, 12, 5))  # noqa: DTZ001 - that it is naive is the point


def test_the_wall_clock_is_in_the_exchanges_zone() -> None:
    now = WallClock().now()
    assert now.utcoffset() == in_exchange_time(now).utcoffset()


async def test_a_process_without_loops_has_nothing_to_do() -> None:
    now = local(START)
    assert await NoWork().look(now) == QuietView(
        now=now, busy={}, counters={}, waiting_duties=[], next_due_at=None, away=[]
    )


async def test_PAY_2_answers_are_kept_for_a_while_and_then_forgotten(place: Place) -> None:
    key = RequestKey.of(key="k", scope=("june", "POST", "/x"), body=b"{}")
    for on, left in ((date(2015, 12, 1), 1), (date(2016, 2, 28), 1), (date(2016, 3, 1), 0)):
        async with place.database.begin(now=local(on)) as uow:
            if on == START:
                await key.keep(uow, Answer(status=201, body=b"{}"))
            await forget_old_answers(uow)
        assert len(place.database.rows(IdempotencyRecord)) == left


def test_a_document_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere" / "openapi.json"
    told = CliRunner().invoke(COUNTER["cli"], ["openapi", str(nowhere)])
    assert told.exit_code == 1
    assert told.stderr == f"{nowhere} cannot be written: No such file or directory\n"


def test_a_document_is_made_with_the_policy_pack_of_the_environment(tmp_path: Path) -> None:
    asked: list[tuple[Path, str]] = []

    def build(settings: Settings) -> Service:
        asked.append((settings.policy_dir, settings.policy_pack))
        raise PolicyError("there is no such pack")

    cli = build_cli("counter", Settings, build)
    CliRunner().invoke(cli, ["openapi"])
    there = {"BULKHEAD_POLICY_DIR": str(tmp_path), "BULKHEAD_POLICY_PACK": "maine-2016"}
    CliRunner().invoke(cli, ["openapi"], env=there)
    assert asked == [(Path("policy"), "vermont-2016"), (tmp_path, "maine-2016")]


@pytest.mark.parametrize("command", ["api", "worker", "all", "parked list", "openapi"])
def test_a_policy_pack_that_cannot_be_read_is_said_in_words_by_processes_and_commands(command: str) -> None:
    def build(_settings: Settings) -> Service:
        raise PolicyError("vermont-2016/counter.yaml: there is no such file")

    told = CliRunner().invoke(
        build_cli("counter", Settings, build),
        command.split(),
        env={
            "BULKHEAD_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
            "BULKHEAD_JWKS": "keys.json",
            "BULKHEAD_JWT_ISSUER": "issuer",
            "BULKHEAD_JWT_AUDIENCE": "audience",
        },
    )
    assert (told.exit_code, told.stderr) == (1, "vermont-2016/counter.yaml: there is no such file\n")


def test_a_setting_that_is_no_address_is_named_with_what_would_do_before_anything_starts() -> None:
    told = CliRunner().invoke(
        COUNTER["cli"],
        ["api"],
        env={
            "BULKHEAD_DATABASE_URL": "mysql://nobody:secret@127.0.0.1:1/nothing",
            "BULKHEAD_JWKS": "ftp://keys.example",
            "BULKHEAD_JWT_ISSUER": "issuer",
            "BULKHEAD_JWT_AUDIENCE": "audience",
            "BULKHEAD_KAFKA_BOOTSTRAP": "kafka",
            "BULKHEAD_OTLP_ENDPOINT": "collector:4318",
            "COUNTER_INBOX": "inbox",
        },
    )
    assert (told.exit_code, sorted(told.stderr.splitlines())) == (
        2,
        [
            "BULKHEAD_DATABASE_URL: must begin with postgresql://, such as"
            " postgresql://role:password@host:5432/database",
            "BULKHEAD_JWKS: must be the path of a file, or an address that begins with http:// or https:// and"
            " has a host, such as https://issuer.example/keys.json",
            "BULKHEAD_KAFKA_BOOTSTRAP: must be host:port, several with commas, such as"
            " kafka-1:9092,kafka-2:9092",
            "BULKHEAD_OTLP_ENDPOINT: must be an address that begins with http:// or https:// and has a host,"
            " such as https://service.example",
        ],
    )


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("http://payments:8000", True),
        ("https://exchange.example/payments/", True),
        ("http://[::1]:8000", True),
        ("notaurl", False),
        ("payments:8000", False),
        ("ftp://x", False),
        (" ", False),
        ("http://", False),
        ("http://:8000", False),
        ("http://x:port", False),
        ("http://x:99999", False),
        ("http://[::1", False),
        ("http://x y", False),
        (" http://x", False),
        ("http://x?y=1", False),
        ("http://x#y", False),
    ],
)
def test_an_address_that_can_be_asked_by_HTTP_has_a_host_and_no_question_in_it(
    address: str, is_one: bool
) -> None:
    assert is_http(address) == is_one


def test_settings_that_do_not_go_together_are_named_before_anything_starts() -> None:
    told = CliRunner().invoke(
        COUNTER["cli"],
        ["api"],
        env={
            "BULKHEAD_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
            "BULKHEAD_JWKS": "keys.json",
            "BULKHEAD_JWT_ISSUER": "issuer",
            "BULKHEAD_JWT_AUDIENCE": "audience",
            "COUNTER_INBOX": "inbox",
            "BULKHEAD_KAFKA_USERNAME": "counter",
        },
    )
    assert (told.exit_code, told.stderr) == (
        2,
        "BULKHEAD_KAFKA_USERNAME needs BULKHEAD_KAFKA_TLS=on\n",
    )
