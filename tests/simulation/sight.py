"""What oracles look at: the services' committed rows, whole or of one household."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, TypeVar

from bulkhead_testing.memory import MemoryDatabase
from stories.language import Household, KnownToHub, Story
from stories.stages.simulation import World

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """An exchange at a quiet moment.

    ``household`` is the one whose rows these are, empty for all. ``away`` is what is down, but for the federal hub, which
    nobody waits for (ENR-10): ``hub_away`` says whether that is, ``hub_words`` what it was told of whom, in order. ``troubled_at`` is when
    something was last away, late or awaited: what waits for it may wait as long. ``households`` are those to look at, and
    ``whole`` says that these are all there are. ``offered`` is what each plan was put into the catalog with, in order.
    """

    databases: Mapping[str, MemoryDatabase]
    story: Story
    now: datetime
    away: frozenset[str]
    hub_away: bool
    late: bool
    troubled_at: datetime
    households: Sequence[str]
    hub_words: Mapping[str, Sequence[KnownToHub]]
    household: str = ""
    offered: Mapping[str, Sequence[Mapping[str, Any]]] = field(
        default_factory=dict[str, Sequence[Mapping[str, Any]]]
    )

    @property
    def today(self) -> date:
        """The date."""
        return self.now.date()

    @property
    def all_there(self) -> bool:
        """Whether nothing is away and nobody is late: then all know the same."""
        return not self.away and not self.late

    @property
    def whole(self) -> bool:
        """Whether no household is left out."""
        return len(self.households) == len(self.story.households)

    @property
    def registered(self) -> Household:
        """The one household as it is registered."""
        return next(each for each in self.story.households if each.household == self.household)

    def of(self, household: str) -> Sight:
        """Return the same of one household alone."""
        return replace(self, household=household)

    def rows(self, service: str, kind: type[R]) -> list[R]:
        """Return a service's rows of a kind: the household's, where it is one's and the rows are somebody's."""
        database = self.databases[service]
        return database.rows_of(self.household, kind) if self.household else database.rows(kind)


def sight_of(world: World, story: Story, *, troubled_at: datetime, households: Sequence[str]) -> Sight:
    """Return what can be seen of a world now, for a look at these households."""
    return Sight(
        databases=world.exchange.databases,
        story=story,
        now=world.now,
        away=frozenset(world.down) - {"hub"},
        hub_away="hub" in world.down,
        late=world.late,
        troubled_at=troubled_at,
        households=households,
        hub_words=world.hub_words,
    )
