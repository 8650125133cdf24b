"""Invoices, money and policies of one household, and what of its invoices is left to ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from bulkhead.kernel.calendar import CoverageMonth
from notifications.domain.amounts import changed_since
from notifications.domain.coverage import CoverageState, Policy
from notifications.domain.money import (
    Account,
    Asked,
    Came,
    Funding,
    Settled,
    binder_lapsed,
    invoiced,
    paid,
    settled,
)
from notifications.domain.notices import InvoiceLine

FEB, MAR = CoverageMonth(2016, 2), CoverageMonth(2016, 3)


def monthly(
    number: int = 1,
    *,
    cents: int = 50000,
    net_cents: int = 50000,
    before_cents: int = 0,
    payments: int = 0,
    month: CoverageMonth = FEB,
    letter: bool = True,
) -> Asked:
    return Asked(
        invoice=f"m{number}",
        number=number,
        payments=payments,
        kind="monthly",
        selection=None,
        issued_on=date(2016, 1, 5),
        due=date(2016, 1, 26),
        on_time_until=date(2016, 1, 31),
        cents=cents,
        before_cents=before_cents,
        lines=(InvoiceLine(policy="silver", month=month, net_cents=net_cents),),
        letter=letter,
    )


def initial(
    number: int = 2,
    *,
    cents: int = 4000,
    net_cents: int | None = None,
    payments: int = 0,
    due: date = date(2016, 1, 26),
    letter: bool = True,
) -> Asked:
    return Asked(
        invoice=f"i{number}",
        number=number,
        payments=payments,
        kind="initial",
        selection=f"s{number}",
        issued_on=date(2016, 1, 5),
        due=due,
        on_time_until=due,
        cents=cents,
        before_cents=0,
        lines=(InvoiceLine(policy=f"p{number}", month=FEB, net_cents=net_cents or cents),),
        letter=letter,
    )


def policy(
    name: str,
    selection: str,
    *,
    cents: int = 4000,
    state: CoverageState = "selected",
    through: date | None = None,
) -> Policy:
    return Policy(
        policy=name,
        household="june",
        selection=selection,
        plan="DENT",
        carrier="DELTA",
        binder_cents=cents,
        effective=date(2016, 2, 1),
        coverage_ends=date(2016, 12, 31),
        state=state,
        through=through,
        turn=0,
        contact_version=1,
    )


SILVER = policy("silver", "s0", cents=50000, state="active")
POLICIES = {each.policy: each for each in (SILVER, policy("p2", "s2"), policy("p3", "s3", cents=5000))}


def came(cents: int, **named: str) -> Came:
    """Return a payment; it gets its number when it is heard of."""
    given: dict[str, Any] = {"selection": None, "invoice": None} | named
    return Came(payment="", number=0, cents=cents, **given)


def month_paid(by: Mapping[str, int], *, month: CoverageMonth = FEB, policy: str = "silver") -> Settled:
    return Settled(
        settlement=f"{policy}.{month}.1",
        group=f"month:{month}",
        policy=policy,
        month=month,
        cents=sum(by.values()),
        funded_by=tuple(Funding(payment=each, cents=cents) for each, cents in by.items()),
        after=0,
    )


def binder_paid(selection: str, by: Mapping[str, int], *, policy: str = "p2") -> Settled:
    return replace(month_paid(by, policy=policy), group=f"binder:{selection}")


def heard(*happened: Asked | Came | Settled | str) -> Account:
    """Return the account that hears this in this order; payments are called pay1, pay2 and so on, and
    a selection's name is that its binder lapsed."""
    account = Account(household="june")
    for each in happened:
        match each:
            case Asked():
                account = invoiced(account, each)
            case Came():
                account = paid(
                    account,
                    payment=f"pay{account.payments + 1}",
                    cents=each.cents,
                    selection=each.selection,
                    invoice=each.invoice,
                )
            case Settled():
                account = settled(account, replace(each, after=account.invoices))
            case str():
                account = binder_lapsed(account, each)
    return account


def since(account: Account, policies: Mapping[str, Policy] = POLICIES) -> dict[str, int]:
    """Return what came for each invoice whose letter is to go out; nothing was dropped of any."""
    changes = {
        each.invoice: changed_since(account, invoice=each.invoice, policies=policies)
        for each in account.asked
        if each.letter
    }
    assert all(not each.dropped_cents for each in changes.values())
    return {invoice: each.received_cents for invoice, each in changes.items()}
