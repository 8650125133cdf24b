"""A notice: what there is to say, to whom, how far it has come. One row a notice, once each (NOT-1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import BulkheadError
from bulkhead.kernel.ids import derived_id
from notifications.domain.autopay import AutopayBegunFacts, AutopayEndedFacts, DeclineFacts
from notifications.domain.contacts import Contact, way_of_sending
from notifications.domain.coverage import BilledByCarrier, Policy, ToldChange
from notifications.domain.deadlines import DeadlineMovedBackFacts, DeadlineMovedFacts, MaintenanceFacts

NoticeType: TypeAlias = Literal[
    "invoice",
    "invoice-voided",
    "receipt",
    "payment-returned",
    "payment-moved",
    "deadline-moved",
    "deadline-moved-back",
    "maintenance",
    "autopay-begun",
    "autopay-ended",
    "autopay-declined",
    "coverage-begun",
    "coverage-ended",
    "coverage-canceled",
    "coverage-reinstated",
    "renewal",
    "child-too-old",
    "medicaid-begun",
    "medicaid-ended",
    "verification-wanted",
    "verification-decided",
]
NoticeState: TypeAlias = Literal["waiting", "queued", "sending", "stuck", "sent", "withdrawn"]
NoticeStep: TypeAlias = Literal["ready", "claimed", "returned", "failed", "sent", "bounced", "withdrawn"]
Missing: TypeAlias = Literal["contact", "policy", "earlier"]
By: TypeAlias = Literal["email", "paper"]
GoesOnBecause: TypeAlias = Literal["same-plan", "discontinued", "carrier-leaving"]
"""Why a plan goes on as the one it does: it is sold again, perhaps under another name, it is not, or its carrier sells
nothing any more."""
GoneBecause: TypeAlias = Literal["discontinued", "carrier-leaving"]
"""Why a plan goes on as none."""

NOTICE_TYPES: tuple[NoticeType, ...] = (
    "invoice",
    "invoice-voided",
    "receipt",
    "payment-returned",
    "payment-moved",
    "deadline-moved",
    "deadline-moved-back",
    "maintenance",
    "autopay-begun",
    "autopay-ended",
    "autopay-declined",
    "coverage-begun",
    "coverage-ended",
    "coverage-canceled",
    "coverage-reinstated",
    "renewal",
    "child-too-old",
    "medicaid-begun",
    "medicaid-ended",
    "verification-wanted",
    "verification-decided",
)

NOTICE_OF_CHANGE: Mapping[ToldChange, NoticeType] = {
    "activated": "coverage-begun",
    "terminated": "coverage-ended",
    "canceled": "coverage-canceled",
    "reinstated": "coverage-reinstated",
}

STEPS: Mapping[tuple[NoticeState, NoticeStep], NoticeState] = {
    ("waiting", "ready"): "queued",
    ("queued", "claimed"): "sending",
    ("sending", "claimed"): "sending",
    ("sending", "returned"): "queued",
    ("sending", "failed"): "stuck",
    ("sending", "sent"): "sent",
    ("stuck", "claimed"): "sending",
    ("queued", "bounced"): "queued",
    ("sending", "bounced"): "queued",
    ("stuck", "bounced"): "queued",
    ("sent", "bounced"): "queued",
    ("waiting", "withdrawn"): "withdrawn",
    ("queued", "withdrawn"): "withdrawn",
    ("stuck", "withdrawn"): "withdrawn",
}
"""How a notice goes on: ``returned`` by what is away or busy, ``failed`` for a fault of ours, ``bounced`` as its e-mail
came back, which may be before it was recorded that it left, ``withdrawn`` as what it tells is not so any more. A pair
that is not here is a bug and raises `OutOfStep`."""

TO_SEND: tuple[NoticeState, ...] = ("queued", "sending", "stuck")
"""The states of what is still to be sent and waits for nothing."""


OUTDATED = "what it tells is not so any more, or was told since"
NO_NEWS = "what it tells is as it was"
FORGOTTEN = "its household was forgotten: nobody knows any more how it is reached"
"""Why a notice is withdrawn, in fixed words: as it is about to be sent, from the beginning, and for want of a contact
that never comes (ADR 0075).
"""

TURNED = "it goes another way, as its household is reached now"
"""Why a notice is taken back from a sender that stopped with it in hand."""


class OutOfStep(BulkheadError):
    """A notice was to take a step that its state does not have: a bug, not somebody's data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One policy's premium of one month, as an invoice shows it first. Cents."""

    policy: str
    month: CoverageMonth
    net_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceFacts:
    """What an invoice says, as issued (INV-3, INV-4). Amounts are cents.

    ``total_cents`` is all that is now to be paid; of an initial one the first premium itself, of which
    ``received_cents`` were here already. ``number`` orders a household's invoices; ``selection`` is the binder
    of an initial one. ``stands_again``: it was told to be void, and is not (OPS-5).
    """

    invoice: str
    number: int
    selection: str | None
    kind: Literal["initial", "monthly"]
    dated: date
    due: date
    on_time_until: date
    charges: tuple[InvoiceLine, ...]
    adjustments_cents: int
    unpaid_before_cents: int
    held_cents: int
    credit_cents: int
    total_cents: int
    received_cents: int
    stands_again: bool = False

    @property
    def here_cents(self) -> int:
        """Money that was there when the invoice was made and lowers what is to be paid."""
        return self.received_cents if self.kind == "initial" else self.held_cents + self.credit_cents

    @property
    def to_pay_cents(self) -> int:
        """What was still to be paid when the invoice was made (INV-1, INV-3)."""
        return max(0, self.total_cents - self.received_cents)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidFacts:
    """An invoice that is void, as it was issued and since when nothing is to be paid on it (OPS-5). Cents.

    ``selection`` is the binder of an initial one.
    """

    invoice: str
    kind: Literal["initial", "monthly"]
    selection: str | None
    dated: date
    total_cents: int
    voided_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFacts:
    """A payment, as received. ``selection`` or ``invoice`` is what its payer named it for (INV-5)."""

    payment: str
    cents: int
    method: Literal["card", "bank", "check", "cash", "phone"]
    received_on: date
    selection: str | None
    invoice: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageFacts:
    """A change of one policy's coverage.

    ``through`` is the last covered day of one that has an end, ``instead_of`` the one told before, ``rolled_to`` the
    first day of the same plan where it was selected anew in the place of one called off, ``transferred_from`` the
    carrier with which the household was enrolled directly before it, ``direct_until`` the last day of that (ENR-12),
    ``billed_by_carrier`` whom its premium is paid to where that is not the exchange (CAR-1).
    """

    policy: str
    plan: str
    carrier: str
    effective: date
    through: date | None = None
    instead_of: date | None = None
    reason: str | None = None
    rolled_to: date | None = None
    transferred_from: str | None = None
    billed_by_carrier: BilledByCarrier | None = None

    @property
    def direct_until(self) -> date:
        """The day before the first covered one."""
        return self.effective - timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewedPlan:
    """A plan that goes on, as what and why as that, and what each costs a month: cents. ``billed_by_carrier`` is whom
    it is paid to from then on where that is not the exchange (CAR-1).
    """

    plan: str
    carrier: str
    net_cents: int
    plan_before: str
    carrier_before: str
    net_before_cents: int
    because: GoesOnBecause
    billed_by_carrier: BilledByCarrier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingPlan:
    """A plan that ends with its plan year, and nothing takes its place; and why."""

    plan: str
    carrier: str
    through: date
    because: GoneBecause


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalFacts:
    """What goes on into the next plan year by itself, and what does not (ENR-14): at least one of the two.

    It is all that is known of the household's plans then; of others it says nothing.
    """

    plan_year: int
    plans: tuple[RenewedPlan, ...] = ()
    ending: tuple[EndingPlan, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeOutFacts:
    """How many children will be too old to be covered with the household, from what age and after which last day; and
    the days in which they may select for themselves (ENR-13): None where no event lets them.
    """

    children: int
    age_limit: int
    through: date
    select_from: date | None
    select_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicaidFacts:
    """How many people Medicaid covers from a day on, and through when plans do; or through when it covers them, and the
    days in which they may select plans after that (ENR-4).
    """

    people: int
    program: str
    begins: date | None = None
    plans_through: date | None = None
    through: date | None = None
    select_from: date | None = None
    select_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnFacts:
    """A payment that went back, as received, and why it did (PAY-5)."""

    payment: str
    cents: int
    method: Literal["card", "bank", "check", "cash", "phone"]
    received_on: date
    returned_on: date
    kind: Literal["nsf", "closed-account", "chargeback", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedFacts:
    """Which documents are wanted and by when; a ``reminder`` repeats it (ENR-10).

    ``ends_coverage`` is whether coverage ends where that is not shown.
    """

    wanted: tuple[Literal["income", "citizenship", "incarceration", "medicaid"], ...]
    until: date
    reminder: bool
    ends_coverage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedFacts:
    """What became of a household's verification, and the assistance it has from then on: cents a month.

    ``changes_on`` is the first of the month from which that is other than before, None where it stays,
    ``covered_through`` the last covered day where coverage ends for it, ``may_enroll`` what changed about that, and
    ``covered`` whether anybody is covered now or later (ENR-10).
    """

    verification: Literal["verified", "failed"]
    changes_on: date | None
    aptc_cents: int
    subsidy_cents: int
    covered_through: date | None = None
    may_enroll: Literal["no-longer", "again"] | None = None
    covered: bool = True

    @property
    def assistance_cents(self) -> int:
        """Both kinds of assistance together."""
        return self.aptc_cents + self.subsidy_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveFacts:
    """Money of a payment that is another household's, as received, and when it was moved there (PAY-11)."""

    payment: str
    cents: int
    method: Literal["card", "bank", "check", "cash", "phone"]
    received_on: date
    moved_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFacts:
    """What a notice is about: exactly one of these, as it was when it happened."""

    invoice: InvoiceFacts | None = None
    voided: VoidFacts | None = None
    payment: PaymentFacts | None = None
    returned: ReturnFacts | None = None
    moved: MoveFacts | None = None
    deadline: DeadlineMovedFacts | None = None
    deadline_back: DeadlineMovedBackFacts | None = None
    maintenance: MaintenanceFacts | None = None
    autopay_begun: AutopayBegunFacts | None = None
    autopay_ended: AutopayEndedFacts | None = None
    declined: DeclineFacts | None = None
    coverage: CoverageFacts | None = None
    renewal: RenewalFacts | None = None
    age_out: AgeOutFacts | None = None
    medicaid: MedicaidFacts | None = None
    wanted: WantedFacts | None = None
    decided: DecidedFacts | None = None

    @property
    def policies(self) -> frozenset[str]:
        """The policies the notice must name and that come from another topic than its fact."""
        return (
            frozenset() if self.invoice is None else frozenset(line.policy for line in self.invoice.charges)
        )

    @property
    def of_invoice(self) -> str | None:
        """The invoice that the notice asks for, or says is void."""
        if self.invoice is not None:
            return self.invoice.invoice
        return None if self.voided is None else self.voided.invoice

    @property
    def deadlines(self) -> tuple[date, ...]:
        """The last days of which the notice says where they are now."""
        told = self.deadline or self.deadline_back
        return () if told is None else told.cutoffs


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeNumbers:
    """The last number a household's notices have: order never comes from a clock."""

    household: str
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice and how far it has come.

    ``about`` is what it is about: with the type it makes the notice one, whatever is told again. ``number``
    orders the notices of a household, from 1; ``occurred_at`` is when what it tells happened. ``waits_for``
    says what is missing while it waits. ``claimed_by`` is the sender that has it while it is ``sending``, and
    until when no other may take it. ``problem`` is why the last attempt did not work, in fixed words. Of what
    was sent, ``says`` keeps the text without address and greeting: no personal data.
    """

    notice: str
    type: NoticeType
    about: str
    household: str
    number: int
    occurred_at: datetime
    facts: NoticeFacts
    contact_version: int
    state: NoticeState
    waits_for: Missing | None
    by: By | None
    created_at: datetime
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    attempts: int = 0
    problem: str | None = None
    email_refused_on: date | None = None
    sent_on: date | None = None
    language: str | None = None
    wording: str | None = None
    doors: tuple[str, ...] = ()
    subject: str | None = None
    says: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeHead:
    """A `Notice` without what it says, and without what only senders need: what became of it."""

    notice: str
    type: NoticeType
    about: str
    household: str
    number: int
    facts: NoticeFacts
    state: NoticeState
    waits_for: Missing | None
    by: By | None
    created_at: datetime
    problem: str | None
    email_refused_on: date | None
    sent_on: date | None
    language: str | None
    wording: str | None

    @property
    def was_ever_due(self) -> bool:
        """Whether it was to be sent at any time: not where its household knew what it tells."""
        return self.problem != NO_NEWS


def new_notice(
    *,
    notice_type: NoticeType,
    about: str,
    household: str,
    occurred_at: datetime,
    facts: NoticeFacts,
    contact_version: int,
    created_at: datetime,
) -> Notice:
    """Return a notice that waits, under the id its type and subject always have (NOT-1: once each).

    It gets its number when it is kept.
    """
    return Notice(
        notice=derived_id("notice", notice_type, about),
        type=notice_type,
        about=about,
        household=household,
        number=0,
        occurred_at=occurred_at,
        facts=facts,
        contact_version=contact_version,
        state="waiting",
        waits_for="contact",
        by=None,
        created_at=created_at,
    )


def missing(
    notice: Notice, *, contact: Contact | None, policies: Mapping[str, Policy]
) -> Literal["contact", "policy"] | None:
    """Return what a notice still waits for, None for nothing: topics of other owners may be behind.

    It needs the policies it names, and a contact at least as new as the one they and its own fact need.
    """
    named = [policies.get(policy) for policy in notice.facts.policies]
    known = [policy for policy in named if policy is not None]
    if len(known) < len(named):
        return "policy"
    needed = max([notice.contact_version, *(policy.contact_version for policy in known)])
    return None if contact is not None and contact.contact_version >= needed else "contact"


def looked_at(
    notice: Notice,
    *,
    contact: Contact | None,
    policies: Mapping[str, Policy],
    on_paper: Collection[NoticeType] = (),
) -> Notice:
    """Return a waiting notice queued by e-mail or paper if it waits for nothing any more, else waiting for what is
    missing (NOT-1). Those ``on_paper`` go so, whatever is chosen, where there is an address to send them to.
    """
    waits_for = missing(notice, contact=contact, policies=policies)
    if contact is None or waits_for is not None:
        return replace(notice, waits_for=waits_for)
    stays = notice.type in on_paper and contact.address is not None
    by = "paper" if stays else way_of_sending(contact)
    return replace(notice, state=stepped(notice, "ready"), waits_for=None, by=by)


def looked_at_in_order(
    waiting: Iterable[Notice],
    *,
    contact: Contact | None,
    policies: Mapping[str, Policy],
    on_paper: Collection[NoticeType] = (),
) -> list[Notice]:
    """Return a household's waiting notices as they are now, in the order of what they tell.

    One that still waits, for whatever it is, holds back those after it (NOT-1).
    """
    looked: list[Notice] = []
    for notice in sorted(waiting, key=lambda each: each.number):
        if looked and looked[-1].state == "waiting":
            looked.append(replace(notice, waits_for="earlier"))
        else:
            looked.append(looked_at(notice, contact=contact, policies=policies, on_paper=on_paper))
    return looked


def stepped(notice: Notice, step: NoticeStep) -> NoticeState:
    """Return the state after a step; raises `OutOfStep` for one the state does not have."""
    state = STEPS.get((notice.state, step))
    if state is None:
        raise OutOfStep(f"a {notice.state} notice cannot be {step}")
    return state


def may_be_withdrawn(notice: Notice) -> bool:
    """Whether a notice has not gone out, and no sender has it."""
    return (notice.state, "withdrawn") in STEPS


def withdrawn(notice: Notice) -> Notice:
    """Return a notice that is not sent, for what it tells is not so any more."""
    return replace(notice, state=stepped(notice, "withdrawn"), waits_for=None)


def no_news(notice: Notice) -> Notice:
    """Return a notice that never leaves, for its household knows what it tells."""
    return replace(withdrawn(notice), problem=NO_NEWS)


def outdated_one(notice: Notice) -> Notice:
    """Return a notice that does not leave any more, taken back from a sender that stopped with it in hand."""
    return _taken_back(notice, because=OUTDATED)


def forgotten_one(notice: Notice) -> Notice:
    """Return a notice of a household that was forgotten, taken back from a sender that stopped with it in hand."""
    return _taken_back(notice, because=FORGOTTEN)


def _taken_back(notice: Notice, *, because: str) -> Notice:
    idle = returned(notice, problem=because, attempts=0) if notice.state == "sending" else notice
    return replace(withdrawn(idle), problem=because)


def may_be_claimed(notice: Notice, *, by: By, sender: str, now: datetime) -> bool:
    """Whether a sender may take a notice: it is queued or stuck, or was being sent by this very sender before
    it stopped, or by another whose time with it is over."""
    if notice.by != by or notice.state not in TO_SEND:
        return False
    over = notice.claimed_until is None or notice.claimed_until <= now
    return notice.state != "sending" or notice.claimed_by == sender or over


def next_to_send(
    notices: Iterable[Notice], *, by: By, sender: str, now: datetime, resting: Collection[str] = ()
) -> list[Notice]:
    """Return those of a household's notices that a sender may take now, in the order of what they tell.

    One that has to rest, or that another sender has, holds back those after it that go the same way; one that
    is stuck for a fault of ours holds back none (NOT-1). Notices that wait are not among them, and nothing
    that is queued stands behind one that waits.
    """
    found: list[Notice] = []
    for notice in sorted(notices, key=lambda each: each.number):
        if notice.by != by:
            continue
        if notice.notice not in resting and may_be_claimed(notice, by=by, sender=sender, now=now):
            found.append(notice)
        elif notice.state != "stuck":
            break
    return found


def claimed(notice: Notice, *, sender: str, until: datetime) -> Notice:
    """Return the notice in the hands of a sender until that instant."""
    return replace(notice, state=stepped(notice, "claimed"), claimed_by=sender, claimed_until=until)


def returned(
    notice: Notice, *, problem: str, attempts: int, step: Literal["returned", "failed"] = "returned"
) -> Notice:
    """Return the notice to go the same way later, after so many more attempts: queued, or stuck where it
    ``failed``."""
    return replace(
        notice,
        state=stepped(notice, step),
        claimed_by=None,
        claimed_until=None,
        problem=problem,
        attempts=notice.attempts + attempts,
    )


def turned(notice: Notice, *, by: By | None) -> Notice:
    """Return a notice that is to leave another way, taken back from a sender that stopped with it in hand (NOT-1)."""
    idle = returned(notice, problem=TURNED, attempts=0) if notice.state == "sending" else notice
    return replace(idle, by=by)


def turned_to_paper(notice: Notice, *, on: date) -> Notice:
    """Return the notice queued to go on paper, its e-mail refused for good on that day (NOT-4)."""
    again = returned(notice, problem="the e-mail was refused, or its address cannot be used", attempts=1)
    return replace(again, by="paper", email_refused_on=on)


def went_by_email(notice: Notice) -> bool:
    """Whether the e-mail of a notice left, or may have, and nothing else has."""
    return notice.by == "email" and (notice.state, "bounced") in STEPS


def was_mailed(notice: Notice) -> bool:
    """Whether the e-mail of a notice may have left at any time, whatever followed it."""
    return notice.email_refused_on is not None or went_by_email(notice)


def came_back(notice: Notice, *, on: date) -> Notice:
    """Return the notice queued to go on paper, its e-mail known on that day not to have arrived (NOT-4)."""
    return replace(
        notice,
        state=stepped(notice, "bounced"),
        by="paper",
        claimed_by=None,
        claimed_until=None,
        problem="the e-mail came back",
        email_refused_on=on,
    )
