"""What is open on the bank's statements and in the books is matched where it is the same (PAY-13)."""

from __future__ import annotations

from collections.abc import Sequence

from bulkhead.persistence.ports import UnitOfWork
from payments.application.ports import Parameters
from payments.domain.bank_decisions import BankDecision
from payments.domain.bank_matching import Match, matched, names_of
from payments.domain.bank_statements import BankEntry
from payments.domain.trust_movements import TrustMovement


async def match_open(uow: UnitOfWork, *, parameters: Parameters) -> None:
    """Match what is open on both sides, was taken apart by nobody, and waits for no second person. The trust account is
    locked.
    """
    asked_about = await asked_about_by(uow)
    entries = [
        each
        for each in await uow.records(BankEntry).select(state="open", by_hand=False)
        if each.entry not in asked_about
    ]
    if not entries:
        return
    movements = [
        each
        for each in await uow.records(TrustMovement).select(state="open", by_hand=False)
        if each.movement not in asked_about
    ]
    found = matched(
        entries,
        movements,
        taken=await _taken(uow, entries, movements),
        parameters=parameters.as_of(uow.today),
    )
    await uow.records(BankEntry).put(found.apart_entries)
    await uow.records(TrustMovement).put(found.apart_movements)
    await keep_matches(uow, [(each, each.match) for each in found.matches])


async def asked_about_by(uow: UnitOfWork) -> set[str]:
    """Return the entries and movements that decisions which wait for a second person are about."""
    waiting = await uow.records(BankDecision).select(state="requested")
    return {item for each in waiting for item in (*each.entries, *each.movements)}


async def _taken(
    uow: UnitOfWork, entries: Sequence[BankEntry], movements: Sequence[TrustMovement]
) -> dict[str, str]:
    """Return, by what they are called, the movements that entries are called like and that none is matched with by
    itself any more: they are matched, explained, or taken apart.
    """
    names = sorted({name for each in entries for name in names_of(each)})
    matchable = {each.movement for each in movements}
    called = await uow.records(TrustMovement).select(called=names)
    return {each.called: each.movement for each in called if each.called and each.movement not in matchable}


async def keep_matches(uow: UnitOfWork, matches: list[tuple[Match, str]]) -> None:
    """Keep both sides of matches as matched, each by the name beside it."""
    settled = [match.settled(by) for match, by in matches]
    await uow.records(BankEntry).put(each for entries, _ in settled for each in entries)
    await uow.records(TrustMovement).put(each for _, movements in settled for each in movements)
