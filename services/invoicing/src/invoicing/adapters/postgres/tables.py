"""Invoicing's tables: one per kind of record, columns named as its fields."""

from __future__ import annotations

from datetime import date, datetime
from typing import get_args

from sqlmodel import BigInteger, CheckConstraint, Field, Index, UniqueConstraint, text

from bulkhead.chassis_tables import CHASSIS_TABLES, service_registry
from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.tables import TableModel, Tables, corrected_by_people, one_of
from invoicing.domain import corrections, decisions, events, extensions, records

_LEDGER_ACCOUNTS = get_args(records.LedgerAccount)


class InvoicingTable(TableModel, registry=service_registry()):
    """A table of invoicing's database."""


class Positions(InvoicingTable, table=True):
    household: str = Field(primary_key=True)
    transfers: int
    turn: int
    payments: int
    owed_cents: int = Field(sa_type=BigInteger)
    unapplied_cents: int = Field(sa_type=BigInteger)
    decisions: int

    __table_args__ = (
        # What is not applied is below zero where money was refunded and then returned (INV-14).
        CheckConstraint("owed_cents >= 0", name="owed_is_not_negative"),
    )


class Decisions(InvoicingTable, table=True):
    household: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    after: int
    decided: str
    at: datetime
    on: date
    facts: dict[str, str]
    reasons: tuple[Reason, ...]

    __table_args__ = (
        one_of("decided", *get_args(decisions.Decided)),
        {"comment": "only ever added to: what is explained for as long as the household is kept"},
    )


class Selections(InvoicingTable, table=True):
    selection: str = Field(primary_key=True)
    household: str
    entered_on: date
    invoice_on: date
    due: date | None
    invoiced: bool
    state: str
    counted_cents: int = Field(sa_type=BigInteger)
    decision: str | None
    selected_as: str | None

    __table_args__ = (
        one_of("state", "open", "satisfied", "not-required", "lapsed", "canceled"),
        CheckConstraint("(state = 'lapsed') = (decision IS NOT NULL)", name="lapsed_by_a_decision"),
        Index("selections_household", "household"),
        Index("selections_open_due", "due", postgresql_where=text("state = 'open'")),
        Index("selections_to_invoice", "invoice_on", postgresql_where=text("NOT invoiced")),
    )


class Policies(InvoicingTable, table=True):
    policy: str = Field(primary_key=True)
    household: str
    selection: str = Field(foreign_key="selections.selection")
    plan: str
    carrier: str
    kind: str
    effective: date
    plan_year_ends: date
    months: tuple[records.PremiumMonths, ...]
    billed_through: CoverageMonth
    bill_next: CoverageMonth | None
    released_at: datetime | None
    restored_at: datetime | None
    canceled: bool
    lapsed: bool
    asked_through: date | None
    unpaid_through: date | None
    unpaid_decision: str | None
    superseded: tuple[records.Superseded, ...]
    renewal: bool
    billed_by_carrier: str | None

    __table_args__ = (
        CheckConstraint(
            "(unpaid_through IS NULL) = (unpaid_decision IS NULL)", name="unpaid_end_has_a_decision"
        ),
        Index("policies_to_bill", "household", "bill_next", postgresql_where=text("bill_next IS NOT NULL")),
        Index("policies_household", "household", "plan_year_ends"),
        Index("policies_carrier", "carrier"),
    )


