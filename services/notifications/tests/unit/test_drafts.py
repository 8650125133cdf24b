"""Staff see a notice before it leaves, and are mailed it as a proof: nobody else is, and nothing is kept (NOT-1)."""

from __future__ import annotations

import base64
import io
from typing import Any

import httpx2
import pypdf
import pytest
from pydantic import ValidationError

from bulkhead.kernel.personal import Masked
from bulkhead_testing.bounces import report_of
from bulkhead_testing.contact_keys import CONTACT_KEYS_TEXT
from notifications.config import NotificationsSettings
from notifications.domain.notices import NOTICE_TYPES, Notice
from services.notifications.tests.builders import ADDRESS, NAME, contact, invoice, paid, selected
from services.notifications.tests.office import WRITER, Office
from services.notifications.tests.unit.test_api import (
    ASSISTER,
    CARRIER,
    ISSUER,
    MEMBER,
    OPERATOR,
    PROOFREADER,
    kind,
)
from services.notifications.tests.unit.test_bounces import report

SERVICE = ISSUER.headers("service")


async def preview(client: httpx2.AsyncClient, body: dict[str, Any], who: Any = OPERATOR) -> httpx2.Response:
    return await client.post("/v1/notice-previews", json=body, headers=who)


async def proof(
    client: httpx2.AsyncClient, body: dict[str, Any], *, who: Any = OPERATOR, key: str = "k-1"
) -> httpx2.Response:
    return await client.post("/v1/notice-proofs", json=body, headers={**who, "Idempotency-Key": key})


def letter_of(draft: dict[str, Any]) -> str:
    pages = pypdf.PdfReader(io.BytesIO(base64.b64decode(draft["pdf"]))).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.parametrize("notice_type", NOTICE_TYPES)
async def test_NOT_1_a_sample_of_each_type_is_shown_in_each_language_and_form(
    office: Office, client: httpx2.AsyncClient, notice_type: str
) -> None:
    answer = await preview(client, {"type": notice_type})
    assert answer.status_code == 200
    drafts = answer.json()["items"]
    assert [each["language"] for each in drafts] == list(WRITER.languages)
    for each in drafts:
        assert each["accessible"]
        assert each["subject"].replace("\u00a0", " ").replace("\u202f", " ") in letter_of(each)
        assert "Sample Reader" in each["html"] and "Sample Reader" in each["text"]
        assert "100 Sample Street" in letter_of(each)
    assert len({each["text"] for each in drafts}) == len(drafts)
    assert (office.notices(), office.mailed(), office.files.content) == ([], [], {})


async def test_NOT_1_the_newest_letter_of_a_household_is_shown_as_it_would_leave_now(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), selected(), invoice())
    await office.send()
    before = office.database.rows(Notice)
    await office.hear(contact(version=2, name="New Seedname", language="fr"))
    english, spanish, french = (await preview(client, {"type": "invoice", "household": "june"})).json()[
        "items"
    ]
    assert "$500.00" in english["text"] and "New Seedname" in english["text"]
    assert NAME not in english["html"]
    assert [each["language"] for each in (english, spanish, french)] == ["en", "es", "fr"]
    assert ADDRESS.splitlines()[0] in letter_of(french)
    assert (office.database.rows(Notice), len(office.mailed())) == (before, 1)


async def test_NOT_1_a_letter_that_a_household_does_not_have_is_not_shown(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), selected(), invoice(policy="another"))  # it waits for a policy
    for body in ({"type": "invoice", "household": "june"}, {"type": "receipt", "household": "nobody"}):
        answer = await preview(client, body)
        assert (answer.status_code, kind(answer)) == (404, "not-found")


