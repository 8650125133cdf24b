"""What is sealed under other keys is sealed anew under the one that writes, and a key that nothing needs may go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Final

from bulkhead.kernel.errors import Conflict
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from payments.application.ports import AccountKeys
from payments.application.waiting import DEBIT_FILES
from payments.domain.ach_debits import AchFileContent
from payments.domain.bank_accounts import BankAccount, Sealed

AT_ONCE: Final = 200
FILES_AT_ONCE: Final = 5
"""Each may be some megabytes."""


class KeyInUse(Conflict):
    """Something is sealed under this key: without it, nobody could read that any more (PAY-1)."""

    kind: ClassVar[str] = "key-in-use"


async def keys_in_use(uow: UnitOfWork) -> dict[str, int]:
    """Return how many numbers and files are sealed under each key."""
    accounts = await uow.records(BankAccount).counts(by="key")
    files = await uow.records(AchFileContent).counts(by="key")
    return {key: accounts.get(key, 0) + files.get(key, 0) for key in sorted({*accounts, *files})}


async def require_unused(uow: UnitOfWork, key: str, *, keys: AccountKeys) -> None:
    """Raise `KeyInUse` where a key seals something, or is the one that writes."""
    if key not in keys.names:
        raise KeyInUse(f"there is no key {key}")
    count = (await keys_in_use(uow)).get(key, 0)
    if count or key == keys.writes:
        why = f"{count} are sealed under it: rotate first" if count else "it is the one that writes"
        raise KeyInUse(f"the key {key} must not be dropped: {why}")


async def rotate_keys(uows: UnitOfWorkFactory, *, keys: AccountKeys, now: datetime) -> int:
    """Seal anew all that is sealed under other keys than the one that writes, some at a time, each in a transaction of
    its own: ended anywhere, it goes on from there. Return how much was sealed anew. Raises `KeyMissing`.
    """
    return await _all(uows, keys, now, _accounts) + await _all(uows, keys, now, _files)


async def _all(
    uows: UnitOfWorkFactory,
    keys: AccountKeys,
    now: datetime,
    some: Callable[[UnitOfWorkFactory, AccountKeys, datetime], Awaitable[int]],
) -> int:
    done = 0
    while count := await some(uows, keys, now):
        done += count
    return done


async def _accounts(uows: UnitOfWorkFactory, keys: AccountKeys, now: datetime) -> int:
    async with uows.begin(now=now) as uow:
        found = await _old_accounts(uow, keys)
    households = {each.household for each in found}
    async with uows.begin(now=now, households=households) as uow:  # a bank may be correcting one
        again = [each for each in await _old_accounts(uow, keys) if each.household in households]
        await uow.records(BankAccount).put(_sealed_anew(each, keys) for each in again)
    return len(found)


async def _old_accounts(uow: UnitOfWork, keys: AccountKeys) -> Sequence[BankAccount]:
    return await uow.records(BankAccount).select(
        key__ne=keys.writes, order_by=("household", "account"), limit=AT_ONCE
    )


def _sealed_anew(account: BankAccount, keys: AccountKeys) -> BankAccount:
    old = Sealed(key=account.key, text=account.sealed)
    sealed = keys.seal(keys.open(old, of=account.account), of=account.account)
    return replace(account, key=sealed.key, sealed=sealed.text)


async def _files(uows: UnitOfWorkFactory, keys: AccountKeys, now: datetime) -> int:
    lock = DEBIT_FILES.lock_of("keys")
    async with uows.begin(now=now, households=[lock]) as uow:
        found = await uow.records(AchFileContent).select(
            key__ne=keys.writes, order_by=("file",), limit=FILES_AT_ONCE
        )
        again = list[AchFileContent]()
        for each in found:
            sealed = keys.seal(keys.open(Sealed(key=each.key, text=each.sealed), of=each.file), of=each.file)
            again.append(replace(each, key=sealed.key, sealed=sealed.text))
        await uow.records(AchFileContent).put(again)
    return len(found)
