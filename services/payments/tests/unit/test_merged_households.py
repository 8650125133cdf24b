"""Money of a household that was merged into another goes there, once, and comes back (OPS-5, PAY-11)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.personal import Masked
from payments.application import facts
from payments.application.autopay import AutopayOrder, begin_autopay
from payments.application.find_overdue import overdue_by
from payments.domain.autopay import Draw, Mandate
from payments.domain.corrections import Correction
from payments.domain.events import AutopayBegan, AutopayEnded, PaymentCleared, PaymentMoved, PaymentReceived
from payments.domain.passings import PaidThere, Passing
from payments.domain.payments import Payment
from payments.domain.settlements import Share
from services.payments.tests.builders import PARAMETERS, Staff, World, refund, settled

MERGED = facts.HouseholdMerged(household="june-2", into="june", correction="m1")
REVERSED = facts.MergeReversed(household="june-2", into="june", reverses="m1")


@pytest.fixture
async def world() -> World:
    world = await World().opened()
    world.set("2015-12-03T09:00")
    await world.heard_of("june", "june-2")
    return world


def passed_on(*shares: tuple[Payment, int], passing: str = "p1") -> facts.CreditPassedOn:
    return facts.CreditPassedOn(
        household="june-2",
        passing=passing,
        into="june",
        taken_from=tuple(Share(payment=payment.payment, cents=cents) for payment, cents in shares),
        correction="m1",
    )


CALLED_BACK = facts.CreditCalledBack(household="june-2", passing="b1", into="june", reverses="m1")


async def begin_drawing(world: World, household: str, *, mandate: str) -> None:
    order = AutopayOrder(
        mandate=mandate,
        household=household,
        method="card",
        token=Masked("tok_card_ok"),
        consent="v1",
        language="en",
        agreed_by="member",
    )
    async with world.uows.begin(now=world.now, households=[household]) as uow:
        await begin_autopay(uow, order, keys=world.keys, parameters=PARAMETERS)


INVOICE = facts.InvoiceIssued(
    household="june-2",
    invoice="june-2-2",
    number=2,
    selection=None,
    kind="monthly",
    due=date(2015, 12, 26),
    on_time_until=date(2015, 12, 31),
    total_cents=3_000,
    payments=0,
)


def held(world: World) -> dict[str, list[tuple[int, int]]]:
    """Return what is kept of each household's payments, and free of it."""
    found = dict[str, list[tuple[int, int]]]()
    for each in sorted(world.rows(Payment), key=lambda each: each.number):
        found.setdefault(each.household, []).append((each.kept_cents, each.unapplied_cents))
    return found


async def test_OPS_5_credit_that_is_passed_on_is_the_other_households_payment_with_its_dates(
    world: World,
) -> None:
    paid = await world.pay("june-2", cents=30_000, received="2015-12-02")
    world.set("2015-12-09T09:00")

    await world.hear(MERGED, passed_on((paid, 30_000)))
    await world.settle_down()

    assert held(world) == {"june-2": [(0, 0)], "june": [(30_000, 30_000)]}
    (there,) = [each for each in world.rows(Payment) if each.household == "june"]
    assert (there.received_on, there.moved_from) == (paid.received_on, paid.payment)
    (moved,) = world.said(PaymentMoved)
    assert (moved.household, moved.cents, moved.because) == ("june-2", 30_000, "registered-twice")
    assert [each.household for each in world.said(PaymentReceived)] == ["june-2", "june"]
    assert world.said(PaymentCleared)[-1].household == "june"
    (correction,) = world.rows(Correction)
    assert (correction.correction, correction.state, correction.asked_by) == ("p1", "applied", "invoicing")
    assert (await world.books()).balanced


async def test_OPS_5_what_is_told_twice_moves_once_and_never_more_than_is_free(world: World) -> None:
    paid = await world.pay("june-2", cents=30_000)
    told = settled(paid, cents=20_000)
    await world.hear(told)

    await world.hear(passed_on((paid, 30_000)), passed_on((paid, 30_000), passing="p2"))
    await world.hear(passed_on((paid, 30_000)))
    await world.settle_down()

    assert held(world) == {"june-2": [(20_000, 0)], "june": [(10_000, 10_000)]}
    assert [each.cents for each in world.said(PaymentMoved)] == [10_000]
    assert {each.state for each in world.rows(Passing)} == {"done"}


async def test_INV_6_what_is_being_refunded_is_not_passed_on(world: World) -> None:
    paid = await world.pay("june-2", cents=30_000)
    await world.hear(refund(paid, cents=25_000))

    await world.hear(passed_on((paid, 30_000)))
    await world.settle_down()

    assert held(world) == {"june-2": [(25_000, 0)], "june": [(5_000, 5_000)]}
    assert (await world.books()).balanced


