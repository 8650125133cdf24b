"""What became of a household itself, and of no policy of it: kept for its timeline (ADR 0049)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from bulkhead.kernel.decisions import Reason

HouseholdActKind: TypeAlias = Literal[
    "registered", "contact-recorded", "verification-wanted", "verification-decided", "forgotten"
]
ForgottenBecause: TypeAlias = Literal["asked-for", "kept-long-enough", "registered-by-mistake"]
"""Why a household's people are forgotten."""


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
