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
from notifications.domain.notices import NoticeFacts, may_be_withdrawn

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
    """Lay out that nobody can pay online for a while of a last day of the household, or just before it; or that this is
    called off, to whom a letter told it: one that has not left does not leave.
    """
    if fact.withdrawn and not _has_left(desk, fact):
        return
    told = MaintenanceFacts(
        maintenance=fact.maintenance,
        begins_at=fact.begins_at,
        ends_at=fact.ends_at,
        cutoffs=fact.cutoffs,
        withdrawn=fact.withdrawn,
    )
    desk.tell(
        notice_type="maintenance",
        about=f"{fact.household}:{fact.maintenance}{':withdrawn' if fact.withdrawn else ''}",
        household=fact.household,
        facts=NoticeFacts(maintenance=told),
        occasion=occasion,
    )


def _has_left(desk: Desk, fact: facts.MaintenanceConcerns) -> bool:
    """Whether a household was told of maintenance, or is just being told, or one was that goes on as it. What was to be
    told is withdrawn.
    """
    left = desk.was_told_as_another(fact.household, fact.maintenance)
    for each in desk.told_of_maintenance(fact.household, fact.maintenance):
        if may_be_withdrawn(each):
            desk.withdraw(each)
        else:
            left = left or each.state in ("sent", "sending")
    return left
