"""The gateway's tables: one per kind of record, columns named as its fields."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import BigInteger, CheckConstraint, Field, Index, UniqueConstraint, text

from bulkhead.chassis_tables import CHASSIS_TABLES, service_registry
from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.sealing import SealingKey
from bulkhead.persistence.tables import TableModel, Tables, one_of, sealed
from carrier_gateway.domain import audits, books, carriers, discrepancies, records, remittances
from carrier_gateway.domain.acknowledgements import AcknowledgedError


class GatewayTable(TableModel, registry=service_registry()):
    """A table of the gateway's database."""


class SealingKeys(GatewayTable, table=True):
    key: str = Field(primary_key=True)
    proof: bytes


class MetCarriers(GatewayTable, table=True):
    carrier: str = Field(primary_key=True)
    met_on: date


class CarrierProfiles(GatewayTable, table=True):
    carrier: str = Field(primary_key=True)
    name: str
    receiver_id: str
    qhp_id: str
    receiver_qualifier: str
    tax_id: str
    usage: str
    acknowledge: bool
    file_name: str
    list_file_name: str
    list_delimiter: str
    plan_ids: dict[str, str]
    coverage_on_end: bool
    additional_reasons: dict[str, str]
    monthly_amounts: bool
    time_code: bool
    plan_id_dashes: bool
    master_policy: str
    other_categories: tuple[str, ...]
    category_names: dict[str, str]
    policy_on_members: bool
    member_references: dict[str, str]
    billing: str
    billing_from: int | None
    login_keys: tuple[str, ...]
    host: carriers.CarrierHost | None
    interchange_file_name: str
    group_file_name: str
    interchange_within_hours: int | None
    group_within_business_days: int | None
    remittances: bool
    remittance_file: str
    payment_types: dict[str, str]
    payment_references: tuple[str, ...]
    balance_report: str
    audits: bool
    audit_file_name: str

    __table_args__ = (
        one_of("usage", "P", "T"),
        one_of("billing", "exchange", "carrier", "subsidy-only"),
    )


class Deliveries(GatewayTable, table=True):
    carrier: str = Field(primary_key=True)
    file: str = Field(primary_key=True)
    sha256: str
    size_bytes: int = Field(sa_type=BigInteger)
    state: str
    noted_at: datetime

    __table_args__ = (one_of("state", "going", "delivered"),)


class ControlNumbers(GatewayTable, table=True):
    carrier: str = Field(primary_key=True)
    last: int = Field(sa_type=BigInteger)

    __table_args__ = (CheckConstraint("last BETWEEN 1 AND 999999999", name="last_has_nine_digits"),)


class Policies(GatewayTable, table=True):
    policy: str = Field(primary_key=True)
    household: str
    selection: str
    plan: str
    carrier: str
    kind: str
    effective: date
    coverage_ends: date
    versions: tuple[records.VersionTerms, ...]
    months: tuple[records.PremiumMonths, ...]
    contact_version: int = Field(sa_type=BigInteger)
    renewed_from: str | None
    released_on: date | None
    lifecycle: str
    through: date | None
    end_reason: str | None
    asked_reason: str | None
    told: str
    told_through: date | None
    told_versions: tuple[records.VersionTerms, ...]
    told_anew_after: date | None
    succeeded: tuple[records.Succeeded, ...]
    decided: int
    effectuated_on: date | None
    confirmed: tuple[str, ...]
    issuer_subscriber: str
    issuer_policy: str
    issuer_members: dict[str, str]
    carrier_word: records.CarrierWord | None
    ended_by_carrier: bool
    billing: str
    people_missing_since: date | None

    __table_args__ = (
        one_of("billing", "exchange", "carrier"),
        one_of("kind", "medical", "dental"),
        one_of("renewed_from", "same-carrier", "other-carrier"),
        one_of("lifecycle", "selected", "active", "canceled", "terminated"),
        one_of("told", "nothing", "covered", "ended", "canceled"),
        CheckConstraint(
            "(lifecycle = 'terminated') = (through IS NOT NULL)", name="terminated_has_a_last_day"
        ),
        CheckConstraint("(told = 'ended') = (told_through IS NOT NULL)", name="told_ended_has_a_last_day"),
        CheckConstraint("told = 'nothing' OR released_on IS NOT NULL", name="told_only_when_released"),
        Index("policies_household", "household"),
        # An audit, and a comparison of books, go through a carrier's policies in order.
        Index("policies_carrier", "carrier", "policy"),
        # What was to be told and was not: few among many (I9).
        Index(
            "policies_not_told",
            "people_missing_since",
            postgresql_where=text("people_missing_since IS NOT NULL"),
        ),
        # What waits for enrollment's answer: seconds while all is well (CAR-5, I9).
        Index("policies_undecided", "policy", postgresql_where=text("carrier_word IS NOT NULL")),
    )


