"""What invoicing's API shows. Amounts are cents, dates the exchange's local dates."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from invoicing.domain.account import Account
from invoicing.domain.money import held_and_credit_cents, owed_cents
from invoicing.domain.records import Grace, Invoice, LedgerLine, ListRow, Refund


class ChargeLineView(BaseModel):
    """One policy's premium of one coverage month."""

    policy: str
    month: str
    net_cents: int


class AdjustmentLineView(BaseModel):
    """A charge that was reversed (negative) or restored since the invoice before."""

    policy: str
    month: str
    cents: int
    as_credit: bool
    reason: str


class InvoiceView(BaseModel):
    """An invoice as issued. ``total_cents`` is all that was to be paid then."""

    invoice: str
    kind: Literal["initial", "monthly"]
    dated: date
    due: date
    on_time_until: date
    charges: list[ChargeLineView]
    adjustments: list[AdjustmentLineView]
    adjustments_cents: int
    unpaid_before_cents: int
    held_cents: int
    credit_cents: int
    total_cents: int
    mail: bool

    @classmethod
    def of(cls, invoice: Invoice) -> InvoiceView:
        """Return the view of an invoice."""
        return cls(
            invoice=invoice.invoice,
            kind=invoice.kind,
            dated=invoice.dated,
            due=invoice.due,
            on_time_until=invoice.on_time_until,
            charges=[
                ChargeLineView(policy=each.policy, month=str(each.month), net_cents=each.net_cents)
                for each in invoice.charges
            ],
            adjustments=[
                AdjustmentLineView(
                    policy=each.policy,
                    month=str(each.month),
                    cents=each.cents,
                    as_credit=each.as_credit,
                    reason=each.reason,
                )
                for each in invoice.adjustments
            ],
            adjustments_cents=invoice.adjustments_cents,
            unpaid_before_cents=invoice.unpaid_before_cents,
            held_cents=invoice.held_cents,
            credit_cents=invoice.credit_cents,
            total_cents=invoice.total_cents,
            mail=invoice.mail,
        )


class MonthView(BaseModel):
    """One coverage month: what is charged for it and whether it is settled."""

    month: str
    charged_cents: int
    settled: bool


class BalanceView(BaseModel):
    """What a household owes, what waits for the rest of a month, and what belongs to no charge."""

    owed_cents: int
    held_cents: int
    credit_cents: int
    settled_months: list[str]
    months: list[MonthView]
    as_of: date

    @classmethod
    def of(cls, account: Account, *, as_of: date) -> BalanceView:
        """Return the balance of an account."""
        held, credit = held_and_credit_cents(account)
        by_month: dict[str, list[int | bool]] = {}
        for charge in account.charges("open", "settled"):
            month = by_month.setdefault(str(charge.month), [0, True])
            month[0] += charge.cents
            month[1] = bool(month[1]) and charge.state == "settled"
        months = [
            MonthView(month=month, charged_cents=int(cents), settled=bool(settled))
            for month, (cents, settled) in by_month.items()
        ]
        return cls(
            owed_cents=owed_cents(account),
            held_cents=held,
            credit_cents=credit,
            settled_months=[each.month for each in months if each.settled],
            months=months,
            as_of=as_of,
        )


class GraceView(BaseModel):
    """Whether a household is in grace, in which month of how many, and until when."""

    in_grace: bool
    month: int | None = None
    of: int | None = None
    first_month: str | None = None
    last_day: date | None = None

    @classmethod
    def of_grace(cls, grace: Grace | None) -> GraceView:
        """Return the view of the open grace period, or of none."""
        if grace is None:
            return cls(in_grace=False)
        return cls(
            in_grace=True,
            month=grace.month,
            of=grace.months,
            first_month=str(grace.first_month),
            last_day=grace.last_day,
        )


class LedgerLineView(BaseModel):
    """One side of a balanced entry: debits positive, credits negative."""

    entry: str
    account: str
    charge: str
    cents: int
    booked_on: date
    kind: str

    @classmethod
    def of(cls, line: LedgerLine) -> LedgerLineView:
        """Return the view of a ledger line."""
        return cls(
            entry=line.entry,
            account=line.account,
            charge=line.charge,
            cents=line.cents,
            booked_on=line.booked_on,
            kind=line.kind,
        )


class ListRowView(BaseModel):
    """A household's row on a carrier's delinquency list (CAR-3)."""

    carrier: str
    on: date
    household: str
    part: int
    policies: list[str]
    month: int | None
    of: int | None
    past_due_cents: int
    pay_by: date | None
    claims: str
    action: str
    effective: date | None

    @classmethod
    def of_row(cls, row: ListRow) -> ListRowView:
        """Return the view of a list row."""
        return cls(
            carrier=row.carrier,
            on=row.on,
            household=row.household,
            part=row.list_part,
            policies=list(row.policies),
            month=row.month,
            of=row.of,
            past_due_cents=row.past_due_cents,
            pay_by=row.pay_by,
            claims=row.claims,
            action=row.action,
            effective=row.effective,
        )


class RefundBody(BaseModel):
    """How much of the household's credit is to be paid back."""

    amount_cents: int = Field(gt=0, description="Cents, up to the credit (INV-6).")


class RefundView(BaseModel):
    """A refund approved: its credit is reserved, payments pays it back."""

    refund: str
    amount_cents: int
    approved_on: date
    refunded_on: date | None

    @classmethod
    def of(cls, refund: Refund) -> RefundView:
        """Return the view of a refund."""
        return cls(
            refund=refund.refund,
            amount_cents=refund.cents,
            approved_on=refund.approved_on,
            refunded_on=refund.refunded_on,
        )


class BooksView(BaseModel):
    """The receivables ledger in sums: what must agree with payments' own books (PAY-9, INV-16)."""

    charged_cents: int
    settled_cents: int
    owed_cents: int
    held_cents: int
    credit_cents: int
    unapplied_cents: int
    ledger_nets_to_zero: bool
