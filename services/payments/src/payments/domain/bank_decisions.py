"""What people decide about what is on one side alone: it is the same, it is explained, it is not the same (PAY-13)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, TypeAlias

from bulkhead.kernel.corrections import CorrectionNotOpen, RecordedCorrection
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, InvalidValue
from bulkhead.kernel.money import format_cents
from payments.domain.bank_statements import BankEntry, BankFile, ItemState
from payments.domain.trust_movements import TrustMovement

BankDecisionKind: TypeAlias = Literal["match", "note", "separate", "take-back"]
"""``match``: entries and movements are the same money. ``note``: they are on one side alone, and it is known why.
``separate``: what was matched is not the same. ``take-back``: a loaded file is not what the bank has.
"""

ALWAYS_BY_TWO: Final[tuple[BankDecisionKind, ...]] = ("take-back",)
"""Kinds that a second person approves whatever they are about: with a file goes all that was decided about it."""

BankReason: TypeAlias = Literal[
    "same-money", "not-the-same", "fee", "interest", "bank-error", "our-error", "before-statements", "other"
]
"""Why. ``fee`` and ``interest``: the bank's own, which no payment is. ``bank-error``, ``our-error``: who puts it right.
``before-statements``: a movement of before the first statement.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankDecision(RecordedCorrection):
    """One decision about ``entries`` of statements and ``movements`` of the books, by their ids. ``cents`` is the
    larger of the sums of both sides' amounts. Of a separation, ``settled_by`` is the match that it takes apart. Of a
    taking back, ``file`` is what is taken back; ``cents`` are those of its entries, and none of them are named.
    """

    kind: BankDecisionKind
    because: BankReason
    entries: tuple[str, ...]
    movements: tuple[str, ...]
    settled_by: str | None
    file: str | None = None


class ItemNotOpen(Conflict):
    """An entry or a movement is matched or noted, or not matched as is said: somebody was there before (PAY-13)."""

    kind: ClassVar[str] = "item-not-open"


def cents_of(entries: Iterable[BankEntry], movements: Iterable[TrustMovement]) -> int:
    """Return how much a decision is about: the larger of the sums of both sides' amounts."""
    return max(sum(each.amount_cents for each in entries), sum(each.amount_cents for each in movements))


def require_state(items: Iterable[BankEntry | TrustMovement], state: ItemState, *, by: str | None) -> None:
    """Raise `ItemNotOpen` where one of these is in another state, or by another match."""
    for each in items:
        if each.state != state or (by is not None and each.settled_by != by):
            raise ItemNotOpen(
                f"{'an entry' if isinstance(each, BankEntry) else 'a movement'} is {each.state}",
                reasons=(
                    Reason(
                        rule="PAY-13",
                        says="what is matched or noted is first taken apart, by reversing what did it",
                        facts={"state": each.state, "settled_by": each.settled_by or "none"},
                    ),
                ),
            )


def require_loaded(file: BankFile) -> None:
    """Raise `ItemNotOpen` unless what a statement file says is kept."""
    if file.state != "loaded":
        raise ItemNotOpen(
            f"the file is {file.state}",
            reasons=(
                Reason(
                    rule="PAY-13",
                    says="a file that is loaded is taken back; to be loaded again it is dropped again",
                    facts={"state": file.state},
                ),
            ),
        )


def require_reversible(decision: BankDecision) -> None:
    """Raise `CorrectionNotOpen` for the taking back of a file: it is reversed by the file, dropped again."""
    if decision.kind == "take-back":
        raise CorrectionNotOpen(
            "a file that was taken back is loaded where it is dropped again",
            reasons=(
                Reason(
                    rule="PAY-13",
                    says="what a file said is read from the file alone",
                    facts={"correction": decision.correction},
                ),
            ),
        )


def require_same_sums(entries: Sequence[BankEntry], movements: Sequence[TrustMovement]) -> None:
    """Raise `InvalidValue` unless there is something on both sides, of the same sum."""
    bank, books = (
        sum(each.signed_cents for each in entries),
        sum(each.signed_cents for each in movements),
    )
    if entries and movements and bank == books:
        return
    raise InvalidValue(
        field="/movements",
        problem="must be the same money as the entries: of the same sum, to the cent",
        reasons=(
            Reason(
                rule="PAY-13",
                says="a match is of both sides, and to the cent",
                facts={"entries": format_cents(bank), "movements": format_cents(books)},
            ),
        ),
    )


def require_one_side(entries: Sequence[BankEntry], movements: Sequence[TrustMovement]) -> None:
    """Raise `InvalidValue` unless something of one side alone is noted."""
    if bool(entries) != bool(movements):
        return
    raise InvalidValue(
        field="/entries",
        problem="must be entries or movements, not both: what is the same on both sides is matched",
        reasons=(Reason(rule="PAY-13", says="what is noted is on one side alone"),),
    )
