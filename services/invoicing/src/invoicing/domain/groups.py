"""What of an account money can settle: its charges in groups, what is owed still, and the money that is here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from invoicing.domain.account import Account
from invoicing.domain.allocation import Group, Money, binder_key, month_key, rest_key
from invoicing.domain.records import Adjustment, Charge, Payment, Selection

NEVER_WHOLE_CENTS = 10**15
"""More than is ever paid: what waits for a selection nobody has heard of yet pays for nothing meanwhile."""


def group_key(account: Account, charge: Charge) -> str:
    """Return the group a charge is in: its binder's while that is open, else its month's (INV-5)."""
    selection = None if charge.binder is None else account.find(Selection, charge.binder)
    return (
        binder_key(selection.selection)
        if selection and selection.state == "open"
        else month_key(charge.month)
    )


def group_of(account: Account, key: str, charges: Sequence[Charge]) -> Group:
    """Return charges as the group of that key."""
    binder = binder_of(key, charges)
    cents = sum(each.cents for each in charges)
    return Group(
        key=key,
        cents=cents,
        least_cents=account.threshold.least_cents(cents),
        since=max(each.charged_at for each in charges),
        month=None if binder else charges[0].month,
        due=account.get(Selection, binder).due if binder else None,
    )


def rests_of(charges: Iterable[Charge]) -> dict[str, list[Charge]]:
    """Return the settled charges of which something is owed still, by the key of what that is (INV-15)."""
    rests: dict[str, list[Charge]] = {}
    for charge in charges:
        if charge.state == "settled" and charge.rest_cents and charge.settled_as:
            rests.setdefault(rest_key(charge.settled_as), []).append(charge)
    return rests


def rest_group(key: str, charges: Sequence[Charge]) -> Group:
    """Return what is owed still of charges that were settled for less: the first thing money of their month pays."""
    return Group(
        key=key,
        cents=sum(each.rest_cents for each in charges),
        since=max(each.charged_at for each in charges),
        month=min(each.month for each in charges),
        rest=True,
    )


def binder_of(key: str, charges: Sequence[Charge]) -> str | None:
    """Return the selection whose binder these charges are, None where they are a month's."""
    return next((each.binder for each in charges if each.binder and key == binder_key(each.binder)), None)


def by_group(account: Account, charges: Sequence[Charge]) -> dict[str, list[Charge]]:
    """Return charges by their group's key."""
    groups: dict[str, list[Charge]] = {}
    for charge in charges:
        groups.setdefault(group_key(account, charge), []).append(charge)
    return groups


def money_of(payment: Payment, cents: int) -> Money:
    """Return cents of a payment as money that goes somewhere."""
    return Money(
        payment=payment.payment,
        cents=cents,
        arrived_at=payment.arrived_at,
        on_time_date=payment.on_time_date,
        toward=payment.toward,
        whole=cents == payment.kept_cents and not payment.held,
    )


def awaited(account: Account, payments: Sequence[Payment]) -> list[Group]:
    """Return what money waits for whose payer named a selection that nobody here has heard of yet (INV-5)."""
    return [
        Group(key=each.toward[0], cents=NEVER_WHOLE_CENTS, since=each.arrived_at)
        for each in payments
        if each.waits_until is not None and each.selection and account.find(Selection, each.selection) is None
    ]


def stop_waiting(account: Account, *, on: date) -> list[Payment]:
    """Free the money that named a selection nobody has heard of until that day; return those payments."""
    over = [each for each in account.payments() if each.waits_until is not None and each.waits_until < on]
    # What it was named for holds it no more, though younger money of the same name may still wait.
    freed = [replace(each, waits_until=None, toward=()) for each in over]
    for payment in freed:
        account.put(payment)
    return freed


def name_instead(account: Account, before: str, selection: str, *, waits_until: date) -> None:
    """Let money that paid a selection's binder, or was named for it, be as if named for the selection that takes its
    place: nothing else has it meanwhile (INV-5).
    """
    account.put(replace(account.get(Selection, before), selected_as=selection))
    if account.find(Selection, selection) is not None:
        return
    old, new = binder_key(before), binder_key(selection)
    paid = {
        funding.payment
        for charge in account.charges("settled")
        if charge.binder == before
        for funding in charge.funded_by
    }
    for each in account.payments():
        if each.payment in paid or old in each.toward:
            toward = (new, *(key for key in each.toward if key not in (old, new)))
            account.put(replace(each, selection=selection, toward=toward, waits_until=waits_until))


def named_now(account: Account, selection: str) -> str:
    """Return the selection that money is for which names this one: itself, or what takes its place (INV-5)."""
    found = account.find(Selection, selection)
    while found is not None and found.selected_as is not None:
        selection = found.selected_as
        found = account.find(Selection, selection)
    return selection


def as_asked(account: Account, charges: Iterable[Charge], at: datetime) -> list[Charge]:
    """Return charges with what was asked of each at an instant, without those of which nothing was: what one has risen
    by since an invoice showed it is asked for by the next, and so is what only a void one showed (INV-4, INV-7, OPS-5).
    """
    invoiced: dict[str, int] = {}
    for each in account.rows(Adjustment):
        charge = account.find(Charge, each.charge)
        if charge is not None and not each.shown_by(at):
            invoiced[each.charge] = invoiced.get(each.charge, charge.cents) - each.cents
    asked = [
        replace(each, cents=min(each.cents_at(at), invoiced.get(each.charge, each.cents)))
        for each in charges
        if not each.unasked_at(at)
    ]
    return [each for each in asked if each.cents > 0]


def open_groups(
    account: Account, *, unheard_waits: bool = True, asked_at: datetime | None = None
) -> tuple[list[Group], list[Money]]:
    """Return what is open, at what it costs now or was asked for at an instant, and what could pay it; without
    ``unheard_waits`` also money that waits for a selection nobody has heard of.
    """
    still = account.charges("open")
    still = still if asked_at is None else as_asked(account, still, asked_at)
    groups = [group_of(account, key, charges) for key, charges in by_group(account, still).items()]
    groups += [rest_group(key, charges) for key, charges in rests_of(account.charges("settled")).items()]
    payments = [each for each in account.payments() if each.free_cents]
    waiting = awaited(account, payments) if unheard_waits else []
    return groups + waiting, [money_of(each, each.free_cents) for each in payments]
