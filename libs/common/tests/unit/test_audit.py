"""The audit log: one entry for each thing that staff ask, and a chain in which what was changed is found."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel
from sqlmodel import Field

from bulkhead.audit.chain import AT_ONCE, BEGINNING, Chaining, Head, chain, number_before, verify
from bulkhead.audit.entries import AuditEntry
from bulkhead.audit.writing import MOST_WAITING, AuditWriter
from bulkhead.chassis_tables import CHASSIS_TABLES, service_registry
from bulkhead.kernel.calendar import local
from bulkhead.kernel.errors import InvalidValue, Refused, Retryable
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.tables import TableModel
from bulkhead.service import Service
from bulkhead.web.auth import Role
from bulkhead.web.commands import Command, HouseholdPath, Query, commands, commands_or_dry_runs, queries
from bulkhead.web.fields import Body, Id
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.clock import FixedClock
from bulkhead_testing.memory import MemoryDatabase
from bulkhead_testing.web import app_of, client_of

NOW = local(date(2016, 1, 5), 10)
router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    household: str
    text: str


class NotesTable(TableModel, registry=service_registry()):
    """A table of this test's service."""


class Notes(NotesTable, table=True):
    household: str = Field(primary_key=True)
    text: str


class NoteBody(Body):
    text: str


class NoteView(BaseModel):
    text: str


class NotSaid(Refused):
    kind = "not-said"


async def write(uow: UnitOfWork, household: str, text: str) -> Note:
    if text == "no":
        raise NotSaid("that is not said")
    note = Note(household=household, text=text)
    await uow.records(Note).put([note])
    if text == "bug":
        raise RuntimeError("a bug")
    return note


def view(note: Note) -> NoteView:
    return NoteView(text=note.text)


@router.get("/v1/households/{household}/note", response_model=NoteView, operation_id="getNote")
async def get_note(
    household: HouseholdPath, query: Query = Depends(queries("member", "assister", "operator", "service"))
) -> NoteView:
    query.require_household(household)
    async with query.begin() as uow:
        note = await uow.records(Note).get(household=household)
    return NoteView(text=note.text if note else "")


@router.get("/v1/notes", response_model=NoteView, operation_id="listNotes")
async def get_notes(household: Id | None = None, query: Query = Depends(queries("operator"))) -> NoteView:
    return NoteView(text=household or "")


@router.post("/v1/households/{household}/notes/{note}", response_model=NoteView, operation_id="writeNote")
async def post_note(
    household: HouseholdPath,
    note: Id,
    body: NoteBody,
    command: Command = Depends(commands_or_dry_runs("member", "operator")),
) -> Response:
    command.require_household(household)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: write(uow, household, body.text),
        view=view,
    )


@router.post("/v1/notes/{note}/decisions", response_model=NoteView, operation_id="decideNote")
async def post_decision(note: Id, command: Command = Depends(commands("operator"))) -> Response:
    return await command.run(
        households=["june", f"note:{note}"],
        use_case=lambda uow: write(uow, "june", "decided"),
        view=view,
    )


@router.post("/v1/households/{household}/parts", response_model=NoteView, operation_id="writeInParts")
async def post_in_parts(
    household: HouseholdPath, command: Command = Depends(commands("operator"))
) -> Response:
    async def work() -> Note:
        async with command.uows.begin(now=command.now, households=[household]) as uow:
            return await write(uow, household, "in parts")

    return await command.run_in_parts(work=work, view=view)


@router.post("/v1/households/{household}/asked", response_model=NoteView, operation_id="writeOnceAsked")
async def post_once_asked(
    household: HouseholdPath, body: NoteBody, command: Command = Depends(commands("operator"))
) -> Response:
    first = await command.first_part(
        households=[household], use_case=lambda uow: write(uow, household, body.text)
    )
    if isinstance(first, Response):
        return first
    return await command.run(
        households=[household], use_case=lambda uow: write(uow, household, "answered"), view=view
    )


