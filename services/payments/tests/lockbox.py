"""Lockbox files: written as a bank does, from the format alone, and read whole, for tests to look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from payments.domain.files_in import RowProblem
from payments.domain.lockbox_formats import frame_of, rows_of
from payments.domain.lockbox_row import LockboxRow


@dataclass(frozen=True, slots=True, kw_only=True)
class LockboxContents:
    """All that a file says. ``refused`` are problems of rows that are no money, ``noted`` those of rows that are."""

    deposit_date: date
    sequence: int | None
    rows: tuple[LockboxRow, ...]
    refused: tuple[RowProblem, ...]
    noted: tuple[RowProblem, ...]


def read_lockbox_file(content: bytes, *, today: date) -> LockboxContents:
    """Return what a whole file says; raises `BrokenFrame`."""
    frame = frame_of(content, today=today)
    read = list(rows_of(content, frame))
    return LockboxContents(
        deposit_date=frame.deposit_date,
        sequence=frame.sequence,
        rows=tuple(each.row for each in read if each.row is not None),
        refused=tuple(problem for each in read if each.row is None for problem in each.problems),
        noted=tuple(problem for each in read if each.row is not None for problem in each.problems),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of a lockbox: ``keyed`` is what was keyed from its coupon, each by A, I or S."""

    cents: int = 500_00
    account: str = "june"
    number: str = "1001"
    postmark: str = ""
    remitter: str = "JUNE EXAMPLE"
    keyed: tuple[tuple[str, str], ...] = ()

    @property
    def all_keyed(self) -> list[tuple[str, str]]:
        """What is on its overflow records."""
        return [*([("A", self.account)] if self.account else []), *self.keyed]


def bai_lines(
    *batches: Sequence[Check],
    deposited: str = "151203",
    lockbox: str = "0012345",
    reference: str = "0000000001",
) -> list[str]:
    """Return the records of a whole file of one lockbox."""
    body = list[str]()
    for number, batch in enumerate(batches, start=1):
        body.append(f"5{number:03}001{lockbox}{deposited}BULKHEAD  091000019 ")
        for item, check in enumerate(batch, start=1):
            body += check_records(check, batch=number, item=item)
        total = sum(each.cents for each in batch)
        body.append(f"7{number:03}001{lockbox}{deposited}{len(batch) % 1000:03}{total % 10**10:010}")
    checks = [each for batch in batches for each in batch]
    cents = sum(each.cents for each in checks)
    body.append(f"8000000{lockbox}{deposited}{len(checks) % 10_000:04}{cents % 10**10:010}")
    lines = [
        f"101BULKHEAD  091000019 {deposited}1730",
        f"2BULKHEAD  091000019 {reference}4000800800 1",
        *body,
    ]
    return [each.ljust(80) for each in (*lines, f"9{len(lines) + 1:06}")]


def check_records(check: Check, *, batch: int, item: int) -> list[str]:
    """Return a check's record and those of what was keyed of it."""
    found = [
        f"6{batch:03}{item:03}{check.cents:010}0110000150009876543{check.number:>010}{check.postmark or '000000'}"
        f"{check.remitter}"
    ]
    keyed = check.all_keyed
    for number, (kind, value) in enumerate(keyed, start=1):
        last = 9 if number == len(keyed) else 0
        found.append(f"4{batch:03}{item:03}6{number:02}{last}{kind}{value}")
    return found


def bai_lockbox_file(
    *batches: Sequence[Check], deposited: str = "151203", reference: str = "0000000001"
) -> bytes:
    """Return a whole file of one lockbox."""
    return written(bai_lines(*batches, deposited=deposited, reference=reference))


def written(lines: Iterable[str], *, end: str = "\n") -> bytes:
    """Return the file that these lines are."""
    return "".join(f"{each}{end}" for each in lines).encode()
