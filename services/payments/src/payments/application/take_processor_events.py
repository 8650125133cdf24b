"""The processor calls back: what it says is no evidence and moves nothing. It is asked what is so (ADR 0042, PAY-1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import Backlog, NotNow
from bulkhead.retries.retries import try_now
from payments.application.ports import Charge, Parameters, Processor
from payments.application.resolve_attempts import resolve_attempt
from payments.application.take_online_payment import UnderWay
from payments.application.waiting import ATTEMPTS, PROCESSOR_EVENTS, REFUNDS, asking
from payments.domain.attempts import DECIDED, UNDECIDED, Attempt
from payments.domain.payments import Payment
from payments.domain.processor_events import (
    ABOUT,
    About,
    EventReason,
    EventState,
    EventType,
    HowDisputed,
    ProcessorEvent,
    Taken,
    dismissed,
    disputed_now,
    event_of,
    for_a_person,
    of_known,
    to_ask_about,
    told_again,
)
from payments.domain.refunds import RefundPart

MOST_AT_ONCE = 50
"""Each is some calls of the processor, one after the other, and is dated by when its turn began."""

WAITING = Backlog(ProcessorEvent, key="event", retries=PROCESSOR_EVENTS, state="waiting")

UNKNOWN: Final[Mapping[str, Any]] = {
    "state": "open",
    "reason": "unknown-reference",
    "about": ("charge", "dispute"),
}
"""Which events name a payment that nobody knew. A refund is kept before the processor is asked for it."""

_HOW: Final[Mapping[EventType, HowDisputed]] = {
    "charge.disputed": "disputed",
    "dispute.won": "dispute-won",
    "dispute.lost": "dispute-lost",
}

_AGAIN: Final[dict[EventState, Taken]] = {"waiting": "asked-after", "open": "open", "dismissed": "known"}


def lock_of(event: str) -> str:
    """Return the name under which an event is locked: no household's id has a colon."""
    return f"processor-event:{event}"


def locks_of(about: About, reference: str) -> list[str]:
    """Return the locks of all that an event about a thing may change: what is to be done about that, and the dispute as
    which a charge that failed is shown.
    """
    changed: tuple[About, ...] = (about, "dispute") if about == "charge" else (about,)
    return [lock_of(event_of(each, reference)) for each in changed]


async def take_processor_event(uow: UnitOfWork, *, kind: EventType, reference: str) -> Taken:
    """Keep what is to be done because of an event, and return what becomes of it (PAY-1, PAY-5). What it may change is
    locked (`locks_of`).

    It is nothing where that is known already or waits already, so that the same event again, or an older one after a
    newer, changes nothing.
    """
    about = ABOUT[kind]
    before = await uow.records(ProcessorEvent).get(event=event_of(about, reference))
    if about == "dispute":
        return await _of_dispute(uow, reference, how=_HOW[kind], before=before)
    failed = kind == "charge.failed"
    # One that was taken in again has a payment and no attempt (ADR 0024).
    if failed and await uow.records(Payment).count(payment=reference):
        return await note_failed(uow, reference)
    if before is not None:
        await uow.records(ProcessorEvent).put([told_again(before, failed=failed)])
        return _AGAIN[before.state]
    if about == "charge":
        return await _of_charge(uow, reference, failed=failed)
    return await _of_refund(uow, reference, failed=kind == "refund.failed")


async def reference_of_charge(uow: UnitOfWork, charge: str) -> str:
    """Return our reference of what the processor names by its own id of a charge; that id where it is not known."""
    found = await uow.records(Payment).select(reference=charge, source="online", moved_from=None)
    return found[0].payment if found else charge


async def _of_charge(uow: UnitOfWork, reference: str, *, failed: bool) -> Taken:
    attempt = await uow.records(Attempt).get(payment=reference)
    if attempt is None:
        known = await uow.records(Payment).count(payment=reference)
        if known:
            return "known"
        return await _show(uow, "charge", reference, reason="unknown-reference", failed=failed)
    if attempt.state in DECIDED:
        return "known"
    asks = to_ask_about(reference, household=attempt.household, failed=failed, now=uow.now)
    await uow.records(ProcessorEvent).add([asks])
    return "asked-after"


async def note_failed(uow: UnitOfWork, reference: str) -> Taken:
    """Show that a charge failed which counts as taken: its money is taken back, as in a dispute, whose event is locked.
    Return what becomes of it.
    """
    shown = await uow.records(ProcessorEvent).get(event=event_of("dispute", reference))
    return await _of_dispute(uow, reference, how="charge-failed", before=shown)


async def _of_dispute(
    uow: UnitOfWork, reference: str, *, how: HowDisputed, before: ProcessorEvent | None
) -> Taken:
    payment = await uow.records(Payment).get(payment=reference)
    if payment is None:
        if before is None:
            return await _show(uow, "dispute", reference, reason="unknown-reference")
        await uow.records(ProcessorEvent).put([told_again(before)])
        return _AGAIN[before.state]
    shown = disputed_now(before, payment, how=how, now=uow.now)
    if shown is not None:
        await uow.records(ProcessorEvent).put([shown])
        return _AGAIN[shown.state]
    if before is not None and before.state == "open":
        await uow.records(ProcessorEvent).remove(event=before.event)
    return "known"


