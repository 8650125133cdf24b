"""Corrections of payments: what each kind of them does (OPS-5, PAY-11, PAY-12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from bulkhead.kernel.corrections import RecordedCorrection
from payments.domain.events import WrongBecause

CorrectionKind: TypeAlias = Literal["move-payment", "redate-payment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Cents of a payment that are another household's: there they are the payment ``arrives_as``, named for
    ``selection`` or ``invoice`` of that household or for nothing (PAY-11).
    """

    payment: str
    household: str
    to: str
    cents: int
    selection: str | None
    invoice: str | None
    arrives_as: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redating:
    """What the dates of a household's payment are, and what they were recorded as (PAY-12)."""

    payment: str
    household: str
    received_on: date
    postmarked_on: date | None
    received_before: date
    postmarked_before: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction(RecordedCorrection):
    """One correction, and what it does: ``moves`` or ``redates``."""

    kind: CorrectionKind
    because: WrongBecause
    moves: tuple[Move, ...]
    redates: Redating | None

    @property
    def households(self) -> tuple[str, ...]:
        """All whom it concerns, in order."""
        found = {each for move in self.moves for each in (move.household, move.to)}
        return tuple(sorted(found if self.redates is None else {self.redates.household}))

    @property
    def payments(self) -> frozenset[str]:
        """The payments that it changes."""
        redated = () if self.redates is None else (self.redates.payment,)
        return frozenset((*redated, *(each.payment for each in self.moves)))

    def taken_from(self) -> dict[str, int]:
        """Return how much of each payment is moved: cents by payment."""
        cents: dict[str, int] = {}
        for move in self.moves:
            cents[move.payment] = cents.get(move.payment, 0) + move.cents
        return cents
