"""Lockbox files in the format of the Bank Administration Institute: fixtures named after their fault (PAY-1, PAY-3)."""

from __future__ import annotations

from datetime import date

import pytest

from payments.domain import lockbox_bai_faults as bai_faults
from payments.domain import lockbox_faults as faults
from payments.domain.lockbox import LockboxFile
from payments.domain.lockbox_faults import Fault
from payments.domain.lockbox_lines import BrokenFrame
from payments.domain.lockbox_row import LockboxRow
from payments.domain.payments import Payment
from payments.domain.suspense import SuspenseItem
from services.payments.tests.builders import Row, World, at
from services.payments.tests.lockbox import (
    Check,
    LockboxContents,
    bai_lines,
    bai_lockbox_file,
    check_records,
    read_lockbox_file,
    written,
)

TODAY = date(2015, 12, 4)
FIRST, SECOND = Check(postmark="151130", keyed=(("I", "inv-1"),)), Check(cents=12_34, account="", number="77")
LINES = bai_lines([FIRST, SECOND], [Check(account="avery", number="", keyed=(("S", "sel-1"),))])


def read(lines: list[str], *, end: str = "\n") -> LockboxContents:
    return read_lockbox_file(written(lines, end=end), today=TODAY)


def changed(old: str, new: str, *, line: int) -> list[str]:
    """Return the lines with a text of one changed; it must be there."""
    assert old in LINES[line - 1]
    return [each.replace(old, new, 1) if at == line else each for at, each in enumerate(LINES, start=1)]


def test_PAY_1_each_check_says_its_dates_account_number_and_what_its_payer_named() -> None:
    contents = read(LINES)
    assert (contents.deposit_date, contents.sequence) == (date(2015, 12, 3), 1)
    assert (contents.refused, contents.noted) == ((), ())
    assert contents.rows == (
        LockboxRow(
            line=4,
            received_on=date(2015, 12, 3),
            postmarked_on=date(2015, 11, 30),
            account="june",
            amount_cents=500_00,
            reference="1001",
            invoice="inv-1",
        ),
        LockboxRow(
            line=7,
            received_on=date(2015, 12, 3),
            postmarked_on=None,
            account=None,
            amount_cents=12_34,
            reference="77",
        ),
        LockboxRow(
            line=10,
            received_on=date(2015, 12, 3),
            postmarked_on=None,
            account="avery",
            amount_cents=500_00,
            reference=None,
            selection="sel-1",
        ),
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "   \r\n\r\n", "\0\0\n"])
def test_PAY_3_line_ends_blanks_and_empty_lines_mean_nothing(end: str) -> None:
    quiet = [(each.account, each.amount_cents, each.reference) for each in read(LINES).rows]
    bare = [each.rstrip() for each in LINES]
    for lines in (LINES, bare, ["\ufeff" + LINES[0], *LINES[1:-1], LINES[-1] + "\x1a"]):
        found = [(each.account, each.amount_cents, each.reference) for each in read(lines, end=end).rows]
        assert found == quiet


def test_PAY_10_without_a_reference_code_a_file_is_numbered_by_its_time_of_day() -> None:
    assert read(changed("0000000001", "0000000000", line=2)).sequence == 1730
    assert read(changed("0000000001", " " * 10, line=2)).sequence == 1730


def test_PAY_10_several_lockboxes_and_none_with_a_check_are_a_file() -> None:
    one, other = bai_lines([FIRST]), bai_lines([SECOND], lockbox="0099999")
    both = [*one[:-1], *other[2:-1], f"9{len(one) + len(other) - 3:06}"]
    assert [each.amount_cents for each in read(both).rows] == [500_00, 12_34]
    assert read(bai_lines([])).rows == ()
    assert (
        read(
            [
                "101BULKHEAD  091000019 1512031730",
                LINES[1],
                "5000000001234515120300000",
                *bai_lines()[2:-1][-1:],
                "9000005",
            ]
        ).rows
        == ()
    )


@pytest.mark.parametrize(("first", "second"), [("0000000007", "0000000000"), (" " * 10, "0000000007")])
def test_PAY_10_several_services_are_one_file_with_one_reference_code(first: str, second: str) -> None:
    one, other = bai_lines([FIRST], reference=first), bai_lines([SECOND], reference=second, lockbox="0099999")
    both = [*one[:-1], *other[1:-1], f"9{len(one) + len(other) - 2:06}"]
    found = read(both)
    assert (found.sequence, [each.amount_cents for each in found.rows]) == (7, [500_00, 12_34])


