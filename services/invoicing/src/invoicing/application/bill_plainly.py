"""The run over plain households (`invoicing.domain.plain`): a slice at once, row by row, without their accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.persistence.ports import UnitOfWork
from invoicing.domain.billing import MonthlyRun
from invoicing.domain.money import charge_id, next_to_bill
from invoicing.domain.plain import PlainBill, plain_bill
from invoicing.domain.records import (
    Adjustment,
    Charge,
    Grace,
    Invoice,
    Payment,
    Policy,
    Position,
    Selection,
    Transfer,
)

PoliciesToBill: TypeAlias = Mapping[str, Sequence[Policy]]
"""The policies to bill, by household."""

SHOWN_AGAIN: Final[Mapping[str, Any]] = {
    "state": "open",
    "invoice": None,
    "binder": None,
    "void_invoice__ne": None,
}
"""What a charge is like that the next run shows again, for its invoice is void (`Charge.is_shown_again`, OPS-5)."""


async def bill_plainly(uow: UnitOfWork, households: Collection[str], run: MonthlyRun) -> PoliciesToBill:
    """Bill the plain ones of these households; return the policies of the others, for the whole rule."""
    policies: dict[str, list[Policy]] = defaultdict(list)
    for policy in await uow.records(Policy).select(household=households, bill_next__le=run.target):
        policies[policy.household].append(policy)
    again = await uow.records(Charge).distinct("household", household=households, **SHOWN_AGAIN)
    others = {each: policies.pop(each, []) for each in again}
    if policies:
        others |= {each: policies.pop(each) for each in sorted(await not_plain(uow, policies, run))}
    if not policies:
        return others
    positions = {
        each.household: each for each in await uow.records(Position).select(household=list(policies))
    }
    bills = [
        plain_bill(positions.get(household) or Position(household=household), mine, run)
        for household, mine in policies.items()
    ]
    await _keep(uow, [bill for bill in bills if bill is not None], run)
    await _move_on(uow, (policy for mine in policies.values() for policy in mine), run)
    return others


async def not_plain(uow: UnitOfWork, policies: PoliciesToBill, run: MonthlyRun) -> set[str]:
    """Return the households about which the run has more to decide than what their months cost.

    Whatever else a bill may come to depend on has its place in this list.
    """
    these: dict[str, Any] = {"household": list(policies)}
    to_charge = [
        charge_id(policy, month)
        for mine in policies.values()
        for policy in mine
        for month in run.months_of(policy)
    ]
    found: list[Sequence[str]] = [
        # A binder is open: money may wait for it, or for the months (INV-1, INV-5).
        await uow.records(Selection).distinct("household", **these, state="open"),
        # Grace may end with what is invoiced now (INV-9).
        await uow.records(Grace).distinct("household", **these, state="open"),
        # Money is free: the invoice shows it, and it pays what it can at once (INV-5, INV-6).
        await uow.records(Payment).distinct("household", **these, unapplied_cents__gt=0),
        # What changed since the last invoice is to be shown on this one (INV-4).
        await uow.records(Adjustment).distinct("household", **these, invoice=None),
        # What was charged before is not charged again, whatever has become of it (INV-3).
        await uow.records(Charge).distinct("household", charge=to_charge),
        # A renewal is not billed where a choice has taken its place (ENR-14).
        await uow.records(Policy).distinct(
            "household",
            household=[each for each, mine in policies.items() if any(policy.renewal for policy in mine)],
            effective=sorted({policy.effective for mine in policies.values() for policy in mine}),
            renewal=False,
            canceled=False,
        ),
    ]
    return {household for each in found for household in each}


async def _keep(uow: UnitOfWork, bills: Sequence[PlainBill], run: MonthlyRun) -> None:
    """Write what the bills add, and tell of them."""
    await uow.records(Charge).add(charge for bill in bills for charge in bill.charges)
    await uow.records(Invoice).add(bill.invoice for bill in bills)
    await uow.records(Transfer).add(transfer for bill in bills for transfer in bill.transfers)
    await uow.records(Position).put(bill.position for bill in bills)
    uow.emit_many(
        {bill.position.household: bill.event for bill in bills}, business_date=run.dated, reasons=[run.reason]
    )


async def _move_on(uow: UnitOfWork, policies: Iterable[Policy], run: MonthlyRun) -> None:
    """Remember through which month policies are billed now."""
    moved: dict[tuple[CoverageMonth, CoverageMonth | None], list[str]] = defaultdict(list)
    for policy in policies:
        last = run.last_month_of(policy)
        moved[last, next_to_bill(policy, last)].append(policy.policy)
    for (last, following), these in moved.items():
        await uow.records(Policy).update({"billed_through": last, "bill_next": following}, policy=these)
