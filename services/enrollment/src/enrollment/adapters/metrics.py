"""What enrollment measures besides: how long the hub is away, and how many verifications still wait (ENR-10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from bulkhead.observability.metrics import Metric
from bulkhead.observability.readings import Reading
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.retries.retries import Retry
from bulkhead.service import Measure
from enrollment.application.waiting import HUB
from enrollment.domain.households import Household

HUB_AWAY: Final = Metric(
    name="bulkhead.enrollment.hub.away",
    kind="gauge",
    unit="s",
    description="How long ago the hub did not answer for the first time, in the exchange's time; 0 since it answered.",
    told_by="worker",
)
PENDING: Final = Metric(
    name="bulkhead.enrollment.verifications.pending",
    kind="gauge",
    unit="{household}",
    description="Households whose eligibility nobody has confirmed yet, by the days that are left.",
    labels={
        "days_left": "`0-14`, `15-30`, `31-60` or `61+`",
        "hub": "`not-answered` where the hub never was, or `contradicts` where documents are wanted",
    },
    told_by="worker",
)

_BOUNDS: Final = (0, 15, 31, 61)


async def _hub_away(uow: UnitOfWork) -> Sequence[Reading]:
    waits = await uow.records(Retry).select(kind=HUB.kind)
    return (Reading(value=max((int((uow.now - each.since).total_seconds()) for each in waits), default=0)),)


async def _pending(uow: UnitOfWork) -> Sequence[Reading]:
    """Count with a query for each span of days, so that no household is loaded."""
    spans = [*pairwise(_BOUNDS), (_BOUNDS[-1], None)]
    counts: Counter[tuple[str, str]] = Counter()
    for least, beyond in spans:
        first, last = _day(uow.today, least), None if beyond is None else _day(uow.today, beyond)
        span = {"verification_until__ge": first} if least else {}
        if last is not None:
            span["verification_until__lt"] = last
        found = await uow.records(Household).count(verification="pending", **span)
        unheard = await uow.records(Household).count(verification="pending", determination=None, **span)
        name = f"{least}+" if beyond is None else f"{least}-{beyond - 1}"
        counts[name, "not-answered"] = unheard
        counts[name, "contradicts"] = found - unheard
    return [
        Reading(value=count, labels={"days_left": days_left, "hub": hub})
        for (days_left, hub), count in counts.items()
    ]


def _day(today: date, days: int) -> date:
    return today + timedelta(days=days)


MEASURES: Final = (
    Measure(gauge=HUB_AWAY, read=_hub_away),
    Measure(gauge=PENDING, read=_pending),
)
METRICS: Final = (HUB_AWAY, PENDING)
