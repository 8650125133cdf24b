"""An attempt at an online payment: kept before the processor is asked, so that no captured money is ever
lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import ClassVar, Final, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import BulkheadError, Refused
from payments.domain.declines import DeclineReason, decline_reason, says_of
from payments.domain.events import OnlineMethod
from payments.domain.payments import Tender

AttemptState: TypeAlias = Literal["started", "missing", "not-taken", "captured", "declined"]
AttemptEvent: TypeAlias = Literal["tried", "captured", "declined", "none-sent", "not-found"]

UNDECIDED: Final[tuple[AttemptState, ...]] = ("started", "missing")
"""States that may yet become money received on the date the attempt counts on (PAY-10).

What is *not-taken* may become money too, when its key comes again or the processor says so: then it counts from that
day.
"""

DECIDED: Final[tuple[AttemptState, ...]] = ("captured", "declined")
"""What the processor decided, which stands."""

ASK_AGAIN_AFTER = timedelta(minutes=15)
"""A charge the processor does not know may be on its way to it: it is asked once more after this long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One online payment as it was asked for. Its id is the payment's, and our reference at the processor.

    ``selection`` or ``invoice`` is what its payer named (INV-5). ``received_on`` is the date an operator gave;
    ``counts_on`` the date its money would count as received: that one, else the day it was tried.
    ``fingerprint`` is the hash of the request, so that its key cannot come back for another one (PAY-2).
    ``open_tries`` counts the tries whose outcome is not known. ``charge`` is the processor's id of the money
    it took, ``decline`` why it took none. No token is kept.
    """

    payment: str
    household: str
    amount_cents: int
    method: OnlineMethod
    at_selection: bool
    selection: str | None
    invoice: str | None
    received_on: date | None
    postmarked_on: date | None
    fingerprint: str
    started_at: datetime
    counts_on: date
    state: AttemptState
    open_tries: int
    charge: str | None
    decline: DeclineReason | None = None


class ImpossibleAttempt(BulkheadError):
    """The processor says of an attempt what contradicts what it said before."""


class PaymentDeclined(Refused):
    """The processor would not take the money; nothing was taken (PAY-1)."""

    kind: ClassVar[str] = "payment-declined"
    status: ClassVar[int] = 402


class PaymentToConfirm(Refused):
    """Who issued the card wants its owner to confirm the payment; nothing is decided before (PAY-1)."""

    kind: ClassVar[str] = "payment-to-confirm"
    status: ClassVar[int] = 402
    kept: ClassVar[bool] = False
    """Once it is confirmed the same request is answered with the payment."""


class OnlinePaymentNotOpen(Refused):
    """Paying online has not been opened: nothing was asked of anybody, and nothing was taken (OPS-4)."""

    kind: ClassVar[str] = "online-payment-not-open"
    status: ClassVar[int] = 409
    kept: ClassVar[bool] = False
    """Once it is open the same request may be made."""


class ProcessorAway(Refused):
    """Online payment is not possible for now (PAY-1)."""

    kind: ClassVar[str] = "processor-away"
    status: ClassVar[int] = 503


_NEXT: dict[tuple[AttemptState, AttemptEvent], AttemptState] = {
    ("started", "tried"): "started",
    ("started", "captured"): "captured",
    ("started", "declined"): "declined",
    ("started", "none-sent"): "not-taken",
    ("started", "not-found"): "missing",
    # Not known to the processor at the first look: a request may still have been under way.
    ("missing", "tried"): "started",
    ("missing", "captured"): "captured",
    ("missing", "declined"): "declined",
    ("missing", "none-sent"): "not-taken",
    ("missing", "not-found"): "not-taken",
    # The same key again after "nothing was taken" is a new try of the same payment.
    ("not-taken", "tried"): "started",
    ("not-taken", "captured"): "captured",
    ("not-taken", "declined"): "declined",
    ("not-taken", "none-sent"): "not-taken",
    ("not-taken", "not-found"): "not-taken",
    # What the processor decided stands; a request beside it that found the door shut changes nothing.
    ("captured", "tried"): "captured",
    ("captured", "captured"): "captured",
    ("captured", "none-sent"): "captured",
    ("declined", "tried"): "declined",
    ("declined", "declined"): "declined",
    ("declined", "none-sent"): "declined",
}


def next_state(state: AttemptState, event: AttemptEvent) -> AttemptState:
    """Return the state after an event; raises `ImpossibleAttempt` for a pair that cannot be."""
    following = _NEXT.get((state, event))
    if following is None:
        raise ImpossibleAttempt(f"an attempt that is {state} cannot be {event}")
    return following


def tried(attempt: Attempt, *, now: datetime, today: date) -> Attempt:
    """Return the attempt as its request is made again: a decided one as it is, else with one more open try.

    It counts from today where nothing had been taken before.
    """
    state = next_state(attempt.state, "tried")
    if state != "started":
        return attempt
    again = replace(attempt, state=state, open_tries=attempt.open_tries + 1)
    if attempt.state != "not-taken":
        return again
    return replace(again, started_at=now, counts_on=attempt.received_on or today)


def captured(attempt: Attempt, *, charge: str, today: date) -> Attempt:
    """Return the attempt as one whose money the processor has taken.

    It counts from today where nothing had been taken so far: the books of the day it was tried may be closed
    by then (PAY-10).
    """
    state = next_state(attempt.state, "captured")
    counts_on = attempt.counts_on if attempt.state != "not-taken" else attempt.received_on or today
    return _decided(replace(attempt, state=state, charge=charge, counts_on=counts_on))


def refused(attempt: Attempt, *, because: DeclineReason) -> Attempt:
    """Return the attempt as one the processor declined, and why."""
    return _decided(replace(attempt, state=next_state(attempt.state, "declined"), decline=because))


def never_sent(attempt: Attempt) -> Attempt:
    """Return the attempt after one try that certainly did not reach the processor.

    Nothing was taken only if no other try of it is open.
    """
    others = max(0, attempt.open_tries - 1)
    if others:
        return replace(attempt, open_tries=others)
    state = next_state(attempt.state, "none-sent")
    return _decided(replace(attempt, state=state))


def not_found(attempt: Attempt) -> Attempt:
    """Return the attempt after the processor said that it knows of no such charge: asked once more, then
    closed.
    """
    state = next_state(attempt.state, "not-found")
    if state == "missing":
        return replace(attempt, state=state)
    return _decided(replace(attempt, state=state))


def _decided(attempt: Attempt) -> Attempt:
    return replace(attempt, open_tries=0)


def tender_of(attempt: Attempt) -> Tender:
    """Return the money a captured attempt brought, whenever that is found out: received on the day it counts
    on.

    Raises `ValueError` for an attempt that took no money.
    """
    if attempt.state != "captured":
        raise ValueError("the attempt took no money")
    return Tender(
        payment=attempt.payment,
        household=attempt.household,
        amount_cents=attempt.amount_cents,
        method=attempt.method,
        source="online",
        received_on=attempt.counts_on,
        postmarked_on=attempt.postmarked_on,
        at_selection=attempt.at_selection,
        selection=attempt.selection,
        invoice=attempt.invoice,
        reference=attempt.charge,
        origin=f"attempt:{attempt.payment}",
    )


def declined(attempt: Attempt) -> PaymentDeclined:
    """Return the refusal of an attempt that the processor declined (PAY-1)."""
    what = "card" if attempt.method == "card" else "bank account"
    why = decline_reason(attempt.decline)
    return PaymentDeclined(
        f"the {what} was declined and nothing was taken: {says_of(why)}",
        field="/token",
        reasons=(
            Reason(
                rule="PAY-1",
                says="pay by another card or bank account, by phone, by mail or at a counter",
                facts={"amount_cents": str(attempt.amount_cents), "decline": why},
            ),
        ),
    )


def to_confirm(attempt: Attempt, *, at: str | None) -> PaymentToConfirm:
    """Return the refusal of an attempt that its card's owner has to confirm at an address first, where one was said
    (PAY-1).
    """
    outcome = {"outcome": f"/v1/households/{attempt.household}/payments/outcome"}
    return PaymentToConfirm(
        "who issued the card wants its owner to confirm the payment before it is decided; confirm it at `confirm_at`,"
        " then repeat the request with the same Idempotency-Key, which never charges twice, or ask with it for the"
        " outcome",
        field="/token",
        reasons=(
            Reason(
                rule="PAY-1",
                says="a payment that its owner has to confirm is not taken, and not refused, before that is done",
                facts=outcome if at is None else {**outcome, "confirm_at": at},
            ),
        ),
    )


def not_open(*, citation: str) -> OnlinePaymentNotOpen:
    """Return the refusal where paying online has not been opened (OPS-4)."""
    return OnlinePaymentNotOpen(
        "paying online has not been opened yet and nothing was taken; pay by phone, by mail or at a counter",
        field="/method",
        reasons=(
            Reason(
                rule="OPS-4",
                says="a channel that has not been opened refuses money instead of taking it early",
                citation=citation,
            ),
        ),
    )


def nothing_taken() -> ProcessorAway:
    """Return the refusal while the processor cannot be reached: certainly nothing was taken (PAY-1)."""
    return ProcessorAway(
        "online payment is not possible right now and nothing was taken; "
        "pay by phone or mail, or try again later",
        reasons=(
            Reason(
                rule="PAY-1",
                says="money sent by mail counts by its postmark; by phone and at a counter it counts at once",
            ),
        ),
    )


def not_known_yet(attempt: Attempt) -> ProcessorAway:
    """Return the refusal when the processor fell silent after it was asked (PAY-1)."""
    return ProcessorAway(
        "the payment processor did not answer; repeat the request with the same Idempotency-Key, which never "
        "charges twice, or ask with it for the outcome. If the money was taken, the payment is recorded as soon as "
        "the processor confirms it",
        reasons=(
            Reason(
                rule="PAY-1",
                says="what cannot be confirmed is asked after until it is known; nothing is taken twice",
                facts={"outcome": f"/v1/households/{attempt.household}/payments/outcome"},
            ),
        ),
    )
