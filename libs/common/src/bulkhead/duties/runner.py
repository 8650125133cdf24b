"""Performs the duties that are due: each date once, in order, in chunks that survive a crash."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import ClassVar, Literal

from bulkhead.duties.aside import not_aside
from bulkhead.duties.calendar import date_after, due_at, first_date, first_date_since
from bulkhead.duties.chunks import Chunks, lock_of, new_record, record_of, write_done
from bulkhead.duties.ports import Duty, Postponed
from bulkhead.duties.tables import DutyCalendar, DutyClaim, DutyRecord
from bulkhead.kernel.backoff import backoff
from bulkhead.kernel.errors import NotFound, Refused, Retryable, is_its_own
from bulkhead.observability import metrics
from bulkhead.observability.logging import describe, get_logger
from bulkhead.observability.tracing import correlated, current_cause, new_correlation_id, span
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory

FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 300.0
MOST_TOGETHER = 50
"""Dates with nothing to do that one transaction is done with: after an outage, and in simulation, there are many."""

SECONDS_BETWEEN_LOOKS = 1.0
"""How often what was left aside is looked for."""

_log = get_logger("duties")

Ending = Literal["done", "postponed", "failed", "stopped"]


class NotDue(Refused):
    """A duty of a date that has not come, or that is not on its calendar."""

    kind: ClassVar[str] = "not-due"


@dataclass(slots=True, kw_only=True)
class _Agenda:
    """What this process knows of one duty: its next date not done, and why it is not tried just now."""

    duty: Duty
    calendar: DutyCalendar
    next_date: date
    due_at: datetime = field(init=False)
    waits_for: str | None = None
    failures: int = 0
    retry_at: float = 0.0

    def __post_init__(self) -> None:
        self.due_at = due_at(self.duty, self.next_date)

    def go_on_to(self, next_date: date) -> None:
        """Let the duty's next date be another one, which nothing was tried for yet."""
        self.next_date, self.due_at = next_date, due_at(self.duty, next_date)
        self.waits_for = None


