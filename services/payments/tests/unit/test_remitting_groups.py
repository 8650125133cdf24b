"""A binder or a month goes to all of a household's carriers together (PAY-6)."""

from __future__ import annotations

from payments.domain.payments import Payment
from payments.domain.remittances import RemittanceLine
from services.payments.tests.builders import World, at, group_settled, premium, unsettled
from services.payments.tests.unit.test_remittances import totals


async def test_PAY_6_a_binder_goes_to_all_its_carriers_together_once_all_its_money_has_cleared() -> None:
    """The story a-month-goes-out-whole: a check on December 10, the rest by phone on December 22."""
    world = await World(start=at("2015-12-10T14:00")).opened()
    check = await world.pay("ivy", cents=61_234, method="check")
    await world.advance("2015-12-22T10:00")
    assert check.payment in [each.payment for each in world.rows(Payment) if each.cleared_on]
    phone = await world.pay("ivy", cents=3_866, method="phone")
    await world.hear(
        group_settled(
            premium(check, settlement="s1", carrier="MVP", policy="gold"),
            premium(phone, settlement="s2", carrier="DELTA", policy="tooth"),
            household="ivy",
            on="2015-12-22",
            group="binder:ivy-1",
        )
    )
    await world.advance("2015-12-29T23:00")
    assert totals(world) == []  # on the 23rd the check had cleared, the payment by phone had not
    await world.advance("2015-12-31T23:00")
    assert totals(world) == [("DELTA", "2015-12-30", 3_866, 0, 0), ("MVP", "2015-12-30", 61_234, 0, 0)]
    assert (await world.books()).balanced


async def test_PAY_6_another_group_of_the_household_and_another_household_do_not_wait_for_it() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    early, other = await world.pay(cents=20_000), await world.pay("kim", cents=7_000)
    world.set("2016-01-06T09:00")
    late = await world.pay(cents=1_000)
    await world.hear(
        group_settled(premium(early, cents=5_000, settlement="a"), on="2016-01-06", group="binder:x"),
        group_settled(
            premium(early, cents=15_000, settlement="b", policy="p2"),
            premium(late, settlement="c", policy="p3"),
            on="2016-01-06",
        ),
        group_settled(premium(other, settlement="d"), household="kim", on="2016-01-06"),
    )
    await world.advance("2016-01-06T23:00")
    assert [line.settlement for line in world.rows(RemittanceLine)] == ["a", "d"]
    await world.advance("2016-01-13T23:00")
    assert [line.settlement for line in world.rows(RemittanceLine)] == ["a", "b", "c", "d"]


async def test_PAY_6_what_fell_or_was_remitted_before_holds_the_rest_of_its_group_no_longer() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    early = await world.pay(cents=20_000)
    world.set("2016-01-06T09:00")
    late = await world.pay(cents=1_000)
    month = group_settled(premium(early, settlement="a"), premium(late, settlement="b"), on="2016-01-06")
    await world.hear(month)
    await world.hear(unsettled(month, on="2016-01-06", which=1))
    await world.advance("2016-01-06T23:00")
    assert [line.settlement for line in world.rows(RemittanceLine)] == ["a"]
    await world.hear(group_settled(premium(late, settlement="b.2"), on="2016-01-06"))
    await world.advance("2016-01-13T23:00")
    assert [line.settlement for line in world.rows(RemittanceLine)] == ["a", "b.2"]
