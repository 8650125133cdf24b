"""What one piece of work has at hand: records loaded as sets, changed in memory, and written back as sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from operator import attrgetter
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar, cast

from bulkhead.kernel.decisions import Reason

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An event to be told, the date it counts for (None: today), and why."""

    event: object
    household: str | None
    business_date: date | None
    reasons: tuple[Reason, ...]


class WorkingSet:
    """Records by kind and key as they are now, with what has changed since they were loaded and what is to be said.

    A subclass names its ``KEYS``: the kinds of record it works on, each with the fields of its key. Whoever began the
    transaction writes it back: `bulkhead.persistence.working_set.write`.
    """

    KEYS: ClassVar[Mapping[type[Any], tuple[str, ...]]]
    _key_of: ClassVar[Mapping[type[Any], Callable[[Any], Any]]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._key_of = {kind: attrgetter(*names) for kind, names in cls.KEYS.items()}

    def __init__(self) -> None:
        # By kind, as they come: a working set may be one household's, and there are thousands of those in a run.
        self._rows = defaultdict[type, dict[Any, Any]](dict)
        self._changed = defaultdict[type, dict[Any, Any]](dict)
        self._new = defaultdict[type, dict[Any, Any]](dict)
        self.said: list[Said] = []

    def take(self, *rows: Iterable[Any]) -> None:
        """Take in rows as they are stored."""
        for row in chain(*rows):
            kind = row.__class__
            self._rows[kind][self._key_of[kind](row)] = row

    def rows(self, kind: type[R]) -> list[R]:
        """Return the rows of a kind, as they are now."""
        return list(cast("dict[Any, R]", self._rows[kind]).values())

    def by_key(self, kind: type[R]) -> Mapping[Any, R]:
        """Return the rows of a kind by their key, a tuple where it has several fields: a view of how they are."""
        return MappingProxyType(cast("dict[Any, R]", self._rows[kind]))

    def find(self, kind: type[R], *key: Any) -> R | None:
        """Return the row of that key, or None."""
        return cast("R | None", self._rows[kind].get(key[0] if len(key) == 1 else key))

    def get(self, kind: type[R], *key: Any) -> R:
        """Return the row of that key, which is known to be there; raises `KeyError` otherwise."""
        return cast("R", self._rows[kind][key[0] if len(key) == 1 else key])

    def put(self, *rows: Any) -> None:
        """Add or replace rows, to be written; one that is there just so is left alone."""
        for row in rows:
            kind = row.__class__
            key = self._key_of[kind](row)
            if self._rows[kind].get(key) != row:
                self._rows[kind][key] = row
                written = self._new[kind] if key in self._new[kind] else self._changed[kind]
                written[key] = row

    def add(self, row: Any) -> bool:
        """Add a row that is new, and must be when it is written; return False for one that is there already."""
        kind = row.__class__
        key = self._key_of[kind](row)
        if key in self._rows[kind]:
            return False
        self._rows[kind][key] = self._new[kind][key] = row
        return True

    def changed(self, kind: type[R]) -> list[R]:
        """Return the rows of a kind that are to be inserted or replaced."""
        return list(cast("dict[Any, R]", self._changed[kind]).values())

    def added(self, kind: type[R]) -> list[R]:
        """Return the rows of a kind that are to be inserted, and are refused where their key is taken."""
        return list(cast("dict[Any, R]", self._new[kind]).values())

    def say(
        self,
        event: object,
        *,
        household: str | None,
        on: date | None = None,
        reasons: Sequence[Reason] = (),
    ) -> None:
        """Note an event to be told; see `bulkhead.persistence.ports.UnitOfWork.emit`."""
        self.said.append(Said(event=event, household=household, business_date=on, reasons=tuple(reasons)))
