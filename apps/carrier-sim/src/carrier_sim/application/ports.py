"""What a carrier needs of its surroundings: a way to the exchange, a notebook, the time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from carrier_sim.domain.writing import Pen

Outcome: TypeAlias = Literal["processed", "refused"]
"""What became of a file that was brought."""


class Unreachable(Exception):
    """The exchange cannot be reached, or refuses what it is asked: it says why."""


class Door(Protocol):
    """A carrier's way to its drop-box. Each may raise `Unreachable`."""

    async def names(self) -> list[str]:
        """Return the names of what lies there for the carrier."""
        ...

    async def get(self, name: str) -> bytes:
        """Return a file that lies there."""
        ...

    async def remove(self, name: str) -> None:
        """Take a file away that is at home."""
        ...

    async def put(self, name: str, content: bytes) -> None:
        """Bring a file."""
        ...

    async def outcome(self, name: str) -> Outcome | None:
        """Return what became of a file that was brought; None while nobody has judged it."""
        ...


class Notebook(Protocol):
    """What a carrier keeps between two runs: the files it fetched, what it answered, the last number it used."""

    last: int
    answered: set[str]

    def kept(self) -> Mapping[str, str]:
        """Return every file that was fetched, by its name."""
        ...

    def keep(self, name: str, content: str) -> None:
        """Keep a file."""
        ...

    def save(self) -> None:
        """Write down the last number and what was answered."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A carrier at work. ``names`` are its guide's names of reporting categories, by the standard's; ``pause`` lets
    so many seconds pass.
    """

    door: Door
    notebook: Notebook
    now: Callable[[], datetime]
    pause: Callable[[float], Awaitable[None]]
    names: Mapping[str, str] = field(default_factory=lambda: dict[str, str]())
    referee: Callable[[str], bool] | None = None
    """Says whether a file is X12 in somebody else's eyes; None where nobody is asked."""

    def pen(self) -> Pen:
        """Return what to write with."""
        return Pen(now=self.now(), last=self.notebook.last, names=self.names)

    def wrote(self, pen: Pen) -> None:
        """Note the numbers that were used, before anything goes out under them."""
        self.notebook.last = pen.last
        self.notebook.save()

    def unknown(self, names: Collection[str]) -> list[str]:
        """Return which of these files were not fetched yet, in order of their names."""
        return sorted(set(names) - set(self.notebook.kept()))
