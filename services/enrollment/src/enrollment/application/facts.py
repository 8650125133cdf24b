"""What enrollment hears, with only what it needs of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from bulkhead.kernel.calendar import CoverageMonth
from enrollment.domain.carrier_words import CarrierReason


@dataclass(frozen=True, slots=True, kw_only=True)
class BinderSatisfied:
    """The first premium of a selection is paid, or enough of it (INV-15), for all its plans (ENR-5)."""

    household: str
    policies: tuple[str, ...]
    satisfied_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BinderLapsed:
    """A binder was not paid by its due date (ENR-6)."""

    household: str
    policies: tuple[str, ...]
    due: date
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GraceEntered:
    """The household's grace began (INV-8)."""

    household: str
    first_month: CoverageMonth


@dataclass(frozen=True, slots=True, kw_only=True)
class GraceAdvanced:
    """The household's grace went on into a further month (INV-10)."""

    household: str
    first_month: CoverageMonth
    month: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GraceExited:
    """Everything invoiced is paid: grace is over (INV-9)."""

    household: str
    first_month: CoverageMonth


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEnd:
    """A policy and its last covered day."""

    policy: str
    through: date


@dataclass(frozen=True, slots=True, kw_only=True)
class GraceExpired:
    """Grace ran out with something unpaid: coverage is to end (INV-11)."""

    household: str
    first_month: CoverageMonth
    decided_for: date
    policies: tuple[PolicyEnd, ...]
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReinstatementGranted:
    """Coverage that ended or was called off for non-payment stands again (INV-12).

    ``undoes`` is the decision that no longer stands; with ``binder`` it was a lapse, and the binder is paid.
    """

    household: str
    policies: tuple[str, ...]
    reason: Literal["postmark", "asked"]
    binder: bool
    decision: str
    undoes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransmissionSent:
    """A carrier's drop-box holds a whole 834 about a policy."""

    household: str
    policy: str
    kind: Literal["initial", "change", "cancel", "termination", "reinstatement", "renewal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageEffectuated:
    """The carrier has put the coverage into force."""

    household: str
    policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageEndedByCarrier:
    """A carrier ended coverage by itself with a last covered day, or called it off, where there is none."""

    household: str
    policy: str
    record: str
    kind: Literal["cancellation", "termination"]
    through: date | None
    reason: CarrierReason


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageReinstatedByCarrier:
    """A carrier covers again what it had ended by itself."""

    household: str
    policy: str
    record: str
