"""A payment from a bank account kept here: received as it is drawn, its debit in the next file, in one transaction
(PAY-1, PAY-4, PAY-8).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import Backlog
from payments.application.draw_invoices import as_of_now, order_of
from payments.application.keep_bank_accounts import require_drawable
from payments.application.pass_on_credit import require_paid_here
from payments.application.ports import AccountKeys, Parameters
from payments.application.record_payments import record_payments
from payments.application.take_online_payment import (
    OnlineOrder,
    checked_order,
    key_used_for_another_payment,
    require_open,
)
from payments.application.waiting import ACCOUNT_DRAWS
from payments.domain.ach_debits import AchDebit, debit_of, origin_of
from payments.domain.attempts import Attempt
from payments.domain.autopay import Draw, drawn
from payments.domain.bank_accounts import ENTRY_CLASSES, EntryClass
from payments.domain.payments import Payment, Source, Tender

MOST_AT_ONCE: Final = 200

DUE = Backlog(Draw, key="draw", retries=ACCOUNT_DRAWS, state="drawing", way="debit")

_SOURCES: Final[dict[EntryClass, Source]] = {"WEB": "web-debit", "PPD": "ppd-debit"}


async def pay_by_account(
    uow: UnitOfWork, order: OnlineOrder, *, keys: AccountKeys | None, parameters: Parameters
) -> Payment:
    """Record what a member, or an operator for it, pays from an account kept here, and return the payment. ``keys`` are
    those of accounts kept here, None where none are.

    Raises `InvalidValue` naming the field (PAY-1), `AccountClosed`, `NoAccountsKept`, `OnlinePaymentNotOpen` (OPS-4),
    `PaidThere` (OPS-5) and `KeyUsedForAnotherPayment` (PAY-2), before it writes.
    """
    if order.received_on is not None or order.postmarked_on is not None:
        raise InvalidValue(
            field="/received_on" if order.received_on is not None else "/postmarked_on",
            problem="is of no payment that is drawn now",
            reasons=(Reason(rule="PAY-4", says="what is debited is received on the day it is drawn"),),
        )
    checked_order(order, today=uow.today)
    require_open(parameters, today=uow.today)
    await require_paid_here(uow, order.household, invoice=order.invoice)
    if await uow.records(Attempt).get(payment=order.payment) or await uow.records(Payment).get(
        payment=order.payment
    ):
        raise key_used_for_another_payment()
    return await _debit(uow, order, recurring=False, keys=keys, parameters=parameters)


async def _debit(
    uow: UnitOfWork, order: OnlineOrder, *, recurring: bool, keys: AccountKeys | None, parameters: Parameters
) -> Payment:
    account = await require_drawable(
        uow, household=order.household, account=order.token, method=order.method, keys=keys
    )
    entry_class = ENTRY_CLASSES[account.authorized]
    tender = Tender(
        payment=order.payment,
        household=order.household,
        amount_cents=order.amount_cents,
        method="bank",
        source=_SOURCES[entry_class],
        received_on=uow.today,
        postmarked_on=None,
        at_selection=order.at_selection,
        selection=order.selection,
        invoice=order.invoice,
        reference=None,
        origin=origin_of(order.payment),
    )
    await uow.records(AchDebit).add([debit_of(tender, account, entry_class=entry_class, recurring=recurring)])
    [payment] = await record_payments(uow, [tender], parameters=parameters)
    return payment


class AccountDrawPoller:
    """Draws from accounts kept here what has begun to be drawn, each by itself; it needs nobody else."""

    name = "account-draws"

    def __init__(self, uows: UnitOfWorkFactory, *, keys: AccountKeys, parameters: Parameters) -> None:
        self._uows = uows
        self._keys = keys
        self._parameters = parameters

    async def turn(self, now: datetime) -> int:
        """Record what is drawn as received, its debit to be sent; return how many draws came to an end."""

        async def draw(each: Draw) -> int:
            async with self._uows.begin(now=now, households=[each.household]) as uow:
                return await draw_from_account(uow, each, keys=self._keys, parameters=self._parameters)

        due = await DUE.due(self._uows, now=now, limit=MOST_AT_ONCE)
        return await DUE.do(due, draw, uows=self._uows, now=now, household=lambda each: each.household)

    async def pending(self, now: datetime) -> int:
        """Return how many draws can be made now."""
        return len(await DUE.due(self._uows, now=now, limit=MOST_AT_ONCE))


async def draw_from_account(
    uow: UnitOfWork, draw: Draw, *, keys: AccountKeys, parameters: Parameters
) -> bool:
    """Draw what is left of an invoice now, once; return whether the draw came to an end. Its household is locked
    (PAY-8).

    Raises `NotNow` while another payment of the household may have been taken.
    """
    current = await as_of_now(uow, draw)
    if current.state == "drawing":
        await _debit(uow, await order_of(uow, current), recurring=True, keys=keys, parameters=parameters)
        await uow.records(Draw).put([drawn(current)])
    return True
