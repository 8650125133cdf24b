"""Files that others drop: how far each has been read, and what was wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias

FileState: TypeAlias = Literal["stored", "set-aside", "loaded", "refused"]
"""``stored``: its bytes are kept and not yet read. ``set-aside``: reading it failed in a way it must not; it is tried
again, and others go on. ``loaded``: what it says is recorded. ``refused``: not a whole file.
"""

UNREAD: Final[tuple[FileState, ...]] = ("stored", "set-aside")
"""States of a file that is still to be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """One problem of one line of a file. The rest of the file is not touched by it."""

    line: int
    field: str
    rule: str
    problem: str


class FileIn(Protocol):
    """A file as it was found. ``file`` is the hash of its bytes."""

    @property
    def file(self) -> str:
        """The hash of its bytes."""
        ...

    @property
    def name(self) -> str:
        """What it was called."""
        ...

    @property
    def state(self) -> FileState:
        """How far it has been read."""
        ...
