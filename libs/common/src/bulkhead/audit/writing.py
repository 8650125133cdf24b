"""Entries that are in no transaction of their own: what was read, tried or refused. They are written many at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from bulkhead.audit.chain import chain
from bulkhead.audit.entries import AuditEntry
from bulkhead.kernel.errors import Retryable
from bulkhead.persistence.ports import UnitOfWorkFactory

MOST_WAITING: Final = 5000
"""How many entries may wait to be written: whoever comes then is refused, and so is what they asked."""

AT_ONCE: Final = 500


@dataclass(slots=True)
class _Waiting:
    entry: AuditEntry
    lost: Retryable | None = None


class AuditWriter:
    """Writes entries, those that come while some are written all together next (ADR 0072)."""

    def __init__(self, uows: UnitOfWorkFactory) -> None:
        self._uows = uows
        self._waiting = dict[str, _Waiting]()
        self._turn = asyncio.Lock()

    async def keep(self, entry: AuditEntry) -> None:
        """Return once an entry is written. Raises `Retryable` where it cannot be, or is not known to be."""
        if len(self._waiting) >= MOST_WAITING:
            raise Retryable("too many entries of the audit log wait to be written")
        mine = self._waiting[entry.entry] = _Waiting(entry)
        try:
            async with self._turn:
                while entry.entry in self._waiting and mine.lost is None:
                    await self._write(list(islice(self._waiting.values(), AT_ONCE)))
        finally:
            self._waiting.pop(entry.entry, None)
        if mine.lost is not None:
            raise Retryable("the audit log cannot be written") from mine.lost

    async def chain(self, now: datetime) -> None:
        """Put all that is written into the chain. Raises `Retryable`."""
        await chain(self._uows, now=now)

    async def _write(self, batch: list[_Waiting]) -> None:
        """Write some; where the database is away, all of them are told so: nobody waits for it one after the other."""
        try:
            async with self._uows.begin(now=batch[-1].entry.at) as uow:
                await uow.records(AuditEntry).add_new(each.entry for each in batch)
        except Retryable as error:
            for each in batch:
                each.lost = error
        for each in batch:
            self._waiting.pop(each.entry.entry, None)
