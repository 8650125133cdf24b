"""Channels: which doors are open to the people written to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from bulkhead.web.commands import Command, Query, commands, queries
from notifications.application.set_channel import list_channels, set_channel
from notifications.domain.channels import ChannelName
from notifications.entrypoints.api.schemas import ChannelBody, ChannelList, ChannelView

router = APIRouter(tags=["channels"])


@router.get("/v1/channels", operation_id="listChannels", summary="List the channels")
async def get_channels(
    query: Annotated[Query, Depends(queries("member", "assister", "operator"))],
) -> ChannelList:
    """Return every channel and its state (NOT-2)."""
    async with query.begin() as uow:
        channels = await list_channels(uow)
    return ChannelList(items=[ChannelView.of(channel) for channel in channels])


@router.put(
    "/v1/channels/{channel}",
    response_model=ChannelView,
    operation_id="setChannel",
    summary="Open or close a channel",
)
async def put_channel(
    channel: ChannelName,
    body: ChannelBody,
    command: Annotated[Command, Depends(commands("operator"))],
) -> Response:
    """Say that a channel is open or closed: notices sent from here on go by it (NOT-2)."""
    return await command.run(
        body=body,
        use_case=lambda uow: set_channel(uow, channel=channel, state=body.state),
        view=ChannelView.of,
        idempotency="none",
    )
