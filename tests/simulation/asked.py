"""Who asked that ended coverage stand again, in plain sums that share no code with the services (INV-13).

Nobody gets it whom a limit keeps out, and everybody does who asked in time and brought enough.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from datetime import date, timedelta

from bulkhead.kernel.calendar import local_date
from enrollment.domain.households import Household
from enrollment.domain.months import PolicyVersion
from enrollment.domain.policies import Policy as Coverage
from invoicing.domain.records import (
    Charge,
    Grace,
    Invoice,
    MoneyRedated,
    Payment,
    Policy,
    Refund,
    ReinstatementRequest,
)
from simulation.extended import long_days
from simulation.sight import Sight

_DAYS_TO_ASK = 30


def wrong(its: Sight) -> list[str]:
    """Return what is wrong of a household's requests, in words; nothing where all is right."""
    requests = its.rows("invoicing", ReinstatementRequest)
    if not requests or its.rows("invoicing", MoneyRedated):
        return []  # of dates that were other ones when somebody asked, sums say nothing
    graces = {each.decision: each for each in its.rows("invoicing", Grace)}
    found = [
        f"INV-13: {its.household} was reinstated on request {n} times in {year}"
        for year, n in Counter(each.plan_year for each in requests if each.state == "granted").items()
        if n > 1
    ]
    for request in requests:
        found += _limits(its, request, graces[request.decision])
        found += _waits_in_vain(its, request, graces[request.decision])
    return found


def _limits(its: Sight, request: ReinstatementRequest, grace: Grace) -> list[str]:
    """What was taken up was asked in time, without assistance; what was granted was paid in time."""
    ended = grace.first_month.last_day
    year, month = ended.year + ended.month // 12, ended.month % 12 + 1
    pay_by = date(year, month, monthrange(year, month)[1] - 1)
    found: list[str] = []
    if request.pay_by != pay_by:
        found.append(f"INV-13: {its.household} is to pay by {request.pay_by}, not {pay_by}")
    asked = local_date(request.asked_at)
    calm = its.troubled_at < request.asked_at - timedelta(days=_DAYS_TO_ASK + 12)
    if calm and asked > ended + timedelta(days=_DAYS_TO_ASK):
        found.append(f"INV-13: {its.household} asked on {asked}, and its coverage had ended on {ended}")
    if _changed(its):
        return found
    if any(
        each.aptc_cents + each.subsidy_cents
        for each in its.rows("enrollment", Coverage)
        if each.policy in grace.ended_policies
    ):
        found.append(f"INV-13: {its.household} had assistance and could ask all the same")
    if request.state == "granted" and _in_time_cents(its, pay_by) < (asked_for := _asked_cents(its, grace)):
        found.append(f"INV-13: {its.household} was reinstated and had not paid {asked_for} by {pay_by}")
    return found


def _changed(its: Sight) -> bool:
    """Whether what anything costs has changed, or money went back or to others: then sums say nothing of a day that is past."""
    return (
        any(each.number > 1 for each in its.rows("enrollment", PolicyVersion))
        or any(each.assistance_changes for each in its.rows("enrollment", Household))
        or any(each.returned_on or each.moved_cents for each in its.rows("invoicing", Payment))
    )


def _in_time_cents(its: Sight, day: date) -> int:
    """Return all that was on time by a day."""
    days = long_days(its)
    return sum(each.cents for each in its.rows("invoicing", Payment) if days.counts_on(each) <= day)


def _asked_cents(its: Sight, grace: Grace) -> int:
    """Return all that invoices had asked for by the last day of grace, and that still stands."""
    stands = {
        (each.policy, each.month): sum(part.cents for part in each.funded_by)
        for each in its.rows("invoicing", Charge)
        if each.state == "settled" and each.settled_on and each.settled_on <= (grace.ended_on or its.today)
    }
    shown = {
        (line.policy, line.month)
        for each in its.rows("invoicing", Invoice)
        if each.dated <= grace.last_day and each.voided_on is None
        for line in each.charges
    }
    return sum(cents for key, cents in stands.items() if key in shown)


def _waits_in_vain(its: Sight, request: ReinstatementRequest, grace: Grace) -> list[str]:
    """Who asked, and brought in time all that anybody could ask for, has its coverage again."""
    policies = {each.policy: each for each in its.rows("invoicing", Policy)}
    still = any(policies[each].unpaid_decision == request.decision for each in grace.ended_policies)
    if request.state not in ("waiting", "unpaid") or not still:
        return []
    days = long_days(its)
    money = sum(
        each.cents - each.moved_cents
        for each in its.rows("invoicing", Payment)
        if days.counts_on(each) <= request.pay_by
        and each.received_on <= request.comes_by
        and each.waits_until is None
        and each.returned_on is None
    )
    money -= sum(each.cents for each in its.rows("invoicing", Refund))
    asked_for = sum(_most(policies[each.policy], each) for each in its.rows("invoicing", Charge))
    if 0 < asked_for <= money:
        return [f"INV-13: {its.household} asked, brought {money} of {asked_for}, and is {request.state}"]
    return []


def _most(policy: Policy, charge: Charge) -> int:
    """Return the most a charge could ask for, if it stood."""
    run = next((run for run in policy.months if run.first <= charge.month <= run.last), None)
    return max(charge.cents, run.net_cents if run else 0, *(each.before_cents for each in charge.rises), 0)
