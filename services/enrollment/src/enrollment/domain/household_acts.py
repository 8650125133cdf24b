"""What became of a household itself, and of no policy of it: kept for its timeline (ADR 0049)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict

HouseholdActKind: TypeAlias = Literal[
    "registered", "contact-recorded", "verification-wanted", "verification-decided", "forgotten"
]
ForgottenBecause: TypeAlias = Literal["asked-for", "kept-long-enough", "registered-by-mistake"]
"""Why a household's people are forgotten."""


class HouseholdForgotten(Conflict):
    """Nothing begins for a household whose people are forgotten: nobody could be told who they are (ADR 0075)."""

    kind: ClassVar[str] = "household-forgotten"


def forgotten() -> HouseholdForgotten:
    """Return the refusal of what is asked of a household whose people are forgotten."""
    return HouseholdForgotten("this household's people are forgotten: register them as another household")


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdAct:
    """Something that became of a household at an instant, counting for a date. ``facts`` hold no personal data.

    ``number`` is the version of its contact, and of a verification enrollment's number of the decision.
    """

    household: str
    kind: HouseholdActKind
    number: int
    at: datetime
    on: date
    facts: dict[str, str]
    reasons: tuple[Reason, ...]
