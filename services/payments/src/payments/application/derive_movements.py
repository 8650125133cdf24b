"""Duty: what the books say moved on the trust account yesterday, and what of it the bank's statements have (PAY-13).

Movements follow from the records of what came and went, by the day on which each was recorded: nothing is added to a
day that is over. Beside their sum stands the ledger's own of that day, from the journal.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any

from bulkhead.kernel.calendar import local, local_date
from bulkhead.persistence.ports import UnitOfWork
from payments.application.match_bank_entries import match_open
from payments.application.ports import Parameters
from payments.application.write_journal import write_journal
from payments.domain.bank_statements import TRUST_LOCK
from payments.domain.journal import TRUST, balances
from payments.domain.lockbox import LockboxFile
from payments.domain.payments import EARLIEST_DATE, Payment
from payments.domain.refunds import RefundPart
from payments.domain.remittances import Remittance
from payments.domain.returns import PaymentReturn
from payments.domain.suspense import SuspenseItem
from payments.domain.trust_movements import (
    TrustDay,
    TrustMovement,
    lockbox_reference,
    movement,
    remittance_reference,
)


async def trust_to_derive(uow: UnitOfWork, duty_date: date, after: str, _limit: int) -> list[str]:
    """Return the lock of the trust account, where its day before the duty's is not derived yet."""
    if after >= TRUST_LOCK or await uow.records(TrustDay).count(day=duty_date - timedelta(days=1)):
        return []
    return [TRUST_LOCK]


def deriving_duty(*, parameters: Parameters) -> Callable[[UnitOfWork, date, list[str]], Awaitable[None]]:
    """Return the duty's run."""

    async def run(uow: UnitOfWork, duty_date: date, _locks: list[str]) -> None:
        await derive_day(uow, duty_date - timedelta(days=1), parameters=parameters)

    return run


async def derive_day(uow: UnitOfWork, day: date, *, parameters: Parameters) -> None:
    """Keep what moved on a day that is over, both balances at its end, and what is matched by it. The first of all days
    has what moved before it too. The trust account is locked. Done before, nothing happens.
    """
    days = uow.records(TrustDay)
    before = await days.select(order_by=("-day",), limit=1)
    if before and before[0].day >= day:
        return
    first = before[0].day + timedelta(days=1) if before else EARLIEST_DATE
    found = await movements_of(uow, first=first, last=day)
    await uow.records(TrustMovement).add(found)
    ledger = balances(await write_journal(uow, first=first, last=day)).get(TRUST, 0)
    await days.add(
        [
            TrustDay(
                day=day,
                ledger_cents=ledger + sum(each.ledger_cents for each in before),
                movements_cents=sum(each.signed_cents for each in found)
                + sum(each.movements_cents for each in before),
                derived_at=uow.now,
            )
        ]
    )
    await match_open(uow, parameters=parameters)


async def movements_of(uow: UnitOfWork, *, first: date, last: date) -> list[TrustMovement]:
    """Return what moved on these days, by the records of what came and went."""
    return [*await _came(uow, first, last), *await _went(uow, first, last)]


async def _came(uow: UnitOfWork, first: date, last: date) -> list[TrustMovement]:
    files = await uow.records(LockboxFile).select(accepted_cents__gt=0, **_within("loaded_at", first, last))
    again = await uow.records(Payment).select(
        source="return-file", moved_from=None, **_within("known_at", first, last)
    )
    return [
        *(
            movement(
                "lockbox",
                each.file,
                on=_day(each.loaded_at),
                cents=each.accepted_cents,
                now=uow.now,
                reference=lockbox_reference(deposit_date=each.deposit_date, sequence=each.sequence),
            )
            for each in files
        ),
        *(
            movement(
                "came-again",
                each.payment,
                on=_day(each.known_at),
                cents=each.amount_cents,
                now=uow.now,
                reference=each.reference,
            )
            for each in again
        ),
        *await _sums(uow, "processor", "online", first, last),
        *await _sums(uow, "counter", "counter", first, last),
    ]


async def _sums(uow: UnitOfWork, kind: Any, source: str, first: date, last: date) -> list[TrustMovement]:
    """Return what came of one source, in one sum a day."""
    by_instant = await uow.records(Payment).totals(
        "amount_cents", by="known_at", source=source, moved_from=None, **_within("known_at", first, last)
    )
    by_day = dict[date, int]()
    for instant, cents in by_instant.items():
        by_day[_day(instant)] = by_day.get(_day(instant), 0) + cents
    return [
        movement(kind, day.isoformat(), on=day, cents=cents, now=uow.now)
        for day, cents in sorted(by_day.items())
    ]


async def _went(uow: UnitOfWork, first: date, last: date) -> list[TrustMovement]:
    returns = await uow.records(PaymentReturn).select(cents__gt=0, **_within("recorded_at", first, last))
    parts = await uow.records(RefundPart).select(state="paid", paid_on__ge=first, paid_on__le=last)
    remitted = await uow.records(Remittance).select(
        total_cents__gt=0, issued_on__ge=first, issued_on__le=last
    )
    doubles = await uow.records(SuspenseItem).select(state="dismissed", **_within("decided_at", first, last))
    return [
        *(
            movement(
                "return",
                each.payment,
                on=_day(each.recorded_at),
                cents=-each.cents,
                now=uow.now,
                reference=each.reference,
            )
            for each in returns
        ),
        *(
            movement(
                "refund",
                each.reference,
                on=each.paid_on or last,
                cents=-each.cents,
                now=uow.now,
                reference=each.reference,
            )
            for each in parts
        ),
        *(
            movement(
                "remittance",
                each.remittance,
                on=each.issued_on,
                cents=-each.total_cents,
                now=uow.now,
                reference=remittance_reference(
                    carrier=each.carrier, business_date=each.business_date, sequence=each.sequence
                ),
            )
            for each in remitted
        ),
        *(
            movement("double", each.item, on=_day(each.decided_at), cents=-each.amount_cents, now=uow.now)
            for each in doubles
        ),
    ]


def _within(field: str, first: date, last: date) -> dict[str, Any]:
    """Return the conditions that an instant is within days."""
    return {f"{field}__ge": local(first), f"{field}__lt": local(last + timedelta(days=1))}


def _day(instant: datetime | None) -> date:
    """Return the day of an instant that is there: it was asked for by it."""
    if instant is None:
        raise LookupError("an instant was asked for and is none")
    return local_date(instant)
