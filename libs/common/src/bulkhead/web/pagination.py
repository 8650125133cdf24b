"""Lists, a page at a time, by an opaque cursor."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from fastapi import Depends, Query
from pydantic import BaseModel

from bulkhead.kernel.errors import InvalidValue
from bulkhead.persistence.ports import Records

R = TypeVar("R")
T = TypeVar("T")
V = TypeVar("V", bound=BaseModel)

LARGEST_PAGE = 500

_MOST_IN_4_BYTES = 2**31 - 1
_MOST_IN_8_BYTES = 2**63 - 1
_MOST_DIGITS = len(str(_MOST_IN_8_BYTES))


class Page(BaseModel, Generic[V]):
    """One page of a list. ``next_cursor`` asks for the next one; None after the last."""

    items: list[V]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which page is asked for: ``limit`` items after the key ``after`` (empty at the start)."""

    limit: int
    after: tuple[str, ...]

    @property
    def after_id(self) -> str:
        """The single key to go on after; empty at the start, where ``id__gt=after_id`` is true of all."""
        return self.after[0] if self.after else ""

    @property
    def after_number(self) -> int:
        """The single number of four bytes to go on after; 0 at the start. Raises `InvalidValue` for a cursor of another
        list.
        """
        return self._after_number(most=_MOST_IN_4_BYTES)

    @property
    def after_long_number(self) -> int:
        """The single number of eight bytes to go on after; 0 at the start. Raises `InvalidValue` as `after_number`."""
        return self._after_number(most=_MOST_IN_8_BYTES)

    @property
    def after_date(self) -> date | None:
        """The single day to go on after; None at the start. Raises `InvalidValue` for a cursor of another list."""
        try:
            return date.fromisoformat(self.after[0]) if self.after else None
        except ValueError as error:
            raise foreign_cursor() from error

    def _after_number(self, *, most: int) -> int:
        try:
            return _number(self.after[0], most=most) if self.after else 0
        except ValueError as error:
            raise foreign_cursor() from error

    def page(
        self, rows: Sequence[T], *, key: Callable[[T], str | tuple[str, ...]], view: Callable[[T], V]
    ) -> Page[V]:
        """Return the page of rows read after ``after_id`` with ``limit + 1``, in the key's order."""
        shown = rows[: self.limit]
        following = _cursor(key(shown[-1])) if len(rows) > self.limit and shown else None
        return Page(items=[view(row) for row in shown], next_cursor=following)

    def page_of(
        self, rows: Sequence[T], *, key: Callable[[T], str | tuple[str, ...]], view: Callable[[T], V]
    ) -> Page[V]:
        """Return the page out of all rows of a short list, sorted by their keys."""
        keyed = sorted(((_parts(key(row)), row) for row in rows), key=lambda pair: pair[0])
        left = [row for parts, row in keyed if not self.after or parts > self.after]
        return self.page(left, key=key, view=view)


async def read_page(
    records: Records[R],
    paging: PageRequest,
    *,
    key: tuple[str, str],
    first: Callable[[str], Any] = str,
    second: Callable[[str], Any] = str,
    **conditions: Any,
) -> list[R]:
    """Return the rows of a page by a key of two fields, and one row more: no others are read.

    ``first`` and ``second`` make values of the fields of what stands in a cursor.
    """
    most, found, beyond = paging.limit + 1, list[R](), dict[str, Any]()
    if paging.after:
        try:
            one, other = paging.after
            after = {key[0]: first(one), f"{key[1]}__gt": second(other)}
        except ValueError as error:
            raise foreign_cursor() from error
        found = await records.select(**conditions, **after, order_by=key, limit=most)
        beyond = {f"{key[0]}__gt": after[key[0]]}
    if len(found) < most:
        found += await records.select(**conditions, **beyond, order_by=key, limit=most - len(found))
    return found


def long_number(text: str) -> int:
    """Return the number of eight bytes that a cursor has as text; raises `ValueError` where it has none."""
    return _number(text, most=_MOST_IN_8_BYTES)


def _number(text: str, *, most: int) -> int:
    # A longer one would be none, and turning it into a number takes long.
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text) <= most):
        raise ValueError("no such number")
    return int(text)


def _parts(key: str | tuple[str, ...]) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else key


def _cursor(key: str | tuple[str, ...]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(_parts(key))).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[str, ...]:
    try:
        decoded = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        parts = msgspec.json.decode(decoded, type=tuple[str, ...])
    except (ValueError, msgspec.DecodeError):
        parts = ()
    if not parts or not all(part.isprintable() for part in parts):
        raise foreign_cursor()
    return parts


def foreign_cursor() -> InvalidValue:
    """Return the refusal of a cursor that no page of the list gave."""
    return InvalidValue(field="query/cursor", problem="is not one that this list gave")


def _page_request(
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="How many items at most.")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=4000, description="`next_cursor` of the page before.")
    ] = None,
) -> PageRequest:
    return PageRequest(limit=limit, after=_read_cursor(cursor) if cursor else ())


Paging = Annotated[PageRequest, Depends(_page_request)]
"""What a list route takes as its ``paging`` parameter."""
