"""What became of a household's money is told in order, with its amounts, and by which rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from time import process_time

from bulkhead.kernel.timelines import Happened, placed
from payments.application.timeline import timeline_of
from payments.domain.payments import Payment
from payments.domain.refunds import Refund, RefundPart
from payments.domain.suspense import SuspenseItem
from services.payments.tests.builders import Row, Staff, World, at, refund, settled, unsettled
from services.payments.tests.unit.test_autopay import begin, invoice
from services.payments.tests.unit.test_suspense import assign


async def told(world: World, household: str) -> list[Happened]:
    async with world.uows.begin(now=world.now) as uow:
        return [each for _, each in placed(await timeline_of(uow, household))]


def shown(happened: list[Happened]) -> list[tuple[str, str, int | None, str, bool]]:
    return [
        (
            each.at.strftime("%m-%dT%H:%M"),
            each.what,
            each.cents,
            each.grounds[0].reason.rule,
            each.marked,
        )
        for each in happened
    ]


async def test_money_is_received_cleared_remitted_taken_back_and_returned() -> None:
    world = await World(start=at("2015-12-03T09:00")).opened()
    await world.heard_of("june")
    paid = await world.pay("june", cents=50_000)
    fact = settled(paid, on="2015-12-03", cents=50_000)
    await world.hear(fact)
    await world.advance("2015-12-10T09:00")
    await world.give_back(paid)
    await world.hear(unsettled(fact, on="2015-12-10"))
    await world.advance("2015-12-17T09:00")
    happened = await told(world, "june")
    assert shown(happened) == [
        ("12-03T09:00", "received", 50_000, "PAY-1", False),
        ("12-07T00:00", "cleared", 50_000, "PAY-4", False),
        ("12-09T16:00", "remitted", 50_000, "PAY-6", False),
        ("12-10T09:00", "returned", 50_000, "PAY-5", False),
        ("12-16T16:00", "taken-back", -50_000, "PAY-7", False),
    ]
    assert [each.about for each in happened] == ["payment", "payment", "policy", "payment", "policy"]
    assert {each.subject for each in happened if each.about == "payment"} == {paid.payment}
    assert all(why.reason.citation for each in happened for why in each.grounds)
    assert await told(world, "mia") == []


async def test_PAY_11_moved_money_is_told_to_both_marked_and_what_clears_is_what_is_left() -> None:
    world = await World(start=at("2015-12-03T09:00")).opened()
    await world.heard_of("june", "mia")
    paid = await world.pay("june", cents=50_000)
    world.set("2015-12-04T09:00")
    correction = await Staff(world).move(paid, ("mia", 20_000))
    assert correction.state == "applied"
    await world.advance("2015-12-08T09:00")
    assert shown(await told(world, "june")) == [
        ("12-03T09:00", "received", 50_000, "PAY-1", False),
        ("12-04T09:00", "moved-away", 20_000, "PAY-11", True),
        ("12-07T00:00", "cleared", 30_000, "PAY-4", False),
    ]
    theirs = await told(world, "mia")
    assert shown(theirs) == [
        ("12-04T09:00", "moved-here", 20_000, "PAY-11", True),
        ("12-07T00:00", "cleared", 20_000, "PAY-4", True),
    ]
    assert theirs[0].facts["correction"] == correction.correction
    assert not any("june" in text for each in theirs for text in each.facts.values())


async def test_PAY_3_money_in_suspense_is_told_once_it_is_somebodys() -> None:
    world = await World(start=at("2015-12-03T15:00")).opened()
    world.drop(Row(account="nobody"))
    await world.pollers["lockbox"].turn(world.now)
    [item] = world.rows(SuspenseItem)
    await world.heard_of("june")
    assert await told(world, "june") == []
    world.set("2015-12-04T09:00")
    await assign(world, item.item, "june")
    assert shown(await told(world, "june")) == [
        ("12-04T09:00", "received", 50_000, "PAY-1", False),
        ("12-04T09:00", "suspense-assigned", 50_000, "PAY-3", False),
    ]


async def test_INV_6_a_refund_is_told_when_it_was_paid() -> None:
    world = await World(start=at("2015-12-03T09:00")).opened()
    await world.heard_of("june")
    paid = await world.pay("june", cents=50_000)
    world.set("2015-12-04T09:00")
    await world.hear(refund(paid, cents=20_000))
    happened = await told(world, "june")
    assert shown(happened)[1:] == [("12-04T00:00", "refunded", 20_000, "INV-6", False)]
    assert (happened[1].about, happened[1].subject) == ("refund", "r1")


async def test_PAY_8_autopay_that_begins_is_declined_and_ends_is_told() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    await begin(world, token="tok_card_stolen")
    await world.hear(invoice())
    await world.advance("2016-01-26T09:00")
    happened = await told(world, "june")
    assert shown(happened) == [
        ("01-04T10:00", "autopay-began", None, "PAY-8", False),
        ("01-26T08:00", "declined", 50_000, "PAY-1", False),
        ("01-26T08:00", "autopay-ended", None, "PAY-8", False),
    ]
    assert happened[1].facts == {"method": "card", "decline": "not-authorized", "invoice": "june-2"}
    assert happened[2].facts == {"method": "card", "because": "declined"}


async def test_ten_thousand_of_each_kind_are_told_in_a_time_that_grows_with_their_number() -> None:
    world, many = World(start=at("2015-12-03T09:00")), 10_000
    await world.opened()
    await world.heard_of("june", "mia")
    paid, day = await world.pay("june", cents=50_000), world.now.date()
    async with world.uows.begin(now=world.now) as uow:
        for household, of in (("june", None), ("mia", "june")):
            await uow.records(Payment).add(
                replace(
                    paid,
                    payment=f"{household}-{number}",
                    household=household,
                    number=100 + number,
                    reference=f"{household}-{number}",
                    origin=f"{household}-{number}",
                    identification=None,
                    cleared_on=day,
                    moved_from=of and f"{of}-{number}",
                    correction=of and f"c-{number}",
                )
                for number in range(many)
            )
        await uow.records(Refund).add(
            Refund(refund=f"r{number}", household="june", cents=1, approved_on=day, state="paid", paid_on=day)
            for number in range(many)
        )
        await uow.records(RefundPart).add(
            RefundPart(
                refund=f"r{number}",
                payment=f"june-{number}",
                household="june",
                cents=1,
                way="check",
                charge=None,
                reference=f"r{number}",
                state="paid",
                paid_on=day,
                asked_at=world.now,
            )
            for number in range(many)
        )
        began = process_time()
        happened = await timeline_of(uow, "june")
        took = process_time() - began
    assert Counter(each.what for each in happened) == {
        "received": many + 1,
        "cleared": many,
        "moved-away": many,
        "refunded": many,
    }
    assert took < 4.0  # it takes under one; each compared with each, many
