"""What a table's checks and partial unique indexes say of a record: their SQL, as SQLite reads it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import CheckConstraint, Table

from bulkhead.persistence.faults import StorageFault
from bulkhead.persistence.types import to_driver


class Conditions:
    """Conditions on one table's columns, by name."""

    def __init__(self, table: Table, conditions: dict[str, str]) -> None:
        self._names = tuple(conditions)
        every = " ".join(conditions.values())
        self._columns = [
            (column.name, to_driver(column.type))
            for column in table.columns
            if re.search(rf"\b{column.name}\b", every)
        ]
        row = ", ".join(f'? AS "{name}"' for name, _ in self._columns)
        told = ", ".join(f"({condition})" for condition in conditions.values())
        self._query = f"SELECT {told} FROM (SELECT {row})"
        # Most rows hold in these columns what many do, such as a state.
        self._told = lru_cache(maxsize=1024)(self._tell)

    def of(self, record: Any) -> dict[str, bool | None]:
        """Return what holds of a record; None where SQL does not know, for a value is missing."""
        if not self._names:
            return {}
        return self._told(tuple([_plain(getattr(record, name), convert) for name, convert in self._columns]))

    def _tell(self, values: tuple[Any, ...]) -> dict[str, bool | None]:
        (found,) = _sqlite.execute(self._query, values)
        return dict(zip(self._names, found, strict=True))


class Checks:
    """The checks of one table."""

    def __init__(self, table: Table) -> None:
        checks = [each for each in table.constraints if isinstance(each, CheckConstraint)]
        self._table = table.name
        self._conditions = Conditions(table, {str(each.name): str(each.sqltext) for each in checks})

    def require(self, record: Any) -> None:
        """Raise `StorageFault` where a check does not hold of a record."""
        for name, holds in self._conditions.of(record).items():
            if holds is not None and not holds:
                raise StorageFault(f"CheckViolationError 23514 {self._table} {name}")


class PartialUniques:
    """The unique indexes of one table that are for some of its rows only."""

    def __init__(self, table: Table, fields: Sequence[str]) -> None:
        found = {
            str(index.name): (tuple(column.name for column in index.columns), str(where))
            for index in table.indexes
            if index.unique and (where := index.dialect_kwargs.get("postgresql_where")) is not None
        }
        self._columns = {name: columns for name, (columns, _) in found.items() if set(columns) <= set(fields)}
        self._conditions = Conditions(table, {name: found[name][1] for name in self._columns})
        self.names = tuple((name,) for name in self._columns)

    def keys(self, record: Any) -> list[tuple[tuple[str, ...], tuple[Any, ...]]]:
        """Return the record's keys in them, each with the index's name; one that lacks a value is none."""
        keys: list[tuple[tuple[str, ...], tuple[Any, ...]]] = []
        for name, holds in self._conditions.of(record).items():
            values = tuple(getattr(record, column) for column in self._columns[name])
            if holds and None not in values:
                keys.append(((name,), values))
        return keys


def _plain(value: Any, convert: Any) -> Any:
    if value is None:
        return None
    if convert is not None:
        value = convert(value)
    match value:
        case bytes():
            return value.decode()
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case _:
            return value


def _least(*values: Any) -> Any:
    return min((each for each in values if each is not None), default=None)


_sqlite = sqlite3.connect(":memory:", check_same_thread=False, cached_statements=1000)
_sqlite.create_function("least", -1, _least, deterministic=True)
