"""An end for non-payment is undone by invoicing's word: what then counts, and what is told."""

from __future__ import annotations

from datetime import date

from bulkhead.kernel.calendar import CoverageMonth
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.events import PolicyCanceled, PolicyEndAsked, PolicyReinstated, PolicyTerminated
from services.enrollment.tests.builders import Desk, expired, granted, lapsed, plan

JUNE_30 = date(2016, 6, 30)
AUGUST_31 = date(2016, 8, 31)


async def covered(*plans: str) -> Desk:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    await desk.covered(*(plans or ("SILVER",)))
    return desk.at(date(2016, 6, 1))


def kinds(desk: Desk, last: int) -> list[type]:
    return [type(each) for each in desk.database.events[-last:]]


async def test_INV_12_a_reinstatement_brings_back_the_end_that_was_asked_for() -> None:
    desk = await covered()
    await desk.end(AUGUST_31)
    await desk.hear(expired(desk.policy(), through=JUNE_30))
    await desk.hear(granted(desk.policy(), undoes="unpaid"))
    ended = desk.policy()
    assert (ended.lifecycle, ended.through, ended.end_reason) == ("terminated", AUGUST_31, "requested")
    assert kinds(desk, 3) == [PolicyTerminated, PolicyReinstated, PolicyTerminated]
    asked, unpaid, again = desk.said(PolicyTerminated)
    (reinstated,) = desk.said(PolicyReinstated)
    assert [(each.decided_by, each.through) for each in (asked, unpaid, again)] == [
        ("enrollment", AUGUST_31),
        ("invoicing", JUNE_30),
        ("enrollment", AUGUST_31),
    ]
    assert asked.decision == again.decision
    assert (reinstated.decided_by, reinstated.undoes, reinstated.coverage_ends) == (
        "invoicing",
        unpaid.decision,
        AUGUST_31,
    )
    assert [(str(run.first), str(run.last)) for run in reinstated.months] == [("2016-06", "2016-08")]


async def test_INV_7_an_end_that_is_hidden_by_an_earlier_one_is_told_when_it_counts_again() -> None:
    desk = await covered()
    await desk.hear(expired(desk.policy(), through=JUNE_30))
    await desk.end(JUNE_30)  # the same day, asked for besides
    assert len(desk.said(PolicyTerminated)) == 1
    await desk.hear(granted(desk.policy(), undoes="unpaid"))
    assert desk.said(PolicyReinstated) == []  # no day is covered again
    unpaid, asked = desk.said(PolicyTerminated)
    assert [(each.decided_by, each.reason, each.through) for each in (unpaid, asked)] == [
        ("invoicing", "non-payment", JUNE_30),
        ("enrollment", "requested", JUNE_30),
    ]
    assert (desk.policy().end_reason, desk.policy().standing) == ("requested", "current")


async def test_INV_7_a_later_end_is_told_once_as_what_was_asked_and_ends_what_stands_again() -> None:
    desk = await covered()
    await desk.hear(expired(desk.policy(), through=JUNE_30))
    await desk.at(date(2016, 8, 20)).leave("h-1", "death", date(2016, 8, 10))
    (asked,) = desk.said(PolicyEndAsked)
    assert (asked.through, asked.reason) == (date(2016, 8, 10), "death")
    # 500.00 x 10/31
    assert [(str(run.first), run.net_cents) for run in asked.months] == [("2016-08", 16129)]
    assert [each.through for each in desk.said(PolicyTerminated)] == [JUNE_30]
    await desk.hear(granted(desk.policy(), undoes="unpaid"))
    assert (desk.policy().through, desk.policy().end_reason) == (date(2016, 8, 10), "death")
    assert kinds(desk, 2) == [PolicyReinstated, PolicyTerminated]
    assert len(desk.said(PolicyEndAsked)) == 1
    assert desk.said(PolicyTerminated)[-1].decision == asked.decision


async def test_INV_7_of_two_ends_of_one_day_the_first_stands() -> None:
    desk = await covered()
    await desk.end(JUNE_30)
    await desk.hear(expired(desk.policy(), through=JUNE_30))
    assert desk.policy().end_reason == "requested"
    assert len(desk.said(PolicyTerminated)) == 1
    await desk.hear(granted(desk.policy(), undoes="unpaid"))
    assert (desk.policy().lifecycle, desk.policy().end_reason) == ("terminated", "requested")
    assert desk.said(PolicyReinstated) == []


async def test_a_lapse_that_is_undone_after_the_selection_was_called_off_tells_who_called_it_off() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    (policy,) = (await desk.select("SILVER")).policies
    await desk.end(date(2015, 12, 31))
    await desk.hear(lapsed(policy))
    await desk.hear(granted(policy, undoes="lapse", binder=True))
    assert (desk.policy().lifecycle, desk.policy().end_reason) == ("canceled", "requested")
    assert [each.decided_by for each in desk.said(PolicyCanceled)] == ["enrollment"]
    assert desk.said(PolicyReinstated) == []


async def test_an_undoing_of_another_decision_changes_nothing() -> None:
    desk = await covered()
    await desk.hear(expired(desk.policy(), through=JUNE_30, decision="second"))
    said = len(desk.database.events)
    await desk.hear(granted(desk.policy(), undoes="first"))
    assert (desk.policy().lifecycle, desk.policy().through) == ("terminated", JUNE_30)
    assert len(desk.database.events) == said


