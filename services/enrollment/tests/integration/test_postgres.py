"""Enrollment on a real PostgreSQL: one history leaves the same rows and journal there as in memory."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from bulkhead.contracts import wire
from bulkhead.contracts.enrollment.v1 import ContactKeySet
from bulkhead.contracts.registry import BY_NAME, SEALED
from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.contact_sealing import Sealing
from bulkhead.persistence.event_tables import OutboxRecord
from bulkhead.persistence.faults import StorageFault
from bulkhead.persistence.household_keys import HouseholdKey
from bulkhead.persistence.ports import AlreadyExists
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead.retries.retries import Retry
from bulkhead_testing.contact_keys import CONTACT_KEYS
from enrollment.adapters.hub.sandbox import Told
from enrollment.application import facts
from enrollment.application.age_out_children import AgeOutChildren
from enrollment.application.determine_medicaid import determine_medicaid
from enrollment.application.expire_coverage import expire_coverage, households_to_expire
from enrollment.application.renewal_runs import RenewalWalker
from enrollment.application.select_plans import Choice, change_plans
from enrollment.application.state_carrier import state_carrier
from enrollment.domain.age_rates import AgeRates
from enrollment.domain.carriers import BillingSince, Carrier
from enrollment.domain.corrections import Correction
from enrollment.domain.crosswalk import CrosswalkEntry
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.households import Contact, Household, Member
from enrollment.domain.medicaid import Eligible
from enrollment.domain.months import PolicyVersion
from enrollment.domain.plans import Plan
from enrollment.domain.policies import Policy
from enrollment.domain.renewal_runs import RenewalRun
from enrollment.domain.renewals import Renewal
from enrollment.domain.restorations import StaffReinstatement
from enrollment.domain.selections import Selection
from services.enrollment.tests.asking import Asking
from services.enrollment.tests.builders import SILVER, Desk, expired, granted, person
from services.enrollment.tests.contract.http import Api
from services.enrollment.tests.correcting import Corrector
from services.enrollment.tests.rated import AGED, BOSTON, WORCESTER, by_age, massachusetts
from services.enrollment.tests.renewing import Season

pytestmark = pytest.mark.postgres

JUNE = CoverageMonth(2016, 6)
KINDS: tuple[type[Any], ...] = (
    Plan,
    Household,
    Contact,
    Member,
    Selection,
    Policy,
    PolicyVersion,
    StaffReinstatement,
)


KINDS_OF_RENEWALS: tuple[type[Any], ...] = (*KINDS, CrosswalkEntry, Renewal, RenewalRun)


async def verify(desk: Asking) -> None:
    """Play three households: one that the hub contradicts, and two of which it says nothing in time."""
    await desk.offer()
    for household in ("a", "b", "c"):
        await desk.register(household, person(), aptc=30_000, income=3_000_000)
        await desk.covered("SILVER", household=household)
    desk.hub.store.keep(Told(household="a", contradicts=("income", "medicaid"), aptc_cents=10_000))
    desk.hub.mode = "silent"
    await desk.ask()
    desk.hub.mode = "answers"
    desk.now += timedelta(hours=1)
    await desk.poller.turn(desk.now)
    desk.hub.mode = "away"
    await desk.ask()
    await desk.night(date(2016, 2, 10))
    await desk.night(date(2016, 3, 3))


async def renew(desk: Season) -> None:
    """Play a season: a dry run, a walk in chunks, an end that takes its renewal along, a choice, what is taken back,
    what is renewed late.
    """
    await desk.begin("a", "b", "c", "d", "e", "f", plans=("SILVER", "TEETH"), aptc=55000)
    await desk.end(date(2016, 12, 20), household="f")
    await desk.renew("plan", chunk=2)
    await desk.renew(chunk=2)
    await desk.at(date(2016, 11, 10)).select("GOLD", household="b")
    await desk.end(date(2016, 12, 20), household="c")
    await desk.restore(household="c")
    await desk.end(date(2016, 12, 20), household="d")
    await desk.renew("reverse", chunk=2)
    await desk.renew(chunk=2)
    await desk.at(date(2017, 1, 1)).night()
    await desk.at(date(2017, 1, 3)).restore(household="f")
    await desk.night()
    assert {each.state for each in await desk.stored(Renewal)} == {"renewed"}


async def test_ENR_10_what_the_hub_says_and_does_not_say_leaves_the_same_rows_there_as_in_memory(
    postgres: PostgresDatabase,
) -> None:
    real, twin = Asking(uows=postgres), Asking()
    for desk in (real, twin):
        await verify(desk)
    for kind in (*KINDS, Retry):
        assert await real.stored(kind) == await twin.stored(kind), kind.__name__
    states = {each.household: each.verification for each in await real.stored(Household)}
    assert states == {"a": "failed", "b": "failed", "c": "failed"}


async def test_ENR_14_a_season_of_renewals_leaves_the_same_rows_there_as_in_memory(
    postgres: PostgresDatabase,
) -> None:
    real, twin = Season(uows=postgres), Season()
    await renew(real)
    await renew(twin)
    for kind in KINDS_OF_RENEWALS:
        assert await real.stored(kind) == await twin.stored(kind), kind


async def test_ENR_14_several_workers_renew_each_household_once(postgres: PostgresDatabase) -> None:
    desk = await Season(uows=postgres).begin(*(f"h{number:02}" for number in range(12)))
    await desk.ask()
    walkers = [desk.walker(chunk=3) for _ in range(3)]

    async def walk(walker: RenewalWalker) -> None:
        while await walker.turn(desk.now):
            pass

    await asyncio.gather(*map(walk, walkers))
    (run,) = await desk.stored(RenewalRun)
    assert (run.state, run.households, run.policies) == ("done", 12, 12)
    assert sum(each.renews is not None for each in await desk.stored(Policy)) == 12


async def play(desk: Desk) -> None:
    """Play a year with grace and its end, a reinstatement, a lapse, requests, carriers, and January 1."""
    await desk.offer()
    child = person("Иван", born="2012-05-06", relation="child")
    await desk.register("a", person(ssn="123456789"), child, aptc=30000, subsidy=100)
    await desk.register("b", person(), aptc=60000)
    await desk.register("c", person())
    medical, dental = await desk.covered("SILVER", "TEETH", household="a")
    await desk.select("GOLD", household="b")
    (lapsed,) = (
        await desk.select("SILVER", household="c", via="paper", received_on=date(2015, 12, 1))
    ).policies
    await desk.hear(
        facts.TransmissionSent(household="a", policy=medical.policy, kind="initial"),
        facts.CoverageEffectuated(household="a", policy=medical.policy),
        facts.TransmissionSent(household="a", policy=dental.policy, kind="initial"),
    )
    await desk.at(date(2016, 1, 20)).lapse_binder(lapsed, due=date(2016, 1, 19))
    await desk.at(date(2016, 3, 10)).end(date(2016, 3, 20), "TEETH", household="a")
    await desk.restore("TEETH", household="a", reason="the wrong plan")
    await desk.end(date(2016, 3, 25), "TEETH", household="a")
    await desk.at(date(2016, 6, 1)).hear(facts.GraceEntered(household="a", first_month=JUNE))
    await desk.at(date(2016, 9, 1)).hear(
        facts.GraceAdvanced(household="a", first_month=JUNE, month=3),
        expired(medical, through=JUNE.last_day),
    )
    await desk.at(date(2016, 9, 5)).hear(granted(medical, undoes="unpaid"))
    moved = QualifyingEvent(kind="move", on=date(2016, 9, 1))
    await desk.select("TEETH", household="c", event=moved)
    await perform(desk.at(date(2017, 1, 1)))


async def perform(desk: Desk) -> None:
    async with desk.uows.begin(now=desk.now) as uow:
        households = await households_to_expire(uow, desk.now.date(), "", 500)
    async with desk.uows.begin(now=desk.now, households=households) as uow:
        await expire_coverage(uow, desk.now.date(), households)


async def journal(desk: Desk) -> list[tuple[Any, ...]]:
    """Return what was said, opened, without what differs from run to run."""
    said: list[tuple[Any, ...]] = []
    sealing = Sealing(CONTACT_KEYS)
    keys = {each.household: each for each in await desk.stored(HouseholdKey)}
    for record in await desk.stored(OutboxRecord):
        envelope = wire.decode(record.envelope, wire.Envelope)
        model = BY_NAME[record.type, record.version].model
        if model in SEALED:
            opener = sealing.opener(keys[record.household or ""], event_id=envelope.id)
            data = wire.opened(wire.with_opened(msgspec.json.decode(envelope.data), opener), model)
        else:
            data = wire.decode(envelope.data, model)
        if isinstance(data, ContactKeySet):
            data = msgspec.structs.replace(data, sealed=None)
        said.append((record.household, record.type, record.business_date, envelope.reasons, data))
    return said


async def test_a_year_leaves_the_same_rows_and_journal_as_in_memory(postgres: PostgresDatabase) -> None:
    real, memory = Desk(uows=postgres), Desk()
    await play(real)
    await play(memory)
    for kind in KINDS:
        assert await real.stored(kind) == await memory.stored(kind)
    assert await journal(real) == await journal(memory)
    assert {each.lifecycle for each in await real.stored(Policy)} == {
        "expired",
        "terminated",
        "canceled",
        "selected",
    }


async def play_changes(desk: Desk) -> None:
    """Assistance goes up, in the past and ahead; a child is born; a spouse dies; an end is undone."""
    await desk.offer()
    await desk.register("h", person(), person("Sam", born="1981-01-01", relation="spouse"), aptc=10000)
    await desk.covered("SILVER")
    desk.at(date(2016, 6, 20))
    await desk.change_assistance(date(2016, 3, 1), aptc=20000)
    await desk.change_assistance(date(2016, 9, 1), aptc=30000, subsidy=5)
    await desk.join(person("Kim", born="2016-06-10", relation="child"), "birth", date(2016, 6, 10))
    await desk.leave("h-2", "death", date(2016, 6, 15))
    await desk.end(date(2016, 7, 31))
    await desk.restore()


async def test_ENR_13_changes_leave_the_same_rows_and_journal_as_in_memory(
    postgres: PostgresDatabase,
) -> None:
    real, memory = Desk(uows=postgres), Desk()
    await play_changes(real)
    await play_changes(memory)
    for kind in KINDS:
        assert await real.stored(kind) == await memory.stored(kind)
    assert await journal(real) == await journal(memory)


async def play_carriers(desk: Desk) -> None:
    """Have a carrier bill for a plan beside one of the exchange's, and say that it has begun."""
    await desk.offer()
    delta = Carrier(
        carrier="DELTA",
        name="Delta Dental",
        phone="800-555-0142",
        billing=(BillingSince(plan_year=2016, billing="carrier"),),
    )
    async with desk.uows.begin(now=desk.now) as uow:
        await state_carrier(uow, delta)
    await desk.register("h")
    selected = await desk.select("SILVER", "TEETH")
    await desk.pay_binder(*selected.policies)
    teeth = next(each.policy for each in selected.policies if each.plan == "TEETH")
    await desk.hear(
        facts.TransmissionSent(household="h", policy=teeth, kind="initial"),
        facts.CoverageEffectuated(household="h", policy=teeth),
    )


