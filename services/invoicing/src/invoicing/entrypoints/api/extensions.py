"""Deadline extensions: cut-offs that moved for everybody, measured or declared (OPS-4)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.personal import Masked
from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.dates import PlainDate
from bulkhead.web.fields import Body, Id, WrittenLine
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from invoicing.application.extensions import (
    LOCK,
    declare_extension,
    list_extensions,
    withdraw_extension,
)
from invoicing.domain.events import ExtensionGround
from invoicing.domain.extensions import Extension, ExtensionIsUsed, ExtensionIsWithdrawn

router = APIRouter(tags=["deadlines"])


class ExtensionBody(Body):
    """A cut-off for money, and to when it moves."""

    cutoff: PlainDate = Field(description="The day through which money was on time.")
    until: PlainDate = Field(
        description="The day through which it is now; what is due between the two moves there as well."
    )
    note: WrittenLine = Field(description="Why, for other operators; nothing about a person.")


class ExtensionView(BaseModel):
    """A cut-off that moved for everybody.

    *outage*: nobody could pay online for so many ``minutes`` of its day. *declared*: an operator decided it.
    """

    extension: str
    cutoff: date
    until: date
    ground: ExtensionGround
    minutes: int | None
    note: str | None
    recorded_at: datetime
    recorded_by: str | None
    told: bool = Field(description="Whether everybody whom it concerns has been told.")
    withdrawn_at: datetime | None
    withdrawn_by: str | None

    @classmethod
    def of(cls, extension: Extension) -> ExtensionView:
        """Return an extension as the API shows it."""
        return cls(
            extension=extension.extension,
            cutoff=extension.cutoff,
            until=extension.until,
            ground=extension.ground,
            minutes=extension.minutes,
            note=None if extension.note is None else extension.note.reveal(),
            recorded_at=extension.recorded_at,
            recorded_by=extension.recorded_by,
            told=extension.told_through is None,
            withdrawn_at=extension.withdrawn_at,
            withdrawn_by=extension.withdrawn_by,
        )


@router.post(
    "/v1/deadline-extensions",
    status_code=201,
    response_model=ExtensionView,
    operation_id="declareExtension",
    summary="Move a cut-off for everybody",
)
async def post_extension(
    body: ExtensionBody, command: Annotated[Command, Depends(commands("operator"))]
) -> Response:
    """Let money through a later day be on time for what was due on an earlier one, for everybody (OPS-4).

    Nothing is decided on that cut-off meanwhile. What was decided already is undone for who has paid by then, on the
    day the money comes. Who has something to pay by it is told.
    """
    key = await command.key()
    extension = Extension(
        extension=derived_id("extension", *key.scope, key.key),
        cutoff=body.cutoff,
        until=body.until,
        ground="declared",
        minutes=None,
        note=Masked(body.note),
        recorded_at=command.now,
        recorded_by=command.caller.subject,
    )
    return await command.run(
        households=[LOCK],
        body=body,
        use_case=lambda uow: declare_extension(uow, extension, parameters=command.dependencies.parameters),
        view=ExtensionView.of,
        status=201,
    )


@router.post(
    "/v1/deadline-extensions/{extension}/withdrawals",
    response_model=ExtensionView,
    operation_id="withdrawExtension",
    summary="Take an extension back that nobody has relied on",
    responses=refusals(NotFound, ExtensionIsWithdrawn, ExtensionIsUsed),
)
async def post_withdrawal(
    extension: Id, command: Annotated[Command, Depends(commands("operator"))]
) -> Response:
    """Let a cut-off be where it was, while no money counts by the extension, and nobody who was told of it in time has
    let the cut-off pass (OPS-4). Who was told is told.
    """
    return await command.run(
        households=[LOCK],
        use_case=lambda uow: withdraw_extension(uow, extension, by=command.caller.subject),
        view=ExtensionView.of,
    )


@router.get("/v1/deadline-extensions", operation_id="listExtensions", summary="List the cut-offs that moved")
async def get_extensions(
    query: Annotated[Query, Depends(queries("operator"))], paging: Paging
) -> Page[ExtensionView]:
    """Return all extensions there ever were, those that were taken back among them, by cut-off (OPS-4)."""
    async with query.begin() as uow:
        found = await list_extensions(uow)
    return paging.page_of(
        found, key=lambda each: (each.cutoff.isoformat(), each.extension), view=ExtensionView.of
    )