async def test_OPS_5_what_was_passed_on_comes_back_when_the_merge_is_taken_back(world: World) -> None:
    paid = await world.pay("june-2", cents=30_000)
    await world.hear(MERGED, passed_on((paid, 30_000)))
    await world.settle_down()

    await world.hear(REVERSED, CALLED_BACK)
    await world.settle_down()
    await world.hear(CALLED_BACK)
    await world.settle_down()

    assert held(world) == {"june-2": [(0, 0), (30_000, 30_000)], "june": [(0, 0)]}
    states = {each.correction: (each.state, each.reverses) for each in world.rows(Correction)}
    assert states.pop("p1") == ("reversed", None)
    assert list(states.values()) == [("applied", "p1")]
    assert (await world.books()).balanced


async def test_OPS_5_a_call_back_that_comes_first_is_all_there_is(world: World) -> None:
    paid = await world.pay("june-2", cents=30_000)
    await world.hear(MERGED, passed_on((paid, 30_000)), REVERSED, CALLED_BACK)
    await world.settle_down()

    assert sum(kept for kept, _ in held(world)["june-2"]) == 30_000
    assert sum(kept for kept, _ in held(world).get("june", [])) == 0


async def test_OPS_5_money_of_a_merged_household_that_went_back_is_not_passed_on(world: World) -> None:
    paid = await world.pay("june-2", cents=30_000)
    await world.give_back(paid)

    await world.hear(passed_on((paid, 30_000)))
    await world.settle_down()

    assert world.said(PaymentMoved) == []
    assert world.rows(Correction) == []


async def test_OPS_5_a_merged_household_pays_nothing_online_but_an_invoice_that_is_open(world: World) -> None:
    await world.hear(MERGED)

    with pytest.raises(PaidThere) as refused:
        await world.pay_online("june-2", cents=10_000)
    assert refused.value.reasons[0].facts == {"into": "june"}
    await world.pay_online("june-2", cents=10_000, invoice="i1")
    await world.hear(REVERSED)
    await world.pay_online("june-2", cents=20_000)

    assert [each.amount_cents for each in world.rows(Payment)] == [10_000, 20_000]


async def test_OPS_5_credit_that_is_not_moved_in_days_is_listed_for_a_person(world: World) -> None:
    paid = await world.pay("june-2", cents=30_000)
    await world.hear(passed_on((paid, 30_000)))
    world.set("2015-12-10T09:00")

    async with world.uows.begin(now=world.now) as uow:
        (late,) = await overdue_by(PARAMETERS)(uow)

    assert (late.kind, late.id, late.household) == ("passing", "p1", "june-2")


async def test_OPS_5_autopay_of_a_household_that_is_merged_ends_and_draws_nothing_there_any_more(
    world: World,
) -> None:
    await begin_drawing(world, "june-2", mandate="m-1")
    await begin_drawing(world, "june", mandate="m-2")
    await world.hear(INVOICE)
    await world.hear(MERGED)
    await world.hear(MERGED)

    (ended,) = world.said(AutopayEnded)
    assert (ended.household, ended.mandate, ended.because) == ("june-2", "m-1", "household-merged")
    assert {each.household: each.state for each in world.rows(Mandate)} == {"june-2": "off", "june": "on"}
    assert [each.state for each in world.rows(Draw)] == ["withdrawn"]


async def test_OPS_5_autopay_stays_ended_where_a_merge_is_taken_back_until_it_is_agreed_to_anew(
    world: World,
) -> None:
    await begin_drawing(world, "june-2", mandate="m-1")
    await world.hear(MERGED, REVERSED)
    assert [each.because for each in world.said(AutopayEnded)] == ["household-merged"]
    await begin_drawing(world, "june-2", mandate="m-2")
    assert [each.mandate for each in world.said(AutopayBegan)] == ["m-1", "m-2"]


ON = facts.HouseholdMerged(household="june", into="june-0", correction="m2")
OFF = facts.MergeReversed(household="june", into="june-0", reverses="m2")
CALLED_OFF = facts.CreditCalledBack(household="june", passing="b2", into="june-0", reverses="m2")


def of(world: World, household: str) -> list[Payment]:
    return [each for each in world.rows(Payment) if each.household == household and not each.is_gone]


def kept(world: World) -> dict[str, int]:
    """Return what is kept of the payments of the households of a chain."""
    found = {
        each: sum(there.kept_cents for there in of(world, each)) for each in ("june-2", "june", "june-0")
    }
    return {household: cents for household, cents in found.items() if cents}


async def pass_further(world: World, cents: int, *, passing: str = "q1") -> None:
    """Pass on what has arrived at the second household of the chain to the third."""
    (there,) = of(world, "june")
    share = Share(payment=there.payment, cents=cents)
    await world.hear(
        facts.CreditPassedOn(
            household="june", passing=passing, into="june-0", taken_from=(share,), correction="m2"
        )
    )
    await world.settle_down()


async def passed_twice(world: World, *, cents: int = 30_000, further: int = 30_000) -> Payment:
    """Money of june-2 that went to june, and some of it on to june-0."""
    await world.heard_of("june-0")
    paid = await world.pay("june-2", cents=cents, received="2015-12-02")
    await world.hear(MERGED, ON, passed_on((paid, cents)))
    await world.settle_down()
    await pass_further(world, further)
    return paid


