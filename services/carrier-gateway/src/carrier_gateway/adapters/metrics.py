"""What the gateway measures besides: what carriers rejected, and said, and nobody has decided about (CAR-4, CAR-5), and
where their books differ from ours (CAR-6).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bulkhead.observability.metrics import Metric
from bulkhead.observability.readings import Reading
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Measure
from carrier_gateway.domain.books import CarrierBook
from carrier_gateway.domain.discrepancies import Discrepancy
from carrier_gateway.domain.records import InboundRecord, MetCarrier, Transmission

REJECTED: Final = Metric(
    name="bulkhead.carrier_gateway.transmissions.rejected",
    kind="gauge",
    unit="{transmission}",
    description="834s that a carrier rejected (TA1, 999), and that nobody has sent again or left.",
    labels={"carrier": "the carrier"},
    told_by="worker",
)


RECORDS_WAITING: Final = Metric(
    name="bulkhead.carrier_gateway.records.waiting",
    kind="gauge",
    unit="{set}",
    description="834s of a carrier that were refused or set apart, and that nobody has decided about.",
    labels={"carrier": "the carrier"},
    told_by="worker",
)


async def _carriers(uow: UnitOfWork) -> list[str]:
    return [each.carrier for each in await uow.records(MetCarrier).select(order_by=("carrier",))]


async def _waiting(uow: UnitOfWork) -> Sequence[Reading]:
    return [
        Reading(
            value=await uow.records(InboundRecord).count(carrier=carrier, waits_since__ne=None),
            labels={"carrier": carrier},
        )
        for carrier in await _carriers(uow)
    ]


async def _rejected(uow: UnitOfWork) -> Sequence[Reading]:
    return [
        Reading(
            value=await uow.records(Transmission).count(carrier=carrier, answer="rejected"),
            labels={"carrier": carrier},
        )
        for carrier in await _carriers(uow)
    ]


DISCREPANCIES: Final = Metric(
    name="bulkhead.carrier_gateway.discrepancies.open",
    kind="gauge",
    unit="{discrepancy}",
    description="Differences between a carrier's last book and ours that nobody has left as they are.",
    labels={"carrier": "the carrier"},
    told_by="worker",
)


async def _discrepancies(uow: UnitOfWork) -> Sequence[Reading]:
    carriers = await uow.records(CarrierBook).distinct("carrier")
    return [
        Reading(
            value=await uow.records(Discrepancy).count(carrier=carrier, state="open", is_left=False),
            labels={"carrier": carrier},
        )
        for carrier in carriers
    ]


MEASURES: Final = (
    Measure(gauge=REJECTED, read=_rejected),
    Measure(gauge=RECORDS_WAITING, read=_waiting),
    Measure(gauge=DISCREPANCIES, read=_discrepancies),
)
METRICS: Final = (REJECTED, RECORDS_WAITING, DISCREPANCIES)
