"""Loading accounts and writing back what changed on them: one statement a table, whatever the batch.

Only what can still matter is read: what is open, what is recent, and what is named. Years that are over and paid
are in the position.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bulkhead.kernel.calendar import CoverageMonth, local
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from invoicing.domain.account import Account
from invoicing.domain.decisions import Decision
from invoicing.domain.due import due_of_latest, tell_amount_due
from invoicing.domain.extensions import Cutoffs, Extension, Outage
from invoicing.domain.parameters import Threshold
from invoicing.domain.passing_on import pass_on_credit
from invoicing.domain.records import (
    Adjustment,
    Charge,
    Grace,
    Invoice,
    Merged,
    Payment,
    Policy,
    Position,
    Refund,
    ReinstatementRequest,
    Selection,
    Transfer,
)

MONTHS_AT_HAND = 4
"""Grace of three months and the month in which a postmark still counts (INV-8, INV-12)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Rows that are wanted whatever their age: policies with all their charges, selections, invoices, refunds, payments
    with all that was settled with what they pay for.
    """

    policies: Collection[str] = ()
    invoices: Collection[str] = ()
    refunds: Collection[str] = ()
    selections: Collection[str] = ()
    payments: Collection[str] = ()


@dataclass(slots=True)
class _Loading:
    uow: UnitOfWork
    accounts: dict[str, Account]

    async def take(self, kind: type[Any], /, **conditions: Any) -> list[Any]:
        rows = await self.uow.records(kind).select(household=list(self.accounts), **conditions)
        for row in rows:
            self.accounts[row.household].take([row])
        return rows


async def load_accounts(
    uow: UnitOfWork,
    households: Iterable[str],
    *,
    as_of: date | None = None,
    named: Named = Named(),
    threshold: Threshold = Threshold(),
) -> dict[str, Account]:
    """Return the accounts of these households, empty ones for those not heard of.

    ``as_of`` is the date of what is to be decided where that is in the past: what mattered then is read too.
    ``threshold`` says what is enough of what money settles on them (INV-15).
    """
    wanted = list(households)
    if not wanted:
        return {}
    cutoffs = await standing_cutoffs(uow)
    accounts = {each: Account(household=each, threshold=threshold, cutoffs=cutoffs) for each in wanted}
    loading = _Loading(uow, accounts)
    for position in await uow.records(Position).select(household=list(accounts)):
        accounts[position.household].position = position
    first = CoverageMonth.of(as_of or uow.today).plus(-MONTHS_AT_HAND)
    open_ones = await loading.take(Grace, state="open")
    # A grace that an outage keeps open is older than any of this.
    since = min([first, *(each.first_month.plus(-1) for each in open_ones)])
    graces = open_ones + await loading.take(Grace, first_month__ge=since)
    if ends := sorted({each.decision for each in graces if each.decision}):
        await loading.take(ReinstatementRequest, decision=ends)
    await loading.take(Policy, plan_year_ends__ge=since.first_day)
    await loading.take(Policy, bill_next__ne=None)
    await loading.take(Selection, entered_on__ge=since.plus(-12).first_day)
    await loading.take(Selection, state="open")
    lapsed = await loading.take(Selection, state="lapsed", due__ge=since.first_day)
    settled = await loading.take(Charge, state="settled", settled_on__ge=since.first_day)
    await loading.take(Charge, state="open")
    if short := await loading.take(
        Charge, rest_cents__gt=0
    ):  # however old: it is owed, with all of its group
        settled += await loading.take(
            Charge, state="settled", settled_as=sorted({each.settled_as for each in short})
        )
    await loading.take(Merged)
    adjusted = await loading.take(Adjustment, invoice=None)
    adjusted += await loading.take(Adjustment, invoiced_at__ge=local(since.first_day))
    settled += await _settled_long_ago(loading, {each.charge for each in adjusted})
    await loading.take(Charge, state="reversed", month__ge=since)
    if lapsed:
        await loading.take(Charge, state="reversed", binder=[each.selection for each in lapsed])
    if named.policies:
        await loading.take(Policy, policy=sorted(named.policies))
        settled += await loading.take(Charge, policy=sorted(named.policies))
    if named.payments:
        settled += await _paid_with(loading, named.payments)
    await loading.take(Payment, unapplied_cents__gt=0)
    await loading.take(Payment, received_on__ge=since.first_day)
    funding = {each.payment for charge in settled for each in charge.funded_by}
    known = {each.payment for account in accounts.values() for each in account.rows(Payment)}
    if funding - known:
        await loading.take(Payment, payment=sorted(funding - known))
    await _take_invoices(loading, named)
    if named.refunds:
        await loading.take(Refund, refund=sorted(named.refunds))
    for account in accounts.values():
        account.due_before = due_of_latest(account, now=uow.now)
    return accounts


async def standing_cutoffs(uow: UnitOfWork, *, lasting: Sequence[Outage] = ()) -> Cutoffs:
    """Return which cut-offs moved, and wait for these outages to end (OPS-4)."""
    return Cutoffs.of(await uow.records(Extension).select(withdrawn_at=None), lasting)


async def _take_invoices(loading: _Loading, named: Named) -> None:
    """Take the latest monthly invoices, as older ones are drawn no more (PAY-8), and what is named."""
    this_month = CoverageMonth.of(loading.uow.today)
    await loading.take(Invoice, kind="monthly", issued_at__ge=local(this_month.plus(-1).first_day))
    selections = set(named.selections)
    if named.invoices:
        invoices = await loading.take(Invoice, invoice=sorted(named.invoices))
        selections |= {each.selection for each in invoices if each.selection}
    while selections:  # and those that took their place
        found = await loading.take(Selection, selection=sorted(selections))
        selections = {each.selected_as for each in found if each.selected_as}


async def _settled_long_ago(loading: _Loading, charges: set[str]) -> list[Charge]:
    """Take charges that changed after they had been paid, however long ago that is, with all that was settled with
    them: money that paid what no invoice had asked for could as well pay what one did (INV-7).
    """
    left = charges.difference(
        each.charge for account in loading.accounts.values() for each in account.rows(Charge)
    )
    if not left:
        return []
    groups = await loading.uow.records(Charge).distinct("settled_as", charge=sorted(left), state="settled")
    return await loading.take(Charge, state="settled", settled_as=groups) if groups else []


async def _paid_with(loading: _Loading, payments: Collection[str]) -> list[Charge]:
    """Take payments and what they settle, with all that was settled together with it; return those charges."""
    named = sorted(payments)
    await loading.take(Payment, payment=named)
    households = list(loading.accounts)
    ever = await loading.uow.records(Transfer).distinct(
        "charge", household=households, payment=named, kind="settled"
    )
    groups = await loading.uow.records(Charge).distinct("settled_as", charge=ever, state="settled")
    return await loading.take(Charge, state="settled", settled_as=groups) if groups else []


async def save_accounts(uow: UnitOfWork, accounts: Iterable[Account]) -> None:
    """Write what changed of all these accounts, what was booked and decided, and tell their events in order."""
    touched = list(accounts)
    for account in touched:
        tell_amount_due(account, now=uow.now)
        pass_on_credit(account, on=uow.today)
    await write(uow, *touched)
    moved = [account.position for account in touched if account.moved]
    if moved:
        await uow.records(Position).put(moved)
    transfers = [transfer for account in touched for transfer in account.booked]
    if transfers:
        await uow.records(Transfer).add(transfers)
    decisions = [decision for account in touched for decision in account.decisions(at=uow.now)]
    if decisions:
        await uow.records(Decision).add(decisions)
