"""What is in a lockbox file becomes payments and suspense, once (PAY-3, PAY-10)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from bulkhead.persistence.ports import UnitOfWork
from payments.application.ports import Parameters
from payments.application.record_payments import record_payments
from payments.application.records import KnownAccount
from payments.application.stored_files import keep_file, known_file
from payments.domain.files_in import TO_BE_READ, UNREAD
from payments.domain.lockbox import LockboxContent, LockboxDay, LockboxFile
from payments.domain.lockbox_file import LockboxContents
from payments.domain.lockbox_row import LockboxRow
from payments.domain.lockbox_sorting import Instrument, sort_rows
from payments.domain.payments import Payment
from payments.domain.suspense import SuspenseItem


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
        {**TO_BE_READ, "deposit_date": None, "sequence": None}, file=file, waits=True, state="refused"
    )
    return await known_file(uow, LockboxFile, file)


async def load_lockbox_file(
    uow: UnitOfWork,
    file: str,
    read: LockboxContents | str,
    *,
    parameters: Parameters,
    also_known: Collection[str] = (),
) -> LockboxFile:
    """Make payments and suspense of a stored file's rows and return the file as loaded, or as refused.

    ``read`` is what it says, or why it is not a whole file. Another file of the same deposit date and
    sequence is refused, for its money is recorded already. Done before, nothing happens. The file and its
    accounts are locked. ``also_known`` are accounts that were known when it was loaded before.
    """
    stored = await known_file(uow, LockboxFile, file)
    if stored.state not in UNREAD:
        return stored
    if isinstance(read, str):
        return await keep_file(uow, replace(stored, state="refused", refusal=read, waits=True))
    numbered = replace(stored, deposit_date=read.deposit_date, sequence=read.sequence)
    if await uow.records(LockboxFile).count(
        deposit_date=read.deposit_date, sequence=read.sequence, state="loaded"
    ):
        refusal = "another file of the same deposit date and sequence is loaded"
        return await keep_file(uow, replace(numbered, state="refused", refusal=refusal, waits=True))
    await _record_rows(uow, file, read, parameters=parameters, also_known=also_known)
    await uow.records(LockboxDay).put(
        [LockboxDay(day=read.deposit_date, state="loaded", recorded_at=uow.now, declared_by=None)]
    )
    loaded = replace(
        numbered,
        state="loaded",
        accepted_rows=len(read.rows),
        accepted_cents=sum(row.amount_cents for row in read.rows),
        refused_rows=read.refused,
        noted_rows=read.noted,
        waits=bool(read.refused),
        loaded_at=uow.now,
    )
    return await keep_file(uow, loaded)


async def _record_rows(
    uow: UnitOfWork,
    file: str,
    read: LockboxContents,
    *,
    parameters: Parameters,
    also_known: Collection[str],
) -> None:
    accounts = accounts_of(read.rows)
    known = await uow.records(KnownAccount).distinct("household", household=accounts)
    sorted_rows = sort_rows(
        read.rows,
        file=file,
        deposit_date=read.deposit_date,
        known={*known, *also_known},
        seen=await _seen(uow, read.rows),
        now=uow.now,
    )
    await record_payments(uow, sorted_rows.tenders, parameters=parameters)
    await uow.records(SuspenseItem).add(sorted_rows.items)


async def _seen(uow: UnitOfWork, rows: Sequence[LockboxRow]) -> set[Instrument]:
    """Return the instruments with these accounts and numbers that came in other files."""
    accounts = accounts_of(rows)
    numbers = sorted({row.reference for row in rows if row.reference is not None})
    payments = await uow.records(Payment).select(household=accounts, source="lockbox", reference=numbers)
    items = await uow.records(SuspenseItem).select(account=accounts, reference=numbers)
    return {(each.household, each.reference or "", each.amount_cents) for each in payments} | {
        (each.account or "", each.reference or "", each.amount_cents) for each in items
    }
