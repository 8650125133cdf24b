"""What a plan would cost a household from a day on, before it selects (ENR-8, ENR-17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.decisions import Reason
from enrollment.domain.age_rates import no_rate
from enrollment.domain.assistance import Premium
from enrollment.domain.carriers import BilledByCarrier, billed_by, billing_reasons
from enrollment.domain.determination import CsrVariant
from enrollment.domain.households import Member
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.plans import STANDARD, Plan
from enrollment.domain.rating import Circumstances, Gross, gross_beside, gross_of, has_rates, split_assistance
from enrollment.domain.selections import assistance_reasons, rating_reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A plan as a household could have it from a day on: what it costs a month, with what assistance leaves of it.

    ``gross`` and ``premium`` are None where it has no rate for where the household lives, as the reasons say.
    ``variant`` is the one with as much less cost sharing as the hub grants, None where the plan's are not known.
    ``billed_by_carrier`` is the carrier to which its premium would be paid, None where that is the exchange (CAR-1).
    """

    plan: Plan
    effective: date
    variant: CsrVariant | None
    gross: Gross | None
    premium: Premium | None
    reasons: tuple[Reason, ...]
    billed_by_carrier: BilledByCarrier | None = None


def offer(
    plan: Plan,
    *,
    known: Circumstances,
    people: Sequence[Member],
    effective: date,
    parameters: EnrollmentParameters,
) -> Offer:
    """Return what a plan would cost these people of a household from a day on, were it selected alone beside what the
    household has of other kinds then.
    """
    determined = known.household.determination
    variant = plan.variant_for(STANDARD if determined is None else determined.csr_variant)
    area, year = known.household.area_on(effective), effective.year
    if not has_rates(known.rates, plan, year=year, area=area):
        lacking = no_rate(plan.plan, year=year, rating_area=area)
        return Offer(
            plan=plan, effective=effective, variant=variant, gross=None, premium=None, reasons=(lacking,)
        )
    gross = gross_of(known.rates, plan, people=people, issued=effective, on=effective, area=area)
    costs = gross_beside(known, kinds=[plan.kind], day=effective)
    costs[plan.kind] = gross.cents
    premiums = split_assistance(costs, assistance=known.household.assistance_on(effective))
    premium = premiums[plan.kind]
    billed = billed_by(known.carriers, plan, year=year)
    return Offer(
        plan=plan,
        effective=effective,
        variant=variant,
        gross=gross,
        premium=premium,
        reasons=(
            *rating_reasons(plan, gross, issued=effective, parameters=parameters),
            *assistance_reasons(plan, premium),
            *billing_reasons(plan, billed),
        ),
        billed_by_carrier=billed,
    )
