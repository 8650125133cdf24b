"""Reads and writes the file of a third party's sum: the whole or nothing, for its lines have to be the sum (PAY-1).

The format is documented in this service's README. Pure: bytes in, lines out, and the other way round.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import Final, get_args

from bulkhead.kernel.money import format_cents
from bulkhead.kernel.personal import Masked
from payments.domain.bank_file import as_called
from payments.domain.card_numbers import looks_like_card_number
from payments.domain.lockbox_faults import LONGEST_REFERENCE
from payments.domain.lockbox_frame import LockboxFrame
from payments.domain.lockbox_lines import (
    PADDING,
    BrokenFrame,
    Line,
    fields_of,
    lines_of,
    without_empty_end,
)
from payments.domain.lockbox_row import (
    COLUMNS,
    NAMES_COLUMN,
    ReadRow,
    cents_of,
    day_of,
    id_of,
    number_of,
    read_row,
)
from payments.domain.payer_kinds import PayerKind
from payments.domain.payments import EARLIEST_DATE, LARGEST_PAYMENT_CENTS
from payments.domain.third_parties import LONGEST_PAYER, MOST_LINES, Means, ThirdParty

_FIRST: Final = "third-party"
_COLUMNS: Final = ("account", "amount", NAMES_COLUMN)
_MOST_TOLD: Final = 20
_ANSWERS: Final = f"{_FIRST},<received>,<postmarked>,<payer>,<kind of payer>,<means>,<number>"


@dataclass(frozen=True, slots=True, kw_only=True)
class SumLine:
    """What is paid for one household: ``names`` is the selection or invoice it is for, as ``invoice:<id>``."""

    account: str
    amount_cents: int
    names: str = ""


def is_third_party(content: bytes) -> bool:
    """Whether a file begins as one of a third party."""
    return content[:64].decode("utf-8", errors="replace").strip(PADDING + '"').startswith(_FIRST)


def third_party_frame(content: bytes, *, today: date) -> LockboxFrame:
    """Return who pays what and when; it cannot have come later than ``today``.

    Raises `BrokenFrame` where a line cannot be read as an amount, and where the lines are not the total: by how much.
    """
    lines = list(lines_of(content))
    if len(lines) < 3:
        raise BrokenFrame("has fewer than the three lines that every file has")
    first, header, *rows, last = lines
    received_on, said = _first_line(first, today=today)
    if _fields(header)[:2] != _COLUMNS[:2] or _fields(header)[2:] not in ((), _COLUMNS[2:]):
        raise BrokenFrame(f"line {header.number} is not the header {','.join(_COLUMNS)}")
    if not 1 <= len(rows) <= MOST_LINES:
        raise BrokenFrame(f"has {len(rows)} lines of households: it must have 1 to {MOST_LINES}")
    amounts = [_cents(each) for each in rows]
    unread = [
        f"line {each.number}: the amount is not one such as 500.00, up to {format_cents(LARGEST_PAYMENT_CENTS)}"
        for each, cents in zip(rows, amounts, strict=True)
        if cents is None
    ]
    if unread:
        more = f"; and {len(unread) - _MOST_TOLD} more" if len(unread) > _MOST_TOLD else ""
        raise BrokenFrame("; ".join(unread[:_MOST_TOLD]) + more)
    total = _last_line(last, count=len(rows))
    found = sum(each for each in amounts if each is not None)
    if found != total:
        raise BrokenFrame(
            f"the last line says {format_cents(total)} and the lines add up to {format_cents(found)}:"
            f" a difference of {format_cents(total - found)}"
        )
    paid = ThirdParty(
        payer=said.payer,
        payer_kind=said.payer_kind,
        means=said.means,
        reference=said.reference,
        postmarked_on=said.postmarked_on,
        amount_cents=total,
    )
    return LockboxFrame(deposit_date=received_on, sequence=None, third_party=paid)


def third_party_rows(content: bytes, frame: LockboxFrame) -> Iterator[ReadRow]:
    """Return the lines of a file whose frame is right, each as a check of its household, of the dates of the whole."""
    said = frame.third_party
    if said is None:
        raise ValueError("the frame is of no third party")
    _first, _header, *rows, _last = lines_of(content)
    width = len(COLUMNS) + 1
    for line in rows:
        account, amount, names = (*_fields(line), "")[:3]
        postmarked = "" if said.postmarked_on is None else said.postmarked_on.isoformat()
        values = (frame.deposit_date.isoformat(), postmarked, account, amount, "check", said.reference, names)
        as_check = Line(number=line.number, text=_written([values]).strip(), legible=line.legible)
        yield read_row(as_check, width=width, latest=frame.deposit_date)


def write_third_party_file(said: ThirdParty, lines: Iterable[SumLine], *, received_on: date) -> bytes:
    """Return the file of a sum: the same for the same sum."""
    postmarked = "" if said.postmarked_on is None else said.postmarked_on.isoformat()
    rows = [(each.account, format_cents(each.amount_cents), each.names) for each in lines]
    about = (postmarked, said.payer.reveal(), said.payer_kind, said.means, said.reference)
    return _written(
        [
            (_FIRST, received_on.isoformat(), *about),
            _COLUMNS,
            *rows,
            ("total", str(len(rows)), format_cents(said.amount_cents)),
        ]
    ).encode()


def _written(rows: Iterable[Iterable[str]]) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _fields(line: Line) -> tuple[str, ...]:
    fields = fields_of(line.text)
    return without_empty_end(fields.values, width=len(_COLUMNS)) if fields.sound else ()


def _cents(line: Line) -> int | None:
    fields = _fields(line)
    cents = cents_of(fields[1]) if 2 <= len(fields) <= len(_COLUMNS) else None
    return cents if cents is not None and 0 < cents <= LARGEST_PAYMENT_CENTS else None


def _first_line(line: Line, *, today: date) -> tuple[date, ThirdParty]:
    fields = fields_of(line.text)
    values = without_empty_end(fields.values, width=7)
    if not fields.sound or not line.legible or len(values) != 7 or values[0] != _FIRST:
        raise BrokenFrame(f"line 1 is not {_ANSWERS}")
    _, received, postmarked, payer, kind, means, number = values
    received_on = day_of(received)
    if received_on is None or not EARLIEST_DATE <= received_on <= today:
        raise BrokenFrame(
            f"line 1: the day received must be a date such as 2016-01-04, from {EARLIEST_DATE} to today"
        )
    postmarked_on = day_of(postmarked)
    if postmarked and (postmarked_on is None or not EARLIEST_DATE <= postmarked_on <= received_on):
        raise BrokenFrame(
            "line 1: the postmark must be a date such as 2016-01-04, not after the day received"
        )
    if not payer or len(payer) > LONGEST_PAYER or not payer.isprintable() or looks_like_card_number(payer):
        raise BrokenFrame(f"line 1: the payer must be a name of 1 to {LONGEST_PAYER} characters")
    return received_on, ThirdParty(
        payer=Masked(payer),
        payer_kind=_kind(kind),
        means=_means(means),
        reference=_reference(number, means=means),
        postmarked_on=postmarked_on,
        amount_cents=0,
    )


def _kind(text: str) -> PayerKind:
    for each in get_args(PayerKind):
        if each == text:
            return each
    raise BrokenFrame(f"line 1: the kind of payer must be one of {', '.join(get_args(PayerKind))}")


def _means(text: str) -> Means:
    for each in get_args(Means):
        if each == text:
            return each
    raise BrokenFrame(f"line 1: the means must be one of {', '.join(get_args(Means))}")


def _reference(text: str, *, means: str) -> str:
    found = number_of(text) if means == "check" else id_of(text) if means == "suspense" else text
    if (
        not found
        or not as_called(found)
        or len(found) > LONGEST_REFERENCE
        or not found.isprintable()
        or looks_like_card_number(found)
    ):
        raise BrokenFrame(
            "line 1: the number must be the check's, the entry's reference at the bank, or the item of suspense"
        )
    return found


def _last_line(line: Line, *, count: int) -> int:
    fields = _fields(line)
    cents = cents_of(fields[2]) if len(fields) == 3 and fields[0] == "total" else None
    if cents is None or not fields[1].isdecimal():
        raise BrokenFrame("the last line is not total,<count>,<amount>")
    if int(fields[1]) != count:
        raise BrokenFrame(f"the last line counts {int(fields[1])} lines and there are {count}")
    return cents
