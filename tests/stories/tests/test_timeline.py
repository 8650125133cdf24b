"""The timeline: one readable line for whatever happens, in time order, with nobody's name in it."""

from __future__ import annotations

from datetime import date
from typing import Any

from bulkhead.contracts.registry import EVENT_TYPES
from bulkhead.kernel.calendar import local
from stories.tests.builders import story_of
from stories.timeline import SAYINGS, UNTOLD, Entry, entries_of_events, in_order, say_deed


def event(
    kind: str, *, data: dict[str, Any] | None, at: str = "2016-01-05T02:00:00-05:00", **more: Any
) -> dict[str, Any]:
    return {
        "id": kind, "causation_id": None, "type": kind, "household": "june", "occurred_at": at, "data": data,
        "reasons": [{"rule": "INV-2"}, {"rule": "INV-2"}],
    } | more  # fmt: skip


def test_every_type_of_event_there_is_has_its_words() -> None:
    assert {each.name for each in EVENT_TYPES} == set(SAYINGS) | UNTOLD


def test_an_event_is_told_in_a_line_with_its_rule() -> None:
    data = {
        "kind": "monthly", "dated": "2016-01-05", "due": "2016-01-26", "total_cents": 50_000, "mail": True,
        "charges": [{"policy": "p", "month": "2016-02", "net_cents": 50_000}],
    }  # fmt: skip
    (entry,) = entries_of_events({"invoicing": [event("InvoiceIssued", data=data)]})
    assert str(entry) == (
        "2016-01-05 02:00  invoicing        june: monthly invoice of 2016-01-05 for 2016-02: 500.00 due 2016-01-26  [INV-2]"
    )


def test_an_event_whose_data_is_personal_is_told_by_its_name_alone() -> None:
    (entry,) = entries_of_events({"enrollment": [event("ContactRecorded", data=None, reasons=[])]})
    assert str(entry) == "2016-01-05 02:00  enrollment       june: contact recorded"


def test_what_leads_to_something_at_the_same_time_comes_before_it() -> None:
    paid = {"cents": 1, "method": "card", "received_on": "2016-01-05"}
    settled = {"group": "month:2016-02", "premiums": [{"month": "2016-02", "cents": 1, "carrier": "MVP"}]}
    entries = entries_of_events(
        {
            "invoicing": [event("PremiumsSettled", data=settled, id="b", causation_id="a")],
            "payments": [event("PaymentReceived", data=paid, id="a")],
        }
    )
    assert [each.who for each in in_order(entries)] == ["payments", "invoicing"]


def test_what_is_done_is_told_before_what_follows_and_what_is_expected_after() -> None:
    at = local(date(2016, 1, 5), 2)
    entries = [
        Entry(at=at, rank=rank, who=who, what="")
        for rank, who in (((2, 0, 0), "expect"), ((1, 0, 0), "payments"), ((0, 0, 0), "step"))
    ]
    assert [each.who for each in in_order(entries)] == ["step", "payments", "expect"]


def test_a_deed_is_told_in_the_storys_own_words() -> None:
    steps = story_of(
        "- {at: 2015-12-03T10:00, do: select, household: june, plans: [SILVER, DENTAL], pays: {amount: 5.00, by: card}}",
        "- {at: 2015-12-03T10:00, do: down, service: kafka}",
    ).steps
    told = [say_deed(step.deed) for step in steps if step.deed is not None]
    assert told == ["june: select plans SILVER, DENTAL, pays {amount: 5.00, by: card}", "down service kafka"]
