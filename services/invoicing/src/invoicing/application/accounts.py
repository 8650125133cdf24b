"""Loading accounts and writing back what changed on them: one statement a table, whatever the batch.

Only what can still matter is read: what is open, what is recent, and what is named. Years that are over and paid
are in the position.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from invoicing.domain.account import Account
from invoicing.domain.records import (
    Adjustment,
    Charge,
    Grace,
    Invoice,
    Payment,
    Policy,
    Position,
    Refund,
    Selection,
    Transfer,
)

MONTHS_AT_HAND = 4
"""Grace of three months and the month in which a postmark still counts (INV-8, INV-12)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Rows that are wanted whatever their age: policies with all their charges, selections, invoices, refunds."""

    policies: Collection[str] = ()
    invoices: Collection[str] = ()
    refunds: Collection[str] = ()
    selections: Collection[str] = ()


@dataclass(slots=True)
class _Loading:
    uow: UnitOfWork
    accounts: dict[str, Account]
    payments: set[str] = field(default_factory=set[str])

    async def take_positions(self) -> None:
        for position in await self.uow.records(Position).select(household=list(self.accounts)):
            self.accounts[position.household].position = position

    async def take(self, kind: type[Any], **conditions: Any) -> list[Any]:
        rows = await self.uow.records(kind).select(household=list(self.accounts), **conditions)
        for row in rows:
            self.accounts[row.household].take([row])
        return rows


async def load_accounts(
    uow: UnitOfWork, households: Iterable[str], *, as_of: date | None = None, named: Named = Named()
) -> dict[str, Account]:
    """Return the accounts of these households, empty ones for those not heard of.

    ``as_of`` is the date of what is to be decided where that is in the past: what mattered then is read too.
    """
    accounts = {household: Account(household=household) for household in households}
    if not accounts:
        return accounts
    loading = _Loading(uow, accounts)
    await loading.take_positions()
    first = CoverageMonth.of(as_of or uow.today).plus(-MONTHS_AT_HAND)
    open_ones = await loading.take(Grace, state="open")
    # A grace that an outage keeps open is older than any of this.
    since = min([first, *(each.first_month.plus(-1) for each in open_ones)])
    await loading.take(Grace, first_month__ge=since)
    await loading.take(Policy, plan_year_ends__ge=since.first_day)
    await loading.take(Policy, bill_next__ne=None)
    await loading.take(Selection, entered_on__ge=since.plus(-12).first_day)
    await loading.take(Selection, state="open")
    lapsed = await loading.take(Selection, state="lapsed", due__ge=since.first_day)
    settled = await loading.take(Charge, state="settled", settled_on__ge=since.first_day)
    await loading.take(Charge, state="open")
    await loading.take(Charge, state="reversed", month__ge=since)
    if lapsed:
        await loading.take(Charge, state="reversed", binder=[each.selection for each in lapsed])
    if named.policies:
        await loading.take(Policy, policy=sorted(named.policies))
        settled += await loading.take(Charge, policy=sorted(named.policies))
    await loading.take(Payment, unapplied_cents__gt=0)
    await loading.take(Payment, received_on__ge=since.first_day)
    funding = {each.payment for charge in settled for each in charge.funded_by}
    known = {each.payment for account in accounts.values() for each in account.rows(Payment)}
    if funding - known:
        await loading.take(Payment, payment=sorted(funding - known))
    await loading.take(Adjustment, invoice=None)
    selections = set(named.selections)
    if named.invoices:
        invoices = await loading.take(Invoice, invoice=sorted(named.invoices))
        selections |= {each.selection for each in invoices if each.selection}
    if selections:
        await loading.take(Selection, selection=sorted(selections))
    if named.refunds:
        await loading.take(Refund, refund=sorted(named.refunds))
    return accounts


async def load_for_the_run(
    uow: UnitOfWork, households: Iterable[str], *, through: CoverageMonth
) -> dict[str, Account]:
    """Return the accounts of these households with what the bill of the months ``through`` that one is made of.

    That is what is open, and nothing of what is settled: for nearly everybody two policies and the position, however
    long they have been here. Those with a binder open or in grace are decided about besides: their accounts come
    whole, as from `load_accounts`.
    """
    accounts = {household: Account(household=household) for household in households}
    if not accounts:
        return accounts
    loading = _Loading(uow, accounts)
    whole = {each.household for each in await loading.take(Selection, state="open")}
    whole |= {each.household for each in await loading.take(Grace, state="open")}
    for household in whole:
        del accounts[household]
    await loading.take_positions()
    policies = await loading.take(Policy, bill_next__le=through)
    await loading.take(Charge, state="open")
    if policies:
        # What was charged before is not charged again, whatever has become of it.
        first = min(each.bill_next for each in policies)
        await loading.take(Charge, month__ge=first, month__le=through)
    await loading.take(Payment, unapplied_cents__gt=0)
    await loading.take(Adjustment, invoice=None)
    return accounts | await load_accounts(uow, sorted(whole))


async def save_accounts(uow: UnitOfWork, accounts: Iterable[Account]) -> None:
    """Write the changed rows, transfers and positions of all these accounts, and tell their events in order."""
    touched = list(accounts)
    await write(uow, *touched)
    moved = [account.position for account in touched if account.moved]
    if moved:
        await uow.records(Position).put(moved)
    transfers = [transfer for account in touched for transfer in account.booked]
    if transfers:
        await uow.records(Transfer).add(transfers)
