"""Delinquency and grace: who is listed on the 1st, how long grace lasts, how it ends."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth, local_date
from bulkhead.kernel.decisions import Reason
from invoicing.domain import events
from invoicing.domain.account import Account
from invoicing.domain.money import put_policy, refresh_charges, settle
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Grace, ListDecision, ListRow, Policy
from invoicing.domain.sources import SOURCES
from invoicing.domain.standing import (
    Moment,
    Standing,
    day_before,
    end_of,
    everything_invoiced_is_paid,
    hangs_on_unheard,
    has_paid_a_full_month,
    standing_at,
)

PartOf: TypeAlias = Callable[[str], int]
"""Says which part of a carrier's list a row made now belongs to: 1 unless the list was closed without it."""

Action: TypeAlias = Literal["dunning", "pend-claims", "termination-notice", "terminate", "cancel"]


def decide_listing(
    account: Account,
    *,
    on: date,
    now: datetime,
    parameters: InvoicingParameters,
    part_of: PartOf,
    settled_before: Collection[CoverageMonth],
) -> None:
    """Decide the list of the 1st for a household: nothing, a first or further listing, the end (INV-7…11).

    Decided on money received or postmarked by the day before, whenever it is done (INV-17). An end that somebody
    asked for changes nothing of it for the months it leaves covered. ``settled_before`` are full months
    of the benefit year of which something was settled earlier than the rows at hand (INV-8). A household that hangs on
    money whose selection nobody has heard of yet stays undecided.
    """
    cutoff = day_before(on)
    if hangs_on_unheard(account, cutoff):
        return
    standing = standing_at(account, Moment.end_of(cutoff))
    grace = _grace_running(account, on=on, cutoff=cutoff)
    first = partial(
        _decide_first,
        account,
        standing,
        on=on,
        now=now,
        parameters=parameters,
        part_of=part_of,
        settled_before=settled_before,
    )
    if grace is None:
        outcome = first()
    else:
        month = _months_between(grace.first_month, CoverageMonth.of(on)) + 1
        if not standing.past_due(cutoff):
            outcome = "nothing-past-due"
            if grace.state == "open":
                _exit(account, grace, on=local_date(now), on_time_date=cutoff)
        elif grace.state == "open" and _but_for_returns_is_paid(account, cutoff):
            # What is past due was opened by a return since the last list: for that, grace begins today (INV-14).
            _exit(account, grace, on=local_date(now), on_time_date=cutoff)
            outcome = first()
        elif month <= grace.months:
            outcome = _continue(account, grace, standing, month=month, on=on, part_of=part_of)
        else:
            outcome = _expire(account, grace, standing, on=on, now=now, part_of=part_of)
    account.put(ListDecision(household=account.household, on=on, outcome=outcome, decided_on=local_date(now)))
    leave_grace_if_paid(account, now=now)


def _but_for_returns_is_paid(account: Account, cutoff: date) -> bool:
    """Whether nothing would be past due but for returns that became known since the list of the month before."""
    listed = day_before(cutoff.replace(day=1))
    return not standing_at(account, Moment.end_of(cutoff, returns_by=listed)).past_due(cutoff)


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
    settled_before: Collection[CoverageMonth],
) -> str:
    cutoff = day_before(on)
    policies = [
        policy for policy in account.policies() if policy.in_force(on) and policy.was_there(end_of(cutoff))
    ]
    first_month, then = CoverageMonth.of(on), end_of(cutoff)
    if not standing.past_due(cutoff) or not _some_premium(policies, [first_month], then):
        return "not-delinquent"
    if local_date(now) > on.replace(day=parameters.first_listing_latest_day):
        return "too-late"
    assisted = any(
        policy.known_at(then).is_assisted(first_month, by=parameters.grace_assistance) for policy in policies
    )
    paid_a_month = has_paid_a_full_month(account, year=on.year, cutoff=cutoff, before=settled_before)
    months = (
        parameters.grace_months_assisted if assisted and paid_a_month else parameters.grace_months_unassisted
    )
    grace = Grace(
        household=account.household,
        first_month=first_month,
        months=months,
        assisted=assisted,
        month=1,
        last_day=first_month.plus(months - 1).last_day,
        state="open",
    )
    account.put(grace)
    account.tell(
        events.GraceEntered(
            household=account.household,
            first_month=first_month,
            months=months,
            last_day=grace.last_day,
            past_due_cents=standing.past_due_cents(cutoff),
        ),
        on=on,
        reasons=(
            Reason(
                rule="INV-8",
                says=f"first listed as delinquent: grace of {months} calendar month(s)",
                citation="VHC §3; 45 CFR 156.270(d)",
                facts={
                    "first_month": str(first_month),
                    "last_day": str(grace.last_day),
                    "assisted": str(assisted).lower(),
                    "counts": parameters.grace_assistance,
                    "paid_a_full_month": str(paid_a_month).lower(),
                },
            ),
            *account.threshold.reasons(),
        ),
    )
    _list(account, grace, standing, policies, month=1, on=on, part_of=part_of)
    return "entered"


