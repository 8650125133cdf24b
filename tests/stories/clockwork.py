"""Moves an exchange through time, so that each day happens in the business's order.

Time moves from stop to stop. A stop is where some duty is due or where the story wants to be; whenever one falls on a
day, ten past midnight of that day is a stop too, because there the books of the day before close.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta

from bulkhead.kernel.calendar import EXCHANGE_ZONE, is_business_day, local, local_date
from stories.errors import ExchangeProblem
from stories.exchange import Exchange, Place

_DAY_OPENS = time(0, 10)
_MANIFESTS = "_batches/"


class Clockwork:
    """The time of one story.

    In a lone story every lockbox file counts as loaded at the end of its day unless payments is down: each business
    day that is over is declared to have brought no (further) lockbox file. While payments is down that waits until
    it is back and has loaded what lies in its folder. A day whose file a story says to be late stays open. Letters are
    mailed by the printer as it gets them.
    """

    def __init__(
        self,
        exchange: Exchange,
        *,
        begins: date,
        when_a_day_is_over: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._exchange = exchange
        self._when_a_day_is_over = when_a_day_is_over
        self.now = local(begins)
        self._declared_through = begins - timedelta(days=1)
        self._declarations = 0
        self.awaited: set[date] = set()
        self._mailed: set[str] = set()

    async def begin(self) -> None:
        """Let the exchange settle at the story's first moment."""
        await self._exchange.set_clock(self.now)
        await self._exchange.quiet()

    async def move_to(self, target: datetime) -> None:
        """Move to a time through every stop before it; all that is due by then has happened afterwards."""
        while instant(self.now) < instant(target):
            await self._stop_at(self._next_stop(target))

    async def settle(self) -> None:
        """Let everything that was set going happen, at the present time."""
        await self._exchange.quiet()

    async def catch_up_payments(self) -> None:
        """Declare the lockbox days that payments missed while it was down; call it when it is quiet again."""
        if await self._declare_lockbox_days():
            await self._exchange.quiet()

    def _next_stop(self, target: datetime) -> datetime:
        due = self._exchange.next_due()
        stop = target if due is None or instant(due) <= instant(self.now) else min(target, due, key=instant)
        opens = datetime.combine(local_date(stop), _DAY_OPENS, tzinfo=EXCHANGE_ZONE)
        return opens if instant(self.now) < instant(opens) < instant(stop) else stop

    async def _stop_at(self, stop: datetime) -> None:
        if self._when_a_day_is_over is not None and local_date(self.now) < local_date(stop):
            await self._when_a_day_is_over()
        await self._exchange.set_clock(stop)
        self.now = stop.astimezone(EXCHANGE_ZONE)
        if "payments" not in self._exchange.down:
            await self._declare_lockbox_days()
        await self._exchange.quiet()
        await self.mail_letters()

    async def mail_letters(self) -> None:
        """Be the printer: mail the letters of each batch whose manifest is there, and say so where somebody listens."""
        if "notifications" not in self._exchange.down and await self._mailed_letters():
            await self._exchange.quiet()

    async def _mailed_letters(self) -> bool:
        manifests = {
            path for path in await self._exchange.files(Place.PRINT, ".csv") if path.startswith(_MANIFESTS)
        }
        mailed = False
        for path in sorted(manifests - self._mailed):
            answer = await self._exchange.call(
                "notifications",
                "POST",
                f"/v1/print-batches/{path.removeprefix(_MANIFESTS).removesuffix('.csv')}/mailings",
                json={"mailed_on": local_date(self.now).isoformat()},
                key=f"mailing-{path.removeprefix(_MANIFESTS)}",
            )
            if answer.ok:
                self._mailed.add(path)
                mailed = True
        return mailed

    def await_file(self, day: date) -> None:
        """Let that day's lockbox file be late: the day is not declared to have brought none."""
        self.awaited.add(day)

    def day_of_file(self, received: date) -> date:
        """Return the day whose lockbox file brings, now, what was received then: that of a late file where there
        is one. It is awaited no longer."""
        late = min((day for day in self.awaited if received <= day < local_date(self.now)), default=None)
        if late is None:
            return local_date(self.now)
        self.awaited.discard(late)
        return late

    async def declare_absent(self, day: date) -> None:
        """Declare that a day's lockbox file will not come."""
        self.awaited.discard(day)
        await self._declare(day, day)

    async def _declare_lockbox_days(self) -> bool:
        over = local_date(self.now) - timedelta(days=1)
        first = self._declared_through + timedelta(days=1)
        self._declared_through = max(over, self._declared_through)
        declared = False
        for begin, end in self._spans(first, over):
            if any(is_business_day(begin + timedelta(days=n)) for n in range((end - begin).days + 1)):
                await self._declare(begin, end)
                declared = True
        return declared

    def _spans(self, first: date, last: date) -> Iterator[tuple[date, date]]:
        """Yield the days from first to last as spans that leave out those whose file is awaited."""
        for day in sorted(each for each in self.awaited if first <= each <= last):
            if first < day:
                yield first, day - timedelta(days=1)
            first = day + timedelta(days=1)
        if first <= last:
            yield first, last

    async def _declare(self, first: date, last: date) -> None:
        self._declarations += 1
        answer = await self._exchange.call(
            "payments",
            "POST",
            "/v1/lockbox-days/absences",
            json={"first": first.isoformat(), "last": last.isoformat()},
            key=f"lockbox-days-{self._declarations}",
        )
        if not answer.ok:
            raise ExchangeProblem(f"payments did not take the lockbox days {first} to {last}: {answer.says}")


def instant(moment: datetime) -> datetime:
    """Return the moment in UTC: two local times of one zone compare as wall times, which an autumn night repeats."""
    return moment.astimezone(UTC)
