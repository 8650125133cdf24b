"""A carrier's book as it brings it: a line for each person it covers, after the federal RCNI (CAR-6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.personal import Masked

PREFIX: Final = "RCNI"
"""What the name of a book begins with, and its first line."""

COLUMNS: Final = (
    "policy",
    "subscriber",
    "member",
    "is_subscriber",
    "plan",
    "begin",
    "end",
    "premium",
    "aptc",
    "effectuated",
    "last_name",
    "first_name",
    "born",
)
"""The second line of a book, and what each line after it has, in this order."""

PIECE_BYTES: Final = 256 * 1024
"""So many bytes of a book are kept, read and staged at once: what is wrong with each of its fields too."""

LONGEST_LINE_BYTES: Final = 4096

MOST_BOOK_BYTES: Final = 256 * 1024 * 1024
"""How long a book may be where nothing else is set: two million people."""


LONGEST_NAME: Final = 200

BookState: TypeAlias = Literal["stored", "loaded", "compared", "answered", "refused", "returned"]
Layout: TypeAlias = Literal["RCNI", "834"]

_ID = re.compile(r"[!-{}~]{1,50}")
_PLAN = re.compile(r"[A-Z0-9-]{1,50}")
_AMOUNT = re.compile(r"(\d{1,9})\.(\d{2})")
_DAY = re.compile(r"\d{8}")
_HEAD = re.compile(r"RCNI\|([!-{}~]{1,64})\|(\d{8})")
_END = re.compile(r"END\|(\d{1,9})")
_TOO_LONG = "\n"
"""What a line that is too long is read as: no line has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierBook:
    """What is known of a carrier's book, which is the inbound file of the same id.

    ``as_of`` is the day it is a picture of, None until its first line is read. It is stored in ``pieces``, then loaded
    a piece at a time, compared in order of policies, and answered; or refused, and returned once its carrier is told
    why. ``rows`` are the people it names, ``bad_rows`` those of which a field cannot be read.
    """

    file: str
    carrier: str
    layout: Layout
    came_at: datetime
    pieces: int
    state: BookState = "stored"
    as_of: date | None = None
    loaded_pieces: int = 0
    rows: int = 0
    bad_rows: int = 0
    compared_through: str = ""
    agreeing: int = 0
    differing: int = 0
    answer: str | None = None
    answer_pieces: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BookContent:
    """A piece of a book as it came, cut between lines: the first of them has the number ``first_line`` in the file.

    One that ``goes_on`` begins within that line: it was too long for the piece before.
    """

    file: str
    number: int
    first_line: int
    goes_on: bool
    kept_at: datetime
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRow:
    """What a book says of one person, until it is compared. ``premium_cents`` and ``aptc_cents`` are of a month.

    What a book does not say is None and not compared; without an ``end`` coverage goes on to the plan year's.
    ``is_faulty`` tells that a field could not be read: the person is there, and nothing of theirs is compared. An empty
    ``policy`` or ``member`` could not be read: any policy of that person's, or anybody on that policy, may be meant.
    """

    file: str
    line: int
    policy: str
    subscriber: str
    member: str
    is_subscriber: bool
    plan: str | None
    begin: date | None
    end: date | None
    premium_cents: int | None
    aptc_cents: int | None
    is_effectuated: bool | None
    last_name: Masked | None
    first_name: Masked | None
    born: date | None = field(repr=False)
    is_faulty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFault:
    """A field of a line of a book that cannot be read, until the carrier is told. What stands there is not kept: it may
    be anybody's.
    """

    file: str
    line: int
    field: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookAnswer:
    """A piece of what a carrier is told became of its book."""

    file: str
    number: int
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceRead:
    """What a piece of a book says: its rows, what of them cannot be read, and the ends of the book if it has them.

    ``against`` is why the whole book is refused, ``end`` how many rows its last line counts.
    """

    rows: list[BookRow]
    faults: list[BookFault]
    bad_rows: int
    lines: int
    carrier: str | None = None
    as_of: date | None = None
    end: int | None = None
    against: str = ""


def is_book(name: str) -> bool:
    """Return whether a file of this name is a carrier's book in the flat layout."""
    return name.upper().startswith(PREFIX)


def answer_name(*, file: str, on: date) -> str:
    """Return the name of the answer to a book."""
    return f"RCNO_{on:%Y%m%d}_{file[:12]}.txt"


