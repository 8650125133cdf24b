"""Moves an exchange through time, so that each day happens in the business's order.

Time moves from stop to stop. A stop is where some duty is due or where the story wants to be; whenever one falls on a
day, ten past midnight of that day is a stop too, because there the books of the day before close.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from bulkhead.kernel.calendar import EXCHANGE_ZONE, is_business_day, local, local_date
from stories.errors import ExchangeProblem
from stories.exchange import Exchange

_DAY_OPENS = time(0, 10)


class Clockwork:
    """The time of one story.

    In a lone story every lockbox file counts as loaded at the end of its day unless payments is down: each business
    day that is over is declared to have brought no (further) lockbox file. While payments is down that waits until
    it is back and has loaded what lies in its folder.
    """

    def __init__(self, exchange: Exchange, *, begins: date) -> None:
        self._exchange = exchange
        self.now = local(begins)
        self._declared_through = begins - timedelta(days=1)
        self._declarations = 0

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
        await self._exchange.set_clock(stop)
        self.now = stop.astimezone(EXCHANGE_ZONE)
        if "payments" not in self._exchange.down:
            await self._declare_lockbox_days()
        await self._exchange.quiet()

    async def _declare_lockbox_days(self) -> bool:
        over = local_date(self.now) - timedelta(days=1)
        first = self._declared_through + timedelta(days=1)
        if over < first:
            return False
        self._declared_through = over
        if not any(is_business_day(first + timedelta(days=n)) for n in range((over - first).days + 1)):
            return False
        self._declarations += 1
        answer = await self._exchange.call(
            "payments",
            "POST",
            "/v1/lockbox-days/absences",
            json={"first": first.isoformat(), "last": over.isoformat()},
            key=f"lockbox-days-{self._declarations}",
        )
        if not answer.ok:
            raise ExchangeProblem(f"payments did not take the lockbox days {first} to {over}: {answer.says}")
        return True


def instant(moment: datetime) -> datetime:
    """Return the moment in UTC: two local times of one zone compare as wall times, which an autumn night repeats."""
    return moment.astimezone(UTC)
