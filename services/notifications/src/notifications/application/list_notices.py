"""Use case: show which notices there are and how far each has come."""

from __future__ import annotations

from bulkhead.persistence.ports import UnitOfWork
from notifications.domain.notices import Notice, NoticeState


async def list_household_notices(uow: UnitOfWork, *, household: str) -> list[Notice]:
    """Return a household's notices, sent or not, in the order of what they tell (NOT-1)."""
    return await uow.records(Notice).select(household=household, order_by=("number",))


async def list_notices_in_state(
    uow: UnitOfWork, *, state: NoticeState, after: str, limit: int
) -> list[Notice]:
    """Return at most ``limit`` notices in a state, by id after ``after``, whoever they are for."""
    return await uow.records(Notice).select(state=state, notice__gt=after, order_by=("notice",), limit=limit)
