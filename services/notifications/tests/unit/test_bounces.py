"""A letter follows an e-mail that came back, however late, and tells what is so by then (NOT-4)."""

from __future__ import annotations

import base64
from datetime import date

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.kernel.calendar import local
from bulkhead.kernel.personal import Masked
from bulkhead_testing.bounces import report_of
from notifications.domain.bounces import RefusedAddress
from notifications.domain.events import NoticeSent
from notifications.entrypoints.api.reports import read_report
from services.notifications.tests.builders import (
    EMAIL,
    JUNE,
    NAME,
    activated,
    canceled,
    contact,
    deadline_moved,
    deadline_moved_back,
    decided,
    invoice,
    lapsed,
    paid,
    restored,
    selected,
    voided,
    wanted,
)
from services.notifications.tests.office import Office
from services.notifications.tests.unit.test_api import ISSUER, MEMBER, kind
from services.notifications.tests.unit.test_told_too_late import july

GATEWAY = ISSUER.headers("service", subject="mail-gateway")
BOUNCES = "/v1/bounces"


async def report(client: httpx2.AsyncClient, raw: bytes, key: str = "b1") -> httpx2.Response:
    body = {"report": base64.b64encode(raw).decode()}
    return await client.post(BOUNCES, json=body, headers={**GATEWAY, "Idempotency-Key": key})


async def with_an_invoice(office: Office) -> bytes:
    """Mail an invoice; return the mail."""
    await office.hear(contact(), selected(), invoice())
    await office.send()
    return office.mailbox.received[-1]


async def test_NOT_4_a_letter_follows_an_e_mail_that_came_back_later(
    office: Office, client: httpx2.AsyncClient
) -> None:
    mail = await with_an_invoice(office)
    answer = await report(client, report_of(mail))
    notice = office.only()
    assert answer.json() == {
        "notice": notice.notice,
        "household": JUNE,
        "followed": "paper",
        "address_refused": True,
    }
    assert (notice.state, notice.by, notice.problem) == ("queued", "paper", "the e-mail came back")
    assert (notice.email_refused_on, notice.sent_on) == (date(2016, 6, 5), date(2016, 6, 5))
    office.now = local(date(2016, 6, 9), 2)
    await office.send()
    notice = office.only()
    assert (notice.state, notice.by, notice.sent_on) == ("sent", "paper", date(2016, 6, 9))
    assert sorted(office.files.content) == [
        f"june/{notice.notice}.json",
        f"june/{notice.notice}.pdf",
    ]
    assert [each.by for each in office.said(NoticeSent)] == ["email", "paper"]


@pytest.mark.parametrize("key", ["b1", "b2"])
async def test_NOT_4_the_same_report_twice_is_followed_by_one_letter(
    office: Office, client: httpx2.AsyncClient, key: str
) -> None:
    mail = await with_an_invoice(office)
    await report(client, report_of(mail))
    await office.send()
    again = await report(client, report_of(mail), key=key)
    assert again.status_code == 200
    assert again.json()["followed"] == ("paper" if key == "b1" else "nothing-known")
    assert await office.send() == 0
    assert len(office.files.content) == 2


@pytest.mark.parametrize(
    ("action", "status", "followed"),
    [
        ("delayed", "4.4.1", "nothing-delayed"),
        ("delayed", "4.2.2", "nothing-delayed"),
        ("delivered", "2.0.0", "nothing-delivered"),
    ],
)
async def test_NOT_4_nothing_follows_what_is_only_delayed_or_arrived(
    office: Office, client: httpx2.AsyncClient, action: str, status: str, followed: str
) -> None:
    mail = await with_an_invoice(office)
    answer = await report(client, report_of(mail, action=action, status=status))  # type: ignore[arg-type]
    assert (answer.json()["followed"], answer.json()["address_refused"]) == (followed, False)
    assert (office.only().state, office.only().by) == ("sent", "email")


async def test_NOT_4_what_was_given_up_after_days_goes_on_paper_and_the_address_is_mailed_again(
    office: Office, client: httpx2.AsyncClient
) -> None:
    mail = await with_an_invoice(office)
    answer = await report(client, report_of(mail, status="4.4.7"))
    assert (answer.json()["followed"], answer.json()["address_refused"]) == ("paper", False)
    await office.hear(paid())
    await office.send()
    assert {each.type: each.by for each in office.notices()} == {"invoice": "paper", "receipt": "email"}


async def test_NOT_4_an_address_that_was_refused_is_not_mailed_again_until_it_is_another(
    office: Office, client: httpx2.AsyncClient
) -> None:
    mail = await with_an_invoice(office)
    await office.hear(paid())  # queued by e-mail already
    await report(client, report_of(mail))
    await office.hear(contact(version=2, address="8 Other Lane"))
    await office.hear(activated())
    await office.send()
    assert {each.type: each.by for each in office.notices()} == {
        "invoice": "paper",
        "receipt": "paper",
        "coverage-begun": "paper",
    }
    assert len(office.mailbox.received) == 1
    await office.hear(contact(version=3, email="other@example.test"))
    await office.hear(paid(payment="second"))
    await office.send()
    assert [each.by for each in office.notices(type="receipt")] == ["paper", "email"]


async def test_NOT_4_an_address_that_changed_before_the_report_came_is_mailed_on(
    office: Office, client: httpx2.AsyncClient
) -> None:
    mail = await with_an_invoice(office)
    await office.hear(contact(version=2, email="other@example.test"))
    answer = await report(client, report_of(mail))
    assert (answer.json()["followed"], answer.json()["address_refused"]) == ("paper", False)
    assert office.database.rows(RefusedAddress) == []


