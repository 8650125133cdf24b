"""Corrections of invoices, and refunds: asked for, tried, approved by a second person, reversed, looked at (OPS-5)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from bulkhead.kernel.corrections import (
    CorrectionNotOpen,
    CorrectionState,
    CorrectionWaits,
    SecondPersonNeeded,
)
from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.corrections import find_correction
from bulkhead.web.commands import Command, Query, commands_or_dry_runs, queries
from bulkhead.web.corrections import DecisionBody, RecordedView, asked_of, corrections_of, recorded
from bulkhead.web.fields import Body, HouseholdId, Id, WrittenLine
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from invoicing.application.approve_refund import NotThatMuchCredit
from invoicing.application.corrections import (
    Asked,
    ask_to_void,
    decide_correction,
    find_invoice,
    reverse_correction,
)
from invoicing.domain.corrections import Correction, CorrectionBecause, CorrectionKind
from invoicing.domain.events import WrongBecause
from invoicing.domain.voiding import ChargesChanged, CoverageEndedForIt, InvoiceIsVoid, NewerInvoice

router = APIRouter(tags=["corrections"])

Staff = Annotated[Command, Depends(commands_or_dry_runs("operator"))]


class ReasonBody(Body):
    """Why something is put right."""

    because: WrongBecause = Field(
        description="Why: the invoice asked for a wrong amount, at wrong dates, or was of a wrong selection, a "
        "correction of it was wrong itself, or else."
    )
    note: WrittenLine | None = Field(
        default=None, description="More of it, for other operators; nothing about a person."
    )


class CorrectionView(RecordedView):
    """A correction: what it does, why, who asked for it, and what became of it (OPS-5).

    ``amount_cents`` is what the invoice was the first to ask for; of ``refund-credit``, which is of no invoice, what is
    paid back of credit. ``takes_two``: a second person approves it, and until
    then it is only ``requested``.
    """

    kind: CorrectionKind
    because: CorrectionBecause
    household: str
    invoice: str | None

    @classmethod
    def of(cls, correction: Correction) -> CorrectionView:
        """Return the view of a correction."""
        return cls(
            **recorded(correction),
            kind=correction.kind,
            because=correction.because,
            household=correction.household,
            invoice=correction.invoice,
        )


@router.post(
    "/v1/invoices/{invoice}/voids",
    status_code=201,
    response_model=CorrectionView,
    operation_id="voidInvoice",
    summary="Make void an invoice that is wrong",
    responses=refusals(NotFound, CorrectionWaits, InvoiceIsVoid, NewerInvoice, CoverageEndedForIt),
)
async def post_void(invoice: Id, body: ReasonBody, command: Staff) -> Response:
    """Make an invoice void that is wrong as a document: nothing is to be paid on it, and what was paid stays paid.

    What it asked for is past due for nobody until another invoice asks for it: of a binder at once, else the next
    (INV-7). Up to the pack's limit it is done at once; above, it is asked for, and another operator decides. What one
    person made void of the household within the pack's days counts together (OPS-5).
    """
    async with command.begin() as uow:
        household = (await find_invoice(uow, invoice)).household
    asked: Asked = await asked_of(command, because=body.because, note=body.note)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: ask_to_void(uow, invoice, asked, parameters=command.dependencies.parameters),
        view=CorrectionView.of,
        status=201,
    )


@router.get(
    "/v1/corrections", operation_id="listCorrections", summary="List corrections and what became of them"
)
async def list_corrections(
    query: Annotated[Query, Depends(queries("operator"))],
    paging: Paging,
    state: CorrectionState | None = None,
    household: HouseholdId | None = None,
) -> Page[CorrectionView]:
    """Return corrections; with ``state=requested`` those that wait for a second person."""
    found = await corrections_of(query, Correction, paging, state=state, household=household)
    return paging.page(found, key=lambda each: each.correction, view=CorrectionView.of)


@router.get(
    "/v1/corrections/{correction}",
    operation_id="showCorrection",
    summary="Show a correction",
    responses=refusals(NotFound),
)
async def get_correction(
    correction: Id, query: Annotated[Query, Depends(queries("operator"))]
) -> CorrectionView:
    """Return a correction: what it did, why, by whom, and whether it stands."""
    async with query.begin() as uow:
        return CorrectionView.of(await find_correction(uow, Correction, correction))


@router.post(
    "/v1/corrections/{correction}/decisions",
    status_code=201,
    response_model=CorrectionView,
    operation_id="decideCorrection",
    summary="Approve or decline a correction",
    responses=refusals(
        NotFound,
        CorrectionNotOpen,
        SecondPersonNeeded,
        NotThatMuchCredit,
        InvoiceIsVoid,
        NewerInvoice,
        CoverageEndedForIt,
        ChargesChanged,
    ),
)
async def post_decision(correction: Id, body: DecisionBody, command: Staff) -> Response:
    """Approve a correction or a refund that another asked for, which does it, or decline it: whoever asked may (OPS-5).

    A refund is paid of the credit that is there then: where it is not enough any more, it is refused.
    """
    return await command.run(
        households=await _household(command, correction),
        body=body,
        use_case=lambda uow: decide_correction(
            uow,
            correction,
            body.decision,
            operator=command.caller.subject,
            parameters=command.dependencies.parameters,
        ),
        view=CorrectionView.of,
        status=201,
    )


@router.post(
    "/v1/corrections/{correction}/reversals",
    status_code=201,
    response_model=CorrectionView,
    operation_id="reverseCorrection",
    summary="Reverse a correction",
    responses=refusals(
        NotFound,
        CorrectionNotOpen,
        CorrectionWaits,
        InvoiceIsVoid,
        NewerInvoice,
        CoverageEndedForIt,
        ChargesChanged,
    ),
)
async def post_reversal(correction: Id, body: ReasonBody, command: Staff) -> Response:
    """Take a correction back by another that refers to it: the invoice stands again with its dates, as long as no other
    shows its charges, so a binder's never; above the limit it takes two people as well (OPS-5). A refund is never
    taken back.
    """
    asked: Asked = await asked_of(command, because=body.because, note=body.note)
    return await command.run(
        households=await _household(command, correction),
        body=body,
        use_case=lambda uow: reverse_correction(
            uow, correction, asked, parameters=command.dependencies.parameters
        ),
        view=CorrectionView.of,
        status=201,
    )


async def _household(command: Command, correction: str) -> tuple[str]:
    async with command.begin() as uow:
        return ((await find_correction(uow, Correction, correction)).household,)
