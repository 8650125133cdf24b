"""Payments' tables: one per kind of record, columns named as its fields."""

from __future__ import annotations

from datetime import date, datetime
from typing import get_args

from sqlmodel import BigInteger, CheckConstraint, Field, Index, UniqueConstraint, text

from bulkhead.chassis_tables import CHASSIS_TABLES, service_registry
from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.tables import TableModel, Tables, corrected_by_people, one_of
from payments.application import records
from payments.domain import (
    ach_debits,
    attempts,
    autopay,
    bank_accounts,
    bank_decisions,
    bank_file,
    bank_statements,
    books,
    consents,
    corrections,
    declines,
    events,
    files_in,
    lockbox,
    passings,
    payer_kinds,
    payments,
    processor_events,
    refunds,
    remittances,
    return_files,
    returns,
    settlements,
    suspense,
    third_parties,
    trials,
    trust_movements,
)


class PaymentsTable(TableModel, registry=service_registry()):
    """A table of payments' database.

    A ``household`` is no foreign key in any: money is taken for accounts nobody has heard of yet (PAY-3).
    """


def _named_once() -> CheckConstraint:
    """What the money was named for is one thing (INV-5)."""
    return CheckConstraint("selection IS NULL OR invoice IS NULL", name="named_for_one_thing")


def _decided_by_people() -> tuple[CheckConstraint, ...]:
    """What is refused of a file waits for a person, who says what became of it (PAY-3)."""
    return (
        one_of("state", *get_args(files_in.FileState)),
        one_of("became", *get_args(files_in.Became)),
        CheckConstraint("state IN ('loaded', 'refused') OR NOT waits", name="waits_once_it_is_read"),
        CheckConstraint("NOT waits OR became IS NULL", name="waits_for_a_person"),
        CheckConstraint(
            "(became IS NULL) = (decided_at IS NULL) AND (became IS NULL) = (decided_by IS NULL)",
            name="decided_by_somebody",
        ),
    )


class KnownAccounts(PaymentsTable, table=True):
    household: str = Field(primary_key=True)
    heard_at: datetime


class Attempts(PaymentsTable, table=True):
    payment: str = Field(primary_key=True)
    household: str
    amount_cents: int = Field(sa_type=BigInteger)
    method: str
    at_selection: bool
    selection: str | None
    invoice: str | None
    received_on: date | None
    postmarked_on: date | None
    fingerprint: str
    started_at: datetime
    counts_on: date
    state: str
    open_tries: int
    charge: str | None
    decline: str | None

    __table_args__ = (
        one_of("method", "card", "bank"),
        one_of("state", "started", "missing", "not-taken", "captured", "declined"),
        one_of("decline", *declines.DECLINE_REASONS),
        CheckConstraint("amount_cents > 0", name="amount_is_positive"),
        CheckConstraint("(state = 'captured') = (charge IS NOT NULL)", name="captured_has_a_charge"),
        CheckConstraint("(state = 'declined') = (decline IS NOT NULL)", name="declined_has_a_reason"),
        _named_once(),
        Index("attempts_declined", "household", postgresql_where=text("state = 'declined'")),
        Index("attempts_undecided", "payment", postgresql_where=text("state IN ('started', 'missing')")),
    )


class OnlineTrials(PaymentsTable, table=True):
    door: str = Field(primary_key=True)
    tried_at: datetime
    outcome: str

    __table_args__ = (one_of("door", "online"), one_of("outcome", *trials.TRIAL_OUTCOMES))


class Payments(PaymentsTable, table=True):
    payment: str = Field(primary_key=True)
    household: str
    amount_cents: int = Field(sa_type=BigInteger)
    method: str
    source: str
    received_on: date
    postmarked_on: date | None
    known_at: datetime
    at_selection: bool
    selection: str | None
    invoice: str | None
    clears_on: date
    cleared_on: date | None
    unapplied_cents: int = Field(sa_type=BigInteger)
    reference: str | None
    origin: str
    returned_on: date | None
    moved_cents: int = Field(sa_type=BigInteger)
    moved_from: str | None = Field(foreign_key="payments.payment")
    correction: str | None
    number: int
    identification: str | None

    __table_args__ = (
        one_of("method", "card", "bank", "check", "cash", "phone"),
        one_of("source", *get_args(payments.Source)),
        CheckConstraint("amount_cents > 0", name="amount_is_positive"),
        CheckConstraint("moved_cents BETWEEN 0 AND amount_cents", name="moved_within_its_amount"),
        CheckConstraint("(moved_from IS NULL) = (correction IS NULL)", name="moved_by_a_correction"),
        # No more of a payment is used than there is; of what went back or was moved nothing is free, and what is used
        # of it is missing.
        CheckConstraint(
            "CASE WHEN returned_on IS NULL THEN unapplied_cents BETWEEN -moved_cents AND amount_cents - moved_cents"
            " ELSE unapplied_cents BETWEEN -amount_cents AND 0 END",
            name="used_within_its_amount",
        ),
        _named_once(),
        CheckConstraint("number > 0", name="number_is_positive"),
        CheckConstraint("identification IS NULL OR method = 'bank'", name="called_at_the_banks"),
        Index("payments_household", "household", "number"),
        Index("payments_known", "known_at"),
        Index("payments_lockbox", "amount_cents", postgresql_where=text("source = 'lockbox'")),
        Index(
            "payments_uncleared",
            "clears_on",
            "household",
            postgresql_where=text("cleared_on IS NULL AND returned_on IS NULL"),
        ),
        Index("payments_unapplied", "received_on", postgresql_where=text("unapplied_cents <> 0")),
        Index("payments_returned", "returned_on", postgresql_where=text("returned_on IS NOT NULL")),
        Index("payments_charge", "reference", postgresql_where=text("source = 'online'")),
        Index("payments_moved_from", "moved_from", postgresql_where=text("moved_from IS NOT NULL")),
        Index(
            "payments_identification",
            "identification",
            unique=True,
            postgresql_where=text("identification IS NOT NULL"),
        ),
    )


