"""What invoicing's API shows. Amounts are cents, dates the exchange's local dates."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from bulkhead.kernel.corrections import CorrectionState
from bulkhead.web.fields import Body
from invoicing.application.approve_refund import AskedRefund
from invoicing.application.months import Month
from invoicing.domain.records import (
    Grace,
    Invoice,
    LedgerAccount,
    ListRow,
    Position,
    Transfer,
    TransferKind,
)

LARGEST_REFUND_CENTS = 99_999_999
"""A cent less than a million dollars: more at once is a slip of the hand, as of a payment."""


class ChargeLineView(BaseModel):
    """One policy's premium of one coverage month."""

    policy: str
    month: str
    net_cents: int


class AdjustmentLineView(BaseModel):
    """A charge that became less (negative) or more since the invoice before."""

    policy: str
    month: str
    cents: int
    as_credit: bool
    reason: str


class InvoiceView(BaseModel):
    """An invoice as issued. ``total_cents`` is all that was to be paid then.

    Of an initial invoice that is the first premium of ``selection``, of which ``received_cents`` were here. On one
    that is void since ``voided_on``, by a ``correction``, nothing is to be paid (OPS-5).
    """

    invoice: str
    number: int
    selection: str | None
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
    received_cents: int
    mail: bool
    voided_on: date | None
    correction: str | None

    @classmethod
    def of(cls, invoice: Invoice) -> InvoiceView:
        """Return the view of an invoice."""
        return cls(
            invoice=invoice.invoice,
            number=invoice.number,
            selection=invoice.selection,
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
            received_cents=invoice.received_cents,
            mail=invoice.mail,
            voided_on=invoice.voided_on,
            correction=invoice.correction,
        )


class MonthView(BaseModel):
    """One coverage month: what is charged for it, what of that is owed still, and whether all of it is settled, or
    as much as is enough (INV-15).
    """

    month: str
    charged_cents: int
    owed_cents: int
    settled: bool

    @classmethod
    def of(cls, month: Month) -> MonthView:
        """Return the view of a month."""
        return cls(
            month=str(month.month),
            charged_cents=month.charged_cents,
            owed_cents=month.owed_cents,
            settled=month.settled,
        )


class BalanceView(BaseModel):
    """What a household owes, what waits for the rest of a month, and what belongs to no charge.

    ``owed_back_cents`` was refunded of money that was then returned; it is taken from credit alone (INV-14).
    """

    owed_cents: int
    held_cents: int
    credit_cents: int
    owed_back_cents: int
    as_of: date

    @classmethod
    def of(cls, position: Position, *, as_of: date) -> BalanceView:
        """Return the balance a position is."""
        return cls(
            owed_cents=position.owed_cents,
            held_cents=position.held_cents,
            credit_cents=position.credit_cents,
            owed_back_cents=position.owed_back_cents,
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


class TransferView(BaseModel):
    """One row of the ledger: cents from one account to another, and what for."""

    number: int
    kind: TransferKind
    debit: LedgerAccount
    credit: LedgerAccount
    cents: int
    charge: str | None
    payment: str | None
    booked_on: date

    @classmethod
    def of(cls, transfer: Transfer) -> TransferView:
        """Return the view of a transfer."""
        return cls(
            number=transfer.number,
            kind=transfer.kind,
            debit=transfer.debit,
            credit=transfer.credit,
            cents=transfer.cents,
            charge=transfer.charge or None,
            payment=transfer.payment or None,
            booked_on=transfer.booked_on,
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


class RefundBody(Body):
    """How much of the household's credit is to be paid back."""

    amount_cents: int = Field(gt=0, le=LARGEST_REFUND_CENTS, description="Cents, up to the credit (INV-6).")


class RefundView(BaseModel):
    """A refund: ``applied``, its credit is reserved, and payments pays it back, but for ``withdrawn_cents`` of payments
    that were themselves returned (PAY-5). Where it ``takes_two`` it is only ``requested`` until another operator
    approves the correction of the same id (OPS-5).
    """

    refund: str
    state: CorrectionState
    takes_two: bool
    amount_cents: int
    withdrawn_cents: int
    approved_on: date | None
    refunded_on: date | None

    @classmethod
    def of(cls, answer: AskedRefund) -> RefundView:
        """Return the view of a refund that was asked for."""
        asked, refund = answer.asked, answer.refund
        return cls(
            refund=asked.correction,
            state=asked.state,
            takes_two=asked.by_two,
            amount_cents=asked.cents,
            withdrawn_cents=0 if refund is None else refund.withdrawn_cents,
            approved_on=None if refund is None else refund.approved_on,
            refunded_on=None if refund is None else refund.refunded_on,
        )


class BooksView(BaseModel):
    """The receivables ledger in sums: what must agree with payments' own books (PAY-9, INV-16).

    ``positions_agree``: what is kept beside the ledger for every household is what the ledger adds up to.
    """

    charged_cents: int
    settled_cents: int
    owed_cents: int
    held_cents: int
    credit_cents: int
    owed_back_cents: int
    unapplied_cents: int
    positions_agree: bool
