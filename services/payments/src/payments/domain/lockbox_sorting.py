"""Which money of a lockbox file is a household's at once, and which waits in suspense, why (PAY-3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from bulkhead.kernel.ids import derived_id
from payments.domain.bank_file import as_called
from payments.domain.lockbox_row import LockboxRow
from payments.domain.payments import Tender
from payments.domain.suspense import SuspenseItem, SuspenseReason

Instrument: TypeAlias = tuple[str, str, int]
"""A check or money order as it is known again: account, number, cents."""

CheckOfMany: TypeAlias = tuple[str, int]
"""A third party's check for many households as it is known again: what it is called, cents."""

DOUBLE = "the same account, number and amount came in another file"
DOUBLE_OF_SUM = "a third party's sum of the same number and amount came in another file"
DOUBLE_OF_CHECK = "a check of the number and the amount of the whole sum was credited from a lockbox file"


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedRows:
    """The money of a file: tenders for households, and items of suspense."""

    tenders: tuple[Tender, ...]
    items: tuple[SuspenseItem, ...]


def sort_rows(
    rows: Iterable[LockboxRow],
    *,
    file: str,
    deposit_date: date,
    known: Collection[str],
    seen: Collection[Instrument],
    sums: Collection[CheckOfMany],
    all_doubled: tuple[str, ...],
    now: datetime,
) -> SortedRows:
    """Return where the money of each row goes; ``known`` are accounts, ``seen`` instruments of other files and ``sums``
    the checks that third parties' files say. ``all_doubled`` says why the whole file's money may have come before.
    """
    tenders: list[Tender] = []
    items: list[SuspenseItem] = []
    for row in rows:
        double = all_doubled or _double(row, seen=seen, sums=sums)
        reason = "possible-double" if double else _reason_to_wait(row, known=known)
        if reason is None and row.account is not None and row.received_on is not None:
            tenders.append(_tender(row, file=file, household=row.account, received_on=row.received_on))
        else:
            reason = reason or "unreadable"
            problems = (*row.doubts, *double)
            items.append(_item(row, reason, problems, file=file, deposit_date=deposit_date, now=now))
    return SortedRows(tenders=tuple(tenders), items=tuple(items))


def _double(
    row: LockboxRow, *, seen: Collection[Instrument], sums: Collection[CheckOfMany]
) -> tuple[str, ...]:
    """Return what says that a row's money may have come before, nothing where nothing does. That is for a person to
    decide whatever else is wrong with the row (PAY-3).
    """
    if instrument_of(row) in seen:
        return (DOUBLE,)
    return (DOUBLE_OF_SUM,) if (as_called(row.reference), row.amount_cents) in sums else ()


def _reason_to_wait(row: LockboxRow, *, known: Collection[str]) -> SuspenseReason | None:
    """Return why a row's money waits in suspense that did not come before, None for money that is its account's at once
    (PAY-3).
    """
    if row.doubts:
        return "unreadable"
    return None if row.account in known else "unknown-account"


def instrument_of(row: LockboxRow) -> Instrument | None:
    """Return what a row's check or money order is known by, None where it lacks an account or a number."""
    if row.account is None or row.reference is None:
        return None
    return row.account, row.reference, row.amount_cents


def _tender(row: LockboxRow, *, file: str, household: str, received_on: date) -> Tender:
    return Tender(
        payment=payment_of(file, row),
        household=household,
        amount_cents=row.amount_cents,
        method="check",
        source="lockbox",
        received_on=received_on,
        postmarked_on=row.postmarked_on,
        at_selection=False,
        selection=row.selection,
        invoice=row.invoice,
        reference=row.reference,
        origin=_origin(file, row),
    )


def _item(
    row: LockboxRow,
    reason: SuspenseReason,
    problems: tuple[str, ...],
    *,
    file: str,
    deposit_date: date,
    now: datetime,
) -> SuspenseItem:
    return SuspenseItem(
        item=payment_of(file, row),
        account=row.account,
        amount_cents=row.amount_cents,
        method="check",
        received_on=row.received_on,
        postmarked_on=row.postmarked_on,
        held_since=row.received_on or deposit_date,
        selection=row.selection,
        invoice=row.invoice,
        recorded_at=now,
        reference=row.reference,
        origin=_origin(file, row),
        reason=reason,
        problems=problems,
        state="open",
        payment=None,
        household=None,
        decided_at=None,
        decided_by=None,
    )


def payment_of(file: str, row: LockboxRow) -> str:
    """Return the id of what a row becomes: its account's payment, or an item of suspense."""
    return derived_id("lockbox", file, str(row.line))


def file_of(origin: str) -> str:
    """Return the file that what was recorded from somewhere came in."""
    return origin.split(":")[1]


def is_of_file(origin: str, file: str) -> bool:
    """Whether what was recorded from somewhere came in a file."""
    return origin.startswith(f"lockbox:{file}:")


def _origin(file: str, row: LockboxRow) -> str:
    return f"lockbox:{file}:{row.line}"
