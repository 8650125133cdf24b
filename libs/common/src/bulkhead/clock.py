"""What time it is: the wall's, or in simulation the one that was set. Only entrypoints ask."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import ClassVar, Protocol

from bulkhead.clock_tables import ClockRecord
from bulkhead.kernel.calendar import in_exchange_time, local
from bulkhead.kernel.errors import Conflict, InvalidValue
from bulkhead.persistence.ports import UnitOfWorkFactory

_ONLY = "clock"


class ClockCannotGoBack(Conflict):
    """A simulated clock was asked to show an earlier time than it does."""

    kind: ClassVar[str] = "clock-cannot-go-back"


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """Return the current instant, in the exchange's zone (CAL-1)."""
        ...


class WallClock:
    """The time on the wall."""

    def now(self) -> datetime:
        """Return the current instant, in the exchange's zone (CAL-1)."""
        return in_exchange_time(datetime.now(UTC))


class SimulatedClock:
    """A clock that stands still until it is set, and never goes back."""

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise InvalidValue(field="/now", problem="must carry a time zone")
        self._now = in_exchange_time(now)

    @classmethod
    async def load(cls, uows: UnitOfWorkFactory, *, start: date) -> SimulatedClock:
        """Return the clock as the database remembers it, else at midnight of ``start`` and remembered so."""
        clock = cls(local(start))
        async with uows.begin(now=clock.now()) as uow:
            remembered = await uow.records(ClockRecord).get(name=_ONLY)
            if remembered is None:
                await uow.records(ClockRecord).add_new([ClockRecord(name=_ONLY, now=clock.now())])
            else:
                clock._show(remembered.now)
        return clock

    def now(self) -> datetime:
        """Return the instant it was last set to, in the exchange's zone (CAL-1)."""
        return self._now

    async def set(self, uows: UnitOfWorkFactory, *, to: datetime) -> None:
        """Remember the new time, then show it. Raises `ClockCannotGoBack` for an earlier one."""
        if to.tzinfo is None:
            raise InvalidValue(field="/now", problem="must carry a time zone")
        if to < self._now:
            raise ClockCannotGoBack(f"the clock shows {self._now.isoformat()} already", field="/now")
        async with uows.begin(now=to) as uow:
            await uow.records(ClockRecord).put([ClockRecord(name=_ONLY, now=to)])
        self._show(to)

    async def refresh(self, uows: UnitOfWorkFactory) -> None:
        """Show what the database remembers: for a process other than the one that was told."""
        async with uows.begin(now=self._now) as uow:
            remembered = await uow.records(ClockRecord).get(name=_ONLY)
        if remembered is not None:
            self._show(remembered.now)

    def _show(self, instant: datetime) -> None:
        self._now = max(self._now, in_exchange_time(instant))
