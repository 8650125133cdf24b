"""A household's coverage months as they are charged, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.persistence.ports import UnitOfWork
from invoicing.domain.records import Charge


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What is charged for a month, what of that is owed still, and whether all of it is settled, or enough (INV-15)."""

    month: CoverageMonth
    charged_cents: int
    owed_cents: int
    settled: bool


async def read_months(
    uow: UnitOfWork, household: str, *, after: CoverageMonth | None, limit: int
) -> list[Month]:
    """Return at most so many months with a charge that stands, after that month, in order (INV-3, INV-5)."""
    charges = uow.records(Charge)
    stands: dict[str, Any] = {"household": household, "state": ["open", "settled"]}
    later: dict[str, Any] = {} if after is None else {"month__gt": after}
    months = await charges.distinct("month", limit=limit, **stands, **later)
    rows = await charges.select(month=months, **stands) if months else []
    return [
        Month(
            month=month,
            charged_cents=sum(each.cents for each in rows if each.month == month),
            owed_cents=sum(each.owed_cents for each in rows if each.month == month),
            settled=all(each.state == "settled" for each in rows if each.month == month),
        )
        for month in months
    ]
