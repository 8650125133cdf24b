"""Which debit brings a payment's money, and what of a debit's money the books still have, wherever it was moved to
(PAY-1, PAY-11).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence

from bulkhead.persistence.ports import UnitOfWork
from payments.domain.ach_debits import AchDebit, brought_by
from payments.domain.payments import Payment


async def debits_of(uow: UnitOfWork, payments: Iterable[Payment]) -> Mapping[str, AchDebit]:
    """Return the debits that bring these payments, by the payments' ids; those of moved money too."""
    names = {each.payment: brought_by(each) for each in payments}
    named = sorted({each for each in names.values() if each is not None})
    debits = {each.payment: each for each in await uow.records(AchDebit).select(payment=named)}
    return {payment: debits[name] for payment, name in names.items() if name in debits}


async def with_what_they_became(
    uow: UnitOfWork, payments: Collection[str]
) -> AsyncGenerator[Sequence[Payment]]:
    """Yield these payments, then what money of them was moved to, then what that was, until nothing moved on."""
    some = await uow.records(Payment).select(payment=sorted(payments))
    while some:
        yield some
        moved = sorted(each.payment for each in some if each.moved_cents)
        some = await uow.records(Payment).select(moved_from=moved) if moved else []


async def parts_of(uow: UnitOfWork, payments: Collection[str]) -> Mapping[str, list[Payment]]:
    """Return, by these payments' ids, each of them with all that money of it became, however often it was moved."""
    first_of, found = dict[str, str](), defaultdict[str, list[Payment]](list)
    async for some in with_what_they_became(uow, payments):
        first_of |= {each.payment: first_of.get(each.moved_from or "", each.payment) for each in some}
        for each in some:
            found[first_of[each.payment]].append(each)
    return found


async def cents_left(uow: UnitOfWork, payments: Collection[str]) -> Counter[str]:
    """Return, by these payments' ids, how much of each has not gone back: its own money, and what was moved of it."""
    left = Counter[str]()
    for name, parts in (await parts_of(uow, payments)).items():
        left[name] = sum(each.kept_cents for each in parts if each.returned_on is None)
    return left