class Desk:
    """A service of notes, asked over HTTP."""

    def __init__(self) -> None:
        tables = {**CHASSIS_TABLES, Note: Notes}
        self.database = MemoryDatabase(tables=tables)
        self.issuer = TestIssuer()

        async def handle(*_: object) -> None: ...

        service = Service(
            name="desk",
            tables=tables,
            subscribes=(),
            inbound={},
            outbound={},
            handle=handle,
            routers=[router],
        )
        self.client = client_of(
            app_of(
                service,
                uows=self.database.units_of_work,
                clock=FixedClock(NOW),
                verifier=self.issuer.verifier(),
            )
        )

    async def ask(
        self,
        method: str,
        path: str,
        *,
        role: Role = "operator",
        text: str | None = None,
        key: str | None = None,
        by: str = "olive",
    ) -> httpx2.Response:
        headers = self.issuer.headers(role, household="june", subject=by, key=key)
        body = None if text is None else {"text": text}
        return await self.client.request(method, path, json=body, headers=headers)

    @property
    def told(self) -> list[tuple[str, str, str, str | None]]:
        """Who asked for what, what came of it, and about whom, in the order of the entries' ids."""
        return [(each.actor, each.operation, each.outcome, each.household) for each in self.entries]

    @property
    def entries(self) -> list[AuditEntry]:
        return self.database.rows(AuditEntry)

    @property
    def notes(self) -> list[str]:
        return [each.text for each in self.database.rows(Note)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_an_act_of_staff_is_kept_with_who_asked_in_its_own_transaction(desk: Desk) -> None:
    before = desk.database.changes
    answer = await desk.ask("POST", "/v1/households/june/notes/n1", text="hello", key="k")
    assert (answer.status_code, desk.notes, desk.database.changes) == (200, ["hello"], before + 1)
    [entry] = desk.entries
    assert replace(entry, entry="") == AuditEntry(
        entry="",
        at=NOW,
        actor="olive",
        roles="operator",
        operation="writeNote",
        outcome="done",
        household="june",
        named={"note": "n1"},
    )


async def test_an_act_that_names_no_household_is_about_the_one_that_is_locked_for_it(desk: Desk) -> None:
    assert (await desk.ask("POST", "/v1/notes/n1/decisions", key="k")).status_code == 200
    [entry] = desk.entries
    assert (entry.operation, entry.household, entry.named) == ("decideNote", "june", {"note": "n1"})


async def test_a_read_by_staff_is_kept_before_it_is_answered(desk: Desk) -> None:
    await desk.ask("GET", "/v1/households/june/note", role="assister", by="sam")
    await desk.ask("GET", "/v1/notes?household=max", by="sam")
    await desk.ask("GET", "/v1/notes", by="sam")
    assert sorted(desk.told, key=str) == [
        ("sam", "getNote", "read", "june"),
        ("sam", "listNotes", "read", "max"),
        ("sam", "listNotes", "read", None),
    ]


async def test_a_member_and_whoever_is_not_let_in_leave_none(desk: Desk) -> None:
    await desk.ask("GET", "/v1/households/june/note", role="member")
    await desk.ask("POST", "/v1/households/june/notes/n1", role="member", text="mine", key="k")
    await desk.ask("GET", "/v1/households/june/note", role="carrier")
    await desk.client.get("/v1/households/june/note")
    assert (desk.notes, desk.told) == (["mine"], [])


@pytest.mark.parametrize(
    ("path", "text", "key", "status", "outcome", "kept"),
    [
        ("/v1/households/june/notes/n1", "no", "k", 422, "refused", []),
        ("/v1/households/june/notes/n1", "hello", None, 400, "refused", []),
        ("/v1/households/june/notes/n1", None, "k", 422, "refused", []),
        ("/v1/households/june/notes/n1", "bug", "k", 500, "failed", []),
        ("/v1/households/june/notes/n1?dry_run=true", "hello", None, 200, "tried", []),
        ("/v1/households/june/notes/n1?dry_run=true", "no", None, 422, "refused", []),
        ("/v1/households/june/parts", None, "k", 200, "begun", ["in parts"]),
        ("/v1/households/june/asked", "hello", "k", 200, "begun", ["answered"]),
        ("/v1/households/june/asked", "no", "k", 422, "refused", []),
    ],
)
async def test_one_entry_says_what_came_of_it(
    desk: Desk, path: str, text: str | None, key: str | None, status: int, outcome: str, kept: list[str]
) -> None:
    answer = await desk.ask("POST", path, text=text, key=key)
    assert answer.status_code == status
    assert ([(each.outcome, each.household) for each in desk.entries], desk.notes) == (
        [(outcome, "june")],
        kept,
    )


@pytest.mark.parametrize("path", ["notes/n1", "parts", "asked"])
async def test_an_answer_that_is_given_again_says_so(desk: Desk, path: str) -> None:
    body = None if path == "parts" else "hello"
    first = await desk.ask("POST", f"/v1/households/june/{path}", text=body, key="k")
    again = await desk.ask("POST", f"/v1/households/june/{path}", text=body, key="k")
    assert again.content == first.content
    assert sorted(each.outcome for each in desk.entries) == sorted(
        ["done" if path == "notes/n1" else "begun", "repeated"]
    )


async def test_what_may_be_a_persons_number_is_not_kept(desk: Desk) -> None:
    typed_ones = ("123-45-6789", "123456789", "123.45.6789", "123_45_6789", "June%20Example", "a%00")
    for typed in typed_ones:
        await desk.ask("GET", f"/v1/households/{typed}/note")
        await desk.ask("GET", f"/v1/notes?household={typed}")
    assert {(each.household, str(each.named)) for each in desk.entries} == {(None, "{}")}
    assert len(desk.entries) == 2 * len(typed_ones)


async def test_a_long_subject_is_kept_as_far_as_it_can_be(desk: Desk) -> None:
    await desk.ask("GET", "/v1/notes", by="olive" + "x" * 300)
    assert [each.actor for each in desk.entries] == ["olive" + "x" * 195]


def away_at(operation: str) -> Callable[[str], Awaitable[None]]:
    """The database is away when one of this kind is asked of it."""

    async def interrupt(asked: str) -> None:
        if asked == operation:
            raise Retryable("the database is away")

    return interrupt


async def test_a_read_whose_entry_cannot_be_kept_is_not_answered(desk: Desk) -> None:
    await desk.ask("POST", "/v1/households/june/notes/n1", role="member", text="secret", key="k")
    desk.database.interrupt = away_at("write")
    answer = await desk.ask("GET", "/v1/households/june/note")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert b"secret" not in answer.content
    assert answer.json()["type"] == "urn:bulkhead:problem:temporarily-unavailable"
    mine = await desk.ask("GET", "/v1/households/june/note", role="member")
    assert (mine.status_code, mine.json(), desk.told) == (200, {"text": "secret"}, [])


async def test_an_act_whose_entry_cannot_be_kept_is_not_done(desk: Desk) -> None:
    desk.database.interrupt = away_at("commit")
    answer = await desk.ask("POST", "/v1/households/june/notes/n1", text="hello", key="k")
    assert (answer.status_code, desk.notes, desk.told) == (503, [], [])


def entry(number: int, *, household: str | None = "june") -> AuditEntry:
    return AuditEntry(
        entry=f"e{number:05}",
        at=NOW + timedelta(seconds=number),
        actor="olive",
        roles="operator",
        operation="getNote",
        outcome="read",
        household=household,
        named={},
    )


async def test_entries_that_come_at_once_are_written_together(desk: Desk) -> None:
    async def give_way(_operation: str) -> None:
        await asyncio.sleep(0)

    desk.database.interrupt = give_way
    writer, before = AuditWriter(desk.database.units_of_work), desk.database.changes
    await asyncio.gather(*(writer.keep(entry(number)) for number in range(1200)))
    assert len(desk.entries) == 1200
    assert desk.database.changes - before <= 4  # the first by itself, and 500 of the rest at most at a time


async def test_while_the_database_is_away_those_who_wait_are_all_told_by_one_try(desk: Desk) -> None:
    tries = list[str]()

    async def away(operation: str) -> None:
        tries.append(operation)
        await asyncio.sleep(0)
        raise Retryable("the database is away")

    desk.database.interrupt = away
    writer = AuditWriter(desk.database.units_of_work)
    told = await asyncio.gather(
        *(writer.keep(entry(number)) for number in range(300)), return_exceptions=True
    )
    assert ({type(each) for each in told}, len(tries)) == ({Retryable}, 2)
    desk.database.interrupt = None
    await writer.keep(entry(1))
    assert [each.entry for each in desk.entries] == ["e00001"]


async def test_no_more_wait_than_there_is_room_for(desk: Desk) -> None:
    held = asyncio.Event()

    async def hold(_operation: str) -> None:
        await held.wait()

    desk.database.interrupt = hold
    writer = AuditWriter(desk.database.units_of_work)
    waiting = [asyncio.create_task(writer.keep(entry(number))) for number in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Retryable, match="too many"):
        await writer.keep(entry(MOST_WAITING))
    held.set()
    await asyncio.gather(*waiting)
    assert len(desk.entries) == MOST_WAITING


class Chained:
    """A database with a chain of so many entries."""

    def __init__(self, desk: Desk) -> None:
        self.database, self.uows = desk.database, desk.database.units_of_work

    async def write(self, *numbers: int) -> None:
        async with self.uows.begin(now=NOW) as uow:
            await uow.records(AuditEntry).add(entry(number) for number in numbers)

    async def faults(self, *known: Head) -> list[tuple[int, str]]:
        verdict = await verify(self.uows, now=NOW, known=known)
        return [(each.number, each.says) for each in verdict.faults]

    async def update(self, where: int, **values: Any) -> None:
        async with self.uows.begin(now=NOW) as uow:
            assert await uow.records(AuditEntry).update(values, number=where) == 1

    async def remove(self, **conditions: Any) -> None:
        async with self.uows.begin(now=NOW) as uow:
            await uow.records(AuditEntry).remove(**conditions)


@pytest.fixture
def chained(desk: Desk) -> Chained:
    return Chained(desk)


async def test_entries_are_chained_in_the_order_of_their_time_and_nothing_is_chained_twice(
    chained: Chained,
) -> None:
    assert await chain(chained.uows, now=NOW) == BEGINNING
    await chained.write(*reversed(range(1, AT_ONCE + 3)))
    head = await chain(chained.uows, now=NOW)
    assert head == await chain(chained.uows, now=NOW)
    await chained.write(0)  # it was later than they are to be written
    assert (await chain(chained.uows, now=NOW)).number == head.number + 1 == AT_ONCE + 3
    rows = sorted(chained.database.rows(AuditEntry), key=lambda each: each.number or 0)
    assert [each.entry for each in rows] == [entry(number).entry for number in (*range(1, AT_ONCE + 3), 0)]
    assert await chained.faults(head) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"actor": "someone"},
        {"household": None},
        {"outcome": "refused"},
        {"at": NOW},
        {"operation": "listNotes"},
        {"roles": "service"},
        {"named": {"note": "n1"}},
    ],
)
async def test_an_entry_that_was_changed_is_found_at_its_row(
    chained: Chained, changed: dict[str, Any]
) -> None:
    await chained.write(*range(10))
    await chain(chained.uows, now=NOW)
    await chained.update(4, **changed)
    assert [number for number, _ in await chained.faults()] == [4]


