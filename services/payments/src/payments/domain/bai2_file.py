"""Reads a bank's statement in BAI2, the cash management balance reporting of the Bank Administration Institute: the
file whole or not at all (PAY-13).

A file holds groups (02 … 98) of one day each, those accounts (03 … 49), those transactions (16); 88 continues the
record before it. Amounts are cents without a point. Every level ends with its control total and the number of its
records.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from payments.domain.bank_file import (
    LARGEST_CENTS,
    BankFileContents,
    Direction,
    StatementContents,
    StatementEntry,
    as_reference,
    bounded,
    is_not_the_sum,
    not_the_trusts,
    out_of_time,
    problem,
)
from payments.domain.files_in import NotWhole, RowProblem

OPENING_LEDGER: Final = "010"
CLOSING_LEDGER: Final = "015"
NOT_MONEY: Final = "890"
"""The type of a transaction that only says something."""

FINAL: Final = ("", "2", "4")
"""As-of-date modifiers of a day that is over: 1 and 3 are of a day that is not."""

_AROUND: Final = b" \0\r\n\x1a"
_AMOUNT: Final = re.compile(r"[+-]?[0-9]{1,15}")
_COUNT: Final = re.compile(r"[0-9]{1,9}")
_FOLLOWS: Final = {
    "": "01",
    "01": "02",
    "02": "03",
    "03": "16 49",
    "16": "16 49",
    "49": "03 98",
    "98": "02 99",
    "99": "",
}
"""Which records may follow one; "" before the first. 88 may follow any."""
_WITHIN: Final = ("02", "03", "16", "49", "88", "98")
"""Records within a file: what is in them concerns the accounts of their group alone."""
NOT_LEGIBLE: Final = "must be of printable ASCII characters"

_FIXED_FUNDS: Final = {"": 0, "Z": 0, "0": 0, "1": 0, "2": 0, "V": 2, "S": 3}
"""How many fields stand behind a type of funds; behind D they are counted by the first."""


@dataclass(slots=True)
class _Record:
    """One record with what continues it: where it begins, how many lines it has, and its fields; ``legible`` where all
    of it is printable.
    """

    line: int
    code: str
    fields: list[str]
    lines: int = 1
    legible: bool = True

    def at(self, index: int) -> str:
        """Return a field, counted from 1 behind the record's code; empty where it is left out."""
        return self.fields[index - 1].strip() if index <= len(self.fields) else ""


@dataclass(slots=True)
class _Account:
    header: _Record
    details: list[_Record] = field(default_factory=list[_Record])
    trailer: _Record | None = None


@dataclass(slots=True)
class _Group:
    header: _Record
    accounts: list[_Account] = field(default_factory=list[_Account])
    trailer: _Record | None = None


class _Faults(list[RowProblem]):
    """What is wrong with a file."""

    def note(self, record: _Record, what: str, says: str) -> None:
        self.append(problem(record.line, what, says))

    def illegible(self, records: Sequence[_Record]) -> None:
        """Note those records that are not printable."""
        for each in records:
            if not each.legible:
                self.note(each, "record", NOT_LEGIBLE)

    def cents(self, record: _Record, index: int, what: str) -> int:
        """Return an amount of a record, 0 where there is none; one that cannot be read is noted."""
        text = record.at(index)
        if not text:
            return 0
        if _AMOUNT.fullmatch(text):
            return int(text)
        self.note(record, what, "must be cents in digits without a point, with or without a sign before them")
        return 0

    def counted(self, record: _Record, index: int, what: str, *, found: int) -> None:
        """Note where a record's count is not what was found."""
        text = record.at(index)
        if not _COUNT.fullmatch(text):
            self.note(record, what, f"must be a number in digits: {found} were found")
        elif int(text) != found:
            self.note(record, what, f"says {int(text)}, and {found} were found")

    def total(self, record: _Record, what: str, *, found: int) -> None:
        """Note where a record's control total, its first field, is not the sum that was found."""
        said = self.cents(record, 1, what)
        if said != found:
            self.note(record, what, f"says {said}, and the amounts add up to {found}")


def is_bai2(content: bytes) -> bool:
    """Whether a file begins as one of BAI2."""
    return content.removeprefix(BOM_UTF8).lstrip(_AROUND).startswith(b"01,")


def read_bai2(content: bytes, *, today: date, trust: str | None = None) -> BankFileContents:
    """Return what a file says of accounts that may be the ``trust`` account, all where nobody says which it is; the day
    of none may be after tomorrow. What is of others or in another currency than dollars is passed over.

    Raises `NotWhole` where the records' order or the file's trailer is not right, and where of such an account, or of
    the group it is in, a record's fields, a control total or a count is not right, or it is no final report of a day.
    """
    faults, passed_over = _Faults(), list[RowProblem]()
    groups, end = _in_order(_records_of(content))
    statements = list[StatementContents]()
    for group in groups:
        ours = _ours(group, passed_over, trust=trust)
        day = _day_of(group, faults, today=today) if ours else None
        if day is None:
            continue
        found = (_statement(each, faults, day=day) for each in ours)
        statements += [each for each in found if each is not None]
        _check_group(group, faults)
    _check_file(groups, end, faults)
    if faults:
        raise NotWhole(sorted(faults, key=lambda each: each.line))
    return BankFileContents(format="bai2", statements=tuple(statements), passed_over=bounded(passed_over))


