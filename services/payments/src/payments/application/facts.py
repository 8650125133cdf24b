"""What payments hears from others, as the few fields it needs of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from bulkhead.kernel.calendar import CoverageMonth
from payments.domain.settlements import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountHeardOf:
    """A household exists: it was registered, it selected plans, or it was invoiced (PAY-3)."""

    household: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdMerged:
    """A household goes on as another one of the same person (OPS-5)."""

    household: str
    into: str
    correction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeReversed:
    """A household that was merged stands for itself again (OPS-5)."""

    household: str
    into: str
    reverses: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceIssued:
    """A household was invoiced: for all that autopay may draw, less what it pays first (PAY-8).

    ``payments`` is how many of its payments that takes into account, the first so many in the order they were told.
    ``selection`` is the binder of an initial one.
    """

    household: str
    invoice: str
    number: int
    selection: str | None
    kind: Literal["initial", "monthly"]
    due: date
    on_time_until: date
    total_cents: int
    payments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountDueChanged:
    """Of a monthly invoice other than its total less the payments since is to be paid: with the first ``payments`` of
    them taken into account ``due_cents`` are (PAY-8).
    """

    household: str
    invoice: str
    due_cents: int
    payments: int
    because: Literal["coverage", "money"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceVoided:
    """An invoice is void: nothing is to be paid on it (OPS-5)."""

    household: str
    invoice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRestored:
    """An invoice that was void stands again: of a monthly one ``due_cents`` are to be paid, with the first ``payments``
    of the household's payments taken into account (OPS-5, PAY-8).
    """

    household: str
    invoice: str
    due_cents: int
    payments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledPremium:
    """One policy's premium of one month that is paid, and by which payments."""

    policy: str
    carrier: str
    month: CoverageMonth
    cents: int
    settlement: str
    funded_by: tuple[Share, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PremiumsSettled:
    """A binder or a coverage month is paid, whole: ``group`` is what is remitted together (INV-5, PAY-6)."""

    household: str
    group: str
    settled_on: date
    premiums: tuple[SettledPremium, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PremiumUnsettled:
    """A settlement no longer stands, whatever the reason (INV-4, INV-11, INV-14, PAY-7)."""

    household: str
    settlement: str
    cents: int
    unsettled_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundApproved:
    """Credit is reserved and is to be paid back (INV-6)."""

    household: str
    refund: str
    cents: int
    taken_from: tuple[Share, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditPassedOn:
    """Credit of a household that was merged is to go ``into`` another: what of it is free (OPS-5)."""

    household: str
    passing: str
    into: str
    taken_from: tuple[Share, ...]
    correction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditCalledBack:
    """What a merge had passed on comes back (OPS-5)."""

    household: str
    passing: str
    into: str
    reverses: str
