"""A binder that is not paid in time rolls the start on, where the pack says so (ENR-6, N2)."""

from __future__ import annotations

from datetime import date

import pytest

from enrollment.application import facts
from enrollment.application.determine_medicaid import determine_medicaid, end_medicaid
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.events import PlansSelected, PolicyActivated, PolicyCanceled, PolicyReinstated
from enrollment.domain.medicaid import Eligible
from enrollment.domain.policies import Policy
from services.enrollment.tests.builders import MASSACHUSETTS, Desk, granted, lapsed, parameters_in, person

DECEMBER_28 = date(2014, 12, 28)


async def selected(
    *plans: str, on: date = date(2014, 12, 20), event: QualifyingEvent | None = None
) -> tuple[Desk, list[Policy]]:
    """Return a desk in Massachusetts, and what a household selected there."""
    desk = Desk()
    desk.parameters = parameters_in(MASSACHUSETTS)
    desk.at(on)
    await desk.offer()
    await desk.register("h")
    found = await desk.select(*(plans or ("SILVER",)), event=event)
    return desk, list(found.policies)


def shown(desk: Desk) -> list[tuple[str, date, str]]:
    return sorted((each.plan, each.effective, each.lifecycle) for each in desk.policies())


async def test_ENR_6_who_misses_the_day_begins_with_the_next_first_of_month_instead() -> None:
    desk, policies = await selected("SILVER", "TEETH")
    await desk.at(date(2014, 12, 29), 2).hear(lapsed(*policies, due=DECEMBER_28))
    january, february = date(2015, 1, 1), date(2015, 2, 1)
    assert shown(desk) == [
        ("SILVER", january, "canceled"),
        ("SILVER", february, "selected"),
        ("TEETH", january, "canceled"),
        ("TEETH", february, "selected"),
    ]
    canceled = desk.said(PolicyCanceled)
    assert [(each.reason, each.decided_by, each.rolled_to) for each in canceled] == [
        ("non-payment", "invoicing", february),
        ("non-payment", "invoicing", february),
    ]
    anew = desk.said(PlansSelected)[-1]
    assert (anew.effective, anew.selected_on, anew.entered_on) == (
        february,
        date(2014, 12, 29),
        date(2014, 12, 29),
    )
    assert (anew.binder_required, [each.plan for each in anew.policies]) == (True, ["SILVER", "TEETH"])
    # February to December, as a new selection costs it
    assert [(str(run.first), str(run.last), run.net_cents) for run in anew.policies[0].months] == [
        ("2015-02", "2015-12", 50000)
    ]
    (reason,) = [each for each in desk.policies()[-1].reasons if each.rule == "ENR-6"]
    assert (reason.facts["instead_of"], reason.facts["effective"]) == ("2015-01-01", "2015-02-01")
    assert reason.citation.startswith("N2")


async def test_ENR_6_vermont_cancels_and_selects_nothing_anew() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    found = await desk.select("SILVER")
    await desk.at(date(2015, 12, 26), 2).hear(lapsed(*found.policies))
    assert shown(desk) == [("SILVER", date(2016, 1, 1), "canceled")]
    assert [each.rolled_to for each in desk.said(PolicyCanceled)] == [None]
    assert len(desk.said(PlansSelected)) == 1


@pytest.mark.parametrize(
    ("due", "start"),
    [
        pytest.param(date(2015, 2, 14), date(2015, 3, 1), id="the last day of open enrollment follows"),
        pytest.param(date(2015, 2, 15), None, id="open enrollment is over"),
    ],
)
async def test_ENR_6_a_start_rolls_only_while_open_enrollment_lasts(due: date, start: date | None) -> None:
    desk, policies = await selected(on=date(2015, 1, 23))
    assert policies[0].effective == date(2015, 2, 1)
    await desk.at(date(2015, 2, 16), 2).hear(lapsed(*policies, due=due))
    rolled = [each.effective for each in desk.policies() if each.lifecycle == "selected"]
    assert rolled == ([] if start is None else [start])


@pytest.mark.parametrize(
    ("due", "start"),
    [
        pytest.param(date(2015, 7, 29), date(2015, 8, 1), id="the 60th day after the event follows"),
        pytest.param(date(2015, 7, 30), None, id="the days of the event are over"),
    ],
)
async def test_ENR_6_after_an_event_a_start_rolls_within_its_days_and_to_a_first_of_month(
    due: date, start: date | None
) -> None:
    birth = QualifyingEvent(kind="birth", on=date(2015, 5, 31))
    desk, policies = await selected(on=date(2015, 6, 8), event=birth)
    assert policies[0].effective == date(2015, 5, 31)
    await desk.at(date(2015, 7, 31), 2).hear(lapsed(*policies, due=due))
    rolled = [each.effective for each in desk.policies() if each.lifecycle == "selected"]
    assert rolled == ([] if start is None else [start])


