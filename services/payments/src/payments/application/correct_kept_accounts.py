"""What a bank corrects of an account that is kept here is kept before it is drawn from again (PAY-5, PAY-8)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import do_one_by_one
from payments.application.close_bank_accounts import close_and_end
from payments.application.correct_accounts import corrected_data
from payments.application.decide_return_items import lock_of
from payments.application.find_payment import drawn_as
from payments.application.ports import AccountKeys
from payments.application.waiting import KEPT_ACCOUNT_CHANGES
from payments.domain.ach_debits import AchDebit
from payments.domain.bank_accounts import (
    BankAccount,
    NotCorrectable,
    read_correction,
    with_correction,
)
from payments.domain.return_files import CHANGED, ReturnItem, changed

MOST_AT_ONCE: Final = 200


class KeptAccountChangePoller:
    """Keeps what notifications of change say of accounts that are kept here, each by itself."""

    name = "kept-account-changes"

    def __init__(self, uows: UnitOfWorkFactory, *, keys: AccountKeys) -> None:
        self._uows = uows
        self._keys = keys

    async def turn(self, now: datetime) -> int:
        """Correct accounts; return how many notifications were obeyed."""

        async def correct(each: tuple[ReturnItem, BankAccount]) -> int:
            item, account = each
            async with self._uows.begin(now=now, households=[account.household, lock_of(item.item)]) as uow:
                return await correct_account(uow, item, account.account, keys=self._keys)

        return await do_one_by_one(
            await self._due(now),
            retries=KEPT_ACCOUNT_CHANGES,
            uows=self._uows,
            now=now,
            key=lambda each: each[0].item,
            do=correct,
            household=lambda each: each[1].household,
        )

    async def pending(self, now: datetime) -> int:
        """Return how many accounts can be corrected now."""
        return len(await self._due(now))

    async def _due(self, now: datetime) -> list[tuple[ReturnItem, BankAccount]]:
        async with self._uows.begin(now=now) as uow:
            return await kept_accounts_to_correct(uow)


async def kept_accounts_to_correct(uow: UnitOfWork) -> list[tuple[ReturnItem, BankAccount]]:
    """Return the notifications about accounts that are kept here and drawn from still, in the order they came."""
    failed, resting = await KEPT_ACCOUNT_CHANGES.waiting_and_resting(uow)
    order = ("recorded_at", "file", "line")
    items = await uow.records(ReturnItem).select(**CHANGED, order_by=order, limit=MOST_AT_ONCE)
    due = list[tuple[ReturnItem, BankAccount]]()
    for item in items:
        debits = await uow.records(AchDebit).select(payment=sorted(await drawn_as(uow, [item.payment or ""])))
        drawn_from: dict[str, Any] = {"account": sorted({each.account for each in debits})}
        accounts = await uow.records(BankAccount).select(**drawn_from, closed_at=None)
        due += [(item, each) for each in accounts]
    await KEPT_ACCOUNT_CHANGES.forget(uow, failed - {item.item for item, _ in due})
    return [(item, account) for item, account in due if item.item not in resting]


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
