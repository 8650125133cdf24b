"""Use cases: keep when payments is taken out, so that nobody is sent to paying online meanwhile (NOT-2), and tell who
has something to pay just then (OPS-2, NOT-1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Occasion, Received
from notifications.application import facts
from notifications.application.desk import Desk
from notifications.domain.announced import AnnouncedMaintenance
from notifications.domain.channels import CHANNEL_OF_PAYMENTS
from notifications.domain.deadlines import MaintenanceFacts
from notifications.domain.notices import NoticeFacts

OF_MAINTENANCE: Final = (facts.MaintenanceScheduled, facts.MaintenanceWithdrawn, facts.MaintenanceEnded)
"""Facts about no household: what a service says of itself."""


async def note_maintenance(uow: UnitOfWork, heard: Sequence[Received]) -> None:
    """Keep what is announced, in the order it was said: heard twice it is the same."""
    windows = uow.records(AnnouncedMaintenance)
    for received in heard:
        fact = received.fact
        if isinstance(fact, facts.MaintenanceScheduled):
            await windows.add_new(
                [
                    AnnouncedMaintenance(
                        maintenance=fact.maintenance,
                        channel=CHANNEL_OF_PAYMENTS,
                        begins_at=fact.begins_at,
                        ends_at=fact.ends_at,
                    )
                ]
            )
            continue
        known = await windows.get(channel=CHANNEL_OF_PAYMENTS, maintenance=fact.maintenance)
        if known is None:
            continue
        if isinstance(fact, facts.MaintenanceWithdrawn):
            await windows.put([replace(known, withdrawn=True)])
        elif fact.ended_at < known.ends_at:
            await windows.put([replace(known, ends_at=max(fact.ended_at, known.begins_at))])


def tell_maintenance(desk: Desk, fact: facts.MaintenanceConcerns, occasion: Occasion) -> None:
    """Lay out that nobody can pay online for a while of a last day of the household, or just before it."""
    told = MaintenanceFacts(
        maintenance=fact.maintenance, begins_at=fact.begins_at, ends_at=fact.ends_at, cutoffs=fact.cutoffs
    )
    desk.tell(
        notice_type="maintenance",
        about=f"{fact.household}:{fact.maintenance}",
        household=fact.household,
        facts=NoticeFacts(maintenance=told),
        occasion=occasion,
    )
