"""The door by which selections come in online, as anybody may try it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, cast

from fastapi import APIRouter, Depends
from pydantic import Field

from bulkhead.kernel.maintenance import MaintenanceWindow
from bulkhead.web.commands import Visit, visits
from enrollment.application.ports import Dependencies
from enrollment.domain.trials import OnlineTrial, TrialOutcome
from enrollment.entrypoints.api.fields import View

router = APIRouter(tags=["selections"])


class WindowView(View):
    """A maintenance window, by the name it was announced by."""

    maintenance: str
    begins_at: datetime
    ends_at: datetime


class OnlineSelectionView(View):
    """Whether plans can be selected online, and how that was found out."""

    takes_selections: bool
    outcome: TrialOutcome = Field(
        description="`ok`; `not-open`: no plan is sold yet, this year or next; or `maintenance`: it was announced, and"
        " nothing is tried."
    )
    tried_at: datetime
    maintenance: WindowView | None = Field(
        description="The announced window that enrollment is taken out in, null where it is in none."
    )

    @classmethod
    def of(cls, trial: OnlineTrial, window: MaintenanceWindow | None = None) -> OnlineSelectionView:
        """Return a try as the API shows it."""
        shown = None
        if window is not None:
            shown = WindowView(
                maintenance=window.maintenance, begins_at=window.begins_at, ends_at=window.ends_at
            )
        return cls(
            takes_selections=trial.takes_selections,
            outcome=trial.outcome,
            tried_at=trial.tried_at,
            maintenance=shown,
        )


@router.get(
    "/v1/online-selection",
    operation_id="tryOnlineSelection",
    summary="Ask whether plans can be selected online",
)
async def get_online_selection(visit: Annotated[Visit, Depends(visits)]) -> OnlineSelectionView:
    """Return whether a plan could be selected just now, found out by trying all but the selection (OPS-3).

    Anybody may ask, without a token; within five seconds all get one answer. Before an enrollment page is shown, and
    for whatever watches it. In a maintenance window the answer is no, and nothing is tried (OPS-2).
    """
    window = await visit.window()
    if window is not None:
        trial = OnlineTrial(door="online", tried_at=visit.now, outcome="maintenance")
        return OnlineSelectionView.of(trial, window)
    trials = cast(Dependencies, visit.dependencies).trials
    return OnlineSelectionView.of(await trials.latest(visit.uows, now=visit.now))
