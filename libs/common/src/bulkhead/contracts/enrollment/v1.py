"""What enrollment says, version 1."""

from __future__ import annotations

from datetime import date
from typing import Literal

from bulkhead.contracts.wire import Wire
from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.personal import Masked


class HouseholdRegistered(Wire, frozen=True):
    """A household exists and may be billed, paid for and written to."""

    household: str
    contact_version: int


class HouseholdMerged(Wire, frozen=True):
    """A household goes on as another one of the same person, ``into``, by a ``correction`` (OPS-5).

    It covers nobody from then on, and is not selected for. Its policies stay its own.
    """

    household: str
    into: str
    correction: str


class MergeReversed(Wire, frozen=True):
    """A household that was merged ``into`` another stands for itself again: ``correction`` takes back ``reverses``."""

    household: str
    into: str
    correction: str
    reverses: str


class TobaccoUse(Wire, frozen=True):
    """Whether a person uses tobacco, ``yes`` or ``no``, from a day on; without a day, from the beginning."""

    since: date | None
    uses: Masked


class ContactMember(Wire, frozen=True):
    """A person of the household, as carriers and letters must name them.

    ``name`` is kept as written; ``latin_name`` is its form for files that can carry nothing else (ENR-16).
    ``tobacco`` is whether they use it, in order of days, and empty where no rate may differ by it (ENR-17): for
    carriers alone, who else reads contacts keeps nothing of it.
    """

    member: str
    relation: Literal["self", "spouse", "child"]
    name: Masked
    latin_name: Masked
    born: Masked
    ssn: Masked | None = None
    tobacco: tuple[TobaccoUse, ...] = ()


class ContactRecorded(Wire, frozen=True):
    """Who the household's people are and how to reach them. On the contacts topic only, with each text
    about a person sealed.

    ``subscriber`` is the member who is it as of this version, or was it last where nobody is left: letters are then for
    their ``estate``. The responsible person is who acts for a subscriber who is not of age, which is until they are
    ``responsible_until_age``, in years.
    """

    household: str
    contact_version: int
    language: str
    email: Masked | None
    address: Masked | None
    phone: Masked | None
    members: tuple[ContactMember, ...]
    subscriber: str
    estate: bool
    responsible_name: Masked | None = None
    responsible_latin_name: Masked | None = None
    responsible_until_age: int | None = None


class ContactKeySet(Wire, frozen=True):
    """By which key what is said on the contacts topic about a household's people is sealed from now on, its ``number``:
    ``sealed`` is that key, in base64, sealed under the key of the ring called ``key``. Both None: it is forgotten.

    On its own topic, which keeps the latest word about each household alone.
    """

    household: str
    number: int
    key: str | None
    sealed: str | None


class PremiumMonths(Wire, frozen=True):
    """What a policy costs in a run of months, ``first`` to ``last``, both included: a version of it.

    Amounts are cents for each of these months, as they are charged: a month covered in part is a run of its
    own and has its share of days (INV-18). ``net_cents`` is gross less both kinds of assistance.
    """

    first: CoverageMonth
    last: CoverageMonth
    members: tuple[str, ...]
    gross_cents: int
    aptc_cents: int
    subsidy_cents: int
    net_cents: int


class MemberRate(Wire, frozen=True):
    """What a member is of a gross premium a month, cents, where the plan is rated by age (ENR-17)."""

    member: str
    cents: int


class VersionTerms(Wire, frozen=True):
    """Whom a policy covers, the subscriber first, and what a whole month of it costs, cents, since a day and until the
    next version's. ``rates`` are what each of them is of the gross premium, in a ``rating_area``, where the plan is
    rated by age (ENR-17).
    """

    since: date
    members: tuple[str, ...]
    gross_cents: int
    aptc_cents: int
    subsidy_cents: int
    net_cents: int
    rating_area: int | None = None
    rates: tuple[MemberRate, ...] = ()


class BilledByCarrier(Wire, frozen=True):
    """The carrier that bills for a policy in place of the exchange, as its members know and reach it (CAR-1)."""

    name: str
    phone: str


class PolicyTerms(Wire, frozen=True, kw_only=True):
    """One policy as selected: plan, carrier, first day, who is covered, and what it costs.

    The four amounts are cents for a whole month; ``months`` has every month from the first to the last. ``rates`` are
    what each member is of the gross premium, in a ``rating_area``, where the plan is rated by age (ENR-17).
    ``billed_by_carrier`` is the carrier to which its premium is paid, null where that is the exchange (CAR-1).
    """

    policy: str
    plan: str
    carrier: str
    kind: Literal["medical", "dental"]
    effective: date
    coverage_ends: date
    tier: Literal["single", "couple", "parent", "family"]
    gross_cents: int
    aptc_cents: int
    subsidy_cents: int
    net_cents: int
    members: tuple[str, ...]
    months: tuple[PremiumMonths, ...]
    rating_area: int | None = None
    rates: tuple[MemberRate, ...] = ()
    billed_by_carrier: BilledByCarrier | None = None


