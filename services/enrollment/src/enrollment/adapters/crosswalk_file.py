"""A crosswalk as staff keeps it: a CSV file, its faults named by line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import cast, get_args

from bulkhead.kernel.errors import BulkheadError
from enrollment.domain.crosswalk import CrosswalkEntry, CrosswalkFault
from enrollment.domain.plans import Because

COLUMNS = ("plan", "next_plan", "because")


class BrokenCrosswalkFile(BulkheadError):
    """A crosswalk file cannot be taken; the message has a line for each fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrosswalkFile:
    """What a file says: its entries, and the line of each."""

    entries: list[CrosswalkEntry]
    lines: list[int]

    def by_line(self, faults: Sequence[CrosswalkFault]) -> BrokenCrosswalkFile:
        """Return the faults of entries as those of the file's lines."""
        return BrokenCrosswalkFile(
            "\n".join(f"line {self.lines[each.entry]}: {each.field} {each.problem}" for each in faults)
        )


def read_crosswalk(data: bytes, *, year: int) -> CrosswalkFile:
    """Return what a file with the columns ``plan,next_plan,because`` says; a blank line says nothing.

    Raises `BrokenCrosswalkFile`.
    """
    rows = list(_rows(_text(data)))
    if not rows or tuple(rows[0][1]) != COLUMNS:
        raise BrokenCrosswalkFile(f"line {rows[0][0] if rows else 1}: must be {','.join(COLUMNS)}")
    faults: list[str] = []
    read = CrosswalkFile(entries=[], lines=[])
    for line, values in rows[1:]:
        if len(values) != len(COLUMNS) or not values[0]:
            faults.append(f"line {line}: must have a plan, a next plan or nothing, and why")
        elif values[2] not in get_args(Because):
            faults.append(f"line {line}: because must be one of {', '.join(get_args(Because))}")
        else:
            because = cast("Because", values[2])
            read.lines.append(line)
            read.entries.append(
                CrosswalkEntry(plan_year=year, plan=values[0], next_plan=values[1] or None, because=because)
            )
    if not rows[1:]:
        faults.append(f"line {rows[0][0] + 1}: there is no entry")
    if faults:
        raise BrokenCrosswalkFile("\n".join(faults))
    return read


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BrokenCrosswalkFile(
            f"line {line}: has a character that is not UTF-8: save the file as UTF-8 (a spreadsheet has CSV UTF-8), or "
            "convert it, such as with iconv -f LATIN1 -t UTF-8"
        ) from error


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the values of each line that is not blank, with the line at which they end."""
    reader = csv.reader(StringIO(text, newline=""))
    try:
        for row in reader:
            values = [each.strip() for each in row]
            if any(values):
                yield reader.line_num, values
    except csv.Error as error:
        raise BrokenCrosswalkFile(f"line {reader.line_num}: is not CSV: {error}") from error
