"""What is open on the bank's statements and in the books is matched where it is the same (PAY-13)."""

from __future__ import annotations

from bulkhead.persistence.ports import UnitOfWork
from payments.application.ports import Parameters
from payments.domain.bank_decisions import BankDecision
from payments.domain.bank_matching import Match, matched
from payments.domain.bank_statements import BankEntry
from payments.domain.trust_movements import TrustMovement


async def match_open(uow: UnitOfWork, *, parameters: Parameters) -> None:
    """Match what is open on both sides, was taken apart by nobody, and waits for no second person. The trust account is
    locked.
    """
    waiting = await uow.records(BankDecision).select(state="requested")
    asked_about = {item for each in waiting for item in (*each.entries, *each.movements)}
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
    found = matched(entries, movements, parameters=parameters.as_of(uow.today))
    await keep_matches(uow, [(each, each.match) for each in found])


async def keep_matches(uow: UnitOfWork, matches: list[tuple[Match, str]]) -> None:
    """Keep both sides of matches as matched, each by the name beside it."""
    settled = [match.settled(by) for match, by in matches]
    await uow.records(BankEntry).put(each for entries, _ in settled for each in entries)
    await uow.records(TrustMovement).put(each for _, movements in settled for each in movements)