class PaymentCounts(PaymentsTable, table=True):
    household: str = Field(primary_key=True)
    payments: int


class PaymentReturns(PaymentsTable, table=True):
    payment: str = Field(primary_key=True, foreign_key="payments.payment")
    household: str
    cents: int = Field(sa_type=BigInteger)
    kind: str
    returned_on: date
    reference: str
    recorded_at: datetime
    recorded_by: str
    together: str | None = Field(foreign_key="third_party_payments.file")

    __table_args__ = (
        one_of("kind", "nsf", "closed-account", "chargeback", "other"),
        CheckConstraint("cents > 0", name="cents_are_positive"),
        Index("payment_returns_recorded", "recorded_at"),
    )


class Mandates(PaymentsTable, table=True):
    mandate: str = Field(primary_key=True)
    household: str
    method: str
    token: Masked | None
    consent: str
    language: str
    agreed_at: datetime
    agreed_by: str
    state: str
    ended_at: datetime | None
    ended_because: str | None
    corrected_at: datetime | None

    __table_args__ = (
        one_of("method", "card", "bank"),
        one_of("consent", *consents.CONSENTS),
        one_of("language", *get_args(consents.ConsentLanguage)),
        one_of("state", "on", "off"),
        one_of("ended_because", *get_args(events.EndedBecause)),
        CheckConstraint("(state = 'off') = (ended_at IS NOT NULL)", name="off_at_some_time"),
        CheckConstraint("(state = 'off') = (ended_because IS NOT NULL)", name="off_for_a_reason"),
        Index("mandates_household", "household"),
        Index("mandates_on", "household", unique=True, postgresql_where=text("state = 'on'")),
    )


class BilledInvoices(PaymentsTable, table=True):
    household: str = Field(primary_key=True)
    invoice: str
    number: int
    due: date
    on_time_until: date
    total_cents: int = Field(sa_type=BigInteger)
    payments: int
    due_cents: int = Field(sa_type=BigInteger)
    due_payments: int
    due_because: str | None
    void: bool

    __table_args__ = (one_of("due_because", *get_args(autopay.DueBecause)),)


class BinderInvoices(PaymentsTable, table=True):
    invoice: str = Field(primary_key=True)
    household: str
    selection: str
    due: date
    void: bool

    __table_args__ = (Index("binder_invoices_due", "due"), Index("binder_invoices_of_household", "household"))


class MaintenanceTellings(PaymentsTable, table=True):
    maintenance: str = Field(primary_key=True)
    told_through: str | None
    called_off_through: str | None


class Draws(PaymentsTable, table=True):
    draw: str = Field(primary_key=True)
    household: str
    mandate: str = Field(foreign_key="mandates.mandate")
    invoice: str
    next_on: date
    on_time_until: date
    state: str
    tries: int
    amount_cents: int | None = Field(sa_type=BigInteger)
    payment: str | None
    decline: str | None
    nothing_because: str | None
    way: str

    __table_args__ = (
        one_of("state", *get_args(autopay.DrawState)),
        one_of("way", *get_args(autopay.DrawWay)),
        one_of("nothing_because", *get_args(autopay.NothingBecause)),
        one_of("decline", *declines.DECLINE_REASONS),
        CheckConstraint(
            "state <> 'drawing' OR (payment IS NOT NULL AND amount_cents > 0)", name="drawing_something"
        ),
        CheckConstraint(
            "(state = 'nothing-due') = (nothing_because IS NOT NULL)", name="nothing_due_for_a_reason"
        ),
        Index("draws_household", "household"),
        Index("draws_payment", "payment", postgresql_where=text("payment IS NOT NULL")),
        Index("draws_planned", "next_on", "household", postgresql_where=text("state = 'planned'")),
        Index("draws_to_come", "next_on", "draw", postgresql_where=text("state IN ('planned', 'drawing')")),
        Index("draws_drawing", "draw", postgresql_where=text("state = 'drawing'")),
    )


