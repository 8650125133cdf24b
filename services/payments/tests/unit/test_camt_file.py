"""A bank's statement in camt.053: read whole, or refused with line, element and what would do (PAY-13)."""

from __future__ import annotations

from datetime import date

import pytest

from payments.domain.bank_file import BankFileContents
from payments.domain.camt_file import read_camt
from payments.domain.files_in import NotWhole
from services.payments.tests.bank import ACCOUNT, Line, camt

TODAY = date(2016, 1, 5)
CAME, WENT = Line(cents=500_00, reference="LOCKBOX 2016-01-04 1"), Line(cents=-120_50, bank_reference="R01-1")


def read(content: bytes) -> BankFileContents:
    contents = read_camt(content, today=TODAY)
    assert isinstance(contents, BankFileContents)
    return contents


def problems(content: bytes) -> list[tuple[int, str, str]]:
    with pytest.raises(NotWhole) as refused:
        read(content)
    return [(each.line, each.field, each.problem) for each in refused.value.problems]


def changed(content: bytes, old: str, new: str) -> bytes:
    """Return the content with one text changed; it must be there."""
    assert old.encode() in content
    return content.replace(old.encode(), new.encode(), 1)


@pytest.mark.parametrize("version", ["02", "03", "04", "06", "08", "10", "13"])
def test_PAY_13_a_statement_in_camt_of_any_version_says_a_day_its_balances_and_each_entry(
    version: str,
) -> None:
    (statement,) = read(camt(CAME, WENT, opening=-1_000_00, version=version)).statements
    assert (statement.account, statement.day, statement.number) == (ACCOUNT, date(2016, 1, 4), "S-1")
    assert (statement.opening_cents, statement.closing_cents) == (-1_000_00, -620_50)
    assert [
        (each.line, each.direction, each.amount_cents, each.code, each.reference, each.bank_reference)
        for each in statement.entries
    ] == [
        (9, "credit", 500_00, "PMNT-RCDT-ESCT", "LOCKBOX 2016-01-04 1", None),
        (10, "debit", 120_50, "PMNT-RCDT-ESCT", None, "R01-1"),
    ]


def test_PAY_13_what_is_not_booked_yet_is_passed_over() -> None:
    (statement,) = read(camt(CAME, Line(cents=7_00, status="PDNG"))).statements
    assert [each.amount_cents for each in statement.entries] == [500_00]


@pytest.mark.parametrize(
    "before",
    [
        '<!DOCTYPE Document [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n',
        '<!DOCTYPE Document SYSTEM "file:///etc/passwd">\n',
        '<!DOCTYPE Document [<!ENTITY % x SYSTEM "http://example.test/x.dtd">%x;]>\n',
    ],
)
def test_PAY_13_a_document_type_is_refused_before_anything_is_declared_or_fetched(before: str) -> None:
    assert problems(camt(CAME, before=before)) == [
        (2, "document type", "must have no document type: nothing of it may be declared or fetched")
    ]


def test_PAY_13_what_is_no_XML_or_too_deep_is_refused_where_it_breaks() -> None:
    (line, field, says), *_ = problems(changed(camt(CAME), "</Stmt>", "</Stmnt>"))
    assert (line, field) == (9, "document")
    assert says.startswith("must be well-formed XML: mismatched tag at column ")
    deep = changed(camt(CAME), "<Stmt>", "<Stmt>" + "<a>" * 60 + "</a>" * 60)
    assert problems(deep) == [(4, "document", "must not be so deep")]


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "says"),
    [
        (
            "camt.053.001.08",
            "camt.052.001.08",
            2,
            "document",
            "must be a Document of camt.053.001.02 or later",
        ),
        ("<Cd>CLBD</Cd>", "<Cd>CLAV</Cd>", 4, "Stmt/Bal", "must have a balance of type CLBD"),
        ('Ccy="USD">500.00', 'Ccy="EUR">500.00', 9, "Ntry/Amt/@Ccy", "must be USD"),
        ('Ccy="USD">500.00', 'Ccy="USD">500,00', 9, "Ntry/Amt", "must be an amount such as 500.00"),
        ('Ccy="USD">500.00', 'Ccy="USD">500.001', 9, "Ntry/Amt", "must be an amount such as 500.00"),
        ('Ccy="USD">500.00', 'Ccy="USD">500.01', 4, "Bal CLBD", "must be 379.51"),
        (
            "<CdtDbtInd>DBIT</CdtDbtInd><Sts>",
            "<CdtDbtInd>DEBT</CdtDbtInd><Sts>",
            10,
            "Ntry/CdtDbtInd",
            "must be CRDT or DBIT",
        ),
        ("<BookgDt><Dt>2016-01-04", "<BookgDt><Dt>2016-13-04", 9, "Ntry/BookgDt", "must be a date"),
        (
            "<BookgDt><Dt>2016-01-04</Dt>",
            "<BookgDt><DtTm>0001-01-01T00:00:00+14:00</DtTm>",
            9,
            "Ntry/BookgDt",
            "must be a date such as 2016-01-04",
        ),
        (
            "<BookgDt><Dt>2016-01-04",
            "<BookgDt><Dt>0001-01-01",
            9,
            "Ntry/BookgDt",
            "from 2000-01-01 to tomorrow",
        ),
        (
            "<BookgDt><Dt>2016-01-04",
            "<BookgDt><Dt>9999-12-31",
            9,
            "Ntry/BookgDt",
            "from 2000-01-01 to tomorrow",
        ),
        ("<Othr><Id>00123456789</Id></Othr>", "", 4, "Stmt/Acct/Id", "must be there"),
    ],
)
def test_PAY_13_a_statement_that_does_not_add_up_or_cannot_be_read_is_refused_by_line_and_element(
    old: str, new: str, line: int, field: str, says: str
) -> None:
    found = problems(changed(camt(CAME, WENT), old, new))
    assert any(each[:2] == (line, field) and says in each[2] for each in found), found


def test_PAY_13_sums_that_the_statement_tells_are_checked() -> None:
    summary = "<TxsSummry><TtlCdtNtries><NbOfNtries>{}</NbOfNtries><Sum>{}</Sum></TtlCdtNtries></TxsSummry>"
    assert read(camt(CAME, WENT, summary=summary.format(1, "500.00"))).statements
    found = problems(camt(CAME, WENT, summary=summary.format(2, "500.01")))
    assert [(field, says) for _, field, says in found] == [
        ("TtlCdtNtries/NbOfNtries", "must be 1, as there are entries"),
        ("TtlCdtNtries/Sum", "must be the sum of its 1 entries"),
    ]


def test_PAY_13_one_page_of_several_is_no_statement() -> None:
    page = changed(
        camt(CAME), "<Acct>", "<StmtPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></StmtPgntn><Acct>"
    )
    assert [field for _, field, _ in problems(page)] == ["Stmt/StmtPgntn"]
