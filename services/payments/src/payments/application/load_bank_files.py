"""What is in a bank's statement file is kept, and matched with the books, once (PAY-13)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from bulkhead.persistence.ports import UnitOfWork
from payments.application.match_bank_entries import match_open
from payments.application.ports import Parameters
from payments.application.reading import aside
from payments.application.stored_files import keep_file, known_file
from payments.domain.bank_file import BankFileContents, problem
from payments.domain.bank_pages import BankPage, joined, missing_pages
from payments.domain.bank_statements import (
    BankEntry,
    BankFile,
    BankFileContent,
    BankStatement,
    kept,
    of_the_trust,
)
from payments.domain.camt_file import read_camt
from payments.domain.files_in import TO_BE_READ, UNREAD, NotWhole, RowProblem


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
    unread = {**TO_BE_READ, "format": None, "problems": (), "message": None, "page": None, "last_page": False}
    await uow.records(BankFile).update(unread, file=file, waits=True, state="refused")
    return await known_file(uow, BankFile, file)


async def load_bank_file(
    uow: UnitOfWork,
    file: str,
    read: BankFileContents | BankPage | Sequence[RowProblem],
    *,
    account: str | None,
    parameters: Parameters,
) -> BankFile:
    """Keep the statements of a stored file, match what is the same in the books, and return the file as loaded or as
    refused.

    ``read`` is what it says, or why it is not a whole file; ``account`` the number of the trust account, None where a
    file is of one account. A file with a day that has a statement is refused, for what it says is kept already. A page
    of a message is kept as read; the statements of all its pages are those of the one that comes last. Done before,
    nothing happens. The file and the trust account are locked.
    """
    stored = await known_file(uow, BankFile, file)
    if stored.state not in UNREAD:
        return stored
    if isinstance(read, BankPage):
        return await _load_page(uow, stored, read, account=account, parameters=parameters)
    if not isinstance(read, BankFileContents):
        return await _refused(uow, stored, read)
    return await _load(uow, stored, read, account=account, parameters=parameters)


async def _load(
    uow: UnitOfWork, stored: BankFile, read: BankFileContents, *, account: str | None, parameters: Parameters
) -> BankFile:
    """Keep the statements that a file completes, and return it as loaded or refused."""
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
        statement, of_it = kept(each, file=stored.file, now=uow.now)
        statements.append(statement)
        entries += of_it
    loaded = replace(
        stored,
        state="loaded",
        format=read.format,
        statements=len(statements),
        problems=read.passed_over,
    )
    await keep_file(uow, loaded)
    await uow.records(BankStatement).add(statements)
    await uow.records(BankEntry).add(entries)
    await match_open(uow, parameters=parameters)
    return loaded


async def _load_page(
    uow: UnitOfWork, stored: BankFile, page: BankPage, *, account: str | None, parameters: Parameters
) -> BankFile:
    """Keep a page, with the statements of its message where it is the last to come; return it as loaded or refused."""
    others = await pages_beside(uow, page.message, but=stored.file)
    wrong = _is_no_page_of(page, others)
    if wrong is not None:
        return await _refused(uow, stored, [problem(1, "GrpHdr/MsgPgntn", wrong)])
    stored = replace(
        stored, format="camt.053", message=page.message, page=page.number, last_page=page.last, state="loaded"
    )
    if pages_missing([*others, stored]):
        waits = with_missing([*others, stored])
        await uow.records(BankFile).put(waits)
        return waits[-1]
    contents = await uow.records(BankFileContent).select(file=sorted(each.file for each in others))
    try:
        # What was read before is read again: of a page nothing but its bytes is kept.
        pages = [
            await aside(partial(read_camt, each.content, today=uow.today, trust=account), each.content)
            for each in contents
        ]
        whole = joined([page, *(each for each in pages if isinstance(each, BankPage))])
    except NotWhole as broken:
        return await _refused(uow, _alone(stored), broken.problems)
    loaded = await _load(uow, stored, whole, account=account, parameters=parameters)
    if loaded.state != "loaded":
        return await keep_file(uow, _alone(loaded))
    await uow.records(BankFile).put([replace(each, problems=(), waits=False) for each in others])
    return loaded


async def pages_beside(uow: UnitOfWork, message: str, *, but: str) -> list[BankFile]:
    """Return the other pages of a message that are there, in their order."""
    return await uow.records(BankFile).select(
        message=message, state="loaded", file__ne=but, order_by=("page",)
    )


def pages_missing(pages: Sequence[BankFile]) -> tuple[RowProblem, ...]:
    """Return which pages of their message are missing."""
    last = [each.page for each in pages if each.last_page]
    return missing_pages(
        (each.page for each in pages if each.page is not None), last=last[0] if last else None
    )


def with_missing(pages: Sequence[BankFile]) -> list[BankFile]:
    """Return pages of a message as they wait for those that are missing."""
    missing = pages_missing(pages)
    return [replace(each, statements=0, problems=missing, waits=each.became is None) for each in pages]


def _is_no_page_of(page: BankPage, others: Sequence[BankFile]) -> str | None:
    """Return why a page cannot be one of a message beside the others; None where it can."""
    if any(each.page == page.number for each in others):
        return f"page {page.number} of its message is loaded"
    last = [each.page or 0 for each in others if each.last_page]
    if page.last and last:
        return f"says that it is the last, as page {last[0]} of its message does"
    highest = max((each.page or 0 for each in others), default=0)
    if page.last and highest > page.number:
        return f"says that it is the last, and there is page {highest}"
    if last and page.number > last[0]:
        return f"is behind page {last[0]} of its message, which says that it is the last"
    return None


def _alone(file: BankFile) -> BankFile:
    """Return a file that is refused as none of the pages of its message that are there."""
    return replace(file, message=None, page=None, last_page=False)


async def _refused(uow: UnitOfWork, stored: BankFile, problems: Sequence[RowProblem]) -> BankFile:
    first = problems[0]
    refusal = f"line {first.line}: {first.field} {first.problem}"
    return await keep_file(
        uow, replace(stored, state="refused", refusal=refusal, problems=tuple(problems), waits=True)
    )
