"""Poller: who has something to pay by a day that maintenance touches all the same is told before, and told where it is
called off after that (OPS-2).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.maintenance import Deadline, MaintenanceWindow
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from payments.application.concerned import with_something_to_pay
from payments.application.records import MaintenanceTelling
from payments.domain.events import MaintenanceConcerns

_PAGE = 1_000


class TellMaintenance:
    """Says of each window that two people scheduled whom it concerns, and of one that was withdrawn since, whom it
    would have: a page of households a turn, each page in a transaction of its own; several may be at it.
    """

    name = "maintenance-concerns"

    def __init__(self, uows: UnitOfWorkFactory) -> None:
        self._uows = uows

    async def turn(self, now: datetime) -> int:
        """Say it of the next page of households; return of how many."""
        async with self._uows.begin(now=now) as uow:
            window, telling = await _next_to_tell(uow)
            if window is None:
                return 0
            days = await _days_by_household(uow, window.deadlines)
        withdrawn = window.state == "withdrawn"
        told = telling.called_off_through if withdrawn else telling.told_through
        page = sorted(each for each in days if each > (told or ""))[:_PAGE]
        async with self._uows.begin(now=now, households=[f"maintenance:{window.maintenance}", *page]) as uow:
            if (await _next_to_tell(uow))[1] != telling:
                return 0  # another one sees to it
            for household in page:
                concerns = MaintenanceConcerns(
                    household=household,
                    maintenance=window.maintenance,
                    begins_at=window.begins_at,
                    ends_at=window.ends_at,
                    cutoffs=tuple(sorted(days[household])),
                    withdrawn=withdrawn,
                )
                uow.emit(concerns, household=household, reasons=(_reason(concerns),))
            through = page[-1] if len(page) == _PAGE else None
            after = (
                replace(telling, called_off_through=through)
                if withdrawn
                else replace(telling, told_through=through)
            )
            await uow.records(MaintenanceTelling).put([after])
        return max(1, len(page))

    async def pending(self, now: datetime) -> int:
        """Return 1 where somebody is still to be told of a window, else 0."""
        async with self._uows.begin(now=now) as uow:
            return int((await _next_to_tell(uow))[0] is not None)


async def _next_to_tell(uow: UnitOfWork) -> tuple[MaintenanceWindow | None, MaintenanceTelling]:
    """Return the next window that is ahead and of which not all were told, None where there is none, and how far. Of
    one that was withdrawn before anybody was told nobody is.
    """
    windows = await uow.records(MaintenanceWindow).select(
        state=["scheduled", "withdrawn"],
        by_two=True,
        begins_at__gt=uow.now,
        order_by=("begins_at", "maintenance"),
    )
    for each in windows:
        known = await uow.records(MaintenanceTelling).get(maintenance=each.maintenance)
        if each.state == "withdrawn":
            if known is not None and known.called_off_through is not None:
                return each, known
            continue
        telling = known or MaintenanceTelling(maintenance=each.maintenance, told_through="")
        if telling.told_through is not None:
            return each, telling
    return None, MaintenanceTelling(maintenance="", told_through=None)


async def _days_by_household(uow: UnitOfWork, deadlines: Iterable[Deadline]) -> dict[str, set[date]]:
    days = defaultdict[str, set[date]](set)
    for each in deadlines:
        for household in await with_something_to_pay(uow, each.kind, each.on):
            days[household].add(each.on)
    return days


def _reason(concerns: MaintenanceConcerns) -> Reason:
    if concerns.withdrawn:
        says = "maintenance that would have touched a day by which this household has something to pay is called off"
    else:
        says = "two people let maintenance touch a day by which this household has something to pay"
    return Reason(
        rule="OPS-2",
        says=says,
        citation="chosen (OPS-2)",
        facts={"maintenance": concerns.maintenance, "days": " ".join(map(str, concerns.cutoffs))},
    )
