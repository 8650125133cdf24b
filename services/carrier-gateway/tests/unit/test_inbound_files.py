"""Files from carriers: stored whole, judged by the matrix, never lost (CAR-5)."""

from __future__ import annotations

import base64
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from carriers_desk import effectuation_of
from gateway_builders import (
    CARRIER,
    FAMILY,
    JANUARY,
    Gateway,
    activated,
    canceled,
    contact,
    paid,
    profile,
    selected,
    terminated,
    terms,
)

from bulkhead.files import LocalFiles
from carrier_gateway.adapters.x12.inbound import Reader834
from carrier_gateway.domain.events import CoverageEffectuated
from carrier_gateway.domain.records import InboundContent, InboundFile, InboundRecord

INBOX = f"{CARRIER}/inbound"


@pytest.fixture
async def gateway() -> Gateway:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid(), activated())
    return gateway


async def test_a_carrier_with_a_profile_has_a_folder_to_drop_its_first_file_in(tmp_path: Path) -> None:
    gateway = await Gateway(files=LocalFiles(tmp_path)).open()
    await gateway.work()
    assert (tmp_path / INBOX).is_dir()


async def dropped(gateway: Gateway, data: str, name: str = "answer.834") -> InboundFile:
    await gateway.drop(name, data)
    await gateway.work()
    return gateway.rows(InboundFile)[-1]


def refusals(gateway: Gateway) -> list[str]:
    return [reason.says for record in gateway.rows(InboundRecord) for reason in record.reasons]


async def test_CAR_5_an_effectuation_is_accepted_noted_and_said(gateway: Gateway) -> None:
    file = await dropped(gateway, effectuation_of(gateway.sets()[0]))
    assert (file.state, file.reasons) == ("processed", ())
    assert gateway.said(CoverageEffectuated) == [
        CoverageEffectuated(
            household="june",
            policy="june-medical",
            carrier=CARRIER,
            effective=JANUARY,
            issuer_subscriber="",
            issuer_policy="ISSUER-77",
        )
    ]
    assert gateway.policy().effectuated_on == date(2015, 12, 10)
    (record,) = gateway.rows(InboundRecord)
    assert (record.outcome, record.kind, record.effective) == ("accepted", "effectuation", JANUARY)
    assert f"{INBOX}/processed/answer.834" in gateway.boxes.content
    assert set((await gateway.pending()).values()) == {0}


async def test_a_file_is_kept_byte_for_byte_before_it_is_read(gateway: Gateway) -> None:
    raw = b"\xff\x00 this is no interchange \x80"
    await gateway.drop("noise.834", raw)
    await gateway.work()
    (content,) = gateway.rows(InboundContent)
    assert base64.b64decode(content.content.reveal()) == raw
    (file,) = gateway.rows(InboundFile)
    assert file.state == "refused"
    assert [reason.facts["fault"] for reason in file.reasons] == ["not-an-interchange"]
    assert gateway.boxes.content[f"{INBOX}/refused/noise.834"] == raw


async def test_the_same_bytes_again_are_already_loaded(gateway: Gateway) -> None:
    answer = effectuation_of(gateway.sets()[0])
    await dropped(gateway, answer)
    file = await dropped(gateway, answer, name="again.834")
    assert len(gateway.rows(InboundFile)) == 1
    assert file.copies == 1
    assert len(gateway.said(CoverageEffectuated)) == 1
    assert not [path for path in gateway.boxes.content if path.startswith(f"{INBOX}/a")]


async def test_two_different_files_of_one_name_are_both_kept(gateway: Gateway) -> None:
    await dropped(gateway, effectuation_of(gateway.sets()[0]))
    await dropped(gateway, effectuation_of(gateway.sets()[0], number=2))
    kept = [path for path in gateway.boxes.content if path.startswith(f"{INBOX}/")]
    assert len(kept) == 2
    assert len(gateway.rows(InboundFile)) == 2


