"""Columns that nobody reads in the database, in its backups or in a dump without a key (ADR 0078).

A table says which by `bulkhead.persistence.tables.sealed`. Values are sealed on their way to the driver and opened on
their way back, whatever statement they go by: records, use cases and the store in memory know nothing of it. What
stands in the column is the length of the key's name, the name, and what the key made of the value, bound to table,
column and the row's primary key. In which row a value is can be seen; that it was put into another cannot be hidden.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from operator import is_not
from typing import Any, Final, Protocol

import msgspec
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from bulkhead.kernel.key_rings import KeyMissing, Keys, Sealed
from bulkhead.persistence.faults import StorageFault
from bulkhead.persistence.tables import Tables
from bulkhead.persistence.types import SealedBytes

_PROOF_OF: Final = "the key itself"
_PROOF: Final = b"bulkhead"

LOOKED_AT_ONCE: Final = 500
"""How many rows are looked for at once when keys are changed."""
BYTES_AT_ONCE: Final = 8 * 1024 * 1024
"""How many bytes are sealed anew in one transaction; a larger value is alone in its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingKey:
    """A key under which something was sealed in this database, with something that it alone opens: whoever comes with
    other keys is refused before they read or write anything.
    """

    key: str
    proof: bytes


class Runs(Protocol):
    """Runs statements in one transaction."""

    async def fetch(self, query: str, *parameters: Any) -> Sequence[Any]:
        """Run a statement and return its rows."""
        ...

    async def execute(self, query: str, *parameters: Any) -> str:
        """Run a statement and return what PostgreSQL says of it."""
        ...


@dataclass(frozen=True, slots=True)
class SealedColumns:
    """The sealed ones among some columns of a table: where each stands, its name and its type, and where the key's
    columns stand.
    """

    keys: Keys
    columns: tuple[tuple[int, str, SealedBytes[Any]], ...]
    key: tuple[int, ...]

    def seal(self, columns: list[Sequence[Any]], rows: Sequence[Sequence[Any]]) -> None:
        """Put sealed values in the place of those of rows; raises `StorageFault` for one of another type."""
        of_rows = [[row[index] for index in self.key] for row in rows]
        for index, name, type_ in self.columns:
            try:
                columns[index] = [
                    None if value is None else sealed_value(self.keys, type_.to_bytes(value), name, key)
                    for value, key in zip(columns[index], of_rows, strict=True)
                ]
            except (AttributeError, TypeError, UnicodeError) as error:
                fault = StorageFault(f"a value that {name} cannot hold ({type(error).__name__})")
                raise fault from None

    def open(self, columns: list[Sequence[Any]]) -> None:
        """Put values in the place of sealed ones. Raises `KeyMissing`, and `StorageFault` for one that was sealed as
        another row's, or was changed.
        """
        of_rows = list(zip(*(columns[index] for index in self.key), strict=True))
        for index, name, type_ in self.columns:
            columns[index] = [
                None if value is None else type_.from_bytes(opened_value(self.keys, value, name, key))
                for value, key in zip(columns[index], of_rows, strict=True)
            ]


def sealed_columns(
    table: Table, fields: Sequence[str], key: Sequence[str], *, keys: Keys | None
) -> SealedColumns | None:
    """Return the sealed ones among columns of a table, None where there is none; raises `TypeError` where they cannot
    be sealed: without keys, or without the columns of the primary key.
    """
    found = [
        (index, f"{table.name}.{field}", type_)
        for index, field in enumerate(fields)
        if isinstance(type_ := table.columns[field].type, SealedBytes)
    ]
    if not found:
        return None
    if keys is None:
        raise TypeError(f"{found[0][1]} is sealed, and there are no keys")
    if not set(key) <= set(fields):
        raise TypeError(f"{found[0][1]} is sealed, and is read with the key of its row only")
    return SealedColumns(keys, tuple(found), tuple(fields.index(field) for field in key))


def sealed_value(keys: Keys, value: bytes, name: str, key: Sequence[Any]) -> bytes:
    """Return what stands in a column, ``name``, of the row with a key."""
    sealed = keys.seal(value, of=_bound_to(name, key))
    return bytes([len(sealed.key)]) + sealed.key.encode("ascii") + sealed.text


