"""The duties that make invoices: initial ones daily, the next month's on the 5th (INV-1, INV-2, INV-3)."""

from __future__ import annotations

from datetime import date

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.persistence.ports import UnitOfWork
from invoicing.application.accounts import load_accounts, load_for_the_run, save_accounts
from invoicing.application.ports import Parameters
from invoicing.domain import grace
from invoicing.domain.billing import issue_initial_invoices, run_month
from invoicing.domain.records import Policy, Selection


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
        accounts = await load_accounts(uow, households)
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
        """Return the households with coverage to bill; none once it is too late for this run (INV-3)."""
        if uow.today > on.replace(day=self._parameters.as_of(on).due_day):
            return []
        return await uow.records(Policy).distinct(
            "household",
            limit=limit,
            household__gt=after,
            bill_next__le=CoverageMonth.of(on).plus(1),
        )

    async def run(self, uow: UnitOfWork, on: date, households: list[str]) -> None:
        """Bill and invoice these households."""
        parameters, target = self._parameters.as_of(on), CoverageMonth.of(on).plus(1)
        accounts = await load_for_the_run(uow, households, through=target)
        for account in accounts.values():
            if run_month(account, target=target, now=uow.now, parameters=parameters):
                grace.leave_grace_if_paid(account, now=uow.now)
        await save_accounts(uow, accounts.values())
