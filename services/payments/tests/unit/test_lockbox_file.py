"""Reading lockbox files: fixtures named after their fault (PAY-1, PAY-3, PAY-10)."""

from __future__ import annotations

from datetime import date

import pytest

from payments.domain.lockbox import RefusedRow
from payments.domain.lockbox_file import BrokenFrame, LockboxRow, read_lockbox_file
from services.payments.tests.builders import Row, lockbox_file

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


def test_line_ends_of_windows_a_byte_order_mark_and_blank_lines_at_the_end_do_not_matter() -> None:
    windows = b"\xef\xbb\xbf" + WHOLE.replace(b"\n", b"\r\n") + b"\r\n\r\n"
    assert read_lockbox_file(windows, today=TODAY) == read_lockbox_file(WHOLE, today=TODAY)


def test_a_file_without_rows_is_whole() -> None:
    assert read_lockbox_file(lockbox_file(), today=TODAY).rows == ()


BROKEN = {
    "empty": b"",
    "not-text": b"\xff\xfe\x00\x01",
    "no-first-line": WHOLE.split(b"\n", 1)[1],
    "another-kind-of-file": WHOLE.replace(b"lockbox,", b"deposits,"),
    "deposit-date-is-none": WHOLE.replace(b"lockbox,2015-12-03", b"lockbox,2015-13-03"),
    "deposit-date-in-the-future": WHOLE.replace(b"lockbox,2015-12-03", b"lockbox,2015-12-05"),
    "sequence-zero": WHOLE.replace(b"lockbox,2015-12-03,1", b"lockbox,2015-12-03,0"),
    "sequence-is-none": WHOLE.replace(b"lockbox,2015-12-03,1", b"lockbox,2015-12-03,one"),
    "columns-in-another-order": WHOLE.replace(b"received,postmarked", b"postmarked,received"),
    "cut-off": WHOLE[: WHOLE.index(b"total")],
    "count-too-low": WHOLE.replace(b"total,2", b"total,1"),
    "count-is-none": WHOLE.replace(b"total,2", b"total,two"),
    "amount-off-by-a-cent": WHOLE.replace(b"512.34", b"512.35"),
    "amount-is-none": WHOLE.replace(b"512.34", b"512"),
    "something-after-the-total": WHOLE + b"2015-12-03,,june,1.00,check,1\n",
}


@pytest.mark.parametrize("fault", BROKEN)
def test_PAY_10_a_file_that_is_not_whole_is_refused_whole(fault: str) -> None:
    with pytest.raises(BrokenFrame):
        read_lockbox_file(BROKEN[fault], today=TODAY)


BAD_ROWS = {
    "received-is-missing": (Row(received=""), "received", "PAY-3"),
    "received-is-none": (Row(received="03.12.2015"), "received", "PAY-3"),
    "received-in-the-future": (Row(received="2015-12-05"), "received", "PAY-3"),
    "postmark-is-none": (Row(postmarked="2015-02-30"), "postmarked", "PAY-3"),
    "postmark-in-the-future": (Row(postmarked="2015-12-05"), "postmarked", "PAY-3"),
    "amount-of-zero": (Row(amount="0.00"), "amount", "PAY-1"),
    "amount-below-zero": (Row(amount="-500.00"), "amount", "PAY-1"),
    "amount-beyond-belief": (Row(amount="1000000.00"), "amount", "PAY-1"),
    "not-a-check": (Row(instrument="cash"), "instrument", "PAY-1"),
    "card-number": (Row(reference="4111111111111111"), "reference", "PAY-1"),
    "endless-reference": (Row(reference="9" * 65), "reference", "PAY-1"),
    "one-field-too-many": (Row(reference="1,2"), "row", "PAY-1"),
    "a-quote-that-never-ends": (Row(reference='"1'), "row", "PAY-1"),
}


@pytest.mark.parametrize("fault", BAD_ROWS)
def test_PAY_1_a_bad_row_is_refused_alone_by_line_field_and_rule(fault: str) -> None:
    bad, field, rule = BAD_ROWS[fault]
    contents = read_lockbox_file(lockbox_file(Row(), bad, Row(reference="1002")), today=TODAY)
    assert [row.line for row in contents.rows] == [3, 5]
    assert [(each.line, each.field, each.rule) for each in contents.refused] == [(4, field, rule)]


def test_PAY_1_an_amount_that_cannot_be_read_is_refused_alone_and_leaves_no_sum_to_compare() -> None:
    unreadable = lockbox_file(Row(), Row(amount="500.00", reference="1002")).replace(
        b"june,500.00,check,1002", b"june,5OO.00,check,1002"
    )
    contents = read_lockbox_file(unreadable, today=TODAY)
    assert [row.line for row in contents.rows] == [3]
    assert contents.refused == (
        RefusedRow(
            line=4,
            field="amount",
            rule="PAY-1",
            problem="must be an amount with two decimals, such as 500.00",
        ),
    )


def test_every_problem_of_a_row_is_told() -> None:
    contents = read_lockbox_file(lockbox_file(Row(received="", instrument="gold")), today=TODAY)
    assert [each.field for each in contents.refused] == ["received", "instrument"]


def test_PAY_3_an_account_that_cannot_be_one_is_kept_nowhere() -> None:
    [row] = read_lockbox_file(lockbox_file(Row(account="June Example")), today=TODAY).rows
    assert row.account is None
