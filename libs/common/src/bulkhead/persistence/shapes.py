"""How a record and its table fit: fields, key and unique keys, worked out once for each pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import Table, UniqueConstraint

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Shape(Generic[R]):
    """One record dataclass on one table. ``uniques`` holds every unique key but the primary one."""

    kind: type[R]
    table: Table
    fields: tuple[str, ...]
    key: tuple[str, ...]
    uniques: tuple[tuple[str, ...], ...]
    values_of: Callable[[R], tuple[Any, ...]]
    key_of: Callable[[R], tuple[Any, ...]]

    @classmethod
    def of(cls, *, kind: type[R], table: Table) -> Shape[R]:
        """Return the shape; raises `TypeError` where a field has no column or a column cannot be left out.

        A table may have columns the record does not: those must fill themselves.
        """
        names = tuple(field.name for field in fields(kind))  # pyright: ignore[reportArgumentType]
        columns = {column.name: column for column in table.columns}
        missing = [name for name in names if name not in columns]
        unfilled = [
            name
            for name, column in columns.items()
            if name not in names
            and not column.nullable
            and column.server_default is None
            and column.identity is None
        ]
        key = tuple(column.name for column in table.primary_key.columns)
        if missing or unfilled or not key or not set(key) <= set(names):
            lacking = f"no column for {missing}, no field for {unfilled}, key {key}"
            raise TypeError(f"{kind.__name__} does not fit {table.name}: {lacking}")
        return cls(
            kind=kind,
            table=table,
            fields=names,
            key=key,
            uniques=_unique_keys(table, names),
            values_of=tuple_of(names),
            key_of=tuple_of(key),
        )


def shapes_of(tables: Mapping[type, Table]) -> dict[type, Shape[Any]]:
    """Return the shape of every record."""
    return {kind: Shape.of(kind=kind, table=table) for kind, table in tables.items()}


def tuple_of(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what gives a record's values of these fields."""
    if len(names) == 1:
        one = attrgetter(names[0])
        return lambda record: (one(record),)
    return attrgetter(*names)


def _unique_keys(table: Table, names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    found = [
        tuple(column.name for column in each.columns)
        for each in table.constraints
        if isinstance(each, UniqueConstraint)
    ]
    for index in table.indexes:
        # A partial unique index depends on SQL, which only the database can judge.
        if index.unique and index.dialect_kwargs.get("postgresql_where") is None:
            found.append(tuple(column.name for column in index.columns))
    return tuple(sorted(each for each in found if set(each) <= set(names)))
