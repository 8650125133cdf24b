"""Loading accounts and writing back what changed on them: one statement a table, whatever the batch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bulkhead.persistence.ports import UnitOfWork
from invoicing.domain.account import KEYS, Account
from invoicing.domain.records import LedgerLine, ListDecision, ListRow

_LOADED: tuple[type[Any], ...] = tuple(kind for kind in KEYS if kind not in (ListRow, ListDecision))


async def load_accounts(uow: UnitOfWork, households: Iterable[str]) -> dict[str, Account]:
    """Return the accounts of these households, empty ones for those not heard of."""
    accounts = {household: Account(household=household) for household in households}
    if accounts:
        for kind in _LOADED:
            for row in await uow.records(kind).select(household=list(accounts)):
                accounts[row.household].load([row])
    return accounts


async def save_accounts(uow: UnitOfWork, accounts: Iterable[Account]) -> None:
    """Write the changed rows and ledger lines of all these accounts, and tell their events in order."""
    touched = list(accounts)
    for kind in KEYS:
        rows = [row for account in touched for row in account.changed(kind)]
        if rows:
            await uow.records(kind).put(rows)
    lines = [line for account in touched for line in account.booked]
    if lines:
        await uow.records(LedgerLine).add(lines)
    for account in touched:
        for said in account.said:
            uow.emit(
                said.event,
                household=account.household,
                business_date=said.business_date,
                reasons=said.reasons,
            )
