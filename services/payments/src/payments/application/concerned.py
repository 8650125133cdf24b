"""Whom a maintenance window of payments would concern: who is asked for money by a day, and has not paid (OPS-2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.maintenance import DeadlineKind
from bulkhead.persistence.ports import UnitOfWork
from payments.application import facts
from payments.application.records import BinderInvoice
from payments.domain.autopay import BilledInvoice
from payments.domain.settlements import Settlement, WaitingShare


async def concerned(uow: UnitOfWork, kind: DeadlineKind, day: date) -> int | None:
    """Return how many households a deadline concerns, None where payments does not know: of who selects."""
    match kind:
        case "binder-due" | "monthly-due" | "month-end":
            return len(await with_something_to_pay(uow, kind, day))
        case "remittance":
            return len(await uow.records(WaitingShare).distinct("household"))
        case "selection-cutoff" | "open-enrollment-ends":
            return None


async def with_something_to_pay(
    uow: UnitOfWork, kind: DeadlineKind, day: date, *, household: str | None = None
) -> set[str]:
    """Return the households that are asked for money by a deadline and have not paid it: none where it is another's.
    Only one ``household`` is looked at where it is named.
    """
    invoices: dict[str, Any] = (
        {"void": False} if household is None else {"void": False, "household": household}
    )
    match kind:
        case "binder-due":
            return await _unpaid(uow, await uow.records(BinderInvoice).select(due=day, **invoices))
        case "monthly-due":
            return await _with_months_open(uow, await uow.records(BilledInvoice).select(due=day, **invoices))
        case "month-end":
            billed = await uow.records(BilledInvoice).select(on_time_until=day, **invoices)
            return await _with_months_open(uow, billed)
        case "remittance" | "selection-cutoff" | "open-enrollment-ends":
            return set()


async def _unpaid(uow: UnitOfWork, binders: Sequence[BinderInvoice]) -> set[str]:
    """Return the households that have not paid the first premium that an invoice of these asks for."""
    groups = sorted({f"binder:{each.selection}" for each in binders})
    settled = uow.records(Settlement)
    paid = set(await settled.distinct("group", group=groups, unsettled_on=None))
    return {each.household for each in binders if f"binder:{each.selection}" not in paid}


async def _with_months_open(uow: UnitOfWork, billed: Sequence[BilledInvoice]) -> set[str]:
    """Return the households that have not paid the month that their latest invoice asks for."""
    asked = {
        each.household: CoverageMonth.of(each.on_time_until).plus(1) for each in billed if each.due_cents
    }
    groups = sorted({f"month:{month}" for month in asked.values()})
    paid = set(
        await uow.records(Settlement).distinct(
            "household", group=groups, household=sorted(asked), unsettled_on=None
        )
    )
    return asked.keys() - paid


async def keep_binder_invoices(uow: UnitOfWork, told: Sequence[object]) -> None:
    """Keep when first premiums are due, as invoices were issued, made void and restored."""
    issued = [
        BinderInvoice(
            invoice=each.invoice, household=each.household, selection=each.selection, due=each.due, void=False
        )
        for each in told
        if isinstance(each, facts.InvoiceIssued) and each.selection is not None
    ]
    await uow.records(BinderInvoice).add_new(issued)
    for each in told:
        if isinstance(each, facts.InvoiceVoided | facts.InvoiceRestored):
            void = isinstance(each, facts.InvoiceVoided)
            await uow.records(BinderInvoice).update({"void": void}, invoice=each.invoice)
