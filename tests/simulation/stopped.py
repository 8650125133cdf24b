"""Notices that are stopped for some days, and let go on: none of them leaves meanwhile, and all do afterwards (NOT-3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from bulkhead.kernel.calendar import local_date
from notifications.domain.notices import NOTICE_TYPES, TO_SEND, Notice
from notifications.domain.stops import NoticeStop
from simulation.sight import Sight
from simulation.taken_out import Agenda
from stories.language import Deed

_OFTEN = 0.25
"""In how many years notices are ever stopped."""

_MOSTLY = ("invoice", "invoice", "payment-received", "past-due")
"""What is stopped more often than the rest: of these most are sent."""


class Stopped:
    """Which notices are stopped when, with dice of its own."""

    def __init__(self, agenda: Agenda, dice: Random) -> None:
        self._agenda = agenda
        self._dice = dice
        self.types: set[str] = set()
        """Those that are stopped now."""

    def begin(self, after: datetime) -> None:
        """Have notices be stopped in the year, or in none of it."""
        if self._dice.random() < _OFTEN:
            self._some_day(after)

    def _some_day(self, after: datetime) -> None:
        dice = self._dice
        at = after + timedelta(days=dice.choice([4, 13, 30, 52]), minutes=dice.choice([3, 411, 903]))

        def stop() -> Deed | None:
            self._some_day(at)
            kind = dice.choice([*_MOSTLY, *NOTICE_TYPES])
            if kind in self.types or "notifications" in self._agenda.down:
                return None
            self.types.add(kind)
            self._resume(kind, at + timedelta(days=dice.choice([0, 1, 3, 9, 26]), hours=dice.choice([1, 7])))
            return Deed(word="stop-notices", fields={"type": kind}, line=0)

        self._agenda.plan(at, stop)

    def _resume(self, kind: str, at: datetime) -> None:
        def resume() -> Deed | None:
            if "notifications" in self._agenda.down:
                self._resume(kind, at + timedelta(days=1))
                return None
            self.types.remove(kind)
            return Deed(word="resume-notices", fields={"type": kind}, line=0)

        self._agenda.plan(at, resume)


def wrong(its: Sight) -> list[str]:
    """Return which of a household's notices left while they were stopped, or did not when they might again."""
    stops = its.databases["notifications"].rows(NoticeStop)
    found: list[str] = []
    for notice in its.rows("notifications", Notice) if stops else ():
        left, again = notice.sent_on, held_until(its, notice)
        # On the days on which a stop began and ended some may have left before and after it.
        if left is not None and any(
            local_date(each.stopped_at) < left < local_date(each.resumed_at or its.now)
            for each in stops
            if each.type == notice.type
        ):
            found.append(f"NOT-3: {its.household}'s {notice.type} left on {left}, while it was stopped")
        if again is not None and notice.state in TO_SEND:
            free = max(again, notice.created_at, its.troubled_at)
            if free < its.now - timedelta(days=1):
                found.append(f"NOT-3: {its.household}'s {notice.type} may leave since {free}, and has not")
    return found


def held_until(its: Sight, notice: Notice) -> datetime | None:
    """Return until when a notice was last stopped, now where it is; None where it never was."""
    stops = its.databases["notifications"].rows(NoticeStop)
    return max((each.resumed_at or its.now for each in stops if each.type == notice.type), default=None)
