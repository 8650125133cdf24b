"""What a bank writes when it takes payments back: a file in NACHA's format, from the format's description alone."""

from __future__ import annotations

from datetime import date

_OUR_BANK = "09140060"
_THEIR_BANK = "09100001"
_COMPANY = "1234567890"
_EXCHANGE = "BULKHEAD EXCHANGE"
_CORRECTED = {"C01": "987654321", "C05": "37"}
"""What is right of an account, by the code: its number, or that debits of it are of a savings account."""


def return_file(
    *, identification: str, cents: int, code: str, made_on: date, settled_on: date, number: int
) -> bytes:
    """Return a file that says that one debit came back, or, with a code that begins with C, that the account it was
    taken from is another; ``number`` tells files of a day apart, from 1.
    """
    change = code.startswith("C")
    kind, entry_class = ("98", "COR") if change else ("99", "WEB")
    corrected = _CORRECTED.get(code, "")
    trace = f"{_THEIR_BANK}{number:07}"
    day, settled = made_on.strftime("%y%m%d"), settled_on.strftime("%j")
    sums = f"{int(_OUR_BANK):010}{cents:012}{0:012}"
    records = [
        f"101 {_OUR_BANK}6 {_THEIR_BANK}9{day}0615{_modifier(number)}094101{'FIRST BANK':23}{_EXCHANGE:23}{'':8}",
        f"5225{_EXCHANGE[:16]:16}{'':20}{_COMPANY}{entry_class}PREMIUM   {'':6}{day}{settled}1{_THEIR_BANK}0000001",
        f"626{_OUR_BANK}6{'123456789':17}{cents:010}{identification:15}{'A MEMBER':22}  1{trace}",
        f"7{kind}{code}{_OUR_BANK}0000001{'':6}{_THEIR_BANK}{corrected:44}{trace}",
        f"8225000002{sums}{_COMPANY}{'':25}{_THEIR_BANK}0000001",
        f"900000100000100000002{sums}{'':39}",
    ]
    return "".join(f"{record}\n" for record in [*records, *["9" * 94] * (10 - len(records))]).encode("ascii")


def _modifier(number: int) -> str:
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[number - 1]
