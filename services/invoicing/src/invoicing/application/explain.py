"""Answers to "why?" about what a household owes: read as sets, bounded, and never written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.explanations import Ground
from bulkhead.persistence.ports import UnitOfWork
from invoicing.application.accounts import load_accounts
from invoicing.application.ports import Parameters
from invoicing.domain.decisions import Decision
from invoicing.domain.explaining import (
    ChargeExplained,
    GraceExplained,
    ListingExplained,
    explain_charge,
    explain_grace,
    explain_listing,
    grounds,
    nothing_charged,
)
from invoicing.domain.records import (
    Adjustment,
    Charge,
    Grace,
    Invoice,
    ListDecision,
    ListRow,
    Payment,
    Policy,
    Position,
    Transfer,
)
from invoicing.domain.standing import Moment, standing_at
from invoicing.domain.statements import (
    ENTRIES,
    MOVING,
    Named,
    OwedFor,
    Statement,
    balance_lines,
    brought_forward,
    charge_lines,
    owed_for,
)


async def statement_of(uow: UnitOfWork, household: str, *, limit: int) -> Statement:
    """Return a household's balance with its latest lines, at most so many; what was before them is brought forward.

    All of it is of the ledger up to the row that the position was read with, whatever is booked meanwhile.
    """
    position = await uow.records(Position).get(household=household) or Position(household=household)
    ledger = uow.records(Transfer)
    of_it: dict[str, Any] = {"household": household, "number__le": position.transfers}
    latest = await ledger.select(kind=list(MOVING), order_by=("-number",), limit=limit, **of_it)
    rows = latest[::-1]
    before = 0
    if len(rows) == limit:
        earlier: dict[str, Any] = {"household": household, "number__lt": rows[0].number, "kind": list(MOVING)}
        before = brought_forward(
            debited=await ledger.totals("cents", by="debit", **earlier),
            credited=await ledger.totals("cents", by="credit", **earlier),
        )
    raised = await ledger.totals("cents", by="charge", debit="receivable", **of_it)
    lowered = await ledger.totals("cents", by="charge", credit="receivable", **of_it)
    owed = {
        charge: cents - lowered.get(charge, 0)
        for charge, cents in raised.items()
        if cents != lowered.get(charge, 0)
    }
    named = await _named(uow, household, rows, also=owed)
    return Statement(
        position=position,
        lines=balance_lines(rows, before_cents=before, named=named),
        owed_for=owed_for(owed, charges=named.charges.values(), policies=named.policies),
    )


async def explain_charge_of(
    uow: UnitOfWork, *, household: str, policy: str, month: CoverageMonth, parameters: Parameters
) -> ChargeExplained:
    """Return why a policy's month costs what it does and what of it is owed; raises `NotFound` for none, which says so
    where the policy's carrier bills for it.
    """
    charge = await uow.records(Charge).get(policy=policy, month=month)
    if charge is None or charge.household != household:
        known = await uow.records(Policy).get(policy=policy)
        raise nothing_charged(known if known is not None and known.household == household else None)
    rows = await uow.records(Transfer).select(
        household=household,
        charge=charge.charge,
        kind=[*ENTRIES, "settled", "unsettled"],
        order_by=("number",),
    )
    named = await _named(uow, household, rows)
    invoice = None if charge.invoice is None else await uow.records(Invoice).get(invoice=charge.invoice)
    return explain_charge(
        charge,
        plan=named.policies[policy].plan,
        lines=charge_lines(rows, named=named),
        invoice=invoice,
        parameters=parameters.as_of(charge.charged_on),
    )


async def explain_grace_of(
    uow: UnitOfWork, household: str, *, month: CoverageMonth | None, parameters: Parameters
) -> GraceExplained:
    """Return why the household is in grace, or was in that month; of no month, in its latest grace."""
    graces = await uow.records(Grace).select(household=household, order_by=("-first_month",))
    grace = next((each for each in graces if month is None or _is_in(each, month)), None)
    made = [] if grace is None else await _decisions_on(uow, grace)
    to_pay, owed = 0, ()
    if grace is not None and grace.state == "open":
        to_pay, owed = await _invoiced_and_unpaid(uow, household, grace, parameters)
    return explain_grace(
        grace,
        month=month,
        decisions=made,
        to_pay_cents=to_pay,
        owed=owed,
        decided={each.number: parameters.as_of(each.on) for each in made},
        now=parameters.as_of(uow.today),
    )


async def explain_listing_of(
    uow: UnitOfWork, household: str, *, on: date, parameters: Parameters
) -> ListingExplained:
    """Return why the household is on carriers' lists of a 1st, or why it is not."""
    decision = await uow.records(ListDecision).get(household=household, on=on)
    rows = await uow.records(ListRow).select(household=household, on=on)
    made = await uow.records(Decision).select(
        household=household, on=on, decided=["grace-entered", "grace-advanced", "grace-expired", "listed"]
    )
    # Where nothing was decided, what is in force today says why: of the day itself the pack may know nothing.
    in_force = parameters.as_of(on if decision is not None or rows or made else uow.today)
    return explain_listing(decision, tuple(rows), on=on, decisions=made, parameters=in_force)