async def test_NOT_1_a_proof_is_mailed_to_staff_alone_and_says_that_it_is_one(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), selected(), paid())
    await office.send()
    office.mailbox.received.clear()
    before = office.database.rows(Notice)
    body = {"type": "receipt", "household": "june", "to": PROOFREADER.upper()}
    answer = await proof(client, body)
    assert answer.json() == {
        "items": [{"language": each, "delivery": "accepted"} for each in ("en", "es", "fr")]
    }
    drafts = (await preview(client, {"type": "receipt", "household": "june"})).json()["items"]
    messages = office.mailbox.messages
    assert [str(each["To"]) for each in messages] == [PROOFREADER] * 3
    assert [str(each["Subject"]) for each in messages] == [f"PROOF: {each['subject']}" for each in drafts]
    for message, draft in zip(messages, drafts, strict=True):
        (attached,) = message.iter_attachments()
        assert attached.get_content() == base64.b64decode(draft["pdf"])
        shown = message.get_body(("plain",))
        assert shown is not None
        assert shown.get_content().splitlines() == draft["text"].splitlines()
        assert [each for each in message if each.startswith("X-")] == []
    assert office.database.rows(Notice) == before
    assert (await report(client, report_of(office.mailbox.received[0]))).status_code == 404
    assert (await proof(client, body)).headers["Idempotency-Replayed"] == "true"
    assert len(office.mailbox.received) == 3


async def test_NOT_1_a_proof_that_broke_off_is_mailed_again_under_the_same_message_ids(
    office: Office, client: httpx2.AsyncClient
) -> None:
    async def interrupt(operation: str) -> None:
        office.mailbox.away = operation == "answer"

    office.mailbox.interrupt = interrupt
    assert (await proof(client, {"type": "receipt", "to": PROOFREADER})).status_code == 503
    office.mailbox.interrupt, office.mailbox.away = None, False
    assert (await proof(client, {"type": "receipt", "to": PROOFREADER})).status_code == 200
    ids = [str(each["Message-ID"]) for each in office.mailbox.messages]
    assert (len(ids), len(set(ids)), ids[0] == ids[1]) == (4, 3, True)


@pytest.mark.parametrize(
    "to", ["juniper.seedmail@example.test", "proofs@exchange.test.example", "no address"]
)
async def test_NOT_1_a_proof_goes_to_nobody_whom_the_setting_does_not_name(
    office: Office, client: httpx2.AsyncClient, to: str
) -> None:
    answer = await proof(client, {"type": "receipt", "to": to})
    assert (answer.status_code, kind(answer), answer.json()["errors"][0]["field"]) == (
        422,
        "invalid-value",
        "/to",
    )
    assert to not in answer.text
    assert office.mailbox.received == []


@pytest.mark.parametrize("who", [MEMBER, ASSISTER, CARRIER, SERVICE])
async def test_NOT_1_drafts_are_for_operators(
    office: Office, client: httpx2.AsyncClient, who: dict[str, str]
) -> None:
    assert (await preview(client, {"type": "receipt"}, who)).status_code == 403
    assert (await proof(client, {"type": "receipt", "to": PROOFREADER}, who=who)).status_code == 403
    assert office.mailbox.received == []


def test_NOT_1_the_setting_names_addresses_and_what_is_none_is_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needed = ("BULKHEAD_JWKS", "BULKHEAD_JWT_ISSUER", "BULKHEAD_JWT_AUDIENCE", "NOTIFICATIONS_SMTP_HOST")
    for name in (*needed, "NOTIFICATIONS_SENDER", "NOTIFICATIONS_PRINT_DIR"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("BULKHEAD_DATABASE_URL", "postgresql://role@host/database")
    monkeypatch.setenv("BULKHEAD_CONTACT_KEYS", CONTACT_KEYS_TEXT)
    assert NotificationsSettings.model_validate({}).proof_recipients() == ()
    monkeypatch.setenv("NOTIFICATIONS_PROOF_ADDRESSES", "ann@exchange.test  ben@exchange.test")
    named = NotificationsSettings.model_validate({}).proof_recipients()
    assert named == (Masked("ann@exchange.test"), Masked("ben@exchange.test"))
    monkeypatch.setenv("NOTIFICATIONS_PROOF_ADDRESSES", "ann@exchange.test, ben@exchange.test")
    with pytest.raises(ValidationError, match="NOTIFICATIONS_PROOF_ADDRESSES") as refused:
        NotificationsSettings.model_validate({})
    assert "ben@" not in str(refused.value)
