"""Payments' database restored to an earlier moment, on real PostgreSQL and Kafka: nothing is lost, nothing doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import asyncpg
import pytest

from bulkhead.contracts import wire
from bulkhead.contracts.enrollment import v1 as enrollment
from bulkhead.contracts.invoicing import v1 as invoicing
from bulkhead.contracts.registry import BY_MODEL, PAYMENTS
from bulkhead.contracts.wire import Envelope
from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.broker import Outgoing
from bulkhead.messaging.consumer import Consumer
from bulkhead.messaging.kafka import KafkaBroker
from bulkhead.messaging.kafka_settings import KafkaSettings
from bulkhead.messaging.partitioning import partition_of
from bulkhead.messaging.postgres_outbox import PostgresOutbox
from bulkhead.messaging.rejoining import DatabaseBehind, OwnTopics, Rejoined, Rejoining
from bulkhead.messaging.relay import Relay
from bulkhead.persistence.migrations import migrate
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead.persistence.postgres_fence import PostgresFence, past_the_fence
from bulkhead.service import Poller
from bulkhead_testing.postgres_process import PostgresProcess
from payments.application import facts, issue_remittances
from payments.application.decide_suspense import dismiss_suspense, lock_of
from payments.application.take_in_again import NAMES
from payments.domain.attempts import Attempt
from payments.domain.books import ClosedBooks
from payments.domain.lockbox import LockboxContent, LockboxFile
from payments.domain.payments import Payment
from payments.domain.refunds import Refund, RefundPart
from payments.domain.remittances import CarrierBalance, Remittance, RemittanceLine, RemittanceToTell
from payments.domain.settlements import Settlement, WaitingShare
from payments.domain.suspense import SuspenseItem
from services.payments.tests.builders import World
from services.payments.tests.integration.test_months_on_postgresql import MIGRATIONS, play

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

PARTITIONS = 4
WIRE: dict[type, Any] = {
    facts.AccountHeardOf: enrollment.HouseholdRegistered,
    facts.PremiumsSettled: invoicing.PremiumsSettled,
    facts.PremiumUnsettled: invoicing.PremiumUnsettled,
    facts.RefundApproved: invoicing.RefundApproved,
}
NOT_SAID: dict[type, dict[str, Any]] = {
    Attempt: {"fingerprint": "", "started_at": None, "received_on": None},
    Payment: {"origin": None},
    SuspenseItem: {"recorded_at": None, "decided_by": None, "decided_at": None},
    LockboxFile: {"stored_at": None, "loaded_at": None},
    Refund: {"approved_on": None},
    RefundPart: {"asked_at": None},
}
"""What no event says of these, and nothing else knows. The origin is known of a row of a lockbox file, and when one was
loaded where a payment of it was said."""

KINDS: tuple[type, ...] = (
    Attempt,
    Payment,
    SuspenseItem,
    LockboxFile,
    LockboxContent,
    ClosedBooks,
    Settlement,
    WaitingShare,
    RemittanceLine,
    Remittance,
    RemittanceToTell,
    CarrierBalance,
    Refund,
    RefundPart,
)

IN_A_REMITTANCE = "between two chunks of a remittance"
"""A moment to go back to that no time names."""


class Heard:
    """What payments hears, by the topics; and what it says, on them."""

    def __init__(self, broker: KafkaBroker) -> None:
        self.broker = broker
        self.heard = 0

    async def tell(self, world: World, *said: Any) -> None:
        """Let others say facts, on their topics."""
        messages: list[Outgoing] = []
        for fact in said:
            self.heard += 1
            kind = BY_MODEL[WIRE[type(fact)]]
            if isinstance(fact, facts.AccountHeardOf):
                model: Any = enrollment.HouseholdRegistered(household=fact.household, contact_version=1)
            elif isinstance(fact, facts.PremiumUnsettled):
                model = invoicing.PremiumUnsettled(
                    household=fact.household,
                    policy="p1",
                    carrier="BCBSVT",
                    month=invoicing.CoverageMonth.parse("2016-01"),
                    cents=fact.cents,
                    unsettled_on=fact.unsettled_on,
                    settlement=fact.settlement,
                    reason="reversed",
                )
            else:
                model = wire.convert(fact, kind.model)
            envelope = Envelope(
                id=f"heard-{self.heard}",
                type=kind.name,
                version=1,
                household=fact.household,
                occurred_at=world.now,
                business_date=world.now.date(),
                correlation_id="",
                causation_id=None,
                traceparent=None,
                data=wire.msgspec.Raw(wire.encode(model)),
            )
            partition = partition_of(fact.household, PARTITIONS)
            value = wire.encode(envelope)
            messages.append(Outgoing(kind.topic.name, partition, fact.household.encode(), value))
        for topic in {each.topic for each in messages}:
            await self.broker.partitions(topic)
        await self.broker.publish(messages)

    async def said(self) -> list[Envelope]:
        """Return all that payments said, each event once."""
        places = {(PAYMENTS.name, number): 0 for number in range(PARTITIONS)}
        found: dict[str, Envelope] = {}
        async for messages in self.broker.history(places):
            for each in messages:
                envelope = wire.decode(each.value, Envelope)
                found[envelope.id] = envelope
        return list(found.values())


class Restorable(World):
    """Payments on a server that can be restored, hearing and saying over Kafka."""

    def __init__(self, heard: Heard, database: PostgresDatabase, *, url: str, cut: str) -> None:
        self._heard = heard
        self._url = url
        self._cut = cut
        self._outbox = PostgresOutbox(url=url, name="payments")
        super().__init__(store=database)
        self._consumer = self._new_consumer()

    @property
    def to_be_cut(self) -> bool:
        """Whether the cut is still to come."""
        return bool(self._cut)

    def _new_consumer(self) -> Consumer:
        return Consumer(service=self.service, uows=self.uows, broker=self._heard.broker, now=lambda: self.now)

    async def hear(self, *facts: Any) -> None:
        """Hear facts by the topics."""
        await self._heard.tell(self, *facts)
        while await self._consumer.turn(wait_seconds=0.3) or await self._consumer.lag():
            pass

    async def advance(self, text: str, *, absent: bool = True) -> None:
        """Go on to a time; before the one of the cut all is said, and a restore point is made."""
        if text == self._cut:
            await self.cut()
        await super().advance(text, absent=absent)

    async def settle_down(self) -> None:
        """Let pollers and duties work; the cut may be before a remittance is told on."""
        teller = self.pollers["remittance-parts"]
        if self._cut == IN_A_REMITTANCE and not isinstance(teller, CutBefore):
            self.pollers["remittance-parts"] = CutBefore(teller, world=self)
        await super().settle_down()

    async def cut(self) -> None:
        """Say all, and make the restore point, at the first such moment."""
        await self.say_all()
        connection = await asyncpg.connect(self._url)
        await connection.execute("SELECT pg_create_restore_point('the-cut')")
        await connection.close()
        self._cut = ""

    async def say_all(self) -> None:
        """Publish what is in the outbox."""
        relay = Relay(outbox=self._outbox, broker=self._heard.broker)
        while await relay.turn() or await relay.pending():
            pass

    async def stored(self) -> dict[type, list[Any]]:
        """Return every row, without what no event says."""
        async with self.uows.begin(now=self.now) as uow:
            rows = {kind: await uow.records(kind).select() for kind in KINDS}
        return {kind: [replace(row, **NOT_SAID.get(kind, {})) for row in some] for kind, some in rows.items()}

    def go_on_from(self, world: Restorable) -> None:
        """Begin on the same processor, folders and clock as another, whose ids are not used again."""
        self.processor, self.lockbox, self.remittances = world.processor, world.lockbox, world.remittances
        self.now, self.clock, self._ids = world.now, world.clock, world._ids
        self.restart()
        self._consumer = self._new_consumer()

    async def stop(self) -> None:
        """End every process."""
        await self._consumer.close()
        await self._outbox.close()


class CutBefore:
    """A poller before whose first work the cut is made."""

    def __init__(self, poller: Poller, *, world: Restorable) -> None:
        self.name = poller.name
        self._poller = poller
        self._world = world

    async def turn(self, now: datetime) -> int:
        """Make the cut where there is work, once, then do it."""
        if self._world.to_be_cut and await self._poller.pending(now):
            await self._world.cut()
        return await self._poller.turn(now)

    async def pending(self, now: datetime) -> int:
        """Return how much there is to do."""
        return await self._poller.pending(now)


@pytest.fixture
async def heard(kafka_bootstrap: str, topic_prefix: str) -> AsyncIterator[Heard]:
    """Kafka, with topics of this test's own."""
    settings = KafkaSettings(bootstrap=kafka_bootstrap, prefix=topic_prefix, partitions=PARTITIONS, session=6)
    broker = KafkaBroker(settings)
    yield Heard(broker)
    await broker.close()


