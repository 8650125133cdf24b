"""What is in a bank's return file becomes returns of payments, and work for a person, once (PAY-3, PAY-5).

A file is recorded in steps: it takes its name, then its entries are recorded, some at a time, then it counts as loaded.
Whoever goes on with it after a crash finds what is recorded already.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bulkhead.persistence.ports import UnitOfWork
from payments.application.autopay import end_drawing_from
from payments.application.return_payment import ReturnOrder, record_returns
from payments.application.stored_files import keep_file, known_file
from payments.domain.ach_debits import AchDebit
from payments.domain.events import EndedBecause, ReturnKind
from payments.domain.files_in import TO_BE_READ, UNREAD, RowProblem
from payments.domain.nacha_file import ReturnContents, ReturnEntry
from payments.domain.payments import Payment
from payments.domain.return_files import (
    DONE,
    ReturnFile,
    ReturnFileContent,
    ReturnItem,
    done,
    ends_autopay,
    item_of,
    kind_of,
    reason_to_wait,
    reference_of,
    returned_on,
    waiting,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidReturn:
    """That a payment went back, as an item says it: on which day, and of which kind the return is."""

    item: ReturnItem
    payment: Payment
    on: date
    kind: ReturnKind


SAID_AGAIN = "another file of the same origin, date and modifier is loaded"


async def store_return_file(uow: UnitOfWork, *, name: str, content: bytes) -> ReturnFile:
    """Keep the bytes of a file before anything is read of it, and return it; or what is known of these bytes already.
    One that was refused is to be read again, for the reason may be gone; not where a person has said what became of it,
    for then what it says may be recorded otherwise.
    """
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
        waits=False,
        became=None,
        decided_at=None,
        decided_by=None,
    )
    if await uow.records(ReturnFile).add_new([stored]):
        await uow.records(ReturnFileContent).add([ReturnFileContent(file=file, content=content)])
        return stored
    unnamed = {"origin": None, "created_on": None, "modifier": None, "problems": ()}
    await uow.records(ReturnFile).update({**TO_BE_READ, **unnamed}, file=file, waits=True, state="refused")
    return await known_file(uow, ReturnFile, file)


async def payments_named(uow: UnitOfWork, entries: Iterable[ReturnEntry]) -> dict[str, Payment]:
    """Return the payments that entries name, by what they are called at the banks or, where that is no payment's, by
    the trace number that a file of ours gave the debit of that amount: see `named_by`.
    """
    given = list(entries)
    named = sorted({each.identification for each in given if each.identification})
    found = await uow.records(Payment).select(identification=named)
    payments = {each.identification: each for each in found if each.identification is not None}
    return payments | await _traced(uow, [each for each in given if each.identification not in payments])


async def _traced(uow: UnitOfWork, entries: Sequence[ReturnEntry]) -> dict[str, Payment]:
    traces = sorted({each.original_trace for each in entries if each.original_trace})
    debits = (
        await uow.records(AchDebit).select(trace=traces, order_by=("drawn_on", "payment")) if traces else []
    )
    # Numbers come again after a hundred days: of two with one number the later is meant.
    of_trace = {(each.trace, each.asked_cents): each.payment for each in debits}
    payments = {
        each.payment: each for each in await uow.records(Payment).select(payment=sorted(of_trace.values()))
    }
    return {
        _traced_as(each): payments[payment]
        for each in entries
        for payment in [of_trace.get((each.original_trace, each.amount_cents))]
        if payment is not None and payment in payments
    }


def _traced_as(entry: ReturnEntry) -> str:
    return f"{entry.original_trace} {entry.amount_cents}"


def named_by(entry: ReturnEntry, payments: Mapping[str, Payment]) -> Payment | None:
    """Return the payment that an entry names, of those of `payments_named`; None where it is not known."""
    return payments.get(entry.identification or "") or payments.get(_traced_as(entry))


async def begin_return_file(
    uow: UnitOfWork, file: str, read: ReturnContents | Sequence[RowProblem]
) -> ReturnFile:
    """Return a stored file as refused, or by its name and still to be read: now its entries are to be recorded.

    ``read`` is what it says, or why it is not a whole file. Where another file of the same origin, date and modifier is
    loaded or begun, it is refused, for what it says is recorded by that. Done before, nothing happens. It and
    `BEGINNING` are locked.
    """
    stored = await known_file(uow, ReturnFile, file)
    if stored.state not in UNREAD:
        return stored
    if not isinstance(read, ReturnContents):
        first = read[0]
        refusal = f"line {first.line}: {first.field} {first.problem}"
        return await keep_file(
            uow, replace(stored, state="refused", refusal=refusal, problems=tuple(read), waits=True)
        )
    named = replace(stored, origin=read.origin, created_on=read.created_on, modifier=read.modifier)
    if await uow.records(ReturnFile).count(
        origin=read.origin,
        created_on=read.created_on,
        modifier=read.modifier,
        state__ne="refused",
        file__ne=file,
    ):
        return await keep_file(uow, replace(named, state="refused", refusal=SAID_AGAIN, waits=True))
    return await keep_file(uow, named)


async def end_return_file(uow: UnitOfWork, file: str, read: ReturnContents) -> ReturnFile:
    """Return a file as loaded, now that all its entries are recorded. Done before, nothing happens. It is locked."""
    named = await known_file(uow, ReturnFile, file)
    if named.state not in UNREAD:
        return named
    loaded = replace(
        named,
        state="loaded",
        entries=len(read.entries),
        debit_cents=read.debit_cents,
        credit_cents=read.credit_cents,
    )
    return await keep_file(uow, loaded)


async def record_entries(
    uow: UnitOfWork, file: str, entries: Sequence[ReturnEntry], *, locked: Collection[str]
) -> None:
    """Record entries of a file that has begun, each once: as the return of the payment it names, or as what waits for a
    person.

    The file is locked, and the households ``locked``: a payment of another is not known yet.
    """
    found = await payments_named(uow, entries)
    named = {name: each for name, each in found.items() if each.household in locked}
    ids = sorted(each.payment for each in named.values())
    before = await uow.records(ReturnItem).select(payment=ids, state=DONE)
    claimed = {each.payment for each in before if each.payment is not None}
    drafts = [item_of(entry, file=file, payment=named_by(entry, named), now=uow.now) for entry in entries]
    kept = await uow.records(ReturnItem).distinct("item", item=[each.item for each in drafts])
    payments = {each.payment: each for each in named.values()}
    items, said = list[ReturnItem](), list[SaidReturn]()
    for item in drafts:
        if item.item in kept:
            continue
        payment = payments.get(item.payment or "")
        reason = reason_to_wait(item, payment, claimed=claimed, today=uow.today)
        if reason is not None or payment is None:
            items.append(waiting(item, reason or "unknown-payment"))
            continue
        claimed.add(payment.payment)
        items.append(done(item, payment))
        day = returned_on(item, today=uow.today)
        said.append(SaidReturn(item=item, payment=payment, on=day, kind=kind_of(item)))
    await return_by_items(uow, said, by=f"return-file:{file[:12]}")
    await end_autopay_by_items(
        uow, [(each, payments[each.payment]) for each in items if each.payment is not None]
    )
    await uow.records(ReturnItem).add(items)


async def return_by_items(uow: UnitOfWork, said: Sequence[SaidReturn], *, by: str) -> None:
    """Record that the payment of each item went back, unless that was recorded before. The payments' households are
    locked. Raises what `record_returns` does.
    """
    await record_returns(
        uow,
        [
            (
                each.payment,
                ReturnOrder(
                    payment=each.payment.payment,
                    amount_cents=each.item.amount_cents,
                    kind=each.kind,
                    on=each.on,
                    reference=reference_of(each.item),
                    operator=by,
                ),
            )
            for each in said
            if each.payment.returned_on is None
        ],
    )


async def end_autopay_by_items(uow: UnitOfWork, named: Iterable[tuple[ReturnItem, Payment]]) -> None:
    """End autopay from the accounts of which items say that no later draw can go through, whoever recorded the return,
    and whosever the money is by now (PAY-8). The households drawn from are locked.
    """
    ending = defaultdict[EndedBecause, list[str]](list)
    for item, payment in named:
        because = ends_autopay(item, payment)
        if because is not None:
            ending[because].append(payment.payment)
    for because, payments in sorted(ending.items()):
        await end_drawing_from(uow, payments, because=because)
