"""Bugs about whom plans cover, and what the hub says of them."""

from __future__ import annotations

from enrollment.domain.eligibility import may_not_enroll
from enrollment.domain.households import MedicaidSpan
from simulation.planting import Planted, bug, instead


@bug("ENR-4", seed=26, months=12)
def who_comes_back_is_in_all_plans() -> Planted:
    """A selection after Medicaid brings people back into every plan, not only into those selected."""
    return instead(MedicaidSpan.keeps_off, "policy not in self.plans_again", "not self.plans_again")


@bug("ENR-10", seed=2, months=9)
def who_may_not_enroll_stays_covered() -> Planted:
    """Coverage stays where nothing shows that people may enroll."""
    return instead(may_not_enroll, 'parameters.unverified_coverage == "ends"', "not doubted")