async def _of_refund(uow: UnitOfWork, reference: str, *, failed: bool) -> Taken:
    found = await uow.records(RefundPart).select(reference=reference)
    if not found:
        return await _show(uow, "refund", reference, reason="unknown-reference")
    (part,) = found
    if part.state == "due":
        await try_now(uow, kind=REFUNDS.kind, item=reference)
        return "asked-after"
    if failed and part.state == "paid":
        return await _show(uow, "refund", reference, reason="refund-failed", household=part.household)
    return "known"


async def _show(
    uow: UnitOfWork,
    about: About,
    reference: str,
    *,
    reason: EventReason,
    household: str | None = None,
    failed: bool = False,
) -> Taken:
    event = for_a_person(about, reference, household=household, reason=reason, failed=failed, now=uow.now)
    await uow.records(ProcessorEvent).add([event])
    return "open"


async def events_of_known_payments(uow: UnitOfWork) -> list[tuple[ProcessorEvent, Payment]]:
    """Return events that wait for a person because nobody knew their payment, where it is known now, with that payment:
    an attempt that is not resolved has none.
    """
    unknown = uow.records(ProcessorEvent)
    names = await unknown.distinct("reference", **UNKNOWN)
    found = await uow.records(Payment).select(payment=names) if names else []
    payments = {each.payment: each for each in found}
    events = await unknown.select(**UNKNOWN, reference=sorted(payments), limit=MOST_AT_ONCE) if found else []
    return [(each, payments[each.reference]) for each in events]


async def look_at_again(uow: UnitOfWork, event: str, *, payment: str) -> bool:
    """Keep of an event what there is to see to now that its payment is known; return whether it waited for that still.
    The event, the dispute that it may become (`locks_of`) and the payment's household are locked.
    """
    [shown] = await uow.records(ProcessorEvent).select(**UNKNOWN, event=event) or [None]
    known = await uow.records(Payment).get(payment=payment)
    if shown is None or known is None:
        return False
    left = of_known(shown, known)
    if left is None:
        await uow.records(ProcessorEvent).remove(event=event)
    else:
        await uow.records(ProcessorEvent).put([left])
    if shown.failed:
        await note_failed(uow, payment)
    return True


async def dismiss_processor_event(uow: UnitOfWork, event: str, *, operator: str) -> ProcessorEvent:
    """Note that a person has seen to an event, which is locked, and return it. Raises `NotFound` and `EventDecided`."""
    found = await uow.records(ProcessorEvent).get(event=event)
    if found is None:
        raise NotFound("there is no such event of the processor")
    decided = dismissed(found, now=uow.now, by=operator)
    await uow.records(ProcessorEvent).put([decided])
    return decided


async def _see_to_failed(uow: UnitOfWork, reference: str) -> None:
    """Show that a charge failed where it counts as taken by now, whoever found that out and by how old an answer.

    Raises `NotNow` while it may still come to count as taken: then it would have failed before that.
    """
    attempt = await uow.records(Attempt).get(payment=reference)
    if attempt is not None and attempt.state in UNDECIDED:
        raise NotNow("a charge failed of which the processor knows nothing yet")
    if await uow.records(Payment).count(payment=reference):
        await note_failed(uow, reference)


class ProcessorEventPoller:
    """Asks the processor about charges of which it said something, each by itself."""

    name = "processor-events"

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
        """Ask about what was told and record what is so; return how many events were looked into.

        What came before its payment was known is looked at again first.
        """

        async def look(event: ProcessorEvent) -> int:
            charge = None if await self._is_decided(event, now) else await self._find(event)
            locked = [] if event.household is None else [event.household]
            async with self._uows.begin(
                now=now, households=[*locked, *locks_of(event.about, event.reference)]
            ) as uow:
                # That it knows of nothing says less than the look by the schedule, which waits for what may be on its
                # way: it counts for nothing, or two events would close an attempt at once.
                if charge is not None:
                    await resolve_attempt(uow, event.reference, charge=charge, parameters=self._parameters)
                    await ATTEMPTS.forget(uow, [event.reference])
                if event.failed or (charge is not None and charge.status == "failed"):
                    await _see_to_failed(uow, event.reference)
                # One that was told again meanwhile is looked at again: it may tell of what came after this look.
                await uow.records(ProcessorEvent).remove(event=event.event, times=event.times)
            return 1

        again = 0
        for event, payment in await self._known_since(now):
            locked = [payment.household, *locks_of(event.about, event.reference)]
            async with self._uows.begin(now=now, households=locked) as uow:
                again += await look_at_again(uow, event.event, payment=payment.payment)
        return again + await WAITING.do(
            await self._due(now), look, uows=self._uows, now=now, household=lambda event: event.household
        )

    async def pending(self, now: datetime) -> int:
        """Return how many events can be looked into now: while the processor is away, none that it is asked about."""
        again, waiting = await self._known_since(now), await self._due(now)
        return len(again) + (len(waiting) if waiting and await self._processor.is_reachable() else 0)

    async def _known_since(self, now: datetime) -> list[tuple[ProcessorEvent, Payment]]:
        async with self._uows.begin(now=now) as uow:
            return await events_of_known_payments(uow)

    async def _is_decided(self, event: ProcessorEvent, now: datetime) -> bool:
        async with self._uows.begin(now=now) as uow:
            return bool(await uow.records(Attempt).count(payment=event.reference, state=DECIDED))

    async def _find(self, event: ProcessorEvent) -> Charge | None:
        async with asking(self._processor):
            return await self._processor.find(reference=event.reference)

    async def _due(self, now: datetime) -> list[ProcessorEvent]:
        due = await WAITING.due(self._uows, now=now, limit=MOST_AT_ONCE)
        return [each for each in due if each.reference not in self._under_way]
