"""Reads a lockbox file in CSV: its frame whole or not at all, then each row by itself.

The format is documented in this service's README. Reading is pure: bytes in, rows and problems out. A file is gone
through twice, a line after the other, and is in memory as its bytes alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.money import format_cents
from payments.domain.lockbox_frame import LockboxFrame
from payments.domain.lockbox_lines import BrokenFrame, Line, fields_of, lines_of, without_empty_end
from payments.domain.lockbox_row import (
    COLUMNS,
    NAMES_COLUMN,
    ReadRow,
    cents_of,
    day_of,
    not_borne_out,
    read_row,
)
from payments.domain.payments import EARLIEST_DATE

HEADERS = (COLUMNS, (*COLUMNS, NAMES_COLUMN))
"""The two headers a file may have."""


@dataclass(slots=True)
class _Sums:
    """What a file's rows are in sum: lines, readable amounts, those that stand where they belong, cents of both."""

    lines: int = 0
    amounts: int = 0
    placed: int = 0
    cents: int = 0
    placed_cents: int = 0

    def add(self, read: ReadRow) -> None:
        self.lines += 1
        if read.amount_cents is None:
            return
        self.amounts += 1
        self.cents += read.amount_cents
        if not read.misplaced:
            self.placed += 1
            self.placed_cents += read.amount_cents


def csv_frame(content: bytes, *, today: date) -> LockboxFrame:
    """Return the frame of a file; a deposit later than ``today`` cannot be.

    Raises `BrokenFrame` when the first, the header or the last line, the count or the amount is not right.
    """
    lines = lines_of(content)
    first, header, last = next(lines, None), next(lines, None), next(lines, None)
    if first is None or header is None or last is None:
        raise BrokenFrame("has fewer than the three lines that every file has")
    deposit_date, sequence = _first_line(first, today=today)
    width, sums = _width(header), _Sums()
    for line in lines:
        sums.add(read_row(last, width=width, latest=deposit_date))
        last = line
    count, total_cents = _last_line(last)
    _check_count(sums, count=count)
    return LockboxFrame(
        deposit_date=deposit_date,
        sequence=sequence,
        width=width,
        borne_out=_borne_out(sums, total_cents=total_cents),
    )


def csv_rows(content: bytes, frame: LockboxFrame) -> Iterator[ReadRow]:
    """Return the rows of a file whose frame is right, one after the other. An amount that does not stand where it
    belongs is read where the file's total bears it out.
    """
    lines = lines_of(content)
    _first, _header, before = next(lines), next(lines), next(lines)
    for line in lines:
        read = read_row(before, width=frame.width, latest=frame.deposit_date)
        yield read if frame.borne_out or not read.misplaced else not_borne_out(read)
        before = line


def _frame_fields(line: Line, *, width: int) -> tuple[str, ...]:
    fields = fields_of(line.text)
    return without_empty_end(fields.values, width=width) if fields.sound and line.legible else ()


def _first_line(line: Line, *, today: date) -> tuple[date, int]:
    fields = _frame_fields(line, width=3)
    if len(fields) != 3 or fields[0] != "lockbox":
        raise BrokenFrame("line 1 is not lockbox,<deposit date>,<sequence>")
    deposit_date, sequence = day_of(fields[1]), _number(fields[2])
    if deposit_date is None or deposit_date < EARLIEST_DATE:
        raise BrokenFrame("line 1: the deposit date is not a date such as 2016-01-04")
    if deposit_date > today:
        raise BrokenFrame("line 1: the deposit date is in the future")
    if sequence is None or sequence < 1:
        raise BrokenFrame("line 1: the sequence is not a number from 1")
    return deposit_date, sequence


def _width(line: Line) -> int:
    for header in HEADERS:
        if _frame_fields(line, width=len(header)) == header:
            return len(header)
    raise BrokenFrame("line 2 is not the header " + ",".join(COLUMNS) + f", with {NAMES_COLUMN} or without")


def _last_line(line: Line) -> tuple[int, int | None]:
    fields = _frame_fields(line, width=3)
    if len(fields) != 3 or fields[0] != "total":
        raise BrokenFrame("the last line is not total,<count>,<amount>")
    count = _number(fields[1])
    if count is None:
        raise BrokenFrame("the last line: the count is not a number")
    return count, cents_of(fields[2])


def _check_count(sums: _Sums, *, count: int) -> None:
    """Raise `BrokenFrame` where there are fewer lines than rows counted, or more amounts.

    A row that a line end inside it broke into several lines has its amount on one of them at most: the others are
    refused alone, as all rows without one are.
    """
    if not sums.amounts <= count <= sums.lines:
        raise BrokenFrame(f"the last line counts {count} rows and there are {sums.amounts or sums.lines}")


def _borne_out(sums: _Sums, *, total_cents: int | None) -> bool:
    """Return whether the file's total bears out the amounts that do not stand where they belong.

    A row whose amount cannot be read is refused alone, so the others may add up to less than the total. Raises
    `BrokenFrame` where they add up to more, or to anything else when every amount can be read.
    """
    if sums.cents == total_cents:
        return True
    is_whole = sums.placed == sums.lines
    if total_cents is None:
        if is_whole:
            raise BrokenFrame("the last line: the amount is not an amount such as 500.00")
    elif is_whole or sums.placed_cents > total_cents:
        raise BrokenFrame(
            f"the last line says {format_cents(total_cents)} and the rows add up to {format_cents(sums.placed_cents)}"
        )
    return False


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
