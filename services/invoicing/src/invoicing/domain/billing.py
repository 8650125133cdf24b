"""What is charged and when it is invoiced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from bulkhead.kernel.calendar import CoverageMonth, local, local_date, next_business_day
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.money import round_half_up
from invoicing.domain import events
from invoicing.domain.account import Account
from invoicing.domain.money import add_charge, held_and_credit_cents, settle
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import (
    Adjustment,
    AdjustmentLine,
    Charge,
    ChargeLine,
    Invoice,
    Payment,
    Policy,
    Selection,
)

INVOICE_HOUR = 2
"""The hour of the day at which initial and monthly invoices are made."""

_ELECTRONIC = frozenset({"card", "bank"})


def initial_invoice_date(entered_on: date, parameters: InvoicingParameters) -> date:
    """Return the first business day after the selection was entered (INV-1)."""
    return next_business_day(entered_on, extra_holidays=frozenset(parameters.state_holidays))


def premium_cents(policy: Policy, month: CoverageMonth) -> int:
    """Return a policy's cents for a month: the whole premium, or its share of days, rounded once (INV-18)."""
    first = max(policy.effective, month.first_day)
    last = min(policy.ends_on, month.last_day)
    covered_days = (last - first).days + 1
    if covered_days <= 0:
        return 0
    if covered_days == month.last_day.day:
        return policy.net_cents
    return round_half_up(Fraction(policy.net_cents * covered_days, month.last_day.day))


def charge_month(
    account: Account, policy: Policy, month: CoverageMonth, *, on: date, binder: str | None = None
) -> Charge | None:
    """Charge a policy's month unless it ever was; return the new charge, None where there is none (INV-3)."""
    identity = f"{policy.policy}.{month}"
    cents = premium_cents(policy, month)
    if cents == 0 or account.find(Charge, identity) is not None:
        return None
    charge = Charge(
        charge=identity,
        household=account.household,
        policy=policy.policy,
        carrier=policy.carrier,
        month=month,
        cents=cents,
        charged_on=on,
        state="open",
        binder=binder,
    )
    add_charge(account, charge, on=on)
    return charge


def select_plans(
    account: Account,
    *,
    selection: Selection,
    policies: Sequence[Policy],
    now: datetime,
) -> None:
    """Take up a selection: its binder is charged now, and money already here settles it (INV-1)."""
    account.put(selection)
    for policy in policies:
        account.put(policy)
        if selection.state == "open":
            charge_month(
                account,
                policy,
                CoverageMonth.of(policy.effective),
                on=local_date(now),
                binder=selection.selection,
            )
    settle(account, now=now)


def issue_initial_invoice(
    account: Account, *, now: datetime, parameters: InvoicingParameters
) -> Invoice | None:
    """Issue the binder invoice of all selections whose time has come, or return None (INV-1).

    Dated today: the first business day after the selection, or the day it is made when that is later, and due
    21 days after that. Its total is the first premium itself, paid at selection or not.
    """
    today = local_date(now)
    ripe = {
        each.selection
        for each in account.rows(Selection)
        if each.state in ("open", "satisfied") and local(each.invoice_on, INVOICE_HOUR) <= now
    }
    charges = [
        charge
        for charge in account.charges("open", "settled")
        if charge.binder in ripe and charge.invoice is None
    ]
    if not charges:
        return None
    total = sum(charge.cents for charge in charges)
    due = today + timedelta(days=parameters.binder_due_days)
    for selection in account.rows(Selection):
        if selection.selection in {charge.binder for charge in charges}:
            account.put(replace(selection, due=due))
    return _issue(
        account,
        Invoice(
            invoice=derived_id("invoice", account.household, *sorted(charge.charge for charge in charges)),
            household=account.household,
            kind="initial",
            dated=today,
            issued_at=now,
            due=due,
            on_time_until=due,
            charges=_lines(charges),
            adjustments=(),
            adjustments_cents=0,
            unpaid_before_cents=0,
            held_cents=0,
            credit_cents=0,
            total_cents=total,
            mail=_paid_at_selection_cents(
                account,
                since=min(each.entered_on for each in account.rows(Selection) if each.selection in ripe),
            )
            < total,
        ),
        charges,
        Reason(
            rule="INV-1",
            says=f"the first business day after the selection, due {parameters.binder_due_days} days later",
            citation="VHC §2",
        ),
    )


