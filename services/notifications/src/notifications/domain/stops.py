"""Stopping notices at once, and letting them go on (NOT-3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, Literal, TypeAlias, get_args

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, InvalidValue
from bulkhead.kernel.personal import Masked
from notifications.domain.notices import NOTICE_TYPES, Notice, NoticeType

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
    def is_of_all_of_a_type(self) -> bool:
        """Whether it stops a whole type, whoever it is for and whenever it was made."""
        return self.type is not None and self.household is None and self.made_on is None

    def holds(self, notice: Notice) -> bool:
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


def stopping(stops: Iterable[NoticeStop], notice: Notice) -> NoticeStop | None:
    """Return the first of these stops that keeps a notice from leaving, None where it may."""
    return next((each for each in stops if each.holds(notice)), None)


def types_that_may_leave(stops: Iterable[NoticeStop]) -> list[NoticeType]:
    """Return the types of which not all notices are stopped."""
    stopped = {each.type for each in stops if each.is_of_all_of_a_type}
    return [each for each in NOTICE_TYPES if each not in stopped]
