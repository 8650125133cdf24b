"""A household's history here, in its own order: invoices, payments, money that was moved away or redated, changes of
charges, and what was decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from bulkhead.persistence.ports import UnitOfWork
from invoicing.domain.decisions import Decision
from invoicing.domain.records import Adjustment, Invoice, MoneyMoved, MoneyRedated, Payment

Happened: TypeAlias = Invoice | Payment | MoneyMoved | MoneyRedated | Adjustment | Decision


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Where in the history something is: the household's turn, and which decision after it, 0 for the turn's own."""

    turn: int = 0
    decision: int = 0


def place_of(happened: Happened) -> Place:
    """Return where in the history something is."""
    if isinstance(happened, Decision):
        return Place(turn=happened.after, decision=happened.number)
    return Place(turn=happened.number)


async def history_of(uow: UnitOfWork, household: str, *, after: Place, limit: int) -> list[Happened]:
    """Return at most so much of what happened after a place, in order: a query for each kind of thing."""
    found: list[Happened] = []
    for kind in (Invoice, Payment, MoneyMoved, MoneyRedated, Adjustment):
        found += await uow.records(kind).select(
            household=household, number__gt=after.turn, order_by=("number",), limit=limit
        )
    found += await uow.records(Decision).select(
        household=household,
        after__ge=after.turn,
        number__gt=after.decision,
        order_by=("number",),
        limit=limit,
    )
    return sorted(found, key=place_of)[:limit]
