"""What others say is understood, and what we say is what the contracts say."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bulkhead.contracts import registry, wire
from bulkhead.contracts.enrollment import v1 as enrollment
from bulkhead.contracts.invoicing import v1 as invoicing
from bulkhead.contracts.notifications import v1 as notifications
from bulkhead.contracts.payments import v1 as payments
from bulkhead.contracts.wire import Wire
from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.key_rings import HouseholdKeySet
from bulkhead.kernel.personal import Masked
from notifications.adapters.messaging.translation import INBOUND, OUTBOUND, SUBSCRIBES
from notifications.application import facts
from notifications.application.hear_maintenance import OF_MAINTENANCE
from notifications.application.routing import ROUTES
from notifications.domain.events import NoticeSent
from services.notifications.tests.builders import (
    activated,
    age_out,
    autopay_begun,
    autopay_ended,
    canceled,
    deadline_moved,
    deadline_moved_back,
    decided,
    declined,
    gone,
    invoice,
    maintenance_concerns,
    medicaid_begun,
    medicaid_ended,
    moved,
    not_renewed,
    paid,
    reinstated,
    renewed,
    selected,
    settled,
    terminated,
    wanted,
)

DAY = date(2016, 1, 1)
MAINTAINED = datetime(2016, 6, 25, 5, tzinfo=UTC)
MONTHS = enrollment.PremiumMonths(
    first=CoverageMonth(2016, 1),
    last=CoverageMonth(2016, 12),
    members=("june-1",),
    gross_cents=50000,
    aptc_cents=0,
    subsidy_cents=0,
    net_cents=50000,
)
UNPAID: dict[str, Any] = {"decided_by": "invoicing", "decision": "d-1"}
ENDED: dict[str, Any] = {"household": "june", "policy": "june-silver", "plan": "SILVER", "carrier": "BCBSVT"}
WIRE: list[tuple[Wire, object]] = [
    (
        enrollment.HouseholdMerged(household="june", into="june-1", correction="m1"),
        facts.HouseholdMerged(household="june", into="june-1"),
    ),
    (
        enrollment.MergeReversed(household="june", into="june-1", correction="m2", reverses="m1"),
        facts.MergeReversed(household="june", into="june-1"),
    ),
    (
        enrollment.ContactRecorded(
            household="june",
            contact_version=1,
            language="fr",
            email=Masked("june@example.test"),
            address=None,
            phone=Masked("1"),
            members=(
                enrollment.ContactMember(
                    member="june-1",
                    relation="self",
                    name=Masked("June Example"),
                    latin_name=Masked("June Example"),
                    born=Masked("1980-03-02"),
                    ssn=Masked("123456789"),
                    tobacco=(enrollment.TobaccoUse(since=None, uses=Masked("yes")),),
                ),
            ),
            subscriber="june-1",
            estate=True,
            responsible_name=Masked("Eva Example"),
            responsible_latin_name=Masked("Eva Example"),
        ),
        facts.ContactRecorded(
            household="june",
            contact_version=1,
            language="fr",
            email=Masked("june@example.test"),
            address=None,
            members=(facts.ContactMember(member="june-1", name=Masked("June Example")),),
            subscriber="june-1",
            estate=True,
            responsible_name=Masked("Eva Example"),
        ),
    ),
    (
        enrollment.PlansSelected(
            household="june",
            selection="s",
            contact_version=1,
            selected_on=DAY,
            entered_on=DAY,
            via="web",
            effective=DAY,
            binder_required=True,
            policies=(
                enrollment.PolicyTerms(
                    policy="june-silver",
                    plan="SILVER",
                    carrier="BCBSVT",
                    kind="medical",
                    effective=DAY,
                    coverage_ends=date(2016, 12, 31),
                    tier="single",
                    gross_cents=50000,
                    aptc_cents=0,
                    subsidy_cents=0,
                    net_cents=50000,
                    members=("june-1",),
                    months=(MONTHS,),
                ),
            ),
        ),
        selected(),
    ),
    (
        enrollment.PlansRenewed(
            household="june",
            selection="r",
            contact_version=1,
            renewed_on=DAY,
            plan_year=2016,
            effective=DAY,
            policies=(
                enrollment.RenewedPolicy(
                    policy="june-silver",
                    plan="SILVER",
                    carrier="BCBSVT",
                    kind="medical",
                    effective=DAY,
                    coverage_ends=date(2016, 12, 31),
                    tier="single",
                    gross_cents=50000,
                    aptc_cents=0,
                    subsidy_cents=0,
                    net_cents=50000,
                    members=("june-1",),
                    months=(MONTHS,),
                    renews="june-2015",
                    plan_before="BRONZE",
                    carrier_before="MVP",
                    net_before_cents=40000,
                    because="discontinued",
                ),
            ),
        ),
        renewed(),
    ),
    (
        enrollment.CoverageNotRenewed(
            household="june",
            contact_version=1,
            plan_year=2016,
            policies=(
                enrollment.EndingPolicy(
                    policy="june-bronze",
                    plan="BRONZE",
                    carrier="MVP",
                    coverage_ends=date(2015, 12, 31),
                    because="discontinued",
                ),
            ),
        ),
        not_renewed(),
    ),
    (
        enrollment.ChildrenAgeOut(
            household="june",
            contact_version=1,
            members=("june-2",),
            age_limit=26,
            through=date(2016, 5, 31),
            select_from=date(2016, 4, 1),
            select_until=date(2016, 7, 30),
        ),
        age_out(),
    ),
    (
        enrollment.MedicaidBegun(
            household="june",
            contact_version=1,
            members=("june-1",),
            program="Green Mountain Care",
            begins=date(2016, 6, 1),
            plans_through=date(2016, 5, 31),
        ),
        medicaid_begun(),
    ),
    (
        enrollment.MedicaidEnded(
            household="june",
            contact_version=1,
            members=("june-1",),
            program="Green Mountain Care",
            through=date(2016, 9, 30),
            select_from=date(2016, 8, 1),
            select_until=date(2016, 11, 29),
        ),
        medicaid_ended(),
    ),
    (
        enrollment.VerificationWanted(
            household="june",
            contact_version=1,
            wanted=("income",),
            until=date(2016, 3, 2),
            reminder=False,
            decision="w",
        ),
        wanted(),
    ),
    (
        enrollment.VerificationDecided(
            household="june",
            contact_version=1,
            verification="failed",
            changes_on=date(2016, 4, 1),
            aptc_cents=0,
            subsidy_cents=0,
            decision="d",
            covered_through=date(2016, 3, 31),
        ),
        decided(covered_through=date(2016, 3, 31)),
    ),
    (enrollment.PolicyActivated(**ENDED, selection="s", effective=DAY, contact_version=1), activated()),
    (
        enrollment.PolicyCanceled(
            **ENDED, selection="s", effective=DAY, reason="non-payment", contact_version=1, **UNPAID
        ),
        canceled(),
    ),
    (
        enrollment.PolicyCanceled(
            **ENDED,
            selection="s",
            effective=DAY,
            reason="non-payment",
            contact_version=1,
            rolled_to=date(2016, 2, 1),
            **UNPAID,
        ),
        replace(canceled(), rolled_to=date(2016, 2, 1)),
    ),
    (
        enrollment.PolicyTerminated(
            **ENDED,
            effective=DAY,
            through=date(2016, 6, 30),
            reason="non-payment",
            months=(),
            contact_version=1,
            **UNPAID,
        ),
        terminated(),
    ),
    (
        enrollment.PolicyReinstated(
            **ENDED,
            selection="s",
            effective=DAY,
            coverage_ends=date(2016, 12, 31),
            reason="postmark",
            versions=(),
            months=(MONTHS,),
            contact_version=1,
            decided_by="invoicing",
            decision="d-2",
            undoes="d-1",
        ),
        reinstated(),
    ),
    (
        invoicing.InvoiceIssued(
            household="june",
            invoice="june-invoice",
            number=1,
            selection=None,
            kind="monthly",
            dated=date(2016, 6, 5),
            due=date(2016, 6, 26),
            on_time_until=date(2016, 6, 30),
            charges=(
                invoicing.ChargeLine(policy="june-silver", month=CoverageMonth(2016, 7), net_cents=50000),
            ),
            adjustments_cents=0,
            unpaid_before_cents=0,
            held_cents=0,
            credit_cents=0,
            total_cents=50000,
            received_cents=0,
            payments=3,
            mail=True,
        ),
        invoice(payments=3),
    ),
    (
        invoicing.PremiumsSettled(
            household="june",
            group="month:2016-07",
            settled_on=DAY,
            premiums=(
                invoicing.SettledPremium(
                    policy="june-silver",
                    carrier="BCBSVT",
                    month=CoverageMonth(2016, 7),
                    cents=50000,
                    settlement="june.2016-07.1",
                    funded_by=(invoicing.Funding(payment="june-payment", cents=50000),),
                ),
            ),
        ),
        settled(by={"june-payment": 50000}),
    ),
    (
        invoicing.PremiumUnsettled(
            household="june",
            policy="june-silver",
            carrier="BCBSVT",
            month=CoverageMonth(2016, 7),
            cents=50000,
            unsettled_on=DAY,
            settlement="june.2016-07.1",
            reason="reversed",
        ),
        facts.PremiumUnsettled(household="june", settlement="june.2016-07.1"),
    ),
    (
        invoicing.BinderLapsed(
            household="june", selection="s", policies=("june-silver",), due=DAY, decision="d-1"
        ),
        facts.BinderLapsed(household="june", selection="s"),
    ),
    (
        payments.PaymentReceived(
            household="june",
            payment="june-payment",
            cents=50000,
            method="check",
            received_on=date(2016, 6, 20),
            postmarked_on=None,
            known_at=datetime(2016, 6, 20, 14, tzinfo=UTC),
            at_selection=False,
            selection=None,
            invoice=None,
        ),
        paid(),
    ),
    (
        payments.PaymentReturned(
            household="june",
            payment="june-payment",
            cents=50000,
            kind="nsf",
            returned_on=date(2016, 6, 22),
            method="check",
            received_on=date(2016, 6, 20),
        ),
        gone(),
    ),
    (
        invoicing.InvoiceVoided(
            household="june",
            invoice="june-first",
            number=3,
            kind="monthly",
            selection=None,
            dated=date(2016, 6, 5),
            total_cents=50000,
            voided_on=date(2016, 6, 7),
            because="wrong-amount",
            correction="c1",
        ),
        facts.InvoiceVoided(
            household="june",
            invoice="june-first",
            kind="monthly",
            dated=date(2016, 6, 5),
            total_cents=50000,
            voided_on=date(2016, 6, 7),
            correction="c1",
        ),
    ),
    (
        invoicing.InvoiceRestored(
            household="june",
            invoice="june-first",
            number=4,
            kind="monthly",
            selection=None,
            restored_on=date(2016, 6, 8),
            due_cents=50000,
            payments=0,
            because="correction-in-error",
            correction="c2",
            reverses="c1",
        ),
        facts.InvoiceRestored(
            household="june", invoice="june-first", due_cents=50000, payments=0, correction="c2"
        ),
    ),
    (
        invoicing.DeadlineMoved(
            household="june",
            extension="e1",
            cutoffs=(date(2016, 6, 30),),
            until=date(2016, 7, 1),
            ground="outage",
        ),
        deadline_moved(),
    ),
    (
        invoicing.DeadlineMovedBack(household="june", extension="e1", cutoffs=(date(2016, 6, 30),)),
        deadline_moved_back(),
    ),
    (
        payments.PaymentMoved(
            household="june",
            payment="june-payment",
            cents=20000,
            moved_on=date(2016, 6, 22),
            method="check",
            received_on=date(2016, 6, 20),
            because="keying-error",
            correction="c1",
            reverses=None,
        ),
        moved(),
    ),
    (
        payments.AutopayBegan(
            household="june",
            mandate="m-1",
            method="card",
            consent="v1",
            language="en",
            begins_on=date(2016, 6, 1),
            draws_on=date(2016, 6, 26),
        ),
        autopay_begun(draws_on=date(2016, 6, 26)),
    ),
    (
        payments.DrawDeclined(
            household="june",
            draw="d-1",
            mandate="m-1",
            invoice="june-invoice",
            cents=50000,
            method="card",
            decline="insufficient-funds",
            tries=1,
            declined_on=date(2016, 6, 26),
            again_on=date(2016, 6, 27),
            pay_by=date(2016, 6, 30),
            autopay_ended=False,
        ),
        declined(),
    ),
    (
        payments.AutopayEnded(
            household="june", mandate="m-1", method="card", ended_on=date(2016, 6, 5), because="asked"
        ),
        autopay_ended(),
    ),
    (
        payments.MaintenanceScheduled(
            maintenance="m-1",
            service="payments",
            begins_at=MAINTAINED,
            ends_at=MAINTAINED + timedelta(hours=4),
            touches_deadlines=False,
        ),
        facts.MaintenanceScheduled(
            maintenance="m-1",
            begins_at=MAINTAINED,
            ends_at=MAINTAINED + timedelta(hours=4),
        ),
    ),
    (
        payments.MaintenanceConcerns(
            household="june",
            maintenance="m-1",
            begins_at=MAINTAINED,
            ends_at=MAINTAINED + timedelta(hours=4),
            cutoffs=(date(2016, 6, 26),),
        ),
        maintenance_concerns(begins_at=MAINTAINED),
    ),
    (
        payments.MaintenanceWithdrawn(maintenance="m-1", service="payments"),
        facts.MaintenanceWithdrawn(maintenance="m-1"),
    ),
    (
        payments.MaintenanceEnded(
            maintenance="m-1", service="payments", begins_at=MAINTAINED, ended_at=MAINTAINED
        ),
        facts.MaintenanceEnded(maintenance="m-1", begins_at=MAINTAINED, ended_at=MAINTAINED),
    ),
]


@pytest.mark.parametrize(("said", "understood"), WIRE, ids=lambda each: type(each).__name__)
def test_what_others_say_is_understood(said: Wire, understood: object) -> None:
    heard = wire.decode(wire.encode(said), type(said))
    assert wire.convert(heard, INBOUND[type(said)]) == understood


def test_every_model_heard_is_tried_here_and_has_a_route() -> None:
    assert {type(said) for said, _ in WIRE} == INBOUND.keys() - {enrollment.ContactKeySet}
    assert set(INBOUND.values()) == {*ROUTES, *OF_MAINTENANCE, HouseholdKeySet}


def test_only_topics_we_may_read_are_read_and_all_we_hear_is_on_them() -> None:
    assert all("notifications" in topic.readers for topic in SUBSCRIBES)
    assert {registry.BY_MODEL[model].topic for model in INBOUND} == set(SUBSCRIBES)


def test_no_more_of_a_person_is_kept_than_a_letter_needs() -> None:
    assert {each.name for each in fields(facts.ContactRecorded)} == {
        "household",
        "contact_version",
        "language",
        "email",
        "address",
        "members",
        "subscriber",
        "estate",
        "responsible_name",
    }
    assert {each.name for each in fields(facts.ContactMember)} == {"member", "name"}
    (said, kept) = next((said, kept) for said, kept in WIRE if isinstance(said, enrollment.ContactRecorded))
    assert b"tobacco" in wire.encode(said)
    assert b"tobacco" not in wire.encode(kept)


def test_what_we_say_is_what_the_contract_says() -> None:
    said = NoticeSent(household="june", notice="n", notice_type="invoice", by="paper", sent_on=DAY)
    model = OUTBOUND[NoticeSent]
    assert wire.convert(said, model) == notifications.NoticeSent(
        household="june", notice="n", notice_type="invoice", by="paper", sent_on=DAY
    )
    assert registry.BY_MODEL[model].topic.owner == "notifications"
