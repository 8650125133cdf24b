"""Notifications' tables: one per kind of record, columns named as its fields."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import BigInteger, CheckConstraint, Field, Index, UniqueConstraint, text

from bulkhead.chassis_tables import CHASSIS_TABLES, service_registry
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.tables import TableModel, Tables, one_of
from notifications.domain import (
    announced,
    autopay,
    bounces,
    channels,
    contacts,
    copies,
    coverage,
    money,
    notices,
    outages,
    preferences,
    print_batches,
    stops,
)


class NotificationsTable(TableModel, registry=service_registry()):
    """A table of notifications' database."""


class Contacts(NotificationsTable, table=True):
    household: str = Field(primary_key=True)
    contact_version: int = Field(sa_type=BigInteger)
    language: str
    addressee: Masked | None
    estate: bool
    email: Masked | None
    address: Masked | None


class RefusedAddresses(NotificationsTable, table=True):
    household: str = Field(primary_key=True)
    address: str
    refused_on: date


class Preferences(NotificationsTable, table=True):
    household: str = Field(primary_key=True)
    by: str | None
    language: str | None
    changed_at: datetime
    changed_by: str

    __table_args__ = (one_of("by", "email", "paper"),)


class MergedHouseholds(NotificationsTable, table=True):
    household: str = Field(primary_key=True)
    into: str
    stands: bool

    __table_args__ = (
        Index("merged_households_into", "into"),
        {"comment": "whose letters go to another household of the same person (OPS-5)"},
    )


class Policies(NotificationsTable, table=True):
    policy: str = Field(primary_key=True)
    household: str
    selection: str
    plan: str
    carrier: str
    binder_cents: int = Field(sa_type=BigInteger)
    effective: date
    coverage_ends: date
    state: str
    through: date | None
    turn: int = Field(sa_type=BigInteger)
    contact_version: int = Field(sa_type=BigInteger)
    transferred_from: str | None
    billed_by_carrier: coverage.BilledByCarrier | None

    __table_args__ = (
        one_of("state", "selected", "active", "canceled", "terminated"),
        Index("policies_household", "household"),
    )


class Notices(NotificationsTable, table=True):
    notice: str = Field(primary_key=True)
    type: str
    about: str
    household: str
    number: int = Field(sa_type=BigInteger)
    occurred_at: datetime
    facts: notices.NoticeFacts
    contact_version: int = Field(sa_type=BigInteger)
    state: str
    waits_for: str | None
    by: str | None
    created_at: datetime
    claimed_by: str | None
    claimed_until: datetime | None
    attempts: int = Field(sa_type=BigInteger)
    problem: str | None
    email_refused_on: date | None
    sent_on: date | None
    language: str | None
    wording: str | None
    doors: tuple[str, ...]
    subject: str | None
    says: str | None

    __table_args__ = (
        # Once each, whatever is told again (NOT-1).
        UniqueConstraint("type", "about", name="notices_once"),
        # A household's notices have an order (NOT-1).
        UniqueConstraint("household", "number", name="notices_in_order"),
        one_of("state", "waiting", "queued", "sending", "stuck", "sent", "withdrawn"),
        one_of("by", "email", "paper"),
        CheckConstraint("(state = 'waiting') = (waits_for is not null)", name="notices_waits_for"),
        CheckConstraint("(state = 'sending') = (claimed_by is not null)", name="notices_claimed"),
        CheckConstraint("state <> 'sent' or (sent_on is not null and says is not null)", name="notices_sent"),
        # One whose e-mail came back keeps what that said until its letter has left.
        CheckConstraint(
            "sent_on is null or state = 'sent' or email_refused_on is not null", name="notices_came_back"
        ),
        # What is still to be done is few among many: the pollers look here, and who asks what is overdue. Those that
        # are stopped are passed over by the index alone.
        Index(
            "notices_to_send",
            "by",
            "household",
            "type",
            "created_at",
            postgresql_where=text("state in ('queued', 'sending', 'stuck')"),
        ),
        Index("notices_unsent", "created_at", postgresql_where=text("state not in ('sent', 'withdrawn')")),
    )


class SentCopies(NotificationsTable, table=True):
    notice: str = Field(primary_key=True)
    by: str = Field(primary_key=True)
    household: str
    sent_on: date
    sha256: str
    size_bytes: int = Field(sa_type=BigInteger)
    content: bytes

    __table_args__ = (
        one_of("by", "email", "paper"),
        {"comment": "what was sent, byte for byte: an e-mail's or a letter's"},
    )


