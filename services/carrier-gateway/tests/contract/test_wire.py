"""What others say is understood, and what we say is what the contracts say."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

import pytest
from gateway_builders import (
    CARRIER,
    JANUARY,
    activated,
    canceled,
    closed,
    contact,
    decided,
    listed,
    member,
    paid,
    reinstated,
    remittance,
    remitted,
    renewed,
    selected,
    terminated,
)

from bulkhead.contracts import registry, wire
from bulkhead.contracts.enrollment import v1 as enrollment
from bulkhead.contracts.invoicing import v1 as invoicing
from bulkhead.contracts.payments import v1 as payments
from bulkhead.contracts.wire import Wire
from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.key_rings import HouseholdKeySet
from bulkhead.kernel.personal import Masked
from carrier_gateway.adapters.messaging.translation import INBOUND, OUTBOUND, SUBSCRIBES
from carrier_gateway.application import facts
from carrier_gateway.domain.records import MemberRate, PremiumMonths, TobaccoUse, VersionTerms

DECEMBER = date(2016, 12, 31)
JUNE = date(2016, 6, 10)
POLICY: dict[str, Any] = {"household": "june", "policy": "june-medical", "plan": "SILVER", "carrier": CARRIER}
AMOUNTS: dict[str, Any] = {"gross_cents": 50000, "aptc_cents": 0, "subsidy_cents": 0, "net_cents": 50000}
PART = {"gross_cents": 16667, "aptc_cents": 0, "subsidy_cents": 0, "net_cents": 16667}
YEAR = enrollment.PremiumMonths(
    first=CoverageMonth(2016, 1), last=CoverageMonth(2016, 12), members=("june-1",), **AMOUNTS
)
PART_OF_JUNE = enrollment.PremiumMonths(
    first=CoverageMonth(2016, 6), last=CoverageMonth(2016, 6), members=("june-1",), **PART
)
YEAR_UNDERSTOOD = PremiumMonths(first=CoverageMonth(2016, 1), last=CoverageMonth(2016, 12), **AMOUNTS)
PART_UNDERSTOOD = PremiumMonths(first=CoverageMonth(2016, 6), last=CoverageMonth(2016, 6), **PART)
BY_ENROLLMENT: dict[str, Any] = {"decided_by": "enrollment", "decision": "d-1"}

WIRE: list[tuple[Wire, object]] = [
    (
        payments.RemittanceIssued(
            remittance=f"{CARRIER}-2",
            carrier=CARRIER,
            business_date=date(2016, 1, 13),
            issued_on=date(2016, 1, 13),
            total_cents=50000,
            brought_forward_cents=100,
            carried_cents=0,
            lines=(
                payments.RemittanceLine(
                    household="june",
                    policy="june-medical",
                    month=CoverageMonth(2016, 1),
                    cents=50000,
                    settlement="s-1",
                ),
            ),
            part=1,
            parts=2,
            sequence=2,
        ),
        remittance(remitted(), number=2, parts=2, brought_forward_cents=100),
    ),
    (
        enrollment.ContactRecorded(
            household="june",
            contact_version=1,
            language="en",
            email=Masked("june@example.test"),
            address=Masked("12 Main Street, Apt 3, Burlington, VT 05401"),
            phone=Masked("802-555-0134"),
            members=(
                enrollment.ContactMember(
                    member="june-1",
                    relation="self",
                    name=Masked("王小明"),
                    latin_name=Masked("WangXiaoMing"),
                    born=Masked("1980-03-02"),
                    ssn=Masked("900-12-3456"),
                    tobacco=(
                        enrollment.TobaccoUse(since=None, uses=Masked("yes")),
                        enrollment.TobaccoUse(since=date(2016, 5, 1), uses=Masked("no")),
                    ),
                ),
            ),
            subscriber="june-1",
            estate=False,
            responsible_name=Masked("Eva Example"),
            responsible_latin_name=Masked("Eva Example"),
            responsible_until_age=18,
        ),
        contact(
            member(
                name="王小明",
                latin_name=Masked("WangXiaoMing"),
                tobacco=(
                    TobaccoUse(since=None, uses=Masked("yes")),
                    TobaccoUse(since=date(2016, 5, 1), uses=Masked("no")),
                ),
            ),
            responsible_name=Masked("Eva Example"),
            responsible_latin_name=Masked("Eva Example"),
            responsible_until_age=18,
        ),
    ),
    (
        enrollment.PlansSelected(
            household="june",
            selection="june-selection",
            contact_version=1,
            selected_on=date(2015, 12, 3),
            entered_on=date(2015, 12, 3),
            via="web",
            effective=JANUARY,
            binder_required=True,
            policies=(
                enrollment.PolicyTerms(
                    policy="june-medical",
                    plan="SILVER",
                    carrier=CARRIER,
                    kind="medical",
                    effective=JANUARY,
                    coverage_ends=DECEMBER,
                    tier="single",
                    members=("june-1",),
                    months=(YEAR,),
                    **AMOUNTS,
                ),
            ),
        ),
        selected(),
    ),
    (
        enrollment.PlansRenewed(
            household="june",
            selection="june-renewal",
            contact_version=1,
            renewed_on=date(2015, 10, 14),
            plan_year=2016,
            effective=JANUARY,
            policies=(
                enrollment.RenewedPolicy(
                    policy="june-medical",
                    plan="SILVER",
                    carrier=CARRIER,
                    kind="medical",
                    effective=JANUARY,
                    coverage_ends=DECEMBER,
                    tier="single",
                    members=("june-1",),
                    months=(YEAR,),
                    renews="june-2015",
                    plan_before="SILVER",
                    carrier_before=CARRIER,
                    net_before_cents=45000,
                    because="carrier-leaving",
                    **AMOUNTS,
                ),
            ),
        ),
        renewed(),
    ),
    (
        enrollment.PolicyActivated(
            **POLICY, selection="june-selection", effective=JANUARY, contact_version=1
        ),
        activated(),
    ),
    (
        enrollment.PolicyCanceled(
            **POLICY,
            selection="june-selection",
            effective=JANUARY,
            reason="requested",
            contact_version=1,
            **BY_ENROLLMENT,
        ),
        canceled(reason="requested"),
    ),
    (
        enrollment.PolicyTerminated(
            **POLICY,
            effective=JANUARY,
            through=JUNE,
            reason="requested",
            months=(PART_OF_JUNE,),
            contact_version=1,
            **BY_ENROLLMENT,
        ),
        terminated(JUNE, reason="requested", months=(PART_UNDERSTOOD,)),
    ),
    (
        enrollment.PolicyChanged(
            **POLICY,
            selection="june-selection",
            effective=JANUARY,
            since=JANUARY,
            changed="assistance",
            versions=(
                enrollment.VersionTerms(
                    since=JANUARY,
                    members=("june-1",),
                    rating_area=5,
                    rates=(enrollment.MemberRate(member="june-1", cents=50000),),
                    **AMOUNTS,
                ),
            ),
            months=(YEAR,),
            contact_version=1,
            **BY_ENROLLMENT,
        ),
        facts.PolicyChanged(
            household="june",
            policy="june-medical",
            versions=(
                VersionTerms(
                    since=JANUARY,
                    members=("june-1",),
                    rating_area=5,
                    rates=(MemberRate(member="june-1", cents=50000),),
                    **AMOUNTS,
                ),
            ),
            months=(YEAR_UNDERSTOOD,),
            contact_version=1,
        ),
    ),
    (
        enrollment.PolicyReinstated(
            **POLICY,
            selection="june-selection",
            effective=JANUARY,
            coverage_ends=JUNE,
            reason="postmark",
            versions=(enrollment.VersionTerms(since=JUNE, members=("june-1",), **AMOUNTS),),
            months=(PART_OF_JUNE,),
            contact_version=1,
            decided_by="invoicing",
            decision="d-2",
            undoes="d-1",
        ),
        reinstated(
            coverage_ends=JUNE,
            versions=(VersionTerms(since=JUNE, members=("june-1",), **AMOUNTS),),
            months=(PART_UNDERSTOOD,),
        ),
    ),
    (
        invoicing.BinderSatisfied(
            household="june",
            selection="june-selection",
            policies=("june-medical",),
            paid_cents=50000,
            satisfied_on=date(2015, 12, 10),
        ),
        paid(),
    ),
    (
        invoicing.DelinquencyListed(
            household="june",
            carrier=CARRIER,
            on=date(2016, 6, 1),
            list_part=1,
            policies=("june-medical",),
            month=1,
            of=1,
            past_due_cents=50000,
            pay_by=date(2016, 6, 30),
            claims="pay",
            action="termination-notice",
            effective=None,
        ),
        listed(),
    ),
    (
        invoicing.DelinquencyListClosed(carrier=CARRIER, on=date(2016, 6, 1), list_part=1, rows=3),
        closed(3),
    ),
    (
        enrollment.CarrierRecordDecided(
            household="june",
            policy="june-medical",
            record="file-000001",
            kind="termination",
            through=date(2016, 6, 30),
            outcome="taken-up",
            rule="CAR-5",
            says="Its carrier ended coverage by itself (non-payment): the exchange bills.",
        ),
        decided("file-000001", through=date(2016, 6, 30)),
    ),
]


@pytest.mark.parametrize(("said", "understood"), WIRE, ids=lambda each: type(each).__name__)
def test_what_others_say_is_understood(said: Wire, understood: object) -> None:
    assert wire.decode(wire.encode(said), INBOUND[type(said)]) == understood


def test_every_model_heard_is_tried_here() -> None:
    assert {type(said) for said, _ in WIRE} == INBOUND.keys() - {enrollment.ContactKeySet}
    assert INBOUND[enrollment.ContactKeySet] is HouseholdKeySet


def test_only_topics_we_may_read_are_read_and_all_we_hear_is_on_them() -> None:
    assert all("carrier-gateway" in topic.readers for topic in SUBSCRIBES)
    assert {registry.BY_MODEL[model].topic for model in INBOUND} == set(SUBSCRIBES)


def test_what_we_say_has_the_fields_of_the_contracts() -> None:
    for event in OUTBOUND:
        model = OUTBOUND[event]
        assert {each.name for each in fields(event)} == set(model.__struct_fields__)
        assert registry.BY_MODEL[model].topic.owner == "carrier-gateway"
