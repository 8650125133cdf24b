"""The bank's statement files: read as soon as they are dropped (PAY-13)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bulkhead.kernel.calendar import local_date
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from payments.application.file_poller import FilePoller
from payments.application.load_bank_files import load_bank_file, store_bank_file
from payments.application.ports import Folder, Parameters
from payments.application.reading import aside
from payments.application.waiting import BANK_FILES, BANK_FOLDER
from payments.domain.bai2_file import is_bai2, read_bai2
from payments.domain.bank_file import MOST_BYTES, BankFileContents, problem
from payments.domain.bank_pages import BankPage
from payments.domain.bank_statements import TRUST_LOCK, BankFile, BankFileContent
from payments.domain.camt_file import is_camt, read_camt
from payments.domain.files_in import NotWhole, RowProblem

_ENDINGS = (".xml", ".camt", ".camt053", ".bai", ".bai2", ".txt")


async def waiting_bank_files(folder: Folder) -> list[str]:
    """Return the statement files that lie in the folder, in order of their names."""
    return [path for path in await folder.list() if path.lower().endswith(_ENDINGS)]


class BankFilePoller(FilePoller[BankFile]):
    """Takes the bank's statement files out of their folder."""

    def __init__(
        self, uows: UnitOfWorkFactory, *, folder: Folder, account: str | None, parameters: Parameters
    ) -> None:
        super().__init__(
            uows,
            name="bank-files",
            folder=folder,
            intake=_BankIntake(account=account, parameters=parameters),
        )


class _BankIntake:
    """What becomes of a statement file."""

    def __init__(self, *, account: str | None, parameters: Parameters) -> None:
        self.records = BankFile
        self.files = BANK_FILES
        self.folder = BANK_FOLDER
        self.most_bytes = MOST_BYTES
        self._account = account
        self._parameters = parameters

    async def waiting(self, folder: Folder) -> list[str]:
        return await waiting_bank_files(folder)

    async def store(self, uow: UnitOfWork, *, name: str, content: bytes) -> BankFile:
        return await store_bank_file(uow, name=name, content=content)

    async def content_of(self, uow: UnitOfWork, file: str) -> bytes | None:
        kept = await uow.records(BankFileContent).get(file=file)
        return None if kept is None else kept.content

    async def load(self, uows: UnitOfWorkFactory, file: str, content: bytes, *, now: datetime) -> BankFile:
        read = await aside(lambda: read_or_refuse(content, account=self._account, now=now), content)
        return await load_stored(
            uows, file, read, account=self._account, parameters=self._parameters, now=now
        )


async def load_stored(
    uows: UnitOfWorkFactory,
    file: str,
    read: BankFileContents | BankPage | Sequence[RowProblem],
    *,
    account: str | None,
    parameters: Parameters,
    now: datetime,
) -> BankFile:
    """Keep what a stored file says, as it was read, and return it as loaded or refused."""
    async with uows.begin(now=now, households=[TRUST_LOCK, BANK_FILES.lock_of(file)]) as uow:
        await BANK_FILES.forget(uow, [file])
        return await load_bank_file(uow, file, read, account=account, parameters=parameters)


def read_or_refuse(
    content: bytes, *, account: str | None, now: datetime
) -> BankFileContents | BankPage | Sequence[RowProblem]:
    """Return what a file says of the trust account, in whichever format it is, or why it is not a whole one."""
    today = local_date(now)
    try:
        if is_bai2(content):
            return read_bai2(content, today=today, trust=account)
        if is_camt(content):
            return read_camt(content, today=today, trust=account)
    except NotWhole as broken:
        return broken.problems
    return [problem(1, "file", "must begin as BAI2, with 01, or be an XML of camt.053")]
