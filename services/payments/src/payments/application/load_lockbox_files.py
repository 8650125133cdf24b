"""Lockbox files: stored whole, then read, then moved out of the way (PAY-1, PAY-3, PAY-10).

A crash between two of the steps leaves a file that the next turn goes on with: it is known by its hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bulkhead.files import NoSuchFile, PathTaken
from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.ids import derived_id
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from payments.application.ports import Folder
from payments.application.record_payments import record_payments
from payments.application.records import KnownAccount
from payments.domain.lockbox import LockboxContent, LockboxDay, LockboxFile
from payments.domain.lockbox_file import BrokenFrame, LockboxContents, LockboxRow, read_lockbox_file
from payments.domain.parameters import ParametersOn
from payments.domain.payments import Tender
from payments.domain.suspense import SuspenseItem

MOST_AT_ONCE = 50


async def waiting_files(folder: Folder) -> list[str]:
    """Return the lockbox files that lie in the folder, in order of their names."""
    return [path for path in await folder.list() if path.lower().endswith(".csv")]


class LockboxPoller:
    """Takes lockbox files out of their folder."""

    name = "lockbox"

    def __init__(self, uows: UnitOfWorkFactory, *, folder: Folder, parameters_on: ParametersOn) -> None:
        self._uows = uows
        self._folder = folder
        self._parameters_on = parameters_on
        self._may_have_left_some = True

    async def turn(self, now: datetime) -> int:
        """Store, load and move the files that lie there; return how many."""
        # What is stored and not read was left by a process that died, or by a turn of this one that failed.
        left = await self._read_stored(now=now) if self._may_have_left_some else 0
        self._may_have_left_some = True
        paths = (await waiting_files(self._folder))[:MOST_AT_ONCE]
        for path in paths:
            await self._take(path, now=now)
        self._may_have_left_some = left == MOST_AT_ONCE
        return len(paths) + left

    async def pending(self, now: datetime) -> int:
        """Return how many files lie in the folder or are stored and not read."""
        async with self._uows.begin(now=now) as uow:
            stored = await uow.records(LockboxFile).count(state="stored")
        return stored + len(await waiting_files(self._folder))

    async def _take(self, path: str, *, now: datetime) -> None:
        try:
            content = await self._folder.get(path)
        except NoSuchFile:
            return  # another replica has taken it
        async with self._uows.begin(now=now) as uow:
            file = await store_lockbox_file(uow, name=path, content=content)
        if file.state == "stored":
            file = await self._read(file.file, content, now=now)
        await self._move(path, file)

    async def _read_stored(self, *, now: datetime) -> int:
        async with self._uows.begin(now=now) as uow:
            left = await uow.records(LockboxFile).select(state="stored", limit=MOST_AT_ONCE)
            contents = await uow.records(LockboxContent).select(file=[each.file for each in left])
        for each in contents:
            await self._read(each.file, each.content, now=now)
        return len(contents)

    async def _read(self, file: str, content: bytes, *, now: datetime) -> LockboxFile:
        read = _read_or_refuse(content, now=now)
        accounts = [] if isinstance(read, str) else _accounts(read.rows)
        async with self._uows.begin(now=now, households=accounts) as uow:
            return await load_lockbox_file(uow, file, read, parameters_on=self._parameters_on)

    async def _move(self, path: str, file: LockboxFile) -> None:
        folder = "refused" if file.state == "refused" else "loaded"
        try:
            await self._folder.move(path, f"{folder}/{path}")
        except PathTaken:
            await self._folder.move(path, f"{folder}/{file.file[:12]}-{path}")
        except NoSuchFile:
            return  # another replica has moved it


def _read_or_refuse(content: bytes, *, now: datetime) -> LockboxContents | str:
    try:
        return read_lockbox_file(content, today=local_date(now))
    except BrokenFrame as broken:
        return broken.problem


async def store_lockbox_file(uow: UnitOfWork, *, name: str, content: bytes) -> LockboxFile:
    """Keep the bytes of a file before anything is read of it; return what is known of these bytes already."""
    file = hashlib.sha256(content).hexdigest()
    stored = LockboxFile(
        file=file,
        name=name,
        stored_at=uow.now,
        state="stored",
        deposit_date=None,
        sequence=None,
        accepted_rows=0,
        accepted_cents=0,
        refused_rows=(),
        refusal=None,
    )
    if await uow.records(LockboxFile).add_new([stored]):
        await uow.records(LockboxContent).add([LockboxContent(file=file, content=content)])
        return stored
    return await _known_file(uow, file)


async def load_lockbox_file(
    uow: UnitOfWork, file: str, read: LockboxContents | str, *, parameters_on: ParametersOn
) -> LockboxFile:
    """Make payments and suspense of a stored file's rows and return the file as loaded, or as refused.

    ``read`` is what it says, or why it is not a whole file. Another file of the same deposit date and
    sequence is refused, for its money is recorded already. Done before, nothing happens. The accounts are
    locked.
    """
    stored = await _known_file(uow, file)
    if stored.state != "stored":
        return stored
    if isinstance(read, str):
        return await _finish(uow, replace(stored, state="refused", refusal=read))
    numbered = replace(stored, deposit_date=read.deposit_date, sequence=read.sequence)
    if await uow.records(LockboxFile).count(
        deposit_date=read.deposit_date, sequence=read.sequence, state="loaded"
    ):
        refusal = "another file of the same deposit date and sequence is loaded"
        return await _finish(uow, replace(numbered, state="refused", refusal=refusal, refused_rows=()))
    await _record_rows(uow, file, read.rows, parameters_on=parameters_on)
    await uow.records(LockboxDay).put(
        [LockboxDay(day=read.deposit_date, state="loaded", recorded_at=uow.now, declared_by=None)]
    )
    return await _finish(
        uow,
        replace(
            numbered,
            state="loaded",
            accepted_rows=len(read.rows),
            accepted_cents=sum(row.amount_cents for row in read.rows),
            refused_rows=read.refused,
        ),
    )


async def _record_rows(
    uow: UnitOfWork, file: str, rows: Iterable[LockboxRow], *, parameters_on: ParametersOn
) -> None:
    rows = list(rows)
    known = set(await uow.records(KnownAccount).distinct("household", household=_accounts(rows)))
    tenders = [
        _tender(file, row, household=row.account)
        for row in rows
        if row.account is not None and row.account in known
    ]
    await record_payments(uow, tenders, parameters_on=parameters_on)
    await uow.records(SuspenseItem).add(
        _suspense(file, row, now=uow.now) for row in rows if row.account is None or row.account not in known
    )


def _accounts(rows: Iterable[LockboxRow]) -> list[str]:
    return sorted({row.account for row in rows if row.account is not None})


def _tender(file: str, row: LockboxRow, *, household: str) -> Tender:
    return Tender(
        payment=derived_id("lockbox", file, str(row.line)),
        household=household,
        amount_cents=row.amount_cents,
        method="check",
        source="lockbox",
        received_on=row.received_on,
        postmarked_on=row.postmarked_on,
        at_selection=False,
        reference=row.reference,
        origin=_origin(file, row),
    )


def _suspense(file: str, row: LockboxRow, *, now: datetime) -> SuspenseItem:
    return SuspenseItem(
        item=derived_id("lockbox", file, str(row.line)),
        account=row.account,
        amount_cents=row.amount_cents,
        method="check",
        received_on=row.received_on,
        postmarked_on=row.postmarked_on,
        recorded_at=now,
        reference=row.reference,
        origin=_origin(file, row),
        state="open",
        payment=None,
        household=None,
        assigned_at=None,
        assigned_by=None,
    )


def _origin(file: str, row: LockboxRow) -> str:
    return f"lockbox:{file}:{row.line}"


async def _finish(uow: UnitOfWork, file: LockboxFile) -> LockboxFile:
    await uow.records(LockboxFile).put([file])
    return file


async def _known_file(uow: UnitOfWork, file: str) -> LockboxFile:
    known = await uow.records(LockboxFile).get(file=file)
    if known is None:
        raise LookupError("a lockbox file was stored and is gone")
    return known