class PlansSelected(Wire, frozen=True):
    """A household completed a selection of plans.

    ``selected_on`` is the date the rules count (paper: received), ``entered_on`` the date it was typed
    in. ``binder_required`` is False where the whole first premium is 0 (ENR-7), and where coverage that lasts
    to the end of the year is renewed by hand (ENR-5). ``transferred_from`` is the carrier with which the household was
    enrolled directly, at full cost, until its first day here (ENR-12).
    """

    household: str
    selection: str
    contact_version: int
    selected_on: date
    entered_on: date
    via: Literal["web", "phone", "navigator", "paper"]
    effective: date
    binder_required: bool
    policies: tuple[PolicyTerms, ...]
    transferred_from: str | None = None
    correction: str | None = None


class RenewedPolicy(PolicyTerms, frozen=True):
    """One policy of the next plan year, and the one that it renews: its plan, its carrier, its net premium in the end.

    ``net_before_cents`` is cents for a whole month. ``because`` says why the one before becomes this one: it is sold
    again, perhaps under another name, it is not, or its carrier sells nothing any more.
    """

    renews: str
    plan_before: str
    carrier_before: str
    net_before_cents: int
    because: Literal["same-plan", "discontinued", "carrier-leaving"]


class EndingPolicy(Wire, frozen=True):
    """A policy that goes on as none in the next plan year, its last covered day, and why."""

    policy: str
    plan: str
    carrier: str
    coverage_ends: date
    because: Literal["discontinued", "carrier-leaving"]


class PlansRenewed(Wire, frozen=True):
    """A household's coverage goes on into the next plan year by itself (ENR-14).

    It stands from then on, without a payment: no `PolicyActivated` follows (ENR-5). ``selection`` is the act's id, as
    that of a selection is. ``ending`` is what of the household goes on as none: no `CoverageNotRenewed` tells of that.
    """

    household: str
    selection: str
    contact_version: int
    renewed_on: date
    plan_year: int
    effective: date
    policies: tuple[RenewedPolicy, ...]
    ending: tuple[EndingPolicy, ...] = ()


class CoverageNotRenewed(Wire, frozen=True):
    """Coverage of a household ends with its plan year, for nothing takes its plan's place (ENR-14).

    It must choose for itself to be covered in ``plan_year``.
    """

    household: str
    contact_version: int
    plan_year: int
    policies: tuple[EndingPolicy, ...]


DecidedBy = Literal["enrollment", "invoicing"]
"""Who decided what is carried out here: the decider passes the echo of its own decision over."""


class PolicyActivated(Wire, frozen=True):
    """A policy's binder is paid, or none was needed: the coverage stands."""

    household: str
    policy: str
    selection: str
    plan: str
    carrier: str
    effective: date
    contact_version: int


class PolicyCanceled(Wire, frozen=True):
    """Coverage that never began is called off. ``decision`` names what is carried out, of ``decided_by``.

    ``rolled_to`` is the first day of the same plan, where it was selected anew in its place (ENR-6).
    ``correction`` is the one that brings it about, if any does (OPS-5), ``selected_as`` the selection that it puts in
    the place of this one, whose dates had been recorded wrong: what paid this one's binder pays that one's.
    """

    household: str
    policy: str
    selection: str
    plan: str
    carrier: str
    effective: date
    reason: Literal[
        "non-payment", "requested", "age", "medicaid", "ineligible", "error", "prior-year-ended", "carrier"
    ]
    contact_version: int
    decided_by: DecidedBy
    decision: str
    rolled_to: date | None = None
    selected_as: str | None = None
    correction: str | None = None


class PolicyTerminated(Wire, frozen=True):
    """Coverage ends; ``through`` is the last covered day.

    ``months`` has the months whose amounts the end changes: the last one where it is covered in part.
    ``correction`` is the one that brings it about, if any does (OPS-5).
    """

    household: str
    policy: str
    plan: str
    carrier: str
    effective: date
    through: date
    reason: Literal["non-payment", "requested", "death", "age", "medicaid", "ineligible", "error", "carrier"]
    months: tuple[PremiumMonths, ...]
    contact_version: int
    decided_by: DecidedBy
    decision: str
    correction: str | None = None


