"""A household's payments, and their return."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Command, HouseholdPath, Query, commands, queries
from bulkhead.web.fields import Id
from bulkhead.web.idempotency import KEY_HEADER
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from payments.application.find_payment import households_of
from payments.application.return_payment import ReturnOrder, record_return
from payments.domain.attempts import OnlinePaymentNotOpen, PaymentDeclined, PaymentToConfirm, ProcessorAway
from payments.domain.bank_accounts import AccountClosed, NoAccountsKept
from payments.domain.moves import MovedAway
from payments.domain.passings import PaidThere
from payments.domain.payments import Payment
from payments.domain.returns import AlreadyReturned
from payments.entrypoints.api.card_numbers import require_no_card_number
from payments.entrypoints.api.intake import outcome_of, take_payment
from payments.entrypoints.api.schemas import PaymentBody, PaymentOutcomeView, PaymentView, ReturnBody

router = APIRouter(tags=["payments"], dependencies=[Depends(require_no_card_number)])


@router.post(
    "/v1/households/{household}/payments",
    status_code=201,
    response_model=PaymentView,
    operation_id="takePayment",
    summary="Take a payment",
    responses=refusals(
        AccountClosed,
        NoAccountsKept,
        PaymentDeclined,
        PaymentToConfirm,
        NotFound,
        OnlinePaymentNotOpen,
        PaidThere,
        ProcessorAway,
    ),
)
async def post_payment(
    household: HouseholdPath,
    body: PaymentBody,
    command: Annotated[Command, Depends(commands("member", "assister", "operator"))],
) -> Response:
    """Take a payment for any household, heard of or not: nothing else is asked (PAY-1, PAY-2, PAY-3).

    402 when the card or bank account is declined, or when its owner has to confirm the payment with whoever issued it:
    then the reasons say where, and the same request answers with what became of it. 409 where paying online has not
    been opened yet (OPS-4), of a bank account kept here that is closed, and where none are kept: nothing is taken. 503
    when the processor is away: the problem says whether nothing was taken or that is not known yet; the payment's
    outcome can be asked for with the same key.
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


@router.get(
    "/v1/households/{household}/payments/outcome",
    operation_id="findPaymentOutcome",
    summary="Ask what became of a payment",
    responses=refusals(NotFound),
)
async def get_outcome(
    household: HouseholdPath,
    query: Annotated[Query, Depends(queries("member", "assister", "operator"))],
    key: Annotated[
        str,
        Header(
            alias=KEY_HEADER,
            min_length=1,
            max_length=200,
            description="The key under which the payment was asked for, by the same caller.",
        ),
    ],
) -> PaymentOutcomeView:
    """Return what is known of the payment that this caller asked for under an Idempotency-Key (PAY-2).

    For whoever got no answer, or 503: it is taken, or certainly not, or not known yet: then the processor is asked
    until it says so, and asking here again tells. A payment that is `not-received` can still be under way.
    """
    query.require_household(household)
    return await outcome_of(query, household, key)


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
        households = await households_of(uow, payment)
    order = ReturnOrder(
        payment=payment,
        amount_cents=body.amount_cents,
        kind=body.kind,
        on=body.on,
        reference=body.reference,
        operator=command.caller.subject,
    )
    return await command.run(
        households=households,
        body=body,
        use_case=lambda uow: record_return(uow, order),
        view=PaymentView.of,
        status=201,
    )
