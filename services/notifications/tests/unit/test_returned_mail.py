"""Mail that came back is read out of the sender's maildir, each once, and what is none is set aside (NOT-4)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from bulkhead.files import Files, LocalFiles
from bulkhead.kernel.errors import Retryable
from bulkhead.retries.retries import Retry
from bulkhead_testing.bounces import report_of
from bulkhead_testing.files import MemoryFiles
from notifications.application.read_returned_mail import MOST_BYTES, ReturnedMail
from notifications.domain.bounces import RefusedAddress
from notifications.entrypoints.api.reports import read_report
from services.notifications.tests.builders import EMAIL, contact, invoice, paid, selected
from services.notifications.tests.office import Office, hours


class Maildir:
    """The sender's maildir, in memory or on this machine, and the poller that reads it."""

    def __init__(self, office: Office, files: Files) -> None:
        self.office, self.files = office, files
        self.start()

    def start(self) -> None:
        """Start the poller, or start it again as after a crash."""
        self.poller = ReturnedMail(
            self.office.uows, maildir=self.files, read=read_report, alarms=self.office.alarms, pace=hours()
        )

    async def deliver(self, mail: bytes, name: str = "1465106400.M1P1.mail") -> None:
        """Put a mail in, as a mail server does."""
        await self.files.put(f"new/{name}", mail)

    async def turn(self) -> int:
        """Let it read what there is."""
        return await self.poller.turn(self.office.now)

    async def names(self, folder: str) -> list[str]:
        """Return the names in a folder."""
        return [each.rpartition("/")[2] for each in await self.files.list(folder)]


@pytest.fixture
def maildir(office: Office) -> Maildir:
    return Maildir(office, MemoryFiles())


async def with_an_invoice(office: Office) -> bytes:
    """Mail an invoice; return the mail."""
    await office.hear(contact(), selected(), invoice())
    await office.send()
    return office.mailbox.received[-1]


async def test_NOT_4_a_letter_follows_a_report_in_the_maildir_at_the_next_look(
    office: Office, maildir: Maildir
) -> None:
    await maildir.deliver(report_of(await with_an_invoice(office)))
    assert await maildir.poller.pending(office.now) == 1
    assert await maildir.turn() == 1
    assert (await maildir.names("new"), await maildir.names("cur")) == ([], ["1465106400.M1P1.mail"])
    notice = office.only()
    assert (notice.state, notice.by, notice.email_refused_on) == ("queued", "paper", date(2016, 6, 5))
    await office.hear(paid())
    await office.send()
    assert {each.type: each.by for each in office.notices()} == {"invoice": "paper", "receipt": "paper"}
    assert await maildir.turn() == 0


async def test_NOT_4_a_soft_bounce_is_read_and_nothing_follows_until_it_is_given_up(
    office: Office, maildir: Maildir
) -> None:
    mail = await with_an_invoice(office)
    await maildir.deliver(report_of(mail, action="delayed", status="4.4.1"), "1")
    await maildir.turn()
    assert (office.only().state, office.only().by) == ("sent", "email")
    await maildir.deliver(report_of(mail, status="4.4.7"), "2")
    await maildir.turn()
    assert (office.only().by, office.database.rows(RefusedAddress)) == ("paper", [])


async def test_NOT_4_the_same_report_twice_in_the_maildir_is_one_letter(
    office: Office, maildir: Maildir
) -> None:
    mail = await with_an_invoice(office)
    for name in ("1", "2"):
        await maildir.deliver(report_of(mail), name)
        await maildir.turn()
        await office.send()
    assert (await maildir.names("cur"), len(office.files.content)) == (["1", "2"], 2)