class BinderReleases(GatewayTable, table=True):
    policy: str = Field(primary_key=True)
    household: str
    satisfied_on: date

    __table_args__ = (Index("binder_releases_household", "household"),)


class Contacts(GatewayTable, table=True):
    household: str = Field(primary_key=True)
    contact_version: int = Field(primary_key=True, sa_type=BigInteger)
    email: Masked | None = sealed()
    address: Masked | None = sealed()
    phone: Masked | None = sealed()
    responsible_name: Masked | None = sealed()
    responsible_latin_name: Masked | None = sealed()
    responsible_until_age: int | None


class ContactsToForget(GatewayTable, table=True):
    household: str = Field(primary_key=True)
    contact_version: int = Field(sa_type=BigInteger)
    heard_at: datetime


class ContactMembers(GatewayTable, table=True):
    household: str = Field(primary_key=True)
    contact_version: int = Field(primary_key=True, sa_type=BigInteger)
    member: str = Field(primary_key=True)
    number: int
    relation: str
    name: Masked = sealed()
    latin_name: Masked = sealed()
    born: Masked = sealed()
    ssn: Masked | None = sealed()
    tobacco: tuple[records.TobaccoUse, ...] = sealed()

    __table_args__ = (one_of("relation", "self", "spouse", "child"),)


class Transmissions(GatewayTable, table=True):
    transmission: str = Field(primary_key=True)
    number: int
    policy: str = Field(foreign_key="policies.policy")
    household: str
    carrier: str
    kind: str
    effective: date
    end_reason: str | None
    decided_at: datetime
    state: str
    problem: str
    control_number: int | None = Field(sa_type=BigInteger)
    file: str | None
    built_at: datetime | None
    sent_on: date | None
    sent_at: datetime | None
    interchange_verdict: str | None
    group_verdict: str | None
    answer: str
    again_of: str | None

    __table_args__ = (
        one_of("kind", "initial", "renewal", "change", "cancel", "termination", "reinstatement"),
        one_of("state", "waiting", "built", "sent", "withdrawn"),
        CheckConstraint(
            "(state IN ('built', 'sent')) = (control_number IS NOT NULL)", name="built_has_a_control_number"
        ),
        CheckConstraint("(state = 'sent') = (sent_on IS NOT NULL)", name="sent_has_a_date"),
        CheckConstraint("(sent_on IS NULL) = (sent_at IS NULL)", name="sent_has_an_hour"),
        one_of("interchange_verdict", "accepted", "accepted-with-errors", "rejected"),
        one_of("group_verdict", "accepted", "accepted-with-errors", "partially-accepted", "rejected"),
        one_of("answer", "awaited", "accepted", "rejected", "settled"),
        UniqueConstraint("policy", "number", name="transmissions_one_number_a_policy"),
        UniqueConstraint("carrier", "control_number", name="transmissions_control_number_once"),
        UniqueConstraint("carrier", "file", name="transmissions_file_once"),
        Index("transmissions_household", "household"),
        Index("transmissions_state", "state", "carrier"),
        # What somebody has to see to: few among many (CAR-4).
        Index("transmissions_rejected", "carrier", postgresql_where=text("answer = 'rejected'")),
        Index("transmissions_awaited", "carrier", "sent_at", postgresql_where=text("answer = 'awaited'")),
    )


class TransmissionDecisions(GatewayTable, table=True):
    transmission: str = Field(primary_key=True, foreign_key="transmissions.transmission")
    number: int = Field(primary_key=True)
    decision: str
    reason: str
    decided_by: str
    decided_at: datetime
    sent_again: tuple[str, ...]

    __table_args__ = (one_of("decision", "send-again", "leave"),)


class TransmissionContents(GatewayTable, table=True):
    transmission: str = Field(primary_key=True, foreign_key="transmissions.transmission")
    content: Masked = sealed()
    category_names: dict[str, str]


