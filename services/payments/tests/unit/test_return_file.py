"""What a bank's return file says, and what makes a file none (PAY-5)."""

from __future__ import annotations

from datetime import date

import pytest

from payments.domain.files_in import NotWhole
from payments.domain.nacha_file import ReturnContents, read_return_file
from payments.domain.return_codes import CHANGE_CODES, DISPUTE_CODES, RETURN_CODES, means
from services.payments.tests.nacha import Entry, international, records_of, return_file, written

TODAY = date(2016, 1, 6)
JUNE = "MJMXNDAWMJATOGQ"


def read(content: bytes, *, today: date = TODAY) -> ReturnContents:
    return read_return_file(content, today=today)


def refused(content: bytes, *, today: date = TODAY) -> list[str]:
    with pytest.raises(NotWhole) as caught:
        read_return_file(content, today=today)
    return [f"line {each.line}: {each.field} {each.problem}" for each in caught.value.problems]


def changed(records: list[str], number: int, first: int, text: str) -> bytes:
    """Return the file with a text in one record, from a place on; both count from 1."""
    record = records[number - 1]
    records[number - 1] = record[: first - 1] + text + record[first - 1 + len(text) :]
    return written(records)


def test_PAY_5_a_return_says_its_payment_amount_reason_and_day() -> None:
    content = return_file(Entry(identification=JUNE, cents=123_54), settled="006")
    contents = read(content)
    assert (contents.origin, contents.created_on, contents.modifier) == ("091000019", TODAY, "A")
    assert (contents.debit_cents, contents.credit_cents) == (123_54, 0)
    [entry] = contents.entries
    assert (entry.line, entry.code, entry.direction, entry.amount_cents) == (3, "R01", "debit", 123_54)
    assert (entry.identification, entry.original_trace) == (JUNE, "091400600000001")
    assert (entry.trace, entry.settled_on) == ("091000017611242", TODAY)
    assert entry.problems == ()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ""])
def test_PAY_5_records_stand_on_lines_of_any_kind_or_one_behind_the_other(end: str) -> None:
    entries = (Entry(identification=JUNE), Entry(identification=JUNE, transaction="21", cents=1))
    assert read(return_file(*entries, end=end)) == read(return_file(*entries))


def test_PAY_5_what_fills_the_last_block_may_be_left_out_and_blank_lines_and_an_end_mark_mean_nothing() -> (
    None
):
    records = records_of([[Entry(identification=JUNE)]])
    whole = read(written(records))
    assert read("\n".join(records).encode()) == whole
    assert read(written(records) + b"\r\n\x1a") == whole


def test_PAY_5_blanks_that_are_missing_at_the_end_of_records_and_around_a_company_s_number_mean_nothing() -> (
    None
):
    records = records_of([[Entry(identification=JUNE)]])
    whole = read(written(records))
    assert read("\n".join(record.rstrip() for record in records).encode()) == whole
    records[1] = records[1].replace("1234567890", " 123456789")
    records[4] = records[4].replace("1234567890", "123456789 ")
    assert read(written(records)) == whole


def test_PAY_5_a_file_may_be_dated_tomorrow_for_its_makers_clock_may_be_of_another_time_zone() -> None:
    [entry] = read(return_file(Entry(identification=JUNE), created="160107")).entries
    assert (entry.settled_on, entry.problems) == (date(2016, 1, 7), ())


def test_PAY_5_a_file_without_returns_is_a_whole_one() -> None:
    assert read(return_file()).entries == ()


def test_PAY_5_money_moves_on_the_settlement_date_of_the_year_nearest_to_the_files_making() -> None:
    def settled(day: str, *, created: str) -> date:
        content = return_file(Entry(identification=JUNE), settled=day, created=created)
        return read(content, today=date(2018, 1, 1)).entries[0].settled_on

    assert settled("004", created="160106") == date(2016, 1, 4)
    assert settled("001", created="151231") == date(2016, 1, 1)
    assert settled("366", created="170103") == date(2016, 12, 31)
    assert settled("365", created="160102") == date(2015, 12, 31)
    assert settled("", created="160106") == date(2016, 1, 6)  # it was not told: the day the file was made


def test_PAY_5_a_notification_of_change_is_of_no_money_and_what_it_corrects_is_not_read() -> None:
    content = return_file(Entry(identification=JUNE, cents=0, code="C01", corrected="1918171614"))
    contents = read(content)
    [entry] = contents.entries
    assert (entry.code, entry.amount_cents, entry.problems) == ("C01", 0, ())
    assert "1918171614" not in repr(contents)


