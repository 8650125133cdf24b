"""What a bank's statement file says, in whichever format: statements of days, each with its entries (PAY-13).

Reading is pure: bytes in, statements out, or `NotWhole`. What tells of payers, such as names and free text, is read by
nobody: it is in the stored file alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.money import format_cents
from payments.domain.files_in import MOST_PROBLEMS, RowProblem
from payments.domain.payments import EARLIEST_DATE

BankFormat: TypeAlias = Literal["bai2", "camt.053"]
Direction: TypeAlias = Literal["credit", "debit"]
"""``credit``: money came to the account. ``debit``: money left it."""

CURRENCY: Final = "USD"

LARGEST_CENTS: Final = 10**15
"""An amount of so many cents or more is a fault of whoever wrote it."""

MOST_BYTES: Final = 64 * 1024 * 1024
"""A larger file is no statement of one account's days."""

MOST_AHEAD: Final = timedelta(days=1)
"""How far ahead of the exchange's date that of a statement may be: its maker's clock may be that of another zone."""

LONGEST_REFERENCE: Final = 80

SHOWN_OF_ACCOUNT: Final = 4
"""So many characters of an account's number are kept, its last: the whole is in the stored file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementEntry:
    """One booked entry of a statement. ``line`` is where it begins, counted from 1.

    ``code`` is what kind of entry the bank says it is. ``reference`` is what whoever ordered it called it,
    ``bank_reference`` what the bank does; None where the bank says none.
    """

    line: int
    booked_on: date
    direction: Direction
    amount_cents: int
    code: str | None
    reference: str | None
    bank_reference: str | None

    @property
    def signed_cents(self) -> int:
        """By how much it changes the balance: above zero where money came."""
        return self.amount_cents if self.direction == "credit" else -self.amount_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementContents:
    """What a file says of one account and day. The closing balance is the opening one and the sum of its entries.

    ``number`` is what the bank calls the statement, where it does.
    """

    line: int
    account: str
    day: date
    number: str | None
    opening_cents: int
    closing_cents: int
    entries: tuple[StatementEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BankFileContents:
    """What a whole file says of accounts that may be the trust account. ``passed_over`` says what else is in it."""

    format: BankFormat
    statements: tuple[StatementContents, ...]
    passed_over: tuple[RowProblem, ...] = ()


def problem(line: int, field: str, says: str) -> RowProblem:
    """Return a problem of a statement file: in which line, of what, and what would do."""
    return RowProblem(line=line, field=field, rule="PAY-13", problem=says)


def not_the_trusts(line: int, *, account: str, currency: str, trust: str | None) -> RowProblem | None:
    """Return why a section of a file is not of the trust account, None where it may be: it is of another account than
    ``trust``, where that is known, or in another currency. Nothing of such a section is judged.
    """
    if trust is not None and plain(account) != plain(trust):
        end = plain(account)[-SHOWN_OF_ACCOUNT:] or "nothing"
        return problem(line, "account", f"ends in {end}, and is not the trust account: it is passed over")
    if currency not in ("", CURRENCY):
        return problem(line, "currency", f"is not {CURRENCY}: that part is passed over")
    return None


def bounded(passed_over: Sequence[RowProblem]) -> tuple[RowProblem, ...]:
    """Return what is told of what was passed over: the first of it, and of how much more there is the number."""
    if len(passed_over) <= MOST_PROBLEMS:
        return tuple(passed_over)
    first, more = passed_over[: MOST_PROBLEMS - 1], passed_over[MOST_PROBLEMS - 1 :]
    return (
        *first,
        problem(more[0].line, "file", f"has from here on {len(more)} more parts that are passed over"),
    )


def out_of_time(day: date | None, *, today: date) -> bool:
    """Whether a statement cannot be of a day: none, before there were payments, or after tomorrow."""
    return day is None or not EARLIEST_DATE <= day <= today + MOST_AHEAD


def is_not_the_sum(
    *, opening_cents: int, closing_cents: int, entries: Sequence[StatementEntry]
) -> str | None:
    """Return what is wrong where a closing balance is not the opening one and the sum of the entries, else None."""
    made = opening_cents + sum(each.signed_cents for each in entries)
    if made == closing_cents:
        return None
    return (
        f"must be {format_cents(made)}, the opening balance of {format_cents(opening_cents)} and the sum of"
        f" {len(entries)} entries, and is {format_cents(closing_cents)}"
    )


def plain(text: str | None) -> str:
    """Return an account's number or a name as these are compared: letters and digits alone, in capitals."""
    return "".join(each for each in (text or "").upper() if each.isalnum())


def as_called(text: str | None) -> str:
    """Return a reference or a check's number as two of them are compared: letters and digits alone, in capitals,
    without the zeros that a format or a bank fills it with. Where nothing is left, it names nothing.
    """
    return plain(text).lstrip("0")


def as_reference(text: str) -> str | None:
    """Return a reference as it is kept: without blanks around it, None for none."""
    return text.strip()[:LONGEST_REFERENCE] or None
