"""What should have come to an end by now and has not (I9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, TypeAlias, TypeVar, get_args

from bulkhead.kernel.calendar import add_business_days, local, local_date
from bulkhead.overdue import MOST_LISTED, FindOverdue, Overdue
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.retries.retries import RetryKind
from payments.application.ports import Parameters
from payments.application.reconcile_day import so_many_banking_days_before
from payments.application.waiting import (
    ACCOUNT_DRAWS,
    ATTEMPTS,
    BANK_FILES,
    DEBIT_FILES,
    DEBITS,
    DEBITS_TO_CALL_OFF,
    DRAWS,
    LOCKBOX_FILES,
    PASSINGS,
    REFUNDS,
    REMITTANCE_FILES,
    REMITTANCE_PARTS,
    RETURN_FILES,
)
from payments.domain.ach_debits import AchDebit, AchFile, DebitState
from payments.domain.attempts import UNDECIDED, Attempt
from payments.domain.autopay import Draw
from payments.domain.bank_decisions import BankDecision
from payments.domain.bank_statements import BankEntry, BankFile, BankStatement
from payments.domain.corrections import Correction
from payments.domain.files_in import UNREAD
from payments.domain.lockbox import LockboxFile
from payments.domain.parameters import PaymentsParameters
from payments.domain.passings import Passing
from payments.domain.processor_events import ProcessorEvent
from payments.domain.refunds import Refund, RefundPart
from payments.domain.remittances import Remittance, RemittanceToTell
from payments.domain.return_files import ReturnFile, ReturnItem
from payments.domain.suspense import SuspenseItem
from payments.domain.trust_movements import TrustMovement

R = TypeVar("R")

_DRAWN_BY: Final = {"processor": DRAWS, "debit": ACCOUNT_DRAWS}
_DEBIT_SAYS: Final[Mapping[DebitState, str]] = {
    "to-send": "a debit is in no file to our bank",
    "held": "nobody has said whether a debit was sent before our database was restored",
}
_DAYS: Final = frozenset({"drawn_on", "held_since", "issued_on", "next_on", "said_on"})
"""Since when something is so that is known by the day; what else there is, by the instant."""

Kind: TypeAlias = Literal[
    "attempt",
    "draw",
    "debit",
    "debit-file",
    "refund",
    "lockbox-file",
    "lockbox-file-refused",
    "return-file",
    "return-file-refused",
    "return-item",
    "bank-file",
    "bank-file-refused",
    "bank-statement",
    "bank-entry",
    "trust-movement",
    "bank-decision",
    "processor-event",
    "remittance-file",
    "remittance-parts",
    "suspense",
    "correction",
    "passing",
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


def overdue_by(parameters: Parameters) -> FindOverdue:
    """Return what finds the attempts, refunds, files, suspense and so on that are overdue by these parameters."""

    async def find(uow: UnitOfWork) -> list[Overdue]:
        in_force = parameters.as_of(uow.today)
        return [
            *await _late(
                uow,
                Attempt,
                kind="attempt",
                days=in_force.attempt_overdue_days,
                since="started_at",
                key="payment",
                says="whether the processor took the money is not known",
                retries=ATTEMPTS,
                state=UNDECIDED,
            ),
            *[
                late
                for way, retries in _DRAWN_BY.items()
                for late in await _late(
                    uow,
                    Draw,
                    kind="draw",
                    days=in_force.draw_overdue_days,
                    since="next_on",
                    key="draw",
                    says="autopay has not paid an invoice on its day, nor been declined",
                    retries=retries,
                    state=("planned", "drawing"),
                    way=way,
                )
            ],
            *await _late(
                uow,
                AchDebit,
                kind="debit",
                days=in_force.debit_overdue_days,
                since="drawn_on",
                key="payment",
                says=lambda each: _DEBIT_SAYS[each.state],
                retries=DEBITS,
                state=("to-send", "held"),
            ),
            *await _late(
                uow,
                AchDebit,
                kind="debit",
                days=in_force.debit_overdue_days,
                since="drawn_on",
                key="payment",
                says="a debit of an account that its bank has closed is not called off",
                retries=DEBITS_TO_CALL_OFF,
                state="to-call-off",
            ),
            *await _late(
                uow,
                AchFile,
                kind="debit-file",
                days=in_force.debit_overdue_days,
                since="made_at",
                key="file",
                says="a file of debits does not lie in its folder",
                of=_nobody,
                retries=DEBIT_FILES,
                state="to-write",
            ),
            *await _refunds(uow, within=timedelta(days=in_force.refund_overdue_days)),
            *await _late(
                uow,
                LockboxFile,
                kind="lockbox-file",
                days=in_force.lockbox_file_overdue_days,
                since="stored_at",
                key="file",
                says="a stored lockbox file is not read, and the books stay open",
                of=_nobody,
                retries=LOCKBOX_FILES,
                state=UNREAD,
            ),
            *await _late(
                uow,
                LockboxFile,
                kind="lockbox-file-refused",
                days=in_force.lockbox_file_overdue_days,
                since="stored_at",
                key="file",
                says=(
                    "nobody has said what became of a lockbox file that was refused, or of refused rows of it"
                ),
                of=_nobody,
                waits=True,
            ),
            *await _late(
                uow,
                ReturnFile,
                kind="return-file",
                days=in_force.return_file_overdue_days,
                since="stored_at",
                key="file",
                says="a stored return file is not read",
                of=_nobody,
                retries=RETURN_FILES,
                state=UNREAD,
            ),
            *await _late(
                uow,
                ReturnFile,
                kind="return-file-refused",
                days=in_force.return_file_overdue_days,
                since="stored_at",
                key="file",
                says="nobody has said what became of a return file that was refused",
                of=_nobody,
                waits=True,
            ),
            *await _late(
                uow,
                ReturnItem,
                kind="return-item",
                days=in_force.return_item_overdue_days,
                since="recorded_at",
                key="item",
                says=lambda each: f"what a return file says waits for a person: {each.reason}",
                state="open",
            ),
            *await _late(
                uow,
                BankFile,
                kind="bank-file",
                days=in_force.bank_file_overdue_days,
                since="stored_at",
                key="file",
                says="a stored statement file of the bank is not read",
                of=_nobody,
                retries=BANK_FILES,
                state=UNREAD,
            ),
            *await _late(
                uow,
                BankFile,
                kind="bank-file-refused",
                days=in_force.bank_file_overdue_days,
                since="stored_at",
                key="file",
                says="a statement file of the bank was refused or lacks pages, and nobody has said what became of it",
                of=_nobody,
                waits=True,
            ),
            *await _bank(uow, in_force),
            *await _late(
                uow,
                BankDecision,
                kind="bank-decision",
                days=in_force.correction_overdue_days,
                since="asked_at",
                key="correction",
                says="a decision about the trust account waits for a second person to approve or decline it",
                of=_nobody,
                state="requested",
            ),
            *await _late(
                uow,
                ProcessorEvent,
                kind="processor-event",
                days=in_force.processor_event_overdue_days,
                since="heard_at",
                key="event",
                says=lambda each: f"what the processor said waits for a person: {each.reason}",
                state="open",
            ),
            *await _late(
                uow,
                Remittance,
                kind="remittance-file",
                days=in_force.remittance_file_overdue_days,
                since="issued_on",
                key="remittance",
                says="the file of an issued remittance is not written",
                of=_nobody,
                retries=REMITTANCE_FILES,
                file_state="to-write",
            ),
            *await _late(
                uow,
                RemittanceToTell,
                kind="remittance-parts",
                days=in_force.remittance_file_overdue_days,
                since="issued_on",
                key="remittance",
                says=lambda each: f"part {each.part} of {each.parts} of an issued remittance is not told",
                of=_nobody,
                retries=REMITTANCE_PARTS,
            ),
            *await _late(
                uow,
                SuspenseItem,
                kind="suspense",
                days=in_force.suspense_overdue_days,
                since="held_since",
                key="item",
                says=lambda each: f"money is in suspense: {each.reason}",
                of=_nobody,
                state="open",
            ),
            *await _late(
                uow,
                Correction,
                kind="correction",
                days=in_force.correction_overdue_days,
                since="asked_at",
                key="correction",
                says="a correction waits for a second person to approve or decline it",
                of=lambda each: each.households[0],
                state="requested",
            ),
            *await _late(
                uow,
                Passing,
                kind="passing",
                days=in_force.correction_overdue_days,
                since="said_on",
                key="passing",
                says="credit of a household that was merged is not moved",
                retries=PASSINGS,
                state="due",
            ),
        ]

    return find


async def _late(
    uow: UnitOfWork,
    records: type[R],
    *,
    kind: Kind,
    days: int,
    since: str,
    key: str,
    says: str | Callable[[R], str],
    of: Callable[[R], str | None] = lambda each: getattr(each, "household"),  # noqa: B009 - of any kind
    retries: RetryKind | None = None,
    **which: Any,
) -> list[Overdue]:
    """Return the records of which this is so for more than so many days ``since`` an instant or a day, the oldest
    first: what is to be said of each, with why its last try failed, where it did, and whose it is.
    """
    within = timedelta(days=days)
    earliest = uow.today - within
    before = {f"{since}__lt": earliest if since in _DAYS else local(earliest)}
    late = await uow.records(records).select(**which, **before, order_by=(since, key), limit=MOST_LISTED)
    why = {} if retries is None else await retries.reasons(uow, [getattr(each, key) for each in late])
    return [
        Overdue(
            kind=kind,
            id=getattr(each, key),
            household=of(each),
            deadline=_day_of(getattr(each, since)) + within,
            says=_says(says if isinstance(says, str) else says(each), why.get(getattr(each, key))),
        )
        for each in late
    ]


def _nobody(_record: object) -> None:
    """Return that it is no household's, as a file's."""


def _day_of(at: date) -> date:
    return local_date(at) if isinstance(at, datetime) else at


async def _bank(uow: UnitOfWork, in_force: PaymentsParameters) -> list[Overdue]:
    """Return what is late of the trust account: the statement of the banking day after the last one, entries that
    nobody knows in the books, and movements that statements of so many banking days later have not. Where there never
    was a statement, nothing is.
    """
    last = await uow.records(BankStatement).select(order_by=("-day",), limit=1)
    if not last:
        return []
    holidays, days = in_force.extra_holidays, in_force.bank_item_overdue_business_days

    def after(day: date, count: int) -> date:
        return add_business_days(day, count, extra_holidays=holidays)

    found: list[Overdue] = []
    missing, due = after(last[0].day, 1), after(last[0].day, 2 + in_force.bank_file_overdue_days)
    if due <= uow.today:
        says = f"there is no statement of the bank of {missing}, a banking day"
        found.append(
            Overdue(kind="bank-statement", id=missing.isoformat(), household=None, deadline=due, says=says)
        )
    before = so_many_banking_days_before(uow.today, days, holidays=holidays)
    entries = await uow.records(BankEntry).select(
        state="open", booked_on__le=before, order_by=("booked_on", "entry"), limit=MOST_LISTED
    )
    seen = so_many_banking_days_before(min(last[0].day, uow.today), days, holidays=holidays)
    movements = await uow.records(TrustMovement).select(
        state="open", on__le=seen, order_by=("on", "movement"), limit=MOST_LISTED
    )
    found += [
        Overdue(
            kind="bank-entry",
            id=each.entry,
            household=None,
            deadline=after(each.booked_on, days),
            says="the bank's statement has an entry, and the books have nothing that it is",
        )
        for each in entries
    ]
    found += [
        Overdue(
            kind="trust-movement",
            id=each.movement,
            household=None,
            deadline=after(each.on, days),
            says=f"the books moved money, and no statement of the bank has it: {each.kind}",
        )
        for each in movements
    ]
    return found


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


def _says(what: str, failure: str | None) -> str:
    return what if failure is None else f"{what}: {failure}"
