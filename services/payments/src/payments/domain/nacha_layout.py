"""The records of a NACHA file, field by field (NACHA Operating Rules, "ACH Record Format Specifications").

Places count from 1, as the rules count them. What is never read of a record (names, account numbers) is no field here,
but what a notification of change corrects: it is read to be passed on, and kept in the stored file alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

RECORD_LENGTH: Final = 94
RECORDS_A_BLOCK: Final = 10
FILLER: Final = "9" * RECORD_LENGTH
"""What fills the last block of a file."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record: where it stands, and what it must be, as a pattern and in words."""

    name: str
    first: int
    last: int
    pattern: str
    must: str

    def of(self, record: str) -> str:
        """Return what stands there, blanks and all."""
        return record[self.first - 1 : self.last]

    def is_met(self, record: str) -> bool:
        """Whether what stands there is what it must be."""
        return re.fullmatch(self.pattern, self.of(record)) is not None


def _digits(name: str, first: int, last: int) -> Field:
    length = last - first + 1
    return Field(name, first, last, rf"[0-9]{{{length}}}", f"must be {length} digits")


def _always(name: str, first: int, last: int, value: str) -> Field:
    return Field(name, first, last, re.escape(value), f"must be {value}")


def _day(name: str, first: int, last: int) -> Field:
    return Field(name, first, last, r"[0-9]{6}| {6}", "must be a date such as 160104, or blank")


CREATED_ON: Final = Field("creation date", 24, 29, r"[0-9]{6}", "must be a date such as 160104")
ORIGIN: Final = Field("immediate origin", 14, 23, r"[ -~]*[!-~][ -~]*", "must say who sends the file")
MODIFIER: Final = Field("file id modifier", 34, 34, r"[A-Z0-9]", "must be a letter or a digit")

SERVICE_CLASS: Final = Field("service class", 2, 4, r"200|220|225", "must be 200, 220 or 225")
COMPANY: Final = Field("company identification", 41, 50, r".{10}", "may be anything")
ENTRY_CLASS: Final = Field("standard entry class", 51, 53, r"[A-Z]{3}", "must be three letters, such as WEB")
SETTLED_ON: Final = Field(
    "settlement date",
    76,
    78,
    r"00[1-9]|0[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-6]| {3}",
    "must be a day of the year, 001 to 366, or blank",
)
BANK: Final = _digits("originating bank", 80, 87)
BATCH: Final = _digits("batch number", 88, 94)

TRANSACTION: Final = _digits("transaction code", 2, 3)
RECEIVING_BANK: Final = _digits("receiving bank", 4, 11)
AMOUNT: Final = _digits("amount", 30, 39)
IDENTIFICATION: Final = Field("individual identification number", 40, 54, r".{15}", "may be anything")
HAS_ADDENDA: Final = Field("addenda record indicator", 79, 79, r"[01]", "must be 0 or 1")
TRACE: Final = _digits("trace number", 80, 94)

ADDENDA_TYPE: Final = _digits("addenda type code", 2, 3)
REASON: Final = Field("reason code", 4, 6, r"[RC][0-9]{2}", "must be R and two digits, or C and two digits")
ORIGINAL_TRACE: Final = _digits("original trace number", 7, 21)

CORRECTED: Final = Field("corrected data", 36, 64, r"[ -~]{29}", "may be anything")

BATCH_COUNT: Final = _digits("entry and addenda count", 5, 10)
BATCH_HASH: Final = _digits("entry hash", 11, 20)
BATCH_DEBITS: Final = _digits("total of debits", 21, 32)
BATCH_CREDITS: Final = _digits("total of credits", 33, 44)
CONTROL_COMPANY: Final = Field("company identification", 45, 54, COMPANY.pattern, COMPANY.must)

FILE_BATCHES: Final = _digits("batch count", 2, 7)
FILE_BLOCKS: Final = _digits("block count", 8, 13)
FILE_COUNT: Final = _digits("entry and addenda count", 14, 21)
FILE_HASH: Final = _digits("entry hash", 22, 31)
FILE_DEBITS: Final = _digits("total of debits", 32, 43)
FILE_CREDITS: Final = _digits("total of credits", 44, 55)

FILE_HEADER: Final = "1"
BATCH_HEADER: Final = "5"
ENTRY: Final = "6"
ADDENDA: Final = "7"
BATCH_CONTROL: Final = "8"
FILE_CONTROL: Final = "9"

LAYOUTS: Final[Mapping[str, tuple[Field, ...]]] = {
    FILE_HEADER: (
        _always("priority code", 2, 3, "01"),
        ORIGIN,
        CREATED_ON,
        Field(
            "creation time",
            30,
            33,
            r"([01][0-9]|2[0-3])[0-5][0-9]| {4}",
            "must be a time such as 0615, or blank",
        ),
        MODIFIER,
        _always("record size", 35, 37, "094"),
        _always("blocking factor", 38, 39, "10"),
        _always("format code", 40, 40, "1"),
    ),
    BATCH_HEADER: (
        SERVICE_CLASS,
        COMPANY,
        ENTRY_CLASS,
        _day("effective entry date", 70, 75),
        SETTLED_ON,
        BANK,
        BATCH,
    ),
    ENTRY: (TRANSACTION, RECEIVING_BANK, AMOUNT, HAS_ADDENDA, TRACE),
    ADDENDA: (ADDENDA_TYPE,),
    BATCH_CONTROL: (
        SERVICE_CLASS,
        BATCH_COUNT,
        BATCH_HASH,
        BATCH_DEBITS,
        BATCH_CREDITS,
        CONTROL_COMPANY,
        BANK,
        BATCH,
    ),
    FILE_CONTROL: (FILE_BATCHES, FILE_BLOCKS, FILE_COUNT, FILE_HASH, FILE_DEBITS, FILE_CREDITS),
}
"""By the type of a record, its first character, the fields that its file stands or falls with."""

ENTRY_CLASSES_READ: Final = ("CCD", "COR", "PPD", "TEL", "WEB")
"""Classes whose entries are read. Debits of ours are of CCD, PPD, TEL or WEB, and so are their returns; COR is that of
notifications of change. In the others' entries account numbers, checks' numbers or names stand in the same places.
"""

RETURN_ADDENDA: Final = "99"
CHANGE_ADDENDA: Final = "98"
