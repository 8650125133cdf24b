"""The plans that can be selected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from enrollment.domain.households import Tier

Kind: TypeAlias = Literal["medical", "dental"]

Because: TypeAlias = Literal["same-plan", "discontinued", "carrier-leaving"]
"""Why a plan becomes what it does in the next plan year: it is sold again, it is not, or its carrier sells nothing
any more.
"""

GoneBecause: TypeAlias = Literal["discontinued", "carrier-leaving"]
"""Why a plan may become none."""

KIND_ORDER: tuple[Kind, ...] = ("medical", "dental")
"""The order in which assistance is used (ENR-8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YearPrices:
    """What a plan costs a month in one plan year, by tier, in cents."""

    plan_year: int
    single_cents: int
    couple_cents: int
    parent_cents: int
    family_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan of a carrier: its price a month by tier, in cents. ``plan_year`` None: sold for every year.

    ``years`` are the plan years in which it costs something else.
    """

    plan: str
    carrier: str
    kind: Kind
    single_cents: int
    couple_cents: int
    parent_cents: int
    family_cents: int
    plan_year: int | None
    years: tuple[YearPrices, ...] = ()

    def monthly_cents(self, tier: Tier, *, year: int) -> int:
        """Return the price a month for a tier in a plan year, in cents."""
        prices = next((each for each in self.years if each.plan_year == year), self)
        match tier:
            case "single":
                return prices.single_cents
            case "couple":
                return prices.couple_cents
            case "parent":
                return prices.parent_cents
            case "family":
                return prices.family_cents

    def is_sold_for(self, year: int) -> bool:
        """Whether the plan is sold for a plan year."""
        return self.plan_year is None or self.plan_year == year
