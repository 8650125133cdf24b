"""What the gateway's API takes and shows. Dates are the exchange's local dates; nothing names a person."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, Literal, cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from pydantic import AfterValidator, BaseModel, Field

from bulkhead.kernel.calendar import local_date
from bulkhead.retries.retries import Retry
from bulkhead.web.fields import Body, Line
from bulkhead.web.views import ReasonView
from carrier_gateway.application.carriers import CarrierStanding
from carrier_gateway.application.decide_records import RecordDecision
from carrier_gateway.application.waiting import Side
from carrier_gateway.domain.acknowledgements import (
    AcknowledgedError,
    AcknowledgementKind,
    Answer,
    ErrorLevel,
    Verdict,
)
from carrier_gateway.domain.audits import Audit, AuditState
from carrier_gateway.domain.books import BookState, CarrierBook, Layout
from carrier_gateway.domain.carriers import (
    AUDIT_FILE_NAME,
    FILE_NAME,
    GROUP_FILE_NAME,
    INTERCHANGE_FILE_NAME,
    LIST_FILE_NAME,
    LONGEST_BUSINESS_DAYS,
    LONGEST_FOLDER,
    LONGEST_HOURS,
    MOST_HOST_KEYS,
    PAYMENT_REFERENCES,
    REMITTANCE_FILE_NAME,
    Billing,
    CarrierHost,
    CarrierProfile,
    CategoryName,
    MemberId,
)
from carrier_gateway.domain.discrepancies import (
    DifferenceKind,
    Discrepancy,
    DiscrepancyDecision,
    DiscrepancyState,
    Wins,
)
from carrier_gateway.domain.records import (
    CarrierReason,
    InboundFile,
    InboundRecord,
    InboundRecordDecision,
    ListHead,
    ReceivedAcknowledgement,
    Transmission,
    TransmissionDecision,
    WrittenAcknowledgement,
)
from carrier_gateway.domain.remittance_twin import twin_name
from carrier_gateway.domain.remittances import Remittance, RemittanceState


def _of_length(least: int, most: int, says: str) -> Any:
    """Return a text's description with its length, which the domain holds it to (CAR-1)."""
    return Field(description=says, json_schema_extra={"minLength": least, "maxLength": most})


def _base64(text: str) -> str:
    try:
        b64decode(text, validate=True)
    except ValueError:
        raise ValueError("must be base64 without line ends") from None
    return text


def _login_key(text: str) -> str:
    """Return a public key without its comment, which may name a person; raises `ValueError`."""
    try:
        key = load_ssh_public_key(text.strip().encode("ascii"))
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError(_KEYS) from None
    strong = isinstance(key, Ed25519PublicKey | EllipticCurvePublicKey)
    if not strong and not (isinstance(key, RSAPublicKey) and key.key_size >= _LEAST_RSA_BITS):
        raise ValueError(_KEYS)
    return " ".join(text.split()[:2])


_LEAST_RSA_BITS = 2048
_KEYS = "must be a public key of OpenSSH's format: Ed25519, ECDSA, or RSA of 2048 bits or more"


def _host_key(text: str) -> str:
    """Return a server's public key without its comment; raises `ValueError`."""
    try:
        load_ssh_public_key(text.strip().encode("ascii"))
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("must be a public key of OpenSSH's format, as `ssh-keyscan` shows it") from None
    return " ".join(text.split()[:2])


HostKey = Annotated[str, AfterValidator(_host_key), Field(min_length=1, max_length=4_000)]
LoginKey = Annotated[str, AfterValidator(_login_key), Field(min_length=1, max_length=4_000)]


def _in_range(most: int, says: str) -> Any:
    """Return a number's description with its bounds, which the domain holds it to (CAR-1)."""
    return Field(description=says, json_schema_extra={"minimum": 1, "maximum": most})


