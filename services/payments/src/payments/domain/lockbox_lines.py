"""The lines of a lockbox file, whatever noise is around and inside them.

No noise: a byte-order mark, blank lines anywhere, line ends of any kind, Ctrl-Z, padding with blanks or NULs.
"""

from __future__ import annotations

import csv
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bulkhead.kernel.errors import BulkheadError

PADDING: Final = string.whitespace + "\0\x1a\ufeff\xa0"
"""What may stand around any field and means nothing."""

_TWO_BYTES_A_LETTER = re.compile(rb"\xff\xfe|\xfe\xff|(?:[^\0]\0){4}|(?:\0[^\0]){4}", re.DOTALL)
_A_LINE = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_END_OF_FILE = "\x1a"
_LAST_LINE = re.compile(r'"?total"?\s*,[^,]*,[^,\x1a]*[0-9]"?')


class BrokenFrame(BulkheadError):
    """A file is not a whole lockbox file: nothing of it is taken. ``problem`` says what is wrong, without
    values.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line that is not blank. ``number`` counts from 1 as in the file; ``legible``: all of it is UTF-8."""

    number: int
    text: str
    legible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The fields of a line without their padding; ``sound`` where its quotes match up."""

    values: tuple[str, ...]
    sound: bool


def lines_of(content: bytes) -> Iterator[Line]:
    """Return the lines that are not blank, one after the other. Raises `BrokenFrame` for two bytes a letter."""
    if _TWO_BYTES_A_LETTER.match(content):
        raise BrokenFrame("is in UTF-16, and must be in UTF-8")
    ended = False
    for number, raw in numbered_lines(content):
        if ended and raw.startswith(_END_OF_FILE.encode()):
            break  # what an old system leaves behind the end of a file is no part of it
        line = _line(number, raw.decode("utf-8", errors="replace"))
        if not line.text:
            continue
        last = _LAST_LINE.match(line.text)
        if last is not None and line.text.startswith(_END_OF_FILE, last.end()):
            yield _line(number, last[0])
            break
        yield line
        ended = last is not None


def numbered_lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Return the lines of a file, whatever they end with, one after the other and with their numbers from 1."""
    for number, line in enumerate(_A_LINE.finditer(content), start=1):
        yield number, line[1]


def _line(number: int, text: str) -> Line:
    text = text.strip(PADDING)
    is_blank = not text.strip(PADDING + ",")  # a row that a spreadsheet left empty
    return Line(number=number, text="" if is_blank else text, legible="\ufffd" not in text)


def fields_of(text: str) -> Fields:
    """Return the fields of a line; where its quotes do not match up, what stands between its commas."""
    try:
        [values] = csv.reader([text], strict=True, skipinitialspace=True)
    except (csv.Error, ValueError):
        return Fields(values=tuple(_bare(value) for value in text.split(",")), sound=False)
    return Fields(values=tuple(value.strip(PADDING) for value in values), sound=True)


def _bare(value: str) -> str:
    value = value.strip(PADDING)
    quoted = len(value) > 1 and value.startswith('"') and value.endswith('"')
    return value[1:-1].strip(PADDING) if quoted else value


def without_empty_end(values: tuple[str, ...], *, width: int) -> tuple[str, ...]:
    """Return the fields without those empty ones at the end that a spreadsheet adds beyond the width."""
    beyond = len(values)
    while beyond > width and not values[beyond - 1]:
        beyond -= 1
    return values[:beyond]
