"""Use case: find the notices that should have left by now, and the letters that should be mailed, and are not (I9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bulkhead.kernel.calendar import local, local_date
from bulkhead.overdue import MOST_LISTED, FindOverdue, Overdue
from bulkhead.persistence.ports import UnitOfWork
from notifications.application.ports import Parameters
from notifications.application.print_batches import find_unmailed
from notifications.application.stop_notices import standing_stops
from notifications.domain.notices import TO_SEND, Notice
from notifications.domain.print_batches import PrintedLetter
from notifications.domain.stops import stopping

KINDS = ("notice", "letter")


def overdue_of(parameters: Parameters) -> FindOverdue:
    """Return the use case that finds overdue notices and letters by the pack's parameters (I9)."""

    async def find(uow: UnitOfWork) -> Sequence[Overdue]:
        days = timedelta(days=parameters.as_of(uow.today).notice_overdue_days)
        unsent = await uow.records(Notice).select(
            state=["waiting", *TO_SEND],
            created_at__lt=local(uow.today - days),
            order_by=("created_at", "notice"),
            limit=MOST_LISTED,
        )
        stops = await standing_stops(uow)
        late = await find_unmailed(uow, limit=MOST_LISTED)
        return [
            *(_unmailed(each) for each in late),
            *(
                Overdue(
                    kind="notice",
                    id=each.notice,
                    household=each.household,
                    deadline=local_date(each.created_at) + days,
                    says=why_unsent(each, stopped=stopping(stops, each) is not None),
                )
                for each in unsent
            ),
        ]

    return find


def _unmailed(letter: PrintedLetter) -> Overdue:
    """Return a letter that nobody says was mailed in time."""
    return Overdue(
        kind="letter",
        id=letter.notice,
        household=letter.household,
        deadline=letter.mail_by,
        says="it is in no batch for the printer yet"
        if letter.batch is None
        else "the printer has not mailed it",
    )


def why_unsent(notice: Notice, *, stopped: bool) -> str:
    """Return why a notice has not left, in fixed words."""
    if stopped:
        return "it is stopped: let it go on, or it never leaves"
    match notice.waits_for:
        case "contact":
            return "it waits for a contact that is not known, or not as newly as needed"
        case "policy":
            return "it waits for a policy it names"
        case "earlier":
            return "it waits for an earlier notice of its household"
        case None:
            return notice.problem or "its outlet has not taken it"
