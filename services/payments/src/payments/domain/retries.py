"""Work that failed waits for itself alone, longer each time, with its last reason (I9)."""

from __future__ import annotations

from dataclasses import Field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol, TypeVar

from bulkhead.kernel.backoff import backoff

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)


class Waiting(Protocol):
    """A record of work that may have to wait.

    ``retry_at`` is when it is next to be tried, None once nothing is left to do; ``failures`` counts the tries
    that failed in a row, ``failure`` says why the last one did.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def failures(self) -> int:
        """How many tries failed in a row."""
        ...


W = TypeVar("W", bound=Waiting)


def wait_after(failures: int) -> timedelta:
    """Return how long work waits after so many failures, 1 or more: twice as long each time, up to an hour."""
    return backoff(failures, first=FIRST_WAIT, longest=LONGEST_WAIT)


def put_off(work: W, *, failure: str, now: datetime) -> W:
    """Return the work as put off after a try that failed for this reason."""
    failures = work.failures + 1
    return replace(work, failures=failures, failure=failure, retry_at=now + wait_after(failures))
