"""What a unit of work asks of one kind's records, so that several who ask alike can be answered by one statement."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Generic, TypeVar

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.conditions import Condition, Order
from bulkhead.persistence.connections import Connection
from bulkhead.persistence.statements import Row, Statements

R = TypeVar("R")
A = TypeVar("A")

# Values that are equal here where they are in the database.
_TOLD_APART = frozenset((str, int, bool, date, CoverageMonth, Masked))


class Question(ABC, Generic[A]):
    """One statement about records, and what comes of it. ``reads``: it changes nothing and locks nothing."""

    __slots__ = ()
    reads: ClassVar[bool]

    @property
    @abstractmethod
    def alike(self) -> Hashable | None:
        """What those have in common that can be asked in one statement; None: it is asked by itself."""

    @abstractmethod
    async def answered(self, connection: Connection, others: Sequence[Any]) -> Sequence[A]:
        """Ask it together with others that are alike; return what each would be answered by itself, its own first."""


@dataclass(frozen=True, slots=True)
class Select(Question[list[R]], Generic[R]):
    """Which records meet the conditions, in order? Alike are those that differ in the first condition's value alone."""

    statements: Statements[R]
    conditions: Sequence[Condition]
    order: Order
    limit: int | None = None
    reads: ClassVar[bool] = True

    @property
    def alike(self) -> Hashable | None:
        """The kind, the first condition's field, and all else that is asked."""
        if self.limit is not None or not self.conditions or not all(map(_can_be_told_apart, self.conditions)):
            return None
        first, *others = self.conditions
        if first.operator not in ("eq", "in") or first.value is None:
            return None
        rest = tuple((each.field, each.operator, *_values_of(each)) for each in others)
        return (self.statements, first.field, rest, self.order)

    async def answered(self, connection: Connection, others: Sequence[Select[R]]) -> list[list[R]]:
        """Return the records that each asked for."""
        if not others:
            return [await self._asked_for(self.conditions, connection)]
        field = self.conditions[0].field
        wanted = [frozenset(_values_of(each.conditions[0])) for each in (self, *others)]
        of_all = Condition(field, "in", list(frozenset().union(*wanted)))
        records = await self._asked_for([of_all, *self.conditions[1:]], connection)
        values = [getattr(record, field) for record in records]
        return [
            [record for record, value in zip(records, values, strict=True) if value in each]
            for each in wanted
        ]

    async def _asked_for(self, conditions: Sequence[Condition], connection: Connection) -> list[R]:
        text = self.statements.select(conditions, order=self.order, limited=self.limit is not None)
        rows = await connection.fetch(text, *self.statements.parameters(conditions, self.limit))
        return self.statements.records_of(rows)


@dataclass(frozen=True, slots=True)
class AddNew(Question[list[R]], Generic[R]):
    """Which of these records could be inserted, their keys being free? All of one kind are alike."""

    statements: Statements[R]
    records: Sequence[R]
    reads: ClassVar[bool] = False

    @property
    def alike(self) -> Hashable | None:
        """The kind, and that they are new."""
        return (self.statements, "add_new")

    async def answered(self, connection: Connection, others: Sequence[AddNew[R]]) -> list[list[R]]:
        """Insert them, and return of each the records that were."""
        asked = (self, *others)
        arrays = self.statements.arrays_of([record for each in asked for record in each.records])
        # Of two with the same key either may have been inserted: all unique fields together tell which.
        inserted = self.statements.identities_in(await connection.fetch(self.statements.add_new, *arrays))
        return [[record for record in each.records if self._taken_out(record, inserted)] for each in asked]

    def _taken_out(self, record: R, inserted: set[Row]) -> bool:
        identity = self.statements.identity_of(record)
        found = identity in inserted
        inserted.discard(identity)
        return found


def _can_be_told_apart(condition: Condition) -> bool:
    return all(value is None or type(value) in _TOLD_APART for value in _values_of(condition))


def _values_of(condition: Condition) -> Sequence[Any]:
    return condition.value if condition.operator == "in" else (condition.value,)
