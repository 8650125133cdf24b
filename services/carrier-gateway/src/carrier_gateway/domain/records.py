"""The rows the carrier gateway keeps. Amounts are cents, dates the exchange's local dates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.personal import Masked
from carrier_gateway.domain.acknowledgements import AcknowledgedError, AcknowledgementKind, Answer, Verdict
from carrier_gateway.domain.carriers import Billing

Lifecycle: TypeAlias = Literal["selected", "active", "canceled", "terminated"]
ToldState: TypeAlias = Literal["nothing", "covered", "ended", "canceled"]
TransmissionKind: TypeAlias = Literal[
    "initial", "renewal", "change", "cancel", "termination", "reinstatement"
]
EndReason: TypeAlias = Literal[
    "non-payment",
    "requested",
    "death",
    "age",
    "medicaid",
    "ineligible",
    "error",
    "prior-year-ended",
    "carrier",
]
RenewedFrom: TypeAlias = Literal["same-carrier", "other-carrier"]
"""Whose coverage a renewal goes on from."""
InboundKind: TypeAlias = Literal[
    "effectuation", "cancellation", "termination", "maintenance", "reinstatement"
]
CarrierWordKind: TypeAlias = Literal["cancellation", "termination", "reinstatement"]
"""What a carrier says of its own that ends coverage or lets it stand again: enrollment decides about it."""
CarrierReason: TypeAlias = Literal[
    "non-payment",
    "free-look",
    "fraud",
    "rescission",
    "casework",
    "other-coverage",
    "out-of-area",
    "other",
]
"""Why a carrier ends coverage by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetCarrier:
    """A carrier met in a profile, a selection, a list or a remittance: its drop-box is looked into."""

    carrier: str
    met_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A file of these bytes at its carrier's own host (CAR-1): *going* once it lies there whole under an unfinished
    name and is about to get its own, *delivered* when it has it.
    """

    carrier: str
    file: str
    sha256: str
    size_bytes: int
    state: Literal["going", "delivered"]
    noted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PremiumMonths:
    """What a policy costs in each of the months ``first`` to ``last``: as charged, a part of a month its
    share of days (INV-18). Cents."""

    first: CoverageMonth
    last: CoverageMonth
    gross_cents: int
    aptc_cents: int
    subsidy_cents: int
    net_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRate:
    """What a member is of a gross premium a month, cents, where the plan is rated by age (ENR-17)."""

    member: str
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionTerms:
    """Whom a policy covers, the subscriber first, and what a whole month of it costs, cents, since a day and until the
    next version's; of a plan that is rated by age what each of them is of it, and in which rating area.
    """

    since: date
    members: tuple[str, ...]
    gross_cents: int
    aptc_cents: int
    subsidy_cents: int
    net_cents: int
    rating_area: int | None = None
    rates: tuple[MemberRate, ...] = ()

    def share_of(self, member: str, cents: int) -> int:
        """Return what a member is of a month's gross premium, in cents, where the plan is rated by age: their rate, or
        its part of a part of a month, so that all together are that premium.
        """
        total, before = max(sum(each.cents for each in self.rates), 1), 0
        for each in self.rates:
            through = before + each.cents
            if each.member == member:
                return cents * through // total - cents * before // total
            before = through
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """A subscriber's part in a policy as the carrier was told of it, once another has taken it up (ENR-13).

    ``through`` is their last covered day, the rest what was told and confirmed of them; what counts after
    ``anew_after`` is to be told again.
    """

    through: date
    versions: tuple[VersionTerms, ...]
    anew_after: date | None
    effectuated_on: date | None
    confirmed: tuple[str, ...]
    issuer_subscriber: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierWord:
    """What a carrier said that it ended or reinstated by itself: ``record`` is the record of its file, ``through`` the
    last day that it leaves covered, None where it leaves none.
    """

    record: str
    kind: CarrierWordKind
    through: date | None
    said_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy as enrollment tells of it, and what its carrier was told.

    ``versions`` say what counts on each of its days, in order (ENR-13), ``months`` what each month costs.
    ``coverage_ends`` is the last day
    unless something ends it earlier, ``through`` the last covered day of a terminated one, ``asked_reason``
    why somebody last asked for an end. ``released_on`` is the day its binder was known to be paid, or not
    needed: before it nothing leaves (ENR-5). ``told``, ``told_through`` and ``told_versions`` are what the sets
    built so far say of the subscriber they name, ``succeeded`` what they said of those who were it before, the latest
    last; but what counts after ``told_anew_after`` is to be told again; ``decided`` counts every
    transmission ever decided on. ``contact_version`` is the one the last fact about the policy named.
    ``effectuated_on`` is the day the carrier's first effectuation was accepted, ``confirmed`` are all whom one
    named, and the ``issuer`` ids are those it gave; ``issuer_members`` are by ours. ``renewed_from`` says whose the
    coverage was that an automatic renewal goes on from, None for what was selected. ``carrier_word`` is the last thing
    its carrier said by itself that enrollment has not decided about: until then nothing is decided to be told.
    ``ended_by_carrier`` is whether an end stands, counting or not, that its carrier told of by itself. ``billing`` is
    who bills for it, as enrollment told (CAR-1). ``people_missing_since`` is since when something is to be told of it
    and its people are not known, None while nothing is, or they are.
    """

    policy: str
    household: str
    selection: str
    plan: str
    carrier: str
    kind: Literal["medical", "dental"]
    effective: date
    coverage_ends: date
    versions: tuple[VersionTerms, ...]
    months: tuple[PremiumMonths, ...]
    contact_version: int
    renewed_from: RenewedFrom | None = None
    released_on: date | None = None
    lifecycle: Lifecycle = "selected"
    through: date | None = None
    end_reason: EndReason | None = None
    asked_reason: EndReason | None = None
    told: ToldState = "nothing"
    told_through: date | None = None
    told_versions: tuple[VersionTerms, ...] = ()
    told_anew_after: date | None = None
    succeeded: tuple[Succeeded, ...] = ()
    decided: int = 0
    effectuated_on: date | None = None
    confirmed: tuple[str, ...] = ()
    issuer_subscriber: str = ""
    issuer_policy: str = ""
    issuer_members: dict[str, str] = field(default_factory=lambda: dict[str, str]())
    carrier_word: CarrierWord | None = None
    ended_by_carrier: bool = False
    billing: Billing = "exchange"
    people_missing_since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BinderRelease:
    """A policy whose binder is paid: kept apart, for it may come before the selection it is of."""

    policy: str
    household: str
    satisfied_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How a household is reached, as of one version; and who acts for a subscriber until which age, in years."""

    household: str
    contact_version: int
    email: Masked | None
    address: Masked | None
    phone: Masked | None
    responsible_name: Masked | None = None
    responsible_latin_name: Masked | None = None
    responsible_until_age: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToForget:
    """A household whose key is forgotten, and its contacts, through this version, as soon as no carrier is to be told
    of it any more (ADR 0075).
    """

    household: str
    contact_version: int
    heard_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TobaccoUse:
    """Whether a person uses tobacco, ``yes`` or ``no``, from a day on; without a day, from the beginning."""

    since: date | None
    uses: Masked


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMember:
    """A person of a household, as of one version of its contact. ``number`` is her place in it, from 1.

    ``latin_name`` is her name for files that can carry nothing else (ENR-16). ``tobacco`` is whether she uses it, in
    order of days, and empty where no rate may differ by it (ENR-17).
    """

    household: str
    contact_version: int
    member: str
    number: int
    relation: Literal["self", "spouse", "child"]
    name: Masked
    latin_name: Masked
    born: Masked
    ssn: Masked | None
    tobacco: tuple[TobaccoUse, ...] = ()

    def uses_tobacco_on(self, day: date) -> bool | None:
        """Whether she uses tobacco on a day; None where nobody is asked."""
        uses = [each.uses.reveal() for each in self.tobacco if each.since is None or each.since <= day]
        return uses[-1] == "yes" if uses else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transmission:
    """One 834 about one policy: decided on, then built with a control number, then written to the drop-box.

    ``number`` is its place among the policy's. ``effective`` is the first covered day it speaks of, the last one in
    a termination, the first that is not as before in a change. ``problem`` says why it cannot be built as things
    are; a withdrawn one was overtaken by a later fact before it was built.

    ``interchange_verdict`` is what its TA1 said, ``group_verdict`` what its 999 did, each None while none came;
    ``answer`` is how it stands with both. ``again_of`` is the transmission whose set it is once more.
    """

    transmission: str
    number: int
    policy: str
    household: str
    carrier: str
    kind: TransmissionKind
    effective: date
    end_reason: EndReason | None
    decided_at: datetime
    state: Literal["waiting", "built", "sent", "withdrawn"] = "waiting"
    problem: str = ""
    control_number: int | None = None
    file: str | None = None
    built_at: datetime | None = None
    sent_on: date | None = None
    sent_at: datetime | None = None
    interchange_verdict: Verdict | None = None
    group_verdict: Verdict | None = None
    answer: Answer = "awaited"
    again_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransmissionDecision:
    """What somebody decided about a set that its carrier rejected or never acknowledged, and why.

    ``sent_again`` are the transmissions that were made of it and of what came after it; none where it was left.
    """

    transmission: str
    number: int
    decision: Literal["send-again", "leave"]
    reason: str
    decided_by: str
    decided_at: datetime
    sent_again: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransmissionContent:
    """The bytes of a set as built, so that writing it again writes the same. They name people.

    ``category_names`` is how its carrier spelled the names of reporting categories then.
    """

    transmission: str
    content: Masked
    category_names: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlNumbers:
    """The last control number a carrier was sent; each is used once, in ISA13, GS06 and ST02 alike."""

    carrier: str
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DelinquencyRow:
    """A household's row on a carrier's delinquency list (CAR-3)."""

    carrier: str
    on: date
    list_part: int
    household: str
    policies: tuple[str, ...]
    month: int | None
    of: int | None
    past_due_cents: int
    pay_by: date | None
    claims: Literal["pay", "pend"]
    action: Literal["dunning", "pend-claims", "termination-notice", "terminate", "cancel"]
    effective: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DelinquencyList:
    """A closed part of a carrier's list: whole once its number of rows is there, then made, then written."""

    carrier: str
    on: date
    list_part: int
    rows: int
    closed_at: datetime
    state: Literal["waiting", "built", "written"] = "waiting"
    file: str | None = None
    content: str | None = None
    written_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHead:
    """A `DelinquencyList` without its content, which has everybody on it: what there is to say of it."""

    carrier: str
    on: date
    list_part: int
    rows: int
    closed_at: datetime
    state: Literal["waiting", "built", "written"]
    file: str | None
    written_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundFile:
    """A file a carrier dropped, known by its hash. ``copies`` counts how often the same bytes came again.

    ``state``: stored whole; processed, with a verdict on every record; refused, where nothing of it was
    accepted. ``reasons`` are those against the whole file. ``filed`` tells that it was moved out of the way.
    """

    file: str
    carrier: str
    name: str
    sha256: str
    size_bytes: int
    stored_at: datetime
    state: Literal["stored", "processed", "refused"]
    copies: int
    filed: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundContent:
    """The bytes of a file as they came, in base64. They name people."""

    file: str
    content: Masked


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundInterchange:
    """An interchange number a carrier has used: it is never used again."""

    carrier: str
    control_number: int
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundRecord:
    """One member's record of an inbound file, and what was decided on it (CAR-5).

    ``record`` is its id. ``number`` counts a file's records from 1, ``position`` is the segment it begins with;
    ``effective`` and ``paid_through`` are the first covered and the last paid day it says, ``ends`` the last covered
    one, ``because`` why it ends. *Set apart* is what was accepted and then contradicted what enrollment knows.
    ``waits_since`` is when the set that it is the first record of began to wait for somebody, None where nobody has
    anything to decide about it.
    """

    record: str
    file: str
    number: int
    carrier: str
    position: int
    household: str | None
    policy: str | None
    member: str
    kind: InboundKind | None
    effective: date | None
    paid_through: date | None
    ends: date | None
    because: CarrierReason | None
    outcome: Literal["accepted", "refused", "set-apart"]
    reasons: tuple[Reason, ...]
    waits_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundRecordDecision:
    """What somebody decided about a set of a carrier's that was refused or set apart, and why (CAR-5).

    ``sent`` are the transmissions that were made for it, where its carrier is told again.
    """

    record: str
    number: int
    decision: Literal["resolve", "resend", "ask", "discard"]
    reason: str
    decided_by: str
    decided_at: datetime
    sent: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedAcknowledgement:
    """A TA1 or 999 of an inbound file, and what became of it (CAR-4).

    ``number`` counts a file's acknowledgements from 1, ``position`` is the segment it begins with, ``control_number``
    what it answers (ISA13, GS06) and ``verdict`` what it says, both None where it cannot be read. ``transmission`` is
    the one it answers, also where it is set apart for what it says of it.
    """

    file: str
    number: int
    position: int
    carrier: str
    kind: AcknowledgementKind
    control_number: int | None
    verdict: Verdict | None
    errors: tuple[AcknowledgedError, ...]
    transmission: str | None
    household: str | None
    outcome: Literal["noted", "repeated", "set-apart"]
    reasons: tuple[Reason, ...]
    came_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenAcknowledgement:
    """A TA1 or 999 of ours, whole as it is written, under a number of its own (CAR-5).

    ``file`` and ``position`` say which interchange or group it answers, ``answers`` under which number (ISA13, GS06).
    """

    carrier: str
    control_number: int
    kind: AcknowledgementKind
    file: str
    position: int
    answers: int
    verdict: Verdict
    errors: tuple[AcknowledgedError, ...]
    name: str
    content: str
    made_at: datetime
    state: Literal["built", "written"] = "built"
    written_on: date | None = None
