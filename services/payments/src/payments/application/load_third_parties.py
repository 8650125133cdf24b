"""A third party's one sum becomes payments of many households, all in one transaction (PAY-1, PAY-3)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from payments.application.decide_suspense import lock_of
from payments.application.load_lockbox_files import accounts_of, counted, record_rows
from payments.application.ports import Parameters
from payments.application.stored_files import BEGINNING, keep_file, known_file
from payments.application.waiting import LOCKBOX_FILES
from payments.domain.bank_file import as_called
from payments.domain.files_in import UNREAD
from payments.domain.lockbox import LockboxFile
from payments.domain.lockbox_frame import LockboxFrame, RowsReport
from payments.domain.lockbox_row import LockboxRow
from payments.domain.lockbox_sorting import DOUBLE_OF_CHECK, file_of
from payments.domain.payments import Payment
from payments.domain.suspense import SuspenseItem, take_apart
from payments.domain.third_parties import ThirdParty, ThirdPartyPayment, is_same_sum, not_accepted
from payments.domain.third_party_file import third_party_rows


async def load_third_party(
    uows: UnitOfWorkFactory,
    file: str,
    content: bytes,
    frame: LockboxFrame,
    paid: ThirdParty,
    *,
    parameters: Parameters,
    said: Collection[str],
    now: datetime,
) -> LockboxFile:
    """Record a stored file of a third party, or refuse it, and return it. Done before, nothing happens."""
    report, rows = RowsReport(), list[LockboxRow]()
    for each in third_party_rows(content, frame):
        report.add(each)
        rows += [] if each.row is None else [each.row]
    locks = [LOCKBOX_FILES.lock_of(BEGINNING), LOCKBOX_FILES.lock_of(file), *accounts_of(rows)]
    if paid.means == "suspense":
        async with uows.begin(now=now) as uow:
            waiting = await _item_of(uow, paid)
        # An account that is heard of at this moment would have the item.
        locks += [lock_of(paid.reference), *([waiting.account] if waiting and waiting.account else [])]
    async with uows.begin(now=now, households=locks) as uow:
        await LOCKBOX_FILES.forget(uow, [file])
        stored = await known_file(uow, LockboxFile, file)
        if stored.state not in UNREAD:
            return stored
        named = replace(stored, deposit_date=frame.deposit_date)
        waits = await _item_of(uow, paid)
        refusal = await _refusal(uow, paid, waits, parameters=parameters)
        if refusal is not None:
            return await keep_file(uow, replace(named, state="refused", refusal=refusal, waits=True))
        begun = await keep_file(uow, replace(named, loaded_at=uow.now))
        if waits is not None:
            rows = _dated_as(waits, rows)
            await uow.records(SuspenseItem).put([take_apart(waits, by_file=file, now=uow.now)])
        doubled = (DOUBLE_OF_CHECK,) if await _is_credited(uow, paid) else ()
        await record_rows(uow, begun, rows, parameters=parameters, said=said, all_doubled=doubled)
        await uow.records(ThirdPartyPayment).add(
            [
                ThirdPartyPayment(
                    file=file,
                    payer=paid.payer,
                    payer_kind=paid.payer_kind,
                    means=paid.means,
                    reference=paid.reference,
                    called=_called(paid, waits),
                    received_on=frame.deposit_date,
                    postmarked_on=paid.postmarked_on,
                    amount_cents=paid.amount_cents,
                    lines=len(rows),
                    recorded_at=uow.now,
                )
            ]
        )
        return await keep_file(uow, counted(begun, report))


async def _item_of(uow: UnitOfWork, paid: ThirdParty) -> SuspenseItem | None:
    """Return the item that a sum tells apart, None where it came otherwise or there is none."""
    return await uow.records(SuspenseItem).get(item=paid.reference) if paid.means == "suspense" else None


async def _refusal(
    uow: UnitOfWork, paid: ThirdParty, waits: SuspenseItem | None, *, parameters: Parameters
) -> str | None:
    """Return why a sum is not taken, None where it is."""
    refusal = not_accepted(paid, accepted=parameters.as_of(uow.today).third_party_payers)
    if refusal is not None:
        return refusal
    called = _called(paid, waits)
    before = [] if called is None else await uow.records(ThirdPartyPayment).select(called=called)
    if any(is_same_sum(paid, each) for each in before):
        return "the same sum of the same payer is recorded by another file"
    if paid.means == "suspense":
        if waits is None or waits.state != "open":
            return "line 1: no such item waits in suspense"
        if waits.amount_cents != paid.amount_cents:
            return "the last line is not the amount of the item in suspense"
        return None
    if paid.means == "check" and (there := await _waiting_check(uow, paid)) is not None:
        return f"the check waits in suspense: say by the means suspense that it is {there.item}"
    return None


def _called(paid: ThirdParty, waits: SuspenseItem | None) -> str | None:
    """Return what a sum is called as two of them are compared: a check that waits in suspense by its own number."""
    return as_called(paid.reference if waits is None else waits.reference) or None


async def _waiting_check(uow: UnitOfWork, paid: ThirdParty) -> SuspenseItem | None:
    """Return the check of a lockbox file that waits in suspense and has the number and the amount of a sum."""
    called = as_called(paid.reference)
    open_ones = await uow.records(SuspenseItem).select(
        amount_cents=paid.amount_cents, state="open", reason__ne="possible-double", order_by=("item",)
    )
    same = {file_of(each.origin): each for each in open_ones if as_called(each.reference) == called}
    lines = await uow.records(ThirdPartyPayment).distinct("file", file=sorted(same))
    return next((each for file, each in same.items() if file not in lines), None)


async def _is_credited(uow: UnitOfWork, paid: ThirdParty) -> bool:
    """Whether a check of a lockbox file that has the number and the amount of a sum is some household's, and has not
    gone back: then each line waits as a possible double (PAY-3).
    """
    if paid.means != "check":
        return False
    called = as_called(paid.reference)
    credited = await uow.records(Payment).select(
        source="lockbox", amount_cents=paid.amount_cents, returned_on=None
    )
    files = {file_of(each.origin) for each in credited if as_called(each.reference) == called}
    return bool(files - set(await uow.records(ThirdPartyPayment).distinct("file", file=sorted(files))))


def _dated_as(item: SuspenseItem, rows: Sequence[LockboxRow]) -> list[LockboxRow]:
    """Return lines with the dates that their check came with (PAY-3)."""
    return [
        replace(
            each,
            received_on=item.received_on or each.received_on,
            postmarked_on=item.postmarked_on or each.postmarked_on,
            reference=item.reference or each.reference,
        )
        for each in rows
    ]
