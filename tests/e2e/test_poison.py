"""An event that can never be processed parks its own household and nobody else's; replay has its effect."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from bulkhead.contracts.enrollment.v1 import PolicyCanceled
from bulkhead.messaging.partitioning import partition_of
from tests.e2e.conftest import Desk
from tests.e2e.support import envelope, publish

pytestmark = [pytest.mark.live, pytest.mark.slow]

DECEMBER_3 = date(2015, 12, 3)


def ends_what_never_was(household: str) -> PolicyCanceled:
    return PolicyCanceled(
        household=household,
        policy="no-such-policy",
        selection="no-such-selection",
        plan="SILVER",
        carrier="BCBSVT",
        effective=date(2016, 1, 1),
        reason="requested",
        contact_version=1,
        decided_by="enrollment",
        decision="no-such-decision",
    )


async def owed(desk: Desk, household: str) -> int:
    return (await desk.get("invoicing", f"/v1/households/{household}/balance"))["owed_cents"]


async def parked(desk: Desk) -> dict[str, list[dict[str, Any]]]:
    rows = (await desk.get("invoicing", "/v1/parked"))["items"]
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["household"], []).append(row)
    return found


async def test_a_bad_event_parks_its_household_only_and_what_is_replayed_has_its_effect(desk: Desk) -> None:
    bad = {
        "malformed": b"{not json",
        "unknown": envelope("unknown", type_="PolicyCanceled", version=9, data={}),
        "impossible": envelope("impossible", type_="PolicyCanceled", data=ends_what_never_was("impossible")),
    }
    for household in (*bad, "fine"):
        await desk.register(household)
        assert (await desk.select(household)).ok
    await desk.advance(DECEMBER_3)
    for household, value in bad.items():
        await publish(desk.instance, "enrollment.policies.v1", household, value)
    # A type that invoicing has not heard of is nobody's fault: it is counted, and holds nothing up.
    beatified = envelope("fine", type_="PolicyBeatified", data={})
    await publish(desk.instance, "enrollment.policies.v1", "fine", beatified)
    await desk.live.quiet()
    (passed,) = (await desk.get("invoicing", "/v1/passed-over-types"))["items"]
    assert (passed["type"], passed["version"], passed["events"]) == ("PolicyBeatified", 1, 1)
    for household in (*bad, "fine"):
        assert (await desk.pay(household)).ok
    await desk.live.quiet()

    # The bad one first, the household's money behind it, in order; everybody else goes on.
    found = await parked(desk)
    assert set(found) == set(bad)
    assert {household: rows[0]["kind"] for household, rows in found.items()} == {each: each for each in bad}
    assert all(len(rows) > 1 for rows in found.values())
    assert [await owed(desk, household) for household in ("fine", *bad)] == [0, 50000, 50000, 50000]

    for household in bad:
        stuck = await desk.post("invoicing", f"/v1/parked/{household}/replays", {})
        assert stuck.ok
        assert stuck.body["replayed"] == 0
        discarded = await desk.post(
            "invoicing",
            f"/v1/parked/{household}/discards",
            {"event": found[household][0]["event"], "reason": "planted by a test"},
        )
        assert discarded.ok, discarded
        replayed = await desk.post("invoicing", f"/v1/parked/{household}/replays", {})
        assert replayed.ok
        assert replayed.body["left"] == 0
    await desk.live.quiet()
    assert [await owed(desk, household) for household in bad] == [0, 0, 0]
    assert not await parked(desk)


async def test_a_duplicate_has_no_effect(desk: Desk) -> None:
    await desk.register("double")
    assert (await desk.pay("double", 700)).ok
    await desk.live.quiet()
    topic = f"{desk.instance.topic_prefix}payments.payments.v1"
    consumer = AIOKafkaConsumer(**desk.instance.backing.kafka_operator(), group_id=None)
    await consumer.start()
    try:
        mine = TopicPartition(topic, partition_of("double", desk.instance.partitions))
        consumer.assign([mine])
        await consumer.seek_to_beginning(mine)
        end = (await consumer.end_offsets([mine]))[mine]
        values: list[bytes] = []
        while await consumer.position(mine) < end:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                values += [each.value or b"" for each in records if each.key == b"double"]
    finally:
        await consumer.stop()
    assert values
    for value in values * 2:
        await publish(desk.instance, "payments.payments.v1", "double", value)
    await desk.live.quiet()
    assert (await desk.get("invoicing", "/v1/households/double/balance"))["credit_cents"] == 700
    books = await desk.get("invoicing", "/v1/books")
    assert books["positions_agree"]
