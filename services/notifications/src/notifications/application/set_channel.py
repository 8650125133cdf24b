"""Use case: say that a door is open or closed."""

from __future__ import annotations

from bulkhead.persistence.ports import UnitOfWork
from notifications.domain.announced import AnnouncedMaintenance, closed_by, last_end
from notifications.domain.channels import CHANNELS, Channel, ChannelName, ChannelState, ToldChannel, ToldState
from notifications.domain.outages import ChannelStanding, ChannelWatch, ListedOutage, Outage, announced_until


async def set_channel(uow: UnitOfWork, *, channel: ToldChannel, state: ToldState) -> ChannelStanding:
    """Keep what is told of a channel from now on and return how it stands: what is sent then goes by it (NOT-2).

    One that was told to be in that state already keeps the instant since when it is.
    """
    known = await uow.records(Channel).get(channel=channel)
    if known is None or known.state != state:
        await uow.records(Channel).put([Channel(channel=channel, state=state, since=uow.now)])
    return next(each for each in await list_channels(uow) if each.told.channel == channel)


async def channel_states(uow: UnitOfWork) -> dict[ChannelName, ChannelState]:
    """Return whether each channel is open now."""
    return {each.told.channel: each.state for each in await list_channels(uow)}


async def list_channels(uow: UnitOfWork) -> list[ChannelStanding]:
    """Return how every channel stands: as it was told, closed where that is announced for now, and shut or not open yet
    where trying it says so (NOT-2, OPS-2, OPS-3, OPS-4).
    """
    told = {each.channel: each for each in await uow.records(Channel).select()}
    watches = {each.channel: each for each in await uow.records(ChannelWatch).select()}
    windows = await uow.records(AnnouncedMaintenance).select(withdrawn=False, begins_at__le=uow.now)
    lasting = {
        each.channel: ListedOutage(outage=each, announced_until=announced_until(each, windows))
        for each in await uow.records(Outage).select(ended_at=None)
    }
    return [
        ChannelStanding(
            told=told.get(name, Channel(channel=name, state="up", since=None)),
            outage=lasting.get(name),
            maintenance=closed_by(windows, name, now=uow.now),
            maintained_until=last_end(windows, name, now=uow.now),
            not_open_since=watches[name].not_open_since if name in watches else None,
        )
        for name in CHANNELS
    ]
