"""Duty: each carrier's remittance is issued by itself, once all its lines of the day are there (PAY-6, PAY-7). A long
one is told chunk by chunk, each in a transaction of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Impossible
from bulkhead.persistence.ports import UnitOfWork
from payments.domain.remittances import (
    LINES_PER_EVENT,
    CarrierBalance,
    Remittance,
    RemittanceLine,
    RemittanceToTell,
    in_order,
    issue,
    issued_event,
    remittance_id,
    to_tell,
    told,
)

HOUSEHOLDS_A_PAGE = 500
PARTS_AT_ONCE = 20
"""So many parts of a remittance are told in one transaction at most."""

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
    """Issue the remittances of the date to these carriers, and say so in parts: the first of them here, the others
    afterwards, by their poller (`tell_more`). The files are written afterwards too.
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
    await keep_telling(uow, await _tell(uow, remittance, to_tell(remittance, size=LINES_PER_EVENT)))


async def tell_more(uow: UnitOfWork, identity: str) -> bool:
    """Tell the next parts of a remittance that is not told whole; return whether there were any. It is locked."""
    telling = await uow.records(RemittanceToTell).get(remittance=identity)
    remittance = await uow.records(Remittance).get(remittance=identity)
    if telling is None or remittance is None:
        return False
    await keep_telling(uow, await _tell(uow, remittance, telling))
    return True


async def keep_telling(uow: UnitOfWork, telling: RemittanceToTell) -> None:
    """Keep how far a remittance is told, and nothing of one that is told whole."""
    if telling.part > telling.parts:
        await uow.records(RemittanceToTell).remove(remittance=telling.remittance)
    else:
        await uow.records(RemittanceToTell).put([telling])


async def _tell(uow: UnitOfWork, remittance: Remittance, telling: RemittanceToTell) -> RemittanceToTell:
    """Tell the next parts of a remittance; return how far it is told then. Raises `Impossible` where they would not be
    all lines at the end: then nothing is told.
    """
    reasons, first = _reasons(remittance), telling.part
    lines = (first - 1) * telling.size
    async for page in parts_left(uow, telling):
        lines += len(page)
        if lines > remittance.lines:
            break
        if telling.part == first + PARTS_AT_ONCE:
            return telling
        event = issued_event(remittance, telling, page)
        uow.emit(event, household=None, business_date=remittance.business_date, reasons=reasons)
        telling = told(telling, page)
    if lines != remittance.lines:
        raise Impossible("a remittance has not the lines that it was issued with")
    return telling


async def parts_left(uow: UnitOfWork, telling: RemittanceToTell) -> AsyncIterator[list[RemittanceLine]]:
    """Yield the lines of each part of a remittance that is not told yet: of one without lines, its one part."""
    rest: list[RemittanceLine] = []
    none_yet = telling.part == 1
    async for page in _not_told(uow, telling):
        rest += page
        while len(rest) >= telling.size:
            yield rest[: telling.size]
            del rest[: telling.size]
            none_yet = False
    if rest or none_yet:
        yield rest


async def _not_told(uow: UnitOfWork, telling: RemittanceToTell) -> AsyncIterator[list[RemittanceLine]]:
    beyond = telling.beyond
    async for page in lines_in_pages(uow, telling.remittance, after=telling.after):
        yield page[beyond:]
        beyond = max(0, beyond - len(page))


async def lines_in_pages(
    uow: UnitOfWork, remittance: str, *, after: str = ""
) -> AsyncIterator[list[RemittanceLine]]:
    """Yield a remittance's lines in the one order they are written and told in, some households' at a time: those after
    a household.
    """
    while page := await page_of_lines(uow, remittance, after=after):
        yield page
        after = page[-1].household


async def page_of_lines(uow: UnitOfWork, remittance: str, *, after: str) -> list[RemittanceLine]:
    """Return the lines of a remittance's next households after one, in the order of `in_order`; none after the last."""
    lines = uow.records(RemittanceLine)
    households = await lines.distinct(
        "household", limit=HOUSEHOLDS_A_PAGE, remittance=remittance, household__gt=after
    )
    if not households:
        return []
    return in_order(
        await lines.select(remittance=remittance, household__gt=after, household__le=households[-1])
    )


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