class BankAccounts(PaymentsTable, table=True):
    account: str = Field(primary_key=True)
    household: str
    routing_number: str
    account_type: str
    holder: Masked
    last_four: str
    key: str
    sealed: bytes
    consent: str
    language: str
    authorized: str
    kept_at: datetime
    kept_by: str
    corrected_at: datetime | None
    closed_at: datetime | None
    closed_because: str | None

    __table_args__ = (
        one_of("account_type", *get_args(bank_accounts.AccountType)),
        one_of("consent", *bank_accounts.DEBIT_CONSENTS),
        one_of("language", *get_args(consents.ConsentLanguage)),
        one_of("authorized", *get_args(bank_accounts.AuthorizedBy)),
        one_of("closed_because", *get_args(bank_accounts.AccountClosedBecause)),
        CheckConstraint("(closed_at IS NULL) = (closed_because IS NULL)", name="closed_for_a_reason"),
        CheckConstraint("length(last_four) = 4", name="shows_four_digits"),
        Index("bank_accounts_household", "household"),
        Index("bank_accounts_key", "key", "household", "account"),
    )


class AchFiles(PaymentsTable, table=True):
    file: str = Field(primary_key=True)
    name: str
    created_on: date
    modifier: str
    effective_on: date
    entries: int
    drawn_cents: int = Field(sa_type=BigInteger)
    debit_cents: int = Field(sa_type=BigInteger)
    credit_cents: int = Field(sa_type=BigInteger)
    made_at: datetime
    state: str
    written_at: datetime | None

    __table_args__ = (
        one_of("state", *get_args(ach_debits.FileState)),
        CheckConstraint("(state = 'written') = (written_at IS NOT NULL)", name="written_at_some_time"),
        Index("ach_files_named", "created_on", "modifier", unique=True),
        Index("ach_files_name", "name", unique=True),
        Index("ach_files_to_write", "file", postgresql_where=text("state = 'to-write'")),
    )


class AchNumbers(PaymentsTable, table=True):
    numbers: str = Field(primary_key=True)
    held_at: datetime | None
    made_on: date | None
    modifier: str | None
    sequence: int
    restored_on: date | None

    __table_args__ = (
        one_of("numbers", ach_debits.NUMBERS),
        CheckConstraint("(made_on IS NULL) = (modifier IS NULL)", name="made_with_a_modifier"),
        CheckConstraint(
            f"sequence BETWEEN 0 AND {ach_debits.MOST_SEQUENCE}", name="numbered_in_seven_digits"
        ),
    )


class AchFileContents(PaymentsTable, table=True):
    file: str = Field(primary_key=True, foreign_key="ach_files.file")
    key: str
    sealed: bytes

    __table_args__ = (Index("ach_file_contents_key", "key", "file"),)


class AchDebits(PaymentsTable, table=True):
    payment: str = Field(primary_key=True)
    household: str
    account: str = Field(foreign_key="bank_accounts.account")
    amount_cents: int = Field(sa_type=BigInteger)
    entry_class: str
    recurring: bool
    drawn_on: date
    state: str
    file: str | None = Field(foreign_key="ach_files.file")
    trace: str | None
    asked_cents: int | None = Field(sa_type=BigInteger)
    because: str | None

    __table_args__ = (
        one_of("entry_class", *get_args(bank_accounts.EntryClass)),
        one_of("state", *get_args(ach_debits.DebitState)),
        CheckConstraint("amount_cents > 0", name="amount_is_positive"),
        one_of("because", *get_args(ach_debits.CalledOffBecause)),
        CheckConstraint("(file IS NULL) = (trace IS NULL)", name="traced_in_its_file"),
        CheckConstraint("(file IS NULL) = (asked_cents IS NULL)", name="asked_for_by_its_file"),
        CheckConstraint("asked_cents BETWEEN 1 AND amount_cents", name="asked_for_its_amount_at_most"),
        CheckConstraint("file IS NULL OR state IN ('sent', 'held')", name="sent_by_its_file"),
        CheckConstraint("(state = 'called-off') = (because IS NOT NULL)", name="called_off_for_a_reason"),
        Index("ach_debits_household", "household"),
        Index("ach_debits_account", "account", postgresql_where=text("state = 'to-send'")),
        Index("ach_debits_of_no_file", "payment", postgresql_where=text("file IS NULL")),
        Index("ach_debits_file", "file", "trace"),
        Index("ach_debits_trace", "trace", postgresql_where=text("trace IS NOT NULL")),
        Index(
            "ach_debits_waiting",
            "household",
            "drawn_on",
            postgresql_where=text("state IN ('to-send', 'to-call-off', 'held')"),
        ),
    )


