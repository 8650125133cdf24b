"""A book that is taken says what is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from gateway_builders import MORNING

from carrier_gateway.domain.books import BookRow, piece_after, pieces_of, read_piece
from mutation.sound import Sound
from mutation.verdicts import Outcome, Wrong, day_of, nobody_is_told


def of_book(sound: Sound, data: bytes) -> Outcome:
    """Return what becomes of a changed book; raises `Wrong` where that may not be."""
    read = _read(data)
    nobody_is_told(says for _, says in read.faults)
    if any(not 1 <= line <= read.lines for line, _ in read.faults):
        raise Wrong("a fault has no place")
    if against := _against(read, sound):
        if data.replace(b"\r", b"") == sound.data:
            raise Wrong(f"it says the same, and is refused: {against}")
        return Outcome(verdict="refused", faults=(against,))
    written = data.removesuffix(b"\n").split(b"\n")
    if len(written) - 3 != read.counted or written[-1].removesuffix(b"\r").split(b"|")[0] != b"END":
        raise Wrong("its last line does not count its lines, and it is taken up")
    for row in read.rows:
        if not row.is_faulty and _row_text(row) != _normal(
            written[row.line - 1].removesuffix(b"\r").decode()
        ):
            raise Wrong(f"line {row.line} is taken for another thing")
    bad = {line for line, _ in read.faults}
    if len(bad | {row.line for row in read.rows}) != read.counted:
        raise Wrong("a line is passed over")
    if data == sound.data:
        return Outcome(verdict="the same")
    faults = tuple(dict.fromkeys(says for _, says in read.faults))
    return Outcome(verdict="taken up in part" if bad else "taken up", faults=faults)


@dataclass(slots=True)
class _Read:
    """What all pieces of a book say together."""

    against: str = ""
    carrier: str | None = None
    as_of: date | None = None
    counted: int | None = None
    lines: int = 0
    rows: list[BookRow] = field(default_factory=list[BookRow])
    faults: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])


def _read(data: bytes) -> _Read:
    found, last = _Read(), None
    for content in pieces_of(data):
        last = piece_after(last, file="file", content=content, kept_at=MORNING)
        read = read_piece(last)
        found.against, found.counted = found.against or read.against, read.end
        found.carrier, found.as_of = found.carrier or read.carrier, found.as_of or read.as_of
        found.lines += read.lines
        found.rows += read.rows
        found.faults += [(each.line, f"{each.field or 'the line'} {each.says}") for each in read.faults]
    return found


def _against(read: _Read, sound: Sound) -> str:
    """Return why a whole book is refused; empty where it is not."""
    if not read.lines:
        return "It is empty."
    if read.against:
        return read.against
    if read.carrier != sound.profile.carrier:
        return "Its first line names another carrier."
    if read.as_of is None or read.as_of > sound.today:
        return "It is of a day that has not come."
    return "" if read.counted == read.lines - 3 else "Its last line counts other than its lines."


def _cents(cents: int | None) -> str:
    return "" if cents is None else f"{cents // 100}.{cents % 100:02d}"


def _row_text(row: BookRow) -> tuple[str, ...]:
    names = ("" if each is None else each.reveal() for each in (row.last_name, row.first_name))
    took = "" if row.is_effectuated is None else "Y" if row.is_effectuated else "N"
    return (
        *(row.policy, row.subscriber, row.member, "Y" if row.is_subscriber else "N", row.plan or ""),
        *(day_of(row.begin), day_of(row.end), _cents(row.premium_cents), _cents(row.aptc_cents), took),
        *names,
        day_of(row.born),
    )


def _normal(line: str) -> tuple[str, ...]:
    fields = line.split("|")
    for at in (7, 8):
        if fields[at]:
            whole, _, part = fields[at].partition(".")
            fields[at] = f"{int(whole)}.{part}"
    return tuple(fields)
