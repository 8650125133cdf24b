"""Coverage that ended for non-payment stands again when the money turns out to have been on time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bulkhead.kernel.calendar import CoverageMonth, local_date
from bulkhead.kernel.decisions import Reason
from invoicing.domain import events
from invoicing.domain.account import Account
from invoicing.domain.money import restore_charge, settle, unapplied_by_payment
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Grace, Payment, Policy


def reinstate_on_postmark(
    account: Account, payment: Payment, *, now: datetime, parameters: InvoicingParameters
) -> bool:
    """Reinstate without a gap where this payment makes it so; return whether it did (INV-12).

    It must have been received or postmarked by the last day of grace, be known in the month after it, and,
    with money held or in credit, pay everything invoiced by the time it arrived, reversed charges included.
    One cent short does not.
    """
    grace = _expired_grace(account)
    if grace is None or payment.on_time_date > grace.last_day:
        return False
    window = CoverageMonth.of(grace.last_day).plus(parameters.postmark_months)
    if CoverageMonth.of(local_date(payment.known_at)) > window:
        return False
    ended = [account.get(Policy, policy) for policy in grace.ended_policies]
    ids = set(grace.ended_policies)
    reversed_charges = [
        charge
        for charge in account.charges("reversed")
        if charge.policy in ids and charge.month > grace.first_month
    ]
    invoiced = [
        charge
        for charge in [*account.charges("open"), *reversed_charges]
        if charge.invoiced_by(payment.arrived_at)
    ]
    if sum(charge.cents for charge in invoiced) > sum(unapplied_by_payment(account).values()):
        return False
    for charge in reversed_charges:
        restore_charge(account, charge, now=now, reason="postmark")
    for policy in ended:
        account.put(replace(policy, state="active", ends_on=policy.plan_year_ends))
    account.put(replace(grace, state="reinstated", ended_on=local_date(now)))
    account.say(
        events.ReinstatementGranted(
            household=account.household, policies=tuple(sorted(ids)), reason="postmark", binder=False
        ),
        on=local_date(now),
        reasons=(
            Reason(
                rule="INV-12",
                says="everything invoiced was paid by money received or postmarked by the last day of grace",
                citation="VHC §3",
                facts={"grace_last_day": str(grace.last_day), "on_time_date": str(payment.on_time_date)},
            ),
        ),
    )
    settle(account, now=now)
    return True


def _expired_grace(account: Account) -> Grace | None:
    expired = [each for each in account.rows(Grace) if each.state == "expired"]
    return max(expired, key=lambda each: each.first_month, default=None)
