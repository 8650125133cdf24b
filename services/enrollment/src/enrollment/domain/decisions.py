"""What was decided of a policy, and when: kept with the policy for as long as it is, beside the reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

Decided: TypeAlias = Literal[
    "selected",
    "renewed",
    "activated",
    "changed",
    "canceled",
    "terminated",
    "reinstated",
    "expired",
    "noted",
]
"""What came of a decision. One that is noted changed nothing yet: an end behind an earlier one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDecision:
    """One decision on a policy: made at an instant, counting for a date, with so many of the policy's reasons.

    A policy's decisions are in their order, and so are its reasons: the first decision has the first of them.
    """

    at: datetime
    on: date
    decided: Decided
    reasons: int
