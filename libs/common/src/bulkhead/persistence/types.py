"""Column types for what records hold besides plain values: months, personal texts, values kept as JSON."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from sqlalchemy import Dialect, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from bulkhead.contracts import wire
from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.personal import Masked

T = TypeVar("T")


class Month(TypeDecorator[CoverageMonth]):
    """A coverage month, stored as ``2016-01``: it sorts as text the way it sorts as a month."""

    impl = String(7)
    cache_ok = True

    @property
    def python_type(self) -> type[CoverageMonth]:
        """The type of the values."""
        return CoverageMonth

    def process_bind_param(self, value: CoverageMonth | None, dialect: Dialect) -> str | None:
        """Return the month's text."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> CoverageMonth | None:
        """Return the month of a stored text."""
        return None if value is None else CoverageMonth.parse(value)


class MaskedText(TypeDecorator[Masked]):
    """A text about a person: plain in the database, `Masked` everywhere in the program."""

    impl = Text
    cache_ok = True

    @property
    def python_type(self) -> type[Masked]:
        """The type of the values."""
        return Masked

    def process_bind_param(self, value: Masked | None, dialect: Dialect) -> str | None:
        """Return the text itself, for the database alone."""
        return None if value is None else value.reveal()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Masked | None:
        """Return the stored text, masked."""
        return None if value is None else Masked(value)


class Json(TypeDecorator[T], Generic[T]):
    """A value kept whole, such as a list of lines: ``Json(tuple[Line, ...])``.

    Dataclasses, tuples, dicts, dates, `CoverageMonth` and `Masked` go in and come out as themselves.
    """

    impl = JSONB
    cache_ok = True

    def __init__(self, of: type[T]) -> None:
        super().__init__(none_as_null=True)
        self.of = of

    @property
    def python_type(self) -> type[T]:
        """The type of the values."""
        return self.of

    def process_bind_param(self, value: T | None, dialect: Dialect) -> Any:
        """Return the value encoded; `write_json` passes it on."""
        return None if value is None else msgspec.Raw(wire.encode(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> T | None:
        """Return the stored value as its own type; raises `Malformed` where it no longer fits."""
        return None if value is None else wire.decode(value, self.of)

    def copied(self, value: T | None) -> T | None:
        """Return the value as it would come back from storage."""
        return None if value is None else wire.decode(wire.encode(value), self.of)


def write_json(value: Any) -> str:
    """Return the JSON text of a value `Json` has encoded: the engine's ``json_serializer``."""
    return msgspec.json.encode(value).decode()


def read_json(text: str) -> msgspec.Raw:
    """Return stored JSON as it is, for `Json` to decode: the engine's ``json_deserializer``."""
    return msgspec.Raw(text.encode())


def held_by(annotation: Any) -> tuple[Any, bool]:
    """Return the type a field of this annotation holds, and whether it may be None instead.

    A `Literal` of texts holds texts. Raises `TypeError` where values of several types are held.
    """
    members = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    held: set[Any] = set()
    for member in members:
        held.update(map(type, get_args(member)) if get_origin(member) is Literal else (member,))
    may_be_none = NoneType in held
    held.discard(NoneType)
    if len(held) != 1:
        raise TypeError(f"{annotation} is not of one type")
    return held.pop(), may_be_none
