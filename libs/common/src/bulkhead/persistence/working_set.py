"""Working sets are written back: each kind of record as one set, and events in the order they were said."""

from __future__ import annotations

from bulkhead.kernel.working_set import WorkingSet
from bulkhead.persistence.ports import UnitOfWork


async def write(uow: UnitOfWork, *sets: WorkingSet) -> None:
    """Write what changed in working sets of one class, and say what there is to say.

    Raises `AlreadyExists` where a row that was added is there already.
    """
    for kind in sets[0].KEYS if sets else ():
        if new := [row for each in sets for row in each.added(kind)]:
            await uow.records(kind).add(new)
        if changed := [row for each in sets for row in each.changed(kind)]:
            await uow.records(kind).put(changed)
    for each in sets:
        for said in each.said:
            uow.emit(
                said.event,
                household=said.household,
                business_date=said.business_date,
                reasons=said.reasons,
            )
