"""What a lockbox file says besides its rows, in whichever format, and what is told of the rows once they are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from payments.domain.files_in import RowProblem
from payments.domain.lockbox_row import ReadRow
from payments.domain.third_parties import ThirdParty

MOST_BYTES: Final = 64 * 1024 * 1024
"""A larger file is no lockbox file of a day: it would have more than half a million checks."""

MOST_TOLD: Final = 1_000
"""So many problems of a kind are told by line: of more the file's report has the number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockboxFrame:
    """The deposit that a whole file is of; ``sequence`` is its number among those of its date.

    ``width`` is how many columns it has, and ``borne_out`` says that its total bears out all amounts that can be read.
    Of a sum that a ``third_party`` paid it is the day on which that came, without a number.
    """

    deposit_date: date
    sequence: int | None
    width: int = 0
    borne_out: bool = True
    third_party: ThirdParty | None = None


@dataclass(slots=True)
class RowsReport:
    """What is told of the rows of a file: those that are money, with their sum, and the problems of any, by line.

    ``refused`` are problems of rows that are no money, ``noted`` those of rows that are money all the same: the first
    of each, ``refused_total`` and ``noted_total`` how many there are.
    """

    accepted_rows: int = 0
    accepted_cents: int = 0
    refused: list[RowProblem] = field(default_factory=list[RowProblem])
    noted: list[RowProblem] = field(default_factory=list[RowProblem])
    refused_total: int = 0
    noted_total: int = 0

    def add(self, read: ReadRow) -> None:
        """Count one more row."""
        if read.row is None:
            self.refused_total += len(read.problems)
            told = self.refused
        else:
            self.accepted_rows += 1
            self.accepted_cents += read.row.amount_cents
            self.noted_total += len(read.problems)
            told = self.noted
        told += read.problems[: MOST_TOLD - len(told)]
