"""The whole sum of a third party goes back, as one act: a check for many households that bounces (PAY-5)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from payments.application.decide_suspense import lock_of
from payments.application.find_debits import with_what_they_became
from payments.application.return_payment import ReturnOrder, record_returns
from payments.application.waiting import LOCKBOX_FILES
from payments.domain.events import ReturnKind
from payments.domain.lockbox import LockboxContent
from payments.domain.lockbox_formats import frame_of, rows_of
from payments.domain.lockbox_sorting import payment_of
from payments.domain.payments import Payment
from payments.domain.suspense import SuspenseItem, went_back
from payments.domain.third_parties import ThirdPartyPayment, returned, sum_moved


@dataclass(frozen=True, slots=True, kw_only=True)
class SumReturn:
    """The return of a sum as an operator reads it on the bank's paper."""

    file: str
    kind: ReturnKind
    on: date
    reference: str
    operator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SumParts:
    """What a sum became: its payments, also those of other households that its money was moved to, and suspense."""

    payments: tuple[Payment, ...]
    items: tuple[SuspenseItem, ...]

    @property
    def locks(self) -> list[str]:
        """What is locked while it goes back."""
        return [
            *sorted({each.household for each in self.payments}),
            *(lock_of(each.item) for each in self.items),
        ]


async def parts_of_sum(uow: UnitOfWork, file: str) -> SumParts:
    """Return what the sum of a file became. Raises `NotFound`."""
    if await uow.records(ThirdPartyPayment).get(file=file) is None:
        raise NotFound("there is no such sum of a third party")
    kept = await uow.records(LockboxContent).get(file=file)
    if kept is None:
        raise LookupError("the bytes of a file were kept and are gone")
    read = rows_of(kept.content, frame_of(kept.content, today=uow.today))
    ids = [payment_of(file, each.row) for each in read if each.row is not None]
    items = await uow.records(SuspenseItem).select(item=ids)
    ids += [each.payment for each in items if each.payment is not None]
    found = [each async for some in with_what_they_became(uow, ids) for each in some]
    return SumParts(payments=tuple(found), items=tuple(items))


async def locks_of_sum(uow: UnitOfWork, file: str) -> list[str]:
    """Return what is locked while the sum of a file goes back. Raises `NotFound`."""
    return [LOCKBOX_FILES.lock_of(file), *(await parts_of_sum(uow, file)).locks]


async def return_third_party(
    uow: UnitOfWork, order: SumReturn, *, locked: Collection[str]
) -> ThirdPartyPayment:
    """Record that all of a sum went back that has not gone back line by line before, and return it: each payment is
    returned, and what waits in suspense is no money any more. What is ``locked`` are `locks_of_sum`, read before.

    Raises `NotFound`, `SumReturned`, `SumMoved` where money of it became another household's since these were read, and
    `InvalidValue` naming the field.
    """
    parts = await parts_of_sum(uow, order.file)
    if not set(parts.locks) <= set(locked):
        raise sum_moved()
    paid = await uow.records(ThirdPartyPayment).get(file=order.file)
    if paid is None:
        raise NotFound("there is no such sum of a third party")
    there = [each for each in parts.payments if not each.is_gone]
    waiting = [each for each in parts.items if each.state == "open"]
    cents = sum(each.kept_cents for each in there) + sum(each.amount_cents for each in waiting)
    gone = returned(
        paid,
        on=order.on,
        cents=cents,
        kind=order.kind,
        reference=order.reference,
        now=uow.now,
        by=order.operator,
    )
    await record_returns(
        uow,
        [
            (
                each,
                ReturnOrder(
                    payment=each.payment,
                    amount_cents=each.kept_cents,
                    kind=order.kind,
                    on=order.on,
                    reference=order.reference,
                    operator=order.operator,
                    together=order.file,
                ),
            )
            for each in there
        ],
    )
    await uow.records(SuspenseItem).put(
        went_back(each, with_file=order.file, now=uow.now, by=order.operator) for each in waiting
    )
    await uow.records(ThirdPartyPayment).put([gone])
    return gone
