"""Payments is taken out for a while: refused on deadlines, announced, and members are told until when (OPS-2)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from bulkhead.kernel.maintenance import (
    MaintenanceEnded,
    MaintenanceScheduled,
    MaintenanceStarted,
    MaintenanceWindow,
    MaintenanceWithdrawn,
)
from bulkhead.maintenance import windows as windows_module
from bulkhead.maintenance.windows import MaintenancePoller, take_windows_again
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.retries.retries import Retry
from bulkhead.service import Received
from bulkhead.web.tables import IdempotencyRecord
from bulkhead_testing.poison import Poisoned
from payments.application import tell_maintenance
from payments.application.facts import InvoiceIssued, InvoiceVoided
from payments.application.tell_maintenance import TellMaintenance
from payments.domain.events import MaintenanceConcerns
from payments.domain.payments import Payment
from services.payments.tests.builders import World, at, settled
from services.payments.tests.contract.support import CARD, CASH, Api, problem

WINDOWS = "/v1/maintenance-windows"
HARMLESS = {
    "begins_at": "2015-12-11T01:00:00-05:00",
    "ends_at": "2015-12-11T05:00:00-05:00",
    "reason": "an update",
}
"""A Friday whose next deadline, the 15th, is far."""
FIFTEENTH = HARMLESS | {"begins_at": "2015-12-14T20:00:00-05:00", "ends_at": "2015-12-14T23:00:00-05:00"}
PAYING = "/v1/households/june/payments"


async def schedule(
    api: Api, body: dict[str, Any] = HARMLESS, *, subject: str = "someone", key: str = "w-1"
) -> dict[str, Any]:
    answer = await api.post(WINDOWS, body, key=key, subject=subject)
    assert answer.status_code == 201, answer.text
    return answer.json()


def binder(household: str, *, due: date, number: int = 1) -> InvoiceIssued:
    return InvoiceIssued(
        household=household,
        invoice=f"{household}-{number}",
        number=number,
        selection=f"{household}-selection",
        kind="initial",
        due=due,
        on_time_until=due,
        total_cents=50_000,
        payments=0,
    )


def monthly(household: str) -> InvoiceIssued:
    return InvoiceIssued(
        household=household,
        invoice=f"{household}-2",
        number=2,
        selection=None,
        kind="monthly",
        due=date(2015, 12, 26),
        on_time_until=date(2015, 12, 31),
        total_cents=50_000,
        payments=0,
    )


async def test_OPS_2_a_window_that_touches_nothing_is_scheduled_and_announced(api: Api) -> None:
    window = await schedule(api, subject="ann")
    assert (window["phase"], window["takes_two"], window["deadlines"], window["asked_by"]) == (
        "scheduled",
        False,
        [],
        "ann",
    )
    announced = await api.client.get("/v1/maintenance")  # anybody may ask
    assert announced.json()["items"] == [
        {"maintenance": window["maintenance"], **{k: HARMLESS[k] for k in ("begins_at", "ends_at")}}
    ]
    assert api.world.said(MaintenanceScheduled) == [
        MaintenanceScheduled(
            maintenance=window["maintenance"],
            service="payments",
            begins_at=at("2015-12-11T01:00"),
            ends_at=at("2015-12-11T05:00"),
            touches_deadlines=False,
        )
    ]
    assert await schedule(api, subject="ann") == window  # once for its key


async def test_OPS_2_one_that_is_tried_tells_what_would_be_and_leaves_nothing(api: Api) -> None:
    tried = await api.post(f"{WINDOWS}?dry_run=true", HARMLESS, key=None)
    assert tried.status_code == 200
    assert [each["type"] for each in tried.json()["events"]] == ["MaintenanceScheduled"]
    refused = await api.post(f"{WINDOWS}?dry_run=true", FIFTEENTH, key=None)
    problem(refused, status=409, kind="maintenance-touches-deadlines")
    assert (api.world.rows(MaintenanceWindow), api.world.database.events) == ([], [])


async def test_OPS_2_one_that_touches_deadlines_is_refused_with_each_and_whom_it_concerns(api: Api) -> None:
    world = api.world
    await world.hear(
        binder("june", due=date(2015, 12, 15)),
        binder("avery", due=date(2015, 12, 15)),
        binder("void", due=date(2015, 12, 15)),
        binder("later", due=date(2015, 12, 16)),
    )
    await world.hear(InvoiceVoided(household="void", invoice="void-1"))
    paid = await world.pay("avery")
    await world.hear(settled(paid, group="binder:avery-selection"))
    answer = await api.post(WINDOWS, FIFTEENTH)
    body = problem(answer, status=409, kind="maintenance-touches-deadlines")
    assert [each["facts"] for each in body["reasons"]] == [
        {"deadline": "binder-due", "on": "2015-12-15", "by": "ENR-6", "households": "1"},
        {"deadline": "selection-cutoff", "on": "2015-12-15", "by": "ENR-3"},
    ]
    assert {each["rule"] for each in body["reasons"]} == {"OPS-2"}
    assert all(each["citation"].startswith("N2: ") for each in body["reasons"])
    assert (world.rows(MaintenanceWindow), world.said(MaintenanceScheduled)) == ([], [])


async def test_OPS_2_it_counts_who_has_not_paid_the_month_and_whose_money_waits_for_carriers(
    api: Api,
) -> None:
    world = api.world
    await world.hear(*map(monthly, ("june", "avery", "casey")))
    paid = await world.pay("avery")
    await world.hear(settled(paid, group="month:2016-01", month="2016-01"))
    body = HARMLESS | {"begins_at": "2015-12-23T20:00:00-05:00", "ends_at": "2015-12-24T00:00:00-05:00"}
    world.set("2015-12-10T10:00")
    answer = problem(await api.post(WINDOWS, body), status=409, kind="maintenance-touches-deadlines")
    assert [each["facts"] for each in answer["reasons"]] == [
        {"deadline": "remittance", "on": "2015-12-23", "by": "PAY-6", "households": "1"}
    ]
    body = HARMLESS | {"begins_at": "2015-12-25T13:00:00-05:00", "ends_at": "2015-12-25T14:00:00-05:00"}
    answer = problem(await api.post(WINDOWS, body, key="2"), status=409, kind="maintenance-touches-deadlines")
    assert [each["facts"] for each in answer["reasons"]] == [
        {"deadline": "monthly-due", "on": "2015-12-26", "by": "INV-2", "households": "2"}
    ]


async def test_OPS_2_going_ahead_takes_a_reason_and_a_second_person(api: Api) -> None:
    body = FIFTEENTH | {"override": "a fault in it loses payments"}
    window = await schedule(api, body, subject="ann")
    assert (window["phase"], window["takes_two"], window["override"]) == (
        "requested",
        True,
        "a fault in it loses payments",
    )
    assert window["deadlines"] == [{"kind": "selection-cutoff", "on": "2015-12-15", "households": None}]
    path = f"{WINDOWS}/{window['maintenance']}"
    assert (await api.client.get("/v1/maintenance")).json()["items"] == []
    own = await api.post(f"{path}/decisions", {"decision": "approve"}, subject="ann")
    problem(own, status=409, kind="second-person-needed")
    assert api.world.said(MaintenanceScheduled) == []
    approved = await api.post(f"{path}/decisions", {"decision": "approve"}, subject="bob")
    assert (approved.json()["phase"], approved.json()["decided_by"]) == ("scheduled", "bob")
    (said,) = api.world.said(MaintenanceScheduled)
    assert said.touches_deadlines
    again = await api.post(f"{path}/decisions", {"decision": "decline"}, subject="bob", key="2")
    problem(again, status=409, kind="maintenance-window-not-open")
    assert (await api.get(path)).json() == approved.json()


async def test_OPS_2_who_has_something_to_pay_by_a_day_that_is_touched_is_told_once_it_is_approved(
    api: Api,
) -> None:
    world = api.world
    await world.hear(binder("june", due=date(2015, 12, 15)), binder("avery", due=date(2015, 12, 15)))
    await world.hear(binder("later", due=date(2015, 12, 17)))
    paid = await world.pay("avery")
    await world.hear(settled(paid, group="binder:avery-selection"))
    window = await schedule(api, FIFTEENTH | {"override": "a fault in it loses payments"}, subject="ann")
    await world.settle_down()
    assert world.said(MaintenanceConcerns) == []
    path = f"{WINDOWS}/{window['maintenance']}/decisions"
    await api.post(path, {"decision": "approve"}, subject="bob")
    await world.settle_down()
    await world.settle_down()
    assert world.said(MaintenanceConcerns) == [
        MaintenanceConcerns(
            household="june",
            maintenance=window["maintenance"],
            begins_at=at("2015-12-14T20:00"),
            ends_at=at("2015-12-14T23:00"),
            cutoffs=(date(2015, 12, 15),),
        )
    ]


async def test_OPS_2_who_was_told_is_told_too_when_the_window_is_withdrawn_page_by_page(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tell_maintenance, "_PAGE", 2)
    world = api.world
    await world.hear(*(binder(each, due=date(2015, 12, 15)) for each in ("a", "b", "c")))
    window = await schedule(api, FIFTEENTH | {"override": "a fault in it loses payments"}, subject="ann")
    path = f"{WINDOWS}/{window['maintenance']}"
    await api.post(f"{path}/decisions", {"decision": "approve"}, subject="bob")
    poller = TellMaintenance(world.uows)
    assert [await poller.turn(world.now) for _ in range(3)] == [2, 1, 0]
    withdrawn = await api.post(f"{path}/withdrawals", {}, subject="ann", key="3")
    assert withdrawn.json()["phase"] == "withdrawn"
    assert [await poller.turn(world.now) for _ in range(3)] == [2, 1, 0]
    said = [(each.household, each.withdrawn) for each in world.said(MaintenanceConcerns)]
    assert said == [("a", False), ("b", False), ("c", False), ("a", True), ("b", True), ("c", True)]


async def test_OPS_2_a_window_that_is_withdrawn_before_anybody_was_told_is_told_to_nobody(api: Api) -> None:
    await api.world.hear(binder("a", due=date(2015, 12, 15)))
    window = await schedule(api, FIFTEENTH | {"override": "a fault in it loses payments"}, subject="ann")
    path = f"{WINDOWS}/{window['maintenance']}"
    await api.post(f"{path}/decisions", {"decision": "approve"}, subject="bob")
    await api.post(f"{path}/withdrawals", {}, subject="ann", key="3")
    poller = TellMaintenance(api.world.uows)
    assert (await poller.turn(api.world.now), await poller.pending(api.world.now)) == (0, 0)


async def test_OPS_2_they_are_told_page_by_page_and_it_goes_on_where_it_was_stopped(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tell_maintenance, "_PAGE", 2)
    world = api.world
    names = ["a", "b", "c", "d"]
    await world.hear(*(binder(each, due=date(2015, 12, 15)) for each in names))
    window = await schedule(api, FIFTEENTH | {"override": "a fault in it loses payments"}, subject="ann")
    await api.post(f"{WINDOWS}/{window['maintenance']}/decisions", {"decision": "approve"}, subject="bob")
    poller = TellMaintenance(world.uows)
    told = [await poller.turn(world.now) for _ in range(4)]
    assert told == [2, 2, 1, 0]
    assert [each.household for each in world.said(MaintenanceConcerns)] == names


async def test_OPS_2_one_of_ten_whom_telling_fails_is_told_later_and_keeps_no_other_from_it(api: Api) -> None:
    world = api.world
    names = [f"h{number}" for number in range(10)]
    await world.hear(*(binder(each, due=date(2015, 12, 15)) for each in names))
    window = await schedule(api, FIFTEENTH | {"override": "a fault in it loses payments"}, subject="ann")
    await api.post(f"{WINDOWS}/{window['maintenance']}/decisions", {"decision": "approve"}, subject="bob")
    uows = Poisoned(world.uows, lock="h3")
    poller = TellMaintenance(uows)
    assert await poller.turn(world.now) == 10
    others = [each for each in names if each != "h3"]
    assert [each.household for each in world.said(MaintenanceConcerns)] == others
    (waits,) = world.rows(Retry)
    assert (waits.kind, waits.household, waits.failures, waits.reason) == (
        "maintenance-concerns",
        "h3",
        1,
        "ZeroDivisionError",
    )
    assert await poller.pending(world.now) == 0
    uows.lock = None
    assert await poller.turn(waits.retry_at) == 1
    assert [each.household for each in world.said(MaintenanceConcerns)] == [*others, "h3"]
    assert world.rows(Retry) == []


async def test_I9_one_of_ten_windows_that_fails_keeps_no_other_from_being_told(api: Api) -> None:
    for minute in range(10):
        hours = {
            "begins_at": f"2015-12-11T01:0{minute}:00-05:00",
            "ends_at": f"2015-12-11T01:0{minute}:30-05:00",
        }
        await schedule(api, HARMLESS | hours, subject="ann", key=f"w-{minute}")
    windows = sorted(api.world.rows(MaintenanceWindow), key=lambda each: each.begins_at)
    bad = windows[3].maintenance

    class Keeper(windows_module.Keeper):
        async def tell(self, uow: UnitOfWork, maintenance: str) -> int:
            if maintenance == bad:
                raise ZeroDivisionError
            return await super().tell(uow, maintenance)

    kept = api.world.service.keeper
    poller = MaintenancePoller(
        api.world.uows, keeper=Keeper(service=kept.service, guard=kept.guard, says=kept.says)
    )
    now = at("2015-12-11T10:00")
    with pytest.raises(ZeroDivisionError):
        await poller.turn(now)
    begun = [each.maintenance for each in api.world.said(MaintenanceStarted)]
    assert sorted(begun) == sorted(each.maintenance for each in windows if each.maintenance != bad)
    assert await poller.pending(now) == 1
    assert await MaintenancePoller(api.world.uows, keeper=kept).turn(now) == 1
    assert await poller.pending(now) == 0


async def test_OPS_2_one_that_was_declined_or_approved_too_late_is_not_announced(api: Api) -> None:
    body = FIFTEENTH | {"override": "a fault in it loses payments"}
    first = await schedule(api, body, subject="ann")
    declined = await api.post(
        f"{WINDOWS}/{first['maintenance']}/decisions", {"decision": "decline"}, subject="ann"
    )
    assert declined.json()["phase"] == "declined"
    second = await schedule(api, body, subject="ann", key="w-2")
    api.world.set("2015-12-12T20:01")
    late = await api.post(
        f"{WINDOWS}/{second['maintenance']}/decisions", {"decision": "approve"}, subject="bob"
    )
    problem(late, status=422, kind="invalid-value")
    assert api.world.said(MaintenanceScheduled) == []


async def test_OPS_2_meanwhile_a_member_is_told_until_when_and_nothing_else_is_refused(api: Api) -> None:
    world = api.world
    await schedule(api)
    await world.advance("2015-12-11T04:30")
    refused = await api.post(PAYING, CARD, "member", household="june")
    body = problem(refused, status=503, kind="under-maintenance")
    assert refused.headers["retry-after"] == "1800"
    assert body["reasons"][0]["facts"]["until"] == "2015-12-11T05:00:00-05:00"
    assert "2015-12-11T05:00:00-05:00" in body["detail"]
    assert (world.rows(Payment), world.kept.charges) == ([], {})
    # nothing was kept under the key: the same request may be done when the window is over
    assert [each for each in world.rows(IdempotencyRecord) if "payments" in each.scope] == []
    assert (await api.get(PAYING, "member", household="june")).status_code == 200
    assert (await api.post(PAYING, CASH, key="counter")).status_code == 201
    door = await api.client.get("/v1/online-payment")
    assert (door.status_code, door.json()["takes_payments"], door.json()["outcome"]) == (
        200,
        False,
        "maintenance",
    )
    world.set("2015-12-11T05:00")
    assert (await api.post(PAYING, CARD, "member", household="june")).status_code == 201
    door = await api.client.get("/v1/online-payment")
    assert door.json()["takes_payments"]


async def test_OPS_2_it_begins_and_is_over_by_the_clock_and_is_told_of(api: Api) -> None:
    world = api.world
    window = await schedule(api)
    await world.advance("2015-12-11T00:59")
    assert world.said(MaintenanceStarted) == []
    await world.advance("2015-12-11T01:00")
    begins_at, ends_at = at("2015-12-11T01:00"), at("2015-12-11T05:00")
    about = {"maintenance": window["maintenance"], "service": "payments", "begins_at": begins_at}
    assert world.said(MaintenanceStarted) == [MaintenanceStarted(**about, ends_at=ends_at)]
    await world.advance("2015-12-11T05:00")
    assert world.said(MaintenanceEnded) == [MaintenanceEnded(**about, ended_at=ends_at)]
    await world.advance("2015-12-12T12:00")
    assert (len(world.said(MaintenanceStarted)), len(world.said(MaintenanceEnded))) == (1, 1)


async def test_OPS_2_it_is_ended_early_and_withdrawn_before(api: Api) -> None:
    world = api.world
    window = await schedule(api)
    path = f"{WINDOWS}/{window['maintenance']}"
    problem(await api.post(f"{path}/ends", None), status=409, kind="maintenance-window-not-open")
    await world.advance("2015-12-11T02:00")
    problem(await api.post(f"{path}/withdrawals", None), status=409, kind="maintenance-window-not-open")
    ended = await api.post(f"{path}/ends", None, key="2")
    assert (ended.json()["phase"], ended.json()["closed_at"]) == ("ended", "2015-12-11T02:00:00-05:00")
    assert [each.ended_at for each in world.said(MaintenanceEnded)] == [at("2015-12-11T02:00")]
    assert (await api.post(PAYING, CARD, "member", household="june")).status_code == 201
    later = HARMLESS | {"begins_at": "2015-12-18T01:00:00-05:00", "ends_at": "2015-12-18T02:00:00-05:00"}
    second = await schedule(api, later, key="w-2")
    assert (await api.post(f"{WINDOWS}/{second['maintenance']}/withdrawals", None)).json()[
        "phase"
    ] == "withdrawn"
    assert [each.maintenance for each in world.said(MaintenanceWithdrawn)] == [second["maintenance"]]
    await world.advance("2015-12-18T01:30")
    assert (await api.post(PAYING, CARD, "member", household="june", key="3")).status_code == 201
    listed = await api.get(WINDOWS)
    assert [each["phase"] for each in listed.json()["items"]] == ["ended", "withdrawn"]


async def test_OPS_2_two_windows_do_not_overlap_and_only_operators_schedule(api: Api) -> None:
    await schedule(api)
    problem(await api.post(WINDOWS, HARMLESS, key="2"), status=409, kind="maintenance-overlaps")
    problem(await api.post(WINDOWS, HARMLESS, "member", household="june"), status=403, kind="forbidden")
    problem(await api.get(f"{WINDOWS}/nothing"), status=404, kind="not-found")


@pytest.mark.parametrize("ended_at", ["2015-12-11T02:00", "2015-12-11T05:00"])
async def test_OPS_2_what_was_said_after_a_backup_is_kept_again(ended_at: str) -> None:
    world = World(start=at("2015-12-11T06:00"))
    begins_at, ends_at = at("2015-12-11T01:00"), at("2015-12-11T05:00")
    about: dict[str, Any] = {"service": "payments", "begins_at": begins_at}
    said: list[tuple[datetime, object]] = [
        (
            at("2015-12-03T10:00"),
            MaintenanceScheduled(maintenance="m-1", **about, ends_at=ends_at, touches_deadlines=False),
        ),
        (begins_at, MaintenanceStarted(maintenance="m-1", **about, ends_at=ends_at)),
        (at(ended_at), MaintenanceEnded(maintenance="m-1", **about, ended_at=at(ended_at))),
    ]
    heard = [
        Received(event_id=str(number), household=None, occurred_at=when, fact=fact, partition=0)
        for number, (when, fact) in enumerate(said)
    ]
    for _ in range(2):  # and again, harmlessly
        async with world.uows.begin(now=world.now) as uow:
            await take_windows_again(uow, heard)
    (window,) = world.rows(MaintenanceWindow)
    assert (window.begins_at, window.until, window.told) == (begins_at, at(ended_at), "ended")
    await world.settle_down()
    assert world.said(MaintenanceEnded) == []
