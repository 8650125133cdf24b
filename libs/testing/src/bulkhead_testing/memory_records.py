"""Rows, keys and row locks of `bulkhead_testing.memory`."""

from __future__ import annotations

import asyncio
import re
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from itertools import product
from operator import ge, gt, is_not, itemgetter, le, lt
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from sqlalchemy import Column

from bulkhead.kernel.calendar import CoverageMonth, in_exchange_time
from bulkhead.kernel.errors import Retryable
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.conditions import Condition, check_values, parse_conditions, parse_order
from bulkhead.persistence.faults import StorageFault
from bulkhead.persistence.ports import AlreadyExists
from bulkhead.persistence.shapes import Shape, part_of, tuple_of
from bulkhead.persistence.types import Json, SealedBytes
from bulkhead_testing.memory_checks import Checks, PartialUniques

R = TypeVar("R")
P = TypeVar("P")

Key: TypeAlias = tuple[Any, ...]
UniqueKey: TypeAlias = tuple[tuple[str, ...], Key]
"""The fields of a unique key, or the name of a partial one, and the values a record has there."""
Overlay: TypeAlias = dict[Key, Any]
"""What one transaction has changed in one table: a record by its key, None where it was removed."""

# The escape of the character, and not of a backslash before the same letters.
_NUL_IN_JSON = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {"lt": lt, "le": le, "gt": gt, "ge": ge}

_TIMELESS = frozenset((str, bool, type(None)))
_KEPT_AS_THEY_ARE = frozenset((int, bool, date, CoverageMonth))

_LISTS = (list, tuple, set, frozenset)
"""What a condition is that a value is one of several."""

_NO_ROW: Any = object()
"""What a row that is not there holds in every field."""


