"""Payments are kept in the order in which they are told of their household: others count them by it (PAY-8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bulkhead.persistence.ports import UnitOfWork
from payments.application.records import PaymentsTold
from payments.domain.payments import Payment


async def keep_payments(uow: UnitOfWork, payments: Iterable[Payment]) -> list[Payment]:
    """Keep payments that are not kept yet, each as its household's next, whose lock is held; return them. They are told
    of in this order.
    """
    given = list(payments)
    households = sorted({each.household for each in given})
    known = await uow.records(PaymentsTold).select(household=households)
    told = {each.household: each.payments for each in known}
    kept = await uow.records(Payment).add_new(_numbered(given, told))
    if len(kept) < len(given):
        kept = _numbered(kept, told)
        await uow.records(Payment).put(kept)
    last = {each.household: each.number for each in kept}
    await uow.records(PaymentsTold).put(
        PaymentsTold(household=household, payments=number) for household, number in last.items()
    )
    return kept


async def put_in_order(uow: UnitOfWork, household: str, told: Sequence[str]) -> None:
    """Number a household's payments anew where those of ``told`` were told in that order, which is not the one in
    which they were taken in again: after what was kept before them, and before what was found since (ADR 0024).
    """
    kept = await uow.records(Payment).select(household=household, order_by=("number",))
    again = {name: place for place, name in enumerate(told)}
    first = min((each.number for each in kept if each.payment in again), default=0)

    def place(each: Payment) -> tuple[int, int]:
        if each.payment in again:
            return (1, again[each.payment])
        return (0 if each.number < first else 2, each.number)

    ordered = enumerate(sorted(kept, key=place), 1)
    await uow.records(Payment).put(
        replace(each, number=number) for number, each in ordered if each.number != number
    )


def _numbered(payments: Sequence[Payment], told: Mapping[str, int]) -> list[Payment]:
    count = Counter(told)
    numbered: list[Payment] = []
    for each in payments:
        count[each.household] += 1
        numbered.append(replace(each, number=count[each.household]))
    return numbered