def answer_head(*, carrier: str, as_of: date | None) -> str:
    """Return the first line of an answer: the carrier, and the day of its book if that could be read."""
    return f"RCNO|{carrier}|{'' if as_of is None else f'{as_of:%Y%m%d}'}\n"


def refused_book(says: str, **facts: str) -> Reason:
    """Return why a whole book is refused."""
    return Reason(rule="CAR-6", says=says, citation="45 CFR 155.400(d)", facts=facts)


def piece_after(last: BookContent | None, *, file: str, content: bytes, kept_at: datetime) -> BookContent:
    """Return the piece of a book that comes after one; its first for None."""
    if last is None:
        return BookContent(file=file, number=1, first_line=1, goes_on=False, kept_at=kept_at, content=content)
    return BookContent(
        file=file,
        number=last.number + 1,
        first_line=last.first_line + last.content.count(b"\n"),
        goes_on=not last.content.endswith(b"\n"),
        kept_at=kept_at,
        content=content,
    )


def read_piece(piece: BookContent) -> PieceRead:
    """Return what a piece of a book says; never raises."""
    found = PieceRead(rows=[], faults=[], bad_rows=0, lines=0)
    bad, carrier, as_of, end, against, lines = 0, None, None, None, "", 0
    for number, line in enumerate(_lines(piece.content), start=piece.first_line):
        lines += 1
        if piece.goes_on and lines == 1:
            continue  # the rest of a line that is too long
        if number == 1:
            head = _HEAD.fullmatch(line)
            carrier, as_of = (head[1], _day(head[2])) if head else (None, None)
            if as_of is None:
                against = "Its first line is not RCNI, the carrier's id and the day of the book."
        elif number == 2:
            if line != "|".join(COLUMNS):
                against = against or "Its second line does not name the columns as agreed."
        elif end is not None:
            against = against or "Lines come after its last one, which counts them."
        elif line.startswith("END|"):
            counted = _END.fullmatch(line)
            end = int(counted[1]) if counted else -1
        else:
            row, faults = _row(piece.file, number, line)
            bad += bool(faults)
            found.faults.extend(faults)
            found.rows.append(row)
    return PieceRead(
        rows=found.rows,
        faults=found.faults,
        bad_rows=bad,
        lines=lines,
        carrier=carrier,
        as_of=as_of,
        end=end,
        against=against,
    )


def _lines(content: bytes) -> Iterator[str]:
    for line in content.removesuffix(b"\n").split(b"\n"):
        if len(line) > LONGEST_LINE_BYTES:
            yield _TOO_LONG
            continue
        try:
            yield line.removesuffix(b"\r").decode()
        except UnicodeDecodeError:
            yield "\ufffd"


def _row(file: str, number: int, line: str) -> tuple[BookRow, list[BookFault]]:
    """Return what a line says, and what of it cannot be read."""
    if line == _TOO_LONG:
        says = f"the line is too long: it must have at most {LONGEST_LINE_BYTES} bytes"
        return of_nobody(file, number), [BookFault(file=file, line=number, field="", says=says)]
    fields = line.split("|")
    if len(fields) != len(COLUMNS):
        says = f"the line has {len(fields)} fields: it must have {len(COLUMNS)}"
        return of_nobody(file, number), [BookFault(file=file, line=number, field="", says=says)]
    given: dict[str, str] = dict(zip(COLUMNS, fields, strict=True))
    is_subscriber = given["is_subscriber"] == "Y"
    forms = (_FORMS, _OF_SUBSCRIBERS if is_subscriber else _OF_OTHERS)
    faults = [
        BookFault(file=file, line=number, field=name, says=says)
        for each in forms
        for name, (fits, says) in each.items()
        if not fits(given[name])
    ]
    # What cannot be read may be nothing that can be kept either.
    given.update(dict.fromkeys((each.field for each in faults), ""))
    row = BookRow(
        file=file,
        line=number,
        policy=given["policy"],
        subscriber=given["subscriber"],
        member=given["member"],
        is_subscriber=is_subscriber,
        plan=given["plan"] or None,
        begin=_day(given["begin"]),
        end=_day(given["end"]),
        premium_cents=_cents(given["premium"]),
        aptc_cents=_cents(given["aptc"]),
        is_effectuated=given["effectuated"] == "Y" if is_subscriber else None,
        last_name=Masked(given["last_name"]),
        first_name=Masked(given["first_name"]),
        born=_day(given["born"]),
        is_faulty=bool(faults),
    )
    return row, faults


