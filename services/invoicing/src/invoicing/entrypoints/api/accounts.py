"""A household's invoices, balance, grace and ledger, and paying credit back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from bulkhead.web.commands import Command, HouseholdPath, Query, commands, queries
from bulkhead.web.pagination import Page, Paging
from invoicing.application.accounts import load_accounts
from invoicing.application.approve_refund import ApproveRefund, approve_refund
from invoicing.domain.account import Account
from invoicing.domain.records import Invoice, LedgerLine
from invoicing.entrypoints.api.schemas import (
    BalanceView,
    GraceView,
    InvoiceView,
    LedgerLineView,
    RefundBody,
    RefundView,
)

router = APIRouter(tags=["accounts"])

Look = Annotated[Query, Depends(queries("member", "assister", "operator"))]


async def _account(query: Query, household: str) -> Account:
    query.require_household(household)
    async with query.begin() as uow:
        return (await load_accounts(uow, [household]))[household]


@router.get("/v1/households/{household}/invoices", operation_id="listInvoices")
async def list_invoices(household: HouseholdPath, query: Look, paging: Paging) -> Page[InvoiceView]:
    """Return the household's invoices, the oldest first."""
    account = await _account(query, household)
    return paging.page_of(
        account.rows(Invoice),
        key=lambda each: (each.issued_at.isoformat(), each.invoice),
        view=InvoiceView.of,
    )


@router.get("/v1/households/{household}/balance", operation_id="getBalance")
async def get_balance(household: HouseholdPath, query: Look) -> BalanceView:
    """Return what the household owes, what is held and what is credit (INV-5, INV-6)."""
    account = await _account(query, household)
    return BalanceView.of(account, as_of=query.now.date())


@router.get("/v1/households/{household}/grace", operation_id="getGrace")
async def get_grace(household: HouseholdPath, query: Look) -> GraceView:
    """Return whether the household is in grace, and how far (INV-8)."""
    return GraceView.of_grace((await _account(query, household)).open_grace())


@router.get("/v1/households/{household}/ledger", operation_id="listLedger")
async def list_ledger(household: HouseholdPath, query: Look, paging: Paging) -> Page[LedgerLineView]:
    """Return the household's ledger: every entry balanced, never changed (INV-16)."""
    query.require_household(household)
    async with query.begin() as uow:
        lines = await uow.records(LedgerLine).select(household=household)
    return paging.page_of(
        lines, key=lambda each: (each.booked_on.isoformat(), each.entry, each.account), view=LedgerLineView.of
    )


@router.post(
    "/v1/households/{household}/refunds",
    status_code=201,
    response_model=RefundView,
    operation_id="approveRefund",
)
async def post_refund(
    household: HouseholdPath, body: RefundBody, command: Annotated[Command, Depends(commands("operator"))]
) -> Response:
    """Approve that credit is paid back (INV-6)."""
    command.require_household(household)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: approve_refund(
            uow,
            ApproveRefund(
                household=household,
                amount_cents=body.amount_cents,
                request=f"{command.caller.subject}:{command.idempotency_key}",
            ),
        ),
        view=RefundView.of,
        status=201,
    )
