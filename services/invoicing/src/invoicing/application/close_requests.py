"""The daily duty that closes requests for reinstatement whose last day for money has passed (INV-13, INV-17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from bulkhead.persistence.ports import UnitOfWork
from invoicing.application.accounts import save_accounts
from invoicing.application.decided import ClosedBooks, decidable, unparked
from invoicing.application.payments import load_with_freed_money
from invoicing.application.ports import Parameters, Partitions
from invoicing.domain.asking import close_unpaid_requests
from invoicing.domain.money import settle
from invoicing.domain.records import ReinstatementRequest

_PAGE = 1000


class CloseRequests:
    """Closes what waited for money in vain, once payments' books are closed through the last day for it."""

    def __init__(self, parameters: Parameters, partitions: Partitions) -> None:
        self._parameters = parameters
        self._partitions = partitions

    async def households(self, uow: UnitOfWork, on: date, after: str, limit: int) -> list[str]:
        """Return the households whose request may be closed."""
        books = await ClosedBooks.look(uow, self._partitions, self._parameters)

        async def over(cursor: str) -> Sequence[str]:
            return await _waiting(uow, on, cursor, limit)

        # The last days for money lie before the duty's date: books closed through the day before cover them all.
        return await decidable(
            uow,
            candidates=over,
            may=lambda each: books.cover(each, on - timedelta(days=1)),
            after=after,
            limit=limit,
        )

    async def run(self, uow: UnitOfWork, on: date, households: list[str]) -> None:
        """Close the requests of these households, or grant those that turn out to be paid."""
        accounts = await load_with_freed_money(
            uow, await unparked(uow, households), on=on, parameters=self._parameters.as_of(on)
        )
        for account in accounts.values():
            close_unpaid_requests(account, on=on, now=uow.now)
            settle(account, now=uow.now)
        await save_accounts(uow, accounts.values())

    async def finish(self, uow: UnitOfWork, on: date) -> None:
        """Wait while a request cannot be closed for want of closed books."""
        books = await ClosedBooks.look(uow, self._partitions, self._parameters)
        eve, cursor = on - timedelta(days=1), ""
        while page := await _waiting(uow, on, cursor, _PAGE):
            if not all(books.cover(each, eve) for each in page):
                raise books.postponed(eve)
            cursor = page[-1]

    async def next_work(self, uow: UnitOfWork, _today: date) -> date | None:
        """Return the day after the earliest last day for money."""
        waiting = await uow.records(ReinstatementRequest).select(
            state="waiting", order_by=("pay_by",), limit=1
        )
        return waiting[0].pay_by + timedelta(days=1) if waiting else None


async def _waiting(uow: UnitOfWork, on: date, cursor: str, limit: int) -> list[str]:
    return await uow.records(ReinstatementRequest).distinct(
        "household", state="waiting", pay_by__lt=on, household__gt=cursor, limit=limit
    )
