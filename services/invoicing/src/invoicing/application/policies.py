"""What policies mean for an account."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import Impossible
from bulkhead.service import Occasion
from invoicing.application import facts
from invoicing.domain import asking, billing, binders, grace, reinstatement, returns
from invoicing.domain.account import Account
from invoicing.domain.groups import name_instead
from invoicing.domain.money import charge_id, put_policy, refresh_charges, settle
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Charge, Grace, Policy, PremiumMonths, Selection, Superseded

_AboutAPolicy: TypeAlias = (
    facts.PolicyCanceled
    | facts.PolicyTerminated
    | facts.PolicyEndAsked
    | facts.PolicyReinstated
    | facts.PolicyChanged
)


class UnknownPolicy(Impossible):
    """An event is about a policy that was never selected."""


def take_up_selection(
    account: Account,
    fact: facts.PlansSelected,
    occasion: Occasion,
    *,
    parameters: InvoicingParameters,
) -> None:
    """Charge the binder of a selection, from the instant it was made (INV-1, INV-3). The next run makes its invoice,
    that evening at the latest: by then the money that was paid with it has been heard of as well.
    """
    with account.marked(*returns.marks_of(fact.correction)):
        _take_up(
            account,
            fact,
            occasion,
            entered_on=fact.entered_on,
            state="open" if fact.binder_required else "not-required",
            parameters=parameters,
        )


def take_up_renewal(
    account: Account,
    fact: facts.PlansRenewed,
    occasion: Occasion,
    *,
    parameters: InvoicingParameters,
) -> None:
    """Bill the policies of a renewal from the run on that comes to their first month: there is no binder (ENR-14)."""
    _take_up(
        account,
        fact,
        occasion,
        entered_on=fact.renewed_on,
        state="not-required",
        parameters=parameters,
    )


def _take_up(
    account: Account,
    fact: facts.PlansSelected | facts.PlansRenewed,
    occasion: Occasion,
    *,
    entered_on: date,
    state: Literal["open", "not-required"],
    parameters: InvoicingParameters,
) -> None:
    if account.find(Selection, fact.selection) is not None:
        return
    released_at = None if state == "open" else occasion.happened_at
    billing.select_plans(
        account,
        selection=Selection(
            selection=fact.selection,
            household=fact.household,
            entered_on=entered_on,
            invoice_on=billing.initial_invoice_date(entered_on, parameters),
            due=None,
            invoiced=state == "not-required",
            state=state,
        ),
        policies=[_policy(fact, each, released_at=released_at) for each in fact.policies],
        selected_at=occasion.happened_at,
        now=occasion.now,
    )


def _policy(
    fact: facts.PlansSelected | facts.PlansRenewed,
    selected: facts.SelectedPolicy,
    *,
    released_at: datetime | None,
) -> Policy:
    bills = None if selected.billed_by_carrier is None else selected.billed_by_carrier.name
    renews = isinstance(fact, facts.PlansRenewed)
    return Policy(
        policy=selected.policy,
        household=fact.household,
        selection=fact.selection,
        plan=selected.plan,
        carrier=selected.carrier,
        kind=selected.kind,
        effective=selected.effective,
        renewal=renews,
        plan_year_ends=selected.coverage_ends,
        months=_months(selected.months, billed_by_carrier=bills),
        billed_by_carrier=bills,
        released_at=released_at if bills is None or renews else None,
        billed_through=CoverageMonth.of(selected.effective).plus(-1),
    )


def begin_policy(account: Account, fact: facts.PolicyActivated, occasion: Occasion) -> None:
    """Know since when a policy stands that its carrier bills for: no binder here says so (CAR-1)."""
    policy = _known(account, fact.policy)
    if policy.billed_by_carrier is not None and not policy.released:
        put_policy(account, replace(policy, released_at=occasion.happened_at))


def cancel_policy(
    account: Account, fact: facts.PolicyCanceled, occasion: Occasion, *, parameters: InvoicingParameters
) -> None:
    """Call off a policy as enrollment decided: its charges are reversed, their money is free again. Where its selection
    is made anew, what was for the one is for the other (INV-5); else what had lapsed and was paid in time may stand in
    its place (INV-12).
    """
    if fact.decided_by == "invoicing":
        return
    policy = _known(account, fact.policy)
    if fact.selected_as is not None:
        waits_until = occasion.today + timedelta(days=parameters.unheard_selection_days)
        name_instead(account, policy.selection, fact.selected_as, waits_until=waits_until)
    with account.marked(*returns.marks_of(fact.correction)):
        _apply(account, replace(policy, canceled=True), now=occasion.now, reason=_why(fact, "canceled"))
        if fact.selected_as is None and binders.restore_replaced_binders(
            account, now=occasion.now, parameters=parameters
        ):
            settle(account, now=occasion.now)
            grace.leave_grace_if_paid(account, now=occasion.now)


def terminate_policy(account: Account, fact: facts.PolicyTerminated, occasion: Occasion) -> None:
    """End a policy as enrollment decided: later months are reversed, a month covered in part costs its share
    (INV-4, INV-6, INV-18). Of two ends the earlier stands (INV-7).
    """
    if fact.decided_by == "enrollment":
        with account.marked(*returns.marks_of(fact.correction)):
            _end(account, fact, occasion)


def note_asked_end(
    account: Account, fact: facts.PolicyEndAsked, occasion: Occasion, *, parameters: InvoicingParameters
) -> None:
    """Know until when coverage that ended for non-payment may stand again, and let it where what was on time pays all
    until then: in whatever order the money and the end become known (INV-7, INV-12).
    """
    with account.marked(*returns.marks_of(fact.correction)):
        _end(account, fact, occasion)
        if reinstatement.reinstate_on_any_postmark(account, now=occasion.now, parameters=parameters):
            settle(account, now=occasion.now)
            grace.leave_grace_if_paid(account, now=occasion.now)


def _end(account: Account, fact: facts.PolicyTerminated | facts.PolicyEndAsked, occasion: Occasion) -> None:
    policy = _known(account, fact.policy)
    months = _changed(policy, fact.months)
    _apply(
        account,
        replace(policy, asked_through=fact.through, months=months),
        now=occasion.now,
        reason=_why(fact, fact.reason),
        at=occasion.happened_at,
    )


def change_policy(account: Account, fact: facts.PolicyChanged, occasion: Occasion) -> None:
    """Let a policy cost something else by month: what was billed is adjusted, and the next invoice shows it (INV-4).

    A month that was billed at nothing, and costs something now, was never charged: the next run catches it up (INV-3).
    """
    policy = _known(account, fact.policy)
    changed = _to_bill_again(account, replace(policy, months=_changed(policy, fact.months)))
    with account.marked(*returns.marks_of(fact.correction)):
        _apply(account, changed, now=occasion.now, reason=_why(fact, fact.changed), at=occasion.happened_at)


def _to_bill_again(account: Account, policy: Policy) -> Policy:
    """Return a policy as it is from now on, with the months to bill of which it cost nothing when they were."""
    first = next(
        (
            month
            for month in CoverageMonth.of(policy.effective).until(policy.billed_through)
            if policy.net_cents(month) and account.find(Charge, charge_id(policy, month)) is None
        ),
        None,
    )
    return policy if first is None else replace(policy, billed_through=first.plus(-1))


def reinstate_policy(account: Account, fact: facts.PolicyReinstated, occasion: Occasion) -> None:
    """Let a policy stand again as staff decided: its charges are restored as of then (INV-13). A month that cost
    nothing before, and something now, is billed by the next run (INV-3).

    An end for non-payment that was decided since is not what they undid: it stands.
    """
    if fact.decided_by == "invoicing":
        return
    policy = _known(account, fact.policy)
    undone = policy.unpaid_decision is not None and policy.unpaid_decision == fact.undoes
    unpaid_through = None if undone else policy.unpaid_through
    restored = replace(
        policy,
        canceled=False,
        restored_at=occasion.happened_at,
        # An end for non-payment that stands is none that somebody asked for.
        asked_through=None
        if fact.coverage_ends in (policy.plan_year_ends, unpaid_through)
        else fact.coverage_ends,
        unpaid_through=unpaid_through,
        unpaid_decision=None if undone else policy.unpaid_decision,
        months=_changed(policy, fact.months),
    )
    # What else the same decision ended may still be restored by a check that was on time.
    others_ended = any(
        each.unpaid_decision == fact.undoes and each.policy != policy.policy for each in account.policies()
    )
    for period in account.rows(Grace):
        if undone and not others_ended and period.state == "expired" and period.decision == fact.undoes:
            account.put(replace(period, state="reinstated", ended_on=occasion.today))
    with account.marked(*returns.marks_of(fact.correction)):
        restored = _to_bill_again(account, restored)
        _apply(account, restored, now=occasion.now, reason=_why(fact, "error"), at=occasion.happened_at)


def _apply(
    account: Account, policy: Policy, *, now: datetime, reason: str, at: datetime | None = None
) -> None:
    """Keep a policy as it is now, and what follows: its charges, the binder, what the money settles, grace."""
    before = account.get(Policy, policy.policy)
    if before == policy:
        return
    if before.months != policy.months:
        known = Superseded(until=at or now, months=before.months)
        policy = replace(policy, superseded=(*before.superseded, known))
    put_policy(account, policy)
    refresh_charges(account, [policy], now=now, reason=reason, at=at)
    asking.reinstate_on_request(account, now=now)
    binders.close_selections(account, now=now)
    settle(account, now=now)
    grace.leave_grace_if_paid(account, now=now)


def _why(fact: _AboutAPolicy, reason: str) -> str:
    """Return what an adjustment says it is for: a correction says so whatever it did (OPS-5)."""
    return reason if fact.correction is None else "correction"


def _known(account: Account, policy: str) -> Policy:
    found = account.find(Policy, policy)
    if found is None:
        raise UnknownPolicy("the policy was never selected")
    return found


def _changed(policy: Policy, runs: Iterable[facts.PremiumMonths]) -> tuple[PremiumMonths, ...]:
    """Return what a policy costs by month with these changed."""
    return _with(policy.months, _months(runs, billed_by_carrier=policy.billed_by_carrier))


def _months(
    runs: Iterable[facts.PremiumMonths], *, billed_by_carrier: str | None
) -> tuple[PremiumMonths, ...]:
    """Return what months cost here: nothing where their carrier bills, and what assistance they have is its matter too
    (CAR-1). So they have no charges, and make nobody delinquent (ENR-7).
    """
    if billed_by_carrier is not None:
        return tuple(
            PremiumMonths(first=each.first, last=each.last, net_cents=0, aptc_cents=0, subsidy_cents=0)
            for each in runs
        )
    return tuple(
        PremiumMonths(
            first=each.first,
            last=each.last,
            net_cents=each.net_cents,
            aptc_cents=each.aptc_cents,
            subsidy_cents=each.subsidy_cents,
        )
        for each in runs
    )


def _amounts(run: PremiumMonths) -> tuple[int, int, int]:
    return run.net_cents, run.aptc_cents, run.subsidy_cents


def _with(before: Sequence[PremiumMonths], changed: Sequence[PremiumMonths]) -> tuple[PremiumMonths, ...]:
    """Return the runs with these months changed."""
    if not changed:
        return tuple(before)
    by_month = {
        month: run for runs in (before, changed) for run in runs for month in run.first.until(run.last)
    }
    found: list[PremiumMonths] = []
    for month, run in sorted(by_month.items()):
        last = found[-1] if found else None
        if last and _amounts(last) == _amounts(run) and last.last.plus(1) == month:
            found[-1] = replace(last, last=month)
        else:
            found.append(replace(run, first=month, last=month))
    return tuple(found)
