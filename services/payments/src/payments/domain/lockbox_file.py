"""Reads a lockbox file: the frame whole or not at all, then each row by itself.

The format is documented in this service's README. Reading is pure: bytes in, rows and problems out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.money import format_cents
from payments.domain.files_in import RowProblem
from payments.domain.lockbox_lines import BrokenFrame, Line, fields_of, lines_of, without_empty_end
from payments.domain.lockbox_row import (
    COLUMNS,
    NAMES_COLUMN,
    LockboxRow,
    ReadRow,
    cents_of,
    day_of,
    not_borne_out,
    read_row,
)
from payments.domain.payments import EARLIEST_DATE

HEADERS = (COLUMNS, (*COLUMNS, NAMES_COLUMN))
"""The two headers a file may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockboxContents:
    """What a whole file says: its deposit, the rows that are money, and what is wrong with any, by line.

    ``refused`` are problems of rows that are none; ``noted`` those of rows that are money all the same.
    """

    deposit_date: date
    sequence: int
    rows: tuple[LockboxRow, ...]
    refused: tuple[RowProblem, ...]
    noted: tuple[RowProblem, ...]


def read_lockbox_file(content: bytes, *, today: date) -> LockboxContents:
    """Return what a file says; a deposit later than ``today`` cannot be.

    Raises `BrokenFrame` when the first, the header or the last line, the count or the amount is not right.
    """
    lines = lines_of(content)
    if len(lines) < 3:
        raise BrokenFrame("has fewer than the three lines that every file has")
    deposit_date, sequence = _first_line(lines[0], today=today)
    width = _width(lines[1])
    count, total_cents = _last_line(lines[-1])
    body = lines[2:-1]
    read = [read_row(line, width=width, latest=deposit_date) for line in body]
    _check_count(read, count=count)
    read = _borne_out(read, total_cents=total_cents)
    return LockboxContents(
        deposit_date=deposit_date,
        sequence=sequence,
        rows=tuple(each.row for each in read if each.row is not None),
        refused=tuple(problem for each in read if each.row is None for problem in each.problems),
        noted=tuple(problem for each in read if each.row is not None for problem in each.problems),
    )


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


def _check_count(read: Sequence[ReadRow], *, count: int) -> None:
    """Raise `BrokenFrame` where there are fewer lines than rows counted, or more amounts.

    A row that a line end inside it broke into several lines has its amount on one of them at most: the others are
    refused alone, as all rows without one are.
    """
    amounts = sum(each.amount_cents is not None for each in read)
    if not amounts <= count <= len(read):
        raise BrokenFrame(f"the last line counts {count} rows and there are {amounts or len(read)}")


def _borne_out(read: Sequence[ReadRow], *, total_cents: int | None) -> list[ReadRow]:
    """Return the rows with those amounts that the file's total bears out.

    A row whose amount cannot be read is refused alone, so the others may add up to less than the total. Raises
    `BrokenFrame` where they add up to more, or to anything else when every amount can be read.
    """
    if _sum(read) == total_cents:
        return list(read)
    sure = [not_borne_out(each) if each.misplaced else each for each in read]
    if total_cents is None:
        if _is_whole(sure):
            raise BrokenFrame("the last line: the amount is not an amount such as 500.00")
    elif _is_whole(sure) or _sum(sure) > total_cents:
        raise BrokenFrame(
            f"the last line says {format_cents(total_cents)} and the rows add up to {format_cents(_sum(sure))}"
        )
    return sure


def _is_whole(read: Sequence[ReadRow]) -> bool:
    return all(each.amount_cents is not None for each in read)


def _sum(read: Sequence[ReadRow]) -> int:
    return sum(each.amount_cents for each in read if each.amount_cents is not None)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
