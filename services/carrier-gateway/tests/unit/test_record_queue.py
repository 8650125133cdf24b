"""What carriers said that was refused or set apart waits until somebody decides about it (CAR-5)."""

from __future__ import annotations

from datetime import date

import pytest
from carriers_desk import REINSTATED, effectuation_of, end_of
from gateway_builders import (
    FAMILY,
    JANUARY,
    PACK,
    Gateway,
    activated,
    contact,
    decided,
    paid,
    segments,
    selected,
    terminated,
    terms,
)

from bulkhead.kernel.errors import NotFound
from bulkhead.policy import PackParameters
from carrier_gateway.adapters.x12.outbound import Composer834
from carrier_gateway.application.decide_records import (
    NothingToTellAgain,
    RecordDecision,
    decide_record,
    locks_of_record,
)
from carrier_gateway.application.decide_transmissions import NothingToDecide
from carrier_gateway.application.find_overdue import overdue_of
from carrier_gateway.domain.parameters import GatewayParameters
from carrier_gateway.domain.records import InboundRecord, InboundRecordDecision

PARAMETERS = PackParameters(PACK, "carrier-gateway", GatewayParameters)
JUNE_30 = date(2016, 6, 30)
TERM = ("59", "TERM")


@pytest.fixture
async def gateway() -> Gateway:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid(), activated())
    return gateway


async def said(gateway: Gateway, data: str) -> str:
    """Have the carrier say something; return the id of its last record."""
    before = {each.record for each in gateway.rows(InboundRecord)}
    await gateway.drop(f"said-{len(before)}.834", data)
    await gateway.work()
    return max(each.record for each in gateway.rows(InboundRecord) if each.record not in before)


async def set_apart(gateway: Gateway) -> str:
    record = await said(gateway, end_of(gateway.sets()[0], TERM, JUNE_30, number=100))
    await gateway.tell(decided(record, "set-apart", through=JUNE_30))
    return record


async def decide(
    gateway: Gateway, record: str, decision: RecordDecision, reason: str = "talked to them"
) -> InboundRecordDecision:
    async with gateway.uows.begin(now=gateway.now) as uow:
        locks = await locks_of_record(uow, record)
    async with gateway.uows.begin(now=gateway.now, households=locks) as uow:
        return await decide_record(
            uow,
            record=record,
            decision=decision,
            reason=reason,
            decided_by="operator-1",
            composer=Composer834(),
            parameters=PARAMETERS,
        )


def waiting(gateway: Gateway) -> list[str]:
    return [each.record for each in gateway.rows(InboundRecord) if each.waits_since is not None]


async def overdue(gateway: Gateway) -> list[tuple[str, str, date, str]]:
    async with gateway.uows.begin(now=gateway.now) as uow:
        found = await overdue_of(PARAMETERS)(uow)
    return [(each.kind, each.id, each.deadline, each.says) for each in found]


@pytest.mark.parametrize("decision", ["resolve", "discard"])
async def test_CAR_5_what_was_seen_to_or_left_waits_no_longer_and_sends_nothing(
    gateway: Gateway, decision: RecordDecision
) -> None:
    record = await set_apart(gateway)
    assert waiting(gateway) == [record]
    made = await decide(gateway, record, decision)
    assert (made.number, made.decision, made.reason, made.decided_by, made.sent) == (
        1,
        decision,
        "talked to them",
        "operator-1",
        (),
    )
    assert waiting(gateway) == []
    await gateway.work()
    assert gateway.transmissions() == [("initial", "sent")]


async def test_CAR_5_a_second_thought_is_refused(gateway: Gateway) -> None:
    record = await set_apart(gateway)
    await decide(gateway, record, "discard")
    with pytest.raises(NothingToDecide) as refused:
        await decide(gateway, record, "resend")
    assert [each.rule for each in refused.value.reasons] == ["CAR-5"]
    assert len(gateway.rows(InboundRecordDecision)) == 1
    with pytest.raises(NotFound):
        await decide(gateway, "nobodys", "discard")


async def test_CAR_5_what_was_accepted_is_nobodys_to_decide(gateway: Gateway) -> None:
    record = await said(gateway, effectuation_of(gateway.sets()[0]))
    with pytest.raises(NothingToDecide):
        await decide(gateway, record, "resolve")


async def test_CAR_5_a_carrier_that_was_asked_has_time_to_answer_from_then_on(gateway: Gateway) -> None:
    record = await set_apart(gateway)  # on December 10
    gateway.at(date(2015, 12, 13))
    assert await overdue(gateway) == []
    gateway.at(date(2015, 12, 14))
    late = ("inbound-record", record, date(2015, 12, 13))
    says = "what its carrier said of it (termination) was set apart"
    assert await overdue(gateway) == [(*late, says)]
    await decide(gateway, record, "ask")
    assert (waiting(gateway), await overdue(gateway)) == ([record], [])
    gateway.at(date(2015, 12, 18))
    assert await overdue(gateway) == [("inbound-record", record, date(2015, 12, 17), says)]
    assert (await decide(gateway, record, "resolve")).number == 2
    assert await overdue(gateway) == []


async def test_CAR_5_a_carrier_that_ended_what_stands_is_told_that_it_stands(gateway: Gateway) -> None:
    record = await set_apart(gateway)
    made = await decide(gateway, record, "resend")
    assert made.sent == ("june-medical-002",)
    await gateway.work()
    assert gateway.transmissions() == [("initial", "sent"), ("reinstatement", "sent")]
    assert gateway.policy().told == "covered"
    reinstated = segments(gateway.sets()[1])
    assert [line for line in reinstated if line.startswith(("INS", "DTP*348"))] == [
        "INS*Y*18*025*41*A***AC",
        f"DTP*348*D8*{JANUARY:%Y%m%d}",
    ]