def test_PAY_5_a_returned_credit_is_told_from_a_returned_debit() -> None:
    entries = [
        Entry(identification=JUNE, transaction=code, cents=cents)
        for cents, code in enumerate(("21", "26", "31", "36", "41", "46", "51", "56"), 1)
    ]
    contents = read(return_file(*entries))
    assert [each.direction for each in contents.entries] == ["credit", "debit"] * 4
    assert (contents.debit_cents, contents.credit_cents) == (2 + 4 + 6 + 8, 1 + 3 + 5 + 7)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (Entry(identification=JUNE, transaction="27"), (3, "transaction code")),
        (Entry(identification=JUNE, addenda=False), (3, "addenda")),
        (Entry(identification=JUNE, code="X01"), (4, "reason code")),
        (Entry(identification=JUNE, original_trace="09140060       "), (4, "original trace number")),
    ],
)
def test_PAY_3_an_entry_that_is_not_as_it_must_be_is_kept_with_what_is_wrong(
    entry: Entry, problem: tuple[int, str]
) -> None:
    contents = read(return_file(entry, Entry(identification=JUNE, cents=1)))
    wrong, right = contents.entries
    assert [(each.line, each.field) for each in wrong.problems] == [problem]
    assert wrong.amount_cents == 500_00
    assert right.problems == ()


CLASS = "must be CCD, COR, PPD, TEL or WEB: entries of another are for a person to read in the bank's file"


def test_PAY_3_of_an_entry_of_a_class_that_none_of_ours_has_its_money_alone_is_read() -> None:
    contents = read(international(account="DE89370400440532013000"))
    [entry] = contents.entries
    assert (entry.direction, entry.amount_cents, entry.trace) == ("debit", 500_00, "091000017611242")
    assert (entry.code, entry.identification, entry.original_trace) == (None, None, None)
    assert [(each.line, each.field, each.problem) for each in entry.problems] == [
        (2, "standard entry class", CLASS)
    ]
    assert "DE89" not in repr(contents)
    assert "June" not in repr(contents)


@pytest.mark.parametrize("entry_class", ["ARC", "BOC", "CIE", "CTX", "POP", "RCK", "XCK"])
def test_PAY_3_checks_numbers_and_names_in_the_place_of_ours_are_not_read(entry_class: str) -> None:
    contents = read(return_file(Entry(identification="JUNEEXAMPLE1234"), entry_class=entry_class))
    [entry] = contents.entries
    assert [each.problem for each in entry.problems] == [CLASS]
    assert (entry.code, entry.identification, entry.original_trace) == (None, None, None)


@pytest.mark.parametrize("entry_class", ["CCD", "PPD", "TEL", "WEB"])
def test_PAY_5_entries_of_each_class_that_our_debits_have_are_read(entry_class: str) -> None:
    [entry] = read(return_file(Entry(identification=JUNE), entry_class=entry_class)).entries
    assert (entry.code, entry.identification, entry.problems) == ("R01", JUNE, ())


def test_PAY_5_a_notification_of_change_is_of_a_class_of_its_own() -> None:
    content = return_file(Entry(identification=JUNE, cents=0, code="C01"), entry_class="COR")
    [entry] = read(content).entries
    assert (entry.code, entry.identification, entry.problems) == ("C01", JUNE, ())


def test_PAY_3_what_a_payer_wrote_in_an_addenda_is_no_trace_number() -> None:
    records = records_of([[Entry(identification=JUNE)]])
    records[3] = f"{'705ACC000123456789012':83}00017611242"
    [entry] = read(written(records)).entries
    assert (entry.code, entry.original_trace) == (None, None)
    assert [each.field for each in entry.problems] == ["addenda type code"]


