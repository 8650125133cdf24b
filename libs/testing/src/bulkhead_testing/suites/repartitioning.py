"""What is promised where a topic gets more partitions: nothing, until it is adopted; and that then in order."""

from __future__ import annotations

import pytest

from bulkhead.contracts.registry import CARRIERS, PAYMENTS
from bulkhead.kernel.errors import InvalidValue
from bulkhead.messaging.broker import Outgoing
from bulkhead.messaging.partitioning import (
    NotAllRead,
    Repartitioned,
    StillRelayed,
    keep_partitions,
    partition_of,
)
from bulkhead.persistence.event_tables import ConsumerOffset, PartitionCount
from bulkhead.runtime.operations import Operations
from bulkhead_testing.suites.delivery import PARTITIONS, Stage, envelope_of
from bulkhead_testing.suites.example import NOW, teller

TOPIC = PAYMENTS.name
FEWER = PARTITIONS - 1
HOUSEHOLDS = [f"h{number:02}" for number in range(20)]


async def as_before(stage: Stage) -> None:
    """Let writer and reader both have begun when the topic had fewer partitions."""
    for database in (stage.teller, stage.bookkeeper):
        async with database.begin(now=NOW) as uow:
            assert await keep_partitions(uow, topic=TOPIC, found=FEWER) == FEWER


async def pay_everybody(stage: Stage, *, prefix: str) -> None:
    """Commit a payment of each household."""
    for household in HOUSEHOLDS:
        await stage.pay(household, 1, prefix=prefix)


def reader(stage: Stage) -> Operations:
    """Return an operator at the bookkeeper."""
    return Operations(
        service=stage.service,
        uows=stage.bookkeeper,
        broker=stage.broker,
        outbox=stage.outbox_of(stage.bookkeeper),
        now=NOW,
    )


def writer(stage: Stage) -> Operations:
    """Return an operator at the teller."""
    return Operations(
        service=teller(),
        uows=stage.teller,
        broker=stage.broker,
        outbox=stage.outbox_of(stage.teller),
        now=NOW,
    )


async def read_partitions(stage: Stage) -> set[int]:
    """Return the partitions of which anything was taken in."""
    return {each.partition for each in await stage.rows(ConsumerOffset)}