def _ours(group: _Group, passed_over: list[RowProblem], *, trust: str | None) -> list[_Account]:
    """Return the accounts of a group that may be the trust account; the others are noted."""
    found = list[_Account]()
    for each in group.accounts:
        why = not_the_trusts(
            each.header.line,
            account=each.header.at(1),
            currency=each.header.at(2) or group.header.at(6),
            trust=trust,
        )
        if why is None:
            found.append(each)
        else:
            passed_over.append(why)
    return found


def _records_of(content: bytes) -> list[_Record]:
    """Return the records, each with what continues it, whatever noise is around them: a byte-order mark, empty lines,
    blanks and NULs at their ends, line ends of any kind, Ctrl-Z.
    """
    lines = content.removeprefix(BOM_UTF8).rstrip(_AROUND).splitlines()
    records, problems = list[_Record](), list[RowProblem]()
    open_text = False
    for number, raw in enumerate(lines, start=1):
        bare = raw.strip(b" \0")
        if not bare:
            continue
        legible = all(0x20 <= byte <= 0x7E for byte in bare)
        text = bare.decode("ascii", errors="replace")
        code, _, rest = text.partition(",")
        if not legible and code not in _WITHIN:
            problems.append(problem(number, "record", NOT_LEGIBLE))
        ended = rest.endswith("/")
        fields = (rest[:-1] if ended else rest).split(",")
        if code == "88" and records:
            _continue(records[-1], fields, within_text=open_text)
            records[-1].legible &= legible
        else:
            records.append(_Record(number, code.removesuffix("/"), fields, legible=legible))
        open_text = not ended
    if problems:
        raise NotWhole(problems)
    return records


def _continue(record: _Record, fields: Sequence[str], *, within_text: bool) -> None:
    """Go on with a record: with its last field where that was not ended, else with its next."""
    record.lines += 1
    if within_text and record.fields:
        record.fields[-1] += f" {fields[0]}"
        fields = fields[1:]
    record.fields += fields


def _in_order(records: Sequence[_Record]) -> tuple[list[_Group], _Record]:
    """Return the groups and the file's trailer; raises `NotWhole` where a record does not follow the one before it."""
    groups, before = list[_Group](), ""
    for record in records:
        may = _FOLLOWS[before].split()
        if record.code not in may:
            says = f"must be {' or '.join(may)} here" if may else "must not follow the file's trailer"
            raise NotWhole([problem(record.line, "record code", says)])
        before = record.code
        match record.code:
            case "02":
                groups.append(_Group(record))
            case "03":
                groups[-1].accounts.append(_Account(record))
            case "16":
                groups[-1].accounts[-1].details.append(record)
            case "49":
                groups[-1].accounts[-1].trailer = record
            case "98":
                groups[-1].trailer = record
            case _:
                pass
    if before != "99":
        line = records[-1].line if records else 1
        raise NotWhole([problem(line, "record code", "must be 99, the file's trailer, in the end")])
    return groups, records[-1]


def _day_of(group: _Group, faults: _Faults, *, today: date) -> date | None:
    """Return the day a group is of; None, noted, where it is of none or not final."""
    header = group.header
    faults.illegible([header, *_there(group.trailer)])
    if header.at(3) != "1":
        faults.note(header, "group status", "must be 1, a report that no other changes or takes back")
    if header.at(7) not in FINAL:
        faults.note(header, "as-of-date modifier", "must be 2 or 4: the day has to be over")
    day = _day(header.at(4))
    if out_of_time(day, today=today):
        faults.note(header, "as-of date", "must be a date such as 160104, from 2000-01-01 to tomorrow")
        return None
    return day


def _day(text: str) -> date | None:
    if not re.fullmatch(r"[0-9]{6}", text):
        return None
    try:
        return datetime.strptime(text, "%y%m%d").date()  # noqa: DTZ007 - a day alone
    except ValueError:
        return None