def opened_value(keys: Keys, stored: bytes, name: str, key: Sequence[Any]) -> bytes:
    """Return what was sealed in a column of the row with a key. Raises `KeyMissing` and `StorageFault`."""
    ends = 1 + stored[0] if stored else 0
    sealed = Sealed(key=stored[1:ends].decode("ascii", "replace"), text=stored[ends:])
    try:
        return keys.open(sealed, of=_bound_to(name, key))
    except ValueError:
        raise StorageFault(f"what stands in {name} was sealed as another row's, or was changed") from None


def _bound_to(name: str, key: Sequence[Any]) -> str:
    """Return column and row in one text, in which no two are the same."""
    return msgspec.json.encode((name, *key)).decode()


async def require_keys(runs: Runs, *, keys: Keys) -> None:
    """Return where all that is sealed in a database can be opened, and note the key that writes from now on; raises
    `KeyMissing` where a key is not set, or is not the one of that name that sealed.
    """
    if keys.writes not in await _proven(runs, keys):
        sealed = keys.seal(_PROOF, of=_PROOF_OF)
        await runs.execute(
            "INSERT INTO sealing_keys (key, proof) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            sealed.key,
            sealed.text,
        )
        await _proven(runs, keys)  # another process may have been first, with a key of its own


async def _proven(runs: Runs, keys: Keys) -> set[str]:
    rows = await runs.fetch("SELECT key, proof FROM sealing_keys ORDER BY key")
    for key, proof in rows:
        try:
            keys.open(Sealed(key=key, text=proof), of=_PROOF_OF)
        except ValueError:
            raise KeyMissing(f"the key {key} that is set is not the one that sealed this database") from None
    return {key for key, _ in rows}


class SealedTable:
    """A table with sealed columns, as keys are counted and changed in it: past the records, which say nothing of keys.

    Raises `TypeError` for a table without any.
    """

    def __init__(self, table: Table) -> None:
        names = [each.name for each in table.columns if isinstance(each.type, SealedBytes)]
        if not names:
            raise TypeError(f"nothing is sealed in {table.name}")
        self._names = [f"{table.name}.{each}" for each in names]
        self._sealed = [f'"{each}"' for each in names]
        self._key = [f'"{each.name}"' for each in table.primary_key.columns]
        self._name = table.name
        dialect = postgresql.dialect()
        types = [each.type.compile(dialect) for each in table.primary_key.columns] + ["BYTEA"] * len(
            self._sealed
        )
        self._arrays = ", ".join(f"${index}::{each}[]" for index, each in enumerate(types, 1))
        self._key_arrays = ", ".join(
            f"${index}::{each}[]" for index, each in enumerate(types[: len(self._key)], 1)
        )

    async def counts(self, runs: Runs) -> dict[str, int]:
        """Return how many values are sealed under each key."""
        each = " UNION ALL ".join(
            f"SELECT {_key_in(column)} AS key FROM {self._name} WHERE {column} IS NOT NULL"  # noqa: S608 - names of our own tables
            for column in self._sealed
        )
        query = f"SELECT key, count(*) FROM ({each}) AS found GROUP BY key"  # noqa: S608 - names of our own tables
        return {row[0]: row[1] for row in await runs.fetch(query)}

    async def others_after(
        self, runs: Runs, after: Sequence[Any] | None, *, writes: str
    ) -> list[tuple[Any, ...]]:
        """Return the keys of the next rows in which another key than ``writes`` seals: some of them, and no more bytes
        than are to be sealed at once.
        """
        other = " OR ".join(f"{_key_in(column)} <> $1" for column in self._sealed)
        size = " + ".join(f"coalesce(octet_length({column}), 0)" for column in self._sealed)
        key = ", ".join(self._key)
        given = ", ".join(f"${index}" for index in range(2, 2 + len(self._key)))
        beyond = f" AND ({key}) > ({given})" if after else ""
        query = (
            f"SELECT {key}, {size} FROM {self._name} WHERE ({other}){beyond}"  # noqa: S608 - names of our own tables
            f" ORDER BY {key} LIMIT {LOOKED_AT_ONCE}"
        )
        return list(_some(await runs.fetch(query, writes, *(after or ()))))

    async def seal_anew(self, runs: Runs, rows: Sequence[tuple[Any, ...]], *, keys: Keys) -> int:
        """Seal anew in these rows what other keys than the one that writes seal; return how many values that were."""
        key, sealed = ", ".join(self._key), ", ".join(self._sealed)
        locked = await runs.fetch(
            f"SELECT {key}, {sealed} FROM {self._name}"  # noqa: S608 - names of our own tables
            f" WHERE ({key}) IN (SELECT * FROM unnest({self._key_arrays})) ORDER BY {key} FOR UPDATE",
            *map(list, zip(*rows, strict=True)),
        )
        done, again = 0, list[tuple[Any, ...]]()
        for row in map(tuple, locked):
            of, values = row[: len(self._key)], row[len(self._key) :]
            anew = [_anew(value, name, of, keys) for value, name in zip(values, self._names, strict=True)]
            done += sum(map(is_not, anew, values))
            again.append((*of, *anew))
        sets = ", ".join(f"{column} = given.{column}" for column in self._sealed)
        same = " AND ".join(f"kept.{column} = given.{column}" for column in self._key)
        if again:
            await runs.execute(
                f"UPDATE {self._name} AS kept SET {sets}"  # noqa: S608 - names of our own tables
                f" FROM unnest({self._arrays}) AS given({key}, {sealed}) WHERE {same}",
                *map(list, zip(*again, strict=True)),
            )
        return done


