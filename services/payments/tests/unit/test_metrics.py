"""What payments tells of its books and of money that no carrier has."""

from __future__ import annotations

from payments.adapters.metrics import BOOKS_BEHIND, MEASURES, UNREMITTED
from services.payments.tests.builders import World


async def told(world: World) -> dict[str, dict[str, float]]:
    """Return the value of each gauge by its label, of which each has one at most."""
    found: dict[str, dict[str, float]] = {}
    async with world.uows.begin(now=world.now) as uow:
        for measure in MEASURES:
            readings = await measure.read(uow)
            found[measure.gauge.name] = {"".join(each.labels.values()): each.value for each in readings}
    return found


async def test_PAY_9_money_is_told_by_its_age_on_any_day() -> None:
    world = await World().opened()
    await world.pay(cents=500_00)
    assert (await told(world))[UNREMITTED.name] == {
        "0-2": 500_00, "3-7": 0, "8-30": 0, "31-90": 0, "91+": 0
    }  # fmt: skip
    await world.advance("2015-12-04T12:00")
    assert (await told(world))[UNREMITTED.name]["3-7"] == 500_00


async def test_PAY_10_the_books_are_as_many_days_behind_as_yesterday_is_from_their_last() -> None:
    world = await World().opened()
    assert (await told(world))[BOOKS_BEHIND.name] == {}
    await world.advance("2015-12-04T12:00")
    assert (await told(world))[BOOKS_BEHIND.name] == {"": 0}
    await world.advance("2015-12-09T12:00", absent=False)
    assert (await told(world))[BOOKS_BEHIND.name] == {"": 5}  # that of Friday the 4th has not come
