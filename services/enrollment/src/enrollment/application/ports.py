"""What enrollment's use cases need besides a unit of work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Protocol, TypeAlias

from bulkhead.kernel.errors import BulkheadError, Retryable
from bulkhead.kernel.explanations import Sentences
from bulkhead.kernel.parameters import DatedParameters
from bulkhead.persistence.ports import UnitOfWorkFactory
from enrollment.domain.catalog import AgeRow, CatalogFault, PlanRow, TierRow
from enrollment.domain.determination import Determination
from enrollment.domain.eligibility import Question
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.trials import HubTrial, OnlineTrial

Parameters: TypeAlias = DatedParameters[EnrollmentParameters]
"""The policy pack's parameters."""


class Transliterator(Protocol):
    """Writes any script in Latin letters."""

    def latin(self, text: str) -> str:
        """Return a text in ASCII; empty where nothing comes near."""
        ...


class CatalogFiles(Protocol):
    """Reads a state's plans and rates of a plan year line by line, or in its place what is wrong in a line (ENR-17)."""

    def plans(self, stream: IO[str], *, year: int, state: str) -> Iterator[PlanRow | CatalogFault]:
        """Yield the plans that a file names."""
        ...

    def rates(self, stream: IO[str], *, year: int, state: str) -> Iterator[AgeRow | TierRow | CatalogFault]:
        """Yield what a file says that plans cost."""
        ...


class HubAway(Retryable):
    """The hub cannot be reached: it answers nobody."""


class HubSilent(Retryable):
    """The hub did not answer this question in time, or could not."""


class HubMisunderstood(BulkheadError):
    """The hub answered what it must not: nothing is known by it."""


class Hub(Protocol):
    """Confirms what households attest, and says what they are eligible for (ENR-10). It may be away at any time."""

    async def determine(self, question: Question) -> Determination:
        """Return what the hub says of a household.

        Raises `HubAway`, `HubSilent`, and `HubMisunderstood` where its answer is none.
        """
        ...

    async def is_reachable(self) -> bool:
        """Whether the hub answers now. Raises nothing."""
        ...


class Alarms(Protocol):
    """Tells someone what went wrong in bulk work, and where."""

    def household_not_renewed(self, *, household: str, error: Exception) -> None:
        """Say that a household had a fault of ours and was passed over, or, where the database takes too long for one
        after the other, that all wait there.
        """
        ...


class Trials(Protocol):
    """Tries the door by which selections come in online, for whoever asks."""

    async def latest(self, uows: UnitOfWorkFactory, *, now: datetime) -> OnlineTrial:
        """Return how the last try ended; raises `Retryable` where the database takes nothing."""
        ...


class TrialsOfHub(Protocol):
    """Asks the federal hub about nobody, for whoever asks."""

    async def latest(self, uows: UnitOfWorkFactory, *, now: datetime) -> HubTrial:
        """Return how the last try ended; raises `Retryable` where the database cannot be read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """All of it, as the routes reach it."""

    parameters: Parameters
    transliterator: Transliterator
    catalog_files: CatalogFiles
    sentences: Sentences
    trials: Trials
    hub_trials: TrialsOfHub
