"""Money on an account: what is owed, what pays it, and how things stood on a date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.ids import derived_id
from invoicing.domain import events
from invoicing.domain.account import Account
from invoicing.domain.records import Adjustment, Charge, Funding, Payment, Selection


def unapplied_by_payment(account: Account) -> dict[str, int]:
    """Return the cents of each payment that settle nothing, where there are any, oldest arrival first."""
    left = {each.payment: each.cents - each.refunded_cents for each in account.payments()}
    for charge in account.charges("settled"):
        for funding in charge.funded_by:
            left[funding.payment] -= funding.cents
    return {payment: cents for payment, cents in left.items() if cents > 0}


def owed_cents(account: Account) -> int:
    """Return what is charged and not settled, before held money."""
    return sum(charge.cents for charge in account.charges("open"))


def held_and_credit_cents(account: Account) -> tuple[int, int]:
    """Return the money waiting for the rest of a coverage month, and the money that belongs to no charge."""
    unapplied = sum(unapplied_by_payment(account).values())
    return (unapplied, 0) if account.charges("open") else (0, unapplied)


def add_charge(account: Account, charge: Charge, *, on: date) -> None:
    """Charge one policy's month, for the first and only time (INV-3)."""
    account.put(charge)
    account.book(
        kind="charged",
        identity=charge.charge,
        on=on,
        debit="receivable",
        credit="premium",
        cents=charge.cents,
        charge=charge.charge,
    )


def settle(account: Account, *, now: datetime) -> None:
    """Apply money to the oldest coverage months first, each settled only when it is paid whole (INV-5).

    A month that is not covered stops the rest: younger months wait behind it. Binders satisfied by this
    are told (ENR-5, INV-1).
    """
    left = unapplied_by_payment(account)
    by_id = {each.payment: each for each in account.payments()}
    for _month, group in groupby(account.charges("open"), key=lambda charge: charge.month):
        charges = list(group)
        usable = _usable(account, charges, [by_id[payment] for payment in left])
        if sum(left[payment] for payment in usable) < sum(charge.cents for charge in charges):
            break
        for charge in charges:
            _settle_one(account, charge, usable, left, on=local_date(now))
        left = {payment: cents for payment, cents in left.items() if cents > 0}
    _satisfy_binders(account, on=local_date(now))


def _usable(account: Account, charges: Sequence[Charge], payments: Iterable[Payment]) -> list[str]:
    # Money after a binder's due date does not buy the binder, whenever its lapse is decided (INV-17).
    dues = [
        selection.due
        for charge in charges
        if charge.binder is not None
        and (selection := account.find(Selection, charge.binder)) is not None
        and selection.due is not None
    ]
    latest = min(dues, default=date.max)
    return [each.payment for each in payments if each.on_time_date <= latest]


def _settle_one(
    account: Account, charge: Charge, usable: Sequence[str], left: dict[str, int], *, on: date
) -> None:
    need = charge.cents
    funding: list[Funding] = []
    for payment in usable:
        part = min(need, left[payment])
        if part:
            funding.append(Funding(payment=payment, cents=part))
            left[payment] -= part
            need -= part
    settled = replace(
        charge, state="settled", settlement=charge.settlement + 1, settled_on=on, funded_by=tuple(funding)
    )
    account.put(settled)
    account.book(
        kind="settled",
        identity=settled.settlement_id,
        on=on,
        debit="unapplied",
        credit="receivable",
        cents=charge.cents,
        charge=charge.charge,
    )
    account.say(
        events.PremiumSettled(
            household=account.household,
            policy=charge.policy,
            carrier=charge.carrier,
            month=charge.month,
            cents=charge.cents,
            settled_on=on,
            settlement=settled.settlement_id,
            funded_by=settled.funded_by,
        ),
        on=on,
        reasons=(
            Reason(
                rule="INV-5", says="the coverage month is paid in full for all policies", citation="VHC §3"
            ),
        ),
    )


def _satisfy_binders(account: Account, *, on: date) -> None:
    waiting = [each for each in account.rows(Selection) if each.state == "open"]
    if not waiting:
        return
    ids = sorted(each.selection for each in waiting)
    binders = [
        charge for charge in account.rows(Charge) if charge.binder in ids and charge.state != "reversed"
    ]
    if any(charge.state == "open" for charge in binders):
        return
    for selection in waiting:
        account.put(replace(selection, state="satisfied"))
    policies = account.policies_of(ids)
    for policy in policies:
        account.put(replace(policy, state="active"))
    account.say(
        events.BinderSatisfied(
            household=account.household,
            selections=tuple(ids),
            policies=tuple(policy.policy for policy in policies),
            paid_cents=sum(charge.cents for charge in binders),
            satisfied_on=on,
        ),
        on=on,
        reasons=(
            Reason(
                rule="ENR-5",
                says="the first premium is paid in full for all plan selections",
                citation="VHC §2",
            ),
        ),
    )


