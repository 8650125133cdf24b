"""What third parties paid for many households, each in one sum (PAY-1, PAY-5)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.fields import Id
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from payments.application.keep_third_party import keep_third_party
from payments.application.return_third_party import SumReturn, locks_of_sum, parts_of_sum, return_third_party
from payments.domain.moves import MovedAway
from payments.domain.returns import AlreadyReturned
from payments.domain.suspense import AlreadyDecided
from payments.domain.third_parties import SumMoved, SumReturned, ThirdPartyPayment
from payments.entrypoints.api.card_numbers import require_no_card_number
from payments.entrypoints.api.lockbox_schemas import LockboxFileView
from payments.entrypoints.api.third_party_schemas import (
    SumPartsView,
    SumReturnBody,
    ThirdPartyBody,
    ThirdPartyView,
)

router = APIRouter(tags=["third parties"], dependencies=[Depends(require_no_card_number)])


@router.post(
    "/v1/third-party-payments",
    status_code=202,
    response_model=LockboxFileView,
    operation_id="recordThirdPartyPayment",
    summary="Record one sum that is paid for many households",
)
async def post_third_party(
    body: ThirdPartyBody, command: Annotated[Command, Depends(commands("operator"))]
) -> Response:
    """Keep the sum as a file of the lockbox's kind, which is read in a moment: `GET /v1/lockbox-files` tells whether it
    was taken or refused, and why. The same sum again is the same file. 422 where the lines are not the sum.
    """
    return await command.run(
        body=body,
        use_case=lambda uow: keep_third_party(
            uow,
            body.said(),
            [each.line() for each in body.lines],
            received_on=body.received_on,
            parameters=command.dependencies.parameters,
        ),
        view=LockboxFileView.of,
        status=202,
    )


@router.get(
    "/v1/third-party-payments",
    operation_id="listThirdPartyPayments",
    summary="List what third parties paid in one sum",
)
async def list_third_parties(
    query: Annotated[Query, Depends(queries("operator"))], paging: Paging
) -> Page[ThirdPartyView]:
    """Return the sums that are recorded."""
    async with query.begin() as uow:
        found = await uow.records(ThirdPartyPayment).select(
            file__gt=paging.after_id, order_by=("file",), limit=paging.limit + 1
        )
    return paging.page(found, key=lambda each: each.file, view=ThirdPartyView.of)


@router.get(
    "/v1/third-party-payments/{file}/parts",
    operation_id="showThirdPartyPaymentParts",
    summary="Show what a third party's sum became",
    responses=refusals(NotFound),
)
async def show_parts(file: Id, query: Annotated[Query, Depends(queries("operator"))]) -> SumPartsView:
    """Return the payments of its lines, also those that their money was moved to, and what is in suspense."""
    async with query.begin() as uow:
        return SumPartsView.of(await parts_of_sum(uow, file))


@router.post(
    "/v1/third-party-payments/{file}/returns",
    status_code=201,
    response_model=ThirdPartyView,
    operation_id="returnThirdPartyPayment",
    summary="Record that a third party's whole sum went back",
    responses=refusals(NotFound, SumReturned, SumMoved, AlreadyReturned, MovedAway, AlreadyDecided),
)
async def post_return(
    file: Id, body: SumReturnBody, command: Annotated[Command, Depends(commands("operator"))]
) -> Response:
    """Record that a check for many households bounced, or the bank took the sum back otherwise: every payment of it is
    returned, and what of it waits in suspense is no money any more. 409 `sum-moved` where money of it became another
    household's at this moment: the same request may be made again.
    """
    async with command.begin() as uow:
        locks = await locks_of_sum(uow, file)
    order = SumReturn(
        file=file, kind=body.kind, on=body.on, reference=body.reference, operator=command.caller.subject
    )
    return await command.run(
        households=locks,
        body=body,
        use_case=lambda uow: return_third_party(uow, order, locked=locks),
        view=ThirdPartyView.of,
        status=201,
    )
