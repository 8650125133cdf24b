"""Each day's letters go to the printer with a manifest, and have a postal date when it says so (NOT-1)."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import date, datetime, timedelta
from typing import Any

import httpx2
import pypdf
import pytest

from bulkhead.kernel.calendar import local
from bulkhead.kernel.ids import derived_id
from bulkhead.overdue import Overdue
from bulkhead.retries.retries import Retry
from bulkhead_testing.clock import FixedClock
from bulkhead_testing.web import app_of, client_of
from notifications.application.find_overdue import overdue_of
from notifications.application.print_batches import PRINT_BATCH, ManifestPoller
from notifications.domain.print_batches import PrintBatch, PrintedLetter
from services.notifications.tests.builders import PARAMETERS, contact, invoice, paid, selected
from services.notifications.tests.office import Office
from services.notifications.tests.unit.test_api import ISSUER, MEMBER, OPERATOR, assembled, kind

FRIDAY = date(2016, 7, 1)
TUESDAY, THURSDAY = date(2016, 7, 5), date(2016, 7, 7)  # Monday is Independence Day
MANIFEST = "_batches/2016-07-01.csv"


async def printed(office: Office, *households: str) -> None:
    """Print an invoice of each of these households."""
    for each in households:
        await office.hear(contact(each, email=None), selected(each), invoice(each))
    await office.send()


async def close(office: Office, on: date = FRIDAY) -> None:
    """Close a day's batch and let its manifest be written."""
    async with office.uows.begin(now=office.now) as uow:
        await PRINT_BATCH.run(uow, on, [])
    await ManifestPoller(office.uows, files=office.files).turn(office.now)


def friday() -> Office:
    return Office(now=local(FRIDAY, 9))


def manifest(office: Office, path: str = MANIFEST) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(office.files.content[path].decode())))


async def said(
    office: Office, body: dict[str, Any], *, on: date = FRIDAY, by: Any = OPERATOR
) -> httpx2.Response:
    app = app_of(
        assembled(),
        uows=office.database.units_of_work,
        clock=FixedClock(office.now),
        verifier=ISSUER.verifier(),
    )
    async with client_of(app) as client:
        headers = {**by, "Idempotency-Key": derived_id("key", str(body), str(on))}
        return await client.post(f"/v1/print-batches/{on}/mailings", json=body, headers=headers)


async def asked(office: Office, path: str, by: Any = OPERATOR) -> httpx2.Response:
    app = app_of(
        assembled(),
        uows=office.database.units_of_work,
        clock=FixedClock(office.now),
        verifier=ISSUER.verifier(),
    )
    async with client_of(app) as client:
        return await client.get(path, headers=by)


async def overdue(office: Office, now: datetime) -> list[Overdue]:
    async with office.uows.begin(now=now) as uow:
        return list(await overdue_of(PARAMETERS)(uow))


async def test_NOT_1_a_days_letters_are_in_a_manifest_by_which_a_printer_knows_each() -> None:
    office = friday()
    await printed(office, "june", "kim")
    await office.hear(contact("lee"), selected("lee"), invoice("lee"))  # by e-mail
    await office.send()
    await close(office)
    rows = manifest(office)
    assert rows == [
        {
            "file": f"{each.household}/{each.notice}.pdf",
            "sha256": hashlib.sha256(office.files.content[f"{each.household}/{each.notice}.pdf"]).hexdigest(),
            "pages": "1",
            "postal_class": "first-class",
            "mail_by": "2016-07-06",
            "notice": each.notice,
        }
        for each in sorted(office.notices(by="paper"), key=lambda each: each.notice)
    ]
    assert len(rows) == 2


async def test_NOT_1_the_pages_of_a_letter_are_those_that_its_pdf_has() -> None:
    office = friday()
    await printed(office, "june")
    (letter,) = office.database.rows(PrintedLetter)
    assert letter.pages == len(pypdf.PdfReader(io.BytesIO(office.files.content[letter.file])).pages)


async def test_NOT_1_a_letter_is_in_one_batch_and_a_day_without_letters_has_none() -> None:
    office = friday()
    await printed(office, "june")
    await close(office)
    office.now = local(TUESDAY, 9)
    await close(office, TUESDAY)
    await printed(office, "kim")
    office.now = local(date(2016, 7, 6), 18)
    await close(office, date(2016, 7, 6))
    assert [(each.batch, each.letters, each.state) for each in office.database.rows(PrintBatch)] == [
        (FRIDAY, 1, "written"),
        (date(2016, 7, 6), 1, "written"),
    ]
    assert [row["file"].partition("/")[0] for row in manifest(office, "_batches/2016-07-06.csv")] == ["kim"]


async def test_NOT_1_a_batch_that_is_closed_late_has_the_letters_of_its_day_and_before() -> None:
    office = friday()
    await printed(office, "june")
    office.now = local(TUESDAY, 9)
    await printed(office, "kim")
    await close(office, FRIDAY)
    assert [row["file"].partition("/")[0] for row in manifest(office)] == ["june"]


async def test_NOT_1_batches_are_closed_on_business_days_at_six() -> None:
    days = [FRIDAY + timedelta(days=number) for number in range(5)]
    assert [PRINT_BATCH.runs_on(day) for day in days] == [True, False, False, False, True]
    assert PRINT_BATCH.at.hour == 18
    office = friday()
    async with office.uows.begin(now=office.now) as uow:
        assert PRINT_BATCH.next_work is not None
        assert await PRINT_BATCH.next_work(uow, FRIDAY) is None
    office.now = local(FRIDAY + timedelta(days=1), 9)
    await printed(office, "june")
    async with office.uows.begin(now=office.now) as uow:
        assert await PRINT_BATCH.next_work(uow, FRIDAY) == TUESDAY