class DelinquencyRows(GatewayTable, table=True):
    carrier: str = Field(primary_key=True)
    on: date = Field(primary_key=True)
    list_part: int = Field(primary_key=True)
    household: str = Field(primary_key=True)
    policies: tuple[str, ...]
    month: int | None
    of: int | None
    past_due_cents: int = Field(sa_type=BigInteger)
    pay_by: date | None
    claims: str
    action: str
    effective: date | None

    __table_args__ = (
        one_of("claims", "pay", "pend"),
        one_of("action", "dunning", "pend-claims", "termination-notice", "terminate", "cancel"),
        Index("delinquency_rows_household", "household"),
    )


class DelinquencyLists(GatewayTable, table=True):
    carrier: str = Field(primary_key=True)
    on: date = Field(primary_key=True)
    list_part: int = Field(primary_key=True)
    rows: int
    closed_at: datetime
    state: str
    file: str | None
    content: str | None = sealed()
    written_on: date | None

    __table_args__ = (
        one_of("state", "waiting", "built", "written"),
        CheckConstraint("(state = 'waiting') = (content IS NULL)", name="built_has_content"),
        CheckConstraint("(state = 'written') = (written_on IS NOT NULL)", name="written_has_a_date"),
        Index("delinquency_lists_state", "state"),
    )


class Remittances(GatewayTable, table=True):
    remittance: str = Field(primary_key=True)
    carrier: str
    sequence: int
    business_date: date
    issued_on: date
    total_cents: int = Field(sa_type=BigInteger)
    brought_forward_cents: int = Field(sa_type=BigInteger)
    carried_cents: int = Field(sa_type=BigInteger)
    parts: int
    heard_at: datetime
    state: str
    problem: str
    composed_parts: int
    lines: int
    entities: int
    segments: int
    plan_cents: dict[str, int]
    control_number: int | None = Field(sa_type=BigInteger)
    file: str | None
    sha256: str | None
    size_bytes: int | None = Field(sa_type=BigInteger)
    written_on: date | None

    __table_args__ = (
        one_of("state", "waiting", "numbered", "built", "written", "unwanted"),
        CheckConstraint(
            "(state IN ('numbered', 'built', 'written')) = (control_number IS NOT NULL)",
            name="numbered_has_a_control_number",
        ),
        CheckConstraint("(state IN ('built', 'written')) = (sha256 IS NOT NULL)", name="built_has_a_hash"),
        CheckConstraint("(state = 'written') = (written_on IS NOT NULL)", name="written_has_a_date"),
        UniqueConstraint("carrier", "control_number", name="remittances_control_number_once"),
        UniqueConstraint("carrier", "file", name="remittances_file_once"),
        Index("remittances_carrier", "carrier", "sequence"),
        # What is still to be written: few among many.
        Index(
            "remittances_open", "heard_at", postgresql_where=text("state IN ('waiting', 'numbered', 'built')")
        ),
    )


class RemittanceParts(GatewayTable, table=True):
    remittance: str = Field(primary_key=True)
    part: int = Field(primary_key=True)
    lines: tuple[remittances.PaidLine, ...]
    cents: int = Field(sa_type=BigInteger)


class TakenBackMonths(GatewayTable, table=True):
    policy: str = Field(primary_key=True)
    month: CoverageMonth = Field(primary_key=True)
    carrier: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True)


class RemittanceContents(GatewayTable, table=True):
    remittance: str = Field(primary_key=True, foreign_key="remittances.remittance")
    number: int = Field(primary_key=True)
    content: Masked = sealed()
    twin: str = sealed()


class Audits(GatewayTable, table=True):
    carrier: str = Field(primary_key=True)
    on: date = Field(primary_key=True)
    begun_at: datetime
    state: str
    control_number: int | None = Field(sa_type=BigInteger)
    file: str | None
    made_at: datetime | None
    through_policy: str
    pieces: int
    sets: int
    left_out: int
    written_on: date | None

    __table_args__ = (
        one_of("state", "waiting", "numbered", "built", "written"),
        CheckConstraint(
            "(state = 'waiting') = (control_number IS NULL)", name="numbered_has_a_control_number"
        ),
        CheckConstraint("(state = 'written') = (written_on IS NOT NULL)", name="written_has_a_date"),
        UniqueConstraint("carrier", "control_number", name="audits_control_number_once"),
        UniqueConstraint("carrier", "file", name="audits_file_once"),
        # What is still to be written: few among many.
        Index("audits_open", "begun_at", postgresql_where=text("state <> 'written'")),
    )


class AuditContents(GatewayTable, table=True):
    carrier: str = Field(primary_key=True)
    on: date = Field(primary_key=True)
    number: int = Field(primary_key=True)
    content: Masked = sealed()


