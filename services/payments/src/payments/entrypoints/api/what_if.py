"""What would become of a household's payments and autopay if the others said something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from bulkhead.kernel.corrections import CorrectionNotOpen
from bulkhead.service import Received
from bulkhead.web.commands import Command, HouseholdPath, trials
from bulkhead.web.dry_runs import DryRun
from bulkhead.web.fields import Body
from bulkhead.web.refusals import refusals
from bulkhead.web.suppositions import CannotBeSupposed, SupposedEvent, supposed
from payments.application.routing import handler
from payments.application.suppose import Standing, Supposed, others_concerned, suppose
from payments.domain.moves import MovedAway, WentBack
from payments.domain.suspense import AlreadyDecided
from payments.entrypoints.api.autopay import AutopayView

router = APIRouter(tags=["payments"])


class WhatIfBody(Body):
    """What is supposed: the events of enrollment's dry run, then those of invoicing's what-if, in their order."""

    events: Annotated[list[SupposedEvent], Field(max_length=50, default_factory=list[SupposedEvent])]


class StandingView(BaseModel):
    """How a household stands: its autopay, and how much of its payments has settled nothing (``not_applied_cents``)."""

    autopay: AutopayView
    not_applied_cents: int

    @classmethod
    def of(cls, standing: Standing) -> StandingView:
        """Return the view of how it stands."""
        return cls(autopay=AutopayView.of(standing.autopay), not_applied_cents=standing.not_applied_cents)


class WhatIfView(BaseModel):
    """How a household stands now, and how it would stand."""

    before: StandingView
    after: StandingView

    @classmethod
    def of(cls, found: Supposed) -> WhatIfView:
        """Return the view of both."""
        return cls(before=StandingView.of(found.before), after=StandingView.of(found.after))


@router.post(
    "/v1/households/{household}/what-if",
    response_model=DryRun[WhatIfView],
    operation_id="supposePayments",
    summary="Say what would become of payments and autopay",
    responses=refusals(CannotBeSupposed, AlreadyDecided, CorrectionNotOpen, MovedAway, WentBack),
)
async def post_what_if(
    household: HouseholdPath, body: WhatIfBody, command: Annotated[Command, Depends(trials("operator"))]
) -> Response:
    """Say what would become of the household's payments and autopay if the others told this. Nothing is kept.

    Of a merge (OPS-5) that is: autopay ends with it, and credit of which invoicing says that it is passed on arrives at
    the other household. `events` says which payments move and as which they arrive.
    """
    batch = supposed(body.events, household=household, command=command)
    return await command.run(
        households=[household, *await _others(command, batch)],
        body=body,
        use_case=lambda uow: suppose(
            uow, household, batch, handle=handler(parameters=command.dependencies.parameters)
        ),
        view=WhatIfView.of,
    )


async def _others(command: Command, batch: Sequence[Received]) -> list[str]:
    """Return to which households credit goes, or from which it comes back."""
    async with command.begin() as uow:
        return sorted(await others_concerned(uow, batch))
