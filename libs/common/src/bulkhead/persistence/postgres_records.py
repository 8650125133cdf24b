"""The records of one kind in PostgreSQL: every method is one statement over a set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from bulkhead.persistence.conditions import Condition, check_values, parse_conditions, parse_order
from bulkhead.persistence.questions import AddNew, Question, Select
from bulkhead.persistence.statements import Inserts, Row, Statements

R = TypeVar("R")
P = TypeVar("P")
A = TypeVar("A")


class Runs(Protocol):
    """Runs statements in one transaction."""

    async def ask(self, question: Question[A]) -> A:
        """Run the statement of a question, or one of several that are alike, and return its answer."""
        ...

    async def read(self, query: str, *parameters: Any) -> Sequence[Any]:
        """Run a statement that changes nothing and return its rows."""
        ...

    async def execute(self, query: str, *parameters: Any) -> str:
        """Run a statement and return what PostgreSQL says of it, such as ``DELETE 2``."""
        ...

    async def insert(self, inserts: Inserts, rows: Sequence[Row]) -> None:
        """Insert rows."""
        ...


class PostgresRecords(Generic[R]):
    """The records of one kind in one transaction."""

    def __init__(self, *, statements: Statements[R], transaction: Runs) -> None:
        self._statements = statements
        self._shape = statements.shape
        self._transaction = transaction

    async def get(self, **key: Any) -> R | None:
        """Return the one record these conditions single out, or None; raises `ValueError` where they fit
        several.
        """
        found = await self.select(**key)
        if len(found) > 1:
            raise ValueError(f"more than one {self._shape.kind.__name__} meets the conditions of get")
        return found[0] if found else None

    async def select(
        self, *, order_by: Sequence[str] = (), limit: int | None = None, **conditions: Any
    ) -> list[R]:
        """Return the records that meet the conditions, in order."""
        order = parse_order(fields=self._shape.asked_by, key=self._shape.key, order_by=order_by)
        return await self._transaction.ask(Select(self._statements, self._asked(conditions), order, limit))

    async def select_as(
        self, kind: type[P], *, order_by: Sequence[str] = (), limit: int | None = None, **conditions: Any
    ) -> list[P]:
        """Return of the records that meet the conditions, in order, what another dataclass has fields for."""
        asked = self._asked(conditions)
        order = parse_order(fields=self._shape.asked_by, key=self._shape.key, order_by=order_by)
        text = self._statements.select_part(kind, asked, order=order, limited=limit is not None)
        return self._statements.parts_of(kind, await self._rows(text, asked, limit))

    async def distinct(self, field: str, *, limit: int | None = None, **conditions: Any) -> list[Any]:
        """Return the different values of one field, in ascending order."""
        self._known(field)
        asked = self._asked(conditions)
        text = self._statements.distinct(field, asked, limited=limit is not None)
        return self._statements.values_of(field, [row[0] for row in await self._rows(text, asked, limit)])

    async def count(self, **conditions: Any) -> int:
        """Return how many records meet the conditions."""
        asked = self._asked(conditions)
        return int((await self._rows(self._statements.count(asked), asked))[0][0])

    async def counts(self, *, by: str, **conditions: Any) -> dict[Any, int]:
        """Return how many records meet the conditions, by the values of a field."""
        self._known(by)
        asked = self._asked(conditions)
        return self._by_group(by, await self._rows(self._statements.counts(by, asked), asked))

    async def total(self, field: str, **conditions: Any) -> int:
        """Return the sum of an integer field over the records that meet the conditions; 0 for none."""
        self._known(field)
        asked = self._asked(conditions)
        return int((await self._rows(self._statements.total(field, asked), asked))[0][0])

    async def totals(self, field: str, *, by: str, **conditions: Any) -> dict[Any, int]:
        """Return the sums of an integer field by the values of another, over the records that meet the
        conditions."""
        self._known(field)
        self._known(by)
        asked = self._asked(conditions)
        return self._by_group(by, await self._rows(self._statements.totals(field, by, asked), asked))

    async def add(self, records: Iterable[R]) -> None:
        """Insert records, as one set. Raises `AlreadyExists` if any key is taken, when the unit of work ends at the
        latest; then none is inserted.
        """
        if new := self._checked(records):
            await self._transaction.insert(self._statements.inserts, [*map(self._shape.values_of, new)])

    async def add_new(self, records: Iterable[R]) -> list[R]:
        """Insert those records whose key is free, as one set; return the ones inserted."""
        self._shape.require_key()
        new = self._checked(records)
        if not new:
            return []
        return await self._transaction.ask(AddNew(self._statements, new))

    async def put(self, records: Iterable[R]) -> None:
        """Insert or replace records by primary key, as one set; the last of the same key counts."""
        self._shape.require_key()
        new = list({self._shape.key_of(record): record for record in self._checked(records)}.values())
        if new:
            await self._transaction.execute(self._statements.put, *self._statements.arrays_of(new))

    async def update(self, values: Mapping[str, Any], **conditions: Any) -> int:
        """Set these fields of the records that meet the conditions (at least one is needed); return how many."""
        check_values(fields=self._shape.asked_by, key=self._shape.key, values=values)
        asked = self._asked_of_some(conditions)
        text = self._statements.update(tuple(values), asked)
        return await self._changed(text, *self._statements.given(values), *self._statements.parameters(asked))

    async def remove(self, **conditions: Any) -> int:
        """Delete the records that meet the conditions (at least one is needed); return how many."""
        asked = self._asked_of_some(conditions)
        return await self._changed(self._statements.remove(asked), *self._statements.parameters(asked))

    async def _changed(self, text: str, *parameters: Any) -> int:
        return int((await self._transaction.execute(text, *parameters)).rpartition(" ")[2])

    def _by_group(self, by: str, rows: Sequence[Any]) -> dict[Any, int]:
        groups = self._statements.values_of(by, [row[0] for row in rows])
        return {group: int(row[1]) for group, row in zip(groups, rows, strict=True)}

    async def _rows(self, text: str, asked: Sequence[Condition], limit: int | None = None) -> Sequence[Any]:
        return await self._transaction.read(text, *self._statements.parameters(asked, limit))

    def _asked_of_some(self, conditions: dict[str, Any]) -> list[Condition]:
        if not conditions:
            raise ValueError("what changes is said by a condition")
        return self._asked(conditions)

    def _asked(self, conditions: dict[str, Any]) -> list[Condition]:
        return parse_conditions(fields=self._shape.asked_by, conditions=conditions)

    def _known(self, field: str) -> None:
        parse_order(fields=self._shape.asked_by, key=(), order_by=(field,))

    def _checked(self, records: Iterable[R]) -> list[R]:
        kind = self._shape.kind
        new = list(records)
        for record in new:
            if type(record) is not kind:
                raise TypeError(f"a {type(record).__name__} among records of {kind.__name__}")
        return new
