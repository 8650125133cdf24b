"""The records of one kind in PostgreSQL: every method is one statement over a set."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    CursorResult,
    DateTime,
    Executable,
    Select,
    Table,
    any_,
    bindparam,
    column,
    delete,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import Insert, insert

from bulkhead.kernel.calendar import EXCHANGE_ZONE
from bulkhead.persistence.conditions import Condition, parse_conditions, parse_order
from bulkhead.persistence.shapes import Shape, tuple_of

R = TypeVar("R")

Execute = Callable[[Executable, "dict[str, Any] | None"], Awaitable[CursorResult[Any]]]


class Statements(Generic[R]):
    """What is worked out once for each kind: its inserts, and how a row becomes a record."""

    def __init__(self, shape: Shape[R]) -> None:
        self.shape = shape
        self.columns: dict[str, Column[Any]] = {each.name: each for each in shape.table.columns}
        self.selected = [self.columns[field] for field in shape.fields]
        self.add = insert_of_arrays(table=shape.table, fields=shape.fields)
        unique = tuple(dict.fromkeys(field for fields in (shape.key, *shape.uniques) for field in fields))
        self.identity_of = tuple_of(unique)
        self.add_new = self.add.on_conflict_do_nothing().returning(*(self.columns[field] for field in unique))
        rest = [field for field in shape.fields if field not in shape.key]
        keys = [self.columns[field] for field in shape.key]
        self.put = (
            self.add.on_conflict_do_update(
                index_elements=keys, set_={field: getattr(self.add.excluded, field) for field in rest}
            )
            if rest
            else self.add.on_conflict_do_nothing(index_elements=keys)
        )
        self._instants = [
            index
            for index, field in enumerate(shape.fields)
            if isinstance(self.columns[field].type, DateTime)
        ]

    def arrays_of(self, records: Sequence[R]) -> dict[str, list[Any]]:
        """Return one array for each column."""
        values = zip(*map(self.shape.values_of, records), strict=True)
        return {field: list(each) for field, each in zip(self.shape.fields, values, strict=True)}

    def record_of(self, row: Sequence[Any]) -> R:
        """Return the record of a row; instants are given back in the exchange's zone (CAL-1)."""
        if self._instants:
            values = list(row)
            for index in self._instants:
                if values[index] is not None:
                    values[index] = values[index].astimezone(EXCHANGE_ZONE)
            row = values
        return self.shape.kind(**dict(zip(self.shape.fields, row, strict=True)))


def insert_of_arrays(*, table: Table, fields: Sequence[str]) -> Insert:
    """Return ``INSERT … SELECT unnest(…)``, with one array parameter for each field: the same text for any
    number.
    """
    types = {field: table.columns[field].type for field in fields}
    arrays = [bindparam(field, type_=ARRAY(types[field], dimensions=1)) for field in fields]
    columns = (column(field, types[field]) for field in fields)
    rows = func.unnest(*arrays).table_valued(*columns, name="given").render_derived()
    return insert(table).from_select(
        list(fields), select(*(rows.c[field] for field in fields)), include_defaults=False
    )