class Charges(InvoicingTable, table=True):
    charge: str = Field(primary_key=True)
    household: str
    number: int
    policy: str = Field(foreign_key="policies.policy")
    carrier: str
    month: CoverageMonth
    cents: int = Field(sa_type=BigInteger)
    whole: bool
    charged_at: datetime
    state: str
    binder: str | None
    invoice: str | None
    void_invoice: str | None
    invoiced_cents: int | None = Field(sa_type=BigInteger)
    invoiced_at: datetime | None
    on_time_until: date | None
    settlement: int
    settled_as: str | None
    settled_on: date | None
    funded_by: tuple[records.Funding, ...]
    rises: tuple[records.Rise, ...]
    reopenings: tuple[records.Reopening, ...]
    rest_cents: int = Field(sa_type=BigInteger)
    earlier_cents: tuple[int, ...]

    __table_args__ = (
        one_of("state", "open", "settled", "reversed"),
        CheckConstraint("cents >= 0 AND (cents = 0) = (state = 'reversed')", name="reversed_is_nothing"),
        CheckConstraint("(state = 'settled') = (settled_on IS NOT NULL)", name="settled_has_a_date"),
        CheckConstraint(
            "rest_cents >= 0 AND (rest_cents = 0 OR state = 'settled')", name="rest_of_what_is_settled"
        ),
        Index("charges_policy_month", "policy", "month", unique=True),
        # A household's years that are over and paid are in neither the open nor the lately settled.
        Index("charges_open", "household", "on_time_until", postgresql_where=text("state = 'open'")),
        Index("charges_household", "household", "month"),
        Index("charges_short", "household", postgresql_where=text("rest_cents > 0")),
        Index(
            "charges_shown_again",
            "household",
            postgresql_where=text("state = 'open' AND invoice IS NULL AND void_invoice IS NOT NULL"),
        ),
        Index("charges_settled", "household", "settled_on", postgresql_where=text("state = 'settled'")),
        Index(
            "charges_settled_lately", "settled_on", "household", postgresql_where=text("state = 'settled'")
        ),
    )


class Adjustments(InvoicingTable, table=True):
    household: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    charge: str = Field(foreign_key="charges.charge")
    policy: str
    month: CoverageMonth
    cents: int = Field(sa_type=BigInteger)
    was_paid: bool
    made_on: date
    reason: str
    invoice: str | None
    invoiced_at: datetime | None

    __table_args__ = (Index("adjustments_not_shown", "household", postgresql_where=text("invoice IS NULL")),)


class Invoices(InvoicingTable, table=True):
    invoice: str = Field(primary_key=True)
    household: str
    number: int
    kind: str
    selection: str | None
    dated: date
    issued_at: datetime
    due: date
    on_time_until: date
    charges: tuple[records.ChargeLine, ...]
    adjustments: tuple[records.AdjustmentLine, ...]
    adjustments_cents: int = Field(sa_type=BigInteger)
    unpaid_before_cents: int = Field(sa_type=BigInteger)
    held_cents: int = Field(sa_type=BigInteger)
    credit_cents: int = Field(sa_type=BigInteger)
    total_cents: int = Field(sa_type=BigInteger)
    received_cents: int = Field(sa_type=BigInteger)
    mail: bool
    voided_on: date | None
    correction: str | None = Field(foreign_key="corrections.correction")

    __table_args__ = (
        one_of("kind", "initial", "monthly"),
        CheckConstraint("(kind = 'initial') = (selection IS NOT NULL)", name="initial_is_of_a_selection"),
        CheckConstraint("(voided_on IS NULL) = (correction IS NULL)", name="void_by_a_correction"),
        UniqueConstraint("household", "number", name="invoices_household_number"),
    )


class Corrections(InvoicingTable, table=True):
    correction: str = Field(primary_key=True)
    kind: str
    household: str
    invoice: str | None
    state: str
    because: str
    note: Masked | None
    cents: int = Field(sa_type=BigInteger)
    adjustments: tuple[int, ...]
    by_two: bool
    asked_at: datetime
    asked_by: str
    decided_at: datetime | None
    decided_by: str | None
    reverses: str | None = Field(foreign_key="corrections.correction")
    reversed_by: str | None = Field(foreign_key="corrections.correction")

    __table_args__ = (
        one_of("kind", *get_args(corrections.CorrectionKind)),
        one_of("because", *get_args(corrections.CorrectionBecause)),
        CheckConstraint("cents >= 0", name="cents_are_not_negative"),
        CheckConstraint("(kind = 'refund-credit') = (invoice IS NULL)", name="invoice_unless_a_refund"),
        CheckConstraint(
            "(kind = 'refund-credit') = (because = 'credit-asked-for')", name="because_of_its_kind"
        ),
        *corrected_by_people(),
        Index("corrections_household", "household"),
        Index("corrections_asked", "asked_by", "asked_at"),
        Index("corrections_requested", "asked_at", postgresql_where=text("state = 'requested'")),
    )


