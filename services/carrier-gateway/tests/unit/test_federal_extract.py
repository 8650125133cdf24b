"""The extract for the federal payment: every policy of a year with its months, and nobody's name (CAR-6)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from carriers_desk import effectuation_of
from gateway_builders import (
    CARRIER,
    FAMILY,
    Gateway,
    activated,
    changed,
    contact,
    paid,
    selected,
    since,
    terminated,
    terms,
)
from typer.testing import CliRunner

from bulkhead.kernel.errors import NotFound
from carrier_gateway.application.extract_for_payment import federal_extract, policies_in
from carrier_gateway.domain.federal_extract import variant_of
from carrier_gateway.entrypoints.cli import cli

MARCH = date(2016, 3, 1)


async def told(gateway: Gateway, *, year: int = 2016, carrier: str = CARRIER) -> str:
    """Return the extract of a carrier and a year."""
    pieces = federal_extract(
        gateway.uows,
        carrier=carrier,
        year=year,
        parameters=gateway.service.dependencies.parameters,
        now=gateway.now,
    )
    return b"".join([piece async for piece in pieces]).decode()


async def test_CAR_6_each_policy_is_there_with_its_people_and_what_its_months_cost() -> None:
    gateway = await Gateway(plan_ids={"SILVER": "77566VT0040001-05"}).open()
    people = ("june-1", "june-2")
    await gateway.tell(contact(*FAMILY), selected(terms(members=people)), paid(), activated())
    await gateway.drop("confirmed.834", effectuation_of(gateway.sets()[0]))
    await gateway.work()
    await gateway.tell(changed(since(MARCH, members=("june-1",))))
    await gateway.at(date(2016, 3, 15), 12).work()
    assert (await told(gateway)).splitlines() == [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<Enrollment>",
        "<FileInformation><FileId>SBMI_BCBSVT_2016_20160315</FileId>"
        "<FileCreateDateTime>2016-03-15T12:00:00-04:00</FileCreateDateTime><TenantId>VT0</TenantId>"
        "<CoverageYear>2016</CoverageYear><IssuerId>77566</IssuerId></FileInformation>",
        "<Policy><RecordControlNumber>1</RecordControlNumber><QHPId>77566VT004000105</QHPId>"
        "<ExchangeAssignedPolicyId>june-medical</ExchangeAssignedPolicyId>"
        "<ExchangeAssignedSubscriberId>june-1</ExchangeAssignedSubscriberId>"
        "<IssuerAssignedPolicyId>ISSUER-77</IssuerAssignedPolicyId>"
        "<PolicyStartDate>2016-01-01</PolicyStartDate><PolicyEndDate>2016-12-31</PolicyEndDate>"
        "<EffectuationIndicator>Y</EffectuationIndicator><InsuranceLineCode>HLT</InsuranceLineCode>"
        "<MemberInformation><ExchangeAssignedMemberId>june-1</ExchangeAssignedMemberId>"
        "<SubscriberIndicator>Y</SubscriberIndicator><MemberDates><MemberStartDate>2016-01-01</MemberStartDate>"
        "<MemberEndDate>2016-12-31</MemberEndDate></MemberDates></MemberInformation>"
        "<MemberInformation><ExchangeAssignedMemberId>june-2</ExchangeAssignedMemberId>"
        "<SubscriberIndicator>N</SubscriberIndicator><MemberDates><MemberStartDate>2016-01-01</MemberStartDate>"
        "<MemberEndDate>2016-02-29</MemberEndDate></MemberDates></MemberInformation>"
        "<FinancialInformation><FinancialEffectiveStartDate>2016-01-01</FinancialEffectiveStartDate>"
        "<FinancialEffectiveEndDate>2016-02-29</FinancialEffectiveEndDate>"
        "<MonthlyTotalPremiumAmount>500.00</MonthlyTotalPremiumAmount>"
        "<MonthlyTotalIndividualResponsibilityAmount>500.00</MonthlyTotalIndividualResponsibilityAmount>"
        "<MonthlyAPTCAmount>0.00</MonthlyAPTCAmount><CSRVariantId>05</CSRVariantId></FinancialInformation>"
        "<FinancialInformation><FinancialEffectiveStartDate>2016-03-01</FinancialEffectiveStartDate>"
        "<FinancialEffectiveEndDate>2016-12-31</FinancialEffectiveEndDate>"
        "<MonthlyTotalPremiumAmount>500.00</MonthlyTotalPremiumAmount>"
        "<MonthlyTotalIndividualResponsibilityAmount>300.00</MonthlyTotalIndividualResponsibilityAmount>"
        "<MonthlyAPTCAmount>200.00</MonthlyAPTCAmount><CSRVariantId>05</CSRVariantId></FinancialInformation>"
        "</Policy>",
        "</Enrollment>",
    ]


async def test_CAR_6_an_end_cuts_the_months_and_another_year_has_none() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid(), activated(), terminated(date(2016, 3, 31)))
    found = await told(gateway)
    assert "<FinancialEffectiveEndDate>2016-03-31</FinancialEffectiveEndDate>" in found
    assert "<PolicyEndDate>2016-03-31</PolicyEndDate>" in found
    assert policies_in(found.encode()) == 1
    assert policies_in((await told(gateway, year=2017)).encode()) == 0


def test_CAR_6_a_folder_that_is_not_there_is_told_with_where_it_was_looked_for_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["federal-extract", CARRIER, "2016", "--to", "nowhere"])
    assert (result.exit_code, result.output) == (
        1,
        f"nowhere: there is no such folder, seen from {tmp_path}\n",
    )


async def test_CAR_6_of_days_after_the_end_nothing_is_told() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(*FAMILY), selected(terms(members=("june-1", "june-2"))), paid(), activated())
    await gateway.tell(changed(since(date(2016, 6, 1), members=("june-1", "june-3"))))
    await gateway.tell(terminated(date(2016, 3, 31), reason="requested"))
    found = await told(gateway)
    assert found.count("<MemberEndDate>2016-03-31</MemberEndDate>") == 2
    assert "june-3" not in found


async def test_CAR_6_what_no_carrier_was_told_of_is_not_paid_for() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected())
    assert "<Policy>" not in await told(gateway)


async def test_CAR_6_a_carrier_without_a_profile_has_no_extract() -> None:
    with pytest.raises(NotFound):
        await told(Gateway())


@pytest.mark.parametrize(
    ("plan", "variant"),
    [("77566VT0040001-06", "06"), ("77566VT004000101", "01"), ("SILVER", "01"), ("77566VT0040001", "01")],
)
def test_CAR_6_a_plans_variant_is_the_end_of_its_id(plan: str, variant: str) -> None:
    assert variant_of(plan) == variant