async def test_a_decision_heard_after_it_was_undone_changes_nothing() -> None:
    desk = await covered()
    end = expired(desk.policy(), through=JUNE_30)
    await desk.hear(end, granted(desk.policy(), undoes="unpaid"), end, end)
    assert (desk.policy().lifecycle, desk.policy().standing) == ("active", "current")
    assert kinds(desk, 2) == [PolicyTerminated, PolicyReinstated]
    other = await covered()
    said = len(other.database.events)
    await other.hear(granted(other.policy(), undoes="unpaid"), expired(other.policy(), through=JUNE_30))
    assert other.policy().lifecycle == "active"
    assert len(other.database.events) == said


async def test_INV_12_a_selection_made_meanwhile_and_not_paid_gives_way_to_reinstated_coverage() -> None:
    desk = await covered()
    await desk.at(date(2016, 7, 1)).hear(expired(desk.policy(), through=JUNE_30))
    event = QualifyingEvent(kind="move", on=date(2016, 7, 1))
    await desk.at(date(2016, 7, 5)).select("GOLD", event=event)
    await desk.hear(granted(desk.policy("SILVER"), undoes="unpaid"))
    assert desk.policy("SILVER").lifecycle == "active"
    assert (desk.policy("GOLD").lifecycle, desk.policy("GOLD").end_reason) == ("canceled", "error")
    (canceled,) = desk.said(PolicyCanceled)
    assert (canceled.plan, canceled.decided_by) == ("GOLD", "enrollment")


async def test_INV_12_coverage_that_stands_meanwhile_takes_over_from_reinstated_coverage() -> None:
    desk = await covered()
    await desk.at(date(2016, 7, 1)).hear(expired(desk.policy(), through=JUNE_30))
    event = QualifyingEvent(kind="move", on=date(2016, 7, 1))
    selected = await desk.at(date(2016, 7, 5)).select("GOLD", event=event)
    await desk.pay_binder(*selected.policies)
    await desk.hear(granted(desk.policy("SILVER"), undoes="unpaid"))
    old, new = desk.policy("SILVER"), desk.policy("GOLD")
    assert (new.lifecycle, new.effective) == ("active", date(2016, 8, 1))
    assert (old.lifecycle, old.through, old.end_reason) == ("terminated", date(2016, 7, 31), "requested")
    assert desk.said(PolicyTerminated)[-1].decided_by == "enrollment"


async def test_INV_12_coverage_with_an_end_to_come_takes_over_all_the_same() -> None:
    desk = await covered()
    await desk.at(date(2016, 7, 1)).hear(expired(desk.policy(), through=JUNE_30))
    event = QualifyingEvent(kind="move", on=date(2016, 7, 1))
    selected = await desk.at(date(2016, 7, 5)).select("GOLD", event=event)
    await desk.pay_binder(*selected.policies)
    await desk.end(date(2016, 10, 31), "GOLD")  # terminated, and covering until then
    await desk.hear(granted(desk.policy("SILVER"), undoes="unpaid"))
    assert desk.policy("SILVER").through == date(2016, 7, 31)
    assert desk.policy("GOLD").through == date(2016, 10, 31)


async def test_INV_12_a_lapsed_selection_that_was_replaced_for_nothing_stays_replaced() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    (first,) = (await desk.select("SILVER")).policies
    await desk.lapse_binder(first, due=date(2015, 12, 25))
    await desk.offer(plan("FREE", single=0))
    await desk.select("FREE")
    await desk.hear(granted(first, undoes="lapse", binder=True))
    assert desk.policy("FREE").lifecycle == "active"
    assert (desk.policy("SILVER").lifecycle, desk.policy("SILVER").end_reason) == ("canceled", "requested")
    # Told, so that invoicing takes back the charges it restored.
    assert kinds(desk, 2) == [PolicyReinstated, PolicyCanceled]


async def test_decisions_are_numbered_by_the_household_and_never_by_the_clock() -> None:
    desk, same = await covered("SILVER", "TEETH"), await covered("SILVER", "TEETH")
    await desk.end(AUGUST_31)
    await same.at(date(2016, 6, 9)).end(AUGUST_31)
    first, second = desk.said(PolicyTerminated)
    assert first.decision != second.decision
    assert [each.decision for each in same.said(PolicyTerminated)] == [first.decision, second.decision]
    await desk.end(JUNE_30, "TEETH")
    assert desk.said(PolicyTerminated)[-1].decision not in (first.decision, second.decision)


async def test_INV_9_what_is_told_of_a_grace_after_its_end_changes_nothing() -> None:
    from enrollment.application import facts

    june = CoverageMonth(2016, 6)
    desk = await covered()
    entered = facts.GraceEntered(household="h", first_month=june)
    await desk.hear(entered, facts.GraceExited(household="h", first_month=june), entered)
    assert (desk.policy().standing, desk.policy().grace_month) == ("current", None)
    third = facts.GraceAdvanced(household="h", first_month=june.plus(3), month=3)
    await desk.hear(third, facts.GraceAdvanced(household="h", first_month=june.plus(3), month=2), entered)
    assert (desk.policy().standing, desk.policy().grace_month) == ("in-grace", 3)
