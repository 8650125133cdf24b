"""What enrollment says has happened: field for field what `bulkhead.contracts.enrollment.v1` carries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from bulkhead.kernel.personal import Masked
from enrollment.domain.carriers import BilledByCarrier
from enrollment.domain.determination import Attested
from enrollment.domain.ends import CancelReason, DecidedBy, EndReason, ReinstatementReason
from enrollment.domain.households import Relation, Tier
from enrollment.domain.months import MemberRate, PremiumMonths, VersionTerms
from enrollment.domain.plans import Because, GoneBecause, Kind

Via: TypeAlias = Literal["web", "phone", "navigator", "paper"]
"""How a selection came in (ENR-11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdRegistered:
    """A household exists and may be billed, paid for and written to."""

    household: str
    contact_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdMerged:
    """A household goes on as another one of the same person: ``into`` (OPS-5)."""

    household: str
    into: str
    correction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeReversed:
    """A household that was merged ``into`` another stands for itself again: ``correction`` takes back ``reverses``."""

    household: str
    into: str
    correction: str
    reverses: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldTobaccoUse:
    """Whether a person uses tobacco, ``yes`` or ``no``, from a day on; without a day, from the beginning."""

    since: date | None
    uses: Masked


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMember:
    """A person of the household, as carriers and letters must name them; and whether they use ``tobacco``, in order of
    days, nothing where no rate may differ by it (ENR-17).
    """

    member: str
    relation: Relation
    name: Masked
    latin_name: Masked
    born: Masked
    ssn: Masked | None
    tobacco: tuple[ToldTobaccoUse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRecorded:
    """Who the household's people are and how to reach them: on the contacts topic only.

    ``subscriber`` is the member who is it as of this version, or was it last where nobody is left: letters are then for
    their ``estate``. The responsible person is who acts for a subscriber until they are ``responsible_until_age``.
    """

    household: str
    contact_version: int
    language: str
    email: Masked | None
    address: Masked | None
    phone: Masked | None
    members: tuple[ContactMember, ...]
    subscriber: str
    estate: bool = False
    responsible_name: Masked | None = None
    responsible_latin_name: Masked | None = None
    responsible_until_age: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTerms:
    """One policy as selected; the four amounts are cents a whole month, ``months`` has every month, ``rates`` what each
    member is of it where its plan is rated by age, in a ``rating_area`` (ENR-17). ``billed_by_carrier`` is the carrier
    that bills for it in place of the exchange (CAR-1).
    """

    policy: str
    plan: str
    carrier: str
    kind: Kind
    effective: date
    coverage_ends: date
    tier: Tier
    gross_cents: int
    aptc_cents: int
    subsidy_cents: int
    net_cents: int
    members: tuple[str, ...]
    months: tuple[PremiumMonths, ...]
    rating_area: int | None = None
    rates: tuple[MemberRate, ...] = ()
    billed_by_carrier: BilledByCarrier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansSelected:
    """A household completed a selection of plans, and transfers in with it from a carrier if one is named (ENR-12)."""

    household: str
    selection: str
    contact_version: int
    selected_on: date
    entered_on: date
    via: Via
    effective: date
    binder_required: bool
    policies: tuple[PolicyTerms, ...]
    transferred_from: str | None = None
    correction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewedPolicy(PolicyTerms):
    """A policy of next year and the one it renews: its plan, its carrier, its net premium a month in the end, and why
    it becomes this one.
    """

    renews: str
    plan_before: str
    carrier_before: str
    net_before_cents: int
    because: Because


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingPolicy:
    """A policy that goes on as none, its last covered day, and why."""

    policy: str
    plan: str
    carrier: str
    coverage_ends: date
    because: GoneBecause


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansRenewed:
    """A household's coverage goes on into the next plan year by itself: it stands at once, without a payment.

    ``ending`` is what of the household goes on as none, so that it hears both at once.
    """

    household: str
    selection: str
    contact_version: int
    renewed_on: date
    plan_year: int
    effective: date
    policies: tuple[RenewedPolicy, ...]
    ending: tuple[EndingPolicy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageNotRenewed:
    """Coverage ends with its plan year, for nothing takes its plan's place: the household must choose for itself.

    Where other coverage of the household goes on with the same act, `PlansRenewed` says it.
    """

    household: str
    contact_version: int
    plan_year: int
    policies: tuple[EndingPolicy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyActivated:
    """A policy's binder is paid, or none was needed: the coverage stands."""

    household: str
    policy: str
    selection: str
    plan: str
    carrier: str
    effective: date
    contact_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCanceled:
    """Coverage that never began is called off.

    ``rolled_to`` is the first day of the same plan, where it was selected anew in its place (ENR-6), ``selected_as``
    the selection that takes the place of one whose dates had been recorded wrong (OPS-5).
    """

    household: str
    policy: str
    selection: str
    plan: str
    carrier: str
    effective: date
    reason: CancelReason
    contact_version: int
    decided_by: DecidedBy
    decision: str
    rolled_to: date | None = None
    selected_as: str | None = None
    correction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTerminated:
    """Coverage ends; ``through`` is the last covered day, ``months`` what of it is covered in part."""

    household: str
    policy: str
    plan: str
    carrier: str
    effective: date
    through: date
    reason: EndReason
    months: tuple[PremiumMonths, ...]
    contact_version: int
    decided_by: DecidedBy
    decision: str
    correction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEndAsked:
    """Coverage that ended for non-payment is to end with ``through`` where it stands again (INV-7).

    ``months`` are what of it is covered in part then.
    """

    household: str
    policy: str
    plan: str
    carrier: str
    effective: date
    through: date
    reason: EndReason
    months: tuple[PremiumMonths, ...]
    decision: str
    correction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReinstated:
    """A canceled or terminated policy stands again, without a gap, as if it had not ended.

    ``undoes`` is the decision that no longer stands. ``versions`` has what counts from the last day on that was
    covered, ``months`` every month from that day's on.
    ``begins_later`` is whether it does not stand yet, and is selected again: `PolicyActivated` follows once its binder
    is paid, or the carrier that bills for it has put it into force (CAR-1).
    """

    household: str
    policy: str
    selection: str
    plan: str
    carrier: str
    effective: date
    coverage_ends: date
    reason: ReinstatementReason
    versions: tuple[VersionTerms, ...]
    months: tuple[PremiumMonths, ...]
    contact_version: int
    decided_by: DecidedBy
    decision: str
    undoes: str
    correction: str | None = None
    begins_later: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildrenAgeOut:
    """Children of a household will be too old to be covered with it: ``through`` is their last covered day.

    They may select for themselves between the two days, both included; None where the pack has no such event.
    """

    household: str
    contact_version: int
    members: tuple[str, ...]
    age_limit: int
    through: date
    select_from: date | None
    select_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicaidBegun:
    """Medicaid covers members of a household from a day on; ``plans_through`` is their last day in its plans."""

    household: str
    contact_version: int
    members: tuple[str, ...]
    program: str
    begins: date
    plans_through: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicaidEnded:
    """Medicaid covers members of a household through a day; they may select plans between two days, both included.

    These are None where the pack has no such event.
    """

    household: str
    contact_version: int
    members: tuple[str, ...]
    program: str
    through: date
    select_from: date | None
    select_until: date | None


ChangeKind: TypeAlias = Literal["assistance", "members", "address", "rates"]
"""What of a policy changed (ENR-13)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChanged:
    """A policy costs something else, or covers others, since a day, past or to come.

    ``versions`` are all that count from that day on, each with its subscriber first among its members; ``months`` are
    every month from that day's on.
    """

    household: str
    policy: str
    selection: str
    plan: str
    carrier: str
    effective: date
    since: date
    changed: ChangeKind
    versions: tuple[VersionTerms, ...]
    months: tuple[PremiumMonths, ...]
    contact_version: int
    decided_by: DecidedBy
    decision: str
    correction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationWanted:
    """Documents are wanted by a day: of what the hub contradicts, of all that was attested where it never answered.

    ``decision`` names the request: another one may have the same last day. ``ends_coverage`` is whether coverage ends
    where that is not shown.
    """

    household: str
    contact_version: int
    wanted: tuple[Attested, ...]
    until: date
    reminder: bool
    decision: str
    ends_coverage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationDecided:
    """A household's eligibility is verified, or nobody confirmed it in time.

    ``changes_on`` is the first of the month from which it has other assistance for that, None where it keeps what it
    has; the two amounts are cents a month from then on. ``decision`` names it.

    ``covered_through`` is the last covered day of who may not enroll any more, None where nobody is covered or coverage
    goes on. ``may_enroll`` is what changed about that, ``covered`` whether anybody is covered now or later.
    """

    household: str
    contact_version: int
    verification: Literal["verified", "failed"]
    changes_on: date | None
    aptc_cents: int
    subsidy_cents: int
    decision: str
    covered_through: date | None = None
    may_enroll: Literal["no-longer", "again"] | None = None
    covered: bool = True


CarrierWordKind: TypeAlias = Literal["cancellation", "termination", "reinstatement"]
CarrierOutcome: TypeAlias = Literal["taken-up", "already-so", "set-apart"]
"""What becomes of what a carrier says by itself: it is so here too, was so before, or waits for somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierRecordDecided:
    """What became of a carrier's word on a policy, which a ``record`` of its file has; ``says`` is why, by ``rule``."""

    household: str
    policy: str
    record: str
    kind: CarrierWordKind
    through: date | None
    outcome: CarrierOutcome
    rule: str
    says: str


PolicyEvent: TypeAlias = (
    PolicyActivated | PolicyCanceled | PolicyTerminated | PolicyEndAsked | PolicyReinstated
)
