"""What notifications measures besides: whether the channels that people are sent to are open (OPS-3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bulkhead.observability.metrics import Metric
from bulkhead.observability.readings import Reading
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Measure
from notifications.application.set_channel import list_channels

CHANNEL_DOWN: Final = Metric(
    name="bulkhead.notifications.channel.down",
    kind="gauge",
    unit="s",
    description="Seconds since the first try that failed of the outage that a channel is in, in the exchange's time,"
    " and at least 1 also where that stands still; 0 where trying it finds it open, or nobody tries it. Maintenance"
    " that was announced is left out: it counts from its end.",
    labels={
        "channel": "`payments-online`, `enrollment-online`, `phone`, `mail`, `carrier-exchange` or `hub`"
    },
    told_by="worker",
)


async def _down(uow: UnitOfWork) -> Sequence[Reading]:
    return [
        Reading(
            value=0
            if (since := each.unannounced_since) is None
            else max(1, (uow.now - since).total_seconds()),
            labels={"channel": each.told.channel},
        )
        for each in await list_channels(uow)
    ]


MEASURES: Final = (Measure(gauge=CHANNEL_DOWN, read=_down),)
METRICS: Final = (CHANNEL_DOWN,)
