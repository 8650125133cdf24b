"""Files that others drop: how far each has been read, and what was wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Literal, Protocol, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import BulkheadError, Conflict

FileState: TypeAlias = Literal["stored", "set-aside", "loaded", "refused"]
"""``stored``: its bytes are kept and not yet read. ``set-aside``: reading it failed in a way it must not; it is tried
again, and others go on. ``loaded``: what it says is recorded. ``refused``: nothing of it is recorded, for a reason; it
is read again when it is dropped again, until a person has said what became of it.
"""

Became: TypeAlias = Literal["replaced", "by-hand", "nothing-missing"]
"""What a person found that became of what was refused of a file. ``replaced``: another file brought it. ``by-hand``: a
person recorded it. ``nothing-missing``: there is nothing in it that is not recorded otherwise.
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


MOST_PROBLEMS: Final = 20
"""So many are told of a file that is refused: the first of them."""


class NotWhole(BulkheadError):
    """A file is not a whole one of its kind: nothing of it is taken. ``problems`` say what is wrong, and repeat nothing
    of it but counts and sums."""

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        super().__init__("not a whole file")
        self.problems = tuple(problems[:MOST_PROBLEMS])


class NothingWaits(Conflict):
    """Nothing of a file waits for a person: nothing of it was refused, or somebody said what became of it (PAY-3)."""

    kind: ClassVar[str] = "nothing-waits"


def nothing_waits(file: FileIn) -> NothingWaits:
    """Return the refusal to say of a file what became of it (PAY-3)."""
    return NothingWaits(
        "nothing of the file waits for a person",
        reasons=(
            Reason(
                rule="PAY-3",
                says="of what was refused of a file a person says once what became of it",
                facts={"state": file.state},
            ),
        ),
    )


TO_BE_READ: Final[dict[str, Any]] = {"state": "stored", "refusal": None, "waits": False}
"""What is known of how a file was read before it is."""


class FileIn(Protocol):
    """A file as it was found. ``file`` is the hash of its bytes.

    While it ``waits``, something of it was refused, and nobody has said what became of that; then it is known what
    ``became`` of it, when that was said and by whom.
    """

    @property
    def file(self) -> str:
        """The hash of its bytes."""
        ...

    @property
    def name(self) -> str:
        """What it was called."""
        ...

    @property
    def stored_at(self) -> datetime:
        """When it was found first."""
        ...

    @property
    def state(self) -> FileState:
        """How far it has been read."""
        ...

    @property
    def waits(self) -> bool:
        """Whether something of it was refused, and nobody has said what became of that."""
        ...
