"""What should have come to an end by now and has not (I9)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from bulkhead.kernel.calendar import local, local_date
from bulkhead.overdue import MOST_LISTED, Overdue
from bulkhead.persistence.ports import UnitOfWork
from invoicing.application.decided import moved_cutoffs
from invoicing.application.ports import Parameters
from invoicing.domain.corrections import Correction
from invoicing.domain.records import ReinstatementRequest, Selection

KINDS = ("binder", "reinstatement-request", "correction")


def find_overdue(parameters: Parameters) -> Callable[[UnitOfWork], Awaitable[Sequence[Overdue]]]:
    """Return what finds the binders that are past their due date and neither paid nor lapsed, the requests for
    reinstatement past their last day for money that nobody has decided, and the corrections that wait too long for a
    second person. What is due on a day that moved is past it once the one it moved to is over (OPS-4).
    """

    async def find(uow: UnitOfWork) -> Sequence[Overdue]:
        days = parameters.as_of(uow.today).decided_within_days
        cutoffs = await moved_cutoffs(uow, parameters)
        over = cutoffs.first_still_open(uow.today - timedelta(days=days))
        waiting = await uow.records(Selection).select(
            state="open", due__lt=over, order_by=("due",), limit=MOST_LISTED
        )
        uninvoiced = await uow.records(Selection).select(
            state=["open", "satisfied"],
            invoiced=False,
            invoice_on__lt=uow.today - timedelta(days=days),
            order_by=("invoice_on",),
            limit=MOST_LISTED,
        )
        why = "its lapse waits for payments' books, a parked event, or a selection that money names"
        found = [_overdue(each, why) for each in waiting]
        found += [_overdue(each, "its invoice was not made") for each in uninvoiced]
        undecided = await uow.records(ReinstatementRequest).select(
            state="waiting",
            pay_by__lt=over,
            order_by=("pay_by",),
            limit=MOST_LISTED,
        )
        found += [
            Overdue(
                kind="reinstatement-request",
                id=each.decision,
                household=each.household,
                deadline=each.pay_by,
                says="its decision waits for payments' books, or for a parked event",
            )
            for each in undecided
        ]
        found += await _corrections(
            uow, within=timedelta(days=parameters.as_of(uow.today).correction_overdue_days)
        )
        return sorted(found, key=lambda each: (each.deadline, each.id))[:MOST_LISTED]

    return find


async def _corrections(uow: UnitOfWork, *, within: timedelta) -> list[Overdue]:
    late = await uow.records(Correction).select(
        state="requested",
        asked_at__lt=local(uow.today - within),
        order_by=("asked_at", "correction"),
        limit=MOST_LISTED,
    )
    return [
        Overdue(
            kind="correction",
            id=each.correction,
            household=each.household,
            deadline=local_date(each.asked_at) + within,
            says="a correction waits for a second person to approve or decline it",
        )
        for each in late
    ]


def _overdue(selection: Selection, says: str) -> Overdue:
    return Overdue(
        kind="binder",
        id=selection.selection,
        household=selection.household,
        deadline=selection.due or selection.invoice_on,
        says=says,
    )
