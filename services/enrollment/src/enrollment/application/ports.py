"""What enrollment's use cases need besides a unit of work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from bulkhead.kernel.explanations import Sentences
from bulkhead.kernel.parameters import DatedParameters
from enrollment.domain.parameters import EnrollmentParameters

Parameters: TypeAlias = DatedParameters[EnrollmentParameters]
"""The policy pack's parameters."""


class Transliterator(Protocol):
    """Writes any script in Latin letters."""

    def latin(self, text: str) -> str:
        """Return a text in ASCII; empty where nothing comes near."""
        ...


class Alarms(Protocol):
    """Tells someone what went wrong in bulk work, and where."""

    def household_not_renewed(self, *, household: str, error: Exception) -> None:
        """Say that a household had a fault of ours and was passed over."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """All of it, as the routes reach it."""

    parameters: Parameters
    transliterator: Transliterator
    sentences: Sentences
