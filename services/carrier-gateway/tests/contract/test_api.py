"""The gateway's API: who may see what, and what a wrong request is told."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from dataclasses import fields, replace
from datetime import date
from time import process_time
from typing import Any
from uuid import uuid4

import asyncssh
import httpx2
import pytest
from book_builders import JUNE, book, compared
from carriers_desk import REJECTS, effectuation_of, end_of, group_answer_of, interchange_answer_of
from gateway_builders import (
    CARRIER,
    Gateway,
    activated,
    closed,
    contact,
    listed,
    paid,
    remittance,
    remitted,
    selected,
    terms,
)

from bulkhead.kernel.calendar import local
from bulkhead.kernel.timelines import Happened
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.clock import FixedClock
from bulkhead_testing.memory_records import MemoryRecords
from bulkhead_testing.web import app_of, client_of
from carrier_gateway.application.write_audits import begin_audits
from carrier_gateway.domain.records import DelinquencyList
from carrier_gateway.entrypoints.api import timeline

ISSUER = TestIssuer()
BODY: dict[str, Any] = {"name": "Green Mountain Health", "receiver_id": "GMH01", "qhp_id": "77566VT0040001"}


class Desk:
    """The API of a gateway that has sent one enrollment and taken in two files."""

    def __init__(self, gateway: Gateway | None = None) -> None:
        self.gateway = gateway or Gateway()
        self.clock = FixedClock(self.gateway.now)
        self.client: httpx2.AsyncClient = client_of(
            app_of(
                self.gateway.service,
                uows=self.gateway.uows,
                clock=self.clock,
                verifier=ISSUER.verifier(),
            )
        )

    async def open(self) -> Desk:
        await self.put(CARRIER, BODY)
        gateway = self.gateway
        other = terms("june-dental", kind="dental", carrier="MVP", plan="SMILE")
        await gateway.tell(
            contact(), selected(terms(), other), paid("june-medical", "june-dental"), activated()
        )
        await gateway.drop("answer.834", effectuation_of(gateway.sets()[0]))
        await gateway.drop("noise.txt", "not an interchange")
        await gateway.tell(listed("june"), closed(2))
        return self

    async def put(self, carrier: str, body: Any, role: Any = "operator") -> httpx2.Response:
        return await self.client.put(f"/v1/carriers/{carrier}", json=body, headers=ISSUER.headers(role))

    async def get(self, path: str, role: Any = "operator", carrier: str | None = None) -> httpx2.Response:
        return await self.client.get(path, headers=ISSUER.headers(role, carrier=carrier))

    async def decide(self, transmission: str, decision: str, *, role: Any = "operator") -> httpx2.Response:
        return await self.client.post(
            f"/v1/transmissions/{transmission}/decisions",
            json={"decision": decision, "reason": "their reader was mended"},
            headers=ISSUER.headers(role) | {"Idempotency-Key": uuid4().hex},
        )

    async def items(
        self, path: str, role: Any = "operator", carrier: str | None = None
    ) -> list[dict[str, Any]]:
        answer = await self.get(path, role, carrier)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]


@pytest.fixture
async def desk() -> Desk:
    return await Desk().open()


async def test_an_operator_sees_every_transmission_and_why_one_waits(desk: Desk) -> None:
    waiting, sent = await desk.items("/v1/transmissions?household=june")
    assert (waiting["carrier"], waiting["state"], waiting["waits_for"]) == (
        "MVP",
        "waiting",
        "the carrier's profile",
    )
    assert sent == {
        "transmission": "june-medical-001",
        "carrier": CARRIER,
        "household": "june",
        "policy": "june-medical",
        "kind": "initial",
        "effective": "2016-01-01",
        "state": "sent",
        "waits_for": None,
        "file": "I834_20151210_000000001.834",
        "sent_on": "2015-12-10",
        "control_number": 1,
        "answer": "awaited",
        "again_of": None,
        "acknowledgements": [],
        "decisions": [],
    }
    assert await desk.items("/v1/transmissions?household=nobody") == []


async def test_CAR_4_what_a_carrier_rejected_is_in_the_queue_until_somebody_decides(desk: Desk) -> None:
    text = desk.gateway.sets()[0]
    await desk.gateway.drop("999.edi", group_answer_of(text, number=77, says=REJECTS))
    await desk.gateway.drop("ta1.edi", interchange_answer_of(text, number=78))
    await desk.gateway.work()
    (rejected,) = await desk.items("/v1/transmissions?answer=rejected", "carrier", CARRIER)
    said = sorted(rejected["acknowledgements"], key=lambda each: each["kind"])
    assert [(each["kind"], each["verdict"]) for each in said] == [("999", "rejected"), ("TA1", "accepted")]
    assert said[0]["errors"][-1] == {
        "level": "element",
        "code": "1",
        "says": "a required element is missing",
        "segment": "NM1",
        "position": 9,
        "loop": "2100",
        "element": 3,
        "component": None,
    }
    assert (await desk.items("/v1/carriers"))[0]["rejected_transmissions"] == 1
    decided = await desk.decide("june-medical-001", "send-again")
    assert (decided.status_code, decided.json()["sent_again"]) == (201, ["june-medical-002"])
    assert await desk.items("/v1/transmissions?answer=rejected") == []
    (first, again) = await desk.items(f"/v1/transmissions?carrier={CARRIER}")
    assert [each["reason"] for each in first["decisions"]] == ["their reader was mended"]
    assert (again["again_of"], again["state"]) == ("june-medical-001", "built")
    twice = await desk.decide("june-medical-001", "send-again")
    assert (twice.status_code, twice.json()["reasons"][0]["rule"]) == (409, "CAR-4")


async def test_nobody_but_operators_decides_about_a_set_and_none_about_what_is_not_there(desk: Desk) -> None:
    assert (await desk.decide("june-medical-001", "leave", role="carrier")).status_code == 403
    assert (await desk.decide("nobody-001", "leave")).status_code == 404
    assert (await desk.decide("june-medical-001", "forget")).status_code == 422


async def test_CAR_5_the_work_queue_shows_what_waits_since_when_and_what_was_decided(desk: Desk) -> None:
    await desk.gateway.drop(
        "end.834", end_of(desk.gateway.sets()[0], ("59", "TERM"), date(2016, 1, 1), number=79)
    )
    await desk.gateway.work()
    (end,) = await desk.items("/v1/inbound-records?waits=true&household=june", "carrier", CARRIER)
    assert (end["kind"], end["ends"], end["because"], end["outcome"], end["age_days"], end["name"]) == (
        "termination",
        "2016-01-01",
        "non-payment",
        "refused",
        0,
        "end.834",
    )
    assert await desk.items("/v1/inbound-records?waits=true", "carrier", "MVP") == []
    assert (await desk.items("/v1/carriers"))[0]["waiting_records"] == 1
    path = f"/v1/inbound-records/{end['record']}/decisions"

    async def decide(decision: str, role: Any = "operator") -> httpx2.Response:
        return await desk.client.post(
            path,
            json={"decision": decision, "reason": "they meant a cancellation"},
            headers=ISSUER.headers(role) | {"Idempotency-Key": uuid4().hex},
        )

    assert (await decide("discard", "carrier")).status_code == 403
    assert (await decide("forget")).status_code == 422
    made = await decide("discard")
    assert (made.status_code, made.json()["decision"], made.json()["sent"]) == (201, "discard", [])
    assert await desk.items("/v1/inbound-records?waits=true") == []
    (shown,) = await desk.items("/v1/inbound-records?waits=false&outcome=refused")
    assert [each["reason"] for each in shown["decisions"]] == ["they meant a cancellation"]
    twice = await decide("resolve")
    assert (twice.status_code, twice.json()["reasons"][0]["rule"]) == (409, "CAR-5")


async def test_CAR_5_a_file_shows_what_its_carrier_was_told_of_it_and_what_it_acknowledges(
    desk: Desk,
) -> None:
    text = desk.gateway.sets()[0]
    await desk.gateway.drop("ta1.edi", interchange_answer_of(text, number=78, answers=5))
    await desk.gateway.work()
    files = {each["name"]: each for each in await desk.items("/v1/inbound-files", "carrier", CARRIER)}
    told = files["answer.834"]["acknowledged_by"]
    assert [(each["kind"], each["answers"], each["verdict"], each["state"]) for each in told] == [
        ("TA1", 1, "accepted", "written"),
        ("999", 1, "accepted", "written"),
    ]
    (apart,) = files["ta1.edi"]["acknowledges"]
    assert (apart["outcome"], apart["transmission"], apart["control_number"]) == ("set-apart", None, 5)
    assert [each["says"] for each in apart["reasons"]] == ["This carrier was sent nothing under this number."]
    assert (files["ta1.edi"]["state"], files["ta1.edi"]["acknowledged_by"]) == ("refused", [])


async def test_a_carrier_sees_its_own_and_nothing_of_anothers(desk: Desk) -> None:
    own = await desk.items("/v1/transmissions", "carrier", CARRIER)
    assert [each["carrier"] for each in own] == [CARRIER]
    for path in ("/v1/transmissions", "/v1/lists", "/v1/remittances", "/v1/inbound-files"):
        other = await desk.get(f"{path}?carrier=MVP", "carrier", CARRIER)
        assert (other.status_code, other.headers["content-type"]) == (404, "application/problem+json")
    assert (await desk.get(f"/v1/carriers/{CARRIER}", "carrier", CARRIER)).status_code == 200
    assert (await desk.get(f"/v1/carriers/{CARRIER}", "carrier", "MVP")).status_code == 404


async def test_lists_are_paged(desk: Desk) -> None:
    first = (await desk.get("/v1/transmissions?limit=1")).json()
    second = (await desk.get(f"/v1/transmissions?limit=1&cursor={first['next_cursor']}")).json()
    assert [each["policy"] for each in (*first["items"], *second["items"])] == ["june-dental", "june-medical"]
    assert second["next_cursor"] is None


async def test_CAR_5_the_work_queue_shows_each_file_each_record_and_each_reason(desk: Desk) -> None:
    (refused,) = await desk.items("/v1/inbound-files?state=refused")
    assert (refused["name"], refused["records"]) == ("noise.txt", [])
    assert [reason["rule"] for reason in refused["reasons"]] == ["CAR-5"]
    (processed,) = await desk.items(f"/v1/inbound-files?carrier={CARRIER}&state=processed")
    (record,) = processed["records"]
    assert (record["outcome"], record["kind"], record["policy"]) == (
        "accepted",
        "effectuation",
        "june-medical",
    )


async def test_CAR_3_a_list_shows_how_many_of_its_rows_are_here(desk: Desk) -> None:
    (waiting,) = await desk.items(f"/v1/lists?carrier={CARRIER}")
    assert (waiting["state"], waiting["rows"], waiting["rows_here"]) == ("waiting", 2, 1)
    await desk.gateway.hear(listed("max"))
    (waiting,) = await desk.items("/v1/lists")
    assert waiting["rows_here"] == 2


async def test_PAY_6_a_remittance_shows_its_file_or_what_it_waits_for(desk: Desk) -> None:
    await desk.gateway.tell(
        remittance(remitted(), brought_forward_cents=100, total_cents=49900),
        remittance(remitted(month=2), number=2, parts=2, total_cents=100000),
        remittance(remitted(3000, policy="june-dental"), carrier="MVP"),
    )
    written, waiting = await desk.items("/v1/remittances", "carrier", CARRIER)
    (file,) = desk.gateway.remittances()
    assert written == {
        "remittance": f"{CARRIER}-1",
        "carrier": CARRIER,
        "sequence": 1,
        "business_date": "2016-01-06",
        "paid_on": "2016-01-06",
        "trace": f"{CARRIER} 2016-01-06 1",
        "net_cents": 50000,
        "brought_forward_cents": 100,
        "carried_cents": 0,
        "total_cents": 49900,
        "parts": 1,
        "parts_here": 1,
        "state": "written",
        "waits_for": None,
        "lines": 1,
        "plan_cents": {"77566VT0040001": 50000},
        "control_number": 4,
        "file": "I820_20151210_000000004.820",
        "twin": "I820_20151210_000000004.csv",
        "sha256": hashlib.sha256(file.encode()).hexdigest(),
        "size_bytes": len(file),
        "written_on": "2015-12-10",
    }
    assert (waiting["state"], waiting["waits_for"], waiting["parts_here"], waiting["file"]) == (
        "waiting",
        "1 of its 2 parts are here",
        1,
        None,
    )
    (other,) = await desk.items("/v1/remittances?carrier=MVP")
    assert other["waits_for"] == "the carrier's profile"
    assert [each["trace"] for each in await desk.items("/v1/remittances?state=waiting")] == [
        "MVP 2016-01-06 1",
        f"{CARRIER} 2016-01-13 2",
    ]
    first = (await desk.get("/v1/remittances?limit=1&state=waiting")).json()
    second = (await desk.get(f"/v1/remittances?limit=1&state=waiting&cursor={first['next_cursor']}")).json()
    assert [each["trace"] for each in (*first["items"], *second["items"])] == [
        "MVP 2016-01-06 1",
        f"{CARRIER} 2016-01-13 2",
    ]
    assert second["next_cursor"] is None


async def test_CAR_1_what_a_profile_says_of_820s_is_kept(desk: Desk) -> None:
    options = {
        "remittances": False,
        "remittance_file": "PAY_{control}.820",
        "payment_types": {"BAL": "CARRY"},
        "payment_references": ["POL", "0F"],
        "balance_report": "0N",
    }
    assert (await desk.put(CARRIER, BODY | {"options": options})).status_code == 200
    kept = (await desk.get(f"/v1/carriers/{CARRIER}")).json()["options"]
    assert {name: kept[name] for name in options} == options
    refused = await desk.put(CARRIER, BODY | {"options": {"payment_references": ["38"]}})
    assert [each["field"] for each in refused.json()["errors"]] == ["/options/payment_references"]


async def test_CAR_1_an_overview_shows_what_waits_for_each_carrier(desk: Desk) -> None:
    ours, other = await desk.items("/v1/carriers")
    assert (ours["carrier"], ours["has_profile"], ours["waiting_lists"]) == (CARRIER, True, 1)
    assert (other["carrier"], other["has_profile"], other["waiting_transmissions"]) == ("MVP", False, 1)


async def test_CAR_4_an_overview_shows_a_drop_box_that_is_away(desk: Desk) -> None:
    desk.gateway.boxes.away.add(CARRIER)
    await desk.gateway.work()
    ours, _ = await desk.items("/v1/carriers")
    (box,) = ours["unreachable"]
    assert (box["side"], box["failures"]) == ("inbound", 1)


async def test_a_profile_is_kept_as_it_was_given_and_once_more_is_the_same(desk: Desk) -> None:
    options = {
        "plan_ids": {"SILVER": "77566VT0040001-01"},
        "coverage_on_end": True,
        "file_name": "X.{control}.834",
    }
    first = await desk.put(CARRIER, BODY | {"tax_id": "030123456", "options": options})
    again = await desk.put(CARRIER, BODY | {"tax_id": "030123456", "options": options})
    kept = await desk.get(f"/v1/carriers/{CARRIER}")
    assert (first.status_code, first.json(), again.json()) == (200, kept.json(), kept.json())
    assert kept.json()["options"] | options == kept.json()["options"]


async def test_a_profile_needs_no_more_than_a_name_and_a_receiver(desk: Desk) -> None:
    answer = await desk.put("MVP", {"name": "MVP", "receiver_id": "MVP01"})
    assert (answer.status_code, answer.json()["qhp_id"]) == (200, "MVP01")
    await desk.gateway.work()
    assert len(desk.gateway.sets("MVP")) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"receiver_id": "A" * 16}, "/receiver_id"),
        ({"receiver_id": "A*B"}, "/receiver_id"),
        ({"qhp_id": "A"}, "/qhp_id"),
        ({"tax_id": "0"}, "/tax_id"),
        ({"name": ""}, "/name"),
        ({"name": "A" * 61}, "/name"),
        ({"name": "Health~Care"}, "/name"),
        ({"options": {"file_name": "same.834"}}, "/options/file_name"),
        ({"options": {"file_name": "../{control}"}}, "/options/file_name"),
        ({"options": {"file_name": "{control}{secret}"}}, "/options/file_name"),
        ({"options": {"interchange_file_name": "same.ta1"}}, "/options/interchange_file_name"),
        ({"options": {"group_file_name": "../{control}"}}, "/options/group_file_name"),
        ({"options": {"interchange_within_hours": 0}}, "/options/interchange_within_hours"),
        (
            {"options": {"interchange_within_hours": 4, "acknowledge": False}},
            "/options/interchange_within_hours",
        ),
        ({"options": {"group_within_business_days": 21}}, "/options/group_within_business_days"),
        ({"options": {"plan_ids": {"SILVER": "a^b"}}}, "/options/plan_ids"),
        ({"options": {"plan_ids": {"a\nb": "1"}}}, "/options/plan_ids"),
        ({"options": {"master_policy": ":"}}, "/options/master_policy"),
    ],
)
async def test_CAR_1_a_profile_that_cannot_be_written_with_names_the_field_and_the_rule(
    desk: Desk, change: dict[str, Any], field: str
) -> None:
    before = (await desk.get(f"/v1/carriers/{CARRIER}")).json()
    answer = await desk.put(CARRIER, BODY | change)
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [each["field"] for each in problem["errors"]] == [field]
    assert [reason["rule"] for reason in problem["reasons"]] == ["CAR-1"]
    assert (await desk.get(f"/v1/carriers/{CARRIER}")).json() == before


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "X"},
        BODY | {"colour": "green"},
        BODY | {"options": {"usage": "Q"}},
        BODY | {"options": {"acknowledge": 1}},
        BODY | {"options": {"time_code": "yes"}},
        BODY | {"name": 7},
        BODY | {"receiver_qualifier": "99"},
    ],
)
async def test_a_body_of_the_wrong_form_is_a_problem(desk: Desk, body: Any) -> None:
    answer = await desk.put(CARRIER, body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["errors"]


@pytest.mark.parametrize("option", ["plan_ids", "additional_reasons"])
async def test_a_profile_that_cannot_be_kept_names_the_field(desk: Desk, option: str) -> None:
    half = json.dumps(BODY | {"options": {option: {"\ud800": "1"}}})
    headers = ISSUER.headers("operator") | {"Content-Type": "application/json"}
    answer = await desk.client.put(f"/v1/carriers/{CARRIER}", content=half, headers=headers)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [f"/options/{option}/?"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/transmissions?carrier=%00",
        "/v1/transmissions?household=%00",
        "/v1/lists?carrier=a%0A",
        "/v1/inbound-files?state=lost",
        "/v1/remittances?state=lost",
        "/v1/carriers/%00",
    ],
)
async def test_what_cannot_be_asked_for_is_a_problem(desk: Desk, path: str) -> None:
    answer = await desk.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def test_I9_what_is_overdue_is_shown_to_operators_alone(desk: Desk) -> None:
    desk.gateway.at(date(2016, 7, 1))
    late = Desk(desk.gateway)
    found = await late.items("/v1/overdue")
    assert [(each["kind"], each["deadline"]) for each in found] == [
        ("transmission", "2015-12-12"),
        ("delinquency-list", "2015-12-11"),
    ]
    assert (await late.get("/v1/overdue", "carrier", CARRIER)).status_code == 403


async def test_CAR_5_a_record_shows_the_last_paid_day_it_says(desk: Desk) -> None:
    (processed,) = await desk.items("/v1/inbound-files?state=processed")
    assert processed["records"][0]["paid_through"] == "2016-01-31"


async def test_who_may_not_is_told_so(desk: Desk) -> None:
    assert (await desk.client.get("/v1/transmissions")).status_code == 401
    assert (await desk.client.put(f"/v1/carriers/{CARRIER}", json=BODY)).status_code == 401
    for role in ("member", "assister", "carrier"):
        assert (await desk.put(CARRIER, BODY, role)).status_code == 403
    for role in ("member", "assister"):
        assert (await desk.get("/v1/inbound-files", role)).status_code == 403
    assert (await desk.get("/v1/carriers", "carrier", CARRIER)).status_code == 403
    assert (await desk.get("/v1/carriers/NOBODY")).status_code == 404


async def test_a_carriers_staff_without_a_carrier_sees_nothing(desk: Desk) -> None:
    assert (await desk.get("/v1/transmissions", "carrier")).status_code == 404


TIMELINE = "/v1/households/june/timeline"


async def test_a_households_timeline_has_what_its_carriers_were_told_and_said(desk: Desk) -> None:
    july = date(2016, 7, 1)
    await desk.gateway.at(july).tell(listed("june", on=july), closed(1, on=july))
    items = await desk.items(TIMELINE)
    assert [
        (each["what"], each["about"], each["subject"], each["amount_cents"], each["because"][0]["rule"])
        for each in items
    ] == [
        ("waits", "transmission", "june-dental-001", None, "CAR-1"),
        ("sent", "transmission", "june-medical-001", None, "CAR-1"),
        ("effectuated", "file", items[2]["subject"], None, "CAR-5"),
        ("list-sent", "list", f"{CARRIER} 2016-07-01", 50000, "CAR-3"),
    ]
    assert {each["service"] for each in items} == {"carrier-gateway"}


@pytest.mark.parametrize("path", ["/v1/lists", "/v1/overdue", TIMELINE])
async def test_no_lists_are_read_with_everybody_on_them(
    desk: Desk, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    june, july, august = date(2016, 6, 1), date(2016, 7, 1), date(2016, 8, 1)
    second = {"on": july, "list_part": 2}
    await desk.gateway.at(july).tell(listed("june", on=july), closed(1, on=july))
    await desk.gateway.tell(listed("max", **second), closed(1, **second))
    await desk.gateway.at(august).tell(listed("max", on=august), closed(1, on=august))
    select, select_as = MemoryRecords.select, MemoryRecords.select_as
    read = list[list[tuple[date, int]]]()

    async def whole(self: MemoryRecords[Any], **more: Any) -> list[Any]:
        assert self._shape.kind is not DelinquencyList
        return await select(self, **more)

    async def in_part(self: MemoryRecords[Any], kind: type, **more: Any) -> list[Any]:
        found = await select_as(self, kind, **more)
        if self._shape.kind is DelinquencyList:
            assert "content" not in {field.name for field in fields(kind)}
            read.append([(each.on, each.list_part) for each in found])
        return found

    monkeypatch.setattr(MemoryRecords, "select", whole)
    monkeypatch.setattr(MemoryRecords, "select_as", in_part)
    await Desk(desk.gateway).items(path)
    expected = {
        "/v1/lists": [(june, 1), (july, 1), (july, 2), (august, 1)],
        "/v1/overdue": [(june, 1), (july, 2)],
        TIMELINE: [(june, 1), (july, 1)],
    }
    assert read == [expected[path]]


async def test_a_households_timeline_has_what_of_a_carriers_file_was_refused_for_operators_alone(
    desk: Desk,
) -> None:
    answer = effectuation_of(desk.gateway.sets()[0]).replace("20160101", "20160201")
    await desk.gateway.drop("other-day.834", answer)
    await desk.gateway.work()
    whole = [each["what"] for each in await desk.items(TIMELINE)]
    member = await desk.client.get(TIMELINE, headers=ISSUER.headers("member", household="june"))
    assert "record-refused" in whole
    assert [each["what"] for each in member.json()["items"]] == [
        each for each in whole if each != "record-refused"
    ]


async def test_a_timeline_of_ten_thousand_is_told_once_in_pages_of_five_hundred_at_most(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = [
        Happened(
            at=local(date(2016, 1, 1 + number % 2)),
            on=date(2016, 1, 1),
            what="sent",
            about="transmission",
            subject=str(number),
        )
        for number in range(10_000)
    ]

    async def timeline_of(*_: object, **__: object) -> list[Happened]:
        return told

    monkeypatch.setattr(timeline, "timeline_of", timeline_of)
    assert (await desk.get(f"{TIMELINE}?limit=501")).status_code == 422
    sizes, subjects, path = list[int](), list[str](), f"{TIMELINE}?limit=500"
    began = process_time()
    while True:
        page = (await desk.get(path)).json()
        sizes.append(len(page["items"]))
        subjects += [each["subject"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        path = f"{TIMELINE}?limit=500&cursor={page['next_cursor']}"
    took = process_time() - began
    assert sizes == [500] * 20
    assert subjects == [*map(str, range(0, 10_000, 2)), *map(str, range(1, 10_000, 2))]
    assert took < 20 * 1.0


@pytest.mark.parametrize(("role", "status"), [("operator", 200), ("assister", 200), ("carrier", 403)])
async def test_a_households_timeline_is_no_carriers(desk: Desk, role: Any, status: int) -> None:
    headers = ISSUER.headers(role, household="june", carrier=CARRIER)
    assert (await desk.client.get(TIMELINE, headers=headers)).status_code == status


async def test_a_household_sees_its_own_timeline_and_no_other(desk: Desk) -> None:
    for household, status in (("june", 200), ("mia", 404)):
        answer = await desk.client.get(TIMELINE, headers=ISSUER.headers("member", household=household))
        assert answer.status_code == status


async def test_CAR_1_login_keys_are_kept_without_whose_they_are(desk: Desk) -> None:
    keys = [
        asyncssh.generate_private_key("ssh-ed25519"),
        asyncssh.generate_private_key("ssh-rsa", key_size=2048),
    ]
    texts = [each.export_public_key("openssh").decode().strip() for each in keys]
    kept = [" ".join(each.split()[:2]) for each in texts]
    said = [f"{kept[0]} june@laptop", *texts, texts[0]]
    answer = await desk.put(CARRIER, BODY | {"login_keys": said})
    assert (answer.status_code, answer.json()["login_keys"]) == (200, kept)
    assert (await desk.get(f"/v1/carriers/{CARRIER}")).json()["login_keys"] == kept
    assert (await desk.put(CARRIER, BODY)).json()["login_keys"] == []


@pytest.mark.parametrize(
    "key",
    [
        "",
        "ssh-ed25519 AAAA",
        "ssh-ed25519 é",
        asyncssh.generate_private_key("ssh-ed25519").export_private_key("openssh").decode(),
        asyncssh.generate_private_key("ssh-rsa", key_size=1024).export_public_key("openssh").decode(),
    ],
    ids=["empty", "cut", "no ASCII", "private", "short"],
)
async def test_CAR_1_what_is_no_strong_public_key_is_refused(desk: Desk, key: str) -> None:
    answer = await desk.put(CARRIER, BODY | {"login_keys": [key]})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "/login_keys/0"
    assert key == "" or key not in answer.text


HOST: dict[str, Any] = {
    "address": "sftp.carrier.example",
    "user": "exchange",
    "host_keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKpvxn/fk20xEkcnXCAj2k7fexDLeL4AFjbFgTZyOjh0"],
    "upload_folder": "/from-exchange",
    "download_folder": "/to-exchange",
}


async def test_CAR_1_a_carriers_own_host_is_kept_beside_its_keys(desk: Desk) -> None:
    said = HOST | {"host_keys": [f"{HOST['host_keys'][0]} root@carrier", *HOST["host_keys"]]}
    answer = await desk.put(CARRIER, BODY | {"host": said, "login_keys": HOST["host_keys"]})
    assert (answer.status_code, answer.json()["host"]) == (200, HOST | {"port": 22})
    kept = (await desk.get(f"/v1/carriers/{CARRIER}")).json()
    assert (kept["host"], kept["login_keys"]) == (HOST | {"port": 22}, HOST["host_keys"])
    assert (await desk.put(CARRIER, BODY)).json()["host"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", ""),
        ("address", "carrier.example:22/x"),
        ("port", 0),
        ("port", 65_536),
        ("user", "two words"),
        ("host_keys", []),
        ("host_keys", ["ssh-ed25519 AAAA"]),
        ("upload_folder", ""),
        ("upload_folder", "../theirs"),
        ("download_folder", "/from-exchange/"),
        ("download_folder", "a\x1b[2J"),
    ],
)
async def test_CAR_1_a_host_that_cannot_be_visited_is_refused_by_its_field(
    desk: Desk, field: str, value: object
) -> None:
    answer = await desk.put(CARRIER, BODY | {"host": HOST | {field: value}})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"].startswith(f"/host/{field}")
    assert (await desk.get(f"/v1/carriers/{CARRIER}")).json()["host"] is None


async def test_CAR_1_a_carrier_fetches_and_brings_files_by_https(desk: Desk) -> None:
    fetched: list[str] = []
    await desk.gateway.tell(listed("june", list_part=2), closed(1, list_part=2))
    for path in ("/v1/transmissions", "/v1/lists"):
        (row,) = [each for each in await desk.items(path, "carrier", CARRIER) if each["file"]]
        answer = await desk.get(f"/v1/outbound-files/{row['file']}", "carrier", CARRIER)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert answer.text == desk.gateway.outbound()[row["file"]]
        fetched.append(row["file"])
    for role, carrier, status in (("carrier", "MVP", 404), ("operator", None, 403), ("member", None, 403)):
        for name in fetched:
            assert (await desk.get(f"/v1/outbound-files/{name}", role, carrier)).status_code == status
    assert (await desk.get("/v1/outbound-files/none.834", "carrier", CARRIER)).status_code == 404
    later = effectuation_of(desk.gateway.sets()[0], number=9)
    body = {"content": b64encode(later.encode()).decode()}
    headers = ISSUER.headers("carrier", carrier=CARRIER)
    first = await desk.client.put("/v1/inbound-files/later.834", json=body, headers=headers)
    assert (first.status_code, first.json()["state"]) == (202, "stored")
    await desk.gateway.work()
    again = await desk.client.put("/v1/inbound-files/b.834", json=body, headers=headers)
    assert (again.status_code, again.json()["file"], again.json()["state"], again.json()["copies"]) == (
        202,
        first.json()["file"],
        "refused",
        1,
    )
    (kept,) = [each for each in await desk.items("/v1/inbound-files") if each["name"] == "later.834"]
    assert kept["records"][0]["outcome"] == "refused"  # it is confirmed already
    assert kept["carrier"] == CARRIER


@pytest.mark.parametrize(
    ("name", "content", "field"),
    [
        (".x", "aQ==", "path/name"),
        ("x.834", "a", "/content"),
        ("x.834", "aQ==\n", "/content"),
        ("x.834", "", "/content"),
    ],
)
async def test_what_is_no_file_is_refused(desk: Desk, name: str, content: str, field: str) -> None:
    headers = ISSUER.headers("carrier", carrier=CARRIER)
    answer = await desk.client.put(f"/v1/inbound-files/{name}", json={"content": content}, headers=headers)
    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, [field])


@pytest.mark.parametrize("carrier", ["NEW", None])
@pytest.mark.parametrize("name", ["x.834", "RCNI_1.txt"])
async def test_CAR_1_who_has_no_profile_brings_nothing(desk: Desk, carrier: str | None, name: str) -> None:
    headers = ISSUER.headers("carrier", carrier=carrier)
    answer = await desk.client.put(f"/v1/inbound-files/{name}", json={"content": "aQ=="}, headers=headers)
    assert answer.status_code == 404
    kept = [*await desk.items("/v1/inbound-files"), *await desk.items("/v1/books")]
    assert [each["carrier"] for each in kept if each["carrier"] != CARRIER] == []


async def differing(desk: Desk) -> dict[str, Any]:
    """Return a difference of June's premium, as the API shows it."""
    await compared(desk.gateway, replace(JUNE, premium="501.00", effectuated="Y"))
    desk.clock.shows = desk.gateway.at(date(2016, 2, 25)).now
    (shown,) = await desk.items(f"/v1/discrepancies?carrier={CARRIER}&state=open")
    return shown


