"""Remittances as payments tells them, a part at a time and in any order (PAY-6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bulkhead.kernel.errors import Impossible
from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.application.facts import RemittanceIssued
from carrier_gateway.domain.remittances import PaidLine, Remittance, RemittancePart, TakenBack

_HEAD = (
    "carrier",
    "sequence",
    "business_date",
    "issued_on",
    "total_cents",
    "brought_forward_cents",
    "carried_cents",
    "parts",
)


async def keep_remittances(uow: UnitOfWork, issued: Sequence[RemittanceIssued]) -> None:
    """Keep the parts that came; one that is there already stays as it is. Nothing is written yet.

    Raises `Impossible` where two parts of one remittance do not say the same of the whole.
    """
    if not issued:
        return
    heads = [_head_of(each, uow) for each in issued]
    await uow.records(Remittance).add_new({each.remittance: each for each in heads}.values())
    known = {
        each.remittance: each
        for each in await uow.records(Remittance).select(
            remittance=sorted({each.remittance for each in heads})
        )
    }
    for head in heads:
        if any(getattr(head, name) != getattr(known[head.remittance], name) for name in _HEAD):
            raise Impossible("two parts of a remittance do not say the same of it")
    await uow.records(RemittancePart).add_new(parts_of(issued))
    if taken_back := taken_back_by(issued):
        await uow.records(TakenBack).add_new(taken_back)


def _head_of(fact: RemittanceIssued, uow: UnitOfWork) -> Remittance:
    return Remittance(
        remittance=fact.remittance,
        carrier=fact.carrier,
        sequence=fact.sequence,
        business_date=fact.business_date,
        issued_on=fact.issued_on,
        total_cents=fact.total_cents,
        brought_forward_cents=fact.brought_forward_cents,
        carried_cents=fact.carried_cents,
        parts=fact.parts,
        heard_at=uow.now,
    )


def parts_of(issued: Iterable[RemittanceIssued]) -> list[RemittancePart]:
    """Return the parts that were told of, each once: as it was told first."""
    found: dict[tuple[str, int], RemittancePart] = {}
    for fact in issued:
        lines = tuple(
            PaidLine(household=each.household, policy=each.policy, month=each.month, cents=each.cents)
            for each in fact.lines
        )
        part = RemittancePart(
            remittance=fact.remittance,
            part=fact.part,
            lines=lines,
            cents=sum(each.cents for each in lines),
        )
        found.setdefault((part.remittance, part.part), part)
    return list(found.values())


def taken_back_by(issued: Iterable[RemittanceIssued]) -> list[TakenBack]:
    """Return the months that were taken back, each by every remittance that did."""
    return list(
        dict.fromkeys(
            TakenBack(policy=line.policy, month=line.month, carrier=fact.carrier, sequence=fact.sequence)
            for fact in issued
            for line in fact.lines
            if line.cents < 0
        )
    )
