"""The SQL of one kind's records: written by SQLAlchemy from the table class, once for each form, run by asyncpg."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ClauseElement,
    Column,
    ColumnElement,
    Integer,
    Select,
    Table,
    Update,
    any_,
    bindparam,
    column,
    delete,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from bulkhead.kernel.key_rings import Keys
from bulkhead.persistence.conditions import Condition, Order
from bulkhead.persistence.connections import Connection
from bulkhead.persistence.faults import StorageFault, meaning_of
from bulkhead.persistence.sealing import SealedColumns, sealed_columns
from bulkhead.persistence.shapes import Shape, part_of, tuple_of
from bulkhead.persistence.types import from_driver, to_driver

R = TypeVar("R")
P = TypeVar("P")

Row = tuple[Any, ...]
Converters = tuple[tuple[int, Callable[[Any], Any]], ...]

ROWS_TO_COPY = 64
"""From how many rows on COPY is faster than INSERT: it takes a round trip more, and each row costs it less."""

_DIALECT: Any = PGDialect_asyncpg()
_NOTHING: ColumnElement[int] = literal_column("0")


def sql_of(statement: ClauseElement) -> str:
    """Return a statement's text, its parameters ``p0``, ``p1`` … as ``$1``, ``$2`` … in this order."""
    compiled: Any = statement.compile(dialect=_DIALECT)
    if compiled.positiontup != [f"p{index}" for index in range(len(compiled.positiontup))]:
        raise ValueError("the parameters are not in the order in which they are written")
    return str(compiled)


