"""The records of a lockbox file of the Bank Administration Institute, field by field.

Places count from 1. They are those that banks publish (Wells Fargo, "Wholesale Lockbox Remittance Processing, BAI File
Specification", 2007; KeyBank, "Lockbox Transmission Toolkit", 2017). From place 47 of a check and place 12 of an
overflow on each bank arranges with its customer what stands there: what does for us is said in this service's README.
What is never read (names, a payer's bank and account) is no field here: it is in the stored file alone.
"""

from __future__ import annotations

from typing import Final

from payments.domain.nacha_layout import Field

RECORD_LENGTH: Final = 80

FILE_HEADER: Final = "1"
SERVICE: Final = "2"
OVERFLOW: Final = "4"
LOCKBOX_HEADER: Final = "5"
CHECK: Final = "6"
BATCH_TOTAL: Final = "7"
LOCKBOX_TOTAL: Final = "8"
FILE_TRAILER: Final = "9"

FOLLOWS: Final = {
    "": "1",
    FILE_HEADER: "2",
    SERVICE: "59",
    LOCKBOX_HEADER: "678",
    CHECK: "467",
    OVERFLOW: "467",
    BATCH_TOTAL: "568",
    LOCKBOX_TOTAL: "259",
    FILE_TRAILER: "",
}
"""Which types of records may follow one of a type; "" before the first."""


def _digits(name: str, first: int, last: int) -> Field:
    length = last - first + 1
    return Field(name, first, last, rf"[0-9]{{{length}}}", f"must be {length} digits")


def _day(name: str, first: int) -> Field:
    return Field(name, first, first + 5, r"[0-9]{6}", "must be a date such as 160104")


CREATED_ON: Final = _day("creation date", 24)
CREATED_AT: Final = Field(
    "creation time", 30, 33, r"([01][0-9]|2[0-3])[0-5][0-9]", "must be a time such as 1730"
)
TRANSMISSION: Final = Field("reference code", 22, 31, r"[0-9]{10}| {10}", "must be 10 digits, or blank")

BATCH: Final = _digits("batch number", 2, 4)
ITEM: Final = _digits("item number", 5, 7)
LOCKBOX: Final = _digits("lockbox number", 8, 14)
DEPOSITED_ON: Final = _day("deposit date", 15)

AMOUNT: Final = _digits("check amount", 8, 17)
CHECK_NUMBER: Final = Field("check number", 37, 46, r"[ -~]{10}", "must be printable")
POSTMARK: Final = Field(
    "postmark", 47, 52, r"[0-9]{6}| {6}", "must be a date such as 160104, 000000 or blank"
)

LAST: Final = Field("overflow indicator", 11, 11, r"[09]", "must be 0 before another, 9 in the last")
KIND: Final = Field("what was keyed", 12, 12, r"[AIS ]", "must be A, I, S or blank")
VALUE: Final = Field("keyed value", 13, 76, r"[ -~]{64}", "must be printable")

BATCH_CHECKS: Final = _digits("number of checks", 21, 23)
BATCH_CENTS: Final = _digits("batch total", 24, 33)
LOCKBOX_CHECKS: Final = _digits("number of checks", 21, 24)
LOCKBOX_CENTS: Final = _digits("lockbox total", 25, 34)
FILE_RECORDS: Final = _digits("number of records", 2, 7)

FIELDS: Final = {
    FILE_HEADER: (CREATED_ON, CREATED_AT),
    SERVICE: (TRANSMISSION,),
    LOCKBOX_HEADER: (LOCKBOX, DEPOSITED_ON),
    BATCH_TOTAL: (BATCH, LOCKBOX, DEPOSITED_ON, BATCH_CHECKS, BATCH_CENTS),
    LOCKBOX_TOTAL: (LOCKBOX, DEPOSITED_ON, LOCKBOX_CHECKS, LOCKBOX_CENTS),
    FILE_TRAILER: (FILE_RECORDS,),
}
"""What of a record of the frame has to be right; of a check and its overflow each is judged by itself."""
