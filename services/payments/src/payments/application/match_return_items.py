"""What a return file said of a payment before that was known is looked at again when the payment is (PAY-3, PAY-5)."""

from __future__ import annotations

from datetime import datetime

from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import do_one_by_one
from payments.application.decide_return_items import lock_of
from payments.application.load_return_files import SaidReturn, end_autopay_by_items, return_by_items
from payments.application.waiting import RETURN_ITEMS
from payments.domain.payments import Payment
from payments.domain.return_files import (
    DONE,
    UNKNOWN,
    ReturnItem,
    done,
    found_by,
    kind_of,
    of_payment,
    reason_to_wait,
    returned_when_known,
    waiting,
)

MOST_AT_ONCE = 200


class ReturnItemPoller:
    """Finds the payments of items that named none when their file was read, each by itself.

    An attempt that is not resolved has no payment, and a file may come before its payment is recorded. Both may happen
    at one moment, so that neither sees the other: it is looked for afterwards.
    """

    name = "return-items"

    def __init__(self, uows: UnitOfWorkFactory) -> None:
        self._uows = uows

    async def turn(self, now: datetime) -> int:
        """Look at items again whose payments are known now; return how many."""

        async def match(item: ReturnItem) -> int:
            locked = [each for each in (item.household, lock_of(item.item)) if each is not None]
            async with self._uows.begin(now=now, households=locked) as uow:
                return await match_item(uow, item)

        return await do_one_by_one(
            await self._due(now),
            retries=RETURN_ITEMS,
            uows=self._uows,
            now=now,
            key=lambda item: item.item,
            do=match,
            household=lambda item: item.household,
        )

    async def pending(self, now: datetime) -> int:
        """Return how many items can be looked at again now."""
        return len(await self._due(now))

    async def _due(self, now: datetime) -> list[ReturnItem]:
        async with self._uows.begin(now=now) as uow:
            return await items_of_known_payments(uow)


async def items_of_known_payments(uow: UnitOfWork) -> list[ReturnItem]:
    """Return items that wait for a payment which is known now, each with that payment."""
    failed, resting = await RETURN_ITEMS.waiting_and_resting(uow)
    items = uow.records(ReturnItem)
    names = await items.distinct("identification", **UNKNOWN)
    payments = await uow.records(Payment).select(identification=names) if names else []
    called = {each.identification: each for each in payments if each.identification is not None}
    found: list[ReturnItem] = []
    if called:
        order = ("recorded_at", "file", "line")
        found = await items.select(
            **UNKNOWN, identification=sorted(called), order_by=order, limit=MOST_AT_ONCE
        )
    await RETURN_ITEMS.forget(uow, failed - {each.item for each in found})
    return [of_payment(each, called[each.identification or ""]) for each in found if each.item not in resting]


async def match_item(uow: UnitOfWork, found: ReturnItem) -> bool:
    """Record the return that an item says of the payment it was found to name, or why it waits all the same; return
    whether it waited for that payment still. The item and the payment's household are locked.
    """
    item = await uow.records(ReturnItem).get(item=found.item)
    payment = await uow.records(Payment).get(payment=found.payment)
    if item is None or payment is None or not found_by(item, payment):
        return False
    item = of_payment(item, payment)
    said = await uow.records(ReturnItem).count(payment=payment.payment, state=DONE)
    claimed = {payment.payment} if said else set[str]()
    reason = reason_to_wait(item, payment, claimed=claimed, today=uow.today)
    after = done(item, payment) if reason is None else waiting(item, reason)
    if reason is None:
        day = returned_when_known(item, payment, today=uow.today)
        said = SaidReturn(item=item, payment=payment, on=day, kind=kind_of(item))
        await return_by_items(uow, [said], by=f"return-file:{item.file[:12]}")
    await end_autopay_by_items(uow, [(after, payment)])
    await uow.records(ReturnItem).put([after])
    await RETURN_ITEMS.forget(uow, [item.item])
    return True
