"""Remittances that payments told after the backup that its database was restored from, taken in again, or told no
second time (PAY-6, ADR 0024).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final, TypeAlias

from bulkhead.kernel.errors import Impossible
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.service import Received
from payments.application.issue_remittances import keep_telling, parts_left
from payments.application.remit_premiums import REMIT
from payments.application.waiting import REMITTANCE_PARTS
from payments.domain.events import RemittanceIssued
from payments.domain.remittances import (
    CarrierBalance,
    Remittance,
    RemittanceLine,
    RemittanceToTell,
    issued_event,
    to_tell,
    told,
)
from payments.domain.settlements import Settlement, WaitingShare

IsDone: TypeAlias = Callable[[UnitOfWork, str, date], Awaitable[bool]]
"""Whether a duty is done for a date."""

_OTHERWISE: Final = "a remittance was told otherwise than this database would have told it"


async def take_remittances_again(
    uows: UnitOfWorkFactory, said: Sequence[Received], *, now: datetime, is_done: IsDone
) -> None:
    """Take in what was told of remittances, in the order of their parts. The poller tells what is left of them.

    Raises `Impossible` where lines of one are on no topic and this database cannot know them, and where one was told
    otherwise than this database would have.
    """
    for parts in _remittances(said):
        await _take_in_remittance(uows, parts, now, is_done)


async def tell_no_remittance_again(
    uows: UnitOfWorkFactory, said: Sequence[Received], *, now: datetime, is_done: IsDone
) -> list[str]:
    """Keep how far remittances were told whose lines are all known here: what is left of them is told, and nothing
    twice. One that was told otherwise than this database would have is told no further; return what is said of those.
    """
    kept = [await _keep_told(uows, parts, now, is_done) for parts in _remittances(said)]
    return [says for says in kept if says is not None]


def _remittances(said: Sequence[Received]) -> list[list[RemittanceIssued]]:
    """Return what was told of each remittance, in the order of its parts."""
    parts = defaultdict[str, dict[int, RemittanceIssued]](dict)
    for each in said:
        if isinstance(each.fact, RemittanceIssued):
            parts[each.fact.remittance].setdefault(each.fact.part, each.fact)
    return [[theirs[part] for part in sorted(theirs)] for theirs in parts.values()]


async def _take_in_remittance(
    uows: UnitOfWorkFactory, parts: Sequence[RemittanceIssued], now: datetime, is_done: IsDone
) -> None:
    first, whole = parts[0], _is_whole(parts)
    async with uows.begin(now=now) as uow:
        known = await uow.records(Remittance).get(remittance=first.remittance) is not None
        lines_known = await is_done(uow, REMIT, first.business_date)
    if not known and whole:
        for part in parts:
            await _take_in_lines(uows, part, now)
    elif not known and not lines_known:
        raise Impossible(
            f"the remittance of {first.business_date} to {first.carrier} was told in {first.parts} parts, of which"
            f" {len(parts)} are there, and this database is from before all lines of the others were known: restore"
            f" to a moment when `remit` of {first.business_date} was done"
        )
    async with uows.begin(now=now, households=_locks_of(first)) as uow:
        await _go_on_telling(uow, parts)


async def _keep_told(
    uows: UnitOfWorkFactory, parts: Sequence[RemittanceIssued], now: datetime, is_done: IsDone
) -> str | None:
    first = parts[0]
    locks = _locks_of(first)
    try:
        async with uows.begin(now=now, households=locks) as uow:
            known = await uow.records(Remittance).get(remittance=first.remittance) is not None
            if known or await is_done(uow, REMIT, first.business_date):
                await _go_on_telling(uow, parts)
    except Impossible as error:
        async with uows.begin(now=now, households=locks) as uow:
            await uow.records(RemittanceToTell).remove(remittance=first.remittance)
        return f"{error}: it is told no further"
    return None


async def _go_on_telling(uow: UnitOfWork, parts: Sequence[RemittanceIssued]) -> None:
    """Let a remittance whose lines are all there be told from behind these parts on."""
    first = parts[0]
    remittance = await uow.records(Remittance).get(remittance=first.remittance)
    telling = await uow.records(RemittanceToTell).get(remittance=first.remittance)
    if remittance is None:
        remittance = await _issued_again(uow, first)
        if not _is_whole(parts):
            telling = to_tell(remittance, size=max(1, len(first.lines)))
    if telling is not None:  # else told whole, or taken in before
        await keep_telling(uow, await _told_again(uow, remittance, telling, parts))


def _is_whole(parts: Sequence[RemittanceIssued]) -> bool:
    return [part.part for part in parts] == list(range(1, parts[0].parts + 1))


def _locks_of(fact: RemittanceIssued) -> list[str]:
    return [f"carrier:{fact.carrier}", REMITTANCE_PARTS.lock_of(fact.remittance)]


async def _issued_again(uow: UnitOfWork, fact: RemittanceIssued) -> Remittance:
    """Keep a remittance whose lines are all there, and the carrier's balance after it; return it. Raises `Impossible`
    where it would be another.
    """
    lines, balances = uow.records(RemittanceLine), uow.records(CarrierBalance)
    before = await balances.get(carrier=fact.carrier)
    sequence = 1 if before is None else before.sequence + 1
    remittance = Remittance(
        remittance=fact.remittance,
        carrier=fact.carrier,
        business_date=fact.business_date,
        sequence=sequence,
        issued_on=fact.issued_on,
        lines=await lines.count(remittance=fact.remittance),
        net_cents=await lines.total("cents", remittance=fact.remittance),
        brought_forward_cents=fact.brought_forward_cents,
        total_cents=fact.total_cents,
        carried_cents=fact.carried_cents,
        file=f"{fact.carrier}/REMIT_{fact.business_date.isoformat()}_{sequence}.csv",
        file_state="to-write",  # the same bytes under the same name, whether it was written or not
    )
    if remittance.net_cents != fact.total_cents - fact.carried_cents + fact.brought_forward_cents:
        raise Impossible(f"{_OTHERWISE}: {fact.carrier}, {fact.business_date}, its lines have another sum")
    await uow.records(Remittance).add([remittance])
    await balances.put(
        [CarrierBalance(carrier=fact.carrier, sequence=sequence, carried_cents=fact.carried_cents)]
    )
    return remittance


async def _told_again(
    uow: UnitOfWork, remittance: Remittance, telling: RemittanceToTell, parts: Sequence[RemittanceIssued]
) -> RemittanceToTell:
    """Return how far a remittance is told with these parts. Raises `Impossible` where they are not the next ones of it,
    word by word.
    """
    left, nothing = parts_left(uow, telling), list[RemittanceLine]()
    for part in parts:
        if part.part < telling.part:  # taken in before
            continue
        lines = await anext(left, nothing)
        if part != issued_event(remittance, telling, lines):
            raise Impossible(f"{_OTHERWISE}: {part.carrier}, {part.business_date}, part {part.part}")
        telling = told(telling, lines)
    return telling


async def _take_in_lines(uows: UnitOfWorkFactory, part: RemittanceIssued, now: datetime) -> None:
    households = {line.household for line in part.lines}
    async with uows.begin(now=now, households=households) as uow:
        ids = sorted({line.settlement for line in part.lines})
        settlements = {each.settlement: each for each in await uow.records(Settlement).select(settlement=ids)}
        lines: list[RemittanceLine] = []
        for line in part.lines:
            settlement = settlements.get(line.settlement)
            if settlement is None:
                raise Impossible("a remittance has a premium of which it was not heard that it is settled")
            paid = line.cents > 0
            settlements[line.settlement] = replace(
                settlement,
                remittance=part.remittance if paid else settlement.remittance,
                recovery=settlement.recovery if paid else part.remittance,
            )
            lines.append(
                RemittanceLine(
                    settlement=line.settlement,
                    direction="paid" if paid else "taken-back",
                    remittance=part.remittance,
                    carrier=part.carrier,
                    business_date=part.business_date,
                    household=line.household,
                    policy=line.policy,
                    month=line.month,
                    cents=line.cents,
                )
            )
        await uow.records(RemittanceLine).add_new(lines)
        await uow.records(Settlement).put(settlements.values())
        if ids:
            await uow.records(WaitingShare).remove(settlement=ids)
