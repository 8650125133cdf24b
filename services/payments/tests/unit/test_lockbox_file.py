"""Reading lockbox files: fixtures named after their fault (PAY-1, PAY-3, PAY-10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from payments.domain import lockbox_faults as faults
from payments.domain.lockbox_faults import Fault
from payments.domain.lockbox_lines import BrokenFrame
from payments.domain.lockbox_row import LockboxRow
from services.payments.tests.builders import Row, lockbox_file
from services.payments.tests.lockbox import LockboxContents, read_lockbox_file

TODAY = date(2015, 12, 4)
WHOLE = lockbox_file(Row(), Row(account="", amount="12.34", reference="", postmarked="2015-11-30"))


def test_a_whole_file_is_read() -> None:
    contents = read_lockbox_file(WHOLE, today=TODAY)
    assert (contents.deposit_date, contents.sequence, contents.refused) == (date(2015, 12, 3), 1, ())
    assert contents.rows == (
        LockboxRow(
            line=3,
            received_on=date(2015, 12, 3),
            postmarked_on=None,
            account="june",
            amount_cents=50_000,
            reference="1001",
        ),
        LockboxRow(
            line=4,
            received_on=date(2015, 12, 3),
            postmarked_on=date(2015, 11, 30),
            account=None,
            amount_cents=1_234,
            reference=None,
        ),
    )


def test_a_file_without_rows_is_whole() -> None:
    assert read_lockbox_file(lockbox_file(), today=TODAY).rows == ()


BROKEN = {
    "empty": b"",
    "not-text": b"\xff\xfe\x00\x01",
    "utf-16": WHOLE.decode().encode("utf-16"),
    "utf-16-without-a-mark": WHOLE.decode().encode("utf-16-le"),
    "utf-32": WHOLE.decode().encode("utf-32"),
    "ebcdic": WHOLE.decode().encode("cp500"),
    "no-first-line": WHOLE.split(b"\n", 1)[1],
    "another-kind-of-file": WHOLE.replace(b"lockbox,", b"deposits,"),
    "deposit-date-of-the-week": WHOLE.replace(b"lockbox,2015-12-03", b"lockbox,2015-W49-4"),
    "deposit-date-before-2000": WHOLE.replace(b"lockbox,2015-12-03", b"lockbox,1915-12-03"),
    "deposit-date-is-none": WHOLE.replace(b"lockbox,2015-12-03", b"lockbox,2015-13-03"),
    "deposit-date-in-the-future": WHOLE.replace(b"lockbox,2015-12-03", b"lockbox,2015-12-05"),
    "sequence-zero": WHOLE.replace(b"lockbox,2015-12-03,1", b"lockbox,2015-12-03,0"),
    "sequence-of-5000-digits": WHOLE.replace(b"lockbox,2015-12-03,1", b"lockbox,2015-12-03," + b"1" * 5000),
    "sequence-is-none": WHOLE.replace(b"lockbox,2015-12-03,1", b"lockbox,2015-12-03,one"),
    "columns-in-another-order": WHOLE.replace(b"received,postmarked", b"postmarked,received"),
    "cut-off": WHOLE[: WHOLE.index(b"total")],
    "count-too-low": WHOLE.replace(b"total,2", b"total,1"),
    "count-too-high": WHOLE.replace(b"total,2", b"total,3"),
    "a-row-twice": WHOLE.replace(
        b"2015-12-03,,june", b"2015-12-03,,june,500.00,check,1001\n2015-12-03,,june", 1
    ),
    "count-is-none": WHOLE.replace(b"total,2", b"total,two"),
    "amount-off-by-a-cent": WHOLE.replace(b"512.34", b"512.35"),
    "count-of-5000-digits": WHOLE.replace(b"total,2", b"total," + b"2" * 5000),
    "amount-of-5000-digits": WHOLE.replace(b"512.34", b"5" * 5000 + b".00"),
    "amount-is-none": WHOLE.replace(b"512.34", b"512"),
    "something-after-the-total": WHOLE + b"2015-12-03,,june,1.00,check,1\n",
}


@pytest.mark.parametrize("fault", BROKEN)
def test_PAY_10_a_file_that_is_not_whole_is_refused_whole(fault: str) -> None:
    with pytest.raises(BrokenFrame):
        read_lockbox_file(BROKEN[fault], today=TODAY)


NOISE = {
    "byte-order-mark": b"\xef\xbb\xbf" + WHOLE,
    "line ends of Windows": WHOLE.replace(b"\n", b"\r\n"),
    "line ends of an old Mac": WHOLE.replace(b"\n", b"\r"),
    "line ends of every kind": WHOLE.replace(b"\n", b"\r", 1).replace(b"\n", b"\r\n", 1),
    "blank lines before": b"\n \r\n" + WHOLE,
    "blank lines between": WHOLE.replace(b"\n", b"\n\n \n\t\n"),
    "blank lines after": WHOLE + b"\r\n\r\n",
    "rows a spreadsheet left empty": WHOLE.replace(b"total", b",,,,,\ntotal"),
    "columns a spreadsheet added": WHOLE.replace(b"\n", b",,,\n"),
    "no line end at the end": WHOLE.rstrip(),
    "Ctrl-Z at the end": WHOLE + b"\x1a",
    "Ctrl-Z and what was in the sector before": WHOLE + b"\x1a\0\0old,rubbish\nof,others",
    "Ctrl-Z and rubbish, the last line in quotes": WHOLE.replace(b"total,", b' "total",')
    + b"\x1aold,rubbish\n",
    "Ctrl-Z and rubbish in the last line": WHOLE.rstrip() + b"\x1a\0\xe9old,rubbish\nof,others",
    "Ctrl-Z inside": WHOLE.replace(b"total", b"\x1a\ntotal"),
    "padded with NULs": WHOLE + b"\0" * 4096,
    "lines padded with NULs": WHOLE.replace(b"\n", b"\0\0\0\n"),
    "fields padded with blanks": WHOLE.replace(b",", b" , "),
    "fields padded with NULs": WHOLE.replace(b",", b"\0,\0"),
    "fields in quotes": WHOLE.replace(b",june,500.00,", b',"june","500.00",'),
    "a megabyte of nothing": WHOLE + b" " * 1_000_000 + b"\n" * 1_000,
}


def without_lines(contents: LockboxContents) -> list[LockboxRow]:
    return [replace(row, line=0) for row in contents.rows]


@pytest.mark.parametrize("noise", NOISE)
def test_noise_around_and_inside_a_file_does_not_matter(noise: str) -> None:
    quiet, noisy = (read_lockbox_file(content, today=TODAY) for content in (WHOLE, NOISE[noise]))
    assert without_lines(noisy) == without_lines(quiet)
    assert (noisy.refused, noisy.noted) == ((), ())


def test_a_problem_is_told_by_the_line_as_it_stands_in_the_file() -> None:
    content = b"\n\n" + lockbox_file(Row(), Row(amount="0.00")).replace(b"\n", b"\r\n\r\n")
    assert [each.line for each in read_lockbox_file(content, today=TODAY).refused] == [9]


AMOUNTS = {
    "zero": ("0.00", faults.NO_MONEY),
    "below zero": ("-500.00", faults.NO_MONEY),
    "no decimals": ("500", faults.NO_AMOUNT),
    "one decimal": ("500.0", faults.NO_AMOUNT),
    "thousands": ('"1,500.00"', faults.NO_AMOUNT),
    "a letter for a digit": ("5OO.00", faults.NO_AMOUNT),
    "digits of another script": ("٥٠٠.٠٠", faults.NO_AMOUNT),
    "nothing": ("", faults.NO_AMOUNT),
    "a NUL inside": ("50\0.00", faults.NO_AMOUNT),
    "5,000 digits": ("9" * 5_000 + ".00", faults.NO_AMOUNT),
    "200,000 digits": ("9" * 200_000 + ".00", faults.QUOTES),
}


@pytest.mark.parametrize("amount", AMOUNTS)
def test_PAY_3_a_row_is_refused_alone_when_its_amount_cannot_be_read_or_is_none(amount: str) -> None:
    text, fault = AMOUNTS[amount]
    good = lockbox_file(Row(), Row(reference="1002"), Row(reference="1003"))
    bad = good.replace(b"500.00,check,1002", text.encode() + b",check,1002")
    total = {"zero": b"1000.00", "below zero": b"500.00"}.get(amount, b"1500.00")
    contents = read_lockbox_file(bad.replace(b"total,3,1500.00", b"total,3," + total), today=TODAY)
    assert [row.line for row in contents.rows] == [3, 5]
    assert [each.line for each in contents.refused] == [4] * len(contents.refused)
    assert fault.says in [each.problem for each in contents.refused]
    assert contents.noted == ()


def test_PAY_3_the_total_is_compared_with_the_amounts_that_can_be_read() -> None:
    unreadable = lockbox_file(Row(), Row(reference="1002")).replace(
        b"500.00,check,1002", b"5OO.00,check,1002"
    )
    for total in (b"1000.00", b"500.00", b"9" * 5_000 + b".00"):
        contents = read_lockbox_file(unreadable.replace(b"1000.00", total), today=TODAY)
        assert [row.amount_cents for row in contents.rows] == [50_000]
    with pytest.raises(BrokenFrame):
        read_lockbox_file(unreadable.replace(b"1000.00", b"499.99"), today=TODAY)


BROKEN_ROWS = {
    "in the reference": (b"check,10", b"02", 4, False),
    "in a reference in quotes": (b'check,"10', b'02"', 4, False),
    "in the instrument": (b"che", b"ck,1002", 4, False),
    "in the account": (b"", b"ne,500.00,check,1002", 5, True),
}
"""How a row begins and goes on after the line end, on which line its money is, and whether it is in doubt."""


@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\r\n", b"\n,,,\n \n"])
@pytest.mark.parametrize("where", BROKEN_ROWS)
def test_PAY_3_a_row_broken_by_a_line_end_stops_no_other_and_is_money(where: str, line_end: bytes) -> None:
    first, second, line, is_doubted = BROKEN_ROWS[where]
    whole = b"2015-12-03,,june,500.00,check,1002"
    begins = whole.replace(b"check,1002", first) if first else b"2015-12-03,,ju"
    good = lockbox_file(Row(), Row(reference="1002"), Row(reference="1003"))
    contents = read_lockbox_file(good.replace(whole, begins + line_end + second), today=TODAY)
    extra = 2 if line_end.count(b"\n") == 3 else 0
    money = line + extra if line == 5 else line
    assert [(row.line, bool(row.doubts)) for row in contents.rows] == [
        (3, False),
        (money, is_doubted),
        (6 + extra, False),
    ]
    assert [row.amount_cents for row in contents.rows] == [50_000] * 3
    assert {each.line for each in contents.refused} == {4, 5 + extra} - {money}


def test_PAY_3_a_row_broken_within_its_amount_is_refused_alone() -> None:
    good = lockbox_file(Row(), Row(reference="1002"), Row(reference="1003"))
    contents = read_lockbox_file(good.replace(b"500.00,check,1002", b"500\n.00,check,1002"), today=TODAY)
    assert [row.reference for row in contents.rows] == ["1001", "1003"]
    assert {each.line for each in contents.refused} == {4, 5}


DOUBTFUL = {
    "received is missing": (b"2015-12-03,,june", b",,june", faults.RECEIVED),
    "received in another order": (b"2015-12-03,,june", b"03.12.2015,,june", faults.RECEIVED),
    "received in a week": (b"2015-12-03,,june", b"2015-W49-4,,june", faults.RECEIVED),
    "received without dashes": (b"2015-12-03,,june", b"20151203,,june", faults.RECEIVED),
    "received on no day": (b"2015-12-03,,june", b"2015-11-31,,june", faults.RECEIVED),
    "received at a time": (b"2015-12-03,,june", b"2015-12-03T10:00,,june", faults.RECEIVED),
    "received in another century": (b"2015-12-03,,june", b"1915-12-03,,june", faults.RECEIVED),
    "received after the deposit": (b"2015-12-03,,june", b"2015-12-04,,june", faults.RECEIVED),
    "postmarked on no day": (b"2015-12-03,,june", b"2015-12-03,2015-02-30,june", faults.POSTMARKED),
    "postmarked in another century": (b"2015-12-03,,june", b"2015-12-03,1999-12-31,june", faults.POSTMARKED),
    "postmarked after the deposit": (b"2015-12-03,,june", b"2015-12-03,2015-12-04,june", faults.POSTMARKED),
    "account that cannot be one": (b",june,500.00", b",June Example,500.00", faults.ACCOUNT),
    "account that is a card's number": (b",june,500.00", b",4111111111111111,500.00", faults.ACCOUNT),
    "Windows-1252 in the reference": (b"check,1002", b"check,O\x92Neil", faults.NOT_UTF_8),
    "Windows-1252 in the account": (b",june,500.00", b",Jos\xe9,500.00", faults.NOT_UTF_8),
    "an amount beyond belief": (b"500.00,check", b"1000000.00,check", faults.BEYOND_BELIEF),
    "a comma in the account": (b",june,500.00", b",Example, June,500.00", faults.MISPLACED),
    "the postmark is left out": (b"2015-12-03,,june", b"2015-12-03,june", faults.MISPLACED),
}


def second_of_three(old: bytes, new: bytes) -> LockboxContents:
    """Return what is read of a file with one thing changed in the second of its three rows."""
    good = lockbox_file(Row(), Row(reference="1002"), Row(reference="1003")).split(b"\n")
    good[3] = good[3].replace(old, new)
    total = b"1001000.00" if b"1000000.00" in new else b"1500.00"
    good[5] = b"total,3," + total
    return read_lockbox_file(b"\n".join(good), today=TODAY)


@pytest.mark.parametrize("doubt", DOUBTFUL)
def test_PAY_3_a_row_of_which_whose_or_when_is_in_doubt_is_money_in_suspense(doubt: str) -> None:
    old, new, fault = DOUBTFUL[doubt]
    contents = second_of_three(old, new)
    assert contents.refused == ()
    assert [row.line for row in contents.rows if not row.doubts] == [3, 5]
    [row] = [row for row in contents.rows if row.doubts]
    assert f"{fault.field} {fault.says}" in row.doubts
    assert (row.line, row.amount_cents) == (4, 100_000_000 if fault is faults.BEYOND_BELIEF else 50_000)
    if fault is faults.RECEIVED:
        assert (row.received_on, row.account, row.reference) == (None, "june", "1002")
    if fault is faults.POSTMARKED:
        assert (row.received_on, row.postmarked_on) == (date(2015, 12, 3), None)
    if fault in (faults.ACCOUNT, faults.MISPLACED):
        assert row.account is None


ODD = {
    "an unknown instrument": (b"check,1002", b"cashiers-check,1002", faults.INSTRUMENT),
    "no instrument": (b"check,1002", b",1002", faults.INSTRUMENT),
    "an endless reference": (b"check,1002", b"check," + b"9" * 65, faults.ENDLESS),
    "a reference of 200,000 digits": (b"check,1002", b"check," + b"9" * 200_000, faults.QUOTES),
    "a bell in the reference": (b"check,1002", b"check,10\x0702", faults.UNPRINTABLE),
    "a card's number": (b"check,1002", b"check,4111111111111111", faults.CARD_NUMBER),
    "one field too many": (b"check,1002", b"check,10,02", faults.FIELDS),
    "one field too few": (b"check,1002", b"check", faults.FIELDS),
    "a quote that never ends": (b"check,1002", b'check,"1002', faults.QUOTES),
}


@pytest.mark.parametrize("oddity", ODD)
def test_PAY_3_what_decides_neither_whose_nor_when_is_noted_and_the_money_credited(oddity: str) -> None:
    old, new, fault = ODD[oddity]
    contents = second_of_three(old, new)
    assert [(row.line, row.account, row.received_on, row.doubts) for row in contents.rows] == [
        (line, "june", date(2015, 12, 3), ()) for line in (3, 4, 5)
    ]
    assert [(each.line, each.field, each.rule) for each in contents.noted] == [(4, fault.field, fault.rule)]
    assert (contents.rows[1].reference == "1002") == (fault is faults.INSTRUMENT)
    assert b"4111" not in repr(contents).encode()


@pytest.mark.parametrize("written", ["01002", "#1002", "１００２", "10\u200b02", "\ufeff1002 "])
def test_PAY_3_a_check_s_number_is_the_same_however_it_is_written(written: str) -> None:
    contents = second_of_three(b"check,1002", b"check," + written.encode())
    assert [each.reference for each in contents.rows][1] == "1002"
    assert contents.noted == ()


def test_every_fault_says_what_becomes_of_the_row() -> None:
    known = [each for each in vars(faults).values() if isinstance(each, Fault)]
    tested = {fault for _, fault in AMOUNTS.values()} | {
        each[2] for table in (DOUBTFUL, ODD) for each in table.values()
    }
    assert set(known) - tested == {faults.NAMES, faults.NOT_BORNE_OUT}


def test_PAY_3_an_amount_out_of_place_is_not_believed_unless_the_total_bears_it_out() -> None:
    contents = second_of_three(b"june,500.00", b"june,1,000.00")
    assert [row.line for row in contents.rows] == [3, 5]
    assert [(each.line, each.problem) for each in contents.refused] == [(4, faults.NOT_BORNE_OUT.says)]


def test_every_problem_of_a_row_is_told() -> None:
    contents = read_lockbox_file(
        lockbox_file(Row(received="", instrument="gold"), Row(amount="0.00", postmarked="x")), today=TODAY
    )
    assert [each.field for each in contents.noted] == ["received", "instrument"]
    assert [each.field for each in contents.refused] == ["postmarked", "amount"]


NAMED = {
    "": (None, None, []),
    "selection:sel-1": ("sel-1", None, []),
    "invoice:9f3a": (None, "9f3a", []),
    "sel-1": (None, None, ["names"]),
    "policy:p1": (None, None, ["names"]),
    "selection:": (None, None, ["names"]),
    "invoice:the blue one": (None, None, ["names"]),
    "invoice:4111111111111111": (None, None, ["names"]),
}


@pytest.mark.parametrize("names", NAMED)
def test_INV_5_a_row_may_name_a_selection_or_an_invoice(names: str) -> None:
    selection, invoice, noted = NAMED[names]
    contents = read_lockbox_file(lockbox_file(Row(names="selection:s"), Row(names=names)), today=TODAY)
    row = contents.rows[1]
    assert (row.selection, row.invoice, row.doubts) == (selection, invoice, ())
    assert [each.field for each in contents.noted] == noted