def is_sealed(table: Table) -> bool:
    """Whether any column of a table is sealed."""
    return any(isinstance(column.type, SealedBytes) for column in table.columns)


def _sealed_in(tables: Tables) -> list[SealedTable]:
    return [SealedTable(each.__table__) for each in tables.values() if is_sealed(each.__table__)]


async def values_by_key(runs: Runs, *, tables: Tables) -> dict[str, int]:
    """Return how many values are sealed under each key in all of some tables."""
    found = Counter[str]()
    for each in _sealed_in(tables):
        found.update(await each.counts(runs))
    return dict(found)


async def seal_anew(
    begin: Callable[[], AbstractAsyncContextManager[Runs]], *, tables: Tables, keys: Keys
) -> int:
    """Seal anew what other keys than the one that writes seal, some rows at a time, each time in a transaction of its
    own: ended anywhere, it goes on from there. Return how many values that were. What then seals nothing is no longer
    asked for at a start. Raises `KeyMissing`.
    """
    done = 0
    for each in _sealed_in(tables):
        after: tuple[Any, ...] | None = None
        while True:
            async with begin() as runs:
                rows = await each.others_after(runs, after, writes=keys.writes)
                if not rows:
                    break
                done += await each.seal_anew(runs, rows, keys=keys)
                after = rows[-1]
    async with begin() as runs:
        used = await values_by_key(runs, tables=tables)
        await runs.execute("DELETE FROM sealing_keys WHERE key <> ALL($1)", sorted({*used, keys.writes}))
    return done


def _anew(value: bytes | None, name: str, of: Sequence[Any], keys: Keys) -> bytes | None:
    """Return a value as the key that writes seals it: itself where that does already."""
    if value is None or value[1 : 1 + value[0]] == keys.writes.encode("ascii"):
        return value
    return sealed_value(keys, opened_value(keys, value, name, of), name, of)


def _key_in(column: str) -> str:
    """Return the SQL of the key's name. It is read from the value's beginning: the rest may be megabytes."""
    return f"convert_from(substring({column} FROM 2 FOR get_byte(substring({column} FROM 1 FOR 1), 0)), 'SQL_ASCII')"


def _some(rows: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Give the keys of the first rows: at least one, and no more than so many bytes."""
    left = BYTES_AT_ONCE
    for index, (*key, size) in enumerate(rows):
        if index and size > left:
            return
        left -= size
        yield tuple(key)
