"""How long to wait before the next try: twice as long each time, up to a longest wait."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

Wait = TypeVar("Wait", float, timedelta)

# Far beyond any longest wait. Without a bound the power itself would some day be too large to multiply with.
_MOST_DOUBLINGS = 16


def backoff(failures: int, *, first: Wait, longest: Wait) -> Wait:
    """Return the wait after so many failures in a row, 1 or more: ``first``, then doubled, never above ``longest``."""
    return min(first * 2 ** min(failures - 1, _MOST_DOUBLINGS), longest)
