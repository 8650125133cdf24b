"""What `bulkhead.persistence.ports.UnitOfWork` and its factory promise."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bulkhead.contracts import wire
from bulkhead.contracts.payments import v1 as payments
from bulkhead.contracts.wire import Envelope
from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Malformed, Retryable
from bulkhead.persistence.event_tables import OutboxRecord, ParkedEvent, PartitionCount
from bulkhead.persistence.outbox import EventTooLarge, HouseholdNotLocked
from bulkhead.persistence.ports import AlreadyExists, Cause
from bulkhead_testing.suites.example import NOW, TODAY, Account, BooksClosed, Line, PaymentReceived
from bulkhead_testing.suites.records import account

LINES = (Line(month=CoverageMonth(2016, 1), cents=5),)
WHY = Reason(rule="PAY-10", says="closed", citation="here", facts={"through": "2016-01-04"})


class Stumbled(Exception):
    """What a use case may raise."""


class UnitOfWorkSuite:
    """Give it a fixture ``database`` of the teller, empty."""

    async def test_leaving_commits_and_an_exception_rolls_everything_back(self, database: Any) -> None:
        async with database.begin(now=NOW, households=["a"]) as uow:
            await uow.records(Account).add([account("a", 1)])
            uow.emit(PaymentReceived(household="a", payment="p1", cents=1), household="a")
        with pytest.raises(Stumbled):  # noqa: PT012 - the failure is the block's end
            async with database.begin(now=NOW, households=["a"]) as uow:
                await uow.records(Account).put([account("a", 1, cents=99), account("a", 2)])
                await uow.records(Account).remove(number=1)
                uow.emit(PaymentReceived(household="a", payment="p2", cents=1), household="a")
                raise Stumbled
        async with database.begin(now=NOW) as uow:
            assert await uow.records(Account).select() == [account("a", 1)]
            assert len(await uow.records(OutboxRecord).select()) == 1

    async def test_what_is_added_to_several_tables_is_there_with_its_events_or_not_at_all(
        self, database: Any
    ) -> None:
        async def add(uow: Any, *numbers: int) -> None:
            for number in numbers:
                await uow.records(Account).add([account("a", number, seen_at=NOW, lines=LINES)])
                await uow.records(PartitionCount).add([PartitionCount(topic=f"t{number}", partitions=number)])
                uow.emit(PaymentReceived(household="a", payment=f"p{number}", cents=1), household="a")

        async with database.begin(now=NOW, households=["a"]) as uow:
            await add(uow, 1, 2)
        with pytest.raises(AlreadyExists):
            async with database.begin(now=NOW, households=["a"]) as uow:
                await add(uow, 3, 2, 4)
        async with database.begin(now=NOW) as uow:
            stored = await uow.records(Account).select()
            assert stored == [account("a", number, seen_at=NOW, lines=LINES) for number in (1, 2)]
            assert await uow.records(PartitionCount).total("partitions") == 3
            assert await uow.records(OutboxRecord).count() == 2

    async def test_it_sees_its_own_changes_and_others_do_not_until_it_commits(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            await uow.records(Account).add([account("a", 1)])
            assert await uow.records(Account).count() == 1
            async with database.begin(now=NOW) as other:
                assert await other.records(Account).count() == 0
        async with database.begin(now=NOW) as other:
            assert await other.records(Account).count() == 1

    async def test_now_and_today_are_the_exchanges(self, database: Any) -> None:
        async with database.begin(now=datetime(2016, 1, 6, 3, 0, tzinfo=UTC)) as uow:
            assert uow.now == datetime(2016, 1, 6, 3, 0, tzinfo=UTC)
            assert uow.now.isoformat() == "2016-01-05T22:00:00-05:00"
            assert uow.today == date(2016, 1, 5)

    async def test_it_is_of_no_use_after_its_end(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            records = uow.records(Account)
        with pytest.raises(RuntimeError):
            await records.count()
        with pytest.raises(RuntimeError):
            uow.emit(BooksClosed(through=TODAY), household=None)

    async def test_an_event_is_in_the_outbox_with_all_that_is_known_of_it(self, database: Any) -> None:
        cause = Cause(correlation_id="c-1", causation_id="e-0", traceparent=None)
        async with database.begin(now=NOW, households=["june"], cause=cause) as uow:
            uow.emit(
                PaymentReceived(household="june", payment="p1", cents=500),
                household="june",
                business_date=date(2016, 1, 4),
                reasons=[WHY],
            )
        async with database.begin(now=NOW) as uow:
            (record,) = await uow.records(OutboxRecord).select()
        assert (record.topic, record.type, record.version) == ("payments.payments.v1", "PaymentReceived", 1)
        assert (record.household, record.broadcast, record.business_date) == ("june", False, date(2016, 1, 4))
        envelope = wire.decode(record.envelope, Envelope)
        assert (envelope.id, envelope.type, envelope.version) == (record.event_id, "PaymentReceived", 1)
        assert (envelope.household, envelope.occurred_at) == ("june", NOW)
        assert (envelope.correlation_id, envelope.causation_id) == ("c-1", "e-0")
        assert envelope.business_date == date(2016, 1, 4)
        assert envelope.reasons == (WHY,)
        assert wire.decode(envelope.data, payments.PaymentReceived).cents == 500

    async def test_events_keep_the_order_they_were_said_in(self, database: Any) -> None:
        for batch in range(3):
            async with database.begin(now=NOW, households=["a", "b"]) as uow:
                for number in range(20):
                    household = "ab"[number % 2]
                    uow.emit(
                        PaymentReceived(household=household, payment=f"{batch}-{number:02d}", cents=1),
                        household=household,
                    )
        async with database.begin(now=NOW) as uow:
            records = await uow.records(OutboxRecord).select(order_by=["seq"])
        said = [
            wire.decode(wire.decode(each.envelope, Envelope).data, payments.PaymentReceived)
            for each in records
        ]
        assert [each.payment for each in said] == [f"{b}-{n:02d}" for b in range(3) for n in range(20)]
        assert len({each.event_id for each in records}) == 60

    async def test_events_of_many_households_are_said_at_once(self, database: Any) -> None:
        households = [f"h{number:03d}" for number in range(100)]
        said = {each: PaymentReceived(household=each, payment=each, cents=1) for each in households}
        async with database.begin(now=NOW, households=households) as uow:
            uow.emit_many(said, business_date=date(2016, 1, 4), reasons=[WHY])
            uow.emit(PaymentReceived(household="h007", payment="later", cents=1), household="h007")
        async with database.begin(now=NOW) as uow:
            records = await uow.records(OutboxRecord).select(order_by=["seq"])
        envelopes = [wire.decode(each.envelope, Envelope) for each in records]
        assert [each.household for each in records] == [*households, "h007"]
        assert {each.business_date for each in envelopes[:100]} == {date(2016, 1, 4)}
        assert all(each.reasons == (WHY,) for each in envelopes[:100])
        assert len({each.correlation_id for each in envelopes}) == 101
        assert [wire.decode(each.data, payments.PaymentReceived).payment for each in envelopes] == [
            *households,
            "later",
        ]

    async def test_an_event_for_everyone_is_marked_so(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            uow.emit(BooksClosed(through=TODAY), household=None)
        async with database.begin(now=NOW) as uow:
            (record,) = await uow.records(OutboxRecord).select()
        assert (record.household, record.broadcast, record.business_date) == (None, True, TODAY)

    async def test_an_event_that_breaks_its_contract_or_is_no_event_is_refused(self, database: Any) -> None:
        async with database.begin(now=NOW, households=["a"]) as uow:
            with pytest.raises(HouseholdNotLocked):
                uow.emit(PaymentReceived(household="b", payment="p", cents=1), household="b")
            with pytest.raises(HouseholdNotLocked):
                uow.emit_many({"b": PaymentReceived(household="b", payment="p", cents=1)})
            with pytest.raises(Malformed):
                uow.emit(PaymentReceived(household="a", payment="p", cents=1, method="shells"), household="a")
            with pytest.raises(TypeError):
                uow.emit(account("a", 1), household="a")
            with pytest.raises(EventTooLarge):
                uow.emit(PaymentReceived(household="a", payment="p" * 8_000_000, cents=1), household="a")
        async with database.begin(now=NOW) as uow:
            assert await uow.records(OutboxRecord).count() == 0

    async def test_a_households_lock_is_waited_for(self, database: Any) -> None:
        order: list[str] = []

        async def second() -> None:
            async with database.begin(now=NOW, households=["b", "a"]) as uow:
                order.append("second began")
                assert await uow.records(Account).count() == 1

        async with database.begin(now=NOW, households=["a"]) as uow:
            waiting = asyncio.create_task(second())
            done, _ = await asyncio.wait([waiting], timeout=0.1)
            assert not done
            await uow.records(Account).add([account("a", 1)])
            order.append("first ends")
        await waiting
        assert order == ["first ends", "second began"]

    async def test_other_households_are_not_waited_for(self, database: Any) -> None:
        async with database.begin(now=NOW, households=["a", "c"]):
            async with asyncio.timeout(5):
                async with database.begin(now=NOW, households=["b"]):
                    pass

    async def test_the_locks_are_given_back_after_a_failure(self, database: Any) -> None:
        with pytest.raises(Stumbled):
            async with database.begin(now=NOW, households=["a", "b"]):
                raise Stumbled
        async with asyncio.timeout(5):
            async with database.begin(now=NOW, households=["b", "a"]):
                pass

    async def test_one_who_waits_can_be_cancelled(self, database: Any) -> None:
        async def second() -> None:
            async with database.begin(now=NOW, households=["a"]):
                raise AssertionError("the lock is not free")

        async with database.begin(now=NOW, households=["a"]):
            waiting = asyncio.create_task(second())
            await asyncio.wait([waiting], timeout=0.1)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        async with asyncio.timeout(5):
            async with database.begin(now=NOW, households=["a"]):
                pass

    async def test_many_at_once_lose_no_update(self, database: Any) -> None:
        async def add_one(households: list[str]) -> None:
            async with database.begin(now=NOW, households=households) as uow:
                found = {
                    each.household: each for each in await uow.records(Account).select(household=households)
                }
                await uow.records(Account).put(
                    account(each, 1, cents=(found[each].cents if each in found else 0) + 1)
                    for each in households
                )

        await asyncio.gather(
            *(
                add_one([["a"], ["b"], ["c"], ["a", "b"], ["c", "b"], ["c", "a"]][turn % 6])
                for turn in range(30)
            )
        )
        async with database.begin(now=NOW) as uow:
            assert [each.cents for each in await uow.records(Account).select()] == [15, 15, 15]

    async def test_a_key_someone_else_is_inserting_is_waited_for(self, database: Any) -> None:
        async def second() -> int:
            async with database.begin(now=NOW) as uow:
                return len(await uow.records(Account).add_new([account("a", 1, cents=2)]))

        async with database.begin(now=NOW) as uow:
            assert await uow.records(Account).add_new([account("a", 1)])
            waiting = asyncio.create_task(second())
            done, _ = await asyncio.wait([waiting], timeout=0.1)
            assert not done
        assert await waiting == 0

        with pytest.raises(Stumbled):  # noqa: PT012 - the failure is the block's end
            async with database.begin(now=NOW) as uow:
                await uow.records(Account).remove(household="a")
                await uow.records(Account).add([account("b", 1)])
                raise Stumbled
        async with database.begin(now=NOW) as uow:
            assert await uow.records(Account).select() == [account("a", 1)]

    async def test_two_that_wait_for_each_other_do_not_wait_for_ever(self, database: Any) -> None:
        first_has, second_has = asyncio.Event(), asyncio.Event()

        async def work(mine: str, theirs: str, have: asyncio.Event, other: asyncio.Event) -> str:
            try:
                async with database.begin(now=NOW) as uow:
                    await uow.records(Account).put([account(mine, 1)])
                    have.set()
                    await other.wait()
                    await uow.records(Account).put([account(theirs, 1)])
            except Retryable:
                return "again"
            return "done"

        outcomes = await asyncio.gather(
            work("a", "b", first_has, second_has), work("b", "a", second_has, first_has)
        )
        assert sorted(outcomes) == ["again", "done"]

    async def test_parked_households_are_known(self, database: Any) -> None:
        async with database.begin(now=NOW) as uow:
            await uow.records(ParkedEvent).add(
                [parked("a", 1, "replayed"), parked("a", 2, "parked"), parked("b", 1, "discarded")]
            )
        async with database.begin(now=NOW) as uow:
            assert await uow.parked(["a", "b", "c"]) == {"a"}
            assert await uow.parked([]) == set()


def parked(household: str, position: int, state: str) -> ParkedEvent:
    """Return a parked event."""
    return ParkedEvent(
        household=household,
        position=position,
        event_id=f"{household}{position}",
        topic="payments.payments.v1",
        partition=0,
        offset=position,
        type="PaymentReceived",
        kind="impossible",
        reason="",
        state=state,
        parked_at=NOW,
        settled_at=None,
        discard_reason=None,
        value=b"{}",
    )
