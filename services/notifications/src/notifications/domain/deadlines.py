"""Last days to pay that moved, and that are where they were again (OPS-4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

ExtensionGround: TypeAlias = Literal["outage", "declared"]
"""Why a last day moved: nobody could pay online for a while just before it, or staff decided it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineMovedFacts:
    """The last days, the earliest first, that were all moved to ``until``, by which extension and why."""

    extension: str
    cutoffs: tuple[date, ...]
    until: date
    ground: ExtensionGround


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineMovedBackFacts:
    """The last days, the earliest first, that an extension moves no more."""

    extension: str
    cutoffs: tuple[date, ...]
