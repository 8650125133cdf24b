"""Duty: each banking day's debits go in a file to our bank, each once; the file is put in its folder (PAY-1, PAY-8).

The file is made, sealed and kept in the transaction that says which debits it has. Only then it is written, as often as
it takes, the same bytes each time, under the same name, which no other bytes have. On the day on which our database is
restored none is made: what the files of that day were called and numbered is not known.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from typing import Final

from bulkhead.duties.ports import Postponed
from bulkhead.kernel.errors import Retryable
from bulkhead.kernel.key_rings import KeyMissing, Sealed
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import Backlog, NotNow
from payments.application.find_debits import cents_left
from payments.application.ports import AccountKeys, DirectDebit
from payments.application.waiting import DEBIT_FILES, DEBITS
from payments.domain.ach_debits import (
    NUMBERS,
    AchDebit,
    AchFile,
    AchFileContent,
    AchNumbers,
    NoModifierLeft,
    called_off,
    effective_date,
    file_name,
    next_after,
    next_filing,
    next_modifier,
    sent,
    written,
)
from payments.domain.bank_accounts import BankAccount
from payments.domain.identification import identification_of
from payments.domain.nacha_debits import DebitEntry, write_debit_file

MOST_HOUSEHOLDS: Final = 20_000
"""So many households' debits are in one file: where a day has more, it has several files."""
MOST_AT_ONCE: Final = 5

TO_WRITE = Backlog(AchFile, key="file", retries=DEBIT_FILES, state="to-write")


async def households_to_debit(uow: UnitOfWork, _duty_date: date, after: str, limit: int) -> list[str]:
    """Return, in order, at most ``limit`` households after the cursor of which a debit is to be sent."""
    if await uow.records(AchNumbers).count(restored_on=uow.today):
        return []
    return await uow.records(AchDebit).distinct(
        "household", limit=limit, household__gt=after, state="to-send"
    )


async def next_file(uow: UnitOfWork, day: date) -> date | None:
    """Return the earliest date from ``day`` on which there is something to send, None when there is nothing."""
    return day if await uow.records(AchDebit).count(state="to-send") else None


def filing_duty(debit: DirectDebit) -> Callable[[UnitOfWork, date, list[str]], Awaitable[None]]:
    """Return the duty's run."""

    async def run(uow: UnitOfWork, _duty_date: date, households: list[str]) -> None:
        try:
            await make_debit_file(uow, households, debit=debit)
        except NoModifierLeft as error:
            raise Postponed(str(error)) from error

    return run


async def make_debit_file(uow: UnitOfWork, households: list[str], *, debit: DirectDebit) -> AchFile | None:
    """Keep a file of all debits of these households that are to be sent, dated today, and return it; None where there
    are none. Its debits are sent by that. One whose money went back meanwhile is called off, wherever that had been
    moved; of one of which a part did, the rest is asked for. The households are locked.

    Raises `NoModifierLeft`.
    """
    debits = await uow.records(AchDebit).select(
        household=households, state="to-send", order_by=("drawn_on", "payment")
    )
    left = await cents_left(uow, [each.payment for each in debits])
    gone = [each for each in debits if not left[each.payment]]
    await uow.records(AchDebit).put(called_off(each, because="went-back") for each in gone)
    await DEBITS.forget(uow, [each.payment for each in gone])
    there = [each for each in debits if left[each.payment]]
    opened = await _that_open(uow, there, left, keys=debit.keys)
    if not opened:
        return None
    last = await _numbers(uow)
    modifier = next_modifier(last, on=uow.today)
    effective_on = effective_date(uow.today)
    made = write_debit_file(
        [entry for _, entry in opened],
        originator=debit.originator,
        created_at=uow.now,
        modifier=modifier,
        effective_on=effective_on,
        after_sequence=next_after(last, on=uow.today),
    )
    name = sha256(made.content).hexdigest()
    file = AchFile(
        file=name,
        name=file_name(uow.today, modifier, file=name),
        created_on=uow.today,
        modifier=modifier,
        effective_on=effective_on,
        entries=made.entries,
        drawn_cents=sum(each.amount_cents for each, _ in opened),
        debit_cents=made.debit_cents,
        credit_cents=made.credit_cents,
        made_at=uow.now,
    )
    sealed = debit.keys.seal(made.content, of=file.file)
    await uow.records(AchNumbers).put(
        [replace(last, made_on=uow.today, modifier=modifier, sequence=made.last_sequence)]
    )
    await uow.records(AchFile).add([file])
    await uow.records(AchFileContent).add(
        [AchFileContent(file=file.file, key=sealed.key, sealed=sealed.text)]
    )
    await uow.records(AchDebit).put(
        sent(each, file=file.file, trace=trace, cents=entry.amount_cents)
        for (each, entry), trace in zip(opened, made.traces, strict=True)
    )
    await DEBITS.forget(uow, [each.payment for each, _ in opened])
    return file


async def _numbers(uow: UnitOfWork) -> AchNumbers:
    """Return the numbers as the last file left them, held until this unit of work ends."""
    numbers = uow.records(AchNumbers)
    await numbers.add_new([AchNumbers()])
    await numbers.update({"held_at": uow.now}, numbers=NUMBERS)  # whoever comes second waits here
    held = await numbers.get(numbers=NUMBERS)
    if held is None:
        raise LookupError("what numbers files of debits is gone")
    return held


async def _that_open(
    uow: UnitOfWork, debits: Sequence[AchDebit], cents: Mapping[str, int], *, keys: AccountKeys
) -> list[tuple[AchDebit, DebitEntry]]:
    """Return the debits whose accounts' numbers can be opened, as a file has them, each for so many cents; the others
    are put off until the next file.
    """
    found = await uow.records(BankAccount).select(account=sorted({each.account for each in debits}))
    accounts = {each.account: each for each in found}
    opened = list[tuple[AchDebit, DebitEntry]]()
    for each in debits:
        try:
            opened.append((each, _entry(each, accounts[each.account], cents[each.payment], keys=keys)))
        except (KeyMissing, ValueError) as error:
            await DEBITS.put_off(
                uow, each.payment, because=error, household=each.household, until=next_filing(uow.now)
            )
    return opened


def _entry(debit: AchDebit, account: BankAccount, cents: int, *, keys: AccountKeys) -> DebitEntry:
    sealed = Sealed(key=account.key, text=account.sealed)
    return DebitEntry(
        identification=identification_of(debit.payment),
        routing_number=account.routing_number,
        number=Masked(keys.open(sealed, of=account.account).decode()),
        account_type=account.account_type,
        holder=account.holder,
        amount_cents=cents,
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
    if current is None or current.state != "to-write":
        return False
    await uow.records(AchFile).put([written(current, now=uow.now)])
    return True
