"""Writes return files as a bank does, from the records' format alone: it shares nothing with what reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

OUR_BANK = "09140060"
"""It asked for the debits, and is the receiver of what comes back."""
THEIR_BANK = "09100001"
"""It sends them back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry that comes back. ``code`` begins with R, or with C for a notification of change."""

    identification: str
    cents: int = 500_00
    code: str = "R01"
    transaction: str = "26"
    account: str = "123456789"
    name: str = "June Example"
    receiving_bank: str = OUR_BANK
    original_trace: str = "091400600000001"
    trace: str = "091000017611242"
    addenda: bool = True
    corrected: str = "987654321"

    @property
    def direction(self) -> str:
        """Whether the money was to go to us or from us."""
        return "credit" if self.transaction[1] in "01234" else "debit"

    @property
    def records(self) -> list[str]:
        """Its entry detail, and the addenda that says why it comes back."""
        detail = (
            f"6{self.transaction}{self.receiving_bank}6{self.account:17}{self.cents:010}{self.identification:15}"
            f"{self.name:22}S {int(self.addenda)}{self.trace}"
        )
        if not self.addenda:
            return [detail]
        type_code, info = ("98", self.corrected) if self.code.startswith("C") else ("99", "")
        addenda = (
            f"7{type_code}{self.code}{self.original_trace}{'':6}{THEIR_BANK}{info:44}{self.trace}"
            if type_code == "99"
            else f"7{type_code}{self.code}{self.original_trace}{'':6}{THEIR_BANK}{info:29}{'':15}{self.trace}"
        )
        return [detail, addenda]


def records_of(
    batches: Sequence[Sequence[Entry]],
    *,
    created: str = "160106",
    modifier: str = "A",
    settled: str = "",
    origin: str = "091000019",
    service_class: str = "200",
    entry_class: str = "WEB",
) -> list[str]:
    """Return the records of a file, without those that fill its last block. ``settled`` is a day of the year."""
    records = [
        f"101 {OUR_BANK}6 {origin}{created}0615{modifier}094101{'FIRST BANK & TRUST':23}{'BULKHEAD EXCHANGE':23}{'':8}"
    ]
    counts, hashes = 0, 0
    totals = {"debit": 0, "credit": 0}
    for number, batch in enumerate(batches, 1):
        lines = [record for entry in batch for record in entry.records]
        hashed = sum(int(entry.receiving_bank) for entry in batch)
        sums = {way: sum(each.cents for each in batch if each.direction == way) for way in totals}
        company = "1234567890"
        records += [
            f"5{service_class}{'Bulkhead':36}{company}{entry_class}PREMIUM   {'':6}160104{settled:3}1{THEIR_BANK}"
            f"{number:07}",
            *lines,
            f"8{service_class}{len(lines):06}{hashed % 10**10:010}{sums['debit']:012}{sums['credit']:012}{company}"
            f"{'':25}{THEIR_BANK}{number:07}",
        ]
        counts, hashes = counts + len(lines), hashes + hashed
        totals = {way: totals[way] + sums[way] for way in totals}
    blocks = -(-(len(records) + 1) // 10)
    records.append(
        f"9{len(batches):06}{blocks:06}{counts:08}{hashes % 10**10:010}{totals['debit']:012}{totals['credit']:012}"
        f"{'':39}"
    )
    return records


def international(*, account: str, cents: int = 500_00) -> bytes:
    """Return a file of one entry that came back from abroad (class IAT): it has the receiver's account number where
    others have their names, and the receiver's name and address in addenda before that of the return.
    """
    trace = "091000017611242"
    entry = f"626{OUR_BANK}60008{'':13}{cents:010}{account:35}{'':4}1{trace}"
    named = (
        f"710ANN{cents:018}{'':22}June Example",
        *(f"7{kind}June Example, 1 Main St" for kind in range(11, 17)),
    )
    returned = f"799R02{'091400600000001'}{'':6}{THEIR_BANK}{'':44}{trace}"
    head, batch, *_ = records_of([[Entry(identification="")]], entry_class="IAT")
    sums = f"{int(OUR_BANK):010}{cents:012}{0:012}"
    return written(
        [
            head,
            batch,
            entry,
            *(f"{each:87}{trace[-7:]}" for each in named),
            returned,
            f"8200{9:06}{sums}1234567890{'':25}{THEIR_BANK}0000001",
            f"9{1:06}{2:06}{9:08}{sums}{'':39}",
        ]
    )


def written(records: Sequence[str], *, end: str = "\n") -> bytes:
    """Return the bytes of a file of these records, its last block filled."""
    filled = [*records, *["9" * 94] * (-len(records) % 10)]
    return "".join(record + end for record in filled).encode()


def return_file(*entries: Entry, end: str = "\n", **header: str) -> bytes:
    """Return a whole file of one batch, or of none where there are no entries."""
    return written(records_of([entries] if entries else [], **header), end=end)
