"""What the payment processor says by itself: a reason to look, believed in nothing but what it is about (ADR 0042)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final, Literal, TypeAlias

from bulkhead.kernel.errors import Conflict
from bulkhead.kernel.ids import derived_id
from payments.domain.payments import Payment

About: TypeAlias = Literal["charge", "dispute", "refund"]
"""A charge that was decided, a card's issuer or a bank that takes one back, a refund that was paid or failed."""

EventType: TypeAlias = Literal[
    "charge.approved",
    "charge.declined",
    "charge.failed",
    "charge.disputed",
    "dispute.won",
    "dispute.lost",
    "refund.paid",
    "refund.failed",
]
ABOUT: Final[Mapping[EventType, About]] = {
    "charge.approved": "charge",
    "charge.declined": "charge",
    "charge.failed": "charge",
    "charge.disputed": "dispute",
    "dispute.won": "dispute",
    "dispute.lost": "dispute",
    "refund.paid": "refund",
    "refund.failed": "refund",
}
"""What each type of event that is known here is about."""

EventState: TypeAlias = Literal["waiting", "open", "dismissed"]
"""``waiting``: the processor is asked about it. ``open``: it waits for a person. ``dismissed``: one has seen to it."""

EventReason: TypeAlias = Literal[
    "unknown-reference", "disputed", "dispute-won", "dispute-lost", "charge-failed", "refund-failed"
]
"""Why an event waits for a person.

``unknown-reference``: the processor names a charge or refund that is not known here: money may have been taken that is
in no books, as after a database was restored. ``disputed``: a card's issuer takes a payment back. ``dispute-won``: it
gives one back that was recorded as gone. ``dispute-lost``: it keeps one that was not. ``charge-failed``: a charge that
counts as taken failed afterwards, as a debit does that a bank sends back. ``refund-failed``: a refund that counts as
paid came back.
"""

HowDisputed: TypeAlias = Literal["disputed", "dispute-won", "dispute-lost", "charge-failed"]
"""The reasons of events about a payment that is taken back."""

Taken: TypeAlias = Literal["asked-after", "known", "open", "passed-over"]
"""What became of an event: the processor is asked; nothing, for it is known; it waits for a person; nothing, for its
type is not known here.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorEvent:
    """What is still to be done because of events about one thing, however often and in whatever order they came.

    ``reference`` is ours: of a charge the payment's id, of a refund that of its part. ``household`` is whose it is,
    where that is known. ``failed`` is whether it was told that the charge failed, however it was told of besides;
    ``times`` how often it was told since it is here.
    """

    event: str
    about: About
    reference: str
    household: str | None
    state: EventState
    reason: EventReason | None
    failed: bool
    heard_at: datetime
    times: int
    decided_at: datetime | None
    decided_by: str | None


class EventDecided(Conflict):
    """A person has seen to this event of the processor already, or nobody needs to."""

    kind: ClassVar[str] = "already-decided"


def event_of(about: About, reference: str) -> str:
    """Return the name of what is to be done about a thing."""
    return derived_id("processor-event", about, reference)


def told_again(event: ProcessorEvent, *, failed: bool = False) -> ProcessorEvent:
    """Return the event as told once more: who is asking the processor at this moment asks again. That its charge failed
    is not forgotten.
    """
    return replace(event, times=event.times + 1, failed=event.failed or failed)


def to_ask_about(reference: str, *, household: str, failed: bool, now: datetime) -> ProcessorEvent:
    """Return that the processor is to be asked about a charge, whether it was told that it failed or not."""
    return _event(
        "charge", reference, household=household, state="waiting", reason=None, failed=failed, now=now
    )


def for_a_person(
    about: About,
    reference: str,
    *,
    household: str | None,
    reason: EventReason,
    failed: bool = False,
    now: datetime,
) -> ProcessorEvent:
    """Return that a person is to see to an event."""
    return _event(about, reference, household=household, state="open", reason=reason, failed=failed, now=now)


def of_known(event: ProcessorEvent, payment: Payment) -> ProcessorEvent | None:
    """Return what there is to see to of an event that came before its payment was known: a dispute of one that has not
    gone back; None where nothing is left.
    """
    if event.about != "dispute" or payment.returned_on is not None:
        return None
    return replace(event, household=payment.household, reason="disputed")


def disputed_now(
    event: ProcessorEvent | None, payment: Payment, *, how: HowDisputed, now: datetime
) -> ProcessorEvent | None:
    """Return what a person is to see to after it was told how a payment is taken back, None where nobody needs to: the
    books say already what is so, or what would have to be seen to is over.

    The same told again changes nothing, whoever has seen to it, and neither does that a dispute began where its end was
    told before.
    """
    if event is not None and (how == "disputed" or event.reason == how):
        return told_again(event)
    has_gone = payment.returned_on is not None
    if has_gone is not (how == "dispute-won"):
        return None
    failed = how == "charge-failed" or (event is not None and event.failed)
    return for_a_person(
        "dispute", payment.payment, household=payment.household, reason=how, failed=failed, now=now
    )


def dismissed(event: ProcessorEvent, *, now: datetime, by: str) -> ProcessorEvent:
    """Return the event as one that a person has seen to; raises `EventDecided` unless it is open."""
    if event.state != "open":
        raise EventDecided("the event waits for nobody: it was dismissed, or the processor is being asked")
    return replace(event, state="dismissed", decided_at=now, decided_by=by)


def _event(
    about: About,
    reference: str,
    *,
    household: str | None,
    state: EventState,
    reason: EventReason | None,
    failed: bool,
    now: datetime,
) -> ProcessorEvent:
    return ProcessorEvent(
        event=event_of(about, reference),
        about=about,
        reference=reference,
        household=household,
        state=state,
        reason=reason,
        failed=failed,
        heard_at=now,
        times=1,
        decided_at=None,
        decided_by=None,
    )
