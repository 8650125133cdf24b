"""What is in a bank's return file becomes returns of payments, and work for a person, once (PAY-3, PAY-5)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date

from bulkhead.persistence.ports import UnitOfWork
from payments.application.autopay import end_drawing_from
from payments.application.return_payment import ReturnOrder, record_return
from payments.domain.files_in import UNREAD, RowProblem
from payments.domain.nacha_file import ReturnContents, ReturnEntry
from payments.domain.payments import Payment
from payments.domain.return_codes import RETURN_CODES
from payments.domain.return_files import (
    DONE,
    ReturnFile,
    ReturnFileContent,
    ReturnItem,
    done,
    item_of,
    reason_to_wait,
    reference_of,
    returned_on,
    waiting,
)

SAID_AGAIN = "another file of the same origin, date and modifier is loaded"


async def store_return_file(uow: UnitOfWork, *, name: str, content: bytes) -> ReturnFile:
    """Keep the bytes of a file before anything is read of it; return what is known of these bytes already."""
    file = hashlib.sha256(content).hexdigest()
    stored = ReturnFile(
        file=file,
        name=name,
        stored_at=uow.now,
        state="stored",
        origin=None,
        created_on=None,
        modifier=None,
        entries=0,
        debit_cents=0,
        credit_cents=0,
        problems=(),
        refusal=None,
    )
    if await uow.records(ReturnFile).add_new([stored]):
        await uow.records(ReturnFileContent).add([ReturnFileContent(file=file, content=content)])
        return stored
    return await _known_file(uow, file)


async def payments_named(uow: UnitOfWork, entries: Iterable[ReturnEntry]) -> dict[str, Payment]:
    """Return the payments that entries name, by what they are called at the banks."""
    named = sorted({each.identification for each in entries if each.identification})
    found = await uow.records(Payment).select(identification=named)
    return {each.identification: each for each in found if each.identification is not None}


async def load_return_file(
    uow: UnitOfWork, file: str, read: ReturnContents | Sequence[RowProblem], *, locked: Collection[str]
) -> ReturnFile:
    """Return a stored file as loaded, its items recorded or waiting, or as refused.

    ``read`` is what it says, or why it is not a whole file. Another file of the same origin, date and modifier is
    refused, for what it says is recorded already. Done before, nothing happens. The file is locked, and the households
    ``locked``: a payment of another is not known yet.
    """
    stored = await _known_file(uow, file)
    if stored.state not in UNREAD:
        return stored
    if not isinstance(read, ReturnContents):
        first = read[0]
        refusal = f"line {first.line}: {first.field} {first.problem}"
        return await _keep(uow, replace(stored, state="refused", refusal=refusal, problems=tuple(read)))
    named = replace(stored, origin=read.origin, created_on=read.created_on, modifier=read.modifier)
    if await uow.records(ReturnFile).count(
        origin=read.origin, created_on=read.created_on, modifier=read.modifier, state="loaded"
    ):
        return await _keep(uow, replace(named, state="refused", refusal=SAID_AGAIN))
    await _record_entries(uow, file, read.entries, locked=locked)
    loaded = replace(
        named,
        state="loaded",
        entries=len(read.entries),
        debit_cents=read.debit_cents,
        credit_cents=read.credit_cents,
    )
    return await _keep(uow, loaded)


async def _record_entries(
    uow: UnitOfWork, file: str, entries: Sequence[ReturnEntry], *, locked: Collection[str]
) -> None:
    found = await payments_named(uow, entries)
    named = {name: each for name, each in found.items() if each.household in locked}
    ids = sorted(each.payment for each in named.values())
    before = await uow.records(ReturnItem).select(payment=ids, state=DONE)
    claimed = {each.payment for each in before if each.payment is not None}
    items: list[ReturnItem] = []
    for entry in entries:
        payment = named.get(entry.identification)
        item = item_of(entry, file=file, payment=payment, now=uow.now)
        reason = reason_to_wait(item, payment, claimed=claimed, today=uow.today)
        if reason is not None or payment is None:
            items.append(waiting(item, reason or "unknown-payment"))
            continue
        claimed.add(payment.payment)
        on = returned_on(item, today=uow.today)
        recorded = await return_by_item(uow, item, payment, on=on, by=f"return-file:{file[:12]}")
        items.append(done(item, state="recorded" if recorded else "confirmed"))
    await uow.records(ReturnItem).add(items)


async def return_by_item(uow: UnitOfWork, item: ReturnItem, payment: Payment, *, on: date, by: str) -> bool:
    """Record that an item's payment went back on a day, unless that was recorded before; return whether it was not.

    Autopay ends where the item's code says so, whoever recorded the return. The payment's household is locked. Raises
    what `record_return` does.
    """
    code = RETURN_CODES[item.code or ""]
    is_new = payment.returned_on is None
    if is_new:
        order = ReturnOrder(
            payment=payment.payment,
            amount_cents=item.amount_cents,
            kind=code.kind,
            on=on,
            reference=reference_of(item),
            operator=by,
        )
        await record_return(uow, order)
    if code.ends_autopay is not None:
        await end_drawing_from(uow, payment.payment, because=code.ends_autopay)
    return is_new


async def _keep(uow: UnitOfWork, file: ReturnFile) -> ReturnFile:
    await uow.records(ReturnFile).put([file])
    return file


async def _known_file(uow: UnitOfWork, file: str) -> ReturnFile:
    known = await uow.records(ReturnFile).get(file=file)
    if known is None:
        raise LookupError("a return file was stored and is gone")
    return known
