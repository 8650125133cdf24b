"""What a household was told, and what not: notices that left, came back, are held or stopped, or never left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final

from bulkhead.kernel.calendar import local, local_date
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.explanations import Ground, facts_of
from bulkhead.kernel.timelines import Happened, earliest
from bulkhead.persistence.ports import UnitOfWork
from notifications.application.stop_notices import standing_stops
from notifications.domain.notices import FORGOTTEN, Notice, NoticeFacts, NoticeHead
from notifications.domain.print_batches import PrintedLetter
from notifications.domain.stops import NoticeStop, stopping

_OF_CORRECTIONS: Final = ("invoice-voided", "payment-moved")
"""The notices that tell of a correction (OPS-5); and one that an invoice stands again."""

_RULES: Final = {
    "sent": ("NOT-1", "people are told, once and in the order of what is told", "VHC §2, §3"),
    "mailed": ("NOT-1", "its letter was given to the post: its postal date", "chosen (NOT-1)"),
    "bounced": ("NOT-4", "its e-mail did not arrive: a letter follows", "chosen (NOT-4)"),
    "held": ("NOT-1", "it is to be sent, and waits", "VHC §2, §3"),
    "stopped": ("NOT-3", "notices of this kind, batch or household do not leave", "N1"),
    "withdrawn": ("NOT-3", "what is not so any more, or was told since, does not leave", "N1"),
    "forgotten": (
        "NOT-1",
        "its household was forgotten: nobody knows any more how it is reached",
        "chosen (NOT-1)",
    ),
}
"""By which rule something became of a notice, what that says here, and where it is from."""


async def timeline_of(uow: UnitOfWork, household: str) -> list[Happened]:
    """Return all that a household was told, and what it is not told yet: what is held or stopped now. What it knew
    already and was never to be told is not in it.
    """
    stops = await standing_stops(uow)
    notices = await uow.records(Notice).select_as(NoticeHead, household=household, order_by=("number",))
    letters = {each.notice: each for each in await uow.records(PrintedLetter).select(household=household)}
    return [
        each
        for notice in notices
        if notice.was_ever_due
        for each in (*_of_notice(notice, stops), *_of_letter(notice, letters.get(notice.notice)))
    ]


def _of_notice(notice: NoticeHead, stops: Sequence[NoticeStop]) -> Iterator[Happened]:
    bounced = notice.email_refused_on
    if notice.state != "sent" and notice.sent_on is not None:
        yield _sent(notice, notice.sent_on, notice.created_at)
    if bounced is not None:
        yield _told(notice, "bounced", earliest(bounced, notice.created_at), bounced)
    if notice.state == "sent" and notice.sent_on is not None:
        after = notice.created_at if bounced is None else earliest(bounced, notice.created_at)
        yield _sent(notice, notice.sent_on, after)
    elif notice.state == "withdrawn":
        what = "forgotten" if notice.problem == FORGOTTEN else "withdrawn"
        yield _told(notice, what, notice.created_at, local_date(notice.created_at))
    elif (stop := stopping(stops, notice)) is not None:
        at = max(stop.stopped_at, notice.created_at)
        yield _told(notice, "stopped", at, local_date(at), stop=stop.stop, because=stop.because)
    else:
        at = notice.created_at if bounced is None else earliest(bounced, notice.created_at)
        yield _told(notice, "held", at, local_date(at), state=notice.state, waits_for=notice.waits_for)


def _of_letter(notice: NoticeHead, letter: PrintedLetter | None) -> Iterator[Happened]:
    if letter is not None and letter.mailed_on is not None:
        at = earliest(letter.mailed_on, notice.created_at, local(letter.printed_on))
        yield _told(
            notice, "mailed", at, letter.mailed_on, mail_by=letter.mail_by, postal_class=letter.postal_class
        )


def _sent(notice: NoticeHead, on: date, after: datetime) -> Happened:
    return _told(
        notice,
        "sent",
        earliest(on, after),
        on,
        by=notice.by,
        language=notice.language,
        wording=notice.wording,
    )


def _told(
    notice: NoticeHead, what: str, at: datetime, on: date, **facts: date | int | str | None
) -> Happened:
    rule, says, citation = _RULES[what]
    known = facts_of(type=notice.type, number=notice.number, told_of=notice.about, **facts)
    told_again = notice.facts.invoice is not None and notice.facts.invoice.stands_again
    return Happened(
        at=at,
        on=on,
        what=what,
        about="notice",
        subject=notice.notice,
        cents=_cents(notice.facts),
        facts=known,
        grounds=(Ground(reason=Reason(rule=rule, says=says, citation=citation, facts=known)),),
        marked=told_again or notice.type in _OF_CORRECTIONS,
    )


def _cents(facts: NoticeFacts) -> int | None:
    """Return the amount that a notice tells: what is to be paid, or what came, went back or was moved."""
    if facts.invoice is not None:
        return facts.invoice.to_pay_cents
    if facts.voided is not None:
        return facts.voided.total_cents
    money = facts.payment or facts.returned or facts.moved
    return None if money is None else money.cents
