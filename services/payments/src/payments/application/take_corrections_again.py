"""Payments that were moved or redated, and the corrections that did it, taken in again after a restore (ADR 0024)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bulkhead.kernel.errors import Impossible
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.service import Received
from payments.application.keep_payments import keep_payments
from payments.domain.corrections import Correction, CorrectionKind, Move, Redating
from payments.domain.events import PaymentMoved, PaymentReceived, PaymentRedated
from payments.domain.moves import arrive, move_away
from payments.domain.payments import Payment
from payments.domain.settlements import WaitingShare

NOT_KNOWN: Final = "operator:not-known"
"""Who entered a payment at the counter, a return or a correction is said by no event. A correction that waited for
its second person is asked for anew.
"""


async def take_corrections_again(uows: UnitOfWorkFactory, said: Sequence[Received], *, now: datetime) -> None:
    """Take in what was moved, correction by correction, each after those that it moves money of, and then what dates
    payments were given.

    The payments that money was moved of first are there. Raises `Impossible` where one of them is not.
    """
    moved = defaultdict[str, list[Received]](list)
    arrived = defaultdict[str, list[PaymentReceived]](list)
    for each in said:
        if isinstance(each.fact, PaymentMoved):
            moved[each.fact.correction].append(each)
        elif isinstance(each.fact, PaymentReceived) and each.fact.correction is not None:
            arrived[each.fact.correction].append(each.fact)
    made_by = {fact.payment: correction for correction, facts in arrived.items() for fact in facts}
    done = set[str]()

    async def take(correction: str) -> None:
        if correction in done or correction not in moved:
            return
        done.add(correction)
        for each in moved[correction]:
            await take(made_by.get(each.fact.payment, ""))
        await _take_one(uows, moved[correction], arrived[correction], now=now)

    for correction in moved:
        await take(correction)
    for each in said:
        if isinstance(each.fact, PaymentRedated):
            await _redate(uows, each.fact, at=each.occurred_at, now=now)


async def _redate(uows: UnitOfWorkFactory, fact: PaymentRedated, *, at: datetime, now: datetime) -> None:
    async with uows.begin(now=now, households=[fact.household]) as uow:
        if await _is_there(uow, fact.correction):
            return
        payment = await uow.records(Payment).get(payment=fact.payment)
        if payment is None:
            raise Impossible("a payment was redated of which it was not said that it came")
        redating = Redating(
            payment=fact.payment,
            household=fact.household,
            received_on=fact.received_on,
            postmarked_on=fact.postmarked_on,
            received_before=fact.received_before,
            postmarked_before=fact.postmarked_before,
        )
        correction = _applied(fact, kind="redate-payment", cents=payment.kept_cents, redates=redating, at=at)
        after = replace(payment, received_on=fact.received_on, postmarked_on=fact.postmarked_on)
        await uow.records(Payment).put([after])
        await uow.records(WaitingShare).update({"received_on": fact.received_on}, payment=fact.payment)
        await _keep(uow, correction)


async def _take_one(
    uows: UnitOfWorkFactory,
    moved: Sequence[Received],
    arrived: Sequence[PaymentReceived],
    *,
    now: datetime,
) -> None:
    households = {each.fact.household for each in moved} | {each.household for each in arrived}
    async with uows.begin(now=now, households=households) as uow:
        first = moved[0]
        if await _is_there(uow, first.fact.correction):
            return
        ids = sorted({each.fact.payment for each in moved})
        payments = {each.payment: each for each in await uow.records(Payment).select(payment=ids)}
        if payments.keys() != set(ids):
            raise Impossible("a payment was moved of which it was not said that it came")
        correction = _correction(first, arrived, payments)
        move_by = correction.correction
        for payment, cents in correction.taken_from().items():
            await uow.records(Payment).put([move_away(payments[payment], cents=cents)])
        await keep_payments(
            uow,
            # That it cleared is an event of its own, or it was not said yet and is due.
            [
                replace(
                    arrive(payments[each.moved_from or ""], move, correction=move_by, now=each.known_at),
                    received_on=each.received_on,
                    postmarked_on=each.postmarked_on,
                    cleared_on=None,
                )
                for move, each in zip(correction.moves, arrived, strict=True)
            ],
        )
        await _keep(uow, correction)


def _correction(
    first: Received, arrived: Sequence[PaymentReceived], payments: Mapping[str, Payment]
) -> Correction:
    moves = tuple(
        Move(
            payment=each.moved_from or "",
            household=payments[each.moved_from or ""].household,
            to=each.household,
            cents=each.cents,
            selection=each.selection,
            invoice=each.invoice,
            arrives_as=each.payment,
        )
        for each in arrived
    )
    cents = sum(each.cents for each in moves)
    return _applied(first.fact, kind="move-payment", cents=cents, moves=moves, at=first.occurred_at)


def _applied(
    fact: PaymentMoved | PaymentRedated,
    *,
    kind: CorrectionKind,
    cents: int,
    at: datetime,
    moves: tuple[Move, ...] = (),
    redates: Redating | None = None,
) -> Correction:
    """Return the correction that an event was said by, as applied."""
    return Correction(
        correction=fact.correction,
        kind=kind,
        state="applied",
        because=fact.because,
        note=None,
        cents=cents,
        moves=moves,
        redates=redates,
        by_two=False,
        asked_at=at,
        asked_by=NOT_KNOWN,
        reverses=fact.reverses,
    )


async def _is_there(uow: UnitOfWork, correction: str) -> bool:
    """Whether a correction was done before the backup, or taken in before; it may have been asked for by then."""
    known = await uow.records(Correction).get(correction=correction)
    return known is not None and known.state != "requested"


async def _keep(uow: UnitOfWork, correction: Correction) -> None:
    """Keep a correction as applied; where it had been asked for before the backup, somebody approved it since."""
    asked = await uow.records(Correction).get(correction=correction.correction)
    if asked is not None:
        correction = replace(asked, state="applied", decided_at=correction.asked_at, decided_by=NOT_KNOWN)
    await uow.records(Correction).put([correction])
    await _note_reversed(uow, correction)


async def _note_reversed(uow: UnitOfWork, correction: Correction) -> None:
    if correction.reverses is None:
        return
    first = await uow.records(Correction).get(correction=correction.reverses)
    if first is None:
        raise Impossible("a correction was reversed of which it was not said that it was made")
    await uow.records(Correction).put([replace(first, state="reversed", reversed_by=correction.correction)])