class MemoryTable:
    """The committed rows of one table. ``changes`` counts the transactions that changed one."""

    def __init__(self, shape: Shape[Any]) -> None:
        self.shape = shape
        self.changes = 0
        self.rows: dict[Key, Any] = {}
        self._in_order: list[Key] = []
        self._holding: dict[str, dict[Any, dict[Key, None]]] = {}
        """The keys of the rows that hold a value in a field, for each field that was ever asked for a value."""
        self._ordered: dict[tuple[str, Any] | None, list[Any]] = {}
        """The rows by key, all or those that hold a value in a field, as far as anybody asked since the last change."""
        self._met: dict[Key, tuple[list[tuple[Key, Any]], bool]] = {}
        """What met conditions, as they were asked, since the last change."""
        self._hashable = {field for field in shape.fields if not isinstance(shape.table.c[field].type, Json)}
        self.of_households = "household" in shape.fields
        self.store, self.checks, self._partial_uniques = _rules_of(shape)
        uniques = (*shape.uniques, *self._partial_uniques.names)
        self._with: dict[tuple[str, ...], dict[Key, Key]] = {unique: {} for unique in uniques}

    def copied(self) -> MemoryTable:
        """Return another table of the same rows."""
        other = MemoryTable(self.shape)
        other.apply(self.rows)
        other.changes = self.changes
        return other

    def apply(self, overlay: Overlay) -> None:
        """Take over a committed transaction's changes."""
        self.changes += 1
        self._ordered.clear()
        self._met.clear()
        if self._with:
            self._give_unique_keys(overlay)
        for key, record in overlay.items():
            before = self.rows.get(key)
            for field, holders in self._holding.items():
                held = _NO_ROW if before is None else getattr(before, field)
                holds = _NO_ROW if record is None else getattr(record, field)
                if held == holds:
                    continue
                if before is not None:
                    del holders[held][key]
                if record is not None:
                    holders.setdefault(holds, {})[key] = None
            if record is not None:
                self.rows[key] = record
                if before is None:
                    insort(self._in_order, key)
            elif before is not None:
                del self.rows[key]
                del self._in_order[bisect_left(self._in_order, key)]

    def _give_unique_keys(self, overlay: Overlay) -> None:
        # One may go from a row to another: all are let go of before any is taken.
        for key in overlay:
            if (before := self.rows.get(key)) is not None:
                for fields, values in self.unique_keys(before)[1:]:
                    del self._with[fields][values]
        for key, record in overlay.items():
            if record is not None:
                for fields, values in self.unique_keys(record)[1:]:
                    self._with[fields][values] = key

    def unique_keys(self, record: Any) -> list[UniqueKey]:
        """Return the record's unique keys, the primary one first; one that has no value in it is none."""
        keys = [(self.shape.key, self.shape.key_of(record))]
        if not self._with:
            return keys
        for fields in self.shape.uniques:
            values = tuple(getattr(record, field) for field in fields)
            if None not in values:
                keys.append((fields, values))
        return keys + self._partial_uniques.keys(record)

    @property
    def has_uniques(self) -> bool:
        """Whether there is any unique key but the primary one."""
        return bool(self._with)

    def key_with(self, fields: tuple[str, ...], values: Key) -> Key | None:
        """Return the primary key of the row that has this unique key, None where there is none."""
        if fields == self.shape.key:
            return values if values in self.rows else None
        return self._with[fields].get(values)

    def ordered(self) -> list[Any]:
        """Return the rows by key."""
        if None not in self._ordered:
            self._ordered[None] = [self.rows[key] for key in self._in_order]
        return self._ordered[None].copy()

    def holding(self, field: str, value: Any) -> list[Any]:
        """Return the rows that hold a value in a field, by key."""
        if (field, value) not in self._ordered:
            keys = sorted(self._holders(field).get(value, ()))
            self._ordered[field, value] = [self.rows[key] for key in keys]
        return self._ordered[field, value].copy()

    def values(self, field: str) -> set[Any]:
        """Return the values that rows hold in a field."""
        return {value for value, keys in self._holders(field).items() if keys}

    def outermost(self, limit: int, *, last: bool) -> list[Any]:
        """Return the first or the last rows by key, the outermost one first."""
        keys = self._in_order[: -limit - 1 : -1] if last else self._in_order[:limit]
        return [self.rows[key] for key in keys]

    def meeting(self, conditions: Mapping[str, Any]) -> tuple[list[tuple[Key, Any]], bool]:
        """Return the rows that meet the conditions, which nobody may change, and whether some would on another day."""
        asked = tuple(
            [
                (name, tuple(value) if isinstance(value, _LISTS) else value)
                for name, value in conditions.items()
            ]
        )
        known = self._met.get(asked)
        if known is None:
            parsed = parse_conditions(fields=self.shape.asked_by, conditions=conditions)
            if any(_has_nul(each.value if each.operator == "in" else (each.value,)) for each in parsed):
                raise _nul()
            known = self._met[asked] = self._looked_for(parsed) if self.rows else ([], False)
        return known

    def _looked_for(self, conditions: Sequence[Condition]) -> tuple[list[tuple[Key, Any]], bool]:
        pairs = self._candidates(conditions)
        dated: list[Condition] = []
        for each in conditions:
            if _is_timeless(each):
                pairs = _meeting(each, pairs)
            else:
                dated.append(each)
        ever = bool(pairs) or len(dated) == len(conditions)
        for each in dated:
            pairs = _meeting(each, pairs)
        return list(pairs), ever

    def _candidates(self, conditions: Sequence[Condition]) -> Collection[tuple[Key, Any]]:
        """Return the rows that may meet the conditions: those of the narrowest one that names values or bounds the
        key.
        """
        rows = self.rows
        if (keys := self._keys_named(conditions)) is not None:
            return [(key, rows[key]) for key in keys if key in rows]
        if (keys := self._fewest_holders(conditions)) is not None:
            return [(key, rows[key]) for key in keys]
        if any(each.field == self.shape.key[0] and each.operator in _COMPARE for each in conditions):
            return [(key, rows[key]) for key in self._keys_between(conditions)]
        return rows.items()

    def _fewest_holders(self, conditions: Sequence[Condition]) -> list[Key] | None:
        """Return the keys of the rows that hold what one condition names, of the one that the fewest meet."""
        fewest: list[dict[Key, None]] | None = None
        count = len(self.rows) + 1
        for each in conditions:
            if each.operator not in ("eq", "in") or each.field not in self._hashable:
                continue
            holders = self._holders(each.field)
            wanted = dict.fromkeys(each.value) if each.operator == "in" else (each.value,)
            found = [holders[value] for value in wanted if value in holders]
            if (held := sum(map(len, found))) < count:
                fewest, count = found, held
        return None if fewest is None else [key for keys in fewest for key in keys]

    def _holders(self, field: str) -> dict[Any, dict[Key, None]]:
        holders = self._holding.get(field)
        if holders is None:
            holders = self._holding[field] = {}
            for key, record in self.rows.items():
                holders.setdefault(getattr(record, field), {})[key] = None
        return holders

    def _keys_between(self, conditions: Sequence[Condition]) -> list[Key]:
        """Return the primary keys within the bounds that conditions set to their first field."""
        first, last = 0, len(self._in_order)
        for each in conditions:
            if each.field == self.shape.key[0] and each.operator in _COMPARE:
                search = bisect_left if each.operator in ("ge", "lt") else bisect_right
                place = search(self._in_order, each.value, key=_first)
                if each.operator in ("gt", "ge"):
                    first = max(first, place)
                else:
                    last = min(last, place)
        return self._in_order[first:last]

    def _keys_named(self, conditions: Sequence[Condition]) -> list[Key] | None:
        """Return the primary keys that conditions single out, or None where they do not."""
        values: list[Sequence[Any]] = []
        for field in self.shape.key:
            for each in conditions:
                if each.field == field and each.operator in ("eq", "in"):
                    values.append((each.value,) if each.operator == "eq" else each.value)
                    break
            else:
                return None
        if sum(len(each) for each in values) > len(values) + len(self.rows):
            return None
        return list(dict.fromkeys(product(*values)))