def _statement(account: _Account, faults: _Faults, *, day: date) -> StatementContents | None:
    """Return what is said of an account; None where that is noted as wrong."""
    before, header = len(faults), account.header
    faults.illegible([header, *account.details, *_there(account.trailer)])
    if not header.at(1):
        faults.note(header, "account", "must be there")
    balances, summed = _summaries(header, faults)
    entries = [_entry(each, faults, day=day) for each in account.details]
    booked = tuple(each for each in entries if each is not None)
    summed += sum(
        faults.cents(each, 2, "amount") for each in account.details if _AMOUNT.fullmatch(each.at(2))
    )
    read_all = len(faults) == before
    if account.trailer is not None:
        faults.total(account.trailer, "account control total", found=summed)
        faults.counted(account.trailer, 2, "number of records", found=_lines_of(account))
    closing = balances.get(CLOSING_LEDGER)
    if closing is None:
        faults.note(header, "closing ledger balance", f"must be there, as type {CLOSING_LEDGER}")
        return None
    opening = balances.get(OPENING_LEDGER, closing - sum(each.signed_cents for each in booked))
    wrong = is_not_the_sum(opening_cents=opening, closing_cents=closing, entries=booked)
    if wrong is not None and read_all:
        faults.note(header, "closing ledger balance", wrong)
    return StatementContents(
        line=header.line,
        account=header.at(1),
        day=day,
        number=None,
        opening_cents=opening,
        closing_cents=closing,
        entries=booked,
    )


def _summaries(header: _Record, faults: _Faults) -> tuple[dict[str, int], int]:
    """Return the amounts of an account's header by their types, and the sum of all of them."""
    found, summed, at = dict[str, int](), 0, 3
    while at <= len(header.fields):
        kind = header.at(at)
        if kind:
            cents = faults.cents(header, at + 1, f"amount of type {kind}")
            summed += cents
            if header.at(at + 1):
                found.setdefault(kind, cents)
        behind = _behind(header, at + 3)
        if behind is None:
            faults.note(header, "funds type", "must be 0, 1, 2, D, S, V, Z or left out")
            return found, summed
        at += 4 + behind
    return found, summed


def _behind(record: _Record, at: int) -> int | None:
    """Return how many fields stand behind a type of funds; None where it is none."""
    kind = record.at(at)
    if kind == "D":
        times = record.at(at + 1)
        return 1 + 2 * int(times) if _COUNT.fullmatch(times) else None
    return _FIXED_FUNDS.get(kind)


def _entry(record: _Record, faults: _Faults, *, day: date) -> StatementEntry | None:
    """Return a transaction as an entry; None for one that moves no money, and for one that is noted as wrong."""
    kind, text = record.at(1), record.at(2)
    if kind == NOT_MONEY:
        return None
    direction = _direction(kind)
    if direction is None:
        says = "must be of a credit, 100 to 399 or 920 to 959, or of a debit, 400 to 699 or 960 to 999"
        faults.note(record, "type code", says)
        return None
    if not _AMOUNT.fullmatch(text) or not 0 <= int(text) < LARGEST_CENTS:
        faults.note(record, "amount", "must be cents in digits without a point")
        return None
    behind = _behind(record, 3)
    if behind is None:
        faults.note(record, "funds type", "must be 0, 1, 2, D, S, V, Z or left out")
        return None
    return StatementEntry(
        line=record.line,
        booked_on=day,
        direction=direction,
        amount_cents=int(text),
        code=kind,
        bank_reference=as_reference(record.at(4 + behind)),
        reference=as_reference(record.at(5 + behind)),
    )


def _direction(kind: str) -> Direction | None:
    if not re.fullmatch(r"[0-9]{3}", kind):
        return None
    number = int(kind)
    if 100 <= number <= 399 or 920 <= number <= 959:
        return "credit"
    return "debit" if 400 <= number <= 699 or 960 <= number <= 999 else None


def _lines_of(account: _Account) -> int:
    trailer = 0 if account.trailer is None else account.trailer.lines
    return account.header.lines + sum(each.lines for each in account.details) + trailer


def _lines_of_group(group: _Group) -> int:
    trailer = 0 if group.trailer is None else group.trailer.lines
    return group.header.lines + sum(_lines_of(each) for each in group.accounts) + trailer


def _check_group(group: _Group, faults: _Faults) -> None:
    """Note where a total or a count of a group is not right. Of another account in it that has no total, nothing is
    summed.
    """
    if group.trailer is None:
        return
    said = [_said(each.trailer) for each in group.accounts]
    if None not in said:
        faults.total(group.trailer, "group control total", found=sum(each or 0 for each in said))
    faults.counted(group.trailer, 2, "number of accounts", found=len(group.accounts))
    faults.counted(group.trailer, 3, "number of records", found=_lines_of_group(group))


def _check_file(groups: Sequence[_Group], end: _Record, faults: _Faults) -> None:
    """Note where a total or a count of the file is not right."""
    said = [_said(each.trailer) for each in groups]
    if None not in said:
        faults.total(end, "file control total", found=sum(each or 0 for each in said))
    faults.counted(end, 2, "number of groups", found=len(groups))
    lines = 1 + sum(_lines_of_group(each) for each in groups) + end.lines
    faults.counted(end, 3, "number of records", found=lines)


def _said(trailer: _Record | None) -> int | None:
    """Return the control total of a trailer, None where it cannot be read: where it is of what is judged, that is noted
    at its own level.
    """
    text = "" if trailer is None else trailer.at(1)
    return int(text) if _AMOUNT.fullmatch(text) else None


def _there(trailer: _Record | None) -> tuple[_Record, ...]:
    return () if trailer is None else (trailer,)
