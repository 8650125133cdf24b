"""The work queue: what carriers said that was refused or set apart, and what becomes of it (CAR-5)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response
from fastapi import Query as Parameter

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.fields import HouseholdId, Id
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from carrier_gateway.application.decide_records import NothingToTellAgain, decide_record, locks_of_record
from carrier_gateway.application.decide_transmissions import CannotBeSentAgain, NothingToDecide
from carrier_gateway.domain.records import InboundFile, InboundRecord, InboundRecordDecision
from carrier_gateway.entrypoints.api.conditions import seen_by
from carrier_gateway.entrypoints.api.schemas import RecordDecisionBody, RecordDecisionView, RecordView

router = APIRouter(tags=["inbound records"])


@router.get(
    "/v1/inbound-records",
    operation_id="listInboundRecords",
    summary="List what carriers said, and what of it waits",
    responses=refusals(NotFound),
)
async def list_inbound_records(
    query: Annotated[Query, Depends(queries("operator", "carrier"))],
    paging: Paging,
    carrier: Id | None = None,
    household: HouseholdId | None = None,
    outcome: Annotated[Literal["accepted", "refused", "set-apart"] | None, Parameter()] = None,
    waits: Annotated[bool | None, Parameter(description="`true`: what waits for somebody.")] = None,
) -> Page[RecordView]:
    """Return the records of carriers' files with their reasons, how long they have waited, and what was decided about
    them (CAR-5). Of a set that waits it is the first record that does.

    A carrier sees its own.
    """
    conditions: dict[str, Any] = seen_by(query, carrier=carrier, household=household, outcome=outcome)
    if waits is not None:
        conditions["waits_since__ne" if waits else "waits_since"] = None
    async with query.begin() as uow:
        found = await uow.records(InboundRecord).select(
            record__gt=paging.after_id, order_by=("record",), limit=paging.limit + 1, **conditions
        )
        page = found[: paging.limit]
        decided = await uow.records(InboundRecordDecision).select(
            record=[each.record for each in page], order_by=("record", "number")
        )
        files = await uow.records(InboundFile).select(file=sorted({each.file for each in page}))
        today = uow.today
    came = {each.file: each for each in files}
    return paging.page(
        found,
        key=lambda each: each.record,
        view=lambda each: RecordView.of(
            each,
            file=came[each.file],
            decisions=(one for one in decided if one.record == each.record),
            today=today,
        ),
    )


@router.post(
    "/v1/inbound-records/{record}/decisions",
    status_code=201,
    response_model=RecordDecisionView,
    operation_id="decideInboundRecord",
    summary="Decide about what a carrier said",
    responses=refusals(NotFound, NothingToDecide, NothingToTellAgain, CannotBeSentAgain),
)
async def post_record_decision(
    record: Id,
    body: RecordDecisionBody,
    command: Annotated[Command, Depends(commands("operator"))],
) -> Response:
    """Say that a set was seen to, have its carrier told again what is so, note that it was asked, or leave it: but for
    one whose carrier was asked, it waits no longer (CAR-5).
    """
    async with command.begin() as uow:
        locks = await locks_of_record(uow, record)
    return await command.run(
        households=locks,
        body=body,
        use_case=lambda uow: decide_record(
            uow,
            record=record,
            decision=body.decision,
            reason=body.reason,
            decided_by=command.caller.subject,
            composer=command.dependencies.composer,
            parameters=command.dependencies.parameters,
        ),
        view=RecordDecisionView.of,
        status=201,
    )
