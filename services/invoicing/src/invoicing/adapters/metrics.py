"""What invoicing measures besides: how far it knows payments' books to be closed, and what must never be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from opentelemetry import metrics

from bulkhead.observability.logging import get_logger
from bulkhead.observability.metrics import Metric
from bulkhead.observability.readings import Reading
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Measure
from invoicing.domain.records import Watermark

LEDGER_FAULTS: Final = Metric(
    name="bulkhead.invoicing.ledger.faults",
    kind="counter",
    unit="{household}",
    description="Households whose rows are not what their ledger adds up to, as found since this process started; not"
    " there before the first.",
    told_by="worker",
)
BOOKS_BEHIND: Final = Metric(
    name="bulkhead.invoicing.books.behind",
    kind="gauge",
    unit="d",
    description="Days from the date through which payments' books are known to be closed, in the partition of which"
    " that is the earliest, to yesterday, in the exchange's time; none before the first closing.",
    told_by="worker",
)

_log = get_logger("invoicing")
_faults = metrics.get_meter("bulkhead.invoicing").create_counter(
    LEDGER_FAULTS.name, unit=LEDGER_FAULTS.unit, description=LEDGER_FAULTS.description
)


def ledger_disagrees(household: str) -> None:
    """Say that a household's rows are not what its ledger adds up to (INV-16)."""
    _faults.add(1)
    _log.error("ledger_disagrees", household=household)


async def _books_behind(uow: UnitOfWork) -> Sequence[Reading]:
    marks = await uow.records(Watermark).select()
    if not marks:
        return ()
    earliest = min(each.closed_through for each in marks)
    return (Reading(value=(uow.today - timedelta(days=1) - earliest).days),)


MEASURES: Final = (Measure(gauge=BOOKS_BEHIND, read=_books_behind),)
METRICS: Final = (BOOKS_BEHIND, LEDGER_FAULTS)