class Claims:
    """Who holds which household or row. A claim is kept until its transaction ends."""

    def __init__(self) -> None:
        self._owners: dict[Any, object] = {}
        self._held: dict[object, list[Any]] = {}
        self._ends: dict[object, asyncio.Event] = {}
        self._waits_for: dict[object, object] = {}

    async def claim(self, owner: object, keys: Sequence[Any]) -> bool:
        """Take every key, waiting for other owners to end; return whether it had to wait.

        Raises `Retryable` where waiting would never end because the other waits for this one.
        """
        waited = False
        for key in keys:
            while (other := self._owners.get(key, owner)) is not owner:
                waited = True
                await self._wait(owner, other)
            if key not in self._owners:
                self._owners[key] = owner
                self._held.setdefault(owner, []).append(key)
        return waited

    def release(self, owner: object) -> None:
        """Give back all an owner holds and wake whoever waits for it."""
        for key in self._held.pop(owner, ()):
            del self._owners[key]
        ended = self._ends.pop(owner, None)
        if ended is not None:
            ended.set()

    async def _wait(self, owner: object, other: object) -> None:
        follow: object | None = other
        while follow is not None:
            if follow is owner:
                raise Retryable("deadlock: two units of work wait for each other")
            follow = self._waits_for.get(follow)
        self._waits_for[owner] = other
        try:
            await self._ends.setdefault(other, asyncio.Event()).wait()
        finally:
            del self._waits_for[owner]


class Reads:
    """What was read in a while: of which tables, as they stood then. ``found`` says that something was there to find,
    if not now, then on another day.
    """

    def __init__(self) -> None:
        self.found = False
        self._tables: dict[MemoryTable, int] = {}

    def note(self, table: MemoryTable, *, found: bool) -> None:
        """Take note of a read."""
        self._tables.setdefault(table, table.changes)
        self.found = self.found or found

    @property
    def would_be_the_same(self) -> bool:
        """Whether nothing that was read has changed since."""
        return all(table.changes == then for table, then in self._tables.items())


class Transaction(Protocol):
    """What records need of the transaction they are read and changed in."""

    @property
    def reads(self) -> Reads | None:
        """Where reads are noted, None where nobody asks."""
        ...

    async def reach(self, operation: str) -> None:
        """Pass the point before an operation; raises `Retryable` while the database is away."""
        ...

    async def claim(self, keys: Sequence[Key]) -> bool:
        """Take every key until the transaction ends; return whether it had to wait."""
        ...

    def doom(self, error: Exception) -> Exception:
        """Let the transaction be one that can only be rolled back; return the error."""
        ...


