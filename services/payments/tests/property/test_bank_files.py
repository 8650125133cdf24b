"""Statements, whatever is in them: read as they were written, as readers of other authors do, and not otherwise where
they are changed (PAY-13)."""

from __future__ import annotations

import string
from datetime import date
from decimal import Decimal
from typing import Any, cast

from bai2 import bai2 as other_bai2  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]
from hypothesis import assume, given
from hypothesis import strategies as st
from pycamt.parser import Camt053Parser  # pyright: ignore[reportMissingTypeStubs]

from payments.application.bank_file_poller import read_or_refuse
from payments.domain.bai2_file import read_bai2
from payments.domain.bank_file import BankFileContents
from payments.domain.bank_matching import matched
from payments.domain.bank_statements import BankEntry, kept
from payments.domain.camt_file import read_camt
from payments.domain.files_in import NotWhole
from payments.domain.trust_movements import TrustMovement, movement
from services.payments.tests.bank import Line, bai2, bai2_lines, camt
from services.payments.tests.builders import IN_2016, at

TODAY = date(2016, 12, 31)

_references = st.text(string.ascii_letters + string.digits + " -", max_size=20).map(str.strip)
_lines = st.builds(
    Line,
    cents=st.integers(-(10**10), 10**10).filter(bool),
    reference=_references,
    bank_reference=_references,
    text=st.text(string.ascii_uppercase + " ", max_size=30).map(str.strip),
)
_openings = st.integers(-(10**10), 10**10)


def said(contents: BankFileContents) -> list[tuple[int, str | None, str | None]]:
    (statement,) = contents.statements
    return [(each.signed_cents, each.reference, each.bank_reference) for each in statement.entries]


@given(st.lists(_lines, max_size=6), _openings)
def test_PAY_13_both_formats_say_what_was_written(lines: list[Line], opening: int) -> None:
    expected = [(each.cents, each.reference or None, each.bank_reference or None) for each in lines]
    for contents in (
        read_bai2(bai2(*lines, opening=opening), today=TODAY),
        read_camt(camt(*lines, opening=opening), today=TODAY),
    ):
        assert isinstance(contents, BankFileContents)
        assert said(contents) == expected
        assert contents.statements[0].opening_cents == opening
        assert contents.statements[0].closing_cents == opening + sum(each.cents for each in lines)


@given(st.lists(_lines, min_size=1, max_size=6), _openings)
def test_PAY_13_readers_of_other_authors_find_the_same_entries_and_the_same_totals(
    lines: list[Line], opening: int
) -> None:
    file = cast("Any", other_bai2).parse_from_lines(bai2_lines(*lines, opening=opening))
    details = file.children[0].children[0].children
    assert [each.amount for each in details] == [abs(each.cents) for each in lines]
    parser = cast("Any", Camt053Parser)(camt(*lines, opening=opening))
    found = [
        int(Decimal(each["Amount"]) * 100) * (1 if each["CreditDebitIndicator"] == "CRDT" else -1)
        for each in parser.get_transactions()
    ]
    assert found == [each.cents for each in lines]


@given(st.lists(_lines, min_size=1, max_size=4), st.integers(0, 10**6), st.sampled_from("0123456789/,<>"))
def test_PAY_13_a_file_changed_anywhere_is_refused_or_adds_up(lines: list[Line], where: int, to: str) -> None:
    for content in (bai2(*lines), camt(*lines)):
        at_ = where % len(content)
        changed = content[:at_] + to.encode() + content[at_ + 1 :]
        read = read_or_refuse(changed, account=None, now=at("2016-12-31"))
        if isinstance(read, BankFileContents):
            for each in read.statements:
                assert each.closing_cents - each.opening_cents == sum(
                    one.signed_cents for one in each.entries
                )


@given(st.binary(max_size=400))
def test_PAY_13_whatever_bytes_come_a_file_is_read_or_refused(content: bytes) -> None:
    for start in (b"", b"01,", b"<"):
        read = read_or_refuse(start + content, account=None, now=at("2016-12-31"))
        assert isinstance(read, BankFileContents) or read


_days = st.dates(date(2016, 1, 4), date(2016, 1, 29))
_cents = st.integers(-5, 5).filter(bool)


@given(
    st.lists(st.tuples(_days, _cents, _references), max_size=12),
    st.lists(st.tuples(_days, _cents, _references), max_size=12),
)
def test_PAY_13_what_is_matched_is_the_same_to_the_cent_and_once(
    bank: list[tuple[date, int, str]], books: list[tuple[date, int, str]]
) -> None:
    entries = [entry for number, each in enumerate(bank) for entry in _entries(number, each)]
    movements = [
        movement("return", str(number), on=on, cents=cents, now=at("2016-02-01"), reference=reference)
        for number, (on, cents, reference) in enumerate(books)
    ]
    found = matched(entries, movements, taken={}, parameters=IN_2016).matches
    taken: list[BankEntry | TrustMovement] = [
        one for each in found for one in (*each.entries, *each.movements)
    ]
    assert len({id(each) for each in taken}) == len(taken)
    for each in found:
        assert sum(one.signed_cents for one in each.entries) == sum(
            one.signed_cents for one in each.movements
        )


def _entries(number: int, entry: tuple[date, int, str]) -> list[BankEntry]:
    on, cents, reference = entry
    line = Line(cents=cents, reference=reference)
    try:
        contents = read_camt(camt(line, day=on.isoformat()), today=TODAY)
        assert isinstance(contents, BankFileContents)
    except NotWhole:
        assume(False)
        raise
    return kept(contents.statements[0], file=str(number), now=at("2016-02-01"))[1]
