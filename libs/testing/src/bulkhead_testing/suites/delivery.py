"""What outbox, relay, broker and consumer promise together: nothing lost, nothing twice, each household in
order.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from bulkhead.contracts import wire
from bulkhead.contracts.registry import PAYMENTS
from bulkhead.contracts.wire import Envelope
from bulkhead.kernel.errors import InvalidValue, TookTooLong
from bulkhead.messaging.broker import Broker, NotAllPublished, Outgoing
from bulkhead.messaging.consumer import Consumer
from bulkhead.messaging.faults import MANY_HOUSEHOLDS
from bulkhead.messaging.parking import NothingParked, Parking
from bulkhead.messaging.partitioning import (
    KeptPartitions,
    KnownPartitions,
    partition_of,
)
from bulkhead.messaging.relay import Outbox, Relay
from bulkhead.messaging.standstill import release
from bulkhead.persistence.event_tables import (
    InboxRecord,
    OutboxRecord,
    ParkedEvent,
    PassedOverType,
    StoppedPartition,
    lane_of,
)
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead_testing.suites.example import (
    NOW,
    TODAY,
    UNLUCKY_CENTS,
    Balance,
    BooksClosed,
    Clerk,
    Entry,
    PaymentReceived,
    Watermark,
    bookkeeper,
)
from bulkhead_testing.waiting import until

PARTITIONS = 4
NO_ID = b"".join(hashlib.sha512(bytes([each])).hexdigest().encode() for each in range(47))
"""Six thousand characters that nothing makes shorter."""


async def is_refused(relay: Relay) -> bool:
    """Whether a turn found something to publish and the broker did not take all of it. A turn may find nothing of
    what was just written: others' transactions on the same server hold it up.
    """
    try:
        await relay.turn()
    except NotAllPublished:
        return True
    return False


@dataclass(kw_only=True)
class Stage:
    """A teller and a bookkeeper, each with a database, and a broker between them."""

    teller: Any
    bookkeeper: Any
    broker: Broker
    outbox_of: Callable[[Any], Outbox]
    clerk: Clerk = field(default_factory=Clerk)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.relay = self.new_relay()
        self.service = bookkeeper(self.clerk)
        self.now = NOW
        self._work_on_the_database()

    def _work_on_the_database(self) -> None:
        self.consumer = self.new_consumer()
        self.parking = Parking(service=self.service, uows=self.bookkeeper)

    async def go_on_with(self, database: Any) -> None:
        """Let the bookkeeper's workers end, and others begin on another database."""
        await self.consumer.close()
        self.bookkeeper = database
        self._work_on_the_database()

    async def go_on_as(self, database: Any) -> None:
        """Let the teller's worker end, and another begin on another database."""
        await self.relay.close()
        self.teller = database
        self.relay = self.new_relay()

    def new_relay(self) -> Relay:
        """Return another relay of the teller."""
        kept = KeptPartitions(uows=self.teller, broker=self.broker, now=lambda: NOW)
        return Relay(outbox=self.outbox_of(self.teller), broker=self.broker, kept=kept, batch=50)

    def new_consumer(self, uows: UnitOfWorkFactory | None = None) -> Consumer:
        """Return another worker of the bookkeeper, on its database or on what is put before that."""
        return Consumer(
            service=self.service,
            uows=uows or self.bookkeeper,
            broker=self.broker,
            now=lambda: self.now,
            batch=40,
            elapsed_seconds=lambda: self.seconds,
        )

    async def pay(self, household: str, *cents: int, prefix: str = "p") -> None:
        """Commit payments of a household at the teller, numbered by where they stand."""
        async with self.teller.begin(now=NOW, households=[household]) as uow:
            for number, amount in enumerate(cents):
                uow.emit(
                    PaymentReceived(
                        household=household, payment=f"{household}-{prefix}{number}", cents=amount
                    ),
                    household=household,
                )

    async def write(self, household: str | None, value: bytes) -> None:
        """Write bytes to the topic as if the teller had."""
        partition = 0 if household is None else partition_of(household, PARTITIONS)
        key = None if household is None else household.encode()
        await self.broker.publish([Outgoing(PAYMENTS.name, partition, key, value)])

    async def relay_all(self) -> int:
        """Turn the relay until nothing is pending: others on the same server may hold it up."""
        done = 0

        async def all_published() -> bool:
            nonlocal done
            done += await self.relay.turn()
            return not await self.relay.pending()

        await until(all_published)
        return done

    async def consume_all(self) -> int:
        """Turn the consumer until there is nothing left."""
        done = 0
        async with asyncio.timeout(60):
            while await self.consumer.lag():
                done += await self.consumer.turn(wait_seconds=0.2)
        return done

    async def consume_though_slow(self) -> int:
        """Turn the consumer until there is nothing left; return how many turns the database took too long for."""
        waited_out = 0
        while True:
            try:
                await self.consume_all()
            except TookTooLong:
                waited_out += 1
            else:
                return waited_out

    def wait(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.seconds += seconds

    async def deliver(self) -> None:
        """Relay and consume everything."""
        await self.relay_all()
        await self.consume_all()

    async def payments_of(self, household: str) -> list[str]:
        """Return the payments in the bookkeeper's book of a household, in its order."""
        async with self.bookkeeper.begin(now=NOW) as uow:
            entries = await uow.records(Entry).select(household=household, order_by=["position"])
        assert [each.position for each in entries] == list(range(1, len(entries) + 1))
        return [each.payment.removeprefix(f"{household}-") for each in entries]

    async def rows(self, kind: type[Any]) -> list[Any]:
        """Return all of the bookkeeper's records of a kind."""
        async with self.bookkeeper.begin(now=NOW) as uow:
            return await uow.records(kind).select()

    async def watermarks(self) -> dict[int, date]:
        """Return through which day the teller's books are known to be closed, by partition."""
        return {each.partition: each.through for each in await self.rows(Watermark)}

    async def parked(self) -> list[ParkedEvent]:
        """Return every event that was ever parked, in order."""
        async with self.bookkeeper.begin(now=NOW) as uow:
            return await uow.records(ParkedEvent).select()

    async def close(self) -> None:
        """Stop the workers."""
        await self.consumer.close()
        await self.relay.close()
        await self.broker.close()


def envelope_of(household: str | None, *, event_id: str, kind: str, version: int = 1, data: bytes) -> bytes:
    """Return the bytes of an event, right or wrong."""
    return wire.encode(
        Envelope(
            id=event_id,
            type=kind,
            version=version,
            household=household,
            occurred_at=NOW,
            business_date=TODAY,
            correlation_id="c",
            causation_id=None,
            traceparent=None,
            data=msgspec.Raw(data),
        )
    )


class Before:
    """Begins units of work on a database; before the one of this number, something is done."""

    def __init__(self, database: Any, *, begin: int, do: Callable[[], Awaitable[None]]) -> None:
        self._database = database
        self._left = begin
        self._do = do

    @asynccontextmanager
    async def begin(self, **about: Any) -> AsyncGenerator[UnitOfWork]:
        self._left -= 1
        if not self._left:
            await self._do()
        async with self._database.begin(**about) as uow:
            yield uow


class DeliverySuite:
    """Give it a fixture ``stage``: a new `Stage` with empty databases and no messages."""

    async def test_what_is_committed_has_its_effect_once_and_in_order(self, stage: Stage) -> None:
        for household in ("ann", "bob", "cyd"):
            await stage.pay(household, 1, 2, 3)
            await stage.pay(household, 4, 5, prefix="q")
        assert await stage.relay.pending() == 15
        assert await stage.relay_all() == 15
        assert (await stage.relay.pending(), stage.relay.published) == (0, 15)
        assert await stage.consume_all() == 15
        for household in ("ann", "bob", "cyd"):
            assert await stage.payments_of(household) == ["p0", "p1", "p2", "q0", "q1"]
        assert (stage.consumer.consumed, stage.consumer.handled, stage.consumer.doubled) == (15, 15, 0)
        assert await stage.consumer.caught_up()
        assert await stage.parked() == []

    async def test_what_is_rolled_back_is_never_heard_of(self, stage: Stage) -> None:
        with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the failure is the block's end
            async with stage.teller.begin(now=NOW, households=["ann"]) as uow:
                uow.emit(PaymentReceived(household="ann", payment="lost", cents=1), household="ann")
                raise ZeroDivisionError
        await stage.pay("ann", 5)
        await stage.deliver()
        assert await stage.payments_of("ann") == ["p0"]

    async def test_a_batch_larger_than_a_turn_keeps_its_order(self, stage: Stage) -> None:
        await stage.pay("ann", *range(1, 181), prefix="")
        await stage.deliver()
        # A bug of the clerk's parks the household on the way.
        assert await stage.payments_of("ann") == [str(number) for number in range(UNLUCKY_CENTS - 1)]
        stage.clerk.has_bug = False
        replay = await stage.parking.replay(household="ann", now=NOW)
        assert (replay.replayed, replay.left, replay.stopped_by) == (180 - UNLUCKY_CENTS + 1, 0, None)
        assert await stage.payments_of("ann") == [str(number) for number in range(180)]

    async def test_an_event_for_everyone_reaches_every_partition_after_what_came_before(
        self, stage: Stage
    ) -> None:
        await stage.pay("ann", 1)
        async with stage.teller.begin(now=NOW) as uow:
            uow.emit(BooksClosed(through=TODAY), household=None)
        await stage.deliver()
        async with stage.bookkeeper.begin(now=NOW) as uow:
            marks = await uow.records(Watermark).select()
        assert [(each.partition, each.through) for each in marks] == [
            (each, TODAY) for each in range(PARTITIONS)
        ]
        assert await stage.payments_of("ann") == ["p0"]

    async def test_an_event_delivered_again_has_no_second_effect(self, stage: Stage) -> None:
        await stage.pay("ann", 1, 2)
        await stage.pay("bob", 3)
        await stage.relay_all()
        subscription = await stage.broker.subscribe(group="witness", topics=[PAYMENTS.name])
        seen = []
        async with asyncio.timeout(60):
            while len(seen) < 3:
                seen += await subscription.fetch(limit=10, wait_seconds=0.2)
        await subscription.close()
        await stage.broker.publish(
            [Outgoing(each.topic, each.partition, each.key, each.value) for each in seen]
        )
        await stage.consume_all()
        assert await stage.payments_of("ann") == ["p0", "p1"]
        assert await stage.payments_of("bob") == ["p0"]
        assert (stage.consumer.consumed, stage.consumer.handled, stage.consumer.doubled) == (6, 3, 3)

    async def test_an_event_of_a_known_type_nobody_here_listens_to_is_passed_over(self, stage: Stage) -> None:
        data = b'{"household":"ann","payment":"x","cents":1,"cleared_on":"2016-01-05"}'
        await stage.consumer.lag()
        await stage.broker.partitions(PAYMENTS.name)
        await stage.write("ann", envelope_of("ann", event_id="e1", kind="PaymentCleared", data=data))
        await stage.pay("ann", 1)
        await stage.deliver()
        assert await stage.payments_of("ann") == ["p0"]
        async with stage.bookkeeper.begin(now=NOW) as uow:
            assert await uow.records(InboxRecord).count(event_id="e1") == 0

    @pytest.mark.parametrize(
        ("value", "kind", "says"),
        [
            (b"\xff\x00 no json", "malformed", "Envelope"),
            (b'{"id":"e1"}', "malformed", "Envelope"),
            (
                envelope_of(
                    "ann", event_id="e1", kind="PaymentReceived", data=b'{"payment":"x","cents":"lots"}'
                ),
                "malformed",
                "cents",
            ),
            (
                envelope_of("ann", event_id="e1", kind="PaymentReceived", version=9, data=b"{}"),
                "unknown",
                "9",
            ),
            (
                envelope_of("ann", event_id="e1", kind="PaymentReceived", data=b'{"payment":"x","cents":-5}'),
                "impossible",
                "less than nothing",
            ),
            (
                envelope_of(
                    "ann",
                    event_id="e1",
                    kind="PaymentReceived",
                    data=b'{"payment":"x","cents":%d}' % UNLUCKY_CENTS,
                ),
                "bug",
                "ZeroDivisionError",
            ),
        ],
    )
    async def test_an_event_that_cannot_be_parks_its_household_and_no_other(
        self, stage: Stage, value: bytes, kind: str, says: str
    ) -> None:
        await stage.broker.partitions(PAYMENTS.name)
        others = [f"other-{number}" for number in range(12)]
        await stage.pay("ann", 1)
        for each in others:
            await stage.pay(each, 1)
        await stage.relay_all()
        await stage.write("ann", value)
        await stage.pay("ann", 2, 3, prefix="later")
        for each in others:
            await stage.pay(each, 2, prefix="later")
        await stage.deliver()
        assert await stage.payments_of("ann") == ["p0"]
        for each in others:
            assert await stage.payments_of(each) == ["p0", "later0"]
        bad, *behind = await stage.parked()
        assert (bad.household, bad.kind, bad.state, bad.value) == ("ann", kind, "parked", value)
        assert says in bad.reason
        assert [(each.household, each.kind, each.state) for each in behind] == [
            ("ann", "behind", "parked")
        ] * 2
        assert stage.consumer.parked == 3
        async with stage.bookkeeper.begin(now=NOW) as uow:
            assert await uow.parked(["ann", *others]) == {"ann"}

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            (NO_ID, b"no json"),
            (b"ann and bob", b"no json"),
            (b"\xff\x00", b"no json"),
            (b"noise", envelope_of(NO_ID.decode(), event_id="e1", kind="PaymentReceived", data=b"{}")),
            (b"noise", envelope_of("noise", event_id=NO_ID.decode(), kind="PaymentReceived", data=b"{}")),
            (b"noise", envelope_of("noise", event_id="", kind="PaymentReceived", data=b"{}")),
            (b"noise", envelope_of("noise", event_id="e1", kind=NO_ID.decode(), data=b"{}")),
            (
                b"noise",
                envelope_of("noise", event_id="e1", kind="Forgotten", version=3_000_000_000, data=b"{}"),
            ),
            (b"noise", envelope_of("noise", event_id="e1", kind="Forgotten", version=-1, data=b"{}")),
            (b"noise", b"[" * 5_000 + b"]" * 5_000),
        ],
    )
    async def test_noise_is_parked_as_it_came_and_holds_back_no_household(
        self, stage: Stage, key: bytes, value: bytes
    ) -> None:
        await stage.broker.partitions(PAYMENTS.name)
        await stage.broker.publish([Outgoing(PAYMENTS.name, partition_of("ann", PARTITIONS), key, value)])
        await stage.pay("ann", 1)
        await stage.deliver()
        assert await stage.payments_of("ann") == ["p0"]
        [noise] = await stage.parked()
        assert (noise.household, noise.kind, noise.type, noise.value) == (
            "noise" if key == b"noise" else lane_of(PAYMENTS.name, partition_of("ann", PARTITIONS)),
            "malformed",
            "unreadable",
            value,
        )

    async def test_who_was_replayed_is_parked_again_behind_what_was_parked_before(self, stage: Stage) -> None:
        await stage.pay("ann", -5, 3)
        await stage.deliver()
        stage.clerk.refuses_negative = False
        await stage.parking.replay(household="ann", now=NOW)
        stage.clerk.refuses_negative = True
        await stage.pay("ann", -6, prefix="again")
        await stage.deliver()
        assert [(each.position, each.state) for each in await stage.parked()] == [
            (1, "replayed"),
            (2, "replayed"),
            (3, "parked"),
        ]
        stage.clerk.refuses_negative = False
        await stage.parking.replay(household="ann", now=NOW)
        assert await stage.payments_of("ann") == ["p0", "p1", "again0"]

    async def test_a_replay_has_the_effect_in_order_and_unparks(self, stage: Stage) -> None:
        await stage.pay("ann", 1, -5, 3)
        await stage.deliver()
        assert await stage.payments_of("ann") == ["p0"]
        stopped = await stage.parking.replay(household="ann", now=NOW)
        assert (stopped.replayed, stopped.left) == (0, 2)
        assert stopped.stopped_by == "impossible: a payment of less than nothing"
        assert await stage.payments_of("ann") == ["p0"]

        stage.clerk.refuses_negative = False
        await stage.pay("ann", 4, prefix="later")
        await stage.deliver()
        assert await stage.payments_of("ann") == ["p0"]
        done = await stage.parking.replay(household="ann", now=NOW + timedelta(hours=1))
        assert (done.replayed, done.left, done.stopped_by) == (3, 0, None)
        assert await stage.payments_of("ann") == ["p0", "p1", "p2", "later0"]
        assert {(each.state, each.settled_at) for each in await stage.parked()} == {
            ("replayed", NOW + timedelta(hours=1))
        }

        await stage.pay("ann", 5, prefix="after")
        await stage.deliver()
        assert await stage.payments_of("ann") == ["p0", "p1", "p2", "later0", "after0"]
        with pytest.raises(NothingParked):
            await stage.parking.replay(household="ann", now=NOW)

    async def test_a_replay_stops_at_the_first_that_fails(self, stage: Stage) -> None:
        await stage.pay("ann", -1, 2, UNLUCKY_CENTS, 4)
        await stage.deliver()
        stage.clerk.refuses_negative = False
        replay = await stage.parking.replay(household="ann", now=NOW)
        assert (replay.replayed, replay.left, replay.stopped_by) == (2, 2, "bug: ZeroDivisionError")
        assert await stage.payments_of("ann") == ["p0", "p1"]
        states = [(each.state, each.kind) for each in await stage.parked()]
        assert states == [
            ("replayed", "impossible"),
            ("replayed", "behind"),
            ("parked", "bug"),
            ("parked", "behind"),
        ]

    async def test_what_stops_a_replay_is_filed_on_the_event_it_stopped_at_and_on_no_other(
        self, stage: Stage
    ) -> None:
        await stage.pay("ann", -1, 2, 3)
        await stage.deliver()
        stage.clerk.refuses_negative, stage.clerk.slow = False, {"ann"}

        async def discard() -> None:
            first = (await stage.parked())[0].event_id
            await stage.parking.discard(household="ann", event=first, reason="typed in twice", now=NOW)

        # Between the try, which fails, and what is filed for it, another one discards that very event.
        between: Any = Before(stage.bookkeeper, begin=2, do=discard)
        replay = await Parking(service=stage.service, uows=between).replay(household="ann", now=NOW)
        assert (replay.replayed, replay.left, replay.stopped_by) == (0, 2, "bug: TookTooLong")
        assert [(each.state, each.kind, each.reason) for each in await stage.parked()] == [
            ("discarded", "impossible", "a payment of less than nothing"),
            ("parked", "behind", ""),
            ("parked", "behind", ""),
        ]

    async def test_a_discarded_event_is_kept_with_its_reason_and_has_no_effect(self, stage: Stage) -> None:
        await stage.pay("ann", -1, 2)
        await stage.deliver()
        with pytest.raises(InvalidValue):
            await stage.parking.discard(household="ann", event="x", reason=" ", now=NOW)
        bad, sound = [each.event_id for each in await stage.parked()]
        with pytest.raises(NothingParked, match="no such event"):
            await stage.parking.discard(household="ann", event="x", reason="typed in twice", now=NOW)
        with pytest.raises(NothingParked, match="no such event"):
            await stage.parking.discard(household="bob", event=bad, reason="typed in twice", now=NOW)
        await stage.parking.discard(household="ann", event=bad, reason="typed in twice", now=NOW)
        with pytest.raises(NothingParked, match="parked no more: it is discarded"):
            await stage.parking.discard(household="ann", event=bad, reason="again", now=NOW)
        first, second = await stage.parked()
        assert (first.state, first.discard_reason, first.settled_at) == ("discarded", "typed in twice", NOW)
        assert second.state == "parked"
        replay = await stage.parking.replay(household="ann", now=NOW)
        assert (replay.replayed, replay.left) == (1, 0)
        assert await stage.payments_of("ann") == ["p1"]
        with pytest.raises(NothingParked, match="parked no more: it is replayed"):
            await stage.parking.discard(household="ann", event=sound, reason="again", now=NOW)

    async def test_a_cause_of_no_kind_there_is_replays_nobody(self, stage: Stage) -> None:
        await stage.pay("ann", -1)
        await stage.deliver()
        stage.clerk.refuses_negative = False
        for cause in ("bgu", "Impossible", "impossible:", "", "KeyError"):
            with pytest.raises(
                InvalidValue, match="one of malformed, unknown, impossible, poison, bug, behind"
            ):
                await stage.parking.replay_all(cause=cause, now=NOW)
        assert [each.state for each in await stage.parked()] == ["parked"]
        assert (await stage.parking.replay_all(cause="impossible", now=NOW)).replayed == 1

    async def test_a_parked_event_that_is_delivered_again_is_not_parked_twice(self, stage: Stage) -> None:
        await stage.broker.partitions(PAYMENTS.name)
        bad = envelope_of("ann", event_id="e1", kind="PaymentReceived", data=b'{"payment":"x","cents":-5}')
        for _ in range(3):
            await stage.write("ann", bad)
        await stage.consume_all()
        assert len(await stage.parked()) == 1
        stage.clerk.refuses_negative = False
        await stage.parking.replay(household="ann", now=NOW)
        await stage.write("ann", bad)
        await stage.consume_all()
        assert await stage.payments_of("ann") == ["x"]

    async def test_how_many_partitions_there_are_is_the_brokers_to_say(self, stage: Stage) -> None:
        known = KnownPartitions(PAYMENTS.name)
        async with stage.bookkeeper.begin(now=NOW) as uow:
            assert await known(uow) is None
        await stage.consumer.turn()
        async with stage.bookkeeper.begin(now=NOW) as uow:
            partition = await known(uow)
        assert partition is not None
        assert {partition(f"h{number}") for number in range(50)} == set(range(PARTITIONS))
        assert partition("ann") == partition_of("ann", PARTITIONS)

    async def test_what_has_no_household_is_parked_by_its_partition_and_holds_back_no_other(
        self, stage: Stage
    ) -> None:
        await stage.broker.partitions(PAYMENTS.name)
        await stage.write(None, b"noise")
        await stage.pay("ann", 1)
        async with stage.teller.begin(now=NOW) as uow:
            uow.emit(BooksClosed(through=TODAY), household=None)
        await stage.deliver()
        noise, behind = await stage.parked()
        lane = lane_of(PAYMENTS.name, 0)
        assert (noise.household, noise.kind) == (lane, "malformed")
        assert (behind.household, behind.kind, behind.type) == (lane, "behind", "BooksClosed")
        assert await stage.watermarks() == {1: TODAY, 2: TODAY, 3: TODAY}
        assert await stage.payments_of("ann") == ["p0"]
        await stage.parking.discard(household=lane, event=noise.event_id, reason="noise", now=NOW)
        await stage.parking.replay(household=lane, now=NOW)
        assert await stage.watermarks() == dict.fromkeys(range(4), TODAY)

    async def test_a_type_nobody_here_knows_is_passed_over_and_counted(self, stage: Stage) -> None:
        await stage.broker.partitions(PAYMENTS.name)
        unknown = envelope_of("ann", event_id="e1", kind="PaymentForgotten", data=b"{}")
        await stage.write("ann", unknown)
        await stage.write("ann", unknown)
        await stage.write(None, envelope_of(None, event_id="e2", kind="VaultMoved", version=2, data=b"{}"))
        await stage.pay("ann", 1)
        async with stage.teller.begin(now=NOW) as uow:
            uow.emit(BooksClosed(through=TODAY), household=None)
        await stage.deliver()
        assert await stage.payments_of("ann") == ["p0"]
        assert await stage.watermarks() == dict.fromkeys(range(4), TODAY)
        assert await stage.parked() == []
        partition = partition_of("ann", PARTITIONS)
        counted = [
            (each.partition, each.type, each.version, each.events)
            for each in await stage.rows(PassedOverType)
        ]
        assert sorted(counted) == sorted([(partition, "PaymentForgotten", 1, 2), (0, "VaultMoved", 2, 1)])
        assert stage.consumer.passed_over == 3

    async def test_a_fault_common_to_many_stops_its_partition_and_no_other(self, stage: Stage) -> None:
        everybody = [f"h{number:03}" for number in range(200)]
        there = [each for each in everybody if partition_of(each, PARTITIONS) == 2][:15]
        elsewhere = [each for each in everybody if partition_of(each, PARTITIONS) == 3][:3]
        for each in there:
            await stage.pay(each, -1)
        for each in elsewhere:
            await stage.pay(each, 1)
        async with stage.teller.begin(now=NOW) as uow:
            uow.emit(BooksClosed(through=TODAY), household=None)
        await stage.deliver()
        assert len(await stage.parked()) == MANY_HOUSEHOLDS - 1
        assert await stage.watermarks() == {0: TODAY, 1: TODAY, 3: TODAY}
        assert [await stage.payments_of(each) for each in elsewhere] == [["p0"]] * 3
        (stopped,) = await stage.rows(StoppedPartition)
        assert (stopped.topic, stopped.partition, stopped.type) == (PAYMENTS.name, 2, "PaymentReceived")
        assert stopped.fault == "impossible: a payment of less than nothing"
        assert (await stage.consumer.lag(), await stage.consumer.caught_up()) == (0, True)

        # Tried again while it is still so, nobody more is parked for it, however much later.
        stage.seconds += 3600
        await stage.consume_all()
        assert len(await stage.parked()) == MANY_HOUSEHOLDS - 1
        assert await stage.watermarks() == {0: TODAY, 1: TODAY, 3: TODAY}

        stage.clerk.refuses_negative = False
        stage.seconds += 3600
        await stage.consume_all()
        assert await stage.rows(StoppedPartition) == []
        assert await stage.watermarks() == dict.fromkeys(range(4), TODAY)
        done = await stage.parking.replay_all(cause="impossible", now=NOW)
        assert (done.households, done.replayed, done.still_parked) == (
            MANY_HOUSEHOLDS - 1,
            MANY_HOUSEHOLDS - 1,
            0,
        )
        assert [await stage.payments_of(each) for each in there] == [["p0"]] * 15

    async def test_a_stopped_partition_that_is_released_parks_whom_the_fault_befalls(
        self, stage: Stage
    ) -> None:
        there = [f"h{number:03}" for number in range(200) if partition_of(f"h{number:03}", PARTITIONS) == 2][
            :25
        ]
        for each in there:
            await stage.pay(each, -1)
        async with stage.teller.begin(now=NOW) as uow:
            uow.emit(BooksClosed(through=TODAY), household=None)
        await stage.deliver()
        async with stage.bookkeeper.begin(now=NOW, households=[lane_of(PAYMENTS.name, 2)]) as uow:
            await release(uow, topic=PAYMENTS.name, partition=2)
        # It is looked at a second later, though it would be tried again after five.
        stage.seconds += 1
        await stage.consumer.turn(wait_seconds=0.2)
        await stage.consume_all()
        assert sorted(each.household for each in await stage.parked()) == there
        assert await stage.watermarks() == dict.fromkeys(range(4), TODAY)
        assert await stage.rows(StoppedPartition) == []

    async def test_who_releases_one_type_of_event_releases_no_other_that_fails_in_the_same_words(
        self, stage: Stage
    ) -> None:
        there = [f"h{number:03}" for number in range(200) if partition_of(f"h{number:03}", PARTITIONS) == 2]
        first, others = there[:15], there[15:40]
        for each in first:
            await stage.pay(each, -1)
        await stage.deliver()
        async with stage.bookkeeper.begin(now=NOW, households=[lane_of(PAYMENTS.name, 2)]) as uow:
            await release(uow, topic=PAYMENTS.name, partition=2)
            (stopped,) = await uow.records(StoppedPartition).select()
            await uow.records(StoppedPartition).put([replace(stopped, type="PaymentReturned")])
        for each in others:
            await stage.pay(each, -1)
        stage.seconds += 3600
        await stage.deliver()
        (stopped,) = await stage.rows(StoppedPartition)
        assert (stopped.type, stopped.released) == ("PaymentReceived", False)
        assert len(await stage.parked()) == MANY_HOUSEHOLDS - 1

    async def test_a_stopped_partition_that_is_released_parks_whom_what_cannot_be_read_is_about(
        self, stage: Stage
    ) -> None:
        there = [f"h{number:03}" for number in range(200) if partition_of(f"h{number:03}", PARTITIONS) == 2][
            :25
        ]
        await stage.broker.partitions(PAYMENTS.name)
        for each in reversed(there):
            await stage.write(
                each, envelope_of(each, event_id=each, kind="PaymentReceived", version=9, data=b"{}")
            )
        await stage.deliver()
        assert len(await stage.parked()) == MANY_HOUSEHOLDS - 1
        async with stage.bookkeeper.begin(now=NOW, households=[lane_of(PAYMENTS.name, 2)]) as uow:
            await release(uow, topic=PAYMENTS.name, partition=2)
        stage.seconds += 3600
        await stage.consume_all()
        assert sorted(each.household for each in await stage.parked()) == there
        assert await stage.rows(StoppedPartition) == []

    async def test_what_came_before_a_common_fault_is_done_whatever_its_household_is_called(
        self, stage: Stage
    ) -> None:
        there = [f"h{number:03}" for number in range(200) if partition_of(f"h{number:03}", PARTITIONS) == 2][
            :13
        ]
        before, faulty = there[-2:], there[:-2]
        async with stage.teller.begin(now=NOW) as uow:
            uow.emit(BooksClosed(through=TODAY), household=None)
        for each in before:
            await stage.pay(each, 1)
        for each in faulty:
            await stage.pay(each, -1)
        async with stage.teller.begin(now=NOW) as uow:
            uow.emit(BooksClosed(through=TODAY + timedelta(days=1)), household=None)
        await stage.deliver()
        assert [await stage.payments_of(each) for each in before] == [["p0"], ["p0"]]
        assert len(await stage.parked()) == MANY_HOUSEHOLDS - 1
        assert (await stage.watermarks())[2] == TODAY
        assert (await stage.watermarks())[3] == TODAY + timedelta(days=1)

    async def test_of_several_households_with_a_common_fault_the_first_in_its_partition_stops_it(
        self, stage: Stage
    ) -> None:
        there = [f"h{number:03}" for number in range(200) if partition_of(f"h{number:03}", PARTITIONS) == 2]
        bad, good = there[:15], there[15]
        await stage.pay(bad[-1], -1)
        await stage.pay(good, 1)
        for household in reversed(bad[:-1]):
            await stage.pay(household, -1)
        await stage.deliver()
        # Looked at by household, the tenth that fails is far behind: those that fail after it came before it.
        assert {each.household for each in await stage.parked()} == set(bad[: MANY_HOUSEHOLDS - 1])
        (stopped,) = await stage.rows(StoppedPartition)
        async with stage.teller.begin(now=NOW) as uow:
            first = (await uow.records(OutboxRecord).select(household=bad[-1]))[0]
        assert stopped.event_id == first.event_id
        assert await stage.payments_of(good) == []
        stage.clerk.refuses_negative = False
        stage.seconds += 3600
        await stage.consume_all()
        assert await stage.payments_of(good) == ["p0"]

    async def test_who_releases_one_partition_releases_no_other(self, stage: Stage) -> None:
        everybody = [f"h{number:03}" for number in range(400)]
        places = {
            number: [each for each in everybody if partition_of(each, PARTITIONS) == number][:25]
            for number in (2, 3)
        }
        for households in places.values():
            for each in households:
                await stage.pay(each, -1)
        await stage.deliver()
        parked = {each.household for each in await stage.parked()}
        assert sorted(each.partition for each in await stage.rows(StoppedPartition)) == [2, 3]
        async with stage.bookkeeper.begin(now=NOW, households=[lane_of(PAYMENTS.name, 2)]) as uow:
            await release(uow, topic=PAYMENTS.name, partition=2)
        for _ in range(3):
            stage.seconds += 3600
            await stage.consume_all()
        after = {each.household for each in await stage.parked()}
        assert after == parked | set(places[2])
        assert [each.partition for each in await stage.rows(StoppedPartition)] == [3]

    async def test_a_household_for_which_the_database_always_takes_too_long_is_parked_and_no_other(
        self, stage: Stage
    ) -> None:
        stage.clerk.slow = {"bob"}
        for each in ("ann", "bob", "cyd", "dan", "eve"):
            await stage.pay(each, 1, 2)
        await stage.relay_all()
        waited_out = await stage.consume_though_slow()
        assert {each: await stage.payments_of(each) for each in ("ann", "bob", "cyd", "dan", "eve")} == {
            "ann": ["p0", "p1"],
            "bob": [],
            "cyd": ["p0", "p1"],
            "dan": ["p0", "p1"],
            "eve": ["p0", "p1"],
        }
        assert [(each.household, each.kind, each.reason) for each in await stage.parked()] == [
            ("bob", "bug", "TookTooLong"),
            ("bob", "behind", ""),
        ]
        # Twice the batch is left for later; then it, all of the partition's and the household's first event by itself
        # are tried. That is what a turn may try; the next one tries nothing of it any more.
        assert (waited_out, stage.clerk.slow_times) == (3, 5)

        await stage.pay("cyd", UNLUCKY_CENTS)
        await stage.deliver()
        still = await stage.parking.replay_all(cause=None, now=NOW)
        assert (still.households, still.replayed, still.still_parked) == (2, 0, 2)
        stage.clerk.slow.clear()
        done = await stage.parking.replay_all(cause="bug: TookTooLong", now=NOW)
        assert (done.households, done.replayed, done.still_parked) == (1, 2, 0)
        assert await stage.payments_of("bob") == ["p0", "p1"]

    async def test_while_the_database_takes_too_long_now_and_then_nobody_is_parked(
        self, stage: Stage
    ) -> None:
        for number in range(3):
            await stage.pay("ann", 1, prefix=f"{number}-")
            await stage.relay_all()
            stage.clerk.slow = {"ann"}
            for _ in range(2):
                with pytest.raises(TookTooLong):
                    await stage.consume_all()
            stage.clerk.slow = set()
            await stage.consume_all()
        assert await stage.payments_of("ann") == ["0-0", "1-0", "2-0"]
        assert await stage.parked() == []

    async def test_where_the_database_takes_too_long_for_many_their_partition_is_stopped(
        self, stage: Stage
    ) -> None:
        everybody = [f"h{number:03}" for number in range(200)]
        there = [each for each in everybody if partition_of(each, PARTITIONS) == 2][:15]
        stage.clerk.slow = set(there)
        stage.clerk.passes = stage.wait
        for each in there:
            await stage.pay(each, 1)
        await stage.pay(next(each for each in everybody if partition_of(each, PARTITIONS) == 3), 1)
        await stage.relay_all()
        await stage.consume_though_slow()
        assert len(await stage.parked()) == MANY_HOUSEHOLDS - 1
        (stopped,) = await stage.rows(StoppedPartition)
        assert (stopped.partition, stopped.fault) == (2, "bug: TookTooLong")
        assert len(await stage.rows(Entry)) == 1

        # Tried again it is found at once.
        stage.seconds += 3600
        times = stage.clerk.slow_times
        await stage.consume_all()
        assert (len(await stage.parked()), stage.clerk.slow_times) == (MANY_HOUSEHOLDS - 1, times + 1)
        stage.clerk.slow.clear()
        stage.seconds += 3600
        await stage.consume_all()
        await stage.parking.replay_all(cause=None, now=NOW)
        assert [await stage.payments_of(each) for each in there] == [["p0"]] * 15

    @pytest.mark.parametrize("slow", [True, False])
    async def test_who_begins_anew_parks_nobody_for_a_fault_that_is_written_down_as_common(
        self, stage: Stage, *, slow: bool
    ) -> None:
        everybody = [f"h{number:03}" for number in range(200)]
        there = [each for each in everybody if partition_of(each, PARTITIONS) == 2][:25]
        elsewhere = [each for each in everybody if partition_of(each, PARTITIONS) == 3][:2]
        stage.clerk.slow = {*there, elsewhere[0]} if slow else set()
        stage.clerk.passes = stage.wait
        for each in there:
            await stage.pay(each, 1 if slow else -1)
        await stage.relay_all()
        await stage.consume_though_slow()
        parked = {each.household for each in await stage.parked()}
        assert len(parked) == MANY_HOUSEHOLDS - 1

        await stage.consumer.close()
        stage.seconds += 3600
        stage.consumer = stage.new_consumer()
        await stage.pay(elsewhere[0], 1 if slow else -1)
        await stage.relay_all()
        assert await stage.consume_though_slow() == 0
        assert {each.household for each in await stage.parked()} == parked
        assert sorted(each.partition for each in await stage.rows(StoppedPartition)) == [2, 3]

        # Once that is mended all go on, and a fault is a household's own again.
        stage.clerk.slow, stage.clerk.refuses_negative = set(), False
        stage.seconds += 3600
        await stage.consume_all()
        assert await stage.rows(StoppedPartition) == []
        stage.clerk.refuses_negative = True
        stage.clerk.slow = {elsewhere[1]} if slow else set()
        await stage.pay(elsewhere[1], 1 if slow else -1)
        await stage.relay_all()
        await stage.consume_though_slow()
        assert {each.household for each in await stage.parked()} == parked | {elsewhere[1]}

    @pytest.mark.parametrize("slow", [True, False])
    async def test_who_begins_again_and_again_goes_on_from_those_parked_of_late(
        self, stage: Stage, *, slow: bool
    ) -> None:
        everybody = [f"h{number:03}" for number in range(200)]
        there = [each for each in everybody if partition_of(each, PARTITIONS) == 2][:25]
        stage.clerk.slow = set(there) if slow else set()
        stage.clerk.passes = stage.wait
        await stage.broker.partitions(PAYMENTS.name)
        await stage.write(None, b"noise")  # is nobody's, and counts for nobody
        for number, each in enumerate(there):
            await stage.pay(each, 1 if slow else -1)
            if number % 4 == 3:
                await stage.relay_all()
                await stage.consume_though_slow()
                await stage.consumer.close()
                stage.consumer = stage.new_consumer()
        parked = {each.household for each in await stage.parked() if each.type != "unreadable"}
        assert parked == set(there[: MANY_HOUSEHOLDS - 1])
        assert [each.partition for each in await stage.rows(StoppedPartition)] == [2]

    @pytest.mark.parametrize("replayed", [True, False])
    async def test_who_begins_anew_counts_nobody_who_is_parked_no_more_or_was_parked_long_ago(
        self, stage: Stage, *, replayed: bool
    ) -> None:
        everybody = [f"h{number:03}" for number in range(200)]
        there = [each for each in everybody if partition_of(each, PARTITIONS) == 2][:10]
        for each in there[:9]:
            await stage.pay(each, -1)
        await stage.deliver()
        assert len(await stage.parked()) == MANY_HOUSEHOLDS - 1
        if replayed:
            stage.clerk.refuses_negative = False
            await stage.parking.replay_all(cause=None, now=NOW)
            stage.clerk.refuses_negative = True
        else:
            stage.now = NOW + timedelta(hours=1)
        await stage.consumer.close()
        stage.consumer = stage.new_consumer()
        await stage.pay(there[9], -1)
        await stage.deliver()
        assert len(await stage.parked()) == MANY_HOUSEHOLDS
        assert await stage.rows(StoppedPartition) == []

    async def test_households_parked_for_one_cause_are_replayed_together(self, stage: Stage) -> None:
        for each in ("ann", "bob"):
            await stage.pay(each, -1, 2)
        await stage.pay("cyd", UNLUCKY_CENTS)
        await stage.deliver()
        stage.clerk.refuses_negative = False
        first = await stage.parking.replay_all(cause="impossible", now=NOW, limit=1)
        assert (first.households, first.replayed, first.still_parked, first.more_after) == (1, 2, 0, "ann")
        second = await stage.parking.replay_all(cause="impossible", now=NOW, after="ann", limit=1)
        assert (second.households, second.replayed, second.more_after) == (1, 2, None)
        still = await stage.parking.replay_all(cause=None, now=NOW)
        assert (still.households, still.replayed, still.still_parked) == (1, 0, 1)
        nobody = await stage.parking.replay_all(cause="bug: KeyError", now=NOW)
        assert nobody.households == 0

    async def test_a_second_worker_takes_over_what_the_first_did_not_commit(self, stage: Stage) -> None:
        await stage.pay("ann", 1, 2)
        await stage.deliver()
        await stage.consumer.close()
        await stage.pay("ann", 3, prefix="q")
        await stage.relay_all()
        stage.consumer = stage.new_consumer()
        await stage.consume_all()
        assert await stage.payments_of("ann") == ["p0", "p1", "q0"]

    async def test_totals_are_exact_whatever_fails_between(self, stage: Stage) -> None:
        for number in range(40):
            await stage.pay(f"h{number % 7}", number + 100, -1 if number == 20 else 1, prefix=f"{number}-")
        await stage.deliver()
        stage.clerk.refuses_negative = False
        await stage.parking.replay(household="h6", now=NOW)
        async with stage.bookkeeper.begin(now=NOW) as uow:
            assert await uow.records(Balance).total("payments") == 80
            assert await uow.records(Balance).total("cents") == sum(range(100, 140)) + 39 - 1
