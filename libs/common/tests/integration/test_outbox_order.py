"""The relay's order: a household's events as they were committed, and none overtaken by one still to be
committed.
"""

from __future__ import annotations

import asyncio

import pytest

from bulkhead.contracts import wire
from bulkhead.contracts.registry import PAYMENTS
from bulkhead.contracts.wire import Envelope
from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.ages import committed_seconds
from bulkhead.messaging.postgres_outbox import PostgresOutbox
from bulkhead.messaging.relay import Entry, Relay
from bulkhead.persistence.postgres import PostgresDatabase, PostgresUnitOfWork
from bulkhead_testing.broker import MemoryBroker
from bulkhead_testing.suites.delivery import is_refused
from bulkhead_testing.suites.example import NOW, Payment, PaymentReceived
from bulkhead_testing.waiting import until


def pay(uow: PostgresUnitOfWork, household: str, payment: str) -> None:
    """Say that a payment came."""
    uow.emit(PaymentReceived(household=household, payment=payment, cents=1), household=household)


def payments(entries: list[Entry]) -> list[str]:
    """Return the payments in outbox entries."""
    return [wire.decode(wire.decode(each.envelope, Envelope).data, Payment).payment for each in entries]


async def own_id(uow: PostgresUnitOfWork) -> int:
    """Return the transaction's own id."""
    return int((await uow.fetch("SELECT pg_current_xact_id()::text::bigint"))[0][0])


async def read_all(outbox: PostgresOutbox, count: int) -> list[Entry]:
    """Return so many entries, however long another database's transactions hold the server's horizon back."""
    found: list[Entry] = []
    async with asyncio.timeout(60):
        while len(found) < count:
            entries = await outbox.read(limit=100)
            found += entries
            if entries:
                await outbox.mark(entries[-1].position)
    return found


async def test_one_who_had_a_household_first_is_first_even_with_the_higher_transaction_id(
    database: PostgresDatabase, outbox: PostgresOutbox
) -> None:
    ids: dict[str, int] = {}
    blocking, blocked = asyncio.Event(), asyncio.Event()

    async def holds_b() -> None:
        async with database.begin(now=NOW, households=["b"]):
            blocking.set()
            await blocked.wait()

    async def needs_a_b_and_c() -> None:
        async with database.begin(now=NOW, households=["a", "b", "c"]) as uow:
            ids["waited"] = await own_id(uow)
            pay(uow, "c", "second")

    async with database.begin(now=NOW, households=["a", "b", "c"]):
        pass  # their lock rows are there from now on
    holder = asyncio.create_task(holds_b())
    await blocking.wait()
    waiter = asyncio.create_task(needs_a_b_and_c())
    await until_waiting(database)
    async with database.begin(now=NOW, households=["c"]) as uow:
        ids["went ahead"] = await own_id(uow)
        pay(uow, "c", "first")
    blocked.set()
    await asyncio.gather(holder, waiter)
    assert ids["waited"] < ids["went ahead"]
    assert payments(await read_all(outbox, 2)) == ["first", "second"]


async def until_waiting(database: PostgresDatabase) -> None:
    """Return once a transaction waits for a lock."""
    query = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(10), database.connections.one() as connection:
        while not (await connection.fetch(query))[0][0]:
            pass


async def test_an_event_is_not_read_while_an_earlier_transaction_may_still_add_one(
    database: PostgresDatabase, outbox: PostgresOutbox
) -> None:
    async with database.begin(now=NOW, households=["slow"]) as slow:
        await own_id(slow)
        pay(slow, "slow", "slow")
        async with database.begin(now=NOW, households=["quick"]) as quick:
            pay(quick, "quick", "quick")
        assert await outbox.read(limit=10) == []
        assert await outbox.pending() == 1
    assert sorted(payments(await read_all(outbox, 2))) == ["quick", "slow"]


async def test_what_is_marked_is_not_read_again_by_the_next_relay(
    database: PostgresDatabase, outbox: PostgresOutbox, url: str
) -> None:
    async with database.begin(now=NOW, households=["a"]) as uow:
        for number in range(10):
            pay(uow, "a", str(number))
    first = await outbox.read(limit=4)
    while not first:
        first = await outbox.read(limit=4)
    assert payments(first) == ["0", "1", "2", "3"]
    await outbox.mark(first[-1].position)
    assert await outbox.pending() == 6

    other = PostgresOutbox(url=url, name="teller")
    assert await other.read(limit=10) == []
    assert await other.pending() == 6
    await outbox.close()
    assert payments(await read_all(other, 6)) == ["4", "5", "6", "7", "8", "9"]
    assert await other.pending() == 0
    await other.close()


