"""The nightly proof that every household's rows are what its ledger adds up to: it alarms, and parks nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from bulkhead.persistence.ports import UnitOfWork
from invoicing.application.books import disagreeing_households, households_with_positions


class ProveLedger:
    """Looks at every household, a chunk at a time, with its lock held; ``alarm`` is told of each that disagrees."""

    def __init__(self, alarm: Callable[[str], None]) -> None:
        self._alarm = alarm

    async def households(self, uow: UnitOfWork, _on: date, after: str, limit: int) -> list[str]:
        """Return the next households."""
        return await households_with_positions(uow, after, limit)

    async def run(self, uow: UnitOfWork, _on: date, households: list[str]) -> None:
        """Hold these households' rows against their ledger (INV-16)."""
        for household in await disagreeing_households(uow, households):
            self._alarm(household)

    async def next_work(self, _uow: UnitOfWork, _today: date) -> date | None:
        """Return None: it changes nothing, so no clock stops for it."""
        return None
