"""The duties that make invoices: initial ones daily, the next month's on the 5th (INV-1, INV-2, INV-3)."""

from __future__ import annotations

from datetime import date
from typing import Any

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.persistence.ports import UnitOfWork
from invoicing.application.accounts import Named, load_accounts, save_accounts
from invoicing.application.bill_plainly import SHOWN_AGAIN, bill_plainly
from invoicing.application.ports import Parameters
from invoicing.domain import grace
from invoicing.domain.billing import MonthlyRun, issue_initial_invoices, run_month
from invoicing.domain.records import Charge, Policy, Selection


class IssueInitialInvoices:
    """Invoices binders on the first business day after the selection."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters

    async def households(self, uow: UnitOfWork, on: date, after: str, limit: int) -> list[str]:
        """Return the households with a binder that is to be invoiced by that date and is not yet."""
        return await uow.records(Selection).distinct(
            "household",
            limit=limit,
            household__gt=after,
            state=["open", "satisfied"],
            invoiced=False,
            invoice_on__le=on,
        )

    async def run(self, uow: UnitOfWork, on: date, households: list[str]) -> None:
        """Issue the initial invoices of these households."""
        parameters = self._parameters.as_of(on)
        accounts = await load_accounts(uow, households, threshold=parameters.threshold)
        for account in accounts.values():
            issue_initial_invoices(account, now=uow.now, parameters=parameters)
        await save_accounts(uow, accounts.values())

    async def next_work(self, uow: UnitOfWork, _today: date) -> date | None:
        """Return the earliest date a binder is to be invoiced on."""
        ripe = await uow.records(Selection).select(
            state=["open", "satisfied"], invoiced=False, order_by=("invoice_on",), limit=1
        )
        return ripe[0].invoice_on if ripe else None


class RunMonthlyInvoices:
    """Invoices the next coverage month, and every month before it that was missed."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters

    def runs_on(self, day: date) -> bool:
        """Whether the run falls on that day (INV-2)."""
        return day.day == self._parameters.as_of(day).run_day

    async def households(self, uow: UnitOfWork, on: date, after: str, limit: int) -> list[str]:
        """Return the households with coverage to bill, or with what only a void invoice showed; none once it is too
        late for this run (INV-3).
        """
        if uow.today > on.replace(day=self._parameters.as_of(on).due_day):
            return []
        upto: dict[str, Any] = {"limit": limit, "household__gt": after}
        to_bill = await uow.records(Policy).distinct(
            "household", **upto, bill_next__le=CoverageMonth.of(on).plus(1)
        )
        to_show = await uow.records(Charge).distinct("household", **upto, **SHOWN_AGAIN)
        return sorted({*to_bill, *to_show})[:limit]

    async def run(self, uow: UnitOfWork, on: date, households: list[str]) -> None:
        """Bill and invoice these households: the plain ones as a slice, the others one by one."""
        parameters, target = self._parameters.as_of(on), CoverageMonth.of(on).plus(1)
        this = MonthlyRun.of(target, now=uow.now, parameters=parameters)
        others = await bill_plainly(uow, households, this)
        named = Named(policies=[policy.policy for policies in others.values() for policy in policies])
        accounts = await load_accounts(uow, others, named=named, threshold=parameters.threshold)
        for account in accounts.values():
            if run_month(account, this):
                grace.leave_grace_if_paid(account, now=uow.now)
        await save_accounts(uow, accounts.values())