@pytest.mark.parametrize(
    ("mail", "reason"),
    [
        (b"From: a@example.test\r\n\r\nI am on holiday.", "no-report"),
        (b"\xff\xfe\x00", "no-report"),
        (report_of(b"To: a@example.test\r\nMessage-ID: <nobody@example.test>\r\n\r\nx"), "no-notice"),
        (b"x" * (MOST_BYTES + 1), "too-large"),
    ],
    ids=["a reply", "noise", "forged", "too large"],
)
async def test_NOT_4_what_is_no_report_of_a_mail_of_ours_is_set_aside_with_why_and_holds_up_none(
    office: Office, maildir: Maildir, mail: bytes, reason: str
) -> None:
    await maildir.deliver(mail, "1")
    await maildir.deliver(report_of(await with_an_invoice(office)), "2")
    assert await maildir.turn() == 2
    assert (await maildir.names("aside"), await maildir.names("cur")) == (["1", "1.json"], ["2"])
    assert json.loads(await maildir.files.get("aside/1.json")) == {"reason": reason}
    assert office.alarms.aside == [reason]
    assert office.only().by == "paper"


async def test_NOT_4_a_crash_before_a_report_is_put_away_has_it_read_again_and_changes_nothing(
    office: Office, maildir: Maildir
) -> None:
    await maildir.deliver(report_of(await with_an_invoice(office)))
    assert isinstance(maildir.files, MemoryFiles)

    async def crash(operation: str) -> None:
        if operation == "move":
            raise SystemExit

    maildir.files.interrupt = crash
    with pytest.raises(SystemExit):
        await maildir.turn()
    maildir.files.interrupt = None
    await office.send()
    maildir.start()
    assert (await maildir.turn(), await office.send()) == (1, 0)
    assert (office.only().state, len(office.files.content)) == ("sent", 2)


async def test_OPS_1_while_the_maildir_is_away_it_is_told_and_tried_again(
    office: Office, maildir: Maildir
) -> None:
    await maildir.deliver(report_of(await with_an_invoice(office)))
    assert isinstance(maildir.files, MemoryFiles)
    maildir.files.away.add("")
    assert (await maildir.turn(), await maildir.poller.pending(office.now)) == (0, 0)
    assert office.alarms.away == ["returned-mail"]
    maildir.files.away.clear()
    assert await maildir.turn() == 1


async def test_OPS_1_while_the_database_is_away_a_report_stays_where_it_is(
    office: Office, maildir: Maildir
) -> None:
    await maildir.deliver(report_of(await with_an_invoice(office)))
    office.database.away = True
    with pytest.raises(Retryable):
        await maildir.turn()
    office.database.away = False
    assert await maildir.names("new") == ["1465106400.M1P1.mail"]
    assert await maildir.turn() == 1


async def test_NOT_4_no_link_in_the_maildir_is_followed(office: Office, tmp_path: Path) -> None:
    mail = await with_an_invoice(office)
    (tmp_path / "maildir" / "new").mkdir(parents=True)
    (tmp_path / "elsewhere").write_bytes(report_of(mail))
    (tmp_path / "maildir" / "new" / "1").symlink_to(tmp_path / "elsewhere")
    maildir = Maildir(office, LocalFiles(tmp_path / "maildir"))
    assert await maildir.turn() == 0
    assert office.only().by == "email"
    await maildir.deliver(report_of(mail), "2:2,S")
    assert await maildir.turn() == 1
    assert office.only().by == "paper"


async def test_NOT_4_what_is_told_of_a_mail_that_was_set_aside_names_nobody(
    office: Office, maildir: Maildir, capsys: pytest.CaptureFixture[str]
) -> None:
    await maildir.deliver(f"From: {EMAIL}\r\n\r\nPlease stop.".encode(), f"{EMAIL}")
    await maildir.turn()
    told = f"{office.alarms.aside} {await maildir.files.get(f'aside/{EMAIL}.json')!r} {capsys.readouterr()}"
    assert EMAIL not in told


async def returned(office: Office) -> list[str]:
    """Return the households whose e-mail came back, in order."""
    return sorted(each.household for each in office.notices() if each.email_refused_on is not None)