async def test_an_interchange_number_used_before_refuses_the_file(gateway: Gateway) -> None:
    await dropped(gateway, effectuation_of(gateway.sets()[0], replacing=[("REF*CE*SILVER", "REF*CE*GOLD")]))
    await dropped(gateway, effectuation_of(gateway.sets()[0]))
    states = sorted(file.state for file in gateway.rows(InboundFile))
    assert states == ["refused", "refused"]
    assert gateway.said(CoverageEffectuated) == []
    assert any("ISA13" in says for says in refusals(gateway))


async def test_CAR_5_an_answer_names_sender_and_receiver_of_its_group_the_other_way_round(
    gateway: Gateway,
) -> None:
    (sent,) = gateway.sets()
    answer = effectuation_of(sent)
    theirs, ours = "GS*BE*77566VT0040001*VT0*", "GS*BE*VT0*77566VT0040001*"
    assert theirs in answer and ours in sent
    file = await dropped(gateway, answer.replace(theirs, ours))
    assert file.state == "refused"
    assert refusals(gateway) == [
        "segment 2 GS02: the plan's id in the group's header is not what the carrier was told.",
        "segment 2 GS03: it is not what the carrier was told.",
    ]
    assert gateway.said(CoverageEffectuated) == []


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (
        "E046-another-begin",
        {"replacing": [("DTP*348*D8*20160101", "DTP*348*D8*20160201")]},
        "segment 14 DTP03: E046: the begin date (348) is not what the carrier was told.",
    ),
    (
        "E046-another-eligibility",
        {"replacing": [("DTP*356*D8*20160101", "DTP*356*D8*20160201")]},
        "segment 11 DTP03: E046: the eligibility's begin (356) is not what the carrier was told.",
    ),
    (
        "no-543",
        {"leaving_out": ["DTP*543"]},
        "segment 8 DTP03: the subscriber's last paid day (543) must be there.",
    ),
    (
        "another-plan",
        {"replacing": [("REF*CE*SILVER", "REF*CE*GOLD")]},
        "segment 16 REF02: the plan (CE) is not what the carrier was told.",
    ),
    (
        "another-subscriber",
        {"replacing": [("REF*0F*june-1", "REF*0F*june-7")]},
        "segment 9 REF02: the subscriber (0F) is not what the carrier was told.",
    ),
    (
        "another-member",
        {"replacing": [("REF*17*june-1", "REF*17*june-7")]},
        "An effectuation must name everybody on the set it answers.",
    ),
    (
        "an-unknown-policy",
        {"replacing": [("REF*1L*june-medical", "REF*1L*nobodys")]},
        "This carrier has no such policy (1L, REF02).",
    ),
    (
        "an-unknown-combination",
        {"kind": ("021", "28", "CONFIRMED")},
        "segment 8 INS03: with INS04 and the additional reason (ADDL MAINT REASON, REF02) it makes a combination"
        " that means nothing here.",
    ),
]


