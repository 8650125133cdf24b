"""What leaves late tells what is so by then, or does not leave: after a stop, or for whatever reason (NOT-1, NOT-3)."""

from __future__ import annotations

from datetime import date, datetime

import httpx2
import pytest

from bulkhead.kernel.calendar import CoverageMonth, local
from notifications.domain.money import Account
from notifications.domain.notices import OUTDATED, NoticeType
from services.notifications.tests.builders import (
    JUNE,
    activated,
    age_out,
    autopay_begun,
    autopay_ended,
    canceled,
    contact,
    decided,
    declined,
    gone,
    invoice,
    medicaid_begun,
    medicaid_ended,
    moved,
    paid,
    reinstated,
    renewed,
    selected,
    terminated,
    wanted,
)
from services.notifications.tests.office import Office
from services.notifications.tests.unit.test_stopping import resume, stop


def july(**more: object) -> object:
    """Return the invoice of July 5 for August, which has June's in it."""
    return invoice(
        invoice="june-july",
        number=2,
        month=CoverageMonth(2016, 8),
        unpaid_before_cents=50000,
        total_cents=100000,
        **more,  # type: ignore[arg-type]
    )


STANDS = (contact(), selected(), activated())

STORIES: dict[str, tuple[NoticeType, tuple[object, ...], tuple[object, ...]]] = {
    "an end after it stood again": ("coverage-ended", (*STANDS, terminated()), (reinstated(),)),
    "a cancellation after it stood again": (
        "coverage-canceled",
        (contact(), selected(), canceled()),
        (reinstated(),),
    ),
    "that it stands again after it ended": (
        "coverage-reinstated",
        (*STANDS, terminated(), reinstated()),
        (terminated(),),
    ),
    "a beginning after the end": ("coverage-begun", STANDS, (terminated(),)),
    "a receipt of what went back": ("receipt", (contact(), paid()), (gone(),)),
    "a receipt of what was another's": ("receipt", (contact(), paid()), (moved(cents=50000),)),
    "an invoice after a later one": ("invoice", (contact(), selected(), invoice()), ()),
    "autopay that began after it ended": ("autopay-begun", (contact(), autopay_begun()), (autopay_ended(),)),
    "autopay that ended after it began again": (
        "autopay-ended",
        (contact(), autopay_begun(), autopay_ended()),
        (autopay_begun(mandate="m-2"),),
    ),
    "Medicaid that began after it ended": (
        "medicaid-begun",
        (contact(), medicaid_begun()),
        (medicaid_ended(),),
    ),
    "documents that are shown": (
        "verification-wanted",
        (contact(), wanted()),
        (decided(verification="verified", changes_on=None),),
    ),
    "a request after its reminder": (
        "verification-wanted",
        (contact(), wanted()),
        (wanted(reminder=True, decision="w2"),),
    ),
    "a decision after a later one": (
        "verification-decided",
        (contact(), decided()),
        (decided(changes_on=date(2016, 5, 1), decision="d2"),),
    ),
    "a decision that was taken back": (
        "verification-decided",
        (contact(), decided(covered_through=date(2016, 3, 31), may_enroll="no-longer")),
        (decided(verification="verified", decision="d2"),),
    ),
}


@pytest.mark.parametrize("story", STORIES)
async def test_NOT_3_what_was_stopped_and_is_not_so_any_more_does_not_leave(
    story: str, office: Office, client: httpx2.AsyncClient
) -> None:
    kind, before, after = STORIES[story]
    stopped = (await stop(client, type=kind, made_on="2016-06-05")).json()["stop"]
    await office.hear(*before)
    await office.send()
    office.now = local(date(2016, 7, 5), 2)
    await office.hear(*(after or (july(),)))
    await office.send()
    await resume(client, stopped)
    last = office.mailed()
    assert await office.mail.pending(office.now) == (0 if story == "documents that are shown" else 1)
    await office.send()
    assert office.mailed() == last
    first = min(office.notices(type=kind), key=lambda each: each.number)
    assert (first.state, first.waits_for, first.claimed_by) == ("withdrawn", None, None)


