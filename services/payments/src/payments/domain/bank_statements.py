"""The bank's statements as they are kept: of files, days of the trust account, and their entries (PAY-13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.ids import derived_id
from payments.domain.bank_file import (
    SHOWN_OF_ACCOUNT,
    BankFileContents,
    BankFormat,
    Direction,
    StatementContents,
    plain,
    problem,
)
from payments.domain.files_in import Became, FileState, RowProblem

TRUST_LOCK: Final = "trust:account"
"""What is locked while anything of the trust account is matched or decided: no household's id has a colon."""

ItemState: TypeAlias = Literal["open", "matched", "noted"]
"""``open``: it is not known what it is on the other side. ``matched``: it is there, to the cent. ``noted``: it is on
one side alone, and a person said why.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankFile:
    """One file as it was found. ``file`` is the hash of its bytes.

    A ``loaded`` one has so many ``statements``; ``problems`` say what of it was passed over. A ``refused`` one is not
    whole, says what another said, or was loaded and taken back, as ``refusal`` says; ``problems`` say what of it is not
    as it must be. Then it ``waits`` until somebody says what ``became`` of it.

    A ``page`` of a ``message`` in several files is loaded and has no statements until all pages are there: then the one
    that came last has them. Until then each waits, and ``problems`` say which pages are missing.
    """

    file: str
    name: str
    stored_at: datetime
    state: FileState
    format: BankFormat | None
    statements: int
    problems: tuple[RowProblem, ...]
    refusal: str | None
    waits: bool
    became: Became | None
    decided_at: datetime | None
    decided_by: str | None
    message: str | None = None
    page: int | None = None
    last_page: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BankFileContent:
    """The bytes of a file, apart from what is known about it so that lists stay light."""

    file: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BankStatement:
    """What the bank says of the trust account on a day: one statement a day.

    ``account`` is the end of its number. ``closing_cents`` is ``opening_cents`` and ``credit_cents`` less
    ``debit_cents``, the sums of its ``entries``.
    """

    statement: str
    file: str
    account: str
    day: date
    number: str | None
    opening_cents: int
    credit_cents: int
    debit_cents: int
    closing_cents: int
    entries: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BankEntry:
    """One entry of a statement, and whether it is known what it is in the books.

    ``day`` is its statement's. ``settled_by`` is the match or the note, ``settled_on`` the day from which both sides of
    a match are there. What a person took apart is matched ``by_hand`` alone. ``apart_from`` is a movement that it is
    called like and is not: what is called the same is matched with it, and nothing for its amount alone.
    """

    entry: str
    statement: str
    file: str
    line: int
    day: date
    booked_on: date
    direction: Direction
    amount_cents: int
    code: str | None
    reference: str | None
    bank_reference: str | None
    recorded_at: datetime
    state: ItemState = "open"
    settled_by: str | None = None
    settled_on: date | None = None
    by_hand: bool = False
    apart_from: str | None = None

    @property
    def signed_cents(self) -> int:
        """By how much it changes the balance: above zero where money came."""
        return self.amount_cents if self.direction == "credit" else -self.amount_cents


def statement_id(day: date) -> str:
    """Return the id of the statement of a day: there is one."""
    return derived_id("bank-statement", day.isoformat())


def of_the_trust(
    read: BankFileContents, *, account: str | None
) -> tuple[StatementContents, ...] | RowProblem:
    """Return those statements of a file that are of the trust account, by their days; or why it is not clear which are.

    ``account`` is its number, None where nobody says: then a file is of one account in dollars.
    """
    found = read.statements
    if account is not None:
        found = tuple(each for each in found if plain(each.account) == plain(account))
        if not found:
            currency = [each for each in read.passed_over if each.field == "currency"]
            says = "must be that of the trust account (PAYMENTS_TRUST_ACCOUNT)"
            return currency[0] if currency else problem(1, "account", says)
    elif len({plain(each.account) for each in found}) > 1:
        says = "must be one, or the trust account's is to be set (PAYMENTS_TRUST_ACCOUNT)"
        return problem(found[0].line, "account", says)
    if not found:
        says = "must be there: the file has none"
        return read.passed_over[0] if read.passed_over else problem(1, "statement", says)
    days = [each.day for each in found]
    for each in found:
        if days.count(each.day) > 1:
            return problem(each.line, "day", f"must be one statement's: there are several of {each.day}")
    return tuple(sorted(found, key=lambda each: each.day))


def kept(said: StatementContents, *, file: str, now: datetime) -> tuple[BankStatement, list[BankEntry]]:
    """Return a statement and its entries as they are kept, the entries open."""
    statement = statement_id(said.day)
    entries = [
        BankEntry(
            entry=derived_id("bank-entry", statement, file, str(number)),
            statement=statement,
            file=file,
            line=each.line,
            day=said.day,
            booked_on=each.booked_on,
            direction=each.direction,
            amount_cents=each.amount_cents,
            code=each.code,
            reference=each.reference,
            bank_reference=each.bank_reference,
            recorded_at=now,
        )
        for number, each in enumerate(said.entries)
        if each.amount_cents
    ]
    return (
        BankStatement(
            statement=statement,
            file=file,
            account=plain(said.account)[-SHOWN_OF_ACCOUNT:],
            day=said.day,
            number=said.number,
            opening_cents=said.opening_cents,
            credit_cents=sum(each.amount_cents for each in entries if each.direction == "credit"),
            debit_cents=sum(each.amount_cents for each in entries if each.direction == "debit"),
            closing_cents=said.closing_cents,
            entries=len(entries),
            recorded_at=now,
        ),
        entries,
    )
