"""How notices go out: once each, by e-mail or paper, whatever is away and wherever it stops."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from typing import Any, Literal

import pytest

from bulkhead.kernel.calendar import local
from bulkhead.kernel.errors import Retryable
from bulkhead.kernel.ids import derived_id
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.retries.one_by_one import MOST_FAILING_IN_A_ROW
from bulkhead.retries.retries import Retry
from bulkhead_testing.mailbox import Mail, MemoryMailbox
from notifications.application import dispatch
from notifications.domain.coverage import Policy
from notifications.domain.events import NoticeSent
from notifications.domain.letters import Content, Written
from services.notifications.tests.builders import (
    EMAIL,
    JUNE,
    NAME,
    activated,
    contact,
    invoice,
    paid,
    selected,
)
from services.notifications.tests.office import WRITER, Office, failing_once, hours

INVOICE = derived_id("notice", "invoice", "june-invoice")


class Crash(BaseException):
    """The process ends here."""


async def ready(office: Office, *households: str) -> None:
    """Queue one invoice by e-mail for each household."""
    for household in households:
        await office.hear(contact(household), selected(household), invoice(household))


async def test_NOT_1_an_invoice_is_mailed_once_with_its_headers_and_told_of() -> None:
    office = Office(now=local(date(2016, 6, 5), 2))
    await ready(office, JUNE)
    assert await office.send() == 1
    assert await office.send() == 0
    (message,) = office.mailbox.messages
    headers = {name: str(message[name]) for name in dict(message.items()) if name != "Content-Type"}
    assert headers == {
        "From": "Bulkhead Exchange <exchange@bulkhead.test>",
        "To": EMAIL,
        "Subject": "Your invoice of June 5, 2016: $500.00 due June 26, 2016",
        "Date": "Sun, 05 Jun 2016 02:00:00 -0400",
        "Message-ID": f"<{INVOICE}@bulkhead.test>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "en",
        "X-Bulkhead-Notice": INVOICE,
        "X-Bulkhead-Notice-Type": "invoice",
        "X-Bulkhead-Household": "june",
        "X-Bulkhead-Invoice": "june-invoice",
        "MIME-Version": "1.0",
    }
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert all(f"Dear {NAME}," in part.get_content() for part in message.iter_parts())
    assert office.said(NoticeSent) == [
        NoticeSent(
            household=JUNE, notice=INVOICE, notice_type="invoice", by="email", sent_on=date(2016, 6, 5)
        )
    ]


async def test_NOT_1_what_was_said_is_kept_without_the_name() -> None:
    office = Office()
    await ready(office, JUNE)
    await office.send()
    sent = office.only()
    assert (sent.state, sent.by, sent.sent_on, sent.language, sent.wording) == (
        "sent",
        "email",
        date(2016, 6, 5),
        "en",
        "v1",
    )
    assert sent.doors == ("payments-online", "enrollment-online", "phone", "mail")
    assert sent.subject == "Your invoice of June 5, 2016: $500.00 due June 26, 2016"
    assert sent.says is not None
    assert "The amount to pay is $500.00. It is due on June 26, 2016." in sent.says
    assert NAME not in sent.says


async def test_NOT_1_who_has_no_e_mail_gets_a_letter_with_a_sidecar() -> None:
    office = Office()
    await office.hear(contact(email=None), selected(), invoice())
    assert await office.send() == 1
    assert office.mailbox.received == []
    assert sorted(office.files.content) == [f"june/{INVOICE}.json", f"june/{INVOICE}.pdf"]
    letter = office.files.content[f"june/{INVOICE}.pdf"]
    sidecar = json.loads(office.files.content[f"june/{INVOICE}.json"])
    says = sidecar.pop("says")
    assert sidecar == {
        "X-Bulkhead-Notice": INVOICE,
        "X-Bulkhead-Notice-Type": "invoice",
        "X-Bulkhead-Household": "june",
        "X-Bulkhead-Invoice": "june-invoice",
        "Date": "Sun, 05 Jun 2016 02:00:00 -0400",
        "Subject": "Your invoice of June 5, 2016: $500.00 due June 26, 2016",
        "Content-Language": "en",
        "file": f"{INVOICE}.pdf",
        "sha256": hashlib.sha256(letter).hexdigest(),
        "pages": 1,
        "accessible": True,
        "address_known": True,
    }
    assert says == office.only().says
    assert [each.by for each in office.said(NoticeSent)] == ["paper"]


async def test_NOT_1_a_letter_is_printed_even_where_no_address_is_known_and_says_so() -> None:
    office = Office()
    await office.hear(contact(email=None, address=None), selected(), invoice())
    await office.send()
    assert json.loads(office.files.content[f"june/{INVOICE}.json"])["address_known"] is False


@pytest.mark.parametrize(
    "address",
    ["no address", "a@b@example.test", "x@example.test\r\nBcc: y@example.test", "é@example.test", "@"],
)
async def test_NOT_4_a_text_that_is_no_address_goes_on_paper(address: str) -> None:
    office = Office()
    await office.hear(contact(email=address), selected(), invoice())
    await office.send()
    assert (office.only().state, office.only().by) == ("sent", "paper")
    assert office.mailbox.received == []


async def test_NOT_4_a_refused_address_is_followed_by_paper_and_shows() -> None:
    office = Office()
    office.mailbox.refuses = {EMAIL}
    await ready(office, JUNE)
    assert await office.mail.turn(office.now) == 1
    refused = office.only()
    assert (refused.state, refused.by, refused.email_refused_on) == ("queued", "paper", date(2016, 6, 5))
    assert refused.problem == "the e-mail was refused, or its address cannot be used"
    assert office.said(NoticeSent) == []
    await office.send()
    sent = office.only()
    assert (sent.state, sent.by, sent.email_refused_on, sent.problem) == (
        "sent",
        "paper",
        date(2016, 6, 5),
        None,
    )
    assert sorted(office.files.content) == [f"june/{INVOICE}.json", f"june/{INVOICE}.pdf"]


async def test_NOT_4_an_address_taken_back_while_the_notice_waited_turns_it_to_paper() -> None:
    office = Office()
    await ready(office, JUNE)
    await office.hear(contact(version=2, email=None))
    await office.send()
    assert (office.only().state, office.only().by) == ("sent", "paper")
    assert office.mailbox.received == []


async def test_NOT_1_the_newest_address_is_used() -> None:
    office = Office()
    await ready(office, JUNE)
    await office.hear(contact(version=2, email="new@example.test", language="fr"))
    await office.send()
    assert str(office.mailbox.messages[0]["To"]) == "new@example.test"
    assert office.only().language == "fr"


async def test_OPS_1_with_the_mail_server_away_nothing_is_lost_and_paper_goes_on() -> None:
    office = Office()
    office.mailbox.away = True
    await ready(office, JUNE, "kim")
    await office.hear(contact("lee", email=None), selected("lee"), invoice("lee"))
    assert await office.send() == 1
    assert await office.mail.pending(office.now) == 2
    assert await office.print.pending(office.now) == 0
    assert {each.state for each in office.notices(by="email")} == {"queued"}
    assert set(office.alarms.away) == {"mail"}
    office.mailbox.away = False
    office.now += timedelta(days=3)
    assert await office.send() == 2
    assert sorted(office.mailed()) == [("june", "invoice"), ("kim", "invoice")]
    assert {each.sent_on for each in office.notices(by="email")} == {date(2016, 6, 8)}


async def test_OPS_1_a_mail_server_that_goes_away_in_between_gets_the_rest_later_once_each() -> None:
    office = Office()
    await ready(office, "a", "b", "c")
    sends = 0

    async def interrupt(operation: str) -> None:
        nonlocal sends
        sends += operation == "send"
        office.mailbox.away = sends == 2

    office.mailbox.interrupt = interrupt
    assert await office.mail.turn(office.now) == 1
    assert sorted((each.state, each.attempts) for each in office.notices()) == [
        ("queued", 0),
        ("queued", 0),
        ("sent", 1),
    ]
    office.mailbox.interrupt = None
    office.mailbox.away = False
    await office.send()
    assert sorted(office.mailed()) == [("a", "invoice"), ("b", "invoice"), ("c", "invoice")]


async def test_OPS_1_with_the_print_folder_away_letters_wait() -> None:
    office = Office()
    office.files.away = {""}
    await office.hear(contact(email=None), selected(), invoice())
    assert await office.send() == 0
    assert await office.print.pending(office.now) == 1
    office.files.away = set()
    assert await office.send() == 1


async def test_OPS_1_an_outlet_that_is_away_is_not_asked_again_before_its_rest_is_over() -> None:
    office = Office()
    seconds = [0.0]
    office.start(pace=lambda: seconds[0])
    office.mailbox.away = True
    await ready(office, JUNE)
    for _ in range(5):
        await office.mail.turn(office.now)
    assert len(office.alarms.away) == 1
    seconds[0] = 0.5
    await office.mail.turn(office.now)
    assert len(office.alarms.away) == 2
    seconds[0] = 1.0
    await office.mail.turn(office.now)
    assert len(office.alarms.away) == 2
    office.mailbox.away = False
    seconds[0] = 1.5
    assert await office.mail.turn(office.now) == 1


async def test_NOT_1_an_address_that_is_busy_holds_nobody_else_back() -> None:
    office = Office()
    office.mailbox.busy = {EMAIL}
    await ready(office, JUNE)
    await office.hear(contact("kim", email="kim@example.test"), selected("kim"), invoice("kim"))
    assert await office.send() == 1
    assert office.mailed() == [("kim", "invoice")]
    busy = office.only(household=JUNE)
    assert (busy.state, busy.by, busy.attempts, busy.problem) == ("queued", "email", 1, "not taken for now")
    office.mailbox.busy = set()
    assert await office.send() == 0
    assert await office.mail.pending(office.now) == 0
    office.now += timedelta(minutes=1)
    assert await office.mail.pending(office.now) == 1
    assert await office.send() == 1
    assert office.only(household=JUNE).problem is None
    assert office.database.rows(Retry) == []


async def test_NOT_1_a_crash_before_the_server_has_it_sends_it_once_after_the_restart() -> None:
    office = Office()
    await ready(office, JUNE, "kim")
    office.mailbox.interrupt = failing_once("send", Crash())
    with pytest.raises(Crash):
        await office.mail.turn(office.now)
    assert {each.state for each in office.notices()} == {"sending"}
    office.start()
    assert await office.send() == 2
    assert sorted(office.mailed()) == [("june", "invoice"), ("kim", "invoice")]
    assert len(office.said(NoticeSent)) == 2


async def test_NOT_1_a_crash_after_the_server_has_it_repeats_that_one_under_the_same_message_id() -> None:
    office = Office()
    await ready(office, "a", "b", "c")
    office.mailbox.interrupt = failing_once("answer", Crash())
    with pytest.raises(Crash):
        await office.mail.turn(office.now)
    office.start()
    await office.send()
    ids = [str(each["Message-ID"]) for each in office.mailbox.messages]
    assert len(ids) == 4
    assert ids[0] in ids[1:]
    assert len(set(ids)) == 3
    assert len(office.said(NoticeSent)) == 3


async def test_NOT_1_a_database_that_fails_after_the_server_has_it_does_not_repeat_it() -> None:
    office = Office()
    await ready(office, JUNE)

    async def interrupt(operation: str) -> None:
        office.database.away = operation == "answer"

    office.mailbox.interrupt = interrupt
    with pytest.raises(Retryable):
        await office.mail.turn(office.now)
    with pytest.raises(Retryable):
        await office.mail.turn(office.now)
    office.database.away = False
    office.now += timedelta(days=1)
    assert await office.send() == 1
    assert office.mailed() == [("june", "invoice")]
    assert office.only().sent_on == date(2016, 6, 5)
    assert [each.sent_on for each in office.said(NoticeSent)] == [date(2016, 6, 5)]


async def test_NOT_1_two_replicas_send_each_notice_once() -> None:
    office = Office()
    await ready(office, *(f"h{number}" for number in range(10)))
    other, _ = office.pollers(pace=hours(), instance="two")
    turned: list[int] = []

    async def interrupt(operation: str) -> None:
        if operation == "send" and not turned:
            turned.append(0)
            turned[0] = await other.turn(office.now)

    office.mailbox.interrupt = interrupt
    assert await office.mail.turn(office.now) == 10
    assert turned == [0]
    assert len(office.mailed()) == len(set(office.mailed())) == 10


async def test_NOT_1_what_another_replica_left_behind_is_taken_up_when_its_time_is_over() -> None:
    office = Office()
    await ready(office, JUNE)
    office.mailbox.interrupt = failing_once("send", Crash())
    with pytest.raises(Crash):
        await office.mail.turn(office.now)
    other, _ = office.pollers(pace=hours(), instance="two")
    assert await other.turn(office.now + timedelta(minutes=14)) == 0
    assert await other.turn(office.now + timedelta(minutes=15)) == 1
    assert office.mailed() == [("june", "invoice")]


async def test_NOT_1_a_sender_whose_time_was_over_records_nothing_over_the_others_work() -> None:
    office = Office()
    await ready(office, JUNE)
    other, _ = office.pollers(pace=hours(), instance="two")
    later = office.now + timedelta(minutes=15)

    async def interrupt(operation: str) -> None:
        if operation == "answer":
            office.mailbox.interrupt = None
            await other.turn(later)

    office.mailbox.interrupt = interrupt
    assert await office.mail.turn(office.now) == 0
    assert len(office.said(NoticeSent)) == 1
    assert office.only().state == "sent"


class WriterWithAFault:
    """Writes all but receipts."""

    languages = WRITER.languages

    def write(self, content: Content) -> Written:
        """Fail at a receipt as a bug would."""
        if content.notice.type == "receipt":
            raise ZeroDivisionError
        return WRITER.write(content)


async def test_a_fault_in_one_notice_holds_nobody_else_back_and_someone_is_told() -> None:
    office = Office(writer=WriterWithAFault())
    await office.hear(contact(), selected(), paid(), invoice(), activated())
    assert await office.send() == 2
    stuck = office.only(type="receipt")
    assert (stuck.state, stuck.attempts, stuck.problem) == ("stuck", 1, "ZeroDivisionError")
    (waits,) = office.database.rows(Retry)
    assert (waits.kind, waits.item, waits.household) == ("notices", stuck.notice, JUNE)
    assert (waits.failures, waits.reason) == (1, "ZeroDivisionError")
    office.writer = WRITER
    office.start()
    assert await office.send() == 0
    office.now = waits.retry_at
    assert await office.send() == 1


async def test_OPS_1_a_message_at_which_the_server_hangs_up_delays_itself_alone() -> None:
    class HangsUp(MemoryMailbox):
        mended = False

        async def send(self, mail: Mail) -> Literal["accepted", "refused", "busy"]:
            if b"X-Bulkhead-Household: h003" in mail.content and not self.mended:
                raise Retryable("the mail server is away: it stopped answering")
            return await super().send(mail)

    server = HangsUp()
    office = Office(mailbox=server)
    await ready(office, *(f"h{number:03d}" for number in range(10)))
    for _ in range(3):
        await office.send()
    assert [each["X-Bulkhead-Household"] for each in server.messages] == [
        f"h{number:03d}" for number in range(10) if number != 3
    ]
    (waits,) = office.database.rows(Retry)
    assert (waits.kind, waits.household, waits.failures) == ("notices", "h003", 1)
    assert office.alarms.away == []
    server.mended = True
    office.now = waits.retry_at
    assert await office.send() == 1
    assert office.database.rows(Retry) == []
    assert len(server.messages) == 10


async def test_OPS_1_a_server_that_answers_and_takes_nothing_is_away() -> None:
    class TakesNothing(MemoryMailbox):
        async def send(self, mail: Mail) -> Literal["accepted", "refused", "busy"]:
            raise Retryable("the mail server is away: it refuses messages")

    office = Office(mailbox=TakesNothing())
    await ready(office, *(f"h{number:03d}" for number in range(10)))
    for _ in range(20):
        await office.mail.turn(office.now)
    assert len(office.database.rows(Retry)) == MOST_FAILING_IN_A_ROW
    assert set(office.alarms.away) == {"mail"}


async def test_OPS_1_one_households_print_folder_that_cannot_be_written_delays_itself_alone() -> None:
    office = Office()
    office.files.away = {"b"}
    for household in ("a", "b", "c", "d"):
        await office.hear(contact(household, email=None), selected(household), invoice(household))
    for _ in range(3):
        await office.send()
    assert {path.partition("/")[0] for path in office.files.content} == {"a", "c", "d"}
    (waits,) = office.database.rows(Retry)
    assert (waits.household, waits.failures) == ("b", 1)
    office.files.away = set()
    office.now = waits.retry_at
    assert await office.send() == 1
    assert office.database.rows(Retry) == []


async def test_OPS_1_more_print_folders_that_cannot_be_written_than_an_outlet_is_given_hold_back_no_others() -> (
    None
):
    office = Office()
    bad = [f"a{number}" for number in range(MOST_FAILING_IN_A_ROW + 2)]
    office.files.away = set(bad)
    for household in (*bad, "b", "c"):
        await office.hear(contact(household, email=None), selected(household), invoice(household))
    for _ in range(10):
        await office.print.turn(office.now)
    assert sorted({path.partition("/")[0] for path in office.files.content}) == ["b", "c"]


async def test_a_fault_while_one_notice_is_gathered_holds_nobody_else_back() -> None:
    office = Office()
    await ready(office, *(f"h{number:03d}" for number in range(10)))
    async with office.uows.begin(now=office.now, households=["h003"]) as uow:
        lost = await uow.records(Policy).select(household="h003")
        await uow.records(Policy).remove(household="h003")
    assert await office.send() == 9
    (waits,) = office.database.rows(Retry)
    assert (waits.household, waits.reason, waits.failures) == ("h003", "KeyError", 1)
    async with office.uows.begin(now=office.now, households=["h003"]) as uow:
        await uow.records(Policy).add(lost)
    office.now = waits.retry_at
    assert await office.send() == 1
    assert office.database.rows(Retry) == []


async def test_a_fault_while_one_notice_is_recorded_as_sent_holds_nobody_else_back_and_sends_nothing_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office = Office()
    await ready(office, *(f"h{number:03d}" for number in range(10)))
    record = dispatch.record_sent

    async def record_but_h003(uow: UnitOfWork, *, content: Content, **more: Any) -> int:
        if content.notice.household == "h003":
            raise ZeroDivisionError
        return await record(uow, content=content, **more)

    with monkeypatch.context() as planted:
        planted.setattr(dispatch, "record_sent", record_but_h003)
        assert await office.send() == 9
        (waits,) = office.database.rows(Retry)
        assert (waits.household, waits.reason, waits.failures) == ("h003", "ZeroDivisionError", 1)
        assert await office.send() == 0
    office.now = waits.retry_at
    assert await office.send() == 1
    assert office.database.rows(Retry) == []
    assert sorted(office.mailed()) == sorted(set(office.mailed()))
    assert len(office.mailed()) == 10


async def test_NOT_1_more_notices_than_a_batch_all_go_out() -> None:
    office = Office()
    await ready(office, *(f"h{number:03d}" for number in range(60)))
    assert await office.mail.turn(office.now) == 25
    assert await office.send() == 35
    assert office.mailbox.opened == 3
    assert len(set(office.mailed())) == 60


async def test_NOT_2_the_doors_of_a_letter_are_those_that_are_open_when_it_is_handed_over() -> None:
    office = Office()
    for household in ("a", "b", "c"):
        await office.hear(contact(household), selected(household), invoice(household))

    async def shuts(operation: str) -> None:
        # The first of the batch has gone out.
        if operation == "answer":
            office.mailbox.interrupt = None
            await office.close("payments-online")

    office.mailbox.interrupt = shuts
    assert await office.mail.turn(office.now) == 3
    assert [(each.household, each.doors) for each in office.notices(type="invoice")] == [
        ("a", ("payments-online", "enrollment-online", "phone", "mail")),
        ("b", ("enrollment-online", "phone", "mail")),
        ("c", ("enrollment-online", "phone", "mail")),
    ]
    assert "https://pay" not in str(office.only(household="b").says)


async def test_OPS_1_a_database_that_goes_away_between_two_letters_sends_each_once() -> None:
    office = Office()
    for household in ("a", "b"):
        await office.hear(contact(household), selected(household), invoice(household))
    reads = [0]

    async def goes_away(operation: str) -> None:
        if operation == "begin" and len(office.mailbox.received) == 1:
            reads[0] += 1
            if reads[0] == 2:  # the first is recorded, and the doors of the second are asked for
                raise Retryable("the database is away")

    office.database.interrupt = goes_away
    with pytest.raises(Retryable):
        await office.mail.turn(office.now)
    office.database.interrupt = None
    assert office.alarms.away == []
    await office.send()
    assert office.mailed() == [("a", "invoice"), ("b", "invoice")]
