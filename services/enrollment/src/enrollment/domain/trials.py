"""Trying whether plans could be selected online, without selecting any, and whether the hub answers (OPS-3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

Door: TypeAlias = Literal["online"]
TrialOutcome: TypeAlias = Literal["ok", "not-open", "maintenance"]
"""How a try ended: *not-open* where no plan is sold yet (OPS-4), *maintenance* where enrollment is taken out as
announced (OPS-2): then nothing is tried."""

TRIAL_OUTCOMES: Final[tuple[TrialOutcome, ...]] = get_args(TrialOutcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineTrial:
    """The last try of a door."""

    door: Door
    tried_at: datetime
    outcome: TrialOutcome

    @property
    def takes_selections(self) -> bool:
        """Whether a plan could have been selected then."""
        return self.outcome == "ok"


HubOutcome: TypeAlias = Literal["ok", "hub-away", "hub-silent", "hub-misunderstood", "hub-rests"]
"""How a question to the federal hub ended: *hub-rests* where it failed so often that nobody is asked about for a while,
and it is not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubTrial:
    """The last try of the federal hub."""

    tried_at: datetime
    outcome: HubOutcome

    @property
    def answers(self) -> bool:
        """Whether households were asked about then, and it answered."""
        return self.outcome == "ok"
