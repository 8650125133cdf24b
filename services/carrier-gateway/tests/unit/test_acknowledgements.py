"""What carriers say of what they were sent (TA1, 999), and what somebody then decides (CAR-4)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from carriers_desk import (
    ACCEPTS,
    ACCEPTS_WITH_ERRORS,
    REJECTS,
    UNNAMED,
    control_number_of,
    effectuation_of,
    group_answer_of,
    interchange_answer_of,
)
from gateway_builders import (
    PACK,
    Gateway,
    activated,
    changed,
    contact,
    member,
    paid,
    profile,
    remittance,
    remitted,
    segments,
    selected,
    terminated,
    terms,
    value_of,
)
from structlog.testing import capture_logs

from bulkhead.kernel.errors import NotFound
from bulkhead.policy import PackParameters
from carrier_gateway.adapters.x12.outbound import Composer834
from carrier_gateway.application import find_overdue
from carrier_gateway.application.decide_transmissions import (
    Decision,
    NothingToDecide,
    decide_transmission,
    locks_of_transmission,
)
from carrier_gateway.application.find_overdue import overdue_of
from carrier_gateway.domain.acknowledgements import AcknowledgedError
from carrier_gateway.domain.events import TransmissionSent
from carrier_gateway.domain.parameters import GatewayParameters
from carrier_gateway.domain.records import (
    InboundFile,
    ReceivedAcknowledgement,
    Transmission,
    TransmissionContent,
    TransmissionDecision,
    WrittenAcknowledgement,
)

PARAMETERS = PackParameters(PACK, "carrier-gateway", GatewayParameters)
FIRST = "june-medical-001"
SENT_NOTHING = "This carrier was sent nothing under this number."
MISSING_NAME = (
    AcknowledgedError(level="set", code="5", says="one or more segments are in error"),
    AcknowledgedError(
        level="segment",
        code="8",
        says="the segment has elements in error",
        segment="NM1",
        position=9,
        loop="2100",
    ),
    AcknowledgedError(
        level="element",
        code="1",
        says="a required element is missing",
        segment="NM1",
        position=9,
        loop="2100",
        element=3,
    ),
)


async def told(**options: Any) -> Gateway:
    """Return a gateway that has told its carrier of june-medical."""
    gateway = await Gateway(**options).open()
    await gateway.tell(contact(), selected(), paid(), activated())
    return gateway


@pytest.fixture
async def gateway() -> Gateway:
    return await told()


def sent(gateway: Gateway, transmission: str = FIRST) -> Transmission:
    return next(each for each in gateway.rows(Transmission) if each.transmission == transmission)


def stands(gateway: Gateway, transmission: str = FIRST) -> tuple[object, ...]:
    each = sent(gateway, transmission)
    return each.interchange_verdict, each.group_verdict, each.answer


def file_of(gateway: Gateway, received: ReceivedAcknowledgement) -> InboundFile:
    return next(each for each in gateway.rows(InboundFile) if each.file == received.file)


async def answered(gateway: Gateway, text: str, *, carrier: str = "BCBSVT") -> ReceivedAcknowledgement:
    """Have a carrier drop an acknowledgement and return what became of the last one of its file."""
    before = gateway.rows(ReceivedAcknowledgement)
    await gateway.drop(f"answer-{len(before)}.edi", text, carrier=carrier)
    await gateway.work()
    return [each for each in gateway.rows(ReceivedAcknowledgement) if each not in before][-1]


async def decide(gateway: Gateway, decision: Decision, transmission: str = FIRST) -> TransmissionDecision:
    async with gateway.uows.begin(now=gateway.now) as uow:
        locks = await locks_of_transmission(uow, transmission)
    async with gateway.uows.begin(now=gateway.now, households=locks) as uow:
        return await decide_transmission(
            uow,
            transmission=transmission,
            decision=decision,
            reason="the carrier lost it",
            decided_by="operator-1",
            composer=Composer834(),
            parameters=PARAMETERS,
        )


async def overdue(gateway: Gateway) -> list[tuple[str, str, date, str]]:
    async with gateway.uows.begin(now=gateway.now) as uow:
        found = await overdue_of(PARAMETERS)(uow)
    return [(each.kind, each.id, each.deadline, each.says) for each in found]


async def test_CAR_4_a_set_is_sent_then_its_interchange_is_accepted_then_its_group(gateway: Gateway) -> None:
    (text,) = gateway.sets()
    assert stands(gateway) == (None, None, "awaited")
    await answered(gateway, interchange_answer_of(text, number=1))
    assert stands(gateway) == ("accepted", None, "awaited")
    noted = await answered(gateway, group_answer_of(text, number=2))
    assert stands(gateway) == ("accepted", "accepted", "accepted")
    assert (noted.kind, noted.verdict, noted.transmission, noted.outcome) == (
        "999",
        "accepted",
        FIRST,
        "noted",
    )
    assert [each.state for each in gateway.rows(InboundFile)] == ["processed", "processed"]


async def test_CAR_4_a_999_before_its_TA1_is_noted_as_well(gateway: Gateway) -> None:
    (text,) = gateway.sets()
    await answered(gateway, group_answer_of(text, number=1))
    await answered(gateway, interchange_answer_of(text, number=2))
    assert stands(gateway) == ("accepted", "accepted", "accepted")


async def test_CAR_4_an_acknowledgement_may_come_before_it_is_noted_that_the_set_was_sent() -> None:
    gateway = await Gateway().open()
    await gateway.hear(contact(), selected(), paid(), activated())
    gateway.boxes.away = {"BCBSVT/outbound"}  # as where the process ends between writing and noting it
    await gateway.work()
    assert sent(gateway).state == "built"
    (content,) = gateway.rows(TransmissionContent)
    await gateway.drop("answer.edi", group_answer_of(content.content.reveal(), number=1))
    await gateway.work()
    assert (sent(gateway).state, *stands(gateway)) == ("built", None, "accepted", "accepted")
    gateway.boxes.away = set()
    gateway.later(hours=1)
    await gateway.work()
    assert (sent(gateway).state, *stands(gateway)) == ("sent", None, "accepted", "accepted")


async def test_CAR_4_errors_are_kept_with_segment_element_code_and_words_and_never_what_stood_there(
    gateway: Gateway,
) -> None:
    (text,) = gateway.sets()
    with capture_logs() as logs:
        noted = await answered(gateway, group_answer_of(text, number=1, says=REJECTS))
    assert noted.errors == MISSING_NAME
    assert stands(gateway) == (None, "rejected", "rejected")
    assert "Example" not in repr(gateway.rows(ReceivedAcknowledgement))
    alarms = [each for each in logs if each["event"] == "transmission_rejected"]
    assert [(each["log_level"], each["transmission"]) for each in alarms] == [("error", FIRST)]


@pytest.mark.parametrize(
    ("says", "verdict", "answer"),
    [
        (ACCEPTS, "accepted", "accepted"),
        (ACCEPTS_WITH_ERRORS, "accepted-with-errors", "accepted"),
        (REJECTS, "rejected", "rejected"),
        (UNNAMED, "rejected", "rejected"),
        (("AK2*834*{set}", "IK5*M*13", "AK9*M*1*1*0"), "rejected", "rejected"),
        (("AK9*P*2*2*1",), "partially-accepted", "rejected"),
    ],
)
async def test_CAR_4_every_verdict_of_a_999_is_known(
    says: tuple[str, ...], verdict: str, answer: str, gateway: Gateway
) -> None:
    (text,) = gateway.sets()
    await answered(gateway, group_answer_of(text, number=1, says=says))
    assert stands(gateway) == (None, verdict, answer)


@pytest.mark.parametrize(
    ("verdict", "note", "noted", "answer"),
    [
        ("A", "000", "accepted", "awaited"),
        ("E", "014", "accepted-with-errors", "awaited"),
        ("R", "025", "rejected", "rejected"),
    ],
)
async def test_CAR_4_every_verdict_of_a_TA1_is_known(
    verdict: str, note: str, noted: str, answer: str, gateway: Gateway
) -> None:
    (text,) = gateway.sets()
    await answered(gateway, interchange_answer_of(text, number=1, verdict=verdict, note=note))
    assert stands(gateway) == (noted, None, answer)


async def test_several_acknowledgements_in_one_file_are_each_noted() -> None:
    gateway = await told()
    await gateway.tell(changed())
    first, second = gateway.sets()
    both = group_answer_of(first, second, number=1) + interchange_answer_of(first, number=2)
    await answered(gateway, both)
    assert stands(gateway) == ("accepted", "accepted", "accepted")
    assert stands(gateway, "june-medical-002") == (None, "accepted", "accepted")


async def test_the_same_said_twice_is_known_as_a_repetition_and_changes_nothing(gateway: Gateway) -> None:
    (text,) = gateway.sets()
    await answered(gateway, group_answer_of(text, number=1))
    again = await answered(gateway, group_answer_of(text, number=2))
    assert (again.outcome, again.reasons, stands(gateway)) == ("repeated", (), (None, "accepted", "accepted"))
    assert [each.state for each in gateway.rows(InboundFile)] == ["processed", "processed"]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (
            {"says": ACCEPTS},
            {"says": REJECTS},
            "An earlier 999 said accepted of this set, and not the same as this one.",
        ),
        (
            {"verdict": "R", "note": "025"},
            {"says": ACCEPTS},
            "Its interchange was rejected (TA1): nothing in it can have been acknowledged.",
        ),
        (
            {"says": ACCEPTS},
            {"verdict": "R", "note": "025"},
            "Its group was acknowledged as accepted (999): its interchange cannot be rejected.",
        ),
    ],
)
async def test_what_contradicts_what_was_said_before_is_set_apart_and_changes_nothing(
    before: dict[str, object], after: dict[str, object], says: str, gateway: Gateway
) -> None:
    (text,) = gateway.sets()

    def said(what: dict[str, object], number: int) -> str:
        make = group_answer_of if "says" in what else interchange_answer_of
        return make(text, number=number, **what)  # pyright: ignore[reportArgumentType]

    await answered(gateway, said(before, 1))
    stood = stands(gateway)
    apart = await answered(gateway, said(after, 2))
    assert (apart.outcome, apart.transmission) == ("set-apart", FIRST)
    assert [each.says for each in apart.reasons] == [says]
    assert stands(gateway) == stood
    assert file_of(gateway, apart).state == "refused"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            lambda sent: interchange_answer_of(sent, number=1, answers=77),
            "This carrier was sent nothing under this number.",
        ),
        (
            lambda sent: group_answer_of(sent, number=1, answers=77),
            "This carrier was sent nothing under this number.",
        ),
        (
            lambda sent: group_answer_of(sent, number=1, says=("AK2*834*000000009", "IK5*A", "AK9*A*1*1*1")),
            "It names a set (AK202) that was not sent in this group.",
        ),
        (
            lambda sent: group_answer_of(sent, number=1, says=("AK2*834*{set}", "IK5*R*5", "AK9*R*1*1*1")),
            "segment 3 AK904: counts more sets than there are.",
        ),
        (
            lambda sent: group_answer_of(sent, number=1).replace("AK1*BE", "AK1*HC"),
            "It answers a group of another kind (AK101) than was sent under this number.",
        ),
        (
            lambda sent: group_answer_of(sent, number=1, says=("AK2*820*{set}", "IK5*A", "AK9*A*1*1*1")),
            "It names a set of another kind (AK201) than was sent in this group.",
        ),
        (
            lambda sent: group_answer_of(sent, number=1, says=("AK2*834*{set}", "IK5*A", "AK9*A*2*1*1")),
            "It counts other sets (AK902, AK903) than were sent in this group.",
        ),
        (
            lambda sent: group_answer_of(sent, number=1, says=("AK2*834*{set}", "IK5*A", "AK9*A*1*5*5")),
            "It counts other sets (AK902, AK903) than were sent in this group.",
        ),
        (
            lambda sent: group_answer_of(sent, number=1, says=("AK9*A*0*0*0",)),
            "It counts other sets (AK902, AK903) than were sent in this group.",
        ),
        (
            lambda sent: interchange_answer_of(sent, number=1).replace("IEA*0", "IEA*1"),
            "segment 3 IEA01: is not the number of groups there are.",
        ),
        (
            lambda sent: interchange_answer_of(sent, number=1).replace("IEA*0*000000001", "IEA*0*000000002"),
            "segment 3 IEA02: is not the control number in ISA13.",
        ),
        (
            lambda sent: interchange_answer_of(sent, number=1).replace("*00501*", "*00401*"),
            "segment 1 ISA12: is none of the codes allowed here.",
        ),
        (
            lambda sent: interchange_answer_of(sent, number=1, usage="Q").replace("GMH01", "MVP01"),
            "segment 1 ISA15: is none of the codes allowed here.",
        ),
        (
            lambda sent: interchange_answer_of(sent, number=1, usage="T"),
            "segment 1 ISA15: is not P, test or production, as agreed with this carrier.",
        ),
        (
            lambda sent: interchange_answer_of(sent, number=1, verdict="A", note="025"),
            "segment 2 TA105: does not go with",
        ),
        (
            lambda sent: group_answer_of(sent, number=1).replace("X231A1~\nST", "X999A1~\nST"),
            "segment 2 GS08: is not",
        ),
    ],
)
async def test_CAR_5_what_answers_nothing_or_is_not_sound_is_set_apart_with_its_reason(
    text: object, says: str, gateway: Gateway
) -> None:
    apart = await answered(gateway, text(gateway.sets()[0]))  # pyright: ignore[reportCallIssue]
    assert apart.outcome == "set-apart"
    assert any(each.says.startswith(says) for each in apart.reasons), [each.says for each in apart.reasons]
    assert stands(gateway) == (None, None, "awaited")
    assert file_of(gateway, apart).state == "refused"


async def test_an_acknowledgement_in_another_carriers_box_changes_nothing() -> None:
    gateway = await Gateway().open("BCBSVT", "MVP")
    await gateway.tell(contact(), selected(), paid(), activated())
    apart = await answered(gateway, interchange_answer_of(gateway.sets()[0], number=1), carrier="MVP")
    assert (apart.outcome, apart.transmission) == ("set-apart", None)
    assert stands(gateway) == (None, None, "awaited")


async def test_no_acknowledgement_is_ever_acknowledged(gateway: Gateway) -> None:
    (text,) = gateway.sets()
    for number, made in enumerate((interchange_answer_of, group_answer_of), start=1):
        await answered(gateway, made(text, number=number).replace(f"*{number:09d}*0*P", f"*{number:09d}*1*P"))
    assert stands(gateway) == ("accepted", "accepted", "accepted")
    assert gateway.rows(WrittenAcknowledgement) == []
    assert list(gateway.outbound()) == ["I834_20151210_000000001.834"]


# what somebody decides


async def test_CAR_4_a_rejected_set_goes_again_with_all_later_ones_in_order_under_new_numbers() -> None:
    gateway = await told()
    await gateway.tell(changed())
    await gateway.tell(terminated(date(2016, 6, 30)))
    before = gateway.sets()
    await answered(gateway, group_answer_of(before[0], number=1, says=REJECTS))
    decided = await decide(gateway, "send-again")
    assert decided.sent_again == ("june-medical-004", "june-medical-005", "june-medical-006")
    await gateway.work()
    after = gateway.sets()[3:]
    assert [control_number_of(each) for each in after] == [4, 5, 6]

    def body(text: str) -> list[str]:
        return [
            line for line in segments(text) if not line.startswith(("ISA", "GS", "ST", "SE", "GE", "IEA"))
        ]

    assert [body(each) for each in after] == [body(each) for each in before]
    made = [sent(gateway, each) for each in decided.sent_again]
    assert [(each.kind, each.again_of, each.state, each.answer) for each in made] == [
        ("initial", "june-medical-001", "sent", "awaited"),
        ("change", "june-medical-002", "sent", "awaited"),
        ("termination", "june-medical-003", "sent", "awaited"),
    ]
    assert [sent(gateway, f"june-medical-00{number}").answer for number in (1, 2, 3)] == ["settled"] * 3
    assert len(gateway.said(TransmissionSent)) == 3  # once of each set, however often it goes
    assert await overdue(gateway) == []


async def test_a_set_that_went_again_is_rejected_again_and_goes_again_once_more(gateway: Gateway) -> None:
    await answered(gateway, group_answer_of(gateway.sets()[0], number=1, says=REJECTS))
    await decide(gateway, "send-again")
    await gateway.work()
    await answered(gateway, group_answer_of(gateway.sets()[1], number=2, says=REJECTS))
    assert stands(gateway, "june-medical-002") == (None, "rejected", "rejected")
    assert (await decide(gateway, "send-again", "june-medical-002")).sent_again == ("june-medical-003",)
    with pytest.raises(NothingToDecide):
        await decide(gateway, "send-again")
    await gateway.tell(changed())
    assert [each.transmission for each in gateway.rows(Transmission)][-1] == "june-medical-004"


async def test_what_a_carrier_accepted_and_lost_goes_again_and_is_not_left(gateway: Gateway) -> None:
    await answered(gateway, group_answer_of(gateway.sets()[0], number=1))
    with pytest.raises(NothingToDecide):
        await decide(gateway, "leave")
    assert (await decide(gateway, "send-again")).sent_again == ("june-medical-002",)


async def test_what_is_left_waits_for_nobody_and_keeps_who_left_it_and_why(gateway: Gateway) -> None:
    await answered(gateway, group_answer_of(gateway.sets()[0], number=1, says=REJECTS))
    decided = await decide(gateway, "leave")
    assert (decided.reason, decided.decided_by, decided.sent_again) == (
        "the carrier lost it",
        "operator-1",
        (),
    )
    assert stands(gateway) == (None, "rejected", "settled")
    await gateway.work()
    assert (len(gateway.sets()), await overdue(gateway)) == (1, [])


async def test_what_is_not_sent_yet_or_is_not_there_is_not_decided_about() -> None:
    gateway = Gateway()
    await gateway.tell(contact(), selected(), paid(), activated())
    with pytest.raises(NothingToDecide):
        await decide(gateway, "send-again")
    with pytest.raises(NotFound):
        await decide(gateway, "send-again", "nobody-001")


async def test_a_confirmation_of_a_set_that_went_again_is_accepted(gateway: Gateway) -> None:
    await decide(gateway, "send-again")
    await gateway.work()
    await gateway.drop("confirmed.834", effectuation_of(gateway.sets()[1], number=9))
    await gateway.work()
    assert gateway.policy().effectuated_on == date(2015, 12, 10)


@pytest.mark.parametrize(
    ("before", "now", "spelled"),
    [
        ({"PRE AMT 1": "PREMIUM"}, {}, "PRE AMT 1"),
        ({}, {"PRE AMT 1": "PREMIUM"}, "PREMIUM"),
        ({"PRE AMT 1": "PREMIUM"}, {"PRE AMT 1": "WHOLE"}, "WHOLE"),
        ({"PRE AMT 1": "TOT", "TOT RES AMT": "PRE"}, {"PRE AMT 1": "PRE", "TOT RES AMT": "TOT"}, "PRE"),
    ],
    ids=["back to ours", "to theirs", "to another of theirs", "one for the other"],
)
async def test_CAR_4_a_set_of_before_its_carrier_spelled_otherwise_goes_again_as_it_spells_now(
    before: dict[str, str], now: dict[str, str], spelled: str
) -> None:
    gateway = await told(category_names=before)
    await gateway.profile(profile(category_names=now))
    await decide(gateway, "send-again")
    await gateway.work()
    assert value_of(gateway.sets()[1], spelled) == ["500.00"]
    await gateway.profile(profile(category_names=before))
    await decide(gateway, "send-again", "june-medical-002")
    await gateway.work()
    first, _, third = gateway.sets()
    assert segments(third)[5:-3] == segments(first)[5:-3]


# silence


async def test_CAR_4_who_sends_none_is_never_late(gateway: Gateway) -> None:
    gateway.at(date(2016, 3, 1))
    assert await overdue(gateway) == []


async def test_CAR_4_a_TA1_that_does_not_come_within_its_hours_is_overdue() -> None:
    gateway = await told(interchange_within_hours=4)
    gateway.at(date(2015, 12, 10), 14)
    assert await overdue(gateway) == []
    gateway.at(date(2015, 12, 10), 14, 1)
    assert await overdue(gateway) == [
        ("interchange-not-acknowledged", FIRST, date(2015, 12, 10), "its carrier sent no TA1 for 000000001")
    ]
    await answered(gateway, interchange_answer_of(gateway.sets()[0], number=1))
    assert await overdue(gateway) == []


async def test_CAR_4_a_999_that_does_not_come_within_its_business_days_is_overdue() -> None:
    gateway = await told(group_within_business_days=2)  # sent on Thursday, December 10
    gateway.at(date(2015, 12, 14), 23)
    assert await overdue(gateway) == []
    gateway.at(date(2015, 12, 15))
    assert await overdue(gateway) == [
        ("group-not-acknowledged", FIRST, date(2015, 12, 14), "its carrier sent no 999 for 000000001")
    ]
    await answered(gateway, group_answer_of(gateway.sets()[0], number=1))
    assert await overdue(gateway) == []


async def test_CAR_4_what_was_rejected_is_overdue_at_once_and_not_for_want_of_a_999() -> None:
    gateway = await told(interchange_within_hours=4, group_within_business_days=2)
    await answered(gateway, interchange_answer_of(gateway.sets()[0], number=1, verdict="R", note="025"))
    gateway.at(date(2015, 12, 18))
    assert await overdue(gateway) == [
        (
            "transmission-rejected",
            FIRST,
            date(2015, 12, 10),
            "its carrier rejected its interchange (TA1): see its acknowledgements",
        )
    ]


OF_820 = ("AK2*820*{set}*005010X306", "IK5*A", "AK9*A*1*1*1")


def of_820(answer: str) -> str:
    return answer.replace("AK1*BE", "AK1*RA").replace("005010X220A1", "005010X306")


async def test_CAR_4_what_a_carrier_takes_of_an_820_is_noted_and_what_it_rejects_waits_for_somebody(
    gateway: Gateway,
) -> None:
    await gateway.tell(remittance(remitted()))
    (paid_for,) = gateway.remittances()
    assert segments(paid_for)[0].split("*")[14] == "0"
    number = control_number_of(paid_for)
    await gateway.drop("1.999", of_820(group_answer_of(paid_for, number=1, says=OF_820)))
    await gateway.drop("2.ta1", interchange_answer_of(paid_for, number=2))
    rejected = ("AK2*820*{set}*005010X306", "IK5*R*5", "AK9*R*1*1*0")
    await gateway.drop("3.999", of_820(group_answer_of(paid_for, number=3, says=rejected)))
    await gateway.drop("4.999", group_answer_of(paid_for, number=4))
    await gateway.work()
    received = {each.file: each for each in gateway.rows(ReceivedAcknowledgement)}
    told_of = {
        each.name: (received[each.file].outcome, [reason.says for reason in received[each.file].reasons])
        for each in gateway.rows(InboundFile)
    }
    assert told_of == {
        "1.999": ("noted", []),
        "2.ta1": ("noted", []),
        "3.999": ("set-apart", ["It rejects an 820: nothing is sent again by itself."]),
        "4.999": (
            "set-apart",
            ["It answers a group of another kind (AK101) than was sent under this number."],
        ),
    }
    assert {each.control_number for each in received.values()} == {number}
    assert {each.name: each.state for each in gateway.rows(InboundFile)} == {
        "1.999": "processed",
        "2.ta1": "processed",
        "3.999": "refused",
        "4.999": "refused",
    }
    assert stands(gateway) == (None, None, "awaited")


async def test_CAR_4_whoever_is_silent_is_listed_beside_any_number_that_were_answered_by_TA1_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(find_overdue, "MOST_LISTED", 2)
    gateway = await Gateway(interchange_within_hours=4).open()
    for name in ("avery", "june", "may", "zoe"):
        await gateway.tell(
            contact(member(household=name), household=name),
            selected(terms(f"{name}-medical", members=(f"{name}-1",)), household=name),
            paid(f"{name}-medical", household=name),
            activated(f"{name}-medical", household=name),
        )
    answered = [
        interchange_answer_of(each, number=number) for number, each in enumerate(gateway.sets()[:3], 1)
    ]
    await gateway.drop("all.ta1", "".join(answered))
    await gateway.work()
    gateway.at(date(2016, 1, 20))
    assert [(kind, about) for kind, about, _, _ in await overdue(gateway)] == [
        ("interchange-not-acknowledged", "zoe-medical-001")
    ]
