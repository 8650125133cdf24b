"""Duty: each carrier's remittance is issued by itself, once all its lines of the day are there (PAY-6, PAY-7)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.ports import UnitOfWork
from payments.domain.remittances import (
    LINES_PER_EVENT,
    CarrierBalance,
    Remittance,
    RemittanceLine,
    in_order,
    issue,
    issued_event,
    remittance_id,
)

HOUSEHOLDS_A_PAGE = 500
_CARRIER = "carrier:"


async def carriers_to_remit_to(uow: UnitOfWork, duty_date: date, after: str, limit: int) -> list[str]:
    """Return, in order, the locks of at most ``limit`` carriers after the cursor that have lines of that date or owe
    from before, and have no remittance of it yet. Nothing to remit and nothing carried is no remittance.
    """
    carriers = set(await uow.records(RemittanceLine).distinct("carrier", business_date=duty_date))
    carriers.update(await uow.records(CarrierBalance).distinct("carrier", carried_cents__gt=0))
    carriers.difference_update(await uow.records(Remittance).distinct("carrier", business_date=duty_date))
    return [lock for lock in sorted(_CARRIER + each for each in carriers) if lock > after][:limit]


async def issue_remittances(uow: UnitOfWork, duty_date: date, locks: list[str]) -> None:
    """Issue the remittances of the date to these carriers, and say so in parts. The files are written afterwards, by
    their poller.
    """
    for lock in locks:
        await _issue(uow, duty_date, lock.removeprefix(_CARRIER))


async def _issue(uow: UnitOfWork, duty_date: date, carrier: str) -> None:
    identity = remittance_id(carrier=carrier, business_date=duty_date)
    balances, lines = uow.records(CarrierBalance), uow.records(RemittanceLine)
    remittance, after = issue(
        carrier=carrier,
        business_date=duty_date,
        now=uow.now,
        lines=await lines.count(remittance=identity),
        net_cents=await lines.total("cents", remittance=identity),
        before=await balances.get(carrier=carrier)
        or CarrierBalance(carrier=carrier, sequence=0, carried_cents=0),
    )
    await uow.records(Remittance).add([remittance])
    await balances.put([after])
    reasons, part = _reasons(remittance), 0
    async for page in _cut(lines_in_pages(uow, identity), LINES_PER_EVENT):
        part += 1
        event = issued_event(remittance, page, part=part)
        uow.emit(event, household=None, business_date=duty_date, reasons=reasons)


async def lines_in_pages(uow: UnitOfWork, remittance: str) -> AsyncIterator[list[RemittanceLine]]:
    """Yield a remittance's lines in the one order they are written and told in, some households' at a time."""
    lines, after = uow.records(RemittanceLine), ""
    while households := await lines.distinct(
        "household", limit=HOUSEHOLDS_A_PAGE, remittance=remittance, household__gt=after
    ):
        through = households[-1]
        yield in_order(await lines.select(remittance=remittance, household__gt=after, household__le=through))
        after = through


async def _cut(pages: AsyncIterator[list[RemittanceLine]], size: int) -> AsyncIterator[list[RemittanceLine]]:
    """Yield the same lines in pages of ``size``, the last as it comes: one that is empty where there are none."""
    rest: list[RemittanceLine] = []
    cut = False
    async for page in pages:
        rest += page
        while len(rest) >= size:
            yield rest[:size]
            del rest[:size]
            cut = True
    if rest or not cut:
        yield rest


def _reasons(remittance: Remittance) -> tuple[Reason, ...]:
    paid = Reason(
        rule="PAY-6",
        says="binders and coverage months, whole, whose money has cleared, each exactly once",
        citation="VHC §3",
        facts={"business_date": remittance.business_date.isoformat(), "lines": str(remittance.lines)},
    )
    if not remittance.carried_cents:
        return (paid,)
    carried = Reason(
        rule="PAY-7",
        says="the carrier owes more than it is due: nothing is paid and the balance is carried forward",
        citation="VHC §3",
        facts={"carried_cents": str(remittance.carried_cents)},
    )
    return (paid, carried)
