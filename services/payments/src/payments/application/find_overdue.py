"""What should have come to an end by now and has not (I9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, Literal, TypeAlias

from bulkhead.kernel.calendar import local, local_date
from bulkhead.overdue import MOST_LISTED, FindOverdue, Overdue
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.retries.retries import RetryKind
from payments.application.ports import Parameters
from payments.application.waiting import (
    ATTEMPTS,
    DRAWS,
    LOCKBOX_FILES,
    REFUNDS,
    REMITTANCE_FILES,
    RETURN_FILES,
)
from payments.domain.attempts import UNDECIDED, Attempt
from payments.domain.autopay import Draw
from payments.domain.corrections import Correction
from payments.domain.files_in import UNREAD
from payments.domain.lockbox import LockboxFile
from payments.domain.processor_events import ProcessorEvent
from payments.domain.refunds import Refund, RefundPart
from payments.domain.remittances import Remittance
from payments.domain.return_files import ReturnFile, ReturnItem
from payments.domain.suspense import SuspenseItem

FileKind: TypeAlias = Literal["lockbox-file", "lockbox-file-refused", "return-file", "return-file-refused"]

KINDS: Final = (
    "attempt",
    "draw",
    "refund",
    "lockbox-file",
    "lockbox-file-refused",
    "return-file",
    "return-file-refused",
    "return-item",
    "processor-event",
    "remittance-file",
    "suspense",
    "correction",
)


def overdue_by(parameters: Parameters) -> FindOverdue:
    """Return what finds the attempts, refunds, files, suspense and so on that are overdue by these parameters."""

    async def find(uow: UnitOfWork) -> list[Overdue]:
        in_force = parameters.as_of(uow.today)
        return [
            *await _attempts(uow, within=timedelta(days=in_force.attempt_overdue_days)),
            *await _draws(uow, within=timedelta(days=in_force.draw_overdue_days)),
            *await _refunds(uow, within=timedelta(days=in_force.refund_overdue_days)),
            *await _files(
                uow,
                LockboxFile,
                kind="lockbox-file",
                retries=LOCKBOX_FILES,
                state=UNREAD,
                says="a stored lockbox file is not read, and the books stay open",
                within=timedelta(days=in_force.lockbox_file_overdue_days),
            ),
            *await _files(
                uow,
                LockboxFile,
                kind="lockbox-file-refused",
                waits=True,
                says="nobody has said what became of a lockbox file that was refused, or of refused rows of it",
                within=timedelta(days=in_force.lockbox_file_overdue_days),
            ),
            *await _files(
                uow,
                ReturnFile,
                kind="return-file",
                retries=RETURN_FILES,
                state=UNREAD,
                says="a stored return file is not read",
                within=timedelta(days=in_force.return_file_overdue_days),
            ),
            *await _files(
                uow,
                ReturnFile,
                kind="return-file-refused",
                waits=True,
                says="nobody has said what became of a return file that was refused",
                within=timedelta(days=in_force.return_file_overdue_days),
            ),
            *await _return_items(uow, within=timedelta(days=in_force.return_item_overdue_days)),
            *await _processor_events(uow, within=timedelta(days=in_force.processor_event_overdue_days)),
            *await _remittance_files(uow, within=timedelta(days=in_force.remittance_file_overdue_days)),
            *await _suspense(uow, within=timedelta(days=in_force.suspense_overdue_days)),
            *await _corrections(uow, within=timedelta(days=in_force.correction_overdue_days)),
        ]

    return find


async def _attempts(uow: UnitOfWork, *, within: timedelta) -> list[Overdue]:
    late = await uow.records(Attempt).select(
        state=UNDECIDED,
        started_at__lt=local(uow.today - within),
        order_by=("started_at", "payment"),
        limit=MOST_LISTED,
    )
    why = await ATTEMPTS.reasons(uow, [each.payment for each in late])
    return [
        Overdue(
            kind="attempt",
            id=each.payment,
            household=each.household,
            deadline=local_date(each.started_at) + within,
            says=_says("whether the processor took the money is not known", why.get(each.payment)),
        )
        for each in late
    ]


async def _draws(uow: UnitOfWork, *, within: timedelta) -> list[Overdue]:
    late = await uow.records(Draw).select(
        state=("planned", "drawing"),
        next_on__lt=uow.today - within,
        order_by=("next_on", "draw"),
        limit=MOST_LISTED,
    )
    why = await DRAWS.reasons(uow, [each.draw for each in late])
    return [
        Overdue(
            kind="draw",
            id=each.draw,
            household=each.household,
            deadline=each.next_on + within,
            says=_says("autopay has not paid an invoice on its day, nor been declined", why.get(each.draw)),
        )
        for each in late
    ]


async def _refunds(uow: UnitOfWork, *, within: timedelta) -> list[Overdue]:
    late = await uow.records(Refund).select(
        state="due",
        approved_on__lt=uow.today - within,
        order_by=("approved_on", "refund"),
        limit=MOST_LISTED,
    )
    parts = await uow.records(RefundPart).select(refund=[each.refund for each in late], state="due")
    why = await REFUNDS.reasons(uow, [part.reference for part in parts])
    failures = {part.refund: why[part.reference] for part in parts if part.reference in why}
    return [
        Overdue(
            kind="refund",
            id=each.refund,
            household=each.household,
            deadline=each.approved_on + within,
            says=_says("an approved refund is not paid back", failures.get(each.refund)),
        )
        for each in late
    ]


async def _files(
    uow: UnitOfWork,
    records: type[LockboxFile] | type[ReturnFile],
    *,
    kind: FileKind,
    says: str,
    within: timedelta,
    retries: RetryKind | None = None,
    **which: Any,
) -> list[Overdue]:
    """Return the files of which this is so for too long, with why reading them failed, where it did."""
    late = await uow.records(records).select(
        stored_at__lt=local(uow.today - within),
        order_by=("stored_at", "file"),
        limit=MOST_LISTED,
        **which,
    )
    why = {} if retries is None else await retries.reasons(uow, [each.file for each in late])
    return [
        Overdue(
            kind=kind,
            id=each.file,
            household=None,
            deadline=local_date(each.stored_at) + within,
            says=_says(says, why.get(each.file)),
        )
        for each in late
    ]


async def _return_items(uow: UnitOfWork, *, within: timedelta) -> list[Overdue]:
    late = await uow.records(ReturnItem).select(
        state="open",
        recorded_at__lt=local(uow.today - within),
        order_by=("recorded_at", "item"),
        limit=MOST_LISTED,
    )
    return [
        Overdue(
            kind="return-item",
            id=each.item,
            household=each.household,
            deadline=local_date(each.recorded_at) + within,
            says=f"what a return file says waits for a person: {each.reason}",
        )
        for each in late
    ]


async def _processor_events(uow: UnitOfWork, *, within: timedelta) -> list[Overdue]:
    late = await uow.records(ProcessorEvent).select(
        state="open",
        heard_at__lt=local(uow.today - within),
        order_by=("heard_at", "event"),
        limit=MOST_LISTED,
    )
    return [
        Overdue(
            kind="processor-event",
            id=each.event,
            household=each.household,
            deadline=local_date(each.heard_at) + within,
            says=f"what the processor said waits for a person: {each.reason}",
        )
        for each in late
    ]


async def _remittance_files(uow: UnitOfWork, *, within: timedelta) -> list[Overdue]:
    late = await uow.records(Remittance).select(
        file_state="to-write",
        issued_on__lt=uow.today - within,
        order_by=("issued_on", "remittance"),
        limit=MOST_LISTED,
    )
    why = await REMITTANCE_FILES.reasons(uow, [each.remittance for each in late])
    return [
        Overdue(
            kind="remittance-file",
            id=each.remittance,
            household=None,
            deadline=each.issued_on + within,
            says=_says("the file of an issued remittance is not written", why.get(each.remittance)),
        )
        for each in late
    ]


async def _suspense(uow: UnitOfWork, *, within: timedelta) -> list[Overdue]:
    late = await uow.records(SuspenseItem).select(
        state="open",
        held_since__lt=uow.today - within,
        order_by=("held_since", "item"),
        limit=MOST_LISTED,
    )
    return [
        Overdue(
            kind="suspense",
            id=each.item,
            household=None,
            deadline=each.held_since + within,
            says=f"money is in suspense: {each.reason}",
        )
        for each in late
    ]


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
            household=each.households[0],
            deadline=local_date(each.asked_at) + within,
            says="a correction waits for a second person to approve or decline it",
        )
        for each in late
    ]


def _says(what: str, failure: str | None) -> str:
    return what if failure is None else f"{what}: {failure}"