class PolicyEndAsked(Wire, frozen=True):
    """Coverage that ended for non-payment is to end later by enrollment's own decision, which counts if it stands again
    (INV-7): ``through`` is the last covered day then.

    ``months`` has the months whose amounts that end changes: the last one where it is covered in part. An end that
    counts is a `PolicyTerminated`.
    ``correction`` is the one that brings it about, if any does (OPS-5).
    """

    household: str
    policy: str
    plan: str
    carrier: str
    effective: date
    through: date
    reason: Literal["requested", "death", "age", "medicaid", "ineligible", "error", "carrier"]
    months: tuple[PremiumMonths, ...]
    decision: str
    correction: str | None = None


class PolicyChanged(Wire, frozen=True):
    """A policy costs something else, or covers others, since a day, past or to come (ENR-13).

    ``versions`` are all that count from that day on, the first of them since it, each with its subscriber first among
    its members; ``months`` every month from that day's on, as it is charged. ``effective`` is the policy's first
    day, as ever.
    ``correction`` is the one that brings it about, if any does (OPS-5).
    """

    household: str
    policy: str
    selection: str
    plan: str
    carrier: str
    effective: date
    since: date
    changed: Literal["assistance", "members", "address", "rates"]
    versions: tuple[VersionTerms, ...]
    months: tuple[PremiumMonths, ...]
    contact_version: int
    decided_by: DecidedBy
    decision: str
    correction: str | None = None


class ChildrenAgeOut(Wire, frozen=True):
    """Children of a household will be too old to be covered with it; ``through`` is their last covered day (ENR-13).

    They may select plans for themselves from ``select_from`` to ``select_until``, both included: they lose coverage.
    """

    household: str
    contact_version: int
    members: tuple[str, ...]
    age_limit: int
    through: date
    select_from: date | None
    select_until: date | None


class MedicaidBegun(Wire, frozen=True):
    """Members of a household are covered by Medicaid from ``begins`` on, without a premium (ENR-4).

    ``plans_through`` is the last day on which the household's plans cover them. What that makes of its policies is told
    of these.
    """

    household: str
    contact_version: int
    members: tuple[str, ...]
    program: str
    begins: date
    plans_through: date


class MedicaidEnded(Wire, frozen=True):
    """Medicaid covers members of a household through a last day (ENR-4).

    They may select plans from ``select_from`` to ``select_until``, both included.
    """

    household: str
    contact_version: int
    members: tuple[str, ...]
    program: str
    through: date
    select_from: date | None
    select_until: date | None


class PolicyReinstated(Wire, frozen=True):
    """A canceled or terminated policy stands again, without a gap, as if it had not ended.

    ``undoes`` names the decision that no longer stands, ``coverage_ends`` the last day covered now. ``versions``
    has what counts from the last day on that was covered, ``months`` every month from that day's on (of a canceled
    policy: from its first).
    ``correction`` is the one that brings it about, if any does (OPS-5).
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
    reason: Literal["postmark", "error", "asked"]
    versions: tuple[VersionTerms, ...]
    months: tuple[PremiumMonths, ...]
    contact_version: int
    decided_by: DecidedBy
    decision: str
    undoes: str
    correction: str | None = None
    begins_later: bool = False


class VerificationWanted(Wire, frozen=True):
    """Documents are wanted by a day, ``until``: of what the federal hub contradicts, and where it never answered of all
    that the household attested (ENR-10). A ``reminder`` repeats it before the end. ``decision`` names the request,
    and ``ends_coverage`` is whether coverage ends where that is not shown.
    """

    household: str
    contact_version: int
    wanted: tuple[Literal["income", "citizenship", "incarceration", "medicaid"], ...]
    until: date
    reminder: bool
    decision: str
    ends_coverage: bool = False


class VerificationDecided(Wire, frozen=True):
    """A household's eligibility is verified, or nobody confirmed it in time; that may follow one another (ENR-10).

    ``changes_on`` is the first of the month from which it has other assistance for that, None where it keeps what it
    has; the two amounts are cents a month from then on. ``covered_through`` is the last covered day of who may not
    enroll any more, None where nobody is covered or coverage goes on. ``may_enroll`` is what changed about that, None
    where nothing did, ``covered`` whether anybody is covered now or later. What it makes of policies is said as
    `PolicyChanged`, `PolicyTerminated` and `PolicyCanceled`. ``decision`` names it.
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


class CarrierRecordDecided(Wire, frozen=True):
    """What became of a carrier's word that it ended coverage by itself, or reinstated it (CAR-5).

    ``record`` names the record of its file, ``kind`` and ``through`` what that says. *Taken up* is so here from now on,
    told as for any end; *already so* changed nothing; *set apart* is not so here, ``says`` tells why, by ``rule``.
    """

    household: str
    policy: str
    record: str
    kind: Literal["cancellation", "termination", "reinstatement"]
    through: date | None
    outcome: Literal["taken-up", "already-so", "set-apart"]
    rule: str
    says: str
