"""Coverage is ended because somebody asked: which days will do, and for which policies."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Refused
from enrollment.domain.policies import Policy

AskedReason: TypeAlias = Literal["requested", "death"]
AskedBy: TypeAlias = Literal["household", "operator"]

_CITATION = "45 CFR 155.430"


class NothingToEnd(Refused):
    """The household has no policy, or none of the plan named, that could be ended."""

    kind = "nothing-to-end"


class CannotEndThen(Refused):
    """Coverage cannot end on the day asked for; the reasons say which days would do."""

    kind = "cannot-end-then"


def policies_to_end(policies: Sequence[Policy], *, plans: Collection[str] | None, on: date) -> list[Policy]:
    """Return the policies a request is about: of each plan named, else of all, those that last longer.

    Where none does, those that end last: they end so already. Raises `NothingToEnd` where there is none, or none
    of a plan named.
    """
    if plans is None:
        found = _lasting(policies, on=on)
        if not found:
            raise NothingToEnd("the household has no coverage that could be ended")
        return found
    of_plans = [
        _lasting([each for each in policies if each.plan == plan], on=on) for plan in dict.fromkeys(plans)
    ]
    if not all(of_plans):
        raise NothingToEnd("the household has no coverage of a plan named", field="/plans")
    return [policy for found in of_plans for policy in found]


def _lasting(policies: Sequence[Policy], *, on: date) -> list[Policy]:
    stood = [policy for policy in policies if policy.lifecycle != "canceled"]
    longer = [policy for policy in stood if policy.last_covered_day > on]
    if (
        longer
    ):  # what lasts through the eve of it ends as well: asked for before, it would have been all there was
        return [each for each in stood if each in longer or _is_eve_of(each, on=on)]
    ending = [policy for policy in stood if policy.lifecycle != "expired"]
    last = max((policy.last_covered_day for policy in ending), default=None)
    return [policy for policy in ending if policy.last_covered_day == last]


def _is_eve_of(policy: Policy, *, on: date) -> bool:
    return policy.lifecycle == "active" and policy.last_covered_day == on


def may_last_longer(policy: Policy, *, last: date) -> bool:
    """Whether a policy covers days after this one unless enrollment ends it: an end for non-payment may be undone."""
    longest = policy.last_day_if_paid
    return longest is not None and longest > last


def check_end(policy: Policy, *, on: date, asked: AskedReason, by: AskedBy, today: date) -> None:
    """Check that a policy may have this last covered day; a day before its first calls it off.

    Raises `CannotEndThen`: nothing ends after its plan year (CAL-3) or later than it ends already, what has not
    begun cannot end on a day it would cover (ENR-9), and a household cannot ask to have had no coverage on days
    gone by, save for a death.
    """
    begun = policy.activated_on is not None and policy.effective <= today
    if begun and on < today and by == "household" and asked == "requested":
        raise _refused(
            policy,
            "coverage on days gone by can be ended by staff only",
            rule="ENR-13",
            on=on,
            would_do=[today],
        )
    if on < policy.effective:
        return
    if policy.activated_on is None:
        raise _refused(
            policy,
            "its first premium is not paid, so it has not begun: a day before its first one calls it off",
            rule="ENR-9",
            on=on,
            would_do=[],
        )
    if on > policy.last_covered_day:
        raise _refused(
            policy,
            f"it ends on {policy.last_covered_day} already",
            rule="CAL-3" if policy.through is None else "ENR-13",
            on=on,
            would_do=[policy.last_covered_day],
        )


def _refused(policy: Policy, why: str, *, rule: str, on: date, would_do: Sequence[date]) -> CannotEndThen:
    says = f"Coverage cannot end on {on}: {why}."
    facts = {"policy": policy.policy, "on": str(on), "from": str(policy.effective)}
    if would_do:
        says += f" {' or '.join(str(day) for day in would_do)} would do."
        facts["would_do"] = " ".join(str(day) for day in would_do)
    return CannotEndThen(
        "coverage cannot end on that day",
        field="/on",
        reasons=(Reason(rule=rule, says=says, citation=_CITATION, facts=facts),),
    )


def asked_end(policy: Policy, *, on: date, asked: AskedReason) -> Reason:
    """Return the reason of an end that was asked for."""
    what = "called off" if on < policy.effective else f"ended with {on}"
    return Reason(
        rule="ENR-13",
        says=f"Coverage was {what}: {asked}.",
        citation=_CITATION,
        facts={"on": str(on), "reason": asked},
    )
