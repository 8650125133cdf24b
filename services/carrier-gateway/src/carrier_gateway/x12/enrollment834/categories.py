"""The reporting categories of loop 2750 as one table, and the amounts in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

REQUEST_SUBMIT_TIMESTAMP = "REQUEST SUBMIT TIMESTAMP"
SOURCE_EXCHANGE_ID = "SOURCE EXCHANGE ID"
ADDITIONAL_REASON = "ADDL MAINT REASON"
SPECIAL_ENROLLMENT_REASON = "SEP REASON"
APPLICATION = "APPLICATION ID AND ORIGIN"
MEMBER_PREMIUM = "PRE AMT 1"
TOTAL_PREMIUM = "PRE AMT TOT"
RATING_AREA = "RATING AREA"
TAX_CREDIT = "APTC AMT"
TOTAL_RESPONSIBILITY = "TOT RES AMT"
COST_SHARING = "CSR AMT"
OTHER_PAYMENT = "OTH PAY AMT {number}"
STATE_SUBSIDY = OTHER_PAYMENT.format(number=1)

_AMOUNT = re.compile(r"(\d{1,12})(?:\.(\d{0,2}))?")
_TIMESTAMP = re.compile(r"\d{14,17}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRule:
    """How a category is written: its REF qualifier, what its value is, if it is dated, whose it is."""

    qualifier: str
    value: Literal["amount", "timestamp", "text"]
    dated: Literal["yes", "no", "may-be"]
    subscriber_only: bool = False


CATEGORIES: dict[str, CategoryRule] = {
    REQUEST_SUBMIT_TIMESTAMP: CategoryRule(qualifier="17", value="timestamp", dated="no"),
    SOURCE_EXCHANGE_ID: CategoryRule(qualifier="17", value="text", dated="may-be"),
    ADDITIONAL_REASON: CategoryRule(qualifier="17", value="text", dated="may-be"),
    SPECIAL_ENROLLMENT_REASON: CategoryRule(qualifier="17", value="text", dated="may-be"),
    APPLICATION: CategoryRule(qualifier="6M", value="text", dated="may-be"),
    MEMBER_PREMIUM: CategoryRule(qualifier="9X", value="amount", dated="yes"),
    TOTAL_PREMIUM: CategoryRule(qualifier="9X", value="amount", dated="yes", subscriber_only=True),
    RATING_AREA: CategoryRule(qualifier="9X", value="text", dated="yes", subscriber_only=True),
    TAX_CREDIT: CategoryRule(qualifier="9V", value="amount", dated="yes", subscriber_only=True),
    TOTAL_RESPONSIBILITY: CategoryRule(qualifier="9V", value="amount", dated="yes", subscriber_only=True),
    COST_SHARING: CategoryRule(qualifier="9V", value="amount", dated="yes", subscriber_only=True),
    **{
        OTHER_PAYMENT.format(number=number): CategoryRule(
            qualifier="9V", value="amount", dated="yes", subscriber_only=True
        )
        for number in range(1, 10)
    },
}


def is_other_payment(name: str) -> bool:
    """Whether a category is a payment by someone else than the subscriber and the federal tax credit."""
    return name.startswith("OTH PAY AMT ")


def is_timestamp(text: str) -> bool:
    """Whether the text is an instant of 14 to 17 digits, CCYYMMDDHHMMSS and parts of a second."""
    return text.isascii() and _TIMESTAMP.fullmatch(text) is not None


def amount_cents(text: str) -> int | None:
    """Return the cents of an amount with or without a decimal point; None where it is no amount."""
    match = _AMOUNT.fullmatch(text) if text.isascii() else None
    if match is None:
        return None
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
