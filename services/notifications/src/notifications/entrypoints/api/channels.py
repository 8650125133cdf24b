"""Channels: which doors are open to the people written to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from bulkhead.web.commands import Command, Visit, commands, visits
from bulkhead.web.pagination import Page, Paging
from notifications.application.set_channel import list_channels, set_channel
from notifications.application.watch_channels import list_outages
from notifications.domain.channels import ToldChannel
from notifications.entrypoints.api.schemas import ChannelBody, ChannelList, ChannelView, OutageView

router = APIRouter(tags=["channels"])


@router.get("/v1/channels", operation_id="listChannels", summary="List the channels")
async def get_channels(visit: Annotated[Visit, Depends(visits)]) -> ChannelList:
    """Return every channel and its state, as it was told and as trying it finds it (NOT-2, OPS-3). Anybody may ask."""
    async with visit.begin() as uow:
        channels = await list_channels(uow)
    return ChannelList(items=[ChannelView.of(channel) for channel in channels])


@router.get("/v1/outages", operation_id="listOutages", summary="List the outages")
async def get_outages(visit: Annotated[Visit, Depends(visits)], paging: Paging) -> Page[OutageView]:
    """Return from when to when channels were shut, and what was seen, in the order in which it became known (OPS-3).

    Anybody may ask.
    """
    async with visit.begin() as uow:
        outages = await list_outages(uow, after=paging.after_number, limit=paging.limit + 1)
    return paging.page(outages, key=lambda each: str(each.outage.number), view=OutageView.of)


@router.put(
    "/v1/channels/{channel}",
    response_model=ChannelView,
    operation_id="setChannel",
    summary="Open or close a channel",
)
async def put_channel(
    channel: ToldChannel,
    body: ChannelBody,
    command: Annotated[Command, Depends(commands("operator"))],
) -> Response:
    """Say that a channel is open or closed: notices sent from here on go by it (NOT-2).

    One that trying finds shut stays shut whatever is said of it (OPS-3).
    """
    return await command.run(
        body=body,
        use_case=lambda uow: set_channel(uow, channel=channel, state=body.state),
        view=ChannelView.of,
        idempotency="none",
    )