class CarrierOptions(Body):
    """A carrier's companion guide, where it differs from ours (CAR-1)."""

    plan_ids: dict[str, str] = Field(default={}, description="Our plans onto its 16-digit ones (REF CE).")
    file_name: str = Field(default=FILE_NAME, description="Pattern of a file's name, with {control} in it.")
    list_file_name: str = Field(
        default=LIST_FILE_NAME,
        description="Pattern of a delinquency list's name, with {date} and {part} in it.",
    )
    list_delimiter: Literal[",", ";", "|", "\t"] = Field(
        default=",", description="What separates the fields of a delinquency list."
    )
    usage: Literal["P", "T"] = Field(default="P", description="ISA15: production or test.")
    acknowledge: bool = Field(default=True, description="ISA14: a TA1 is asked for.")
    coverage_on_end: bool = Field(default=False, description="Loop 2300 on cancellations and terminations.")
    additional_reasons: dict[str, str] = Field(
        default={}, description="Its spelling of ADDL MAINT REASON, by ours."
    )
    monthly_amounts: bool = Field(default=False, description="Financial values month by month as well.")
    time_code: bool = Field(default=True, description="BGN05 is sent.")
    plan_id_dashes: bool = Field(default=True, description="Plan ids keep their dashes.")
    master_policy: Annotated[str, _of_length(0, 50, "REF 38 in the header.")] = ""
    other_categories: list[str] = Field(default=[], description="Names of loop 2750 that are its own.")
    category_names: dict[CategoryName, str] = Field(
        default={}, description="Its spelling of the names of loop 2750 (N102), by ours."
    )
    policy_on_members: bool = Field(
        default=False, description="REF 1L in loop 2000 on every set, besides the one in loop 2300."
    )
    member_references: dict[str, MemberId] = Field(
        default={},
        description="Further REFs of loop 2000, by qualifier (3H, ABB): which of our identifiers stands there.",
    )
    billing: Billing = Field(
        default="exchange",
        description="Who bills its customers, `exchange` or `carrier`: as enrollment tells of its policies, where it is"
        " decided. Where they differ, that is alarmed.",
    )
    billing_from: int | None = Field(
        default=None, description="The plan year from which on that is so; left out where it is so of all."
    )
    interchange_file_name: str = Field(
        default=INTERCHANGE_FILE_NAME, description="Pattern of the name of a TA1 it is sent, as `file_name`."
    )
    group_file_name: str = Field(
        default=GROUP_FILE_NAME, description="Pattern of the name of a 999 it is sent, as `file_name`."
    )
    interchange_within_hours: Annotated[
        int | None,
        _in_range(
            LONGEST_HOURS, "Within how many hours its TA1s come; left out where it sends none (CAR-4)."
        ),
    ] = None
    group_within_business_days: Annotated[
        int | None,
        _in_range(
            LONGEST_BUSINESS_DAYS,
            "Within how many business days its 999s come; left out where it sends none (CAR-4).",
        ),
    ] = None
    remittances: bool = Field(default=True, description="It wants 820s, and the readable twins beside them.")
    remittance_file: str = Field(
        default=REMITTANCE_FILE_NAME, description="Pattern of an 820's name, with {control} in it."
    )
    payment_types: dict[str, str] = Field(
        default={}, description="Its spelling of payment types (RMR02), by ours: PREM, PREMADJ, BAL."
    )
    payment_references: list[str] = Field(
        default=list(PAYMENT_REFERENCES),
        description="The REFs an 820 has of each policy; POL is one of them.",
    )
    balance_report: Annotated[
        str, _of_length(0, 3, "REF01 under which a balance says that it is one; none where empty.")
    ] = ""
    audits: bool = Field(default=False, description="It wants a full-book audit 834 every month (CAR-6).")
    audit_file_name: str = Field(
        default=AUDIT_FILE_NAME, description="Pattern of an audit's name, with {control} in it."
    )


class CarrierHostBody(Body):
    """A carrier's own SFTP server: what it is sent is carried there, and what it has for us fetched."""

    address: Annotated[str, _of_length(1, 253, "Its name or address.")]
    port: Annotated[int, _in_range(65_535, "Its port.")] = 22
    user: Annotated[str, _of_length(1, 64, "Whom we log in as, with our key.")]
    host_keys: list[HostKey] = Field(
        description="Its server's public keys, as the carrier names them: no other server is believed.",
        json_schema_extra={"minItems": 1, "maxItems": MOST_HOST_KEYS},
    )
    upload_folder: Annotated[str, _of_length(1, LONGEST_FOLDER, "Where it takes files from us.")]
    download_folder: Annotated[
        str, _of_length(1, LONGEST_FOLDER, "Where it leaves files for us; another one.")
    ]

    def host(self) -> CarrierHost:
        """Return the host."""
        return CarrierHost(
            address=self.address,
            port=self.port,
            user=self.user,
            host_keys=tuple(dict.fromkeys(self.host_keys)),
            upload_folder=self.upload_folder,
            download_folder=self.download_folder,
        )

    @classmethod
    def of(cls, host: CarrierHost) -> CarrierHostBody:
        """Return how a host is written."""
        return cls(
            address=host.address,
            port=host.port,
            user=host.user,
            host_keys=list(host.host_keys),
            upload_folder=host.upload_folder,
            download_folder=host.download_folder,
        )