def _paid_at_selection_cents(account: Account, *, since: date) -> int:
    return sum(
        each.cents
        for each in account.rows(Payment)
        if each.at_selection and each.method in _ELECTRONIC and each.received_on >= since
    )


def run_month(
    account: Account, *, target: CoverageMonth, now: datetime, parameters: InvoicingParameters
) -> Invoice | None:
    """Bill every unbilled month up to the target; return the invoice, None for nothing new (INV-2, INV-3).

    Policies whose binder is unpaid are not in the run. Credit pays the new charges at once (INV-6).
    """
    today = local_date(now)
    before = account.charges("open")
    held, credit = held_and_credit_cents(account)
    charges: list[Charge] = []
    for policy in sorted(account.rows(Policy), key=lambda each: each.policy):
        if policy.state not in ("active", "terminated"):
            continue
        last = min(target, CoverageMonth.of(policy.ends_on))
        for month in CoverageMonth.of(policy.effective).until(last):
            charge = charge_month(account, policy, month, on=today)
            if charge is not None:
                charges.append(charge)
    if not charges:
        return None
    issued = month_of_run(target)
    invoice = _issue(
        account,
        _monthly(
            account,
            charges,
            before,
            held,
            credit,
            now=now,
            due=issued.first_day.replace(day=parameters.due_day),
        ),
        charges,
        Reason(
            rule="INV-2",
            says=f"the month {target} is invoiced on the {parameters.run_day}th of the month before",
            citation="VHC §3",
        ),
    )
    settle(account, now=now)
    return invoice


def month_of_run(target: CoverageMonth) -> CoverageMonth:
    """Return the month in which a coverage month is invoiced (INV-2)."""
    return target.plus(-1)


def _monthly(
    account: Account,
    charges: Sequence[Charge],
    before: Sequence[Charge],
    held: int,
    credit: int,
    *,
    now: datetime,
    due: date,
) -> Invoice:
    since = account.last_invoice_at()
    adjustments = tuple(
        AdjustmentLine(
            policy=each.policy,
            month=each.month,
            cents=each.cents,
            as_credit=each.became_credit,
            reason=each.reason,
        )
        for each in sorted(account.rows(Adjustment), key=lambda each: (each.made_at, each.adjustment))
        if since is None or each.made_at > since
    )
    # An adjustment of a paid charge is in the credit already; the others explain the unpaid balance.
    adjusted = sum(line.cents for line in adjustments if not line.as_credit)
    unpaid = sum(charge.cents for charge in before)
    new = sum(charge.cents for charge in charges)
    return Invoice(
        invoice=derived_id("invoice", account.household, *sorted(charge.charge for charge in charges)),
        household=account.household,
        kind="monthly",
        dated=local_date(now),
        issued_at=now,
        due=due,
        on_time_until=CoverageMonth.of(due).last_day,
        charges=_lines(charges),
        adjustments=adjustments,
        adjustments_cents=adjusted,
        unpaid_before_cents=unpaid - adjusted,
        held_cents=held,
        credit_cents=credit,
        total_cents=max(0, unpaid + new - held - credit),
        mail=True,
    )


def _lines(charges: Sequence[Charge]) -> tuple[ChargeLine, ...]:
    ordered = sorted(charges, key=lambda charge: (charge.month, charge.policy))
    return tuple(ChargeLine(policy=each.policy, month=each.month, net_cents=each.cents) for each in ordered)


def _issue(account: Account, invoice: Invoice, charges: Sequence[Charge], reason: Reason) -> Invoice:
    for charge in charges:
        account.put(
            replace(
                charge,
                invoice=invoice.invoice,
                invoiced_at=invoice.issued_at,
                on_time_until=invoice.on_time_until,
            )
        )
    account.put(invoice)
    account.say(
        events.InvoiceIssued(
            household=invoice.household,
            invoice=invoice.invoice,
            kind=invoice.kind,
            dated=invoice.dated,
            due=invoice.due,
            on_time_until=invoice.on_time_until,
            charges=invoice.charges,
            adjustments_cents=invoice.adjustments_cents,
            unpaid_before_cents=invoice.unpaid_before_cents,
            held_cents=invoice.held_cents,
            credit_cents=invoice.credit_cents,
            total_cents=invoice.total_cents,
            mail=invoice.mail,
        ),
        on=invoice.dated,
        reasons=(reason,),
    )
    return invoice
