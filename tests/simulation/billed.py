"""Carriers that bill for their plans themselves: from when, whom they find paid, and what nobody owes the exchange then
(CAR-1).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from carrier_gateway.domain.records import Policy as Told
from enrollment.domain.months import PolicyVersion
from enrollment.domain.policies import Policy as Coverage
from invoicing.domain.records import Charge, ListRow
from payments.domain.remittances import RemittanceLine
from simulation.mistakes import Agenda
from simulation.sight import Sight
from stories.language import Deed

_SERVICE: Final = "carrier-gateway"


def since(name: str, *, first: int, renews: int) -> int | None:
    """Return the plan year from which on the dental plans' carrier bills in a year of this name: in most none, in some
    the ``first``, in some the one that renewals are made for.
    """
    return Random(f"{name}/who bills").choice([*[None] * 6, first, first, renews])


def by_carriers(its: Sight) -> frozenset[str]:
    """Return the policies for which their carrier bills, as the story has it."""
    began = its.story.bills_from
    return frozenset(
        each.policy
        for each in its.rows("enrollment", Coverage)
        if each.carrier in began and each.effective.year >= began[each.carrier]
    )


class BilledByCarriers:
    """The carriers that bill a household: each says some days who is in force, and who has not paid it."""

    def __init__(self, agenda: Agenda, dice: Random) -> None:
        self._agenda = agenda
        self._dice = dice

    def begin(self, after: datetime, household: str) -> None:
        """Have the household's carriers that bill look who has paid them, every few weeks."""
        at = after + timedelta(days=self._dice.randint(2, 25), minutes=self._dice.randint(0, 600))

        def act() -> Deed | None:
            self.begin(at, household)
            return self._say(household, at)

        self._agenda.plan(at, act)

    def _say(self, household: str, at: datetime) -> Deed | None:
        known = [
            each
            for each in self._agenda.of(_SERVICE, Told, household)
            if each.billing == "carrier" and each.told == "covered"
        ]
        if not known:
            return None
        policy = self._dice.choice(known)
        fields: dict[str, Any] = {"household": household, "carrier": policy.carrier, "plan": policy.plan}
        roll = self._dice.random()
        if policy.effectuated_on is None and roll < 0.8:
            return Deed(word="carrier", fields={**fields, "sends": "effectuation"}, line=0)
        if policy.effectuated_on is None:
            return Deed(
                word="carrier", fields={**fields, "sends": "cancel", "because": "non-payment"}, line=0
            )
        if roll < 0.8:
            return None
        through = at.date() + timedelta(days=self._dice.choice([-65, -31, 0, 12]))
        dates = {"through": through}
        fields |= {"sends": "termination", "because": "non-payment", "dates": dates}
        return Deed(word="carrier", fields=fields, line=0)


def wrong(its: Sight) -> list[str]:
    """Nothing is charged, listed or remitted for what a carrier bills for, and it begins with that carrier's word, or
    goes on from what there was.
    """
    theirs = by_carriers(its)
    if not theirs:
        return []
    found = [
        f"CAR-1: {its.household} is charged {each.cents} for {each.month}, for which its carrier bills"
        for each in its.rows("invoicing", Charge)
        if each.policy in theirs and each.cents
    ]
    found += [
        f"CAR-1: {each.carrier} was paid {each.cents} for {each.month}, for which it bills"
        for each in its.rows("payments", RemittanceLine)
        if each.policy in theirs
    ]
    found += [
        f"CAR-1: {each.carrier} has {its.household} on its list of {each.on} with what it bills for"
        for each in its.rows("invoicing", ListRow)
        if theirs.intersection(each.policies)
    ]
    return found + [
        f"CAR-1: {its.household}'s {each.plan} has begun, and its carrier has not said so"
        for each in its.rows("enrollment", Coverage)
        if each.policy in theirs and each.activated_on is not None and _awaited(its, each)
    ]


def _awaited(its: Sight, policy: Coverage) -> bool:
    """Whether a policy can only have begun with its carrier's word, and that is not there: the household had no other
    dental plan that it renews or takes the place of.
    """
    others = [
        each
        for each in its.rows("enrollment", Coverage)
        if each.kind == policy.kind and each.policy != policy.policy and each.activated_on is not None
    ]
    cost = {each.policy: each.net_cents for each in its.rows("enrollment", PolicyVersion) if each.number == 1}
    return (
        cost[policy.policy] > 0
        and not others
        and policy.acknowledgement != "effectuated"
        and policy.renews is None
    )
