"""What the federal payment is told of a policy, after the state exchanges' monthly inventory (SBMI).

Names, birth dates and numbers of people are left out: policies and members are known by their ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final
from xml.etree import ElementTree as Xml

from bulkhead.kernel.money import format_cents
from carrier_gateway.domain.audits import last_day_of
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.records import Policy, PremiumMonths
from carrier_gateway.domain.versions import people_ever, subscriber_on, until

INSURANCE_LINES: Final = {"medical": "HLT", "dental": "DEN"}
NO_VARIANT: Final = "01"
"""The variant without cost sharing reductions: that of a plan whose id here has none (45 CFR 156.420)."""

_VARIANT_FROM: Final = 14
"""Where in a 16-digit plan id, without dashes, its variant begins."""


def is_in_extract(policy: Policy, *, year: int) -> bool:
    """Return whether a policy is told of: it covers days of the year, and its carrier was told of it."""
    return (
        policy.lifecycle != "canceled"  # a selected one is told of once its binder is paid (ENR-5)
        and policy.told in ("covered", "ended")
        and policy.effective.year <= year <= last_day_of(policy).year
    )


def variant_of(plan: str) -> str:
    """Return a plan's cost sharing variant: the last two digits of its 16."""
    digits = plan.replace("-", "")
    return digits[_VARIANT_FROM:] if len(digits) == _VARIANT_FROM + 2 else NO_VARIANT


def extracted(policy: Policy, *, number: int, year: int, profile: CarrierProfile) -> str:
    """Return what is told of one policy, the one of that number in the file, as XML."""
    plan, last = profile.plan_id(policy.plan).replace("-", ""), last_day_of(policy)
    of_policy = Xml.Element("Policy")
    _add(of_policy, "RecordControlNumber", str(number))
    _add(of_policy, "QHPId", plan)
    _add(of_policy, "ExchangeAssignedPolicyId", policy.policy)
    _add(of_policy, "ExchangeAssignedSubscriberId", subscriber_on(policy.versions, last))
    if policy.issuer_policy:
        _add(of_policy, "IssuerAssignedPolicyId", policy.issuer_policy)
    _add(of_policy, "PolicyStartDate", policy.effective.isoformat())
    _add(of_policy, "PolicyEndDate", last.isoformat())
    _add(of_policy, "EffectuationIndicator", "N" if policy.effectuated_on is None else "Y")
    _add(of_policy, "InsuranceLineCode", INSURANCE_LINES[policy.kind])
    for member in people_ever(*until(policy.versions, last)):
        _add_member(of_policy, policy, member)
    for months in policy.months:
        _add_months(of_policy, policy, months, year=year, variant=variant_of(plan))
    return Xml.tostring(of_policy, encoding="unicode") + "\n"


def _add(parent: Xml.Element, name: str, value: str) -> None:
    Xml.SubElement(parent, name).text = value


def _add_member(parent: Xml.Element, policy: Policy, member: str) -> None:
    of_member = Xml.SubElement(parent, "MemberInformation")
    _add(of_member, "ExchangeAssignedMemberId", member)
    is_subscriber = member == subscriber_on(policy.versions, last_day_of(policy))
    _add(of_member, "SubscriberIndicator", "Y" if is_subscriber else "N")
    for first, last in _spans(policy, member):
        dates = Xml.SubElement(of_member, "MemberDates")
        _add(dates, "MemberStartDate", first.isoformat())
        _add(dates, "MemberEndDate", last.isoformat())


def _spans(policy: Policy, member: str) -> Iterator[tuple[date, date]]:
    """Yield the first and last days of each time a policy covers somebody."""
    begin: date | None = None
    for version in until(policy.versions, last_day_of(policy)):
        if member in version.members:
            begin = begin or version.since
        elif begin is not None:
            yield begin, version.since - timedelta(days=1)
            begin = None
    if begin is not None:
        yield begin, last_day_of(policy)


def _add_months(
    parent: Xml.Element, policy: Policy, months: PremiumMonths, *, year: int, variant: str
) -> None:
    """Add months that cost the same, as charged: what of them is of the year, and covered."""
    first = max(months.first.first_day, policy.effective, date(year, 1, 1))
    last = min(months.last.last_day, last_day_of(policy), date(year, 12, 31))
    if first > last:
        return
    amounts = Xml.SubElement(parent, "FinancialInformation")
    _add(amounts, "FinancialEffectiveStartDate", first.isoformat())
    _add(amounts, "FinancialEffectiveEndDate", last.isoformat())
    _add(amounts, "MonthlyTotalPremiumAmount", format_cents(months.gross_cents))
    _add(amounts, "MonthlyTotalIndividualResponsibilityAmount", format_cents(months.net_cents))
    _add(amounts, "MonthlyAPTCAmount", format_cents(months.aptc_cents))
    if months.subsidy_cents:
        _add(amounts, "MonthlyOtherPaymentAmount1", format_cents(months.subsidy_cents))
    _add(amounts, "CSRVariantId", variant)
