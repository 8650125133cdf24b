"""Pages of a bank's message that comes in several files: which are there, which are missing, and what all of them say
together (PAY-13).

A statement may begin on one page and end on another: its opening balance is on its first, its closing one on its last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from payments.domain.bank_file import (
    BankFileContents,
    StatementContents,
    StatementEntry,
    bounded,
    is_not_the_sum,
    plain,
    problem,
)
from payments.domain.files_in import NotWhole, RowProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPart:
    """What a page says of an account and a day; ``day`` and balances are None where another page has them."""

    line: int
    account: str
    number: str | None
    day: date | None
    opening_cents: int | None
    closing_cents: int | None
    entries: tuple[StatementEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BankPage:
    """One page of a message of camt.053: its ``number`` counts from 1, and the ``last`` says how many there are."""

    message: str
    number: int
    last: bool
    parts: tuple[StatementPart, ...]
    passed_over: tuple[RowProblem, ...]


def missing_pages(numbers: Iterable[int], *, last: int | None) -> tuple[RowProblem, ...]:
    """Return which pages of a message are not there, none where it is whole; ``last`` is None while the last is not."""
    there = set(numbers)
    until = max(there, default=0) if last is None else last
    missing = [f"page {each}" for each in range(1, until + 1) if each not in there]
    if last is None:
        missing.append("the last page")
    return bounded([problem(1, "GrpHdr/MsgPgntn", f"{each} of its message is missing") for each in missing])


def joined(pages: Sequence[BankPage]) -> BankFileContents:
    """Return what the pages of a message, all of them in any order, say together.

    Raises `NotWhole` where a statement has no balance at one of its ends, or they are not the sum of its entries.
    """
    found = dict[tuple[str, str | None], list[StatementPart]]()
    for page in sorted(pages, key=lambda each: each.number):
        for number, part in enumerate(page.parts):
            # Two statements of one page are two, whatever they are called.
            name = (plain(part.account), part.number if len(pages) > 1 else f"{number}")
            found.setdefault(name, []).append(part)
    statements, faults = list[StatementContents](), list[RowProblem]()
    for parts in found.values():
        statement = _joined(parts, faults)
        if statement is not None:
            statements.append(statement)
    if faults:
        raise NotWhole(faults)
    passed_over = bounded([each for page in pages for each in page.passed_over])
    return BankFileContents(format="camt.053", statements=tuple(statements), passed_over=passed_over)


def _joined(parts: Sequence[StatementPart], faults: list[RowProblem]) -> StatementContents | None:
    """Return the statement that is in these parts; None, noted, where it is not whole."""
    first, last = parts[0], parts[-1]
    opening = next((each.opening_cents for each in parts if each.opening_cents is not None), None)
    closed = [each for each in parts if each.closing_cents is not None]
    if opening is None or not closed:
        end = "opening" if opening is None else "closing"
        faults.append(
            problem(first.line, "Stmt/Bal", f"must have a balance that is its {end} one on some page")
        )
        return None
    closing, day = closed[-1].closing_cents, closed[-1].day
    if closing is None or day is None:
        return None
    entries = [entry for each in parts for entry in each.entries]
    wrong = is_not_the_sum(opening_cents=opening, closing_cents=closing, entries=entries)
    if wrong is not None:
        faults.append(problem(last.line, "Bal CLBD", wrong))
        return None
    return StatementContents(
        line=first.line,
        account=first.account,
        day=day,
        number=first.number,
        opening_cents=opening,
        closing_cents=closing,
        entries=tuple(entries),
    )
