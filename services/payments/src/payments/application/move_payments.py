"""Staff move a payment that was recorded for the wrong household to the right one (PAY-11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bulkhead.kernel.corrections import reason_of
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.ids import derived_id
from bulkhead.persistence.ports import UnitOfWork
from payments.application.corrections import Asked, is_done_now, record_correction
from payments.application.find_payment import find_payment
from payments.application.keep_payments import keep_payments
from payments.application.ports import Parameters
from payments.application.record_payments import say_cleared
from payments.application.records import KnownAccount
from payments.domain.corrections import Correction, Move
from payments.domain.direction import checked_direction
from payments.domain.moves import arrive, checked_cents, move_away, moved_event
from payments.domain.payments import Payment, checked_amount, received_event


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whose a part of a payment is, and what of theirs it is named for."""

    household: str
    amount_cents: int
    selection: str | None = None
    invoice: str | None = None


async def move_payment(
    uow: UnitOfWork, payment: str, targets: Sequence[Target], asked: Asked, *, parameters: Parameters
) -> Correction:
    """Move money of a payment to the households whose it is, or ask that a second person approve it; return the
    correction (OPS-5, PAY-11). All households are locked.

    Raises `NotFound`, `CorrectionWaits`, `WentBack`, `MovedAway`, and `InvalidValue` naming the field: a household
    nobody has heard of too.
    """
    found = await find_payment(uow, payment)
    known = set(
        await uow.records(KnownAccount).distinct("household", household=[each.household for each in targets])
    )
    for number, each in enumerate(targets):
        _require_target(each, number, of=found, known=known)
    checked_cents(found, sum(each.amount_cents for each in targets))
    moves = tuple(
        Move(
            payment=payment,
            household=found.household,
            to=each.household,
            cents=each.amount_cents,
            selection=each.selection,
            invoice=each.invoice,
            arrives_as=derived_id("moved", asked.correction, str(number)),
        )
        for number, each in enumerate(targets)
    )
    return await make_moves(uow, moves, asked, reverses=None, parameters=parameters)


async def move_back(
    uow: UnitOfWork, first: Correction, asked: Asked, *, parameters: Parameters
) -> Correction:
    """Move all that a correction moved to the households it came from, or ask for it; return that correction.

    Raises `WentBack`, and `MovedAway` where money of it was moved on since.
    """
    named = await _payments(uow, first)
    moves = tuple(
        Move(
            payment=each.arrives_as,
            household=each.to,
            to=each.household,
            cents=each.cents,
            selection=named[each.payment].selection,
            invoice=named[each.payment].invoice,
            arrives_as=derived_id("moved", asked.correction, str(number)),
        )
        for number, each in enumerate(first.moves)
    )
    return await make_moves(uow, moves, asked, reverses=first.correction, parameters=parameters)


async def make_moves(
    uow: UnitOfWork, moves: tuple[Move, ...], asked: Asked, *, reverses: str | None, parameters: Parameters
) -> Correction:
    """Record a correction of these moves and do it, or see that it could be done; return it."""
    correction = await record_correction(
        uow,
        asked,
        kind="move-payment",
        cents=sum(each.cents for each in moves),
        moves=moves,
        reverses=reverses,
        parameters=parameters,
    )
    if is_done_now(correction, asked):
        await apply_moves(uow, correction)
    else:
        payments = await _payments(uow, correction)
        for payment, cents in correction.taken_from().items():
            move_away(payments[payment], cents=cents)
    return correction


async def apply_moves(uow: UnitOfWork, correction: Correction, *, follows: tuple[Reason, ...] = ()) -> None:
    """Take money from payments, let it arrive where it belongs, and say so, and what it ``follows`` from (PAY-11)."""
    why = (reason_of(correction), *follows)
    payments = await _payments(uow, correction)
    for payment, cents in correction.taken_from().items():
        left = move_away(payments[payment], cents=cents)
        await uow.records(Payment).put([left])
        uow.emit(moved_event(left, correction, on=uow.today), household=left.household, reasons=why)
    for move in correction.moves:
        arrived = arrive(payments[move.payment], move, correction=correction.correction, now=uow.now)
        (arrived,) = await keep_payments(uow, [arrived])
        uow.emit(received_event(arrived), household=arrived.household, reasons=why)
        if arrived.cleared_on is not None:
            say_cleared(uow, arrived)


def _require_target(target: Target, number: int, *, of: Payment, known: set[str]) -> None:
    field = f"/to/{number}"
    checked_amount(target.amount_cents, place=field)
    checked_direction(at_selection=False, selection=target.selection, invoice=target.invoice, place=field)
    if target.household == of.household:
        raise InvalidValue(
            field=f"{field}/household",
            problem="has the payment: name whose the money is",
            reasons=(Reason(rule="PAY-11", says="money is moved to another household"),),
        )
    if target.household not in known:
        raise InvalidValue(
            field=f"{field}/household",
            problem="is not known here: look for a typing error, or move it when enrollment has told of it",
            reasons=(
                Reason(rule="PAY-3", says="money for an account nobody has heard of waits in suspense"),
            ),
        )


async def _payments(uow: UnitOfWork, correction: Correction) -> dict[str, Payment]:
    found = await uow.records(Payment).select(payment=sorted(correction.taken_from()))
    return {each.payment: each for each in found}
