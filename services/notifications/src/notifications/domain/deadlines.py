"""Last days to pay that moved, that are where they were again, and that maintenance touches (OPS-4, OPS-2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from bulkhead.kernel.calendar import in_exchange_time

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


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceFacts:
    """When nobody can pay online, and the last days to pay, the earliest first, that this touches; ``withdrawn`` where
    it was told, and is called off.
    """

    maintenance: str
    begins_at: datetime
    ends_at: datetime
    cutoffs: tuple[date, ...]
    withdrawn: bool = False

    @property
    def begins(self) -> datetime:
        """When it begins, as the exchange's clocks show it."""
        return in_exchange_time(self.begins_at)

    @property
    def ends(self) -> datetime:
        """When it is over, as the exchange's clocks show it."""
        return in_exchange_time(self.ends_at)
