"""What a headline leaves behind: figures beside those that were reported, and what the page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from drill.looking import Journal
from drill.stage import Look, Outage
from recorder.verdicts import Table, Verdict


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what the report says, what must come of it here, and what was found."""

    what: str
    reported: str
    expected: int | str
    found: int | str

    @property
    def right(self) -> bool:
        """Whether it is as it must be."""
        return self.expected == self.found


@dataclass(frozen=True, slots=True)
class Age:
    """How many seconds of the wall's clock it took from an answer to what came of it."""

    called: str
    half: float
    """Half of all took no longer."""
    nearly_all: float
    """99 of 100."""
    longest: float

    def __str__(self) -> str:
        return f"{self.called}: half {self.half:.1f} s, 99 of 100 {self.nearly_all:.1f} s, longest {self.longest:.1f} s"


@dataclass(frozen=True, slots=True)
class Without:
    """How many people ``would`` have met what without a guard, counted from the same households, events and mails."""

    guard: str
    rule: str
    would: str
    people: int


@dataclass(slots=True, kw_only=True)
class Headline:
    """One headline, played."""

    name: str
    title: str
    source: str
    chosen: Sequence[str]
    """What the report does not say, and was chosen here."""
    people: int
    households: int
    requests: int = 0
    seconds: float = 0.0
    began: datetime
    ended: datetime
    figures: list[Figure] = field(default_factory=lambda: list[Figure]())
    without: list[Without] = field(default_factory=lambda: list[Without]())
    outages: list[Outage] = field(default_factory=lambda: list[Outage]())
    looks: list[Look] = field(default_factory=lambda: list[Look]())
    ages: list[Age] = field(default_factory=lambda: list[Age]())
    journal: Journal = field(default_factory=Journal)
    table: Table = field(default_factory=Table)

    @property
    def missing(self) -> int:
        """How many accepted acts are not everywhere they must be."""
        return self.table.total(Verdict.MISSING)

    @property
    def doubled(self) -> int:
        """How many acts are there more than once, or answered with two different things."""
        return self.table.total(Verdict.DOUBLED) + self.table.total(Verdict.TWICE)

    @property
    def held(self) -> bool:
        """Whether all figures are right and every act is where it must be, once."""
        return self.table.right and all(each.right for each in self.figures)

    def check(self, what: str, *, expected: int | str, found: int | str, reported: str = "") -> None:
        """Keep a figure."""
        self.figures.append(Figure(what, reported, expected, found))
