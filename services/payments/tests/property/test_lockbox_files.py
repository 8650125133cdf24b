"""Reading never fails in any other way than it says (PAY-10)."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bulkhead.kernel.money import format_cents, parse_cents
from payments.domain.lockbox_lines import BrokenFrame
from services.payments.tests.builders import Row, lockbox_file
from services.payments.tests.lockbox import read_lockbox_file

TODAY = date(2015, 12, 4)
ROWS = st.lists(
    st.builds(
        Row,
        amount=st.integers(1, 9_999_999).map(format_cents),
        account=st.sampled_from(["june", "avery", ""]),
        received=st.dates(date(2015, 11, 1), TODAY).map(str),
        postmarked=st.one_of(st.just(""), st.dates(date(2015, 11, 1), TODAY).map(str)),
        instrument=st.sampled_from(["check", "money-order"]),
        reference=st.integers(0, 999_999).map(str),
    ),
    max_size=8,
)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_file_or_a_broken_one(content: bytes) -> None:
    with suppress(BrokenFrame):
        read_lockbox_file(content, today=TODAY)


@given(ROWS, st.data())
def test_a_file_with_any_byte_changed_loses_no_row_silently(rows: list[Row], data: st.DataObject) -> None:
    whole = bytearray(lockbox_file(*rows))
    place = data.draw(st.integers(0, len(whole) - 1))
    line = whole.count(b"\n", 0, place)
    is_broken = whole[place] != ord("\n") and data.draw(st.booleans())
    whole[place] = data.draw(st.sampled_from(b"\r\n") if is_broken else st.integers(0, 255))
    try:
        contents = read_lockbox_file(bytes(whole), today=TODAY)
    except BrokenFrame:
        return
    lines = len(contents.rows) + len({each.line for each in contents.refused})
    assert lines - len(rows) in (
        (0, 1) if whole[place] in b"\r\n" else (0,)
    )  # a line end makes two lines of a row
    read = Counter(row.amount_cents for row in contents.rows)
    assert (
        Counter(parse_cents(row.amount) for number, row in enumerate(rows, start=2) if number != line) <= read
    )


@given(ROWS, st.data())
def test_PAY_3_whatever_is_in_the_other_fields_an_amount_that_can_be_read_is_money(
    rows: list[Row], data: st.DataObject
) -> None:
    lines = lockbox_file(*rows).split(b"\n")
    for number in range(2, 2 + len(rows)):
        fields = lines[number].split(b",")
        place = data.draw(st.sampled_from([0, 1, 2, 4, 5]))
        fields[place] = data.draw(st.binary(max_size=40)).translate(None, b'\n\r,".')
        lines[number] = b",".join(fields)
    contents = read_lockbox_file(b"\n".join(lines), today=TODAY)
    assert contents.refused == ()
    assert [format_cents(row.amount_cents) for row in contents.rows] == [row.amount for row in rows]


@given(ROWS)
def test_what_was_written_is_read(rows: list[Row]) -> None:
    contents = read_lockbox_file(lockbox_file(*rows, deposited=TODAY.isoformat()), today=TODAY)
    assert (contents.refused, contents.noted) == ((), ())
    assert [
        (format_cents(row.amount_cents), row.account or "", str(row.received_on)) for row in contents.rows
    ] == [(row.amount, row.account, row.received) for row in rows]
