"""How a record and its table fit: fields, key and unique keys, worked out once for each pair."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import cache
from operator import attrgetter
from typing import Any, Generic, TypeVar, get_type_hints

from sqlalchemy import Column, DateTime, Table, UniqueConstraint

from bulkhead.persistence.tables import TableModel, Tables, is_partitioned_by
from bulkhead.persistence.types import SealedBytes, held_by

R = TypeVar("R")


class DoesNotFit(TypeError):
    """A record and its table class do not say the same."""


@dataclass(frozen=True, slots=True)
class Shape(Generic[R]):
    """One record dataclass on one table. ``uniques`` holds every unique key but the primary one.

    ``asked_by`` are the fields that are not sealed, which alone can be compared, ordered and set by themselves.
    ``has_key`` is False where the table's key holds an instant besides, so that no key of the record is ever taken.
    """

    kind: type[R]
    table: Table
    fields: tuple[str, ...]
    asked_by: tuple[str, ...]
    key: tuple[str, ...]
    has_key: bool
    uniques: tuple[tuple[str, ...], ...]
    values_of: Callable[[R], tuple[Any, ...]]
    key_of: Callable[[R], tuple[Any, ...]]
    record_of: Callable[[Iterable[Any]], R]

    def require_key(self) -> None:
        """Raise `TypeError` where the database cannot tell whether a record's key is taken."""
        if not self.has_key:
            raise TypeError(f"{self.kind.__name__} has no key to tell what is new by: look, and add")


@cache
def shape_of(kind: type[R], model: type[TableModel]) -> Shape[R]:
    """Return how a record and its table fit; raises `DoesNotFit` where they do not.

    Record, table class and column must say the same of every field: its type, and whether it may be None. A
    table may have columns the record does not: those must fill themselves. A primary key's column is none of them,
    but for the one that cuts the table into partitions, which PostgreSQL wants in every key.
    """
    table = model.__table__
    names = tuple(field.name for field in fields(kind))  # pyright: ignore[reportArgumentType]
    key = tuple(
        column.name
        for column in table.primary_key.columns
        if column.name in names or not is_partitioned_by(table, column.name)
    )
    differences = _differences(kind, model, names)
    if differences:
        raise DoesNotFit(f"{kind.__name__} does not fit {table.name}: {', '.join(differences)}")
    return Shape(
        kind=kind,
        table=table,
        fields=names,
        asked_by=tuple(name for name in names if not isinstance(table.columns[name].type, SealedBytes)),
        key=key,
        has_key=len(key) == len(table.primary_key.columns),
        uniques=_unique_keys(table, names),
        values_of=tuple_of(names),
        key_of=tuple_of(key),
        record_of=record_of(kind, names),
    )


def shapes_of(tables: Tables) -> dict[type, Shape[Any]]:
    """Return the shape of every record; raises `DoesNotFit`."""
    # Pyright takes the hash of a model's instances, who have none, for that of its class.
    return {kind: shape_of(kind, model) for kind, model in tables.items()}  # pyright: ignore[reportArgumentType]


def tuple_of(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what gives a record's values of these fields."""
    if len(names) == 1:
        one = attrgetter(names[0])
        return lambda record: (one(record),)
    return attrgetter(*names)


def record_of(kind: type[R], names: tuple[str, ...]) -> Callable[[Iterable[Any]], R]:
    """Return what makes a record of its values: at a fifth of what its own ``__init__`` takes, by keyword and frozen.

    Raises `DoesNotFit` for a kind that is more than its fields.
    """
    if hasattr(kind, "__post_init__") or not hasattr(kind, "__slots__"):
        raise DoesNotFit(f"{kind.__name__} is not a dataclass with slots and nothing else")
    new, setters = object.__new__, tuple(getattr(kind, name).__set__ for name in names)

    def make(values: Iterable[Any]) -> R:
        record = new(kind)
        for put, value in zip(setters, values, strict=True):
            put(record, value)
        return record

    return make


@cache
def part_of(shape: Shape[Any], kind: type[R]) -> tuple[tuple[str, ...], Callable[[Iterable[Any]], R]]:
    """Return the fields of a dataclass that is part of a record, and what makes one of their values; raises
    `DoesNotFit` where it has a field that the record does not, or of another type.
    """
    names = tuple(field.name for field in fields(kind))  # pyright: ignore[reportArgumentType]
    own, theirs = get_type_hints(kind), get_type_hints(shape.kind)
    differing = [name for name in names if own[name] != theirs.get(name)]
    if differing:
        raise DoesNotFit(f"{kind.__name__} is no part of {shape.kind.__name__}: {', '.join(differing)}")
    return names, record_of(kind, names)


def _differences(kind: type, model: type[TableModel], names: tuple[str, ...]) -> list[str]:
    columns = model.__table__.columns
    annotations = get_type_hints(kind)
    found = [f"there is no column for {name}" for name in names if name not in columns]
    for name, column in columns.items():
        if name not in names:
            of_key = column.primary_key and not is_partitioned_by(model.__table__, name)
            if of_key or not _fills_itself(column):
                found.append(f"there is no field for {name}")
            continue
        annotation = model.model_fields[name].annotation
        if (
            not held_by(annotations[name])
            == held_by(annotation)
            == (column.type.python_type, column.nullable)
        ):
            found.append(f"{name} is {annotations[name]}, its column {annotation} as {column!r}")
        if isinstance(column.type, DateTime) and not column.type.timezone:
            found.append(f"{name} has no time zone")
        if isinstance(column.type, SealedBytes) and _is_looked_for(column):
            found.append(f"{name} is sealed, and in an index or a key")
    return found


def _fills_itself(column: Column[Any]) -> bool:
    return bool(column.nullable or column.server_default is not None or column.identity is not None)


def _is_looked_for(column: Column[Any]) -> bool:
    table = column.table
    indexed = any(column.name in each.columns for each in table.indexes)
    unique = (each for each in table.constraints if isinstance(each, UniqueConstraint))
    return column.primary_key or indexed or any(column.name in each.columns for each in unique)


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