@dataclass(frozen=True, slots=True)
class Inserts:
    """The ways to insert rows of some columns, as arrays: the same text for any number of rows."""

    table: str
    fields: tuple[str, ...]
    add: str
    to_driver: Converters
    seals: SealedColumns | None = None

    async def copy(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert rows, as one set, by binary COPY; raises `StorageFault` for a value that cannot be encoded."""
        records = zip(*self.arrays_of(rows), strict=True)
        try:
            await connection.copy_records_to_table(self.table, columns=self.fields, records=records)
        except (OverflowError, TypeError, ValueError) as error:
            # Arguments of a statement are told by asyncpg's own error, records by whatever their encoder raised.
            fault = StorageFault(f"a value that {self.table} cannot hold ({type(error).__name__})")
            raise meaning_of(error) or fault from None

    def arrays_of(self, rows: Sequence[Row]) -> list[Sequence[Any]]:
        """Return one array for each column."""
        columns = _columns(rows, self.to_driver)
        if columns and self.seals is not None:
            self.seals.seal(columns, rows)
        return columns


def inserts_of(table: Table, fields: tuple[str, ...], seals: SealedColumns | None = None) -> Inserts:
    """Return the ways to insert rows of these columns of a table."""
    return Inserts(
        table=table.name,
        fields=fields,
        add=sql_of(insert_of_arrays(table=table, fields=fields)),
        to_driver=_converters(table, fields, to_driver),
        seals=seals,
    )


@lru_cache(maxsize=4096)
def inserted_together(inserts: tuple[Inserts, ...]) -> str:
    """Return the one statement that inserts rows into several tables, its parameters those of each in turn."""
    texts: list[str] = []
    parameters = 0
    for each in inserts:
        texts.append(_renumbered(each.add, after=parameters))
        parameters += len(each.fields)
    *others, last = texts
    named = ", ".join(f"others_{index} AS ({text})" for index, text in enumerate(others))
    return f"WITH {named} {last}" if named else last


def _renumbered(text: str, *, after: int) -> str:
    return re.sub(r"\$([0-9]+)", lambda found: f"${int(found[1]) + after}", text)


def insert_of_arrays(*, table: Table, fields: Sequence[str]) -> Insert:
    """Return ``INSERT … SELECT unnest(…)``, with one array parameter for each field."""
    types = {field: table.columns[field].type for field in fields}
    arrays = [
        bindparam(f"p{index}", type_=ARRAY(types[field], dimensions=1)) for index, field in enumerate(fields)
    ]
    columns = (column(field, types[field]) for field in fields)
    rows = func.unnest(*arrays).table_valued(*columns, name="given").render_derived()
    return insert(table).from_select(
        list(fields), select(*(rows.c[field] for field in fields)), include_defaults=False
    )


async def write(connection: Connection, rows: Mapping[Inserts, Sequence[Row]]) -> None:
    """Insert rows into several tables, in one statement; none is needed where there are no rows."""
    if rows:
        arrays = [array for inserts, each in rows.items() for array in inserts.arrays_of(each)]
        await connection.execute(inserted_together(tuple(rows)), *arrays)


class Statements(Generic[R]):
    """What is worked out once for each kind: its statements' texts, each when it is first needed (a process uses few of
    them, and is to start fast), and how a row becomes a record.
    """

    def __init__(self, shape: Shape[R], *, keys: Keys | None = None) -> None:
        self.shape = shape
        self._keys = keys
        self._seals = sealed_columns(shape.table, shape.fields, shape.key, keys=keys)
        self.columns: dict[str, Column[Any]] = {each.name: each for each in shape.table.columns}
        self._unique = tuple(
            dict.fromkeys(field for fields in (shape.key, *shape.uniques) for field in fields)
        )
        self.identity_of = tuple_of(self._unique)
        self._identity_from = _converters(shape.table, self._unique, from_driver)
        self._record_from = _converters(shape.table, shape.fields, from_driver)
        self._to_driver = {name: to_driver(each.type) for name, each in self.columns.items()}
        self._from_driver = {name: from_driver(each.type) for name, each in self.columns.items()}
        self._texts: dict[Hashable, str] = {}

    @cached_property
    def inserts(self) -> Inserts:
        """The ways to insert records."""
        return inserts_of(self.shape.table, self.shape.fields, self._seals)

    @cached_property
    def add_new(self) -> str:
        """The text that inserts records whose unique fields no other has, and gives those fields of each."""
        return sql_of(
            self._add().on_conflict_do_nothing().returning(*(self.columns[field] for field in self._unique))
        )

    @cached_property
    def put(self) -> str:
        """The text that inserts records, in place of those with the same key."""
        add, shape = self._add(), self.shape
        keys = [self.columns[field] for field in shape.key]
        rest = {field: getattr(add.excluded, field) for field in shape.fields if field not in shape.key}
        return sql_of(
            add.on_conflict_do_update(index_elements=keys, set_=rest)
            if rest
            else add.on_conflict_do_nothing(index_elements=keys)
        )

    def select(self, conditions: Sequence[Condition], *, order: Order, limited: bool) -> str:
        """Return the text that selects records."""
        form = ("select", _form_of(conditions), order, limited)
        return self._text(form, lambda: self._select(self.shape.fields, conditions, order, limited=limited))

    def select_part(
        self, kind: type[Any], conditions: Sequence[Condition], *, order: Order, limited: bool
    ) -> str:
        """Return the text that selects what a dataclass has of records."""
        names, _ = part_of(self.shape, kind)
        form = ("part", names, _form_of(conditions), order, limited)
        return self._text(form, lambda: self._select(names, conditions, order, limited=limited))

    def distinct(self, field: str, conditions: Sequence[Condition], *, limited: bool) -> str:
        """Return the text that selects the different values of a field, in order."""
        chosen = self.columns[field]
        form = ("distinct", field, _form_of(conditions), limited)
        return self._text(
            form,
            lambda: _limited(
                select(chosen).where(*self._where(conditions)).distinct().order_by(chosen),
                conditions,
                limited=limited,
            ),
        )

    def count(self, conditions: Sequence[Condition]) -> str:
        """Return the text that counts records."""
        return self._text(
            ("count", _form_of(conditions)),
            lambda: select(func.count()).select_from(self.shape.table).where(*self._where(conditions)),
        )

    def counts(self, by: str, conditions: Sequence[Condition]) -> str:
        """Return the text that counts records by the values of a field."""
        group = self.columns[by]
        return self._text(
            ("counts", by, _form_of(conditions)),
            lambda: select(group, func.count()).where(*self._where(conditions)).group_by(group),
        )

    def total(self, field: str, conditions: Sequence[Condition]) -> str:
        """Return the text that adds up a field."""
        summed = func.coalesce(func.sum(self.columns[field]), _NOTHING)
        return self._text(
            ("total", field, _form_of(conditions)), lambda: select(summed).where(*self._where(conditions))
        )

    def totals(self, field: str, by: str, conditions: Sequence[Condition]) -> str:
        """Return the text that adds up a field by the values of another."""
        group = self.columns[by]
        summed = func.coalesce(func.sum(self.columns[field]), _NOTHING)
        return self._text(
            ("totals", field, by, _form_of(conditions)),
            lambda: select(group, summed).where(*self._where(conditions)).group_by(group),
        )

    def update(self, fields: tuple[str, ...], conditions: Sequence[Condition]) -> str:
        """Return the text that sets fields of records: their values are its first parameters."""
        return self._text(("update", fields, _form_of(conditions)), lambda: self._update(fields, conditions))

    def remove(self, conditions: Sequence[Condition]) -> str:
        """Return the text that deletes records."""
        return self._text(
            ("remove", _form_of(conditions)),
            lambda: delete(self.shape.table).where(*self._where(conditions)),
        )

    def parameters(self, conditions: Sequence[Condition], limit: int | None = None) -> list[Any]:
        """Return the parameters of a text with these conditions."""
        found: list[Any] = []
        for each in conditions:
            if each.value is not None:
                convert = self._to_driver[each.field]
                if convert is None:
                    found.append(each.value)
                else:
                    found.append(
                        [*map(convert, each.value)] if each.operator == "in" else convert(each.value)
                    )
        if limit is not None:
            found.append(limit)
        return found

    def given(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the parameters of these fields' values."""
        converts = ((value, self._to_driver[field]) for field, value in values.items())
        return [value if value is None or convert is None else convert(value) for value, convert in converts]

    def arrays_of(self, records: Sequence[R]) -> list[Sequence[Any]]:
        """Return one array for each field: the parameters of a text that inserts records."""
        return self.inserts.arrays_of([*map(self.shape.values_of, records)])

    def records_of(self, rows: Sequence[Sequence[Any]]) -> list[R]:
        """Return the records of rows."""
        columns = _columns(rows, self._record_from)
        if columns and self._seals is not None:
            self._seals.open(columns)
        return [*map(self.shape.record_of, zip(*columns, strict=True))]

    def parts_of(self, kind: type[P], rows: Sequence[Sequence[Any]]) -> list[P]:
        """Return what a dataclass has of the records of rows."""
        names, make = part_of(self.shape, kind)
        columns = _columns(rows, _converters(self.shape.table, names, from_driver))
        seals = sealed_columns(self.shape.table, names, self.shape.key, keys=self._keys)
        if columns and seals is not None:
            seals.open(columns)
        return [*map(make, zip(*columns, strict=True))]

    def identities_in(self, rows: Sequence[Sequence[Any]]) -> set[Row]:
        """Return the values of all unique fields of each of the rows that `add_new` gave."""
        return {*zip(*_columns(rows, self._identity_from), strict=True)}

    def values_of(self, field: str, given: Sequence[Any]) -> list[Any]:
        """Return values of a field of what the driver gave."""
        convert = self._from_driver[field]
        return list(given) if convert is None else _each(given, convert)

    def _add(self) -> Insert:
        return insert_of_arrays(table=self.shape.table, fields=self.shape.fields)

    def _text(self, form: Hashable, write: Callable[[], ClauseElement]) -> str:
        found = self._texts.get(form)
        if found is None:
            found = self._texts[form] = sql_of(write())
        return found

    def _select(
        self, names: Iterable[str], conditions: Sequence[Condition], order: Order, *, limited: bool
    ) -> Select[Any]:
        statement = select(*(self.columns[field] for field in names))
        ordered = (
            self.columns[field].desc() if descends else self.columns[field].asc() for field, descends in order
        )
        return _limited(
            statement.where(*self._where(conditions)).order_by(*ordered), conditions, limited=limited
        )

    def _update(self, fields: tuple[str, ...], conditions: Sequence[Condition]) -> Update:
        values = (
            (self.columns[field], bindparam(f"p{index}", type_=self.columns[field].type))
            for index, field in enumerate(fields)
        )
        where = self._where(conditions, after=len(fields))
        return update(self.shape.table).where(*where).ordered_values(*values)

    def _where(self, conditions: Sequence[Condition], *, after: int = 0) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        parameters = after
        for each in conditions:
            found.append(_sql_of(self.columns[each.field], each, f"p{parameters}"))
            parameters += each.value is not None
        return found


