"""What became of what households attest, in plain terms that share no code with the services (ENR-10).

Nobody is forgotten and nobody is pending for longer than the pack says; who is verified has what the hub says, who was
not confirmed in time has no more than it says; and no coverage ends for it.
"""

from __future__ import annotations

from datetime import timedelta

from bulkhead.retries.retries import Retry
from enrollment.domain.households import Household
from simulation.sight import Sight

_DAYS = 90
_BEYOND_ANSWER = {"income", "citizenship", "incarceration"}


def wrong(its: Sight) -> list[str]:
    """Return what is wrong of a household's verification, in words; nothing where all is right."""
    return [
        f"ENR-10: {its.household} {says}"
        for household in its.rows("enrollment", Household)
        for says in (*_forgotten(its, household), *_pending(its, household), *_confirmed(its, household))
    ]


def _forgotten(its: Sight, household: Household) -> list[str]:
    """While the hub is there, and does not rest, nobody is left whom it was not asked about."""
    waiting = [each for each in its.of("").rows("enrollment", Retry) if each.retry_at > its.now]
    rests = any(each.kind in ("hub", "verifications") for each in waiting)
    if its.hub_away or rests or household.determination is not None or household.verification == "verified":
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


def _confirmed(its: Sight, household: Household) -> list[str]:
    told = its.registered.hub
    says = set() if told is None else set(told.contradicts)
    shown = set(household.documented)
    answered = household.determination is not None
    lacks = (says if answered else _BEYOND_ANSWER) - shown
    if household.verification == "verified":
        return [f"is verified, and {sorted(lacks)} is not shown"] if lacks else []
    if answered and not lacks:
        return ["is not verified, and all is confirmed"]
    changes = household.assistance_changes
    ended = [each for each in changes if each.because == "verification"]
    if household.verification == "pending":
        return ["has other assistance, and its verification is pending"] if ended else []
    found = [
        f"has other assistance from {each.since} on, before its last day"
        for each in ended
        if each.since <= household.verification_until
    ]
    # What staff has stated since then is staff's to answer for.
    if not answered and (not changes or changes[-1].because == "verification"):
        has = changes[-1] if changes else household
        if has.aptc_cents or has.subsidy_cents:
            found.append(f"keeps {has.aptc_cents} and {has.subsidy_cents}, and nobody confirmed it")
    return found
