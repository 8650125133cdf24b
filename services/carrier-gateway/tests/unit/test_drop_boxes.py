"""A drop-box that cannot be reached delays its own carrier only (CAR-4, OPS-1)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from carriers_desk import effectuation_of
from gateway_builders import (
    CARRIER,
    PACK,
    Gateway,
    activated,
    closed,
    contact,
    listed,
    member,
    paid,
    profile,
    selected,
    terminated,
    terms,
)

from bulkhead.kernel.personal import Masked
from bulkhead.policy import PackParameters
from bulkhead.retries.retries import STUCK_AFTER, Retry
from carrier_gateway.adapters.dropbox.transmissions import TransmissionPoller
from carrier_gateway.adapters.x12.outbound import Composer834
from carrier_gateway.application.look_at_exchange import ExchangeLook, look_at_exchange
from carrier_gateway.application.waiting import LONGEST_WAIT
from carrier_gateway.domain.events import CoverageEffectuated, TransmissionSent
from carrier_gateway.domain.orders import EnrollmentOrder
from carrier_gateway.domain.parameters import GatewayParameters
from carrier_gateway.domain.records import InboundFile, Transmission, TransmissionContent


@pytest.fixture
async def gateway() -> Gateway:
    return await Gateway().open(CARRIER, "MVP")


def _away(gateway: Gateway, side: str) -> Retry:
    (box,) = [each for each in gateway.rows(Retry) if each.item == f"{side}/{CARRIER}"]
    return box


async def test_CAR_4_a_carrier_that_is_down_delays_only_itself(gateway: Gateway) -> None:
    gateway.boxes.away.add(CARRIER)
    other = terms("june-dental", kind="dental", carrier="MVP")
    await gateway.tell(contact(), selected(terms(), other), paid("june-medical", "june-dental"))
    assert len(gateway.sets("MVP")) == 1
    assert {each.carrier: each.state for each in gateway.rows(Transmission)} == {
        CARRIER: "built",
        "MVP": "sent",
    }
    box = _away(gateway, "outbound")
    assert (box.failures, box.retry_at - box.since) == (1, timedelta(seconds=30))
    assert [each.carrier for each in gateway.said(TransmissionSent)] == ["MVP"]
    assert (await gateway.pending())["transmissions"] == 0


async def test_CAR_4_it_is_tried_again_later_each_time_and_what_arrives_is_the_same_to_the_byte(
    gateway: Gateway,
) -> None:
    gateway.boxes.away.add(CARRIER)
    await gateway.tell(contact(), selected(), paid())
    (content,) = gateway.rows(TransmissionContent)
    pauses: list[timedelta] = []
    for _ in range(8):
        box = _away(gateway, "outbound")
        pauses.append(box.retry_at - gateway.now)
        gateway.now = box.retry_at
        await gateway.work()
    assert pauses[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert pauses[-1] == LONGEST_WAIT
    gateway.boxes.away.clear()
    # A changed profile changes nothing about what was built.
    await gateway.profile(profile(name="Another Name", receiver_id="GMH02"))
    await gateway.later(minutes=30).work()
    assert gateway.sets() == [content.content.reveal()]
    assert gateway.rows(Retry) == []


async def test_a_crash_after_the_file_was_written_writes_the_same_file_again(gateway: Gateway) -> None:
    await gateway.hear(contact(), selected(), paid())
    crashing = _CommitsNoMore(gateway)
    with pytest.raises(RuntimeError, match="crash"):
        await gateway.work()
    before = gateway.sets()
    assert len(before) == 1
    assert gateway.said(TransmissionSent) == []
    crashing.mended = True
    await gateway.later(minutes=5).work()
    assert gateway.sets() == before
    assert len(gateway.said(TransmissionSent)) == 1


class _CommitsNoMore:
    """Lets the process fail at the first commit after a file was written."""

    def __init__(self, gateway: Gateway) -> None:
        self.mended = False
        self._gateway = gateway
        gateway.database.interrupt = self

    async def __call__(self, operation: str) -> None:
        if operation == "commit" and self._gateway.outbound() and not self.mended:
            raise RuntimeError("crash")


async def test_what_arrived_before_the_box_went_away_is_sent_and_the_rest_follows_in_order(
    gateway: Gateway,
) -> None:
    gateway.boxes.away.add(CARRIER)
    await gateway.tell(contact(), selected(), paid(), activated(), terminated(date(2016, 3, 31)))
    gateway.boxes.away.clear()
    left = [1]

    async def after_one(operation: str) -> None:
        if operation == "put":
            if not left:
                gateway.boxes.away.add(CARRIER)
            else:
                left.pop()

    gateway.boxes.interrupt = after_one
    await gateway.later(minutes=1).work()
    assert gateway.transmissions() == [("initial", "sent"), ("termination", "built")]
    gateway.boxes.interrupt = None
    gateway.boxes.away.clear()
    await gateway.later(hours=1).work()
    assert gateway.transmissions() == [("initial", "sent"), ("termination", "sent")]
    assert [each.kind for each in gateway.said(TransmissionSent)] == ["initial", "termination"]


async def five_enrolled(gateway: Gateway) -> None:
    for household in ("h1", "h2", "h3", "h4", "h5"):
        policy = terms(f"{household}-medical", members=(f"{household}-1",))
        await gateway.hear(
            contact(member(household=household), household=household),
            selected(policy, household=household),
            paid(policy.policy, household=household),
        )


async def test_CAR_4_a_file_that_the_box_does_not_take_delays_its_household_alone(gateway: Gateway) -> None:
    await five_enrolled(gateway)
    gateway.boxes.away = {f"{CARRIER}/outbound/I834_20151210_000000003.834"}
    await gateway.work()
    states = {each.household: each.state for each in gateway.rows(Transmission)}
    assert states == {"h1": "sent", "h2": "sent", "h3": "built", "h4": "sent", "h5": "sent"}
    (waits,) = gateway.rows(Retry)
    assert (waits.kind, waits.item, waits.failures) == ("transmissions", f"send/{CARRIER}/h3", 1)
    assert (await gateway.pending())["transmissions"] == 0
    gateway.boxes.away.clear()
    await gateway.later(minutes=1).work()
    assert {each.state for each in gateway.rows(Transmission)} == {"sent"}
    assert gateway.rows(Retry) == []


async def test_CAR_4_a_bug_with_one_households_set_delays_that_household_alone(gateway: Gateway) -> None:
    class Faulty(Composer834):
        mended = False

        def compose(self, order: EnrollmentOrder) -> Masked:
            if order.policy.household == "h3" and not self.mended:
                raise ZeroDivisionError
            return super().compose(order)

    composer = Faulty()
    poller = TransmissionPoller(
        uows=gateway.uows,
        files=gateway.boxes,
        composer=composer,
        parameters=PackParameters(PACK, "carrier-gateway", GatewayParameters),
    )
    gateway.pollers = (poller, *gateway.pollers[1:])
    await five_enrolled(gateway)
    await gateway.work()
    states = {each.household: each.state for each in gateway.rows(Transmission)}
    assert states == {"h1": "sent", "h2": "sent", "h3": "waiting", "h4": "sent", "h5": "sent"}
    (waits,) = gateway.rows(Retry)
    assert (waits.item, waits.reason) == (f"build/{CARRIER}/h3", "ZeroDivisionError")
    assert (await gateway.pending())["transmissions"] == 0
    composer.mended = True
    await gateway.later(minutes=1).work()
    assert {each.state for each in gateway.rows(Transmission)} == {"sent"}
    assert gateway.rows(Retry) == []


async def test_CAR_4_sending_that_fails_gets_stuck_while_others_are_composed_and_ends_with_the_first_that_arrives(
    gateway: Gateway,
) -> None:
    async def bug(operation: str) -> None:
        if operation == "put":
            raise ZeroDivisionError

    gateway.boxes.interrupt = bug
    await gateway.tell(contact(), selected(), paid(), activated())
    for number in range(STUCK_AFTER):
        await gateway.later(minutes=31).tell(terminated(date(2016, 3, 31 - number)))
    (sending,) = [each for each in gateway.rows(Retry) if each.kind == "transmissions"]
    assert (sending.item, sending.stuck) == (f"send/{CARRIER}/june", True)
    gateway.boxes.interrupt = None
    await gateway.later(hours=1).work()
    assert [each.item for each in gateway.rows(Retry)] == []


async def test_CAR_4_a_list_for_a_box_that_is_away_follows_when_it_is_back(gateway: Gateway) -> None:
    await gateway.tell(contact(), selected(), paid(), activated())
    gateway.at(date(2016, 6, 1), 1).boxes.away.add(CARRIER)
    await gateway.tell(listed("june"), closed(1))
    await gateway.tell(closed(0, carrier="MVP"))
    assert "DELINQ_2016-06-01_1.csv" in gateway.outbound("MVP")
    assert (await gateway.pending())["delinquency-lists"] == 0
    gateway.boxes.away.clear()
    await gateway.later(hours=1).work()
    assert "DELINQ_2016-06-01_1.csv" in gateway.outbound()


async def test_CAR_5_an_inbox_that_is_away_loses_nothing(gateway: Gateway) -> None:
    await gateway.tell(contact(), selected(), paid(), activated())
    await gateway.drop("answer.834", effectuation_of(gateway.sets()[0]))
    gateway.boxes.away.add(CARRIER)
    await gateway.work()
    assert [each.item for each in gateway.rows(Retry)] == [f"inbound/{CARRIER}"]
    assert gateway.rows(InboundFile) == []
    gateway.boxes.away.clear()
    await gateway.later(hours=1).work()
    assert len(gateway.said(CoverageEffectuated)) == 1
    assert gateway.rows(Retry) == []


async def test_a_move_that_fails_after_the_verdict_is_made_up_for_and_counts_no_copy(
    gateway: Gateway,
) -> None:
    await gateway.tell(contact(), selected(), paid(), activated())
    await gateway.drop("answer.834", effectuation_of(gateway.sets()[0]))

    async def no_move(operation: str) -> None:
        if operation == "move":
            gateway.boxes.away.add(CARRIER)

    gateway.boxes.interrupt = no_move
    await gateway.work()
    gateway.boxes.interrupt = None
    gateway.boxes.away.clear()
    await gateway.later(hours=1).work()
    (file,) = gateway.rows(InboundFile)
    assert (file.copies, file.filed, file.state) == (0, True, "processed")
    assert len(gateway.said(CoverageEffectuated)) == 1


async def look(gateway: Gateway) -> ExchangeLook:
    async with gateway.database.units_of_work.begin(now=gateway.now) as uow:
        return await look_at_exchange(uow)


async def test_OPS_3_files_are_exchanged_while_one_carrier_is_reached_and_not_where_none_is(
    gateway: Gateway,
) -> None:
    assert await look(gateway) == ExchangeLook(carriers=2, away=())
    gateway.boxes.away.add(CARRIER)
    await gateway.work()
    one = await look(gateway)
    assert (one.away, one.outcome, one.delivers) == ((CARRIER,), "ok", True)
    gateway.boxes.away.add("MVP")
    await gateway.work()
    none = await look(gateway)
    assert (none.away, none.outcome, none.delivers) == ((CARRIER, "MVP"), "no-carrier-reached", False)
    gateway.boxes.away.clear()
    await gateway.later(minutes=30).work()
    assert await look(gateway) == ExchangeLook(carriers=2, away=())


async def test_OPS_3_where_there_is_no_carrier_yet_none_is_missed() -> None:
    assert (await look(Gateway())).delivers