async def test_CAR_1_what_a_carrier_bills_for_leaves_the_same_rows_and_journal_as_in_memory(
    postgres: PostgresDatabase,
) -> None:
    real, memory = Desk(uows=postgres), Desk()
    await play_carriers(real)
    await play_carriers(memory)
    for kind in (Carrier, *KINDS):
        assert await real.stored(kind) == await memory.stored(kind)
    assert await journal(real) == await journal(memory)
    assert {each.plan: each.lifecycle for each in await real.stored(Policy)} == {
        "SILVER": "active",
        "TEETH": "active",
    }


async def play_departures(desk: Desk) -> None:
    """Have a child grow too old, another found eligible for Medicaid and back, and a plan changed."""
    await desk.offer()
    people = [
        person(born="1962-03-02"),
        person("Kim", born="1990-05-05", relation="child"),
        person("Lee", born="2010-05-05", relation="child"),
    ]
    await desk.register("h", *people)
    await desk.register("i")
    await desk.covered("SILVER")
    duty, on = AgeOutChildren(desk.parameters), date(2016, 4, 1)
    desk.at(on, 1)
    async with desk.uows.begin(now=desk.now) as uow:
        assert await duty.next_work(uow, on) == on
        found = await duty.households(uow, on, "", 500)
    assert found == ["h"]
    async with desk.uows.begin(now=desk.now, households=found) as uow:
        await duty.run(uow, on, found)
        assert await duty.households(uow, on, "", 500) == []
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await determine_medicaid(
            uow,
            household="h",
            eligible=Eligible(members=("h-3",), begins=date(2016, 5, 1)),
            parameters=desk.parameters,
        )
    event = QualifyingEvent(kind="move", on=date(2016, 4, 1))
    choice = Choice(household="h", plans=("GOLD",), via="web", received_on=None, event=event)
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await change_plans(uow, choice, parameters=desk.parameters)


