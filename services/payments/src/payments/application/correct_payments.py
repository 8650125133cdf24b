"""People put right what was recorded of a payment: asked for, approved by another above a limit, reversed (OPS-5,
PAY-11).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue, NotFound
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from payments.application.ports import Parameters
from payments.application.record_payments import say_cleared
from payments.application.records import KnownAccount
from payments.domain.corrections import (
    Correction,
    CorrectionStep,
    Move,
    reason_of,
    require_another,
    step,
    takes_two,
)
from payments.domain.direction import checked_direction
from payments.domain.events import WrongBecause
from payments.domain.moves import arrive, checked_cents, move_away, moved_event
from payments.domain.payments import Payment, checked_amount, received_event


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whose a part of a payment is, and what of theirs it is named for."""

    household: str
    amount_cents: int
    selection: str | None = None
    invoice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks for a correction, under which id, and why. ``preview``: what it does is shown, and not kept."""

    correction: str
    because: WrongBecause
    note: Masked | None
    operator: str
    preview: bool = False


async def find_correction(uow: UnitOfWork, correction: str) -> Correction:
    """Return a correction; raises `NotFound`."""
    found = await uow.records(Correction).get(correction=correction)
    if found is None:
        raise NotFound("there is no such correction")
    return found


async def move_payment(
    uow: UnitOfWork, payment: str, targets: Sequence[Target], asked: Asked, *, parameters: Parameters
) -> Correction:
    """Move money of a payment to the households whose it is, or ask that a second person approve it; return the
    correction (OPS-5, PAY-11). All households are locked.

    Raises `NotFound`, `WentBack`, `MovedAway`, and `InvalidValue` naming the field: a household nobody has heard of
    too.
    """
    found = await _payment(uow, payment)
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
    return await _make(uow, moves, asked, reverses=None, parameters=parameters)


async def reverse_correction(
    uow: UnitOfWork, correction: str, asked: Asked, *, parameters: Parameters
) -> Correction:
    """Take a correction back by another, or ask that a second person approve that; return that other (OPS-5).

    All that it moved goes back to the household it came from. Raises `NotFound`, `CorrectionNotOpen`, `WentBack`, and
    `MovedAway` where money of it was moved on since.
    """
    first = await find_correction(uow, correction)
    step(first, "reverse", by=asked.operator, now=uow.now)
    named = await _payments(uow, first.taken_from())
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
    made = await _make(uow, moves, asked, reverses=first, parameters=parameters)
    if made.state == "applied" or asked.preview:
        await _note_reversed(uow, made)
    return made


async def decide_correction(
    uow: UnitOfWork, correction: str, what: CorrectionStep, *, operator: str
) -> Correction:
    """Approve a correction that was asked for, which does it, or decline it; return it (OPS-5).

    Raises `NotFound`, `CorrectionNotOpen`, `SecondPersonNeeded`, and what `move_payment` raises where the money is not
    there any more.
    """
    found = await find_correction(uow, correction)
    decided = step(found, what, by=operator, now=uow.now)
    if decided.state == "applied":
        require_another(found, by=operator)
        await _apply(uow, decided)
        await _note_reversed(uow, decided)
    await uow.records(Correction).put([decided])
    return decided


async def _make(
    uow: UnitOfWork,
    moves: tuple[Move, ...],
    asked: Asked,
    *,
    reverses: Correction | None,
    parameters: Parameters,
) -> Correction:
    cents = sum(each.cents for each in moves)
    by_two = takes_two(cents, alone_cents=parameters.as_of(uow.today).correction_alone_cents)
    correction = Correction(
        correction=asked.correction,
        kind="move-payment",
        state="requested" if by_two else "applied",
        because=asked.because,
        note=asked.note,
        cents=cents,
        moves=moves,
        by_two=by_two,
        asked_at=uow.now,
        asked_by=asked.operator,
        reverses=None if reverses is None else reverses.correction,
    )
    await uow.records(Correction).add([correction])
    if by_two and not asked.preview:
        await _require_possible(uow, correction)
    else:
        await _apply(uow, correction)
    return correction


async def _require_possible(uow: UnitOfWork, correction: Correction) -> None:
    payments = await _payments(uow, correction.taken_from())
    for payment, cents in correction.taken_from().items():
        move_away(payments[payment], cents=cents)


async def _apply(uow: UnitOfWork, correction: Correction) -> None:
    """Do what a correction is for, and say so."""
    why = (reason_of(correction),)
    payments = await _payments(uow, correction.taken_from())
    for payment, cents in correction.taken_from().items():
        left = move_away(payments[payment], cents=cents)
        await uow.records(Payment).put([left])
        uow.emit(moved_event(left, correction, on=uow.today), household=left.household, reasons=why)
    for move in correction.moves:
        arrived = arrive(payments[move.payment], move, correction=correction.correction, now=uow.now)
        await uow.records(Payment).add([arrived])
        uow.emit(received_event(arrived), household=arrived.household, reasons=why)
        if arrived.cleared_on is not None:
            say_cleared(uow, arrived)


async def _note_reversed(uow: UnitOfWork, correction: Correction) -> None:
    """Have what a correction takes back be reversed by it; raises `CorrectionNotOpen` where it does not stand."""
    if correction.reverses is None:
        return
    first = await find_correction(uow, correction.reverses)
    by, taken_back_by = correction.asked_by, correction.correction
    reversed_ = step(first, "reverse", by=by, now=uow.now, reversed_by=taken_back_by)
    await uow.records(Correction).put([reversed_])


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


async def _payments(uow: UnitOfWork, ids: dict[str, int]) -> dict[str, Payment]:
    found = await uow.records(Payment).select(payment=sorted(ids))
    return {each.payment: each for each in found}


async def _payment(uow: UnitOfWork, payment: str) -> Payment:
    found = await uow.records(Payment).get(payment=payment)
    if found is None:
        raise NotFound("there is no such payment")
    return found