class RepartitioningSuite:
    """Give it a fixture ``stage``: a new `Stage` with empty databases and no messages."""

    async def test_more_partitions_are_of_no_consequence_until_they_are_adopted(self, stage: Stage) -> None:
        await as_before(stage)
        await pay_everybody(stage, prefix="p")
        await stage.deliver()
        assert await read_partitions(stage) == set(range(FEWER))
        await reader(stage).adopt(TOPIC, PARTITIONS)
        await stage.relay.close()
        await writer(stage).adopt(TOPIC, PARTITIONS)
        stage.relay = stage.new_relay()
        await pay_everybody(stage, prefix="q")
        await stage.go_on_with(stage.bookkeeper)
        await stage.deliver()
        assert await read_partitions(stage) == set(range(PARTITIONS))
        for household in HOUSEHOLDS:
            assert await stage.payments_of(household) == ["p0", "q0"]

    async def test_what_a_writer_spreads_over_more_is_not_read_before_that_is_adopted(
        self, stage: Stage
    ) -> None:
        await as_before(stage)
        await writer(stage).adopt(TOPIC, PARTITIONS)
        there = next(each for each in HOUSEHOLDS if partition_of(each, PARTITIONS) == FEWER)
        await stage.pay(there, 1)
        await stage.relay_all()
        with pytest.raises(Repartitioned, match=rf"written to partition {FEWER} and read here with {FEWER}"):
            await stage.consume_all()
        assert await stage.payments_of(there) == []
        # What its writer spread over more meanwhile, no reader can read to its end with fewer.
        with pytest.raises(NotAllRead):
            await reader(stage).adopt(TOPIC, PARTITIONS)
        await reader(stage).adopt_unread(TOPIC, PARTITIONS)
        await stage.go_on_with(stage.bookkeeper)
        await stage.consume_all()
        assert await stage.payments_of(there) == ["p0"]

    async def test_a_writer_adopts_nothing_while_its_relay_is_at_work(self, stage: Stage) -> None:
        await as_before(stage)
        await pay_everybody(stage, prefix="p")
        await stage.deliver()
        for adopt in (writer(stage).adopt, writer(stage).adopt_unread):
            with pytest.raises(StillRelayed, match="stop its workers, adopt the number, and start them"):
                await adopt(TOPIC, PARTITIONS)
        await reader(stage).adopt(TOPIC, PARTITIONS)  # who only reads it needs nobody stopped
        await pay_everybody(stage, prefix="q")
        await stage.deliver()
        assert await read_partitions(stage) == set(range(FEWER))
        await stage.relay.close()
        await writer(stage).adopt(TOPIC, PARTITIONS)
        async with stage.teller.begin(now=NOW) as uow:
            assert [each.partitions for each in await uow.records(PartitionCount).select()] == [PARTITIONS]
        stage.relay = stage.new_relay()
        await stage.pay(HOUSEHOLDS[0], 1)  # and the lead is given back
        assert await stage.relay_all() == 1

    async def test_fewer_partitions_than_were_written_to_are_adopted_by_nobody(self, stage: Stage) -> None:
        ends = await stage.broker.ends(TOPIC)
        assert len(ends) == PARTITIONS
        # One that is not written to may have been made for others.
        for operator in (reader(stage), writer(stage)):
            await operator.adopt(TOPIC, FEWER)
        there = next(each for each in HOUSEHOLDS if partition_of(each, FEWER) == FEWER - 1)
        await stage.pay(there, 1)
        await stage.deliver()
        await stage.relay.close()
        problem = f"must be more than {FEWER - 1}: .* {FEWER} to {PARTITIONS} can be adopted"
        for operator in (reader(stage), writer(stage)):
            for adopt in (operator.adopt, operator.adopt_unread):
                with pytest.raises(InvalidValue, match=problem):
                    await adopt(TOPIC, FEWER - 1)
            await operator.adopt(TOPIC, FEWER)

    async def test_a_topic_with_fewer_partitions_is_another_one(self, stage: Stage) -> None:
        async with stage.bookkeeper.begin(now=NOW) as uow:
            await keep_partitions(uow, topic=TOPIC, found=PARTITIONS + 1)
        with pytest.raises(
            Repartitioned, match=rf"has {PARTITIONS} partitions, and {PARTITIONS + 1} are kept"
        ):
            await stage.consumer.turn()

    async def test_a_reader_adopts_only_what_there_is_and_when_all_of_it_is_read(self, stage: Stage) -> None:
        await as_before(stage)
        await stage.pay("ann", 1)
        await stage.relay_all()
        with pytest.raises(InvalidValue, match=f"as many as there are: {PARTITIONS}"):
            await reader(stage).adopt(TOPIC, PARTITIONS + 1)
        with pytest.raises(InvalidValue, match="neither read nor written here"):
            await reader(stage).adopt(CARRIERS.name, PARTITIONS)
        with pytest.raises(
            NotAllRead, match=f"not read to its end here: partitions {partition_of('ann', FEWER)}$"
        ):
            await reader(stage).adopt(TOPIC, PARTITIONS)
        await stage.write(None, b"noise")
        await stage.consume_all()
        with pytest.raises(NotAllRead, match="replayed or discarded first"):
            await reader(stage).adopt(TOPIC, PARTITIONS)
        assert [each.partitions for each in await stage.rows(PartitionCount)] == [FEWER]
        (noise,) = await stage.parked()
        await stage.parking.discard(household=noise.household, event=noise.event_id, reason="noise", now=NOW)
        await reader(stage).adopt(TOPIC, PARTITIONS)
        assert [each.partitions for each in await stage.rows(PartitionCount)] == [PARTITIONS]

    async def test_an_event_that_comes_again_in_another_partition_has_no_second_effect(
        self, stage: Stage
    ) -> None:
        await stage.broker.partitions(TOPIC)
        event = envelope_of("ann", event_id="e1", kind="PaymentReceived", data=b'{"payment":"x","cents":5}')
        for partition in (0, 1):
            await stage.broker.publish([Outgoing(TOPIC, partition, b"ann", event)])
            await stage.consume_all()
        assert await stage.payments_of("ann") == ["x"]
        assert (stage.consumer.handled, stage.consumer.doubled) == (1, 1)
