"""The poller that sends: it looks for queued notices, hands them to its outlet, and records each at once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import Retryable
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from notifications.application.outlets import Outlet, OutletSession
from notifications.application.patience import Patience
from notifications.application.ports import Alarms, Delivery, Pace, Parameters, Writer
from notifications.application.send_notices import (
    claim_notices,
    find_sendable,
    gather_content,
    record_sent,
    return_notices,
    turn_to_paper,
)
from notifications.domain.letters import Content, Written
from notifications.domain.notices import TO_SEND, By, Notice

BATCH = 25
_AWAY = "the outlet was away"
_BUSY = "not taken for now"
_BEHIND = "an earlier notice of its household has to go first"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Accepted:
    """A notice that is out and not recorded as such yet."""

    content: Content
    written: Written


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
        self._notices = Patience(pace=pace, first_seconds=2, longest_seconds=600)
        self._outlets = Patience(pace=pace, first_seconds=0.5, longest_seconds=5)
        self._accepted: list[_Accepted] = []
        self._after = ""  # the household that was looked at last

    async def turn(self, now: datetime) -> int:
        """Send a batch of what is queued; return how many notices went on.

        With the outlet away none does: they wait, and it is tried again by the wall's clock, a little later
        each time. Raises `Retryable` while the database is away.
        """
        done = await self._record_accepted(now)
        if self._outlets.resting(self.name):
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
            self._outlets.forget(self.name)
            return done + await self._send(session, await self._claim(found, now), now)

    async def pending(self, now: datetime) -> int:
        """Return how many notices wait for this outlet."""
        async with self._uows.begin(now=now) as uow:
            return await uow.records(Notice).count(state=list(TO_SEND), by=self._by)

    async def _find(self, now: datetime) -> Sequence[Notice]:
        async with self._uows.begin(now=now) as uow:
            found = await find_sendable(
                uow,
                by=self._by,
                sender=self._sender,
                limit=BATCH,
                after=self._after,
                leave=self._notices.all_resting(),
            )
        self._after = found.after
        return found.notices

    async def _claim(self, found: Sequence[Notice], now: datetime) -> list[Content]:
        parameters = self._parameters.as_of(local_date(now))
        async with self._locked(found, now) as uow:
            notices = await claim_notices(
                uow, notices=found, by=self._by, sender=self._sender, leave=self._notices.all_resting()
            )
            return await gather_content(uow, notices=notices, parameters=parameters)

    async def _send(self, session: OutletSession, contents: Sequence[Content], now: datetime) -> int:
        """Send a batch in its order; what stands behind one that was not taken for now goes back unsent."""
        done = 0
        busy: set[str] = set()
        for at, content in enumerate(contents):
            if content.notice.household in busy:
                await self._return([content], now, problem=_BEHIND, attempts=0)
                continue
            try:
                delivery = await self._deliver(session, content, now)
            except Retryable as away:
                self._rest_outlet(away)
                await self._return(contents[at:], now, problem=_AWAY, attempts=0)
                return done
            except Exception as error:  # noqa: BLE001 - a bug in this one notice holds nobody else's back
                notice = content.notice.notice
                self._alarms.notice_stuck(poller=self.name, notice=notice, error=error)
                self._notices.rest(notice)
                await self._return([content], now, problem=type(error).__name__, attempts=1, step="failed")
                continue
            if delivery == "busy":
                busy.add(content.notice.household)
            done += await self._conclude(content, delivery, now)
        return done

    async def _deliver(self, session: OutletSession, content: Content, now: datetime) -> Delivery:
        written = self._writer.write(content)
        delivery = await session.deliver(content, written, now=now)
        if delivery == "accepted":
            self._accepted.append(_Accepted(content=content, written=written))
        return delivery

    async def _conclude(self, content: Content, delivery: Delivery, now: datetime) -> int:
        notice = content.notice.notice
        match delivery:
            case "accepted":
                self._notices.forget(notice)
                return await self._record_accepted(now)
            case "refused":
                self._notices.forget(notice)
                return await self._refused(content, now)
            case "busy":
                self._notices.rest(notice)
                await self._return([content], now, problem=_BUSY, attempts=1)
                return 0

    async def _refused(self, content: Content, now: datetime) -> int:
        async with self._locked([content.notice], now) as uow:
            return await turn_to_paper(uow, notice=content.notice.notice, sender=self._sender)

    async def _record_accepted(self, now: datetime) -> int:
        done = 0
        while self._accepted:
            accepted = self._accepted[0]
            async with self._locked([accepted.content.notice], now) as uow:
                done += await record_sent(
                    uow, content=accepted.content, written=accepted.written, by=self._by, sender=self._sender
                )
            self._accepted.pop(0)
        return done

    async def _return(
        self,
        contents: Sequence[Content],
        now: datetime,
        *,
        problem: str,
        attempts: int,
        step: Literal["returned", "failed"] = "returned",
    ) -> None:
        notices = [content.notice for content in contents]
        async with self._locked(notices, now) as uow:
            await return_notices(
                uow,
                notices=[notice.notice for notice in notices],
                sender=self._sender,
                problem=problem,
                attempts=attempts,
                step=step,
            )

    def _locked(self, notices: Sequence[Notice], now: datetime) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._uows.begin(now=now, households=sorted({notice.household for notice in notices}))

    def _rest_outlet(self, away: Retryable) -> None:
        self._outlets.rest(self.name)
        self._alarms.outlet_away(poller=self.name, error=away)