async def test_an_entry_that_is_gone_and_one_in_anothers_place_are_found(chained: Chained) -> None:
    await chained.write(*range(10))
    await chain(chained.uows, now=NOW)
    await chained.remove(number=[3, 4])
    assert await chained.faults() == [(3, "missing: 3 to 4")]
    await chained.update(10, number=11)
    assert [number for number, _ in await chained.faults()] == [3, 10]


async def test_an_end_that_was_cut_off_or_written_anew_is_found_by_what_was_logged(chained: Chained) -> None:
    await chained.write(*range(10))
    head = await chain(chained.uows, now=NOW)
    await chained.remove(number__gt=7)
    assert await chained.faults() == []
    assert await chained.faults(head) == [(10, "missing: it was logged")]
    await chained.write(*range(20, 24))
    await chain(chained.uows, now=NOW)
    assert await chained.faults() == []
    assert await chained.faults(head) == [(10, "is not the one that was logged")]


async def test_of_several_heads_of_one_number_each_is_looked_for(chained: Chained) -> None:
    await chained.write(*range(10))
    head = await chain(chained.uows, now=NOW)
    forged = replace(head, chained="f" * 64)
    beyond = replace(head, number=11)
    assert await chained.faults(head, head) == []
    otherwise, missing = (10, "is not the one that was logged"), (11, "missing: it was logged")
    assert await chained.faults(forged, head) == await chained.faults(head, forged) == [otherwise]
    assert await chained.faults(beyond, replace(beyond, chained="f" * 64)) == [missing, missing]


