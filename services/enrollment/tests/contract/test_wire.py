"""Enrollment's events and facts fit the wire contracts, field for field."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import Any

import msgspec
import pytest

from bulkhead.contracts import wire
from bulkhead.contracts.carrier_gateway import v1 as carriers
from bulkhead.contracts.invoicing import v1 as receivables
from bulkhead.contracts.registry import BY_MODEL, CONTACT_KEYS, CONTACTS, POLICIES
from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.key_rings import HouseholdKeySet
from bulkhead.kernel.personal import Masked
from enrollment.adapters.messaging.translation import INBOUND, OUTBOUND, SUBSCRIBES
from enrollment.application import facts
from enrollment.application.routing import routes
from enrollment.domain import events
from enrollment.domain.months import PremiumMonths, VersionTerms
from services.enrollment.tests.builders import PARAMETERS

JANUARY_1, DECEMBER_31 = date(2016, 1, 1), date(2016, 12, 31)
JUNE = CoverageMonth(2016, 6)
YEAR = (
    PremiumMonths(
        first=CoverageMonth(2016, 1),
        last=CoverageMonth(2016, 12),
        members=("h-1",),
        gross_cents=50000,
        aptc_cents=0,
        subsidy_cents=0,
        net_cents=50000,
    ),
)
BOTH_SINCE_JUNE = VersionTerms(
    since=date(2016, 6, 10),
    members=("h-1", "h-2"),
    gross_cents=100000,
    aptc_cents=0,
    subsidy_cents=0,
    net_cents=100000,
)
IDS: dict[str, Any] = {
    "household": "h",
    "policy": "p",
    "plan": "SILVER",
    "carrier": "BCBSVT",
    "effective": JANUARY_1,
    "contact_version": 1,
}

SAID = [
    HouseholdKeySet(household="h", number=1, key="2026-11", sealed="c2VhbGVk"),
    events.HouseholdRegistered(household="h", contact_version=1),
    events.HouseholdMerged(household="h", into="i", correction="m1"),
    events.MergeReversed(household="h", into="i", correction="m2", reverses="m1"),
    events.ContactRecorded(
        household="h",
        contact_version=1,
        language="en",
        email=Masked("june@example.test"),
        address=None,
        phone=None,
        members=(
            events.ContactMember(
                member="h-1",
                relation="self",
                name=Masked("Жюн"),
                latin_name=Masked("Zhyun"),
                born=Masked("1980-03-02"),
                ssn=None,
                tobacco=(
                    events.ToldTobaccoUse(since=None, uses=Masked("yes")),
                    events.ToldTobaccoUse(since=date(2016, 5, 1), uses=Masked("no")),
                ),
            ),
        ),
        subscriber="h-1",
        responsible_name=Masked("Eva"),
        responsible_latin_name=Masked("Eva"),
        responsible_until_age=18,
    ),
    events.PlansSelected(
        household="h",
        selection="s",
        contact_version=1,
        selected_on=date(2015, 12, 3),
        entered_on=date(2015, 12, 3),
        via="web",
        effective=JANUARY_1,
        binder_required=True,
        policies=(
            events.PolicyTerms(
                policy="p",
                plan="SILVER",
                carrier="BCBSVT",
                kind="medical",
                effective=JANUARY_1,
                coverage_ends=DECEMBER_31,
                tier="single",
                gross_cents=50000,
                aptc_cents=0,
                subsidy_cents=0,
                net_cents=50000,
                members=("h-1",),
                months=YEAR,
            ),
        ),
    ),
    events.PlansRenewed(
        household="h",
        selection="s",
        contact_version=1,
        renewed_on=date(2015, 10, 14),
        plan_year=2016,
        effective=JANUARY_1,
        policies=(
            events.RenewedPolicy(
                policy="p",
                plan="SILVER",
                carrier="BCBSVT",
                kind="medical",
                effective=JANUARY_1,
                coverage_ends=DECEMBER_31,
                tier="single",
                gross_cents=50000,
                aptc_cents=0,
                subsidy_cents=0,
                net_cents=50000,
                members=("h-1",),
                months=YEAR,
                renews="p-2015",
                plan_before="BRONZE",
                carrier_before="MVP",
                net_before_cents=40000,
                because="discontinued",
            ),
        ),
    ),
    events.CoverageNotRenewed(
        household="h",
        contact_version=1,
        plan_year=2016,
        policies=(
            events.EndingPolicy(
                policy="p-2015",
                plan="BRONZE",
                carrier="MVP",
                coverage_ends=date(2015, 12, 31),
                because="discontinued",
            ),
        ),
    ),
    events.PolicyActivated(selection="s", **IDS),
    events.PolicyCanceled(
        selection="s",
        reason="non-payment",
        decided_by="invoicing",
        decision="lapse",
        rolled_to=date(2016, 2, 1),
        **IDS,
    ),
    events.PolicyTerminated(
        through=date(2016, 6, 10),
        reason="requested",
        months=(replace(YEAR[0], first=JUNE, last=JUNE),),
        decided_by="enrollment",
        decision="asked",
        **IDS,
    ),
    events.PolicyEndAsked(
        household=IDS["household"],
        policy=IDS["policy"],
        plan=IDS["plan"],
        carrier=IDS["carrier"],
        effective=IDS["effective"],
        through=date(2016, 6, 10),
        reason="death",
        months=(replace(YEAR[0], first=JUNE, last=JUNE),),
        decision="asked",
    ),
    events.PolicyChanged(
        **IDS,
        selection="s",
        since=date(2016, 6, 10),
        changed="members",
        versions=(BOTH_SINCE_JUNE,),
        months=YEAR,
        decided_by="enrollment",
        decision="d-3",
    ),
    events.ChildrenAgeOut(
        household="h",
        contact_version=1,
        members=("h-2",),
        age_limit=26,
        through=DECEMBER_31,
        select_from=None,
        select_until=None,
    ),
    events.MedicaidBegun(
        household="h",
        contact_version=1,
        members=("h-1", "h-2"),
        program="Green Mountain Care",
        begins=JANUARY_1,
        plans_through=date(2015, 12, 31),
    ),
    events.MedicaidEnded(
        household="h",
        contact_version=1,
        members=("h-1", "h-2"),
        program="Green Mountain Care",
        through=DECEMBER_31,
        select_from=date(2016, 11, 1),
        select_until=date(2017, 3, 1),
    ),
    events.PolicyReinstated(
        selection="s",
        coverage_ends=DECEMBER_31,
        reason="postmark",
        versions=(BOTH_SINCE_JUNE,),
        months=YEAR,
        decided_by="invoicing",
        decision="granted",
        undoes="unpaid",
        **IDS,
    ),
    events.VerificationWanted(
        household="june",
        contact_version=3,
        wanted=("income", "citizenship"),
        until=date(2016, 3, 2),
        reminder=False,
        decision="d",
    ),
    events.VerificationDecided(
        household="june",
        contact_version=3,
        verification="failed",
        changes_on=date(2016, 4, 1),
        aptc_cents=0,
        subsidy_cents=0,
        decision="d",
        covered_through=date(2016, 3, 31),
    ),
    events.CarrierRecordDecided(
        household="june",
        policy="p",
        record="file-000001",
        kind="termination",
        through=date(2016, 6, 30),
        outcome="set-apart",
        rule="CAR-5",
        says="Its carrier reinstated coverage that it had not ended by itself.",
    ),
]

HEARD: list[tuple[wire.Wire, Any]] = [
    (
        receivables.BinderSatisfied(
            household="h", selection="s", policies=("p",), paid_cents=50000, satisfied_on=JANUARY_1
        ),
        facts.BinderSatisfied(household="h", policies=("p",), satisfied_on=JANUARY_1),
    ),
    (
        receivables.BinderLapsed(
            household="h", selection="s", policies=("p",), due=JANUARY_1, decision="lapse"
        ),
        facts.BinderLapsed(household="h", policies=("p",), due=JANUARY_1, decision="lapse"),
    ),
    (
        receivables.GraceEntered(
            household="h", first_month=JUNE, months=3, last_day=date(2016, 8, 31), past_due_cents=1
        ),
        facts.GraceEntered(household="h", first_month=JUNE),
    ),
    (
        receivables.GraceAdvanced(household="h", first_month=JUNE, month=2, months=3, past_due_cents=1),
        facts.GraceAdvanced(household="h", first_month=JUNE, month=2),
    ),
    (
        receivables.GraceExited(household="h", first_month=JUNE, exited_on=date(2016, 6, 9)),
        facts.GraceExited(household="h", first_month=JUNE),
    ),
    (
        receivables.GraceExpired(
            household="h",
            first_month=JUNE,
            months=3,
            decided_for=date(2016, 9, 1),
            policies=(receivables.PolicyEnd(policy="p", through=date(2016, 6, 30)),),
            decision="unpaid",
        ),
        facts.GraceExpired(
            household="h",
            first_month=JUNE,
            decided_for=date(2016, 9, 1),
            policies=(facts.PolicyEnd(policy="p", through=date(2016, 6, 30)),),
            decision="unpaid",
        ),
    ),
    (
        receivables.ReinstatementGranted(
            household="h",
            policies=("p",),
            reason="postmark",
            binder=True,
            decision="granted",
            undoes="lapse",
        ),
        facts.ReinstatementGranted(
            household="h",
            policies=("p",),
            reason="postmark",
            binder=True,
            decision="granted",
            undoes="lapse",
        ),
    ),
    (
        carriers.TransmissionSent(
            household="h",
            policy="p",
            carrier="BCBSVT",
            transmission="t",
            kind="initial",
            effective=JANUARY_1,
            sent_on=JANUARY_1,
        ),
        facts.TransmissionSent(household="h", policy="p", kind="initial"),
    ),
    (
        carriers.CoverageEffectuated(
            household="h",
            policy="p",
            carrier="BCBSVT",
            effective=JANUARY_1,
            issuer_subscriber="1",
            issuer_policy="2",
        ),
        facts.CoverageEffectuated(household="h", policy="p"),
    ),
    (
        carriers.CoverageEndedByCarrier(
            household="h",
            policy="p",
            carrier="BCBSVT",
            record="file-000001",
            kind="termination",
            through=JANUARY_1,
            reason="other",
        ),
        facts.CoverageEndedByCarrier(
            household="h",
            policy="p",
            record="file-000001",
            kind="termination",
            through=JANUARY_1,
            reason="other",
        ),
    ),
    (
        carriers.CoverageReinstatedByCarrier(
            household="h", policy="p", carrier="BCBSVT", record="file-000002", effective=JANUARY_1
        ),
        facts.CoverageReinstatedByCarrier(household="h", policy="p", record="file-000002"),
    ),
]


@pytest.mark.parametrize("event", SAID, ids=lambda event: type(event).__name__)
def test_what_enrollment_says_survives_the_wire(event: Any) -> None:
    model = OUTBOUND[type(event)]
    sent = wire.decode(wire.encode(wire.convert(event, model)), model)
    assert wire.convert(sent, type(event)) == event


@pytest.mark.parametrize("event", OUTBOUND, ids=lambda event: event.__name__)
def test_an_event_has_every_field_of_its_wire_model_and_no_other(event: type) -> None:
    assert [each.name for each in fields(event)] == [
        each.name for each in msgspec.structs.fields(OUTBOUND[event])
    ]


@pytest.mark.parametrize(("said", "fact"), HEARD, ids=lambda value: type(value).__name__)
def test_what_others_say_becomes_the_fact_enrollment_needs(said: wire.Wire, fact: Any) -> None:
    received = wire.decode(wire.encode(said), type(said))
    assert wire.convert(received, INBOUND[type(said)]) == fact


def test_every_event_and_every_fact_is_covered_here_and_routed() -> None:
    assert {type(each) for each in SAID} == set(OUTBOUND)
    assert {type(said) for said, _ in HEARD} == set(INBOUND)
    assert set(INBOUND.values()) == set(routes(PARAMETERS))


def test_personal_data_goes_to_the_contacts_topic_alone_and_enrollment_reads_what_it_hears() -> None:
    topics = {event.__name__: BY_MODEL[model].topic for event, model in OUTBOUND.items()}
    assert topics.pop("ContactRecorded") == CONTACTS
    assert topics.pop("HouseholdKeySet") == CONTACT_KEYS
    assert set(topics.values()) == {POLICIES}
    assert {BY_MODEL[model].topic for model in INBOUND} == set(SUBSCRIBES)
    assert all("enrollment" in topic.readers for topic in SUBSCRIBES)
