"""Whether the federal hub answers, as anybody may ask."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, cast

from fastapi import APIRouter, Depends
from pydantic import Field

from bulkhead.web.commands import Visit, visits
from enrollment.application.ports import Dependencies
from enrollment.domain.trials import HubOutcome, HubTrial
from enrollment.entrypoints.api.fields import View

router = APIRouter(tags=["verifications"])


class FederalHubView(View):
    """Whether the federal hub answers, and how that was found out."""

    answers: bool
    outcome: HubOutcome = Field(
        description="`ok`; `hub-away`, `hub-silent` or `hub-misunderstood`: asked about a household that there is"
        " not, it gave no determination; or `hub-rests`: it failed so often that it is not asked for a while."
    )
    tried_at: datetime

    @classmethod
    def of(cls, trial: HubTrial) -> FederalHubView:
        """Return a try as the API shows it."""
        return cls(answers=trial.answers, outcome=trial.outcome, tried_at=trial.tried_at)


@router.get("/v1/federal-hub", operation_id="tryFederalHub", summary="Ask whether the federal hub answers")
async def get_federal_hub(visit: Annotated[Visit, Depends(visits)]) -> FederalHubView:
    """Return whether the hub would answer about a household just now, found out by asking it (OPS-3).

    Anybody may ask, without a token; within five seconds all get one answer. No application waits for the hub (ENR-10).
    """
    trials = cast(Dependencies, visit.dependencies).hub_trials
    return FederalHubView.of(await trials.latest(visit.uows, now=visit.now))
