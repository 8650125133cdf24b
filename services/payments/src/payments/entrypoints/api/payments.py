"""A household's payments, and their return."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Command, HouseholdPath, Query, commands, queries
from bulkhead.web.fields import Id
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from payments.application.find_payment import household_of
from payments.application.return_payment import ReturnOrder, record_return
from payments.domain.attempts import PaymentDeclined, ProcessorAway
from payments.domain.moves import MovedAway
from payments.domain.payments import Payment
from payments.domain.returns import AlreadyReturned
from payments.entrypoints.api.card_numbers import require_no_card_number
from payments.entrypoints.api.intake import take_payment
from payments.entrypoints.api.schemas import PaymentBody, PaymentView, ReturnBody

router = APIRouter(tags=["payments"], dependencies=[Depends(require_no_card_number)])


@router.post(
    "/v1/households/{household}/payments",
    status_code=201,
    response_model=PaymentView,
    operation_id="takePayment",
    summary="Take a payment",
    responses=refusals(PaymentDeclined, NotFound, ProcessorAway),
)
async def post_payment(
    household: HouseholdPath,
    body: PaymentBody,
    command: Annotated[Command, Depends(commands("member", "assister", "operator"))],
) -> Response:
    """Take a payment for any household, heard of or not: nothing else is asked (PAY-1, PAY-2, PAY-3).

    402 when the card or bank account is declined, 503 when the processor is away; nothing is taken then.
    """
    return await take_payment(command, household, body)


@router.get(
    "/v1/households/{household}/payments",
    operation_id="listPayments",
    summary="List a household's payments",
    responses=refusals(NotFound),
)
async def list_payments(
    household: HouseholdPath,
    query: Annotated[Query, Depends(queries("member", "assister", "operator"))],
    paging: Paging,
) -> Page[PaymentView]:
    """Return the household's payments in the order they became known."""
    query.require_household(household)
    async with query.begin() as uow:
        payments = await uow.records(Payment).select(household=household)
    return paging.page_of(
        payments, key=lambda each: (each.known_at.isoformat(), each.payment), view=PaymentView.of
    )


@router.post(
    "/v1/payments/{payment}/returns",
    status_code=201,
    response_model=PaymentView,
    operation_id="returnPayment",
    summary="Record that a payment went back",
    responses=refusals(NotFound, AlreadyReturned, MovedAway),
)
async def post_return(
    payment: Id,
    body: ReturnBody,
    command: Annotated[Command, Depends(commands("operator"))],
) -> Response:
    """Record that all of a payment's money went back, at any time after it came (PAY-5).

    404 for a payment nobody knows, 409 for one that was returned already, and for one that is other payments now: those
    are returned (PAY-11). What it had paid is open again (INV-14).
    """
    async with command.begin() as uow:
        household = await household_of(uow, payment)
    order = ReturnOrder(
        payment=payment,
        amount_cents=body.amount_cents,
        kind=body.kind,
        on=body.on,
        reference=body.reference,
        operator=command.caller.subject,
    )
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: record_return(uow, order),
        view=PaymentView.of,
        status=201,
    )