class MemoryRecords(Generic[R]):
    """The records of one kind in one transaction."""

    __slots__ = ("_overlay", "_shape", "_table", "_transaction")

    def __init__(self, *, table: MemoryTable, overlay: Overlay, transaction: Transaction) -> None:
        self._shape: Shape[R] = table.shape
        self._table = table
        self._overlay = overlay
        self._transaction = transaction

    async def get(self, **key: Any) -> R | None:
        """Return the one record these conditions single out, or None; raises `ValueError` where they fit
        several.
        """
        if tuple(key) == self._shape.key and not any(isinstance(each, _LISTS) for each in key.values()):
            return await self._with_key(tuple(key.values()))
        found = await self._matching(key)
        if len(found) > 1:
            raise ValueError(f"more than one {self._shape.kind.__name__} meets the conditions of get")
        return found[0][1] if found else None

    async def _with_key(self, key: Key) -> R | None:
        await self._transaction.reach("read")
        found = self._table.rows.get(key)
        if found is None and _has_nul(key):
            raise self._transaction.doom(_nul())
        timeless = all(type(each) in _TIMELESS for each in key)
        self._note_read(found=found is not None if timeless else bool(self._table.rows))
        return self._overlay.get(key, found)

    async def select(
        self, *, order_by: Sequence[str] = (), limit: int | None = None, **conditions: Any
    ) -> list[R]:
        """Return the records that meet the conditions, in order."""
        return await self._in_order(order_by, limit, conditions)

    async def select_as(
        self, kind: type[P], *, order_by: Sequence[str] = (), limit: int | None = None, **conditions: Any
    ) -> list[P]:
        """Return of the records that meet the conditions, in order, what another dataclass has fields for."""
        names, make = part_of(self._shape, kind)
        found = await self._in_order(order_by, limit, conditions)
        return [*map(make, map(tuple_of(names), found))]

    async def _in_order(
        self, order_by: Sequence[str], limit: int | None, conditions: dict[str, Any]
    ) -> list[R]:
        order = parse_order(fields=self._shape.asked_by, key=self._shape.key, order_by=order_by)
        if limit is not None and not conditions and not self._overlay and _one_way(order, self._shape.key):
            await self._transaction.reach("read")
            self._note_read(found=bool(self._table.rows))
            return self._table.outermost(limit, last=order[0][1])
        matching = await self._matching(conditions)
        if not order_by:
            matching.sort(key=_first)
        found = [record for _, record in matching]
        for field, descends in reversed(order if order_by and len(found) > 1 else ()):
            # As PostgreSQL sorts: no value comes after every value, before them when descending.
            found.sort(key=lambda record, field=field: _sortable(getattr(record, field)), reverse=descends)
        return found if limit is None else found[:limit]

    async def distinct(self, field: str, *, limit: int | None = None, **conditions: Any) -> list[Any]:
        """Return the different values of one field, in ascending order."""
        parse_order(fields=self._shape.asked_by, key=(), order_by=(field,))
        values = {getattr(record, field) for _, record in await self._matching(conditions)}
        return sorted(values, key=_sortable)[:limit]

    async def count(self, **conditions: Any) -> int:
        """Return how many records meet the conditions."""
        return len(await self._matching(conditions))

    async def counts(self, *, by: str, **conditions: Any) -> dict[Any, int]:
        """Return how many records meet the conditions, by the values of a field."""
        parse_order(fields=self._shape.asked_by, key=(), order_by=(by,))
        return dict(Counter(getattr(record, by) for _, record in await self._matching(conditions)))

    async def total(self, field: str, **conditions: Any) -> int:
        """Return the sum of an integer field over the records that meet the conditions; 0 for none."""
        parse_order(fields=self._shape.asked_by, key=(), order_by=(field,))
        return sum(getattr(record, field) or 0 for _, record in await self._matching(conditions))

    async def totals(self, field: str, *, by: str, **conditions: Any) -> dict[Any, int]:
        """Return the sums of an integer field by the values of another, over the records that meet the
        conditions."""
        parse_order(fields=self._shape.asked_by, key=(), order_by=(field, by))
        sums: dict[Any, int] = {}
        for _, record in await self._matching(conditions):
            group = getattr(record, by)
            sums[group] = sums.get(group, 0) + (getattr(record, field) or 0)
        return sums

    async def add(self, records: Iterable[R]) -> None:
        """Insert records, as one set. Raises `AlreadyExists` if any key is taken; then none is inserted."""
        new = self._stored(records)
        await self._transaction.reach("write")
        self._note_read(found=True)
        await self._transaction.claim(self._claimed_keys(new))
        taken = self._taken_keys(new)
        for record in new:
            if not taken.isdisjoint(self._unique_keys(record)):
                raise self._transaction.doom(self._taken())
            taken.update(self._unique_keys(record))
        self._overlay.update({self._shape.key_of(record): record for record in new})

    async def add_new(self, records: Iterable[R]) -> list[R]:
        """Insert those records whose key is free, as one set; return the ones inserted."""
        self._shape.require_key()
        new = self._stored(records)
        await self._transaction.reach("write")
        self._note_read(found=True)
        await self._transaction.claim(self._claimed_keys(new))
        taken = self._taken_keys(new)
        inserted: list[R] = []
        for record in new:
            keys = self._unique_keys(record)
            if taken.isdisjoint(keys):
                taken.update(keys)
                inserted.append(record)
        self._overlay.update({self._shape.key_of(record): record for record in inserted})
        return inserted

    async def put(self, records: Iterable[R]) -> None:
        """Insert or replace records by primary key, as one set; the last of the same key counts."""
        self._shape.require_key()
        by_key = {self._shape.key_of(record): record for record in self._stored(records)}
        new = list(by_key.values())
        await self._transaction.reach("write")
        await self._transaction.claim(self._claimed_keys(new))
        if self._table.has_uniques:
            self._require_free_one_after_another(new)
        self._overlay.update(by_key)

    def _require_free_one_after_another(self, records: Sequence[R]) -> None:
        """Refuse a unique key that another record has when its turn comes: a later one has not let go of it yet."""
        gone = set(self._overlay)
        held = {
            unique: key
            for key, record in self._overlay.items()
            if record is not None
            for unique in self._unique_keys(record)[1:]
        }
        for record in records:
            own, uniques = self._shape.key_of(record), self._unique_keys(record)[1:]
            for unique in uniques:
                committed = self._table.key_with(*unique)
                holder = held.get(unique, None if committed in gone else committed)
                if holder is not None and holder != own:
                    raise self._transaction.doom(self._taken())
            before = self._overlay.get(own)
            for unique in () if before is None else self._unique_keys(before)[1:]:
                held.pop(unique, None)
            gone.add(own)
            held.update(dict.fromkeys(uniques, own))

    async def update(self, values: Mapping[str, Any], **conditions: Any) -> int:
        """Set these fields of the records that meet the conditions (at least one is needed); return how many."""
        check_values(fields=self._shape.asked_by, key=self._shape.key, values=values)
        met = await self._claimed(conditions)
        new = self._stored(_with(record, values) for record in met.values())
        await self._transaction.claim(self._claimed_keys(new))
        if self._table.has_uniques:
            self._require_free_one_after_another(new)
        self._overlay.update(zip(met, new, strict=True))
        return len(new)

    async def remove(self, **conditions: Any) -> int:
        """Delete the records that meet the conditions (at least one is needed); return how many."""
        keys = await self._claimed(conditions)
        self._overlay.update(dict.fromkeys(keys))
        return len(keys)

    async def _claimed(self, conditions: dict[str, Any]) -> dict[Key, R]:
        """Return the records that meet the conditions once nobody else holds one of them, by key."""
        if not conditions:
            raise ValueError("what changes is said by a condition")
        while True:
            met = dict(await self._matching(conditions, operation="write"))
            if not await self._transaction.claim(
                [(self._shape.kind, self._shape.key, key) for key in sorted(met)]
            ):
                return met

    async def _matching(self, conditions: dict[str, Any], *, operation: str = "read") -> list[tuple[Key, R]]:
        await self._transaction.reach(operation)
        try:
            found, ever = self._table.meeting(conditions)
        except StorageFault as fault:
            raise self._transaction.doom(fault) from None
        self._note_read(found=ever)
        overlay = self._overlay
        if not overlay:
            return found.copy()
        pairs = [(key, record) for key, record in overlay.items() if record is not None]
        for each in parse_conditions(fields=self._shape.asked_by, conditions=conditions):
            pairs = _meeting(each, pairs)
        return [pair for pair in found if pair[0] not in overlay] + pairs

    def _note_read(self, *, found: bool) -> None:
        if (reads := self._transaction.reads) is not None:
            reads.note(self._table, found=found)

    def _stored(self, records: Iterable[R]) -> list[R]:
        kind, stored = self._shape.kind, list[R]()
        for record in records:
            if type(record) is not kind:
                raise TypeError(f"a {type(record).__name__} among records of {kind.__name__}")
            try:
                stored.append(self._kept(record))
            except (TypeError, StorageFault) as error:
                raise self._transaction.doom(error) from None
        return stored

    def _kept(self, record: R) -> R:
        """Return a record as it would come back from storage: itself, where no value of it would be another."""
        values = self._shape.values_of(record)
        kept = [keep(value) for keep, value in zip(self._table.store, values, strict=True)]
        if any(map(is_not, kept, values)):
            record = self._shape.record_of(kept)
        self._table.checks.require(record)
        return record

    def _unique_keys(self, record: R) -> list[UniqueKey]:
        return self._table.unique_keys(record)

    def _taken(self) -> AlreadyExists:
        return AlreadyExists(f"{self._shape.kind.__name__}: a record with the same key is there already")

    def _claimed_keys(self, records: Sequence[R]) -> list[Key]:
        return [(self._shape.kind, *key) for record in records for key in self._unique_keys(record)]

    def _taken_keys(self, records: Sequence[R]) -> set[Any]:
        """Return those unique keys of the records that others have."""
        overlay = self._overlay
        taken = {
            unique
            for record in overlay.values()
            if record is not None
            for unique in self._unique_keys(record)
        }
        for record in records:
            for unique in self._unique_keys(record):
                key = self._table.key_with(*unique)
                if key is not None and key not in overlay:
                    taken.add(unique)
        return taken


