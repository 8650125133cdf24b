"""What the gateway's API takes and shows. Dates are the exchange's local dates; nothing names a person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from bulkhead.retries.retries import Retry
from bulkhead.web.fields import Body
from bulkhead.web.views import ReasonView
from carrier_gateway.application.carriers import CarrierStanding
from carrier_gateway.application.waiting import Side
from carrier_gateway.domain.carriers import (
    FILE_NAME,
    PAYMENT_REFERENCES,
    REMITTANCE_FILE_NAME,
    CarrierProfile,
)
from carrier_gateway.domain.records import (
    InboundFile,
    InboundRecord,
    ListHead,
    Transmission,
)
from carrier_gateway.domain.remittance_twin import twin_name
from carrier_gateway.domain.remittances import Remittance, RemittanceState


def _of_length(least: int, most: int, says: str) -> Any:
    """Return a text's description with its length, which the domain holds it to (CAR-1)."""
    return Field(description=says, json_schema_extra={"minLength": least, "maxLength": most})


class CarrierOptions(Body):
    """A carrier's companion guide, where it differs from ours (CAR-1)."""

    plan_ids: dict[str, str] = Field(default={}, description="Our plans onto its 16-digit ones (REF CE).")
    file_name: str = Field(default=FILE_NAME, description="Pattern of a file's name, with {control} in it.")
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


class CarrierBody(Body):
    """A carrier's profile. What is left out of it has the value most carriers have."""

    name: Annotated[str, _of_length(1, 60, "Plain characters, none of * ^ : ~ as in all its texts.")]
    receiver_id: Annotated[str, _of_length(2, 15, "ISA08; ISA06 of what it sends.")]
    receiver_qualifier: Literal["01", "14", "20", "27", "28", "29", "30", "33", "ZZ"] = Field(
        default="ZZ", description="ISA07."
    )
    qhp_id: Annotated[str, _of_length(2, 15, "GS03; its receiver id where left out.")] | None = None
    tax_id: Annotated[str, _of_length(0, 80, "N1*IN, qualifier FI: 2 characters or more, or none.")] = ""
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
            plan_ids=options.plan_ids,
            coverage_on_end=options.coverage_on_end,
            additional_reasons=options.additional_reasons,
            monthly_amounts=options.monthly_amounts,
            time_code=options.time_code,
            plan_id_dashes=options.plan_id_dashes,
            master_policy=options.master_policy,
            other_categories=tuple(options.other_categories),
            remittances=options.remittances,
            remittance_file=options.remittance_file,
            payment_types=options.payment_types,
            payment_references=tuple(options.payment_references),
            balance_report=options.balance_report,
        )


class CarrierView(BaseModel):
    """A carrier's profile as it is kept."""

    carrier: str
    name: str
    receiver_id: str
    receiver_qualifier: str
    qhp_id: str
    tax_id: str
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
            options=CarrierOptions(
                plan_ids=dict(profile.plan_ids),
                file_name=profile.file_name,
                usage=profile.usage,
                acknowledge=profile.acknowledge,
                coverage_on_end=profile.coverage_on_end,
                additional_reasons=dict(profile.additional_reasons),
                monthly_amounts=profile.monthly_amounts,
                time_code=profile.time_code,
                plan_id_dashes=profile.plan_id_dashes,
                master_policy=profile.master_policy,
                other_categories=list(profile.other_categories),
                remittances=profile.remittances,
                remittance_file=profile.remittance_file,
                payment_types=dict(profile.payment_types),
                payment_references=list(profile.payment_references),
                balance_report=profile.balance_report,
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
            waiting_lists=standing.waiting_lists,
            waiting_remittances=standing.waiting_remittances,
            stored_files=standing.stored_files,
            failing_files=standing.failing_files,
            unreachable=[DropBoxView.of(side, retry) for side, retry in standing.unreachable],
        )


class TransmissionView(BaseModel):
    """One 834. ``effective`` is the first covered day it speaks of, the last one in a termination, the first that is
    not as before in a change.

    ``waits_for`` says what a waiting one lacks: its carrier's profile, or what cannot be composed.
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

    @classmethod
    def of(cls, transmission: Transmission, *, has_profile: bool) -> TransmissionView:
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
    outcome: Literal["accepted", "refused"]
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
            outcome=record.outcome,
            reasons=[ReasonView.of(each) for each in record.reasons],
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

    @classmethod
    def of(cls, file: InboundFile, *, records: list[InboundRecord]) -> InboundFileView:
        """Return the view of a file and its records."""
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
        )
