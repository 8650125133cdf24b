"""Does a duty of one date chunk by chunk: each claimed, done once, and divided where it fails (ADR 0017)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from bulkhead.duties.aside import (
    DUTIES,
    MANY_HOUSEHOLDS,
    due_aside,
    forget_gone,
    household_of,
    households_aside,
    in_turn,
    item_of,
    leave_aside,
    not_aside,
)
from bulkhead.duties.ports import Duty, Postponed
from bulkhead.duties.tables import DutyCalendar, DutyClaim, DutyRecord
from bulkhead.kernel.errors import MOST_TOO_SLOW, TookTooLong, is_its_own
from bulkhead.observability.logging import get_logger
from bulkhead.observability.tracing import correlated, current_cause, new_correlation_id, span
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import do_one_by_one

_log = get_logger("duties")


class Chunks:
    """The chunks of duties, in one database."""

    def __init__(self, uows: UnitOfWorkFactory, duties: Collection[Duty]) -> None:
        self._uows = uows
        self._duties = {duty.name: duty for duty in duties}
        self._waited_for = {duty.after for duty in duties}
        self._failed_alone = 0
        self._too_slow = 0

    def begin_turn(self) -> None:
        """Let as much be tried again as a turn may find that the database takes too long for."""
        self._too_slow = 0

    async def do_next(
        self, duty: Duty, *, on_date: date, now: datetime, calendar: DutyCalendar | None
    ) -> tuple[DutyRecord, int]:
        """Do a duty's next chunk, and finish it after the last; return its record and 1 if work was done.

        The households are found in a first transaction, which is the last one too where there are none. A whole
        chunk is claimed there, and done without the duty's lock: other workers go on with the next meanwhile. What
        is left at the end is done under the lock, and so is what a claim was left for by a worker that ended. Each
        is looked at again once its households are locked, and left alone when it has been done meanwhile.
        ``calendar`` moves on with the duty; None for one done out of its turn.
        """
        claim: DutyClaim | None = None
        self._failed_alone = 0
        async with self._uows.begin(now=now, households=[lock_of(duty.name)], cause=current_cause()) as uow:
            seen = await record_of(uow, duty.name, on_date=on_date)
            if seen.state == "done":
                return seen, 0
            if await _waits_for_another(uow, duty, on_date):
                raise Postponed(f"{duty.after} of {on_date} is not done", on="duty")
            households = await _households(uow, duty, on_date=on_date, after=seen.cursor, limit=duty.chunk)
            if len(households) == duty.chunk:
                seen, claim = await _claim(uow, seen, through=households[-1])
            elif not households:
                claim = await _left_claim(uow, seen, after=seen.failed_through)
                if claim is None:
                    if duty.households is None:
                        await duty.run(uow, on_date, [])
                    return await _finish(uow, duty, seen, calendar), 1
                households = await _claimed(uow, duty, claim)
        if claim is not None:
            return seen, await self._do_claimed(duty, claim, households, now=now)
        try:
            return await self._do_rest(duty, seen, households, now=now, calendar=calendar)
        except Exception as error:
            if not _is_for_a_household(error):
                raise
            enough = self._note_slow(error)
            # From now on they are a claim like any other, and fail each for itself.
            async with self._uows.begin(
                now=now, households=[lock_of(duty.name)], cause=current_cause()
            ) as uow:
                record = await record_of(uow, duty.name, on_date=on_date)
                if record.state == "done" or record.cursor != seen.cursor:
                    return record, 0
                seen, claim = await _claim(uow, record, through=households[-1])
            if enough:
                raise
            return seen, await self._do_claimed(duty, claim, households, now=now)

    async def end_idle(self, uow: UnitOfWork, duty: Duty, *, on_date: date, ended: list[DutyRecord]) -> bool:
        """Finish a duty of a date on which there is nothing to do for anybody; return whether that was so.

        Its record is added to those that were ``ended`` in this unit of work, for whoever asks to write as one set. It
        holds the duty's lock. Raises what `Duty.finish` does.
        """
        record = await record_of(uow, duty.name, on_date=on_date)
        if record.state == "done":
            return True
        follows = any((each.duty, each.on_date) == (duty.after, on_date) for each in ended)
        if record.cursor or (not follows and await _waits_for_another(uow, duty, on_date)):
            return False
        if await _households(uow, duty, on_date=on_date, after="", limit=1):
            return False
        ended.append(await _finished(uow, duty, record))
        return True

    async def do_left_aside(self, *, now: datetime) -> int:
        """Try what was left aside and has rested long enough, each household's first date; return how many
        were done.
        """
        async with self._uows.begin(now=now) as uow:
            due = await due_aside(uow, self._duties)
            if due is None:
                return 0
            await forget_gone(uow)

        async def do(claim: DutyClaim) -> int:
            duty = self._duties[claim.duty]
            attributes = {"duty": claim.duty, "date": claim.on_date.isoformat()}
            with correlated(new_correlation_id()), span(f"duty {claim.duty}", attributes=attributes):
                async with self._uows.begin(now=now) as uow:
                    is_due = await _is_due(uow, duty, claim)
                if not is_due:
                    _log.warning("left_aside_is_over", item=item_of(claim), **attributes)
                try:
                    return await self._do_together(duty, claim, [claim.through] if is_due else [], now=now)
                except TookTooLong as error:
                    self._note_slow(error)  # whoever does them one by one ends with as many
                    raise

        return await do_one_by_one(
            due, retries=DUTIES, uows=self._uows, now=now, key=item_of, do=do, household=household_of
        )

    async def left_aside(self, *, now: datetime) -> int:
        """Return how much of what was left aside is to be tried now."""
        async with self._uows.begin(now=now) as uow:
            return len(await due_aside(uow, self._duties) or ())

    async def _do_claimed(self, duty: Duty, claim: DutyClaim, households: list[str], *, now: datetime) -> int:
        """Do the households of a claim, of which there may be more by now than were claimed; return 1 if work was
        done.

        Where that fails, each half is a claim of its own from then on: in the end one household's fault holds back
        that household. It is left aside, and its date goes on without it; but not where the date ends with something
        about all households, or another duty comes after it: there it stays to be done, and what comes after the last
        claim that failed is looked at first. Where many fail, the rest is left as it is: it is not their own fault.
        Where the database took too long for as many tries as a turn may make, the rest is left for another turn.
        """
        try:
            return await self._do_together(duty, claim, households, now=now)
        except Exception as error:
            if not _is_for_a_household(error):
                raise
            if len(households) < 2:
                self._failed_alone += 1
                if await self._left_aside(duty, claim, because=error, now=now):
                    if self._note_slow(error):
                        raise
                    return 1
            if len(households) < 2 or self._failed_alone >= MANY_HOUSEHOLDS:
                raise
            middle = len(households) // 2
            first = replace(claim, through=households[middle - 1])
            second = replace(claim, after=first.through)
            if not await self._divide(claim, into=[first, second], now=now) or self._note_slow(error):
                raise
            failed: Exception | None = None
            for half, its in ((first, households[:middle]), (second, households[middle:])):
                try:
                    await self._do_claimed(duty, half, its, now=now)
                except Exception as again:
                    if not _is_for_a_household(again) or self._too_slow >= MOST_TOO_SLOW:
                        raise
                    failed = again  # the other half is tried all the same
            if failed is not None:
                raise failed from None
            return 1

    def _note_slow(self, error: Exception) -> bool:
        """Count what failed; return whether the database took too long for as many tries as a turn may make, whatever
        duties they were of: each that comes then makes one more.
        """
        self._too_slow += isinstance(error, TookTooLong)
        return self._too_slow >= MOST_TOO_SLOW

    async def _left_aside(self, duty: Duty, claim: DutyClaim, *, because: Exception, now: datetime) -> bool:
        """Leave the claim of one household aside, and return whether it is; where it is not, keep that it failed."""
        may_be = duty.finish is None and duty.name not in self._waited_for
        async with self._uows.begin(now=now, households=[lock_of(duty.name)], cause=current_cause()) as uow:
            if may_be and await leave_aside(uow, claim, because=because):
                return True
            record = await record_of(uow, duty.name, on_date=claim.on_date)
            await uow.records(DutyRecord).put([replace(record, failed_through=claim.through)])
        return False

    async def _divide(self, claim: DutyClaim, *, into: list[DutyClaim], now: datetime) -> bool:
        """Put claims in the place of one; return whether it was still there: else another worker has done it."""
        async with self._uows.begin(now=now, households=[lock_of(claim.duty)], cause=current_cause()) as uow:
            claims = uow.records(DutyClaim)
            found = await claims.get(duty=claim.duty, on_date=claim.on_date, through=claim.through)
            if found != claim:
                return False
            await claims.put(into)
        return True

    async def _do_together(
        self, duty: Duty, claim: DutyClaim, households: list[str], *, now: datetime
    ) -> int:
        async with self._uows.begin(now=now, households=households, cause=current_cause()) as uow:
            where = {"duty": claim.duty, "on_date": claim.on_date, "through": claim.through}
            if not await uow.records(DutyClaim).remove(**where, after=claim.after):
                return 0
            await DUTIES.forget(uow, [item_of(claim)])
            if in_their_turn := await in_turn(uow, duty.name, claim.on_date, households):
                await duty.run(uow, claim.on_date, in_their_turn)
            if len(households) == duty.chunk and households[-1] < claim.through:
                await uow.records(DutyClaim).put([replace(claim, after=households[-1])])
        return 1

    async def _do_rest(
        self,
        duty: Duty,
        seen: DutyRecord,
        households: list[str],
        *,
        now: datetime,
        calendar: DutyCalendar | None,
    ) -> tuple[DutyRecord, int]:
        """Do the last households of a duty, and finish it with them where that is all; return its record and 1 if
        work was done.
        """
        on_date = seen.on_date
        locks = [lock_of(duty.name), *households]
        async with self._uows.begin(now=now, households=locks, cause=current_cause()) as uow:
            record = await record_of(uow, duty.name, on_date=on_date)
            if record.state == "done" or record.cursor != seen.cursor:
                return record, 0
            if in_their_turn := await in_turn(uow, duty.name, on_date, households):
                await duty.run(uow, on_date, in_their_turn)
            moved = replace(record, state="pending", cursor=households[-1])
            # Finishing comes in a transaction of its own: where it is postponed, this chunk stands.
            if (
                duty.finish is None
                and await _left_claim(uow, record) is None
                and not await _households(uow, duty, on_date=on_date, after=moved.cursor, limit=1)
            ):
                return await _finish(uow, duty, moved, calendar), 1
            await uow.records(DutyRecord).put([moved])
        return moved, 1


def _is_for_a_household(error: Exception) -> bool:
    """Whether what failed may be one household's, which is to be found: not what all have to wait for."""
    return is_its_own(error) and not isinstance(error, Postponed)


