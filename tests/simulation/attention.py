"""Which households oracles look at: those of which something has changed, and all of them often enough.

What can be wrong with a household goes wrong with a change of its rows. What should have happened to it and did not is
seen when all are looked at: every week, on the day after lists are decided, when premiums were remitted, and when
whatever was away or late is there again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from payments.domain.remittances import Remittance
from stories.language import Story
from stories.stages.simulation import World

LONGEST = timedelta(days=7)
_DAY_AFTER_LISTS = 2


class Attention:
    """Remembers how far each household has been looked at."""

    def __init__(self, world: World, story: Story) -> None:
        self._world = world
        self._households = [each.household for each in story.households]
        self._through: dict[str, int] = {}
        self._whole_on = date.min
        self._stood: tuple[object, ...] = ()

    def concerned(self) -> Sequence[str]:
        """Return the households to look at now, in the story's order."""
        databases = self._world.exchange.databases
        touched = {
            household
            for name, database in databases.items()
            for household, change in database.touched.items()
            if change > self._through.get(name, 0)
        }
        self._through = {name: database.changes for name, database in databases.items()}
        if self._all_of_them():
            return self._households
        return [each for each in self._households if each in touched]

    def _all_of_them(self) -> bool:
        world, today = self._world, self._world.now.date()
        remitted = len(world.exchange.databases["payments"].rows(Remittance))
        stands = (remitted, world.late, frozenset(world.down))
        due = today - self._whole_on >= LONGEST or (today.day == _DAY_AFTER_LISTS and today != self._whole_on)
        if stands == self._stood and not due:
            return False
        self._stood, self._whole_on = stands, today
        return True
