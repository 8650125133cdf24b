"""The bill of a household about which nothing else is to be decided: nearly everybody's, on the 5th.

`billing.run_month` is the rule, made for all that may be open: money, binders, grace, adjustments. A household is
*plain* while none of that is; `invoicing.application.bill_plainly.not_plain` says what. Then each month costs its
premium, what was owed is owed still, and the rows are known at once. That both come to the same is held by
`test_INV_2_a_plain_bill_is_what_the_whole_rule_makes_of_the_household`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bulkhead.kernel.calendar import CoverageMonth
from invoicing.domain import events
from invoicing.domain.billing import MonthlyRun, invoice_id, invoice_issued, lines_of
from invoicing.domain.money import charge_id
from invoicing.domain.records import Charge, Invoice, Policy, Position, Transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainBill:
    """What a run adds to a household's rows, its position afterwards, and what is said."""

    charges: tuple[Charge, ...]
    transfers: tuple[Transfer, ...]
    invoice: Invoice
    position: Position
    event: events.InvoiceIssued


def plain_bill(position: Position, policies: Sequence[Policy], run: MonthlyRun) -> PlainBill | None:
    """Return the bill of a plain household (INV-2, INV-3); None where no month costs anything.

    The policies are given in the order of their ids.
    """
    billed = [
        (policy, month, cents)
        for policy in policies
        for month in run.months_of(policy)
        if (cents := policy.net_cents(month))
    ]
    if not billed:
        return None
    ids = [charge_id(policy, month) for policy, month, _ in billed]
    identity = invoice_id(position.household, ids)
    charges = tuple(
        _charge(policy, month, cents, charge=charge, number=number, invoice=identity, run=run)
        for number, (charge, (policy, month, cents)) in enumerate(
            zip(ids, billed, strict=True), position.turn + 1
        )
    )
    new_cents = sum(charge.cents for charge in charges)
    invoice = _invoice(position, charges, new_cents, invoice=identity, run=run)
    return PlainBill(
        charges=charges,
        transfers=tuple(
            _transfer(charge, number=number, run=run)
            for number, charge in enumerate(charges, position.transfers + 1)
        ),
        invoice=invoice,
        position=Position(
            household=position.household,
            transfers=position.transfers + len(charges),
            turn=invoice.number,
            payments=position.payments,
            owed_cents=position.owed_cents + new_cents,
            unapplied_cents=position.unapplied_cents,
            decisions=position.decisions,
        ),
        event=invoice_issued(invoice, payments=position.payments),
    )


def _charge(
    policy: Policy,
    month: CoverageMonth,
    cents: int,
    *,
    charge: str,
    number: int,
    invoice: str,
    run: MonthlyRun,
) -> Charge:
    return Charge(
        charge=charge,
        household=policy.household,
        number=number,
        policy=policy.policy,
        carrier=policy.carrier,
        month=month,
        cents=cents,
        whole=policy.covers_whole(month),
        charged_at=run.now,
        state="open",
        invoice=invoice,
        invoiced_cents=cents,
        invoiced_at=run.now,
        on_time_until=run.on_time_until,
    )


def _transfer(charge: Charge, *, number: int, run: MonthlyRun) -> Transfer:
    return Transfer(
        household=charge.household,
        number=number,
        debit="receivable",
        credit="premium",
        cents=charge.cents,
        kind="charged",
        charge=charge.charge,
        payment="",
        booked_on=run.dated,
    )


def _invoice(
    position: Position, charges: Sequence[Charge], new_cents: int, *, invoice: str, run: MonthlyRun
) -> Invoice:
    return Invoice(
        invoice=invoice,
        household=position.household,
        number=position.turn + len(charges) + 1,
        kind="monthly",
        selection=None,
        dated=run.dated,
        issued_at=run.now,
        due=run.due,
        on_time_until=run.on_time_until,
        charges=lines_of(charges),
        adjustments=(),
        adjustments_cents=0,
        unpaid_before_cents=position.owed_cents,
        held_cents=0,
        credit_cents=0,
        total_cents=position.owed_cents + new_cents,
        received_cents=0,
        mail=True,
    )
