"""The daily duty that lapses binders not paid by their due date (ENR-6, INV-17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from bulkhead.persistence.ports import UnitOfWork
from invoicing.application.accounts import save_accounts
from invoicing.application.decided import ClosedBooks, decidable, unparked
from invoicing.application.payments import load_with_freed_money
from invoicing.application.ports import Parameters, Partitions
from invoicing.domain import grace
from invoicing.domain.binders import lapse_unpaid_binders
from invoicing.domain.records import Payment, Selection

_PAGE = 1000


class LapseBinders:
    """Lapses what is overdue, once payments' books are closed through the due date."""

    def __init__(self, parameters: Parameters, partitions: Partitions) -> None:
        self._parameters = parameters
        self._partitions = partitions

    async def households(self, uow: UnitOfWork, on: date, after: str, limit: int) -> list[str]:
        """Return the households with an overdue binder that may be decided."""
        books = await ClosedBooks.look(uow, self._partitions, self._parameters)

        async def overdue(cursor: str) -> Sequence[str]:
            ahead: dict[str, Any] = {"limit": limit, "household__gt": cursor}
            due = await uow.records(Selection).distinct("household", state="open", due__lt=on, **ahead)
            waited = await uow.records(Payment).distinct("household", waits_until__lt=on, **ahead)
            return sorted({*due, *waited})[:limit]

        # The due dates lie before the duty's date: books closed through the day before cover them all.
        return await decidable(
            uow,
            candidates=overdue,
            may=lambda each: books.cover(each, on - timedelta(days=1)),
            after=after,
            limit=limit,
        )

    async def run(self, uow: UnitOfWork, on: date, households: list[str]) -> None:
        """Lapse the unpaid binders of these households."""
        accounts = await load_with_freed_money(
            uow, await unparked(uow, households), on=on, parameters=self._parameters.as_of(on)
        )
        for account in accounts.values():
            lapse_unpaid_binders(account, on=on, now=uow.now)
            grace.leave_grace_if_paid(account, now=uow.now)
        await save_accounts(uow, accounts.values())

    async def finish(self, uow: UnitOfWork, on: date) -> None:
        """Wait while an overdue binder cannot be decided for want of closed books."""
        books = await ClosedBooks.look(uow, self._partitions, self._parameters)
        cursor = ""
        while page := await uow.records(Selection).distinct(
            "household", state="open", due__lt=on, household__gt=cursor, limit=_PAGE
        ):
            if not all(books.cover(each, on - timedelta(days=1)) for each in page):
                raise books.postponed(on - timedelta(days=1))
            cursor = page[-1]

    async def next_work(self, uow: UnitOfWork, _today: date) -> date | None:
        """Return the day after the earliest date on which a binder is due or money stops waiting."""
        due = await uow.records(Selection).select(state="open", due__ne=None, order_by=("due",), limit=1)
        waits = await uow.records(Payment).select(waits_until__ne=None, order_by=("waits_until",), limit=1)
        days = [each.due for each in due if each.due] + [
            each.waits_until for each in waits if each.waits_until
        ]
        return min(days) + timedelta(days=1) if days else None
