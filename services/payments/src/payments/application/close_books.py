"""Duty: the books of yesterday close once all that was received on it is recorded (PAY-10)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

from bulkhead.duties.ports import Postponed
from bulkhead.persistence.ports import UnitOfWork
from payments.application.lockbox_poller import waiting_files
from payments.application.ports import Folder, Parameters
from payments.application.records import KnownAccount
from payments.domain.attempts import UNDECIDED, Attempt
from payments.domain.books import ClosedBooks
from payments.domain.events import BooksClosed
from payments.domain.files_in import UNREAD
from payments.domain.lockbox import LockboxDay, LockboxFile, unaccounted_days
from payments.domain.suspense import SuspenseItem


async def close_books(uow: UnitOfWork, duty_date: date, *, folder: Folder, parameters: Parameters) -> None:
    """Close the books through the day before the duty's, and say so to everyone (PAY-10).

    Raises `Postponed` while a lockbox file is not read, an online payment that would count by that day is not
    known to have been taken or not, money received by that day waits for a person though its account is known,
    or a business day since the last closing is neither loaded nor declared absent.
    """
    through = duty_date - timedelta(days=1)
    last = await last_closed(uow)
    if last is not None and last >= through:
        return
    if await waiting_files(folder) or await uow.records(LockboxFile).count(state=UNREAD):
        raise Postponed("a lockbox file is waiting to be read", on="lockbox-file")
    if await uow.records(Attempt).count(state=UNDECIDED, counts_on__le=through):
        raise Postponed("an online payment is not known to have been taken or not", on="online-payment")
    if await _waits_for_a_person(uow, through):
        raise Postponed(
            "money in suspense names a known account, and a person has to say whose it is", on="suspense"
        )
    missing = await _missing_days(uow, last, through, parameters=parameters)
    if missing:
        days = ", ".join(day.isoformat() for day in missing)
        raise Postponed(f"no lockbox file is loaded and none is declared absent for {days}", on="lockbox-day")
    await uow.records(ClosedBooks).add([ClosedBooks(through=through, closed_at=uow.now)])
    uow.emit(BooksClosed(through=through), household=None, business_date=through)


async def _waits_for_a_person(uow: UnitOfWork, through: date) -> bool:
    """Whether money received by a day is as good as known to be somebody's, and waits to be read by a person.

    Nobody is listed or ended meanwhile (INV-17). A possible double does not count: the money that it repeats is
    recorded.
    """
    unread: dict[str, Any] = {"state": "open", "reason": "unreadable", "account__ne": None}
    items = uow.records(SuspenseItem)
    accounts = {
        *await items.distinct("account", received_on__le=through, **unread),
        # Without a date of receipt that can be read it came by its deposit, and may be on time by its postmark alone.
        *await items.distinct(
            "account", received_on=None, postmarked_on__ne=None, held_since__le=through, **unread
        ),
    }
    return bool(accounts) and await uow.records(KnownAccount).count(household=sorted(accounts)) > 0


async def last_closed(uow: UnitOfWork) -> date | None:
    """Return the date whose books were closed last, or None (PAY-10)."""
    found = await uow.records(ClosedBooks).select(order_by=("-through",), limit=1)
    return found[0].through if found else None


async def _missing_days(
    uow: UnitOfWork, last: date | None, through: date, *, parameters: Parameters
) -> list[date]:
    if last is None:
        return []
    accounted = await uow.records(LockboxDay).distinct("day", day__gt=last, day__le=through)
    return unaccounted_days(
        closed_through=last, through=through, accounted=accounted, parameters=parameters.as_of(through)
    )


async def next_closing(_uow: UnitOfWork, _from: date) -> date | None:
    """Return None: no business event waits in a closing; it catches up day by day as the clock moves."""
    return None


def closing_duty(
    *, folder: Folder, parameters: Parameters
) -> Callable[[UnitOfWork, date, list[str]], Awaitable[None]]:
    """Return the duty's run."""

    async def run(uow: UnitOfWork, duty_date: date, _households: list[str]) -> None:
        await close_books(uow, duty_date, folder=folder, parameters=parameters)

    return run