class PostgresRecords(Generic[R]):
    """The records of one kind in one transaction."""

    def __init__(self, *, statements: Statements[R], execute: Execute) -> None:
        self._statements = statements
        self._shape = statements.shape
        self._execute = execute

    async def get(self, **key: Any) -> R | None:
        """Return the one record these conditions single out, or None; raises `ValueError` where they fit
        several.
        """
        found = await self.select(limit=2, **key)
        if len(found) > 1:
            raise ValueError(f"more than one {self._shape.kind.__name__} meets the conditions of get")
        return found[0] if found else None

    async def select(
        self, *, order_by: Sequence[str] = (), limit: int | None = None, **conditions: Any
    ) -> list[R]:
        """Return the records that meet the conditions, in order."""
        order = parse_order(fields=self._shape.fields, key=self._shape.key, order_by=order_by)
        columns = self._statements.columns
        statement = select(*self._statements.selected).where(*self._where(conditions))
        statement = statement.order_by(
            *(columns[field].desc() if descends else columns[field].asc() for field, descends in order)
        )
        record_of = self._statements.record_of
        return [record_of(row) for row in await self._rows(_limited(statement, limit))]

    async def distinct(self, field: str, *, limit: int | None = None, **conditions: Any) -> list[Any]:
        """Return the different values of one field, in ascending order."""
        chosen = self._column(field)
        statement = select(chosen).where(*self._where(conditions)).distinct().order_by(chosen)
        values = [row[0] for row in await self._rows(_limited(statement, limit))]
        if isinstance(chosen.type, DateTime):
            return [value if value is None else value.astimezone(EXCHANGE_ZONE) for value in values]
        return values

    async def count(self, **conditions: Any) -> int:
        """Return how many records meet the conditions."""
        statement = select(func.count()).select_from(self._shape.table).where(*self._where(conditions))
        return int((await self._rows(statement))[0][0])

    async def total(self, field: str, **conditions: Any) -> int:
        """Return the sum of an integer field over the records that meet the conditions; 0 for none."""
        statement = select(func.coalesce(func.sum(self._column(field)), 0)).where(*self._where(conditions))
        return int((await self._rows(statement))[0][0])

    async def totals(self, field: str, *, by: str, **conditions: Any) -> dict[Any, int]:
        """Return the sums of an integer field by the values of another, over the records that meet the
        conditions."""
        group = self._column(by)
        summed = func.coalesce(func.sum(self._column(field)), 0)
        statement = select(group, summed).where(*self._where(conditions)).group_by(group)
        return {row[0]: int(row[1]) for row in await self._rows(statement)}

    async def add(self, records: Iterable[R]) -> None:
        """Insert records, as one set. Raises `AlreadyExists` if any key is taken; then none is inserted."""
        new = self._checked(records)
        if new:
            await self._execute(self._statements.add, self._statements.arrays_of(new))

    async def add_new(self, records: Iterable[R]) -> list[R]:
        """Insert those records whose key is free, as one set; return the ones inserted."""
        new = self._checked(records)
        if not new:
            return []
        result = await self._execute(self._statements.add_new, self._statements.arrays_of(new))
        # Of two with the same key either may have been inserted: all unique fields together tell which.
        inserted = {tuple(row) for row in result.all()}
        found: list[R] = []
        for record in new:
            identity = self._statements.identity_of(record)
            if identity in inserted:
                inserted.remove(identity)
                found.append(record)
        return found

    async def put(self, records: Iterable[R]) -> None:
        """Insert or replace records by primary key, as one set; the last of the same key counts."""
        new = list({self._shape.key_of(record): record for record in self._checked(records)}.values())
        if new:
            await self._execute(self._statements.put, self._statements.arrays_of(new))

    async def remove(self, **conditions: Any) -> int:
        """Delete the records that meet the conditions (at least one is needed); return how many."""
        if not conditions:
            raise ValueError("remove needs a condition")
        result = await self._execute(delete(self._shape.table).where(*self._where(conditions)), None)
        return result.rowcount

    async def _rows(self, statement: Executable) -> Sequence[Any]:
        return (await self._execute(statement, None)).all()

    def _column(self, field: str) -> Column[Any]:
        parse_order(fields=self._shape.fields, key=(), order_by=(field,))
        return self._statements.columns[field]

    def _where(self, conditions: dict[str, Any]) -> list[ColumnElement[bool]]:
        parsed = parse_conditions(fields=self._shape.fields, conditions=conditions)
        return [_sql_of(self._statements.columns[each.field], each) for each in parsed]

    def _checked(self, records: Iterable[R]) -> list[R]:
        kind = self._shape.kind
        new = list(records)
        for record in new:
            if type(record) is not kind:
                raise TypeError(f"a {type(record).__name__} among records of {kind.__name__}")
        return new


def _limited(statement: Select[Any], limit: int | None) -> Select[Any]:
    return statement if limit is None else statement.limit(limit)


def _sql_of(of: Column[Any], condition: Condition) -> ColumnElement[bool]:
    value = condition.value
    match condition.operator:
        case "eq":
            return of.is_(None) if value is None else of == value
        case "ne":
            return of.is_not(None) if value is None else of.is_distinct_from(value)
        case "in":
            # One parameter whatever the number: one prepared statement, and no limit of 32,767.
            return of == any_(bindparam(None, value, type_=ARRAY(of.type, dimensions=1), unique=True))
        case "lt":
            return of < value
        case "le":
            return of <= value
        case "gt":
            return of > value
        case "ge":
            return of >= value
