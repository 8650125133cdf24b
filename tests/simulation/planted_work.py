"""Bugs planted in what carries events and work."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Any
from unittest.mock import patch

import payments.application.clear_payments
import payments.application.close_books
import payments.application.load_lockbox_files
import payments.application.remit_premiums
import payments.application.take_online_payment
import payments.domain.payments
import payments.entrypoints.api.intake
from bulkhead.duties.chunks import Chunks
from bulkhead.kernel.errors import Retryable
from bulkhead.maintenance.windows import IntakeGate
from bulkhead.messaging.arrivals import Arrival
from bulkhead.messaging.consumer import Consumer
from bulkhead.messaging.relay import Entry, Relay
from bulkhead.persistence.event_tables import OutboxRecord
from bulkhead.web.idempotency import RequestKey
from bulkhead_testing.broker import MemoryOutbox, MemorySubscription
from bulkhead_testing.memory import MemoryUnitOfWork
from invoicing.application.decided import ClosedBooks
from simulation.planting import MANY, ROUGH, Planted, bug, instead


@bug("I8: every event has its effect once", seed=1)
def the_inbox_is_dropped() -> Planted:
    """An event that comes again has its effect again."""

    async def all_of_them(_self: Consumer, _uow: object, arrivals: Sequence[Arrival]) -> list[Arrival]:
        return list(arrivals)

    return patch.object(Consumer, "_not_seen_before", all_of_them)


@bug("OPS-2: in a window nothing is taken that members ask for online", seed=3)
def the_intake_goes_on_in_maintenance() -> Planted:
    """A window is announced, and members pay in it as ever."""

    async def open_always(_gate: IntakeGate, _now: object) -> None:
        return None

    return patch.object(IntakeGate, "window", open_always)


@bug("outbox: what is said and what is done are one", seed=6, months=2, often=ROUGH)
def published_before_the_commit() -> Planted:
    """What a transaction has said is in the outbox although it fails."""
    leave = MemoryUnitOfWork.__aexit__

    async def publish_and_leave(unit: Any, *why: Any) -> None:
        if unit.emitted:
            records = {(each.seq,): each for each in unit._database.number(unit.emitted)}
            unit._database.commit({OutboxRecord: records}, unit.emitted)
            unit.emitted.clear()
        await leave(unit, *why)

    return patch.object(MemoryUnitOfWork, "__aexit__", publish_and_leave)


@bug("outbox: nothing that was committed is lost", seed=1)
def marked_before_it_is_published() -> Planted:
    """The relay remembers an event as published, then publishes it."""
    read = MemoryOutbox.read

    async def read_and_mark(outbox: MemoryOutbox, *, limit: int) -> list[Entry]:
        entries = await read(outbox, limit=limit)
        if entries:
            await outbox.mark(entries[-1].position)
        return entries

    return patch.object(MemoryOutbox, "read", read_and_mark)


@bug("outbox: in the order of households", seed=1)
def published_backwards() -> Planted:
    """What a household's events say last is published first."""
    messages = Relay._messages

    def backwards(*of: Any) -> Any:
        written, origins = messages(*of)
        return written[::-1], origins[::-1]

    return patch.object(Relay, "_messages", backwards)


@bug("locks: one at a time works on a household", seed=None, months=2, often=ROUGH)
def the_lock_is_forgotten() -> Planted:
    """Households are not locked."""

    async def pass_by(_unit: MemoryUnitOfWork) -> None:
        return

    return patch.object(MemoryUnitOfWork, "_lock", pass_by)


@bug("inbox: what failed is tried again", seed=52, months=2, often=ROUGH)
def the_seek_is_lost() -> Planted:
    """After a failure the consumer reads on instead of going back."""

    async def read_on(_subscription: MemorySubscription) -> None:
        return

    return patch.object(MemorySubscription, "rewind", read_on)


@bug("inbox: what failed is tried again", seed=52, months=2, often=ROUGH)
def what_failed_is_committed() -> Planted:
    """A batch that failed is dropped."""
    take = Consumer._take

    async def try_to_take(consumer: Consumer, messages: Any, *, through: Any) -> None:
        with suppress(Retryable):
            await take(consumer, messages, through=through)

    return patch.object(Consumer, "_take", try_to_take)


@bug("PAY-2", seed=10, months=2, often=ROUGH)
def the_answer_is_not_kept() -> Planted:
    """A request that comes again is done again."""

    async def forget(*_of: object) -> None:
        return

    return patch.object(RequestKey, "keep", forget)


@bug("PAY-2", seed=5, months=2, often=ROUGH)
def the_answer_is_not_looked_for() -> Planted:
    """A request that comes again gets no answer."""

    async def none(*_of: object) -> None:
        return

    return patch.object(RequestKey, "answered", none)


@bug("duties: each chunk is done once", seed=None, months=2, often=ROUGH)
def a_claim_is_done_twice() -> Planted:
    """Who does the households of a claim does not look whether another has."""
    return instead(Chunks._do_together, "if not await", "if None is await")


@bug("INV-17", seed=9)
def the_watermark_is_skipped() -> Planted:
    """Adverse acts do not wait for closed books."""
    return patch.object(ClosedBooks, "cover", lambda *_of: True)


@bug("PAY-10", seed=1)
def the_books_close_without_a_file() -> Planted:
    """The books of a day close although its lockbox file is awaited."""

    async def none(*_of: object, **_more: object) -> list[date]:
        return []

    return patch.object(payments.application.close_books, "_missing_days", none)


@bug("PAY-10: no books close over an undecided payment", seed=100)
def the_books_close_over_an_undecided_payment() -> Planted:
    """The books of a day close although nobody knows whether an online payment of it was taken."""
    return instead(payments.application.close_books.close_books, "state=UNDECIDED", "state='none'")


@bug("PAY-6", seed=None, months=3, often=ROUGH, most_households=MANY)
def a_late_remittance_takes_todays_date() -> Planted:
    """A remittance that is made late carries what has cleared only since its date."""
    return instead(payments.application.remit_premiums.remit_premiums, "by=duty_date)", "by=uow.today)")


@bug("PAY-4", seed=3)
def a_late_clearing_takes_todays_date() -> Planted:
    """Money clears on the day on which that is done."""
    return instead(
        payments.application.clear_payments.clear_payments,
        "clear(payment,",
        "clear(__import__('dataclasses').replace(payment, clears_on=uow.today),",
    )