class InboundFiles(GatewayTable, table=True):
    file: str = Field(primary_key=True)
    carrier: str
    name: str
    sha256: str
    size_bytes: int = Field(sa_type=BigInteger)
    stored_at: datetime
    state: str
    copies: int
    filed: bool
    reasons: tuple[Reason, ...]

    __table_args__ = (
        one_of("state", "stored", "processed", "refused"),
        UniqueConstraint("carrier", "sha256", name="inbound_files_same_bytes_once"),
        Index("inbound_files_state", "state", "carrier"),
    )


class CarrierBooks(GatewayTable, table=True):
    file: str = Field(primary_key=True, foreign_key="inbound_files.file")
    carrier: str
    layout: str
    came_at: datetime
    pieces: int
    state: str
    as_of: date | None
    loaded_pieces: int
    rows: int
    bad_rows: int
    compared_through: str
    agreeing: int
    differing: int
    answer: str | None
    answer_pieces: int

    __table_args__ = (
        one_of("layout", "RCNI", "834"),
        one_of("state", "stored", "loaded", "compared", "answered", "refused", "returned"),
        CheckConstraint("(state IN ('stored', 'loaded')) = (answer IS NULL)", name="decided_has_an_answer"),
        Index("carrier_books_carrier", "carrier", "came_at"),
        # What is still to be compared: few among many.
        Index(
            "carrier_books_open",
            "came_at",
            postgresql_where=text("state IN ('stored', 'loaded', 'compared', 'refused')"),
        ),
    )


class BookContents(GatewayTable, table=True):
    file: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    first_line: int
    goes_on: bool
    kept_at: datetime
    content: bytes = sealed()


class BookRows(GatewayTable, table=True):
    file: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    policy: str
    subscriber: str
    member: str
    is_subscriber: bool
    plan: str | None
    begin: date | None
    end: date | None
    premium_cents: int | None = Field(sa_type=BigInteger)
    aptc_cents: int | None = Field(sa_type=BigInteger)
    is_effectuated: bool | None
    last_name: Masked | None = sealed()
    first_name: Masked | None = sealed()
    born: date | None = sealed()
    is_faulty: bool

    __table_args__ = (Index("book_rows_policy", "file", "policy", "line"),)


class BookFaults(GatewayTable, table=True):
    file: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    field: str = Field(primary_key=True)
    says: str


class BookAnswers(GatewayTable, table=True):
    file: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    content: str = sealed()


class Discrepancies(GatewayTable, table=True):
    discrepancy: str = Field(primary_key=True)
    carrier: str
    household: str | None
    policy: str
    member: str
    kind: str
    ours: str
    theirs: str
    wins: str
    file: str
    line: int | None
    first_seen: date
    open_since: date
    last_seen: date
    state: str
    closed_on: date | None
    times: int
    is_left: bool

    __table_args__ = (
        one_of("kind", *discrepancies.KINDS),
        one_of("wins", "exchange", "carrier"),
        one_of("state", "open", "closed"),
        CheckConstraint("(state = 'closed') = (closed_on IS NOT NULL)", name="closed_has_a_date"),
        Index("discrepancies_carrier", "carrier", "state"),
        Index("discrepancies_household", "household"),
        # What somebody has to see to: few among many.
        Index("discrepancies_open", "open_since", postgresql_where=text("state = 'open' AND NOT is_left")),
    )


class DiscrepancyDecisions(GatewayTable, table=True):
    discrepancy: str = Field(primary_key=True, foreign_key="discrepancies.discrepancy")
    number: int = Field(primary_key=True)
    decision: str
    reason: str
    decided_by: str
    decided_at: datetime
    sent_again: tuple[str, ...]

    __table_args__ = (one_of("decision", "send-again", "leave", "note"),)


class InboundContents(GatewayTable, table=True):
    file: str = Field(primary_key=True, foreign_key="inbound_files.file")
    content: Masked = sealed()


class InboundInterchanges(GatewayTable, table=True):
    carrier: str = Field(primary_key=True)
    control_number: int = Field(primary_key=True, sa_type=BigInteger)
    file: str = Field(foreign_key="inbound_files.file")


