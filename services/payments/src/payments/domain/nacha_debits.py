"""Writes a file of debits as NACHA has it: 94 characters a record, ten records a block. Pure: the same debits give the
same bytes (NACHA Operating Rules, "ACH Record Format Specifications").
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Final

from bulkhead.kernel.personal import Masked
from payments.domain.ach_debits import MOST_SEQUENCE, Originator
from payments.domain.bank_accounts import AccountType, EntryClass
from payments.domain.nacha_layout import FILLER, RECORDS_A_BLOCK

DESCRIPTION: Final = "PREMIUM"
"""What a payer's statement says the debit is for: ten characters at most."""
_DEBITS: Final[Mapping[AccountType, str]] = {"checking": "27", "savings": "37"}
_CREDITS: Final[Mapping[AccountType, str]] = {"checking": "22", "savings": "32"}
_DEBITS_ONLY: Final = "225"
_MIXED: Final = "200"
_OFFSET: Final = "OFFSET"


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitEntry:
    """One debit as a file says it: ``identification`` is what its payment is called at the banks, ``number`` the
    account's, in clear.
    """

    identification: str
    routing_number: str
    number: Masked
    account_type: AccountType
    holder: Masked
    amount_cents: int
    entry_class: EntryClass
    recurring: bool
    drawn_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitFile:
    """A file, written: its bytes, the trace number of each entry in the order they were given, and the totals of its
    control record. ``last_sequence`` is that of its last entry, an offset's too.
    """

    content: bytes
    traces: tuple[str, ...]
    entries: int
    debit_cents: int
    credit_cents: int
    last_sequence: int


@dataclass(frozen=True, slots=True)
class _Line:
    """One entry record, and what controls add up of it."""

    record: str
    bank: int
    debit_cents: int = 0
    credit_cents: int = 0


def write_debit_file(
    entries: Sequence[DebitEntry],
    *,
    originator: Originator,
    created_at: datetime,
    modifier: str,
    effective_on: date,
    after_sequence: int,
) -> DebitFile:
    """Return the file of these entries: a batch of each entry class and day on which they were drawn, so that what our
    bank posts of a batch is what the books have of that day. Trace numbers go on from ``after_sequence``, and begin
    again behind the last that there can be.
    """
    numbered = sorted(enumerate(entries), key=lambda each: (each[1].entry_class, each[1].drawn_on, each[0]))
    sequence, traces = after_sequence, dict[int, str]()
    records, lines = [_file_header(originator, created_at=created_at, modifier=modifier)], list[_Line]()
    groups = groupby(numbered, key=lambda each: (each[1].entry_class, each[1].drawn_on))
    batch = 0
    for batch, ((entry_class, drawn_on), group) in enumerate(groups, 1):
        of_batch = list[_Line]()
        for place, entry in group:
            sequence = sequence % MOST_SEQUENCE + 1
            traces[place] = _trace(originator, sequence)
            of_batch.append(_entry(entry, trace=traces[place]))
        if originator.offset is not None:
            sequence = sequence % MOST_SEQUENCE + 1
            of_batch.append(
                _offset(originator, of_batch, entry_class=entry_class, trace=_trace(originator, sequence))
            )
        records += _batch(
            of_batch,
            originator=originator,
            entry_class=entry_class,
            drawn_on=drawn_on,
            effective_on=effective_on,
            number=batch,
        )
        lines += of_batch
    blocks = -(-(len(records) + 1) // RECORDS_A_BLOCK)
    records.append(f"9{batch:06}{blocks:06}{len(lines):08}{_sums(lines)}{'':39}")
    records += [FILLER] * (-len(records) % RECORDS_A_BLOCK)
    return DebitFile(
        content="".join(f"{record}\n" for record in records).encode("ascii"),
        traces=tuple(traces[place] for place in range(len(entries))),
        entries=len(lines),
        debit_cents=sum(each.debit_cents for each in lines),
        credit_cents=sum(each.credit_cents for each in lines),
        last_sequence=sequence,
    )


def _file_header(originator: Originator, *, created_at: datetime, modifier: str) -> str:
    bank = originator.bank
    names = f"{_text(originator.bank_name, 23)}{_text(originator.company, 23)}{'':8}"
    return f"101 {bank}{originator.company_id:>10}{created_at:%y%m%d%H%M}{modifier}094101{names}"


def _batch(
    lines: Sequence[_Line],
    *,
    originator: Originator,
    entry_class: EntryClass,
    drawn_on: date,
    effective_on: date,
    number: int,
) -> Iterator[str]:
    """Yield a batch's records: header, entries, control."""
    service = _DEBITS_ONLY if originator.offset is None else _MIXED
    company, bank = originator.company_id, originator.bank[:8]
    yield (
        f"5{service}{_text(originator.company, 16)}{'':20}{company}{entry_class}{DESCRIPTION:10}{drawn_on:%y%m%d}"
        f"{effective_on:%y%m%d}{'':3}1{bank}{number:07}"
    )
    yield from (each.record for each in lines)
    yield f"8{service}{len(lines):06}{_sums(lines)}{company}{'':25}{bank}{number:07}"


def _entry(entry: DebitEntry, *, trace: str) -> _Line:
    kind = ("R" if entry.recurring else "S") if entry.entry_class == "WEB" else ""
    record = (
        f"6{_DEBITS[entry.account_type]}{entry.routing_number}{entry.number.reveal():17}{entry.amount_cents:010}"
        f"{entry.identification:15}{_text(entry.holder.reveal(), 22)}{kind:2}0{trace}"
    )
    return _Line(record, int(entry.routing_number[:8]), debit_cents=entry.amount_cents)


def _offset(originator: Originator, lines: Sequence[_Line], *, entry_class: EntryClass, trace: str) -> _Line:
    """Return the credit of a batch's debits to the exchange's own account."""
    offset = originator.offset
    if offset is None:
        raise ValueError("the originator's batches are not balanced")
    cents = sum(each.debit_cents for each in lines)
    kind = "S" if entry_class == "WEB" else ""
    record = (
        f"6{_CREDITS[offset.account_type]}{originator.bank}{offset.number.reveal():17}{cents:010}"
        f"{_OFFSET:15}{_text(originator.company, 22)}{kind:2}0{trace}"
    )
    return _Line(record, int(originator.bank[:8]), credit_cents=cents)


def _sums(lines: Sequence[_Line]) -> str:
    hashed = sum(each.bank for each in lines) % 10**10
    debit_cents = sum(each.debit_cents for each in lines)
    credit_cents = sum(each.credit_cents for each in lines)
    return f"{hashed:010}{debit_cents:012}{credit_cents:012}"


def _trace(originator: Originator, sequence: int) -> str:
    return f"{originator.bank[:8]}{sequence:07}"


def _text(text: str, length: int) -> str:
    """Return a text in the characters that a record may have, capitals, cut and filled to its length."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    kept = "".join(each if each.isalnum() or each in " .-&'," else " " for each in plain)
    return f"{kept.upper()[:length]:{length}}"
