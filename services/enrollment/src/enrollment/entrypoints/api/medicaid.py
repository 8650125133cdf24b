"""Stating who is eligible for Medicaid, and until when (ENR-4)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Command, HouseholdPath, commands_or_dry_runs
from bulkhead.web.fields import Body, Id
from bulkhead.web.refusals import refusals
from bulkhead.web.views import ReasonView
from enrollment.application.determine_medicaid import MedicaidOver, determine_medicaid, end_medicaid
from enrollment.domain.household_acts import HouseholdForgotten
from enrollment.domain.medicaid import (
    ChildLeftInPlans,
    Eligible,
    MedicaidFrom,
    MedicaidTooFarAhead,
    NotEligibleThen,
    UnknownMember,
)
from enrollment.domain.merges import HouseholdMergedAway
from enrollment.entrypoints.api.changes import ChangeView
from enrollment.entrypoints.api.fields import Day, View, reasons_of

router = APIRouter(tags=["medicaid"])

Members = Annotated[list[Id], Field(min_length=1, max_length=50)]


class DeterminationBody(Body):
    """Who was found eligible for Medicaid, everybody where nobody is named, and the first of the month it begins."""

    members: Members | None = None
    begins: Annotated[Day, Field(alias="from")]


@router.post(
    "/v1/households/{household}/medicaid-determinations",
    status_code=201,
    response_model=ChangeView,
    operation_id="determineMedicaid",
    summary="State that Medicaid covers people of a household",
    responses=refusals(
        NotFound,
        HouseholdForgotten,
        HouseholdMergedAway,
        ChildLeftInPlans,
        MedicaidFrom,
        MedicaidTooFarAhead,
        NotEligibleThen,
        UnknownMember,
    ),
)
async def post_determination(
    household: HouseholdPath,
    body: DeterminationBody,
    command: Annotated[Command, Depends(commands_or_dry_runs("operator", "service"))],
) -> Response:
    """State that Medicaid covers people of a household, on any day of the year; their plans end before it.

    Where everybody is in Medicaid the plans end, and assistance with them.
    """
    command.require_household(household)
    found = Eligible(members=None if body.members is None else tuple(body.members), begins=body.begins)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: determine_medicaid(
            uow, household=household, eligible=found, parameters=command.dependencies.parameters
        ),
        view=lambda changed: ChangeView.of(changed, today=local_date(command.now)),
        status=201,
    )


class EndingBody(Body):
    """Whose Medicaid ends, of all who have it where nobody is named, and its last day."""

    members: Members | None = None
    through: Day


class EndingView(View):
    """Medicaid that ends: whose, its last day, and the days in which they may select plans for that loss."""

    members: list[str]
    through: date
    select_from: date | None
    select_until: date | None
    reasons: list[ReasonView]

    @classmethod
    def of(cls, over: MedicaidOver) -> EndingView:
        """Return the view of Medicaid that ends."""
        return cls(
            members=[*over.event.members],
            through=over.event.through,
            select_from=over.event.select_from,
            select_until=over.event.select_until,
            reasons=reasons_of(over.reasons),
        )


@router.post(
    "/v1/households/{household}/medicaid-endings",
    status_code=201,
    response_model=EndingView,
    operation_id="endMedicaid",
    summary="State that Medicaid of people of a household ends",
    responses=refusals(NotFound, MedicaidTooFarAhead, NotEligibleThen, UnknownMember),
)
async def post_ending(
    household: HouseholdPath,
    body: EndingBody,
    command: Annotated[Command, Depends(commands_or_dry_runs("operator", "service"))],
) -> Response:
    """State that Medicaid of people of a household ends: they may select plans after that loss (ENR-3)."""
    command.require_household(household)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: end_medicaid(
            uow,
            household=household,
            members=None if body.members is None else tuple(body.members),
            through=body.through,
            parameters=command.dependencies.parameters,
        ),
        view=EndingView.of,
        status=201,
    )
