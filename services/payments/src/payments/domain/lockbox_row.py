"""Reads one row of a lockbox file: what can be read is money, with every fault of the rest (PAY-3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from unicodedata import category, normalize

from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.ids import checked_id
from payments.domain import lockbox_faults as faults
from payments.domain.card_numbers import is_card_number, looks_like_card_number
from payments.domain.files_in import RowProblem
from payments.domain.lockbox_faults import LONGEST_REFERENCE, Fault
from payments.domain.lockbox_lines import Line, fields_of, without_empty_end
from payments.domain.payments import EARLIEST_DATE, LARGEST_PAYMENT_CENTS

COLUMNS: Final = ("received", "postmarked", "account", "amount", "instrument", "reference")
NAMES_COLUMN: Final = "names"
"""The column that a file may have besides: what the payer named (INV-5)."""
INSTRUMENTS: Final = frozenset({"check", "money-order"})

_AMOUNT_PLACE: Final = COLUMNS.index("amount")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT = re.compile(r"(-?)0{0,20}([0-9]{1,10})\.([0-9]{2})")
_NAMED = re.compile(r"(selection|invoice):(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockboxRow:
    """One check or money order, with what can be read of it.

    ``account`` is None where the row names no account, or none that could be one. ``doubts`` say why it goes to
    suspense whatever its account is.
    """

    line: int
    received_on: date | None
    postmarked_on: date | None
    account: str | None
    amount_cents: int
    reference: str | None
    selection: str | None = None
    invoice: str | None = None
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRow:
    """What a line says. ``amount_cents`` is its part of the file's total, None where that cannot be read.

    ``row`` is None where it is no money.
    """

    line: int
    amount_cents: int | None
    row: LockboxRow | None
    faults: tuple[Fault, ...]

    @property
    def problems(self) -> tuple[RowProblem, ...]:
        """Its faults, as the file's report tells them."""
        return tuple(
            RowProblem(line=self.line, field=each.field, rule=each.rule, problem=each.says)
            for each in self.faults
        )

    @property
    def misplaced(self) -> bool:
        """Whether its amount does not stand where it belongs: the file's total has to bear it out."""
        return faults.MISPLACED in self.faults


def read_row(line: Line, *, width: int, latest: date) -> ReadRow:
    """Return what a line says in a file of so many columns, whose dates are not later than its deposit's."""
    reader = _Reader(latest=latest, faults=[] if line.legible else [faults.NOT_UTF_8])
    fields = fields_of(line.text)
    values = without_empty_end(fields.values, width=width)
    if fields.sound and len(values) in (len(COLUMNS), width):
        reader.read_whole(values)
    else:
        reader.faults.append(faults.FIELDS if fields.sound else faults.QUOTES)
        reader.read_in_part(values)
    return reader.result(line.number)


