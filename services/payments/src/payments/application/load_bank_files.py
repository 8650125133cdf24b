"""What is in a bank's statement file is kept, and matched with the books, once (PAY-13)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from bulkhead.persistence.ports import UnitOfWork
from payments.application.match_bank_entries import match_open
from payments.application.ports import Parameters
from payments.application.stored_files import keep_file, known_file
from payments.domain.bank_file import BankFileContents
from payments.domain.bank_statements import (
    BankEntry,
    BankFile,
    BankFileContent,
    BankStatement,
    kept,
    of_the_trust,
)
from payments.domain.files_in import TO_BE_READ, UNREAD, RowProblem


async def store_bank_file(uow: UnitOfWork, *, name: str, content: bytes) -> BankFile:
    """Keep the bytes of a file before anything is read of it, and return it; or what is known of these bytes already.
    One that was refused is to be read again, for the reason may be gone; not where a person has said what became of it.
    """
    file = hashlib.sha256(content).hexdigest()
    stored = BankFile(
        file=file,
        name=name,
        stored_at=uow.now,
        state="stored",
        format=None,
        statements=0,
        problems=(),
        refusal=None,
        waits=False,
        became=None,
        decided_at=None,
        decided_by=None,
    )
    if await uow.records(BankFile).add_new([stored]):
        await uow.records(BankFileContent).add([BankFileContent(file=file, content=content)])
        return stored
    unread = {**TO_BE_READ, "format": None, "problems": ()}
    await uow.records(BankFile).update(unread, file=file, waits=True, state="refused")
    return await known_file(uow, BankFile, file)


async def load_bank_file(
    uow: UnitOfWork,
    file: str,
    read: BankFileContents | Sequence[RowProblem],
    *,
    account: str | None,
    parameters: Parameters,
) -> BankFile:
    """Keep the statements of a stored file, match what is the same in the books, and return the file as loaded or as
    refused.

    ``read`` is what it says, or why it is not a whole file; ``account`` the number of the trust account, None where a
    file is of one account. A file with a day that has a statement is refused, for what it says is kept already. Done
    before, nothing happens. The file and the trust account are locked.
    """
    stored = await known_file(uow, BankFile, file)
    if stored.state not in UNREAD:
        return stored
    if not isinstance(read, BankFileContents):
        return await _refused(uow, stored, read)
    ours = of_the_trust(read, account=account)
    if isinstance(ours, RowProblem):
        return await _refused(uow, stored, [ours])
    days = [each.day for each in ours]
    known = await uow.records(BankStatement).distinct("day", day=days)
    if known:
        refusal = f"a statement of {known[0]} is loaded"
        return await keep_file(
            uow, replace(stored, state="refused", format=read.format, refusal=refusal, waits=True)
        )
    statements, entries = list[BankStatement](), list[BankEntry]()
    for each in ours:
        statement, of_it = kept(each, file=file, now=uow.now)
        statements.append(statement)
        entries += of_it
    loaded = replace(stored, state="loaded", format=read.format, statements=len(statements))
    await keep_file(uow, loaded)
    await uow.records(BankStatement).add(statements)
    await uow.records(BankEntry).add(entries)
    await match_open(uow, parameters=parameters)
    return loaded


async def _refused(uow: UnitOfWork, stored: BankFile, problems: Sequence[RowProblem]) -> BankFile:
    first = problems[0]
    refusal = f"line {first.line}: {first.field} {first.problem}"
    return await keep_file(
        uow, replace(stored, state="refused", refusal=refusal, problems=tuple(problems), waits=True)
    )
