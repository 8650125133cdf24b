"""Statement files that were loaded after a backup are loaded again, from where they were moved to (ADR 0024)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime

from bulkhead.files import printable_name
from bulkhead.persistence.ports import UnitOfWorkFactory
from payments.application.bank_file_poller import load_stored, read_or_refuse
from payments.application.load_bank_files import store_bank_file
from payments.application.ports import Folder, Parameters
from payments.domain.bank_file import BankFileContents
from payments.domain.bank_pages import BankPage
from payments.domain.bank_statements import BankFile
from payments.domain.files_in import UNREAD, RowProblem


async def load_bank_files_again(
    uows: UnitOfWorkFactory, *, folder: Folder, account: str | None, parameters: Parameters, now: datetime
) -> None:
    """Load those files that were read and that the database does not know as read, in the order of their days.

    They are matched when the movements of the days since the backup are derived again. What a person decided since
    waits for a person again.
    """
    found: list[tuple[date, str]] = []
    for path in [*await folder.list("loaded"), *await folder.list("refused")]:
        content = await folder.get(path)
        async with uows.begin(now=now) as uow:
            known = await uow.records(BankFile).get(file=hashlib.sha256(content).hexdigest())
        if known is None or known.state in UNREAD:
            read = read_or_refuse(content, account=account, now=now)
            found.append((_first_day(read), path))
    for _day, path in sorted(found):
        content = await folder.get(path)  # once more: of all of them only one is in memory
        async with uows.begin(now=now) as uow:
            file = await store_bank_file(uow, name=printable_name(path.rpartition("/")[2]), content=content)
        read = read_or_refuse(content, account=account, now=now)
        await load_stored(uows, file.file, read, account=account, parameters=parameters, now=now)


def _first_day(read: BankFileContents | BankPage | Sequence[RowProblem]) -> date:
    """Return the first day that a file is of, the last there is for none."""
    days = [each.day for each in read.statements] if isinstance(read, BankFileContents) else []
    days += [each.day for each in read.parts if each.day is not None] if isinstance(read, BankPage) else []
    return min(days, default=date.max)
