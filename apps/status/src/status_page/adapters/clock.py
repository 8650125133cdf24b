"""What time it is in the exchange: the wall's, or what a file or the services tell of a simulated one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from bulkhead.kernel.calendar import in_exchange_time, local


def wall() -> datetime:
    """Return the current instant, in the exchange's zone (CAL-1)."""
    return in_exchange_time(datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Simulated:
    """A clock that somebody else moves, and tells of in a file."""

    start: date
    file: Path

    def __call__(self) -> datetime:
        """Return the instant that is told, midnight of the first day until one is."""
        try:
            told = datetime.fromisoformat(self.file.read_text("ascii").strip())
        except (OSError, ValueError):
            told = None
        return local(self.start) if told is None or told.tzinfo is None else in_exchange_time(told)


class Followed:
    """A simulated clock of which no file tells: it shows the latest instant that was heard, and never goes back."""

    def __init__(self, start: date) -> None:
        self._now = local(start)

    def hear(self, instant: datetime) -> None:
        """Take up an instant that a service says it is."""
        self._now = max(self._now, in_exchange_time(instant))

    def __call__(self) -> datetime:
        """Return the latest instant that was heard, midnight of the first day until one is."""
        return self._now
