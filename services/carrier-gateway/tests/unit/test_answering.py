"""What carriers are told became of what they sent: a TA1 for an interchange that asks, a 999 for a group (CAR-5)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from carriers_desk import effectuation_of
from gateway_builders import FAMILY, Gateway, activated, canceled, contact, paid, segments, selected, terms

from carrier_gateway.domain.records import InboundFile, InboundRecord, WrittenAcknowledgement

TA1, GROUP = "TA1_20151210_000000002.ta1", "999_20151210_000000003.999"


async def told(**options: Any) -> Gateway:
    """Return a gateway that has told its carrier of june-medical."""
    gateway = await Gateway(**options).open()
    people = ("june-1", "june-2", "june-3")
    await gateway.tell(contact(*FAMILY), selected(terms(members=people)), paid(), activated())
    return gateway


@pytest.fixture
async def gateway() -> Gateway:
    return await told()


async def dropped(gateway: Gateway, text: str, name: str = "answer.834") -> None:
    await gateway.drop(name, text)
    await gateway.work()


def answers(gateway: Gateway) -> dict[str, list[str]]:
    """Return what the carrier was told, without envelopes, by the file's name."""
    outer = ("ISA", "GS", "ST", "SE", "GE", "IEA")
    return {
        name: [line for line in segments(text) if not line.startswith(outer)]
        for name, text in gateway.outbound().items()
        if not name.endswith(".834")
    }


def interchange_notes(gateway: Gateway) -> list[str]:
    return [
        line.partition("*1000*")[2]
        for lines in answers(gateway).values()
        for line in lines
        if line[:3] == "TA1"
    ]


async def test_CAR_5_what_is_sound_is_accepted_in_interchanges_with_numbers_of_their_own(
    gateway: Gateway,
) -> None:
    await dropped(gateway, effectuation_of(gateway.sets()[0], number=31))
    assert answers(gateway) == {
        TA1: ["TA1*000000031*151210*1000*A*000"],
        GROUP: ["AK1*BE*31*005010X220A1", "AK2*834*000000031*005010X220A1", "IK5*A", "AK9*A*1*1*1"],
    }
    lines = [line for name in (TA1, GROUP) for line in segments(gateway.outbound()[name])]
    headers = [line for line in lines if line[:3] in ("ISA", "GS*")]
    assert [line.split("*")[13:15] for line in headers if line.startswith("ISA")] == [
        ["000000002", "0"],
        ["000000003", "0"],
    ]
    assert headers[-1] == "GS*FA*VT0*77566VT0040001*20151210*1000*3*X*005010X231A1"


async def test_the_next_834_goes_on_from_the_last_number_an_acknowledgement_had(gateway: Gateway) -> None:
    await dropped(gateway, effectuation_of(gateway.sets()[0]))
    await gateway.tell(canceled())
    assert list(gateway.outbound())[-1] == TA1
    assert "I834_20151210_000000004.834" in gateway.outbound()


async def test_CAR_5_a_set_refused_for_its_syntax_is_rejected_with_segment_and_element(
    gateway: Gateway,
) -> None:
    name = "NM1*IL*1*Example*June****34*900123456"
    nameless = [(name, name.replace("Example", ""))]
    await dropped(gateway, effectuation_of(gateway.sets()[0], number=31, replacing=nameless))
    (record, *_) = gateway.rows(InboundRecord)
    assert record.outcome == "refused"
    assert answers(gateway)[GROUP] == [
        "AK1*BE*31*005010X220A1",
        "AK2*834*000000031*005010X220A1",
        "IK3*NM1*11**8",
        "IK4*3**1",
        "IK5*R*5",
        "AK9*R*1*1*0",
    ]


async def test_CAR_5_what_is_sound_and_refused_by_the_matrix_is_accepted_by_the_999(gateway: Gateway) -> None:
    text = gateway.sets()[0]
    await gateway.tell(canceled())
    await dropped(gateway, effectuation_of(text, number=31))
    assert gateway.rows(InboundRecord)[0].outcome == "refused"
    assert [lines[-1] for lines in answers(gateway).values()] == [
        "AK9*A*1*1*1",
        "TA1*000000031*151210*1000*A*000",
    ]


async def test_a_group_of_which_one_set_is_sound_is_accepted_in_part(gateway: Gateway) -> None:
    lines = segments(effectuation_of(gateway.sets()[0], number=31))
    one = lines[2:-2]
    other = [line.replace("000000031", "000000032") for line in one if not line.startswith("N1*P5")]
    other[-1] = f"SE*{len(other)}*000000032"
    await dropped(gateway, "".join(f"{line}~" for line in [*lines[:2], *one, *other, "GE*2*31", lines[-1]]))
    group = answers(gateway)[GROUP]
    assert group[-1] == "AK9*P*2*2*1"
    assert group[-4:-1] == ["AK2*834*000000032*005010X220A1", "IK3*N1*1**3", "IK5*R*5"]


