"""Lockbox files that were loaded after a backup are loaded again, from where they were moved to (ADR 0024)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from bulkhead.files import printable_name
from bulkhead.persistence.ports import UnitOfWorkFactory
from payments.application.load_lockbox_files import accounts_of, load_lockbox_file, store_lockbox_file
from payments.application.lockbox_poller import read_or_refuse, waiting_files
from payments.application.ports import Folder, Parameters
from payments.application.waiting import LOCKBOX_FILES
from payments.domain.events import PaymentReceived
from payments.domain.files_in import UNREAD
from payments.domain.lockbox import LockboxFile
from payments.domain.lockbox_file import LockboxContents
from payments.domain.lockbox_sorting import payment_of


async def load_files_again(
    uows: UnitOfWorkFactory,
    *,
    folder: Folder,
    said: Mapping[str, PaymentReceived],
    parameters: Parameters,
    now: datetime,
) -> None:
    """Load those files that were loaded and that the database has not read, in the order in which they were.

    Each counts as loaded when its payments became known. A row's money goes where it went: to its account where that
    payment was said, else to suspense, unless the account is known. A file that was read and not yet moved is one of
    them, where one of its payments was said.
    """
    found: list[tuple[datetime, str, bytes]] = []
    moved = [*await folder.list("loaded"), *await folder.list("refused")]
    for path in [*moved, *await waiting_files(folder)]:
        content = await folder.get(path)
        file = hashlib.sha256(content).hexdigest()
        async with uows.begin(now=now) as uow:
            known = await uow.records(LockboxFile).get(file=file)
        if known is not None and known.state not in UNREAD:
            continue
        known_at = [said[each].known_at for each in _payments(content, file=file, now=now) if each in said]
        if known_at or path in moved:
            found.append((min(known_at, default=now), path, content))
    for at, path, content in sorted(found):
        await _load(uows, path, content, said=said, parameters=parameters, now=at)


def _payments(content: bytes, *, file: str, now: datetime) -> list[str]:
    """Return the payments that a file's rows are where they are their accounts' at once."""
    read = read_or_refuse(content, now=now)
    return [payment_of(file, row) for row in read.rows] if isinstance(read, LockboxContents) else []


async def _load(
    uows: UnitOfWorkFactory,
    path: str,
    content: bytes,
    *,
    said: Mapping[str, PaymentReceived],
    parameters: Parameters,
    now: datetime,
) -> None:
    read = read_or_refuse(content, now=now)
    accounts = [] if isinstance(read, str) else accounts_of(read.rows)
    name = printable_name(path.rpartition("/")[2])
    async with uows.begin(now=now) as uow:
        file = await store_lockbox_file(uow, name=name, content=content)
    known = (
        set[str]()
        if isinstance(read, str)
        else {row.account for row in read.rows if row.account and payment_of(file.file, row) in said}
    )
    async with uows.begin(now=now, households=[*accounts, LOCKBOX_FILES.lock_of(file.file)]) as uow:
        await LOCKBOX_FILES.forget(uow, [file.file])
        await load_lockbox_file(uow, file.file, read, parameters=parameters, also_known=known)
