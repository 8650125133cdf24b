"""Use cases: a window is asked for, decided, withdrawn, ended early; it begins and is over by the clock (OPS-2)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, Protocol

from bulkhead.kernel.corrections import require_second
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import NotFound, is_its_own
from bulkhead.kernel.maintenance import (
    STEPS,
    MaintenanceEnded,
    MaintenanceScheduled,
    MaintenanceStarted,
    MaintenanceTouchesDeadlines,
    MaintenanceWindow,
    MaintenanceWithdrawn,
    WindowStep,
    require_apart,
    require_sensible,
    stepped,
    to_tell,
)
from bulkhead.kernel.personal import Masked
from bulkhead.maintenance.guard import MaintenanceGuard
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory

LOCK: Final = "maintenance:"
"""The name of the one lock of a service's windows: no household's id, for it has a colon."""

NOT_KNOWN: Final = "not known"
"""Who did what is known of after a restore by what was said of it alone."""

_OPEN: Final[Collection[str]] = ("requested", "scheduled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Keeps a service's windows: by its guard, and saying what of them it ``says``."""

    service: str
    guard: MaintenanceGuard
    says: frozenset[type]

    async def schedule(
        self,
        uow: UnitOfWork,
        *,
        maintenance: str,
        begins_at: datetime,
        ends_at: datetime,
        reason: str,
        override: str | None,
        by: str,
    ) -> MaintenanceWindow:
        """Schedule a window and say so; one that touches deadlines is only asked for, and a second person decides.

        Raises `InvalidValue`, `MaintenanceOverlaps`, and `MaintenanceTouchesDeadlines` without an ``override``.
        """
        terms, citation = self.guard.terms(uow.now)
        asked = MaintenanceWindow(
            maintenance=maintenance,
            state="scheduled",
            begins_at=begins_at,
            ends_at=ends_at,
            reason=Masked(reason),
            override=None,
            deadlines=(),
            by_two=False,
            asked_at=uow.now,
            asked_by=by,
        )
        require_sensible(asked, now=uow.now, terms=terms, citation=citation)
        require_apart(asked, await uow.records(MaintenanceWindow).select(state=list(_OPEN)), now=uow.now)
        deadlines = await self.guard.touched(uow, begins_at, ends_at)
        if deadlines and override is None:
            raise MaintenanceTouchesDeadlines(
                "the window touches deadlines: choose another time, or say why it must be, and have a second person"
                " approve it",
                reasons=[each.reason(citation=citation) for each in deadlines],
            )
        if deadlines:
            asked = replace(
                asked, state="requested", override=Masked(override or ""), deadlines=deadlines, by_two=True
            )
        return await self._kept(uow, asked)

    async def decide(
        self, uow: UnitOfWork, maintenance: str, *, decision: Literal["approve", "decline"], by: str
    ) -> MaintenanceWindow:
        """Approve or decline a window that touches deadlines, and return it with those it touches by now.

        Raises `NotFound`, `WindowNotOpen`, `SecondPersonNeeded` and, where it is approved too late to be announced,
        `InvalidValue`.
        """
        asked = await found(uow, maintenance)
        decided = stepped(asked, decision, by=by, now=uow.now)
        if decision == "approve":
            why = Reason(
                rule="OPS-2",
                says="a window that touches a deadline takes two people",
                citation="chosen (OPS-2)",
                facts={"maintenance": maintenance},
            )
            require_second(asked.asked_by, by=by, why=why)
            terms, citation = self.guard.terms(uow.now)
            require_sensible(asked, now=uow.now, terms=terms, citation=citation)
            touched = await self.guard.touched(uow, asked.begins_at, asked.ends_at)
            decided = replace(decided, deadlines=touched)
        return await self._kept(uow, decided)

    async def close(
        self, uow: UnitOfWork, maintenance: str, *, step: Literal["withdraw", "end"], by: str
    ) -> MaintenanceWindow:
        """Withdraw a window before it begins, or end it early, and say so. Raises `NotFound` and `WindowNotOpen`."""
        return await self._kept(uow, stepped(await found(uow, maintenance), step, by=by, now=uow.now))

    async def tell(self, uow: UnitOfWork, maintenance: str) -> int:
        """Say of a window whether it has begun and is over by the clock; return 1 where that was to be said, else 0.
        Windows are locked.
        """
        window = await found(uow, maintenance)
        if not to_tell(window, service=self.service, now=uow.now)[0]:
            return 0
        await self._kept(uow, window)
        return 1

    async def untold(self, uow: UnitOfWork) -> list[str]:
        """Return the windows of which something is to be said by now, the next first."""
        windows = await uow.records(MaintenanceWindow).select(
            **_UNTOLD, order_by=("begins_at", "maintenance")
        )
        return [each.maintenance for each in windows if to_tell(each, service=self.service, now=uow.now)[0]]

    async def _kept(self, uow: UnitOfWork, window: MaintenanceWindow) -> MaintenanceWindow:
        said, kept = to_tell(window, service=self.service, now=uow.now)
        await uow.records(MaintenanceWindow).put([kept])
        for event in said:
            if type(event) in self.says:
                uow.emit(event, household=None)
        return kept


_UNTOLD: Final[dict[str, Any]] = {"state": ["scheduled", "withdrawn", "ended"], "told__ne": "ended"}


