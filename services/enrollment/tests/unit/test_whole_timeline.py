"""What became of a household itself is in its timeline too: people, addresses, documents, and merges (ADR 0049)."""

from __future__ import annotations

from datetime import date

from bulkhead.kernel.timelines import Happened, placed
from enrollment.application.timeline import timeline_of
from services.enrollment.tests.builders import Desk, person
from services.enrollment.tests.unit.test_merged_households import LAPSED_ON, lapsed_beside


async def told(desk: Desk, household: str) -> list[Happened]:
    async with desk.database.units_of_work.begin(now=desk.now) as uow:
        found = await timeline_of(uow, household, parameters=desk.parameters)
    return [each for _, each in placed(found)]


def shown(happened: list[Happened]) -> list[tuple[date, str, str, bool]]:
    return [(each.on, each.what, each.subject, each.marked) for each in happened]


async def test_ENR_13_an_address_that_changes_is_told_without_saying_it() -> None:
    desk = Desk()
    await desk.register("h", person())
    desk.at(date(2016, 3, 10))
    await desk.move("5 Elm St, Barre VT 05641", since=date(2016, 3, 10))
    happened = await told(desk, "h")
    assert shown(happened) == [
        (date(2015, 12, 3), "registered", "h", False),
        (date(2016, 3, 10), "contact-recorded", "h", False),
    ]
    assert [each.facts for each in happened] == [{"contact_version": "1"}, {"contact_version": "2"}]


async def test_OPS_5_both_households_are_told_of_a_merge_and_of_its_reversal_marked() -> None:
    desk, merger = await lapsed_beside()
    asked = await merger.ask()
    assert "merged" not in [each.what for each in await told(desk, "a")]
    await merger.decide(asked)
    (merged,) = [each for each in await told(desk, "a") if each.about == "household" and each.marked]
    assert (merged.what, merged.subject, merged.on) == ("merged", "b", LAPSED_ON)
    assert merged.facts == {"household": "b", "into": "a", "correction": asked.correction}
    assert [each.reason.rule for each in merged.grounds] == ["OPS-5"]
    back = await merger.reverse(asked)
    await merger.decide(back)
    for household in ("a", "b"):
        assert [each.what for each in await told(desk, household) if each.about == "household"] == [
            "registered",
            "merged",
            "merge-reversed",
        ]