@pytest.mark.parametrize(
    ("change", "says"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
async def test_CAR_5_what_is_refused_waits_with_its_reason_and_has_no_effect(
    gateway: Gateway, change: dict[str, Any], says: str
) -> None:
    before = gateway.policy()
    file = await dropped(gateway, effectuation_of(gateway.sets()[0], **change))
    assert says in refusals(gateway)
    assert {reason.rule for record in gateway.rows(InboundRecord) for reason in record.reasons} == {"CAR-5"}
    assert file.state == "refused"
    assert f"{INBOX}/refused/answer.834" in gateway.boxes.content
    assert gateway.policy() == before
    assert gateway.said(CoverageEffectuated) == []


async def test_CAR_5_an_effectuation_of_an_effectuated_policy_is_refused(gateway: Gateway) -> None:
    await dropped(gateway, effectuation_of(gateway.sets()[0]))
    await dropped(gateway, effectuation_of(gateway.sets()[0], number=2), name="second.834")
    assert len(gateway.said(CoverageEffectuated)) == 1
    assert "An effectuation is not accepted for a policy that stands as effectuated." in refusals(gateway)


async def test_CAR_5_a_late_effectuation_never_revives_a_canceled_policy(gateway: Gateway) -> None:
    answer = effectuation_of(gateway.sets()[0])
    await gateway.hear(canceled(reason="requested"))
    await dropped(gateway, answer)
    assert gateway.policy().lifecycle == "canceled"
    assert gateway.said(CoverageEffectuated) == []
    assert any(says.endswith("A late effectuation never revives it.") for says in refusals(gateway))


async def test_CAR_5_an_effectuation_of_a_policy_that_ended_since_is_accepted_and_ends_all_the_same(
    gateway: Gateway,
) -> None:
    await gateway.tell(terminated(date(2016, 6, 30)))
    await dropped(gateway, effectuation_of(gateway.sets()[0]))
    assert gateway.policy().lifecycle == "terminated"
    assert len(gateway.said(CoverageEffectuated)) == 1
    await dropped(gateway, effectuation_of(gateway.sets()[0], number=2), name="second.834")
    assert any("terminated-effectuated" in says for says in refusals(gateway))


async def test_CAR_5_another_carriers_policy_is_none_of_this_ones(gateway: Gateway) -> None:
    await gateway.profile(profile("MVP", receiver_id="MVP01"))
    foreign = effectuation_of(gateway.sets()[0]).replace("GMH01", "MVP01")
    await gateway.drop("answer.834", foreign, carrier="MVP")
    await gateway.work()
    assert refusals(gateway) == ["This carrier has no such policy (1L, REF02)."]
    (record,) = gateway.rows(InboundRecord)
    assert (record.policy, record.household, record.member) == (None, None, "")


async def test_a_file_in_another_carriers_drop_box_is_refused(gateway: Gateway) -> None:
    await gateway.profile(profile("MVP", receiver_id="MVP01"))
    await gateway.drop("answer.834", effectuation_of(gateway.sets()[0]), carrier="MVP")
    await gateway.work()
    (file,) = gateway.rows(InboundFile)
    assert [reason.says for reason in file.reasons] == [
        "segment 1 ISA06: is not the carrier whose drop-box it lies in."
    ]


async def test_a_file_that_is_not_this_carriers_uses_up_no_interchange_number(gateway: Gateway) -> None:
    answer = effectuation_of(gateway.sets()[0])
    await dropped(gateway, answer.replace("*ZZ*GMH01", "*ZZ*XYZ01"), name="foreign.834")
    await dropped(gateway, answer)
    assert sorted(file.state for file in gateway.rows(InboundFile)) == ["processed", "refused"]


async def test_a_long_file_is_read_like_a_short_one(gateway: Gateway) -> None:
    lines = effectuation_of(gateway.sets()[0]).splitlines()
    good = lines[2:-2]
    sets = [line.replace("000000001", f"{number:09d}") for number in range(1, 161) for line in good]
    file = await dropped(gateway, "\n".join([*lines[:2], *sets, "GE*160*1~", lines[-1]]))
    assert file.size_bytes > 64 * 1024
    outcomes = [record.outcome for record in gateway.rows(InboundRecord)]
    assert (outcomes.count("accepted"), outcomes.count("refused")) == (1, 159)
    assert len(gateway.said(CoverageEffectuated)) == 1


async def test_a_policy_this_carrier_was_not_told_of_is_not_effectuated(gateway: Gateway) -> None:
    other = terms("june-dental", plan="SMILE", kind="dental")
    await gateway.tell(selected(other))
    changes = [("REF*1L*june-medical", "REF*1L*june-dental"), ("REF*CE*SILVER", "REF*CE*SMILE")]
    await dropped(gateway, effectuation_of(gateway.sets()[0], replacing=changes))
    assert refusals(gateway) == ["This carrier was not told of the policy yet."]


async def test_a_family_is_effectuated_as_one() -> None:
    gateway = await Gateway().open()
    people = ("june-1", "june-2", "june-3")
    await gateway.tell(contact(*FAMILY), selected(terms(members=people)), paid())
    await dropped(gateway, effectuation_of(gateway.sets()[0]))
    assert [record.outcome for record in gateway.rows(InboundRecord)] == ["accepted"] * 3
    assert len(gateway.said(CoverageEffectuated)) == 1


async def test_one_bad_set_is_refused_alone(gateway: Gateway) -> None:
    answer = effectuation_of(gateway.sets()[0])
    lines = answer.splitlines()
    good, at = lines[2:-2], len(lines) - 2
    bad = [line.replace("000000001", "000000002").replace("SILVER", "GOLD") for line in good]
    whole = [*lines[:at], *bad, "GE*2*1~", lines[-1]]
    file = await dropped(gateway, "\n".join(whole))
    assert file.state == "processed"
    assert [record.outcome for record in gateway.rows(InboundRecord)] == ["accepted", "refused"]


async def test_a_fault_of_form_names_its_place_and_no_value(gateway: Gateway) -> None:
    answer = effectuation_of(gateway.sets()[0], replacing=[("DTP*543*D8*20160131", "DTP*543*D8*20161331")])
    await dropped(gateway, answer)
    (record,) = gateway.rows(InboundRecord)
    (reason,) = record.reasons
    position = answer.splitlines().index("DTP*543*D8*20161331~") + 1
    assert reason.facts == {
        "fault": "element-not-a-date",
        "position": str(position),
        "segment": "DTP",
        "element": "3",
    }
    assert "20161331" not in reason.says


async def test_a_set_that_is_no_834_and_an_acknowledgement_that_is_no_999_wait_in_the_queue(
    gateway: Gateway,
) -> None:
    isa = effectuation_of(gateway.sets()[0]).splitlines()[0]
    for number, (group, kind) in enumerate((("FA", "997"), ("BE", "999")), start=1):
        lines = [
            isa.replace("*000000001*1*P", f"*{number:09d}*1*P"),
            f"GS*{group}*X1*VT0*20151210*1000*{number}*X*005010X231A1~",
            f"ST*{kind}*0001*005010X231A1~",
            "AK1*BE*1*005010X220A1~",
            "AK9*A*1*1*1~",
            "SE*4*0001~",
            f"GE*1*{number}~",
            f"IEA*1*{number:09d}~",
        ]
        await dropped(gateway, "\n".join(lines), name=f"{kind}.834")
    assert [file.state for file in gateway.rows(InboundFile)] == ["refused", "refused"]
    assert sum("not taken in yet" in says for says in refusals(gateway)) == 2


async def test_CAR_1_a_file_of_a_carrier_without_a_profile_is_stored_and_waits(gateway: Gateway) -> None:
    answer = effectuation_of(gateway.sets()[0])
    lone = Gateway()
    await lone.tell(contact(), selected(), paid(), activated())
    await lone.drop("answer.834", answer)
    await lone.work()
    (file,) = lone.rows(InboundFile)
    assert file.state == "stored"
    assert (await lone.pending())["inbound-files"] == 0
    await lone.open()
    await lone.work()
    (file,) = lone.rows(InboundFile)
    assert (file.state, lone.transmissions()) == ("processed", [("initial", "sent")])


async def test_OPS_1_what_is_wrong_around_many_sets_is_not_said_in_whole_of_each(gateway: Gateway) -> None:
    sound = effectuation_of(gateway.sets()[0])
    opening, rest = sound.split("GS*", 1)
    many = "".join(f"ST*834*{number:09d}*005010X220A1~SE*2*{number:09d}~" for number in range(1_000))
    text = f"{opening}{'XX*1~' * 1_000}GS*{rest.replace('ST*', f'{many}ST*', 1)}"
    said = Reader834().read(text.encode(), profile=profile())
    sets = [each for interchange in said.interchanges for each in interchange.sets]
    assert len(sets) == 1_001
    assert 10_000 < sum(len(each.findings) for each in sets) < 30_000


async def test_CAR_5_a_policy_id_that_no_database_takes_is_refused_by_element(gateway: Gateway) -> None:
    said = effectuation_of(gateway.sets()[0]).replace("REF*1L*june-medical", "REF*1L*june\x00medical")
    await gateway.drop("nul.834", said)
    await gateway.work()
    assert [each.state for each in gateway.rows(InboundFile)] == ["refused"]
    (reason, *_) = gateway.rows(InboundRecord)[0].reasons
    assert (reason.facts["segment"], reason.facts["element"]) == ("REF", "2")
