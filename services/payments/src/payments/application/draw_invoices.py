"""Duty and poller: on the day an invoice is due autopay asks the processor for what is not paid of it (PAY-8).

The duty says what is drawn and how much; the poller asks, each draw by itself. A draw's payment id comes from the draw
and its try, and is our reference at the processor: whatever ends in between, it is asked for once and recorded once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import Backlog, NotNow
from payments.application.autopay import end_mandate, left_of, mandate_of
from payments.application.ports import Charge, Parameters, Processor, ProcessorUnreachable
from payments.application.take_online_payment import (
    OnlineOrder,
    UnderWay,
    note_declined,
    note_never_sent,
    record_online_payment,
    start_attempt,
)
from payments.application.waiting import DRAWS, asking
from payments.domain.attempts import UNDECIDED, Attempt
from payments.domain.autopay import (
    Draw,
    Mandate,
    after_decline,
    asking_for,
    begun,
    declined_event,
    drawn,
    given_up,
    is_hard,
    withdrawn,
)
from payments.domain.declines import DeclineReason, decline_reason

MOST_AT_ONCE = 200

LOST: Final[Mapping[str, Any]] = {"state": "on", "token": None}
"""What a mandate is like that nothing can be drawn by (ADR 0024)."""

DUE = Backlog(Draw, key="draw", retries=DRAWS, state="drawing", way="processor")


async def begin_draws(uow: UnitOfWork, duty_date: date, households: list[str]) -> None:
    """Begin what is to be drawn by the duty's date, for what is not paid of it by now (PAY-8).

    A mandate whose token was lost with a database ends, so that its household hears of it.
    """
    for mandate in await uow.records(Mandate).select(household=households, **LOST):
        await end_mandate(uow, mandate, because="lost")
    due = await uow.records(Draw).select(household=households, state="planned", next_on__le=duty_date)
    left = await left_of(uow, due)
    await uow.records(Draw).put([begun(each, left[each.draw]) for each in due])


async def households_to_draw(uow: UnitOfWork, duty_date: date, after: str, limit: int) -> list[str]:
    """Return, in order, at most ``limit`` households after the cursor of which something is drawn by that date, or can
    be no more.
    """
    due = await uow.records(Draw).distinct(
        "household", limit=limit, household__gt=after, state="planned", next_on__le=duty_date
    )
    lost = await uow.records(Mandate).distinct("household", limit=limit, household__gt=after, **LOST)
    return sorted({*due, *lost})[:limit]


async def next_draw(uow: UnitOfWork, day: date) -> date | None:
    """Return the earliest date from ``day`` on which something is drawn, None when nothing is planned."""
    if await uow.records(Mandate).count(**LOST):
        return day
    first = await uow.records(Draw).select(state="planned", order_by=("next_on",), limit=1)
    return max(first[0].next_on, day) if first else None


class DrawPoller:
    """Asks the processor for draws that have begun, each by itself."""

    name = "draws"

    def __init__(
        self,
        uows: UnitOfWorkFactory,
        *,
        processor: Processor,
        under_way: UnderWay,
        parameters: Parameters,
    ) -> None:
        self._uows = uows
        self._processor = processor
        self._under_way = under_way
        self._parameters = parameters

    async def turn(self, now: datetime) -> int:
        """Ask for what is being drawn and record what the processor says; return how many draws came to an end."""

        async def draw(each: Draw) -> int:
            with self._under_way.holding(each.payment or ""):
                return await self._draw(each, now)

        return await DUE.do(
            await self._due(now), draw, uows=self._uows, now=now, household=lambda each: each.household
        )

    async def pending(self, now: datetime) -> int:
        """Return how many draws can be asked for now: none while the processor is away."""
        return len(await self._due(now))

    async def _due(self, now: datetime) -> list[Draw]:
        due = await DUE.due(self._uows, now=now, limit=MOST_AT_ONCE)
        return due if due and await self._processor.is_reachable() else []

    async def _draw(self, draw: Draw, now: datetime) -> int:
        async with self._uows.begin(now=now, households=[draw.household]) as uow:
            current = await as_of_now(uow, draw)
            if current.state != "drawing":
                return 1
            order = await order_of(uow, current)
            attempt = await start_attempt(uow, order, parameters=self._parameters)
        charge = await self._ask(order, now) if attempt.state == "started" else None
        async with self._uows.begin(now=now, households=[draw.household]) as uow:
            return await note_drawn(uow, draw.draw, charge=charge, parameters=self._parameters)

    async def _ask(self, order: OnlineOrder, now: datetime) -> Charge:
        async with asking(self._processor):
            try:
                return await self._processor.charge(
                    token=order.token.reveal(),
                    amount_cents=order.amount_cents,
                    method=order.method,
                    reference=order.payment,
                    initiator="autopay",
                )
            except ProcessorUnreachable:
                async with self._uows.begin(now=now, households=[order.household]) as uow:
                    await note_never_sent(uow, order.payment)
                raise


async def as_of_now(uow: UnitOfWork, draw: Draw) -> Draw:
    """Return a draw for what is left to pay now, called off where its mandate has ended, as long as the processor
    cannot have been asked for it. Raises `NotNow` while another payment of the household may have been taken.
    """
    current = await uow.records(Draw).get(draw=draw.draw)
    if current is None:
        raise LookupError("a draw that has begun is gone")
    attempt = None if current.payment is None else await uow.records(Attempt).get(payment=current.payment)
    if current.state != "drawing" or (attempt is not None and attempt.state != "not-taken"):
        return current
    mandate = await uow.records(Mandate).get(mandate=current.mandate)
    if mandate is None or mandate.state == "off":
        (now,) = withdrawn([current])
    elif await uow.records(Attempt).count(household=current.household, state=UNDECIDED):
        raise NotNow("another payment of the household is not known to have been taken or not")
    else:
        left = await left_of(uow, [current])
        now = asking_for(current, left[current.draw])
    await uow.records(Draw).put([now])
    return now


async def order_of(uow: UnitOfWork, draw: Draw) -> OnlineOrder:
    """Return what a draw that has begun asks for."""
    mandate = await uow.records(Mandate).get(mandate=draw.mandate)
    if mandate is None or mandate.token is None or draw.payment is None or draw.amount_cents is None:
        raise LookupError("a draw that has begun has nothing to be drawn from, or asks for nothing")
    return OnlineOrder(
        payment=draw.payment,
        fingerprint=draw.draw,
        household=draw.household,
        amount_cents=draw.amount_cents,
        method=mandate.method,
        token=mandate.token,
        at_selection=False,
        invoice=draw.invoice,
    )


async def note_drawn(uow: UnitOfWork, name: str, *, charge: Charge | None, parameters: Parameters) -> bool:
    """Keep what the processor decided about a draw, None for what it had decided before; return whether it had ended.

    Money it took is recorded as the payment of its invoice. What was declined is tried again or not, and said (PAY-8).
    """
    draw = await uow.records(Draw).get(draw=name)
    if draw is None or draw.state != "drawing" or draw.payment is None:
        return False
    if charge is not None and not charge.brings_money:
        await note_declined(uow, draw.payment, charge=charge)
    attempt = await uow.records(Attempt).get(payment=draw.payment)
    if attempt is not None and attempt.state == "declined":
        await _declined(uow, draw, decline_reason(attempt.decline), parameters=parameters)
    else:
        await record_online_payment(uow, draw.payment, charge=charge, parameters=parameters)
        await uow.records(Draw).put([drawn(draw)])
    return True


async def _declined(uow: UnitOfWork, draw: Draw, why: DeclineReason, *, parameters: Parameters) -> None:
    in_force = parameters.as_of(uow.today)
    mandate = await uow.records(Mandate).get(mandate=draw.mandate)
    if mandate is None:
        raise LookupError("a draw is of no mandate")
    after = (
        after_decline(draw, why, today=uow.today, parameters=in_force)
        if mandate.state == "on"
        else given_up(draw, why)
    )
    await uow.records(Draw).put([after])
    if mandate.state == "on" and is_hard(why, in_force.autopay_hard_declines):
        await end_mandate(uow, mandate, because="declined")
    still_on = await mandate_of(uow, draw.household)
    uow.emit(
        declined_event(after, method=mandate.method, on=uow.today, autopay_ended=still_on is None),
        household=draw.household,
        reasons=_why_declined(after),
    )


def _why_declined(draw: Draw) -> Sequence[Reason]:
    says = (
        "a draw that was declined is tried again while that pays the invoice on time"
        if draw.state == "planned"
        else "a draw that was declined is not tried again: its issuer will not allow it, it would be late, or"
        " autopay has ended"
    )
    return (Reason(rule="PAY-8", says=says, facts={"decline": draw.decline or "", "tries": str(draw.tries)}),)
