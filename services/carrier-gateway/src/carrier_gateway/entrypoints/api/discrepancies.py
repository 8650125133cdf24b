"""The monthly reconciliation: audits sent, books brought, and the differences between them (CAR-6)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi import Query as Parameter

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.fields import HouseholdId, Id
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from carrier_gateway.application.decide_discrepancies import (
    NotOpen,
    NotOursToSend,
    decide_discrepancy,
    locks_of_discrepancy,
)
from carrier_gateway.application.decide_transmissions import CannotBeSentAgain, NothingToDecide
from carrier_gateway.domain.audits import Audit
from carrier_gateway.domain.books import BookState, CarrierBook
from carrier_gateway.domain.discrepancies import (
    DifferenceKind,
    Discrepancy,
    DiscrepancyDecision,
    DiscrepancyState,
)
from carrier_gateway.entrypoints.api.conditions import seen_by
from carrier_gateway.entrypoints.api.schemas import (
    AuditView,
    BookView,
    DiscrepancyDecisionBody,
    DiscrepancyDecisionView,
    DiscrepancyView,
)

router = APIRouter(tags=["reconciliation"])


@router.get(
    "/v1/discrepancies",
    operation_id="listDiscrepancies",
    summary="List where carriers' books differ from ours",
    responses=refusals(NotFound),
)
async def list_discrepancies(
    query: Annotated[Query, Depends(queries("operator", "carrier"))],
    paging: Paging,
    carrier: Id | None = None,
    household: HouseholdId | None = None,
    state: Annotated[DiscrepancyState | None, Parameter()] = None,
    kind: Annotated[DifferenceKind | None, Parameter()] = None,
) -> Page[DiscrepancyView]:
    """Return the differences, with who wins, how old each is, and what was decided. A carrier sees its own (CAR-6)."""
    conditions = seen_by(query, carrier=carrier, household=household, state=state, kind=kind)
    async with query.begin() as uow:
        found = await uow.records(Discrepancy).select(
            discrepancy__gt=paging.after_id, limit=paging.limit + 1, **conditions
        )
        ids = [each.discrepancy for each in found[: paging.limit]]
        decided = await uow.records(DiscrepancyDecision).select(
            discrepancy=ids, order_by=("discrepancy", "number")
        )
        today = uow.today
    return paging.page(
        found,
        key=lambda each: each.discrepancy,
        view=lambda each: DiscrepancyView.of(
            each, today=today, decisions=(one for one in decided if one.discrepancy == each.discrepancy)
        ),
    )


@router.post(
    "/v1/discrepancies/{discrepancy}/decisions",
    status_code=201,
    response_model=DiscrepancyDecisionView,
    operation_id="decideDiscrepancy",
    summary="Send again what the exchange wins, leave it, or note something",
    responses=refusals(NotFound, NotOpen, NotOursToSend, NothingToDecide, CannotBeSentAgain),
)
async def post_decision(
    discrepancy: Id,
    body: DiscrepancyDecisionBody,
    command: Annotated[Command, Depends(commands("operator"))],
) -> Response:
    """Keep a decision about an open discrepancy. Only the carrier's next book closes it (CAR-6)."""
    async with command.begin() as uow:
        locks = await locks_of_discrepancy(uow, discrepancy)
    return await command.run(
        households=locks,
        body=body,
        use_case=lambda uow: decide_discrepancy(
            uow,
            discrepancy=discrepancy,
            decision=body.decision,
            reason=body.reason,
            decided_by=command.caller.subject,
            composer=command.dependencies.composer,
            parameters=command.dependencies.parameters,
        ),
        view=DiscrepancyDecisionView.of,
        status=201,
    )


@router.get(
    "/v1/books",
    operation_id="listBooks",
    summary="List the books that carriers brought",
    responses=refusals(NotFound),
)
async def list_books(
    query: Annotated[Query, Depends(queries("operator", "carrier"))],
    paging: Paging,
    carrier: Id | None = None,
    state: Annotated[BookState | None, Parameter()] = None,
) -> Page[BookView]:
    """Return the books with what came of each. A carrier sees its own; why one was refused is with its file."""
    conditions = seen_by(query, carrier=carrier, state=state)
    async with query.begin() as uow:
        found = await uow.records(CarrierBook).select(
            file__gt=paging.after_id, limit=paging.limit + 1, **conditions
        )
    return paging.page(found, key=lambda each: each.file, view=BookView.of)


@router.get(
    "/v1/audits",
    operation_id="listAudits",
    summary="List the full-book audits",
    responses=refusals(NotFound),
)
async def list_audits(
    query: Annotated[Query, Depends(queries("operator", "carrier"))],
    paging: Paging,
    carrier: Id | None = None,
) -> Page[AuditView]:
    """Return the audits that carriers were sent, or are being sent, each month's. A carrier sees its own."""
    conditions = seen_by(query, carrier=carrier)
    async with query.begin() as uow:
        found = await uow.records(Audit).select(**conditions)
    return paging.page_of(found, key=lambda each: (each.on.isoformat(), each.carrier), view=AuditView.of)
