"""Trying whether money could be paid online, without taking any (OPS-3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

Door: TypeAlias = Literal["online"]
TrialOutcome: TypeAlias = Literal[
    "ok",
    "not-open",
    "maintenance",
    "processor-away",
    "processor-silent",
    "processor-declines",
    "processor-misunderstood",
]
"""How a try ended: *not-open* where paying online has not been opened yet (OPS-4), *maintenance* where payments is
taken out as announced (OPS-2): then nothing is tried."""

TRIAL_OUTCOMES: Final[tuple[TrialOutcome, ...]] = get_args(TrialOutcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineTrial:
    """The last try of a door."""

    door: Door
    tried_at: datetime
    outcome: TrialOutcome

    @property
    def takes_payments(self) -> bool:
        """Whether money could have been paid then."""
        return self.outcome == "ok"
