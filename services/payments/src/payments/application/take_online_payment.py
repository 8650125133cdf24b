"""Online payment: an attempt is kept, the processor takes the money, the payment is recorded (PAY-1, PAY-2).

Three steps with a crash possible between any two. The payment's id comes from the request's key and is our
reference at the processor: a repeated request charges nothing twice, and an attempt left open is asked
after by `payments.application.resolve_attempts`.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue, Refused
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import Cause, UnitOfWork, UnitOfWorkFactory
from payments.application.pass_on_credit import require_paid_here
from payments.application.ports import (
    Charge,
    OwnerToConfirm,
    Parameters,
    Processor,
    ProcessorMisunderstood,
    ProcessorSilent,
    ProcessorUnreachable,
)
from payments.application.record_payments import record_payments
from payments.application.waiting import ATTEMPTS
from payments.domain.attempts import (
    Attempt,
    captured,
    declined,
    never_sent,
    not_known_yet,
    not_open,
    nothing_taken,
    refused,
    tender_of,
    to_confirm,
    tried,
)
from payments.domain.card_numbers import card_number_refused, looks_like_card_number
from payments.domain.declines import decline_reason
from payments.domain.direction import checked_direction
from payments.domain.events import OnlineMethod
from payments.domain.payments import (
    Payment,
    checked_amount,
    checked_past_date,
    checked_postmark,
)


class KeyUsedForAnotherPayment(Refused):
    """An Idempotency-Key came again for another payment (PAY-2)."""

    kind: ClassVar[str] = "idempotency-key-reused"
    kept: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineOrder:
    """A payment by card or bank account as it is asked for. Its id and fingerprint come from the request.

    It is received when it is made, unless an operator's ``received_on`` says that the money came earlier.
    """

    payment: str
    fingerprint: str
    household: str
    amount_cents: int
    method: OnlineMethod
    token: Masked
    at_selection: bool
    selection: str | None = None
    invoice: str | None = None
    received_on: date | None = None
    postmarked_on: date | None = None


class UnderWay:
    """The references this process is asking the processor about right now, so that nobody asks after them."""

    def __init__(self) -> None:
        self._references: list[str] = []

    def __contains__(self, reference: str) -> bool:
        return reference in self._references

    @contextmanager
    def holding(self, reference: str) -> Generator[None]:
        """Count the reference as under way for as long as this lasts."""
        self._references.append(reference)
        try:
            yield
        finally:
            self._references.remove(reference)


def key_used_for_another_payment() -> KeyUsedForAnotherPayment:
    """Return the refusal of a key that named another payment before (PAY-2)."""
    return KeyUsedForAnotherPayment(
        "this Idempotency-Key was used for another request",
        field="header/Idempotency-Key",
        reasons=(Reason(rule="PAY-2", says="the same key with another body is refused"),),
    )


def checked_order(order: OnlineOrder, *, today: date) -> OnlineOrder:
    """Return the order if it can be tried; raises `InvalidValue` naming the field (PAY-1, PAY-3, INV-5)."""
    checked_amount(order.amount_cents)
    checked_direction(at_selection=order.at_selection, selection=order.selection, invoice=order.invoice)
    received_on = checked_past_date(order.received_on, field="/received_on", today=today) or today
    postmarked_on = checked_past_date(order.postmarked_on, field="/postmarked_on", today=today)
    checked_postmark(postmarked_on, received_on=received_on, field="/postmarked_on")
    checked_token(order.token)
    return order


def checked_token(token: Masked) -> Masked:
    """Return what is to be a processor's token of a card or bank account; raises `InvalidValue` where there is none, or
    where it is a card number (PAY-1).
    """
    if not token.reveal():
        raise InvalidValue(
            field="/token",
            problem="is needed: the processor's token of the card or bank account",
            reasons=(Reason(rule="PAY-1", says="cards and bank accounts are known by token alone"),),
        )
    if looks_like_card_number(token.reveal()):
        raise card_number_refused("/token")
    return token


def require_open(parameters: Parameters, *, today: date) -> None:
    """Raise `OnlinePaymentNotOpen` on a day on which paying online has not been opened (OPS-4)."""
    in_force = parameters.as_of(today)
    if not in_force.online_payment:
        raise not_open(citation=in_force.citations.get("online_payment", ""))


async def start_attempt(uow: UnitOfWork, order: OnlineOrder, *, parameters: Parameters) -> Attempt:
    """Return the attempt at this order, kept as started unless it was decided before.

    What was begun once is not checked again: its money may be taken. Raises `InvalidValue` for another order that
    cannot be tried (PAY-1), `OnlinePaymentNotOpen` where none can be yet (OPS-4), `PaidThere` for a household that was
    merged (OPS-5) and `KeyUsedForAnotherPayment` when
    the key was another order's (PAY-2), before it writes.
    """
    attempts = uow.records(Attempt)
    before = await attempts.get(payment=order.payment)
    if before is None and await uow.records(Payment).get(payment=order.payment) is not None:
        raise key_used_for_another_payment()
    if before is not None and before.fingerprint != order.fingerprint:
        raise key_used_for_another_payment()
    if before is not None:
        attempt = tried(before, now=uow.now, today=uow.today)
        # It is under way again: whatever the processor said before, it is asked about this try as soon as that ends.
        await ATTEMPTS.forget(uow, [order.payment])
    else:
        checked_order(order, today=uow.today)
        require_open(parameters, today=uow.today)
        await require_paid_here(uow, order.household, invoice=order.invoice)
        attempt = new_attempt(order, now=uow.now, today=uow.today)
    await attempts.put([attempt])
    return attempt


def new_attempt(order: OnlineOrder, *, now: datetime, today: date) -> Attempt:
    """Return the first try of an order, as of now."""
    return Attempt(
        payment=order.payment,
        household=order.household,
        amount_cents=order.amount_cents,
        method=order.method,
        at_selection=order.at_selection,
        selection=order.selection,
        invoice=order.invoice,
        received_on=order.received_on,
        postmarked_on=order.postmarked_on,
        fingerprint=order.fingerprint,
        started_at=now,
        counts_on=order.received_on or today,
        state="started",
        open_tries=1,
        charge=None,
    )


async def ask_the_processor(
    uows: UnitOfWorkFactory,
    order: OnlineOrder,
    *,
    attempt: Attempt,
    processor: Processor,
    now: datetime,
    cause: Cause | None,
) -> Charge | None:
    """Have the processor decide about an order that was begun and return what it decided; None when it was decided
    before.

    A charge that is returned is recorded next, by `record_online_payment`. Its payment is `UnderWay` meanwhile. Raises
    `ProcessorAway` when the processor cannot be asked, and `PaymentToConfirm` where the card's owner has to confirm.
    """
    if attempt.state != "started":
        return None
    try:
        charge = await processor.charge(
            token=order.token.reveal(),
            amount_cents=order.amount_cents,
            method=order.method,
            reference=order.payment,
        )
    except OwnerToConfirm as error:
        raise to_confirm(attempt, at=error.confirm_at) from error
    except (ProcessorSilent, ProcessorMisunderstood) as error:
        raise not_known_yet(attempt) from error
    except ProcessorUnreachable as error:
        async with uows.begin(now=now, households=[order.household], cause=cause) as uow:
            unsent = await note_never_sent(uow, order.payment)
        raise (nothing_taken() if unsent.state == "not-taken" else not_known_yet(unsent)) from error
    if not charge.brings_money:
        async with uows.begin(now=now, households=[order.household], cause=cause) as uow:
            await note_declined(uow, order.payment, charge=charge)
    return charge


async def note_declined(uow: UnitOfWork, payment: str, *, charge: Charge) -> None:
    """Keep on the attempt that the processor declined it, and why."""
    because = decline_reason(charge.decline)
    await uow.records(Attempt).put([refused(await _attempt(uow, payment), because=because)])


async def note_never_sent(uow: UnitOfWork, payment: str) -> Attempt:
    """Keep on the attempt that one try of it did not reach the processor, and return it."""
    after = never_sent(await _attempt(uow, payment))
    await uow.records(Attempt).put([after])
    return after


async def record_online_payment(
    uow: UnitOfWork, payment: str, *, charge: Charge | None, parameters: Parameters
) -> Payment:
    """Record the payment that the processor took, say so, and return it; already recorded, it is returned as
    it is.

    The attempt becomes captured in the same transaction, so that captured and recorded are one fact.
    ``charge`` is None when the attempt was decided before. Raises `PaymentDeclined` for one that was declined
    (PAY-1).
    """
    attempt = await _attempt(uow, payment)
    if attempt.state == "declined" or (charge is not None and not charge.brings_money):
        raise declined(attempt)
    if charge is not None:
        attempt = captured(attempt, charge=charge.charge, today=uow.today)
        await uow.records(Attempt).put([attempt])
    recorded = await record_payments(uow, [tender_of(attempt)], parameters=parameters)
    if recorded:
        return recorded[0]
    known = await uow.records(Payment).get(payment=payment)
    if known is None:
        raise LookupError("a payment was recorded and is gone within one transaction")
    return known


async def _attempt(uow: UnitOfWork, payment: str) -> Attempt:
    attempt = await uow.records(Attempt).get(payment=payment)
    if attempt is None:
        raise LookupError("there is no attempt at this payment")
    return attempt
