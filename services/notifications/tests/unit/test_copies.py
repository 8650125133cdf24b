"""What was sent is kept byte for byte, and shown to whom it is about (NOT-1)."""

from __future__ import annotations

import base64
import hashlib
from datetime import date

import httpx2

from bulkhead_testing.bounces import report_of
from notifications.domain.copies import SentCopy
from services.notifications.tests.builders import JUNE, contact, invoice, paid, selected
from services.notifications.tests.office import Office
from services.notifications.tests.unit.test_api import ASSISTER, CARRIER, ISSUER, MEMBER, OPERATOR, STRANGER
from services.notifications.tests.unit.test_bounces import report


def copies_of(notice: str, household: str = JUNE) -> str:
    return f"/v1/households/{household}/notices/{notice}/copies"


async def test_NOT_1_an_email_is_kept_as_the_mail_server_took_it(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), selected(), invoice())
    await office.send()
    notice, (raw,) = office.only().notice, office.mailbox.received
    listed = await client.get(copies_of(notice), headers=MEMBER)
    assert listed.json() == {
        "items": [
            {
                "by": "email",
                "sent_on": "2016-06-05",
                "media_type": "message/rfc822",
                "size_bytes": len(raw),
                "sha256": hashlib.sha256(raw).hexdigest(),
            }
        ]
    }
    for who in (MEMBER, OPERATOR):
        whole = (await client.get(f"{copies_of(notice)}/email", headers=who)).json()
        assert base64.b64decode(whole.pop("content"), validate=True) == raw
        assert whole == listed.json()["items"][0]


async def test_NOT_1_a_letter_is_kept_as_it_went_to_print_whatever_becomes_of_the_file(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(email=None), selected(), invoice())
    await office.send()
    notice = office.only().notice
    pdf = office.files.content.pop(f"{JUNE}/{notice}.pdf")
    whole = (await client.get(f"{copies_of(notice)}/paper", headers=MEMBER)).json()
    assert base64.b64decode(whole["content"]) == pdf
    assert (whole["media_type"], whole["sha256"]) == ("application/pdf", hashlib.sha256(pdf).hexdigest())


async def test_NOT_4_where_the_email_came_back_both_are_kept(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), selected(), invoice())
    await office.send()
    await report(client, report_of(office.mailbox.received[0]))
    await office.send()
    listed = (await client.get(copies_of(office.only().notice), headers=OPERATOR)).json()["items"]
    assert [each["by"] for each in listed] == ["email", "paper"]


async def test_PAY_2_no_other_household_and_nobody_else_is_shown_them(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), selected(), invoice())
    await office.send()
    notice = office.only().notice
    kim = ISSUER.headers("member", household="kim")
    asked = (
        (copies_of(notice), STRANGER, 404),
        (f"{copies_of(notice)}/email", STRANGER, 404),
        (f"{copies_of(notice, 'kim')}/email", kim, 404),
        (copies_of(notice, "kim"), kim, 404),
        (f"{copies_of(notice)}/email", ASSISTER, 403),
        (f"{copies_of(notice)}/email", CARRIER, 403),
        (f"{copies_of(notice)}/paper", MEMBER, 404),
        (f"{copies_of('another')}", MEMBER, 404),
    )
    for path, who, status in asked:
        assert (await client.get(path, headers=who)).status_code == status, path


async def test_NOT_1_of_a_notice_that_has_not_left_nothing_is_kept(
    office: Office, client: httpx2.AsyncClient
) -> None:
    office.mailbox.away = True
    await office.hear(contact(), selected(), invoice())
    await office.send()
    listed = await client.get(copies_of(office.only().notice), headers=MEMBER)
    assert listed.json() == {"items": []}


async def test_NOT_1_the_same_notice_is_the_same_bytes_however_often_it_is_sent() -> None:
    twice: list[bytes] = []
    for _ in range(2):
        office = Office()
        await office.hear(contact(), selected(), invoice())
        await office.send()
        twice += office.mailbox.received
    assert twice[0] == twice[1]


async def test_NOT_1_a_copy_shows_nothing_of_whom_it_names_where_it_is_printed() -> None:
    office = Office()
    await office.hear(contact(), selected(), paid())
    await office.send()
    (copy,) = office.database.rows(SentCopy)
    assert (copy.sent_on, copy.household) == (date(2016, 6, 5), JUNE)
    assert "Juniper" not in repr(copy)
