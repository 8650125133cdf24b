"""Corrections of coverage: what was told wrong of ends, people and prices is put right by an act of its own (OPS-5).

A correction says what a fact is, and what it was recorded as. Whatever follows of that, past months too, follows by the
rules that would have counted (ENR-13).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Literal, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.corrections import RecordedCorrection
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, Refused
from bulkhead.kernel.personal import Masked
from enrollment.domain.ends import EndReason
from enrollment.domain.households import forgotten_birth_date
from enrollment.domain.parameters import CorrectionKind
from enrollment.domain.plans import Kind
from enrollment.domain.sources import SOURCES

WrongBecause: TypeAlias = Literal[
    "keying-error", "told-wrong", "rates-wrong", "registered-twice", "correction-in-error", "other"
]
"""Why a fact stood wrong: the exchange mistyped it, who told it was mistaken, the catalog was wrong, one person was
registered twice, or a correction was wrong itself; else.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedEnd:
    """An end that somebody asked for: the last covered day, which is before the first where it called coverage off."""

    on: date
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRedated:
    """What the end of a policy is, and what it was recorded as; None: it has none (ENR-13)."""

    policy: str
    before: AskedEnd | None
    after: AskedEnd | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionDates:
    """When a selection was made, and when the event happened that it names, None where it names none."""

    selected_on: date
    event_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionRedated:
    """What the dates of a selection are, and what they were recorded as (ENR-3, ENR-11)."""

    before: SelectionDates
    after: SelectionDates


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """From when on somebody is not of a household any more, and what ends coverage where they were the last."""

    first: date
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartureRedated:
    """When somebody left a household, and what that was recorded as; None: they did not (ENR-13)."""

    before: Departure | None
    after: Departure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerated:
    """A policy that was rated anew: its last version before, and its last one then. All versions are kept (ENR-13)."""

    policy: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction(RecordedCorrection):
    """One correction, and what it does: to the ``dates`` of a ``selection``, which is made anew (``selected_as``), to a
    household's ``ends``, to when a ``member`` left (``departure``) or was ``born``, to what policies cost ``since`` a
    day, to the household itself, which is ``merged_into`` another (ENR-16).

    ``rerated`` says what of them was rated anew. Birth dates are personal: they are in no event but the contact's.
    """

    household: str
    kind: CorrectionKind
    because: WrongBecause
    selection: str | None = None
    dates: SelectionRedated | None = None
    selected_as: str | None = None
    ends: tuple[EndRedated, ...] = ()
    member: str | None = None
    departure: DepartureRedated | None = None
    born: Masked | None = None
    born_before: Masked | None = None
    since: date | None = None
    rerated: tuple[Rerated, ...] = ()
    merged_into: str | None = None

    @property
    def households(self) -> tuple[str, ...]:
        """All whom it concerns, whose locks it takes."""
        return (self.household,) if self.merged_into is None else (self.household, self.merged_into)

    def is_of_the_same(self, other: Correction) -> bool:
        """Whether another correction of the household is of the same fact: only one of the two can be done."""
        these, those = ({each.policy for each in it.ends} for it in (self, other))
        return (self.kind, self.selection, self.member) == (other.kind, other.selection, other.member) and (
            bool(these & those) or not (these or those)
        )


def forgotten_correction(correction: Correction) -> Correction:
    """Return a correction of a birth date of which the years alone are left."""
    if correction.born is None or correction.born_before is None:
        return correction
    return replace(
        correction,
        born=forgotten_birth_date(correction.born),
        born_before=forgotten_birth_date(correction.born_before),
    )


class NothingToCorrect(Refused):
    """What is to be corrected is not there, or is recorded just so."""

    kind: ClassVar[str] = "nothing-to-correct"


class NotCorrected(Refused):
    """A fact cannot be what a correction says; the reasons say what stands in the way, and what would do."""

    kind: ClassVar[str] = "not-corrected"


class ChangedSince(Conflict):
    """A fact is not any more what a correction was asked for, or made it (OPS-5)."""

    kind: ClassVar[str] = "changed-since"


def changed_since(what: str, *, facts: Mapping[str, str]) -> ChangedSince:
    """Return the refusal for a fact that is another one by now."""
    return ChangedSince(
        f"{what} changed since",
        reasons=(
            Reason(
                rule="OPS-5",
                says="what is corrected is what stands",
                citation=SOURCES["OPS-5"],
                facts=dict(facts),
            ),
        ),
    )


def years_are_over(today: date) -> NothingToCorrect:
    """Return the refusal to take back rates of plan years that are over."""
    return NothingToCorrect(
        "what was rated anew is of a plan year that is over",
        reasons=(
            Reason(
                rule="ENR-17",
                says="Policies of plan years that are over keep their rates.",
                citation=SOURCES["ENR-17"],
                facts={"first": str(date(today.year, 1, 1))},
            ),
        ),
    )


def moved_cents(
    before: Mapping[tuple[Kind, CoverageMonth], int],
    after: Mapping[tuple[Kind, CoverageMonth], int],
    *,
    through: CoverageMonth,
) -> int:
    """Return by how many cents charges by kind of plan and month differ, through a month: what a correction moves."""
    return sum(abs(before.get(key, 0) - after.get(key, 0)) for key in {*before, *after} if key[1] <= through)
