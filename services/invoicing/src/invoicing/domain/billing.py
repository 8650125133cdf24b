"""What is charged and when it is invoiced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bulkhead.kernel.calendar import CoverageMonth, local, local_date, next_business_day
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.ids import derived_id
from invoicing.domain import events
from invoicing.domain.account import Account
from invoicing.domain.allocation import apply_money, binder_key, is_month, received_toward
from invoicing.domain.groups import group_key, open_groups
from invoicing.domain.money import charge_month, put_policy, settle
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


def select_plans(
    account: Account,
    *,
    selection: Selection,
    policies: Sequence[Policy],
    selected_at: datetime,
    now: datetime,
) -> None:
    """Take up a selection: its binder is charged now, and money already here settles it (INV-1)."""
    account.put(selection)
    for payment in account.payments():
        if payment.waits_until is not None and payment.selection == selection.selection:
            account.put(replace(payment, waits_until=None))
    for policy in policies:
        put_policy(account, policy)
        if selection.state == "open":
            month = CoverageMonth.of(policy.effective)
            charge_month(account, policy, month, now=selected_at, binder=selection.selection)
            put_policy(account, replace(policy, billed_through=month))
    settle(account, now=now)


def issue_initial_invoices(
    account: Account, *, now: datetime, parameters: InvoicingParameters
) -> list[Invoice]:
    """Issue the invoice of each binder whose time has come; return them (INV-1).

    Dated today: the first business day after the selection, or the day it is made when that is later, and due
    21 days after that. Its total is the first premium itself, paid at selection or not.
    """
    ripe = [
        each
        for each in account.rows(Selection)
        if each.state in ("open", "satisfied")
        and not each.invoiced
        and local(each.invoice_on, INVOICE_HOUR) <= now
    ]
    ripe.sort(key=lambda each: (each.invoice_on, each.selection))
    return [
        invoice
        for each in ripe
        if (invoice := issue_initial_invoice(account, each, now=now, parameters=parameters)) is not None
    ]


def issue_initial_invoice(
    account: Account, selection: Selection, *, now: datetime, parameters: InvoicingParameters
) -> Invoice | None:
    """Issue the invoice of a binder, dated today, and return it; None where nothing is to be paid (INV-1)."""
    due = local_date(now) + timedelta(days=parameters.binder_due_days)
    charges = [
        charge
        for charge in account.charges("open", "settled")
        if charge.binder == selection.selection and charge.invoice is None
    ]
    groups, money = open_groups(account)
    here = received_toward(binder_key(selection.selection), groups=groups, money=money)
    account.put(
        replace(
            selection,
            invoiced=True,
            due=due if charges else selection.due,
            counted_cents=here.free_cents,
        )
    )
    if not charges:
        return None
    total = sum(charge.cents for charge in charges)
    settled = sum(charge.paid_cents for charge in charges)
    if selection.state == "satisfied":  # what has risen since it was paid is open, and its money waits for it
        received = settled + min(total - settled, free_for_months(account))
    else:
        received = here.named_cents + here.free_cents
    return _issue(
        account,
        Invoice(
            invoice=invoice_id(account.household, [selection.selection], void=_void(charges)),
            household=account.household,
            number=account.next_number(),
            kind="initial",
            selection=selection.selection,
            dated=local_date(now),
            issued_at=now,
            due=due,
            on_time_until=due,
            charges=lines_of(charges),
            adjustments=(),
            adjustments_cents=0,
            unpaid_before_cents=0,
            held_cents=0,
            credit_cents=0,
            total_cents=total,
            received_cents=received,
            mail=_paid_at_selection_cents(account, selection) < total,
        ),
        charges,
        Reason(
            rule="INV-1",
            says=f"the first business day after the selection, due {parameters.binder_due_days} days later",
            citation="VHC §2",
        ),
    )


def _paid_at_selection_cents(account: Account, selection: Selection) -> int:
    return sum(
        each.cents
        for each in account.rows(Payment)
        if each.at_selection
        and each.method in _ELECTRONIC
        and each.selection == selection.selection
        and each.returned_on is None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyRun:
    """A run that bills every unbilled month up to ``target``: the dates on its invoices, and their reason (INV-2)."""

    target: CoverageMonth
    now: datetime
    dated: date
    due: date
    on_time_until: date
    reason: Reason

    @classmethod
    def of(cls, target: CoverageMonth, *, now: datetime, parameters: InvoicingParameters) -> MonthlyRun:
        """Return the run that is made now, in time or late (INV-3)."""
        made_in = target.plus(-1)
        return cls(
            target=target,
            now=now,
            dated=local_date(now),
            due=made_in.first_day.replace(day=parameters.due_day),
            on_time_until=made_in.last_day,
            reason=Reason(
                rule="INV-2",
                says=f"the month {target} is invoiced on day {parameters.run_day} of the month before",
                citation="VHC §3",
            ),
        )

    def last_month_of(self, policy: Policy) -> CoverageMonth:
        """Return the month through which a policy is billed when this is done."""
        return min(self.target, CoverageMonth.of(policy.last_day))

    def months_of(self, policy: Policy) -> Iterator[CoverageMonth]:
        """Return the months of a policy that are to be billed, none where none is."""
        return iter(()) if policy.bill_next is None else policy.bill_next.until(self.last_month_of(policy))


def run_month(account: Account, run: MonthlyRun) -> Invoice | None:
    """Bill every unbilled month up to the run's; return the invoice, None for nothing new (INV-2, INV-3).

    What is not paid of an invoice that is void is shown again, as if it were new (OPS-5). Policies whose binder is
    unpaid are not in the run. Credit pays the new charges at once (INV-6).
    """
    again = [charge for charge in account.charges("open") if charge.is_shown_again]
    before = [charge for charge in owed_of_months(account) if charge not in again]
    free = free_for_months(account)
    new = [
        charge
        for policy in account.policies()
        if policy.bill_next is not None and policy.bill_next <= run.target
        if not _is_to_be_called_off(account, policy)
        for charge in _bill(account, policy, run)
    ]
    charges = [*again, *new]
    if not charges:
        return None
    invoice = _issue(
        account, _monthly(account, charges, before, free_cents=free, run=run), charges, run.reason
    )
    settle(account, now=run.now)
    return invoice


def _is_to_be_called_off(account: Account, policy: Policy) -> bool:
    """Whether a policy is a renewal in whose place a choice stands that was paid in time after all: enrollment has not
    said so yet (ENR-14).
    """
    return any(policy.gives_way_to(each) and each.released and each.stands for each in account.policies())


def _bill(account: Account, policy: Policy, run: MonthlyRun) -> list[Charge]:
    charges = [charge_month(account, policy, month, now=run.now) for month in run.months_of(policy)]
    put_policy(account, replace(policy, billed_through=run.last_month_of(policy)))
    return [charge for charge in charges if charge is not None]


def owed_of_months(account: Account) -> list[Charge]:
    """Return the charges of which something is owed and that are their coverage month's, no open binder's (INV-5)."""
    return [
        charge
        for charge in account.charges("open", "settled")
        if charge.owed_cents and is_month(group_key(account, charge))
    ]


def free_for_months(account: Account) -> int:
    """Return the money that waits for no binder: neither named for one by its payer, nor taken off the invoice of an
    open one already. No cent is taken off two invoices.
    """
    groups, money = open_groups(account)
    named = apply_money(groups=groups, money=money).left_for_binders_cents
    counted = sum(each.counted_cents for each in account.rows(Selection) if each.state == "open")
    free = sum(each.free_cents for each in account.rows(Payment))
    return max(0, free - named - counted)


def _monthly(
    account: Account,
    charges: Sequence[Charge],
    before: Sequence[Charge],
    *,
    free_cents: int,
    run: MonthlyRun,
) -> Invoice:
    changes = sorted(
        (each for each in account.rows(Adjustment) if each.invoice is None), key=lambda each: each.number
    )
    as_credit = _in_what_was_paid(changes, before)
    adjusted = sum(each.cents for each in changes if each.charge not in as_credit)
    unpaid = sum(charge.owed_cents for charge in before)
    void = _void(charges)
    held = free_cents if before or void else 0
    credit = free_cents - held
    new = sum(charge.cents for charge in charges)
    identity = invoice_id(account.household, [charge.charge for charge in charges], void=void)
    for each in changes:
        account.put(replace(each, invoice=identity, invoiced_at=run.now))
    return Invoice(
        invoice=identity,
        household=account.household,
        number=account.next_number(),
        kind="monthly",
        selection=None,
        dated=run.dated,
        issued_at=run.now,
        due=run.due,
        on_time_until=run.on_time_until,
        charges=lines_of(charges),
        adjustments=tuple(
            AdjustmentLine(
                policy=each.policy,
                month=each.month,
                cents=each.cents,
                as_credit=each.charge in as_credit,
                reason=each.reason,
            )
            for each in changes
        ),
        adjustments_cents=adjusted,
        unpaid_before_cents=unpaid - adjusted,
        held_cents=held,
        credit_cents=credit,
        total_cents=max(0, unpaid + new - held - credit),
        received_cents=0,
        mail=True,
    )


def _in_what_was_paid(changes: Sequence[Adjustment], unpaid: Sequence[Charge]) -> set[str]:
    """Return the charges whose adjustments explain nothing of the unpaid balance: they are paid as they are now, and
    were before, or have risen. What has become less and was not paid is what earlier invoices asked for too much.
    """
    still = {charge.charge for charge in unpaid}
    total: dict[str, int] = {}
    for each in changes:
        total[each.charge] = total.get(each.charge, 0) + each.cents
    return {
        each.charge
        for each in changes
        if each.charge not in still and (each.was_paid or total[each.charge] > 0)
    }


def invoice_id(household: str, shows: Iterable[str], *, void: Iterable[str] = ()) -> str:
    """Return the id of the invoice that is the first to show a selection's binder, or these charges: a run that is
    repeated makes no other. Where those that showed them are ``void`` it is another than theirs (OPS-5).
    """
    return derived_id("invoice", household, *sorted(shows), *sorted(void))


def _void(charges: Iterable[Charge]) -> set[str]:
    """Return the void invoices that showed these charges last."""
    return {charge.void_invoice for charge in charges if charge.void_invoice is not None}


def lines_of(charges: Sequence[Charge]) -> tuple[ChargeLine, ...]:
    """Return charges as an invoice shows them: by month, then by policy."""
    ordered = sorted(charges, key=lambda charge: (charge.month, charge.policy))
    return tuple(ChargeLine(policy=each.policy, month=each.month, net_cents=each.cents) for each in ordered)


def _issue(account: Account, invoice: Invoice, charges: Sequence[Charge], reason: Reason) -> Invoice:
    for charge in charges:
        account.put(
            replace(
                account.get(Charge, charge.charge),
                invoice=invoice.invoice,
                invoiced_cents=charge.cents,
                invoiced_at=invoice.issued_at,
                on_time_until=invoice.on_time_until,
            )
        )
    account.put(invoice)
    account.tell(
        invoice_issued(invoice, payments=account.position.payments), on=invoice.dated, reasons=(reason,)
    )
    return invoice


def invoice_issued(invoice: Invoice, *, payments: int) -> events.InvoiceIssued:
    """Return what is said of an invoice that takes so many payments of the household into account."""
    return events.InvoiceIssued(
        household=invoice.household,
        invoice=invoice.invoice,
        number=invoice.number,
        selection=invoice.selection,
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
        received_cents=invoice.received_cents,
        payments=payments,
        mail=invoice.mail,
    )