async def test_departures_and_a_changed_plan_leave_the_same_rows_and_journal_on_both(
    postgres: PostgresDatabase,
) -> None:
    real, memory = Desk(uows=postgres), Desk()
    await play_departures(real)
    await play_departures(memory)
    for kind in KINDS:
        assert await real.stored(kind) == await memory.stored(kind)
    assert await journal(real) == await journal(memory)


async def test_ENR_17_rates_by_age_leave_the_same_rows_there_as_in_memory(postgres: PostgresDatabase) -> None:
    real, twin = massachusetts(Desk(uows=postgres)), massachusetts(Desk())
    for desk in (real, twin):
        await desk.offer(AGED, areas=[by_age(), by_age(area=5), by_age(2016)])
        await desk.register_at(WORCESTER, "h", person(born="1980-03-02"))
        await desk.covered("AGED")
        baby = person("Baby", born="2015-05-10", relation="child")
        await desk.at(date(2015, 5, 20)).join(baby, "birth", date(2015, 5, 10))
        await desk.move(BOSTON, date(2015, 7, 1))
    for kind in (*KINDS, AgeRates):
        assert await real.stored(kind) == await twin.stored(kind), kind
    assert [each.gross_cents for each in await real.stored(PolicyVersion)] == [26920, 41940, 41940]