def _form_of(conditions: Sequence[Condition]) -> Hashable:
    return tuple((each.field, each.operator, each.value is None) for each in conditions)


def _limited(statement: Select[Any], conditions: Sequence[Condition], *, limited: bool) -> Select[Any]:
    if not limited:
        return statement
    number = sum(each.value is not None for each in conditions)
    return statement.limit(bindparam(f"p{number}", type_=Integer()))


def _sql_of(of: Column[Any], condition: Condition, name: str) -> ColumnElement[bool]:
    if condition.value is None:
        return of.is_(None) if condition.operator == "eq" else of.is_not(None)
    given: BindParameter[Any] = bindparam(name, type_=of.type)
    match condition.operator:
        case "eq":
            return of == given
        case "ne":
            return of.is_distinct_from(given)
        case "in":
            # One parameter whatever the number: one prepared statement, and no limit of 32,767.
            return of == any_(bindparam(name, type_=ARRAY(of.type, dimensions=1)))
        case "lt":
            return of < given
        case "le":
            return of <= given
        case "gt":
            return of > given
        case "ge":
            return of >= given


def _converters(
    table: Table, fields: Sequence[str], of: Callable[[Any], Callable[[Any], Any] | None]
) -> Converters:
    found = ((index, of(table.columns[field].type)) for index, field in enumerate(fields))
    return tuple((index, convert) for index, convert in found if convert is not None)


def _each(values: Sequence[Any], convert: Callable[[Any], Any]) -> list[Any]:
    return [None if value is None else convert(value) for value in values]


def _columns(rows: Sequence[Sequence[Any]], converters: Converters) -> list[Sequence[Any]]:
    """Return rows as columns, converted: a column at a time is the quickest way through many rows."""
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    if columns:
        for index, convert in converters:
            columns[index] = _each(columns[index], convert)
    return columns
