"""How APTC and state subsidy lower premiums (ENR-8). Amounts are cents a month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bulkhead.kernel.calendar import CoverageMonth


@dataclass(frozen=True, slots=True, kw_only=True)
class Premium:
    """What a policy costs a month, and who pays it: ``net_cents`` is the household's part."""

    gross_cents: int
    aptc_cents: int
    subsidy_cents: int

    @property
    def net_cents(self) -> int:
        """What is left for the household to pay, never below 0 (ENR-8)."""
        return self.gross_cents - self.aptc_cents - self.subsidy_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Assistance:
    """APTC and state subsidy of a household, or what is left of them."""

    aptc_cents: int
    subsidy_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Assistance that a policy uses, in cents a month, on every day from its first to its last of coverage."""

    first: date
    last: date
    aptc_cents: int
    subsidy_cents: int

    def covers(self, day: date) -> bool:
        """Whether it is used on a day."""
        return self.first <= day <= self.last

    def in_whole_months(self) -> Use:
        """Return it as used to the ends of its months: there a month covered in part is charged whole."""
        return replace(
            self, first=CoverageMonth.of(self.first).first_day, last=CoverageMonth.of(self.last).last_day
        )


def lower_premiums(gross_cents: Sequence[int], *, assistance: Assistance) -> list[Premium]:
    """Return each policy's premium after assistance, in the order given: medical first, then dental.

    APTC first, then state subsidy; neither takes a premium below 0 (ENR-8).
    """
    aptc, subsidy = assistance.aptc_cents, assistance.subsidy_cents
    premiums: list[Premium] = []
    for gross in gross_cents:
        used_aptc = min(aptc, gross)
        used_subsidy = min(subsidy, gross - used_aptc)
        aptc -= used_aptc
        subsidy -= used_subsidy
        premiums.append(Premium(gross_cents=gross, aptc_cents=used_aptc, subsidy_cents=used_subsidy))
    return premiums


def assistance_left(
    *, assistance: Assistance, uses: Iterable[Use], effective: date, coverage_ends: date
) -> Assistance:
    """Return what earlier policies leave on every day of new coverage (ENR-8).

    A policy has one premium for all its months, so the day with the least left decides. Less is left only from
    a day on which coverage begins.
    """
    used = list(uses)
    begins = [effective, *(use.first for use in used if effective < use.first <= coverage_ends)]
    aptc = [sum(use.aptc_cents for use in used if use.covers(day)) for day in begins]
    subsidy = [sum(use.subsidy_cents for use in used if use.covers(day)) for day in begins]
    return Assistance(
        aptc_cents=max(assistance.aptc_cents - max(aptc), 0),
        subsidy_cents=max(assistance.subsidy_cents - max(subsidy), 0),
    )
