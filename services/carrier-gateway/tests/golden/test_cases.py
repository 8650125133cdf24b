"""Confirmations that came out wrong once, each with what is right: `fixtures/cases`, byte by byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gateway_builders import CARRIER, Gateway, contact, paid, profile, selected, terms

from carrier_gateway.domain.events import CoverageEffectuated
from carrier_gateway.domain.records import InboundFile, InboundInterchange, InboundRecord

CASES = Path(__file__).parents[1] / "fixtures" / "cases"
TAKES_EFFECT = ("blank-after-terminators", "u-as-repetition-separator")
REFUSED = {
    "second-coverage-of-another-policy": (
        "segment 19 HD01: begins a second coverage, of another policy (1L) than the set is about."
    ),
    "coverage-says-end-024": (
        "segment 13 HD01: the coverage's own maintenance type, which contradicts the member's,"
        " is not one that a confirmation has."
    ),
}
OF_THE_OTHER_KIND = {"test-interchange-in-production": "P", "coverage-says-end-024": "T"}


async def told(**options: Any) -> Gateway:
    """Return a gateway that has told its carrier of june-medical and june-dental."""
    gateway = await Gateway(**options).open()
    dental = terms("june-dental", plan="SMILE", kind="dental", gross_cents=3000)
    await gateway.tell(contact(), selected(terms(), dental), paid("june-medical", "june-dental"))
    assert len(gateway.sets()) == 2
    return gateway


async def dropped(gateway: Gateway, case: str) -> InboundFile:
    await gateway.drop(f"{case}.834", (CASES / f"{case}.834").read_bytes())
    await gateway.work()
    (file,) = gateway.rows(InboundFile)
    return file


@pytest.mark.parametrize("case", TAKES_EFFECT)
async def test_CAR_5_noise_around_segments_and_a_missing_repetition_sign_change_nothing(case: str) -> None:
    gateway = await told()
    file = await dropped(gateway, case)
    assert (file.state, file.reasons) == ("processed", ())
    (said,) = gateway.said(CoverageEffectuated)
    assert (said.policy, said.issuer_policy) == ("june-medical", "ISSUER-77")


@pytest.mark.parametrize("case", REFUSED)
async def test_CAR_5_a_confirmation_that_contradicts_itself_is_refused_with_the_element(case: str) -> None:
    gateway = await told()
    file = await dropped(gateway, case)
    assert file.state == "refused"
    (record,) = gateway.rows(InboundRecord)
    assert [reason.says for reason in record.reasons] == [REFUSED[case]]
    assert gateway.said(CoverageEffectuated) == []


@pytest.mark.parametrize(("case", "usage"), OF_THE_OTHER_KIND.items())
async def test_CAR_1_a_test_file_in_production_is_refused_and_the_other_way_round(
    case: str, usage: str
) -> None:
    gateway = await told(usage=usage)
    file = await dropped(gateway, case)
    (reason,) = file.reasons
    assert reason.says == (
        f"segment 1 ISA15: is not {usage}, test or production, as agreed with this carrier."
    )
    assert (reason.facts["segment"], reason.facts["element"]) == ("ISA", "15")
    assert file.state == "refused"
    assert gateway.said(CoverageEffectuated) == []
    assert gateway.rows(InboundInterchange) == []


async def test_CAR_1_a_test_file_takes_effect_where_the_profile_says_test() -> None:
    gateway = await told(usage="T")
    file = await dropped(gateway, "test-interchange-in-production")
    assert (file.state, profile(usage="T").usage) == ("processed", "T")
    assert [each.carrier for each in gateway.said(CoverageEffectuated)] == [CARRIER]


def test_every_case_is_read_by_a_test() -> None:
    read = {*TAKES_EFFECT, *REFUSED, *OF_THE_OTHER_KIND}
    assert {path.stem for path in CASES.iterdir()} == read