def is_known_by(text: str) -> bool:
    """Whether this can be a policy's or a person's id: anything else is none of ours, and is looked for nowhere."""
    return _ID.fullmatch(text) is not None


def of_nobody(file: str, line: int) -> BookRow:
    """Return a line as it is staged of which nobody knows whom it is about."""
    return BookRow(
        file=file,
        line=line,
        policy="",
        subscriber="",
        member="",
        is_subscriber=False,
        plan=None,
        begin=None,
        end=None,
        premium_cents=None,
        aptc_cents=None,
        is_effectuated=None,
        last_name=None,
        first_name=None,
        born=None,
        is_faulty=True,
    )


def only_named(row: BookRow) -> BookRow:
    """Return a line as it is staged where what it says is not sound: that somebody is in the book, and nothing more.
    An id that can be none of ours is left out.
    """
    return replace(
        of_nobody(row.file, row.line),
        policy=row.policy if is_known_by(row.policy) else "",
        member=row.member if is_known_by(row.member) else "",
        is_subscriber=row.is_subscriber,
    )


@lru_cache(maxsize=100_000)
def _day(text: str) -> date | None:
    if not (text.isascii() and _DAY.fullmatch(text)):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@lru_cache(maxsize=10_000)
def _cents(text: str) -> int | None:
    found = _AMOUNT.fullmatch(text) if text.isascii() else None
    return int(found[1]) * 100 + int(found[2]) if found else None


def _is_day(text: str) -> bool:
    return _day(text) is not None


def _is_amount(text: str) -> bool:
    return _cents(text) is not None


def _is_empty(text: str) -> bool:
    return not text


def _is_yes_or_no(text: str) -> bool:
    return text in ("Y", "N")


def _is_name(text: str) -> bool:
    return len(text) <= LONGEST_NAME and text.isprintable()


_Form: TypeAlias = tuple[Callable[[str], object], str]
_AN_ID: Final[_Form] = (_ID.fullmatch, "must be 1 to 50 plain characters without blanks")
_A_DAY: Final[_Form] = (_is_day, "must be a day, CCYYMMDD")
_AN_AMOUNT: Final[_Form] = (_is_amount, "must be an amount with two decimals, as 500.00")
_YES_OR_NO: Final[_Form] = (_is_yes_or_no, "must be Y or N")
_NOT_THEIRS: Final[_Form] = (_is_empty, "must be empty: it is the subscriber's")

_FORMS: Final[Mapping[str, _Form]] = {
    "policy": _AN_ID,
    "subscriber": _AN_ID,
    "member": _AN_ID,
    "is_subscriber": _YES_OR_NO,
    "plan": (_PLAN.fullmatch, "must be 1 to 50 capitals, digits and dashes"),
    "begin": _A_DAY,
    "end": (lambda text: not text or _is_day(text), "must be a day, CCYYMMDD, or empty"),
    "last_name": (
        lambda text: text.strip() and _is_name(text),
        f"must be there, of at most {LONGEST_NAME} characters that can be printed",
    ),
    "first_name": (_is_name, f"must be of at most {LONGEST_NAME} characters that can be printed"),
    "born": _A_DAY,
}
"""By column, what a field must be, and how to say it; those that are the subscriber's alone come besides."""

_OF_SUBSCRIBERS: Final[Mapping[str, _Form]] = {
    "premium": _AN_AMOUNT,
    "aptc": _AN_AMOUNT,
    "effectuated": _YES_OR_NO,
}
_OF_OTHERS: Final[Mapping[str, _Form]] = dict.fromkeys(_OF_SUBSCRIBERS, _NOT_THEIRS)


def pieces_of(data: bytes, *, most: int = PIECE_BYTES) -> Sequence[bytes]:
    """Return a book that is whole cut between lines."""
    cut = Cut(most=most)
    return [*cut.feed(data), *cut.close()]


class Cut:
    """Cuts a book between lines as its bytes come. A line of more than a piece is cut too: it is no line of a book."""

    def __init__(self, *, most: int = PIECE_BYTES) -> None:
        self._most = most
        self._kept = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the pieces that are whole now."""
        self._kept += data
        while len(self._kept) >= self._most:
            at = self._kept.rfind(b"\n", 0, self._most) + 1 or self._most
            piece, self._kept = self._kept[:at], self._kept[at:]
            yield piece

    def close(self) -> Iterator[bytes]:
        """Yield what is left."""
        if self._kept:
            yield self._kept
