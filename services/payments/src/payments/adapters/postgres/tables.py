"""Payments' tables: one per kind of record, columns named as its fields."""

from __future__ import annotations

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
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bulkhead.persistence.types import Json, Month
from payments.application.records import KnownAccount
from payments.domain.attempts import Attempt
from payments.domain.books import ClosedBooks
from payments.domain.lockbox import LockboxContent, LockboxDay, LockboxFile, RowProblem
from payments.domain.payments import Payment
from payments.domain.refunds import Refund, RefundPart
from payments.domain.remittances import CarrierBalance, Remittance, RemittanceLine
from payments.domain.settlements import Settlement, Share, WaitingShare
from payments.domain.suspense import SuspenseItem

metadata = MetaData()


def _household() -> Column[str]:
    # Not a foreign key: money is taken for accounts nobody has heard of yet (PAY-3).
    return Column("household", Text, nullable=False)


def _cents(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _direction() -> tuple[Column[str | None], Column[str | None]]:
    """The columns of what money was named for (INV-5)."""
    return Column("selection", Text), Column("invoice", Text)


def _named_once() -> CheckConstraint:
    return CheckConstraint("selection IS NULL OR invoice IS NULL", name="named_for_one_thing")


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_is_known")


known_accounts = Table(
    "known_accounts",
    metadata,
    Column("household", Text, primary_key=True),
    Column("heard_at", DateTime(timezone=True), nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("payment", Text, primary_key=True),
    _household(),
    _cents("amount_cents"),
    Column("method", Text, nullable=False),
    Column("at_selection", Boolean, nullable=False),
    *_direction(),
    Column("received_on", Date),
    Column("postmarked_on", Date),
    Column("fingerprint", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("counts_on", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("open_tries", Integer, nullable=False),
    Column("charge", Text),
    _one_of("method", "card", "bank"),
    _one_of("state", "started", "missing", "not-taken", "captured", "declined"),
    CheckConstraint("amount_cents > 0", name="amount_is_positive"),
    CheckConstraint("(state = 'captured') = (charge IS NOT NULL)", name="captured_has_a_charge"),
    _named_once(),
    Index("attempts_undecided", "payment", postgresql_where=text("state IN ('started', 'missing')")),
)

payments = Table(
    "payments",
    metadata,
    Column("payment", Text, primary_key=True),
    _household(),
    _cents("amount_cents"),
    Column("method", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("postmarked_on", Date),
    Column("known_at", DateTime(timezone=True), nullable=False),
    Column("at_selection", Boolean, nullable=False),
    *_direction(),
    Column("clears_on", Date, nullable=False),
    Column("cleared_on", Date),
    _cents("unapplied_cents"),
    Column("reference", Text),
    Column("origin", Text, nullable=False),
    _one_of("method", "card", "bank", "check", "cash", "phone"),
    _one_of("source", "online", "counter", "lockbox"),
    CheckConstraint("amount_cents > 0", name="amount_is_positive"),
    CheckConstraint("unapplied_cents BETWEEN 0 AND amount_cents", name="used_within_its_amount"),
    _named_once(),
    Index("payments_household", "household"),
    Index("payments_uncleared", "clears_on", "household", postgresql_where=text("cleared_on IS NULL")),
    Index("payments_unapplied", "received_on", postgresql_where=text("unapplied_cents > 0")),
)

suspense_items = Table(
    "suspense_items",
    metadata,
    Column("item", Text, primary_key=True),
    Column("account", Text),
    _cents("amount_cents"),
    Column("method", Text, nullable=False),
    Column("received_on", Date),
    Column("postmarked_on", Date),
    Column("held_since", Date, nullable=False),
    *_direction(),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("reference", Text),
    Column("origin", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("problems", Json(tuple[str, ...]), nullable=False),
    Column("state", Text, nullable=False),
    Column("payment", Text, ForeignKey("payments.payment")),
    Column("household", Text),
    Column("decided_at", DateTime(timezone=True)),
    Column("decided_by", Text),
    _one_of("reason", "unknown-account", "unreadable", "possible-double"),
    _one_of("state", "open", "assigned", "dismissed"),
    CheckConstraint("amount_cents > 0", name="amount_is_positive"),
    CheckConstraint(
        "(state = 'assigned') = (payment IS NOT NULL AND household IS NOT NULL)", name="assigned_to_someone"
    ),
    CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_at_some_time"),
    CheckConstraint("state <> 'dismissed' OR reason = 'possible-double'", name="only_doubles_are_dismissed"),
    _named_once(),
    Index("suspense_items_open", "account", postgresql_where=text("state = 'open'")),
    Index("suspense_items_instrument", "account", "reference"),
)

lockbox_files = Table(
    "lockbox_files",
    metadata,
    Column("file", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("stored_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("deposit_date", Date),
    Column("sequence", Integer),
    Column("accepted_rows", Integer, nullable=False),
    _cents("accepted_cents"),
    Column("refused_rows", Json(tuple[RowProblem, ...]), nullable=False),
    Column("noted_rows", Json(tuple[RowProblem, ...]), nullable=False),
    Column("refusal", Text),
    _one_of("state", "stored", "set-aside", "loaded", "refused"),
    CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refused_for_a_reason"),
    Index(
        "lockbox_files_deposit",
        "deposit_date",
        "sequence",
        unique=True,
        postgresql_where=text("state = 'loaded'"),
    ),
    Index("lockbox_files_unread", "file", postgresql_where=text("state IN ('stored', 'set-aside')")),
)

lockbox_contents = Table(
    "lockbox_contents",
    metadata,
    Column("file", Text, ForeignKey("lockbox_files.file"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

lockbox_days = Table(
    "lockbox_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("state", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("declared_by", Text),
    _one_of("state", "loaded", "absent"),
)

closed_books = Table(
    "closed_books",
    metadata,
    Column("through", Date, primary_key=True),
    Column("closed_at", DateTime(timezone=True), nullable=False),
)

settlements = Table(
    "settlements",
    metadata,
    Column("settlement", Text, primary_key=True),
    _household(),
    Column("group", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("month", Month, nullable=False),
    _cents("cents"),
    Column("settled_on", Date, nullable=False),
    Column("funded_by", Json(tuple[Share, ...]), nullable=False),
    Column("remit_from", Date, nullable=False),
    Column("remittance", Text),
    Column("unsettled_on", Date),
    Column("recovery", Text),
    CheckConstraint("cents >= 0", name="cents_are_not_negative"),
    CheckConstraint(
        "recovery IS NULL"
        " OR (remittance IS NOT NULL AND unsettled_on IS NOT NULL AND recovery <> remittance)",
        name="recovered_after_it_was_remitted_and_fell",
    ),
    Index("settlements_household", "household"),
    Index(
        "settlements_to_remit",
        "remit_from",
        "household",
        postgresql_where=text("remittance IS NULL AND unsettled_on IS NULL AND cents > 0"),
    ),
    Index(
        "settlements_to_recover",
        "unsettled_on",
        "household",
        postgresql_where=text("remittance IS NOT NULL AND unsettled_on IS NOT NULL AND recovery IS NULL"),
    ),
)

waiting_shares = Table(
    "waiting_shares",
    metadata,
    Column("settlement", Text, ForeignKey("settlements.settlement"), primary_key=True),
    Column("payment", Text, ForeignKey("payments.payment"), primary_key=True),
    _household(),
    _cents("cents"),
    Column("received_on", Date, nullable=False),
    Index("waiting_shares_received_on", "received_on"),
)

remittance_lines = Table(
    "remittance_lines",
    metadata,
    Column("settlement", Text, ForeignKey("settlements.settlement"), primary_key=True),
    Column("direction", Text, primary_key=True),
    Column("remittance", Text, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("business_date", Date, nullable=False),
    _household(),
    Column("policy", Text, nullable=False),
    Column("month", Month, nullable=False),
    _cents("cents"),
    _one_of("direction", "paid", "taken-back"),
    CheckConstraint("(direction = 'paid') = (cents > 0)", name="sign_follows_direction"),
    Index("remittance_lines_remittance", "remittance"),
    Index("remittance_lines_day", "business_date", "carrier"),
)

remittances = Table(
    "remittances",
    metadata,
    Column("remittance", Text, primary_key=True),
    Column("carrier", Text, nullable=False),
    Column("business_date", Date, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("lines", Integer, nullable=False),
    _cents("net_cents"),
    _cents("brought_forward_cents"),
    _cents("total_cents"),
    _cents("carried_cents"),
    Column("file", Text, nullable=False),
    Column("file_state", Text, nullable=False),
    _one_of("file_state", "to-write", "written"),
    UniqueConstraint("carrier", "business_date", name="remittances_one_a_day"),
    UniqueConstraint("carrier", "sequence", name="remittances_without_a_gap"),
    CheckConstraint(
        "total_cents >= 0 AND carried_cents >= 0 AND brought_forward_cents >= 0"
        " AND net_cents - brought_forward_cents = total_cents - carried_cents",
        name="amounts_add_up",
    ),
    Index("remittances_to_write", "remittance", postgresql_where=text("file_state = 'to-write'")),
)

carrier_balances = Table(
    "carrier_balances",
    metadata,
    Column("carrier", Text, primary_key=True),
    Column("sequence", Integer, nullable=False),
    _cents("carried_cents"),
)

refunds = Table(
    "refunds",
    metadata,
    Column("refund", Text, primary_key=True),
    _household(),
    _cents("cents"),
    Column("approved_on", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("paid_on", Date),
    _one_of("state", "due", "paid"),
    CheckConstraint("(state = 'paid') = (paid_on IS NOT NULL)", name="paid_on_a_date"),
    Index("refunds_due", "approved_on", postgresql_where=text("state = 'due'")),
)

refund_parts = Table(
    "refund_parts",
    metadata,
    Column("refund", Text, ForeignKey("refunds.refund"), primary_key=True),
    Column("payment", Text, ForeignKey("payments.payment"), primary_key=True),
    _household(),
    _cents("cents"),
    Column("way", Text, nullable=False),
    Column("charge", Text),
    Column("reference", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("paid_on", Date),
    _one_of("way", "processor", "check"),
    _one_of("state", "due", "paid"),
    CheckConstraint("(way = 'processor') = (charge IS NOT NULL)", name="processor_needs_a_charge"),
    CheckConstraint("(state = 'paid') = (paid_on IS NOT NULL)", name="paid_on_a_date"),
    Index("refund_parts_due", "reference", postgresql_where=text("state = 'due'")),
)

TABLES: dict[type, Table] = {
    KnownAccount: known_accounts,
    Attempt: attempts,
    Payment: payments,
    SuspenseItem: suspense_items,
    LockboxFile: lockbox_files,
    LockboxContent: lockbox_contents,
    LockboxDay: lockbox_days,
    ClosedBooks: closed_books,
    Settlement: settlements,
    WaitingShare: waiting_shares,
    RemittanceLine: remittance_lines,
    Remittance: remittances,
    CarrierBalance: carrier_balances,
    Refund: refunds,
    RefundPart: refund_parts,
}
"""Each kind of record with its table."""