class Corrections(PaymentsTable, table=True):
    correction: str = Field(primary_key=True)
    kind: str
    state: str
    because: str
    note: Masked | None
    cents: int = Field(sa_type=BigInteger)
    moves: tuple[corrections.Move, ...]
    redates: corrections.Redating | None
    by_two: bool
    asked_at: datetime
    asked_by: str
    decided_at: datetime | None
    decided_by: str | None
    reverses: str | None = Field(foreign_key="corrections.correction")
    reversed_by: str | None = Field(foreign_key="corrections.correction")

    __table_args__ = (
        one_of("kind", *get_args(corrections.CorrectionKind)),
        one_of("because", *get_args(events.WrongBecause)),
        CheckConstraint("cents > 0", name="cents_are_positive"),
        *corrected_by_people(),
        CheckConstraint("(kind = 'redate-payment') = (redates IS NOT NULL)", name="does_what_its_kind_says"),
        Index("corrections_requested", "asked_at", postgresql_where=text("state = 'requested'")),
        Index("corrections_asked", "asked_by", "asked_at"),
    )


class MergedHouseholds(PaymentsTable, table=True):
    household: str = Field(primary_key=True)
    into: str
    correction: str
    stands: bool

    __table_args__ = ({"comment": "whose money goes to another household of the same person (OPS-5)"},)


class Passings(PaymentsTable, table=True):
    passing: str = Field(primary_key=True)
    household: str
    into: str
    merge: str
    back: bool
    taken_from: tuple[settlements.Share, ...]
    said_on: date
    state: str

    __table_args__ = (
        one_of("state", "due", "done"),
        Index("passings_household", "household"),
        Index("passings_due", "passing", postgresql_where=text("state = 'due'")),
        {"comment": "credit that goes from a household that was merged to the other, or back (OPS-5)"},
    )


class SuspenseItems(PaymentsTable, table=True):
    item: str = Field(primary_key=True)
    account: str | None
    amount_cents: int = Field(sa_type=BigInteger)
    method: str
    received_on: date | None
    postmarked_on: date | None
    held_since: date
    selection: str | None
    invoice: str | None
    recorded_at: datetime
    reference: str | None
    origin: str
    reason: str
    problems: tuple[str, ...]
    state: str
    payment: str | None = Field(foreign_key="payments.payment")
    household: str | None
    decided_at: datetime | None
    decided_by: str | None
    third_party: str | None = Field(foreign_key="lockbox_files.file")

    __table_args__ = (
        one_of("reason", "unknown-account", "unreadable", "possible-double"),
        one_of("state", "open", "assigned", "dismissed"),
        CheckConstraint("amount_cents > 0", name="amount_is_positive"),
        CheckConstraint(
            "(state = 'assigned') = (payment IS NOT NULL AND household IS NOT NULL)",
            name="assigned_to_someone",
        ),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_at_some_time"),
        CheckConstraint(
            "state <> 'dismissed' OR reason = 'possible-double' OR third_party IS NOT NULL",
            name="only_doubles_are_dismissed",
        ),
        _named_once(),
        Index("suspense_items_open", "account", postgresql_where=text("state = 'open'")),
        Index("suspense_items_instrument", "account", "reference"),
        Index("suspense_items_recorded", "recorded_at"),
        Index("suspense_items_decided", "decided_at", postgresql_where=text("decided_at IS NOT NULL")),
        Index("suspense_items_household", "household", postgresql_where=text("household IS NOT NULL")),
    )


class LockboxFiles(PaymentsTable, table=True):
    file: str = Field(primary_key=True)
    name: str
    stored_at: datetime
    state: str
    deposit_date: date | None
    sequence: int | None
    accepted_rows: int
    accepted_cents: int = Field(sa_type=BigInteger)
    refused_rows: tuple[files_in.RowProblem, ...]
    noted_rows: tuple[files_in.RowProblem, ...]
    refusal: str | None
    waits: bool
    became: str | None
    decided_at: datetime | None
    decided_by: str | None
    loaded_at: datetime | None
    refused_total: int
    noted_total: int

    __table_args__ = (
        *_decided_by_people(),
        CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refused_for_a_reason"),
        CheckConstraint("state <> 'loaded' OR loaded_at IS NOT NULL", name="loaded_at_some_time"),
        Index("lockbox_files_loaded", "loaded_at", postgresql_where=text("state = 'loaded'")),
        Index("lockbox_files_stored", "stored_at", "file"),
        Index("lockbox_files_waiting", "stored_at", "file", postgresql_where=text("waits")),
        Index(
            "lockbox_files_deposit",
            "deposit_date",
            "sequence",
            unique=True,
            postgresql_where=text("state = 'loaded'"),
        ),
        Index("lockbox_files_unread", "file", postgresql_where=text("state IN ('stored', 'set-aside')")),
    )