BROKEN = {
    "two-reference-codes": (
        [*LINES[:-1], LINES[1].replace("0000000001", "0000000002"), *LINES[2:-1], "9000028"],
        "line 15: the reference code (places 22 to 31) must be the same in all of a file",
    ),
    "no-header": (LINES[1:], "line 1 is not lockbox,<deposit date>,<sequence>"),
    "no-trailer": (LINES[:-1], "ends without its trailer"),
    "more-after-the-trailer": ([*LINES, LINES[0]], "line 16: the record type (place 1) must not follow"),
    "no-lockbox": ([*LINES[:2], "9000003"], "has no lockbox"),
    "a-record-of-no-type": (
        changed("6001001", "X001001", line=4),
        "line 4: the record type (place 1) must be 6 or 7",
    ),
    "a-creation-date-that-is-none": (
        changed("151203", "151303", line=1),
        "line 1: the creation date (places 24 to 29)",
    ),
    "a-deposit-tomorrow": (changed("151203", "151205", line=3), "line 3: the deposit date (places 15 to 20)"),
    "a-batch-of-another-day": (changed("151203", "151202", line=9), "line 9: the deposit date"),
    "a-batch-of-another-lockbox": (changed("0012345", "0012346", line=9), "line 9: the lockbox number"),
    "a-total-of-another-lockbox": (changed("0012345", "0012346", line=8), "line 8: the lockbox number"),
    "one-check-too-many-in-a-batch": (changed("151203002", "151203003", line=8), "is 3, and 2 were found"),
    "a-batch-total-that-is-not-right": (
        changed("0000051234", "0000051235", line=8),
        "line 8: the batch total (places 24 to 33) is 51235, and the checks add up to 51234",
    ),
    "a-lockbox-count-that-is-not-right": (changed("0003", "0004", line=14), "line 14: the number of checks"),
    "a-lockbox-total-that-is-not-right": (
        changed("0000101234", "0000101233", line=14),
        "line 14: the lockbox total (places 25 to 34) is 101233",
    ),
    "a-number-of-records-that-is-not-right": (
        changed("000015", "000013", line=15),
        "is 13, and 15 were found",
    ),
    "a-total-in-letters": (changed("0000051234", "00000512E4", line=8), "must be 10 digits"),
    "a-transmission-that-is-no-number": (
        changed("0000000001", "9999999999", line=2),
        "reference code of record 2",
    ),
}


@pytest.mark.parametrize("fault", sorted(BROKEN))
def test_PAY_10_a_frame_that_is_not_right_is_refused_with_line_place_and_what_would_do(fault: str) -> None:
    lines, says = BROKEN[fault]
    with pytest.raises(BrokenFrame) as broken:
        read(lines)
    assert says in broken.value.problem


FAULTS: dict[str, tuple[list[str], Fault, tuple[int, ...]]] = {
    "amount": (changed("0000050000", "00000500.0", line=4), bai_faults.NO_CENTS, (12_34, 500_00)),
    "postmark-none": (changed("151130", "151131", line=4), bai_faults.POSTMARK_AS_SIX_DIGITS, (500_00,) * 2),
    "postmark-later": (changed("151130", "151204", line=4), bai_faults.POSTMARK_AS_SIX_DIGITS, (500_00,) * 2),
    "account": (changed("Ajune", "Aj;ne", line=5), faults.ACCOUNT, (500_00,) * 2),
    "account-like-a-card": (changed("Ajune", "A4111111111111111", line=5), faults.ACCOUNT, (500_00,) * 2),
    "accounts": (changed("Iinv-1", "Aavery", line=6), bai_faults.TWO_ACCOUNTS, (500_00,) * 2),
    "name": (changed("Iinv-1", "Iin;1", line=6), bai_faults.KEYED_NAMES, (500_00,) * 2),
    "kind": (changed("Iinv-1", "Xinv-1", line=6), bai_faults.OVERFLOW, (500_00,) * 2),
    "item": (changed("4001001", "4001002", line=6), bai_faults.OVERFLOW, (500_00,) * 2),
    "more": (changed("029I", "020I", line=6), bai_faults.OVERFLOW_ENDS, (500_00,) * 2),
    "bytes": (changed("JUNE EX", "JUN\u00c9 EX", line=4), bai_faults.NOT_ASCII, (500_00,) * 2),
}


