"""Duty: each banking day's debits go in a file to our bank, each once; the file is put in its folder (PAY-1, PAY-8).

The file is made, sealed and kept in the transaction that says which debits it has. Only then it is written, as often as
it takes, the same bytes each time, under the same name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Final

from bulkhead.kernel.errors import Retryable
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import Backlog, NotNow
from payments.application.ports import AccountKeys, DirectDebit, KeyMissing
from payments.application.waiting import DEBIT_FILES, DEBITS
from payments.domain.ach_debits import (
    MODIFIERS,
    AchDebit,
    AchFile,
    AchFileContent,
    called_off,
    effective_date,
    file_name,
    sent,
    written,
)
from payments.domain.bank_accounts import BankAccount, Sealed
from payments.domain.identification import identification_of
from payments.domain.nacha_debits import DebitEntry, write_debit_file
from payments.domain.payments import Payment

MOST_HOUSEHOLDS: Final = 20_000
"""So many households' debits are in one file: where a day has more, it has several files."""
MOST_AT_ONCE: Final = 5

TO_WRITE = Backlog(AchFile, key="file", retries=DEBIT_FILES, state="to-write")


async def households_to_debit(uow: UnitOfWork, _duty_date: date, after: str, limit: int) -> list[str]:
    """Return, in order, at most ``limit`` households after the cursor of which a debit is to be sent."""
    return await uow.records(AchDebit).distinct(
        "household", limit=limit, household__gt=after, state="to-send"
    )


async def next_file(uow: UnitOfWork, day: date) -> date | None:
    """Return the earliest date from ``day`` on which there is something to send, None when there is nothing."""
    return day if await uow.records(AchDebit).count(state="to-send") else None


def filing_duty(debit: DirectDebit) -> Callable[[UnitOfWork, date, list[str]], Awaitable[None]]:
    """Return the duty's run."""

    async def run(uow: UnitOfWork, _duty_date: date, households: list[str]) -> None:
        await make_debit_file(uow, households, debit=debit)

    return run


async def make_debit_file(uow: UnitOfWork, households: list[str], *, debit: DirectDebit) -> AchFile | None:
    """Keep a file of all debits of these households that are to be sent, dated today, and return it; None where there
    are none. Its debits are sent by that, and one whose payment went back meanwhile is called off. The households are
    locked.

    Raises `KeyMissing` where an account's number cannot be opened.
    """
    debits = await uow.records(AchDebit).select(
        household=households, state="to-send", order_by=("drawn_on", "payment")
    )
    paid = await uow.records(Payment).select(payment=sorted(each.payment for each in debits))
    gone = {each.payment for each in paid if each.returned_on is not None}
    await uow.records(AchDebit).put(called_off(each) for each in debits if each.payment in gone)
    left = await _that_open(uow, [each for each in debits if each.payment not in gone], keys=debit.keys)
    if not left:
        return None
    before = await uow.records(AchFile).select(order_by=("-made_at", "-created_on", "-modifier"), limit=1)
    modifier = MODIFIERS[await uow.records(AchFile).count(created_on=uow.today)]
    effective_on = effective_date(uow.today)
    made = write_debit_file(
        [entry for _, entry in left],
        originator=debit.originator,
        created_at=uow.now,
        modifier=modifier,
        effective_on=effective_on,
        after_sequence=before[0].last_sequence if before else 0,
    )
    file = AchFile(
        file=sha256(made.content).hexdigest(),
        name=file_name(uow.today, modifier),
        created_on=uow.today,
        modifier=modifier,
        effective_on=effective_on,
        entries=made.entries,
        debit_cents=made.debit_cents,
        credit_cents=made.credit_cents,
        last_sequence=made.last_sequence,
        made_at=uow.now,
    )
    sealed = debit.keys.seal(made.content, of=file.file)
    await uow.records(AchFile).add([file])
    await uow.records(AchFileContent).add(
        [AchFileContent(file=file.file, key=sealed.key, sealed=sealed.text)]
    )
    await uow.records(AchDebit).put(
        sent(each, file=file.file, trace=trace) for (each, _), trace in zip(left, made.traces, strict=True)
    )
    await DEBITS.forget(uow, [each.payment for each, _ in left])
    return file


async def _that_open(
    uow: UnitOfWork, debits: Sequence[AchDebit], *, keys: AccountKeys
) -> list[tuple[AchDebit, DebitEntry]]:
    """Return the debits whose accounts' numbers can be opened, as a file has them; the others are put off."""
    found = await uow.records(BankAccount).select(account=sorted({each.account for each in debits}))
    accounts = {each.account: each for each in found}
    opened = list[tuple[AchDebit, DebitEntry]]()
    for each in debits:
        try:
            opened.append((each, _entry(each, accounts[each.account], keys=keys)))
        except (KeyMissing, ValueError) as error:
            await DEBITS.put_off(uow, each.payment, because=error, household=each.household)
    return opened


def _entry(debit: AchDebit, account: BankAccount, *, keys: AccountKeys) -> DebitEntry:
    sealed = Sealed(key=account.key, text=account.sealed)
    return DebitEntry(
        identification=identification_of(debit.payment),
        routing_number=account.routing_number,
        number=Masked(keys.open(sealed, of=account.account).decode()),
        account_type=account.account_type,
        holder=account.holder,
        amount_cents=debit.amount_cents,
        entry_class=debit.entry_class,
        recurring=debit.recurring,
        drawn_on=debit.drawn_on,
    )


class DebitFilePoller:
    """Puts files of debits in their folder that are not there yet."""

    name = "debit-files"

    def __init__(self, uows: UnitOfWorkFactory, *, debit: DirectDebit) -> None:
        self._uows = uows
        self._debit = debit

    async def turn(self, now: datetime) -> int:
        """Write each file whole, then note that it is written; return how many."""

        async def write(file: AchFile) -> int:
            async with self._uows.begin(now=now) as uow:
                content = await content_of(uow, file, keys=self._debit.keys)
            try:
                await self._debit.folder.put(file.name, content)
            except Retryable as error:
                raise NotNow(str(error)) from error
            async with self._uows.begin(now=now, households=[DEBIT_FILES.lock_of(file.file)]) as uow:
                return await note_written(uow, file.file)

        return await TO_WRITE.do(await self._due(now), write, uows=self._uows, now=now)

    async def pending(self, now: datetime) -> int:
        """Return how many files can be tried to write now."""
        return len(await self._due(now))

    async def _due(self, now: datetime) -> list[AchFile]:
        return await TO_WRITE.due(self._uows, now=now, limit=MOST_AT_ONCE)


async def content_of(uow: UnitOfWork, file: AchFile, *, keys: AccountKeys) -> bytes:
    """Return a file's bytes. Raises `KeyMissing`."""
    kept = await uow.records(AchFileContent).get(file=file.file)
    if kept is None:
        raise LookupError("a file of debits has no content")
    return keys.open(Sealed(key=kept.key, text=kept.sealed), of=file.file)


async def note_written(uow: UnitOfWork, file: str) -> bool:
    """Note that a file lies in its folder; return whether that was not known. The file is locked."""
    current = await uow.records(AchFile).get(file=file)
    if current is None or current.state == "written":
        return False
    await uow.records(AchFile).put([written(current, now=uow.now)])
    return True
