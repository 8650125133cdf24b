"""Who came over from a carrier, in plain sums that share no code with the services (ENR-12).

Nobody comes over without open enrollment or an event, nobody begins before the first month is paid, and nothing is
charged of what was the carrier's.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from enrollment.domain.months import PolicyVersion
from enrollment.domain.policies import Policy as Coverage
from enrollment.domain.selections import Selection as Chosen
from invoicing.domain.events import BinderSatisfied, ReinstatementGranted
from invoicing.domain.records import Charge
from simulation.billed import by_carriers
from simulation.sight import Sight

_OPEN = {
    "vermont-2016": ((date(2015, 11, 1), date(2016, 1, 31)), (date(2016, 11, 1), date(2017, 1, 31))),
    "massachusetts-2015": ((date(2014, 11, 15), date(2015, 2, 15)), (date(2015, 11, 15), date(2016, 2, 15))),
    "delaware-2018": ((date(2017, 11, 1), date(2017, 12, 15)), (date(2018, 11, 1), date(2018, 12, 15))),
    "vermont-2027": ((date(2026, 11, 1), date(2026, 12, 31)),),
}
"""The first and the last day of each open enrollment."""


def wrong(its: Sight) -> list[str]:
    """Return what is wrong of a household's transfers, in words; nothing where all is right."""
    found: list[str] = []
    paid, theirs = _paid(its), by_carriers(its)
    for chosen in its.rows("enrollment", Chosen):
        if chosen.transferred_from is None:
            continue
        whence = f"ENR-12: {its.household}, who came from {chosen.transferred_from} on {chosen.selected_on},"
        if chosen.event_kind is None and not any(
            first <= chosen.selected_on <= last for first, last in _OPEN[its.story.pack]
        ):
            found.append(f"{whence} could not select then")
        mine = [
            each
            for each in its.rows("enrollment", Coverage)
            if each.selection == chosen.selection and each.policy not in theirs
        ]
        cents = sum(_first_premium(its, each) for each in mine)
        if chosen.binder_required != (cents > 0):
            found.append(f"{whence} has {cents} to pay first, and a binder is {chosen.binder_required}")
        found += [
            f"{whence} is covered by {each.plan}, and nobody paid the first {cents}"
            for each in mine
            if cents and each.activated_on is not None and each.policy not in paid
        ]
        found += [
            f"{whence} is asked for {charge.month}, before {policy.effective}"
            for policy in mine
            for charge in its.rows("invoicing", Charge)
            if charge.policy == policy.policy and charge.month.last_day < policy.effective
        ]
    return found


def _paid(its: Sight) -> set[str]:
    """Return the policies whose binder was ever paid, in time or as it turned out later."""
    return {
        policy
        for each in its.databases["invoicing"].emitted
        if isinstance(each.event, BinderSatisfied | ReinstatementGranted)
        and each.record.household == its.household
        for policy in each.event.policies
    }


def _first_premium(its: Sight, policy: Coverage) -> int:
    """Return what the first month cost as it was selected: of a month covered in part by the day, half a cent up."""
    whole = next(
        each.net_cents
        for each in its.rows("enrollment", PolicyVersion)
        if each.policy == policy.policy and each.number == 1
    )
    days = monthrange(policy.effective.year, policy.effective.month)[1]
    covered = days - policy.effective.day + 1
    return (2 * whole * covered + days) // (2 * days)
