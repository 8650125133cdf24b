"""Invoicing's API over a book in memory."""

from __future__ import annotations

from datetime import date

import httpx2

from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.clock import FixedClock
from bulkhead_testing.web import app_of, client_of
from invoicing.bootstrap import assemble
from services.invoicing.tests.builders import Book
from services.invoicing.tests.unit.test_reading_the_pack import PACK

ISSUER = TestIssuer()


class Desk:
    """Invoicing's API over the book of one household that paid 700.00 for a 500.00 binder."""

    def __init__(self, *, store: UnitOfWorkFactory | None = None) -> None:
        self.book = Book(store=store)
        service = assemble(pack=PACK)
        self._clock = FixedClock(self.book.now)
        self.app = app_of(
            service,
            uows=store or self.book.database.units_of_work,
            clock=self._clock,
            verifier=ISSUER.verifier(),
        )
        self.client: httpx2.AsyncClient = client_of(self.app)

    async def open(self) -> Desk:
        await self.book.advance(date(2015, 12, 3), 10)
        await self.book.select("h", net=50000)
        await self.book.pay("h", 70000)
        await self.to(date(2015, 12, 4))
        return self

    async def to(self, day: date) -> None:
        """Let the days pass up to 10 o'clock of this one."""
        await self.book.advance(day, 10)
        self._clock.shows = self.book.now

    async def get(self, path: str, **who: str) -> httpx2.Response:
        return await self.client.get(path, headers=ISSUER.headers("member", **who))

    async def as_operator(self, path: str) -> httpx2.Response:
        return await self.client.get(path, headers=ISSUER.headers("operator"))
