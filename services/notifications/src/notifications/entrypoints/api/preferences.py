"""Preferences: how a household wants to be told."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Command, HouseholdPath, Query, commands, queries
from bulkhead.web.refusals import refusals
from notifications.application.set_preferences import find_preferences, set_preferences
from notifications.domain.preferences import NoPostalAddress
from notifications.entrypoints.api.schemas import PreferencesBody, PreferencesView

router = APIRouter(tags=["notices"])


@router.get(
    "/v1/households/{household}/preferences",
    operation_id="getPreferences",
    summary="Get how a household wants to be told",
    responses=refusals(NotFound),
)
async def get_preferences(
    household: HouseholdPath, query: Annotated[Query, Depends(queries("member", "assister", "operator"))]
) -> PreferencesView:
    """Return what the household chose; nulls where it chose nothing (NOT-1)."""
    query.require_household(household)
    async with query.begin() as uow:
        chosen = await find_preferences(uow, household=household)
    return PreferencesView.of(chosen)


@router.put(
    "/v1/households/{household}/preferences",
    response_model=PreferencesView,
    operation_id="setPreferences",
    summary="Choose how a household is told",
    responses=refusals(NotFound, NoPostalAddress),
)
async def put_preferences(
    household: HouseholdPath,
    body: PreferencesBody,
    command: Annotated[Command, Depends(commands("member", "assister", "operator"))],
) -> Response:
    """Choose e-mail or paper, and the language, in the place of what was chosen before (NOT-1).

    What has not left goes by it too; what is queued for paper stays there. What the policy pack has on paper goes so in
    either case, and so does e-mail that is refused or comes back. Paper needs a postal address, and while there is none
    any more, notices are mailed. No address is told here: enrollment has it.
    """
    command.require_household(household)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: set_preferences(
            uow,
            household=household,
            by=body.by,
            language=body.language,
            changed_by=command.caller.subject,
        ),
        view=PreferencesView.of,
        idempotency="none",
    )