def _has_nul(values: Iterable[Any]) -> bool:
    return any(type(each) is str and "\0" in each for each in values)


def _nul() -> StorageFault:
    """Return what PostgreSQL says of a text with a NUL in any statement."""
    return StorageFault("CharacterNotInRepertoireError 22021")


def _is_timeless(condition: Condition) -> bool:
    """Whether a condition is met by the same rows on any day, whoever asks and however far they have come."""
    if condition.operator == "in":
        return all(type(each) is str for each in condition.value)
    return condition.operator == "eq" and type(condition.value) in _TIMELESS


def _with(record: Any, values: Mapping[str, Any]) -> Any:
    return replace(record, **values)


_first: Callable[[Any], Any] = itemgetter(0)


def _one_way(order: Sequence[tuple[str, bool]], key: tuple[str, ...]) -> bool:
    """Return whether an order is the key's own, forwards or backwards."""
    return tuple(field for field, _ in order) == key and len({descends for _, descends in order}) == 1


def _meeting(condition: Condition, pairs: Collection[tuple[Key, Any]]) -> list[tuple[Key, Any]]:
    """Return those of the rows that meet a condition, in the order given."""
    field, value = condition.field, condition.value
    if condition.operator == "eq":
        return [pair for pair in pairs if getattr(pair[1], field) == value]
    if condition.operator == "ne":
        return [pair for pair in pairs if getattr(pair[1], field) != value]
    if condition.operator == "in":
        allowed = set(value)
        return [pair for pair in pairs if getattr(pair[1], field) in allowed]
    compare = _COMPARE[condition.operator]
    return [
        pair for pair in pairs if (found := getattr(pair[1], field)) is not None and compare(found, value)
    ]


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is None, 0 if value is None else value)


