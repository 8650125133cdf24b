"""Use case: find the notices that should have left by now and have not (I9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bulkhead.kernel.calendar import local, local_date
from bulkhead.overdue import MOST_LISTED, FindOverdue, Overdue
from bulkhead.persistence.ports import UnitOfWork
from notifications.application.ports import Parameters
from notifications.application.stop_notices import standing_stops
from notifications.domain.notices import TO_SEND, Notice
from notifications.domain.stops import stopping

KINDS = ("notice",)


def overdue_of(parameters: Parameters) -> FindOverdue:
    """Return the use case that finds overdue notices by the pack's parameter (I9)."""

    async def find(uow: UnitOfWork) -> Sequence[Overdue]:
        days = timedelta(days=parameters.as_of(uow.today).notice_overdue_days)
        unsent = await uow.records(Notice).select(
            state=["waiting", *TO_SEND],
            created_at__lt=local(uow.today - days),
            order_by=("created_at", "notice"),
            limit=MOST_LISTED,
        )
        stops = await standing_stops(uow)
        return [
            Overdue(
                kind="notice",
                id=each.notice,
                household=each.household,
                deadline=local_date(each.created_at) + days,
                says=why_unsent(each, stopped=stopping(stops, each) is not None),
            )
            for each in unsent
        ]

    return find


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
