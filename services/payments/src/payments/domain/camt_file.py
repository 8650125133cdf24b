"""Reads a bank's statement in camt.053, the bank-to-customer statement of ISO 20022, of any version from 001.02 on: the
file whole or not at all (PAY-13).

The XML is read by expat, which the standard library brings. A document type is refused, so no entity is ever declared
and nothing is fetched; size and depth have limits. The names of elements are the message's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from xml.parsers import expat

from bulkhead.kernel.calendar import local_date
from payments.domain.bank_file import (
    CURRENCY,
    LARGEST_CENTS,
    BankFileContents,
    StatementEntry,
    as_reference,
    bounded,
    not_the_trusts,
    out_of_time,
    problem,
)
from payments.domain.bank_pages import BankPage, StatementPart, joined
from payments.domain.files_in import NotWhole, RowProblem

NAMESPACE: Final = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(0[2-9]|[1-9][0-9])")
MOST_DEPTH: Final = 40
OPENINGS: Final = ("OPBD", "PRCD")
"""Types of opening balances: of this statement, else what the one before it closed with."""
CLOSING: Final = "CLBD"
MOST_PAGES: Final = 1000
_INDICATORS: Final = {"true": True, "1": True, "false": False, "0": False}
BOOKED: Final = "BOOK"
NOT_PROVIDED: Final = "NOTPROVIDED"
"""What stands for a reference where its payer gave none."""

_AMOUNT: Final = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,5}))?")


@dataclass(slots=True)
class _Element:
    """One element: its name without its namespace, where it begins, and what is in it."""

    name: str
    line: int
    attributes: dict[str, str]
    text: str = ""
    children: list[_Element] = field(default_factory=list["_Element"])

    def all(self, name: str) -> list[_Element]:
        """Return its children of a name."""
        return [each for each in self.children if each.name == name]

    def one(self, *path: str) -> _Element | None:
        """Return the first element on a path of names below it, or None."""
        found: _Element | None = self
        for name in path:
            found = None if found is None else next(iter(found.all(name)), None)
        return found

    def says(self, *path: str) -> str:
        """Return the text of the first element on a path; empty where there is none."""
        found = self.one(*path)
        return "" if found is None else found.text.strip()


class _Faults(list[RowProblem]):
    """What is wrong with a file."""

    def note(self, element: _Element, what: str, says: str) -> None:
        self.append(problem(element.line, what, says))

    def amount(self, of: _Element, *path: str) -> int:
        """Return the cents of the amount ``Amt`` on a path; 0, noted, where that is none."""
        found = of.one(*path, "Amt")
        cents = None if found is None else _cents(found.text.strip())
        if found is None or cents is None:
            self.note(of if found is None else found, f"{of.name}/Amt", "must be an amount such as 500.00")
            return 0
        if found.attributes.get("Ccy") != CURRENCY:
            self.note(found, f"{of.name}/Amt/@Ccy", f"must be {CURRENCY}")
        return cents

    def signed(self, of: _Element) -> int:
        """Return an amount with its sign; a missing indicator is noted."""
        cents = self.amount(of)
        match of.says("CdtDbtInd"):
            case "CRDT":
                return cents
            case "DBIT":
                return -cents
            case _:
                self.note(of, f"{of.name}/CdtDbtInd", "must be CRDT or DBIT")
                return 0

    def day(self, of: _Element, name: str) -> date | None:
        """Return the day in an element that has a date or an instant; None where there is none, noted where it cannot
        be read.
        """
        found = of.one(name, "Dt") or of.one(name, "DtTm")
        if found is None:
            return None
        try:
            return _day(found.text.strip())
        except (ValueError, OverflowError):  # the first day there is, in a zone ahead of ours, is before it
            self.note(found, f"{of.name}/{name}", "must be a date such as 2016-01-04")
            return None


def is_camt(content: bytes) -> bool:
    """Whether a file begins as XML does."""
    return content.lstrip(b"\xef\xbb\xbf \r\n\t\0").startswith(b"<")


def read_camt(content: bytes, *, today: date, trust: str | None = None) -> BankFileContents | BankPage:
    """Return what a file says of accounts that may be the ``trust`` account, all where nobody says which it is: a
    message, or a page of one. The day of no statement may be after tomorrow. Entries that are not booked yet are passed
    over, and what is of other accounts or in another currency than dollars.

    Raises `NotWhole` where it is no camt.053, has a document type, where of such an account an amount, a date or a
    balance cannot be read, a sum or a count is not right, or a statement is one page of several in the same message.
    """
    root, namespace = _parsed(content)
    faults, passed_over = _Faults(), list[RowProblem]()
    if root.name != "Document" or NAMESPACE.fullmatch(namespace) is None:
        says = "must be a Document of camt.053.001.02 or later"
        raise NotWhole([problem(root.line, "document", says)])
    message = root.one("BkToCstmrStmt")
    found = [] if message is None else message.all("Stmt")
    page = None if message is None else _page(message, faults)
    if faults:
        raise NotWhole(faults)
    if not found:
        faults.note(root, "BkToCstmrStmt/Stmt", "must be there")
    parts = list[StatementPart]()
    for each in found:
        account = each.says("Acct", "Id", "IBAN") or each.says("Acct", "Id", "Othr", "Id")
        why = not_the_trusts(each.line, account=account, currency=_currency(each), trust=trust)
        if why is None:
            parts.append(_part(each, faults, account=account, paged=page is not None, today=today))
        else:
            passed_over.append(why)
    if faults:
        raise NotWhole(faults)
    whole = BankPage(
        message="" if page is None else page[0],
        number=1 if page is None else page[1],
        last=page is None or page[2],
        parts=tuple(parts),
        passed_over=bounded(passed_over),
    )
    return joined([whole]) if page is None else whole


def _page(message: _Element, faults: _Faults) -> tuple[str, int, bool] | None:
    """Return of a message in several files which it is, which page this is, and whether it is the last; None of one in
    one file.
    """
    paged = message.one("GrpHdr", "MsgPgntn")
    if paged is None:
        return None
    called, number = message.says("GrpHdr", "MsgId"), paged.says("PgNb")
    last = _INDICATORS.get(paged.says("LastPgInd"))
    if not re.fullmatch(r"[0-9]{1,5}", number) or not 1 <= int(number) <= MOST_PAGES:
        faults.note(paged, "MsgPgntn/PgNb", f"must be a number from 1 to {MOST_PAGES}")
        return None
    if last is None:
        faults.note(paged, "MsgPgntn/LastPgInd", "must be true or false")
        return None
    if int(number) == 1 and last:
        return None
    if not called:
        faults.note(message, "GrpHdr/MsgId", "must be there: it says which message a page is of")
    return called, int(number), last


def _currency(statement: _Element) -> str:
    """Return the currency of a statement: its account's, else that of its balances; empty where nothing says it."""
    said = statement.says("Acct", "Ccy")
    amounts = (each.one("Amt") for each in statement.all("Bal"))
    return said or next((each.attributes.get("Ccy", "") for each in amounts if each is not None), "")


