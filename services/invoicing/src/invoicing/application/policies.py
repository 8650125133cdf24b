"""What policies mean for an account."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import Impossible
from invoicing.application.facts import PlansSelected, PolicyCanceled, PolicyTerminated
from invoicing.domain import billing, binders, grace
from invoicing.domain.account import Account
from invoicing.domain.money import reverse_charge, settle
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Policy, Selection


class UnknownPolicy(Impossible):
    """An event ends a policy that was never selected."""


def take_up_selection(
    account: Account, fact: PlansSelected, *, now: datetime, parameters: InvoicingParameters
) -> None:
    """Charge the binder of a selection; invoice it at once when its date has passed (INV-1, INV-3)."""
    if account.find(Selection, fact.selection) is not None:
        return
    state = "open" if fact.binder_required else "not-required"
    billing.select_plans(
        account,
        selection=Selection(
            selection=fact.selection,
            household=fact.household,
            entered_on=fact.entered_on,
            invoice_on=billing.initial_invoice_date(fact.entered_on, parameters),
            due=None,
            state=state,
        ),
        policies=[
            Policy(
                policy=each.policy,
                household=fact.household,
                selection=fact.selection,
                plan=each.plan,
                carrier=each.carrier,
                kind=each.kind,
                effective=each.effective,
                plan_year_ends=each.coverage_ends,
                ends_on=each.coverage_ends,
                net_cents=each.net_cents,
                assisted=fact.assisted,
                state="selected" if fact.binder_required else "active",
            )
            for each in fact.policies
        ],
        now=now,
    )
    billing.issue_initial_invoice(account, now=now, parameters=parameters)


def cancel_policy(account: Account, fact: PolicyCanceled, *, now: datetime) -> None:
    """Call off a policy on request; what was canceled for an unpaid binder is so already."""
    policy = _policy(account, fact.policy)
    if policy.state in ("lapsed", "canceled"):
        return
    binders.cancel_selection_policies(account, [policy], now=now)
    grace.leave_grace_if_paid(account, now=now)


def terminate_policy(account: Account, fact: PolicyTerminated, *, now: datetime) -> None:
    """End a policy on request: later months are reversed, their money becomes credit (INV-4, INV-6)."""
    policy = _policy(account, fact.policy)
    if policy.ends_on <= fact.through:
        return
    account.put(replace(policy, state="terminated", ends_on=fact.through))
    for charge in account.charges("open", "settled"):
        if charge.policy == policy.policy and charge.month > CoverageMonth.of(fact.through):
            reverse_charge(account, charge, now=now, reason=fact.reason)
    settle(account, now=now)
    grace.leave_grace_if_paid(account, now=now)


def _policy(account: Account, policy: str) -> Policy:
    found = account.find(Policy, policy)
    if found is None:
        raise UnknownPolicy(f"policy {policy} was never selected")
    return found
