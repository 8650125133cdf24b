"""What a duty is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, time

from bulkhead.kernel.errors import BulkheadError
from bulkhead.persistence.ports import UnitOfWork


class Postponed(BulkheadError):
    """A duty cannot be done yet and must not be done on what happens to be known (INV-17).

    It is tried again whenever anything has arrived. Duties of other names go on meanwhile; later
    dates of the same name wait, so that each is caught up in order. ``on`` is what it waits for in a word, of which
    there are few: measurements have it.
    """

    def __init__(self, message: str, *, on: str = "other") -> None:
        super().__init__(message)
        self.on = on


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One duty of a service, declared once.

    ``runs_on`` says from the calendar alone whether a date has this duty. ``households`` returns, in
    order, at most ``limit`` ids after the cursor that the duty has work for on that date; the runner locks
    them and hands them to ``run`` in one transaction, until there are none left. A duty that is not about
    households has ``households=None`` and its ``run`` is called once with an empty list. ``finish`` runs
    once after the last chunk, in the transaction that marks the duty done.

    These three get the duty's business date, which is earlier than ``uow.today`` when the duty is done late,
    and any of them may raise `Postponed`; then the households are looked for from the start again.

    ``next_work`` returns the earliest date on which the duty has something to do, None when none is known
    yet: the simulation stops its clock there; by default every date the calendar has.

    ``after`` names the duty that must be done for a date before this one is begun for it. What it does for each of
    some other things than households, such as carriers, is a duty of its own: its ``households`` are the names of
    their locks, which have a colon, as no household's id has.

    A household that ``run`` fails for by itself is left aside and tried again, and the date goes on without it. With
    ``finish``, or where another duty comes after this one, the date stays undone instead: its end would say that nobody
    is missing.

    A duty that only looks at how things stand has ``only_latest``: of several dates that are due, as after an
    outage, the latest is done and the earlier ones are done with it.
    """

    name: str
    at: time
    runs_on: Callable[[date], bool]
    run: Callable[[UnitOfWork, date, list[str]], Awaitable[None]]
    households: Callable[[UnitOfWork, date, str, int], Awaitable[list[str]]] | None = None
    next_work: Callable[[UnitOfWork, date], Awaitable[date | None]] | None = None
    finish: Callable[[UnitOfWork, date], Awaitable[None]] | None = None
    after: str | None = None
    only_latest: bool = False
    chunk: int = 500
