"""What a household was told, and what it is not told yet, in order and by which rule."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from bulkhead_testing.bounces import report_of
from services.notifications.tests.builders import activated, contact, decided, invoice, moved, paid, selected
from services.notifications.tests.office import Office
from services.notifications.tests.unit.test_api import ASSISTER, CARRIER, MEMBER, OPERATOR, STRANGER
from services.notifications.tests.unit.test_bounces import report, with_an_invoice
from services.notifications.tests.unit.test_stopping import stop

TIMELINE = "/v1/households/june/timeline"


async def told(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    answer = await client.get(TIMELINE, headers=MEMBER)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def shown(items: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (
            each["what"],
            each["facts"]["type"],
            each["amount_cents"],
            each["because"][0]["rule"],
            each["marked"],
        )
        for each in items
    ]


async def test_NOT_1_a_notice_that_left_is_told_whole(office: Office, client: httpx2.AsyncClient) -> None:
    await office.hear(contact(), selected(), invoice())
    await office.send()
    (sent,) = await told(client)
    assert sent == {
        "at": "2016-06-05T02:00:00-04:00",
        "on": "2016-06-05",
        "service": "notifications",
        "what": "sent",
        "about": "notice",
        "subject": office.only().notice,
        "amount_cents": 50000,
        "marked": False,
        "says": None,
        "facts": {
            "type": "invoice",
            "number": "1",
            "told_of": "june-invoice",
            "by": "email",
            "language": "en",
            "wording": "v1",
        },
        "because": [
            {
                "rule": "NOT-1",
                "says": "people are told, once and in the order of what is told",
                "citation": "VHC §2, §3",
                "facts": sent["facts"],
                "in_force": [],
                "recorded": "people are told, once and in the order of what is told",
            }
        ],
    }


async def test_NOT_4_an_e_mail_that_came_back_is_told_and_then_its_letter(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await report(client, report_of(await with_an_invoice(office)))
    assert shown(await told(client)) == [
        ("sent", "invoice", 50000, "NOT-1", False),
        ("bounced", "invoice", 50000, "NOT-4", False),
        ("held", "invoice", 50000, "NOT-1", False),
    ]
    await office.send()
    happened = await told(client)
    assert shown(happened) == [
        ("bounced", "invoice", 50000, "NOT-4", False),
        ("sent", "invoice", 50000, "NOT-1", False),
    ]
    assert happened[1]["facts"]["by"] == "paper"


async def test_NOT_3_what_is_stopped_and_what_waits_is_told_until_it_leaves(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), selected(), invoice(), paid(), activated())
    stopped = (await stop(client, type="receipt")).json()["stop"]
    happened = {each["facts"]["type"]: each for each in await told(client)}
    assert shown([happened["invoice"], happened["receipt"]]) == [
        ("held", "invoice", 50000, "NOT-1", False),
        ("stopped", "receipt", 50000, "NOT-3", False),
    ]
    assert (happened["receipt"]["facts"]["stop"], happened["receipt"]["facts"]["because"]) == (
        stopped,
        "wrong-wording",
    )


async def test_NOT_3_what_was_never_to_be_told_is_not_told_as_withdrawn(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), decided(verification="verified", changes_on=None))
    assert office.only().state == "withdrawn"
    assert await told(client) == []


async def test_PAY_11_a_notice_of_a_correction_is_marked(office: Office, client: httpx2.AsyncClient) -> None:
    await office.hear(contact(), selected(), paid(), moved())
    await office.send()
    assert [(each["facts"]["type"], each["marked"]) for each in await told(client)] == [
        ("receipt", False),
        ("payment-moved", True),
    ]


@pytest.mark.parametrize(
    ("headers", "status"), [(OPERATOR, 200), (ASSISTER, 200), (MEMBER, 200), (STRANGER, 404), (CARRIER, 403)]
)
async def test_a_household_sees_its_own_and_staff_all(
    client: httpx2.AsyncClient, headers: dict[str, str], status: int
) -> None:
    assert (await client.get(TIMELINE, headers=headers)).status_code == status
