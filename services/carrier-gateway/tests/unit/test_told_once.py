"""Names no file can carry, facts told again, ends that move: the carrier is told what is so, and once."""

from __future__ import annotations

from datetime import date

import pytest
from gateway_builders import (
    Gateway,
    activated,
    canceled,
    contact,
    member,
    paid,
    reinstated,
    segments,
    selected,
    terminated,
    terms,
)

from bulkhead.kernel.personal import Masked
from carrier_gateway.adapters.x12 import outbound
from carrier_gateway.adapters.x12.outbound import enrollment_of
from carrier_gateway.domain.orders import EnrollmentOrder
from carrier_gateway.domain.records import ControlNumbers, Transmission
from carrier_gateway.x12.enrollment834.model import EnrollmentSet


@pytest.fixture
async def gateway() -> Gateway:
    return await Gateway().open()


async def enrolled(gateway: Gateway) -> Gateway:
    await gateway.tell(contact(), selected(), paid(), activated())
    return gateway


@pytest.mark.parametrize(
    ("name", "latin", "nm1"),
    [
        ("王小明", "WangXiaoMing", "NM1*IL*1*WangXiaoMing*****34*900123456"),
        ("Иван Пример", "Ivan Primer", "NM1*IL*1*Primer*Ivan****34*900123456"),
    ],
)
async def test_ENR_16_a_person_whose_name_has_no_latin_letter_is_told_of_all_the_same(
    gateway: Gateway, name: str, latin: str, nm1: str
) -> None:
    await gateway.tell(contact(member(name=name, latin_name=Masked(latin))), selected(), paid())
    assert gateway.transmissions() == [("initial", "sent")]
    lines = segments(gateway.sets()[0])
    assert nm1 in lines
    assert f"N1*P5*{latin}*94*june-1" in lines


async def test_a_name_without_a_latin_form_waits_visibly_and_stops_what_comes_after_it(
    gateway: Gateway,
) -> None:
    nameless = member(name="李小龍", latin_name=Masked("李小龍"))
    await gateway.hear(contact(nameless), selected(), paid(), activated())
    await gateway.tell(terminated(date(2016, 6, 30)))
    first, second = gateway.rows(Transmission)
    assert "NM103" in first.problem
    assert (first.state, second.state, second.problem != "") == ("waiting", "waiting", True)
    assert (await gateway.pending())["transmissions"] == 0
    assert gateway.rows(ControlNumbers) == []
    mended = member(name="李小龍", latin_name=Masked("Li Xiaolong"))
    await gateway.tell(contact(mended, version=2), terminated(date(2016, 6, 30), version=2))
    assert gateway.transmissions() == [("initial", "sent"), ("termination", "sent")]


async def test_a_fault_of_ours_in_one_set_holds_no_other_back_and_shows(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(order: EnrollmentOrder) -> EnrollmentSet:
        if order.policy.household == "june":
            raise ZeroDivisionError
        return enrollment_of(order)

    monkeypatch.setattr(outbound, "enrollment_of", faulty)
    kim = terms("kim-medical", members=("kim-1",))
    await gateway.hear(contact(), selected(), paid())
    await gateway.hear(contact(member(household="kim"), household="kim"))
    await gateway.tell(selected(kim, household="kim"), paid("kim-medical", household="kim"))
    assert {each.household: each.problem for each in gateway.rows(Transmission)} == {
        "june": "a fault of ours: ZeroDivisionError",
        "kim": "",
    }
    assert len(gateway.sets()) == 1


STORY: tuple[tuple[object, list[str]], ...] = (
    (contact(), []),
    (selected(), []),
    (paid(), ["initial"]),
    (activated(), ["initial"]),
    (terminated(date(2016, 6, 30)), ["initial", "termination"]),
    (reinstated(), ["initial", "termination", "reinstatement"]),
    (canceled(reason="error"), ["initial", "termination", "reinstatement", "cancel"]),
)


async def test_I8_every_fact_told_twice_is_told_to_the_carrier_once(gateway: Gateway) -> None:
    for fact, kinds in STORY:
        for _ in range(2):
            await gateway.tell(fact)
            assert gateway.transmissions() == [(kind, "sent") for kind in kinds]


async def test_INV_12_an_asked_end_that_still_stands_is_told_after_the_reinstatement(
    gateway: Gateway,
) -> None:
    asked, unpaid = date(2016, 9, 30), date(2016, 6, 30)
    await enrolled(gateway)
    await gateway.tell(terminated(asked, reason="death"))
    await gateway.tell(terminated(unpaid))
    await gateway.tell(reinstated(coverage_ends=asked))
    assert [kind for kind, _ in gateway.transmissions()] == [
        "initial",
        "termination",
        "termination",
        "reinstatement",
        "termination",
    ]
    last = segments(gateway.sets()[4])
    assert "DTP*357*D8*20160930" in last
    assert "INS*Y*18*024*03*A***TE" in last
    before = gateway.transmissions()
    await gateway.tell(reinstated(coverage_ends=asked), terminated(asked, reason="death"))
    assert gateway.transmissions() == before


async def test_a_reinstatement_of_what_stands_and_an_end_on_the_same_day_send_nothing(
    gateway: Gateway,
) -> None:
    await enrolled(gateway)
    await gateway.tell(reinstated())
    assert gateway.transmissions() == [("initial", "sent")]
    await gateway.tell(terminated(date(2016, 6, 30), reason="requested"))
    await gateway.tell(terminated(date(2016, 6, 30)))
    assert gateway.transmissions() == [("initial", "sent"), ("termination", "sent")]


async def test_an_end_that_moves_back_is_told_again_and_one_that_moves_on_is_undone_first(
    gateway: Gateway,
) -> None:
    await enrolled(gateway)
    await gateway.tell(terminated(date(2016, 6, 30), reason="requested"))
    await gateway.tell(terminated(date(2016, 4, 30), reason="requested"))
    assert [kind for kind, _ in gateway.transmissions()] == ["initial", "termination", "termination"]
    await gateway.tell(terminated(date(2016, 9, 30), reason="requested"))
    assert [kind for kind, _ in gateway.transmissions()][3:] == ["reinstatement", "termination"]
    assert "DTP*357*D8*20160930" in segments(gateway.sets()[4])


async def test_ENR_5_a_lapse_that_was_an_error_is_undone_and_its_binder_is_still_awaited(
    gateway: Gateway,
) -> None:
    await gateway.tell(contact(), selected(), canceled())
    await gateway.tell(reinstated(reason="error"))
    assert gateway.transmissions() == []
    await gateway.tell(paid())
    assert gateway.transmissions() == [("initial", "sent")]
