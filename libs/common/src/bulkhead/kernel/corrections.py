"""Corrections: what was recorded wrong is put right by an act of its own, never by a hand in the database (OPS-5).

What each kind does, and what it refuses, is a matter of the service that owns the fact.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final, Generic, Literal, TypeAlias, TypeVar

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict
from bulkhead.kernel.personal import Masked

CorrectionState: TypeAlias = Literal["requested", "applied", "declined", "reversed"]
CorrectionStep: TypeAlias = Literal["approve", "decline", "reverse"]

STEPS: Final[Mapping[tuple[CorrectionState, CorrectionStep], CorrectionState]] = {
    ("requested", "approve"): "applied",
    ("requested", "decline"): "declined",
    ("applied", "reverse"): "reversed",
}
"""How a correction goes on; a pair that is not here raises `CorrectionNotOpen`."""

_SOURCE: Final = "chosen (OPS-5)"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCorrection:
    """What is kept of a correction of any kind: why, who asked for it, and what became of it (OPS-5).

    ``cents`` is what it moves, ``by_two`` says that it took, or takes, a second person. ``reverses`` is the correction
    that it takes back, ``reversed_by`` the one that took this back. ``note`` is free text: it is kept here and goes
    nowhere else.
    """

    correction: str
    state: CorrectionState
    because: str
    note: Masked | None
    cents: int
    by_two: bool
    asked_at: datetime
    asked_by: str
    decided_at: datetime | None = None
    decided_by: str | None = None
    reverses: str | None = None
    reversed_by: str | None = None


C = TypeVar("C", bound=RecordedCorrection)
W = TypeVar("W", bound=str)


@dataclass(frozen=True, kw_only=True)  # with slots none is made by a service's alias of it
class Asked(Generic[W]):
    """Who asks for a correction, under which id, and why. ``preview``: what it does is shown, and not kept."""

    correction: str
    because: W
    note: Masked | None
    operator: str
    preview: bool = False


class CorrectionNotOpen(Conflict):
    """A correction that is decided is not decided again, and only one that stands is reversed, once (OPS-5)."""

    kind: ClassVar[str] = "correction-not-open"


class SecondPersonNeeded(Conflict):
    """Whoever asked for what takes two people does not approve it (OPS-2, OPS-5)."""

    kind: ClassVar[str] = "second-person-needed"


class CorrectionWaits(Conflict):
    """A correction of the same thing waits for its second person: what is asked could not be done after it (OPS-5)."""

    kind: ClassVar[str] = "correction-waits"


def require_none_waits(waiting: Iterable[RecordedCorrection]) -> None:
    """Raise `CorrectionWaits` where corrections of what another is asked for wait to be decided (OPS-5)."""
    for each in waiting:
        raise CorrectionWaits(
            "a correction of the same waits to be decided: have it approved, or decline it and ask anew",
            reasons=(
                Reason(
                    rule="OPS-5",
                    says="of one thing one correction waits at a time",
                    citation=_SOURCE,
                    facts={"correction": each.correction},
                ),
            ),
        )


def takes_two(kind: str, cents: int, *, alone_cents: int, kinds_by_two: Collection[str]) -> bool:
    """Whether a correction of so many cents takes a second person: above a limit, and always of some kinds (OPS-5)."""
    return kind in kinds_by_two or cents > alone_cents


def takes_back(reverses: str | None, known: Mapping[str, RecordedCorrection]) -> bool:
    """Whether what reverses a correction, by its name, puts things as they were: what is reversed did not do so itself.
    ``known`` are corrections by their names, with all that they take back.
    """
    first = known.get(reverses or "")
    return first is not None and not takes_back(first.reverses, known)


def done_alone_cents(
    corrections: Iterable[RecordedCorrection], *, by: str, since: datetime, reverses: str | None = None
) -> int:
    """Return how many cents one person moved since then by corrections that stand and that nobody else saw: they count
    with what that person asks for now, or two halves would be a whole of one person's (OPS-5).

    ``corrections`` are given with all that they take back. What takes one back counts for nothing, and with what takes
    one back, as what is asked for now does that ``reverses`` it, nothing is counted.
    """
    known = {each.correction: each for each in corrections}
    if takes_back(reverses, known):
        return 0
    return sum(
        each.cents
        for each in known.values()
        if each.state == "applied"
        and not each.by_two
        and each.asked_by == by
        and each.asked_at > since
        and not takes_back(each.reverses, known)
    )


def step(correction: C, what: CorrectionStep, *, by: str, now: datetime, reversed_by: str | None = None) -> C:
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
                    citation=_SOURCE,
                    facts={"correction": correction.correction, "state": correction.state},
                ),
            ),
        )
    if what == "reverse":
        return replace(correction, state=state, reversed_by=reversed_by)
    return replace(correction, state=state, decided_at=now, decided_by=by)


def require_another(correction: RecordedCorrection, *, by: str) -> None:
    """Raise `SecondPersonNeeded` where who approves a correction is who asked for it (OPS-5)."""
    why = Reason(
        rule="OPS-5",
        says="a correction above the limit takes two people",
        citation=_SOURCE,
        facts={"correction": correction.correction},
    )
    require_second(correction.asked_by, by=by, why=why)


def require_second(asked_by: str, *, by: str, why: Reason) -> None:
    """Raise `SecondPersonNeeded`, with why two are needed, where who approves is who asked."""
    if by == asked_by:
        raise SecondPersonNeeded(
            "somebody else must approve it: whoever asked may decline it", reasons=(why,)
        )


def reason_of(correction: RecordedCorrection) -> Reason:
    """Return why the events of a correction are said: it marks them (OPS-5)."""
    facts = {"correction": correction.correction, "because": correction.because}
    if correction.reverses is not None:
        facts["reverses"] = correction.reverses
    return Reason(rule="OPS-5", says="what was recorded wrong is corrected", citation=_SOURCE, facts=facts)