class CarrierBody(Body):
    """A carrier's profile. What is left out of it has the value most carriers have."""

    name: Annotated[str, _of_length(1, 60, "Plain characters, none of * ^ : ~ as in all its texts.")]
    receiver_id: Annotated[str, _of_length(2, 15, "ISA08; ISA06 of what it sends.")]
    receiver_qualifier: Literal["01", "14", "20", "27", "28", "29", "30", "33", "ZZ"] = Field(
        default="ZZ", description="ISA07."
    )
    qhp_id: Annotated[str, _of_length(2, 15, "GS03; its receiver id where left out.")] | None = None
    tax_id: Annotated[str, _of_length(0, 80, "N1*IN, qualifier FI: 2 characters or more, or none.")] = ""
    login_keys: list[LoginKey] = Field(
        default=[],
        max_length=20,
        description="Public keys that its programs log in to its drop-box with, by SFTP.",
    )
    host: CarrierHostBody | None = Field(
        default=None,
        description="Its own SFTP server, where files are carried and fetched; none where left out.",
    )
    options: CarrierOptions = CarrierOptions()

    def profile(self, carrier: str) -> CarrierProfile:
        """Return the profile of that carrier."""
        options = self.options
        return CarrierProfile(
            carrier=carrier,
            name=self.name,
            receiver_id=self.receiver_id,
            qhp_id=self.qhp_id or self.receiver_id,
            receiver_qualifier=self.receiver_qualifier,
            tax_id=self.tax_id,
            usage=options.usage,
            acknowledge=options.acknowledge,
            file_name=options.file_name,
            list_file_name=options.list_file_name,
            list_delimiter=options.list_delimiter,
            plan_ids=options.plan_ids,
            coverage_on_end=options.coverage_on_end,
            additional_reasons=options.additional_reasons,
            monthly_amounts=options.monthly_amounts,
            time_code=options.time_code,
            plan_id_dashes=options.plan_id_dashes,
            master_policy=options.master_policy,
            other_categories=tuple(options.other_categories),
            category_names={str(ours): theirs for ours, theirs in options.category_names.items()},
            policy_on_members=options.policy_on_members,
            member_references={each: str(ours) for each, ours in options.member_references.items()},
            billing=options.billing,
            billing_from=options.billing_from,
            login_keys=tuple(dict.fromkeys(self.login_keys)),
            host=self.host.host() if self.host is not None else None,
            interchange_file_name=options.interchange_file_name,
            group_file_name=options.group_file_name,
            interchange_within_hours=options.interchange_within_hours,
            group_within_business_days=options.group_within_business_days,
            remittances=options.remittances,
            remittance_file=options.remittance_file,
            payment_types=options.payment_types,
            payment_references=tuple(options.payment_references),
            balance_report=options.balance_report,
            audits=options.audits,
            audit_file_name=options.audit_file_name,
        )


