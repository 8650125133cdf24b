"""The provider of e-mail tells what became of a notice: its signature lets it in, and nothing else does (NOT-4)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import httpx2
import pytest

from bulkhead.kernel.webhooks import sign
from notifications.domain.bounces import RefusedAddress
from services.notifications.tests.builders import EMAIL, JUNE, activated, contact, invoice, paid, selected
from services.notifications.tests.office import Office
from services.notifications.tests.unit.test_api import MAIL_KEY, RETIRING_MAIL_KEY, WALL_SECONDS, kind

PATH = "/v1/mail-events"
NOW = int(WALL_SECONDS)
BOUNCED: dict[str, Any] = {"bounce": {"type": "Permanent"}}


def said(message_id: str, type_: str = "email.bounced", *, to: str = EMAIL, **more: object) -> dict[str, Any]:
    return {"type": type_, "data": {"message_id": message_id, "to": [to], **more}}


async def send(
    client: httpx2.AsyncClient, event: object, *, key: bytes = MAIL_KEY, at: int = NOW, sent_id: str = "msg_1"
) -> httpx2.Response:
    body = json.dumps(event).encode()
    headers = sign(key, sent_id=sent_id, sent_at=at, body=body)
    return await client.post(PATH, content=body, headers={**headers, "content-type": "application/json"})


async def with_an_invoice(office: Office) -> str:
    """Mail an invoice; return the Message-ID that it left with."""
    await office.hear(contact(), selected(), invoice())
    await office.send()
    return str(office.mailbox.messages[-1]["Message-ID"])


@pytest.mark.parametrize("key", [MAIL_KEY, RETIRING_MAIL_KEY], ids=["new", "retiring"])
async def test_NOT_4_a_letter_follows_an_e_mail_that_the_provider_says_bounced(
    office: Office, client: httpx2.AsyncClient, key: bytes
) -> None:
    answer = await send(client, said(await with_an_invoice(office), **BOUNCED), key=key)
    assert (answer.status_code, answer.json()) == (202, {"followed": "paper", "address_refused": True})
    notice = office.only()
    assert (notice.state, notice.by, notice.email_refused_on) == ("queued", "paper", date(2016, 6, 5))
    await office.hear(paid())
    await office.send()
    assert {each.type: each.by for each in office.notices()} == {"invoice": "paper", "receipt": "paper"}


async def test_NOT_4_what_did_not_arrive_for_another_reason_goes_on_paper_and_the_address_is_mailed_on(
    office: Office, client: httpx2.AsyncClient
) -> None:
    event = said(await with_an_invoice(office), bounce={"type": "Transient"})
    assert (await send(client, event)).json() == {"followed": "paper", "address_refused": False}
    assert office.database.rows(RefusedAddress) == []


async def test_NOT_4_whoever_complains_is_not_mailed_again_until_the_address_is_another(
    office: Office, client: httpx2.AsyncClient
) -> None:
    event = said(await with_an_invoice(office), "email.complained", to=EMAIL.upper())
    assert (await send(client, event)).json() == {"followed": "nothing-complained", "address_refused": True}
    await office.hear(paid(), activated())
    await office.send()
    assert {each.type: each.by for each in office.notices()} == {
        "invoice": "email",  # it was read
        "receipt": "paper",
        "coverage-begun": "paper",
    }
    await office.hear(contact(version=2, email="other@example.test"))
    await office.hear(paid(payment="second"))
    await office.send()
    assert [each.by for each in office.notices(type="receipt")] == ["paper", "email"]


EVENTS = ("email.bounced", "email.complained", "email.delivery_delayed", "email.delivered")


@pytest.mark.parametrize("order", list(itertools.permutations(EVENTS)), ids="-".join)
async def test_NOT_4_in_whatever_order_events_come_and_however_often_one_letter_follows(
    office: Office, client: httpx2.AsyncClient, order: Sequence[str]
) -> None:
    message_id = await with_an_invoice(office)
    for at, each in enumerate((*order, *order)):
        more = BOUNCED if each == "email.bounced" else {}
        answer = await send(client, said(message_id, each, **more), sent_id=f"msg_{at}")
        assert answer.status_code == 202
        await office.send()
    assert (office.only().by, len(office.mailbox.received), len(office.files.content)) == ("paper", 1, 2)
    (refused,) = office.database.rows(RefusedAddress)
    assert refused.household == JUNE


@pytest.mark.parametrize("message_id", ["<nobody@bulkhead.test>", "no id at all", "<a@b", ""])
async def test_NOT_4_an_event_of_a_mail_that_never_left_here_is_refused(
    office: Office, client: httpx2.AsyncClient, message_id: str
) -> None:
    await with_an_invoice(office)
    answer = await send(client, said(message_id, **BOUNCED))
    assert (answer.status_code, kind(answer)) == (404, "not-found")
    assert office.only().state == "sent"


async def test_NOT_4_an_event_of_a_notice_that_went_on_paper_is_refused_and_its_address_stays(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(email=None), selected(), invoice())
    await office.send()
    await office.hear(contact(version=2))
    answer = await send(client, said(f"<{office.only().notice}@bulkhead.test>", **BOUNCED))
    assert answer.status_code == 404
    assert office.database.rows(RefusedAddress) == []


@pytest.mark.parametrize(
    "change",
    [
        {"key": b"somebody else's secret, not ours"},
        {"at": NOW - 301},
        {"at": NOW + 302},
    ],
)
async def test_NOT_4_an_event_that_is_not_signed_or_not_just_now_changes_nothing(
    office: Office, client: httpx2.AsyncClient, change: dict[str, Any]
) -> None:
    answer = await send(client, said(await with_an_invoice(office), **BOUNCED), **change)
    assert (answer.status_code, kind(answer)) == (401, "webhook-not-signed")
    assert EMAIL not in answer.text
    assert office.only().state == "sent"


async def test_NOT_4_an_event_of_a_kind_to_come_is_passed_over(client: httpx2.AsyncClient) -> None:
    answer = await send(client, {"type": "email.opened", "data": 7})
    assert (answer.status_code, answer.json()) == (202, {"followed": "passed-over", "address_refused": False})


@pytest.mark.parametrize(
    "event", [[], {}, {"type": "email.bounced"}, {"type": "email.bounced", "data": {"to": [EMAIL]}}]
)
async def test_NOT_4_a_signed_event_that_cannot_be_read_is_refused_and_not_repeated(
    client: httpx2.AsyncClient, event: object
) -> None:
    answer = await send(client, event)
    assert answer.status_code == 422
    assert EMAIL not in answer.text


@pytest.mark.parametrize(
    ("to", "type_", "permanence"),
    [
        (f"Juniper Seedname <{EMAIL}>", "email.bounced", "Permanent"),
        (f'"Seedname, Juniper" < {EMAIL.upper()} >', "email.bounced", "permanent"),
        (f"other@example.test, {EMAIL}", "Email.Bounced", "PERMANENT"),
    ],
)
async def test_NOT_4_a_provider_may_name_who_it_was_to_and_write_its_words_in_any_case(
    office: Office, client: httpx2.AsyncClient, to: str, type_: str, permanence: str
) -> None:
    event = said(await with_an_invoice(office), type_, to=to, bounce={"type": permanence})
    assert (await send(client, event)).json() == {"followed": "paper", "address_refused": True}


async def test_NOT_4_a_name_that_is_written_as_an_address_is_not_whom_it_was_to(
    office: Office, client: httpx2.AsyncClient
) -> None:
    event = said(await with_an_invoice(office), to=f'"{EMAIL}" <other@example.test>', **BOUNCED)
    assert (await send(client, event)).json() == {"followed": "paper", "address_refused": False}
