"""What can be wrong with a row of a lockbox file, and what becomes of the row (PAY-3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.money import format_cents
from payments.domain.payments import EARLIEST_DATE, LARGEST_PAYMENT_CENTS

LONGEST_REFERENCE: Final = 64

Outcome: TypeAlias = Literal["refused", "suspense", "noted"]
"""``refused``: it is no money. ``suspense``: whose it is or when it came is in doubt. ``noted``: neither is, and
its household is credited."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a row can be wrong."""

    field: str
    outcome: Outcome
    says: str
    rule: str = "PAY-3"


NO_AMOUNT: Final = Fault("amount", "refused", "must be an amount with two decimals, such as 500.00")
NO_MONEY: Final = Fault("amount", "refused", "must be above 0.00")
NOT_BORNE_OUT: Final = Fault(
    "amount", "refused", "does not stand where it belongs, and the file's total does not bear it out"
)
BEYOND_BELIEF: Final = Fault(
    "amount", "suspense", f"is more than the {format_cents(LARGEST_PAYMENT_CENTS)} of one payment"
)
MISPLACED: Final = Fault("amount", "suspense", "does not stand where it belongs")
NOT_UTF_8: Final = Fault("row", "suspense", "has bytes that are not UTF-8")
RECEIVED: Final = Fault(
    "received", "suspense", f"must be a date such as 2016-01-04, from {EARLIEST_DATE} to the deposit date"
)
POSTMARKED: Final = Fault(
    "postmarked", "suspense", f"must be a date such as 2016-01-04, from {EARLIEST_DATE} to the deposit date"
)
ACCOUNT: Final = Fault("account", "suspense", "must be an account's id")
FIELDS: Final = Fault("row", "noted", "must have the fields of the header")
QUOTES: Final = Fault("row", "noted", "has quotes that do not match up")
INSTRUMENT: Final = Fault("instrument", "noted", "must be check or money-order", "PAY-1")
ENDLESS: Final = Fault("reference", "noted", f"must be at most {LONGEST_REFERENCE} characters", "PAY-1")
UNPRINTABLE: Final = Fault("reference", "noted", "must be printable", "PAY-1")
CARD_NUMBER: Final = Fault("reference", "noted", "looks like a card number, and none may be kept", "PAY-1")
NAMES: Final = Fault("names", "noted", "must be selection:<id> or invoice:<id>", "INV-5")