async def correct(desk: Desk) -> None:
    """Correct the dates of a selection, an end, a death, a birth date and a rate, and take one of them back."""
    desk.at(date(2015, 12, 18))
    await desk.offer()
    await desk.register("h", person(), person("Max Example", born="1979-01-05", relation="spouse"))
    selected = await desk.select("SILVER", "TEETH", via="paper", received_on=date(2015, 12, 17))
    await desk.pay_binder(*selected.policies)
    staff = Corrector(desk)
    made = await staff.redate_selection(date(2015, 12, 14))
    await desk.pay_binder(*(each for each in await desk.stored(Policy) if each.selection == made.selected_as))
    desk.at(date(2016, 3, 20))
    await desk.leave("h-2", "death", date(2016, 3, 15))
    await staff.redate_departure("h-2")
    await desk.end(date(2016, 3, 31))
    end = await staff.redate_end("SILVER", through=date(2016, 4, 30))
    await staff.reverse(end)
    await staff.correct_birth_date("h-1", "1981-03-02")
    await desk.offer(replace(SILVER, couple_cents=101_000))
    await staff.rerate(date(2016, 3, 1))


async def test_OPS_5_corrections_leave_the_same_rows_there_as_in_memory(postgres: PostgresDatabase) -> None:
    real, memory = Desk(uows=postgres), Desk()
    await correct(memory)
    await correct(real)
    for kind in (*KINDS, Correction):
        assert await real.stored(kind) == await memory.stored(kind)
    assert len(await real.stored(Correction)) == 6


async def test_of_two_selections_at_once_one_is_taken_and_the_other_refused(
    postgres: PostgresDatabase,
) -> None:
    desk = Desk(uows=postgres)
    await desk.offer()
    await desk.register("h")
    outcomes = await asyncio.gather(
        *(desk.select(plan) for plan in ("SILVER", "GOLD", "SILVER")), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in outcomes) == [
        "KindAlreadyHeld",
        "KindAlreadyHeld",
        "Selected",
    ]
    assert len(await desk.stored(Policy)) == 1


