"""What should have come to an end by now and has not: nothing may be in limbo without a person knowing (I9)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from bulkhead.persistence.ports import UnitOfWork

MOST_LISTED = 1_000
"""How many overdue things of one kind are listed; more of them are the same trouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """One thing past its deadline in a state that is not final. ``says`` is why, in fixed words and ids."""

    kind: str
    id: str
    household: str | None
    deadline: date
    says: str


FindOverdue: TypeAlias = Callable[[UnitOfWork], Awaitable[Sequence[Overdue]]]
"""Returns what is overdue as of ``uow.today``, at most `MOST_LISTED` of each kind."""
