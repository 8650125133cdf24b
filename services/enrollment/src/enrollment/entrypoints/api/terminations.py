"""Ending coverage on request."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from bulkhead.kernel.calendar import local_date
from bulkhead.web.commands import Command, HouseholdPath, commands_or_dry_runs
from bulkhead.web.fields import Body, Id
from enrollment.application.end_coverage import Ended, EndRequest, end_coverage
from enrollment.domain.endings import AskedReason
from enrollment.entrypoints.api.fields import Day, View
from enrollment.entrypoints.api.policies import PolicyView

router = APIRouter(tags=["terminations"])


class TerminationBody(Body):
    """What is to end: the plans named, else all there are; ``on`` is the last covered day."""

    plans: Annotated[list[Id], Field(min_length=1, max_length=20)] | None = None
    on: Day
    reason: AskedReason


class TerminationView(View):
    """The policies asked about, as they are now."""

    policies: list[PolicyView]

    @classmethod
    def of(cls, ended: Ended, *, today: date) -> TerminationView:
        """Return the view of policies that were ended on a day."""
        return cls(
            policies=[
                PolicyView.of(policy, household=ended.household, today=today) for policy in ended.policies
            ]
        )


@router.post(
    "/v1/households/{household}/terminations",
    status_code=201,
    response_model=TerminationView,
    operation_id="endCoverage",
)
async def post_termination(
    household: HouseholdPath,
    body: TerminationBody,
    command: Annotated[Command, Depends(commands_or_dry_runs("member", "operator"))],
) -> Response:
    """End coverage with a day, or call it off before its first day."""
    command.require_household(household)
    request = EndRequest(
        household=household,
        plans=None if body.plans is None else tuple(body.plans),
        on=body.on,
        reason=body.reason,
        by="operator" if "operator" in command.caller.roles else "household",
    )
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: end_coverage(uow, request),
        view=lambda ended: TerminationView.of(ended, today=local_date(command.now)),
        status=201,
    )
