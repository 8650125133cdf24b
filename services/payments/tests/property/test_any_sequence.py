"""Any sequence of paying, settling, falling, refunding and days passing keeps every cent in one place."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from payments.application.facts import PremiumsSettled, RefundApproved, SettledPremium
from payments.domain.events import RemittanceIssued
from payments.domain.payments import Payment
from payments.domain.remittances import Remittance, RemittanceLine
from payments.domain.settlements import Settlement, Share
from services.payments.tests.builders import Row, Staff, World, at, group_settled, premium, unsettled

HOUSEHOLDS = ("avery", "june", "kim")
CARRIERS = ("BCBSVT", "DELTA")

CENTS = st.integers(min_value=1, max_value=90_000)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.sampled_from(HOUSEHOLDS), CENTS, st.integers(0, 9)),
        st.tuples(st.just("check"), st.sampled_from(("", *HOUSEHOLDS, "stranger")), CENTS),
        st.tuples(
            st.just("settle"),
            st.sampled_from(HOUSEHOLDS),
            st.lists(st.tuples(st.integers(1, 100), st.sampled_from(CARRIERS)), min_size=1, max_size=3),
        ),
        st.tuples(st.just("fall"), st.integers(0, 50), st.integers(0, 2)),
        st.tuples(st.just("give back"), st.integers(0, 50)),
        st.tuples(
            st.just("move"), st.integers(0, 50), st.sampled_from(HOUSEHOLDS), st.sampled_from((1, 40, 100))
        ),
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
    standing: list[PremiumsSettled] = field(default_factory=list)
    numbers: int = 0

    def next(self) -> int:
        self.numbers += 1
        return self.numbers


@settings(max_examples=60, deadline=None)
@given(STEPS)
@example(
    [
        ("pay", "june", 50_000, 9),
        ("days", 1),
        ("pay", "june", 40_000, 0),
        ("settle", "june", [(100, "BCBSVT"), (100, "DELTA")]),  # of Wednesday's one has cleared
        ("days", 3),
    ]
)
def test_PAY_9_every_cent_is_in_exactly_one_place_and_PAY_6_a_month_goes_out_whole_and_once(
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


async def settle(world: World, ledger: Ledger, household: str, premiums: list[tuple[int, str]]) -> None:
    """Settle a month of one to three policies, each by the first one or two payments that have free money."""
    asked: list[SettledPremium] = []
    for percent, carrier in premiums:
        own = [
            each
            for each in world.rows(Payment)
            if each.household == household and ledger.free[each.payment] > 0
        ]
        own = own[: 1 + percent % 2]
        parts = [(each, max(1, ledger.free[each.payment] * percent // 100)) for each in own]
        if parts:
            number = ledger.next()
            policy = f"{household}-{number}"
            asked.append(premium(parts, settlement=f"s{number}", policy=policy, carrier=carrier))
            ledger.free.subtract({each.payment: cents for each, cents in parts})
    if asked:
        fact = group_settled(*asked, household=household, on=world.now.date(), group=f"month:{ledger.next()}")
        await world.hear(fact)
        ledger.standing.append(fact)


async def fall(world: World, ledger: Ledger, which: int, part: int) -> None:
    """Let one premium of a settled month fall; the others stand."""
    if not ledger.standing:
        return
    fact = ledger.standing.pop(which % len(ledger.standing))
    part %= len(fact.premiums)
    fallen = fact.premiums[part]
    await world.hear(unsettled(fact, on=world.now.date(), which=part))
    ledger.free.update({share.payment: share.cents for share in fallen.funded_by})
    rest = tuple(each for each in fact.premiums if each is not fallen)
    if rest:
        ledger.standing.append(replace(fact, premiums=rest))


async def give_back(world: World, ledger: Ledger, which: int) -> None:
    """Return a payment: what it settles falls, and what was refunded of it is missing."""
    own = [each for each in world.rows(Payment) if not each.is_gone]
    if not own:
        return
    payment = own[which % len(own)]
    await world.give_back(payment, cents=payment.kept_cents)
    await settle_books(world, ledger, returned=payment.kept_cents)
    ledger.free[payment.payment] -= payment.kept_cents
    await fall_with(world, ledger, payment)


async def move(world: World, ledger: Ledger, which: int, to: str, percent: int) -> None:
    """Move part of a payment to another household: what it settles falls where not enough of it is free."""
    own = [each for each in world.rows(Payment) if not each.is_gone and each.household != to]
    if not own:
        return
    payment, staff = own[which % len(own)], Staff(world, number=ledger.next())
    cents = max(1, payment.kept_cents * percent // 100)
    correction = await staff.move(payment, (to, cents))
    if correction.state == "requested":
        await staff.decide(correction, "approve", by="bea")
    ledger.free[correction.moves[0].arrives_as] += cents
    ledger.free[payment.payment] -= cents
    await settle_books(world, ledger)
    if ledger.free[payment.payment] < 0:
        await fall_with(world, ledger, payment)


async def fall_with(world: World, ledger: Ledger, payment: Payment) -> None:
    """Let all fall that a payment settles."""
    for number, fact in enumerate(list(ledger.standing)):
        for part, each in enumerate(fact.premiums):
            if any(share.payment == payment.payment for share in each.funded_by):
                await world.hear(unsettled(fact, on=world.now.date(), which=part))
                ledger.free.update({share.payment: share.cents for share in each.funded_by})
        stand = tuple(
            each
            for each in fact.premiums
            if all(share.payment != payment.payment for share in each.funded_by)
        )
        ledger.standing[number] = replace(fact, premiums=stand)
    ledger.standing = [fact for fact in ledger.standing if fact.premiums]


async def refund(world: World, ledger: Ledger, household: str, percent: int) -> None:
    own = [
        each for each in world.rows(Payment) if each.household == household and ledger.free[each.payment] > 0
    ]
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
    "give back": give_back,
    "move": move,
    "refund": refund,
    "days": pass_days,
    "sleep": sleep,
}


def require_whole_groups(world: World) -> None:
    """Whenever a premium was remitted, all of its group were that stood then, and all their money had
    cleared.
    """
    issued_on = {each.remittance: each.issued_on for each in world.rows(Remittance)}
    cleared_on = {each.payment: each.cleared_on for each in world.rows(Payment)}
    paid = {each.settlement: each for each in world.rows(RemittanceLine) if each.direction == "paid"}
    groups: dict[str, list[Settlement]] = {}
    for each in world.rows(Settlement):
        groups.setdefault(each.group, []).append(each)
    for group in groups.values():
        for line in [paid[each.settlement] for each in group if each.settlement in paid]:
            for each in group:
                issued = issued_on[line.remittance]
                if each.settled_on > line.business_date or (each.unsettled_on or date.max) <= issued:
                    continue
                assert paid[each.settlement].business_date == line.business_date
                for share in each.funded_by:
                    assert (cleared_on[share.payment] or date.max) <= line.business_date


async def settle_books(world: World, ledger: Ledger, *, returned: int = 0) -> None:
    require_whole_groups(world)
    report = await world.books()
    assert report.balanced
    assert report.places.not_applied_cents == sum(ledger.free.values()) - returned
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
