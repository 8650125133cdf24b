"""Bugs about whom plans cover, and what the hub says of them."""

from __future__ import annotations

from enrollment.application.correct_coverage import put_birth
from enrollment.domain.eligibility import may_not_enroll
from enrollment.domain.households import MedicaidSpan
from enrollment.domain.redating import left_by_nobody
from notifications.application.stop_notices import standing_stops
from notifications.application.take_bounces import take_bounce
from notifications.domain.bounces import reached
from simulation.planting import Planted, bug, instead


@bug("ENR-4", seed=26, months=12)
def who_comes_back_is_in_all_plans() -> Planted:
    """A selection after Medicaid brings people back into every plan, not only into those selected."""
    return instead(MedicaidSpan.keeps_off, "policy not in self.plans_again", "not self.plans_again")


@bug("ENR-10", seed=7, months=9)
def who_may_not_enroll_stays_covered() -> Planted:
    """Coverage stays where nothing shows that people may enroll."""
    return instead(may_not_enroll, 'parameters.unverified_coverage == "ends"', "not doubted")


@bug("OPS-5", seed=None, months=12)
def a_death_undone_leaves_the_end_that_it_was() -> Planted:
    """Coverage that ended for want of people stays so where they are there after all."""
    return instead(left_by_nobody, "if left is None:", "if True:\n        return []\n    if left is None:")


@bug("ENR-17", seed=None, months=14)
def what_was_made_by_a_wrong_birth_date_keeps_its_price() -> Planted:
    """A birth date that is taken back leaves the price of what was selected or renewed by it."""
    return instead(put_birth, "_is_made_since(each, given.first)", "False")


@bug("NOT-3", seed=2)
def what_is_stopped_leaves() -> Planted:
    """Nobody looks whether notices are stopped."""
    return instead(standing_stops, "resumed_at=None", "stop=[]")


@bug("NOT-3", seed=2)
def what_was_stopped_stays() -> Planted:
    """A stop that is over holds notices as before."""
    return instead(standing_stops, "resumed_at=None, ", "")


@bug("NOT-4", seed=3)
def mail_that_came_back_is_passed_over() -> Planted:
    """No letter follows a mail that came back later."""
    return instead(take_bounce, "if not went_by_email(notice):", "if True:")


@bug("NOT-4", seed=20)
def an_address_that_takes_nothing_is_mailed_again() -> Planted:
    """It is forgotten at once that an address was refused for good."""
    return instead(reached, "if same", "if not same")