class PrintedLetters(NotificationsTable, table=True):
    notice: str = Field(primary_key=True)
    household: str
    printed_on: date
    file: str
    sha256: str
    pages: int
    postal_class: str
    mail_by: date
    batch: date | None
    mailed_on: date | None

    __table_args__ = (
        CheckConstraint("mailed_on is null or batch is not null", name="mailed_in_a_batch"),
        Index("printed_letters_household", "household"),
        Index("printed_letters_batch", "batch", "notice"),
        Index("printed_letters_unbatched", "printed_on", "notice", postgresql_where=text("batch is null")),
        Index("printed_letters_unmailed", "mail_by", "notice", postgresql_where=text("mailed_on is null")),
        {"comment": "letters on their way to the post, and their postal dates"},
    )


class PrintBatches(NotificationsTable, table=True):
    batch: date = Field(primary_key=True)
    file: str
    letters: int
    made_at: datetime
    state: str

    __table_args__ = (one_of("state", "to-write", "written"),)


class NoticeNumbers(NotificationsTable, table=True):
    household: str = Field(primary_key=True)
    last: int = Field(sa_type=BigInteger)


class Accounts(NotificationsTable, table=True):
    household: str = Field(primary_key=True)
    payments: int = Field(sa_type=BigInteger)
    invoices: int = Field(sa_type=BigInteger)
    invoiced_payments: int = Field(sa_type=BigInteger)
    asked: tuple[money.Asked, ...]
    came: tuple[money.Came, ...]
    settled: tuple[money.Settled, ...]
    closed: tuple[money.ClosedBinder, ...]
    autopay: autopay.Autopay | None


class Channels(NotificationsTable, table=True):
    channel: str = Field(primary_key=True)
    state: str
    since: datetime | None

    __table_args__ = (one_of("state", "up", "down", "maintenance"),)


class ChannelWatches(NotificationsTable, table=True):
    channel: str = Field(primary_key=True)
    unlike: int
    since: datetime | None
    tried_at: datetime | None
    not_open_since: datetime | None

    __table_args__ = (
        CheckConstraint("(unlike > 0) = (since IS NOT NULL)", name="since_the_first"),
        CheckConstraint("(unlike > 0) = (tried_at IS NOT NULL)", name="until_the_last"),
    )


class Outages(NotificationsTable, table=True):
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    channel: str
    began_at: datetime
    noticed_at: datetime
    ended_at: datetime | None
    evidence: str
    end_evidence: str | None

    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (end_evidence IS NULL)", name="ended_by_something"),
        Index("outages_lasting", "channel", unique=True, postgresql_where=text("ended_at IS NULL")),
    )


class NoticeStops(NotificationsTable, table=True):
    stop: str = Field(primary_key=True)
    type: str | None
    household: str | None
    made_on: date | None
    because: str
    note: Masked | None
    stopped_at: datetime
    stopped_by: str
    resumed_at: datetime | None
    resumed_by: str | None

    __table_args__ = (
        one_of("because", *stops.STOP_REASONS),
        CheckConstraint(
            "type IS NOT NULL OR household IS NOT NULL OR made_on IS NOT NULL", name="is_of_something"
        ),
        CheckConstraint("(resumed_at IS NULL) = (resumed_by IS NULL)", name="resumed_by_somebody"),
        Index("notice_stops_standing", "stop", postgresql_where=text("resumed_at IS NULL")),
    )


class AnnouncedMaintenances(NotificationsTable, table=True):
    channel: str = Field(primary_key=True)
    maintenance: str = Field(primary_key=True)
    begins_at: datetime
    ends_at: datetime
    withdrawn: bool

    __table_args__ = (
        one_of("channel", *channels.CHANNELS),
        CheckConstraint("begins_at <= ends_at", name="in_order"),
        Index("announced_maintenances_by_end", "ends_at"),
    )


TABLES: Tables = {
    **CHASSIS_TABLES,
    contacts.Contact: Contacts,
    bounces.RefusedAddress: RefusedAddresses,
    preferences.Preference: Preferences,
    contacts.MergedHousehold: MergedHouseholds,
    coverage.Policy: Policies,
    notices.Notice: Notices,
    notices.NoticeNumbers: NoticeNumbers,
    copies.SentCopy: SentCopies,
    print_batches.PrintedLetter: PrintedLetters,
    print_batches.PrintBatch: PrintBatches,
    money.Account: Accounts,
    channels.Channel: Channels,
    outages.ChannelWatch: ChannelWatches,
    outages.Outage: Outages,
    announced.AnnouncedMaintenance: AnnouncedMaintenances,
    stops.NoticeStop: NoticeStops,
}