def _parsed(content: bytes) -> tuple[_Element, str]:
    """Return the outermost element and its namespace; raises `NotWhole` for what is not well-formed, has a document
    type or is too deep.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    top = _Element("", 1, {})
    inside = [top]
    namespaces = list[str]()

    def begin(name: str, attributes: dict[str, str]) -> None:
        if len(inside) > MOST_DEPTH:
            raise NotWhole([problem(parser.CurrentLineNumber, "document", "must not be so deep")])
        namespace, _, local = name.rpartition(" ")
        namespaces.append(namespace) if not namespaces else None
        element = _Element(local, parser.CurrentLineNumber, attributes)
        inside[-1].children.append(element)
        inside.append(element)

    def end(_name: str) -> None:
        inside.pop()

    def text(data: str) -> None:
        inside[-1].text += data

    def refuse(*_anything: object) -> None:
        says = "must have no document type: nothing of it may be declared or fetched"
        raise NotWhole([problem(parser.CurrentLineNumber, "document type", says)])

    parser.buffer_text = True
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content.strip(b"\0\x1a"), True)
    except expat.ExpatError as error:
        says = f"must be well-formed XML: {expat.ErrorString(error.code)} at column {error.offset + 1}"
        raise NotWhole([problem(error.lineno, "document", says)]) from error
    except (LookupError, ValueError) as error:  # an encoding that nobody has, or of several bytes a letter
        raise NotWhole([problem(1, "document", "must be in UTF-8, or say another encoding")]) from error
    return top.children[0], namespaces[0]


def _part(element: _Element, faults: _Faults, *, account: str, paged: bool, today: date) -> StatementPart:
    """Return what is said of an account and a day; what cannot be read is noted. A page may lack balances."""
    if not paged and (
        element.says("StmtPgntn", "LastPgInd") in ("false", "0")
        or element.says("StmtPgntn", "PgNb") not in ("", "1")
    ):
        faults.note(element, "Stmt/StmtPgntn", "must be a statement whole, not a page of one")
    if not account:
        faults.note(element, "Stmt/Acct/Id", "must be there")
    opening, _ = _balance(element, faults, *OPENINGS, needed=not paged)
    closing, day = _balance(element, faults, CLOSING, needed=not paged)
    if day is not None and out_of_time(day, today=today):
        faults.note(element, f"Bal {CLOSING}/Dt", "must be a date from 2000-01-01 to tomorrow")
    booked = [each for each in element.all("Ntry") if _status(each) == BOOKED]
    entries = [_entry(each, faults, day=day, paged=paged, today=today) for each in booked]
    if not paged:  # a summary may be of the page, or of all pages
        _check_sums(element, booked, faults)
    return StatementPart(
        line=element.line,
        account=account,
        number=as_reference(element.says("Id")),
        day=day,
        opening_cents=opening,
        closing_cents=closing,
        entries=tuple(entries),
    )


def _balance(element: _Element, faults: _Faults, *kinds: str, needed: bool) -> tuple[int | None, date | None]:
    """Return the balance of the first of these types that there is, and its day; None for both where there is none,
    noted where it is needed.
    """
    for kind in kinds:
        for each in element.all("Bal"):
            if each.says("Tp", "CdOrPrtry", "Cd") == kind:
                day = faults.day(each, "Dt")
                if day is None:
                    faults.note(each, f"Bal {kind}/Dt", "must be there")
                return faults.signed(each), day
    if needed:
        faults.note(element, "Stmt/Bal", f"must have a balance of type {' or '.join(kinds)}")
    return None, None


def _status(entry: _Element) -> str:
    """Return an entry's status: a code of its own element from version 08 on."""
    return entry.says("Sts", "Cd") or entry.says("Sts")


