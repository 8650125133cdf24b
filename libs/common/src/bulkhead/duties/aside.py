"""Households that a duty fails for by themselves: each is left aside, and its date goes on (ADR 0017).

What is left aside is a claim of the date's with a row in the retries of the chassis. It is for the household that the
claim ends with alone: whoever came up before that one since then has dates of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from bulkhead.duties.tables import DutyClaim
from bulkhead.observability import metrics
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.retries.retries import Retry, RetryKind

DUTIES: Final = RetryKind("duties")

MANY_HOUSEHOLDS = 10
"""So many households that fail, each alone, fail for something they have in common: the rest waits with them."""


def item_of(claim: DutyClaim) -> str:
    """Return the name under which a claim waits, such as ``monthly-invoices/2016-01-05/june``."""
    return f"{_date_of(claim.duty, claim.on_date)}{claim.through}"


def household_of(claim: DutyClaim) -> str | None:
    """Return the household a claim is left aside for; None where a duty is about something else, whose lock has a
    colon.
    """
    return None if ":" in claim.through else claim.through


async def leave_aside(uow: UnitOfWork, claim: DutyClaim, *, because: Exception) -> bool:
    """Leave a claim of one household aside; return False where as many are aside as fail for their own reasons.

    The duty is locked. What is aside already, or was done meanwhile, stays as it is.
    """
    found = await uow.records(DutyClaim).get(duty=claim.duty, on_date=claim.on_date, through=claim.through)
    failed = [each.item for each in await _waiting(uow, claim.duty, claim.on_date) if each.failures]
    if found != claim or item_of(claim) in failed:
        return True
    if len(failed) >= MANY_HOUSEHOLDS - 1:
        return False
    await DUTIES.put_off(uow, item_of(claim), because=because, household=household_of(claim))
    metrics.duty_failures.add(1, {"duty": claim.duty})
    return True


async def not_aside(uow: UnitOfWork, claims: Sequence[DutyClaim]) -> list[DutyClaim]:
    """Return those of the claims that are not left aside."""
    aside = await DUTIES.waiting(uow) if claims else set[str]()
    return [each for each in claims if item_of(each) not in aside]


async def in_turn(uow: UnitOfWork, duty: str, on_date: date, households: list[str]) -> list[str]:
    """Return the households without those for which an earlier date of the duty is left aside, so that each has its
    dates in order. For them this date is left aside as well. They are locked.
    """
    items = await DUTIES.waiting(uow)
    if not items:
        return households
    claims = uow.records(DutyClaim)
    earlier = await claims.select(duty=duty, on_date__lt=on_date, order_by=("on_date",))
    wanted, behind = set(households), dict[str, DutyClaim]()
    for claim in earlier:
        if item_of(claim) in items and claim.through in wanted:
            behind[claim.through] = claim
    for claim in behind.values():
        waits = DutyClaim(duty=duty, on_date=on_date, through=claim.through, after=claim.after)
        await claims.put([waits])
        await _wait_in_turn(uow, waits, because=f"{claim.on_date} is not done")
    return [each for each in households if each not in behind]


async def _wait_in_turn(uow: UnitOfWork, claim: DutyClaim, *, because: str) -> None:
    """Let a claim wait that has not failed: it is done when what it waits for is."""
    await DUTIES.wait_until(
        uow, item_of(claim), until=uow.now, because=because, household=household_of(claim)
    )


async def due_aside(uow: UnitOfWork, duties: Collection[str]) -> list[DutyClaim] | None:
    """Return what is aside of these duties and to be tried now, what has waited longest first; of each household its
    first date alone. None where nothing is aside at all, which one question tells.
    """
    waiting = {each.item: each for each in await uow.records(Retry).select(kind=DUTIES.kind)}
    if not waiting:
        return None
    claims = await uow.records(DutyClaim).select(duty=sorted(duties), order_by=("on_date", "duty", "through"))
    aside = [each for each in claims if item_of(each) in waiting]
    first: dict[tuple[str, str], DutyClaim] = {}
    for claim in aside:
        first.setdefault((claim.duty, claim.through), claim)
    due = [each for each in first.values() if waiting[item_of(each)].retry_at <= uow.now]
    return sorted(due, key=lambda each: waiting[item_of(each)].retry_at)


async def forget_gone(uow: UnitOfWork) -> None:
    """Forget what waits for a claim that is there no more: another worker did it."""
    if items := await DUTIES.waiting(uow):
        there = {item_of(each) for each in await uow.records(DutyClaim).select()}
        await DUTIES.forget(uow, items - there)


async def households_aside(uow: UnitOfWork, duty: str, on_date: date) -> set[str]:
    """Return the households for which a duty's date is left aside."""
    return {each.item.removeprefix(_date_of(duty, on_date)) for each in await _waiting(uow, duty, on_date)}


async def _waiting(uow: UnitOfWork, duty: str, on_date: date) -> list[Retry]:
    waiting = await uow.records(Retry).select(kind=DUTIES.kind)
    return [each for each in waiting if each.item.startswith(_date_of(duty, on_date))]


def _date_of(duty: str, on_date: date) -> str:
    return f"{duty}/{on_date}/"