async def test_a_group_that_is_not_sound_is_rejected_whole(gateway: Gateway) -> None:
    text = effectuation_of(gateway.sets()[0], number=31).replace("GE*1*31~", "GE*2*32~")
    await dropped(gateway, text)
    assert answers(gateway)[GROUP] == ["AK1*BE*31*005010X220A1", "AK9*R*2*1*0*5*4"]


async def test_a_group_nobody_agreed_on_is_rejected_as_such(gateway: Gateway) -> None:
    text = effectuation_of(gateway.sets()[0], number=31).replace("GS*BE", "GS*RA")
    await dropped(gateway, text)
    assert answers(gateway)[GROUP] == ["AK1*RA*31*005010X220A1", "AK9*R*1*1*0*1"]


async def test_a_group_whose_header_nobody_can_answer_is_noted_in_the_TA1(gateway: Gateway) -> None:
    text = effectuation_of(gateway.sets()[0], number=31).replace("GS*BE", "GS*ZZ")
    await dropped(gateway, text)
    assert answers(gateway) == {TA1: ["TA1*000000031*151210*1000*E*024"]}


async def test_who_asks_for_no_TA1_gets_the_999_alone() -> None:
    gateway = await told(acknowledge=False)
    await dropped(gateway, effectuation_of(gateway.sets()[0], number=31))
    assert list(answers(gateway)) == ["999_20151210_000000002.999"]


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (("*1*P*:~", "*1*T*:~"), "R*020"),
        (("*GMH01 ", "*OTHER "), "R*006"),
        (("*VHCEXCHANGE ", "*NOBODY      "), "R*008"),
        (("IEA*1*", "IEA*2*"), "R*021"),
        (("IEA*1*000000031", "IEA*1*000000032"), "R*001"),
        (("IEA*1*000000031~\n", ""), "R*023"),
        (("*00501*", "*00401*"), "R*017"),
        (("GE*1*31~\n", "GE*1*31~\nREF*1*2~\n"), "R*022"),
    ],
)
async def test_CAR_5_an_interchange_that_is_refused_says_why_and_nothing_in_it_is_answered(
    change: tuple[str, str], note: str, gateway: Gateway
) -> None:
    text = effectuation_of(gateway.sets()[0], number=31)
    assert change[0] in text
    await dropped(gateway, text.replace(*change))
    assert interchange_notes(gateway) == [note]
    assert list(answers(gateway)) == [TA1]
    assert gateway.policy().effectuated_on is None


async def test_CAR_5_a_number_used_before_is_refused_as_such(gateway: Gateway) -> None:
    text = effectuation_of(gateway.sets()[0], number=31)
    await dropped(gateway, text)
    await dropped(gateway, text.replace("ISSUER-77", "ISSUER-78"), name="again.834")
    assert interchange_notes(gateway) == ["A*000", "R*025"]
    assert len(answers(gateway)) == 3


async def test_one_interchange_that_is_refused_takes_no_other_of_its_file_with_it(gateway: Gateway) -> None:
    text = effectuation_of(gateway.sets()[0], number=31)
    other = effectuation_of(gateway.sets()[0], number=32).replace("*1*P*:~", "*1*T*:~")
    await dropped(gateway, other + text)
    assert sorted(interchange_notes(gateway)) == ["A*000", "R*020"]
    assert gateway.policy().effectuated_on == date(2015, 12, 10)
    (file,) = gateway.rows(InboundFile)
    assert file.state == "processed"


async def test_what_is_no_interchange_is_answered_by_nothing(gateway: Gateway) -> None:
    await dropped(gateway, "nothing of the sort")
    assert answers(gateway) == {}


async def test_CAR_5_the_same_bytes_again_are_answered_once(gateway: Gateway) -> None:
    text = effectuation_of(gateway.sets()[0], number=31)
    await dropped(gateway, text)
    await dropped(gateway, text)
    assert len(answers(gateway)) == 2


async def test_OPS_1_what_was_judged_before_the_box_went_away_is_answered_once_it_is_back(
    gateway: Gateway,
) -> None:
    gateway.boxes.away = {"BCBSVT/outbound"}
    await dropped(gateway, effectuation_of(gateway.sets()[0], number=31))
    assert answers(gateway) == {}
    made = gateway.rows(WrittenAcknowledgement)
    assert [(each.kind, each.state) for each in made] == [("TA1", "built"), ("999", "built")]
    gateway.boxes.away = set()
    gateway.later(hours=1)
    await gateway.work()
    assert {name: gateway.outbound()[name] for name in (TA1, GROUP)} == {
        each.name: each.content for each in made
    }
    written = gateway.rows(WrittenAcknowledgement)
    assert [(each.state, each.written_on) for each in written] == [("written", date(2015, 12, 10))] * 2
    assert (await gateway.pending())["acknowledgements"] == 0


async def test_CAR_1_their_names_are_the_profiles_own() -> None:
    gateway = await told(
        interchange_file_name="{receiver}.TA1.{control}", group_file_name="{receiver}.999.{control}.{usage}"
    )
    await dropped(gateway, effectuation_of(gateway.sets()[0]))
    assert list(answers(gateway)) == ["GMH01.999.000000003.P", "GMH01.TA1.000000002"]
