"""Invoicing's tables: one per kind of record, columns named as its fields."""

from __future__ import annotations

from typing import get_args

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bulkhead.persistence.types import Json, Month
from invoicing.domain import records

metadata = MetaData()

_HOUSEHOLD = "household"


_LEDGER_ACCOUNTS = get_args(records.LedgerAccount)


def _household() -> Column[str]:
    return Column(_HOUSEHOLD, Text, nullable=False)


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_is_known")


positions = Table(
    "positions",
    metadata,
    Column(_HOUSEHOLD, Text, primary_key=True),
    Column("transfers", Integer, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("payments", Integer, nullable=False),
    Column("owed_cents", BigInteger, nullable=False),
    Column("unapplied_cents", BigInteger, nullable=False),
    CheckConstraint("owed_cents >= 0 AND unapplied_cents >= 0", name="sums_are_not_negative"),
)

selections = Table(
    "selections",
    metadata,
    Column("selection", Text, primary_key=True),
    _household(),
    Column("entered_on", Date, nullable=False),
    Column("invoice_on", Date, nullable=False),
    Column("due", Date),
    Column("invoiced", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("counted_cents", BigInteger, nullable=False),
    Column("decision", Text),
    _one_of("state", "open", "satisfied", "not-required", "lapsed", "canceled"),
    CheckConstraint("(state = 'lapsed') = (decision IS NOT NULL)", name="lapsed_by_a_decision"),
    Index("selections_household", "household"),
    Index("selections_open_due", "due", postgresql_where=text("state = 'open'")),
    Index("selections_to_invoice", "invoice_on", postgresql_where=text("NOT invoiced")),
)

policies = Table(
    "policies",
    metadata,
    Column("policy", Text, primary_key=True),
    _household(),
    Column("selection", Text, ForeignKey("selections.selection"), nullable=False),
    Column("plan", Text, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("effective", Date, nullable=False),
    Column("plan_year_ends", Date, nullable=False),
    Column("months", Json(tuple[records.PremiumMonths, ...]), nullable=False),
    Column("billed_through", Month, nullable=False),
    Column("bill_next", Month),
    Column("released_at", DateTime(timezone=True)),
    Column("restored_at", DateTime(timezone=True)),
    Column("canceled", Boolean, nullable=False),
    Column("lapsed", Boolean, nullable=False),
    Column("asked_through", Date),
    Column("unpaid_through", Date),
    Column("unpaid_decision", Text),
    CheckConstraint("(unpaid_through IS NULL) = (unpaid_decision IS NULL)", name="unpaid_end_has_a_decision"),
    Index("policies_to_bill", "household", "bill_next", postgresql_where=text("bill_next IS NOT NULL")),
    Index("policies_household", "household", "plan_year_ends"),
    Index("policies_carrier", "carrier"),
)

charges = Table(
    "charges",
    metadata,
    Column("charge", Text, primary_key=True),
    _household(),
    Column("number", Integer, nullable=False),
    Column("policy", Text, ForeignKey("policies.policy"), nullable=False),
    Column("carrier", Text, nullable=False),
    Column("month", Month, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("charged_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("binder", Text),
    Column("invoice", Text),
    Column("invoiced_at", DateTime(timezone=True)),
    Column("on_time_until", Date),
    Column("settlement", Integer, nullable=False),
    Column("settled_as", Text),
    Column("settled_on", Date),
    Column("funded_by", Json(tuple[records.Funding, ...]), nullable=False),
    Column("rises", Json(tuple[records.Rise, ...]), nullable=False),
    _one_of("state", "open", "settled", "reversed"),
    CheckConstraint("cents >= 0 AND (cents = 0) = (state = 'reversed')", name="reversed_is_nothing"),
    CheckConstraint("(state = 'settled') = (settled_on IS NOT NULL)", name="settled_has_a_date"),
    Index("charges_policy_month", "policy", "month", unique=True),
    # A household's years that are over and paid are in neither the open nor the lately settled.
    Index("charges_open", "household", "on_time_until", postgresql_where=text("state = 'open'")),
    Index("charges_household", "household", "month"),
    Index("charges_settled", "household", "settled_on", postgresql_where=text("state = 'settled'")),
    Index("charges_settled_lately", "settled_on", "household", postgresql_where=text("state = 'settled'")),
)

adjustments = Table(
    "adjustments",
    metadata,
    Column(_HOUSEHOLD, Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("charge", Text, ForeignKey("charges.charge"), nullable=False),
    Column("policy", Text, nullable=False),
    Column("month", Month, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("became_credit", Boolean, nullable=False),
    Column("made_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("invoice", Text),
    Index("adjustments_not_shown", "household", postgresql_where=text("invoice IS NULL")),
)

invoices = Table(
    "invoices",
    metadata,
    Column("invoice", Text, primary_key=True),
    _household(),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("selection", Text),
    Column("dated", Date, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("due", Date, nullable=False),
    Column("on_time_until", Date, nullable=False),
    Column("charges", Json(tuple[records.ChargeLine, ...]), nullable=False),
    Column("adjustments", Json(tuple[records.AdjustmentLine, ...]), nullable=False),
    Column("adjustments_cents", BigInteger, nullable=False),
    Column("unpaid_before_cents", BigInteger, nullable=False),
    Column("held_cents", BigInteger, nullable=False),
    Column("credit_cents", BigInteger, nullable=False),
    Column("total_cents", BigInteger, nullable=False),
    Column("received_cents", BigInteger, nullable=False),
    Column("mail", Boolean, nullable=False),
    _one_of("kind", "initial", "monthly"),
    CheckConstraint("(kind = 'initial') = (selection IS NOT NULL)", name="initial_is_of_a_selection"),
    UniqueConstraint("household", "number", name="invoices_household_number"),
)

payments = Table(
    "payments",
    metadata,
    Column("payment", Text, primary_key=True),
    _household(),
    Column("number", Integer, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("unapplied_cents", BigInteger, nullable=False),
    Column("method", Text, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("postmarked_on", Date),
    Column("known_at", DateTime(timezone=True), nullable=False),
    Column("at_selection", Boolean, nullable=False),
    Column("selection", Text),
    Column("toward", Json(tuple[str, ...]), nullable=False),
    Column("waits_until", Date),
    CheckConstraint("cents > 0", name="cents_are_positive"),
    CheckConstraint("unapplied_cents BETWEEN 0 AND cents", name="unapplied_within_payment"),
    Index("payments_household", "household", "received_on"),
    Index("payments_unapplied", "household", postgresql_where=text("unapplied_cents > 0")),
    Index("payments_waiting", "waits_until", postgresql_where=text("waits_until IS NOT NULL")),
)

refunds = Table(
    "refunds",
    metadata,
    Column("refund", Text, primary_key=True),
    _household(),
    Column("cents", BigInteger, nullable=False),
    Column("approved_on", Date, nullable=False),
    Column("refunded_on", Date),
    CheckConstraint("cents > 0", name="cents_are_positive"),
    Index("refunds_household", "household"),
)

grace_periods = Table(
    "grace_periods",
    metadata,
    Column(_HOUSEHOLD, Text, primary_key=True),
    Column("first_month", Month, primary_key=True),
    Column("months", Integer, nullable=False),
    Column("month", Integer, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("ended_on", Date),
    Column("exit_on_time_date", Date),
    Column("ended_policies", Json(tuple[str, ...]), nullable=False),
    Column("decision", Text),
    _one_of("state", "open", "exited", "expired", "reinstated"),
    Index("grace_periods_one_open", "household", unique=True, postgresql_where=text("state = 'open'")),
    Index("grace_periods_ended", "ended_on"),
)

list_rows = Table(
    "delinquency_list_rows",
    metadata,
    Column("carrier", Text, primary_key=True),
    Column("on", Date, primary_key=True),
    Column(_HOUSEHOLD, Text, primary_key=True),
    Column("list_part", Integer, nullable=False),
    Column("policies", Json(tuple[str, ...]), nullable=False),
    Column("month", Integer),
    Column("of", Integer),
    Column("past_due_cents", BigInteger, nullable=False),
    Column("pay_by", Date),
    Column("claims", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("effective", Date),
    Index("delinquency_list_rows_household", "household"),
)

delinquency_lists = Table(
    "delinquency_lists",
    metadata,
    Column("carrier", Text, primary_key=True),
    Column("on", Date, primary_key=True),
    Column("list_part", Integer, primary_key=True),
    Column("rows", Integer, nullable=False),
    Column("closed_on", Date, nullable=False),
)

list_decisions = Table(
    "list_decisions",
    metadata,
    Column("on", Date, primary_key=True),
    Column(_HOUSEHOLD, Text, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("decided_on", Date, nullable=False),
)

transfers = Table(
    "transfers",
    metadata,
    Column(_HOUSEHOLD, Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("debit", Text, nullable=False),
    Column("credit", Text, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("charge", Text, nullable=False),
    Column("payment", Text, nullable=False),
    Column("booked_on", Date, nullable=False),
    _one_of("debit", *_LEDGER_ACCOUNTS),
    _one_of("credit", *_LEDGER_ACCOUNTS),
    CheckConstraint("cents > 0 AND debit <> credit", name="moves_something"),
)

watermarks = Table(
    "watermarks",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("closed_through", Date, nullable=False),
)

TABLES: dict[type, Table] = {
    records.Selection: selections,
    records.Policy: policies,
    records.Charge: charges,
    records.Adjustment: adjustments,
    records.Invoice: invoices,
    records.Payment: payments,
    records.Refund: refunds,
    records.Grace: grace_periods,
    records.ListRow: list_rows,
    records.DelinquencyList: delinquency_lists,
    records.ListDecision: list_decisions,
    records.Transfer: transfers,
    records.Position: positions,
    records.Watermark: watermarks,
}
