"""Reads a lockbox file: the frame whole or not at all, then each row by itself.

The format is documented in this service's README. Reading is pure: bytes in, rows and problems out.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bulkhead.kernel.errors import BulkheadError, InvalidValue
from bulkhead.kernel.ids import checked_id
from bulkhead.kernel.money import format_cents, parse_cents
from payments.domain.card_numbers import looks_like_card_number
from payments.domain.lockbox import RefusedRow
from payments.domain.payments import LARGEST_PAYMENT_CENTS

HEADER: Final = ("received", "postmarked", "account", "amount", "instrument", "reference")
INSTRUMENTS: Final = frozenset({"check", "money-order"})
LONGEST_REFERENCE: Final = 64


class BrokenFrame(BulkheadError):
    """A file is not a whole lockbox file: nothing of it is taken. ``problem`` says what is wrong, without
    values.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class LockboxRow:
    """One check or money order. ``account`` is None where the row names no account, or none that could be
    one.
    """

    line: int
    received_on: date
    postmarked_on: date | None
    account: str | None
    amount_cents: int
    reference: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockboxContents:
    """What a whole file says: its deposit, its good rows, and the problems of the others by line."""

    deposit_date: date
    sequence: int
    rows: tuple[LockboxRow, ...]
    refused: tuple[RefusedRow, ...]


def read_lockbox_file(content: bytes, *, today: date) -> LockboxContents:
    """Return what a file says; dates later than ``today`` cannot be.

    Raises `BrokenFrame` when the first, the header or the last line, the count or the amount is not right.
    The amount is compared when every row's amount can be read.
    """
    lines = _lines(content)
    if len(lines) < 3:
        raise BrokenFrame("has fewer than the three lines that every file has")
    deposit_date, sequence = _first_line(lines[0], today=today)
    if _fields(lines[1]) != list(HEADER):
        raise BrokenFrame("line 2 is not the header " + ",".join(HEADER))
    count, total_cents = _last_line(lines[-1])
    body = lines[2:-1]
    if count != len(body):
        raise BrokenFrame(f"the last line counts {count} rows and there are {len(body)}")
    rows: list[LockboxRow] = []
    refused: list[RefusedRow] = []
    amounts: list[int | None] = []
    for number, text in enumerate(body, start=3):
        reader = _RowReader(line=number, today=today)
        row = reader.read(text)
        amounts.append(reader.amount_cents)
        refused.extend(reader.problems)
        if row is not None:
            rows.append(row)
    _compare(amounts, total_cents=total_cents)
    return LockboxContents(
        deposit_date=deposit_date, sequence=sequence, rows=tuple(rows), refused=tuple(refused)
    )


def _lines(content: bytes) -> list[str]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BrokenFrame("is not UTF-8") from None
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _fields(line: str) -> list[str] | None:
    """Return the fields of one line, or None where its quotes do not match up."""
    try:
        rows = list(csv.reader([line], strict=True))
    except csv.Error:
        return None
    return [field.strip() for field in rows[0]] if rows else []


def _first_line(line: str, *, today: date) -> tuple[date, int]:
    fields = _fields(line)
    if fields is None or len(fields) != 3 or fields[0] != "lockbox":
        raise BrokenFrame("line 1 is not lockbox,<deposit date>,<sequence>")
    deposit_date, sequence = _date(fields[1]), _number(fields[2])
    if deposit_date is None:
        raise BrokenFrame("line 1: the deposit date is not a date such as 2016-01-04")
    if deposit_date > today:
        raise BrokenFrame("line 1: the deposit date is in the future")
    if sequence is None or sequence < 1:
        raise BrokenFrame("line 1: the sequence is not a number from 1")
    return deposit_date, sequence


def _last_line(line: str) -> tuple[int, int]:
    fields = _fields(line)
    if fields is None or len(fields) != 3 or fields[0] != "total":
        raise BrokenFrame("the last line is not total,<count>,<amount>")
    count, total_cents = _number(fields[1]), _cents(fields[2])
    if count is None:
        raise BrokenFrame("the last line: the count is not a number")
    if total_cents is None:
        raise BrokenFrame("the last line: the amount is not an amount such as 500.00")
    return count, total_cents


def _compare(amounts: Sequence[int | None], *, total_cents: int) -> None:
    # A row whose amount cannot be read is refused alone, and then there is no sum to compare.
    readable = [amount for amount in amounts if amount is not None]
    if len(readable) == len(amounts) and sum(readable) != total_cents:
        raise BrokenFrame(
            f"the last line says {format_cents(total_cents)}"
            f" and the rows add up to {format_cents(sum(readable))}"
        )


class _RowReader:
    """Reads one row, noting every problem of it."""

    def __init__(self, *, line: int, today: date) -> None:
        self._line = line
        self._today = today
        self.problems: list[RefusedRow] = []
        self.amount_cents: int | None = None

    def read(self, text: str) -> LockboxRow | None:
        """Return the row, or None when it has a problem."""
        fields = _fields(text)
        if fields is None or len(fields) != len(HEADER):
            self._problem("row", "PAY-1", f"must have the {len(HEADER)} fields of the header")
            return None
        received, postmarked, account, amount, instrument, reference = fields
        self.amount_cents = _cents(amount)
        received_on = self._past(received, field="received", needed=True)
        postmarked_on = self._past(postmarked, field="postmarked", needed=False)
        if self.amount_cents is None:
            self._problem("amount", "PAY-1", "must be an amount with two decimals, such as 500.00")
        elif not 0 < self.amount_cents <= LARGEST_PAYMENT_CENTS:
            self._problem("amount", "PAY-1", f"must be 0.01 to {format_cents(LARGEST_PAYMENT_CENTS)}")
        if instrument not in INSTRUMENTS:
            self._problem("instrument", "PAY-1", "must be check or money-order")
        if len(reference) > LONGEST_REFERENCE:
            self._problem("reference", "PAY-1", f"must be at most {LONGEST_REFERENCE} characters")
        if looks_like_card_number(reference):
            self._problem("reference", "PAY-1", "looks like a card number, and none may be kept")
        if self.problems or received_on is None or self.amount_cents is None:
            return None
        return LockboxRow(
            line=self._line,
            received_on=received_on,
            postmarked_on=postmarked_on,
            account=_account(account),
            amount_cents=self.amount_cents,
            reference=reference or None,
        )

    def _past(self, text: str, *, field: str, needed: bool) -> date | None:
        if not text and not needed:
            return None
        day = _date(text)
        if day is None:
            self._problem(field, "PAY-3", "must be a date such as 2016-01-04")
        elif day > self._today:
            self._problem(field, "PAY-3", "must not be later than the day the file is loaded")
        return day

    def _problem(self, field: str, rule: str, problem: str) -> None:
        self.problems.append(RefusedRow(line=self._line, field=field, rule=rule, problem=problem))


def _account(text: str) -> str | None:
    # What cannot be an account's id may be anything a person wrote: it stays in the stored file alone.
    try:
        return checked_id(text, field="account")
    except InvalidValue:
        return None


def _date(text: str) -> date | None:
    if len(text) != 10:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _cents(text: str) -> int | None:
    try:
        return parse_cents(text)
    except InvalidValue:
        return None