def _entry(
    element: _Element, faults: _Faults, *, day: date | None, paged: bool, today: date
) -> StatementEntry:
    signed = faults.signed(element)
    booked_on = faults.day(element, "BookgDt")
    if paged and booked_on is None and day is None:
        faults.note(element, "Ntry/BookgDt", "must be there on a page that has no balance of its day")
    if booked_on is not None and out_of_time(booked_on, today=today):
        faults.note(element, "Ntry/BookgDt", "must be a date from 2000-01-01 to tomorrow")
    details = [each for group in element.all("NtryDtls") for each in group.all("TxDtls")]
    alone = details[0] if len(details) == 1 else None
    given = "" if alone is None else alone.says("Refs", "EndToEndId")
    return StatementEntry(
        line=element.line,
        booked_on=booked_on or day or date.min,
        direction="credit" if signed >= 0 else "debit",
        amount_cents=abs(signed),
        code=_code(element),
        reference=as_reference(element.says("NtryRef") if given in ("", NOT_PROVIDED) else given),
        bank_reference=as_reference(element.says("AcctSvcrRef")),
    )


def _code(entry: _Element) -> str | None:
    """Return what kind of entry it is: domain, family and sub-family, else the bank's own code."""
    domain = ("BkTxCd", "Domn")
    parts = [
        entry.says(*domain, "Cd"),
        entry.says(*domain, "Fmly", "Cd"),
        entry.says(*domain, "Fmly", "SubFmlyCd"),
    ]
    return as_reference("-".join(each for each in parts if each) or entry.says("BkTxCd", "Prtry", "Cd"))


def _check_sums(element: _Element, booked: list[_Element], faults: _Faults) -> None:
    """Note where the numbers and sums of a statement's summary are not those of its entries. A summary may count what
    is not booked yet: it is compared where all is.
    """
    summary = element.one("TxsSummry")
    if summary is None or len(booked) != len(element.all("Ntry")):
        return
    for name, indicator in (("TtlCdtNtries", "CRDT"), ("TtlDbtNtries", "DBIT")):
        total = summary.one(name)
        these = [each for each in booked if each.says("CdtDbtInd") == indicator]
        if total is not None:
            _check_total(total, these, faults)
    every = summary.one("TtlNtries")
    if every is not None:
        _check_total(every, booked, faults)


def _check_total(total: _Element, entries: list[_Element], faults: _Faults) -> None:
    number, summed = total.says("NbOfNtries"), total.says("Sum")
    if number and number != str(len(entries)):
        faults.note(total, f"{total.name}/NbOfNtries", f"must be {len(entries)}, as there are entries")
    cents = [_cents(each.says("Amt")) for each in entries]
    if summed and None not in cents and _cents(summed) != sum(each or 0 for each in cents):
        faults.note(total, f"{total.name}/Sum", f"must be the sum of its {len(entries)} entries")


def _cents(text: str) -> int | None:
    """Return the cents of an amount, None where it is none or has parts of a cent."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    part = (found.group(2) or "").ljust(2, "0")
    if part[2:].strip("0"):
        return None
    cents = int(found.group(1)) * 100 + int(part[:2])
    return cents if cents < LARGEST_CENTS else None


def _day(text: str) -> date:
    """Return a date, or that of an instant in the exchange's zone; raises `ValueError`."""
    if "T" not in text:
        return date.fromisoformat(text[:10])
    instant = datetime.fromisoformat(text)
    return instant.date() if instant.tzinfo is None else local_date(instant)
