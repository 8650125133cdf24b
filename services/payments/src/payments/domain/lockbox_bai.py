"""Reads a lockbox file in the format of the Bank Administration Institute: its frame whole or not at all, then each
check by itself.

A file holds lockboxes (5 … 8), those batches of checks (6 … 7); 4 says more of the check before it. Amounts are cents
without a point. Every level ends with the number of its checks and their sum. As with CSV a file is gone through twice.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from payments.domain import lockbox_bai_faults as bai_faults
from payments.domain import lockbox_bai_layout as layout
from payments.domain import lockbox_faults as faults
from payments.domain.lockbox_faults import Fault
from payments.domain.lockbox_frame import LockboxFrame
from payments.domain.lockbox_lines import BrokenFrame, numbered_lines
from payments.domain.lockbox_row import LockboxRow, ReadRow, as_read, id_of, number_of
from payments.domain.nacha_layout import Field
from payments.domain.payments import EARLIEST_DATE, LARGEST_PAYMENT_CENTS

_AROUND: Final = b" \0\r\n\x1a"
_NO_DAY: Final = ("", "000000")
_MIDNIGHT: Final = 2400


@dataclass(frozen=True, slots=True)
class _Record:
    """One record, and the line it stands on."""

    line: int
    text: str

    @property
    def type(self) -> str:
        return self.text[0]

    def of(self, what: Field) -> str:
        return what.of(self.text)

    def number(self, what: Field) -> int:
        return int(self.of(what))

    def broken(self, what: Field, says: str) -> BrokenFrame:
        """Return that a field is wrong: where it stands, and what would do or was found."""
        return BrokenFrame(f"line {self.line}: the {what.name} (places {what.first} to {what.last}) {says}")


@dataclass(slots=True)
class _Sums:
    """The checks of a batch or of a lockbox: how many, what those add up to that can be read, and whether all can."""

    checks: int = 0
    cents: int = 0
    all_read: bool = True

    def add(self, cents: int | None) -> None:
        self.checks += 1
        self.cents += cents or 0
        self.all_read = self.all_read and cents is not None

    def require(self, total: _Record, count: Field, cents: Field) -> None:
        """Raise `BrokenFrame` where a record does not say these. It has the last digits of what has more."""
        if total.number(count) != self.checks % 10 ** _length(count):
            raise total.broken(count, f"is {total.number(count)}, and {self.checks} were found")
        said, found = total.number(cents), self.cents % 10 ** _length(cents)
        if said != found and (self.all_read or said < found):
            raise total.broken(cents, f"is {said}, and the checks add up to {self.cents}")


@dataclass(slots=True)
class _Walk:
    """How far the records of a file have been gone through."""

    today: date
    before: str = ""
    records: int = 0
    created_at: int = 0
    transmission: int = 0
    deposited_on: date | None = None
    lockbox: str = ""
    batch: _Sums = field(default_factory=_Sums)
    in_lockbox: _Sums = field(default_factory=_Sums)

    def take(self, record: _Record) -> None:
        """Go on by one record; raises `BrokenFrame` where it cannot be there, or says what is not so."""
        self._require_type(record)
        self.records += 1
        match record.type:
            case layout.FILE_HEADER:
                self.created_at = record.number(layout.CREATED_AT)
                if _day(record.of(layout.CREATED_ON)) is None:
                    raise record.broken(layout.CREATED_ON, layout.CREATED_ON.must)
            case layout.SERVICE:
                self._take_reference_code(record)
            case layout.LOCKBOX_HEADER:
                self._begin_lockbox(record)
            case layout.CHECK:
                cents = _cents(record)
                self.batch.add(cents)
                self.in_lockbox.add(cents)
            case layout.BATCH_TOTAL:
                self._require_same(record)
                self.batch.require(record, layout.BATCH_CHECKS, layout.BATCH_CENTS)
                self.batch = _Sums()
            case layout.LOCKBOX_TOTAL:
                self._require_same(record)
                self.in_lockbox.require(record, layout.LOCKBOX_CHECKS, layout.LOCKBOX_CENTS)
                self.in_lockbox, self.lockbox = _Sums(), ""
            case layout.FILE_TRAILER:
                said = record.number(layout.FILE_RECORDS)
                if said not in (self.records, self.records - 1):
                    raise record.broken(layout.FILE_RECORDS, f"is {said}, and {self.records} were found")
            case _:
                pass

    def _require_type(self, record: _Record) -> None:
        may = layout.FOLLOWS[self.before]
        if record.type not in may:
            says = f"must be {' or '.join(may)} here" if may else "must not follow the file's trailer"
            raise BrokenFrame(f"line {record.line}: the record type (place 1) {says}")
        for each in layout.FIELDS.get(record.type, ()):
            if not each.is_met(record.text):
                raise record.broken(each, each.must)
        self.before = record.type

    def _take_reference_code(self, service: _Record) -> None:
        """Take the code of a service, where it has one: it numbers the file, so all that have one have the same."""
        code = int(service.of(layout.TRANSMISSION).strip() or 0)
        if code and self.transmission not in (0, code):
            raise service.broken(layout.TRANSMISSION, "must be the same in all of a file")
        self.transmission = code or self.transmission

    def _begin_lockbox(self, record: _Record) -> None:
        deposited_on, lockbox = _day(record.of(layout.DEPOSITED_ON)), record.of(layout.LOCKBOX)
        if deposited_on is None or not EARLIEST_DATE <= deposited_on <= self.today:
            says = f"must be a date such as 160104, from {EARLIEST_DATE} to today"
            raise record.broken(layout.DEPOSITED_ON, says)
        if self.deposited_on not in (None, deposited_on):
            raise record.broken(layout.DEPOSITED_ON, "must be the same in all of a file")
        if self.lockbox not in ("", lockbox):
            raise record.broken(layout.LOCKBOX, "must not change before the lockbox's total")
        self.deposited_on, self.lockbox = deposited_on, lockbox

    def _require_same(self, total: _Record) -> None:
        if total.of(layout.LOCKBOX) != self.lockbox:
            raise total.broken(layout.LOCKBOX, "must be that of the record 5 before it")
        if _day(total.of(layout.DEPOSITED_ON)) != self.deposited_on:
            raise total.broken(layout.DEPOSITED_ON, "must be that of the record 5 before it")


def is_bai_lockbox(content: bytes) -> bool:
    """Whether a file begins as one of the Bank Administration Institute, with a record of type 1."""
    return re.match(rb"1[0-9 ]{2}", content.removeprefix(BOM_UTF8).lstrip(_AROUND)) is not None


def bai_frame(content: bytes, *, today: date) -> LockboxFrame:
    """Return the frame of a file; a deposit later than ``today`` cannot be. Its sequence is the reference code of its
    service records, where that is not 0, else its time of day.

    Raises `BrokenFrame` where the records' order, or a date, a count or a total of the frame is not right. Where a
    check's amount cannot be read, its batch's and lockbox's may be more than the others' sum.
    """
    walk = _Walk(today=today)
    for record in _records(content):
        walk.take(record)
    if walk.before != layout.FILE_TRAILER:
        raise BrokenFrame("ends without its trailer, a record of type 9")
    if walk.deposited_on is None:
        raise BrokenFrame("has no lockbox, a record of type 5")
    sequence = walk.transmission or walk.created_at or _MIDNIGHT
    if sequence >= 10**9:
        raise BrokenFrame("the reference code of record 2 is not a number below 1000000000")
    return LockboxFrame(deposit_date=walk.deposited_on, sequence=sequence)


def bai_rows(content: bytes, frame: LockboxFrame) -> Iterator[ReadRow]:
    """Return the checks of a file whose frame is right, one after the other, each with what is said more of it."""
    check: _Record | None = None
    more = list[_Record]()
    for record in _records(content):
        if record.type == layout.OVERFLOW:
            more.append(record)
            continue
        if check is not None:
            yield _read_check(check, more, latest=frame.deposit_date)
        check, more = record if record.type == layout.CHECK else None, []


def _records(content: bytes) -> Iterator[_Record]:
    """Return the records, whatever noise is around them: a byte-order mark, empty lines, line ends of any kind, blanks
    and NULs that are missing or too many at their ends, Ctrl-Z.
    """
    for number, line in numbered_lines(content.removeprefix(BOM_UTF8)):
        bare = line.rstrip(_AROUND)
        if bare:
            yield _Record(number, bare.decode("ascii", errors="replace").ljust(layout.RECORD_LENGTH))


def _read_check(check: _Record, more: list[_Record], *, latest: date) -> ReadRow:
    found = list[Fault]()
    if any(not _is_legible(each) for each in (check, *more)):
        found.append(bai_faults.NOT_ASCII)
    cents = _cents(check)
    if cents is None:
        found.append(bai_faults.NO_CENTS)
    elif cents == 0:
        found.append(faults.NO_MONEY)
    elif cents > LARGEST_PAYMENT_CENTS:
        found.append(faults.BEYOND_BELIEF)
    postmarked_on = _postmark(check, found, latest=latest)
    number = number_of(as_read(check.of(layout.CHECK_NUMBER)))
    if number is not None and not (number.isprintable() and number.isascii()):
        found.append(faults.UNPRINTABLE)
        number = None
    keyed = _keyed(check, more, found)
    row = None
    if cents:
        row = LockboxRow(
            line=check.line,
            received_on=latest,
            postmarked_on=postmarked_on,
            account=keyed.get("A"),
            amount_cents=cents,
            reference=number,
            selection=keyed.get("S"),
            invoice=keyed.get("I"),
            doubts=tuple(f"{each.field} {each.says}" for each in found if each.outcome == "suspense"),
        )
    return ReadRow(line=check.line, amount_cents=cents, row=row, faults=tuple(found))


def _postmark(check: _Record, found: list[Fault], *, latest: date) -> date | None:
    text = check.of(layout.POSTMARK).strip()
    if text in _NO_DAY:
        return None
    day = _day(text)
    if day is not None and EARLIEST_DATE <= day <= latest:
        return day
    found.append(bai_faults.POSTMARK_AS_SIX_DIGITS)
    return None


def _keyed(check: _Record, more: list[_Record], found: list[Fault]) -> dict[str, str]:
    """Return what was keyed of a check's coupon: an account (A), and an invoice (I) or a selection (S)."""
    keyed = dict[str, str]()
    for each in more:
        same = all(each.of(what) == check.of(what) for what in (layout.BATCH, layout.ITEM))
        kind, value = each.of(layout.KIND), each.of(layout.VALUE).strip()
        if not same or not layout.KIND.is_met(each.text) or not layout.LAST.is_met(each.text):
            found.append(bai_faults.OVERFLOW)
        elif kind != " " and value:
            _key(kind, value, keyed, found)
    if more and more[-1].of(layout.LAST) == "0":
        found.append(bai_faults.OVERFLOW_ENDS)
    if "I" in keyed and "S" in keyed:
        found.append(bai_faults.KEYED_NAMES)
        del keyed["I"], keyed["S"]
    return keyed


def _key(kind: str, value: str, keyed: dict[str, str], found: list[Fault]) -> None:
    named = id_of(value)
    if named is None:
        found.append(faults.ACCOUNT if kind == "A" else bai_faults.KEYED_NAMES)
    elif kind == "A" and keyed.get(kind, named) != named:
        found.append(bai_faults.TWO_ACCOUNTS)
    else:
        keyed[kind] = named


def _cents(check: _Record) -> int | None:
    return check.number(layout.AMOUNT) if layout.AMOUNT.is_met(check.text) else None


def _is_legible(record: _Record) -> bool:
    return record.text.isascii() and record.text.isprintable()


def _length(what: Field) -> int:
    return what.last - what.first + 1


def _day(text: str) -> date | None:
    """Return the date written ``160104``, None for anything else."""
    if not re.fullmatch(r"[0-9]{6}", text):
        return None
    try:
        return datetime.strptime(text, "%y%m%d").date()  # noqa: DTZ007 - a day alone
    except ValueError:
        return None