class CarrierView(BaseModel):
    """A carrier's profile as it is kept."""

    carrier: str
    name: str
    receiver_id: str
    receiver_qualifier: str
    qhp_id: str
    tax_id: str
    login_keys: list[str]
    host: CarrierHostBody | None
    options: CarrierOptions

    @classmethod
    def of(cls, profile: CarrierProfile) -> CarrierView:
        """Return the view of a profile."""
        return cls(
            carrier=profile.carrier,
            name=profile.name,
            receiver_id=profile.receiver_id,
            receiver_qualifier=profile.receiver_qualifier,
            qhp_id=profile.qhp_id,
            tax_id=profile.tax_id,
            login_keys=list(profile.login_keys),
            host=CarrierHostBody.of(profile.host) if profile.host is not None else None,
            options=CarrierOptions(
                plan_ids=dict(profile.plan_ids),
                file_name=profile.file_name,
                list_file_name=profile.list_file_name,
                list_delimiter=profile.list_delimiter,
                usage=profile.usage,
                acknowledge=profile.acknowledge,
                coverage_on_end=profile.coverage_on_end,
                additional_reasons=dict(profile.additional_reasons),
                monthly_amounts=profile.monthly_amounts,
                time_code=profile.time_code,
                plan_id_dashes=profile.plan_id_dashes,
                master_policy=profile.master_policy,
                other_categories=list(profile.other_categories),
                category_names=cast("dict[CategoryName, str]", profile.category_names),
                policy_on_members=profile.policy_on_members,
                member_references=cast("dict[str, MemberId]", profile.member_references),
                billing=profile.billing,
                billing_from=profile.billing_from,
                interchange_file_name=profile.interchange_file_name,
                group_file_name=profile.group_file_name,
                interchange_within_hours=profile.interchange_within_hours,
                group_within_business_days=profile.group_within_business_days,
                remittances=profile.remittances,
                remittance_file=profile.remittance_file,
                payment_types=dict(profile.payment_types),
                payment_references=list(profile.payment_references),
                balance_report=profile.balance_report,
                audits=profile.audits,
                audit_file_name=profile.audit_file_name,
            ),
        )


class DropBoxView(BaseModel):
    """A side of a drop-box that could not be reached the last time, and when it is tried again."""

    side: Side
    failures: int
    reason: str
    since: datetime
    retry_at: datetime

    @classmethod
    def of(cls, side: Side, retry: Retry) -> DropBoxView:
        """Return the view of a side of a drop-box."""
        return cls(
            side=side,
            failures=retry.failures,
            reason=retry.reason,
            since=retry.since,
            retry_at=retry.retry_at,
        )


class CarrierStandingView(BaseModel):
    """How things stand with a carrier. Without a profile everything for it waits."""

    carrier: str
    has_profile: bool
    waiting_transmissions: int
    unwritable_transmissions: int
    built_transmissions: int
    rejected_transmissions: int = Field(
        description="Sets that it rejected and nobody has decided about (CAR-4)."
    )
    waiting_records: int = Field(
        description="Sets of its own that were refused or set apart, and nobody has decided about (CAR-5)."
    )
    waiting_lists: int
    waiting_remittances: int
    stored_files: int
    failing_files: int = Field(
        description="Files that could not be read, moved or judged; each is tried again."
    )
    unreachable: list[DropBoxView]

    @classmethod
    def of(cls, standing: CarrierStanding) -> CarrierStandingView:
        """Return the view of a carrier's standing."""
        return cls(
            carrier=standing.carrier,
            has_profile=standing.has_profile,
            waiting_transmissions=standing.waiting_transmissions,
            unwritable_transmissions=standing.unwritable_transmissions,
            built_transmissions=standing.built_transmissions,
            rejected_transmissions=standing.rejected_transmissions,
            waiting_records=standing.waiting_records,
            waiting_lists=standing.waiting_lists,
            waiting_remittances=standing.waiting_remittances,
            stored_files=standing.stored_files,
            failing_files=standing.failing_files,
            unreachable=[DropBoxView.of(side, retry) for side, retry in standing.unreachable],
        )


class AcknowledgedErrorView(BaseModel):
    """An error that an acknowledgement names. What stood there is not shown: it may be a person's."""

    level: ErrorLevel
    code: str = Field(description="TA105, AK905, IK502, IK304 or IK403, by its level.")
    says: str
    segment: str | None
    position: int | None = Field(description="The segment's in its set, from 1 with ST.")
    loop: str | None
    element: int | None
    component: int | None

    @classmethod
    def of(cls, error: AcknowledgedError) -> AcknowledgedErrorView:
        """Return the view of an error."""
        return cls(
            level=error.level,
            code=error.code,
            says=error.says,
            segment=error.segment or None,
            position=error.position or None,
            loop=error.loop or None,
            element=error.element or None,
            component=error.component or None,
        )