class DutyRunner:
    """Performs a service's duties on its own database. Several may run at once: each chunk happens once.

    A runner is alone with a duty while it holds the duty's own lock, taken with the households' locks and in
    the same way; whole chunks are claimed under it and done without it, by several runners at once.
    ``elapsed_seconds`` only ever grows; it spaces out retries of a duty that fails.
    """

    def __init__(
        self,
        duties: Sequence[Duty],
        uows: UnitOfWorkFactory,
        *,
        elapsed_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        names = [duty.name for duty in duties]
        if len(set(names)) != len(names):
            raise ValueError("two duties have the same name")
        if missing := sorted({duty.after for duty in duties if duty.after}.difference(names)):
            raise ValueError(f"a duty comes after one that is not there: {', '.join(missing)}")
        self._duties = {duty.name: duty for duty in duties}
        self._uows = uows
        self._chunks = Chunks(uows, duties)
        self._elapsed_seconds = elapsed_seconds
        self._agenda: dict[str, _Agenda] | None = None
        self._looked_aside: tuple[float, datetime] | None = None
        self._stopping = False
        self.done = 0

    async def open(self, now: datetime) -> None:
        """Begin the calendar of every duty this database has not seen before: here and now."""
        await self._known_agenda(now)

    async def turn(self, now: datetime, *, together: int = MOST_TOGETHER) -> int:
        """Perform every duty due at ``now``, by date, hour and name; return how many chunks were done.

        What was left aside of earlier dates comes first, so that a household has its dates in order.
        A postponed or failing duty is passed over, with later dates of its name; the others go on. Dates that follow
        each other and have nothing to do are ended so many ``together``. Raises `Retryable` after trying all when
        something a duty needs was away.
        """
        agenda = await self._known_agenda(now)
        passed_over: set[str] = set()
        away: Retryable | None = None
        chunks = 0
        self._chunks.begin_turn()
        try:
            chunks = await self._do_left_aside(now)
        except Retryable as error:
            away = error
        while not self._stopping:
            item = self._earliest(agenda, now=now, passed_over=passed_over)
            if item is None:
                break
            try:
                if item.duty.only_latest and await self._brought_forward(item, now=now):
                    continue
                if together > 1 and (
                    ended := await self._end_idle(agenda, passed_over, now=now, most=together)
                ):
                    chunks += ended
                    continue
                ending, done = await self._perform(item, now=now)
            except Retryable as error:
                ending, done, away = "failed", 0, error
            chunks += done
            if ending == "done":
                _turn_over(agenda, item)
            else:
                passed_over.add(item.duty.name)
        if away is not None:
            raise away
        return chunks

    async def _do_left_aside(self, now: datetime) -> int:
        """Do what was left aside; return how much that was. It is looked for once a second, by this clock or the other:
        every request wakes the duties, and what waits here waits for minutes.
        """
        seconds = self._elapsed_seconds()
        if self._looked_aside is not None:
            at, then = self._looked_aside
            if seconds < at + SECONDS_BETWEEN_LOOKS and now < then + timedelta(seconds=SECONDS_BETWEEN_LOOKS):
                return 0
        self._looked_aside = seconds, now
        done = await self._chunks.do_left_aside(now=now)
        self.done += done
        return done

    def stop(self) -> None:
        """Let a turn end after the chunk it is in."""
        self._stopping = True

    async def pending(self, now: datetime) -> int:
        """Return how many duties have a date that is due and not done, postponed ones left out, and how many households
        that were left aside are to be tried.
        """
        agenda = await self._known_agenda(now)
        due = sum(1 for item in agenda.values() if item.due_at <= now and not item.waits_for)
        return due + await self._chunks.left_aside(now=now)

    def any_due(self, now: datetime) -> bool:
        """Return whether any duty has a date that is due, as far as this process knows, one that waits or fails too."""
        return self._agenda is None or any(item.due_at <= now for item in self._agenda.values())

    def waiting(self) -> list[str]:
        """Return the names of the duties that are postponed, in order."""
        return sorted(name for name, item in (self._agenda or {}).items() if item.waits_for)

    async def next_due_at(self, now: datetime) -> datetime | None:
        """Return the next instant at which a duty has something to do, None when none is known.

        A duty that is due already, waiting or failing, does not count: time is not what it waits for.
        """
        agenda = await self._known_agenda(now)
        ahead = [item for item in agenda.values() if item.due_at > now]
        found: list[datetime] = []
        async with self._uows.begin(now=now) as uow:
            for item in ahead:
                on_date = await _next_work(item, uow)
                if on_date is not None:
                    found.append(due_at(item.duty, on_date))
        return min(found, default=None)

    async def run_now(self, name: str, *, on_date: date, now: datetime) -> DutyRecord:
        """Perform one duty for one date that is due, and return its record: done, also if it was before, or waiting.

        Raises `NotFound` for a name the service does not have and `NotDue` for a date that is not on the duty's
        calendar or has not come: what is done early is never done again. Errors of the duty go up.
        """
        duty = self._duties.get(name)
        if duty is None:
            raise NotFound(f"there is no duty of this name (known: {', '.join(sorted(self._duties))})")
        if not duty.runs_on(on_date):
            following = date_after(duty, on_date)
            then = f": its next date after {on_date} is {following}" if following else ""
            raise NotDue(f"{name} has nothing to do on {on_date}{then}")
        if due_at(duty, on_date) > now:
            raise NotDue(f"{name} of {on_date} is not due before {due_at(duty, on_date):%Y-%m-%d %H:%M}")
        self._chunks.begin_turn()
        try:
            while True:
                record, _ = await self._chunks.do_next(duty, on_date=on_date, now=now, calendar=None)
                if record.state == "done":
                    return record
        except Postponed as postponed:
            return await self._note(duty, on_date=on_date, now=now, waits_for=postponed)

    def _earliest(
        self, agenda: dict[str, _Agenda], *, now: datetime, passed_over: set[str]
    ) -> _Agenda | None:
        seconds = self._elapsed_seconds()
        candidates = [
            item
            for name, item in agenda.items()
            if item.due_at <= now and item.retry_at <= seconds and name not in passed_over
        ]
        return min(candidates, key=_in_order, default=None)

    async def _end_idle(
        self, agenda: dict[str, _Agenda], passed_over: set[str], *, now: datetime, most: int
    ) -> int:
        """End dates on which there is nothing to do, from the earliest on until one has work; return how many.

        None where one of them cannot be ended so: then each is performed by itself, which tells why.
        """
        ahead = {name: item for name, item in agenda.items() if item.due_at <= now}
        locks = [lock_of(name) for name, item in ahead.items() if _may_be_idle(item)]
        calendars = {name: item.calendar for name, item in ahead.items()}
        ended, done = list[_Agenda](), list[DutyRecord]()

        def earliest() -> _Agenda | None:
            item = self._earliest(ahead, now=now, passed_over=passed_over)
            return item if item is not None and _may_be_idle(item) and len(ended) < most else None

        if earliest() is None:
            return 0
        try:
            async with self._uows.begin(now=now, households=locks, cause=current_cause()) as uow:
                while (item := earliest()) is not None:
                    if not await self._chunks.end_idle(uow, item.duty, on_date=item.next_date, ended=done):
                        break
                    _turn_over(ahead, item)
                    ended.append(item)
                await write_done(uow, done, calendars)
        except Exception as error:
            if not is_its_own(error):
                raise
            return 0  # it comes again where its duty is performed alone
        for item in ended:
            _turn_over(agenda, item)
            metrics.duty_delay.record((now - item.due_at).total_seconds(), {"duty": item.duty.name})
        self.done += len(ended)
        return len(ended)

    async def _brought_forward(self, item: _Agenda, *, now: datetime) -> bool:
        """Go on to the latest date that is due, the dates before it done with; return whether there were any."""
        before, latest = list[date](), item.next_date
        while (following := date_after(item.duty, latest)) and due_at(item.duty, following) <= now:
            before.append(latest)
            latest = following
        if not before:
            return False
        duty = item.duty
        async with self._uows.begin(now=now, households=[lock_of(duty.name)]) as uow:
            known = await uow.records(DutyRecord).select(duty=duty.name, on_date=before, state="done")
            left = set(before).difference(each.on_date for each in known)
            await uow.records(DutyRecord).put(
                [
                    replace(new_record(duty.name, on_date=each), state="done", done_at=now)
                    for each in sorted(left)
                ]
            )
            if before[-1] in left:
                item.calendar = replace(item.calendar, done_through=before[-1])
                await uow.records(DutyCalendar).put([item.calendar])
        item.go_on_to(latest)
        return True

    async def _perform(self, item: _Agenda, *, now: datetime) -> tuple[Ending, int]:
        """Perform one duty of one date, chunk by chunk; return how it ended and how many chunks were done."""
        duty, on_date, chunks = item.duty, item.next_date, 0
        attributes = {"duty": duty.name, "date": on_date.isoformat()}
        with correlated(new_correlation_id()), span(f"duty {duty.name}", attributes=attributes):
            try:
                while True:
                    record, worked = await self._chunks.do_next(
                        duty, on_date=on_date, now=now, calendar=item.calendar
                    )
                    chunks += worked
                    if record.state == "done":
                        break
                    if self._stopping:
                        return "stopped", chunks
            except Postponed as postponed:
                if item.waits_for != str(postponed):
                    _log.info("duty_postponed", **attributes, why=str(postponed))
                if item.waits_for != str(postponed) or chunks:
                    await self._note(duty, on_date=on_date, now=now, waits_for=postponed)
                item.waits_for = str(postponed)
                return "postponed", chunks
            except Exception as error:
                if not is_its_own(error):
                    raise
                # A duty's bug must not keep the others from their hour.
                await self._failed(item, on_date=on_date, now=now, error=error)
                return "failed", chunks
        if chunks:
            self.done += 1
            lateness = (now - item.due_at).total_seconds()
            metrics.duty_delay.record(lateness, {"duty": duty.name})
        return "done", chunks

    async def _failed(self, item: _Agenda, *, on_date: date, now: datetime, error: Exception) -> None:
        item.failures += 1
        wait = backoff(item.failures, first=FIRST_RETRY_SECONDS, longest=LONGEST_RETRY_SECONDS)
        item.retry_at = self._elapsed_seconds() + wait
        item.waits_for = None
        metrics.duty_failures.add(1, {"duty": item.duty.name})
        _log.error(
            "duty_failed",
            duty=item.duty.name,
            date=on_date.isoformat(),
            attempts=item.failures,
            retry_in_seconds=wait,
            **describe(error),
        )
        await self._note(item.duty, on_date=on_date, now=now, failure=type(error).__qualname__)

    async def _note(
        self,
        duty: Duty,
        *,
        on_date: date,
        now: datetime,
        failure: str | None = None,
        waits_for: Postponed | None = None,
    ) -> DutyRecord:
        """Write down what a duty is postponed for, or what it failed with, for whoever lists duties."""
        async with self._uows.begin(now=now, households=[lock_of(duty.name)]) as uow:
            record = await record_of(uow, duty.name, on_date=on_date)
            if record.state == "done":
                return record
            failed = failure is not None
            noted = replace(
                record,
                state="pending" if failed else "waiting",
                # A postponed duty looks again from the start: what it passed over may be decidable then.
                cursor=record.cursor if failed else "",
                attempts=record.attempts + failed,
                failure=failure,
                waits_for=None if waits_for is None else str(waits_for),
                waits_on=None if waits_for is None else waits_for.on,
            )
            await uow.records(DutyRecord).put([noted])
            if not noted.cursor and record.cursor:
                # Who is left aside stays so, with the tries that failed.
                of_date = await uow.records(DutyClaim).select(duty=duty.name, on_date=on_date)
                begun = [each.through for each in await not_aside(uow, of_date)]
                await uow.records(DutyClaim).remove(duty=duty.name, on_date=on_date, through=begun)
            return noted

    async def _known_agenda(self, now: datetime) -> dict[str, _Agenda]:
        if self._agenda is None:
            self._agenda = await self._read_agenda(now)
        return self._agenda

    async def _read_agenda(self, now: datetime) -> dict[str, _Agenda]:
        """Return where each duty stands; a duty this database has not seen begins its calendar now."""
        agenda: dict[str, _Agenda] = {}
        async with self._uows.begin(now=now) as uow:
            new = [DutyCalendar(duty=name, started_at=now, done_through=None) for name in self._duties]
            await uow.records(DutyCalendar).add_new(new)
            calendars = {each.duty: each for each in await uow.records(DutyCalendar).select()}
            postponed = await uow.records(DutyRecord).select(state="waiting")
            waiting = {(each.duty, each.on_date): each.waits_for for each in postponed}
            for name, duty in self._duties.items():
                next_date = _next_date(duty, calendars[name])
                if next_date is not None:
                    agenda[name] = _Agenda(
                        duty=duty,
                        calendar=calendars[name],
                        next_date=next_date,
                        waits_for=waiting.get((name, next_date)),
                    )
        return agenda


def _in_order(item: _Agenda) -> tuple[datetime, str]:
    return item.due_at, item.duty.name


def _turn_over(agenda: dict[str, _Agenda], item: _Agenda) -> None:
    """Go on to the duty's next date; a duty that has none leaves the agenda."""
    following = date_after(item.duty, item.next_date)
    if following is None:
        del agenda[item.duty.name]
    else:
        agenda[item.duty.name] = _Agenda(duty=item.duty, calendar=item.calendar, next_date=following)


def _may_be_idle(item: _Agenda) -> bool:
    """Whether a duty's date may turn out to have nothing to do: not where it does one thing, nor where it waits."""
    return item.duty.households is not None and not item.duty.only_latest and item.waits_for is None


def _next_date(duty: Duty, calendar: DutyCalendar) -> date | None:
    if calendar.done_through is None:
        return first_date_since(duty, started_at=calendar.started_at)
    return date_after(duty, calendar.done_through)


async def _next_work(item: _Agenda, uow: UnitOfWork) -> date | None:
    if item.duty.next_work is None:
        return item.next_date
    work = await item.duty.next_work(uow, item.next_date)
    return None if work is None else first_date(item.duty, from_date=max(work, item.next_date))
