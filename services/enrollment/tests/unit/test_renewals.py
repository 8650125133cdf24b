"""Every active policy goes on into the next plan year by itself (ENR-14)."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from structlog.testing import capture_logs

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import MOST_TOO_SLOW, Refused, TookTooLong
from enrollment.application import facts, renewal_runs
from enrollment.application.find_overdue import overdue_by
from enrollment.application.renewal_runs import report_renewals
from enrollment.domain.choices import RenewsAndBegins
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.events import (
    CoverageNotRenewed,
    PlansRenewed,
    PolicyActivated,
    PolicyCanceled,
    PolicyChanged,
    PolicyReinstated,
)
from enrollment.domain.policies import Policy
from enrollment.domain.renewal_runs import NoCrosswalk, RenewalRun, RenewalRunGoesOn, RenewalsNotNow
from enrollment.domain.selections import Selection
from services.enrollment.tests.builders import PARAMETERS, expired, granted, person
from services.enrollment.tests.reader import told, truth
from services.enrollment.tests.renewing import ALL, EVE, NEW_YEAR, OCTOBER, Season, entry


def of_2017(desk: Season, household: str = "h") -> list[Policy]:
    return [each for each in desk.policies(household) if each.effective == NEW_YEAR]


async def test_ENR_14_active_coverage_goes_on_rated_anew_and_waits_for_no_payment() -> None:
    desk = await Season().begin(plans=("SILVER", "TEETH"), aptc=55000)
    done = await desk.renew()
    medical, dental = of_2017(desk)
    prior = desk.policies()[0]
    assert (done.households, done.policies, done.failed) == (1, 2, 0)
    assert (medical.lifecycle, medical.standing, medical.activated_on) == ("active", "current", OCTOBER)
    assert (medical.renews, medical.coverage_ends) == (prior.policy, date(2017, 12, 31))
    # 540.00 in 2017; of 550.00 APTC the dental plan has the 10.00 that are left
    assert (medical.gross_cents, medical.aptc_cents, medical.net_cents) == (54000, 54000, 0)
    assert (dental.gross_cents, dental.aptc_cents, dental.net_cents) == (3000, 1000, 2000)
    (said,) = desk.said(PlansRenewed)
    assert [(each.plan, each.plan_before, each.net_before_cents) for each in said.policies] == [
        ("SILVER", "SILVER", 0),
        ("TEETH", "TEETH", 0),
    ]
    assert len(desk.said(PolicyActivated)) == 2  # of 2016 alone
    selection = next(each for each in desk.database.rows(Selection) if each.via == "renewal")
    assert not selection.binder_required
    assert selection.reasons[0].rule == "ENR-14"
    assert told(desk.database.events)[medical.policy] == truth(medical, await desk.months(medical))


async def test_ENR_14_who_is_there_on_january_1_is_covered() -> None:
    desk = await Season().begin()
    await desk.join(person("Baby", born="2016-10-01", relation="child"), "birth", date(2016, 10, 1))
    await desk.renew()
    (renewed,) = of_2017(desk)
    assert (renewed.tier, renewed.gross_cents) == ("parent", 108000)


async def test_ENR_14_a_dry_run_says_what_would_be_and_changes_nothing() -> None:
    desk = await Season().begin("a", "b")
    await desk.register("c")
    await desk.at(date(2015, 12, 5)).covered("BRONZE", household="c")
    desk.at(OCTOBER)
    await desk.crosswalk(entry("SILVER", "SILVER"))
    before = len(desk.database.events)
    await desk.renew("plan")
    assert await desk.renewals() == [
        ("a", "SILVER", "planned", "SILVER"),
        ("b", "SILVER", "planned", "SILVER"),
        ("c", "BRONZE", "unmapped", "not-in-crosswalk"),
    ]
    assert len(desk.database.events) == before
    assert not of_2017(desk, "a")


@pytest.mark.parametrize(
    ("entries", "obstacle"),
    [
        ([entry("GOLD", "GOLD")], "not-in-crosswalk"),
        ([entry("SILVER", None, "discontinued")], "discontinued"),
        ([entry("SILVER", None, "carrier-leaving")], "carrier-leaving"),
    ],
)
async def test_ENR_14_what_is_not_mapped_is_reported_and_why(entries: list[Any], obstacle: str) -> None:
    desk = await Season().begin()
    await desk.crosswalk(*entries)
    await desk.renew()
    assert await desk.renewals() == [("h", "SILVER", "unmapped", obstacle)]
    assert not of_2017(desk)
    assert (await desk.at(date(2016, 10, 15)).renew()).policies == 0  # nothing new is found the next day
    async with desk.uows.begin(now=desk.now) as uow:
        report = await report_renewals(uow, 2017)
    assert (report.states["unmapped"], report.obstacles) == (1, {obstacle: 1})


async def test_ENR_14_whose_plan_goes_on_as_none_is_told_once_to_choose_and_not_by_a_dry_run() -> None:
    desk = await Season().begin()
    await desk.crosswalk(entry("SILVER", None, "carrier-leaving"))
    await desk.renew("plan")
    assert not desk.said(CoverageNotRenewed)
    await desk.renew()
    await desk.renew()
    (said,) = desk.said(CoverageNotRenewed)
    assert [(each.plan, each.coverage_ends, each.because) for each in said.policies] == [
        ("SILVER", EVE, "carrier-leaving")
    ]


async def test_ENR_14_what_goes_on_and_what_does_not_are_told_at_once_and_why() -> None:
    desk = await Season().begin(plans=("SILVER", "TEETH"))
    await desk.crosswalk(entry("SILVER", None, "discontinued"), entry("TEETH", "TEETH"))
    await desk.renew()
    (said,) = desk.said(PlansRenewed)
    assert [(each.plan, each.because) for each in said.policies] == [("TEETH", "same-plan")]
    assert [(each.plan, each.coverage_ends, each.because) for each in said.ending] == [
        ("SILVER", EVE, "discontinued")
    ]
    assert not desk.said(CoverageNotRenewed)
    await desk.at(date(2016, 10, 15)).renew()  # and nothing more of it the next day
    assert not desk.said(CoverageNotRenewed)


async def test_ENR_14_what_goes_on_later_is_told_beside_what_still_does_not() -> None:
    desk = await Season().begin(plans=("SILVER", "TEETH"))
    await desk.crosswalk(entry("SILVER", None, "carrier-leaving"))
    await desk.renew()
    assert [each.plan for each in desk.said(CoverageNotRenewed)[0].policies] == ["SILVER"]
    await desk.crosswalk(entry("SILVER", None, "carrier-leaving"), entry("TEETH", "TEETH"))
    await desk.at(date(2016, 10, 15)).renew()
    (said,) = desk.said(PlansRenewed)
    assert [each.plan for each in said.policies] == ["TEETH"]
    assert [(each.plan, each.because) for each in said.ending] == [("SILVER", "carrier-leaving")]


async def test_ENR_14_a_discontinued_plan_becomes_the_one_of_the_crosswalk() -> None:
    desk = await Season().begin(plans=("BRONZE",))
    await desk.renew()
    (renewed,) = of_2017(desk)
    assert (renewed.plan, renewed.net_cents) == ("SILVER", 54000)


async def test_ENR_14_what_is_mended_is_renewed_when_asked_again_and_nothing_twice() -> None:
    desk = await Season().begin("a", "b")
    await desk.crosswalk(entry("GOLD", "GOLD"))
    await desk.renew()
    await desk.crosswalk(*ALL)
    await desk.renew()
    await desk.renew()
    assert [state for _, _, state, _ in await desk.renewals()] == ["renewed", "renewed"]
    assert len(desk.said(PlansRenewed)) == 2


async def test_ENR_14_an_end_asked_for_with_december_31_is_not_renewed() -> None:
    desk = await Season().begin()
    await desk.end(EVE)
    await desk.renew()
    assert (await desk.renewals(), of_2017(desk)) == ([], [])


async def test_ENR_14_a_selection_that_is_not_paid_is_renewed_the_night_after_it_is() -> None:
    desk = await Season().begin("a")
    await desk.renew()
    await desk.register("late")
    late = await desk.select("SILVER", household="late", event=QualifyingEvent(kind="move", on=OCTOBER))
    await desk.renew()
    assert not of_2017(desk, "late")
    desk.at(date(2016, 11, 20))
    await desk.pay_binder(*late.policies)
    await desk.night()
    assert [each.plan for each in of_2017(desk, "late")] == ["SILVER"]


async def test_ENR_14_nothing_is_renewed_by_night_before_somebody_asked_for_it_or_after_it_was_taken_back() -> (
    None
):
    desk = await Season().begin()

    async def night() -> int:
        await desk.night()
        return len(await desk.stored(RenewalRun))

    assert await night() == 0
    await desk.renew("plan")
    assert await night() == 1
    await desk.renew()
    assert await night() == 3
    await desk.renew("reverse")
    assert await night() == 4


async def test_ENR_14_a_walk_goes_on_where_whoever_did_it_was_killed() -> None:
    desk = await Season().begin("a", "b", "c", "d", "e")
    await desk.ask()
    assert await desk.walker(chunk=2).turn(desk.now) == 1
    assert [household for household, *_ in await desk.renewals()] == ["a", "b"]
    await desk.walk(chunk=2)
    assert [state for _, _, state, _ in await desk.renewals()] == ["renewed"] * 5
    (run,) = await desk.stored(RenewalRun)
    assert (run.state, run.households, run.policies) == ("done", 5, 5)
    assert len(desk.said(PlansRenewed)) == 5


async def test_ENR_14_a_household_with_a_fault_of_ours_is_passed_over_and_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = await Season().begin("a", "b", "c", "d")
    do = renewal_runs.renew_policies

    async def broken(uow: Any, households: Any, **known: Any) -> int:
        if "b" in households:
            raise KeyError("b")
        return await do(uow, households, **known)

    monkeypatch.setattr(renewal_runs, "renew_policies", broken)
    run = await desk.renew()
    assert (run.households, run.policies, run.failed) == (4, 3, 1)
    assert ("b", "SILVER", "unmapped", "failed") in await desk.renewals()
    monkeypatch.undo()
    await desk.renew()
    assert [state for _, _, state, _ in await desk.renewals()] == ["renewed"] * 4


async def walk_though_slow(
    desk: Season, monkeypatch: pytest.MonkeyPatch, *, slow: set[str], turns_to_a_start: int
) -> list[list[int]]:
    """Turn a walker 40 times, another one after so many turns as if its process were restarted, while the database
    takes too long for some; return how many households it took too long for at once, by turn.
    """
    do = renewal_runs.renew_policies
    turns: list[list[int]] = []

    async def timed(uow: Any, households: Any, **known: Any) -> int:
        if slow.intersection(households):
            turns[-1].append(len(households))
            raise TookTooLong("slow")
        return await do(uow, households, **known)

    monkeypatch.setattr(renewal_runs, "renew_policies", timed)
    walker = desk.walker()
    for turn in range(40):
        if turn % turns_to_a_start == 0:
            walker = desk.walker()
        turns.append([])
        with suppress(TookTooLong):
            await walker.turn(desk.now)
    monkeypatch.undo()
    return turns


@pytest.mark.parametrize("turns_to_a_start", [40, 3, 1])
async def test_ENR_14_a_household_for_which_the_database_always_takes_too_long_is_passed_over_and_reported(
    monkeypatch: pytest.MonkeyPatch, turns_to_a_start: int
) -> None:
    desk = await Season().begin(*"abcdefgh")
    await desk.ask()
    with capture_logs() as logs:
        turns = await walk_though_slow(desk, monkeypatch, slow={"b", "g"}, turns_to_a_start=turns_to_a_start)
    (run,) = await desk.stored(RenewalRun)
    assert (run.state, run.households, run.policies, run.failed) == ("done", 8, 6, 2)
    assert [each["household"] for each in logs if each["event"] == "household_not_renewed"] == ["b", "g"]
    # The first three turns: eight, four and two take too long; one does not; then the seven that are left.
    assert turns[:3] == [[8, 4, 2], [], [7, 3, 1]]
    assert max(len(each) for each in turns) == MOST_TOO_SLOW
    await desk.renew()
    assert [state for _, _, state, _ in await desk.renewals()] == ["renewed"] * 8


@pytest.mark.parametrize("turns_to_a_start", [40, 3, 1])
async def test_ENR_14_where_the_database_takes_too_long_for_everybody_few_are_passed_over_and_all_wait(
    monkeypatch: pytest.MonkeyPatch, turns_to_a_start: int
) -> None:
    desk = await Season().begin(*"abcdefgh")
    await desk.ask()
    with capture_logs() as logs:
        turns = await walk_though_slow(
            desk, monkeypatch, slow=set("abcdefgh"), turns_to_a_start=turns_to_a_start
        )
    assert max(len(each) for each in turns) == MOST_TOO_SLOW
    (run,) = await desk.stored(RenewalRun)
    assert (run.state, run.cursor, run.households, run.failed) == ("running", "b", 2, 2)
    assert {each["household"] for each in logs if each["event"] == "household_not_renewed"} == {"a", "b", "c"}
    await desk.walk()
    await desk.renew()
    assert [state for _, _, state, _ in await desk.renewals()] == ["renewed"] * 8


async def test_ENR_14_a_household_is_told_to_choose_once_whatever_fails_in_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = await Season().begin()
    await desk.crosswalk(entry("SILVER", None, "discontinued"))
    await desk.renew()

    async def broken(_uow: Any, _households: Any, **_known: Any) -> int:
        raise KeyError

    monkeypatch.setattr(renewal_runs, "renew_policies", broken)
    await desk.renew()
    assert await desk.renewals() == [("h", "SILVER", "unmapped", "failed")]
    monkeypatch.undo()
    await desk.renew()
    assert await desk.renewals() == [("h", "SILVER", "unmapped", "discontinued")]
    assert len(desk.said(CoverageNotRenewed)) == 1


async def test_ENR_14_what_no_carrier_was_told_of_is_taken_back_and_no_more() -> None:
    desk = await Season().begin("a", "b")
    await desk.renew()
    (sent,) = of_2017(desk, "a")
    await desk.hear(facts.TransmissionSent(household="a", policy=sent.policy, kind="renewal"))
    run = await desk.renew("reverse")
    assert (run.households, run.policies) == (2, 1)
    assert [(household, state) for household, _, state, _ in await desk.renewals()] == [
        ("a", "renewed"),
        ("b", "reversed"),
    ]
    assert [each.lifecycle for each in (*of_2017(desk, "a"), *of_2017(desk, "b"))] == ["active", "canceled"]
    await desk.renew()
    assert sorted(each.lifecycle for each in of_2017(desk, "b")) == ["active", "canceled"]


async def test_ENR_14_what_could_not_be_taken_back_is_reported_and_taken_back_when_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = await Season().begin("a", "b", "c")
    await desk.renew()
    (sent,) = of_2017(desk, "c")
    await desk.hear(facts.TransmissionSent(household="c", policy=sent.policy, kind="renewal"))
    do = renewal_runs.reverse_renewals

    async def broken(uow: Any, households: Any, **known: Any) -> int:
        if "b" in households or "c" in households:
            raise KeyError
        return await do(uow, households, **known)

    monkeypatch.setattr(renewal_runs, "reverse_renewals", broken)
    run = await desk.renew("reverse")
    assert (run.households, run.policies, run.failed) == (3, 1, 2)
    async with desk.uows.begin(now=desk.now) as uow:
        report = await report_renewals(uow, 2017)
    assert (report.states["renewed"], report.states["reversed"]) == (2, 1)
    assert report.obstacles == {"reversal-failed": 1}
    assert await desk.renewals() == [
        ("a", "SILVER", "reversed", "SILVER"),
        ("b", "SILVER", "renewed", "reversal-failed"),
        ("c", "SILVER", "renewed", "SILVER"),  # its carrier has it: it was not to be taken back
    ]
    async with desk.at(date(2016, 10, 15)).uows.begin(now=desk.now) as uow:
        (found,) = await overdue_by(PARAMETERS)(uow)
    assert (found.kind, found.household, found.deadline) == ("renewal-failed", "b", OCTOBER)
    monkeypatch.undo()
    await desk.renew("reverse")
    assert [state for _, _, state, _ in await desk.renewals()] == ["reversed", "reversed", "renewed"]
    async with desk.uows.begin(now=desk.now) as uow:
        assert not (await report_renewals(uow, 2017)).obstacles
        assert await overdue_by(PARAMETERS)(uow) == []


async def test_ENR_14_what_could_not_be_taken_back_stands_where_renewals_are_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = await Season().begin()
    await desk.renew()

    async def broken(_uow: Any, _households: Any, **_known: Any) -> int:
        raise KeyError

    monkeypatch.setattr(renewal_runs, "reverse_renewals", broken)
    await desk.renew("reverse")
    await desk.renew()
    assert await desk.renewals() == [("h", "SILVER", "renewed", "SILVER")]
    assert [each.lifecycle for each in of_2017(desk)] == ["active"]


async def test_ENR_14_renewals_are_asked_for_in_the_year_before_or_late_with_a_crosswalk_and_one_at_a_time() -> (
    None
):
    desk = await Season().begin()
    for year in (2015, 2018):
        with pytest.raises(RenewalsNotNow) as refused:
            await desk.ask(year=year)
        assert [each.rule for each in refused.value.reasons] == ["ENR-14"]
    with pytest.raises(NoCrosswalk):
        await desk.at(date(2017, 3, 1)).ask(year=2018)
    await desk.at(OCTOBER).ask()
    with pytest.raises(RenewalRunGoesOn):
        await desk.ask()


async def test_ENR_14_what_the_household_chose_before_stays() -> None:
    desk = await Season().begin()
    await desk.at(date(2016, 11, 3)).select("GOLD")
    await desk.renew()
    assert await desk.renewals() == [("h", "SILVER", "chosen", None)]
    assert [each.plan for each in of_2017(desk)] == ["GOLD"]


async def test_ENR_14_what_the_household_chooses_after_takes_the_renewal_s_place_without_a_binder() -> None:
    desk = await Season().begin(plans=("SILVER", "TEETH"), aptc=55000)
    await desk.renew()
    chosen = await desk.at(date(2016, 11, 10)).select("GOLD")
    assert not chosen.selection.binder_required
    # GOLD takes all of the assistance: what the dental plan had of it is gone
    assert [policy.net_cents for policy in chosen.policies] == [15000]
    standing = [each for each in of_2017(desk) if each.lifecycle == "active"]
    assert [(each.plan, each.net_cents) for each in standing] == [("GOLD", 15000), ("TEETH", 3000)]
    assert [(each.plan, each.versions[-1].net_cents) for each in desk.said(PolicyChanged)] == [
        ("TEETH", 3000)
    ]
    (called_off,) = desk.said(PolicyCanceled)
    assert (called_off.plan, called_off.reason) == ("SILVER", "requested")


async def test_ENR_5_what_renews_and_what_is_new_are_selected_one_after_the_other() -> None:
    desk = await Season().begin()
    await desk.renew()
    desk.at(date(2016, 11, 10))
    with pytest.raises(RenewsAndBegins) as refused:
        await desk.select("GOLD", "TEETH")
    assert [each.rule for each in refused.value.reasons] == ["ENR-5"]
    assert [each.lifecycle for each in of_2017(desk)] == ["active"]
    assert not desk.said(PolicyCanceled)
    await desk.select("GOLD")
    assert (await desk.select("TEETH")).selection.binder_required


async def test_ENR_14_an_end_of_the_prior_year_calls_the_renewal_off_and_staff_restores_both() -> None:
    desk = await Season().begin()
    await desk.renew()
    await desk.at(date(2016, 12, 8)).end(date(2016, 12, 20))
    (renewal,) = of_2017(desk)
    assert (renewal.lifecycle, renewal.end_reason) == ("canceled", "prior-year-ended")
    (said,) = desk.said(PolicyCanceled)
    assert (said.policy, said.reason, said.decided_by) == (renewal.policy, "prior-year-ended", "enrollment")
    await desk.restore()
    assert [each.lifecycle for each in desk.policies()] == ["active", "active"]
    (last, first) = sorted(desk.said(PolicyReinstated), key=lambda each: each.effective, reverse=True)
    assert (last.effective, last.undoes) == (NEW_YEAR, said.decision)
    assert first.effective < NEW_YEAR


async def test_ENR_14_a_renewal_that_was_chosen_against_stays_off_when_the_prior_year_stands_again() -> None:
    desk = await Season().begin()
    await desk.renew()
    await desk.at(date(2016, 12, 8)).end(date(2016, 12, 10))
    chosen = await desk.select("GOLD")
    assert chosen.selection.binder_required  # nothing goes on that it would renew
    await desk.restore()
    assert {each.plan: each.lifecycle for each in of_2017(desk)} == {"SILVER": "canceled", "GOLD": "selected"}


@pytest.mark.parametrize("named", ["both", "prior"])
async def test_INV_11_grace_that_runs_out_takes_the_renewal_along_and_a_check_in_time_brings_both_back(
    named: str,
) -> None:
    desk = await Season().begin()
    await desk.renew()
    prior, (renewal,) = desk.policies()[0], of_2017(desk)
    through = date(2016, 11, 30)
    ending = (prior, renewal) if named == "both" else (prior,)
    desk.at(date(2017, 2, 1))
    await desk.hear(
        expired(*ending, through=through, on=desk.now.date(), first_month=CoverageMonth(2016, 11))
    )
    assert [(each.lifecycle, each.through) for each in desk.policies()] == [
        ("terminated", through),
        ("canceled", None),
    ]
    await desk.hear(granted(*ending, undoes="unpaid"))
    assert [each.lifecycle for each in desk.policies()] == ["expired", "active"]
    for each in desk.policies():
        assert told(desk.database.events)[each.policy] == truth(each, await desk.months(each))


async def test_ENR_14_a_renewal_the_household_called_off_is_not_made_again() -> None:
    desk = await Season().begin()
    await desk.renew()
    await desk.end(EVE)
    assert [each.lifecycle for each in desk.policies()] == ["terminated", "canceled"]
    await desk.renew()
    assert [each.lifecycle for each in desk.policies()] == ["terminated", "canceled"]


async def test_ENR_14_what_began_is_changed_and_not_chosen_again() -> None:
    desk = await Season().begin()
    await desk.renew()
    desk.at(date(2017, 1, 10))
    with pytest.raises(Refused):
        await desk.select("GOLD")