async def test_what_was_restored_is_named_for_heads_of_before(chained: Chained) -> None:
    await chained.write(*range(10))
    lost = await chain(chained.uows, now=NOW)
    await chained.remove(number__gt=7)  # as a backup of then has it
    rejoined = replace(entry(20), operation="rejoin", outcome="begun", household=None)
    async with chained.uows.begin(now=NOW) as uow:
        await uow.records(AuditEntry).add([rejoined])
    await chained.write(*range(21, 24))
    await chain(chained.uows, now=NOW)
    verdict = await verify(chained.uows, now=NOW, known=[lost])
    assert [(each.number, each.says) for each in verdict.faults] == [(10, "is not the one that was logged")]
    assert [(each.number, each.at) for each in verdict.rejoined] == [(8, rejoined.at)]


async def test_the_end_is_logged_once_an_hour_where_it_is_another(
    chained: Chained, capsys: pytest.CaptureFixture[str]
) -> None:
    chaining = Chaining(chained.uows)
    for minutes, written in ((0, 1), (1, 2), (59, 3), (60, 4), (180, None), (240, 5)):
        if written is not None:
            await chained.write(written)
        await chaining.turn(NOW + timedelta(minutes=minutes))
    assert [
        line.count("audit_head") for line in capsys.readouterr().out.splitlines() if "audit_head" in line
    ] == [1, 1, 1]


