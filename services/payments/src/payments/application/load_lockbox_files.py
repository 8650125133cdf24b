"""What is in a lockbox file becomes payments and suspense, once (PAY-3, PAY-10).

A file is recorded in steps: it takes its name, then its rows are recorded, some at a time, then it counts as loaded.
Whoever goes on with it after a crash finds what is recorded already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from bulkhead.persistence.ports import UnitOfWork
from payments.application.ports import Parameters
from payments.application.record_payments import record_payments
from payments.application.records import KnownAccount
from payments.application.stored_files import keep_file, known_file
from payments.domain.bank_file import as_called
from payments.domain.files_in import TO_BE_READ, UNREAD
from payments.domain.lockbox import LockboxContent, LockboxDay, LockboxFile
from payments.domain.lockbox_frame import LockboxFrame, RowsReport
from payments.domain.lockbox_row import LockboxRow
from payments.domain.lockbox_sorting import CheckOfMany, Instrument, is_of_file, payment_of, sort_rows
from payments.domain.payments import Payment
from payments.domain.suspense import SuspenseItem
from payments.domain.third_parties import ThirdPartyPayment


def accounts_of(rows: Iterable[LockboxRow]) -> list[str]:
    """Return the accounts that rows name, in order."""
    return sorted({row.account for row in rows if row.account is not None})


async def store_lockbox_file(uow: UnitOfWork, *, name: str, content: bytes) -> LockboxFile:
    """Keep the bytes of a file before anything is read of it, and return it; or what is known of these bytes already.
    One that was refused is to be read again, for the reason may be gone; not where a person has said what became of it,
    for then what it says may be recorded otherwise.
    """
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
        noted_rows=(),
        refusal=None,
        waits=False,
        became=None,
        decided_at=None,
        decided_by=None,
    )
    if await uow.records(LockboxFile).add_new([stored]):
        await uow.records(LockboxContent).add([LockboxContent(file=file, content=content)])
        return stored
    await uow.records(LockboxFile).update(
        {**TO_BE_READ, "deposit_date": None, "sequence": None, "loaded_at": None},
        file=file,
        waits=True,
        state="refused",
    )
    return await known_file(uow, LockboxFile, file)


async def begin_lockbox_file(uow: UnitOfWork, file: str, read: LockboxFrame | str) -> LockboxFile:
    """Return a stored file as refused, or by its name and still to be read: now its rows are to be recorded.

    ``read`` is its frame, or why it is not a whole file. Another file of the same deposit date and sequence that is
    loaded or begun refuses it, for its money is recorded by that. All its money counts from when it was begun first.
    Done before, nothing happens. It and `BEGINNING` are locked.
    """
    stored = await known_file(uow, LockboxFile, file)
    if stored.state not in UNREAD:
        return stored
    if isinstance(read, str):
        return await keep_file(uow, replace(stored, state="refused", refusal=read, waits=True))
    named = replace(stored, deposit_date=read.deposit_date, sequence=read.sequence)
    if await uow.records(LockboxFile).count(
        deposit_date=read.deposit_date, sequence=read.sequence, state__ne="refused", file__ne=file
    ):
        refusal = "another file of the same deposit date and sequence is loaded"
        return await keep_file(uow, replace(named, state="refused", refusal=refusal, waits=True))
    return await keep_file(uow, replace(named, loaded_at=stored.loaded_at or uow.now))


async def record_rows(
    uow: UnitOfWork,
    file: LockboxFile,
    rows: Sequence[LockboxRow],
    *,
    parameters: Parameters,
    said: Collection[str] = (),
    sums: Collection[CheckOfMany] = (),
    all_doubled: tuple[str, ...] = (),
) -> None:
    """Make payments and suspense of rows of a file that has begun, each once. The file and the rows' accounts are
    locked. ``said`` are payments that were recorded when it was loaded before: their accounts were known. ``sums`` are
    third parties' checks, one of which a row may be (`sums_called_like`); ``all_doubled`` says why all rows may be
    money that came before.
    """
    ids = [payment_of(file.file, each) for each in rows]
    recorded = {
        *await uow.records(Payment).distinct("payment", payment=ids),
        *await uow.records(SuspenseItem).distinct("item", item=ids),
    }
    left = [row for name, row in zip(ids, rows, strict=True) if name not in recorded]
    if file.deposit_date is None or not left:
        return
    known = await uow.records(KnownAccount).distinct("household", household=accounts_of(left))
    also_known = {row.account for row in left if row.account and payment_of(file.file, row) in said}
    sorted_rows = sort_rows(
        left,
        file=file.file,
        deposit_date=file.deposit_date,
        known={*known, *also_known},
        seen=await _seen(uow, left, file=file.file),
        sums=sums,
        all_doubled=all_doubled,
        now=uow.now,
    )
    await record_payments(uow, sorted_rows.tenders, parameters=parameters)
    await uow.records(SuspenseItem).add(sorted_rows.items)


async def sums_called_like(uow: UnitOfWork, rows: Iterable[LockboxRow]) -> set[CheckOfMany]:
    """Return the checks of third parties that are called like rows, but for those that went back."""
    names = sorted({as_called(each.reference) for each in rows} - {""})
    there = await uow.records(ThirdPartyPayment).select(
        called=names, means=["check", "suspense"], returned_on=None
    )
    return {(each.called, each.amount_cents) for each in there if each.called is not None}


async def end_lockbox_file(uow: UnitOfWork, file: str, report: RowsReport) -> LockboxFile:
    """Return a file as loaded, now that all its rows are recorded. Done before, nothing happens. It is locked."""
    begun = await known_file(uow, LockboxFile, file)
    if begun.state not in UNREAD or begun.deposit_date is None:
        return begun
    await uow.records(LockboxDay).put(
        [LockboxDay(day=begun.deposit_date, state="loaded", recorded_at=uow.now, declared_by=None)]
    )
    return await keep_file(uow, counted(begun, report))


def counted(begun: LockboxFile, report: RowsReport) -> LockboxFile:
    """Return a file whose rows are recorded as loaded, with what is told of them."""
    return replace(
        begun,
        state="loaded",
        accepted_rows=report.accepted_rows,
        accepted_cents=report.accepted_cents,
        refused_rows=tuple(report.refused),
        noted_rows=tuple(report.noted),
        refused_total=report.refused_total,
        noted_total=report.noted_total,
        waits=bool(report.refused),
    )


async def _seen(uow: UnitOfWork, rows: Sequence[LockboxRow], *, file: str) -> set[Instrument]:
    """Return the instruments with these accounts and numbers that came in other files."""
    accounts = accounts_of(rows)
    numbers = sorted({row.reference for row in rows if row.reference is not None})
    payments = await uow.records(Payment).select(household=accounts, source="lockbox", reference=numbers)
    items = await uow.records(SuspenseItem).select(account=accounts, reference=numbers)
    return {
        (each.household, each.reference or "", each.amount_cents)
        for each in payments
        if not is_of_file(each.origin, file)
    } | {
        (each.account or "", each.reference or "", each.amount_cents)
        for each in items
        if not is_of_file(each.origin, file)
    }
