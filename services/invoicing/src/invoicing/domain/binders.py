"""Binders that are not paid: they lapse, and stand again when the money turns out to have been on time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from bulkhead.kernel.calendar import CoverageMonth, local_date
from bulkhead.kernel.decisions import Reason
from invoicing.domain import events
from invoicing.domain.account import Account
from invoicing.domain.money import restore_charge, reverse_charge, settle, unapplied_by_payment
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Payment, Policy, Selection


def overdue_binders(account: Account, *, on: date) -> list[Selection]:
    """Return the open selections whose binder's due date has passed on that day, the earliest due first."""
    return sorted(
        (
            each
            for each in account.rows(Selection)
            if each.state == "open" and each.due is not None and each.due < on
        ),
        key=lambda each: (_due(each), each.selection),
    )


def lapse_unpaid_binders(account: Account, *, on: date, now: datetime) -> list[Selection]:
    """Lapse the binders not paid by their due date; return those that did (ENR-6).

    A selection whose own premium is there, waiting only for that of another selection, does not lapse: its
    money was on time. Money received or postmarked later does not count, whenever this is decided.
    """
    lapsed: list[Selection] = []
    kept: list[Selection] = []
    for selection in overdue_binders(account, on=on):
        due = _due(selection)
        if _on_time_cents(account, by=due) >= _binder_cents(account, [*kept, selection]):
            kept.append(selection)
            continue
        lapsed.append(selection)
        _lapse(account, selection, now=now)
        policies = _lapsed_policies(account, [selection])
        account.say(
            events.BinderLapsed(
                household=account.household,
                selections=(selection.selection,),
                policies=tuple(each.policy for each in policies),
                due=due,
            ),
            on=on,
            reasons=(
                Reason(
                    rule="ENR-6",
                    says="the first premium was neither received nor postmarked by its due date",
                    citation="VHC §2",
                    facts={"due": str(due)},
                ),
            ),
        )
    if lapsed:
        settle(account, now=now)
    return lapsed


def cancel_selection_policies(account: Account, policies: Sequence[Policy], *, now: datetime) -> None:
    """Call off policies canceled on request: their charges are reversed, their money is free again."""
    ids = {each.policy for each in policies}
    for charge in account.charges("open", "settled"):
        if charge.policy in ids:
            reverse_charge(account, charge, now=now, reason="canceled")
    for policy in policies:
        account.put(replace(policy, state="canceled"))
    for selection in account.rows(Selection):
        mine = account.policies_of([selection.selection])
        if mine and all(each.state == "canceled" for each in mine) and selection.state == "open":
            account.put(replace(selection, state="canceled"))
    settle(account, now=now)


def restore_lapsed_binders(account: Account, *, now: datetime, parameters: InvoicingParameters) -> bool:
    """Restore lapsed selections whose whole payment was on time after all; return whether any was (INV-12).

    The money must have been received or postmarked by the due date and be known by the end of the month after
    it. One cent short does not restore.
    """
    lapsed = _restorable(account)
    if not lapsed:
        return False
    due = min(_due(each) for each in lapsed)
    if CoverageMonth.of(local_date(now)) > CoverageMonth.of(due).plus(parameters.postmark_months):
        return False
    policies = _lapsed_policies(account, lapsed)
    ids = {each.policy for each in policies}
    charges = [charge for charge in account.charges("reversed") if charge.binder and charge.policy in ids]
    if _on_time_cents(account, by=due) < sum(charge.cents for charge in charges):
        return False
    for charge in charges:
        restore_charge(account, charge, now=now, reason="binder-postmark")
    for selection in lapsed:
        account.put(replace(selection, state="open"))
    for policy in policies:
        account.put(replace(policy, state="selected"))
    account.say(
        events.ReinstatementGranted(
            household=account.household,
            policies=tuple(each.policy for each in policies),
            reason="postmark",
            binder=True,
        ),
        on=local_date(now),
        reasons=(
            Reason(
                rule="INV-12",
                says="the whole first premium was postmarked by its due date",
                citation="VHC §3",
                facts={"due": str(due)},
            ),
        ),
    )
    settle(account, now=now)
    return True


def _lapse(account: Account, selection: Selection, *, now: datetime) -> None:
    for charge in account.charges("open", "settled"):
        if charge.binder == selection.selection:
            reverse_charge(account, charge, now=now, reason="binder-lapsed")
    for policy in account.policies_of([selection.selection]):
        if policy.state == "selected":
            account.put(replace(policy, state="lapsed"))
    account.put(replace(selection, state="lapsed"))


def _due(selection: Selection) -> date:
    """Return the due date; a binder not invoiced yet is not due."""
    return selection.due or date.max


def _binder_cents(account: Account, selections: Sequence[Selection]) -> int:
    ids = {each.selection for each in selections}
    return sum(charge.cents for charge in account.charges("open") if charge.binder in ids)


def _on_time_cents(account: Account, *, by: date) -> int:
    on_time = {each.payment for each in account.rows(Payment) if each.on_time_date <= by}
    return sum(cents for payment, cents in unapplied_by_payment(account).items() if payment in on_time)


def _lapsed_policies(account: Account, selections: Sequence[Selection]) -> list[Policy]:
    found = account.policies_of(each.selection for each in selections)
    return [each for each in found if each.state == "lapsed"]


def _restorable(account: Account) -> list[Selection]:
    """Return the lapsed selections, the latest of each kind of plan, that no later selection has replaced."""
    taken = {each.kind for each in account.rows(Policy) if each.state in ("selected", "active")}
    found: list[Selection] = []
    lapsed = [each for each in account.rows(Selection) if each.state == "lapsed"]
    for selection in sorted(lapsed, key=lambda each: (_due(each), each.selection), reverse=True):
        kinds = {each.kind for each in _lapsed_policies(account, [selection])}
        if kinds and not kinds & taken:
            found.append(selection)
            taken |= kinds
    return found