async def rejoin(world: World, heard: Heard, *, url: str) -> Rejoined:
    """Let the database catch up."""
    service = replace(world.service, name="payments rejoin")
    database = PostgresDatabase.for_service(service, url=past_the_fence(url))
    outbox = PostgresOutbox(url=past_the_fence(url), name=service.name)
    try:
        return await Rejoining(
            service=world.service,
            uows=database,
            broker=heard.broker,
            outbox=outbox,
            relay=Relay(outbox=outbox, broker=heard.broker),
            fence=PostgresFence(url=url, name="payments"),
            now=lambda: world.now,
        ).run()
    finally:
        await outbox.close()
        await database.close()


@pytest.mark.parametrize(
    "cut", ["2015-12-03T10:00", "2015-12-10T10:00", "2015-12-17T10:00", "2015-12-20T10:00", IN_A_REMITTANCE]
)
async def test_what_payments_said_after_the_moment_it_was_restored_to_is_taken_in_again(
    own_postgres: PostgresProcess, heard: Heard, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for chunk in ("LINES_PER_EVENT", "PARTS_AT_ONCE"):
        monkeypatch.setattr(issue_remittances, chunk, 1)
    url = own_postgres.url
    migrate(url=url, directory=MIGRATIONS)
    own_postgres.back_up()
    database = PostgresDatabase.for_service(World().service, url=url)
    world = Restorable(heard, database, url=url, cut=cut)
    await play(world)
    assert not world.to_be_cut
    await world.say_all()
    before, books, said = await world.stored(), await world.books(), await heard.said()
    assert books.balanced
    await world.stop()
    await database.close()

    own_postgres.restore(point="the-cut")
    database = PostgresDatabase.for_service(World().service, url=url)
    if cut == IN_A_REMITTANCE:
        async with database.begin(now=world.now) as uow:
            assert [each.part for each in await uow.records(RemittanceToTell).select()] == [2]
    own = OwnTopics(service=world.service, uows=database, broker=heard.broker, now=lambda: world.now)
    with pytest.raises(DatabaseBehind):
        await own.require_known()
    await PostgresFence(url=url, name="payments").put_up()
    world.uows = database
    with pytest.raises(Retryable):
        await world.pay("june")

    done = await rejoin(world, heard, url=url)
    assert done.parked == done.otherwise == 0
    await own.require_known()
    again = Restorable(heard, database, url=url, cut="")
    again.go_on_from(world)
    for item in (each for each in before[SuspenseItem] if each.state == "dismissed"):  # said by no event
        async with database.begin(now=again.now, households=[lock_of(item.item)]) as uow:
            kept = await uow.records(SuspenseItem).get(item=item.item)
            if kept is not None and kept.state == "open":
                await dismiss_suspense(uow, item.item, operator="ops")
    await again.settle_down()
    after = await again.stored()
    for kind in KINDS:
        assert after[kind] == before[kind], kind.__name__
    assert (await again.books()).balanced
    await again.say_all()
    assert sorted(each.id for each in await heard.said()) == sorted(each.id for each in said)

    await again.opened()
    await again.pay("june", cents=100)
    await again.advance("2016-01-08T12:00")
    await again.say_all()
    assert (await again.books()).closed_through == date(2016, 1, 7)
    assert (await again.books()).balanced
    names = Counter[Any]()
    for each in await heard.said():
        event = next(event for event in NAMES if event.__name__ == each.type)
        fact = wire.decode(each.data, event)
        names[each.type, *(getattr(fact, name) for name in NAMES[event])] += 1
    assert set(names.values()) == {1}
    await again.stop()
    await database.close()