async def test_OPS_5_credit_goes_through_a_chain_of_merges_with_its_dates(world: World) -> None:
    paid = await passed_twice(world)

    assert kept(world) == {"june-0": 30_000}
    assert of(world, "june-0")[0].received_on == paid.received_on
    assert (await world.books()).balanced


async def test_OPS_5_merges_of_a_chain_taken_back_the_last_first_bring_the_money_back_step_by_step(
    world: World,
) -> None:
    paid = await passed_twice(world)

    await world.hear(OFF, CALLED_OFF)
    await world.settle_down()
    assert kept(world) == {"june": 30_000}
    await world.hear(REVERSED, CALLED_BACK, CALLED_BACK)
    await world.settle_down()

    assert kept(world) == {"june-2": 30_000}
    assert of(world, "june-2")[0].received_on == paid.received_on
    states = {each.correction: each.state for each in world.rows(Correction)}
    assert (states.pop("p1"), states.pop("q1")) == ("reversed", "reversed")
    assert list(states.values()) == ["applied", "applied"]
    assert (await world.books()).balanced


async def test_OPS_5_the_first_merge_of_a_chain_taken_back_alone_fetches_its_money_from_where_it_went_on_to(
    world: World,
) -> None:
    await passed_twice(world, further=20_000)
    own = await world.pay("june-0", cents=7_000)
    assert kept(world) == {"june": 10_000, "june-0": 27_000}

    await world.hear(REVERSED, CALLED_BACK)
    await world.settle_down()

    assert kept(world) == {"june-2": 30_000, "june-0": 7_000}
    assert [each.payment for each in of(world, "june-0")] == [own.payment]
    (back,) = [each for each in world.rows(Correction) if each.reverses == "p1"]
    assert sorted((each.household, each.to, each.cents) for each in back.moves) == [
        ("june", "june-2", 10_000),
        ("june-0", "june-2", 20_000),
    ]
    await world.hear(OFF, CALLED_OFF)  # nothing is left of what it had moved
    await world.settle_down()
    assert kept(world) == {"june-2": 30_000, "june-0": 7_000}
    assert (await world.books()).balanced


async def test_OPS_5_both_merges_of_a_chain_taken_back_at_once_bring_all_back_in_whatever_order(
    world: World,
) -> None:
    await passed_twice(world, further=20_000)
    own = await world.pay("june", cents=500)

    await world.hear(REVERSED, CALLED_BACK, OFF, CALLED_OFF)
    await world.settle_down()

    assert kept(world) == {"june-2": 30_000, "june": 500}
    assert [each.payment for each in of(world, "june")] == [own.payment]
    assert (await world.books()).balanced


async def test_OPS_5_money_that_came_back_and_was_passed_on_anew_is_found_where_it_is(world: World) -> None:
    await passed_twice(world)
    await world.hear(OFF, CALLED_OFF)
    await world.settle_down()
    await world.hear(facts.HouseholdMerged(household="june", into="june-0", correction="m3"))
    (there,) = of(world, "june")
    share = (Share(payment=there.payment, cents=25_000),)
    await world.hear(
        facts.CreditPassedOn(household="june", passing="q3", into="june-0", taken_from=share, correction="m3")
    )
    await world.settle_down()
    assert kept(world) == {"june": 5_000, "june-0": 25_000}

    await world.hear(REVERSED, CALLED_BACK)
    await world.settle_down()

    assert kept(world) == {"june-2": 30_000}


async def test_OPS_5_what_staff_moved_on_of_it_does_not_come_back(world: World) -> None:
    await passed_twice(world, further=20_000)
    await world.heard_of("someone")
    (there,) = of(world, "june")
    await Staff(world).move(there, ("someone", 4_000))

    await world.hear(REVERSED, CALLED_BACK)
    await world.settle_down()

    assert kept(world) == {"june-2": 26_000}
    assert [each.kept_cents for each in of(world, "someone")] == [4_000]


async def test_PAY_5_what_was_returned_of_money_of_a_chain_does_not_come_back(world: World) -> None:
    await world.heard_of("june-0")
    paid = await world.pay("june-2", cents=30_000, method="check")
    await world.hear(MERGED, ON, passed_on((paid, 30_000)))
    await world.settle_down()
    await pass_further(world, 30_000)
    await world.give_back(of(world, "june-0")[0])

    await world.hear(REVERSED, CALLED_BACK)
    await world.settle_down()

    assert [each.reverses for each in world.rows(Correction)] == [None, None]
    assert (await world.books()).balanced


async def test_OPS_5_who_pays_for_a_household_of_a_chain_is_told_the_one_at_its_end(world: World) -> None:
    for merges in ([MERGED, ON], [ON, MERGED]):
        for each in merges:
            await world.hear(each)
        with pytest.raises(PaidThere) as refused:
            await world.pay_online("june-2", cents=10_000)
        assert refused.value.reasons[0].facts == {"into": "june-0"}
    await world.hear(OFF)
    with pytest.raises(PaidThere) as nearer:
        await world.pay_online("june-2", cents=10_000)
    assert nearer.value.reasons[0].facts == {"into": "june"}
    assert world.rows(Payment) == []