async def record_of(uow: UnitOfWork, duty: str, *, on_date: date) -> DutyRecord:
    """Return how a duty of this name stands on a date: as one not begun where nothing is written."""
    found = await uow.records(DutyRecord).get(duty=duty, on_date=on_date)
    return found or new_record(duty, on_date=on_date)


async def _waits_for_another(uow: UnitOfWork, duty: Duty, on_date: date) -> bool:
    return duty.after is not None and (await record_of(uow, duty.after, on_date=on_date)).state != "done"


async def _households(uow: UnitOfWork, duty: Duty, *, on_date: date, after: str, limit: int) -> list[str]:
    """Return whom a duty of a date has work for, in order, without those who are left aside: they are tried apart."""
    if duty.households is None:
        return []
    found: list[str] = []
    aside: set[str] | None = None
    while page := await duty.households(uow, on_date, after, limit):
        if aside is None:
            aside = await households_aside(uow, duty.name, on_date)
        found += [each for each in page if each not in aside]
        if len(page) < limit or len(found) >= limit:
            break
        after = page[-1]
    return found[:limit]


async def _claim(uow: UnitOfWork, record: DutyRecord, *, through: str) -> tuple[DutyRecord, DutyClaim]:
    """Claim the households above a duty's cursor, up to one; return its record, which goes on behind them, and that."""
    claim = DutyClaim(duty=record.duty, on_date=record.on_date, after=record.cursor, through=through)
    moved = replace(record, state="pending", cursor=through)
    await uow.records(DutyClaim).put([claim])
    await uow.records(DutyRecord).put([moved])
    return moved, claim


