"""Writes statements as a bank does, from the formats alone: it shares nothing with what reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ACCOUNT = "00123456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry: ``cents`` above zero came to the account, below left it."""

    cents: int
    reference: str = ""
    bank_reference: str = ""
    text: str = ""
    code: str = ""
    on: str = ""
    status: str = "BOOK"

    @property
    def kind(self) -> str:
        """Its type in BAI2."""
        return self.code or ("175" if self.cents > 0 else "475")


def bai2_lines(
    *lines: Line, day: str = "160104", opening: int = 0, closing: int | None = None, account: str = ACCOUNT
) -> list[str]:
    """Return the lines of a whole file of one day and account; ``closing`` is right unless given."""
    end = opening + sum(each.cents for each in lines) if closing is None else closing
    header = f"03,{account},USD,010,{opening},,,015,{end},,/"
    details = [
        f"16,{each.kind},{abs(each.cents)},Z,{each.bank_reference},{each.reference},{each.text or '/'}"
        for each in lines
    ]
    total = opening + end + sum(abs(each.cents) for each in lines)
    records = len(details) + 2
    return [
        f"01,091000019,BULKHEAD,{day},0600,1,,,2/",
        f"02,BULKHEAD,091000019,1,{day},,USD,2/",
        header,
        *details,
        f"49,{total},{records}/",
        f"98,{total},1,{records + 2}/",
        f"99,{total},1,{records + 4}/",
    ]


def bai2(*lines: Line, day: str = "160104", opening: int = 0, closing: int | None = None) -> bytes:
    """Return a whole file of one day."""
    return written(bai2_lines(*lines, day=day, opening=opening, closing=closing))


def written(lines: Sequence[str], *, end: str = "\n") -> bytes:
    """Return the file that these lines are."""
    return "".join(f"{each}{end}" for each in lines).encode()


def amount(cents: int) -> str:
    """Return an amount as XML has it."""
    return f"{abs(cents) // 100}.{abs(cents) % 100:02}"


def side(cents: int) -> str:
    """Return whether that is a credit or a debit."""
    return "DBIT" if cents < 0 else "CRDT"


def camt(
    *lines: Line,
    day: str = "2016-01-04",
    opening: int = 0,
    closing: int | None = None,
    version: str = "08",
    before: str = "",
    summary: str = "",
    number: str = "S-1",
    account: str = ACCOUNT,
    currency: str = "USD",
) -> bytes:
    """Return a whole file of one day. ``before`` stands before the document, ``summary`` among its entries' sums."""
    end = opening + sum(each.cents for each in lines if each.status == "BOOK") if closing is None else closing
    entries = "".join(_entry(each, day=day, version=version) for each in lines)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
{before}<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">
<BkToCstmrStmt><GrpHdr><MsgId>M-1</MsgId><CreDtTm>{day}T23:00:00</CreDtTm></GrpHdr>
<Stmt><Id>{number}</Id><CreDtTm>{day}T23:00:00</CreDtTm>
<Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>{currency}</Ccy></Acct>
{_balance("OPBD", opening, day)}
{_balance("CLBD", end, day)}
{summary}{entries}</Stmt></BkToCstmrStmt></Document>
""".encode()


def several(first: bytes, *others: bytes) -> bytes:
    """Return the file of the first with the statements of the others in it."""
    found = [each.partition(b"<Stmt>")[2].partition(b"</Stmt>")[0] for each in others]
    return first.replace(
        b"</Stmt></BkToCstmrStmt>",
        b"</Stmt>" + b"".join(b"<Stmt>" + each + b"</Stmt>" for each in found) + b"</BkToCstmrStmt>",
    )


def pages(
    *parts: Sequence[Line], day: str = "2016-01-04", opening: int = 0, message: str = "M-1"
) -> list[bytes]:
    """Return the files of a message in pages, a statement's lines on each: its opening balance is on the first, its
    closing one on the last.
    """
    lines = [line for part in parts for line in part]
    closing = opening + sum(each.cents for each in lines)
    found = list[bytes]()
    for number, part in enumerate(parts, start=1):
        data = camt(*part, day=day, opening=opening, closing=closing).decode()
        paging = f"<MsgPgntn><PgNb>{number}</PgNb><LastPgInd>{str(number == len(parts)).lower()}</LastPgInd></MsgPgntn>"
        data = data.replace("<MsgId>M-1</MsgId>", f"<MsgId>{message}</MsgId>")
        data = data.replace("</GrpHdr>", f"{paging}</GrpHdr>")
        if number > 1:
            data = data.replace(_balance("OPBD", opening, day), "")
        if number < len(parts):
            data = data.replace(_balance("CLBD", closing, day), "")
        found.append(data.encode())
    return found


def together(*files: Sequence[str]) -> list[str]:
    """Return the lines of one BAI2 file that has the groups of all of these."""
    groups = [list(each[1:-1]) for each in files]
    total = sum(int(each[-1].split(",")[1]) for each in groups)
    records = sum(len(each) for each in groups) + 2
    return [files[0][0], *(line for each in groups for line in each), f"99,{total},{len(groups)},{records}/"]


def _balance(kind: str, cents: int, day: str) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="USD">{amount(cents)}</Amt>'
        f"<CdtDbtInd>{side(cents)}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _entry(line: Line, *, day: str, version: str) -> str:
    status = f"<Sts><Cd>{line.status}</Cd></Sts>" if version >= "08" else f"<Sts>{line.status}</Sts>"
    refs = f"<Refs><EndToEndId>{line.reference or 'NOTPROVIDED'}</EndToEndId></Refs>"
    bank = f"<AcctSvcrRef>{line.bank_reference}</AcctSvcrRef>" if line.bank_reference else ""
    return (
        f'\n<Ntry><Amt Ccy="USD">{amount(line.cents)}</Amt><CdtDbtInd>{side(line.cents)}</CdtDbtInd>{status}'
        f"<BookgDt><Dt>{line.on or day}</Dt></BookgDt>{bank}"
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls><TxDtls>{refs}<RmtInf><Ustrd>{line.text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )
