"""What a rebuilding promises: what is kept of others' facts is as the topics say, and nothing else has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest

from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.partitioning import partition_of
from bulkhead.messaging.rebuilding import Rebuilding, Rebuilt
from bulkhead.persistence.event_tables import ConsumerOffset, InboxRecord
from bulkhead.service import Picture, Received
from bulkhead_testing.suites.delivery import PARTITIONS, Stage
from bulkhead_testing.suites.example import (
    NOW,
    TODAY,
    Balance,
    Closed,
    Entry,
    Payment,
    PaymentReceived,
    Watermark,
)
from bulkhead_testing.suites.repartitioning import FEWER, TOPIC, as_before, reader, writer
from bulkhead_testing.suites.resuming import HOUSEHOLDS, pay_everybody


def _balance(heard: Sequence[Received], _stored: Sequence[Any], _now: datetime) -> list[Balance]:
    if not heard:
        return []
    cents = sum(each.fact.cents for each in heard)
    return [Balance(household=heard[0].about, payments=len(heard), cents=cents)]


def _watermark(heard: Sequence[Received], _stored: Sequence[Any], _now: datetime) -> list[Watermark]:
    return [Watermark(partition=each.partition, through=each.fact.through) for each in heard[-1:]]


def _latest(heard: Sequence[Received], _stored: Sequence[Any], _now: datetime) -> list[Balance]:
    return [Balance(household=each.about, payments=len(heard), cents=each.fact.cents) for each in heard[-1:]]


PICTURES = (
    Picture(kind=Balance, facts=(Payment,), paint=_balance),
    Picture(kind=Watermark, facts=(Closed,), paint=_watermark),
)

RIGHT = {"Balance": (len(HOUSEHOLDS), 0, 0, 0), "Watermark": (PARTITIONS, 0, 0, 0)}


async def rebuild(
    stage: Stage,
    do: Literal["mend", "compare"] = "mend",
    *,
    uows: Any = None,
    pictures: Sequence[Picture] = PICTURES,
) -> Rebuilt:
    """Rebuild what the bookkeeper keeps."""
    service = replace(stage.service, pictures=pictures)
    uows = uows or stage.bookkeeper
    return await Rebuilding(service=service, uows=uows, broker=stage.broker, now=lambda: NOW).run(do=do)


async def differences(stage: Stage, do: Literal["mend", "compare"] = "mend") -> dict[str, tuple[int, ...]]:
    """Rebuild, and return of each kind how many were the same, missing, different and without a fact."""
    done = await rebuild(stage, do)
    return {
        each.kind: (each.same, each.missing, each.different, each.needless) for each in done.kinds.values()
    }


async def damaged(stage: Stage) -> dict[type, list[Any]]:
    """Pay everybody, damage what is kept of it, and return how it was."""
    await pay_everybody(stage, prefix="p")
    await stage.deliver()
    kinds = (Balance, Watermark, Entry, InboxRecord, ConsumerOffset)
    before = {kind: await stage.rows(kind) for kind in kinds}
    async with stage.bookkeeper.begin(now=NOW) as uow:
        balances = uow.records(Balance)
        await balances.remove(household="h00")
        await balances.update({"cents": 999}, household=["h01", "h02"])
        await balances.add([Balance(household="nobody", payments=1, cents=5)])
        await uow.records(Watermark).update({"through": TODAY.replace(day=1)}, partition=1)
    return before


class RebuildingSuite:
    """Give it a fixture ``stage``, a new `Stage` with empty databases and no messages."""

    async def test_what_is_as_the_topics_say_stays_as_it_is(self, stage: Stage) -> None:
        await pay_everybody(stage, prefix="p")
        await stage.deliver()
        assert await differences(stage) == RIGHT

    async def test_what_differs_is_put_right_and_nothing_else_is_touched(self, stage: Stage) -> None:
        before = await damaged(stage)
        assert await differences(stage) == {
            "Balance": (len(HOUSEHOLDS) - 3, 1, 2, 1),
            "Watermark": (PARTITIONS - 1, 0, 1, 0),
        }
        assert {kind: await stage.rows(kind) for kind in before} == before
        assert await differences(stage) == RIGHT

    async def test_comparing_changes_nothing(self, stage: Stage) -> None:
        await damaged(stage)
        first = await differences(stage, "compare")
        assert first == await differences(stage, "compare")
        assert first["Balance"] == (len(HOUSEHOLDS) - 3, 1, 2, 1)

    async def test_what_is_not_taken_in_yet_has_no_place_in_the_picture(self, stage: Stage) -> None:
        await damaged(stage)
        await pay_everybody(stage, prefix="q")
        await stage.relay_all()
        await rebuild(stage)
        assert {each.payments for each in await stage.rows(Balance)} == {1}
        await stage.consume_all()
        assert await differences(stage) == RIGHT
        assert {each.payments for each in await stage.rows(Balance)} == {2}

    async def test_what_is_parked_has_no_place_in_the_picture_until_it_is_replayed(
        self, stage: Stage
    ) -> None:
        await stage.pay("bad", 1, -1, 2)
        await stage.deliver()
        assert (await differences(stage))["Balance"] == (1, 0, 0, 0)
        stage.clerk.refuses_negative = False
        await stage.parking.replay(household="bad", now=NOW)
        assert (await differences(stage))["Balance"] == (1, 0, 0, 0)
        assert await stage.rows(Balance) == [Balance(household="bad", payments=3, cents=2)]

    async def test_who_moved_to_another_partition_is_painted_in_the_order_in_which_it_happened(
        self, stage: Stage
    ) -> None:
        await as_before(stage)
        moved = next(
            each for each in HOUSEHOLDS if partition_of(each, FEWER) > partition_of(each, PARTITIONS)
        )
        await stage.pay(moved, 1)
        await stage.deliver()
        await stage.relay.close()
        for each in (reader(stage), writer(stage)):
            await each.adopt(TOPIC, PARTITIONS)
        await stage.go_on_as(stage.teller)
        await stage.go_on_with(stage.bookkeeper)
        async with stage.teller.begin(now=NOW + timedelta(days=1), households=[moved]) as uow:
            uow.emit(PaymentReceived(household=moved, payment=f"{moved}-q0", cents=2), household=moved)
        await stage.deliver()
        await rebuild(stage, pictures=[Picture(kind=Balance, facts=(Payment,), paint=_latest)])
        assert await stage.rows(Balance) == [Balance(household=moved, payments=2, cents=2)]

    async def test_one_that_is_ended_in_the_middle_is_begun_again(self, stage: Stage) -> None:
        before = await damaged(stage)

        class Ending:
            """A database that goes away after some units of work."""

            left = 4

            def begin(self, **how: Any) -> Any:
                if not self.left:
                    raise Retryable("the process is killed")
                self.left -= 1
                return stage.bookkeeper.begin(**how)

        with pytest.raises(Retryable):
            await rebuild(stage, uows=Ending())
        await rebuild(stage)
        assert {kind: await stage.rows(kind) for kind in before} == before

    async def test_before_anything_was_read_there_is_nothing_to_compare(self, stage: Stage) -> None:
        await pay_everybody(stage, prefix="p")
        await stage.relay_all()
        assert await differences(stage) == {"Balance": (0, 0, 0, 0), "Watermark": (0, 0, 0, 0)}
