"""The household's whole timeline: five services tell it in one shape, and together it has a story's acts in order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bulkhead_local.timeline import IN_ORDER, Told, in_order
from stories.exchange import Exchange
from stories.language import read_story_file
from stories.runner import play
from stories.stages.memory import MemoryStage

REPOSITORY = Path(__file__).resolve().parents[2]
PATH = "/v1/households/{household}/timeline"


def documents() -> dict[str, dict[str, Any]]:
    """Return the OpenAPI document of each service."""
    return {
        service: json.loads((REPOSITORY / "services" / service / "openapi.json").read_text())
        for service in IN_ORDER
    }


def test_all_five_offer_the_same_operation_with_the_same_shape() -> None:
    found = documents()
    operations = [json.dumps(_but_examples(each["paths"][PATH]["get"])) for each in found.values()]
    assert len(set(operations)) == 1
    for schema in ("HappenedView", "GroundView", "InForceView", "Page_HappenedView_"):
        shapes = [json.dumps(each["components"]["schemas"][schema]) for each in found.values()]
        assert len(set(shapes)) == 1, schema


def _but_examples(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _but_examples(each) for name, each in part.items() if name != "example"}
    return [_but_examples(each) for each in part] if isinstance(part, list) else part


async def told_of(exchange: Exchange, household: str) -> list[Told]:
    """Return the household's timeline as a member of it sees it, asked of all five two things a page."""
    parts = list[list[Told]]()
    for service in IN_ORDER:
        part, cursor = list[Told](), ""
        while cursor is not None:
            path = f"/v1/households/{household}/timeline?limit=2{cursor and f'&cursor={cursor}'}"
            answer = await exchange.call(service, "GET", path, role="member", household=household)
            assert answer.ok, (service, answer.body)
            part += answer.body["items"]
            cursor = answer.body["next_cursor"]
        assert {each["service"] for each in part} <= {service}
        parts.append(part)
    return list(in_order(parts))


async def played(name: str, household: str) -> list[Told]:
    """Return the household's timeline after a scenario."""
    story = read_story_file(REPOSITORY / "scenarios" / f"{name}.yaml")
    async with MemoryStage().exchange(story) as exchange:
        assert (await play(story, exchange)).held
        return await told_of(exchange, household)


def shown(told: Told) -> tuple[str, str, str, int | None]:
    marked = "*" if told["marked"] else ""
    return told["at"][:16], told["service"], f"{told['what']}{marked}", told["amount_cents"]


async def test_PAY_11_money_that_was_anothers_is_a_story_from_its_receipt_to_what_is_taken_back() -> None:
    happened = await played("payment-of-another-household", "june")
    assert [shown(each) for each in happened if each["at"] < "2016-02-05"] == [
        ("2015-12-01T00:00", "enrollment", "registered", None),
        ("2015-12-01T00:00", "enrollment", "verification-decided", None),
        ("2015-12-03T10:00", "enrollment", "selected", 50000),
        ("2015-12-03T10:00", "enrollment", "activated", None),
        ("2015-12-03T10:00", "payments", "received", 50000),
        ("2015-12-03T10:00", "invoicing", "charged", 50000),
        ("2015-12-03T10:00", "invoicing", "received", 50000),
        ("2015-12-03T10:00", "invoicing", "binder-satisfied", 50000),
        ("2015-12-03T10:00", "invoicing", "settled", 50000),
        ("2015-12-03T10:00", "carrier-gateway", "sent", None),
        ("2015-12-03T10:00", "notifications", "sent", 50000),
        ("2015-12-03T10:00", "notifications", "sent", None),
        ("2015-12-04T02:00", "invoicing", "invoiced", 50000),
        ("2015-12-07T00:00", "payments", "cleared", 50000),
        ("2015-12-09T16:00", "payments", "remitted", 50000),
        ("2016-01-05T02:00", "invoicing", "charged", 50000),
        ("2016-01-05T02:00", "invoicing", "invoiced", 50000),
        ("2016-01-05T02:00", "notifications", "sent", 50000),
        ("2016-01-20T10:00", "payments", "received", 50000),
        ("2016-01-20T10:00", "invoicing", "received", 50000),
        ("2016-01-20T10:00", "invoicing", "settled", 50000),
        ("2016-01-20T10:00", "notifications", "sent", 50000),
        ("2016-01-22T00:00", "payments", "cleared", 50000),
        ("2016-01-27T16:00", "payments", "remitted", 50000),
        ("2016-02-03T10:00", "payments", "moved-away*", 50000),
        ("2016-02-03T10:00", "invoicing", "moved-away*", 50000),
        ("2016-02-03T10:00", "invoicing", "premium-unsettled*", 50000),
        ("2016-02-03T10:00", "notifications", "sent*", 50000),
        ("2016-02-03T16:00", "payments", "taken-back", -50000),
    ]
    assert [each["at"] for each in happened] == sorted(each["at"] for each in happened)
    assert all(why["citation"] for each in happened for why in each["because"])
    assert "mia" not in json.dumps(happened)
    received = [each["subject"] for each in happened if each["what"] == "received"]
    assert sorted(received) == sorted(
        2 * list(dict.fromkeys(received))
    )  # payments and invoicing name the same


STORIES = (
    (
        "four-facts",
        "eli",
        (
            "enrollment selected, payments received, invoicing charged, invoicing settled, carrier-gateway sent,"
            " invoicing invoiced, payments cleared, payments remitted, carrier-gateway effectuated,"
            " notifications sent, invoicing grace-entered, carrier-gateway list-sent, invoicing grace-advanced"
        ),
    ),
    (
        "explained",
        "avery",
        (
            "invoicing binder-satisfied, invoicing grace-entered, invoicing listed, carrier-gateway list-sent,"
            " invoicing grace-advanced, enrollment terminated, invoicing grace-expired, invoicing adjusted,"
            " carrier-gateway sent, notifications sent"
        ),
    ),
    (
        "merged-households",
        "june-paper",
        (
            "enrollment selected, invoicing invoiced, payments received, enrollment canceled, enrollment merged*,"
            " payments moved-away*, invoicing credit-passed-on*, invoicing moved-away*, enrollment merge-reversed*,"
            " payments moved-here*, invoicing credit-called-back*, enrollment selected, invoicing settled*"
        ),
    ),
    (
        "merged-households",
        "june",
        "enrollment merged*, payments moved-here*, payments cleared*, invoicing settled*",
    ),
)


@pytest.mark.parametrize(("name", "household", "acts"), STORIES)
async def test_the_acts_of_a_story_are_in_its_order(name: str, household: str, acts: str) -> None:
    told = [" ".join(shown(each)[1:3]) for each in await played(name, household)]
    left = iter(told)
    assert [each for each in acts.split(", ") if each not in left] == [], told
