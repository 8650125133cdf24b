"""The duty of January 1: coverage whose plan year has ended is expired (CAL-3)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from bulkhead.persistence.ports import UnitOfWork
from enrollment.domain.policies import Policy, expire
from enrollment.domain.timeline import with_decision


async def households_to_expire(uow: UnitOfWork, on: date, after: str, limit: int) -> list[str]:
    """Return, in order, the next households with active coverage whose plan year ended before a date."""
    return await uow.records(Policy).distinct(
        "household", limit=limit, lifecycle="active", coverage_ends__lt=on, household__gt=after
    )


async def expire_coverage(uow: UnitOfWork, on: date, households: Collection[str]) -> None:
    """Expire these households' active policies whose plan year ended before a date (CAL-3)."""
    policies = await uow.records(Policy).select(
        household=sorted(households), lifecycle="active", coverage_ends__lt=on
    )
    expired = [(policy, expire(policy, today=on)) for policy in policies]
    await uow.records(Policy).put(
        [with_decision(before, after, at=uow.now, on=on) for before, after in expired]
    )


async def next_expiry(uow: UnitOfWork, _today: date) -> date | None:
    """Return the January 1 after the plan year of the earliest active coverage; None where there is none."""
    first = await uow.records(Policy).select(lifecycle="active", order_by=("coverage_ends",), limit=1)
    return date(first[0].coverage_ends.year + 1, 1, 1) if first else None
