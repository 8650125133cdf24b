"""Which rows a caller of a list asks for, and may see."""

from __future__ import annotations

from typing import Any

from bulkhead.web.commands import Query


def seen_by(query: Query, *, carrier: str | None, **others: str | None) -> dict[str, Any]:
    """Return the conditions given, with the caller's own carrier where the caller is a carrier.

    Raises `NotFound` for another carrier's things.
    """
    if not query.caller.roles & {"operator", "service"}:
        carrier = carrier or query.caller.own_carrier()
    if carrier is not None:
        query.require_carrier(carrier)
    return {name: value for name, value in {"carrier": carrier, **others}.items() if value is not None}
