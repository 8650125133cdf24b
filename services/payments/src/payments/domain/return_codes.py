"""What a bank says with a return's code, and what that makes of the payment (PAY-5, PAY-8).

The codes and their meaning: NACHA Operating Rules, Appendix Four, "Table of Return Reason Codes"; those of
notifications of change: Appendix Five. What becomes of the payment and of autopay is **chosen**.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from payments.domain.events import EndedBecause, ReturnKind


@dataclass(frozen=True, slots=True)
class ReturnCode:
    """A code: what it means, what kind of return it makes, and why autopay from that account ends, None where it goes
    on.
    """

    means: str
    kind: ReturnKind = "other"
    ends_autopay: EndedBecause | None = None


def _closed(means: str) -> ReturnCode:
    return ReturnCode(means, "closed-account", "account-closed")


def _forbidden(means: str) -> ReturnCode:
    return ReturnCode(means, "other", "declined")


RETURN_CODES: Final[Mapping[str, ReturnCode]] = {
    "R01": ReturnCode("insufficient funds", "nsf"),
    "R02": _closed("account closed"),
    "R03": _closed("no account, or unable to locate it"),
    "R04": _closed("invalid account number"),
    "R05": _forbidden("unauthorized debit to a consumer's account by a corporate entry class"),
    "R06": ReturnCode("returned at the originating bank's request"),
    "R07": _forbidden("authorization revoked by the customer"),
    "R08": ReturnCode("payment stopped"),
    "R09": ReturnCode("uncollected funds", "nsf"),
    "R10": _forbidden("the customer advises that the entry was not authorized"),
    "R11": ReturnCode("the customer advises that the entry is not as it was authorized"),
    "R12": _closed("branch sold to another bank"),
    "R13": _closed("invalid routing number"),
    "R14": _forbidden("representative payee deceased or unable to continue"),
    "R15": _forbidden("beneficiary or account holder deceased"),
    "R16": _forbidden("account frozen"),
    "R17": ReturnCode("file record edit criteria"),
    "R18": ReturnCode("improper effective entry date"),
    "R19": ReturnCode("amount field error"),
    "R20": _closed("no account for such transactions"),
    "R21": ReturnCode("invalid company identification"),
    "R22": ReturnCode("invalid individual identification number"),
    "R23": ReturnCode("credit entry refused by its receiver"),
    "R24": ReturnCode("duplicate entry"),
    "R25": ReturnCode("addenda error"),
    "R26": ReturnCode("mandatory field error"),
    "R27": ReturnCode("trace number error"),
    "R28": ReturnCode("routing number check digit error"),
    "R29": _forbidden("the corporate customer advises that the entry was not authorized"),
    "R30": ReturnCode("the bank takes no part in check truncation"),
    "R31": ReturnCode("permissible return entry of a corporate debit"),
    "R32": ReturnCode("the bank cannot settle"),
    "R33": ReturnCode("return of a destroyed check entry"),
    "R34": ReturnCode("the bank's participation is limited"),
    "R35": ReturnCode("improper debit entry"),
    "R36": ReturnCode("improper credit entry"),
    "R37": ReturnCode("source document presented for payment"),
    "R38": ReturnCode("stop payment on the source document"),
    "R39": ReturnCode("improper source document, or it was presented for payment"),
    "R50": ReturnCode("state law affects acceptance of a re-presented check"),
    "R51": ReturnCode("the item of a re-presented check is ineligible"),
    "R52": ReturnCode("stop payment on the item of a re-presented check"),
    "R53": ReturnCode("item and re-presented check were both presented"),
    "R80": ReturnCode("international entry coding error"),
    "R81": ReturnCode("the bank takes no part in international entries"),
    "R82": ReturnCode("invalid foreign receiving bank"),
    "R83": ReturnCode("the foreign receiving bank cannot settle"),
    "R84": ReturnCode("entry not processed by the gateway"),
    "R85": ReturnCode("incorrectly coded outbound international payment"),
}
"""Returns of a debit or credit. Those of automated enrollment (R40 to R47) are of no payment, and not known here."""

DISPUTE_CODES: Final[Mapping[str, str]] = {
    "R61": "misrouted return",
    "R62": "return of an erroneous or reversing debit",
    "R67": "duplicate return",
    "R68": "untimely return",
    "R69": "field errors in the return",
    "R70": "permissible return not accepted, or not requested",
    "R71": "misrouted dishonored return",
    "R72": "untimely dishonored return",
    "R73": "timely original return",
    "R74": "corrected return",
    "R75": "return that was not a duplicate",
    "R76": "no errors found",
    "R77": "the dishonored return of an erroneous debit is not accepted",
}
"""R61 to R70: our bank dishonors a return, so that its money comes again. R71 to R77: the other bank contests that, so
that it goes once more.
"""

COMES_AGAIN: Final = frozenset({"R61", "R68", "R69", "R70"})
"""Our bank does not accept the one return there was of a debit: its money is ours again. Not so certain are R62 and
R67, which are about one of two debits, or of two returns, and do not say of which.
"""

GOES_AGAIN: Final = frozenset({"R71", "R72", "R73", "R74", "R76"})
"""The other bank does not accept that its one return was dishonored: the money that came again goes once more. R75 and
R77 answer what R67 and R62 say.
"""

CHANGE_CODES: Final[Mapping[str, str]] = {
    "C01": "incorrect account number",
    "C02": "incorrect routing number",
    "C03": "incorrect routing number and account number",
    "C04": "incorrect individual name",
    "C05": "incorrect transaction code",
    "C06": "incorrect account number and transaction code",
    "C07": "incorrect routing number, account number and transaction code",
    "C08": "incorrect receiving bank of an international entry",
    "C09": "incorrect individual identification number",
    "C10": "incorrect company name",
    "C11": "incorrect company identification",
    "C12": "incorrect company name and company identification",
    "C13": "addenda format error",
    "C14": "incorrect entry class of an outbound international payment",
}
"""Notifications of change: the money came, and the next entry is to be made otherwise."""

ACCOUNT_CODES: Final = frozenset({"C01", "C02", "C03", "C05", "C06", "C07"})
"""What is wrong about the payer's account itself: its number, its bank, what kind it is. The others are about names and
what the originator writes, which no payment of ours has wrong by its payer.
"""


def means(code: str) -> str | None:
    """Return what a code says, None for one that is not known."""
    known = RETURN_CODES.get(code)
    return known.means if known is not None else DISPUTE_CODES.get(code) or CHANGE_CODES.get(code)
