"""Lockbox days and files: what the bank sent, whether it was whole, and which business days are accounted
for.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Literal

from bulkhead.kernel.calendar import is_business_day
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue, Refused
from payments.domain.files_in import Became, FileState, RowProblem
from payments.domain.parameters import PaymentsParameters

LONGEST_ABSENCE = timedelta(days=366)
"""How long ago a day may be that is declared absent: an earlier one is a slip of the hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockboxFile:
    """One file as it was found. ``file`` is the hash of its bytes.

    Where it is ``loaded`` its rows are payments or suspense, ``accepted_cents`` in all, but for ``refused_rows``, whose
    amount cannot be read; ``noted_rows`` are problems of rows that were taken all the same. Of both the first are kept,
    and ``refused_total`` and ``noted_total`` are how many there are. Where it is ``refused``, ``refusal`` says why it
    is not a whole file. While it is neither, the books stay open for it (PAY-10). Where it or a row of it is refused,
    it ``waits`` until somebody says what ``became`` of that. ``loaded_at`` is when recording its money began, and all
    of it counts as known from then.
    """

    file: str
    name: str
    stored_at: datetime
    state: FileState
    deposit_date: date | None
    sequence: int | None
    accepted_rows: int
    accepted_cents: int
    refused_rows: tuple[RowProblem, ...]
    noted_rows: tuple[RowProblem, ...]
    refusal: str | None
    waits: bool
    became: Became | None
    decided_at: datetime | None
    decided_by: str | None
    loaded_at: datetime | None = None
    refused_total: int = 0
    noted_total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LockboxContent:
    """The bytes of a file, apart from what is known about it so that lists stay light."""

    file: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LockboxDay:
    """A day whose lockbox file is loaded, or of which an operator said that there is none (PAY-10)."""

    day: date
    state: Literal["loaded", "absent"]
    recorded_at: datetime
    declared_by: str | None


class DayNotOver(Refused):
    """A day cannot be declared absent before it is over (PAY-10)."""

    kind: ClassVar[str] = "day-not-over"


def business_days(*, first: date, last: date, parameters: PaymentsParameters) -> list[date]:
    """Return the business days from ``first`` to ``last``, both included (CAL-2)."""
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return [day for day in days if is_business_day(day, extra_holidays=parameters.extra_holidays)]


def unaccounted_days(
    *, closed_through: date | None, through: date, accounted: Collection[date], parameters: PaymentsParameters
) -> list[date]:
    """Return the business days that keep the books of ``through`` open, oldest first (PAY-10).

    ``closed_through`` is the date closed last, None when none is: what lies before a service's first books is
    nobody's lockbox day, so those close freely. ``accounted`` are the days loaded or declared absent.
    """
    if closed_through is None:
        return []
    days = business_days(first=closed_through + timedelta(days=1), last=through, parameters=parameters)
    return [day for day in days if day not in accounted]


def checked_absence(*, first: date, last: date, today: date) -> None:
    """Raise `InvalidValue` or `DayNotOver` unless the days can be declared absent today (PAY-10)."""
    if last < first:
        raise InvalidValue(field="/last", problem="must not be before the first day")
    if today - first > LONGEST_ABSENCE:
        raise InvalidValue(field="/first", problem="must be within a year of today")
    if last >= today:
        raise DayNotOver(
            "a day's lockbox file can still come until the day is over",
            field="/last",
            reasons=(
                Reason(
                    rule="PAY-10",
                    says="a business day is declared absent when it is over and its file was not loaded",
                    facts={"latest": (today - timedelta(days=1)).isoformat()},
                ),
            ),
        )