async def ten_reports(office: Office, maildir: Maildir) -> list[str]:
    """Mail ten households, each of whose mail comes back; return their names."""
    households = [f"home-{number}" for number in range(10)]
    for each in households:
        await office.hear(contact(each), selected(each), invoice(each))
    await office.send()
    for mail, each in zip(office.mailbox.received, households, strict=True):
        await maildir.deliver(report_of(mail), each)
    return households


async def test_I9_one_mail_of_ten_that_cannot_be_read_is_tried_later_by_itself_and_the_others_are_taken(
    office: Office, maildir: Maildir
) -> None:
    households = await ten_reports(office, maildir)
    assert isinstance(maildir.files, MemoryFiles)
    maildir.files.away.add("new/home-0")
    assert await maildir.turn() == 9
    assert (await returned(office), await maildir.names("new")) == (households[1:], ["home-0"])
    assert (await maildir.turn(), await maildir.poller.pending(office.now)) == (0, 0)
    (retry,) = office.database.rows(Retry)
    assert (retry.kind, retry.item, retry.reason) == (
        "returned-mail",
        "new/home-0",
        "files cannot be reached",
    )
    assert office.alarms.away == []
    maildir.files.away.clear()
    office.now += timedelta(minutes=1)
    assert await maildir.turn() == 1
    assert (await returned(office), office.database.rows(Retry)) == (households, [retry])
    assert (await maildir.turn(), office.database.rows(Retry)) == (0, [])


async def test_I9_one_mail_of_ten_that_cannot_be_moved_is_tried_later_by_itself_and_the_others_are_taken(
    office: Office, maildir: Maildir
) -> None:
    households = await ten_reports(office, maildir)
    assert isinstance(maildir.files, MemoryFiles)
    maildir.files.away.add("cur/home-0")
    assert await maildir.turn() == 9
    assert (await returned(office), await maildir.names("new")) == (households, ["home-0"])


async def test_I9_a_maildir_that_goes_away_on_the_way_ends_the_turn_and_no_mail_has_failed(
    office: Office, maildir: Maildir
) -> None:
    await ten_reports(office, maildir)
    assert isinstance(maildir.files, MemoryFiles)
    files = maildir.files

    async def go_away(operation: str) -> None:
        if operation == "get":
            files.away.add("")

    files.interrupt = go_away
    assert await maildir.turn() == 0
    assert (office.alarms.away, office.database.rows(Retry)) == (["returned-mail"], [])


@pytest.mark.parametrize("mail", [b"I am on holiday.", None], ids=["no report", "a report"])
async def test_I9_a_name_as_long_as_any_can_be_is_put_away_cut_and_holds_up_none(
    office: Office, tmp_path: Path, mail: bytes | None
) -> None:
    report = report_of(await with_an_invoice(office))
    (tmp_path / "new").mkdir()
    for last in "ab":  # two that differ only where they are cut
        (tmp_path / "new" / ("n" * 254 + last)).write_bytes(mail or report)
    (tmp_path / "new" / "other").write_bytes(report)
    maildir = Maildir(office, LocalFiles(tmp_path))
    assert await maildir.turn() == 3
    assert (await maildir.names("new"), office.only().by) == ([], "paper")
    kept = await maildir.names("aside" if mail else "cur")
    assert sorted(len(each) for each in kept if each.startswith("n")) == (
        [85, 85, 90, 90] if mail else [85, 85]
    )


async def test_I9_names_that_mails_had_before_are_given_again_as_often_as_it_takes(
    office: Office, maildir: Maildir
) -> None:
    report = report_of(await with_an_invoice(office))
    for number in range(3):
        await maildir.deliver(b"I am on holiday. %d" % number, "1")
        await maildir.deliver(report + b"\r\n" * number, "2")
        assert await maildir.turn() == 2
    assert await maildir.names("aside") == ["1", "1.1", "1.1.json", "1.2", "1.2.json", "1.json"]
    assert await maildir.names("cur") == ["2", "2.1", "2.2"]
