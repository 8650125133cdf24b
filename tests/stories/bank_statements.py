"""What a bank writes of the trust account: a statement of a day, in BAI2 or in camt.053, from the formats alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

ACCOUNT = "000123456789"
_BANK = "091000019"


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """What the bank booked: ``cents`` above zero came to the account. ``called`` is the reference it came with."""

    cents: int
    called: str = ""


def bai2(booked: Sequence[Booked], *, day: date, opening: int) -> bytes:
    """Return a file of one day in BAI2."""
    on = day.strftime("%y%m%d")
    closing = opening + sum(each.cents for each in booked)
    total = opening + closing + sum(abs(each.cents) for each in booked)
    details = [
        f"16,{'175' if each.cents > 0 else '475'},{abs(each.cents)},Z,,{each.called},/" for each in booked
    ]
    count = len(details) + 2
    lines = [
        f"01,{_BANK},BULKHEAD,{on},2300,1,,,2/",
        f"02,BULKHEAD,{_BANK},1,{on},,USD,2/",
        f"03,{ACCOUNT},USD,010,{opening},,,015,{closing},,/",
        *details,
        f"49,{total},{count}/",
        f"98,{total},1,{count + 2}/",
        f"99,{total},1,{count + 4}/",
    ]
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def camt(booked: Sequence[Booked], *, day: date, opening: int) -> bytes:
    """Return a file of one day in camt.053."""
    closing = opening + sum(each.cents for each in booked)
    entries = "".join(
        f"<Ntry>{_amount(each.cents)}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><NtryDtls><TxDtls><Refs>"
        f"<EndToEndId>{each.called or 'NOTPROVIDED'}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>\n"
        for each in booked
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>\n'
        f"<GrpHdr><MsgId>{day}</MsgId><CreDtTm>{day}T23:00:00</CreDtTm></GrpHdr>\n"
        f"<Stmt><Id>{day}</Id><Acct><Id><Othr><Id>{ACCOUNT}</Id></Othr></Id></Acct>\n"
        f"{_balance('OPBD', opening, day)}{_balance('CLBD', closing, day)}{entries}"
        "</Stmt></BkToCstmrStmt></Document>\n"
    ).encode()


def _balance(kind: str, cents: int, day: date) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{_amount(cents)}<Dt><Dt>{day}</Dt></Dt></Bal>\n"
    )


def _amount(cents: int) -> str:
    side = "DBIT" if cents < 0 else "CRDT"
    return f'<Amt Ccy="USD">{abs(cents) // 100}.{abs(cents) % 100:02}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