class AcknowledgementView(BaseModel):
    """What a carrier said of a set (TA1, 999), in which of its files; only what was noted is said of a set."""

    kind: AcknowledgementKind
    verdict: Verdict
    file: str
    came_at: datetime
    errors: list[AcknowledgedErrorView]

    @classmethod
    def of(cls, received: ReceivedAcknowledgement) -> AcknowledgementView:
        """Return the view of a noted acknowledgement."""
        return cls(
            kind=received.kind,
            verdict=received.verdict or "rejected",
            file=received.file,
            came_at=received.came_at,
            errors=[AcknowledgedErrorView.of(each) for each in received.errors],
        )


class TransmissionDecisionView(BaseModel):
    """What somebody decided about a set, and what was sent again: the set, then all that came after it."""

    transmission: str
    decision: Literal["send-again", "leave"]
    reason: str
    decided_by: str
    decided_at: datetime
    sent_again: list[str]

    @classmethod
    def of(cls, decided: TransmissionDecision) -> TransmissionDecisionView:
        """Return the view of a decision."""
        return cls(
            transmission=decided.transmission,
            decision=decided.decision,
            reason=decided.reason,
            decided_by=decided.decided_by,
            decided_at=decided.decided_at,
            sent_again=list(decided.sent_again),
        )


class TransmissionDecisionBody(Body):
    """What to do about a set that was rejected, was not acknowledged, or got lost, and why."""

    decision: Literal["send-again", "leave"] = Field(
        description="`send-again`: with all later sets of the policy, in new interchanges. `leave`: nobody waits."
    )
    reason: Line


class TransmissionView(BaseModel):
    """One 834. ``effective`` is the first covered day it speaks of, the last one in a termination, the first that is
    not as before in a change.

    ``waits_for`` says what a waiting one lacks: its carrier's profile, or what cannot be composed. ``answer`` is how it
    stands with its carrier's TA1 and 999: `rejected` waits for somebody (CAR-4).
    """

    transmission: str
    carrier: str
    household: str
    policy: str
    kind: Literal["initial", "renewal", "change", "cancel", "termination", "reinstatement"]
    effective: date
    state: Literal["waiting", "built", "sent", "withdrawn"]
    waits_for: str | None
    file: str | None
    sent_on: date | None
    control_number: int | None
    answer: Answer
    again_of: str | None = Field(description="The transmission whose set this is once more.")
    acknowledgements: list[AcknowledgementView]
    decisions: list[TransmissionDecisionView]

    @classmethod
    def of(
        cls,
        transmission: Transmission,
        *,
        has_profile: bool,
        acknowledgements: Iterable[ReceivedAcknowledgement],
        decisions: Iterable[TransmissionDecision],
    ) -> TransmissionView:
        """Return the view of a transmission to a carrier with or without a profile."""
        waits_for = None
        if transmission.state == "waiting":
            waits_for = transmission.problem or (None if has_profile else "the carrier's profile")
        return cls(
            transmission=transmission.transmission,
            carrier=transmission.carrier,
            household=transmission.household,
            policy=transmission.policy,
            kind=transmission.kind,
            effective=transmission.effective,
            state=transmission.state,
            waits_for=waits_for,
            file=transmission.file,
            sent_on=transmission.sent_on,
            control_number=transmission.control_number,
            answer=transmission.answer,
            again_of=transmission.again_of,
            acknowledgements=[AcknowledgementView.of(each) for each in acknowledgements],
            decisions=[TransmissionDecisionView.of(each) for each in decisions],
        )


class DiscrepancyDecisionView(BaseModel):
    """What somebody decided about a discrepancy, or noted of it, and the sets that were sent again."""

    discrepancy: str
    decision: Literal["send-again", "leave", "note"]
    reason: str
    decided_by: str
    decided_at: datetime
    sent_again: list[str]

    @classmethod
    def of(cls, decided: DiscrepancyDecision) -> DiscrepancyDecisionView:
        """Return the view of a decision."""
        return cls(
            discrepancy=decided.discrepancy,
            decision=decided.decision,
            reason=decided.reason,
            decided_by=decided.decided_by,
            decided_at=decided.decided_at,
            sent_again=list(decided.sent_again),
        )