async def _left_claim(uow: UnitOfWork, record: DutyRecord, *, after: str = "") -> DutyClaim | None:
    """Return a claim of a duty's date that is not done nor left aside: the first after a household, else the first;
    None where there is none.
    """
    if not record.cursor:
        return None
    claims = await not_aside(
        uow,
        await uow.records(DutyClaim).select(duty=record.duty, on_date=record.on_date, order_by=("through",)),
    )
    return next((each for each in claims if each.through > after), claims[0] if claims else None)


async def _claimed(uow: UnitOfWork, duty: Duty, claim: DutyClaim) -> list[str]:
    found = await _households(uow, duty, on_date=claim.on_date, after=claim.after, limit=duty.chunk)
    return [each for each in found if each <= claim.through]


async def _is_due(uow: UnitOfWork, duty: Duty, claim: DutyClaim) -> bool:
    """Return whether the duty still has work for the one household that a claim was left aside for."""
    if duty.households is None:
        return False
    after = claim.after
    while True:
        found = await duty.households(uow, claim.on_date, after, duty.chunk)
        if claim.through in found:
            return True
        if len(found) < duty.chunk or found[-1] > claim.through:
            return False
        after = found[-1]


async def _finish(
    uow: UnitOfWork, duty: Duty, record: DutyRecord, calendar: DutyCalendar | None
) -> DutyRecord:
    """Finish a duty's date; return its record, done."""
    done = await _finished(uow, duty, record)
    await write_done(uow, [done], {} if calendar is None else {duty.name: calendar})
    return done


