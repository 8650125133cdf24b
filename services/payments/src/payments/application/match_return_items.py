"""What a return file said of a payment before that was known is looked at again when the payment is, and so is what it
said of a return before that was recorded (PAY-3, PAY-5).
"""

from __future__ import annotations

from datetime import date, datetime

from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import do_one_by_one
from payments.application.decide_return_items import lock_of
from payments.application.load_return_files import SaidReturn, end_autopay_by_items, return_by_items
from payments.application.ports import Parameters
from payments.application.record_payments import record_payments
from payments.application.waiting import RETURN_ITEMS
from payments.domain.events import ReturnKind
from payments.domain.payments import Payment
from payments.domain.return_files import (
    DISPUTED,
    DONE,
    UNKNOWN,
    ReturnItem,
    came_again_as,
    comes_again,
    done,
    found_by,
    goes_again,
    is_disputed,
    kind_of,
    of_money_again,
    of_payment,
    reason_to_wait,
    returned_on,
    returned_when_known,
    tender_again,
    waiting,
)

MOST_AT_ONCE = 200


class ReturnItemPoller:
    """Looks again at items whose payment was not known when their file was read, and at those about earlier returns,
    each by itself.

    An attempt that is not resolved has no payment, and a file may come before its payment is recorded. Both may happen
    at one moment, so that neither sees the other: it is looked for afterwards. So is what banks say about an earlier
    return, whichever of both was read first.
    """

    name = "return-items"

    def __init__(self, uows: UnitOfWorkFactory, *, parameters: Parameters) -> None:
        self._uows = uows
        self._parameters = parameters

    async def turn(self, now: datetime) -> int:
        """Look at items again whose payments are known now; return how many."""

        async def look(item: ReturnItem) -> int:
            locked = [each for each in (item.household, lock_of(item.item)) if each is not None]
            async with self._uows.begin(now=now, households=locked) as uow:
                return await look_again(uow, item, parameters=self._parameters)

        return await do_one_by_one(
            await self._due(now),
            retries=RETURN_ITEMS,
            uows=self._uows,
            now=now,
            key=lambda item: item.item,
            do=look,
            household=lambda item: item.household,
        )

    async def pending(self, now: datetime) -> int:
        """Return how many items can be looked at again now."""
        return len(await self._due(now))

    async def _due(self, now: datetime) -> list[ReturnItem]:
        async with self._uows.begin(now=now) as uow:
            return await items_to_look_at(uow)


async def items_to_look_at(uow: UnitOfWork) -> list[ReturnItem]:
    """Return items that wait for a payment which is known now, each with that payment, and those about earlier returns
    of which it is certain now what of the money is to be done.
    """
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
    due = [of_payment(each, called[each.identification or ""]) for each in found]
    due += await _clear_disputes(uow)
    await RETURN_ITEMS.forget(uow, failed - {each.item for each in due})
    return [each for each in due if each.item not in resting]


async def _clear_disputes(uow: UnitOfWork) -> list[ReturnItem]:
    """Return items about earlier returns of which it is certain by now what of the money is to be done."""
    order = ("recorded_at", "file", "line")
    disputes = await uow.records(ReturnItem).select(**DISPUTED, order_by=order, limit=MOST_AT_ONCE)
    if not disputes:
        return []
    named = {each.payment for each in disputes if each.payment is not None}
    payments = {each.payment: each for each in await uow.records(Payment).select(payment=sorted(named))}
    came_as = {name: came_again_as(each) for name, each in payments.items()}
    found = await uow.records(Payment).select(payment=sorted(came_as.values()))
    again = {each.payment: each for each in found}
    return [
        item
        for item in disputes
        for payment in [payments.get(item.payment or "")]
        if payment is not None
        and (
            comes_again(item, payment, again=again.get(came_as[payment.payment]), today=uow.today)
            or goes_again(item, again.get(came_as[payment.payment]), today=uow.today)
        )
    ]


async def look_again(uow: UnitOfWork, found: ReturnItem, *, parameters: Parameters) -> bool:
    """Record what an item says of the payment it was found to name, or why it waits all the same; return whether it
    waited for that payment still. The item and the payment's household are locked.
    """
    item = await uow.records(ReturnItem).get(item=found.item)
    payment = await uow.records(Payment).get(payment=found.payment)
    if item is None or payment is None:
        return False
    if found_by(item, payment):
        after = await _match(uow, of_payment(item, payment), payment)
    elif is_disputed(item):
        after = await _settle_dispute(uow, item, payment, parameters=parameters)
    else:
        return False
    await uow.records(ReturnItem).put([after])
    await RETURN_ITEMS.forget(uow, [item.item])
    return after != item


async def _match(uow: UnitOfWork, item: ReturnItem, payment: Payment) -> ReturnItem:
    said = await uow.records(ReturnItem).count(payment=payment.payment, state=DONE)
    claimed = {payment.payment} if said else set[str]()
    reason = reason_to_wait(item, payment, claimed=claimed, today=uow.today)
    after = done(item, payment) if reason is None else waiting(item, reason)
    if reason is None:
        await _return(
            uow, item, payment, on=returned_when_known(item, payment, today=uow.today), kind=kind_of(item)
        )
    await end_autopay_by_items(uow, [(after, payment)])
    return after


async def _settle_dispute(
    uow: UnitOfWork, item: ReturnItem, payment: Payment, *, parameters: Parameters
) -> ReturnItem:
    """Let the money of a dishonored return come again, and go once more where that is contested; return the item, as it
    was where nothing is certain.
    """
    again = await uow.records(Payment).get(payment=came_again_as(payment))
    if comes_again(item, payment, again=again, today=uow.today):
        tender = tender_again(item, payment, today=uow.today)
        [arrived] = await record_payments(uow, [tender], parameters=parameters)
        return of_money_again(item, arrived)
    if again is not None and goes_again(item, again, today=uow.today):
        await _return(uow, item, again, on=returned_on(item, today=uow.today), kind="other")
        return done(of_payment(item, again), again)
    return item


async def _return(uow: UnitOfWork, item: ReturnItem, payment: Payment, *, on: date, kind: ReturnKind) -> None:
    said = SaidReturn(item=item, payment=payment, on=on, kind=kind)
    await return_by_items(uow, [said], by=f"return-file:{item.file[:12]}")
