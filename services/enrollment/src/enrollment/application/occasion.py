"""When a fact happened, and when it is acted on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """``happened_on`` is the fact's own date, which what follows from it counts for; ``today`` is today."""

    happened_on: date
    today: date
