"""Rows of delinquency lists as they come, in any order, and the word that a list is closed (CAR-3)."""

from __future__ import annotations

from collections.abc import Sequence

from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.application.facts import DelinquencyListClosed, DelinquencyListed
from carrier_gateway.domain.records import DelinquencyList, DelinquencyRow


async def list_households(uow: UnitOfWork, listed: Sequence[DelinquencyListed]) -> None:
    """Keep the rows; one that is there already stays as it is."""
    if listed:
        await uow.records(DelinquencyRow).add_new([row_of(each) for each in listed])


def row_of(fact: DelinquencyListed) -> DelinquencyRow:
    """Return the row of a list that was told of."""
    return DelinquencyRow(
        carrier=fact.carrier,
        on=fact.on,
        list_part=fact.list_part,
        household=fact.household,
        policies=fact.policies,
        month=fact.month,
        of=fact.of,
        past_due_cents=fact.past_due_cents,
        pay_by=fact.pay_by,
        claims=fact.claims,
        action=fact.action,
        effective=fact.effective,
    )


async def close_lists(uow: UnitOfWork, closed: Sequence[DelinquencyListClosed]) -> None:
    """Keep that these lists are closed, and how many rows each has; nothing is written yet."""
    if closed:
        await uow.records(DelinquencyList).add_new(
            [
                DelinquencyList(
                    carrier=each.carrier,
                    on=each.on,
                    list_part=each.list_part,
                    rows=each.rows,
                    closed_at=uow.now,
                )
                for each in closed
            ]
        )