class Payments(InvoicingTable, table=True):
    payment: str = Field(primary_key=True)
    household: str
    number: int
    cents: int = Field(sa_type=BigInteger)
    unapplied_cents: int = Field(sa_type=BigInteger)
    method: str
    received_on: date
    postmarked_on: date | None
    known_at: datetime
    at_selection: bool
    selection: str | None
    toward: tuple[str, ...]
    waits_until: date | None
    held: bool
    returned_on: date | None
    moved_cents: int = Field(sa_type=BigInteger)
    correction: str | None
    counts_as_of: date | None

    __table_args__ = (
        CheckConstraint("cents > 0", name="cents_are_positive"),
        CheckConstraint("counts_as_of < received_on", name="counts_as_of_an_earlier_day"),
        CheckConstraint("moved_cents BETWEEN 0 AND cents", name="moved_within_payment"),
        CheckConstraint(
            "CASE WHEN returned_on IS NULL THEN unapplied_cents BETWEEN -moved_cents AND cents - moved_cents"
            " ELSE unapplied_cents BETWEEN -cents AND 0 END",
            name="unapplied_within_payment",
        ),
        Index("payments_household", "household", "received_on"),
        Index("payments_received", "received_on"),
        Index("payments_unapplied", "household", postgresql_where=text("unapplied_cents > 0")),
        Index("payments_waiting", "waits_until", postgresql_where=text("waits_until IS NOT NULL")),
    )


class MergedHouseholds(InvoicingTable, table=True):
    household: str = Field(primary_key=True)
    into: str
    correction: str
    stands: bool

    __table_args__ = ({"comment": "whose credit goes to another household of the same person (OPS-5)"},)


class MoneyMoved(InvoicingTable, table=True):
    household: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    payment: str = Field(foreign_key="payments.payment")
    cents: int = Field(sa_type=BigInteger)
    received_on: date
    moved_on: date
    at: datetime
    because: str
    correction: str
    reverses: str | None

    __table_args__ = (CheckConstraint("cents > 0", name="cents_are_positive"),)


class MoneyRedated(InvoicingTable, table=True):
    household: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    payment: str = Field(foreign_key="payments.payment")
    cents: int = Field(sa_type=BigInteger)
    received_on: date
    postmarked_on: date | None
    received_before: date
    postmarked_before: date | None
    redated_on: date
    at: datetime
    because: str
    correction: str
    reverses: str | None


class Refunds(InvoicingTable, table=True):
    refund: str = Field(primary_key=True)
    household: str
    cents: int = Field(sa_type=BigInteger)
    approved_on: date
    refunded_on: date | None
    withdrawn: tuple[str, ...]
    withdrawn_cents: int = Field(sa_type=BigInteger)

    __table_args__ = (
        CheckConstraint("cents > 0", name="cents_are_positive"),
        CheckConstraint("withdrawn_cents BETWEEN 0 AND cents", name="no_more_is_withdrawn"),
        Index("refunds_household", "household"),
    )


class GracePeriods(InvoicingTable, table=True):
    household: str = Field(primary_key=True)
    first_month: CoverageMonth = Field(primary_key=True)
    months: int
    assisted: bool
    month: int
    last_day: date
    state: str
    ended_on: date | None
    exit_on_time_date: date | None
    ended_policies: tuple[str, ...]
    decision: str | None

    __table_args__ = (
        one_of("state", "open", "exited", "expired", "reinstated"),
        Index("grace_periods_one_open", "household", unique=True, postgresql_where=text("state = 'open'")),
        Index("grace_periods_ended", "ended_on"),
    )