async def test_ENR_6_a_start_does_not_roll_into_another_plan_year() -> None:
    event = QualifyingEvent(kind="move", on=date(2015, 11, 10))
    desk, policies = await selected(on=date(2015, 11, 12), event=event)
    assert policies[0].effective == date(2015, 12, 1)
    await desk.at(date(2015, 12, 5), 2).hear(lapsed(*policies, due=date(2015, 12, 4)))
    assert shown(desk) == [("SILVER", date(2015, 12, 1), "canceled")]


async def test_ENR_6_a_start_rolls_on_by_a_month_at_least_and_to_no_later_one_than_open_enrollment_gives() -> (
    None
):
    desk, policies = await selected()
    await desk.at(date(2014, 12, 29), 2).hear(lapsed(*policies, due=DECEMBER_28))
    again = [each for each in desk.policies() if each.lifecycle == "selected"]
    # A selection of January 21 begins on February 1 too: that is what rolls on.
    await desk.at(date(2015, 1, 21), 2).hear(lapsed(*again, due=date(2015, 1, 20), decision="lapse-2"))
    assert shown(desk) == [
        ("SILVER", date(2015, 1, 1), "canceled"),
        ("SILVER", date(2015, 2, 1), "canceled"),
        ("SILVER", date(2015, 3, 1), "selected"),
    ]
    again = [each for each in desk.policies() if each.lifecycle == "selected"]
    await desk.at(date(2015, 2, 13), 2).hear(lapsed(*again, due=date(2015, 2, 12), decision="lapse-3"))
    assert [each[2] for each in shown(desk)] == ["canceled", "canceled", "canceled"]


async def test_ENR_6_what_was_called_off_or_selected_otherwise_meanwhile_is_not_selected_anew() -> None:
    desk, policies = await selected()
    await desk.end(date(2014, 12, 22))
    await desk.select("GOLD")
    await desk.at(date(2014, 12, 29), 2).hear(lapsed(*policies, due=DECEMBER_28))
    assert [each for each in shown(desk) if each[2] == "selected"] == [("GOLD", date(2015, 1, 1), "selected")]


async def test_INV_17_an_outage_moves_no_start() -> None:
    desk, policies = await selected()
    await desk.at(date(2015, 1, 27), 2).hear(lapsed(*policies, due=DECEMBER_28))
    (anew,) = [each for each in desk.policies() if each.lifecycle == "selected"]
    assert anew.effective == date(2015, 2, 1)  # on January 27 a selection would begin on March 1
    assert desk.said(PlansSelected)[-1].entered_on == date(2015, 1, 27)


async def test_ENR_7_what_costs_nothing_from_then_on_stands_at_once() -> None:
    desk, policies = await selected()
    await desk.change_assistance(date(2015, 2, 1), aptc=50000)
    await desk.at(date(2014, 12, 29), 2).hear(lapsed(*policies, due=DECEMBER_28))
    assert [each.effective for each in desk.said(PolicyActivated)] == [date(2015, 2, 1)]
    assert desk.said(PlansSelected)[-1].binder_required is False


async def test_INV_12_a_postmark_brings_the_first_start_back_and_calls_the_later_one_off() -> None:
    desk, policies = await selected()
    await desk.at(date(2014, 12, 29), 2).hear(lapsed(*policies, due=DECEMBER_28))
    await desk.at(date(2014, 12, 31)).hear(granted(*policies, undoes="lapse", binder=True))
    assert shown(desk) == [
        ("SILVER", date(2015, 1, 1), "active"),
        ("SILVER", date(2015, 2, 1), "canceled"),
    ]
    assert [each.effective for each in desk.said(PolicyReinstated)] == [date(2015, 1, 1)]


async def test_ENR_6_a_lapse_heard_twice_rolls_once() -> None:
    desk, policies = await selected()
    fact = lapsed(*policies, due=DECEMBER_28)
    assert isinstance(fact, facts.BinderLapsed)
    await desk.at(date(2014, 12, 29), 2).hear(fact)
    await desk.hear(fact)
    assert len(desk.said(PlansSelected)) == 2


async def test_ENR_4_a_start_that_rolls_on_covers_who_came_back_from_medicaid() -> None:
    desk = Desk()
    desk.parameters = parameters_in(MASSACHUSETTS)
    desk.at(date(2014, 12, 20))
    await desk.offer()
    await desk.register("h", person(), person("Kim Example", born="2010-05-05", relation="child"))
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await determine_medicaid(
            uow,
            household="h",
            eligible=Eligible(members=("h-2",), begins=date(2015, 1, 1)),
            parameters=desk.parameters,
        )
        await end_medicaid(
            uow,
            household="h",
            members=None,
            through=date(2015, 3, 31),
            parameters=desk.parameters,
        )
    desk.at(date(2015, 3, 10))
    event = QualifyingEvent(kind="medicaid-loss", on=date(2015, 3, 31))
    found = await desk.select("SILVER", event=event)
    await desk.at(date(2015, 3, 29), 2).hear(lapsed(*found.policies, due=date(2015, 3, 28)))
    assert [(each.effective, each.lifecycle, each.members) for each in desk.policies()] == [
        (date(2015, 4, 1), "canceled", ("h-1", "h-2")),
        (date(2015, 5, 1), "selected", ("h-1", "h-2")),
    ]