async def test_CAR_5_what_answers_two_words_of_one_policy_is_told_once(gateway: Gateway) -> None:
    sent = gateway.sets()[0]
    first = await set_apart(gateway)
    second = await said(gateway, end_of(sent, TERM, date(2016, 5, 31), number=101))
    await gateway.tell(decided(second, "set-apart", through=date(2016, 5, 31)))
    assert (await decide(gateway, first, "resend")).sent == ("june-medical-002",)
    await gateway.later(hours=1).work()
    assert (await decide(gateway, second, "resend")).sent == ()
    await gateway.work()
    assert gateway.transmissions() == [("initial", "sent"), ("reinstatement", "sent")]
    assert waiting(gateway) == []
    # What it says once more after that is answered once more.
    third = await said(gateway.later(hours=1), end_of(sent, TERM, JUNE_30, number=102))
    await gateway.tell(decided(third, "set-apart", through=JUNE_30))
    assert (await decide(gateway, third, "resend")).sent == ("june-medical-003",)


async def test_CAR_5_a_carrier_that_reinstates_what_ended_is_told_that_it_ended(gateway: Gateway) -> None:
    await gateway.tell(terminated(JUNE_30))
    record = await said(gateway, effectuation_of(gateway.sets()[0], number=2, kind=REINSTATED))
    assert waiting(gateway) == [record]
    made = await decide(gateway, record, "resend")
    assert made.sent == ("june-medical-003",)
    await gateway.work()
    assert gateway.transmissions() == [("initial", "sent"), ("termination", "sent"), ("termination", "sent")]


async def test_CAR_5_what_ended_meanwhile_as_the_carrier_said_needs_no_telling(gateway: Gateway) -> None:
    record = await set_apart(gateway)
    gateway.boxes.content.clear()
    await gateway.hear(terminated(JUNE_30, reason="requested"))
    made = await decide(gateway, record, "resend")
    await gateway.work()
    assert made.sent == ()
    assert gateway.transmissions() == [("initial", "sent"), ("termination", "withdrawn")]


async def test_CAR_5_who_misread_what_it_was_told_is_sent_it_again(gateway: Gateway) -> None:
    wrong = effectuation_of(gateway.sets()[0], replacing=[("REF*CE*SILVER", "REF*CE*GOLD")])
    record = await said(gateway, wrong)
    made = await decide(gateway, record, "resend")
    assert made.sent == ("june-medical-002",)
    await gateway.work()
    assert gateway.transmissions() == [("initial", "sent"), ("initial", "sent")]
    assert [line for line in segments(gateway.sets()[1]) if line.startswith("REF*CE")] == ["REF*CE*SILVER"]


async def test_CAR_5_of_nobodys_policy_nothing_can_be_told_again_and_it_goes_on_waiting(
    gateway: Gateway,
) -> None:
    foreign = effectuation_of(gateway.sets()[0], replacing=[("REF*1L*june-medical", "REF*1L*nobodys")])
    record = await said(gateway, foreign)
    with pytest.raises(NothingToTellAgain):
        await decide(gateway, record, "resend")
    assert (waiting(gateway), gateway.rows(InboundRecordDecision)) == ([record], [])


async def test_CAR_5_while_enrollment_decides_about_a_carriers_word_nothing_is_told_again(
    gateway: Gateway,
) -> None:
    record = await set_apart(gateway)
    await said(gateway, end_of(gateway.sets()[0], ("", "TERM-OTH"), JUNE_30, number=101))
    with pytest.raises(NothingToTellAgain):
        await decide(gateway, record, "resend")


async def test_CAR_5_of_a_set_of_several_people_one_record_waits() -> None:
    gateway = await Gateway().open()
    people = ("june-1", "june-2", "june-3")
    await gateway.tell(contact(*FAMILY), selected(terms(members=people)), paid(), activated())
    await said(gateway, effectuation_of(gateway.sets()[0], replacing=[("REF*CE*SILVER", "REF*CE*GOLD")]))
    first, *others = gateway.rows(InboundRecord)
    assert [each.outcome for each in (first, *others)] == ["refused"] * 3
    assert waiting(gateway) == [first.record]
    with pytest.raises(NothingToDecide):
        await decide(gateway, others[0].record, "discard")


async def test_CAR_5_what_is_sent_again_is_followed_by_what_the_carrier_had_ended_itself(
    gateway: Gateway,
) -> None:
    sent = gateway.sets()[0]
    record = await said(gateway, end_of(sent, ("", "TERM-OTH"), JUNE_30, number=100))
    await gateway.tell(terminated(JUNE_30, reason="carrier"), decided(record, through=JUNE_30))
    same = await said(gateway, end_of(sent, ("", "TERM-OTH"), JUNE_30, number=101))  # no earlier end
    made = await decide(gateway, same, "resend")
    await gateway.work()
    assert made.sent == ("june-medical-002",)
    assert gateway.transmissions() == [("initial", "sent"), ("initial", "sent"), ("termination", "sent")]
    assert (gateway.policy().told, gateway.policy().told_through) == ("ended", JUNE_30)
    assert "REF*17*TERM-OTH" in gateway.sets()[2]
