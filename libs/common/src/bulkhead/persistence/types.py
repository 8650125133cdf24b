"""Column types for what records hold besides plain values: months, personal texts, values kept as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import NoneType, UnionType
from typing import Any, Final, Generic, Literal, TypeVar, Union, get_args, get_origin

from sqlalchemy import DateTime, LargeBinary, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

from bulkhead.contracts import wire
from bulkhead.kernel.calendar import CoverageMonth, in_exchange_time
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

    def to_driver(self, value: CoverageMonth) -> str:
        """Return the month's text."""
        return str(value)

    def from_driver(self, value: str) -> CoverageMonth:
        """Return the month of a stored text."""
        return CoverageMonth.parse(value)


class MaskedText(TypeDecorator[Masked]):
    """A text about a person: plain in the database, `Masked` everywhere in the program."""

    impl = Text
    cache_ok = True

    @property
    def python_type(self) -> type[Masked]:
        """The type of the values."""
        return Masked

    def to_driver(self, value: Masked) -> str:
        """Return the text itself, for the database alone."""
        return value.reveal()

    def from_driver(self, value: str) -> Masked:
        """Return the stored text, masked."""
        return Masked(value)


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

    def to_driver(self, value: T) -> bytes:
        """Return the value's JSON."""
        return wire.encode(value)

    def from_driver(self, value: bytes) -> T:
        """Return the stored value as its own type; raises `Malformed` where it no longer fits."""
        return wire.decode(value, self.of)


class SealedBytes(TypeDecorator[T], Generic[T]):
    """A value that nobody reads in the database without a key (`bulkhead.persistence.sealing`): text, a text about a
    person, bytes, a date, or what is kept as JSON, before it is sealed and once it is opened.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, of: type[T]) -> None:
        super().__init__()
        self.of = of
        self.json = None if of in _BYTES_OF else Json(of)
        """What it is kept as before it is sealed, where that is JSON."""
        self.to_bytes, self.from_bytes = _BYTES_OF[of] if self.json is None else _padded(self.json)

    @property
    def python_type(self) -> type[T]:
        """The type of the values."""
        return self.of


_BYTES_OF: Final[Mapping[Any, tuple[Callable[[Any], bytes], Callable[[bytes], Any]]]] = {
    bytes: (bytes, bytes),
    str: (str.encode, bytes.decode),
    Masked: (lambda value: value.reveal().encode(), lambda data: Masked(data.decode())),
    date: (lambda value: value.isoformat().encode(), lambda data: date.fromisoformat(data.decode())),
}


_PADDED_TO: Final = 64
"""JSON is sealed in lengths of so many bytes: else yes and no could be told by theirs."""


def _padded(json: Json[Any]) -> tuple[Callable[[Any], bytes], Callable[[bytes], Any]]:
    def to_bytes(value: Any) -> bytes:
        encoded = json.to_driver(value)
        return encoded + b" " * (-len(encoded) % _PADDED_TO)

    return to_bytes, json.from_driver


def to_driver(type_: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """Return what turns a column's values, never None, into what the driver takes; None where they are the same."""
    return type_.to_driver if isinstance(type_, (Month, MaskedText, Json)) else None


def from_driver(type_: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """Return what turns what the driver gives, never None, into a column's values; None where they are the same.

    Instants are given back in the exchange's zone (CAL-1).
    """
    if isinstance(type_, DateTime):
        return in_exchange_time
    return type_.from_driver if isinstance(type_, (Month, MaskedText, Json)) else None


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
