"""The delinquency list as a file in each carrier's drop-box (CAR-3)."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest
from gateway_builders import (
    CARRIER,
    Gateway,
    activated,
    closed,
    contact,
    listed,
    member,
    paid,
    profile,
    selected,
    terms,
)

from bulkhead.kernel.calendar import local
from bulkhead.kernel.errors import InvalidValue
from bulkhead.persistence.event_tables import ParkedEvent
from carrier_gateway.domain.records import DelinquencyList

GOLDEN = Path(__file__).parents[1] / "golden"
JUNE = date(2016, 6, 1)
NAME = "DELINQ_2016-06-01_1.csv"


async def household(gateway: Gateway, name: str) -> None:
    policy = terms(f"{name}-medical", members=(f"{name}-1",))
    await gateway.hear(
        contact(member(household=name), household=name),
        selected(policy, household=name),
        paid(policy.policy, household=name),
        activated(policy.policy, household=name),
    )


def parked(name: str) -> ParkedEvent:
    return ParkedEvent(
        household=name,
        position=1,
        event_id="event-of-another-topic",
        topic="enrollment.policies.v1",
        partition=0,
        offset=1,
        type="PlansSelected",
        kind="malformed",
        reason="PlansSelected",
        state="parked",
        parked_at=local(JUNE),
        settled_at=None,
        discard_reason=None,
        value=b"",
    )


@pytest.fixture
async def gateway() -> Gateway:
    gateway = await Gateway().open()
    for name in ("june", "avery", "max"):
        await household(gateway, name)
    await gateway.work()
    return gateway.at(JUNE, 1)


async def test_CAR_3_the_list_is_written_once_it_is_closed_and_all_its_rows_are_there(
    gateway: Gateway,
) -> None:
    await gateway.tell(listed("june"))
    assert NAME not in gateway.outbound()
    await gateway.tell(closed(3))
    assert NAME not in gateway.outbound()
    assert (await gateway.pending())["delinquency-lists"] == 0
    await gateway.tell(
        listed(
            "max",
            action="terminate",
            effective=date(2016, 5, 31),
            pay_by=None,
            past_due_cents=100000,
            month=None,
            of=None,
        )
    )
    await gateway.hear(
        listed("avery", of=3, past_due_cents=30000, pay_by=date(2016, 8, 31), action="dunning")
    )
    assert (await gateway.pending())["delinquency-lists"] == 1
    await gateway.work()
    assert gateway.outbound()[NAME] == (GOLDEN / NAME).read_text(encoding="utf-8")
    (written,) = gateway.rows(DelinquencyList)
    assert (written.state, written.written_on, written.file) == ("written", JUNE, NAME)


async def test_CAR_3_the_close_may_come_before_the_rows_and_a_list_may_be_empty(gateway: Gateway) -> None:
    await gateway.tell(closed(1))
    await gateway.tell(listed("june"))
    await gateway.tell(closed(0, carrier="MVP"))
    await gateway.profile(profile("MVP", receiver_id="MVP01"))
    await gateway.work()
    assert gateway.outbound()[NAME].count("\njune,june-1,june-medical,1,1,pay,500.00,2016-06-30,") == 1
    empty, _, hashed = gateway.outbound("MVP")[NAME].rpartition("sha256,")
    assert empty.endswith("action,effective,says\n\nend,delinquency\nrows,0\npast_due_total,0.00\n")
    assert hashed == f"{hashlib.sha256(empty.encode()).hexdigest()}\n"


async def test_CAR_1_a_list_is_called_and_divided_as_its_carrier_wants_it(gateway: Gateway) -> None:
    await gateway.profile(
        profile(list_file_name="{receiver}.DLQ.D{date}.{part}.{usage}", list_delimiter="|", usage="T")
    )
    await gateway.tell(listed("june"), closed(1))
    text = gateway.outbound()["GMH01.DLQ.D2016-06-01.1.T"]
    assert "\nrows|1\n" in text
    assert "\njune|june-1|june-medical|1|1|pay|500.00|2016-06-30|termination-notice||" in text


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("DELINQ_{date}.csv", "{date} and {part}"),
        ("DELINQ_{date}_{part}_{control}.csv", "may use {carrier}, {date}, {part}, {receiver}, {usage}"),
        ("../{date}_{part}", "plain file name"),
        ("", "may use"),
    ],
)
async def test_CAR_1_a_lists_name_is_told_from_others(gateway: Gateway, pattern: str, says: str) -> None:
    with pytest.raises(InvalidValue, match=says) as refused:
        await gateway.profile(profile(list_file_name=pattern))
    assert refused.value.field == "/options/list_file_name"


async def test_CAR_3_a_later_part_of_a_list_is_a_file_of_its_own(gateway: Gateway) -> None:
    await gateway.tell(listed("june"), closed(1))
    await gateway.at(date(2016, 6, 4), 1).tell(listed("avery", list_part=2), closed(1, list_part=2))
    assert "june" not in gateway.outbound()["DELINQ_2016-06-01_2.csv"]
    assert "avery,avery-1" in gateway.outbound()["DELINQ_2016-06-01_2.csv"]
    assert "avery" not in gateway.outbound()[NAME]


async def test_OPS_1_a_list_waits_for_people_it_has_not_heard_of_but_not_for_a_parked_household() -> None:
    gateway = await Gateway().open()
    gateway.at(JUNE, 1)
    await gateway.tell(listed("june"), closed(1))
    assert NAME not in gateway.outbound()
    async with gateway.uows.begin(now=gateway.now) as uow:
        await uow.records(ParkedEvent).add([parked("june")])
    await gateway.work()
    assert "\njune,,june-medical,1,1,pay," in gateway.outbound()[NAME]


async def test_CAR_1_a_list_for_a_carrier_without_a_profile_waits_for_it() -> None:
    gateway = Gateway().at(JUNE, 1)
    await household(gateway, "june")
    await gateway.tell(listed("june"), closed(1))
    (waiting,) = gateway.rows(DelinquencyList)
    assert waiting.state == "waiting"
    await gateway.profile(profile())
    await gateway.work()
    assert NAME in gateway.outbound()


async def test_CAR_3_the_same_row_or_close_again_changes_nothing(gateway: Gateway) -> None:
    await gateway.tell(listed("june"), closed(1))
    before = gateway.outbound()[NAME]
    await gateway.tell(listed("june"), closed(1))
    assert gateway.outbound()[NAME] == before
    assert len([name for name in gateway.outbound(CARRIER) if name.startswith("DELINQ")]) == 1
