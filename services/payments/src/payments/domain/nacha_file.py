"""Reads a bank's return file: the file whole or not at all, then each entry by itself.

The format is NACHA's, of 94 characters a record. Reading is pure: bytes in, entries and problems out. The layout is in
`payments.domain.nacha_layout`.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from bulkhead.kernel.personal import Masked
from payments.domain import nacha_layout as layout
from payments.domain.files_in import MOST_PROBLEMS, NotWhole, RowProblem
from payments.domain.nacha_layout import Field
from payments.domain.payments import EARLIEST_DATE

MOST_BYTES: Final = 16 * 1024 * 1024
"""A larger file is no return file of a day: it would have more than eighty thousand returns. One is in memory whole."""

MOST_AHEAD: Final = timedelta(days=1)
"""How far ahead of the exchange's date that of a file may be."""

_PADDING: Final = b" \0"
_AROUND: Final = b" \0\r\n\x1a"
_TWO_BYTES_A_LETTER: Final = re.compile(rb"\xff\xfe|\xfe\xff|(?:[^\0]\0){4}|(?:\0[^\0]){4}", re.DOTALL)

_RETURNED_CREDITS: Final = frozenset({"21", "31", "41", "51"})
_RETURNED_DEBITS: Final = frozenset({"26", "36", "46", "56"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnEntry:
    """What one entry of a file says. ``line`` is where it begins, counted from 1.

    ``code`` is the reason of its return or change, None where none can be read. ``credit`` is money that was on its way
    out and came back. ``identification`` is what its originator called the entry, None where the entry is of a class
    that none of ours has; ``original_trace`` the trace number of the entry that went back, ``trace`` its own.
    ``settled_on`` is the day its money moves. ``corrected`` is what a notification of change says is right, as it
    stands there. ``problems`` say why nothing can be done with it without a person.
    """

    line: int
    code: str | None
    direction: Literal["debit", "credit"]
    amount_cents: int
    identification: str | None
    original_trace: str | None
    trace: str
    settled_on: date
    problems: tuple[RowProblem, ...]
    corrected: Masked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnContents:
    """What a whole file says. ``origin``, ``created_on`` and ``modifier`` name it; the totals are those of its control
    record.
    """

    origin: str
    created_on: date
    modifier: str
    debit_cents: int
    credit_cents: int
    entries: tuple[ReturnEntry, ...]


@dataclass(frozen=True, slots=True)
class _Record:
    """One record, and the line it stands on."""

    line: int
    text: str

    @property
    def type(self) -> str:
        return self.text[0]

    def number(self, of: Field) -> int:
        return int(of.of(self.text))

    def problem(self, of: Field | str, says: str) -> RowProblem:
        return _problem(self.line, of if isinstance(of, str) else of.name, says)


@dataclass(frozen=True, slots=True)
class _Batch:
    """One batch as its records say it: each entry with its addenda."""

    header: _Record
    entries: Sequence[tuple[_Record, Sequence[_Record]]]
    control: _Record

    @property
    def count(self) -> int:
        return sum(1 + len(addenda) for _, addenda in self.entries)

    @property
    def hash(self) -> int:
        return sum(entry.number(layout.RECEIVING_BANK) for entry, _ in self.entries)

    def total(self, direction: str) -> int:
        return sum(entry.number(layout.AMOUNT) for entry, _ in self.entries if _direction(entry) == direction)


@dataclass(frozen=True, slots=True)
class _File:
    """A file as its records say it: so many ``records``, and so many with those that fill its last block."""

    header: _Record
    batches: Sequence[_Batch]
    control: _Record
    records: int
    filled: int

    @property
    def blocks(self) -> int:
        """Its blocks: those that its control record says, where they are counted with whatever fills them."""
        counts = [-(-each // layout.RECORDS_A_BLOCK) for each in (self.records, self.filled)]
        said = self.control.number(layout.FILE_BLOCKS)
        return said if said in counts else counts[0]


def read_return_file(content: bytes, *, today: date) -> ReturnContents:
    """Return what a file says; one made later than the day after ``today`` cannot be. Tomorrow's may come: its maker's
    clock may be that of another time zone.

    Raises `NotWhole` where a record's length, characters or numbers, the order of the records, or a count, hash or
    total of theirs is not right.
    """
    filled = _records_of(content)
    file = _in_order(_checked(_without_filler(filled)), filled=len(filled))
    problems = [problem for batch in file.batches for problem in _wrong_in_batch(batch)]
    problems += _wrong_in_file(file)
    created_on = _day(layout.CREATED_ON.of(file.header.text))
    if created_on is None or not EARLIEST_DATE <= created_on <= today + MOST_AHEAD:
        says = f"must be a date such as 160104, from {EARLIEST_DATE} to tomorrow"
        problems.insert(0, file.header.problem(layout.CREATED_ON, says))
    if problems or created_on is None:
        raise NotWhole(problems)
    return ReturnContents(
        origin=layout.ORIGIN.of(file.header.text).strip(),
        created_on=created_on,
        modifier=layout.MODIFIER.of(file.header.text),
        debit_cents=file.control.number(layout.FILE_DEBITS),
        credit_cents=file.control.number(layout.FILE_CREDITS),
        entries=tuple(
            _entry(
                entry,
                addenda,
                header=batch.header,
                settled_on=_settled_on(batch.header, created_on=created_on),
            )
            for batch in file.batches
            for entry, addenda in batch.entries
        ),
    )


def _problem(line: int, field: str, says: str) -> RowProblem:
    return RowProblem(line=line, field=field, rule="PAY-5", problem=says)


def _records_of(content: bytes) -> list[_Record]:
    """Return the records, whatever noise is around them that can mean nothing: a byte-order mark, empty lines anywhere,
    line ends of any kind, after each record, after each block or nowhere, blanks or NULs that are missing or too many
    at the end of a record, Ctrl-Z and whatever stands behind it.
    """
    if _TWO_BYTES_A_LETTER.match(content):
        raise NotWhole([_problem(1, "record", "is in UTF-16, and must be in ASCII")])
    content = _ended(content.removeprefix(BOM_UTF8)).rstrip(_AROUND).lstrip(b"\0")
    lines = content.splitlines() if b"\n" in content or b"\r" in content else _cut(content)
    records: list[_Record] = []
    problems: list[RowProblem] = []
    for number, line in enumerate(lines, start=1):
        if len(problems) >= MOST_PROBLEMS:
            break
        for record in _records_in(line):
            if len(record) > layout.RECORD_LENGTH:
                says = f"must be {layout.RECORD_LENGTH} characters long, and is {len(record)}"
                problems.append(_problem(number, "record", says))
            elif not all(0x20 <= byte <= 0x7E for byte in record):
                says = "must be of printable ASCII characters: letters, digits, blanks and signs"
                problems.append(_problem(number, "record", says))
            elif record:
                records.append(_Record(number, record.decode("ascii").ljust(layout.RECORD_LENGTH)))
    if problems:
        raise NotWhole(problems)
    return records


def _ended(content: bytes) -> bytes:
    """Return a file without Ctrl-Z behind its control record, and without what old systems leave behind that."""
    before, ctrl_z, _ = content.partition(b"\x1a")
    last = before.rstrip(_AROUND).rpartition(b"\n")[2].rpartition(b"\r")[2]
    return before if ctrl_z and last.startswith(layout.FILE_CONTROL.encode()) else content


def _records_in(line: bytes) -> list[bytes]:
    """Return the records of one line without the padding at their ends: one, or those of a block."""
    bare = line.rstrip(_PADDING)
    if len(bare) <= layout.RECORD_LENGTH:
        return [bare]
    if bare.strip(b"9") == b"":
        return [bare[: layout.RECORD_LENGTH]]
    return [each.rstrip(_PADDING) for each in _cut(line)] if len(line) % layout.RECORD_LENGTH == 0 else [bare]


def _cut(content: bytes) -> list[bytes]:
    length = layout.RECORD_LENGTH
    return [content[start : start + length] for start in range(0, len(content), length)]


def _without_filler(records: list[_Record]) -> list[_Record]:
    """Return the records without those of 9s that fill the last block, however many and long they are."""
    end = len(records)
    while end > 1 and not records[end - 1].text.rstrip().strip("9"):
        end -= 1
    return records[:end]


def _checked(records: list[_Record]) -> list[_Record]:
    """Return the records; raises `NotWhole` for fields that are not right."""
    problems: list[RowProblem] = []
    for record in records:
        if len(problems) >= MOST_PROBLEMS:
            break
        fields = layout.LAYOUTS.get(record.type)
        if fields is None:
            problems.append(record.problem("record type", "must be 1, 5, 6, 7, 8 or 9"))
        else:
            problems += [record.problem(each, each.must) for each in fields if not each.is_met(record.text)]
    if problems:
        raise NotWhole(problems)
    return records


_FOLLOWS: Final = {
    "": "1",
    layout.FILE_HEADER: "59",
    layout.BATCH_HEADER: "6",
    layout.ENTRY: "678",
    layout.ADDENDA: "678",
    layout.BATCH_CONTROL: "59",
    layout.FILE_CONTROL: "",
}
"""Which types of records may follow one of a type; "" before the first."""


def _in_order(records: list[_Record], *, filled: int) -> _File:
    """Return the file that the records are; raises `NotWhole` where one does not follow the one before it."""
    before, batches = "", list[_Batch]()
    header, entries = records[:1], list[tuple[_Record, list[_Record]]]()
    for record in records:
        if record.type not in _FOLLOWS[before]:
            raise NotWhole([record.problem("record type", _expected(before))])
        before = record.type
        if record.type == layout.BATCH_HEADER:
            header, entries = [record], []
        elif record.type == layout.ENTRY:
            entries.append((record, []))
        elif record.type == layout.ADDENDA:
            entries[-1][1].append(record)
        elif record.type == layout.BATCH_CONTROL:
            batches.append(_Batch(header[0], entries, record))
    if before != layout.FILE_CONTROL:
        line = records[-1].line if records else 1
        raise NotWhole([_problem(line, "record type", "the file ends without its control record, of type 9")])
    return _File(records[0], batches, records[-1], len(records), filled)


def _expected(before: str) -> str:
    following = _FOLLOWS[before]
    if not following:
        return "nothing but records of 9s may follow the file's control record"
    return "must be " + " or ".join(following) + (f" after {before}" if before else ": a file begins with it")


def _wrong_in_batch(batch: _Batch) -> list[RowProblem]:
    """Return how a batch's control record differs from what is in the batch."""
    control = batch.control
    sums = (
        (layout.BATCH_COUNT, batch.count),
        (layout.BATCH_HASH, batch.hash % 10**10),
        (layout.BATCH_DEBITS, batch.total("debit")),
        (layout.BATCH_CREDITS, batch.total("credit")),
    )
    same = (
        (layout.SERVICE_CLASS, layout.SERVICE_CLASS),
        (layout.CONTROL_COMPANY, layout.COMPANY),
        (layout.BANK, layout.BANK),
        (layout.BATCH, layout.BATCH),
    )
    return _not_adding_up(control, sums, of="batch") + [
        control.problem(there, f"must be that of line {batch.header.line}, where the batch begins")
        for there, here in same
        if there.of(control.text).strip() != here.of(batch.header.text).strip()
    ]


def _wrong_in_file(file: _File) -> list[RowProblem]:
    """Return how a file's control record differs from what is in the file."""
    sums = (
        (layout.FILE_BATCHES, len(file.batches)),
        (layout.FILE_BLOCKS, file.blocks),
        (layout.FILE_COUNT, sum(each.count for each in file.batches)),
        (layout.FILE_HASH, sum(each.hash for each in file.batches) % 10**10),
        (layout.FILE_DEBITS, sum(each.total("debit") for each in file.batches)),
        (layout.FILE_CREDITS, sum(each.total("credit") for each in file.batches)),
    )
    return _not_adding_up(file.control, sums, of="file")


def _not_adding_up(
    control: _Record, sums: Sequence[tuple[Field, int]], *, of: Literal["batch", "file"]
) -> list[RowProblem]:
    return [
        control.problem(
            each, f"does not agree with the {of}: {control.number(each)} is said and {found} is found"
        )
        for each, found in sums
        if control.number(each) != found
    ]


def _direction(entry: _Record) -> Literal["debit", "credit"]:
    """Return which way an entry's money was to go: the second digit of its transaction code says it."""
    return "credit" if layout.TRANSACTION.of(entry.text)[1] in "01234" else "debit"


def _entry(entry: _Record, addenda: Sequence[_Record], *, header: _Record, settled_on: date) -> ReturnEntry:
    """Return what an entry says; of one whose class none of ours has, no more than its money and its own trace number:
    what else stands there is not what it would be in ours.
    """
    ours = layout.ENTRY_CLASS.of(header.text) in layout.ENTRY_CLASSES_READ
    why = _reason(entry, addenda) if ours else _Reason(problems=[_other_class(header)])
    return ReturnEntry(
        line=entry.line,
        code=why.code,
        direction=_direction(entry),
        amount_cents=entry.number(layout.AMOUNT),
        identification=layout.IDENTIFICATION.of(entry.text).strip() if ours else None,
        original_trace=why.original_trace,
        trace=layout.TRACE.of(entry.text),
        settled_on=settled_on,
        problems=tuple(why.problems),
        corrected=why.corrected,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reason:
    """Why an entry came back, as far as its records say it, and what of them is not as it must be."""

    code: str | None = None
    original_trace: str | None = None
    corrected: Masked | None = None
    problems: Sequence[RowProblem]


def _other_class(header: _Record) -> RowProblem:
    *all_but_last, last = layout.ENTRY_CLASSES_READ
    must = f"must be {', '.join(all_but_last)} or {last}"
    return header.problem(
        layout.ENTRY_CLASS, f"{must}: entries of another are for a person to read in the bank's file"
    )


def _reason(entry: _Record, addenda: Sequence[_Record]) -> _Reason:
    problems: list[RowProblem] = []
    if layout.TRANSACTION.of(entry.text) not in _RETURNED_CREDITS | _RETURNED_DEBITS:
        says = "must be that of a return: 21, 31, 41 or 51 of a credit, 26, 36, 46 or 56 of a debit"
        problems.append(entry.problem(layout.TRANSACTION, says))
    if (layout.HAS_ADDENDA.of(entry.text) == "1") != bool(addenda):
        problems.append(entry.problem(layout.HAS_ADDENDA, "must say whether addenda follow"))
    if len(addenda) != 1:
        problems.append(entry.problem("addenda", "must be one record, which says why the entry came back"))
        return _Reason(problems=problems)
    [why] = addenda
    letter = {layout.RETURN_ADDENDA: "R", layout.CHANGE_ADDENDA: "C"}.get(layout.ADDENDA_TYPE.of(why.text))
    if letter is None:  # others hold whatever the payer or its bank wrote
        problems.append(why.problem(layout.ADDENDA_TYPE, "must be 99, a return, or 98, a change"))
        return _Reason(problems=problems)
    code, original_trace = None, None
    if not layout.REASON.is_met(why.text) or not layout.REASON.of(why.text).startswith(letter):
        problems.append(why.problem(layout.REASON, f"must be {letter} and two digits"))
    else:
        code = layout.REASON.of(why.text)
    if layout.ORIGINAL_TRACE.is_met(why.text):
        original_trace = layout.ORIGINAL_TRACE.of(why.text)
    else:
        problems.append(why.problem(layout.ORIGINAL_TRACE, layout.ORIGINAL_TRACE.must))
    corrected = Masked(layout.CORRECTED.of(why.text).rstrip()) if letter == "C" else None
    return _Reason(code=code, original_trace=original_trace, corrected=corrected, problems=problems)


def _settled_on(header: _Record, *, created_on: date) -> date:
    """Return the day on which a batch's money moves: its settlement date, in the year that is nearest to the file's
    making; where it has none, the day the file was made.

    The effective entry date is that of the entries that went back.
    """
    day = layout.SETTLED_ON.of(header.text)
    if not day.strip():
        return created_on
    firsts = [date(created_on.year + years, 1, 1) for years in (-1, 0, 1)]
    days = [first + timedelta(days=int(day) - 1) for first in firsts]
    return min(days, key=lambda each: abs(each - created_on))


def _day(text: str) -> date | None:
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:]))
    except ValueError:
        return None