class LockboxContents(PaymentsTable, table=True):
    file: str = Field(primary_key=True, foreign_key="lockbox_files.file")
    content: bytes


class ThirdPartyPayments(PaymentsTable, table=True):
    file: str = Field(primary_key=True, foreign_key="lockbox_files.file")
    payer: Masked
    payer_kind: str
    means: str
    reference: str
    called: str | None
    received_on: date
    postmarked_on: date | None
    amount_cents: int = Field(sa_type=BigInteger)
    lines: int
    recorded_at: datetime
    returned_on: date | None
    returned_cents: int = Field(sa_type=BigInteger)
    return_kind: str | None
    return_reference: str | None
    returned_at: datetime | None
    returned_by: str | None

    __table_args__ = (
        one_of("payer_kind", *get_args(payer_kinds.PayerKind)),
        one_of("means", *get_args(third_parties.Means)),
        one_of("return_kind", "nsf", "closed-account", "chargeback", "other"),
        CheckConstraint("amount_cents > 0", name="amount_is_positive"),
        CheckConstraint("(returned_on IS NULL) = (returned_at IS NULL)", name="returned_some_day"),
        Index("third_party_payments_called", "called"),
        Index(
            "third_party_payments_returned", "returned_at", postgresql_where=text("returned_at IS NOT NULL")
        ),
    )


class LockboxDays(PaymentsTable, table=True):
    day: date = Field(primary_key=True)
    state: str
    recorded_at: datetime
    declared_by: str | None

    __table_args__ = (one_of("state", "loaded", "absent"),)


class ReturnFiles(PaymentsTable, table=True):
    file: str = Field(primary_key=True)
    name: str
    stored_at: datetime
    state: str
    origin: str | None
    created_on: date | None
    modifier: str | None
    entries: int
    debit_cents: int = Field(sa_type=BigInteger)
    credit_cents: int = Field(sa_type=BigInteger)
    problems: tuple[files_in.RowProblem, ...]
    refusal: str | None
    waits: bool
    became: str | None
    decided_at: datetime | None
    decided_by: str | None

    __table_args__ = (
        *_decided_by_people(),
        CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refused_for_a_reason"),
        Index("return_files_stored", "stored_at", "file"),
        Index("return_files_waiting", "stored_at", "file", postgresql_where=text("waits")),
        Index(
            "return_files_named",
            "origin",
            "created_on",
            "modifier",
            unique=True,
            postgresql_where=text("state <> 'refused'"),
        ),
        Index("return_files_unread", "file", postgresql_where=text("state IN ('stored', 'set-aside')")),
    )


class ReturnFileContents(PaymentsTable, table=True):
    file: str = Field(primary_key=True, foreign_key="return_files.file")
    content: bytes


class ReturnItems(PaymentsTable, table=True):
    item: str = Field(primary_key=True)
    file: str = Field(foreign_key="return_files.file")
    line: int
    code: str | None
    direction: str
    amount_cents: int = Field(sa_type=BigInteger)
    identification: str | None
    original_trace: str | None
    trace: str
    settled_on: date
    state: str
    reason: str | None
    problems: tuple[files_in.RowProblem, ...]
    payment: str | None = Field(foreign_key="payments.payment")
    household: str | None
    recorded_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    note: Masked | None

    __table_args__ = (
        one_of("direction", "debit", "credit"),
        one_of("state", *get_args(return_files.ReturnItemState)),
        one_of("reason", *get_args(return_files.ReturnItemReason)),
        CheckConstraint("amount_cents >= 0", name="amount_is_not_negative"),
        CheckConstraint(
            "(state IN ('recorded', 'confirmed', 'came-again')) = (reason IS NULL)", name="waits_for_a_reason"
        ),
        CheckConstraint(
            "(state IN ('assigned', 'dismissed')) = (decided_at IS NOT NULL)", name="decided_at_some_time"
        ),
        CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided_by_somebody"),
        CheckConstraint("note IS NULL OR decided_by IS NOT NULL", name="noted_by_somebody"),
        CheckConstraint("(payment IS NULL) = (household IS NULL)", name="of_a_household"),
        CheckConstraint(
            "state NOT IN ('recorded', 'confirmed', 'came-again', 'assigned') OR payment IS NOT NULL",
            name="is_of_a_payment",
        ),
        Index("return_items_file", "file", "line"),
        Index("return_items_open", "recorded_at", "item", postgresql_where=text("state = 'open'")),
        Index(
            "return_items_unknown",
            "identification",
            postgresql_where=text("state = 'open' AND payment IS NULL"),
        ),
        Index(
            "return_items_done",
            "payment",
            unique=True,
            postgresql_where=text("state IN ('recorded', 'confirmed', 'assigned')"),
        ),
    )


