"""A hub that knows nobody: it confirms what is attested, unless it was told otherwise of a household.

It is a real adapter, chosen by ``ENROLLMENT_HUB_URL=sandbox:``; ``deploy/local/sandbox_hub.py`` serves the same
behaviour over HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias

from enrollment.application.ports import HubAway, HubSilent
from enrollment.domain.assistance import Assistance
from enrollment.domain.determination import Attested, CsrVariant, Determination
from enrollment.domain.eligibility import Question
from enrollment.domain.plans import STANDARD

Mode: TypeAlias = Literal["answers", "silent", "away"]
"""``silent`` does not answer questions, and is there; ``away`` is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the sandbox was told of a household: which of its attestation is not so, and what it is eligible for
    instead; None for what it attests, of the variant for that without less cost sharing.
    """

    household: str
    contradicts: tuple[Attested, ...] = ()
    aptc_cents: int | None = None
    subsidy_cents: int | None = None
    csr_variant: CsrVariant | None = None


class SandboxStore(Protocol):
    """Where a sandbox keeps what it was told."""

    def told_of(self, household: str) -> Told | None:
        """Return what it was told of a household, or None."""
        ...

    def keep(self, told: Told) -> None:
        """Keep what it is told of a household, in the place of what it was told before."""
        ...


class MemoryStore:
    """Keeps it for as long as this object lives."""

    def __init__(self) -> None:
        self._told: dict[str, Told] = {}

    def told_of(self, household: str) -> Told | None:
        """Return what it was told of a household, or None."""
        return self._told.get(household)

    def keep(self, told: Told) -> None:
        """Keep what it is told of a household."""
        self._told[told.household] = told


_NOTHING: Final[tuple[Attested, ...]] = ()


def determined(store: SandboxStore, *, household: str, attested: Assistance) -> Determination:
    """Return what a sandbox says of a household that has this assistance on its attestation."""
    told = store.told_of(household)
    contradicts = _NOTHING if told is None else told.contradicts
    aptc = None if told is None else told.aptc_cents
    subsidy = None if told is None else told.subsidy_cents
    variant = None if told is None else told.csr_variant
    return Determination(
        aptc_cents=attested.aptc_cents if aptc is None else aptc,
        subsidy_cents=attested.subsidy_cents if subsidy is None else subsidy,
        csr_variant=variant or STANDARD,
        income_confirmed="income" not in contradicts,
        citizenship_confirmed="citizenship" not in contradicts,
        incarcerated="incarceration" in contradicts,
        medicaid="medicaid" in contradicts,
    )


class SandboxHub:
    """The sandbox in this process. ``mode`` says how it is, as a real one may be."""

    def __init__(self, store: SandboxStore | None = None) -> None:
        self.store = store if store is not None else MemoryStore()
        self.mode: Mode = "answers"

    async def determine(self, question: Question) -> Determination:
        """Return what it says of a household."""
        if self.mode == "away":
            raise HubAway("the sandbox hub is away")
        if self.mode == "silent":
            raise HubSilent("the sandbox hub did not answer")
        return determined(self.store, household=question.household, attested=question.assistance)

    async def is_reachable(self) -> bool:
        """Whether it answers now."""
        return self.mode != "away"
