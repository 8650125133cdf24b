"""The plans that can be selected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.errors import Impossible
from enrollment.domain.determination import CsrVariant
from enrollment.domain.households import Tier

Kind: TypeAlias = Literal["medical", "dental"]

Because: TypeAlias = Literal["same-plan", "discontinued", "carrier-leaving"]
"""Why a plan becomes what it does in the next plan year: it is sold again, it is not, or its carrier sells nothing
any more.
"""

RatedBy: TypeAlias = Literal["tier", "age"]
"""Whether a plan has a price for each tier, or a rate for each age and rating area (ENR-17)."""

Metal: TypeAlias = Literal[
    "platinum", "gold", "silver", "bronze", "expanded-bronze", "catastrophic", "high", "low"
]
"""How much of what care costs a plan covers, as CMS names it: high and low of dental plans (45 CFR 156.140)."""

STANDARD: Final[CsrVariant] = "01"
"""The variant of a plan for who has no cost-sharing reduction."""

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

    ``years`` are the plan years in which it costs something else. One that is rated by age has no price by tier:
    its rates are `enrollment.domain.age_rates.AgeRates`. ``name`` is what its carrier calls it, ``variants`` are those
    in which it is sold here, in order; empty where nobody stated them.
    """

    plan: str
    carrier: str
    kind: Kind
    single_cents: int | None
    couple_cents: int | None
    parent_cents: int | None
    family_cents: int | None
    plan_year: int | None
    years: tuple[YearPrices, ...] = ()
    rated_by: RatedBy = "tier"
    name: str | None = None
    metal: Metal | None = None
    variants: tuple[CsrVariant, ...] = ()

    def variant_for(self, granted: CsrVariant) -> CsrVariant | None:
        """Return the variant that a household gets which is granted one: that, or the standard one where the plan has
        not that (45 CFR 156.410(b)); None where the plan's variants are not known.
        """
        if not self.variants:
            return None
        return granted if granted in self.variants else STANDARD

    def monthly_cents(self, tier: Tier, *, year: int | None) -> int:
        """Return the price a month for a tier in a plan year, None for all that have no price of their own, in cents.

        Raises `Impossible` for a plan that is rated by age.
        """
        prices = next((each for each in self.years if each.plan_year == year), self)
        cents = {
            "single": prices.single_cents,
            "couple": prices.couple_cents,
            "parent": prices.parent_cents,
            "family": prices.family_cents,
        }[tier]
        if cents is None:
            raise Impossible(f"plan {self.plan} is rated by age, and has no price by tier")
        return cents

    def is_sold_for(self, year: int) -> bool:
        """Whether the plan is sold for a plan year."""
        return self.plan_year is None or self.plan_year == year
