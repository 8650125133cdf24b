"""A bank account is closed because its holder asks, and autopay from it ends (PAY-1, PAY-8)."""

from __future__ import annotations

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from payments.application.autopay import end_mandate, mandate_of
from payments.application.keep_bank_accounts import close_accounts
from payments.domain.bank_accounts import AccountClosedBecause, BankAccount, account_closed
from payments.domain.events import EndedBecause


async def close_bank_account(uow: UnitOfWork, household: str, account: str) -> BankAccount:
    """Close a household's account and return it: nothing more is drawn from it. Raises `NotFound`, `AccountClosed`."""
    found = await uow.records(BankAccount).get(account=account)
    if found is None or found.household != household:
        raise NotFound("there is no such bank account")
    if found.closed_at is not None:
        raise account_closed()
    return await close_and_end(uow, found, because="asked", ends="asked")


async def close_and_end(
    uow: UnitOfWork, account: BankAccount, *, because: AccountClosedBecause, ends: EndedBecause
) -> BankAccount:
    """Close an account, end the autopay that draws from it, and return the account. Its household is locked."""
    [shut] = await close_accounts(uow, [account], because=because)
    mandate = await mandate_of(uow, account.household)
    if mandate is not None and mandate.token is not None and mandate.token.reveal() == account.account:
        await end_mandate(uow, mandate, because=ends)
    return shut
