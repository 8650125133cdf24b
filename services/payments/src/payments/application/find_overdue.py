"""What should have come to an end by now and has not (I9)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final, Literal, TypeAlias, TypeVar

from bulkhead.kernel.calendar import local, local_date
from bulkhead.overdue import MOST_LISTED, FindOverdue, Overdue
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.retries.retries import RetryKind
from payments.application.ports import Parameters
from payments.application.waiting import (
    ATTEMPTS,
    DRAWS,
    LOCKBOX_FILES,
    PASSINGS,
    REFUNDS,
    REMITTANCE_FILES,
    RETURN_FILES,
)
from payments.domain.attempts import UNDECIDED, Attempt
from payments.domain.autopay import Draw
from payments.domain.corrections import Correction
from payments.domain.files_in import UNREAD
from payments.domain.lockbox import LockboxFile
from payments.domain.passings import Passing
from payments.domain.processor_events import ProcessorEvent
from payments.domain.refunds import Refund, RefundPart
from payments.domain.remittances import Remittance
from payments.domain.return_files import ReturnFile, ReturnItem
from payments.domain.suspense import SuspenseItem

FileKind: TypeAlias = Literal["lockbox-file", "lockbox-file-refused", "return-file", "return-file-refused"]

LeftKind: TypeAlias = Literal["return-item", "processor-event", "suspense", "correction"]
Left = TypeVar("Left", ReturnItem, ProcessorEvent, SuspenseItem, Correction)

_DAYS: Final = frozenset({"held_since"})
"""What is a day of what waits for a person; the others are instants."""

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
    "passing",
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
            *await _for_people(
                uow,
                ReturnItem,
                kind="return-item",
                state="open",
                since="recorded_at",
                key="item",
                within=timedelta(days=in_force.return_item_overdue_days),
                tell=_tell_return_item,
            ),
            *await _for_people(
                uow,
                ProcessorEvent,
                kind="processor-event",
                state="open",
                since="heard_at",
                key="event",
                within=timedelta(days=in_force.processor_event_overdue_days),
                tell=_tell_event,
            ),
            *await _remittance_files(uow, within=timedelta(days=in_force.remittance_file_overdue_days)),
            *await _for_people(
                uow,
                SuspenseItem,
                kind="suspense",
                state="open",
                since="held_since",
                key="item",
                within=timedelta(days=in_force.suspense_overdue_days),
                tell=_tell_suspense,
            ),
            *await _for_people(
                uow,
                Correction,
                kind="correction",
                state="requested",
                since="asked_at",
                key="correction",
                within=timedelta(days=in_force.correction_overdue_days),
                tell=_tell_correction,
            ),
            *await _passings(uow, within=timedelta(days=in_force.correction_overdue_days)),
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


async def _for_people(
    uow: UnitOfWork,
    records: type[Left],
    *,
    kind: LeftKind,
    state: str,
    since: str,
    key: str,
    within: timedelta,
    tell: Callable[[Left], tuple[str, str | None, date, str]],
) -> list[Overdue]:
    """Return what waits for a person for too long ``since`` an instant or a day: ``tell`` says of each its name, whose
    it is, the day and what waits.
    """
    earliest = uow.today - within
    before: dict[str, Any] = {f"{since}__lt": earliest if since in _DAYS else local(earliest)}
    late = await uow.records(records).select(state=state, **before, order_by=(since, key), limit=MOST_LISTED)
    return [
        Overdue(kind=kind, id=name, household=household, deadline=day + within, says=says)
        for name, household, day, says in map(tell, late)
    ]


def _tell_return_item(item: ReturnItem) -> tuple[str, str | None, date, str]:
    says = f"what a return file says waits for a person: {item.reason}"
    return item.item, item.household, local_date(item.recorded_at), says


def _tell_event(event: ProcessorEvent) -> tuple[str, str | None, date, str]:
    says = f"what the processor said waits for a person: {event.reason}"
    return event.event, event.household, local_date(event.heard_at), says


def _tell_suspense(item: SuspenseItem) -> tuple[str, str | None, date, str]:
    return item.item, None, item.held_since, f"money is in suspense: {item.reason}"


def _tell_correction(correction: Correction) -> tuple[str, str | None, date, str]:
    says = "a correction waits for a second person to approve or decline it"
    return correction.correction, correction.households[0], local_date(correction.asked_at), says


async def _passings(uow: UnitOfWork, *, within: timedelta) -> list[Overdue]:
    late = await uow.records(Passing).select(
        state="due", said_on__lt=uow.today - within, order_by=("said_on", "passing"), limit=MOST_LISTED
    )
    why = await PASSINGS.reasons(uow, [each.passing for each in late])
    return [
        Overdue(
            kind="passing",
            id=each.passing,
            household=each.household,
            deadline=each.said_on + within,
            says=_says("credit of a household that was merged is not moved", why.get(each.passing)),
        )
        for each in late
    ]


def _says(what: str, failure: str | None) -> str:
    return what if failure is None else f"{what}: {failure}"
