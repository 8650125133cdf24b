"""Return files, whatever is in them: read as they were written, and not otherwise where they are changed (PAY-5)."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import date

import achkit
from hypothesis import assume, given
from hypothesis import strategies as st

from payments.domain.files_in import NotWhole
from payments.domain.nacha_file import ReturnContents, ReturnEntry, read_return_file
from payments.domain.return_codes import CHANGE_CODES, DISPUTE_CODES, RETURN_CODES
from services.payments.tests.nacha import Entry, records_of, written

TODAY = date(2016, 12, 31)

_names = st.text(string.ascii_letters + string.digits, min_size=1, max_size=15)
_traces = st.integers(0, 10**15 - 1).map(lambda number: f"{number:015}")
_banks = st.integers(0, 10**8 - 1).map(lambda number: f"{number:08}")
_entries = st.builds(
    Entry,
    identification=_names,
    cents=st.integers(0, 10**10 - 1),
    code=st.sampled_from([*RETURN_CODES, *DISPUTE_CODES, *CHANGE_CODES, "R99"]),
    transaction=st.sampled_from(["21", "26", "31", "36", "41", "46", "51", "56"]),
    account=st.text(string.digits, min_size=1, max_size=17),
    receiving_bank=_banks,
    original_trace=_traces,
    trace=_traces,
)
_batches = st.lists(st.lists(_entries, min_size=1, max_size=4), max_size=4)


def read(content: bytes) -> ReturnContents:
    return read_return_file(content, today=TODAY)


@given(_batches, st.sampled_from(["\n", "\r\n", "\r", ""]))
def test_PAY_5_a_file_is_read_as_it_was_written(batches: list[list[Entry]], end: str) -> None:
    contents = read(written(records_of(batches), end=end))
    entries = [entry for batch in batches for entry in batch]
    assert [
        (each.code, each.direction, each.amount_cents, each.identification, each.original_trace, each.trace)
        for each in contents.entries
    ] == [
        (each.code, each.direction, each.cents, each.identification, each.original_trace, each.trace)
        for each in entries
    ]
    assert all(not each.problems for each in contents.entries)
    assert contents.debit_cents == sum(each.cents for each in entries if each.direction == "debit")
    assert contents.credit_cents == sum(each.cents for each in entries if each.direction == "credit")


@given(_batches)
def test_PAY_5_a_reader_of_another_author_finds_the_same_entries_and_the_same_counts_and_hashes(
    batches: list[list[Entry]],
) -> None:
    text = written(records_of(batches)).decode()
    found = [
        (each["amount_cents"], each["id_number"], each["trace_number"], each["routing"][:8], addenda["type"])
        for batch in achkit.parse(text)["batches"]
        for each in batch["entries"]
        for addenda in each["addenda"]
    ]
    entries = [entry for batch in batches for entry in batch]
    assert found == [
        (
            each.cents,
            each.identification,
            each.trace,
            each.receiving_bank,
            "98" if each.code[0] == "C" else "99",
        )
        for each in entries
    ]
    reasons = [
        addenda["info"][:18]
        for batch in achkit.parse(text)["batches"]
        for each in batch["entries"]
        for addenda in each["addenda"]
    ]
    assert reasons == [f"{each.code}{each.original_trace}" for each in entries]
    # It sums up forward entries alone, not those that come back (21, 26 …), and knows no bank by the number of
    # its own: all else that it checks is right.
    unlike = {
        "BAD_BATCH_DEBIT",
        "BAD_BATCH_CREDIT",
        "BAD_FILE_DEBIT",
        "BAD_FILE_CREDIT",
        "BAD_ROUTING_CHECKSUM",
    }
    assert {each["code"] for each in achkit.validate(text)["errors"]} <= unlike


@given(_batches.filter(bool), st.data())
def test_PAY_5_a_file_with_a_character_changed_is_refused_or_says_the_same_of_all_money(
    batches: list[list[Entry]], data: st.DataObject
) -> None:
    records = records_of(batches)
    number = data.draw(st.integers(0, len(records) - 1))
    place = data.draw(st.integers(0, 93))
    instead = data.draw(st.sampled_from(string.digits + string.ascii_uppercase + " -\x07"))
    assume(records[number][place] != instead)
    before = read(written(records))
    records[number] = records[number][:place] + instead + records[number][place + 1 :]
    after = _read_or_refused(written(records))
    if after is None:
        return
    assert after.debit_cents == before.debit_cents
    assert after.credit_cents == before.credit_cents
    changed = [pair for pair in zip(before.entries, after.entries, strict=True) if not _says_the_same(*pair)]
    # What no total bears out is a name, a number, a reason or a day of one entry: that entry's alone.
    assert len(changed) <= 1 or records[number][0] in "15"


def _read_or_refused(content: bytes) -> ReturnContents | None:
    """Return what a file says, None for one that is refused: which is said by line, field and what would do."""
    try:
        return read(content)
    except NotWhole as refused:
        if not all(each.line and each.field and each.problem for each in refused.problems):
            raise AssertionError("it is refused and nobody knows why") from refused
        return None


def _says_the_same(before: ReturnEntry, after: ReturnEntry) -> bool:
    """Whether both are of the same money: amount, way, and what they name."""
    return replace(before, problems=()) == replace(after, problems=())


@given(_batches.filter(bool), st.data())
def test_PAY_5_a_file_with_an_amount_a_count_or_a_hash_changed_is_refused(
    batches: list[list[Entry]], data: st.DataObject
) -> None:
    records = records_of(batches)
    places = {"6": [*range(3, 11), *range(29, 39)], "8": range(4, 44), "9": range(1, 55)}
    number = data.draw(st.sampled_from([n for n, record in enumerate(records) if record[0] in places]))
    place = data.draw(st.sampled_from([*places[records[number][0]]]))
    instead = data.draw(st.sampled_from([each for each in string.digits if each != records[number][place]]))
    records[number] = records[number][:place] + instead + records[number][place + 1 :]
    if records[number] == "9" * 94:  # it cannot be told from what fills a block
        return
    assert _read_or_refused(written(records)) is None


@given(st.binary(max_size=400))
def test_PAY_5_whatever_the_bytes_are_they_are_read_or_refused(content: bytes) -> None:
    _read_or_refused(content)
