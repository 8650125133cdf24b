"""A clock that shows what a test says."""

from __future__ import annotations

from datetime import datetime

from bulkhead.kernel.calendar import in_exchange_time


class FixedClock:
    """Shows ``shows`` until a test changes it; nothing is remembered and going back is allowed."""

    def __init__(self, shows: datetime) -> None:
        self.shows = shows

    def now(self) -> datetime:
        """Return the instant the test set, in the exchange's zone (CAL-1)."""
        return in_exchange_time(self.shows)