async def found(uow: UnitOfWork, maintenance: str) -> MaintenanceWindow:
    """Return a window; raises `NotFound`."""
    kept = await uow.records(MaintenanceWindow).get(maintenance=maintenance)
    if kept is None:
        raise NotFound("there is no such maintenance window")
    return kept


async def next_to(uow: UnitOfWork, step: WindowStep) -> MaintenanceWindow:
    """Return the first window that has this step now; raises `NotFound` where none has."""
    windows = await uow.records(MaintenanceWindow).select(
        state=list(_OPEN), order_by=("begins_at", "maintenance")
    )
    for each in windows:
        if (each.phase(uow.now), step) in STEPS:
            return each
    raise NotFound(f"there is no window to {step} now")


async def ahead(uow: UnitOfWork) -> list[MaintenanceWindow]:
    """Return the windows that are under way or announced, the next first."""
    return await uow.records(MaintenanceWindow).select(
        state="scheduled", ends_at__gt=uow.now, order_by=("begins_at", "maintenance")
    )


class Said(Protocol):
    """An event of the service's own, as it comes back from its topics."""

    @property
    def fact(self) -> Any:
        """What was said."""
        ...

    @property
    def occurred_at(self) -> datetime:
        """When it happened."""
        ...


async def take_windows_again(uow: UnitOfWork, said: Iterable[Said]) -> None:
    """Keep the windows that were said after the backup that a database was restored from (ADR 0024): when they are, and
    whether they still are. Who asked and why is said by no event.
    """
    windows = uow.records(MaintenanceWindow)
    for each in said:
        fact = each.fact
        if not isinstance(
            fact, MaintenanceScheduled | MaintenanceWithdrawn | MaintenanceStarted | MaintenanceEnded
        ):
            continue
        known = await windows.get(maintenance=fact.maintenance)
        if isinstance(fact, MaintenanceScheduled):
            if known is None or known.told == "nothing":
                await windows.put([_said_again(fact, known, at=each.occurred_at)])
        elif known is not None and known.told != "ended":
            await windows.put([_as_said(known, fact, at=each.occurred_at)])


def _said_again(
    fact: MaintenanceScheduled, known: MaintenanceWindow | None, *, at: datetime
) -> MaintenanceWindow:
    if known is not None:  # asked for before the backup, approved after it
        return replace(known, state="scheduled", decided_at=at, decided_by=NOT_KNOWN, told="scheduled")
    return MaintenanceWindow(
        maintenance=fact.maintenance,
        state="scheduled",
        begins_at=fact.begins_at,
        ends_at=fact.ends_at,
        reason=Masked(NOT_KNOWN),
        override=None,
        deadlines=(),
        by_two=False,
        asked_at=at,
        asked_by=NOT_KNOWN,
        told="scheduled",
    )


def _as_said(
    window: MaintenanceWindow,
    fact: MaintenanceWithdrawn | MaintenanceStarted | MaintenanceEnded,
    *,
    at: datetime,
) -> MaintenanceWindow:
    match fact:
        case MaintenanceStarted():
            return replace(window, told="started")
        case MaintenanceWithdrawn():
            return replace(window, state="withdrawn", closed_at=at, closed_by=NOT_KNOWN, told="ended")
        case MaintenanceEnded():
            if fact.ended_at >= window.ends_at:
                return replace(window, told="ended")
            return replace(window, state="ended", closed_at=fact.ended_at, closed_by=NOT_KNOWN, told="ended")


class MaintenancePoller:
    """Says that windows have begun and are over, as the clock has it."""

    name = "maintenance"

    def __init__(self, uows: UnitOfWorkFactory, *, keeper: Keeper) -> None:
        self._uows = uows
        self._keeper = keeper

    async def turn(self, now: datetime) -> int:
        """Say what is to be said by now, of each window by itself; return of how many. Raises what failed of one once
        the others are seen to, and `Retryable` at once while the database is away.
        """
        told, failed = 0, list[Exception]()
        for each in await self._untold(now):
            try:
                async with self._uows.begin(now=now, households=[LOCK]) as uow:
                    told += await self._keeper.tell(uow, each)
            except Exception as error:
                if not is_its_own(error):
                    raise
                failed.append(error)
        if failed:
            raise failed[0]
        return told

    async def pending(self, now: datetime) -> int:
        """Return of how many windows something is to be said."""
        return len(await self._untold(now))

    async def _untold(self, now: datetime) -> list[str]:
        async with self._uows.begin(now=now) as uow:
            return await self._keeper.untold(uow)


class IntakeGate:
    """Whether members' requests are taken just now. What it saw it believes for so many seconds of ``pace``: a window
    that is ended early shuts members out for that much longer.
    """

    def __init__(
        self, uows: UnitOfWorkFactory, *, pace: Callable[[], float], fresh_seconds: float = 0.0
    ) -> None:
        self._uows = uows
        self._pace = pace
        self._fresh_seconds = fresh_seconds
        self._seen: tuple[float, list[MaintenanceWindow]] | None = None

    async def window(self, now: datetime) -> MaintenanceWindow | None:
        """Return the window that the service is in, None where it takes what comes. Raises `Retryable`."""
        seconds = self._pace()
        if self._seen is None or seconds >= self._seen[0] + self._fresh_seconds:
            async with self._uows.begin(now=now) as uow:
                self._seen = (seconds, await ahead(uow))
        return next((each for each in self._seen[1] if each.phase(now) == "under-way"), None)
