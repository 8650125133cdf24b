"""Use case: say that a door is open or closed."""

from __future__ import annotations

from bulkhead.persistence.ports import UnitOfWork
from notifications.domain.channels import CHANNELS, Channel, ChannelName, ChannelState


async def set_channel(uow: UnitOfWork, *, channel: ChannelName, state: ChannelState) -> Channel:
    """Keep a channel's state from now on and return it: what is sent from here on goes by it (NOT-2).

    One that is in that state already keeps the instant since when it is.
    """
    known = await uow.records(Channel).get(channel=channel)
    if known is not None and known.state == state:
        return known
    told = Channel(channel=channel, state=state, since=uow.now)
    await uow.records(Channel).put([told])
    return told


async def list_channels(uow: UnitOfWork) -> list[Channel]:
    """Return every channel's state; ``since`` is None of one that nobody told of, and that is up."""
    told = {each.channel: each for each in await uow.records(Channel).select()}
    return [told.get(name, Channel(channel=name, state="up", since=None)) for name in CHANNELS]
