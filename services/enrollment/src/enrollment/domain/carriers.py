"""Who bills for a carrier's plans: the exchange, or the carrier itself, from a plan year on (CAR-1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict
from enrollment.domain.plans import Plan
from enrollment.domain.sources import SOURCES

Billing: TypeAlias = Literal["exchange", "carrier"]
"""Who asks a carrier's customers for what they pay."""


class YearBilledOtherwise(Conflict):
    """Somebody else bills already for policies of that carrier and plan year; the reason says how many."""

    kind: ClassVar[str] = "year-billed-otherwise"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingChange:
    """Plan years for which somebody else is to bill than was stated: ``last`` is None where it is all from then on."""

    first: int
    last: int | None
    billing: Billing


def changes_of_billing(before: Carrier | None, after: Carrier) -> list[BillingChange]:
    """Return for which plan years who bills changes, in order; before anything was stated the exchange bills."""
    stated = () if before is None else before.billing
    years = sorted({each.plan_year for each in (*stated, *after.billing)})
    return [
        BillingChange(
            first=first, last=None if following is None else following - 1, billing=_who(after, first)
        )
        for first, following in zip(years, [*years[1:], None], strict=False)
        if _who(after, first) != _who(before, first)
    ]


def year_billed_otherwise(carrier: Carrier, change: BillingChange, *, policies: int) -> YearBilledOtherwise:
    """Return the refusal for a change in plan years of which this many policies are selected already."""
    years = f"{change.first} on" if change.last is None else f"{change.first} through {change.last}"
    return YearBilledOtherwise(
        "who bills for a plan year does not change once it is selected of",
        field="/billing",
        reasons=(
            Reason(
                rule="CAR-1",
                says=f"{policies} policies of {carrier.carrier} from {years} are billed for otherwise already: who"
                " bills changes with a plan year, before anything of it is selected.",
                citation=SOURCES["CAR-1"],
                facts={
                    "carrier": carrier.carrier,
                    "first_year": str(change.first),
                    "last_year": "" if change.last is None else str(change.last),
                    "billing": change.billing,
                    "policies": str(policies),
                },
            ),
        ),
    )


def _who(carrier: Carrier | None, year: int) -> Billing:
    return "carrier" if carrier is not None and carrier.bills_in(year) else "exchange"


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
