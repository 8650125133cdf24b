"""Delinquency and grace: who is listed on the 1st, how long grace lasts, how it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Literal, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth, local_date
from bulkhead.kernel.decisions import Reason
from invoicing.domain import events
from invoicing.domain.account import Account
from invoicing.domain.money import (
    Standing,
    day_before,
    everything_invoiced_is_paid,
    reverse_charge,
    settle,
    standing_on,
)
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Charge, Grace, ListDecision, ListRow, Policy

PartOf: TypeAlias = Callable[[str], int]
"""Says which part of a carrier's list a row made now belongs to: 1 unless the list was closed without it."""

Action: TypeAlias = Literal["dunning", "pend-claims", "termination-notice", "terminate"]


def decide_listing(
    account: Account, *, on: date, now: datetime, parameters: InvoicingParameters, part_of: PartOf
) -> None:
    """Decide the list of the 1st for a household: nothing, a first or further listing, the end (INV-7…11).

    Decided on money received or postmarked by the day before, whenever it is done (INV-17).
    """
    cutoff = day_before(on)
    standing = standing_on(account, cutoff)
    grace = _grace_running(account, on=on, cutoff=cutoff)
    if grace is None:
        outcome = _decide_first(account, standing, on=on, now=now, parameters=parameters, part_of=part_of)
    else:
        month = _months_between(grace.first_month, CoverageMonth.of(on)) + 1
        if month <= grace.months:
            outcome = _continue(account, grace, standing, month=month, on=on, part_of=part_of)
        elif not standing.unpaid or not standing.past_due:
            outcome = "nothing-past-due"
            if grace.state == "open":
                _exit(account, grace, on=local_date(now), on_time_date=cutoff)
        else:
            outcome = _expire(account, grace, standing, on=on, now=now, part_of=part_of)
    account.put(ListDecision(household=account.household, on=on, outcome=outcome, decided_on=local_date(now)))
    leave_grace_if_paid(account, now=now)


def _grace_running(account: Account, *, on: date, cutoff: date) -> Grace | None:
    # A grace that money after the cut-off ended was still running then: the list of the 1st says so.
    running = [
        each
        for each in account.rows(Grace)
        if each.first_month < CoverageMonth.of(on)
        and (
            each.state == "open"
            or (
                each.state == "exited"
                and each.exit_on_time_date is not None
                and each.exit_on_time_date > cutoff
            )
        )
    ]
    return max(running, key=lambda each: each.first_month, default=None)


def _decide_first(
    account: Account,
    standing: Standing,
    *,
    on: date,
    now: datetime,
    parameters: InvoicingParameters,
    part_of: PartOf,
) -> str:
    policies = _in_force(account, on)
    if not standing.past_due or not policies:
        return "not-delinquent"
    if local_date(now) > on.replace(day=parameters.first_listing_latest_day):
        return "too-late"
    first_month = CoverageMonth.of(on)
    months = _grace_months(account, policies, on=on, parameters=parameters)
    grace = Grace(
        household=account.household,
        first_month=first_month,
        months=months,
        month=1,
        last_day=first_month.plus(months - 1).last_day,
        state="open",
    )
    account.put(grace)
    account.say(
        events.GraceEntered(
            household=account.household,
            first_month=first_month,
            months=months,
            last_day=grace.last_day,
            past_due_cents=standing.past_due_cents,
        ),
        on=on,
        reasons=(
            Reason(
                rule="INV-8",
                says=f"first listed as delinquent: grace of {months} calendar month(s)",
                citation="VHC §3; 45 CFR 156.270(d)",
                facts={"first_month": str(first_month), "last_day": str(grace.last_day)},
            ),
        ),
    )
    _list(account, grace, standing, month=1, on=on, part_of=part_of)
    return "entered"


def _grace_months(
    account: Account, policies: Sequence[Policy], *, on: date, parameters: InvoicingParameters
) -> int:
    """Return the length of grace: long with assistance and a full month paid in the benefit year (INV-8)."""
    cutoff = day_before(on)
    unpaid = {charge.month for charge in standing_on(account, cutoff).unpaid}
    paid_a_month = any(
        charge.month.year == on.year and charge.month not in unpaid and charge.charged_on <= cutoff
        for charge in account.charges("open", "settled")
    )
    assisted = any(policy.assisted for policy in policies)
    return (
        parameters.grace_months_assisted if assisted and paid_a_month else parameters.grace_months_unassisted
    )


def _continue(
    account: Account, grace: Grace, standing: Standing, *, month: int, on: date, part_of: PartOf
) -> str:
    if grace.state == "open":
        account.put(replace(grace, month=month))
        account.say(
            events.GraceAdvanced(
                household=account.household,
                first_month=grace.first_month,
                month=month,
                months=grace.months,
                past_due_cents=standing.past_due_cents,
            ),
            on=on,
            reasons=(
                Reason(
                    rule="INV-10",
                    says=f"month {month} of {grace.months} of grace; claims: {_claims(month)}",
                    citation="VHC §3",
                ),
            ),
        )
    _list(account, grace, standing, month=month, on=on, part_of=part_of)
    return "advanced"