@pytest.mark.parametrize(
    ("number", "first", "text", "says"),
    [
        (1, 2, "02", "line 1: priority code must be 01"),
        (1, 24, "160232", "line 1: creation date must be a date such as 160104, from 2000-01-01 to tomorrow"),
        (1, 24, "160108", "line 1: creation date must be a date such as 160104, from 2000-01-01 to tomorrow"),
        (1, 34, "a", "line 1: file id modifier must be a letter or a digit"),
        (1, 35, "080", "line 1: record size must be 094"),
        (2, 2, "280", "line 2: service class must be 200, 220 or 225"),
        (2, 76, "367", "line 2: settlement date must be a day of the year, 001 to 366, or blank"),
        (2, 88, "0000002", "line 5: batch number must be that of line 2, where the batch begins"),
        (3, 30, "00000O0000", "line 3: amount must be 10 digits"),
        (
            3,
            30,
            "0000050001",
            "line 5: total of debits does not agree with the batch: 50000 is said and 50001 is found",
        ),
        (
            3,
            4,
            "09140061",
            "line 5: entry hash does not agree with the batch: 9140060 is said and 9140061 is found",
        ),
        (4, 1, "0", "line 4: record type must be 1, 5, 6, 7, 8 or 9"),
        (4, 1, "5", "line 4: service class must be 200, 220 or 225"),
        (
            5,
            5,
            "000003",
            "line 5: entry and addenda count does not agree with the batch: 3 is said and 2 is found",
        ),
        (
            5,
            45,
            "1234567891",
            "line 5: company identification must be that of line 2, where the batch begins",
        ),
        (6, 2, "000002", "line 6: batch count does not agree with the file: 2 is said and 1 is found"),
        (6, 8, "000002", "line 6: block count does not agree with the file: 2 is said and 1 is found"),
        (
            6,
            32,
            "000000050001",
            "line 6: total of debits does not agree with the file: 50001 is said and 50000 is found",
        ),
        (
            6,
            44,
            "000000000001",
            "line 6: total of credits does not agree with the file: 1 is said and 0 is found",
        ),
    ],
)
def test_PAY_5_a_file_that_is_not_whole_is_refused_by_line_field_and_what_would_do(
    number: int, first: int, text: str, says: str
) -> None:
    records = records_of([[Entry(identification=JUNE)]])
    assert says in refused(changed(records, number, first, text))


def test_PAY_5_records_out_of_order_or_missing_are_refused() -> None:
    head, batch, detail, addenda, batch_end, end = records_of([[Entry(identification=JUNE)]])
    assert refused(written([head, detail, addenda, end])) == ["line 2: record type must be 5 or 9 after 1"]
    assert refused(written([head, batch, addenda, batch_end, end])) == [
        "line 3: record type must be 6 after 5"
    ]
    assert refused(written([batch, head])) == ["line 1: record type must be 1: a file begins with it"]
    cut_off = "\n".join([head, batch, detail]).encode()
    assert refused(cut_off) == ["line 3: record type the file ends without its control record, of type 9"]
    assert refused(b"") == ["line 1: record type the file ends without its control record, of type 9"]
    twice = [head, batch, detail, addenda, batch_end, end] * 2
    assert refused("\n".join(twice).encode()) == [
        "line 7: record type nothing but records of 9s may follow the file's control record"
    ]


def test_PAY_5_records_of_another_length_or_with_other_characters_are_refused() -> None:
    records = records_of([[Entry(identification=JUNE, name="José Example")]])
    assert refused(written(records)) == ["line 3: record must be 94 characters long, and is 95"]
    records = records_of([[Entry(identification=JUNE)]])
    records[2] = records[2][:90]
    assert refused(written(records)) == ["line 3: trace number must be 15 digits"]
    records = records_of([[Entry(identification=JUNE, name="June\x07")]])
    assert refused(written(records)) == [
        "line 3: record must be of printable ASCII characters: letters, digits, blanks and signs"
    ]


def test_PAY_5_a_file_that_is_no_return_file_at_all_is_refused_with_its_first_twenty_problems() -> None:
    assert len(refused(b"received,postmarked\n" * 100)) == 20


def test_PAY_5_codes_are_told_apart_and_each_says_what_it_means() -> None:
    assert {code: each.kind for code, each in RETURN_CODES.items() if each.kind != "other"} == {
        **dict.fromkeys(("R01", "R09"), "nsf"),
        **dict.fromkeys(("R02", "R03", "R04", "R12", "R13", "R20"), "closed-account"),
    }
    assert {code for code, each in RETURN_CODES.items() if each.ends_autopay == "account-closed"} == {
        code for code, each in RETURN_CODES.items() if each.kind == "closed-account"
    }
    assert {code for code, each in RETURN_CODES.items() if each.ends_autopay == "declined"} == {
        "R05", "R07", "R10", "R14", "R15", "R16", "R29",
    }  # fmt: skip
    assert not {*RETURN_CODES} & {*DISPUTE_CODES}
    assert [*CHANGE_CODES] == [f"C{number:02}" for number in range(1, 15)]
    assert (means("R07"), means("R68"), means("C03"), means("R99")) == (
        "authorization revoked by the customer",
        "untimely return",
        "incorrect routing number and account number",
        None,
    )
