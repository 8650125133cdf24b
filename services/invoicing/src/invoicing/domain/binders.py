"""Binders that are not paid: they lapse, and stand again when the money turns out to have been on time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from bulkhead.kernel.calendar import CoverageMonth, local_date
from bulkhead.kernel.decisions import Reason
from invoicing.domain import events
from invoicing.domain.account import Account
from invoicing.domain.allocation import Group, Share, apply_money, binder_key
from invoicing.domain.groups import by_group, open_groups
from invoicing.domain.money import put_policy, refresh_charges, satisfy_binder, settle, settle_group
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Charge, Payment, Policy, Selection
from invoicing.domain.standing import end_of


def lapse_unpaid_binders(account: Account, *, on: date, now: datetime) -> list[Selection]:
    """Lapse the binders not paid by their due date, the earliest due first; return those that did (ENR-6).

    All that has come is applied first: money received or postmarked later pays for no binder, whenever this is
    decided. One that money pays which waits for a selection nobody has heard of does not lapse meanwhile (I1).
    """
    settle(account, now=now)
    groups, money = open_groups(account, unheard_waits=False)
    paid = apply_money(groups=groups, money=money).paid
    overdue = [
        each
        for each in account.rows(Selection)
        if each.state == "open"
        and each.due is not None
        and each.due < on
        and binder_key(each.selection) not in paid
    ]
    lapsed = [
        each
        for each in sorted(overdue, key=lambda each: (_due(each), each.selection))
        if not _is_paid_as_asked(account, each, now=now)
    ]
    for selection in lapsed:
        _lapse(account, selection, on=on, now=now)
    if overdue:
        settle(account, now=now)
    return lapsed


def _is_paid_as_asked(account: Account, selection: Selection, *, now: datetime) -> bool:
    """Pay a binder with money that only waits for what no invoice had asked of its months by the due date; return
    whether that did (INV-7).
    """
    key = binder_key(selection.selection)
    charges = by_group(account, account.charges("open")).get(key, [])
    shares = _shares_by_due(account, selection)
    if shares is not None:
        settle_group(account, key, charges, shares, now=now)
    return shares is not None


def _shares_by_due(account: Account, selection: Selection, *more: Group) -> Sequence[Share] | None:
    """Return whose money pays a binder, one of the open groups or of those given: what was on time and its months had
    no claim on by the due date, at what was asked of them. What somebody has is safer than what they add.
    """
    due = _due(selection)
    groups, money = open_groups(account, asked_at=end_of(due))
    timely = [each for each in money if each.on_time_date <= due]
    then = [each for each in groups if local_date(each.since) <= due]
    return apply_money(groups=[*then, *more], money=timely).paid.get(binder_key(selection.selection))


def _lapse(account: Account, selection: Selection, *, on: date, now: datetime) -> None:
    decision = account.next_decision()
    policies = [each for each in account.policies_of(selection.selection) if each.stands]
    account.put(replace(selection, state="lapsed", decision=decision))
    lapsed = [replace(each, lapsed=True) for each in policies]
    for policy in lapsed:
        put_policy(account, policy)
    refresh_charges(account, lapsed, now=now, reason="binder-lapsed")
    due = _due(selection)
    account.tell(
        events.BinderLapsed(
            household=account.household,
            selection=selection.selection,
            policies=tuple(each.policy for each in lapsed),
            due=due,
            decision=decision,
        ),
        on=on,
        reasons=(
            Reason(
                rule="ENR-6",
                says="the first premium was neither received nor postmarked by its due date",
                citation="VHC §2",
                facts={"due": str(due)},
            ),
            *account.cutoffs.reasons(due),
            *account.threshold.reasons(),
        ),
    )


def restore_lapsed_binders(
    account: Account, payment: Payment, *, now: datetime, parameters: InvoicingParameters
) -> bool:
    """Restore each lapsed selection that this payment, on time after all, makes paid; return whether any was (INV-12).

    Of several the latest due comes first: it takes the place of those before it.
    An automatic renewal is no such place: what the household chose takes that of what it was given (ENR-14).
    The money must have been received or postmarked by the due date and have come by the end of the month after
    it, whenever that is known. One cent short does not restore. Call it before money that has just come goes elsewhere.
    """
    restored = False
    lapsed = [each for each in account.rows(Selection) if each.state == "lapsed"]
    for selection in sorted(lapsed, key=lambda each: (_due(each), each.selection), reverse=True):
        if _is_replaced(account, selection):
            continue
        last = CoverageMonth.of(_due(selection)).plus(parameters.postmark_months)
        if CoverageMonth.of(payment.received_on) <= last:
            restored |= _restore(account, selection, now=now)
    return restored


def restore_replaced_binders(account: Account, *, now: datetime, parameters: InvoicingParameters) -> bool:
    """Restore each lapsed selection in whose place nothing stands any more, and that money on time pays, whenever it
    came; return whether any was (INV-12).
    """
    found = [
        restore_lapsed_binders(account, each, now=now, parameters=parameters) for each in account.payments()
    ]
    return any(found)


def _restore(account: Account, selection: Selection, *, now: datetime) -> bool:
    due = _due(selection)
    policies = [
        replace(each, lapsed=False) for each in account.policies_of(selection.selection) if each.lapsed
    ]
    key = binder_key(selection.selection)
    first_month = {each.policy: CoverageMonth.of(each.effective) for each in policies}
    charges = [
        charge
        for charge in account.charges("reversed")
        if charge.binder == selection.selection and charge.month == first_month.get(charge.policy)
    ]
    costs = {each.policy: each.net_cents(first_month[each.policy]) for each in policies}
    # Its invoice asked for no more, whatever its premium has risen to since.
    costing = sum(min(costs[each.policy], each.invoiced_cents or 0) for each in charges)
    # Where it costs nothing any more, what its invoice asked must have come all the same: nothing pays no binder.
    needed = costing or sum(each.invoiced_cents or 0 for each in charges)
    if not needed:
        return False
    binder = Group(
        key=key,
        cents=needed,
        least_cents=account.threshold.least_cents(needed),
        since=min(charge.charged_at for charge in charges),
        due=due,
    )
    shares = _shares_by_due(account, selection, binder)
    if shares is None:
        return False
    account.put(replace(selection, state="open", decision=None))
    for policy in policies:
        put_policy(account, policy)
    refresh_charges(account, policies, now=now, reason="binder-postmark")
    account.tell(
        events.ReinstatementGranted(
            household=account.household,
            policies=tuple(each.policy for each in policies),
            reason="postmark",
            binder=True,
            decision=account.next_decision(),
            undoes=selection.decision or "",
        ),
        on=local_date(now),
        reasons=(
            Reason(
                rule="INV-12",
                says="the whole first premium was received or postmarked by its due date",
                citation="VHC §3",
                facts={"due": str(due)},
            ),
            *account.cutoffs.reasons(due),
            *account.threshold.reasons(),
        ),
    )
    if costing:
        restored = [account.get(Charge, charge.charge) for charge in charges]
        settle_group(account, key, [each for each in restored if each.state == "open"], shares, now=now)
    else:
        satisfy_binder(account, account.get(Selection, selection.selection), now=now)
    return True


def close_selections(account: Account, *, now: datetime) -> None:
    """Close the open selections that await no money any more: canceled where no policy of them stands (ENR-9),
    satisfied where those that stand cost nothing in their first month (ENR-7).
    """
    for selection in account.rows(Selection):
        policies = account.policies_of(selection.selection)
        if selection.state != "open" or not policies:
            continue
        if not any(each.stands for each in policies):
            account.put(replace(selection, state="canceled"))
        elif not any(charge.binder == selection.selection for charge in account.charges("open")):
            satisfy_binder(account, selection, now=now)


def _due(selection: Selection) -> date:
    """Return the due date; a binder not invoiced yet is not due."""
    return selection.due or date.max


def _is_replaced(account: Account, selection: Selection) -> bool:
    """Whether another plan of a kind that is paid for stands for some day of a lapsed selection, and is no automatic
    renewal that gives way to it.
    """
    mine: list[Policy] = [replace(each, lapsed=False) for each in account.policies_of(selection.selection)]
    others = [each for each in account.policies() if each.released and each.selection != selection.selection]
    return any(
        each.kind == other.kind and each.overlaps(other) and not other.gives_way_to(each)
        for each in mine
        for other in others
    )