class DiscrepancyDecisionBody(Body):
    """What to do about a discrepancy, or what is to be known of it, and why."""

    decision: Literal["send-again", "leave", "note"] = Field(
        description="`send-again`: the last set that began the policy's coverage, and all since; of what the exchange "
        "wins. `leave`: nobody is alarmed of it any more while it stays."
    )
    reason: Line


class DiscrepancyView(BaseModel):
    """A difference between a carrier's book and ours. It is closed by the next book that does not show it (CAR-6).

    ``policy`` and ``member`` are empty where the book names what is not known here: ``line`` of ``file`` says where.
    ``ours`` and ``theirs`` are empty for a name and a birth date.
    """

    discrepancy: str
    carrier: str
    household: str | None
    policy: str
    member: str
    kind: DifferenceKind
    ours: str
    theirs: str
    wins: Wins = Field(description="Whose word counts, by the policy pack.")
    state: DiscrepancyState
    file: str = Field(description="The last book that showed it.")
    line: int | None
    first_seen: date
    open_since: date
    last_seen: date
    closed_on: date | None
    age_days: int | None = Field(description="For how many days it has been open; none where it is closed.")
    times: int = Field(description="How often it came: more than once where it had been gone.")
    is_left: bool
    decisions: list[DiscrepancyDecisionView]

    @classmethod
    def of(
        cls, found: Discrepancy, *, today: date, decisions: Iterable[DiscrepancyDecision]
    ) -> DiscrepancyView:
        """Return the view of a discrepancy as of today."""
        return cls(
            discrepancy=found.discrepancy,
            carrier=found.carrier,
            household=found.household,
            policy=found.policy,
            member=found.member,
            kind=found.kind,
            ours=found.ours,
            theirs=found.theirs,
            wins=found.wins,
            state=found.state,
            file=found.file,
            line=found.line,
            first_seen=found.first_seen,
            open_since=found.open_since,
            last_seen=found.last_seen,
            closed_on=found.closed_on,
            age_days=(today - found.open_since).days if found.state == "open" else None,
            times=found.times,
            is_left=found.is_left,
            decisions=[DiscrepancyDecisionView.of(each) for each in decisions],
        )


class BookView(BaseModel):
    """A carrier's book, which is the inbound file of this id. ``rows`` are the people it names."""

    file: str
    carrier: str
    layout: Layout
    came_at: datetime
    as_of: date | None
    state: BookState
    rows: int
    bad_rows: int = Field(description="Those of which a field cannot be read: the answer names it.")
    agreeing: int
    differing: int = Field(description="People, of either book, of whom something differs.")
    answer: str | None = Field(description="The answer's name in `outbound`.")

    @classmethod
    def of(cls, book: CarrierBook) -> BookView:
        """Return the view of a book."""
        return cls(
            file=book.file,
            carrier=book.carrier,
            layout=book.layout,
            came_at=book.came_at,
            as_of=book.as_of,
            state=book.state,
            rows=book.rows,
            bad_rows=book.bad_rows,
            agreeing=book.agreeing,
            differing=book.differing,
            answer=book.answer,
        )


class AuditView(BaseModel):
    """A carrier's full-book audit of a day (CAR-6)."""

    carrier: str
    on: date
    state: AuditState
    sets: int
    left_out: int = Field(description="Policies that could not be written: their ids are in the log.")
    control_number: int | None
    file: str | None
    written_on: date | None

    @classmethod
    def of(cls, audit: Audit) -> AuditView:
        """Return the view of an audit."""
        return cls(
            carrier=audit.carrier,
            on=audit.on,
            state=audit.state,
            sets=audit.sets,
            left_out=audit.left_out,
            control_number=audit.control_number,
            file=audit.file,
            written_on=audit.written_on,
        )


class ListView(BaseModel):
    """A part of a carrier's delinquency list (CAR-3). ``rows`` must have come before it is written."""

    carrier: str
    on: date
    part: int
    rows: int
    rows_here: int
    state: Literal["waiting", "built", "written"]
    file: str | None
    written_on: date | None

    @classmethod
    def of(cls, closed: ListHead, *, rows_here: int) -> ListView:
        """Return the view of a list of which so many rows are here."""
        return cls(
            carrier=closed.carrier,
            on=closed.on,
            part=closed.list_part,
            rows=closed.rows,
            rows_here=rows_here,
            state=closed.state,
            file=closed.file,
            written_on=closed.written_on,
        )


