"""What can be wrong with a check of a lockbox file of the Bank Administration Institute, besides what can be wrong with
any row (PAY-3).
"""

from __future__ import annotations

from typing import Final

from payments.domain.lockbox_faults import Fault
from payments.domain.payments import EARLIEST_DATE

NOT_ASCII: Final = Fault("row", "suspense", "has bytes that are not printable ASCII")
NO_CENTS: Final = Fault("amount", "refused", "must be 10 digits, in cents without a point (places 8 to 17)")
POSTMARK_AS_SIX_DIGITS: Final = Fault(
    "postmarked",
    "suspense",
    f"must be a date such as 160104, from {EARLIEST_DATE} to the deposit date, 000000 or blank (places 47 to 52)",
)
TWO_ACCOUNTS: Final = Fault("account", "suspense", "must be one: overflow records name several")
KEYED_NAMES: Final = Fault("names", "noted", "must be one invoice (I) or selection (S), by its id", "INV-5")
OVERFLOW: Final = Fault(
    "overflow",
    "noted",
    "must have its check's batch and item numbers, 0 or 9 at place 11, and A, I, S or a blank at place 12",
)
OVERFLOW_ENDS: Final = Fault(
    "overflow", "noted", "must be followed by another, as place 11 says, or have 9 there"
)