async def test_CAR_6_a_difference_shows_both_words_who_wins_and_its_age(desk: Desk) -> None:
    shown = await differing(desk)
    (book,) = await desk.items("/v1/books")
    assert shown == {
        "discrepancy": shown["discrepancy"],
        "carrier": CARRIER,
        "household": "june",
        "policy": "june-medical",
        "member": "june-1",
        "kind": "premium",
        "ours": "500.00",
        "theirs": "501.00",
        "wins": "exchange",
        "state": "open",
        "file": book["file"],
        "line": 3,
        "first_seen": "2016-02-15",
        "open_since": "2016-02-15",
        "last_seen": "2016-02-15",
        "closed_on": None,
        "age_days": 10,
        "times": 1,
        "is_left": False,
        "decisions": [],
    }
    assert (book["state"], book["as_of"], book["rows"], book["agreeing"], book["differing"]) == (
        "answered",
        "2016-02-15",
        1,
        0,
        1,
    )


async def test_CAR_6_an_operator_has_it_sent_again_and_a_carrier_only_sees_it(desk: Desk) -> None:
    shown = await differing(desk)
    path = f"/v1/discrepancies/{shown['discrepancy']}/decisions"
    body = {"decision": "send-again", "reason": "their table was wrong"}

    async def ask(role: Any, path: str = path) -> httpx2.Response:
        headers = ISSUER.headers(role, carrier=CARRIER) | {"Idempotency-Key": uuid4().hex}
        return await desk.client.post(path, json=body, headers=headers)

    assert (await ask("carrier")).status_code == 403
    assert (await ask("operator", "/v1/discrepancies/none/decisions")).status_code == 404
    answer = await ask("operator")
    assert (answer.status_code, answer.json()["sent_again"]) == (201, ["june-medical-002"])
    (seen,) = await desk.items("/v1/discrepancies", role="carrier", carrier=CARRIER)
    assert [each["decision"] for each in seen["decisions"]] == ["send-again"]
    assert await desk.items("/v1/discrepancies", role="carrier", carrier="MVP") == []
    assert await desk.items("/v1/books", role="carrier", carrier="MVP") == []
    assert (await desk.get(f"/v1/audits?carrier={CARRIER}", "carrier", "MVP")).status_code == 404


