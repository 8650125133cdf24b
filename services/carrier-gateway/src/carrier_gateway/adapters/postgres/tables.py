"""The gateway's tables: one per kind of record, columns named as its fields."""

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
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.types import Json, MaskedText
from carrier_gateway.domain import records
from carrier_gateway.domain.carriers import CarrierProfile

metadata = MetaData()


def _household() -> Column[str]:
    return Column("household", Text, nullable=False)


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_is_known")


met_carriers = Table(
    "met_carriers",
    metadata,
    Column("carrier", Text, primary_key=True),
    Column("met_on", Date, nullable=False),
)

carrier_profiles = Table(
    "carrier_profiles",
    metadata,
    Column("carrier", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("receiver_id", Text, nullable=False),
    Column("qhp_id", Text, nullable=False),
    Column("receiver_qualifier", Text, nullable=False),
    Column("tax_id", Text, nullable=False),
    Column("usage", Text, nullable=False),
    Column("acknowledge", Boolean, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("plan_ids", Json(dict[str, str]), nullable=False),
    Column("coverage_on_end", Boolean, nullable=False),
    Column("additional_reasons", Json(dict[str, str]), nullable=False),
    Column("monthly_amounts", Boolean, nullable=False),
    Column("time_code", Boolean, nullable=False),
    Column("plan_id_dashes", Boolean, nullable=False),
    Column("master_policy", Text, nullable=False),
    Column("other_categories", Json(tuple[str, ...]), nullable=False),
    _one_of("usage", "P", "T"),
)

control_numbers = Table(
    "control_numbers",
    metadata,
    Column("carrier", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
    CheckConstraint("last BETWEEN 1 AND 999999999", name="last_has_nine_digits"),
)

policies = Table(
    "policies",
    metadata,
    Column("policy", Text, primary_key=True),
    _household(),
    Column("selection", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("effective", Date, nullable=False),
    Column("coverage_ends", Date, nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
    Column("aptc_cents", BigInteger, nullable=False),
    Column("subsidy_cents", BigInteger, nullable=False),
    Column("net_cents", BigInteger, nullable=False),
    Column("members", Json(tuple[str, ...]), nullable=False),
    Column("months", Json(tuple[records.PremiumMonths, ...]), nullable=False),
    Column("contact_version", BigInteger, nullable=False),
    Column("released_on", Date),
    Column("lifecycle", Text, nullable=False),
    Column("through", Date),
    Column("end_reason", Text),
    Column("asked_reason", Text),
    Column("told", Text, nullable=False),
    Column("told_through", Date),
    Column("decided", Integer, nullable=False),
    Column("effectuated_on", Date),
    Column("issuer_subscriber", Text, nullable=False),
    Column("issuer_policy", Text, nullable=False),
    Column("issuer_members", Json(dict[str, str]), nullable=False),
    _one_of("kind", "medical", "dental"),
    _one_of("lifecycle", "selected", "active", "canceled", "terminated"),
    _one_of("told", "nothing", "covered", "ended", "canceled"),
    CheckConstraint("(lifecycle = 'terminated') = (through IS NOT NULL)", name="terminated_has_a_last_day"),
    CheckConstraint("(told = 'ended') = (told_through IS NOT NULL)", name="told_ended_has_a_last_day"),
    CheckConstraint("told = 'nothing' OR released_on IS NOT NULL", name="told_only_when_released"),
    Index("policies_household", "household"),
    # What was to be told and was not: few among many (I9).
    Index("policies_not_told", "released_on", postgresql_where=text("told = 'nothing' AND decided = 0")),
)

binder_releases = Table(
    "binder_releases",
    metadata,
    Column("policy", Text, primary_key=True),
    _household(),
    Column("satisfied_on", Date, nullable=False),
    Index("binder_releases_household", "household"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("household", Text, primary_key=True),
    Column("contact_version", BigInteger, primary_key=True),
    Column("email", MaskedText),
    Column("address", MaskedText),
    Column("phone", MaskedText),
)

contact_members = Table(
    "contact_members",
    metadata,
    Column("household", Text, primary_key=True),
    Column("contact_version", BigInteger, primary_key=True),
    Column("member", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("relation", Text, nullable=False),
    Column("name", MaskedText, nullable=False),
    Column("latin_name", MaskedText, nullable=False),
    Column("born", MaskedText, nullable=False),
    Column("ssn", MaskedText),
    _one_of("relation", "self", "spouse", "child"),
)

transmissions = Table(
    "transmissions",
    metadata,
    Column("transmission", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("policy", Text, ForeignKey("policies.policy"), nullable=False),
    _household(),
    Column("carrier", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("effective", Date, nullable=False),
    Column("end_reason", Text),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("problem", Text, nullable=False),
    Column("control_number", BigInteger),
    Column("file", Text),
    Column("built_at", DateTime(timezone=True)),
    Column("sent_on", Date),
    _one_of("kind", "initial", "cancel", "termination", "reinstatement"),
    _one_of("state", "waiting", "built", "sent", "withdrawn"),
    CheckConstraint(
        "(state IN ('built', 'sent')) = (control_number IS NOT NULL)", name="built_has_a_control_number"
    ),
    CheckConstraint("(state = 'sent') = (sent_on IS NOT NULL)", name="sent_has_a_date"),
    UniqueConstraint("policy", "number", name="transmissions_one_number_a_policy"),
    UniqueConstraint("carrier", "control_number", name="transmissions_control_number_once"),
    UniqueConstraint("carrier", "file", name="transmissions_file_once"),
    Index("transmissions_household", "household"),
    Index("transmissions_state", "state", "carrier"),
)

transmission_contents = Table(
    "transmission_contents",
    metadata,
    Column("transmission", Text, ForeignKey("transmissions.transmission"), primary_key=True),
    Column("content", MaskedText, nullable=False),
)

delinquency_rows = Table(
    "delinquency_rows",
    metadata,
    Column("carrier", Text, primary_key=True),
    Column("on", Date, primary_key=True),
    Column("list_part", Integer, primary_key=True),
    Column("household", Text, primary_key=True),
    Column("policies", Json(tuple[str, ...]), nullable=False),
    Column("month", Integer),
    Column("of", Integer),
    Column("past_due_cents", BigInteger, nullable=False),
    Column("pay_by", Date),
    Column("claims", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("effective", Date),
    _one_of("claims", "pay", "pend"),
    _one_of("action", "dunning", "pend-claims", "termination-notice", "terminate"),
    Index("delinquency_rows_household", "household"),
)

delinquency_lists = Table(
    "delinquency_lists",
    metadata,
    Column("carrier", Text, primary_key=True),
    Column("on", Date, primary_key=True),
    Column("list_part", Integer, primary_key=True),
    Column("rows", Integer, nullable=False),
    Column("closed_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("file", Text),
    Column("content", Text),
    Column("written_on", Date),
    _one_of("state", "waiting", "built", "written"),
    CheckConstraint("(state = 'waiting') = (content IS NULL)", name="built_has_content"),
    CheckConstraint("(state = 'written') = (written_on IS NOT NULL)", name="written_has_a_date"),
    Index("delinquency_lists_state", "state"),
)

inbound_files = Table(
    "inbound_files",
    metadata,
    Column("file", Text, primary_key=True),
    Column("carrier", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("stored_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("copies", Integer, nullable=False),
    Column("filed", Boolean, nullable=False),
    Column("reasons", Json(tuple[Reason, ...]), nullable=False),
    _one_of("state", "stored", "processed", "refused"),
    UniqueConstraint("carrier", "sha256", name="inbound_files_same_bytes_once"),
    Index("inbound_files_state", "state", "carrier"),
)

inbound_contents = Table(
    "inbound_contents",
    metadata,
    Column("file", Text, ForeignKey("inbound_files.file"), primary_key=True),
    Column("content", MaskedText, nullable=False),
)

inbound_interchanges = Table(
    "inbound_interchanges",
    metadata,
    Column("carrier", Text, primary_key=True),
    Column("control_number", BigInteger, primary_key=True),
    Column("file", Text, ForeignKey("inbound_files.file"), nullable=False),
)

inbound_records = Table(
    "inbound_records",
    metadata,
    Column("file", Text, ForeignKey("inbound_files.file"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("household", Text),
    Column("policy", Text),
    Column("member", Text, nullable=False),
    Column("kind", Text),
    Column("effective", Date),
    Column("paid_through", Date),
    Column("outcome", Text, nullable=False),
    Column("reasons", Json(tuple[Reason, ...]), nullable=False),
    _one_of("outcome", "accepted", "refused"),
    Index("inbound_records_household", "household"),
)

TABLES: dict[type, Table] = {
    records.MetCarrier: met_carriers,
    CarrierProfile: carrier_profiles,
    records.ControlNumbers: control_numbers,
    records.Policy: policies,
    records.BinderRelease: binder_releases,
    records.Contact: contacts,
    records.ContactMember: contact_members,
    records.Transmission: transmissions,
    records.TransmissionContent: transmission_contents,
    records.DelinquencyRow: delinquency_rows,
    records.DelinquencyList: delinquency_lists,
    records.InboundFile: inbound_files,
    records.InboundContent: inbound_contents,
    records.InboundInterchange: inbound_interchanges,
    records.InboundRecord: inbound_records,
}
