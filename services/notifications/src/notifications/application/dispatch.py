"""The poller that sends: it looks for queued notices, hands them to its outlet, and records each at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bulkhead.kernel.backoff import backoff
from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import Retryable, is_its_own
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import MOST_FAILING_IN_A_ROW, do_together
from notifications.application.outlets import Handed, Outlet, OutletSession
from notifications.application.ports import Alarms, Delivery, Pace, Parameters, Writer
from notifications.application.reach import find_reach
from notifications.application.send_notices import (
    Sendable,
    as_doors_are,
    claim_notices,
    find_sendable,
    forget_those_sent,
    gather_content,
    record_sent,
    return_notices,
    turn_to_paper,
    withdraw_outdated,
)
from notifications.application.waiting import NOTICES
from notifications.domain.letters import Content, Written
from notifications.domain.notices import By, Notice, NoticeType

BATCH = 25
FIRST_REST_SECONDS = 0.5
LONGEST_REST_SECONDS = 5.0
"""How long to leave an outlet alone that is away: by a clock that always runs, for all its notices wait for it."""

_AWAY = "the outlet was away"
_BUSY = "not taken for now"
_BEHIND = "an earlier notice of its household has to go first"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Accepted:
    """A notice that is out and not recorded as such yet."""

    content: Content
    written: Written
    handed: Handed


class Dispatcher:
    """Sends what is queued for one outlet. A `Poller`.

    ``sender`` is this replica's name, its own again after a restart: what it was sending when it stopped it
    takes up at once, while others leave it alone until its time with it is over.
    """

    def __init__(
        self,
        *,
        name: str,
        uows: UnitOfWorkFactory,
        outlet: Outlet,
        writer: Writer,
        parameters: Parameters,
        alarms: Alarms,
        pace: Pace,
        sender: str,
    ) -> None:
        self.name = name
        self._uows = uows
        self._outlet = outlet
        self._by: By = outlet.by
        self._writer = writer
        self._parameters = parameters
        self._alarms = alarms
        self._sender = sender
        self._pace = pace
        self._times_away = 0
        self._rests_until = 0.0
        self._accepted: list[_Accepted] = []
        self._after = ""  # the household that was looked at last
        self._failing_in_a_row = 0
        self._failed: set[str] = set()
        self._went_on = 0

    async def turn(self, now: datetime) -> int:
        """Send a batch of what is queued; return how many notices went on.

        With the outlet away none does: they wait, and it is tried again by the wall's clock, a little later
        each time. Raises `Retryable` while the database is away.
        """
        left = self._accepted
        done = await self._record_accepted(now, resting=await self._resting(now)) if left else 0
        if self._pace() < self._rests_until:
            return done
        found = await self._find(now)
        if not found:
            return done
        async with AsyncExitStack() as stack:
            try:
                session = await stack.enter_async_context(self._outlet.open())
            except Retryable as away:
                self._rest_outlet(away)
                return done
            self._times_away = 0
            self._went_on = 0
            contents = await self._claim(found, now)
            return done + self._went_on + await self._send(session, contents, now)

    async def pending(self, now: datetime) -> int:
        """Return how many notices can be sent now, as far as one turn looks: not those that rest, nor what is behind
        them.
        """
        return len((await self._look(now, after="")).notices)

    async def _find(self, now: datetime) -> Sequence[Notice]:
        found = await self._look(now, after=self._after)
        self._after = found.after
        return found.notices

    async def _look(self, now: datetime, *, after: str) -> Sendable:
        async with self._uows.begin(now=now) as uow:
            return await find_sendable(
                uow,
                by=self._by,
                sender=self._sender,
                limit=BATCH,
                after=after,
                leave=await NOTICES.resting(uow),
                held=self._held(now),
            )

    def _held(self, now: datetime) -> Collection[NoticeType]:
        """Return the types of which none leaves now: e-mails in quiet hours, and no letters."""
        quiet = self._parameters.as_of(local_date(now)).quiet_hours
        return quiet.held_at(now) if quiet is not None and self._by == "email" else ()

    async def _claim(self, found: Sequence[Notice], now: datetime) -> list[Content]:
        """Take notices, with what each is written from; one with which that fails is put off, and the others are
        taken.
        """

        async def put_off(notice: Notice, error: Exception) -> list[Content]:
            async with self._locked([notice], now) as uow:
                await NOTICES.put_off(uow, notice.notice, because=error, household=notice.household)
            return []

        taken = await do_together(found, do=lambda notices: self._take(notices, now), put_off=put_off)
        return [content for contents in taken for content in contents]

    async def _take(self, found: Sequence[Notice], now: datetime) -> list[Content]:
        parameters = self._parameters.as_of(local_date(now))
        async with self._locked(found, now) as uow:
            self._failed, resting = await NOTICES.waiting_and_resting(uow)
            reach = await find_reach(uow, [each.household for each in found])
            withdrawn = await withdraw_outdated(uow, notices=found, by=self._by, sender=self._sender)
            await forget_those_sent(uow, self._failed)
            taken = await claim_notices(
                uow,
                notices=found,
                by=self._by,
                sender=self._sender,
                reach=reach,
                leave=resting,
                held=self._held(now),
            )
            contents = await gather_content(
                uow,
                notices=taken.notices,
                reach=reach,
                parameters=parameters,
                languages=self._writer.languages,
            )
        self._went_on += withdrawn + taken.turned
        return contents

    async def _send(self, session: OutletSession, contents: Sequence[Content], now: datetime) -> int:
        """Send a batch in its order; what stands behind one that was not taken for now goes back unsent."""
        done = 0
        busy: set[str] = set()
        for at, content in enumerate(contents):
            if content.notice.household in busy:
                await self._return([content], now, problem=_BEHIND)
                continue
            # A batch takes as long as its letters do: one may shut, or open, while those before it go out.
            async with self._uows.begin(now=now) as uow:
                handed_over = await as_doors_are(uow, content)
            try:
                delivery = await self._deliver(session, handed_over, now)
            except Retryable as away:
                left = contents[at:]
                if await self._answers():
                    await self._put_off(content.notice, now, because=away, step="returned")
                    left = contents[at + 1 :]
                else:
                    self._rest_outlet(away)
                    # If it is not away, and these few fail by themselves, the others are not to stand behind them.
                    self._after = content.notice.household
                await self._return(left, now, problem=_AWAY)
                return done
            except Exception as error:  # noqa: BLE001 - a bug in this one notice holds nobody else's back
                await self._put_off(content.notice, now, because=error, step="failed")
                continue
            self._failing_in_a_row = 0
            if delivery == "busy":
                busy.add(content.notice.household)
            done += await self._conclude(handed_over, delivery, now)
        return done

    async def _answers(self) -> bool:
        """Whether the outlet is there though it failed a notice: then that notice is what it failed for."""
        self._failing_in_a_row += 1
        if self._failing_in_a_row > MOST_FAILING_IN_A_ROW:
            return False
        try:
            async with self._outlet.open():
                return True
        except Retryable:
            return False

    async def _deliver(self, session: OutletSession, content: Content, now: datetime) -> Delivery:
        written = self._writer.write(content)
        handed = await session.deliver(content, written, now=now)
        if handed.delivery == "accepted":
            self._accepted.append(_Accepted(content=content, written=written, handed=handed))
        return handed.delivery

    async def _conclude(self, content: Content, delivery: Delivery, now: datetime) -> int:
        match delivery:
            case "accepted":
                others = {each.content.notice.notice for each in self._accepted[:-1]}
                return await self._record_accepted(now, resting=others)
            case "refused":
                return await self._refused(content, now)
            case "busy":
                await self._put_off(content.notice, now, because=_BUSY, step="returned")
                return 0

    async def _refused(self, content: Content, now: datetime) -> int:
        async with self._locked([content.notice], now) as uow:
            await self._forget(uow, content.notice)
            return await turn_to_paper(uow, notice=content.notice.notice, sender=self._sender)

    async def _record_accepted(self, now: datetime, *, resting: Collection[str] = ()) -> int:
        """Record what the outlet has taken. What cannot be recorded is kept in mind, and tried again after a rest: it
        is not sent once more meanwhile, and holds back nobody else's.
        """
        done = 0
        for accepted in [each for each in self._accepted if each.content.notice.notice not in resting]:
            notice = accepted.content.notice
            try:
                async with self._locked([notice], now) as uow:
                    await self._forget(uow, notice)
                    done += await record_sent(
                        uow,
                        content=accepted.content,
                        written=accepted.written,
                        handed=accepted.handed,
                        by=self._by,
                        sender=self._sender,
                    )
            except Exception as error:
                if not is_its_own(error):
                    raise
                # A bug in this one notice holds nobody else's back.
                async with self._locked([notice], now) as uow:
                    await NOTICES.put_off(uow, notice.notice, because=error, household=notice.household)
                self._failed.add(notice.notice)
            else:
                self._accepted.remove(accepted)
        return done

    async def _resting(self, now: datetime) -> Collection[str]:
        async with self._uows.begin(now=now) as uow:
            return await NOTICES.resting(uow)

    async def _return(
        self,
        contents: Sequence[Content],
        now: datetime,
        *,
        problem: str,
    ) -> None:
        """Put back notices that could not be tried."""
        notices = [content.notice for content in contents]
        async with self._locked(notices, now) as uow:
            await return_notices(
                uow,
                notices=[notice.notice for notice in notices],
                sender=self._sender,
                problem=problem,
                attempts=0,
            )

    def _locked(self, notices: Sequence[Notice], now: datetime) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._uows.begin(now=now, households=sorted({notice.household for notice in notices}))

    async def _put_off(
        self,
        notice: Notice,
        now: datetime,
        *,
        because: Exception | str,
        step: Literal["returned", "failed"],
    ) -> None:
        """Put back a notice that failed by itself, to be tried again later."""
        async with self._locked([notice], now) as uow:
            retry = await NOTICES.put_off(uow, notice.notice, because=because, household=notice.household)
            await return_notices(
                uow,
                notices=[notice.notice],
                sender=self._sender,
                problem=retry.reason,
                attempts=1,
                step=step,
            )

    async def _forget(self, uow: UnitOfWork, notice: Notice) -> None:
        if notice.notice in self._failed:
            await NOTICES.forget(uow, [notice.notice])

    def _rest_outlet(self, away: Retryable) -> None:
        self._times_away += 1
        wait = backoff(self._times_away, first=FIRST_REST_SECONDS, longest=LONGEST_REST_SECONDS)
        self._rests_until = self._pace() + wait
        self._alarms.outlet_away(poller=self.name, error=away)