@cache
def _rules_of(shape: Shape[Any]) -> tuple[list[Callable[[Any], Any]], Checks, PartialUniques]:
    """Return what a table says of its rows, worked out once for all databases."""
    storers = [_storer(shape.table.columns[field]) for field in shape.fields]
    return storers, Checks(shape.table), PartialUniques(shape.table, shape.fields)


def _storer(column: Column[Any]) -> Callable[[Any], Any]:
    """Return what takes a value as the column would: refused where the database would refuse it."""
    name, nullable, kind = f"{column.table.name}.{column.name}", column.nullable, column.type
    json = kind.json if isinstance(kind, SealedBytes) else kind
    if isinstance(json, Json):
        return _storer_of_json(name, json, nullable=bool(nullable))
    expected = kind.python_type

    def keep(value: Any) -> Any:
        if type(value) is expected and expected in _KEPT_AS_THEY_ARE:
            return value
        if value is None:
            if nullable:
                return None
            raise TypeError(f"{name} needs a value")
        if type(value) is not expected and not _subtype(value, expected):
            raise TypeError(f"{name} cannot hold a {type(value).__name__}")
        if type(value) is datetime:
            if value.tzinfo is None:
                raise TypeError(f"{name} needs an instant with a time zone")
            return in_exchange_time(value)
        if "\0" in (value.reveal() if isinstance(value, Masked) else value if isinstance(value, str) else ""):
            raise StorageFault(f"CharacterNotInRepertoireError 22021 {name}")
        return value

    return keep


def _storer_of_json(name: str, kind: Json[Any], *, nullable: bool) -> Callable[[Any], Any]:
    def keep(value: Any) -> Any:
        if value is None:
            if nullable:
                return None
            raise TypeError(f"{name} needs a value")
        written = kind.to_driver(value)
        if _NUL_IN_JSON.search(written):
            raise StorageFault(f"UntranslatableCharacterError 22P05 {name}")
        return kind.from_driver(written)

    return keep


def _subtype(value: Any, expected: type) -> bool:
    # A bool is an int and a datetime a date in Python, and neither is in the database.
    return isinstance(value, expected) and not isinstance(value, (bool, datetime))
