"""Stopping notices at once, and letting them go on (NOT-3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import ClassVar, Literal, TypeAlias, get_args

from bulkhead.kernel.calendar import local, local_date
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, InvalidValue
from bulkhead.kernel.personal import Masked
from notifications.domain.notices import NOTICE_TYPES, Notice, NoticeHead, NoticeType

StopReason: TypeAlias = Literal["wrong-wording", "wrong-facts", "closed-door", "other"]
"""Why notices are stopped: *wrong-facts* are those of the exchange, such as amounts, *closed-door* is where they send
people."""

STOP_REASONS: tuple[StopReason, ...] = get_args(StopReason)


class StopIsOver(Conflict):
    """Notices that go on already are not let go on again (NOT-3)."""

    kind: ClassVar[str] = "stop-is-over"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeStop:
    """Notices that do not leave from ``stopped_at`` on, until they may again: of a type, of a household, those that
    were made on a day, or what several of these have in common; None is any. ``note`` is free text, kept here alone.
    """

    stop: str
    type: NoticeType | None
    household: str | None
    made_on: date | None
    because: StopReason
    note: Masked | None
    stopped_at: datetime
    stopped_by: str
    resumed_at: datetime | None = None
    resumed_by: str | None = None

    @property
    def is_of_all_of_a_household(self) -> bool:
        """Whether it stops all notices of a household."""
        return self.household is not None and self.type is None and self.made_on is None

    def holds(self, notice: Notice | NoticeHead) -> bool:
        """Whether it keeps a notice from leaving, while it stands."""
        return (
            self.type in (None, notice.type)
            and self.household in (None, notice.household)
            and self.made_on in (None, local_date(notice.created_at))
        )

    def resumed(self, *, by: str, now: datetime) -> NoticeStop:
        """Return the stop as it ends; raises `StopIsOver`."""
        if self.resumed_at is not None:
            raise StopIsOver(
                "these notices go on already",
                reasons=(
                    Reason(
                        rule="NOT-3",
                        says="a stop ends once",
                        facts={"stop": self.stop, "resumed_at": self.resumed_at.isoformat()},
                    ),
                ),
            )
        return replace(self, resumed_at=now, resumed_by=by)


def checked_stop(stop: NoticeStop) -> NoticeStop:
    """Return the stop if it says what it is of; raises `InvalidValue` (NOT-3)."""
    if stop.type is None and stop.household is None and stop.made_on is None:
        raise InvalidValue(
            field="/type",
            problem="is needed, or a household, or the day on which the notices were made",
            reasons=(Reason(rule="NOT-3", says="a stop names a type, a batch or a household"),),
        )
    return stop


def stopping(stops: Iterable[NoticeStop], notice: Notice | NoticeHead) -> NoticeStop | None:
    """Return the first of these stops that keeps a notice from leaving, None where it may."""
    return next((each for each in stops if each.holds(notice)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Notices of some types that were made from an instant on and before another; None is no bound."""

    types: tuple[NoticeType, ...]
    since: datetime | None
    before: datetime | None


def batches_that_may_leave(stops: Iterable[NoticeStop]) -> list[Batch]:
    """Return what is not stopped, whoever it is for: all types and days but those that are."""
    days_of: dict[frozenset[date], list[NoticeType]] = {}
    of_all = [each for each in stops if each.household is None]
    for notice_type in NOTICE_TYPES:
        days = {each.made_on for each in of_all if each.type in (None, notice_type)}
        if None not in days:
            days_of.setdefault(frozenset(day for day in days if day is not None), []).append(notice_type)
    return [
        Batch(types=tuple(types), since=since, before=before)
        for days, types in days_of.items()
        for since, before in _between(sorted(days))
        if since is None or since != before
    ]


def _between(days: Sequence[date]) -> Iterator[tuple[datetime | None, datetime | None]]:
    since: datetime | None = None
    for day in days:
        yield since, local(day)
        since = local(day + timedelta(days=1))
    yield since, None
