"""What can be away, and how it is taken away from real processes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from bulkhead_local import Exchange as Instance
from bulkhead_local.databases import database_name
from bulkhead_local.postgres import execute, quoted
from bulkhead_local.services import SERVICES as KINDS
from matrix.acts import CARRIER
from stories.exchange import Place
from stories.stages.live import Live
from stories.vocabulary import BACKING, SERVICES

DATABASE = "database of payments"
DROP_BOX = f"drop-box of {CARRIER}"
CLOCK = "clock of invoicing"
LATE_BY = timedelta(hours=1)

OUTAGES: tuple[str, ...] = (*SERVICES, *BACKING, DATABASE, DROP_BOX, CLOCK)
"""Everything that can be away: the rows of the matrix. The clock is not away, it is an hour late."""


class Away(Live):
    """An exchange of real processes from which more can be taken away than a story can name."""

    waits_for: ClassVar[Mapping[str, Mapping[str, frozenset[str]]]] = {
        **Live.waits_for,
        DROP_BOX: {"carrier-gateway": frozenset({"transmissions", "delinquency-lists", "inbound-files"})},
    }

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        self._shown: datetime | None = None

    async def take_down(self, name: str) -> None:
        """Take anything of `OUTAGES` away."""
        match name:
            case "database of payments":
                # Its process goes on and can do nothing: what is waited for in it has to wait too.
                self.declared_down |= {name, "payments"}
                await self._let_nobody_in("payments")
            case "clock of invoicing":
                self.declared_down.add(name)
            case _ if name == DROP_BOX:
                self.declared_down.add(name)
                await asyncio.to_thread(_hide, self._box)
            case _:
                await super().take_down(name)

    async def bring_up(self, name: str, now: datetime) -> None:
        """Bring back what was taken away."""
        match name:
            case "database of payments":
                await self._let_all_in("payments")
                await self._tell_the_time("payments", now)
                self.declared_down -= {name, "payments"}
            case "clock of invoicing":
                self.declared_down.discard(name)
                await self.set_clock(now)
            case _ if name == DROP_BOX:
                await asyncio.to_thread(_show_again, self._box)
                self.declared_down.discard(name)
            case _:
                await super().bring_up(name, now)

    def time_of(self, name: str, now: datetime) -> datetime:
        """Return what a service's clock shows: an hour less, and never less than before, where it is late."""
        if name != "invoicing":
            return now
        late = now - LATE_BY if CLOCK in self.declared_down else now
        self._shown = late if self._shown is None else max(late, self._shown)
        return self._shown

    def due_at(self, name: str, at: datetime) -> datetime:
        """Return when it is that time on a service's clock."""
        return at + LATE_BY if name == "invoicing" and CLOCK in self.declared_down else at

    @property
    def _box(self) -> Path:
        return self.instance.files_dir / Place.CARRIERS.value / CARRIER

    async def _let_nobody_in(self, service: str) -> None:
        name = database_name(KINDS[service], self.instance.name)
        await execute(
            self.instance.backing.postgres_url,
            f"ALTER DATABASE {quoted(name)} CONNECTION LIMIT 0",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )

    async def _let_all_in(self, service: str) -> None:
        name = database_name(KINDS[service], self.instance.name)
        await execute(
            self.instance.backing.postgres_url, f"ALTER DATABASE {quoted(name)} CONNECTION LIMIT -1"
        )

    async def _tell_the_time(self, service: str, now: datetime) -> None:
        """Tell a service that has its database back what time it is, before it does anything at the time it knows.

        A simulated clock is kept in the database: it stood still, which no clock does that follows the wall's.
        """
        body = {"now": now.isoformat()}
        async with asyncio.timeout(_SECONDS_TO_BE_BACK):
            answer = await self.call(service, "PUT", "/v1/simulation/clock", json=body, role="service")
            while not answer.ok:
                await asyncio.sleep(0.005)
                answer = await self.call(service, "PUT", "/v1/simulation/clock", json=body, role="service")


_SECONDS_TO_BE_BACK = 60


def _hide(box: Path) -> None:
    box.rename(box.with_name(f".{box.name}.away"))
    box.write_bytes(b"")  # nothing can be written into a file, whoever one is


def _show_again(box: Path) -> None:
    box.unlink()
    box.with_name(f".{box.name}.away").rename(box)
