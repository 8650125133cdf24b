"""Plans that were changed in the course of a year, worked out anew (ENR-5, ENR-13)."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations

from enrollment.domain.months import PolicyVersion
from enrollment.domain.policies import Policy as Coverage
from enrollment.domain.selections import Selection as Chosen
from simulation.billed import by_carriers
from simulation.sight import Sight


def wrong(its: Sight) -> list[str]:
    """Return which plans cover a day beside another of their kind, and which stood unpaid though they followed on none;
    nothing where none does.
    """
    coverage = its.rows("enrollment", Coverage)
    stands = [each for each in coverage if each.activated_on is not None and each.lifecycle != "canceled"]
    found = [
        f"ENR-13: {its.household} has {one.plan} and {other.plan} on one day"
        for one, other in combinations(stands, 2)
        if one.kind == other.kind
        and one.effective <= other.last_covered_day
        and other.effective <= one.last_covered_day
    ]
    cost = {each.policy: each.net_cents for each in its.rows("enrollment", PolicyVersion) if each.number == 1}
    theirs = by_carriers(its)  # these wait for their carrier's word
    for chosen in its.rows("enrollment", Chosen):
        mine = [each for each in coverage if each.selection == chosen.selection and each.policy not in theirs]
        if chosen.binder_required or chosen.via == "renewal" or not sum(cost[each.policy] for each in mine):
            continue
        eve = chosen.effective - timedelta(days=1)
        for policy in mine:
            before = [
                each
                for each in coverage
                if each.kind == policy.kind and each.effective <= eve and each.activated_on is not None
            ]
            ends = [end.through for each in before for end in each.ends if end.decided_by == "enrollment"]
            if not any(each.coverage_ends == eve for each in before) and not any(
                through is not None and through <= eve for through in ends
            ):
                found.append(
                    f"ENR-5: {its.household}'s {policy.plan} of {chosen.effective} waited for no binder"
                )
    return found
