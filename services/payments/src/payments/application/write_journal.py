"""The journal of some days: what came in, was settled, remitted, paid back and went back, in sums a day (PAY-9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from bulkhead.kernel.calendar import local, local_date
from bulkhead.persistence.ports import UnitOfWork
from payments.domain.journal import NOT_APPLIED, SUSPENSE, TRUST, Entry, carrier_account, entries, in_order
from payments.domain.payments import Payment
from payments.domain.refunds import RefundPart
from payments.domain.remittances import Remittance
from payments.domain.returns import PaymentReturn
from payments.domain.settlements import Settlement
from payments.domain.suspense import SuspenseItem


async def write_journal(uow: UnitOfWork, *, first: date, last: date) -> list[Entry]:
    """Return the entries of the days from ``first`` to ``last``.

    What is put right later is an entry of the day it is put right on. Premiums count on the day on which invoicing
    settled them, of which payments may hear later: a day is whole once invoicing's events of it are heard. All there
    are, from the first day on, leave the accounts as the books say (PAY-9).
    """
    return in_order(
        [
            *await _received(uow, first, last),
            *await _settled(uow, first, last),
            *await _paid_out(uow, first, last),
        ]
    )


async def trust_of(uow: UnitOfWork, *, first: date, last: date) -> int:
    """Return by how many cents the journal's entries of these days change the trust account: as `write_journal` has
    them, in sums alone.
    """
    paid: dict[str, Any] = {"paid_on__ge": first, "paid_on__le": last}
    issued: dict[str, Any] = {"issued_on__ge": first, "issued_on__le": last}
    known, recorded, decided = (_within(at, first, last) for at in ("known_at", "recorded_at", "decided_at"))
    items = uow.records(SuspenseItem)
    return (
        await uow.records(Payment).total("amount_cents", moved_from=None, **known)
        + await items.total("amount_cents", **recorded)
        - await items.total("amount_cents", state=["assigned", "dismissed"], **decided)
        - await uow.records(RefundPart).total("cents", state="paid", **paid)
        - await uow.records(PaymentReturn).total("cents", **recorded)
        - await uow.records(Remittance).total("total_cents", **issued)
    )


async def carriers_there_are(uow: UnitOfWork) -> list[str]:
    """Return the carriers that have an account: those of whom a premium was ever settled."""
    return await uow.records(Settlement).distinct("carrier")


async def _received(uow: UnitOfWork, first: date, last: date) -> list[Entry]:
    came = await _by_day(uow, Payment, "amount_cents", "known_at", first, last, moved_from=None)
    items = SuspenseItem, "amount_cents"
    suspended = await _by_day(uow, *items, "recorded_at", first, last)
    assigned = await _by_day(uow, *items, "decided_at", first, last, state="assigned")
    dismissed = await _by_day(uow, *items, "decided_at", first, last, state="dismissed")
    came.subtract(assigned)
    return [
        *entries(came, says="payments received", debit=TRUST, credit=NOT_APPLIED),
        *entries(suspended, says="money in suspense", debit=TRUST, credit=SUSPENSE),
        *entries(assigned, says="suspense assigned", debit=SUSPENSE, credit=NOT_APPLIED),
        *entries(dismissed, says="suspense that was no money of its own", debit=SUSPENSE, credit=TRUST),
    ]


async def _settled(uow: UnitOfWork, first: date, last: date) -> list[Entry]:
    found: list[Entry] = []
    days: dict[str, Any] = {"settled_on__ge": first, "settled_on__le": last}
    fallen: dict[str, Any] = {"unsettled_on__ge": first, "unsettled_on__le": last}
    settlements = uow.records(Settlement)
    carriers = {
        *await settlements.distinct("carrier", **days),
        *await settlements.distinct("carrier", **fallen),
    }
    for carrier in sorted(carriers):
        account = carrier_account(carrier)
        settled = await settlements.totals("cents", by="settled_on", carrier=carrier, **days)
        undone = await settlements.totals("cents", by="unsettled_on", carrier=carrier, **fallen)
        found += entries(settled, says="premiums settled", debit=NOT_APPLIED, credit=account)
        found += entries(undone, says="premiums unsettled", debit=account, credit=NOT_APPLIED)
    return found


async def _paid_out(uow: UnitOfWork, first: date, last: date) -> list[Entry]:
    remittances = await uow.records(Remittance).select(issued_on__ge=first, issued_on__le=last)
    found = [
        entry
        for each in remittances
        for entry in entries(
            {each.issued_on: each.total_cents},
            says="premiums remitted",
            debit=carrier_account(each.carrier),
            credit=TRUST,
        )
    ]
    refunded = await uow.records(RefundPart).totals(
        "cents", by="paid_on", state="paid", paid_on__ge=first, paid_on__le=last
    )
    returned = await _by_day(uow, PaymentReturn, "cents", "recorded_at", first, last)
    return [
        *found,
        *entries(refunded, says="refunds paid", debit=NOT_APPLIED, credit=TRUST),
        *entries(returned, says="payments returned", debit=NOT_APPLIED, credit=TRUST),
    ]


async def _by_day(
    uow: UnitOfWork, kind: type[Any], field: str, at: str, first: date, last: date, **conditions: Any
) -> Counter[date]:
    """Return sums by the exchange's day of an instant."""
    sums: Mapping[datetime, int] = await uow.records(kind).totals(
        field, by=at, **conditions, **_within(at, first, last)
    )
    days = Counter[date]()
    for instant, cents in sums.items():
        days[local_date(instant)] += cents
    return days


def _within(at: str, first: date, last: date) -> dict[str, Any]:
    """Return the conditions that an instant is within days."""
    return {f"{at}__ge": local(first), f"{at}__lt": local(last + timedelta(days=1))}
