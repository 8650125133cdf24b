"""Restoring coverage that ended in error: staff's alone (INV-13)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.personal import Masked
from bulkhead.web.commands import Command, HouseholdPath, Query, commands_or_dry_runs, queries
from bulkhead.web.fields import Body, Id, WrittenLine
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from enrollment.application.restore_coverage import (
    Restored,
    RestoreRequest,
    restore_coverage,
    staff_reinstatements,
)
from enrollment.domain.household_acts import HouseholdForgotten
from enrollment.domain.medicaid import ChildLeftInPlans
from enrollment.domain.merges import HouseholdMergedAway
from enrollment.domain.restorations import (
    NeverBegan,
    NothingToRestore,
    RestorationBlocked,
    StaffReinstatement,
)
from enrollment.entrypoints.api.fields import View
from enrollment.entrypoints.api.policies import PolicyView

router = APIRouter(tags=["reinstatements"])


class ReinstatementBody(Body):
    """What is to stand again: the plans named, else all whose coverage ended; and why the end was an error.

    ``reason`` is kept with who wrote it, and shown to operators only.
    """

    plans: Annotated[list[Id], Field(min_length=1, max_length=20)] | None = None
    reason: WrittenLine


class ReinstatementView(View):
    """The policies that stand again, as they are now."""

    policies: list[PolicyView]

    @classmethod
    def of(cls, restored: Restored, *, today: date) -> ReinstatementView:
        """Return the view of policies that were restored on a day."""
        return cls(
            policies=[
                PolicyView.of(policy, household=restored.household, today=today)
                for policy in restored.policies
            ]
        )


class StaffReinstatementView(View):
    """The record of one restoration: who of staff, when, why, and which policies."""

    number: int
    made_at: datetime
    made_by: str
    reason: str
    policies: list[str]

    @classmethod
    def of(cls, record: StaffReinstatement) -> StaffReinstatementView:
        """Return the view of a record, for operators."""
        return cls(
            number=record.number,
            made_at=record.made_at,
            made_by=record.made_by,
            reason=record.reason.reveal(),
            policies=list(record.policies),
        )


@router.post(
    "/v1/households/{household}/reinstatements",
    status_code=201,
    response_model=ReinstatementView,
    operation_id="restoreCoverage",
    summary="Restore coverage that ended in error",
    responses=refusals(
        NotFound,
        ChildLeftInPlans,
        HouseholdForgotten,
        HouseholdMergedAway,
        NeverBegan,
        NothingToRestore,
        RestorationBlocked,
    ),
)
async def post_reinstatement(
    household: HouseholdPath,
    body: ReinstatementBody,
    command: Annotated[Command, Depends(commands_or_dry_runs("operator"))],
) -> Response:
    """Let coverage that ended in error stand again without a gap, whoever ended it (INV-13)."""
    request = RestoreRequest(
        household=household,
        plans=None if body.plans is None else tuple(body.plans),
        reason=Masked(body.reason),
        by=command.caller.subject,
    )
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: restore_coverage(uow, request, parameters=command.dependencies.parameters),
        view=lambda restored: ReinstatementView.of(restored, today=local_date(command.now)),
        status=201,
    )


@router.get(
    "/v1/households/{household}/reinstatements",
    response_model=Page[StaffReinstatementView],
    operation_id="listReinstatements",
    summary="List what staff restored for a household",
    responses=refusals(NotFound),
)
async def get_reinstatements(
    household: HouseholdPath, paging: Paging, query: Annotated[Query, Depends(queries("operator"))]
) -> Page[StaffReinstatementView]:
    """Return what staff restored for a household, and why, the oldest first."""
    async with query.begin() as uow:
        records = await staff_reinstatements(uow, household)
    return paging.page_of(records, key=lambda record: f"{record.number:09d}", view=StaffReinstatementView.of)
