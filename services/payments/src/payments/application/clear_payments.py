"""Duty: money clears at the start of the second business day after receipt (PAY-4)."""

from __future__ import annotations

from datetime import date

from bulkhead.persistence.ports import UnitOfWork
from payments.application.find_debits import debits_of
from payments.application.record_payments import say_cleared
from payments.domain.ach_debits import WAITING, AchFile
from payments.domain.payments import Payment, clear


async def clear_payments(uow: UnitOfWork, duty_date: date, households: list[str]) -> None:
    """Clear what was to clear by the duty's date and has not gone back, as of the date on which it was to (PAY-4).

    What a debit brings is not cleared while no bank was asked for it, nor before the day on which the debit's file says
    that money moves.
    """
    due = await uow.records(Payment).select(
        household=households, cleared_on=None, returned_on=None, clears_on__le=duty_date
    )
    debits = await debits_of(uow, due)
    waiting = {payment for payment, debit in debits.items() if debit.state in WAITING}
    filed = sorted({each.file for each in debits.values() if each.file is not None})
    files = {each.file: each.effective_on for each in await uow.records(AchFile).select(file=filed)}
    moves_on = {payment: files.get(debit.file or "") for payment, debit in debits.items()}
    cleared = [
        clear(payment, moves_on=moves_on.get(payment.payment))
        for payment in due
        if payment.payment not in waiting and (moves_on.get(payment.payment) or duty_date) <= duty_date
    ]
    await uow.records(Payment).put(cleared)
    for payment in cleared:
        if payment.kept_cents:  # what was moved clears as the payments it became
            say_cleared(uow, payment)


async def households_to_clear(uow: UnitOfWork, duty_date: date, after: str, limit: int) -> list[str]:
    """Return, in order, at most ``limit`` households after the cursor with money to clear on that date."""
    return await uow.records(Payment).distinct(
        "household",
        limit=limit,
        household__gt=after,
        cleared_on=None,
        returned_on=None,
        clears_on__le=duty_date,
    )


async def next_clearing(uow: UnitOfWork, day: date) -> date | None:
    """Return the earliest date from ``day`` on which money clears, None when none waits."""
    first = await uow.records(Payment).select(
        cleared_on=None, returned_on=None, order_by=("clears_on",), limit=1
    )
    return max(first[0].clears_on, day) if first else None