async def test_I9_a_manifest_that_cannot_be_written_waits_by_itself_and_the_others_are() -> None:
    office = friday()
    for number in range(10):
        office.now = local(FRIDAY, 9) + timedelta(days=number)
        await printed(office, f"home-{number}")
        async with office.uows.begin(now=office.now) as uow:
            await PRINT_BATCH.run(uow, office.now.date(), [])
    office.files.away = {MANIFEST}
    poller = ManifestPoller(office.uows, files=office.files)
    assert await poller.turn(office.now) == 9
    (waits,) = office.database.rows(Retry)
    assert (waits.kind, waits.item) == ("print-manifests", MANIFEST)
    assert await poller.pending(office.now) == 0
    office.files.away = set()
    assert await poller.turn(waits.retry_at) == 1
    assert len(manifest(office)) == 1


async def test_NOT_1_what_the_printer_says_is_the_postal_date_of_each_letter() -> None:
    office = friday()
    await printed(office, "june", "kim")
    await close(office)
    office.now = local(TUESDAY, 12)
    answer = await said(office, {"mailed_on": "2016-07-05"})
    assert answer.json() == {
        "batch": "2016-07-01",
        "file": MANIFEST,
        "state": "written",
        "letters": 2,
        "mailed": 2,
        "late": 0,
    }
    items = (await asked(office, "/v1/households/june/timeline", MEMBER)).json()["items"]
    assert [(each["what"], each["on"]) for each in items] == [
        ("sent", "2016-07-01"),
        ("mailed", "2016-07-05"),
    ]
    assert items[1]["facts"]["mail_by"] == "2016-07-06"
    assert await overdue(office, local(date(2016, 12, 1))) == []


async def test_NOT_1_some_letters_can_be_mailed_before_others_and_one_be_corrected() -> None:
    office = friday()
    await printed(office, "june", "kim")
    await close(office)
    june, kim = office.only(household="june").notice, office.only(household="kim").notice
    office.now = local(THURSDAY, 12)
    assert (await said(office, {"mailed_on": "2016-07-05", "notices": [june]})).json()["mailed"] == 1
    assert (await said(office, {"mailed_on": "2016-07-07"})).json()["mailed"] == 2
    assert (await said(office, {"mailed_on": "2016-07-06", "notices": [kim]})).json()["mailed"] == 2
    letters = (await asked(office, f"/v1/print-batches/{FRIDAY}/letters")).json()["items"]
    assert {each["notice"]: each["mailed_on"] for each in letters} == {june: "2016-07-05", kim: "2016-07-06"}


@pytest.mark.parametrize(
    ("on", "body", "status", "problem"),
    [
        (FRIDAY, {"mailed_on": "2016-06-30"}, 422, "invalid-value"),
        (FRIDAY, {"mailed_on": "2016-07-06"}, 422, "invalid-value"),
        (FRIDAY, {"mailed_on": "2016-07-05", "notices": ["another"]}, 422, "invalid-value"),
        (TUESDAY, {"mailed_on": "2016-07-05"}, 404, "not-found"),
    ],
    ids=["before the batch", "to come", "of no letter of it", "of no batch"],
)
async def test_NOT_1_a_postal_date_that_cannot_be_is_refused_and_none_is_kept(
    on: date, body: dict[str, Any], status: int, problem: str
) -> None:
    office = friday()
    await printed(office, "june")
    await close(office)
    office.now = local(TUESDAY, 12)
    answer = await said(office, body, on=on)
    assert (answer.status_code, kind(answer)) == (status, problem)
    assert [each.mailed_on for each in office.database.rows(PrintedLetter)] == [None]
    assert (await said(office, {"mailed_on": "2016-07-05"}, by=MEMBER)).status_code == 403


async def test_I9_a_letter_that_is_not_mailed_by_its_day_is_overdue_and_its_batch_says_so() -> None:
    office = friday()
    await printed(office, "june")
    await close(office)
    notice = office.only().notice
    assert await overdue(office, local(date(2016, 7, 6), 23)) == []
    late = Overdue(
        kind="letter",
        id=notice,
        household="june",
        deadline=date(2016, 7, 6),
        says="the printer has not mailed it",
    )
    assert await overdue(office, local(THURSDAY)) == [late]
    office.now = local(THURSDAY, 1)
    (batch,) = (await asked(office, "/v1/print-batches")).json()["items"]
    assert (batch["mailed"], batch["late"]) == (0, 1)


async def test_NOT_1_batches_are_listed_a_page_at_a_time_the_first_first() -> None:
    office = friday()
    await printed(office, "june")
    await close(office)
    office.now = local(TUESDAY)
    await printed(office, "kim")
    await close(office, TUESDAY)
    first = (await asked(office, "/v1/print-batches?limit=1")).json()
    second = (await asked(office, f"/v1/print-batches?limit=1&cursor={first['next_cursor']}")).json()
    assert [each["batch"] for each in (*first["items"], *second["items"])] == ["2016-07-01", "2016-07-05"]
    assert second["next_cursor"] is None


async def test_I9_a_letter_that_is_in_no_batch_is_overdue_too() -> None:
    office = friday()
    await printed(office, "june")
    (late,) = await overdue(office, local(THURSDAY))
    assert (late.kind, late.says) == ("letter", "it is in no batch for the printer yet")


async def test_NOT_1_who_is_mailed_by_e_mail_has_no_letter() -> None:
    office = friday()
    await office.hear(contact(), selected(), paid())
    await office.send()
    assert office.database.rows(PrintedLetter) == []