def _expire(
    account: Account, grace: Grace, standing: Standing, *, on: date, now: datetime, part_of: PartOf
) -> str:
    """End coverage on the last day of the first grace month, in the past where grace had three (INV-11)."""
    through = grace.first_month.last_day
    charged = {charge.policy for charge in account.rows(Charge)}
    ending = [
        each
        for each in sorted(account.rows(Policy), key=lambda each: each.policy)
        if each.state == "active" and each.policy in charged and each.ends_on > through
    ]
    _list(account, grace, standing, month=None, on=on, part_of=part_of, effective=through)
    account.put(
        replace(
            grace,
            state="expired",
            ended_on=local_date(now),
            ended_policies=tuple(each.policy for each in ending),
        )
    )
    reason = Reason(
        rule="INV-11",
        says="grace ran out and not everything invoiced was paid: coverage ends",
        citation="VHC §3",
        facts={"through": str(through), "grace_last_day": str(grace.last_day)},
    )
    account.say(
        events.GraceExpired(
            household=account.household,
            first_month=grace.first_month,
            months=grace.months,
            decided_for=on,
            policies=tuple(events.PolicyEnd(policy=each.policy, through=through) for each in ending),
        ),
        on=on,
        reasons=(reason,),
    )
    ids = {each.policy for each in ending}
    for policy in ending:
        account.put(replace(policy, state="terminated", ends_on=through))
    for charge in account.charges("open", "settled"):
        if charge.policy in ids and charge.month > grace.first_month:
            reverse_charge(account, charge, now=now, reason="grace-expired")
    settle(account, now=now)
    return "expired"


def leave_grace_if_paid(account: Account, *, now: datetime) -> bool:
    """End grace where everything invoiced is paid; return whether it did (INV-9).

    Judged at each arrival of money, by what was invoiced then, and only by money on time in grace. Money that
    turns out to have been on time before the first listing undoes that listing the day it is known.
    """
    grace = account.open_grace()
    if grace is None:
        return False
    before_grace = day_before(grace.first_month.first_day)
    if not standing_on(account, before_grace).past_due:
        _exit(account, grace, on=local_date(now), on_time_date=before_grace)
        return True
    moments = [
        (each.arrived_at, each.on_time_date)
        for each in account.payments()
        if local_date(each.arrived_at) >= grace.first_month.first_day and each.on_time_date <= grace.last_day
    ]
    if local_date(now) <= grace.last_day:
        moments.append((now, local_date(now)))
    for at, on_time_date in moments:
        if everything_invoiced_is_paid(account, at=at, on_time_by=grace.last_day):
            _exit(account, grace, on=local_date(at), on_time_date=on_time_date)
            return True
    return False


def _exit(account: Account, grace: Grace, *, on: date, on_time_date: date) -> None:
    account.put(replace(grace, state="exited", ended_on=on, exit_on_time_date=on_time_date))
    account.say(
        events.GraceExited(household=account.household, first_month=grace.first_month, exited_on=on),
        on=on,
        reasons=(Reason(rule="INV-9", says="everything invoiced is paid", citation="VHC §3"),),
    )


def _list(
    account: Account,
    grace: Grace,
    standing: Standing,
    *,
    month: int | None,
    on: date,
    part_of: PartOf,
    effective: date | None = None,
) -> None:
    """Put the household on the list of each carrier whose premium is past due (CAR-3)."""
    action = _action(month, grace.months)
    for carrier in sorted({charge.carrier for charge in standing.past_due}):
        policies = tuple(sorted({charge.policy for charge in standing.past_due if charge.carrier == carrier}))
        row = ListRow(
            carrier=carrier,
            on=on,
            household=account.household,
            list_part=part_of(carrier),
            policies=policies,
            month=month,
            of=None if month is None else grace.months,
            past_due_cents=standing.past_due_cents,
            pay_by=None if month is None else grace.last_day,
            claims=_claims(grace.months if month is None else month),
            action=action,
            effective=effective,
        )
        account.put(row)
        account.say(
            events.DelinquencyListed(
                household=row.household,
                carrier=row.carrier,
                on=row.on,
                list_part=row.list_part,
                policies=row.policies,
                month=row.month,
                of=row.of,
                past_due_cents=row.past_due_cents,
                pay_by=row.pay_by,
                claims=row.claims,
                action=row.action,
                effective=row.effective,
            ),
            on=on,
            reasons=(
                Reason(
                    rule="CAR-3",
                    says="a charge on an invoice whose on-time date has passed is unpaid (INV-7)",
                    citation="VHC §3",
                    facts={"cutoff": str(day_before(on)), "carrier": row.carrier},
                ),
            ),
        )


def _claims(month: int) -> Literal["pay", "pend"]:
    """Return what happens to claims in a grace month (INV-10)."""
    return "pay" if month == 1 else "pend"


def _action(month: int | None, months: int) -> Action:
    """Return what the carrier is to do (CAR-3)."""
    if month is None:
        return "terminate"
    if month == months:
        return "termination-notice"
    return "dunning" if month == 1 else "pend-claims"


def _in_force(account: Account, on: date) -> list[Policy]:
    return [each for each in account.rows(Policy) if each.state == "active" and each.ends_on >= on]


def _months_between(first: CoverageMonth, last: CoverageMonth) -> int:
    return (last.year - first.year) * 12 + last.month - first.month