def reverse_charge(account: Account, charge: Charge, *, now: datetime, reason: str) -> None:
    """Take a charge back as entries on it; money that settled it is free again (INV-3, INV-4, INV-5)."""
    on = local_date(now)
    identity = f"{charge.charge}.{charge.settlement}.{now.isoformat()}"
    if charge.state == "settled":
        account.book(
            kind="unsettled",
            identity=charge.settlement_id,
            on=on,
            debit="receivable",
            credit="unapplied",
            cents=charge.cents,
            charge=charge.charge,
        )
        account.say(
            events.PremiumUnsettled(
                household=account.household,
                policy=charge.policy,
                carrier=charge.carrier,
                month=charge.month,
                cents=charge.cents,
                unsettled_on=on,
                settlement=charge.settlement_id,
                reason="reversed",
            ),
            on=on,
            reasons=(
                Reason(rule="INV-5", says="the charge was reversed; what was paid for it is free again"),
            ),
        )
    account.book(
        kind="reversed",
        identity=identity,
        on=on,
        debit="premium",
        credit="receivable",
        cents=charge.cents,
        charge=charge.charge,
    )
    _note_adjustment(
        account, charge, -charge.cents, became_credit=charge.state == "settled", now=now, reason=reason
    )
    account.put(replace(charge, state="reversed", settled_on=None, funded_by=()))


def restore_charge(account: Account, charge: Charge, *, now: datetime, reason: str) -> None:
    """Put a reversed charge back, open, on its one identity (INV-3)."""
    account.book(
        kind="restored",
        identity=f"{charge.charge}.{charge.settlement}.{now.isoformat()}",
        on=local_date(now),
        debit="receivable",
        credit="premium",
        cents=charge.cents,
        charge=charge.charge,
    )
    _note_adjustment(account, charge, charge.cents, became_credit=False, now=now, reason=reason)
    account.put(replace(charge, state="open"))


def _note_adjustment(
    account: Account, charge: Charge, cents: int, *, became_credit: bool, now: datetime, reason: str
) -> None:
    if charge.invoice is None:
        return
    account.put(
        Adjustment(
            adjustment=derived_id(
                "adjustment", charge.charge, str(charge.settlement), now.isoformat(), str(cents)
            ),
            household=account.household,
            charge=charge.charge,
            policy=charge.policy,
            month=charge.month,
            cents=cents,
            became_credit=became_credit,
            made_at=now,
            reason=reason,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an account stood: charges not covered, those of them past due, and the money waiting."""

    unpaid: tuple[Charge, ...]
    past_due: tuple[Charge, ...]
    held_cents: int

    @property
    def past_due_cents(self) -> int:
        """Past-due charges less held money, never below 0."""
        return max(0, sum(charge.cents for charge in self.past_due) - self.held_cents)


def cover(charges: Iterable[Charge], money_cents: int) -> tuple[list[Charge], int]:
    """Return the charges this money leaves uncovered, whole months and the oldest first, and what is left."""
    months = [list(group) for _month, group in groupby(charges, key=lambda charge: charge.month)]
    for index, month in enumerate(months):
        need = sum(charge.cents for charge in month)
        if money_cents < need:
            return [charge for later in months[index:] for charge in later], money_cents
        money_cents -= need
    return [], money_cents


def standing_on(account: Account, cutoff: date) -> Standing:
    """Return how the account stood at the end of a day, by money received or postmarked by then (INV-17).

    Computed from dated facts, so that a decision made late comes out as it would have on the day. Binders
    that are still unpaid are never past due (CAR-3).
    """
    money = sum(
        each.cents - each.refunded_cents for each in account.payments() if each.on_time_date <= cutoff
    )
    charges = [charge for charge in account.charges("open", "settled") if charge.charged_on <= cutoff]
    unpaid, held = cover(charges, money)
    open_binders = {each.selection for each in account.rows(Selection) if each.state == "open"}
    past_due = [
        charge for charge in unpaid if charge.past_due_on(cutoff) and charge.binder not in open_binders
    ]
    return Standing(unpaid=tuple(unpaid), past_due=tuple(past_due), held_cents=held)


def everything_invoiced_is_paid(account: Account, *, at: datetime, on_time_by: date) -> bool:
    """Whether money arrived by an instant, on time by a date, covers all invoiced by that instant (INV-9)."""
    money = sum(
        each.cents - each.refunded_cents
        for each in account.payments()
        if each.arrived_at <= at and each.on_time_date <= on_time_by
    )
    open_binders = {each.selection for each in account.rows(Selection) if each.state == "open"}
    invoiced = [
        charge
        for charge in account.charges("open", "settled")
        if charge.invoiced_by(at) and charge.binder not in open_binders
    ]
    return not cover(invoiced, money)[0]


def day_before(day: date) -> date:
    """Return the day before."""
    return day - timedelta(days=1)