async def test_NOT_4_the_address_that_it_was_forwarded_to_stands_for_the_one_it_was_sent_to(
    office: Office, client: httpx2.AsyncClient
) -> None:
    mail = await with_an_invoice(office)
    answer = await report(client, report_of(mail, final="elsewhere@example.test", returns="mail"))
    assert answer.json()["address_refused"] is True


async def test_NOT_4_after_the_cut_off_the_letter_says_what_is_so_by_then(
    office: Office, client: httpx2.AsyncClient
) -> None:
    mail = await with_an_invoice(office)
    await office.hear(paid(cents=20000))
    office.now = local(date(2016, 7, 2), 2)
    await report(client, report_of(mail))
    await office.send()
    says = str(office.only(type="invoice").says)
    assert "The amount to pay is $300.00. It was due on June 26, 2016." in says
    assert "by June 30, 2016 was on time." in says


@pytest.mark.parametrize(
    "since", [(july(),), (july(payments=0, mail=False),)], ids=["a later letter", "nothing to mail"]
)
async def test_NOT_4_no_letter_follows_that_asks_for_what_a_later_invoice_has_in_it(
    office: Office, client: httpx2.AsyncClient, since: tuple[object, ...]
) -> None:
    mail = await with_an_invoice(office)
    await office.hear(*since)
    await office.send()
    await report(client, report_of(mail))
    await office.send()
    assert office.only(about="june-invoice").state == "withdrawn"
    assert office.files.content == {}


async def test_NOT_4_no_letter_follows_that_asks_for_a_first_premium_that_was_called_off(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), selected(), invoice(kind="initial", selection="s"))
    await office.send()
    mail = office.mailbox.received[-1]
    await office.hear(lapsed(), canceled())
    await office.send()
    await report(client, report_of(mail))
    await office.send()
    assert office.only(type="invoice").state == "withdrawn"


@pytest.mark.parametrize(
    ("told", "since"),
    [
        (deadline_moved(), deadline_moved_back()),
        (deadline_moved(), deadline_moved(extension="e2", until=date(2016, 7, 2))),
        (voided(), restored()),
        (wanted(), decided(verification="verified", changes_on=None)),
    ],
)
async def test_NOT_4_no_letter_follows_that_tells_what_was_taken_back_since(
    office: Office, client: httpx2.AsyncClient, told: object, since: object
) -> None:
    await with_an_invoice(office)
    await office.hear(told)
    await office.send()
    mail = office.mailbox.received[-1]
    await office.hear(since)
    await office.send()
    await report(client, report_of(mail))
    await office.send()
    assert office.files.content == {}


async def test_NOT_4_no_letter_follows_of_an_invoice_that_was_told_to_be_void(
    office: Office, client: httpx2.AsyncClient
) -> None:
    mail = await with_an_invoice(office)
    await office.hear(voided())
    await office.send()
    await report(client, report_of(mail))
    await office.send()
    assert office.only(type="invoice").state == "withdrawn"


async def test_NOT_4_a_report_that_comes_before_its_mail_is_recorded_as_sent_counts(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await office.hear(contact(), selected(), invoice())
    crashed = False

    async def crash(operation: str) -> None:
        nonlocal crashed
        if operation == "answer" and not crashed:
            crashed = True
            raise SystemExit

    office.mailbox.interrupt = crash
    with pytest.raises(SystemExit):
        await office.mail.turn(office.now)
    assert office.only().state == "sending"
    await report(client, report_of(office.mailbox.received[-1]))
    office.start()
    await office.send()
    assert (office.only().by, len(office.mailbox.received)) == ("paper", 1)


async def test_NOT_4_a_report_about_a_mail_of_somebody_else_is_refused(client: httpx2.AsyncClient) -> None:
    mail = f"From: a@example.test\r\nTo: {EMAIL}\r\nMessage-ID: <nobody@example.test>\r\n\r\nx".encode()
    answer = await report(client, report_of(mail))
    assert (answer.status_code, kind(answer)) == (404, "not-found")
    assert EMAIL not in answer.text


@pytest.mark.parametrize("raw", [b"", b"From: a@example.test\r\n\r\nHello", b"\xff\xfe"])
async def test_NOT_4_what_is_no_report_is_refused(client: httpx2.AsyncClient, raw: bytes) -> None:
    answer = await report(client, raw or b" ")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "/report")


async def test_NOT_4_only_operators_and_services_report(client: httpx2.AsyncClient) -> None:
    answer = await client.post(BOUNCES, json={"report": "eA=="}, headers={**MEMBER, "Idempotency-Key": "k"})
    assert answer.status_code == 403


async def test_NOT_4_what_is_kept_of_a_report_names_nobody(
    office: Office, client: httpx2.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await report(client, report_of(await with_an_invoice(office), returns="mail"))
    (refused,) = office.database.rows(RefusedAddress)
    kept = f"{answer.text} {refused} {office.notices()} {capsys.readouterr()}"
    assert EMAIL not in kept
    assert NAME not in kept


@given(st.binary(max_size=400), st.integers(0, 2000), st.integers(0, 400))
def test_NOT_4_whatever_is_sent_in_the_place_of_a_report_is_read_or_is_none(
    noise: bytes, at: int, instead_of: int
) -> None:
    mail = f"From: a@example.test\r\nTo: {EMAIL}\r\nMessage-ID: <n1@example.test>\r\n\r\nx".encode()
    whole = report_of(mail)
    found = read_report(whole[:at] + noise + whole[at + instead_of :])
    assert found is None or all(isinstance(each, Masked) for each in found.addresses)