async def test_NOT_1_that_nobody_may_enroll_is_told_after_a_later_decision_too(
    office: Office, client: httpx2.AsyncClient
) -> None:
    stopped = (await stop(client, made_on="2016-06-05")).json()["stop"]
    await office.hear(contact(), decided(covered_through=date(2016, 3, 31), may_enroll="no-longer"))
    office.now = local(date(2016, 6, 7), 2)
    await office.hear(decided(decision="d2"))
    await office.send()
    await resume(client, stopped)
    await office.send()
    assert [kind for _, kind in office.mailed()] == ["verification-decided"] * 2


@pytest.mark.parametrize(
    ("sent_between", "says"),
    [(True, "This takes the place of June 30, 2016, which we had told you before."), (False, "")],
)
async def test_NOT_1_an_end_that_moved_takes_the_place_of_one_that_was_told(
    sent_between: bool, says: str
) -> None:
    office = Office()
    await office.hear(*STANDS, terminated())
    if sent_between:
        await office.send()
    await office.hear(terminated(through=date(2016, 5, 31)))
    await office.send()
    text = str(office.notices(type="coverage-ended", state="sent")[-1].says)
    assert ("This takes the place of" in text) == sent_between
    assert says in text


async def test_NOT_3_it_says_why_it_was_withdrawn(office: Office, client: httpx2.AsyncClient) -> None:
    stopped = (await stop(client, type="coverage-ended")).json()["stop"]
    await office.hear(*STANDS, terminated(), reinstated())
    await resume(client, stopped)
    await office.send()
    assert office.only(type="coverage-ended").problem == OUTDATED


@pytest.mark.parametrize(
    ("stopped", "left"),
    [
        ({"household": JUNE}, ["receipt", "coverage-begun", "coverage-reinstated"]),
        ({"type": "coverage-begun"}, ["receipt", "coverage-reinstated"]),
        ({"type": "receipt"}, ["coverage-begun", "coverage-reinstated", "receipt"]),
    ],
)
async def test_NOT_3_of_one_thing_the_order_holds_whatever_was_stopped(
    office: Office, client: httpx2.AsyncClient, stopped: dict[str, str], left: list[str]
) -> None:
    made = (await stop(client, **stopped)).json()["stop"]
    await office.hear(*STANDS, paid(), terminated(), reinstated())
    await office.send()
    await resume(client, made)
    await office.send()
    assert [kind for _, kind in office.mailed()] == left


async def test_NOT_1_what_waited_for_the_mail_server_and_is_not_so_any_more_does_not_leave() -> None:
    office = Office()
    office.mailbox.away = True
    await office.hear(*STANDS, terminated())
    await office.send()
    office.now = local(date(2016, 6, 9), 2)
    await office.hear(reinstated())
    office.mailbox.away = False
    await office.send()
    assert [kind for _, kind in office.mailed()] == ["coverage-begun", "coverage-reinstated"]


async def test_NOT_1_one_that_is_in_hand_of_another_sender_is_left_to_it() -> None:
    office = Office()
    office.mailbox.interrupt = crash
    await office.hear(*STANDS)
    with pytest.raises(Crash):
        await office.mail.turn(office.now)
    await office.hear(canceled())
    office.start(instance="two")
    office.mailbox.interrupt = None
    await office.send()
    assert office.only(type="coverage-begun").state == "sending"
    office.start(instance="one")
    await office.send()
    assert office.only(type="coverage-begun").state == "withdrawn"


class Crash(BaseException):
    """The process ends here."""


async def crash(operation: str) -> None:
    if operation == "send":
        raise Crash


async def test_NOT_1_an_invoice_that_does_not_leave_is_not_kept_for_its_letter(
    office: Office, client: httpx2.AsyncClient
) -> None:
    stopped = (await stop(client, made_on="2016-06-05")).json()["stop"]
    await office.hear(contact(), selected(), invoice())
    office.now = local(date(2016, 7, 5), 2)
    await office.hear(july())
    await office.send()
    await resume(client, stopped)
    await office.send()
    (account,) = office.database.rows(Account)
    assert [each.invoice for each in account.asked] == ["june-july"]