class BankFiles(PaymentsTable, table=True):
    file: str = Field(primary_key=True)
    name: str
    stored_at: datetime
    state: str
    format: str | None
    statements: int
    problems: tuple[files_in.RowProblem, ...]
    refusal: str | None
    waits: bool
    became: str | None
    decided_at: datetime | None
    decided_by: str | None
    message: str | None
    page: int | None
    last_page: bool

    __table_args__ = (
        *_decided_by_people(),
        one_of("format", *get_args(bank_file.BankFormat)),
        CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refused_for_a_reason"),
        CheckConstraint("(message IS NULL) = (page IS NULL)", name="page_of_a_message"),
        Index("bank_files_stored", "stored_at", "file"),
        Index("bank_files_message", "message", "page", postgresql_where=text("message IS NOT NULL")),
        Index("bank_files_waiting", "stored_at", "file", postgresql_where=text("waits")),
        Index("bank_files_unread", "file", postgresql_where=text("state IN ('stored', 'set-aside')")),
    )


class BankFileContents(PaymentsTable, table=True):
    file: str = Field(primary_key=True, foreign_key="bank_files.file")
    content: bytes


class BankStatements(PaymentsTable, table=True):
    statement: str = Field(primary_key=True)
    file: str = Field(foreign_key="bank_files.file")
    account: str
    day: date
    number: str | None
    opening_cents: int = Field(sa_type=BigInteger)
    credit_cents: int = Field(sa_type=BigInteger)
    debit_cents: int = Field(sa_type=BigInteger)
    closing_cents: int = Field(sa_type=BigInteger)
    entries: int
    recorded_at: datetime

    __table_args__ = (
        CheckConstraint("opening_cents + credit_cents - debit_cents = closing_cents", name="adds_up"),
        Index("bank_statements_day", "day", unique=True),
    )


def _settled() -> tuple[CheckConstraint, ...]:
    """What is on one side alone has no day from which both are there, and what waits is settled by nothing (PAY-13)."""
    return (
        one_of("direction", *get_args(bank_file.Direction)),
        one_of("state", *get_args(bank_statements.ItemState)),
        CheckConstraint("amount_cents > 0", name="amount_is_positive"),
        CheckConstraint("(state = 'open') = (settled_by IS NULL)", name="settled_by_something"),
        CheckConstraint("(state = 'matched') = (settled_on IS NOT NULL)", name="matched_some_day"),
    )


class BankEntries(PaymentsTable, table=True):
    entry: str = Field(primary_key=True)
    statement: str = Field(foreign_key="bank_statements.statement")
    file: str = Field(foreign_key="bank_files.file")
    line: int
    day: date
    booked_on: date
    direction: str
    amount_cents: int = Field(sa_type=BigInteger)
    code: str | None
    reference: str | None
    bank_reference: str | None
    recorded_at: datetime
    state: str
    settled_by: str | None
    settled_on: date | None
    by_hand: bool
    apart_from: str | None

    __table_args__ = (
        *_settled(),
        Index("bank_entries_statement", "statement", "entry"),
        Index("bank_entries_open", "booked_on", "entry", postgresql_where=text("state = 'open'")),
        Index("bank_entries_alone", "day", postgresql_where=text("settled_on IS NULL")),
        Index("bank_entries_settled_on", "settled_on", "day"),
        Index("bank_entries_settled_by", "settled_by"),
    )


class TrustMovements(PaymentsTable, table=True):
    movement: str = Field(primary_key=True)
    kind: str
    of: str
    on: date
    direction: str
    amount_cents: int = Field(sa_type=BigInteger)
    reference: str | None
    recorded_at: datetime
    state: str
    settled_by: str | None
    settled_on: date | None
    by_hand: bool
    called: str | None
    apart_from: str | None
    file: str | None

    __table_args__ = (
        *_settled(),
        one_of("kind", *get_args(trust_movements.MovementKind)),
        Index("trust_movements_of", "kind", "of", unique=True),
        Index("trust_movements_on", "on"),
        Index("trust_movements_open", "on", "movement", postgresql_where=text("state = 'open'")),
        Index("trust_movements_alone", "on", postgresql_where=text("settled_on IS NULL")),
        Index("trust_movements_settled_on", "settled_on", "on"),
        Index("trust_movements_settled_by", "settled_by"),
        Index("trust_movements_called", "called", postgresql_where=text("called IS NOT NULL")),
        Index("trust_movements_apart_from", "apart_from", postgresql_where=text("apart_from IS NOT NULL")),
    )


