"""Bank accounts are kept here, their numbers sealed, and closed once nothing is to be drawn from them (PAY-1)."""

from __future__ import annotations

from collections.abc import Collection

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from payments.application.pass_on_credit import require_paid_here
from payments.application.ports import AccountKeys
from payments.domain.ach_debits import AchDebit
from payments.domain.bank_accounts import (
    AccountClosedBecause,
    BankAccount,
    GivenAccount,
    account_closed,
    checked_account,
    closed,
    is_closed_by_its_bank,
    kept,
    no_accounts_kept,
)
from payments.domain.events import OnlineMethod


async def keep_bank_account(uow: UnitOfWork, given: GivenAccount, *, keys: AccountKeys) -> BankAccount:
    """Keep an account with its number sealed, and return it; kept before under its id, it is returned as it is.

    Raises `InvalidValue` naming the field (PAY-1), and `PaidThere` for a household that was merged (OPS-5).
    """
    before = await uow.records(BankAccount).get(account=given.account)
    if before is not None:
        return before
    checked = checked_account(given)
    await require_paid_here(uow, given.household, invoice=None)
    sealed = keys.seal(checked.number.reveal().encode(), of=checked.account)
    account = kept(checked, sealed, now=uow.now)
    await uow.records(BankAccount).add([account])
    return account


async def accounts_of(uow: UnitOfWork, household: str) -> list[BankAccount]:
    """Return a household's accounts in the order they were given, closed ones too."""
    return await uow.records(BankAccount).select(household=household, order_by=("kept_at", "account"))


async def require_drawable(
    uow: UnitOfWork, *, household: str, account: Masked, method: OnlineMethod, keys: AccountKeys | None
) -> BankAccount:
    """Return the account that is to be drawn from; ``keys`` are None where none are kept here. Raises `NoAccountsKept`,
    `InvalidValue` where the household has no such account, and `AccountClosed` (PAY-1).
    """
    if keys is None:
        raise no_accounts_kept()
    found = await uow.records(BankAccount).get(account=account.reveal())
    if found is None or found.household != household or method != "bank":
        raise InvalidValue(
            field="/token",
            problem="is no bank account of this household's that is kept here",
            reasons=(Reason(rule="PAY-1", says="a household pays from its own accounts"),),
        )
    if found.closed_at is not None:
        raise account_closed()
    return found


async def close_accounts(
    uow: UnitOfWork, accounts: Collection[BankAccount], *, because: AccountClosedBecause
) -> list[BankAccount]:
    """Close these accounts and return them. What was drawn before goes on where their holder asked for that; else its
    debit is called off, as long as no file has it. Their households are locked.
    """
    shut = [closed(each, because=because, now=uow.now) for each in accounts]
    await uow.records(BankAccount).put(shut)
    by_their_banks = sorted(each.account for each in shut if is_closed_by_its_bank(each))
    await uow.records(AchDebit).update({"state": "to-call-off"}, account=by_their_banks, state="to-send")
    return shut


async def close_accounts_of(uow: UnitOfWork, payments: Collection[str]) -> list[BankAccount]:
    """Close the accounts that these payments were drawn from, where any is kept here, and return those that were not
    closed before, or by their holder: their bank says no for good. The households drawn from are locked.
    """
    debits = await uow.records(AchDebit).select(payment=sorted(payments))
    accounts = await uow.records(BankAccount).select(account=sorted({each.account for each in debits}))
    still = [each for each in accounts if not is_closed_by_its_bank(each)]
    return await close_accounts(uow, still, because="returned")
