"""A bank's statement in BAI2: read whole, or refused with line, field and what would do (PAY-13)."""

from __future__ import annotations

from datetime import date

import pytest

from payments.domain.bai2_file import read_bai2
from payments.domain.bank_file import BankFileContents
from payments.domain.files_in import NotWhole
from services.payments.tests.bank import ACCOUNT, Line, bai2_lines, written

TODAY = date(2016, 1, 5)
CAME, WENT = Line(cents=500_00, reference="LOCKBOX 2016-01-04 1"), Line(cents=-120_50, bank_reference="R01-1")


def read(lines: list[str], *, end: str = "\n") -> BankFileContents:
    return read_bai2(written(lines, end=end), today=TODAY)


def problems(lines: list[str]) -> list[tuple[int, str, str]]:
    with pytest.raises(NotWhole) as refused:
        read(lines)
    return [(each.line, each.field, each.problem) for each in refused.value.problems]


def changed(lines: list[str], old: str, new: str) -> list[str]:
    """Return the lines with one text changed; it must be there."""
    assert any(old in each for each in lines)
    return [each.replace(old, new) for each in lines]


def test_PAY_13_a_statement_in_BAI2_says_a_day_its_balances_and_each_entry() -> None:
    contents = read(bai2_lines(CAME, WENT, opening=1_000_00))
    (statement,) = contents.statements
    assert (statement.account, statement.day) == (ACCOUNT, date(2016, 1, 4))
    assert (statement.opening_cents, statement.closing_cents) == (1_000_00, 1_379_50)
    assert [
        (each.line, each.direction, each.amount_cents, each.code, each.reference, each.bank_reference)
        for each in statement.entries
    ] == [
        (4, "credit", 500_00, "175", "LOCKBOX 2016-01-04 1", None),
        (5, "debit", 120_50, "475", None, "R01-1"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "   \r\n\r\n"])
def test_PAY_13_line_ends_blanks_and_empty_lines_mean_nothing(end: str) -> None:
    assert read(bai2_lines(CAME, WENT), end=end).statements[0].closing_cents == 379_50


def test_PAY_13_a_record_that_goes_on_in_others_is_one() -> None:
    lines = bai2_lines(CAME)
    lines[2:4] = [
        f"03,{ACCOUNT},USD,010,0,,/",
        "88,015,50000,,/",
        "16,175,50000,S,10000,20000,20000,B-1/",
        "88,LOCKBOX 2016-01-04 1,A TEXT, WITH A COMMA",
        "88,AND MORE OF IT",
    ]
    lines[-3:] = ["49,100000,6/", "98,100000,1,8/", "99,100000,1,10/"]
    (entry,) = read(lines).statements[0].entries
    assert (entry.bank_reference, entry.reference) == ("B-1", "LOCKBOX 2016-01-04 1")


@pytest.mark.parametrize(
    ("funds", "line"),
    [
        ("Z", "16,175,50000,Z,B-1,C-1,/"),
        ("V", "16,175,50000,V,160105,0900,B-1,C-1,/"),
        ("S", "16,175,50000,S,50000,0,0,B-1,C-1,/"),
        ("D", "16,175,50000,D,2,0,20000,1,30000,B-1,C-1,/"),
        ("none", "16,175,50000,,B-1,C-1,/"),
    ],
)
def test_PAY_13_when_money_is_available_is_passed_over(funds: str, line: str) -> None:
    del funds
    lines = bai2_lines(CAME)
    lines[3] = line
    (entry,) = read(lines).statements[0].entries
    assert (entry.bank_reference, entry.reference) == ("B-1", "C-1")


def test_PAY_13_without_an_opening_balance_it_is_what_the_closing_one_leaves() -> None:
    lines = bai2_lines(CAME, opening=100_00)
    lines = changed(lines, "010,10000,,,015", "015")
    lines = changed(changed(lines, "49,120000", "49,110000"), "98,120000", "98,110000")
    lines = changed(lines, "99,120000", "99,110000")
    assert read(lines).statements[0].opening_cents == 100_00


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "says"),
    [
        ("16,175,50000", "16,175,50001", 3, "closing ledger balance", "must be 379.51"),
        (
            "49,100000,4",
            "49,100001,4",
            6,
            "account control total",
            "says 100001, and the amounts add up to 100000",
        ),
        ("49,100000,4", "49,100000,5", 6, "number of records", "says 5, and 4 were found"),
        ("98,100000,1,6", "98,99999,1,6", 7, "group control total", "says 99999"),
        ("98,100000,1,6", "98,100000,2,6", 7, "number of accounts", "says 2, and 1 were found"),
        ("99,100000,1,8", "99,100001,1,8", 8, "file control total", "says 100001"),
        ("99,100000,1,8", "99,100000,1,9", 8, "number of records", "says 9, and 8 were found"),
        ("16,175,50000", "16,175,500.00", 4, "amount", "must be cents in digits without a point"),
        ("16,175,", "16,799,", 4, "type code", "must be of a credit"),
        ("Z,,LOCKBOX", "Q,,LOCKBOX", 4, "funds type", "must be 0, 1, 2, D, S, V, Z or left out"),
        ("1,160104,,USD,2", "4,160104,,USD,2", 2, "group status", "must be 1"),
        ("1,160104,,USD,2", "1,160104,,USD,3", 2, "as-of date modifier", "the day has to be over"),
        ("1,160104,,USD,2", "1,160134,,USD,2", 2, "as-of date", "must be a date"),
        ("1,160104,,USD,2", "1,160107,,USD,2", 2, "as-of date", "to tomorrow"),
        ("015,37950", "045,37950", 3, "closing ledger balance", "must be there, as type 015"),
        ("03,00123456789", "03,", 3, "account", "must be there"),
    ],
)
def test_PAY_13_a_statement_that_does_not_add_up_or_cannot_be_read_is_refused_by_line_and_field(
    old: str, new: str, line: int, field: str, says: str
) -> None:
    field = field.replace("as-of date modifier", "as-of-date modifier")
    found = problems(changed(bai2_lines(CAME, WENT), old, new))
    assert any(each[:2] == (line, field) and says in each[2] for each in found), found


def test_PAY_13_records_come_in_their_order() -> None:
    lines = bai2_lines(CAME)
    assert problems(lines[:-1]) == [(6, "record code", "must be 99, the file's trailer, in the end")]
    assert problems([lines[0], *lines[2:]]) == [(2, "record code", "must be 02 here")]
    assert problems([*lines, lines[0]]) == [(8, "record code", "must not follow the file's trailer")]
    assert problems(["01,ä,B,160104,0600,1,,,2/"]) == [(1, "record", "must be of printable ASCII characters")]


def test_PAY_13_a_transaction_that_moves_no_money_is_none() -> None:
    lines = bai2_lines(CAME)
    lines.insert(4, "16,890,,,,,SAID ALONE")
    lines[-3:] = ["49,100000,4/", "98,100000,1,6/", "99,100000,1,8/"]
    assert len(read(lines).statements[0].entries) == 1