async def test_I7_a_selection_over_http_is_taken_with_nothing_but_its_own_database(
    postgres: PostgresDatabase,
) -> None:
    api = await Api(uows=postgres).with_june()
    body = {"plans": ["SILVER", "TEETH"], "via": "web"}
    first = await api.post("/v1/households/june/selections", body, "member", "june", key="once")
    again = await api.post("/v1/households/june/selections", body, "member", "june", key="once")
    assert (first.status_code, again.json()) == (201, first.json())
    listed = (await api.get("/v1/households/june/policies")).json()["items"]
    assert sorted(each["plan"] for each in listed) == ["SILVER", "TEETH"]
    assert (await api.get("/readyz", role=None)).status_code == 200


async def test_a_dry_run_leaves_nothing_there_and_holds_no_lock(postgres: PostgresDatabase) -> None:
    desk, api = Desk(uows=postgres), await Api(uows=postgres).with_june()
    body = {"plans": ["SILVER", "TEETH"], "via": "web"}
    said = len(await desk.stored(OutboxRecord))
    tried = await asyncio.gather(
        *(
            api.post("/v1/households/june/selections?dry_run=true", body, "member", "june", key="")
            for _ in range(8)
        )
    )
    assert {each.status_code for each in tried} == {200}
    assert (await desk.stored(Policy), len(await desk.stored(OutboxRecord))) == ([], said)
    taken = await api.post("/v1/households/june/selections", body, "member", "june")
    assert (taken.status_code, len(await desk.stored(Policy))) == (201, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"net_cents": 1},
        {"aptc_cents": -1, "net_cents": 50001},
        {"lifecycle": "dormant"},
        {"lifecycle": "terminated"},
        {"lifecycle": "canceled"},
        {"standing": "in-grace"},
        {"effective": date(2017, 1, 1)},
        {"end_reason": "requested"},
        {"lifecycle": "active"},
        {"grace_month": 1},
        {"partial_month": "by-hour"},
    ],
)
async def test_ENR_9_the_database_itself_refuses_a_policy_that_cannot_be(
    postgres: PostgresDatabase, wrong: dict[str, Any]
) -> None:
    desk = Desk(uows=postgres)
    await desk.offer()
    await desk.register("h")
    await desk.select("SILVER")
    (policy,) = await desk.stored(Policy)
    with pytest.raises(StorageFault, match="CheckViolationError"):
        async with postgres.begin(now=desk.now) as uow:
            await uow.records(Policy).put([replace(policy, **wrong)])


async def test_ENR_16_the_database_itself_refuses_one_number_for_two_of_a_household(
    postgres: PostgresDatabase,
) -> None:
    desk = Desk(uows=postgres)
    await desk.register("h", person(ssn="123456789"), person(relation="spouse", name="Kit Example"))
    await desk.register("k", person(ssn="123456789"))  # in another it is pointed out, and may be
    (spouse,) = (each for each in await desk.stored(Member) if each.member == "h-2")
    with pytest.raises(AlreadyExists):
        async with postgres.begin(now=desk.now) as uow:
            await uow.records(Member).put([replace(spouse, ssn=Masked("123456789"))])
    api = Api(uows=postgres)
    assert (await api.get("/v1/households/h")).json()["possible_duplicates"] == [
        {"member": "h-1", "other_household": "k", "other_member": "k-1"}
    ]


async def test_why_is_answered_on_postgresql_as_in_memory(postgres: PostgresDatabase) -> None:
    answers: list[list[Any]] = []
    for api in (Api(uows=postgres), Api()):
        await api.with_june()
        chosen = {"plans": ["SILVER"], "via": "phone"}
        made = await api.at(date(2016, 1, 20)).post("/v1/households/june/selections", chosen)
        again = await api.post("/v1/households/june/selections", chosen)
        await api.post("/v1/households/june/terminations", {"on": "2016-01-31", "reason": "requested"})
        assert (made.status_code, again.status_code) == (201, 422)
        policy = f"/v1/households/june/policies/{made.json()['policies'][0]['policy']}"
        found = [
            await api.get(path)
            for path in (
                f"{policy}/effective-date/explain?expected=2016-02-01",
                f"{policy}/end/explain",
                "/v1/households/june/timeline",
                "/v1/households/june/refusals/explain",
            )
        ]
        assert [each.status_code for each in found] == [200, 200, 200, 200]
        assert len(found[3].json()["items"]) == 1
        answers.append([each.json() for each in found])
    assert answers[0] == answers[1]