def grounds_as_of(parameters: Parameters) -> Callable[[Sequence[Reason], date], tuple[Ground, ...]]:
    """Return what gives reasons the parameters that were in force on a day."""

    def of(reasons: Sequence[Reason], day: date) -> tuple[Ground, ...]:
        return grounds(reasons, parameters=parameters.as_of(day))

    return of


def _is_in(grace: Grace, month: CoverageMonth) -> bool:
    return grace.first_month <= month <= CoverageMonth.of(grace.last_day)


async def _decisions_on(uow: UnitOfWork, grace: Grace) -> list[Decision]:
    """Return what was decided about a grace, the oldest first."""
    made = await uow.records(Decision).select(
        household=grace.household,
        decided=["grace-entered", "grace-advanced", "grace-exited", "grace-expired"],
        order_by=("number",),
    )
    return [each for each in made if each.facts.get("first_month") == str(grace.first_month)]


async def _invoiced_and_unpaid(
    uow: UnitOfWork, household: str, grace: Grace, parameters: Parameters
) -> tuple[int, tuple[OwedFor, ...]]:
    """Return how many cents end a grace now, and the invoiced charges that are not paid (INV-9)."""
    threshold = parameters.as_of(uow.today).threshold
    account = (await load_accounts(uow, [household], threshold=threshold))[household]
    moment = Moment(at=uow.now, on_time_by=grace.last_day, arrived_by=uow.now)
    standing = standing_at(account, moment)
    unpaid = [each for each in standing.unpaid if each.invoiced_by(uow.now)]
    policies = {each.policy: each for each in account.policies()}
    owed = {each.charge: each.cents for each in unpaid}
    to_pay = max(0, sum(owed.values()) - standing.held_cents)
    return to_pay, owed_for(owed, charges=unpaid, policies=policies)


async def _named(
    uow: UnitOfWork, household: str, rows: Sequence[Transfer], *, also: Mapping[str, int] | None = None
) -> Named:
    """Return what rows of the ledger, and these charges, are about, a query a kind."""
    wanted = sorted({each.charge for each in rows if each.charge} | set(also or ()))
    paid = sorted({each.payment for each in rows if each.payment})
    charges = await uow.records(Charge).select(charge=wanted) if wanted else []
    concerned = sorted({each.policy for each in charges})
    policies = await uow.records(Policy).select(policy=concerned) if concerned else []
    payments = await uow.records(Payment).select(payment=paid) if paid else []
    adjustments = await uow.records(Adjustment).select(household=household, charge=wanted) if wanted else []
    return Named(
        charges={each.charge: each for each in charges},
        policies={each.policy: each for each in policies},
        payments={each.payment: each for each in payments},
        adjustments=adjustments,
    )
