"""Corrections of what was recorded: asked for, tried, approved by a second person, reversed, looked at (OPS-5)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field, ValidationInfo, field_validator

from bulkhead.kernel.corrections import (
    CorrectionNotOpen,
    CorrectionState,
    CorrectionWaits,
    SecondPersonNeeded,
)
from bulkhead.kernel.errors import InvalidValue, NotFound
from bulkhead.persistence.corrections import find_correction
from bulkhead.web.commands import Command, Query, commands_or_dry_runs, queries
from bulkhead.web.corrections import DecisionBody, RecordedView, asked_of, corrections_of, recorded
from bulkhead.web.dates import PlainDate
from bulkhead.web.fields import Body, HouseholdId, Id, WrittenLine
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from payments.application.corrections import Asked
from payments.application.decide_corrections import decide_correction, reverse_correction
from payments.application.find_payment import household_of
from payments.application.move_payments import Target, move_payment
from payments.application.redate_payments import redate_payment
from payments.domain.card_numbers import card_number_refused, is_card_number, looks_like_card_number
from payments.domain.corrections import (
    Correction,
    CorrectionKind,
    Move,
    Redating,
)
from payments.domain.events import WrongBecause
from payments.domain.moves import MovedAway, WentBack
from payments.domain.payments import LARGEST_PAYMENT_CENTS
from payments.domain.redating import ChangedSince
from payments.entrypoints.api.card_numbers import require_no_card_number
from payments.entrypoints.api.schemas import Named

router = APIRouter(tags=["corrections"], dependencies=[Depends(require_no_card_number)])

MOST_TARGETS = 20

Staff = Annotated[Command, Depends(commands_or_dry_runs("operator"))]


class ReasonBody(Body):
    """Why something is put right."""

    because: WrongBecause = Field(
        description="Why: the exchange mistyped it, its payer named another account, it is of several households, a "
        "correction of it was wrong itself, or else."
    )
    note: WrittenLine | None = Field(
        default=None, description="More of it, for other operators; nothing about a person."
    )

    @field_validator("note")
    @classmethod
    def _no_card_number_in_it(cls, note: str | None) -> str | None:
        """Refuse a card number (PAY-1)."""
        if note is not None and looks_like_card_number(note):
            raise card_number_refused("/note")
        return note


class TargetBody(Body):
    """Whose a part of a payment is, and what of theirs it is for."""

    household: HouseholdId
    amount_cents: int = Field(
        description="Cents of the payment that are this household's.",
        json_schema_extra={"minimum": 1, "maximum": LARGEST_PAYMENT_CENTS},
    )
    selection: Named = Field(default=None, description="The selection of this household it is for (INV-5).")
    invoice: Named = Field(default=None, description="The invoice of this household it is for (INV-5).")

    @field_validator("household", "selection", "invoice")
    @classmethod
    def _no_card_number(cls, named: str | None, info: ValidationInfo) -> str | None:
        """Refuse a card number in place of an id (PAY-1)."""
        if named is not None and is_card_number(named):
            raise card_number_refused(f"/to/{info.field_name}")
        return named


class MovesBody(ReasonBody):
    """Whose a payment is, whole or in parts; what is not named stays where it is."""

    to: Annotated[list[TargetBody], Field(min_length=1, max_length=MOST_TARGETS)]


class DatesBody(ReasonBody):
    """The dates of a payment as they are: both, also the one that was recorded right."""

    received_on: PlainDate = Field(description="When it was received, from 2000-01-01 to today.")
    postmarked_on: PlainDate | None = Field(
        default=None, description="Its postmark, from 2000-01-01 to its receipt; left out where it has none."
    )


class MoveView(BaseModel):
    """Cents of a payment that are another household's; there they are the payment ``arrives_as``."""

    payment: str
    household: str
    to: str
    amount_cents: int
    selection: str | None
    invoice: str | None
    arrives_as: str

    @classmethod
    def of(cls, move: Move) -> MoveView:
        """Return the view of a move."""
        return cls(
            payment=move.payment,
            household=move.household,
            to=move.to,
            amount_cents=move.cents,
            selection=move.selection,
            invoice=move.invoice,
            arrives_as=move.arrives_as,
        )


class RedatingView(BaseModel):
    """What the dates of a payment are, and what they were recorded as (PAY-12)."""

    payment: str
    household: str
    received_on: date
    postmarked_on: date | None
    received_before: date
    postmarked_before: date | None

    @classmethod
    def of(cls, redating: Redating) -> RedatingView:
        """Return the view of a correction of dates."""
        return cls(
            payment=redating.payment,
            household=redating.household,
            received_on=redating.received_on,
            postmarked_on=redating.postmarked_on,
            received_before=redating.received_before,
            postmarked_before=redating.postmarked_before,
        )


