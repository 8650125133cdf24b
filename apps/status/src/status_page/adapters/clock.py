"""What time it is in the exchange: the wall's, or what a file tells of a simulated one."""

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
    file: Path | None

    def __call__(self) -> datetime:
        """Return the instant that is told, midnight of the first day until one is."""
        try:
            told = datetime.fromisoformat(self.file.read_text("ascii").strip()) if self.file else None
        except (OSError, ValueError):
            told = None
        return local(self.start) if told is None or told.tzinfo is None else in_exchange_time(told)
