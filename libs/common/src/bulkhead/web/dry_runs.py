"""What a change would do, without doing it: it is done, looked at, and undone.

So nothing is said that the change itself would not say: it is the same code, on what is there now.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, SerializeAsAny

from bulkhead.persistence.ports import Emitted
from bulkhead.web.views import SaidView

V = TypeVar("V", bound=BaseModel)


class DryRun(BaseModel, Generic[V]):
    """What an operation would do at this moment; nothing of it was kept, and ids in it are not given away.

    ``outcome`` is what the operation would answer, ``events`` what the service would tell the others then, in order:
    give them to another service's what-if to see what follows there.
    """

    outcome: SerializeAsAny[V]
    events: list[SaidView]

    @classmethod
    def of(cls, outcome: V, *, emitted: Iterable[Emitted]) -> DryRun[V]:
        """Return what came of it, with what was said."""
        return cls(outcome=outcome, events=[SaidView.of(each.record) for each in emitted])


class NothingKept(Exception):
    """Raised to undo a dry run; ``dry_run`` is what came of it."""

    def __init__(self, dry_run: DryRun[Any]) -> None:
        super().__init__("this was a dry run")
        self.dry_run = dry_run