class TrustDays(PaymentsTable, table=True):
    day: date = Field(primary_key=True)
    ledger_cents: int = Field(sa_type=BigInteger)
    older_cents: int = Field(sa_type=BigInteger)
    movements_cents: int = Field(sa_type=BigInteger)
    derived_at: datetime


class BankDecisions(PaymentsTable, table=True):
    correction: str = Field(primary_key=True)
    kind: str
    state: str
    because: str
    note: Masked | None
    cents: int = Field(sa_type=BigInteger)
    entries: tuple[str, ...]
    movements: tuple[str, ...]
    settled_by: str | None
    file: str | None = Field(foreign_key="bank_files.file")
    by_two: bool
    asked_at: datetime
    asked_by: str
    decided_at: datetime | None
    decided_by: str | None
    reverses: str | None = Field(foreign_key="bank_decisions.correction")
    reversed_by: str | None = Field(foreign_key="bank_decisions.correction")

    __table_args__ = (
        one_of("kind", *get_args(bank_decisions.BankDecisionKind)),
        one_of("because", *get_args(bank_decisions.BankReason)),
        CheckConstraint("cents > 0 OR kind = 'take-back' AND cents = 0", name="cents_are_positive"),
        *corrected_by_people(),
        CheckConstraint("(kind = 'separate') = (settled_by IS NOT NULL)", name="takes_a_match_apart"),
        CheckConstraint("(kind = 'take-back') = (file IS NOT NULL)", name="takes_a_file_back"),
        Index("bank_decisions_requested", "asked_at", postgresql_where=text("state = 'requested'")),
        Index("bank_decisions_asked", "asked_by", "asked_at"),
    )


class ClosedBooks(PaymentsTable, table=True):
    through: date = Field(primary_key=True)
    closed_at: datetime


