"""What a bank corrects of an account that is kept here is kept before it is drawn from again (PAY-5, PAY-8)."""

from __future__ import annotations

from datetime import datetime

from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import do_one_by_one
from payments.application.close_bank_accounts import close_and_end
from payments.application.correct_accounts import corrected_data, next_changes, set_apart
from payments.application.decide_return_items import lock_of
from payments.application.find_debits import debits_of
from payments.application.ports import AccountKeys
from payments.application.waiting import KEPT_ACCOUNT_CHANGES
from payments.domain.bank_accounts import (
    BankAccount,
    NotCorrectable,
    read_correction,
    with_correction,
)
from payments.domain.payments import Payment
from payments.domain.return_files import KEPT_CHANGED, ReturnItem, changed


class KeptAccountChangePoller:
    """Keeps what notifications of change say of accounts that are kept here, each by itself."""

    name = "kept-account-changes"

    def __init__(self, uows: UnitOfWorkFactory, *, keys: AccountKeys) -> None:
        self._uows = uows
        self._keys = keys

    async def turn(self, now: datetime) -> int:
        """Correct accounts; return how many notifications were obeyed or set apart."""

        async def correct(each: tuple[ReturnItem, BankAccount]) -> int:
            item, account = each
            async with self._uows.begin(now=now, households=[account.household, lock_of(item.item)]) as uow:
                return await correct_account(uow, item, account.account, keys=self._keys)

        due, idle = await self._found(now)
        apart = await set_apart(self._uows, idle, now=now)
        return apart + await do_one_by_one(
            due,
            retries=KEPT_ACCOUNT_CHANGES,
            uows=self._uows,
            now=now,
            key=lambda each: each[0].item,
            do=correct,
            household=lambda each: each[1].household,
        )

    async def pending(self, now: datetime) -> int:
        """Return how many accounts can be corrected now, or notifications are to be set apart."""
        due, idle = await self._found(now)
        return len(due) + len(idle)

    async def _found(self, now: datetime) -> tuple[list[tuple[ReturnItem, BankAccount]], list[ReturnItem]]:
        async with self._uows.begin(now=now) as uow:
            return await kept_accounts_to_correct(uow)


async def kept_accounts_to_correct(
    uow: UnitOfWork,
) -> tuple[list[tuple[ReturnItem, BankAccount]], list[ReturnItem]]:
    """Return the notifications about accounts that are kept here and drawn from still, in the order they came; and
    those about accounts that are closed.
    """
    failed, resting = await KEPT_ACCOUNT_CHANGES.waiting_and_resting(uow)
    items = await next_changes(uow, KEPT_CHANGED, failed=failed)
    named = sorted({each.payment for each in items if each.payment is not None})
    debits = await debits_of(uow, await uow.records(Payment).select(payment=named))
    accounts = await uow.records(BankAccount).select(
        account=sorted({each.account for each in debits.values()}), closed_at=None
    )
    drawn_from = {each.account: each for each in accounts}
    due, idle = list[tuple[ReturnItem, BankAccount]](), list[ReturnItem]()
    for item in items:
        debit = debits.get(item.payment or "")
        account = None if debit is None else drawn_from.get(debit.account)
        if account is None:
            idle.append(item)
        else:
            due.append((item, account))
    await KEPT_ACCOUNT_CHANGES.forget(uow, failed - {item.item for item, _ in due})
    return [(item, account) for item, account in due if item.item not in resting], idle


async def correct_account(uow: UnitOfWork, item: ReturnItem, name: str, *, keys: AccountKeys) -> bool:
    """Keep what a notification says is right of an account, its number sealed anew; where that can be no account's,
    close it, so that its holder gives it anew. Return whether that was still to be done. Item and household are locked.
    """
    waits = await uow.records(ReturnItem).count(item=item.item, state="open")
    account = await uow.records(BankAccount).get(account=name)
    if not waits or account is None or account.closed_at is not None:
        return False
    try:
        right = read_correction(item.code or "", await corrected_data(uow, item))
    except NotCorrectable:
        await close_and_end(uow, account, because="not-correctable", ends="account-changed")
    else:
        number = right.number
        sealed = None if number is None else keys.seal(number.reveal().encode(), of=account.account)
        await uow.records(BankAccount).put([with_correction(account, right, sealed, now=uow.now)])
    await uow.records(ReturnItem).put([changed(item)])
    await KEPT_ACCOUNT_CHANGES.forget(uow, [item.item])
    return True