class InboundRecords(GatewayTable, table=True):
    file: str = Field(primary_key=True, foreign_key="inbound_files.file")
    number: int = Field(primary_key=True)
    record: str
    carrier: str
    position: int
    household: str | None
    policy: str | None
    member: str
    kind: str | None
    effective: date | None
    paid_through: date | None
    ends: date | None
    because: str | None
    outcome: str
    reasons: tuple[Reason, ...]
    waits_since: datetime | None

    __table_args__ = (
        one_of("outcome", "accepted", "refused", "set-apart"),
        UniqueConstraint("record", name="inbound_records_one_id"),
        Index("inbound_records_household", "household"),
        Index("inbound_records_carrier", "carrier", "record"),
        Index("inbound_records_outcome", "outcome", "record"),
        # What somebody has to see to: few among many (CAR-5).
        Index("inbound_records_waiting", "waits_since", postgresql_where=text("waits_since IS NOT NULL")),
    )


class InboundRecordDecisions(GatewayTable, table=True):
    record: str = Field(primary_key=True, foreign_key="inbound_records.record")
    number: int = Field(primary_key=True)
    decision: str
    reason: str
    decided_by: str
    decided_at: datetime
    sent: tuple[str, ...]

    __table_args__ = (one_of("decision", "resolve", "resend", "ask", "discard"),)


class ReceivedAcknowledgements(GatewayTable, table=True):
    file: str = Field(primary_key=True, foreign_key="inbound_files.file")
    number: int = Field(primary_key=True)
    position: int
    carrier: str
    kind: str
    control_number: int | None = Field(sa_type=BigInteger)
    verdict: str | None
    errors: tuple[AcknowledgedError, ...]
    transmission: str | None = Field(foreign_key="transmissions.transmission")
    household: str | None
    outcome: str
    reasons: tuple[Reason, ...]
    came_at: datetime

    __table_args__ = (
        one_of("kind", "TA1", "999"),
        one_of("outcome", "noted", "repeated", "set-apart"),
        Index("received_acknowledgements_transmission", "transmission"),
    )


class WrittenAcknowledgements(GatewayTable, table=True):
    carrier: str = Field(primary_key=True)
    control_number: int = Field(primary_key=True, sa_type=BigInteger)
    kind: str
    file: str = Field(foreign_key="inbound_files.file")
    position: int
    answers: int = Field(sa_type=BigInteger)
    verdict: str
    errors: tuple[AcknowledgedError, ...]
    name: str
    content: str = sealed()
    made_at: datetime
    state: str
    written_on: date | None

    __table_args__ = (
        one_of("kind", "TA1", "999"),
        one_of("state", "built", "written"),
        CheckConstraint("(state = 'written') = (written_on IS NOT NULL)", name="written_has_its_date"),
        UniqueConstraint("file", "kind", "position", name="written_acknowledgements_once"),
        UniqueConstraint("carrier", "name", name="written_acknowledgements_name_once"),
        # What is not in its drop-box yet: few among many.
        Index("written_acknowledgements_built", "carrier", postgresql_where=text("state = 'built'")),
    )


TABLES: Tables = {
    **CHASSIS_TABLES,
    SealingKey: SealingKeys,
    records.MetCarrier: MetCarriers,
    carriers.CarrierProfile: CarrierProfiles,
    records.Delivery: Deliveries,
    records.ControlNumbers: ControlNumbers,
    records.Policy: Policies,
    records.BinderRelease: BinderReleases,
    records.Contact: Contacts,
    records.ContactMember: ContactMembers,
    records.ToForget: ContactsToForget,
    records.Transmission: Transmissions,
    records.TransmissionContent: TransmissionContents,
    records.TransmissionDecision: TransmissionDecisions,
    records.DelinquencyRow: DelinquencyRows,
    records.DelinquencyList: DelinquencyLists,
    remittances.Remittance: Remittances,
    remittances.RemittancePart: RemittanceParts,
    remittances.TakenBack: TakenBackMonths,
    remittances.RemittanceContent: RemittanceContents,
    audits.Audit: Audits,
    audits.AuditContent: AuditContents,
    books.CarrierBook: CarrierBooks,
    books.BookContent: BookContents,
    books.BookRow: BookRows,
    books.BookFault: BookFaults,
    books.BookAnswer: BookAnswers,
    discrepancies.Discrepancy: Discrepancies,
    discrepancies.DiscrepancyDecision: DiscrepancyDecisions,
    records.InboundFile: InboundFiles,
    records.InboundContent: InboundContents,
    records.InboundInterchange: InboundInterchanges,
    records.InboundRecord: InboundRecords,
    records.InboundRecordDecision: InboundRecordDecisions,
    records.ReceivedAcknowledgement: ReceivedAcknowledgements,
    records.WrittenAcknowledgement: WrittenAcknowledgements,
}
