"""The HTTP API: who may see what, and what they see."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import httpx2
import pytest

from bulkhead.kernel.calendar import local
from bulkhead.kernel.personal import Masked
from bulkhead.kernel.webhooks import WebhookDoor
from bulkhead.policy import PolicyPack
from bulkhead.service import Service
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.contact_keys import CONTACT_KEYS
from bulkhead_testing.files import MemoryFiles
from bulkhead_testing.mailbox import MemoryMailbox
from notifications.bootstrap import assemble
from notifications.domain.channels import Channel
from notifications.domain.outages import Outage
from services.notifications.tests.builders import (
    EMAIL,
    JUNE,
    NAME,
    POLICY_DIR,
    activated,
    contact,
    invoice,
    paid,
    selected,
)
from services.notifications.tests.office import PRESS, SENDER, Office, hours

ISSUER = TestIssuer()
OPERATOR = ISSUER.headers("operator")
ASSISTER = ISSUER.headers("assister", household=JUNE)
MEMBER = ISSUER.headers("member", household=JUNE)
STRANGER = ISSUER.headers("member", household="kim")
CARRIER = ISSUER.headers("carrier", carrier="BCBSVT")
NOTICES = "/v1/households/june/notices"
MAIL_KEY, RETIRING_MAIL_KEY = bytes(range(32)), bytes(range(1, 33))
PROOFREADER = "proofs@exchange.test"
WALL_SECONDS = 1_465_106_400.0


def assembled(*, mailbox: MemoryMailbox | None = None) -> Service:
    """Return the service on a mailbox and files in memory."""
    return assemble(
        contact_keys=CONTACT_KEYS,
        pack=PolicyPack.named("vermont-2016", directory=POLICY_DIR),
        mailbox=mailbox or MemoryMailbox(),
        proof_addresses=[Masked(PROOFREADER)],
        print_files=MemoryFiles(),
        sender=SENDER,
        pace=hours(),
        press=PRESS,
        doors={},
        webhooks=WebhookDoor(keys=(MAIL_KEY, RETIRING_MAIL_KEY), window_seconds=300),
        wall_seconds=lambda: WALL_SECONDS,
    )


def kind(answer: httpx2.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).removeprefix("urn:bulkhead:problem:")


@pytest.mark.parametrize("headers", [MEMBER, ASSISTER, OPERATOR])
async def test_NOT_1_a_household_sees_its_notices_and_those_who_help_it_do(
    office: Office, client: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    await office.hear(contact(), selected(), invoice())
    await office.send()
    answer = await client.get(NOTICES, headers=headers)
    assert answer.status_code == 200
    (notice,) = answer.json()["items"]
    says = notice.pop("says")
    assert notice == {
        "notice": office.only().notice,
        "type": "invoice",
        "about": "june-invoice",
        "household": "june",
        "number": 1,
        "by": "email",
        "state": "sent",
        "waits_for": None,
        "created_at": "2016-06-05T02:00:00-04:00",
        "attempts": 1,
        "problem": None,
        "email_refused_on": None,
        "sent_on": "2016-06-05",
        "language": "en",
        "wording": "v1",
        "doors": ["payments-online", "enrollment-online", "phone", "mail"],
        "subject": "Your invoice of June 5, 2016: $500.00 due June 26, 2016",
    }
    assert "The amount to pay is $500.00." in says
    assert NAME not in answer.text
    assert EMAIL not in answer.text


async def test_NOT_1_a_notice_that_waits_shows_what_it_waits_for(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(paid())
    (notice,) = (await client.get(NOTICES, headers=MEMBER)).json()["items"]
    assert (notice["state"], notice["waits_for"], notice["by"], notice["says"]) == (
        "waiting",
        "contact",
        None,
        None,
    )


async def test_a_member_of_another_household_is_told_there_is_none(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), selected(), invoice())
    answer = await client.get(NOTICES, headers=STRANGER)
    assert (answer.status_code, kind(answer)) == (404, "not-found")


async def test_without_a_token_nothing_is_shown(client: httpx2.AsyncClient) -> None:
    for path in (NOTICES, "/v1/notices?state=waiting", "/v1/parked"):
        answer = await client.get(path)
        assert (answer.status_code, kind(answer)) == (401, "unauthenticated")


async def test_other_roles_are_forbidden(client: httpx2.AsyncClient) -> None:
    assert (await client.get(NOTICES, headers=CARRIER)).status_code == 403
    assert (await client.get("/v1/notices?state=waiting", headers=ASSISTER)).status_code == 403
    refused = await client.put("/v1/channels/phone", json={"state": "down"}, headers=MEMBER)
    assert refused.status_code == 403
    assert kind(refused) == "forbidden"


@pytest.mark.parametrize(
    "path", ["/v1/notices", "/v1/notices?state=lost", f"{NOTICES}?limit=0", "/v1/households/-x/notices"]
)
async def test_what_cannot_be_asked_is_refused_by_field(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers=OPERATOR)
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 1


async def test_notices_come_in_pages_in_the_order_of_what_they_tell(
    office: Office, client: httpx2.AsyncClient
) -> None:
    for day, fact in ((1, paid(payment="p1")), (2, paid(payment="p2")), (3, paid(payment="p3"))):
        office.now = local(date(2016, 6, day))
        await office.hear(fact)
    first = (await client.get(f"{NOTICES}?limit=2", headers=MEMBER)).json()
    rest = (await client.get(f"{NOTICES}?limit=2&cursor={first['next_cursor']}", headers=MEMBER)).json()
    assert [each["about"] for each in first["items"] + rest["items"]] == ["p1", "p2", "p3"]
    assert rest["next_cursor"] is None


async def test_an_operator_sees_all_that_waits_a_page_at_a_time(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(*(paid(f"h{number}") for number in range(3)))
    await office.hear(contact("known"), selected("known"), activated("known"))
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = (await client.get(f"/v1/notices?state=waiting&limit=2{cursor}", headers=OPERATOR)).json()
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(each["household"] for each in seen) == ["h0", "h1", "h2"]


async def test_NOT_2_an_operator_closes_a_channel_and_notices_go_by_it(
    office: Office, client: httpx2.AsyncClient
) -> None:
    everyone = (await client.get("/v1/channels")).json()
    assert everyone["items"] == [
        {"channel": "payments-online", "state": "up", "since": None, "until": None, "outage": None},
        {"channel": "enrollment-online", "state": "up", "since": None, "until": None, "outage": None},
        *(
            {"channel": each, "state": "up", "since": None, "until": None, "outage": None}
            for each in ("phone", "mail", "carrier-exchange", "hub")
        ),
    ]
    put = await client.put("/v1/channels/payments-online", json={"state": "down"}, headers=OPERATOR)
    assert put.status_code == 200
    assert put.json() == {
        "channel": "payments-online",
        "state": "down",
        "since": "2016-06-05T02:00:00-04:00",
        "until": None,
        "outage": None,
    }
    await office.hear(contact(), selected(), invoice())
    await office.send()
    assert office.only().doors == ("enrollment-online", "phone", "mail")
    assert "https://pay.exchange.example" not in str(office.mailbox.messages[0])


async def test_OPS_3_anybody_sees_when_channels_were_shut_a_page_at_a_time(
    office: Office, client: httpx2.AsyncClient
) -> None:
    past = Outage(
        number=1,
        channel="payments-online",
        began_at=local(date(2016, 6, 1), 1),
        noticed_at=local(date(2016, 6, 1), 1, 1),
        ended_at=local(date(2016, 6, 1), 13),
        evidence="no connection",
        end_evidence="ok",
    )
    lasting = replace(past, number=2, began_at=local(date(2016, 6, 5), 1), ended_at=None, end_evidence=None)
    async with office.database.begin(now=office.now) as uow:
        await uow.records(Outage).add([past, lasting])
    first = (await client.get("/v1/outages?limit=1")).json()
    assert first["items"] == [
        {
            "number": 1,
            "channel": "payments-online",
            "began_at": "2016-06-01T01:00:00-04:00",
            "noticed_at": "2016-06-01T01:01:00-04:00",
            "ended_at": "2016-06-01T13:00:00-04:00",
            "evidence": "no connection",
            "end_evidence": "ok",
            "announced_until": None,
        }
    ]
    rest = (await client.get(f"/v1/outages?cursor={first['next_cursor']}")).json()
    assert ([each["number"] for each in rest["items"]], rest["next_cursor"]) == ([2], None)
    online = (await client.get("/v1/channels")).json()["items"][0]
    assert (online["state"], online["since"], online["outage"]["number"]) == (
        "down",
        "2016-06-05T01:00:00-04:00",
        2,
    )


async def test_NOT_2_a_state_told_again_keeps_its_instant(office: Office, client: httpx2.AsyncClient) -> None:
    earlier = Channel(channel="phone", state="maintenance", since=local(date(2016, 6, 1)))
    async with office.database.begin(now=office.now) as uow:
        await uow.records(Channel).put([earlier])
    put = await client.put("/v1/channels/phone", json={"state": "maintenance"}, headers=OPERATOR)
    assert put.json()["since"] == "2016-06-01T00:00:00-04:00"


@pytest.mark.parametrize(
    ("channel", "body"),
    [("fax", {"state": "down"}), ("mail", {"state": "down"}), ("phone", {"state": "off"}), ("phone", {})],
)
async def test_a_channel_or_state_there_is_not_is_refused(
    office: Office, client: httpx2.AsyncClient, channel: str, body: dict[str, str]
) -> None:
    answer = await client.put(f"/v1/channels/{channel}", json=body, headers=OPERATOR)
    assert answer.status_code == 422
    assert office.database.rows(Channel) == []
