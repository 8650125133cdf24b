"""Return files that were loaded after a backup are loaded again, from where they were moved to (ADR 0024)."""

from __future__ import annotations

import hashlib
from datetime import date, datetime

from bulkhead.files import printable_name
from bulkhead.persistence.ports import UnitOfWorkFactory
from payments.application.load_return_files import store_return_file
from payments.application.ports import Folder
from payments.application.return_file_poller import load_stored, read_or_refuse
from payments.domain.files_in import UNREAD
from payments.domain.nacha_file import ReturnContents
from payments.domain.return_files import ReturnFile


async def load_return_files_again(uows: UnitOfWorkFactory, *, folder: Folder, now: datetime) -> None:
    """Load those files that were read and that the database does not know as read, in the order they were made in.

    Returns are taken in before, so that an item says of its payment what was said of it already. What a person decided
    since waits for a person again.
    """
    found: list[tuple[date, str, str, bytes]] = []
    for path in [*await folder.list("loaded"), *await folder.list("refused")]:
        content = await folder.get(path)
        async with uows.begin(now=now) as uow:
            known = await uow.records(ReturnFile).get(file=hashlib.sha256(content).hexdigest())
        if known is None or known.state in UNREAD:
            read = read_or_refuse(content, now=now)
            whole = isinstance(read, ReturnContents)
            made_on, modifier = (read.created_on, read.modifier) if whole else (date.max, "")
            found.append((made_on, modifier, path, content))
    for _on, _modifier, path, content in sorted(found):
        async with uows.begin(now=now) as uow:
            file = await store_return_file(uow, name=printable_name(path.rpartition("/")[2]), content=content)
        await load_stored(uows, file.file, content, now=now)
