"""What payments said of autopay after the backup that its database was restored from, taken in again (ADR 0024).

A mandate that was agreed to since has lost its token, which no event has: it ends with the next morning's draws, and
its household is told. What was drawn was said as payments, which count whatever is drawn again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.service import Received
from payments.application.take_corrections_again import NOT_KNOWN
from payments.domain.autopay import Draw, Mandate, ended, withdrawn
from payments.domain.events import AutopayBegan, AutopayEnded, DrawDeclined

_OF_AUTOPAY: Final = (AutopayBegan, AutopayEnded, DrawDeclined)


async def take_autopay_again(uows: UnitOfWorkFactory, said: Sequence[Received], *, now: datetime) -> None:
    """Take in mandates, that they ended, and what was declined, in the order in which it was said."""
    for each in said:
        if isinstance(each.fact, _OF_AUTOPAY):
            async with uows.begin(now=now, households=[each.about]) as uow:
                await _take_in(uow, each)


async def _take_in(uow: UnitOfWork, said: Received) -> None:
    match said.fact:
        case AutopayBegan() as began:
            await uow.records(Mandate).add_new([_without_its_token(began, agreed_at=said.occurred_at)])
        case AutopayEnded() as fact:
            known = await uow.records(Mandate).get(mandate=fact.mandate)
            if known is not None and known.state == "on":
                off = ended(known, because=fact.because, now=said.occurred_at)
                await uow.records(Mandate).put([off])
            waiting = await uow.records(Draw).select(mandate=fact.mandate, state="planned")
            await uow.records(Draw).put(withdrawn(waiting))
        case DrawDeclined() as declined:
            await uow.records(Draw).put([_as_declined(declined)])
        case _:
            pass


def _without_its_token(began: AutopayBegan, *, agreed_at: datetime) -> Mandate:
    return Mandate(
        mandate=began.mandate,
        household=began.household,
        method=began.method,
        token=None,
        consent=began.consent,
        language=began.language,
        agreed_at=agreed_at,
        agreed_by=NOT_KNOWN,
        state="on",
    )


def _as_declined(declined: DrawDeclined) -> Draw:
    again = declined.again_on
    return Draw(
        draw=declined.draw,
        household=declined.household,
        mandate=declined.mandate,
        invoice=declined.invoice,
        next_on=declined.declined_on if again is None else again,
        on_time_until=declined.pay_by,
        state="declined" if again is None else "planned",
        tries=declined.tries,
        amount_cents=declined.cents,
        decline=declined.decline,
    )
