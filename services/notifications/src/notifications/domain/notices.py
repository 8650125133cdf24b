"""A notice: what there is to say, to whom, how far it has come. One row a notice, once each (NOT-1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import BulkheadError
from bulkhead.kernel.ids import derived_id
from notifications.domain.contacts import Contact, way_of_sending
from notifications.domain.coverage import CoverageChange, Policy

NoticeType: TypeAlias = Literal[
    "invoice", "receipt", "coverage-begun", "coverage-ended", "coverage-canceled", "coverage-reinstated"
]
NoticeState: TypeAlias = Literal["waiting", "queued", "sending", "sent"]
NoticeStep: TypeAlias = Literal["ready", "claimed", "returned", "sent"]
By: TypeAlias = Literal["email", "paper"]

NOTICE_TYPES: tuple[NoticeType, ...] = (
    "invoice",
    "receipt",
    "coverage-begun",
    "coverage-ended",
    "coverage-canceled",
    "coverage-reinstated",
)

NOTICE_OF_CHANGE: Mapping[CoverageChange, NoticeType] = {
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
    ("sending", "sent"): "sent",
}
"""How a notice goes on. A pair that is not here is a bug and raises `OutOfStep`."""


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

    ``total_cents`` is all that is now to be paid; of an initial one the first premium itself, paid or not.
    """

    invoice: str
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

    @property
    def received_cents(self) -> int:
        """Money that is there already and lowers what is to be paid: held and in credit."""
        return self.held_cents + self.credit_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFacts:
    """A payment, as received."""

    payment: str
    cents: int
    method: Literal["card", "bank", "check", "cash", "phone"]
    received_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageFacts:
    """A change of one policy's coverage. ``through`` is the last covered day, of a termination only."""

    policy: str
    plan: str
    carrier: str
    effective: date
    through: date | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFacts:
    """What a notice is about: exactly one of these, as it was when it happened."""

    invoice: InvoiceFacts | None = None
    payment: PaymentFacts | None = None
    coverage: CoverageFacts | None = None

    @property
    def policies(self) -> frozenset[str]:
        """The policies the notice must name and that come from another topic than its fact."""
        return (
            frozenset() if self.invoice is None else frozenset(line.policy for line in self.invoice.charges)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice and how far it has come.

    ``about`` is what it is about: with the type it makes the notice one, whatever is told again.
    ``waits_for`` says what is missing while it waits. ``claimed_by`` is the sender that has it while it is
    ``sending``, and until when no other may take it. ``problem`` is why the last attempt did not work, in
    fixed words. Of what was sent, ``says`` keeps the text without address and greeting: no personal data.
    """

    notice: str
    type: NoticeType
    about: str
    household: str
    facts: NoticeFacts
    contact_version: int
    state: NoticeState
    waits_for: Literal["contact", "policy"] | None
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


def new_notice(
    *,
    notice_type: NoticeType,
    about: str,
    household: str,
    facts: NoticeFacts,
    contact_version: int,
    created_at: datetime,
) -> Notice:
    """Return a notice that waits, under the id its type and subject always have (NOT-1: once each)."""
    return Notice(
        notice=derived_id("notice", notice_type, about),
        type=notice_type,
        about=about,
        household=household,
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


def looked_at(notice: Notice, *, contact: Contact | None, policies: Mapping[str, Policy]) -> Notice:
    """Return a waiting notice queued by e-mail or paper if it waits for nothing any more, else waiting for
    what is missing (NOT-1)."""
    waits_for = missing(notice, contact=contact, policies=policies)
    if contact is None or waits_for is not None:
        return replace(notice, waits_for=waits_for)
    return replace(notice, state=stepped(notice, "ready"), waits_for=None, by=way_of_sending(contact))


def stepped(notice: Notice, step: NoticeStep) -> NoticeState:
    """Return the state after a step; raises `OutOfStep` for one the state does not have."""
    state = STEPS.get((notice.state, step))
    if state is None:
        raise OutOfStep(f"a {notice.state} notice cannot be {step}")
    return state


def may_be_claimed(notice: Notice, *, by: By, sender: str, now: datetime) -> bool:
    """Whether a sender may take a notice: it is queued, or was being sent by this very sender before it
    stopped, or by another whose time with it is over."""
    if notice.by != by or notice.state not in ("queued", "sending"):
        return False
    over = notice.claimed_until is None or notice.claimed_until <= now
    return notice.state == "queued" or notice.claimed_by == sender or over


def claimed(notice: Notice, *, sender: str, until: datetime) -> Notice:
    """Return the notice in the hands of a sender until that instant."""
    return replace(notice, state=stepped(notice, "claimed"), claimed_by=sender, claimed_until=until)


def returned(notice: Notice, *, problem: str, attempts: int) -> Notice:
    """Return the notice queued again to go the same way, after so many more attempts."""
    return replace(
        notice,
        state=stepped(notice, "returned"),
        claimed_by=None,
        claimed_until=None,
        problem=problem,
        attempts=notice.attempts + attempts,
    )


def turned_to_paper(notice: Notice, *, on: date) -> Notice:
    """Return the notice queued to go on paper, its e-mail refused for good on that day (NOT-4)."""
    again = returned(notice, problem="the e-mail was refused, or its address cannot be used", attempts=1)
    return replace(again, by="paper", email_refused_on=on)