def not_borne_out(read: ReadRow) -> ReadRow:
    """Return a row with a misplaced amount as one whose amount cannot be read."""
    return replace(read, amount_cents=None, row=None, faults=(faults.NOT_BORNE_OUT,))


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Reads the parts of one row, noting every fault."""

    latest: date
    faults: list[Fault]
    amount_cents: int | None = None
    received_on: date | None = None
    postmarked_on: date | None = None
    account: str | None = None
    reference: str | None = None
    named: dict[str, str] = field(default_factory=lambda: dict[str, str]())

    def read_whole(self, values: Sequence[str]) -> None:
        """Read a row that has all its fields."""
        self._read_up_to_amount(values)
        instrument, reference, *names = values[_AMOUNT_PLACE + 1 :]
        if instrument not in INSTRUMENTS:
            self.faults.append(faults.INSTRUMENT)
        self.reference = self._reference(reference)
        self._read_names(names[0] if names else "")

    def read_in_part(self, values: Sequence[str]) -> None:
        """Read a row whose fields are not the header's: its one amount, and what stands before that."""
        amounts = [place for place, value in enumerate(values) if cents_of(value) is not None]
        if amounts == [_AMOUNT_PLACE]:
            self._read_up_to_amount(values)
        elif len(amounts) == 1:
            self.faults.append(faults.MISPLACED)
            self._read_amount(values[amounts[0]])
        else:
            self.faults.append(faults.NO_AMOUNT)

    def result(self, line: int) -> ReadRow:
        """Return what was read."""
        doubts = tuple(f"{each.field} {each.says}" for each in self.faults if each.outcome == "suspense")
        row = None
        if self.amount_cents is not None and self.amount_cents > 0:
            row = LockboxRow(
                line=line,
                received_on=self.received_on,
                postmarked_on=self.postmarked_on,
                account=self.account,
                amount_cents=self.amount_cents,
                reference=self.reference,
                selection=self.named.get("selection"),
                invoice=self.named.get("invoice"),
                doubts=doubts,
            )
        return ReadRow(line=line, amount_cents=self.amount_cents, row=row, faults=tuple(self.faults))

    def _read_up_to_amount(self, values: Sequence[str]) -> None:
        received, postmarked, account, amount = values[: _AMOUNT_PLACE + 1]
        self.received_on = self._day(received, faults.RECEIVED)
        self.postmarked_on = self._day(postmarked, faults.POSTMARKED) if postmarked else None
        self.account = self._account(account) if account else None
        self._read_amount(amount)

    def _read_amount(self, text: str) -> None:
        cents = self.amount_cents = cents_of(text)
        if cents is None:
            self.faults.append(faults.NO_AMOUNT)
        elif cents <= 0:
            self.faults.append(faults.NO_MONEY)
        elif cents > LARGEST_PAYMENT_CENTS:
            self.faults.append(faults.BEYOND_BELIEF)

    def _day(self, text: str, fault: Fault) -> date | None:
        day = day_of(text)
        if day is not None and EARLIEST_DATE <= day <= self.latest:
            return day
        self.faults.append(fault)
        return None

    def _account(self, text: str) -> str | None:
        # What cannot be an account's id may be anything a person wrote: it stays in the stored file alone.
        account = id_of(text)
        if account is None:
            self.faults.append(faults.ACCOUNT)
        return account

    def _reference(self, written: str) -> str | None:
        text = as_read(written)
        wrong = (
            (len(text) > LONGEST_REFERENCE, faults.ENDLESS),
            (not text.isprintable(), faults.UNPRINTABLE),
            (looks_like_card_number(text), faults.CARD_NUMBER),
        )
        found = [fault for is_so, fault in wrong if is_so]
        self.faults.extend(found[:1])
        return None if found else number_of(text)

    def _read_names(self, text: str) -> None:
        match = _NAMED.fullmatch(text)
        named = None if match is None else id_of(match[2])
        if match is not None and named is not None:
            self.named[match[1]] = named
        elif text:
            self.faults.append(faults.NAMES)


def number_of(text: str) -> str | None:
    """Return the number of a check without the sign before it and the zeros that a format or a bank fills it with, None
    for none: it is the same check in each.
    """
    return text.lstrip("#0") or None


def as_read(text: str) -> str:
    """Return a check's number as a person reads it: in plain digits and letters, without what nobody sees."""
    return "".join(each for each in normalize("NFKC", text) if category(each) != "Cf").strip()


def id_of(text: str) -> str | None:
    """Return the id that a text is, None where it can be none, or is a card's number."""
    try:
        named = checked_id(text, field="id")
    except InvalidValue:
        return None
    return None if is_card_number(named) else named


def day_of(text: str) -> date | None:
    """Return the date written ``2016-01-04``, None for anything else."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def cents_of(text: str) -> int | None:
    """Return the cents of an amount with two decimals and at most ten digits before them, else None."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        return None
    sign, whole, part = match.groups()
    cents = int(whole) * 100 + int(part)
    return -cents if sign else cents
