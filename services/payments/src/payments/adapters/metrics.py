"""What payments measures besides: how far the books are closed, and how old money is that no carrier has (PAY-9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bulkhead.observability.metrics import Metric
from bulkhead.observability.readings import Reading
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Measure
from payments.application.close_books import last_closed
from payments.application.report_books import ages_of_unremitted
from payments.domain.books import AgeBucket

UNREMITTED: Final = Metric(
    name="bulkhead.payments.unremitted",
    kind="gauge",
    unit="{cent}",
    description="Cents no carrier has been paid yet, by days since receipt.",
    labels={"days": "`0-2`, `3-7`, `8-30`, `31-90` or `91+`"},
    told_by="worker",
)
BOOKS_BEHIND: Final = Metric(
    name="bulkhead.payments.books.behind",
    kind="gauge",
    unit="d",
    description="Days from the date whose books were closed last to yesterday, in the exchange's time; none before the"
    " first closing.",
    told_by="worker",
)


async def _unremitted(uow: UnitOfWork) -> Sequence[Reading]:
    return [
        Reading(value=bucket.cents, labels={"days": _days(bucket)})
        for bucket in await ages_of_unremitted(uow)
    ]


def _days(bucket: AgeBucket) -> str:
    return f"{bucket.from_days}+" if bucket.to_days is None else f"{bucket.from_days}-{bucket.to_days}"


async def _books_behind(uow: UnitOfWork) -> Sequence[Reading]:
    through = await last_closed(uow)
    if through is None:
        return ()
    return (Reading(value=(uow.today - timedelta(days=1) - through).days),)


MEASURES: Final = (
    Measure(gauge=UNREMITTED, read=_unremitted),
    Measure(gauge=BOOKS_BEHIND, read=_books_behind),
)
METRICS: Final = (UNREMITTED, BOOKS_BEHIND)