def _some_premium(policies: Iterable[Policy], months: Sequence[CoverageMonth], then: datetime) -> bool:
    """Whether one of them costs something in these months, by what was known then and still is so: what costs nothing
    makes nobody delinquent and does not end (ENR-7, INV-11, INV-17).
    """
    return any(policy.net_cents_at(month, then) for policy in policies for month in months)


def _continue(
    account: Account, grace: Grace, standing: Standing, *, month: int, on: date, part_of: PartOf
) -> str:
    if grace.state == "open":
        account.put(replace(grace, month=month))
        account.tell(
            events.GraceAdvanced(
                household=account.household,
                first_month=grace.first_month,
                month=month,
                months=grace.months,
                past_due_cents=standing.past_due_cents(day_before(on)),
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
    _list(account, grace, standing, _in_grace(account, grace, on), month=month, on=on, part_of=part_of)
    return "advanced"


def _in_grace(account: Account, grace: Grace, on: date) -> list[Policy]:
    """Return the policies that were in force on some day since the grace began: its end is about them, and not
    about one whose binder was not paid the day before, or that was only restored since.
    """
    first_day, cutoff = grace.first_month.first_day, end_of(day_before(on))
    return [
        each
        for each in account.policies()
        if each.was_there(cutoff) and each.stands and each.last_day >= first_day
    ]


def _expire(
    account: Account, grace: Grace, standing: Standing, *, on: date, now: datetime, part_of: PartOf
) -> str:
    """End coverage on the last day of the first grace month, in the past where grace had three (INV-11).

    What somebody asked to end by that day ends so for want of payment as well, and still does where nobody had asked
    after all: of two ends the earlier stands (INV-7). No carrier is to end it once more.
    """
    through = grace.first_month.last_day
    months = list(grace.first_month.until(CoverageMonth.of(on)))
    in_grace = _in_grace(account, grace, on)
    unpaid = [each for each in in_grace if _some_premium([each], months, end_of(day_before(on)))]
    ending = [
        each
        for each in in_grace
        if replace(each, asked_through=None).last_day > through
        and (each in unpaid or _goes_on_with_its_carrier(each, unpaid, after=through))
    ]
    lasting = [each for each in ending if each.last_day > through and each.billed_by_carrier is None]
    _list(account, grace, standing, lasting, month=None, on=on, part_of=part_of, through=through)
    decision = account.next_decision()
    account.put(
        replace(
            grace,
            state="expired",
            ended_on=local_date(now),
            ended_policies=tuple(each.policy for each in ending),
            decision=decision,
        )
    )
    account.tell(
        events.GraceExpired(
            household=account.household,
            first_month=grace.first_month,
            months=grace.months,
            decided_for=on,
            policies=tuple(events.PolicyEnd(policy=each.policy, through=through) for each in ending),
            decision=decision,
        ),
        on=on,
        reasons=(
            Reason(
                rule="INV-11",
                says="grace ran out and not everything invoiced was paid: coverage ends",
                citation="VHC §3",
                facts={"through": str(through), "grace_last_day": str(grace.last_day)},
            ),
            *account.threshold.reasons(),
        ),
    )
    ended = [replace(each, unpaid_through=through, unpaid_decision=decision) for each in ending]
    for policy in ended:
        put_policy(account, policy)
    refresh_charges(account, ended, now=now, reason="grace-expired")
    settle(account, now=now)
    return "expired"


def _goes_on_with_its_carrier(renewal: Policy, unpaid: Iterable[Policy], *, after: date) -> bool:
    """Whether coverage that ends for non-payment with its plan year was to go on as this, whose carrier bills for it:
    it costs nothing here, and falls all the same (ENR-14, CAR-1).
    """
    return (
        renewal.renewal
        and renewal.billed_by_carrier is not None
        and any(
            each.kind == renewal.kind and each.plan_year_ends == after < renewal.effective for each in unpaid
        )
    )


def leave_grace_if_paid(account: Account, *, now: datetime) -> bool:
    """End grace where everything invoiced is paid; return whether it did (INV-9).

    Judged at each arrival of money, by what was invoiced then, and only by money on time in grace. Money that
    turns out to have been on time before a listing undoes that listing the day it is known (I1).
    """
    grace = account.open_grace()
    if grace is None:
        return False
    eve = _eve_on_which_nothing_was_due(account, grace)
    if eve is not None:
        _exit(account, grace, on=local_date(now), on_time_date=eve)
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


def leave_grace_of_void_invoice(account: Account, *, now: datetime) -> bool:
    """End grace that began, or went on, only because of what is void now, as if that had never been past due, or where
    everything that is still invoiced is paid; return whether it did (INV-7, INV-9, OPS-5).
    """
    grace = account.open_grace()
    eve = None if grace is None else _eve_on_which_nothing_was_due(account, grace)
    if grace is None or eve is None:
        return leave_grace_if_paid(account, now=now)
    why = Reason(
        rule="INV-7",
        says="nothing was past due but what a void invoice had asked for",
        citation=SOURCES["INV-7"],
    )
    _exit(account, grace, on=local_date(now), on_time_date=eve, why=why)
    return True


def _eve_on_which_nothing_was_due(account: Account, grace: Grace) -> date | None:
    """Return the day before the first list of a grace on which, by what is known now, nothing was past due (I1)."""
    for listed in grace.first_month.until(grace.first_month.plus(grace.month - 1)):
        eve = day_before(listed.first_day)
        if not standing_at(account, Moment.end_of(eve)).past_due(eve):
            return eve
    return None


_ALL_PAID: Final = Reason(rule="INV-9", says="everything invoiced is paid", citation="VHC §3")


def _exit(account: Account, grace: Grace, *, on: date, on_time_date: date, why: Reason = _ALL_PAID) -> None:
    account.put(replace(grace, state="exited", ended_on=on, exit_on_time_date=on_time_date))
    account.tell(
        events.GraceExited(household=account.household, first_month=grace.first_month, exited_on=on),
        on=on,
        reasons=(
            why,
            *account.threshold.reasons(),
        ),
    )


def _list(
    account: Account,
    grace: Grace,
    standing: Standing,
    policies: Sequence[Policy],
    *,
    month: int | None,
    on: date,
    part_of: PartOf,
    through: date | None = None,
) -> None:
    """Put the household on the list of each carrier of these policies that costs it something (CAR-3).

    Each is told what the household must pay, all of it, for nothing less keeps its coverage (INV-9); and at the end,
    after a last covered day ``through``, what that is for its own policies.
    """
    charged = list(grace.first_month.until(CoverageMonth.of(on)))
    listed = [each for each in policies if _some_premium([each], charged, end_of(day_before(on)))]
    for carrier in sorted({each.carrier for each in listed}):
        own = [each for each in listed if each.carrier == carrier]
        action, effective = _action(month, grace.months), None
        if through is not None:
            action, effective = _end(own, through=through)
        mine = tuple(sorted(each.policy for each in own))
        row = ListRow(
            carrier=carrier,
            on=on,
            household=account.household,
            list_part=part_of(carrier),
            policies=mine,
            month=month,
            of=None if month is None else grace.months,
            past_due_cents=standing.past_due_cents(day_before(on)),
            pay_by=None if month is None else grace.last_day,
            claims=_claims(grace.months if month is None else month),
            action=action,
            effective=effective,
        )
        account.put(row)
        account.tell(
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
                    facts={
                        "cutoff": str(day_before(on)),
                        "carrier": row.carrier,
                        "past_due_cents": str(row.past_due_cents),
                        "months": " ".join(
                            sorted({str(each.month) for each in standing.past_due(day_before(on))})
                        ),
                    },
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


def _end(own: Sequence[Policy], *, through: date) -> tuple[Action, date]:
    """Return what a carrier is to do with a household's policies that end on a last day, and as of when (INV-11).

    Where none of them has begun by then, such as a renewal with another carrier, none ever was: it is called off.
    """
    first = min(each.effective for each in own)
    return ("terminate", through) if first <= through else ("cancel", first)


def _months_between(first: CoverageMonth, last: CoverageMonth) -> int:
    return (last.year - first.year) * 12 + last.month - first.month
