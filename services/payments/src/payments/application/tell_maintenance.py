"""Poller: who has something to pay by a day that maintenance touches all the same is told before, and told where it is
called off after that (OPS-2).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.maintenance import Deadline, MaintenanceWindow
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import do_one_by_one, do_together
from payments.application.concerned import with_something_to_pay
from payments.application.records import MaintenanceTelling
from payments.application.waiting import MAINTENANCE_CONCERNS
from payments.domain.events import MaintenanceConcerns

_PAGE = 1_000


class TellMaintenance:
    """Says of each window that two people scheduled whom it concerns, and of one that was withdrawn since, whom it
    would have: a page of households a turn, each page in a transaction of its own; several may be at it. A household
    that fails is put off by itself, and the others are told.
    """

    name = "maintenance-concerns"

    def __init__(self, uows: UnitOfWorkFactory) -> None:
        self._uows = uows

    async def turn(self, now: datetime) -> int:
        """Say it of the next page of households, after those that failed and rested; return of how many."""
        async with self._uows.begin(now=now) as uow:
            failed, resting = await MAINTENANCE_CONCERNS.waiting_and_resting(uow)
            window, telling = await _next_to_tell(uow)
            days = {} if window is None else await _days_by_household(uow, window.deadlines)
        again = await do_one_by_one(
            sorted(failed - resting),
            retries=MAINTENANCE_CONCERNS,
            uows=self._uows,
            now=now,
            key=str,
            do=partial(self._tell_again, now),
            household=_household_of,
        )
        return again + (0 if window is None else await self._see_to(window, telling, days, now))

    async def _see_to(
        self,
        window: MaintenanceWindow,
        telling: MaintenanceTelling,
        days: Mapping[str, Collection[date]],
        now: datetime,
    ) -> int:
        """Tell the next page of households: together, or one by one where that fails."""
        told = _told(window, telling)
        page = sorted(each for each in days if each > (told or ""))[:_PAGE]

        async def goes_on(uow: UnitOfWork, households: Sequence[str]) -> bool:
            at = page.index(households[0]) if households else 0
            stands = _told_through(window, telling, page[at - 1]) if at else telling
            if (await _next_to_tell(uow))[1] != stands:
                return False  # another one sees to it
            is_last = len(page) < _PAGE and households[-1:] == page[-1:]
            after = _told_through(window, telling, None if is_last else households[-1])
            await uow.records(MaintenanceTelling).put([after])
            return True

        async def tell(households: Sequence[str]) -> int:
            async with self._uows.begin(now=now, households=[_lock_of(window), *households]) as uow:
                if not await goes_on(uow, households):
                    return 0
                for household in households:
                    _say(uow, window, household, days[household])
            return max(1, len(households))

        async def put_off(household: str, error: Exception) -> int:
            item = f"{window.maintenance} {window.state} {household}"
            locks = [_lock_of(window), MAINTENANCE_CONCERNS.lock_of(item)]
            async with self._uows.begin(now=now, households=locks) as uow:
                if not await goes_on(uow, [household]):
                    return 0
                await MAINTENANCE_CONCERNS.put_off(uow, item, because=error, household=household)
            return 1

        return sum(await do_together(page, do=tell, put_off=put_off))

    async def _tell_again(self, now: datetime, item: str) -> int:
        maintenance, state, household = item.rsplit(" ", 2)
        async with self._uows.begin(
            now=now, households=[household, MAINTENANCE_CONCERNS.lock_of(item)]
        ) as uow:
            if not await MAINTENANCE_CONCERNS.forget(uow, [item]):
                return 0  # another one has
            window = await uow.records(MaintenanceWindow).get(maintenance=maintenance)
            if window is not None and window.state == state and window.begins_at > uow.now:
                days = await _days_by_household(uow, window.deadlines, household=household)
                if household in days:
                    _say(uow, window, household, days[household])
        return 1

    async def pending(self, now: datetime) -> int:
        """Return 1 where somebody is still to be told of a window, and how many households that failed may be tried."""
        async with self._uows.begin(now=now) as uow:
            failed, resting = await MAINTENANCE_CONCERNS.waiting_and_resting(uow)
            return int((await _next_to_tell(uow))[0] is not None) + len(failed - resting)


def _lock_of(window: MaintenanceWindow) -> str:
    return f"maintenance:{window.maintenance}"


def _household_of(item: str) -> str:
    return item.rpartition(" ")[2]


def _told(window: MaintenanceWindow, telling: MaintenanceTelling) -> str | None:
    return telling.called_off_through if window.state == "withdrawn" else telling.told_through


def _told_through(
    window: MaintenanceWindow, telling: MaintenanceTelling, household: str | None
) -> MaintenanceTelling:
    if window.state == "withdrawn":
        return replace(telling, called_off_through=household)
    return replace(telling, told_through=household)


def _say(uow: UnitOfWork, window: MaintenanceWindow, household: str, days: Collection[date]) -> None:
    concerns = MaintenanceConcerns(
        household=household,
        maintenance=window.maintenance,
        begins_at=window.begins_at,
        ends_at=window.ends_at,
        cutoffs=tuple(sorted(days)),
        withdrawn=window.state == "withdrawn",
    )
    uow.emit(concerns, household=household, reasons=(_reason(concerns),))


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


async def _days_by_household(
    uow: UnitOfWork, deadlines: Iterable[Deadline], *, household: str | None = None
) -> dict[str, set[date]]:
    """Return by which days each household has something to pay, or only the one that is named."""
    days = defaultdict[str, set[date]](set)
    for each in deadlines:
        for concerned in await with_something_to_pay(uow, each.kind, each.on, household=household):
            days[concerned].add(each.on)
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