class ReinstatementRequests(InvoicingTable, table=True):
    decision: str = Field(primary_key=True)
    household: str
    asked_at: datetime
    reason: Masked | None
    plan_year: int
    pay_by: date
    comes_by: date
    state: str
    decided_on: date | None

    __table_args__ = (
        one_of("state", "waiting", "granted", "unpaid", "not-needed"),
        CheckConstraint("(state = 'waiting') = (decided_on IS NULL)", name="decided_has_a_date"),
        Index("reinstatement_requests_household", "household"),
        Index("reinstatement_requests_waiting", "pay_by", postgresql_where=text("state = 'waiting'")),
    )


class DelinquencyListRows(InvoicingTable, table=True):
    carrier: str = Field(primary_key=True)
    on: date = Field(primary_key=True)
    household: str = Field(primary_key=True)
    list_part: int
    policies: tuple[str, ...]
    month: int | None
    of: int | None
    past_due_cents: int = Field(sa_type=BigInteger)
    pay_by: date | None
    claims: str
    action: str
    effective: date | None

    __table_args__ = (Index("delinquency_list_rows_household", "household"),)


class DelinquencyLists(InvoicingTable, table=True):
    carrier: str = Field(primary_key=True)
    on: date = Field(primary_key=True)
    list_part: int = Field(primary_key=True)
    rows: int
    closed_on: date


class ListDecisions(InvoicingTable, table=True):
    on: date = Field(primary_key=True)
    household: str = Field(primary_key=True)
    outcome: str
    decided_on: date


class Transfers(InvoicingTable, table=True):
    household: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    debit: str
    credit: str
    cents: int = Field(sa_type=BigInteger)
    kind: str
    charge: str
    payment: str
    booked_on: date

    __table_args__ = (
        one_of("debit", *_LEDGER_ACCOUNTS),
        one_of("credit", *_LEDGER_ACCOUNTS),
        CheckConstraint("cents > 0 AND debit <> credit", name="moves_something"),
    )


class Outages(InvoicingTable, table=True):
    began_at: datetime = Field(primary_key=True)
    ended_at: datetime | None

    __table_args__ = (
        CheckConstraint("ended_at >= began_at", name="ends_after_it_begins"),
        {"comment": "whiles in which nobody could pay online, as they were heard of"},
    )


class DeadlineExtensions(InvoicingTable, table=True):
    extension: str = Field(primary_key=True)
    cutoff: date
    until: date
    ground: str
    minutes: int | None
    note: Masked | None
    recorded_at: datetime
    recorded_by: str | None
    citation: str
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    told_through: str | None

    __table_args__ = (
        one_of("ground", *get_args(events.ExtensionGround)),
        CheckConstraint("until > cutoff", name="moves_ahead"),
        CheckConstraint("(ground = 'outage') = (minutes IS NOT NULL)", name="measured_or_declared"),
        CheckConstraint("(ground = 'declared') = (recorded_by IS NOT NULL)", name="declared_by_somebody"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn_by_somebody"),
        Index(
            "deadline_extensions_to_tell", "recorded_at", postgresql_where=text("told_through IS NOT NULL")
        ),
    )


class Watermarks(InvoicingTable, table=True):
    partition: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    closed_through: date


TABLES: Tables = {
    **CHASSIS_TABLES,
    records.Selection: Selections,
    records.Policy: Policies,
    records.Charge: Charges,
    records.Adjustment: Adjustments,
    records.Invoice: Invoices,
    corrections.Correction: Corrections,
    records.Payment: Payments,
    records.Merged: MergedHouseholds,
    records.MoneyMoved: MoneyMoved,
    records.MoneyRedated: MoneyRedated,
    records.Refund: Refunds,
    records.Grace: GracePeriods,
    records.ReinstatementRequest: ReinstatementRequests,
    records.ListRow: DelinquencyListRows,
    records.DelinquencyList: DelinquencyLists,
    records.ListDecision: ListDecisions,
    records.Transfer: Transfers,
    records.Position: Positions,
    decisions.Decision: Decisions,
    records.Watermark: Watermarks,
    extensions.Outage: Outages,
    extensions.Extension: DeadlineExtensions,
}
