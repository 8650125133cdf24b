"""What is sealed under other keys is sealed anew under the one that writes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bulkhead.kernel.key_rings import Keys, Sealed
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from payments.application.waiting import DEBIT_FILES
from payments.domain.ach_debits import AchFileContent
from payments.domain.bank_accounts import BankAccount

AT_ONCE: Final = 200
FILES_AT_ONCE: Final = 5
"""Each may be some megabytes."""


async def keys_in_use(uow: UnitOfWork) -> dict[str, int]:
    """Return how many numbers and files are sealed under each key."""
    accounts = await uow.records(BankAccount).counts(by="key")
    files = await uow.records(AchFileContent).counts(by="key")
    return {key: accounts.get(key, 0) + files.get(key, 0) for key in sorted({*accounts, *files})}


async def rotate_keys(uows: UnitOfWorkFactory, *, keys: Keys, now: datetime) -> int:
    """Seal anew all that is sealed under other keys than the one that writes, some at a time, each in a transaction of
    its own: ended anywhere, it goes on from there. Return how much was sealed anew. Raises `KeyMissing`.
    """
    return await _all(uows, keys, now, _accounts) + await _all(uows, keys, now, _files)


async def _all(
    uows: UnitOfWorkFactory,
    keys: Keys,
    now: datetime,
    some: Callable[[UnitOfWorkFactory, Keys, datetime], Awaitable[int]],
) -> int:
    done = 0
    while count := await some(uows, keys, now):
        done += count
    return done


async def _accounts(uows: UnitOfWorkFactory, keys: Keys, now: datetime) -> int:
    async with uows.begin(now=now) as uow:
        found = await _old_accounts(uow, keys)
    households = {each.household for each in found}
    async with uows.begin(now=now, households=households) as uow:  # a bank may be correcting one
        again = [each for each in await _old_accounts(uow, keys) if each.household in households]
        await uow.records(BankAccount).put(_sealed_anew(each, keys) for each in again)
    return len(found)


async def _old_accounts(uow: UnitOfWork, keys: Keys) -> Sequence[BankAccount]:
    return await uow.records(BankAccount).select(
        key__ne=keys.writes, order_by=("household", "account"), limit=AT_ONCE
    )


def _sealed_anew(account: BankAccount, keys: Keys) -> BankAccount:
    old = Sealed(key=account.key, text=account.sealed)
    sealed = keys.seal(keys.open(old, of=account.account), of=account.account)
    return replace(account, key=sealed.key, sealed=sealed.text)


async def _files(uows: UnitOfWorkFactory, keys: Keys, now: datetime) -> int:
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