class CorrectionView(RecordedView):
    """A correction: what it does, why, who asked for it, and what became of it (OPS-5).

    ``takes_two``: a second person approves it, for its amount or its kind, and until then it is only ``requested``.
    """

    kind: CorrectionKind
    because: WrongBecause
    moves: list[MoveView]
    redates: RedatingView | None

    @classmethod
    def of(cls, correction: Correction) -> CorrectionView:
        """Return the view of a correction."""
        return cls(
            **recorded(correction),
            kind=correction.kind,
            because=correction.because,
            moves=[MoveView.of(each) for each in correction.moves],
            redates=None if correction.redates is None else RedatingView.of(correction.redates),
        )


@router.post(
    "/v1/payments/{payment}/moves",
    status_code=201,
    response_model=CorrectionView,
    operation_id="movePayment",
    summary="Move a payment to the household whose it is",
    responses=refusals(NotFound, CorrectionWaits, WentBack, MovedAway, InvalidValue),
)
async def post_moves(payment: Id, body: MovesBody, command: Staff) -> Response:
    """Move a payment that was recorded for the wrong household, whole or in parts, with its dates (PAY-11).

    Up to the pack's limit it is done at once; above, it is asked for, and another operator decides. What one person
    moved to or from any of these households within the pack's days counts together (OPS-5).
    """
    async with command.begin() as uow:
        household = await household_of(uow, payment)
    asked: Asked = await asked_of(command, because=body.because, note=body.note)
    targets = [Target(**each.model_dump()) for each in body.to]
    return await command.run(
        households=sorted({household, *(each.household for each in targets)}),
        body=body,
        use_case=lambda uow: move_payment(
            uow, payment, targets, asked, parameters=command.dependencies.parameters
        ),
        view=CorrectionView.of,
        status=201,
    )


@router.post(
    "/v1/payments/{payment}/dates",
    status_code=201,
    response_model=CorrectionView,
    operation_id="redatePayment",
    summary="Correct the dates of a payment",
    responses=refusals(NotFound, CorrectionWaits, WentBack, MovedAway, ChangedSince, InvalidValue),
)
async def post_dates(payment: Id, body: DatesBody, command: Staff) -> Response:
    """Correct when a payment was received and postmarked, which decides whether it was on time (PAY-12).

    The pack says whether one person may; where not, it is asked for, and another operator decides (OPS-5).
    """
    async with command.begin() as uow:
        household = await household_of(uow, payment)
    asked: Asked = await asked_of(command, because=body.because, note=body.note)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: redate_payment(
            uow,
            payment,
            received_on=body.received_on,
            postmarked_on=body.postmarked_on,
            asked=asked,
            parameters=command.dependencies.parameters,
        ),
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
    kind: CorrectionKind | None = None,
) -> Page[CorrectionView]:
    """Return corrections; with ``state=requested`` those that wait for a second person."""
    found = await corrections_of(query, Correction, paging, state=state, kind=kind)
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
    responses=refusals(NotFound, CorrectionNotOpen, SecondPersonNeeded, WentBack, MovedAway, ChangedSince),
)
async def post_decision(correction: Id, body: DecisionBody, command: Staff) -> Response:
    """Approve a correction that another asked for, which does it, or decline it: whoever asked may (OPS-5)."""
    return await command.run(
        households=await _households(command, correction),
        body=body,
        use_case=lambda uow: decide_correction(
            uow, correction, body.decision, operator=command.caller.subject
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
    responses=refusals(NotFound, CorrectionNotOpen, CorrectionWaits, WentBack, MovedAway, ChangedSince),
)
async def post_reversal(correction: Id, body: ReasonBody, command: Staff) -> Response:
    """Take a correction back by another that refers to it; above the limit it takes two people as well (OPS-5)."""
    asked: Asked = await asked_of(command, because=body.because, note=body.note)
    return await command.run(
        households=await _households(command, correction),
        body=body,
        use_case=lambda uow: reverse_correction(
            uow, correction, asked, parameters=command.dependencies.parameters
        ),
        view=CorrectionView.of,
        status=201,
    )


async def _households(command: Command, correction: str) -> tuple[str, ...]:
    async with command.begin() as uow:
        return (await find_correction(uow, Correction, correction)).households
