"""Carriers end, call off, reinstate and maintain coverage by themselves, on days of their own choice, and an operator
decides about what of it is not taken (CAR-5).
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from carrier_gateway.domain.events import CoverageEndedByCarrier, CoverageReinstatedByCarrier
from carrier_gateway.domain.records import InboundRecord, InboundRecordDecision, Policy
from enrollment.domain.events import CarrierRecordDecided
from enrollment.domain.policies import Policy as Coverage
from simulation.billed import by_carriers
from simulation.mistakes import Agenda
from simulation.sight import Sight
from stories.language import Deed

_SERVICE: Final = "carrier-gateway"
_OFTEN: Final = 0.2
"""For how many households a carrier ever does anything by itself."""
_SENDS: Final = (
    "termination",
    "termination",
    "termination",
    "cancel",
    "reinstatement",
    "reinstatement",
    "maintenance",
)
_BECAUSE: Final = ("other", "other", "casework", "other-coverage", "free-look", "non-payment", "fraud")
_DAYS: Final = (-70, -20, -1, 0, 5, 20, 45, 90)


class ByThemselves:
    """The carriers of a household, and the operator who sees to what they said."""

    def __init__(self, agenda: Agenda, dice: Random) -> None:
        self._agenda = agenda
        self._dice = dice

    def begin(self, after: datetime, household: str) -> None:
        """Have the household's carriers do something by themselves some days; with most of them none ever does."""
        if self._dice.random() < _OFTEN:
            self._some_day(after, household)

    def _some_day(self, after: datetime, household: str) -> None:
        at = after + timedelta(days=self._dice.randint(2, 70), minutes=self._dice.randint(0, 600))

        def act() -> Deed | None:
            self._some_day(at, household)
            return self._decide(household) or self._say(household, at)

        self._agenda.plan(at, act)

    def _decide(self, household: str) -> Deed | None:
        records = self._agenda.of(_SERVICE, InboundRecord, household)
        waiting = [each for each in records if each.waits_since is not None]
        if not waiting or self._dice.random() < 0.3:
            return None
        fields = {
            "household": household,
            "carrier": waiting[0].carrier,
            "decision": self._dice.choice(["resolve", "resend", "resend", "ask", "discard"]),
        }
        return Deed(word="decide-record", fields=fields, line=0)

    def _say(self, household: str, at: datetime) -> Deed | None:
        known = [each for each in self._agenda.of(_SERVICE, Policy, household) if each.told != "nothing"]
        if not known:
            return None
        policy = self._dice.choice(known)
        sends = self._dice.choice(_SENDS)
        fields: dict[str, Any] = {
            "household": household,
            "carrier": policy.carrier,
            "plan": policy.plan,
            "sends": sends,
        }
        if sends in ("termination", "cancel"):
            fields["because"] = self._dice.choice(_BECAUSE)
        if sends == "termination":
            fields["dates"] = {"through": at.date() + timedelta(days=self._dice.choice(_DAYS))}
        return Deed(word="carrier", fields=fields, line=0)


def each_word_is_decided_once(sight: Sight) -> list[str]:
    """CAR-5: enrollment decides once about each end and reinstatement that it was told of, and the record is as it
    decided; none for non-payment becomes one here where the exchange bills (INV-11), and each does where the carrier
    does (CAR-1).
    """
    said = [
        each.event
        for each in sight.databases[_SERVICE].emitted
        if isinstance(each.event, CoverageEndedByCarrier | CoverageReinstatedByCarrier)
    ]
    decided = [
        each.event
        for each in sight.databases["enrollment"].emitted
        if isinstance(each.event, CarrierRecordDecided)
    ]
    times = Counter(each.record for each in decided)
    found = [
        f"CAR-5: what the carrier said of {each.policy} ({each.record}) was decided {times[each.record]} times"
        for each in said
        if times[each.record] != 1
    ]
    unpaid = {
        each.record
        for each in said
        if isinstance(each, CoverageEndedByCarrier) and each.reason == "non-payment"
    }
    theirs = by_carriers(sight)
    found += [
        f"INV-11: {each.policy} ended because its carrier says that it is not paid"
        for each in decided
        if each.outcome == "taken-up" and each.record in unpaid and each.policy not in theirs
    ]
    stands = {each.policy for each in sight.rows("enrollment", Coverage) if each.activated_on is not None}
    found += [
        f"CAR-1: {each.policy} goes on though its carrier, which bills, says that it is not paid"
        for each in decided
        if each.outcome == "set-apart" and each.record in unpaid and each.policy in theirs & stands
    ]
    outcomes = {each.record: each.outcome for each in sight.rows(_SERVICE, InboundRecord)}
    found += [
        f"CAR-5: {each.record} is {outcomes.get(each.record)}, and enrollment made it {each.outcome}"
        for each in decided
        if outcomes.get(each.record) != ("set-apart" if each.outcome == "set-apart" else "accepted")
    ]
    held = [each for each in sight.rows(_SERVICE, Policy) if each.carrier_word is not None]
    return found + [
        f"CAR-5: nothing is told of {each.policy}: its carrier's word is undecided" for each in held
    ]


def what_is_not_taken_waits(sight: Sight) -> list[str]:
    """CAR-5: of each file of which something was refused or set apart, something waits or was decided about, or its
    carrier has taken it back.
    """
    decided = {each.record for each in sight.rows(_SERVICE, InboundRecordDecision)}
    records = sight.rows(_SERVICE, InboundRecord)
    restored = {
        each.policy for each in records if each.kind == "reinstatement" and each.outcome == "accepted"
    }
    seen_to: set[str] = set()
    apart: set[str] = set()
    for each in records:
        if each.outcome != "accepted":
            apart.add(each.file)
            is_taken_back = each.outcome == "set-apart" and each.policy in restored
            if each.waits_since is not None or each.record in decided or is_taken_back:
                seen_to.add(each.file)
    return [f"CAR-5: nobody sees to what was refused of file {each}" for each in sorted(apart - seen_to)]
