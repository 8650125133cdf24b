"""A household's invoices, balance, grace and ledger, and paying credit back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from bulkhead.kernel.calendar import CoverageMonth, local_date
from bulkhead.kernel.corrections import CorrectionWaits
from bulkhead.kernel.errors import InvalidValue, NotFound
from bulkhead.web.commands import Command, HouseholdPath, Query, commands_or_dry_runs, queries
from bulkhead.web.pagination import Page, PageRequest, Paging, foreign_cursor
from bulkhead.web.refusals import refusals
from invoicing.application.approve_refund import (
    AskRefund,
    NotThatMuchCredit,
    RefundKnown,
    ask_refund,
    lock_of,
)
from invoicing.application.months import read_months
from invoicing.domain.records import Grace, Invoice, Position, Transfer
from invoicing.entrypoints.api.schemas import (
    BalanceView,
    GraceView,
    InvoiceView,
    MonthView,
    RefundBody,
    RefundView,
    TransferView,
)

router = APIRouter(tags=["accounts"])

Look = Annotated[Query, Depends(queries("member", "assister", "operator"))]


@router.get(
    "/v1/households/{household}/invoices",
    operation_id="listInvoices",
    summary="List a household's invoices",
    responses=refusals(NotFound),
)
async def list_invoices(household: HouseholdPath, query: Look, paging: Paging) -> Page[InvoiceView]:
    """Return the household's invoices in the order they were made."""
    query.require_household(household)
    async with query.begin() as uow:
        rows = await uow.records(Invoice).select(
            household=household,
            number__gt=paging.after_number,
            order_by=("number",),
            limit=paging.limit + 1,
        )
    return paging.page(rows, key=lambda each: str(each.number), view=InvoiceView.of)


@router.get(
    "/v1/households/{household}/balance",
    operation_id="getBalance",
    summary="See what a household owes and has",
    responses=refusals(NotFound),
)
async def get_balance(household: HouseholdPath, query: Look) -> BalanceView:
    """Return what the household owes, what is held and what is credit (INV-5, INV-6)."""
    query.require_household(household)
    async with query.begin() as uow:
        position = await uow.records(Position).get(household=household)
    return BalanceView.of(position or Position(household=household), as_of=local_date(query.now))


@router.get(
    "/v1/households/{household}/months",
    operation_id="listMonths",
    summary="List what is charged for each month",
    responses=refusals(NotFound),
)
async def list_months(household: HouseholdPath, query: Look, paging: Paging) -> Page[MonthView]:
    """Return the household's coverage months: what is charged for each, and whether it is settled (INV-5)."""
    query.require_household(household)
    after = _after_month(paging)
    async with query.begin() as uow:
        rows = await read_months(uow, household, after=after, limit=paging.limit + 1)
    return paging.page(rows, key=lambda each: str(each.month), view=MonthView.of)


def _after_month(paging: PageRequest) -> CoverageMonth | None:
    try:
        return CoverageMonth.parse(paging.after_id) if paging.after else None
    except InvalidValue as error:
        raise foreign_cursor() from error


@router.get(
    "/v1/households/{household}/grace",
    operation_id="getGrace",
    summary="See whether a household is in grace",
    responses=refusals(NotFound),
)
async def get_grace(household: HouseholdPath, query: Look) -> GraceView:
    """Return whether the household is in grace, and how far (INV-8)."""
    query.require_household(household)
    async with query.begin() as uow:
        return GraceView.of_grace(await uow.records(Grace).get(household=household, state="open"))


@router.get(
    "/v1/households/{household}/ledger",
    operation_id="listLedger",
    summary="List a household's ledger",
    responses=refusals(NotFound),
)
async def list_ledger(household: HouseholdPath, query: Look, paging: Paging) -> Page[TransferView]:
    """Return the household's ledger: every row moves cents from one account to another (INV-16)."""
    query.require_household(household)
    async with query.begin() as uow:
        rows = await uow.records(Transfer).select(
            household=household, number__gt=paging.after_number, limit=paging.limit + 1
        )
    return paging.page(rows, key=lambda each: str(each.number), view=TransferView.of)


@router.post(
    "/v1/households/{household}/refunds",
    status_code=201,
    response_model=RefundView,
    operation_id="approveRefund",
    summary="Pay credit back, or ask a second person to approve it",
    responses=refusals(NotFound, NotThatMuchCredit, CorrectionWaits, RefundKnown),
)
async def post_refund(
    household: HouseholdPath,
    body: RefundBody,
    command: Annotated[Command, Depends(commands_or_dry_runs("operator"))],
) -> Response:
    """Have credit paid back (INV-6).

    Up to the pack's limit it is approved at once; above, it is asked for, and another operator decides about the
    correction that has the refund's id. What one person pays back alone within the pack's days counts together,
    whosever credit it is, and so does what was paid back of one household. Meanwhile the credit pays premiums as before
    (OPS-5).
    """
    command.require_household(household)
    operator = command.caller.subject
    return await command.run(
        households=[household, lock_of(operator)],
        body=body,
        use_case=lambda uow: ask_refund(
            uow,
            AskRefund(
                household=household,
                amount_cents=body.amount_cents,
                operator=operator,
                request=str(command.idempotency_key),
                preview=command.dry_run,
            ),
            parameters=command.dependencies.parameters,
        ),
        view=RefundView.of,
        status=201,
    )
