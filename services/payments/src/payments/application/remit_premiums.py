"""Duty: carriers are paid binders and months, whole, whose money has cleared, each exactly once (PAY-6,
PAY-7).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from bulkhead.persistence.ports import UnitOfWork
from payments.application.ports import Parameters
from payments.domain.payments import Payment
from payments.domain.remittances import (
    CarrierBalance,
    Remittance,
    RemittanceLine,
    line_of,
    next_remittance_day,
    remittance_id,
)
from payments.domain.settlements import Settlement, WaitingShare, remittable

REMIT: Final = "remit"
"""The duty's name. Where it is done for a date, all lines of that date's remittances are there."""


async def remit_premiums(uow: UnitOfWork, duty_date: date, households: list[str]) -> None:
    """Put what these households have for their carriers into the remittances of the duty's date (PAY-6,
    PAY-7).

    In: a binder or a month whole, when it was settled by then and all its money has cleared by then; taken back
    in full: what was remitted before and had fallen by then. A premium that fell before it was remitted is in
    neither. Done again after a restore, it leaves what is known since to the next one of a carrier that has been issued
    the date's (ADR 0024).
    """
    settlements = uow.records(Settlement)
    issued = set(await uow.records(Remittance).distinct("carrier", business_date=duty_date))
    waiting = await settlements.select(
        household=households, settled_on__le=duty_date, remittance=None, unsettled_on=None, cents__gt=0
    )
    fallen = await settlements.select(
        household=households, unsettled_on__le=duty_date, remittance__ne=None, recovery=None
    )
    too_late = {(each.household, each.group) for each in waiting if each.carrier in issued}
    waiting = [each for each in waiting if (each.household, each.group) not in too_late]
    fallen = [each for each in fallen if each.carrier not in issued]
    paid = remittable(waiting, cleared=await _cleared(uow, waiting, by=duty_date))
    lines = [line_of(each, direction="paid", business_date=duty_date) for each in paid]
    lines += [line_of(each, direction="taken-back", business_date=duty_date) for each in fallen]
    await uow.records(RemittanceLine).add(lines)
    await settlements.put(
        [replace(each, remittance=_id(each, duty_date)) for each in paid]
        + [replace(each, recovery=_id(each, duty_date)) for each in fallen]
    )
    if paid:
        await uow.records(WaitingShare).remove(settlement=[each.settlement for each in paid])


async def _cleared(uow: UnitOfWork, settlements: Sequence[Settlement], *, by: date) -> set[str]:
    ids = sorted({share.payment for each in settlements for share in each.funded_by})
    # What was returned or moved is not passed on, though invoicing may not have said yet what that undoes (PAY-5,
    # PAY-11): until then less than nothing of the payment is free.
    return set(
        await uow.records(Payment).distinct(
            "payment", payment=ids, cleared_on__le=by, returned_on=None, unapplied_cents__ge=0
        )
    )


def _id(settlement: Settlement, duty_date: date) -> str:
    return remittance_id(carrier=settlement.carrier, business_date=duty_date)


async def households_to_remit(uow: UnitOfWork, duty_date: date, after: str, limit: int) -> list[str]:
    """Return, in order, at most ``limit`` households after the cursor that a remittance of that date is
    about.
    """
    settlements = uow.records(Settlement)
    paying = await settlements.distinct(
        "household",
        limit=limit,
        household__gt=after,
        remit_from__le=duty_date,
        remittance=None,
        unsettled_on=None,
        cents__gt=0,
    )
    recovering = await settlements.distinct(
        "household",
        limit=limit,
        household__gt=after,
        unsettled_on__le=duty_date,
        remittance__ne=None,
        recovery=None,
    )
    return sorted({*paying, *recovering})[:limit]


async def next_remittance(uow: UnitOfWork, day: date, *, parameters: Parameters) -> date | None:
    """Return the earliest remittance day from ``day`` on with something to remit as far as is known, else
    None.
    """
    settlements = uow.records(Settlement)
    ready = await settlements.select(
        remittance=None, unsettled_on=None, cents__gt=0, order_by=("remit_from",), limit=1
    )
    fallen = await settlements.select(
        unsettled_on__ne=None, remittance__ne=None, recovery=None, order_by=("unsettled_on",), limit=1
    )
    from_days = [each.remit_from for each in ready] + [
        each.unsettled_on for each in fallen if each.unsettled_on
    ]
    if await uow.records(CarrierBalance).count(carried_cents__gt=0):
        from_days.append(day)
    if not from_days:
        return None
    return next_remittance_day(max(min(from_days), day), parameters=parameters)


def next_remittance_by(
    parameters: Parameters,
) -> Callable[[UnitOfWork, date], Awaitable[date | None]]:
    """Return `next_remittance` under these parameters."""

    async def next_work(uow: UnitOfWork, day: date) -> date | None:
        return await next_remittance(uow, day, parameters=parameters)

    return next_work