class RemittanceView(BaseModel):
    """What a carrier is paid on a day, and its 820 (PAY-6, PAY-7). ``total_cents`` is paid: ``net_cents``, less what
    the carrier owed before, and with what it goes on owing.
    """

    remittance: str
    carrier: str
    sequence: int
    business_date: date
    paid_on: date
    trace: str = Field(description="What the payment is called at the bank (TRN02).")
    net_cents: int
    brought_forward_cents: int
    carried_cents: int
    total_cents: int
    parts: int
    parts_here: int
    state: RemittanceState
    waits_for: str | None
    lines: int = Field(description="How many amounts are composed, but for balances.")
    plan_cents: dict[str, int] = Field(description="What they make together, by the plan's id (GS03).")
    control_number: int | None
    file: str | None
    twin: str | None = Field(description="The readable file beside it.")
    sha256: str | None
    size_bytes: int | None
    written_on: date | None

    @classmethod
    def of(cls, remittance: Remittance, *, parts_here: int, waits_for: str | None) -> RemittanceView:
        """Return the view of a remittance of which so many parts are here, and which waits for something, or None."""
        return cls(
            remittance=remittance.remittance,
            carrier=remittance.carrier,
            sequence=remittance.sequence,
            business_date=remittance.business_date,
            paid_on=remittance.issued_on,
            trace=remittance.trace,
            net_cents=remittance.net_cents,
            brought_forward_cents=remittance.brought_forward_cents,
            carried_cents=remittance.carried_cents,
            total_cents=remittance.total_cents,
            parts=remittance.parts,
            parts_here=parts_here,
            state=remittance.state,
            waits_for=waits_for,
            lines=remittance.lines,
            plan_cents=dict(remittance.plan_cents),
            control_number=remittance.control_number,
            file=remittance.file,
            twin=None if remittance.file is None else twin_name(remittance.file),
            sha256=remittance.sha256,
            size_bytes=remittance.size_bytes,
            written_on=remittance.written_on,
        )


class InboundRecordView(BaseModel):
    """One member's record of a carrier's file and what was decided on it (CAR-5)."""

    number: int
    position: int
    household: str | None
    policy: str | None
    member: str
    kind: str | None
    effective: date | None
    paid_through: date | None = Field(description="The last premium day paid through that it says (543).")
    ends: date | None = Field(description="The last covered day that it says (357).")
    outcome: Literal["accepted", "refused", "set-apart"]
    reasons: list[ReasonView]

    @classmethod
    def of(cls, record: InboundRecord) -> InboundRecordView:
        """Return the view of a record."""
        return cls(
            number=record.number,
            position=record.position,
            household=record.household,
            policy=record.policy,
            member=record.member,
            kind=record.kind,
            effective=record.effective,
            paid_through=record.paid_through,
            ends=record.ends,
            outcome=record.outcome,
            reasons=[ReasonView.of(each) for each in record.reasons],
        )


class RecordDecisionView(BaseModel):
    """What somebody decided about what a carrier said, and the sets that were made for it."""

    record: str
    decision: RecordDecision
    reason: str
    decided_by: str
    decided_at: datetime
    sent: list[str]

    @classmethod
    def of(cls, decided: InboundRecordDecision) -> RecordDecisionView:
        """Return the view of a decision."""
        return cls(
            record=decided.record,
            decision=decided.decision,
            reason=decided.reason,
            decided_by=decided.decided_by,
            decided_at=decided.decided_at,
            sent=list(decided.sent),
        )


class RecordDecisionBody(Body):
    """What becomes of what a carrier said, and why."""

    decision: RecordDecision = Field(
        description="`resolve`: seen to in another way. `resend`: its carrier is told again what is so. `ask`: it was"
        " asked, and waits for its answer. `discard`: nothing is to be done."
    )
    reason: Line


