"""Quiet hours: when nobody is mailed what is not urgent (NOT-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bulkhead.kernel.calendar import EXCHANGE_ZONE, local_date
from notifications.domain.notices import NoticeType


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """From when to when, by the exchange's clock and over midnight where ``ends`` is not later, notices of these types
    are not mailed: each waits for the morning.
    """

    begins: time
    ends: time
    types: tuple[NoticeType, ...]

    def held_at(self, now: datetime) -> frozenset[NoticeType]:
        """Return the types that are not mailed at an instant.

        A time that a night in spring leaves out is an hour later; of one that a night in autumn has twice, the first
        counts: quiet hours that are over do not begin again.
        """
        today = local_date(now)
        for day in (today - timedelta(days=1), today):
            over = day if self.begins < self.ends else day + timedelta(days=1)
            begins = datetime.combine(day, self.begins, tzinfo=EXCHANGE_ZONE)
            ends = datetime.combine(over, self.ends, tzinfo=EXCHANGE_ZONE)
            # As instants: times of one zone compare by what the clock shows.
            if begins.timestamp() <= now.timestamp() < ends.timestamp():
                return frozenset(self.types)
        return frozenset()
