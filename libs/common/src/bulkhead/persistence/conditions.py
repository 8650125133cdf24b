"""Conditions of `Records` methods, read once and the same way by every adapter."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeAlias, cast

Operator: TypeAlias = Literal["eq", "in", "lt", "le", "gt", "ge", "ne"]

Order: TypeAlias = tuple[tuple[str, bool], ...]
"""Fields and whether each descends, the weightiest first."""

_OPERATORS = frozenset(("lt", "le", "gt", "ge", "ne"))


class Condition(NamedTuple):
    """One condition on one field. ``eq`` and ``ne`` may compare with None; ``in`` has a list without None."""

    field: str
    operator: Operator
    value: Any


def parse_conditions(*, fields: tuple[str, ...], conditions: Mapping[str, Any]) -> list[Condition]:
    """Return the conditions in the order given.

    Raises `ValueError` for a field the record does not have and for a comparison that can never hold.
    """
    parsed: list[Condition] = []
    for (name, value), (field, operator) in zip(
        conditions.items(), _split(fields, tuple(conditions)), strict=True
    ):
        if operator is not None:
            if value is None and operator != "ne":
                raise ValueError(f"{name} cannot be compared with None")
            parsed.append(Condition(field, operator, value))
        elif isinstance(value, (list, tuple, set, frozenset)):
            wanted = list(cast(Collection[Any], value))
            if None in wanted:
                raise ValueError(f"{name} cannot be one of a list with None in it")
            parsed.append(Condition(field, "in", wanted))
        else:
            parsed.append(Condition(field, "eq", value))
    return parsed


@lru_cache(maxsize=4096)
def _split(fields: tuple[str, ...], names: tuple[str, ...]) -> tuple[tuple[str, Operator | None], ...]:
    """Return the fields that conditions' names are about, and how each compares; None for equality and lists."""
    found: list[tuple[str, Operator | None]] = []
    for name in names:
        field, separator, suffix = name.rpartition("__")
        compares = bool(separator) and suffix in _OPERATORS
        found.append((field, cast(Operator, suffix)) if compares else (name, None))
        _known(fields, found[-1][0])
    return tuple(found)


def _known(fields: Collection[str], field: str) -> None:
    if field not in fields:
        raise ValueError(f"there is no field {field!r}")


def parse_order(*, fields: tuple[str, ...], key: tuple[str, ...], order_by: Collection[str]) -> Order:
    """Return (field, descends) pairs: those asked for, then the key so that the order is always total.

    Raises `ValueError` for a field the record does not have.
    """
    return _ordered(fields, key, tuple(order_by))


@lru_cache(maxsize=4096)
def _ordered(fields: tuple[str, ...], key: tuple[str, ...], order_by: tuple[str, ...]) -> Order:
    pairs = [(name.removeprefix("-"), name.startswith("-")) for name in order_by]
    for field, _ in pairs:
        _known(fields, field)
    named = {field for field, _ in pairs}
    return (*pairs, *((field, False) for field in key if field not in named))


def check_values(*, fields: Collection[str], key: Collection[str], values: Mapping[str, Any]) -> None:
    """Raise `ValueError` unless these values can be set: some, of fields the record has, none of its key."""
    if not values:
        raise ValueError("update needs a value to set")
    for field in values:
        _known(fields, field)
        if field in key:
            raise ValueError(f"{field} is of the key, which does not change")
