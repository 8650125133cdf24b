"""Table classes: what columns their fields make, and what record fits them."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import InvalidRequestError
from sqlmodel import BigInteger, DateTime, Field, Index, func

from bulkhead.chassis_tables import CHASSIS_TABLES, service_registry
from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.shapes import DoesNotFit, shape_of, shapes_of
from bulkhead.persistence.tables import TableModel
from bulkhead_testing.memory import MemoryDatabase


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is kept as JSON."""

    cents: int


class SampleTable(TableModel, registry=service_registry()):
    """A table of these tests."""


class WideSamples(SampleTable, table=True):
    key: str = Field(primary_key=True)
    state: str
    number: int
    cents: int = Field(sa_type=BigInteger)
    open: bool
    content: bytes
    opened_on: date | None
    seen_at: datetime
    month: CoverageMonth
    owner: Masked | None
    line: Line
    lines: tuple[Line, ...]
    names: dict[str, str] | None
    written_at: datetime = Field(sa_column_kwargs={"server_default": func.now()})

    __table_args__ = (Index("samples_month", "month", unique=True),)


FIELDS: dict[str, Any] = {
    "key": str,
    "state": Literal["open", "closed"],
    "number": int,
    "cents": int,
    "open": bool,
    "content": bytes,
    "opened_on": date | None,
    "seen_at": datetime,
    "month": CoverageMonth,
    "owner": Masked | None,
    "line": Line,
    "lines": tuple[Line, ...],
    "names": dict[str, str] | None,
}


def record(**fields: Any) -> type:
    """Return a record with these fields; None leaves one out."""
    given = [(name, held) for name, held in fields.items() if held is not None]
    return make_dataclass("Sample", given, slots=True)


def test_a_field_makes_the_column_of_what_it_holds() -> None:
    columns = WideSamples.__table__.columns
    assert {name: each.type.compile(postgresql.dialect()) for name, each in columns.items()} == {
        "key": "TEXT",
        "state": "TEXT",
        "number": "INTEGER",
        "cents": "BIGINT",
        "open": "BOOLEAN",
        "content": "BYTEA",
        "opened_on": "DATE",
        "seen_at": "TIMESTAMP WITH TIME ZONE",
        "month": "VARCHAR(7)",
        "owner": "TEXT",
        "line": "JSONB",
        "lines": "JSONB",
        "names": "JSONB",
        "written_at": "TIMESTAMP WITH TIME ZONE",
    }
    assert {name for name, each in columns.items() if each.nullable} == {"opened_on", "owner", "names"}


def test_a_table_is_named_as_its_class() -> None:
    assert WideSamples.__table__.name == "wide_samples"


def test_a_field_of_a_type_that_no_column_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="there is no column type for"):

        class Prices(SampleTable, table=True):
            key: str = Field(primary_key=True)
            price: Decimal


def test_a_table_has_no_instances() -> None:
    with pytest.raises(TypeError, match="WideSamples is a table"):
        WideSamples(key="a")  # pyright: ignore[reportCallIssue] - that it says so too is the point


def test_a_service_cannot_take_the_name_of_a_table_of_the_chassis() -> None:
    with pytest.raises(InvalidRequestError, match="'inbox' is already defined"):

        class Inbox(SampleTable, table=True):
            key: str = Field(primary_key=True)


def test_a_record_that_says_the_same_as_its_table_fits() -> None:
    shape = shape_of(record(**FIELDS), WideSamples)  # pyright: ignore[reportArgumentType]
    assert shape.fields == tuple(FIELDS)
    assert (shape.key, shape.uniques) == (("key",), (("month",),))


def test_the_records_of_the_chassis_fit_their_tables() -> None:
    assert shapes_of(CHASSIS_TABLES).keys() == CHASSIS_TABLES.keys()


@pytest.mark.parametrize(
    ("name", "held", "says"),
    [
        ("colour", str, "there is no column for colour"),
        ("number", None, "there is no field for number"),
        ("key", None, "there is no field for key"),
        ("state", int, "state is <class 'int'>"),
        ("state", Literal[1, 2], "state is "),
        ("state", str | None, "state is "),
        ("number", bool, "number is "),
        ("cents", str, "cents is "),
        ("open", int, "open is "),
        ("content", str, "content is "),
        ("opened_on", date, "opened_on is "),
        ("opened_on", datetime | None, "opened_on is "),
        ("seen_at", date, "seen_at is "),
        ("seen_at", datetime | None, "seen_at is "),
        ("month", str, "month is "),
        ("month", date, "month is "),
        ("owner", str | None, "owner is "),
        ("line", tuple[Line, ...], "line is "),
        ("lines", tuple[str, ...], "lines is "),
        ("lines", list[Line], "lines is "),
        ("names", dict[str, str], "names is "),
    ],
)
def test_a_record_that_says_something_else_is_refused(name: str, held: Any, says: str) -> None:
    with pytest.raises(DoesNotFit, match=f"Sample does not fit wide_samples: {says}"):
        shape_of(record(**(FIELDS | {name: held})), WideSamples)  # pyright: ignore[reportArgumentType]


class NaiveSamples(SampleTable, table=True):
    key: str = Field(primary_key=True)
    seen_at: datetime = Field(sa_type=DateTime)


class FalseSamples(SampleTable, table=True):
    key: str = Field(primary_key=True)
    cents: str = Field(sa_type=BigInteger)


@pytest.mark.parametrize("cents", [int, str])
def test_a_table_class_that_contradicts_its_own_column_fits_no_record(cents: type) -> None:
    with pytest.raises(DoesNotFit, match="cents is "):
        shape_of(record(key=str, cents=cents), FalseSamples)  # pyright: ignore[reportArgumentType]


def test_an_instant_without_a_time_zone_fits_no_record() -> None:
    with pytest.raises(DoesNotFit, match="seen_at has no time zone"):
        shape_of(record(key=str, seen_at=datetime), NaiveSamples)  # pyright: ignore[reportArgumentType]


def test_a_database_does_not_open_with_a_record_that_does_not_fit() -> None:
    with pytest.raises(DoesNotFit, match="number is "):
        MemoryDatabase(tables={**CHASSIS_TABLES, record(**(FIELDS | {"number": str})): WideSamples})