class Settlements(PaymentsTable, table=True):
    settlement: str = Field(primary_key=True)
    household: str
    group: str
    policy: str
    carrier: str
    month: CoverageMonth
    cents: int = Field(sa_type=BigInteger)
    settled_on: date
    funded_by: tuple[settlements.Share, ...]
    remit_from: date
    remittance: str | None
    unsettled_on: date | None
    recovery: str | None

    __table_args__ = (
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


class WaitingShares(PaymentsTable, table=True):
    settlement: str = Field(primary_key=True, foreign_key="settlements.settlement")
    payment: str = Field(primary_key=True, foreign_key="payments.payment")
    household: str
    cents: int = Field(sa_type=BigInteger)
    received_on: date

    __table_args__ = (Index("waiting_shares_received_on", "received_on"),)


class RemittanceLines(PaymentsTable, table=True):
    settlement: str = Field(primary_key=True, foreign_key="settlements.settlement")
    direction: str = Field(primary_key=True)
    remittance: str
    carrier: str
    business_date: date
    household: str
    policy: str
    month: CoverageMonth
    cents: int = Field(sa_type=BigInteger)

    __table_args__ = (
        one_of("direction", "paid", "taken-back"),
        CheckConstraint("(direction = 'paid') = (cents > 0)", name="sign_follows_direction"),
        Index("remittance_lines_remittance", "remittance", "household"),
        Index("remittance_lines_day", "business_date", "carrier"),
    )


class RemittancesToTell(PaymentsTable, table=True):
    remittance: str = Field(primary_key=True, foreign_key="remittances.remittance")
    issued_on: date
    parts: int
    size: int
    part: int
    after: str
    beyond: int


class Remittances(PaymentsTable, table=True):
    remittance: str = Field(primary_key=True)
    carrier: str
    business_date: date
    sequence: int
    issued_on: date
    lines: int
    net_cents: int = Field(sa_type=BigInteger)
    brought_forward_cents: int = Field(sa_type=BigInteger)
    total_cents: int = Field(sa_type=BigInteger)
    carried_cents: int = Field(sa_type=BigInteger)
    file: str
    file_state: str

    __table_args__ = (
        one_of("file_state", "to-write", "written"),
        UniqueConstraint("carrier", "business_date", name="remittances_one_a_day"),
        UniqueConstraint("carrier", "sequence", name="remittances_without_a_gap"),
        CheckConstraint(
            "total_cents >= 0 AND carried_cents >= 0 AND brought_forward_cents >= 0"
            " AND net_cents - brought_forward_cents = total_cents - carried_cents",
            name="amounts_add_up",
        ),
        Index("remittances_issued", "issued_on"),
        Index("remittances_to_write", "remittance", postgresql_where=text("file_state = 'to-write'")),
    )


class CarrierBalances(PaymentsTable, table=True):
    carrier: str = Field(primary_key=True)
    sequence: int
    carried_cents: int = Field(sa_type=BigInteger)


class Refunds(PaymentsTable, table=True):
    refund: str = Field(primary_key=True)
    household: str
    cents: int = Field(sa_type=BigInteger)
    approved_on: date
    state: str
    paid_on: date | None

    __table_args__ = (
        one_of("state", "due", "paid", "withdrawn"),
        CheckConstraint("(state = 'paid') = (paid_on IS NOT NULL)", name="paid_on_a_date"),
        Index("refunds_household", "household"),
        Index("refunds_due", "approved_on", postgresql_where=text("state = 'due'")),
    )


class RefundParts(PaymentsTable, table=True):
    refund: str = Field(primary_key=True, foreign_key="refunds.refund")
    payment: str = Field(primary_key=True, foreign_key="payments.payment")
    household: str
    cents: int = Field(sa_type=BigInteger)
    way: str
    charge: str | None
    reference: str = Field(unique=True)
    state: str
    paid_on: date | None
    asked_at: datetime | None

    __table_args__ = (
        one_of("way", "processor", "check"),
        one_of("state", "due", "paid", "withdrawn"),
        CheckConstraint("(way = 'processor') = (charge IS NOT NULL)", name="processor_needs_a_charge"),
        CheckConstraint("(state = 'paid') = (paid_on IS NOT NULL)", name="paid_on_a_date"),
        Index("refund_parts_due", "reference", postgresql_where=text("state = 'due'")),
        Index("refund_parts_paid", "paid_on", postgresql_where=text("paid_on IS NOT NULL")),
    )


class ProcessorEvents(PaymentsTable, table=True):
    event: str = Field(primary_key=True)
    about: str
    reference: str
    household: str | None
    state: str
    reason: str | None
    failed: bool
    heard_at: datetime
    times: int
    decided_at: datetime | None
    decided_by: str | None

    __table_args__ = (
        one_of("about", *get_args(processor_events.About)),
        one_of("state", *get_args(processor_events.EventState)),
        one_of("reason", *get_args(processor_events.EventReason)),
        CheckConstraint("(state = 'waiting') = (reason IS NULL)", name="waits_for_a_reason"),
        CheckConstraint("(state = 'dismissed') = (decided_at IS NOT NULL)", name="decided_at_some_time"),
        CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided_by_somebody"),
        Index("processor_events_waiting", "event", postgresql_where=text("state = 'waiting'")),
        Index("processor_events_open", "heard_at", "event", postgresql_where=text("state = 'open'")),
    )


TABLES: Tables = {
    **CHASSIS_TABLES,
    records.KnownAccount: KnownAccounts,
    records.PaymentsTold: PaymentCounts,
    records.BinderInvoice: BinderInvoices,
    records.MaintenanceTelling: MaintenanceTellings,
    attempts.Attempt: Attempts,
    trials.OnlineTrial: OnlineTrials,
    payments.Payment: Payments,
    returns.PaymentReturn: PaymentReturns,
    autopay.Mandate: Mandates,
    autopay.BilledInvoice: BilledInvoices,
    autopay.Draw: Draws,
    bank_accounts.BankAccount: BankAccounts,
    ach_debits.AchFile: AchFiles,
    ach_debits.AchNumbers: AchNumbers,
    ach_debits.AchFileContent: AchFileContents,
    ach_debits.AchDebit: AchDebits,
    corrections.Correction: Corrections,
    passings.MergedHousehold: MergedHouseholds,
    passings.Passing: Passings,
    suspense.SuspenseItem: SuspenseItems,
    lockbox.LockboxFile: LockboxFiles,
    lockbox.LockboxContent: LockboxContents,
    lockbox.LockboxDay: LockboxDays,
    third_parties.ThirdPartyPayment: ThirdPartyPayments,
    return_files.ReturnFile: ReturnFiles,
    return_files.ReturnFileContent: ReturnFileContents,
    return_files.ReturnItem: ReturnItems,
    bank_statements.BankFile: BankFiles,
    bank_statements.BankFileContent: BankFileContents,
    bank_statements.BankStatement: BankStatements,
    bank_statements.BankEntry: BankEntries,
    trust_movements.TrustMovement: TrustMovements,
    trust_movements.TrustDay: TrustDays,
    bank_decisions.BankDecision: BankDecisions,
    books.ClosedBooks: ClosedBooks,
    settlements.Settlement: Settlements,
    settlements.WaitingShare: WaitingShares,
    remittances.RemittanceLine: RemittanceLines,
    remittances.Remittance: Remittances,
    remittances.RemittanceToTell: RemittancesToTell,
    remittances.CarrierBalance: CarrierBalances,
    refunds.Refund: Refunds,
    refunds.RefundPart: RefundParts,
    processor_events.ProcessorEvent: ProcessorEvents,
}
