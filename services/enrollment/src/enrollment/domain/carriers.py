"""Who bills for a carrier's plans: the exchange, or the carrier itself, from a plan year on (CAR-1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from enrollment.domain.plans import Plan
from enrollment.domain.sources import SOURCES

Billing: TypeAlias = Literal["exchange", "carrier"]
"""Who asks a carrier's customers for what they pay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingSince:
    """Who bills, from a plan year on."""

    plan_year: int
    billing: Billing


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledByCarrier:
    """The carrier that bills for a policy, as its members know and reach it."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A carrier as its customers are told of it, and who bills for its plans: the exchange before the first plan year
    that ``billing`` names, which are in order.
    """

    carrier: str
    name: str
    phone: str
    billing: tuple[BillingSince, ...]

    def bills_in(self, year: int) -> bool:
        """Whether the carrier itself bills for a plan year."""
        known = [each.billing for each in self.billing if each.plan_year <= year]
        return bool(known) and known[-1] == "carrier"


def billed_by(carriers: Mapping[str, Carrier], plan: Plan, *, year: int) -> BilledByCarrier | None:
    """Return the carrier that bills for a plan in a plan year, None where the exchange does."""
    carrier = carriers.get(plan.carrier)
    if carrier is None or not carrier.bills_in(year):
        return None
    return BilledByCarrier(name=carrier.name, phone=carrier.phone)


def billing_reasons(plan: Plan, billed: BilledByCarrier | None) -> tuple[Reason, ...]:
    """Return that a plan's carrier bills for it, nothing where the exchange does (CAR-1)."""
    if billed is None:
        return ()
    return (
        Reason(
            rule="CAR-1",
            says=f"{billed.name} bills for {plan.plan} itself: its premium is paid there, and not to the exchange.",
            citation=SOURCES["CAR-1"],
            facts={
                "plan": plan.plan,
                "carrier": plan.carrier,
                "billed_by": billed.name,
                "phone": billed.phone,
            },
        ),
    )