@pytest.mark.parametrize("what", sorted(FAULTS))
def test_PAY_3_what_is_wrong_with_a_check_is_told_by_line_and_its_amount_is_money_where_it_can_be_read(
    what: str,
) -> None:
    lines, fault, cents = FAULTS[what]
    contents = read(lines)
    told = [(each.line, each.field, each.problem) for each in (*contents.refused, *contents.noted)]
    assert told == [(4, fault.field, fault.says)]
    assert (
        tuple(
            each.amount_cents
            for each in contents.rows
            if each.amount_cents != 12_34 or fault.outcome == "refused"
        )
        == cents
    )
    doubtful = [each.line for each in contents.rows if each.doubts]
    assert doubtful == ([4] if fault.outcome == "suspense" else [])


def test_INV_5_a_check_that_names_an_invoice_and_a_selection_names_neither() -> None:
    check = Check(keyed=(("I", "inv-1"), ("S", "sel-1")))
    contents = read(bai_lines([check]))
    assert [(each.invoice, each.selection, each.account) for each in contents.rows] == [(None, None, "june")]
    assert [each.problem for each in contents.noted] == [bai_faults.KEYED_NAMES.says]


def test_PAY_3_counts_and_totals_have_the_last_digits_of_what_has_more() -> None:
    batches = [[Check(cents=10**9, number=f"{at}") for at in range(3)] for _ in range(4)]
    assert len(read(bai_lines(*batches)).rows) == 12


async def dropped(content: bytes, *, name: str = "DEPOSIT.bai") -> World:
    world = World(start=at("2015-12-03T15:00"))
    await world.heard_of("june", "avery")
    world.lockbox.content[name] = content
    await world.settle_down()
    return world


async def test_PAY_1_checks_of_a_bai_file_become_payments_and_suspense_with_a_report_of_the_file() -> None:
    bad = check_records(Check(cents=7_00, number="5"), batch=1, item=3)[0].replace("0000000700", "000000070X")
    lines = bai_lines([FIRST, SECOND, Check(cents=7_00, number="5", account="")])
    lines = [bad.ljust(80) if each.startswith("6001003") else each for each in lines]
    world = await dropped(written(lines))
    assert [(each.household, each.amount_cents, each.reference) for each in world.rows(Payment)] == [
        ("june", 500_00, "1001")
    ]
    assert [(each.reason, each.amount_cents) for each in world.rows(SuspenseItem)] == [
        ("unknown-account", 12_34)
    ]
    [file] = world.rows(LockboxFile)
    assert (file.state, file.accepted_rows, file.accepted_cents, file.waits) == ("loaded", 2, 512_34, True)
    assert [(each.line, each.field) for each in file.refused_rows] == [(8, "amount")]
    assert list(world.lockbox.content) == ["loaded/DEPOSIT.bai"]


@pytest.mark.parametrize("number", ["1001", "0001001"])
async def test_PAY_3_the_same_check_by_csv_and_by_bai_is_a_possible_double(number: str) -> None:
    world = await dropped(bai_lockbox_file([Check()]))
    world.drop(Row(reference=number), sequence=2)
    await world.settle_down()
    assert [each.amount_cents for each in world.rows(Payment)] == [500_00]
    assert [(each.reason, each.amount_cents) for each in world.rows(SuspenseItem)] == [
        ("possible-double", 500_00)
    ]


async def test_PAY_3_the_same_file_again_and_another_of_its_number_are_not_taken() -> None:
    world = await dropped(bai_lockbox_file([Check()]))
    world.lockbox.content["AGAIN.lbx"] = bai_lockbox_file([Check()])
    world.lockbox.content["OTHER.bai"] = bai_lockbox_file([Check(number="2")])
    await world.settle_down()
    assert len(world.rows(Payment)) == 1
    assert sorted((each.state, each.refusal) for each in world.rows(LockboxFile)) == [
        ("loaded", None),
        ("refused", "another file of the same deposit date and sequence is loaded"),
    ]
