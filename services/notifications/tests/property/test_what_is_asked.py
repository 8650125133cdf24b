"""Two topics tell of a household's money, with no order between them: what a letter asks at the end is the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead.kernel.calendar import CoverageMonth
from notifications.domain.amounts import Since, changed_since
from notifications.domain.coverage import Policy
from notifications.domain.money import (
    BINDER,
    Account,
    Asked,
    Funding,
    Settled,
    binder_lapsed,
    invoiced,
    letter_sent,
    paid,
    settled,
    unsettled,
)
from notifications.domain.notices import InvoiceLine

Told: TypeAlias = Callable[[Account], Account]

JANUARY = CoverageMonth(2016, 1)
CENTS = (500, 1000, 2000, 4000, 5000)


def policy(name: str, *, active: bool) -> Policy:
    return Policy(
        policy=name,
        household="june",
        selection=f"{name}-selection",
        plan="PLAN",
        carrier="CARRIER",
        binder_cents=4000,
        effective=date(2016, 1, 1),
        coverage_ends=date(2016, 12, 31),
        state="active" if active else "selected",
        through=None,
        turn=0,
        contact_version=1,
    )


POLICIES = {"silver": policy("silver", active=True), "dental": policy("dental", active=False)}
SELECTION = POLICIES["dental"].selection


def settle(account: Account, *, premium: Settled) -> Account:
    after = account.invoices
    return settled(
        account,
        Settled(
            settlement=premium.settlement,
            group=premium.group,
            policy=premium.policy,
            month=premium.month,
            cents=premium.cents,
            funded_by=premium.funded_by,
            after=after,
        ),
    )


def asked(number: int, *, payments: int, chance: random.Random, initial: bool) -> Asked:
    cents = chance.choice(CENTS)
    return Asked(
        invoice=f"i{number}",
        number=number,
        payments=payments,
        kind="initial" if initial else "monthly",
        selection=SELECTION if initial else None,
        issued_on=date(2016, 1, 5),
        due=date(2016, 1, 26),
        on_time_until=date(2016, 1, 31),
        cents=cents,
        before_cents=0,
        lines=(
            InvoiceLine(
                policy="dental" if initial else "silver", month=JANUARY.plus(number), net_cents=cents
            ),
        ),
        letter=True,
    )


def life(chance: random.Random) -> tuple[list[Told], list[Told]]:
    """Return what the two topics tell, each in its order: receivables of what of the payments was heard so far."""
    came = [
        (f"p{number}", chance.choice(CENTS), chance.choice((None, None, SELECTION))) for number in range(1, 7)
    ]
    payments: list[Told] = [
        partial(paid, payment=name, cents=cents, selection=selection, invoice=None)
        for name, cents, selection in came
    ]
    receivables: list[Told] = []
    heard, number, first, open_binder = 0, 0, chance.randrange(1, 4), False
    for _ in range(12):
        match chance.choice(("hear", "invoice", "settle", "lapse", "sent", "unsettle")):
            case "hear":
                heard = min(len(came), heard + 1)
            case "invoice":
                number += 1
                initial = number == first
                open_binder |= initial
                receivables.append(
                    partial(invoiced, asked=asked(number, payments=heard, chance=chance, initial=initial))
                )
            case "settle" if heard and number:
                name, cents, _ = came[chance.randrange(heard)]
                of_binder = open_binder and chance.random() < 0.4
                open_binder &= not of_binder
                receivables.append(
                    partial(
                        settle,
                        premium=Settled(
                            settlement=f"s{len(receivables)}",
                            group=f"{BINDER}{SELECTION}" if of_binder else "month:any",
                            policy="dental" if of_binder else "silver",
                            month=JANUARY.plus(first if of_binder else chance.randint(1, number)),
                            cents=cents,
                            funded_by=(Funding(payment=name, cents=cents),),
                            after=0,
                        ),
                    )
                )
            case "lapse" if open_binder:
                open_binder = False
                receivables.append(partial(binder_lapsed, selection=SELECTION))
            case "sent" if number:
                receivables.append(partial(letter_sent, invoice=f"i{chance.randint(1, number)}"))
            case "unsettle" if receivables:
                receivables.append(partial(unsettled, settlement=f"s{chance.randrange(len(receivables))}"))
            case _:
                pass
    return receivables, payments


def hear(streams: list[list[Told]], chance: random.Random) -> dict[str, Since]:
    """Return what lowers each invoice whose letter is to go out, the streams heard in some order."""
    left = [list(stream) for stream in streams]
    account = Account(household="june")
    while any(left):
        account = chance.choice([each for each in left if each]).pop(0)(account)
    return {
        each.invoice: changed_since(account, invoice=each.invoice, policies=POLICIES)
        for each in account.asked
        if each.letter
    }


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_NOT_1_whichever_topic_is_heard_first_a_letter_asks_for_the_same(chance: random.Random) -> None:
    streams = list(life(chance))
    first = hear(streams, chance)
    for _ in range(4):
        assert hear(streams, chance) == first


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_NOT_1_what_lowers_an_invoice_is_never_below_0_nor_above_what_it_asked(chance: random.Random) -> None:
    for since in hear(list(life(chance)), chance).values():
        assert since.received_cents >= 0
        assert since.dropped_cents >= 0
        assert since.received_cents + since.dropped_cents <= max(CENTS)