async def test_a_relay_whose_connection_is_gone_marks_nothing(
    database: PostgresDatabase, outbox: PostgresOutbox
) -> None:
    async with database.begin(now=NOW, households=["a"]) as uow:
        pay(uow, "a", "p")
    entries: list[Entry] = []
    while not entries:
        entries = await outbox.read(limit=4)
    async with database.begin(now=NOW) as uow:
        assert await uow.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE '%relay' AND datname = current_database()"
        )
    with pytest.raises(Retryable):
        await outbox.mark(entries[-1].position)
    assert payments(await read_all(outbox, 1)) == ["p"]


async def test_the_age_of_the_oldest_event_is_told(
    database: PostgresDatabase, outbox: PostgresOutbox
) -> None:
    assert await outbox.oldest_age_seconds() == 0
    async with database.begin(now=NOW, households=["a"]) as uow:
        pay(uow, "a", "p")
    assert 0 < await outbox.oldest_age_seconds() < 60


async def test_an_outbox_restored_onto_a_server_with_lower_ids_goes_on_where_it_was(
    database: PostgresDatabase, outbox: PostgresOutbox, url: str
) -> None:
    async with database.begin(now=NOW, households=["a", "b"]) as uow:
        for number in range(4):
            pay(uow, "a", f"before {number}")
    published = (await read_all(outbox, 4))[1].position
    await outbox.close()
    async with database.begin(now=NOW) as uow:
        # Two were published when the backup was made, on a server that had given billions of ids.
        await uow.execute("UPDATE outbox SET ticket = ticket + 9000000000000")
        await uow.execute(
            "UPDATE relay_position SET ticket = $1 + 9000000000000, seq = $2", published.ticket, published.seq
        )
    async with database.begin(now=NOW, households=["a"]) as uow:
        pay(uow, "a", "since")

    restored = PostgresOutbox(url=url, name="teller")
    assert payments(await read_all(restored, 3)) == ["before 2", "before 3", "since"]
    async with database.begin(now=NOW, households=["a"]) as uow:
        pay(uow, "a", "later")
    assert payments(await read_all(restored, 1)) == ["later"]
    assert await restored.pending() == 0
    await restored.close()


async def test_a_relay_that_was_interrupted_half_way_goes_on_with_an_outbox_restored_meanwhile(
    database: PostgresDatabase, outbox: PostgresOutbox
) -> None:
    broker = MemoryBroker(partitions=1)
    relay = Relay(outbox=outbox, broker=broker)
    async with database.begin(now=NOW, households=["a"]) as uow:
        for number in range(3):
            pay(uow, "a", f"before {number}")
    broker.publishes_before_failing = 2
    await until(lambda: is_refused(relay))
    broker.publishes_before_failing = None
    async with database.begin(now=NOW) as uow:
        await uow.execute("UPDATE outbox SET ticket = ticket + 9000000000000")
        await uow.execute("UPDATE relay_position SET ticket = ticket + 9000000000000")
    await outbox.close()

    await until(lambda: has_published(relay, 3))
    values = [message.value for message in broker.messages(PAYMENTS.name)]
    told = [wire.decode(wire.decode(each, Envelope).data, Payment).payment for each in values]
    assert told == ["before 0", "before 1", "before 2"]


async def has_published(relay: Relay, events: int) -> bool:
    """Whether it has published so many events by the end of a turn."""
    await relay.turn()
    return relay.published == events


async def test_a_message_says_when_its_event_was_committed(
    database: PostgresDatabase, outbox: PostgresOutbox
) -> None:
    async with database.begin(now=NOW, households=["june"]) as uow:
        pay(uow, "june", "p-1")
    broker = MemoryBroker()
    relay = Relay(outbox=outbox, broker=broker)

    async def published() -> bool:
        return bool(await relay.turn())

    await until(published)
    async with database.begin(now=NOW) as uow:
        ((written_ms,),) = await uow.fetch(
            "SELECT (extract(epoch FROM written_at) * 1000)::bigint FROM outbox"
        )
    (message,) = broker.messages(PAYMENTS.name)
    assert dict(message.headers)["committed-ms"] == str(written_ms).encode()
    assert committed_seconds(message) == written_ms / 1000
