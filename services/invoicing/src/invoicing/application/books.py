"""The receivables ledger in sums, and the proof that it and the positions say the same (INV-16, PAY-9)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bulkhead.persistence.ports import UnitOfWork
from invoicing.domain.records import Charge, Payment, Position, Transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Sums over all households, in cents. ``positions_agree``: the positions are what the ledger adds up to."""

    charged_cents: int
    settled_cents: int
    owed_cents: int
    held_cents: int
    credit_cents: int
    owed_back_cents: int
    unapplied_cents: int
    positions_agree: bool


async def read_books(uow: UnitOfWork) -> Books:
    """Return the sums: a few statements, whatever the number of households.

    Charges, settlements and what is not applied are the ledger's, held and credit the positions', so that the
    two can be held against each other.
    """
    ledger, positions = uow.records(Transfer), uow.records(Position)
    debited = await ledger.totals("cents", by="debit")
    credited = await ledger.totals("cents", by="credit")
    owed = debited.get("receivable", 0) - credited.get("receivable", 0)
    unapplied = credited.get("unapplied", 0) - debited.get("unapplied", 0)
    charged = credited.get("premium", 0) - debited.get("premium", 0)
    held = await positions.total("unapplied_cents", owed_cents__gt=0, unapplied_cents__gt=0)
    credit = await positions.total("unapplied_cents", owed_cents=0, unapplied_cents__gt=0)
    owed_back = -await positions.total("unapplied_cents", unapplied_cents__lt=0)
    return Books(
        charged_cents=charged,
        settled_cents=charged - owed,
        owed_cents=owed,
        held_cents=held,
        credit_cents=credit,
        owed_back_cents=owed_back,
        unapplied_cents=unapplied,
        positions_agree=held + credit - owed_back == unapplied
        and await positions.total("owed_cents") == owed,
    )


async def households_with_positions(uow: UnitOfWork, after: str, limit: int) -> list[str]:
    """Return, in order, the next households that have a position."""
    return await uow.records(Position).distinct("household", household__gt=after, limit=limit)


async def disagreeing_households(uow: UnitOfWork, households: Collection[str]) -> list[str]:
    """Return those households whose rows are not what their ledger adds up to, in order (INV-16).

    Held against it are the position, the charges (open, and what is owed of settled ones still) and the payments (not
    applied). Exact where the households are locked, or nothing moves.
    """
    wanted = sorted(set(households))
    ledger = uow.records(Transfer)
    owed = _difference(
        await ledger.totals("cents", by="household", household=wanted, debit="receivable"),
        await ledger.totals("cents", by="household", household=wanted, credit="receivable"),
    )
    unapplied = _difference(
        await ledger.totals("cents", by="household", household=wanted, credit="unapplied"),
        await ledger.totals("cents", by="household", household=wanted, debit="unapplied"),
    )
    charged = _difference(
        await ledger.totals("cents", by="household", household=wanted, credit="premium"),
        await ledger.totals("cents", by="household", household=wanted, debit="premium"),
    )
    open_charges = await uow.records(Charge).totals("cents", by="household", household=wanted, state="open")
    rests = await uow.records(Charge).totals("rest_cents", by="household", household=wanted, state="settled")
    all_charges = await uow.records(Charge).totals("cents", by="household", household=wanted)
    free = await uow.records(Payment).totals("unapplied_cents", by="household", household=wanted)
    positions = {each.household: each for each in await uow.records(Position).select(household=wanted)}
    return [
        household
        for household in wanted
        if (position := positions.get(household, Position(household=household)))
        and not (
            position.owed_cents == owed.get(household, 0)
            and position.owed_cents == open_charges.get(household, 0) + rests.get(household, 0)
            and position.unapplied_cents == unapplied.get(household, 0) == free.get(household, 0)
            and charged.get(household, 0) == all_charges.get(household, 0)
        )
    ]


def _difference(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {key: one.get(key, 0) - other.get(key, 0) for key in one.keys() | other.keys()}
