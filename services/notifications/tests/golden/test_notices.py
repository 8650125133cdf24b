"""What every notice says, in every language and form, word for word.

``GOLDEN=write`` in the environment writes the files anew; the difference is then read like a change of words.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest

from bulkhead.kernel.calendar import CoverageMonth, local
from bulkhead.kernel.personal import Masked
from notifications.adapters.writing.taglines import taglines_in
from notifications.domain.amounts import AfterDecline, Since, after_decline
from notifications.domain.autopay import (
    AutopayBegunFacts,
    AutopayEndedFacts,
    DeclineFacts,
    DeclineReason,
    InvoiceDraw,
)
from notifications.domain.channels import ChannelName, ChannelState, open_doors
from notifications.domain.contacts import Contact
from notifications.domain.coverage import BilledByCarrier, Policy
from notifications.domain.deadlines import DeadlineMovedBackFacts, DeadlineMovedFacts, MaintenanceFacts
from notifications.domain.letters import Content, Taglines
from notifications.domain.notices import (
    AgeOutFacts,
    CoverageFacts,
    DecidedFacts,
    EndingPlan,
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
from services.notifications.tests.builders import ADDRESS, EMAIL, NAME, PARAMETERS
from services.notifications.tests.office import WRITER

LANGUAGES = WRITER.languages

FOLDER = Path(__file__).parent / "notices"
TODAY = date(2016, 6, 5)
WITH_TAGLINES = date(2016, 11, 1)

MONTHLY = InvoiceFacts(
    invoice="i1",
    number=2,
    selection=None,
    kind="monthly",
    dated=TODAY,
    due=date(2016, 6, 26),
    on_time_until=date(2016, 6, 30),
    charges=(
        InvoiceLine(policy="p1", month=CoverageMonth(2016, 7), net_cents=50000),
        InvoiceLine(policy="p2", month=CoverageMonth(2016, 7), net_cents=3050),
    ),
    adjustments_cents=-1025,
    unpaid_before_cents=53050,
    held_cents=2000,
    credit_cents=500,
    total_cents=102575,
    received_cents=0,
)
INITIAL = replace(
    MONTHLY,
    kind="initial",
    selection="s1",
    due=date(2016, 6, 26),
    on_time_until=date(2016, 6, 26),
    adjustments_cents=0,
    unpaid_before_cents=0,
    held_cents=0,
    credit_cents=0,
    total_cents=53050,
)
PAID_UP = replace(MONTHLY, adjustments_cents=0, unpaid_before_cents=0, credit_cents=60000, total_cents=0)
COVERAGE = CoverageFacts(
    policy="p1", plan="SILVER", carrier="BCBSVT", effective=date(2016, 1, 1), through=None, reason=None
)
POLICIES = {
    policy: Policy(
        policy=policy,
        household="june",
        selection="s1",
        plan=plan,
        carrier=carrier,
        binder_cents=0,
        effective=date(2016, 1, 1),
        coverage_ends=date(2016, 12, 31),
        state="active",
        through=None,
        turn=1,
        contact_version=1,
    )
    for policy, plan, carrier in (("p1", "SILVER", "BCBSVT"), ("p2", "DENTAL <A> & B", "DELTA"))
}


def content(
    notice_type: NoticeType,
    facts: NoticeFacts,
    language: str = "en",
    *,
    closed: tuple[ChannelName, ...] = (),
    today: date = TODAY,
    name: str = NAME,
    since: int = 0,
    dropped: int = 0,
    draw: InvoiceDraw | None = None,
    after: AfterDecline | None = None,
    autopay_on: bool = False,
) -> Content:
    """Return what a notice is written from."""
    parameters = PARAMETERS.as_of(today)
    states: dict[ChannelName, ChannelState] = dict.fromkeys(closed, "down")
    return Content(
        notice=new_notice(
            notice_type=notice_type,
            about="x",
            household="june",
            occurred_at=local(TODAY),
            facts=facts,
            contact_version=1,
            created_at=local(today),
        ),
        contact=Contact(
            household="june",
            contact_version=1,
            language=language,
            addressee=Masked(name),
            estate=False,
            email=Masked(EMAIL),
            address=Masked(ADDRESS),
        ),
        language=language,
        wording="v1",
        policies=POLICIES,
        doors=open_doors(parameters=parameters, states=states),
        parameters=parameters,
        today=today,
        since=Since(received_cents=since, dropped_cents=dropped),
        draw=draw,
        after=after,
        autopay_on=autopay_on,
    )


BILLED = BilledByCarrier(name="Blue Cross and Blue Shield of Vermont", phone="800-555-0142")


def coverage(**changes: object) -> NoticeFacts:
    """Return facts of a change of coverage."""
    return NoticeFacts(coverage=replace(COVERAGE, **changes))  # type: ignore[arg-type]


PAYMENT = PaymentFacts(
    payment="pay-1",
    cents=123456,
    method="check",
    received_on=date(2016, 6, 3),
    selection=None,
    invoice=None,
)
RETURNED = ReturnFacts(
    payment="pay-1",
    cents=123456,
    method="check",
    received_on=date(2016, 6, 3),
    returned_on=date(2016, 6, 7),
    kind="nsf",
)
MOVED = MoveFacts(
    payment="pay-1",
    cents=123456,
    method="check",
    received_on=date(2016, 6, 3),
    moved_on=date(2016, 6, 7),
)
VOIDED = VoidFacts(
    invoice="inv-1",
    kind="monthly",
    selection=None,
    dated=date(2016, 6, 5),
    total_cents=123456,
    voided_on=date(2016, 6, 7),
)
DEADLINE = DeadlineMovedFacts(
    extension="e1", cutoffs=(date(2016, 6, 30),), until=date(2016, 7, 1), ground="outage"
)
DEADLINES = replace(
    DEADLINE, cutoffs=(date(2016, 6, 26), date(2016, 6, 30)), until=date(2016, 7, 5), ground="declared"
)
NIGHT = MaintenanceFacts(
    maintenance="m-1",
    begins_at=local(date(2016, 6, 29), 22),
    ends_at=local(date(2016, 6, 30), 2, 30),
    cutoffs=(date(2016, 6, 30),),
)
BACK = DeadlineMovedBackFacts(extension="e1", cutoffs=(date(2016, 6, 30),))
VOIDED_INITIAL = NoticeFacts(voided=replace(VOIDED, kind="initial", selection="s1"))
DRAW = InvoiceDraw(method="bank", on=date(2016, 6, 26))
BEGUN = AutopayBegunFacts(method="bank", begins_on=TODAY, draws_on=date(2016, 6, 26), instead_of=None)
AUTOPAY_ENDED = AutopayEndedFacts(method="card", ended_on=TODAY, because="asked")
DECLINED = DeclineFacts(
    invoice="i1",
    cents=102575,
    method="card",
    decline="insufficient-funds",
    declined_on=date(2016, 6, 26),
    again_on=date(2016, 6, 27),
    pay_by=date(2016, 6, 30),
    autopay_ended=False,
)
RENEWAL = RenewalFacts(
    plan_year=2017,
    plans=(
        RenewedPlan(
            plan="SILVER",
            carrier="BCBSVT",
            net_cents=54000,
            plan_before="SILVER",
            carrier_before="BCBSVT",
            net_before_cents=50000,
            because="same-plan",
        ),
        RenewedPlan(
            plan="SMILE",
            carrier="DELTA",
            net_cents=3000,
            plan_before="TEETH",
            carrier_before="DELTA",
            net_before_cents=2950,
            because="same-plan",
        ),
    ),
)
NO_RENEWAL = RenewalFacts(
    plan_year=2017,
    ending=(
        EndingPlan(plan="SILVER", carrier="BCBSVT", through=date(2016, 12, 31), because="discontinued"),
        EndingPlan(plan="TEETH", carrier="DELTA", through=date(2016, 12, 31), because="carrier-leaving"),
    ),
)
SOME_RENEWED = RenewalFacts(
    plan_year=2017,
    plans=(
        replace(RENEWAL.plans[1], because="discontinued"),
        replace(RENEWAL.plans[1], plan_before="GUMS", carrier_before="MVP", because="carrier-leaving"),
    ),
    ending=NO_RENEWAL.ending[:1],
)
AGE_OUT = AgeOutFacts(
    children=1,
    age_limit=26,
    through=date(2016, 8, 31),
    select_from=date(2016, 7, 2),
    select_until=date(2016, 10, 30),
)
IN_MEDICAID = MedicaidFacts(
    people=1, program="Green Mountain Care", begins=date(2016, 7, 1), plans_through=date(2016, 6, 30)
)
MEDICAID_OVER = MedicaidFacts(
    people=3,
    program="Green Mountain Care",
    through=date(2016, 9, 30),
    select_from=date(2016, 8, 1),
    select_until=date(2016, 11, 29),
)
WANTED = WantedFacts(wanted=("income",), until=date(2016, 9, 3), reminder=False)
REMINDED = replace(WANTED, wanted=("income", "citizenship", "incarceration", "medicaid"), reminder=True)
NOT_CONFIRMED = DecidedFacts(
    verification="failed", changes_on=date(2016, 7, 1), aptc_cents=0, subsidy_cents=0
)
ENDED = date(2016, 6, 30)


def begun(
    facts: AutopayBegunFacts,
    language: str,
    *,
    closed: tuple[ChannelName, ...] = (),
    autopay_on: bool = True,
) -> Content:
    """Return what the letter of an agreement to autopay is written from."""
    return content(
        "autopay-begun", NoticeFacts(autopay_begun=facts), language, closed=closed, autopay_on=autopay_on
    )


def declined(
    language: str,
    facts: DeclineFacts = DECLINED,
    *,
    today: date = DECLINED.declined_on,
    closed: tuple[ChannelName, ...] = (),
    **now: object,
) -> Content:
    """Return what the letter of a decline is written from; ``now`` is what is other than it was told."""
    after = replace(after_decline(facts, None, {}), **now)  # type: ignore[arg-type]
    return content(
        "autopay-declined", NoticeFacts(declined=facts), language, today=today, closed=closed, after=after
    )


ASKING = (
    "amount to pay is",
    "How to pay",
    "cantidad a pagar es",
    "Cómo pagar",
    "montant à payer est de",
    "Comment payer",
)

CASES: dict[str, Callable[[str], Content]] = {
    "invoice": lambda language: content("invoice", NoticeFacts(invoice=MONTHLY), language),
    "invoice-initial": lambda language: content("invoice", NoticeFacts(invoice=INITIAL), language),
    "invoice-initial-partly-paid": lambda language: content(
        "invoice", NoticeFacts(invoice=replace(INITIAL, received_cents=20000)), language, since=3050
    ),
    "invoice-initial-paid": lambda language: content(
        "invoice", NoticeFacts(invoice=replace(INITIAL, received_cents=53050)), language
    ),
    "invoice-paid-since": lambda language: content(
        "invoice", NoticeFacts(invoice=MONTHLY), language, since=102575
    ),
    "invoice-partly-canceled": lambda language: content(
        "invoice", NoticeFacts(invoice=MONTHLY), language, since=2575, dropped=3050
    ),
    "invoice-initial-canceled": lambda language: content(
        "invoice", NoticeFacts(invoice=INITIAL), language, dropped=53050
    ),
    "invoice-initial-canceled-partly-paid": lambda language: content(
        "invoice",
        NoticeFacts(invoice=replace(INITIAL, received_cents=20000)),
        language,
        since=10000,
        dropped=23050,
    ),
    "invoice-nothing-to-pay": lambda language: content("invoice", NoticeFacts(invoice=PAID_UP), language),
    "invoice-sent-late": lambda language: content(
        "invoice", NoticeFacts(invoice=MONTHLY), language, today=date(2016, 7, 20)
    ),
    "invoice-online-closed": lambda language: content(
        "invoice", NoticeFacts(invoice=MONTHLY), language, closed=("payments-online",)
    ),
    "invoice-all-closed": lambda language: content(
        "invoice", NoticeFacts(invoice=MONTHLY), language, closed=("payments-online", "phone")
    ),
    "invoice-drawn": lambda language: content("invoice", NoticeFacts(invoice=MONTHLY), language, draw=DRAW),
    "invoice-drawn-on-this-day": lambda language: content(
        "invoice",
        NoticeFacts(invoice=MONTHLY),
        language,
        draw=replace(DRAW, method="card"),
        today=DRAW.on,
        since=2575,
    ),
    "invoice-drawn-and-sent-late": lambda language: content(
        "invoice", NoticeFacts(invoice=MONTHLY), language, draw=DRAW, today=date(2016, 6, 27)
    ),
    "invoice-drawn-and-paid-since": lambda language: content(
        "invoice", NoticeFacts(invoice=MONTHLY), language, draw=DRAW, since=102575
    ),
    "invoice-drawn-online-closed": lambda language: content(
        "invoice", NoticeFacts(invoice=MONTHLY), language, draw=DRAW, closed=("payments-online",)
    ),
    "invoice-drawn-all-closed": lambda language: content(
        "invoice", NoticeFacts(invoice=MONTHLY), language, draw=DRAW, closed=("payments-online", "phone")
    ),
    "autopay-begun": lambda language: begun(BEGUN, language),
    "autopay-begun-and-nothing-drawn-yet": lambda language: begun(
        replace(BEGUN, method="card", draws_on=None), language, closed=("phone",)
    ),
    "autopay-begun-in-the-place-of-another": lambda language: begun(
        replace(BEGUN, draws_on=TODAY, instead_of="card"), language
    ),
    "autopay-begun-and-ended-since": lambda language: begun(BEGUN, language, autopay_on=False),
    "autopay-ended": lambda language: content(
        "autopay-ended", NoticeFacts(autopay_ended=AUTOPAY_ENDED), language
    ),
    "autopay-ended-and-begun-again-since": lambda language: content(
        "autopay-ended", NoticeFacts(autopay_ended=AUTOPAY_ENDED), language, autopay_on=True
    ),
    "autopay-ended-account-closed": lambda language: content(
        "autopay-ended",
        NoticeFacts(autopay_ended=replace(AUTOPAY_ENDED, method="bank", because="account-closed")),
        language,
        closed=("payments-online",),
    ),
    "autopay-ended-account-changed": lambda language: content(
        "autopay-ended",
        NoticeFacts(autopay_ended=replace(AUTOPAY_ENDED, method="bank", because="account-changed")),
        language,
    ),
    "autopay-ended-household-merged": lambda language: content(
        "autopay-ended",
        NoticeFacts(autopay_ended=replace(AUTOPAY_ENDED, because="household-merged")),
        language,
    ),
    "autopay-ended-lost": lambda language: content(
        "autopay-ended",
        NoticeFacts(autopay_ended=replace(AUTOPAY_ENDED, because="lost")),
        language,
        closed=("payments-online", "phone"),
    ),
    "autopay-declined": lambda language: declined(language),
    "autopay-declined-partly-paid-since": lambda language: declined(language, to_pay_cents=2575),
    "autopay-declined-paid-since": lambda language: declined(language, to_pay_cents=0, again=None),
    "autopay-declined-and-tried-of-another": lambda language: declined(
        language, again=InvoiceDraw(method="bank", on=date(2016, 6, 28))
    ),
    "autopay-declined-and-not-tried-again": lambda language: declined(
        language, replace(DECLINED, decline="limit-exceeded"), again=None, today=date(2016, 7, 1)
    ),
    "autopay-declined-and-ended": lambda language: declined(
        language,
        replace(DECLINED, method="bank", decline="account-closed"),
        again=None,
        autopay_ended=True,
        closed=("payments-online",),
    ),
    "invoice-void-on-its-way": lambda language: replace(
        content("invoice", NoticeFacts(invoice=MONTHLY), language),
        since=Since(dropped_cents=MONTHLY.to_pay_cents, void=True),
    ),
    "invoice-that-stands-again": lambda language: content(
        "invoice", NoticeFacts(invoice=replace(MONTHLY, stands_again=True)), language
    ),
    "invoice-that-stands-again-and-is-not-drawn": lambda language: replace(
        content("invoice", NoticeFacts(invoice=replace(MONTHLY, stands_again=True)), language), not_drawn=True
    ),
    "invoice-voided": lambda language: content("invoice-voided", NoticeFacts(voided=VOIDED), language),
    "invoice-voided-and-not-drawn": lambda language: replace(
        content("invoice-voided", NoticeFacts(voided=VOIDED), language), called_off=True
    ),
    "invoice-voided-initial": lambda language: replace(
        content("invoice-voided", VOIDED_INITIAL, language), binder="open"
    ),
    "invoice-voided-initial-and-paid": lambda language: replace(
        content("invoice-voided", VOIDED_INITIAL, language), binder="paid"
    ),
    "invoice-voided-initial-of-what-was-called-off": lambda language: content(
        "invoice-voided", VOIDED_INITIAL, language
    ),
    "deadline-moved": lambda language: content("deadline-moved", NoticeFacts(deadline=DEADLINE), language),
    "deadline-moved-several": lambda language: content(
        "deadline-moved", NoticeFacts(deadline=DEADLINES), language, today=date(2016, 7, 5)
    ),
    "deadline-moved-online-closed": lambda language: content(
        "deadline-moved", NoticeFacts(deadline=DEADLINE), language, closed=("payments-online",)
    ),
    "deadline-moved-and-autopay": lambda language: content(
        "deadline-moved", NoticeFacts(deadline=DEADLINE), language, autopay_on=True
    ),
    "deadline-moved-sent-late": lambda language: content(
        "deadline-moved", NoticeFacts(deadline=DEADLINE), language, today=date(2016, 7, 2)
    ),
    "deadline-moved-several-sent-late": lambda language: content(
        "deadline-moved", NoticeFacts(deadline=DEADLINES), language, today=date(2016, 7, 6)
    ),
    "deadline-moved-back": lambda language: content(
        "deadline-moved-back", NoticeFacts(deadline_back=BACK), language
    ),
    "deadline-moved-back-several": lambda language: content(
        "deadline-moved-back", NoticeFacts(deadline_back=replace(BACK, cutoffs=DEADLINES.cutoffs)), language
    ),
    "deadline-moved-back-sent-late": lambda language: content(
        "deadline-moved-back", NoticeFacts(deadline_back=BACK), language, today=date(2016, 7, 1)
    ),
    "maintenance": lambda language: content("maintenance", NoticeFacts(maintenance=NIGHT), language),
    "maintenance-of-several-days": lambda language: content(
        "maintenance", NoticeFacts(maintenance=replace(NIGHT, cutoffs=DEADLINES.cutoffs)), language
    ),
    "maintenance-in-it": lambda language: content(
        "maintenance", NoticeFacts(maintenance=NIGHT), language, closed=("payments-online",), autopay_on=True
    ),
    "maintenance-sent-late": lambda language: content(
        "maintenance", NoticeFacts(maintenance=NIGHT), language, today=date(2016, 7, 2)
    ),
    "maintenance-called-off": lambda language: content(
        "maintenance", NoticeFacts(maintenance=replace(NIGHT, withdrawn=True)), language
    ),
    "receipt": lambda language: content("receipt", NoticeFacts(payment=PAYMENT), language),
    "payment-returned": lambda language: content(
        "payment-returned", NoticeFacts(returned=RETURNED), language
    ),
    "payment-returned-online-closed": lambda language: content(
        "payment-returned", NoticeFacts(returned=RETURNED), language, closed=("payments-online",)
    ),
    "payment-moved": lambda language: content("payment-moved", NoticeFacts(moved=MOVED), language),
    "coverage-begun": lambda language: content("coverage-begun", coverage(), language),
    "coverage-begun-transferred": lambda language: content(
        "coverage-begun", coverage(transferred_from="MVP"), language
    ),
    "coverage-begun-carrier-bills": lambda language: content(
        "coverage-begun", coverage(billed_by_carrier=BILLED), language
    ),
    "coverage-begun-transferred-carrier-bills": lambda language: content(
        "coverage-begun", coverage(transferred_from="MVP", billed_by_carrier=BILLED), language
    ),
    "coverage-reinstated-carrier-bills": lambda language: content(
        "coverage-reinstated", coverage(reason="error", billed_by_carrier=BILLED), language
    ),
    "renewal-carrier-bills": lambda language: content(
        "renewal",
        NoticeFacts(
            renewal=replace(
                RENEWAL, plans=tuple(replace(each, billed_by_carrier=BILLED) for each in RENEWAL.plans[:1])
            )
        ),
        language,
    ),
    "coverage-ended": lambda language: content(
        "coverage-ended", coverage(through=ENDED, reason="non-payment"), language
    ),
    "coverage-ended-earlier": lambda language: content(
        "coverage-ended",
        coverage(through=ENDED, reason="non-payment", instead_of=date(2016, 9, 30)),
        language,
    ),
    "coverage-ended-in-the-past": lambda language: content(
        "coverage-ended", coverage(through=ENDED, reason="non-payment"), language, today=date(2016, 9, 1)
    ),
    "coverage-canceled": lambda language: content(
        "coverage-canceled", coverage(reason="non-payment"), language
    ),
    "coverage-canceled-transferred": lambda language: content(
        "coverage-canceled", coverage(reason="non-payment", transferred_from="MVP"), language
    ),
    "renewal": lambda language: content("renewal", NoticeFacts(renewal=RENEWAL), language),
    "renewal-some": lambda language: content("renewal", NoticeFacts(renewal=SOME_RENEWED), language),
    "verification-wanted": lambda language: content(
        "verification-wanted", NoticeFacts(wanted=WANTED), language
    ),
    "verification-wanted-reminder": lambda language: content(
        "verification-wanted", NoticeFacts(wanted=REMINDED), language
    ),
    "verification-wanted-or-coverage-ends": lambda language: content(
        "verification-wanted",
        NoticeFacts(wanted=replace(WANTED, wanted=("citizenship",), ends_coverage=True)),
        language,
    ),
    "verification-decided": lambda language: content(
        "verification-decided", NoticeFacts(decided=NOT_CONFIRMED), language
    ),
    "verification-decided-with-less": lambda language: content(
        "verification-decided", NoticeFacts(decided=replace(NOT_CONFIRMED, aptc_cents=10000)), language
    ),
    "verification-decided-coverage-ends": lambda language: content(
        "verification-decided",
        NoticeFacts(
            decided=replace(NOT_CONFIRMED, covered_through=date(2016, 6, 30), may_enroll="no-longer")
        ),
        language,
    ),
    "verification-decided-nobody-was-covered": lambda language: content(
        "verification-decided",
        NoticeFacts(decided=replace(NOT_CONFIRMED, may_enroll="no-longer", covered=False)),
        language,
    ),
    "verification-decided-may-select-again": lambda language: content(
        "verification-decided",
        NoticeFacts(
            decided=replace(
                NOT_CONFIRMED, verification="verified", changes_on=None, may_enroll="again", covered=False
            )
        ),
        language,
    ),
    "verification-decided-coverage-goes-on": lambda language: content(
        "verification-decided",
        NoticeFacts(
            decided=replace(NOT_CONFIRMED, verification="verified", changes_on=None, may_enroll="again")
        ),
        language,
    ),
    "verification-decided-less-for-nobody-covered": lambda language: content(
        "verification-decided",
        NoticeFacts(decided=replace(NOT_CONFIRMED, aptc_cents=10000, covered=False)),
        language,
    ),
    "verification-decided-nothing-changes": lambda language: content(
        "verification-decided", NoticeFacts(decided=replace(NOT_CONFIRMED, changes_on=None)), language
    ),
    "verification-decided-confirmed": lambda language: content(
        "verification-decided",
        NoticeFacts(decided=replace(NOT_CONFIRMED, verification="verified", aptc_cents=30000)),
        language,
    ),
    "renewal-none": lambda language: content("renewal", NoticeFacts(renewal=NO_RENEWAL), language),
    "verification-wanted-sent-late": lambda language: content(
        "verification-wanted", NoticeFacts(wanted=REMINDED), language, today=date(2016, 9, 4)
    ),
    "child-too-old-sent-late": lambda language: content(
        "child-too-old", NoticeFacts(age_out=AGE_OUT), language, today=AGE_OUT.through + timedelta(days=1)
    ),
    "child-too-old-sent-too-late": lambda language: content(
        "child-too-old", NoticeFacts(age_out=AGE_OUT), language, today=date(2017, 6, 1)
    ),
    "medicaid-ended-sent-too-late": lambda language: content(
        "medicaid-ended", NoticeFacts(medicaid=MEDICAID_OVER), language, today=date(2017, 6, 1)
    ),
    "renewal-sent-late": lambda language: content(
        "renewal", NoticeFacts(renewal=RENEWAL), language, today=date(RENEWAL.plan_year, 1, 5)
    ),
    "autopay-declined-on-a-later-invoice": lambda language: declined(
        language, on_later_invoice=True, to_pay_cents=0, again=None
    ),
    "child-too-old": lambda language: content("child-too-old", NoticeFacts(age_out=AGE_OUT), language),
    "child-too-old-without-an-event": lambda language: content(
        "child-too-old",
        NoticeFacts(age_out=replace(AGE_OUT, children=2, select_from=None, select_until=None)),
        language,
    ),
    "medicaid-begun": lambda language: content("medicaid-begun", NoticeFacts(medicaid=IN_MEDICAID), language),
    "medicaid-ended": lambda language: content(
        "medicaid-ended", NoticeFacts(medicaid=MEDICAID_OVER), language
    ),
    "coverage-canceled-and-rolled-on": lambda language: content(
        "coverage-canceled", coverage(reason="non-payment", rolled_to=date(2016, 7, 1)), language
    ),
    "coverage-reinstated": lambda language: content(
        "coverage-reinstated", coverage(reason="postmark"), language
    ),
    "coverage-reinstated-transferred": lambda language: content(
        "coverage-reinstated", coverage(reason="postmark", transferred_from="MVP"), language
    ),
    "coverage-reinstated-corrected": lambda language: content(
        "coverage-reinstated", coverage(reason="corrected"), language
    ),
    "coverage-reinstated-corrected-end": lambda language: content(
        "coverage-reinstated", coverage(reason="corrected", through=date(2016, 9, 30)), language
    ),
    "coverage-reinstated-with-an-end": lambda language: content(
        "coverage-reinstated", coverage(reason="postmark", through=date(2016, 9, 30)), language
    ),
    "receipt-with-taglines": lambda language: content(
        "receipt", NoticeFacts(payment=PAYMENT), language, today=WITH_TAGLINES
    ),
}
NAMES = [f"{case}.{language}" for case in CASES for language in LANGUAGES]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES)
def test_NOT_1_each_notice_says_this(case: str, language: str) -> None:
    written = WRITER.write(CASES[case](language))
    forms = {"html": written.html, "txt": f"{written.subject}\n\n{written.text}"}
    for form, text in forms.items():
        path = FOLDER / f"{case}.{language}.{form}"
        if os.environ.get("GOLDEN") == "write":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")


def test_every_golden_file_is_read() -> None:
    known = {f"{name}.{form}" for name in NAMES for form in ("html", "txt")}
    assert {path.name for path in FOLDER.iterdir()} == known


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("notice_type", "reasons"),
    [
        (
            "coverage-ended",
            ("non-payment", "requested", "death", "age", "medicaid", "ineligible", "error", "carrier"),
        ),
        (
            "coverage-canceled",
            (
                "non-payment",
                "requested",
                "age",
                "medicaid",
                "ineligible",
                "error",
                "prior-year-ended",
                "carrier",
            ),
        ),
        ("coverage-reinstated", ("postmark", "error", "asked", "corrected")),
    ],
)
def test_NOT_1_every_reason_there_is_has_words_of_its_own(
    notice_type: NoticeType, reasons: tuple[str, ...], language: str
) -> None:
    through = ENDED if notice_type == "coverage-ended" else None
    said = {
        WRITER.write(content(notice_type, coverage(through=through, reason=reason), language)).says
        for reason in reasons
    }
    assert len(said) == len(reasons)


@pytest.mark.parametrize("language", LANGUAGES)
def test_NOT_1_every_way_to_pay_has_words_of_its_own_on_a_receipt(language: str) -> None:
    methods = ("card", "bank", "check", "cash", "phone")
    said = {
        WRITER.write(
            content("receipt", NoticeFacts(payment=replace(PAYMENT, method=method)), language)  # type: ignore[arg-type]
        ).says
        for method in methods
    }
    assert len(said) == len(methods)


@pytest.mark.parametrize("language", LANGUAGES)
def test_NOT_1_every_reason_of_a_return_has_words_of_its_own(language: str) -> None:
    kinds = ("nsf", "closed-account", "chargeback", "other")
    said = {
        WRITER.write(
            content("payment-returned", NoticeFacts(returned=replace(RETURNED, kind=kind)), language)  # type: ignore[arg-type]
        ).says
        for kind in kinds
    }
    assert len(said) == len(kinds)


@pytest.mark.parametrize("language", LANGUAGES)
def test_NOT_1_every_reason_of_a_decline_has_words_of_its_own(language: str) -> None:
    reasons = get_args(DeclineReason)
    said = {WRITER.write(declined(language, replace(DECLINED, decline=reason))).says for reason in reasons}
    assert len(said) == len(reasons)


@pytest.mark.parametrize("language", LANGUAGES)
def test_PAY_8_whoever_is_drawn_from_is_not_asked_to_pay_and_told_how_much_and_until_when_it_can_be_ended(
    language: str,
) -> None:
    written = WRITER.write(CASES["invoice-drawn"](language))
    for word in {
        "en": ("$1,025.75", "June 26, 2016", "June 25, 2016"),
        "es": ("26 de junio", "25 de junio"),
        "fr": ("26 juin", "25 juin"),
    }[language]:
        assert word in written.text
    for asking in ("How to pay", "Comment payer", "Cómo pagar", "is on time", "est à temps", "está a tiempo"):
        assert asking not in written.text


@pytest.mark.parametrize("case", ["invoice-drawn-and-paid-since", "invoice-drawn-and-sent-late"])
def test_PAY_8_no_draw_is_promised_where_nothing_is_asked_or_for_a_day_that_is_over(case: str) -> None:
    for language in LANGUAGES:
        text = WRITER.write(CASES[case](language)).text
        for promise in (
            "we take it",
            "will be taken",
            "nous le prélevons",
            "seront prélevés",
            "la cobramos",
            "se cobrarán",
        ):
            assert promise not in text


@pytest.mark.parametrize(
    "case",
    [
        "invoice-initial-paid",
        "invoice-paid-since",
        "invoice-initial-canceled",
        "invoice-initial-canceled-partly-paid",
        "invoice-nothing-to-pay",
        "invoice-drawn-and-paid-since",
        "autopay-declined-paid-since",
    ],
)
def test_NOT_1_who_owes_nothing_is_asked_for_nothing_and_sent_to_no_door(case: str) -> None:
    for language in LANGUAGES:
        written = WRITER.write(CASES[case](language))
        for asking in ASKING:
            assert asking not in written.text
            assert asking not in written.html


def test_INV_1_a_first_premium_that_is_here_is_told_as_received_in_full() -> None:
    written = WRITER.write(CASES["invoice-initial-paid"]("en"))
    assert written.subject == "Your invoice of June 5, 2016: nothing to pay"
    assert "We received the first premium of $530.50 in full. There is nothing to pay." in written.text


def test_NOT_1_what_is_to_be_paid_is_what_was_asked_less_what_came_since() -> None:
    text = WRITER.write(CASES["invoice-initial-partly-paid"]("en")).text
    assert "The amount to pay is $300.00." in text  # 530.50 - 200.00 - 30.50
    assert "Since this invoice was made, we received $30.50 from you." in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_NOT_2_a_closed_door_is_not_named_anywhere(language: str) -> None:
    parameters = PARAMETERS.as_of(TODAY)
    assert parameters.payments_online is not None
    for case in (
        "invoice-online-closed",
        "payment-returned-online-closed",
        "invoice-drawn-online-closed",
        "autopay-ended-account-closed",
        "autopay-declined-and-ended",
    ):
        online_closed = WRITER.write(CASES[case](language))
        assert parameters.payments_online.address not in online_closed.html
        assert "online" not in online_closed.text.lower()
        assert "en ligne" not in online_closed.text.lower()
        assert "en línea" not in online_closed.text.lower()
    moved = WRITER.write(
        CASES["deadline-moved-online-closed"](language)
    )  # it says why: nobody could pay online
    assert parameters.payments_online.address not in moved.html
    assert moved.text.lower().count({"en": "online", "es": "en línea", "fr": "en ligne"}[language]) == 1
    for case in ("invoice-all-closed", "invoice-drawn-all-closed", "autopay-ended-lost"):
        all_closed = WRITER.write(CASES[case](language))
        assert parameters.phone.number not in all_closed.html
        assert parameters.payments_by_mail.address[1] in all_closed.text


@pytest.mark.parametrize(
    ("language", "addressee"),
    [("en", f"Estate of {NAME}"), ("es", f"Sucesión de {NAME}"), ("fr", f"Succession de {NAME}")],
)
def test_ENR_13_where_nobody_is_left_letters_are_for_the_estate_in_the_reader_s_language(
    language: str, addressee: str
) -> None:
    plain = CASES["coverage-ended"](language)
    written = WRITER.write(replace(plain, contact=replace(plain.contact, estate=True)))
    assert written.addressee == addressee
    assert addressee in written.text


@pytest.mark.parametrize("case", CASES)
def test_a_name_is_shown_as_text_whatever_it_is(case: str) -> None:
    hostile = '<script>alert("x")</script> {{ 7 * 7 }}'
    plain = CASES[case]("en")
    written = WRITER.write(replace(plain, contact=replace(plain.contact, addressee=Masked(hostile))))
    assert "<script>" not in written.html
    assert f"Dear {hostile}," in written.text
    assert "script" not in written.says


def test_NOT_1_taglines_are_sent_in_each_language_of_the_pack_and_not_kept_with_what_was_said() -> None:
    written = WRITER.write(CASES["receipt-with-taglines"]("en"))
    *_, taglines = written.blocks
    assert isinstance(taglines, Taglines)
    assert [each.language for each in taglines.items] == (
        [
            "en",
            "es",
            "fr",
            "ar",
            "de",
            "fil",
            "it",
            "ja",
            "ne",
            "om",
            "pt",
            "ru",
            "sr-Latn",
            "th",
            "vi",
            "zh-Hant",
        ]
    )
    assert [each.language for each in taglines.items if each.direction == "rtl"] == ["ar"]
    assert all("1-802-555-0100" in each.text for each in taglines.items)
    assert "ATENCIÓN" in written.text
    assert written.says == WRITER.write(CASES["receipt"]("en")).says


def test_NOT_1_the_number_to_call_keeps_its_order_between_letters_from_right_to_left() -> None:
    arabic, russian = taglines_in(["ar", "ru"], phone="1-802-555-0100")
    assert "اتصل برقم \u20661-802-555-0100\u2069 (" in arabic.text
    assert "Звоните 1-802-555-0100 (" in russian.text


def test_NOT_2_no_tagline_names_a_phone_that_nobody_answers() -> None:
    closed = content("receipt", NoticeFacts(payment=PAYMENT), closed=("phone",), today=WITH_TAGLINES)
    written = WRITER.write(closed)
    assert "1-802-555-0100" not in written.html
    assert not any(isinstance(each, Taglines) for each in written.blocks)


@pytest.mark.parametrize("case", CASES)
def test_NOT_1_html_and_text_say_the_same_words(case: str) -> None:
    class Words(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.said = ""
            self.inside = False

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.inside |= tag == "main"
            self.said += " "

        def handle_data(self, data: str) -> None:
            self.said += data if self.inside else ""

    written = WRITER.write(CASES[case]("fr"))
    words = Words()
    words.feed(written.html)
    marks = str.maketrans("=-", "  ")
    assert words.said.translate(marks).split() == written.text.translate(marks).split()
