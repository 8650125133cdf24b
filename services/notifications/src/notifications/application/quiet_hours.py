"""The duty at which quiet hours end: by then nothing is done, and from then on what waited is sent (NOT-1)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, time

from bulkhead.duties.ports import Duty
from bulkhead.persistence.ports import UnitOfWork
from notifications.domain.notices import By, Notice, NoticeType

_BY: By = "email"


def end_of_quiet_hours(at: time, *, types: Collection[NoticeType]) -> Duty:
    """Return the duty at the end of quiet hours. It changes nothing, for the poller of mail looks all the time: on a
    simulated clock it is where time stops while any of these types waits for the morning.
    """

    async def run(_uow: UnitOfWork, _on: date, _households: list[str]) -> None:
        return None

    async def next_work(uow: UnitOfWork, on: date) -> date | None:
        waits = await uow.records(Notice).select(state="queued", by=_BY, type=sorted(types), limit=1)
        return on if waits else None

    return Duty(
        name=f"quiet-hours-end-{at:%H%M}",
        at=at,
        runs_on=lambda _day: True,
        run=run,
        next_work=next_work,
    )
