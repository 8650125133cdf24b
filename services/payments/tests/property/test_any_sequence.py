"""Any sequence of paying, settling, falling, refunding and days passing keeps every cent in one place."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from payments.application.facts import PremiumSettled, RefundApproved
from payments.domain.events import RemittanceIssued
from payments.domain.payments import Payment
from payments.domain.remittances import RemittanceLine
from payments.domain.settlements import Settlement, Share
from services.payments.tests.builders import Row, World, at, settled, unsettled

HOUSEHOLDS = ("avery", "june", "kim")
CARRIERS = ("BCBSVT", "DELTA")

CENTS = st.integers(min_value=1, max_value=90_000)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.sampled_from(HOUSEHOLDS), CENTS, st.integers(0, 9)),
        st.tuples(st.just("check"), st.sampled_from(("", *HOUSEHOLDS, "stranger")), CENTS),
        st.tuples(
            st.just("settle"), st.sampled_from(HOUSEHOLDS), st.integers(1, 100), st.sampled_from(CARRIERS)
        ),
        st.tuples(st.just("fall"), st.integers(0, 50)),
        st.tuples(st.just("refund"), st.sampled_from(HOUSEHOLDS), st.integers(1, 100)),
        st.tuples(st.just("days"), st.integers(1, 6)),
        st.tuples(st.just("sleep"), st.integers(1, 12)),
    ),
    max_size=40,
)


@dataclass
class Ledger:
    """What invoicing would know, kept apart from everything payments keeps."""

    free: Counter[str] = field(default_factory=Counter)
    standing: list[PremiumSettled] = field(default_factory=list)
    numbers: int = 0

    def next(self) -> int:
        self.numbers += 1
        return self.numbers


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_PAY_9_every_cent_is_in_exactly_one_place_and_PAY_6_each_premium_is_remitted_once(
    steps: list[tuple[Any, ...]],
) -> None:
    asyncio.run(play(steps))


async def play(steps: list[tuple[Any, ...]]) -> None:
    world = await World(start=at("2015-12-14T10:00")).opened()
    await world.heard_of(*HOUSEHOLDS)
    ledger = Ledger()
    for step in steps:
        await ACTS[step[0]](world, ledger, *step[1:])
        await settle_books(world, ledger)
    await pass_days(world, ledger, 14)
    await settle_books(world, ledger)
    assert all(each.remittance for each in world.rows(Settlement) if each.unsettled_on is None and each.cents)
    assert all(each.recovery for each in world.rows(Settlement) if each.unsettled_on and each.remittance)


async def pay(world: World, ledger: Ledger, household: str, cents: int, days_ago: int) -> None:
    received = world.now.date() - timedelta(days=days_ago)
    payment = await world.pay(household, cents=cents, received=received.isoformat())
    ledger.free[payment.payment] += cents


async def check(world: World, ledger: Ledger, account: str, cents: int) -> None:
    number, day = ledger.next(), world.now.date().isoformat()
    before = {payment.payment for payment in world.rows(Payment)}
    row = Row(account=account, amount=f"{cents // 100}.{cents % 100:02d}", received=day)
    world.drop(row, name=f"{number}.csv", deposited=day, sequence=number)
    await world.settle_down()
    for payment in world.rows(Payment):
        if payment.payment not in before:
            ledger.free[payment.payment] += payment.amount_cents


async def settle(world: World, ledger: Ledger, household: str, percent: int, carrier: str) -> None:
    own = [each for each in world.rows(Payment) if each.household == household and ledger.free[each.payment]]
    parts = [(each, max(1, ledger.free[each.payment] * percent // 100)) for each in own[:2]]
    if not parts:
        return
    number = ledger.next()
    fact = settled(
        parts, settlement=f"s{number}", policy=f"{household}-{carrier}", carrier=carrier, on=world.now.date()
    )
    await world.hear(fact)
    ledger.standing.append(fact)
    ledger.free.subtract({each.payment: cents for each, cents in parts})


async def fall(world: World, ledger: Ledger, which: int) -> None:
    if not ledger.standing:
        return
    fact = ledger.standing.pop(which % len(ledger.standing))
    await world.hear(unsettled(fact, on=world.now.date()))
    ledger.free.update({share.payment: share.cents for share in fact.funded_by})


async def refund(world: World, ledger: Ledger, household: str, percent: int) -> None:
    own = [each for each in world.rows(Payment) if each.household == household and ledger.free[each.payment]]
    shares = tuple(
        Share(payment=each.payment, cents=max(1, ledger.free[each.payment] * percent // 100)) for each in own
    )
    if not shares:
        return
    total = sum(share.cents for share in shares)
    await world.hear(
        RefundApproved(household=household, refund=f"r{ledger.next()}", cents=total, taken_from=shares)
    )
    ledger.free.subtract({share.payment: share.cents for share in shares})


async def pass_days(world: World, _ledger: Ledger, days: int) -> None:
    await world.advance((world.now + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M"))


async def sleep(world: World, _ledger: Ledger, days: int) -> None:
    """Be away for some days, begin anew, and catch up on all that was missed at once."""
    world.set((world.now + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M"))
    world.restart()
    await world.settle_down()


ACTS = {
    "pay": pay,
    "check": check,
    "settle": settle,
    "fall": fall,
    "refund": refund,
    "days": pass_days,
    "sleep": sleep,
}


async def settle_books(world: World, ledger: Ledger) -> None:
    report = await world.books()
    assert report.balanced
    assert report.places.not_applied_cents == sum(ledger.free.values())
    lines, issued = world.rows(RemittanceLine), world.said(RemittanceIssued)
    net = Counter[str]()
    for line in lines:
        net[line.settlement] += line.cents
    issued_on = {
        line.settlement: event.business_date for event in issued for line in event.lines if line.cents > 0
    }
    for settlement in world.rows(Settlement):
        assert net[settlement.settlement] in (0, settlement.cents)
        if settlement.unsettled_on is not None and settlement.remittance is not None:
            assert issued_on[settlement.settlement] <= settlement.unsettled_on
    told = Counter[tuple[str, int]]((line.settlement, line.cents) for event in issued for line in event.lines)
    assert all(times == 1 for times in told.values())
    assert len(told) == len(lines)
    for carrier in CARRIERS:
        own = [event for event in issued if event.carrier == carrier]
        assert sum(event.total_cents for event in own) - (own[-1].carried_cents if own else 0) == sum(
            line.cents for line in lines if line.carrier == carrier
        )
        assert all(event.total_cents >= 0 for event in own)
        for before, after in pairwise(own):
            assert after.brought_forward_cents == before.carried_cents
            assert after.business_date > before.business_date
