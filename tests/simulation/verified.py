"""What became of what households attest, in plain terms that share no code with the services (ENR-10).

Nobody is forgotten and nobody is pending for longer than the pack says; who is verified has what the hub says, who was
not confirmed in time has no more than it says; and coverage ends for it where somebody may not enroll, nowhere else.
"""

from __future__ import annotations

from datetime import timedelta

from bulkhead.retries.retries import Retry
from enrollment.domain.households import Household, Member
from enrollment.domain.policies import Policy
from enrollment.domain.restorations import StaffReinstatement
from simulation.sight import Sight
from stories.language import KnownToHub

_DAYS = 90
_SOON = 45
"""Days after the last one by which coverage has ended, if no night was missed: ten, and what is left of a month then."""

_TO_ENROLL = {"citizenship", "incarceration"}
_BEYOND_ANSWER = {"income", "citizenship", "incarceration"}


def wrong(its: Sight) -> list[str]:
    """Return what is wrong of a household's verification, in words; nothing where all is right."""
    return [
        f"ENR-10: {its.household} {says}"
        for household in its.rows("enrollment", Household)
        for says in (
            *_forgotten(its, household),
            *_answered(its, household),
            *_pending(its, household),
            *_confirmed(its, household),
            *_covered(its, household),
        )
    ]


def _said(its: Sight) -> list[set[str]]:
    """Return what the hub may have said of a household: what it does not confirm, as it was told first, and since."""
    words = (its.registered.hub or KnownToHub(), *its.hub_words.get(its.household, ()))
    return [set(each.contradicts) for each in words]


def _last_said(its: Sight, household: Household) -> set[str]:
    """Return what the hub does not confirm, as it answered last; what it would answer now where it never did."""
    if household.determination is None:
        return _said(its)[-1]
    return set(household.determination.contradicts)


def _answered(its: Sight, household: Household) -> list[str]:
    """Return it where a household has an answer that the hub never gave."""
    answer = household.determination
    if answer is None or set(answer.contradicts) in _said(its):
        return []
    return [f"has it that the hub contradicts {sorted(answer.contradicts)}, which that never said"]


def _forgotten(its: Sight, household: Household) -> list[str]:
    """While the hub is there, and does not rest, nobody is left whom it was not asked about."""
    waiting = [each for each in its.of("").rows("enrollment", Retry) if each.retry_at > its.now]
    rests = any(each.kind in ("hub", "verifications") for each in waiting)
    answered = household.determination is not None or household.verification == "verified"
    if its.hub_away or rests or (answered and not household.awaits_hub):
        return []
    return ["was not asked about, and the hub is there"]


def _pending(its: Sight, household: Household) -> list[str]:
    last = household.registered_on + timedelta(days=_DAYS)
    if household.determination is None and household.verification_until != last:
        return [
            f"may be pending until {household.verification_until}, and applied on {household.registered_on}"
        ]
    late = its.now - its.troubled_at > timedelta(days=1)
    over = household.verification_until + timedelta(days=1)
    if household.verification == "pending" and its.today > over and late:
        return [f"is pending on {its.today}, and was to be until {household.verification_until}"]
    return []


def _covered(its: Sight, household: Household) -> list[str]:
    says = _last_said(its, household)
    policies = its.rows("enrollment", Policy)
    if not any(each & _TO_ENROLL for each in _said(its)):
        return [f"lost {each.plan}, and may enroll" for each in policies if each.end_reason == "ineligible"]
    if (
        household.determination is None
        or household.verification != "failed"
        or says & _TO_ENROLL <= set(household.documented)
    ):
        return []
    restored = {each for record in its.rows("enrollment", StaffReinstatement) for each in record.policies}
    last = household.verification_until + timedelta(days=_SOON)
    return [
        f"has {each.plan} through {each.last_covered_day}, and was to show by {household.verification_until} that it may"
        for each in policies
        if each.policy not in restored and each.lifecycle != "canceled" and each.last_covered_day > last
    ]


def _confirmed(its: Sight, household: Household) -> list[str]:
    says = _last_said(its, household)
    shown = set(household.documented)
    answered = household.determination is not None
    lacks = (says if answered else _BEYOND_ANSWER) - shown
    if household.verification == "verified":
        return [f"is verified, and {sorted(lacks)} is not shown"] if lacks else []
    if answered and not lacks:
        return ["is not verified, and all is confirmed"]
    # Who attests again is asked to show it again, and so is who is in doubt only after the last day.
    again = household.income_cents is not None or bool(says & _TO_ENROLL)
    changes = household.assistance_changes
    ended = [each for each in changes if each.because == "verification"]
    if household.verification == "pending":
        return ["has other assistance, and its verification is pending"] if ended and not again else []
    found = [
        f"has other assistance from {each.since} on, before its last day"
        for each in ended
        if each.since <= household.verification_until and not again
    ]
    # What staff has stated since then is staff's to answer for.
    somebody = any(each.left is None or each.left > its.today for each in its.rows("enrollment", Member))
    if somebody and not answered and (not changes or changes[-1].because == "verification"):
        has = changes[-1] if changes else household
        if has.aptc_cents or has.subsidy_cents:
            found.append(f"keeps {has.aptc_cents} and {has.subsidy_cents}, and nobody confirmed it")
    return found