async def _finished(uow: UnitOfWork, duty: Duty, record: DutyRecord) -> DutyRecord:
    """Do what ends a duty's date; return its record, done, which is not written yet."""
    if duty.finish is not None:
        await duty.finish(uow, record.on_date)
    return replace(record, state="done", waits_for=None, waits_on=None, done_at=uow.now, failed_through="")


async def write_done(
    uow: UnitOfWork, done: Sequence[DutyRecord], calendars: Mapping[str, DutyCalendar]
) -> None:
    """Write down dates that are done, those of one duty in order, and how far that brings the calendars of duties."""
    await uow.records(DutyRecord).put(done)
    through = {each.duty: each.on_date for each in done if each.duty in calendars}
    if through:
        await uow.records(DutyCalendar).put(
            [replace(calendars[duty], done_through=on_date) for duty, on_date in through.items()]
        )


def new_record(duty: str, *, on_date: date) -> DutyRecord:
    """Return a duty of a date that is not begun."""
    return DutyRecord(
        duty=duty,
        on_date=on_date,
        state="pending",
        cursor="",
        attempts=0,
        failure=None,
        waits_for=None,
        waits_on=None,
        done_at=None,
    )


def lock_of(duty: str) -> str:
    """Return the name of the duty's lock: no household's id, for it has a colon."""
    return f"duty:{duty}"