async def test_where_a_date_begins_in_the_chain_is_found_by_halving_it(chained: Chained) -> None:
    def of_minute(number: int) -> AuditEntry:
        return replace(entry(number), at=NOW + timedelta(minutes=number))

    late = (470, 490)  # their transactions ended when later ones were chained
    for minutes in (set(range(506)) - set(late), late, range(506, 1000)):
        async with chained.uows.begin(now=NOW) as uow:
            await uow.records(AuditEntry).add(of_minute(number) for number in minutes)
        await chain(chained.uows, now=NOW)
    since, looks = NOW + timedelta(minutes=480), list[str]()

    async def note(operation: str) -> None:
        looks.append(operation)

    chained.database.interrupt = note
    async with chained.uows.begin(now=NOW) as uow:
        assert await number_before(uow, since=since) == 420  # that of 419, an hour and a minute before
        assert len(looks) < 15
        chained.database.interrupt = None
        assert await number_before(uow, since=NOW) == 0
        assert await number_before(uow, since=NOW + timedelta(days=9)) == 1000
        rows = await uow.records(AuditEntry).select(number__gt=420, at__ge=since)
    assert {each.entry for each in rows} == {of_minute(number).entry for number in range(480, 1000)}
    await chained.remove(number__gt=300, number__lt=600)
    async with chained.uows.begin(now=NOW) as uow:
        assert await number_before(uow, since=since) == 599
    await chained.remove(number__gt=0)
    async with chained.uows.begin(now=NOW) as uow:
        assert await number_before(uow, since=since) == 0


async def test_an_operator_looks_at_who_did_what_to_whom_page_by_page(desk: Desk) -> None:
    for by, path in (("olive", "june/note"), ("sam", "june/note"), ("sam", "max/note")):
        await desk.ask("GET", f"/v1/households/{path}", by=by)
    first = (await desk.ask("GET", "/v1/audit?household=june&limit=1", by="ann")).json()
    rest = (
        await desk.ask("GET", f"/v1/audit?household=june&limit=1&cursor={first['next_cursor']}", by="ann")
    ).json()
    shown = [*first["items"], *rest["items"]]
    assert sorted((each["actor"], each["outcome"], each["household"]) for each in shown) == [
        ("olive", "read", "june"),
        ("sam", "read", "june"),
    ]
    sams = (await desk.ask("GET", "/v1/audit?actor=sam&from=2016-01-05", by="ann")).json()["items"]
    assert sorted(each["household"] for each in sams) == ["june", "max"]
    assert (await desk.ask("GET", "/v1/audit?from=2016-01-06", by="ann")).json()["items"] == []
    for no_day in ("0001-01-01", "9999-12-31"):
        assert (await desk.ask("GET", f"/v1/audit?from={no_day}", by="ann")).status_code == 422
    assert (await desk.ask("GET", "/v1/audit", role="assister")).status_code == 403


def test_a_head_is_read_as_it_was_logged() -> None:
    assert Head.read("12:ab") == Head(number=12, chained="ab")
    assert str(Head.read("12:ab")) == "12:ab"
    for other in ("12", "12:", "x:ab", ":ab", "1" * 19 + ":ab"):
        with pytest.raises(InvalidValue, match="as was logged"):
            Head.read(other)
