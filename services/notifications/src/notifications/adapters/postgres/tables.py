"""The tables of notifications, one for each record. Columns are the records' fields."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bulkhead.persistence.types import Json, MaskedText
from notifications.domain.channels import Channel
from notifications.domain.contacts import Contact
from notifications.domain.coverage import Policy
from notifications.domain.money import Account, Asked, Came, ClosedBinder, Settled
from notifications.domain.notices import Notice, NoticeFacts, NoticeNumbers

metadata = MetaData()

contacts = Table(
    "contacts",
    metadata,
    Column("household", Text, primary_key=True),
    Column("contact_version", BigInteger, nullable=False),
    Column("language", Text, nullable=False),
    Column("addressee", MaskedText),
    Column("email", MaskedText),
    Column("address", MaskedText),
)

policies = Table(
    "policies",
    metadata,
    Column("policy", Text, primary_key=True),
    Column("household", Text, nullable=False),
    Column("selection", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("binder_cents", BigInteger, nullable=False),
    Column("effective", Date, nullable=False),
    Column("coverage_ends", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("through", Date),
    Column("turn", BigInteger, nullable=False),
    Column("contact_version", BigInteger, nullable=False),
    CheckConstraint("state in ('selected', 'active', 'canceled', 'terminated')", name="policies_state"),
    Index("policies_household", "household"),
)

notices = Table(
    "notices",
    metadata,
    Column("notice", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("household", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("facts", Json(NoticeFacts), nullable=False),
    Column("contact_version", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("waits_for", Text),
    Column("by", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("claimed_by", Text),
    Column("claimed_until", DateTime(timezone=True)),
    Column("attempts", BigInteger, nullable=False),
    Column("problem", Text),
    Column("email_refused_on", Date),
    Column("sent_on", Date),
    Column("language", Text),
    Column("wording", Text),
    Column("doors", Json(tuple[str, ...]), nullable=False),
    Column("subject", Text),
    Column("says", Text),
    # Once each, whatever is told again (NOT-1).
    UniqueConstraint("type", "about", name="notices_once"),
    # A household's notices have an order (NOT-1).
    UniqueConstraint("household", "number", name="notices_in_order"),
    CheckConstraint("state in ('waiting', 'queued', 'sending', 'stuck', 'sent')", name="notices_state"),
    CheckConstraint("by in ('email', 'paper')", name="notices_by"),
    CheckConstraint("(state = 'waiting') = (waits_for is not null)", name="notices_waits_for"),
    CheckConstraint("(state = 'sending') = (claimed_by is not null)", name="notices_claimed"),
    CheckConstraint("(state = 'sent') = (sent_on is not null and says is not null)", name="notices_sent"),
    # What is still to be done is few among many: the pollers look here, and who asks what is overdue.
    Index(
        "notices_to_send",
        "by",
        "household",
        postgresql_where=text("state in ('queued', 'sending', 'stuck')"),
    ),
    Index("notices_unsent", "created_at", postgresql_where=text("state <> 'sent'")),
)

notice_numbers = Table(
    "notice_numbers",
    metadata,
    Column("household", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("household", Text, primary_key=True),
    Column("payments", BigInteger, nullable=False),
    Column("invoices", BigInteger, nullable=False),
    Column("invoiced_payments", BigInteger, nullable=False),
    Column("asked", Json(tuple[Asked, ...]), nullable=False),
    Column("came", Json(tuple[Came, ...]), nullable=False),
    Column("settled", Json(tuple[Settled, ...]), nullable=False),
    Column("closed", Json(tuple[ClosedBinder, ...]), nullable=False),
)

channels = Table(
    "channels",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("since", DateTime(timezone=True)),
    CheckConstraint("state in ('up', 'down', 'maintenance')", name="channels_state"),
)

TABLES: dict[type, Table] = {
    Contact: contacts,
    Policy: policies,
    Notice: notices,
    NoticeNumbers: notice_numbers,
    Account: accounts,
    Channel: channels,
}
