"""E-mails that come back later than at once, and what of that must be so: a letter follows, and nothing is mailed there
any more (NOT-4).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from bulkhead.kernel.calendar import local_date
from notifications.domain.notices import Notice
from simulation.mistakes import Agenda
from simulation.sight import Sight
from simulation.stopped import held_until
from stories.driver import CameBack
from stories.language import Deed

_OFTEN = 0.3
"""For how many households any mail ever comes back."""


class Bounced:
    """Whose mail comes back, with dice of its own."""

    def __init__(self, agenda: Agenda, dice: Random) -> None:
        self._agenda = agenda
        self._dice = dice

    def begin(self, after: datetime, household: str) -> None:
        """Have mail of a household come back, or leave it alone."""
        if self._dice.random() < _OFTEN:
            self._some_day(after, household)

    def _some_day(self, after: datetime, household: str) -> None:
        dice = self._dice
        at = after + timedelta(days=dice.choice([3, 17, 35, 61, 88]), minutes=dice.choice([7, 191, 617]))
        status = dice.choice(["4.4.1", "4.4.1", "4.4.7", "5.1.1"])
        fields: dict[str, Any] = {"household": household, "status": status}
        fields["action"] = "delayed" if status == "4.4.1" else "failed"
        # Dice of its own: whose mail comes back, and when, does not hang on who tells it.
        fields["by"] = Random(f"{household}/{at}/who tells").choice(["api", "maildir", "provider"])

        def comes_back() -> Deed:
            self._some_day(at, household)
            return Deed(word="bounce", fields=fields, line=0)

        self._agenda.plan(at, comes_back)


def wrong(its: Sight, *, came_back: Sequence[CameBack], printed: Collection[str]) -> list[str]:
    """Return what is wrong of a household's mail that came back, in words; nothing where all is right. ``printed`` are
    the names of all files of letters.
    """
    if its.troubled_at > its.now - timedelta(days=2):
        return []
    own = [each for each in came_back if each.household == its.household]
    notices = {each.notice: each for each in its.rows("notifications", Notice)} if own else {}
    found: list[str] = []
    for each in own:
        notice = notices[each.notice]
        since = max(each.at, held_until(its, notice) or each.at)
        if not each.failed or since > its.now - timedelta(days=1):
            continue
        # An invoice asks for nothing any more once its binder is closed, and then nothing need be told later.
        told_later = notice.type == "invoice" or any(
            other.number > notice.number for other in notices.values()
        )
        if f"{its.household}/{each.notice}.json" not in printed and not (
            notice.state == "withdrawn" and told_later
        ):
            found.append(
                f"NOT-4: {its.household}'s {notice.type} came back on {each.at}, and no letter followed"
            )
        if each.hard:
            found += [
                f"NOT-4: {its.household} was mailed {other.type} on {other.sent_on}, to where nothing arrives"
                for other in notices.values()
                if other.by == "email" and other.sent_on is not None and other.sent_on > local_date(each.at)
            ]
    return found
