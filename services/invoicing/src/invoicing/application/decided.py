"""Which households an adverse act may fall on: those whose part of payments' books is closed (INV-17)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta

from bulkhead.duties.ports import Postponed
from bulkhead.persistence.ports import UnitOfWork
from invoicing.application.accounts import standing_cutoffs
from invoicing.application.ports import Parameters, Partitions
from invoicing.domain.extensions import Cutoffs, Outage
from invoicing.domain.records import Watermark


class ClosedBooks:
    """Payments' closed books, by partition, and the cut-offs that moved, as of one look."""

    def __init__(
        self, marks: Sequence[Watermark], partition_of: Callable[[str], int] | None, cutoffs: Cutoffs
    ) -> None:
        self._through = {each.partition: each.closed_through for each in marks}
        self._partition_of = partition_of
        self._cutoffs = cutoffs

    @classmethod
    async def look(cls, uow: UnitOfWork, partitions: Partitions, parameters: Parameters) -> ClosedBooks:
        """Return the books as they are closed now."""
        return cls(
            await uow.records(Watermark).select(), await partitions(uow), await moved_cutoffs(uow, parameters)
        )

    def cover(self, household: str, day: date) -> bool:
        """Whether all that was received for the household through a cut-off's day, or the one it moved to, is known."""
        return self.through(household) >= self._cutoffs.last_day(day)

    def postponed(self, day: date) -> Postponed:
        """Return why what is decided on money through a cut-off's day waits."""
        last = self._cutoffs.last_day(day)
        if last == date.max:
            return Postponed(f"nobody can pay online, and the cut-off of {day} waits for it", on="outage")
        if last > day:
            return Postponed(f"the cut-off of {day} moved to {last}", on="extension")
        return Postponed(f"payments' books are not closed through {day}", on="books")

    def through(self, household: str) -> date:
        """Return the last day through which all received for the household is known; `date.min` before any."""
        if self._partition_of is None:
            return date.min
        return self._through.get(self._partition_of(household), date.min)


async def moved_cutoffs(uow: UnitOfWork, parameters: Parameters) -> Cutoffs:
    """Return which cut-offs moved, and whether some wait for an outage that is short enough to move them (OPS-4)."""
    longest = timedelta(hours=parameters.as_of(uow.today).relief_longest_outage_hours)
    lasting = await uow.records(Outage).select(ended_at=None, began_at__ge=uow.now - longest)
    return await standing_cutoffs(uow, lasting=lasting)


async def decidable(
    uow: UnitOfWork,
    *,
    candidates: Callable[[str], Awaitable[Sequence[str]]],
    may: Callable[[str], bool],
    after: str,
    limit: int,
) -> list[str]:
    """Return up to ``limit`` households after the cursor that may be decided and of which no event is parked.

    ``candidates`` returns the next few ids after a cursor, in order, none at the end.
    """
    found: list[str] = []
    while len(found) < limit and (page := await candidates(after)):
        found.extend(await unparked(uow, [each for each in page if may(each)]))
        after = page[-1]
    return found[:limit]


async def unparked(uow: UnitOfWork, households: Sequence[str]) -> list[str]:
    """Return those of these households of which no event is parked: no adverse act falls on the others."""
    parked = await uow.parked(households)
    return [each for each in households if each not in parked]
