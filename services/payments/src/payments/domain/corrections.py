"""Corrections: what was recorded wrong is put right by an act of its own, never by a hand in the database (OPS-5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, Final, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict
from bulkhead.kernel.personal import Masked
from payments.domain.events import WrongBecause
from payments.domain.parameters import PaymentsParameters

CorrectionKind: TypeAlias = Literal["move-payment", "redate-payment"]
CorrectionState: TypeAlias = Literal["requested", "applied", "declined", "reversed"]
CorrectionStep: TypeAlias = Literal["approve", "decline", "reverse"]

STEPS: Final[Mapping[tuple[CorrectionState, CorrectionStep], CorrectionState]] = {
    ("requested", "approve"): "applied",
    ("requested", "decline"): "declined",
    ("applied", "reverse"): "reversed",
}
"""How a correction goes on; a pair that is not here raises `CorrectionNotOpen`."""


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
class Correction:
    """One correction: what it does (``moves`` or ``redates``), why, who asked for it, and what became of it (OPS-5).

    ``by_two`` says that it took, or takes, a second person. ``reverses`` is the correction that it takes back,
    ``reversed_by`` the one that took this back. ``note`` is free text: it is kept here and goes nowhere else.
    """

    correction: str
    kind: CorrectionKind
    state: CorrectionState
    because: WrongBecause
    note: Masked | None
    cents: int
    moves: tuple[Move, ...]
    redates: Redating | None
    by_two: bool
    asked_at: datetime
    asked_by: str
    decided_at: datetime | None = None
    decided_by: str | None = None
    reverses: str | None = None
    reversed_by: str | None = None

    @property
    def households(self) -> tuple[str, ...]:
        """All whom it concerns, in order."""
        found = {each for move in self.moves for each in (move.household, move.to)}
        return tuple(sorted(found if self.redates is None else {self.redates.household}))

    def taken_from(self) -> dict[str, int]:
        """Return how much of each payment is moved: cents by payment."""
        cents: dict[str, int] = {}
        for move in self.moves:
            cents[move.payment] = cents.get(move.payment, 0) + move.cents
        return cents


class CorrectionNotOpen(Conflict):
    """A correction that is decided is not decided again, and only one that stands is reversed, once (OPS-5)."""

    kind: ClassVar[str] = "correction-not-open"


class SecondPersonNeeded(Conflict):
    """Whoever asked for a correction does not approve it (OPS-5)."""

    kind: ClassVar[str] = "second-person-needed"


def takes_two(kind: CorrectionKind, cents: int, *, parameters: PaymentsParameters) -> bool:
    """Whether a correction of so many cents takes a second person: above a limit, and always of some kinds (OPS-5)."""
    return kind in parameters.correction_kinds_by_two or cents > parameters.correction_alone_cents


def step(
    correction: Correction, what: CorrectionStep, *, by: str, now: datetime, reversed_by: str | None = None
) -> Correction:
    """Return the correction after a step that a person takes; raises `CorrectionNotOpen` where its state does not have
    that step (OPS-5).
    """
    state = STEPS.get((correction.state, what))
    if state is None:
        raise CorrectionNotOpen(
            f"the correction is {correction.state}",
            reasons=(
                Reason(
                    rule="OPS-5",
                    says="a correction is decided once, and reversed once after it was applied",
                    facts={"correction": correction.correction, "state": correction.state},
                ),
            ),
        )
    if what == "reverse":
        return replace(correction, state=state, reversed_by=reversed_by)
    return replace(correction, state=state, decided_at=now, decided_by=by)


def require_another(correction: Correction, *, by: str) -> None:
    """Raise `SecondPersonNeeded` where who approves a correction is who asked for it (OPS-5)."""
    if by == correction.asked_by:
        raise SecondPersonNeeded(
            "somebody else must approve it: whoever asked may decline it",
            reasons=(
                Reason(
                    rule="OPS-5",
                    says="a correction above the limit takes two people",
                    facts={"correction": correction.correction},
                ),
            ),
        )


def reason_of(correction: Correction) -> Reason:
    """Return why the events of a correction are said: it marks them (OPS-5)."""
    facts = {"correction": correction.correction, "because": correction.because}
    if correction.reverses is not None:
        facts["reverses"] = correction.reverses
    return Reason(rule="OPS-5", says="what was recorded wrong is corrected", facts=facts)
