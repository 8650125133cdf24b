"""What a carrier ends or reinstates by itself: whether it is so here too (CAR-5).

Who is covered is decided here, and who has paid in invoicing or, where it bills itself, by the carrier (CAR-1). A
carrier carries out what its member asks of it; what else it has against a member is looked at by somebody first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.explanations import facts_of
from enrollment.domain.ends import End
from enrollment.domain.events import CarrierOutcome
from enrollment.domain.policies import Policy
from enrollment.domain.sources import SOURCES

CarrierReason: TypeAlias = Literal[
    "non-payment",
    "free-look",
    "fraud",
    "rescission",
    "casework",
    "other-coverage",
    "out-of-area",
    "other",
]
"""Why a carrier ends coverage: what its 834 says (companion guide, tables 29 and 30)."""

When: TypeAlias = Literal["to-come", "gone-by"]
"""Whether an end takes back days that have been covered already."""

ENDS: Final[Mapping[tuple[CarrierReason, When], CarrierOutcome]] = {
    ("non-payment", "to-come"): "set-apart",
    ("non-payment", "gone-by"): "set-apart",
    ("free-look", "to-come"): "taken-up",
    ("free-look", "gone-by"): "taken-up",
    ("casework", "to-come"): "taken-up",
    ("casework", "gone-by"): "taken-up",
    ("other-coverage", "to-come"): "taken-up",
    ("other-coverage", "gone-by"): "set-apart",
    ("other", "to-come"): "taken-up",
    ("other", "gone-by"): "set-apart",
    ("fraud", "to-come"): "set-apart",
    ("fraud", "gone-by"): "set-apart",
    ("rescission", "to-come"): "set-apart",
    ("rescission", "gone-by"): "set-apart",
    ("out-of-area", "to-come"): "set-apart",
    ("out-of-area", "gone-by"): "set-apart",
}
"""Why a carrier ended coverage x whether days gone by are taken back -> what becomes of it here."""

_SET_APART: Final[Mapping[CarrierReason, str]] = {
    "non-payment": "the exchange bills, and its books do not say that coverage ends so",
    "fraud": "a fraud is shown to the exchange first",
    "rescission": "a rescission is shown to the exchange first",
    "out-of-area": "where the household lives is for the exchange to know",
    "free-look": "a free look is over after {free_look_days} days",
    "other-coverage": "days that were covered are not taken back on a carrier's word",
    "other": "days that were covered are not taken back on a carrier's word",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What becomes of a carrier's word, and why."""

    outcome: CarrierOutcome
    reason: Reason


_WHERE_CARRIER_BILLS: Final[Mapping[tuple[CarrierReason, When], CarrierOutcome]] = {
    ("non-payment", "to-come"): "taken-up",
    # Grace with assistance ends coverage in the past (45 CFR 156.270(g)).
    ("non-payment", "gone-by"): "taken-up",
}
"""What is otherwise where the carrier bills: who has not paid is its to know (CAR-1)."""


def last_day_of(policy: Policy, *, through: date | None, because: CarrierReason) -> date | None:
    """Return the last covered day of an end that a carrier told of, None where it calls coverage off: so does one for
    non-payment, whatever its day, of what the carrier bills for and has never put into force (CAR-1).
    """
    never_paid = policy.awaits_carrier and because == "non-payment"
    return None if never_paid else through


def judge_end(
    policy: Policy, *, through: date | None, because: CarrierReason, on: date, free_look_days: int
) -> Outcome:
    """Return what becomes of an end that a carrier told of on a day: ``through`` is the last covered day, None where it
    called coverage off. A member's free look ends ``free_look_days`` after the first day that is lost.

    What ends so or earlier already is so; where the end is one to be taken up it is kept beside that one, which may be
    undone. What has not begun here cannot end on a day of its: its first premium may be on its way.
    """
    facts = facts_of(policy=policy.policy, through=through, because=because, carrier=policy.carrier)
    listed = _listed(policy, through=through, because=because, on=on, free_look_days=free_look_days)
    has_begun = through is None or policy.activated_on is not None
    if _is_so(policy, through=through):
        said = any(end.order <= (through or date.min) for end in carriers_own(policy))
        if listed == "taken-up" and has_begun and not said:
            says = (
                "Coverage ends so, or earlier, already; should that be undone, it ends as its carrier said."
            )
            return _outcome("taken-up", says, facts)
        return _outcome("already-so", "Coverage ends so, or earlier, already.", facts)
    if not has_begun:
        awaited = (
            "its first premium is not known to be paid"
            if policy.billed_by_carrier is None
            else "its carrier has not put it into force"
        )
        says = f"Its carrier ended coverage that has not begun here: {awaited}."
        return _outcome("set-apart", says, facts)
    if listed == "taken-up":
        how = "was called off" if through is None else f"ends with {through}"
        return _outcome("taken-up", f"Coverage {how} because its carrier ended it.", facts)
    why = _SET_APART[because].format(free_look_days=free_look_days)
    return _outcome("set-apart", f"Its carrier ended coverage by itself ({because}): {why}.", facts)


def judge_reinstatement(policy: Policy) -> Outcome:
    """Return what becomes of a reinstatement that a carrier told of, as far as the policy itself tells: only what the
    carrier had ended by itself stands again on its word.
    """
    facts = facts_of(policy=policy.policy, carrier=policy.carrier)
    if policy.end is None:
        return _outcome("already-so", "Coverage stands already.", facts)
    if not carriers_own(policy):
        return _outcome(
            "set-apart", "Its carrier reinstated coverage that it had not ended by itself.", facts
        )
    says = "Its carrier took back the end of coverage that it had told of: it stands again without a gap."
    return _outcome("taken-up", says, facts)


def carriers_own(policy: Policy) -> tuple[End, ...]:
    """Return those ends of a policy that its carrier decided by itself."""
    return tuple(end for end in policy.ends if end.cause == "carrier")


def _is_so(policy: Policy, *, through: date | None) -> bool:
    end = policy.end
    return end is not None and (end.through is None or (through is not None and end.through <= through))


def _listed(
    policy: Policy, *, through: date | None, because: CarrierReason, on: date, free_look_days: int
) -> CarrierOutcome:
    first_lost = _first_lost(policy, through)
    if because == "free-look" and (on - first_lost).days > free_look_days:
        return "set-apart"
    met = because, _when(policy, first_lost, on=on)
    if policy.billed_by_carrier is not None and met in _WHERE_CARRIER_BILLS:
        return _WHERE_CARRIER_BILLS[met]
    return ENDS[met]


def _first_lost(policy: Policy, through: date | None) -> date:
    return policy.effective if through is None else through + timedelta(days=1)


def _when(policy: Policy, first_lost: date, *, on: date) -> When:
    return "gone-by" if policy.in_force(first_lost) and first_lost < on else "to-come"


def _outcome(outcome: CarrierOutcome, says: str, facts: dict[str, str]) -> Outcome:
    reason = Reason(rule="CAR-5", says=says, citation=SOURCES["CAR-5"], facts=facts)
    return Outcome(outcome=outcome, reason=reason)
