"""Lockbox files that were loaded after a backup are loaded again, from where they were moved to (ADR 0024)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from bulkhead.files import printable_name
from bulkhead.persistence.ports import UnitOfWorkFactory
from payments.application.load_lockbox_files import store_lockbox_file
from payments.application.lockbox_poller import framed, load_stored, waiting_files
from payments.application.ports import Folder, Parameters
from payments.application.reading import aside
from payments.domain.events import PaymentReceived
from payments.domain.files_in import UNREAD
from payments.domain.lockbox import LockboxFile
from payments.domain.lockbox_formats import rows_of
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
    found: list[tuple[datetime, str]] = []
    moved = [*await folder.list("loaded"), *await folder.list("refused")]
    for path in [*moved, *await waiting_files(folder)]:
        content = await folder.get(path)
        file = hashlib.sha256(content).hexdigest()
        async with uows.begin(now=now) as uow:
            known = await uow.records(LockboxFile).get(file=file)
        if known is not None and known.state not in UNREAD:
            continue
        known_at = await _known_at(content, file=file, said=said, now=now)
        if known_at is not None or path in moved:
            found.append((known_at or now, path))
    for at, path in sorted(found):
        content = await folder.get(path)  # once more: of all of them only one is in memory
        async with uows.begin(now=at) as uow:
            file = await store_lockbox_file(
                uow, name=printable_name(path.rpartition("/")[2]), content=content
            )
        await load_stored(uows, file.file, content, parameters=parameters, said=said, now=at)


async def _known_at(
    content: bytes, *, file: str, said: Mapping[str, PaymentReceived], now: datetime
) -> datetime | None:
    """Return when the first of a file's rows became known as a payment; None where none was said."""
    frame = await framed(content, now=now)
    if isinstance(frame, str):
        return None
    payments = (payment_of(file, each.row) for each in rows_of(content, frame) if each.row is not None)
    return await aside(
        lambda: min((said[each].known_at for each in payments if each in said), default=None), content
    )
