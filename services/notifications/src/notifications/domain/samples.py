"""What notices of each type tell in a preview that is of no household."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from bulkhead.kernel.calendar import CoverageMonth, local, local_date
from bulkhead.kernel.personal import Masked
from notifications.domain.amounts import after_decline
from notifications.domain.autopay import AutopayBegunFacts, AutopayEndedFacts, DeclineFacts
from notifications.domain.channels import OpenDoors
from notifications.domain.contacts import Contact
from notifications.domain.coverage import Policy
from notifications.domain.deadlines import DeadlineMovedBackFacts, DeadlineMovedFacts, MaintenanceFacts
from notifications.domain.letters import Content
from notifications.domain.notices import (
    AgeOutFacts,
    CoverageFacts,
    DecidedFacts,
    InvoiceFacts,
    InvoiceLine,
    MedicaidFacts,
    MoveFacts,
    NoticeFacts,
    NoticeType,
    PaymentFacts,
    RenewalFacts,
    RenewedPlan,
    ReturnFacts,
    VoidFacts,
    WantedFacts,
    new_notice,
)
from notifications.domain.parameters import NotificationsParameters

SAMPLE = "sample"
"""The household, invoice, payment and policy of samples."""

_PLAN, _CARRIER = "Sample Silver", "Sample Carrier"
_PREMIUM_CENTS = 41235


def sample_content(
    notice_type: NoticeType,
    *,
    language: str,
    parameters: NotificationsParameters,
    doors: OpenDoors,
    now: datetime,
) -> Content:
    """Return what a notice of a type is written from that is of nobody, dated as if it were sent now."""
    today = local_date(now)
    facts = sample_facts(today)[notice_type]
    return Content(
        notice=new_notice(
            notice_type=notice_type,
            about=SAMPLE,
            household=SAMPLE,
            occurred_at=now,
            facts=facts,
            contact_version=1,
            created_at=now,
        ),
        contact=Contact(
            household=SAMPLE,
            contact_version=1,
            language=language,
            addressee=Masked("Sample Reader"),
            estate=False,
            email=None,
            address=Masked("100 Sample Street\nSample City"),
        ),
        language=language,
        wording=parameters.wordings[notice_type],
        policies={SAMPLE: _policy(today)},
        doors=doors,
        parameters=parameters,
        today=today,
        after=None if facts.declined is None else after_decline(facts.declined, None, {}),
        autopay_on=notice_type == "autopay-begun",
    )


def sample_facts(today: date) -> Mapping[NoticeType, NoticeFacts]:
    """Return what a notice of each type tells, as of a day."""
    return {**_of_money(today), **_of_days_to_pay(today), **_of_autopay(today), **_of_coverage(today)}


def _of_money(today: date) -> dict[NoticeType, NoticeFacts]:
    received_on = today - timedelta(days=3)
    return {
        "invoice": NoticeFacts(
            invoice=InvoiceFacts(
                invoice=SAMPLE,
                number=1,
                selection=None,
                kind="monthly",
                dated=today,
                due=today + timedelta(days=21),
                on_time_until=today + timedelta(days=25),
                charges=(
                    InvoiceLine(
                        policy=SAMPLE, month=CoverageMonth(today.year, today.month), net_cents=_PREMIUM_CENTS
                    ),
                ),
                adjustments_cents=0,
                unpaid_before_cents=0,
                held_cents=0,
                credit_cents=0,
                total_cents=_PREMIUM_CENTS,
                received_cents=0,
            )
        ),
        "invoice-voided": NoticeFacts(
            voided=VoidFacts(
                invoice=SAMPLE,
                kind="monthly",
                selection=None,
                dated=received_on,
                total_cents=_PREMIUM_CENTS,
                voided_on=today,
            )
        ),
        "receipt": NoticeFacts(
            payment=PaymentFacts(
                payment=SAMPLE,
                cents=_PREMIUM_CENTS,
                method="check",
                received_on=today,
                selection=None,
                invoice=None,
            )
        ),
        "payment-returned": NoticeFacts(
            returned=ReturnFacts(
                payment=SAMPLE,
                cents=_PREMIUM_CENTS,
                method="check",
                received_on=received_on,
                returned_on=today,
                kind="nsf",
            )
        ),
        "payment-moved": NoticeFacts(
            moved=MoveFacts(
                payment=SAMPLE, cents=_PREMIUM_CENTS, method="check", received_on=received_on, moved_on=today
            )
        ),
    }


def _of_days_to_pay(today: date) -> dict[NoticeType, NoticeFacts]:
    last_day = today + timedelta(days=10)
    return {
        "deadline-moved": NoticeFacts(
            deadline=DeadlineMovedFacts(
                extension=SAMPLE, cutoffs=(last_day,), until=last_day + timedelta(days=1), ground="outage"
            )
        ),
        "deadline-moved-back": NoticeFacts(
            deadline_back=DeadlineMovedBackFacts(extension=SAMPLE, cutoffs=(last_day,))
        ),
        "maintenance": NoticeFacts(
            maintenance=MaintenanceFacts(
                maintenance=SAMPLE,
                begins_at=local(last_day, 1),
                ends_at=local(last_day, 5),
                cutoffs=(last_day,),
            )
        ),
    }


def _of_autopay(today: date) -> dict[NoticeType, NoticeFacts]:
    return {
        "autopay-begun": NoticeFacts(
            autopay_begun=AutopayBegunFacts(
                method="bank", begins_on=today, draws_on=today + timedelta(days=21), instead_of=None
            )
        ),
        "autopay-ended": NoticeFacts(
            autopay_ended=AutopayEndedFacts(method="bank", ended_on=today, because="asked")
        ),
        "autopay-declined": NoticeFacts(
            declined=DeclineFacts(
                invoice=SAMPLE,
                cents=_PREMIUM_CENTS,
                method="card",
                decline="insufficient-funds",
                declined_on=today,
                again_on=today + timedelta(days=1),
                pay_by=today + timedelta(days=4),
                autopay_ended=False,
            )
        ),
    }


def _of_coverage(today: date) -> dict[NoticeType, NoticeFacts]:
    begins, ends = _year_of(today)
    in_force = CoverageFacts(policy=SAMPLE, plan=_PLAN, carrier=_CARRIER, effective=begins)
    soon, later = today + timedelta(days=30), today + timedelta(days=90)
    return {
        "coverage-begun": NoticeFacts(coverage=in_force),
        "coverage-ended": NoticeFacts(
            coverage=CoverageFacts(
                policy=SAMPLE,
                plan=_PLAN,
                carrier=_CARRIER,
                effective=begins,
                through=soon,
                reason="non-payment",
            )
        ),
        "coverage-canceled": NoticeFacts(
            coverage=CoverageFacts(
                policy=SAMPLE, plan=_PLAN, carrier=_CARRIER, effective=begins, reason="non-payment"
            )
        ),
        "coverage-reinstated": NoticeFacts(
            coverage=CoverageFacts(
                policy=SAMPLE, plan=_PLAN, carrier=_CARRIER, effective=begins, reason="postmark"
            )
        ),
        "renewal": NoticeFacts(
            renewal=RenewalFacts(
                plan_year=ends.year + 1,
                plans=(
                    RenewedPlan(
                        plan=_PLAN,
                        carrier=_CARRIER,
                        net_cents=_PREMIUM_CENTS + 1500,
                        plan_before=_PLAN,
                        carrier_before=_CARRIER,
                        net_before_cents=_PREMIUM_CENTS,
                        because="same-plan",
                    ),
                ),
            )
        ),
        "child-too-old": NoticeFacts(
            age_out=AgeOutFacts(children=1, age_limit=26, through=soon, select_from=today, select_until=later)
        ),
        "medicaid-begun": NoticeFacts(
            medicaid=MedicaidFacts(people=1, program="Sample Medicaid", begins=soon, plans_through=today)
        ),
        "medicaid-ended": NoticeFacts(
            medicaid=MedicaidFacts(
                people=1, program="Sample Medicaid", through=soon, select_from=today, select_until=later
            )
        ),
        "verification-wanted": NoticeFacts(
            wanted=WantedFacts(wanted=("income", "citizenship"), until=later, reminder=False)
        ),
        "verification-decided": NoticeFacts(
            decided=DecidedFacts(verification="failed", changes_on=soon, aptc_cents=0, subsidy_cents=0)
        ),
    }


def _policy(today: date) -> Policy:
    begins, ends = _year_of(today)
    return Policy(
        policy=SAMPLE,
        household=SAMPLE,
        selection=SAMPLE,
        plan=_PLAN,
        carrier=_CARRIER,
        binder_cents=0,
        effective=begins,
        coverage_ends=ends,
        state="active",
        through=None,
        turn=1,
        contact_version=1,
    )


def _year_of(today: date) -> tuple[date, date]:
    return date(today.year, 1, 1), date(today.year, 12, 31)
