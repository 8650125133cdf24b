"""A crosswalk as staff keeps it: a CSV file, its faults named by line."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from typing import cast, get_args

from bulkhead.kernel.errors import BulkheadError
from enrollment.domain.crosswalk import CrosswalkEntry, CrosswalkFault
from enrollment.domain.plans import Because

COLUMNS = ("plan", "next_plan", "because")


class BrokenCrosswalkFile(BulkheadError):
    """A crosswalk file cannot be taken; the message has a line for each fault."""


def read_crosswalk(text: str, *, year: int) -> list[CrosswalkEntry]:
    """Return the entries of a file with the columns ``plan,next_plan,because``; raises `BrokenCrosswalkFile`."""
    rows = list(csv.reader(StringIO(text)))
    if not rows or tuple(each.strip() for each in rows[0]) != COLUMNS:
        raise BrokenCrosswalkFile(f"line 1: must be {','.join(COLUMNS)}")
    faults: list[str] = []
    entries: list[CrosswalkEntry] = []
    for line, row in enumerate(rows[1:], start=2):
        values = [each.strip() for each in row]
        if len(values) != len(COLUMNS) or not values[0]:
            faults.append(f"line {line}: must have a plan, a next plan or nothing, and why")
        elif values[2] not in get_args(Because):
            faults.append(f"line {line}: because must be one of {', '.join(get_args(Because))}")
        else:
            because = cast("Because", values[2])
            entries.append(
                CrosswalkEntry(plan_year=year, plan=values[0], next_plan=values[1] or None, because=because)
            )
    if not rows[1:]:
        faults.append("line 2: there is no entry")
    if faults:
        raise BrokenCrosswalkFile("\n".join(faults))
    return entries


def by_line(faults: Sequence[CrosswalkFault]) -> BrokenCrosswalkFile:
    """Return the faults of entries as those of the file's lines: the first entry is on line 2."""
    return BrokenCrosswalkFile(
        "\n".join(f"line {each.entry + 2}: {each.field} {each.problem}" for each in faults)
    )
