"""Notices are stopped at once, and go on as things are then (NOT-3)."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import Any

import httpx2
import pytest

from bulkhead.kernel.calendar import local
from notifications.application.find_overdue import overdue_of
from notifications.application.stop_notices import lock_of
from notifications.domain.notices import NOTICE_TYPES, NoticeType
from notifications.domain.stops import NoticeStop, batches_that_may_leave
from services.notifications.tests.builders import (
    JUNE,
    PARAMETERS,
    activated,
    contact,
    invoice,
    paid,
    selected,
)
from services.notifications.tests.office import Office
from services.notifications.tests.unit.test_api import ISSUER, MEMBER, kind

ANN = ISSUER.headers("operator", subject="ann")
BEN = ISSUER.headers("operator", subject="ben")
STOPS = "/v1/notice-stops"


async def stop(client: httpx2.AsyncClient, key: str = "k1", **body: Any) -> httpx2.Response:
    return await client.post(
        STOPS, json={"because": "wrong-wording", **body}, headers={**ANN, "Idempotency-Key": key}
    )


async def resume(client: httpx2.AsyncClient, stopped: str, key: str = "r1") -> httpx2.Response:
    path = f"{STOPS}/{stopped}/resumptions"
    return await client.post(path, headers={**BEN, "Idempotency-Key": key})


def left(office: Office) -> list[str]:
    return [each.type for each in office.notices() if each.state == "sent"]


async def with_an_invoice_and_a_receipt(office: Office, *households: str) -> None:
    of = households or (JUNE,)
    for each in of:
        await office.hear(contact(each), selected(each), activated(each))
    await office.send()
    for each in of:
        await office.hear(invoice(each), paid(each))


async def test_NOT_3_a_type_is_stopped_at_once_and_others_of_the_household_go_on(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await with_an_invoice_and_a_receipt(office)
    assert (await stop(client, type="invoice")).status_code == 201
    await office.send()
    assert left(office) == ["coverage-begun", "receipt"]


async def test_NOT_3_what_is_stopped_leaves_once_it_may_and_is_written_as_things_are_then(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await with_an_invoice_and_a_receipt(office)
    stopped = (await stop(client, type="invoice")).json()["stop"]
    await office.send()
    await office.close("payments-online")
    assert (await resume(client, stopped)).json()["resumed_by"] == "ben"
    await office.send()
    notice = office.only(type="invoice")
    assert (notice.state, notice.doors) == ("sent", ("enrollment-online", "phone", "mail"))


@pytest.mark.parametrize(
    ("body", "leaves"),
    [
        ({"household": JUNE}, {"kim": 2}),
        ({"household": JUNE, "type": "invoice"}, {JUNE: 1, "kim": 2}),
        ({"made_on": "2016-06-05"}, {}),
        ({"made_on": "2016-06-04"}, {JUNE: 2, "kim": 2}),
        ({"made_on": "2016-06-05", "type": "receipt"}, {JUNE: 1, "kim": 1}),
    ],
)
async def test_NOT_3_a_household_or_a_batch_is_stopped_and_nothing_else(
    office: Office, client: httpx2.AsyncClient, body: dict[str, str], leaves: dict[str, int]
) -> None:
    await with_an_invoice_and_a_receipt(office, JUNE, "kim")
    before = {each.notice for each in office.notices() if each.state == "sent"}
    await stop(client, **body)
    await office.send()
    found: dict[str, int] = {}
    for each in office.notices():
        if each.state == "sent" and each.notice not in before:
            found[each.household] = found.get(each.household, 0) + 1
    assert found == leaves


async def test_NOT_3_two_stops_hold_until_both_are_over(office: Office, client: httpx2.AsyncClient) -> None:
    await with_an_invoice_and_a_receipt(office)
    first = (await stop(client, type="invoice")).json()["stop"]
    second = (await stop(client, key="k2", household=JUNE)).json()["stop"]
    await resume(client, first)
    await office.send()
    assert left(office) == ["coverage-begun"]
    await resume(client, second, key="r2")
    await office.send()
    assert sorted(left(office)) == ["coverage-begun", "invoice", "receipt"]


async def test_NOT_3_a_stop_is_recorded_with_who_why_and_when(
    office: Office, client: httpx2.AsyncClient
) -> None:
    made = await stop(client, type="invoice", note="the old address")
    expected = {
        "type": "invoice",
        "household": None,
        "household_known": None,
        "made_on": None,
        "because": "wrong-wording",
        "note": "the old address",
        "stopped_at": "2016-06-05T02:00:00-04:00",
        "stopped_by": "ann",
        "resumed_at": None,
        "resumed_by": None,
    }
    assert made.json() == {"stop": made.json()["stop"], **expected}
    assert (await stop(client, type="invoice", note="the old address")).json() == made.json()
    await resume(client, made.json()["stop"])
    (listed,) = (await client.get(STOPS, headers=ANN)).json()["items"]
    over = {"resumed_at": "2016-06-05T02:00:00-04:00", "resumed_by": "ben"}
    assert listed == {**made.json(), **over}


async def test_NOT_3_a_stop_ends_once(client: httpx2.AsyncClient) -> None:
    stopped = (await stop(client, type="invoice")).json()["stop"]
    await resume(client, stopped)
    again = await resume(client, stopped, key="r2")
    assert (again.status_code, kind(again)) == (409, "stop-is-over")
    assert again.json()["reasons"][0]["rule"] == "NOT-3"
    unknown = await resume(client, "nothing", key="r3")
    assert (unknown.status_code, kind(unknown)) == (404, "not-found")


async def test_NOT_3_a_stop_of_which_two_let_go_at_once_is_over_by_one_of_them(
    office: Office, client: httpx2.AsyncClient
) -> None:
    stopped = (await stop(client, type="invoice")).json()["stop"]
    async with office.database.begin(now=office.now, households=[lock_of(stopped)]):
        waiting = [
            asyncio.create_task(resume(client, stopped, key="r1")),
            asyncio.create_task(resume(client, stopped, key="r2")),
        ]
        await asyncio.sleep(0.05)
        assert [each.done() for each in waiting] == [False, False]
    answers = await asyncio.gather(*waiting)
    assert sorted(each.status_code for each in answers) == [200, 409]


async def test_NOT_3_a_household_that_nothing_was_heard_of_is_stopped_and_the_answer_says_so(
    office: Office, client: httpx2.AsyncClient
) -> None:
    made = (await stop(client, household=JUNE)).json()
    assert made["household_known"] is False
    await with_an_invoice_and_a_receipt(office)
    await office.send()
    assert left(office) == []
    (listed,) = (await client.get(STOPS, headers=ANN)).json()["items"]
    assert listed["household_known"] is True
    assert (await resume(client, made["stop"])).json()["household_known"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "/type"),
        ({"type": "advertisement"}, "/type"),
        ({"made_on": "2016-13-01"}, "/made_on"),
        ({"made_on": 20160605}, "/made_on"),
        ({"type": "invoice", "because": "whim"}, "/because"),
    ],
)
async def test_NOT_3_a_stop_of_nothing_is_refused(
    client: httpx2.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await stop(client, **body)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


async def test_NOT_3_only_operators_stop_notices(client: httpx2.AsyncClient) -> None:
    assert (await client.get(STOPS, headers=MEMBER)).status_code == 403
    body = {"type": "invoice", "because": "other"}
    answer = await client.post(STOPS, json=body, headers={**MEMBER, "Idempotency-Key": "k"})
    assert answer.status_code == 403


async def test_I9_what_is_stopped_for_days_is_told_as_stopped(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await with_an_invoice_and_a_receipt(office)
    await stop(client, type="invoice")
    await office.send()
    async with office.database.begin(now=local(date(2016, 6, 30))) as uow:
        found = await overdue_of(PARAMETERS)(uow)
    assert [each.says for each in found] == ["it is stopped: let it go on, or it never leaves"]


async def many_invoices(office: Office, count: int) -> list[str]:
    names = [f"a{number:04}" for number in range(count)]
    for each in names:
        await office.hear(contact(each), selected(each), invoice(each))
    return names


@pytest.mark.parametrize("also", [{}, {"type": "invoice"}])
async def test_NOT_3_however_many_of_a_day_are_stopped_they_hold_back_nobody(
    office: Office, client: httpx2.AsyncClient, also: dict[str, str]
) -> None:
    await many_invoices(office, 450)
    stopped = (await stop(client, made_on="2016-06-05", **also)).json()["stop"]
    office.now = local(date(2016, 6, 6), 2)
    assert await office.mail.pending(office.now) == 0
    await office.hear(contact("z"), selected("z"), invoice("z"))
    assert await office.mail.pending(office.now) == 1
    assert await office.mail.turn(office.now) == 1
    assert office.mailed() == [("z", "invoice")]
    await resume(client, stopped)
    assert await office.mail.pending(office.now) == 25
    assert await office.send() == 450


@pytest.mark.parametrize("also", [{}, {"type": "invoice"}, {"made_on": "2016-06-05"}])
async def test_NOT_3_however_many_households_are_stopped_they_hold_back_nobody(
    office: Office, client: httpx2.AsyncClient, also: dict[str, str]
) -> None:
    for number, each in enumerate(await many_invoices(office, 250)):
        await stop(client, key=f"k{number}", household=each, **also)
    await office.hear(contact("z"), selected("z"), invoice("z"))
    assert await office.mail.pending(office.now) == 1
    assert await office.mail.turn(office.now) == 1
    assert office.mailed() == [("z", "invoice")]


ALL = NOTICE_TYPES
OTHERS = tuple(each for each in NOTICE_TYPES if each != "invoice")
THE_5TH, THE_6TH, THE_8TH, THE_9TH = (local(date(2016, 6, day)) for day in (5, 6, 8, 9))


def of(**what: Any) -> NoticeStop:
    return NoticeStop(
        stop="s",
        because="other",
        note=None,
        stopped_at=THE_9TH,
        stopped_by="ann",
        **({"type": None, "household": None, "made_on": None} | what),
    )


@pytest.mark.parametrize(
    ("stops", "batches"),
    [
        ((), [(ALL, None, None)]),
        ((of(household=JUNE), of(household=JUNE, type="invoice")), [(ALL, None, None)]),
        ((of(type="invoice"),), [(OTHERS, None, None)]),
        ((of(made_on=date(2016, 6, 5)),), [(ALL, None, THE_5TH), (ALL, THE_6TH, None)]),
        (
            (of(made_on=date(2016, 6, 8)), of(made_on=date(2016, 6, 5))),
            [(ALL, None, THE_5TH), (ALL, THE_6TH, THE_8TH), (ALL, THE_9TH, None)],
        ),
        # two days one after the other leave nothing between them
        (
            (of(made_on=date(2016, 6, 5)), of(made_on=date(2016, 6, 6))),
            [(ALL, None, THE_5TH), (ALL, local(date(2016, 6, 7)), None)],
        ),
        (
            (of(made_on=date(2016, 6, 5), type="invoice"),),
            [(("invoice",), None, THE_5TH), (("invoice",), THE_6TH, None), (OTHERS, None, None)],
        ),
        (
            (of(type="invoice"), of(made_on=date(2016, 6, 5))),
            [(OTHERS, None, THE_5TH), (OTHERS, THE_6TH, None)],
        ),
    ],
)
def test_NOT_3_what_is_left_by_stops_that_name_no_household(
    stops: tuple[NoticeStop, ...],
    batches: list[tuple[tuple[NoticeType, ...], datetime | None, datetime | None]],
) -> None:
    assert [(each.types, each.since, each.before) for each in batches_that_may_leave(stops)] == batches
