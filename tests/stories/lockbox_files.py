"""A lockbox file with one check in it, as a bank writes it, from the formats alone: in CSV, or in the lockbox format of
the Bank Administration Institute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.money import format_cents

COLUMNS = ("received", "postmarked", "account", "amount", "instrument", "reference")
_LOCKBOX = "0004711"
_BANK = "BULKHEAD  091000019 "
_KEYED = {"selection": "S", "invoice": "I"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: ``account`` is empty where it says none, ``names`` what its payer named, by its id."""

    received: date
    postmarked: date | None
    account: str
    cents: int
    number: int
    names: Mapping[str, str]


def csv_file(check: Check, *, day: date, number: int) -> bytes:
    """Return that day's file of a number in CSV."""
    row = [
        check.received.isoformat(),
        "" if check.postmarked is None else check.postmarked.isoformat(),
        check.account,
        format_cents(check.cents),
        "check",
        str(check.number),
        *(f"{what}:{named}" for what, named in check.names.items()),
    ]
    columns = [*COLUMNS, *("names" for _ in check.names)]
    lines = [
        f"lockbox,{day.isoformat()},{number}",
        ",".join(columns),
        ",".join(row),
        f"total,1,{format_cents(check.cents)}",
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def bai_file(check: Check, *, day: date, number: int) -> bytes:
    """Return that day's file of a number in the lockbox format; its checks were received on its day."""
    on = f"{day:%y%m%d}"
    keyed = [("A", check.account)] if check.account else []
    keyed += [(_KEYED[what], named) for what, named in check.names.items()]
    posted = "000000" if check.postmarked is None else f"{check.postmarked:%y%m%d}"
    lines = [
        f"101{_BANK}{on}1730",
        f"2{_BANK}{number:010}4000800800 1",
        f"5001001{_LOCKBOX}{on}{_BANK}",
        f"6001001{check.cents:010}0110000150009876543{check.number:010}{posted}SOMEBODY",
        *(
            f"40010016{at:02}{9 if at == len(keyed) else 0}{kind}{value}"
            for at, (kind, value) in enumerate(keyed, start=1)
        ),
        f"7001001{_LOCKBOX}{on}001{check.cents:010}",
        f"8000000{_LOCKBOX}{on}0001{check.cents:010}",
    ]
    return "".join(f"{line.ljust(80)}\n" for line in (*lines, f"9{len(lines) + 1:06}")).encode("ascii")