async def test_CAR_6_an_audit_shows_its_file(desk: Desk) -> None:
    await desk.put(CARRIER, BODY | {"options": {"audits": True, "audit_file_name": "A_{control}.834"}})
    async with desk.gateway.uows.begin(now=desk.gateway.now) as uow:
        await begin_audits(uow, on=date(2016, 1, 15))
    await desk.gateway.work()
    assert await desk.items("/v1/audits") == [
        {
            "carrier": CARRIER,
            "on": "2016-01-15",
            "state": "written",
            "sets": 1,
            "left_out": 0,
            "control_number": 4,
            "file": "A_000000004.834",
            "written_on": "2015-12-10",
        }
    ]


async def test_CAR_6_a_carrier_brings_its_book_by_https_too(desk: Desk) -> None:
    desk.gateway.at(date(2016, 2, 15))
    content = b64encode(book(replace(JUNE, effectuated="Y")).encode()).decode()
    for _ in range(2):
        answer = await desk.client.put(
            "/v1/inbound-files/RCNI_1.txt",
            json={"content": content},
            headers=ISSUER.headers("carrier", carrier=CARRIER),
        )
        assert answer.status_code == 202, answer.text
    await desk.gateway.work()
    assert [each["state"] for each in await desk.items("/v1/books")] == ["answered"]


@pytest.mark.parametrize("items", ["discrepancies", "inbound-records", "transmissions"])
async def test_nothing_is_listed_by_what_may_be_somebodys_social_security_number(
    desk: Desk, items: str
) -> None:
    answer = await desk.get(f"/v1/{items}?household=123-45-6789")
    assert (answer.status_code, "123-45-6789" in answer.text) == (422, False)
