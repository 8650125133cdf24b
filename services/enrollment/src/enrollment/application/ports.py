"""What enrollment's use cases need besides a unit of work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from enrollment.domain.parameters import EnrollmentParameters


class Parameters(Protocol):
    """The policy pack's parameters."""

    def as_of(self, day: date) -> EnrollmentParameters:
        """Return the parameters in force on a date."""
        ...


class Transliterator(Protocol):
    """Writes any script in Latin letters."""

    def latin(self, text: str) -> str:
        """Return a text in ASCII; empty where nothing comes near."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """All of it, as the routes reach it."""

    parameters: Parameters
    transliterator: Transliterator