class RecordView(InboundRecordView):
    """A record of a carrier's file by itself: in which file, why coverage ends where it says so, since when its set has
    waited for somebody, in days as well, and what was decided about it.
    """

    record: str
    carrier: str
    file: str
    name: str
    came_at: datetime
    because: CarrierReason | None
    waits_since: datetime | None
    age_days: int | None
    decisions: list[RecordDecisionView]

    @classmethod
    def of(  # pyright: ignore[reportIncompatibleMethodOverride] - it needs to know more
        cls,
        record: InboundRecord,
        *,
        file: InboundFile,
        decisions: Iterable[InboundRecordDecision],
        today: date,
    ) -> RecordView:
        """Return the view of a record as of a day."""
        since = record.waits_since
        return cls(
            **InboundRecordView.of(record).model_dump(exclude={"reasons"}),
            reasons=[ReasonView.of(each) for each in record.reasons],
            record=record.record,
            carrier=record.carrier,
            file=record.file,
            name=file.name,
            came_at=file.stored_at,
            because=record.because,
            waits_since=since,
            age_days=None if since is None else (today - local_date(since)).days,
            decisions=[RecordDecisionView.of(each) for each in decisions],
        )


class InboundFileBody(Body):
    """What is in a file that a carrier brings."""

    content: Annotated[str, AfterValidator(_base64), Field(min_length=1, description="Its bytes in base64.")]

    @property
    def data(self) -> bytes:
        """The bytes."""
        return b64decode(self.content)


class ReceivedAcknowledgementView(BaseModel):
    """A TA1 or 999 of a file and what became of it: noted, the same as before, or set apart with its reasons."""

    number: int
    position: int
    kind: AcknowledgementKind
    control_number: int | None = Field(description="What it answers (ISA13, GS06).")
    verdict: Verdict | None
    transmission: str | None
    outcome: Literal["noted", "repeated", "set-apart"]
    reasons: list[ReasonView]

    @classmethod
    def of(cls, received: ReceivedAcknowledgement) -> ReceivedAcknowledgementView:
        """Return the view of an acknowledgement."""
        return cls(
            number=received.number,
            position=received.position,
            kind=received.kind,
            control_number=received.control_number,
            verdict=received.verdict,
            transmission=received.transmission,
            outcome=received.outcome,
            reasons=[ReasonView.of(each) for each in received.reasons],
        )


class WrittenAcknowledgementView(BaseModel):
    """What the carrier is told became of an interchange or a group of its file, and in which file of ours."""

    kind: AcknowledgementKind
    position: int
    answers: int = Field(description="The interchange's or the group's number (ISA13, GS06).")
    verdict: Verdict
    errors: list[AcknowledgedErrorView]
    file: str
    control_number: int
    state: Literal["built", "written"]
    written_on: date | None

    @classmethod
    def of(cls, written: WrittenAcknowledgement) -> WrittenAcknowledgementView:
        """Return the view of an acknowledgement of ours."""
        return cls(
            kind=written.kind,
            position=written.position,
            answers=written.answers,
            verdict=written.verdict,
            errors=[AcknowledgedErrorView.of(each) for each in written.errors],
            file=written.name,
            control_number=written.control_number,
            state=written.state,
            written_on=written.written_on,
        )


class InboundFileView(BaseModel):
    """A file a carrier dropped: stored whole, judged record by record. What is refused waits here (CAR-5)."""

    file: str
    carrier: str
    name: str
    sha256: str
    size_bytes: int
    stored_at: datetime
    state: Literal["stored", "processed", "refused"]
    copies: int
    reasons: list[ReasonView]
    records: list[InboundRecordView]
    acknowledges: list[ReceivedAcknowledgementView]
    acknowledged_by: list[WrittenAcknowledgementView]

    @classmethod
    def of(
        cls,
        file: InboundFile,
        *,
        records: Iterable[InboundRecord] = (),
        received: Iterable[ReceivedAcknowledgement] = (),
        written: Iterable[WrittenAcknowledgement] = (),
    ) -> InboundFileView:
        """Return the view of a file, its records, the acknowledgements in it, and those that answer it."""
        return cls(
            file=file.file,
            carrier=file.carrier,
            name=file.name,
            sha256=file.sha256,
            size_bytes=file.size_bytes,
            stored_at=file.stored_at,
            state=file.state,
            copies=file.copies,
            reasons=[ReasonView.of(each) for each in file.reasons],
            records=[InboundRecordView.of(each) for each in records],
            acknowledges=[ReceivedAcknowledgementView.of(each) for each in received],
            acknowledged_by=[WrittenAcknowledgementView.of(each) for each in written],
        )
