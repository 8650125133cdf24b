"""A policy changes: its carrier is told what is not as before, once, and of nothing it was not told of."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from gateway_builders import (
    Gateway,
    activated,
    canceled,
    contact,
    member,
    months,
    paid,
    reinstated,
    segments,
    selected,
    terminated,
)

from bulkhead.kernel.personal import Masked
from carrier_gateway.application import facts

BABY = member(2, relation="child", name="Baby Example", born=Masked("2016-06-10"), ssn=None)
JUNE_10, YEAR_ENDS = date(2016, 6, 10), date(2016, 12, 31)


def changed(since: date = date(2016, 3, 1), *, version: int = 1, **other: Any) -> facts.PolicyChanged:
    amounts: dict[str, Any] = {
        "gross_cents": 50000,
        "aptc_cents": 20000,
        "subsidy_cents": 0,
        "net_cents": 30000,
        "members": ("june-1",),
    } | other
    return facts.PolicyChanged(
        household="june",
        policy="june-medical",
        since=since,
        months=(months(since, YEAR_ENDS, amounts),),
        contact_version=version,
        **amounts,
    )


@pytest.fixture
async def gateway() -> Gateway:
    opened = await Gateway().open()
    await opened.tell(contact(), selected(), paid(), activated())
    return opened


async def test_CAR_2_a_change_of_assistance_is_told_as_a_financial_change_from_its_day_on(
    gateway: Gateway,
) -> None:
    await gateway.tell(changed())
    assert gateway.transmissions() == [("initial", "sent"), ("change", "sent")]
    lines = segments(gateway.sets()[1])
    assert "INS*Y*18*001**A***AC" in lines
    assert "REF*17*FINANCIAL CHANGE" in lines
    assert lines[lines.index("N1*75*APTC AMT") + 1 :][:2] == ["REF*9V*200.00", "DTP*007*D8*20160301"]
    await gateway.tell(changed())
    assert len(gateway.transmissions()) == 3  # said anew by enrollment: a decision of its own


async def test_CAR_2_a_newborn_comes_onto_the_policy_from_the_day_of_birth_and_goes_off_it_again(
    gateway: Gateway,
) -> None:
    await gateway.tell(
        contact(member(), BABY, version=2), changed(JUNE_10, version=2, members=("june-1", "june-2"))
    )
    lines = segments(gateway.sets()[1])
    assert "INS*N*19*021*EC*A" in lines
    assert "INS*Y*18*001**A***AC" in lines
    assert lines.count("DTP*348*D8*20160610") == 1
    await gateway.tell(changed(date(2016, 9, 1), version=2))
    lines = segments(gateway.sets()[2])
    assert "INS*N*19*024*07*A" in lines
    assert "DTP*357*D8*20160831" in lines


async def test_CAR_2_what_changes_before_the_carrier_is_told_is_told_whole() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), changed(), paid(), activated())
    assert gateway.transmissions() == [("initial", "sent")]
    assert "REF*9V*200.00" in segments(gateway.sets()[0])


async def test_CAR_2_a_change_is_told_before_an_end_and_not_of_days_after_it(gateway: Gateway) -> None:
    await gateway.hear(changed())
    await gateway.tell(terminated(date(2016, 6, 30)))
    assert [kind for kind, _ in gateway.transmissions()] == ["initial", "change", "termination"]
    await gateway.tell(changed(date(2016, 9, 1), aptc_cents=10000, net_cents=40000))
    assert len(gateway.transmissions()) == 3
    await gateway.tell(reinstated())
    assert [kind for kind, _ in gateway.transmissions()][3:] == ["reinstatement"]


async def test_CAR_2_a_policy_that_is_called_off_is_told_of_no_change(gateway: Gateway) -> None:
    await gateway.hear(changed())
    await gateway.tell(canceled())
    assert [kind for kind, state in gateway.transmissions() if state == "sent"] == ["initial", "cancel"]
