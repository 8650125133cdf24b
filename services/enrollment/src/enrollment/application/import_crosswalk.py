"""Staff says what becomes of each plan in a plan year (ENR-14)."""

from __future__ import annotations

from collections.abc import Sequence

from bulkhead.persistence.ports import UnitOfWork
from enrollment.domain.crosswalk import CrosswalkEntry, check_crosswalk
from enrollment.domain.plans import Plan


async def import_crosswalk(
    uow: UnitOfWork, entries: Sequence[CrosswalkEntry], *, year: int
) -> list[CrosswalkEntry]:
    """Let these entries, of one plan year, be its crosswalk in place of what was; return them by plan.

    What is renewed already stays as it is. Raises `CrosswalkRefused` with every fault; then nothing was taken.
    """
    catalog = {plan.plan: plan for plan in await uow.records(Plan).select()}
    check_crosswalk(entries, year=year, catalog=catalog)
    await uow.records(CrosswalkEntry).remove(plan_year=year)
    await uow.records(CrosswalkEntry).add(entries)
    return await crosswalk_of(uow, year)


async def crosswalk_of(uow: UnitOfWork, year: int) -> list[CrosswalkEntry]:
    """Return the crosswalk of a plan year, by plan; empty where none was imported."""
    return await uow.records(CrosswalkEntry).select(plan_year=year, order_by=("plan",))