async def test_NOT_1_two_invoices_that_were_both_stopped_leave_in_order(
    office: Office, client: httpx2.AsyncClient
) -> None:
    stopped = (await stop(client, type="invoice")).json()["stop"]
    await office.hear(contact(), selected(), invoice(), july())
    await resume(client, stopped)
    await office.send()
    assert [kind for _, kind in office.mailed()] == ["invoice", "invoice"]


LATER = "What is not paid of it is on a later invoice. Please go by that one."


@pytest.mark.parametrize(
    ("since", "says", "not_says"),
    [
        ((paid(),), "You do not have to pay this amount any more.", "please pay"),
        ((paid(), july(payments=1)), LATER, "500.00 another way"),
        ((july(),), LATER, "500.00 another way"),
        ((), "pay $500.00 another way", LATER),
    ],
)
async def test_PAY_8_a_late_letter_of_a_declined_draw_asks_for_nothing_that_is_paid(
    office: Office, client: httpx2.AsyncClient, since: tuple[object, ...], says: str, not_says: str
) -> None:
    await office.hear(contact(), selected(), autopay_begun(), invoice())
    await office.send()
    stopped = (await stop(client, type="autopay-declined")).json()["stop"]
    await office.hear(declined(again_on=None))
    for each in since:
        await office.hear(each)
    await office.send()
    office.now = local(date(2016, 7, 7), 2)
    await resume(client, stopped)
    await office.send()
    text = str(office.only(type="autopay-declined").says)
    assert says in text
    assert not_says not in text


async def test_ENR_14_a_late_renewal_does_not_tell_of_a_plan_that_was_called_off() -> None:
    office = Office(now=local(date(2015, 12, 10), 2))
    office.mailbox.away = True
    await office.hear(contact(), renewed(), canceled(reason="requested"))
    office.mailbox.away = False
    await office.send()
    assert [kind for _, kind in office.mailed()] == ["coverage-canceled"]


async def said_on(now: datetime, *heard: object) -> str:
    office = Office(now=now)
    await office.hear(contact(), *heard)
    await office.send()
    return str(office.notices()[-1].says)


async def test_NOT_1_a_late_letter_asks_for_nothing_by_a_day_that_is_over() -> None:
    in_time, late, later = (local(date(2016, month, 5), 2) for month in (5, 6, 8))
    gap = "To be covered without a gap, choose by May 31, 2016."
    assert gap in await said_on(in_time, age_out())
    assert gap not in await said_on(late, age_out())
    assert "from April 1, 2016 to July 30, 2016" in await said_on(late, age_out())
    assert "may choose a plan of their own in open enrollment." in await said_on(later, age_out())
    assert "You may choose a plan in open enrollment." in await said_on(
        local(date(2016, 11, 30), 2), medicaid_ended()
    )
    documents = await said_on(late, wanted())
    assert "The time to send us documents was over on March 2, 2016." in documents
    assert "by March 2, 2016" not in documents


async def test_NOT_1_a_letter_is_not_dated_before_what_it_tells() -> None:
    """A service whose clock is behind is told of what happened by another's."""
    office = Office(now=local(date(2016, 6, 5), 2))
    await office.hear(contact(), paid(), at=local(date(2016, 6, 6), 1))
    await office.hear(contact("kim", email=None), paid("kim"), at=local(date(2016, 6, 6), 1))
    await office.send()
    assert [str(each["Date"]) for each in office.mailbox.messages] == ["Mon, 06 Jun 2016 01:00:00 -0400"]
    (sidecar,) = (content for name, content in office.files.content.items() if name.endswith(".json"))
    assert b"Mon, 06 Jun 2016 01:00:00 -0400" in sidecar
    assert {each.sent_on for each in office.notices()} == {date(2016, 6, 6)}
