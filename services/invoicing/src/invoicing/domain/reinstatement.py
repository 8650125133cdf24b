"""Coverage that ended for non-payment stands again when the money turns out to have been on time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from bulkhead.kernel.calendar import CoverageMonth, local_date
from bulkhead.kernel.decisions import Reason
from invoicing.domain import events
from invoicing.domain.account import Account
from invoicing.domain.money import put_policy, refresh_charges
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Charge, Grace, Payment, Policy
from invoicing.domain.standing import Moment, day_before, standing_at


def reinstate_on_postmark(
    account: Account, payment: Payment, *, now: datetime, parameters: InvoicingParameters
) -> bool:
    """Reinstate without a gap where this payment makes it so; return whether it did (INV-12).

    It must have been received or postmarked by the last day of grace, have come by the end of the month after
    it, whenever that is known, and, with other money that was on time by the same test, pay everything invoiced
    by that day, reversed charges included. Late money does not help, in whatever order the two arrive; one cent
    short does not reinstate. Call it before the payment goes elsewhere: an hour-old binder does not eat it.
    """
    grace = _expired_grace(account)
    if grace is None or payment.on_time_date > grace.last_day:
        return False
    # When it came counts, not when a bank or an outage let it be known.
    window = CoverageMonth.of(grace.last_day).plus(parameters.postmark_months)
    if CoverageMonth.of(payment.received_on) > window:
        return False
    policies = ended_by(account, grace)
    if not policies:
        return False
    # A return that no list of this grace told of would not have ended it (INV-14).
    moment = Moment.end_of(grace.last_day, returns_by=day_before(grace.last_day.replace(day=1)))
    standing = standing_at(account, moment, restored=restored_charges(account, policies))
    if any(charge.invoiced_through(grace.last_day) for charge in standing.unpaid):
        return False
    stand_again(
        account,
        grace,
        policies,
        ground="postmark",
        reason=Reason(
            rule="INV-12",
            says="everything invoiced was paid by money received or postmarked by the last day of grace",
            citation="VHC §3",
            facts={"grace_last_day": str(grace.last_day), "on_time_date": str(payment.on_time_date)},
        ),
        now=now,
    )
    return True


def reinstate_on_any_postmark(account: Account, *, now: datetime, parameters: InvoicingParameters) -> bool:
    """Reinstate without a gap where less is to be paid than was known when the money came, and what was on time pays
    it; return whether it did (INV-12).
    """
    return any(
        reinstate_on_postmark(account, each, now=now, parameters=parameters) for each in account.payments()
    )


def ended_by(account: Account, grace: Grace) -> list[Policy]:
    """Return the policies whose coverage this grace's end took, as they would stand without it."""
    return [
        replace(policy, unpaid_through=None, unpaid_decision=None)
        for policy in account.policies()
        if policy.unpaid_decision == grace.decision and policy.policy in grace.ended_policies
    ]


def restored_charges(account: Account, policies: Sequence[Policy]) -> list[Charge]:
    """Return the reversed charges of these policies as they would stand."""
    by_id = {each.policy: each for each in policies}
    return [
        replace(charge, cents=cents, state="open")
        for charge in account.charges("reversed")
        if charge.policy in by_id and (cents := by_id[charge.policy].net_cents(charge.month))
    ]


def stand_again(
    account: Account,
    grace: Grace,
    policies: Sequence[Policy],
    *,
    ground: Literal["postmark", "asked"],
    reason: Reason,
    now: datetime,
) -> None:
    """Undo the end of these policies without a gap, restore their charges, and say so (INV-12, INV-13)."""
    for policy in policies:
        put_policy(account, policy)
    refresh_charges(account, policies, now=now, reason=ground)
    account.put(replace(grace, state="reinstated", ended_on=local_date(now)))
    account.tell(
        events.ReinstatementGranted(
            household=account.household,
            policies=tuple(each.policy for each in policies),
            reason=ground,
            binder=False,
            decision=account.next_decision(),
            undoes=grace.decision or "",
        ),
        on=local_date(now),
        reasons=(reason, *account.cutoffs.reasons(grace.last_day), *account.threshold.reasons()),
    )


def _expired_grace(account: Account) -> Grace | None:
    expired = [each for each in account.rows(Grace) if each.state == "expired"]
    return max(expired, key=lambda each: each.first_month, default=None)
