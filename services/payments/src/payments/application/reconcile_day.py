"""The trust account on a day that is over: by the books and by the bank, to the cent (PAY-13)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from bulkhead.kernel.calendar import add_business_days
from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from payments.domain.bank_days import BankDay, differences, missing_days
from payments.domain.bank_statements import BankEntry, BankStatement
from payments.domain.trust_movements import TrustDay, TrustMovement


async def reconcile_day(uow: UnitOfWork, day: date, *, holidays: frozenset[date]) -> BankDay:
    """Return how the trust account stood at the end of a day, as is known now; ``holidays`` are the state's, when no
    statement is to be expected either. Raises `NotFound` for a day that is not
    over, or of before the first.
    """
    trust = await derived_day(uow, day)
    statements = await uow.records(BankStatement).select(day__le=day, order_by=("day",))
    entries, movements = uow.records(BankEntry), uow.records(TrustMovement)
    return BankDay(
        day=day,
        ledger_cents=trust.ledger_cents,
        statement=statements[-1] if statements else None,
        brought_forward_cents=statements[0].opening_cents if statements else 0,
        not_on_statement_cents=await _outstanding(uow, TrustMovement, through=day, on="on"),
        not_in_books_cents=await _outstanding(uow, BankEntry, through=day, on="day"),
        noted_movements_cents=await _signed(uow, TrustMovement, state="noted", on__le=day),
        noted_entries_cents=await _signed(uow, BankEntry, state="noted", day__le=day),
        open_movements=await movements.count(state="open", on__le=day),
        open_entries=await entries.count(state="open", day__le=day),
        missing=missing_days(statements, through=day, holidays=holidays),
        differences=differences(statements, trust),
    )


async def derived_day(uow: UnitOfWork, day: date) -> TrustDay:
    """Return the trust account by the books at the end of a day; raises `NotFound` for one that is not over, or of
    before the first.
    """
    trust = await uow.records(TrustDay).get(day=day)
    if trust is None:
        raise NotFound("the day is not over, or of before the first")
    return trust


async def latest_bank_day(uow: UnitOfWork) -> BankDay | None:
    """Return the last day that is over in the books and has a statement, or None."""
    days = await uow.records(TrustDay).select(order_by=("-day",), limit=1)
    if not days:
        return None
    last = await uow.records(BankStatement).select(day__le=days[0].day, order_by=("-day",), limit=1)
    if not last or not await uow.records(TrustDay).count(day=last[0].day):
        return None
    return await reconcile_day(uow, last[0].day, holidays=frozenset())


def so_many_banking_days_before(day: date, count: int, *, holidays: frozenset[date]) -> date:
    """Return the last day of which more than so many banking days are over on a day."""
    found = day - timedelta(days=count)
    while add_business_days(found, count, extra_holidays=holidays) >= day:
        found -= timedelta(days=1)
    return found


async def _outstanding(
    uow: UnitOfWork, kind: type[BankEntry] | type[TrustMovement], *, through: date, on: str
) -> int:
    """Return the sum of what is there till a day and not on the other side till then."""
    till: dict[str, Any] = {f"{on}__le": through}
    alone = await _signed(uow, kind, settled_on=None, **till)
    return alone + await _signed(uow, kind, settled_on__gt=through, **till)


async def _signed(uow: UnitOfWork, kind: type[BankEntry] | type[TrustMovement], **conditions: Any) -> int:
    totals = await uow.records(kind).totals("amount_cents", by="direction", **conditions)
    return totals.get("credit", 0) - totals.get("debit", 0)
