"""The nightly look for what is overdue (I9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time

from bulkhead.duties.ports import Duty
from bulkhead.observability.logging import get_logger
from bulkhead.overdue import FindOverdue
from bulkhead.persistence.ports import UnitOfWork

_log = get_logger("overdue")


def overdue_duty(find: FindOverdue, *, kinds: Sequence[str]) -> Duty:
    """Return the nightly duty that counts what is overdue, by kind, and alarms; it changes nothing."""

    async def run(uow: UnitOfWork, _on: date, _households: list[str]) -> None:
        found = await find(uow)
        for kind in kinds:
            count = sum(each.kind == kind for each in found)
            if count:
                _log.error("overdue", kind=kind, count=count)

    async def no_work(_uow: UnitOfWork, _today: date) -> date | None:
        return None  # it changes nothing: no story waits for it

    return Duty(
        name="look-for-overdue",
        at=time(3, 30),
        runs_on=lambda _day: True,
        run=run,
        next_work=no_work,
        only_latest=True,
    )
