"""What should have come to an end by now and has not: selections, walks of renewals, renewals, corrections (I9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from bulkhead.kernel.calendar import local, local_date
from bulkhead.overdue import MOST_LISTED, FindOverdue, Overdue
from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.ports import Parameters
from enrollment.application.renewal_runs import runs_of
from enrollment.domain.corrections import Correction
from enrollment.domain.policies import Policy
from enrollment.domain.renewal_runs import RenewalRun, is_season
from enrollment.domain.renewals import STAFF_MENDS, Obstacle, Renewal, is_to_be_renewed

SELECTION_UNDECIDED: Final = "selection-undecided"
CARRIER_SILENT: Final = "carrier-silent"
RENEWAL_RUN: Final = "renewal-run"
RENEWAL: Final = "renewal"
RENEWAL_FAILED: Final = "renewal-failed"
CORRECTION: Final = "correction"
OVERDUE_KINDS: Final = (SELECTION_UNDECIDED, CARRIER_SILENT, RENEWAL_RUN, RENEWAL, RENEWAL_FAILED, CORRECTION)

_KINDS: Final[Mapping[Obstacle, str]] = {
    # The crosswalk or the catalog lacks something: policy staff know what becomes of a plan, no program does.
    "not-in-crosswalk": RENEWAL,
    "not-sold": RENEWAL,
    "failed": RENEWAL_FAILED,
    "reversal-failed": RENEWAL_FAILED,
}

_SAYS: Final[Mapping[Obstacle, str]] = {
    "not-in-crosswalk": "Its plan is not in the crosswalk, and its household was told nothing",
    "not-sold": "The plan that the crosswalk names is not sold, and its household was told nothing",
    "failed": "A fault of ours is in its way (household_not_renewed), and its household was told nothing",
    "reversal-failed": "It stands, for a fault of ours (household_not_renewed) keeps it from being taken back",
}


def overdue_by(parameters: Parameters) -> FindOverdue:
    """Return what finds what is overdue by these parameters as of today, the oldest of each kind first: selections that
    are not decided, walks of renewals that are not done the day after they were asked for, renewals that staff alone
    can mend, corrections that wait for a second person.
    """

    async def find(uow: UnitOfWork) -> list[Overdue]:
        within = timedelta(days=parameters.as_of(uow.today).correction_overdue_days)
        return [
            *await _selections(uow),
            *await _walks(uow),
            *await _renewals(uow),
            *await _corrections(uow, within=within),
        ]

    return find


async def _corrections(uow: UnitOfWork, *, within: timedelta) -> list[Overdue]:
    """Corrections that nobody has approved or declined in time."""
    late = await uow.records(Correction).select(
        state="requested",
        asked_at__lt=local(uow.today - within),
        order_by=("asked_at", "correction"),
        limit=MOST_LISTED,
    )
    return [
        Overdue(
            kind=CORRECTION,
            id=each.correction,
            household=each.household,
            deadline=local_date(each.asked_at) + within,
            says="A correction waits for a second person to approve or decline it (OPS-5).",
        )
        for each in late
    ]


async def _selections(uow: UnitOfWork) -> list[Overdue]:
    """Policies still selected after the day by which their binder is decided, or their carrier has said whether they
    are in force (CAR-1).
    """
    undecided = await uow.records(Policy).select(
        lifecycle="selected",
        decision_due__lt=uow.today,
        order_by=("decision_due", "policy"),
        limit=MOST_LISTED,
    )
    return [_undecided(each) for each in undecided]


def _undecided(policy: Policy) -> Overdue:
    kind, says = (
        SELECTION_UNDECIDED,
        "Its binder is neither paid nor lapsed, and nobody called it off: see invoicing (ENR-6).",
    )
    if policy.awaits_carrier and policy.acknowledgement != "unsent":
        kind, says = (
            CARRIER_SILENT,
            "Its carrier bills for it, was told of it, and neither put it into force nor called it off (CAR-1).",
        )
    return Overdue(
        kind=kind, id=policy.policy, household=policy.household, deadline=policy.decision_due, says=says
    )


async def _walks(uow: UnitOfWork) -> list[Overdue]:
    """Walks that are not done by the end of the day on which they were asked for."""
    running = await uow.records(RenewalRun).select(
        state="running", order_by=("asked_at", "plan_year"), limit=MOST_LISTED
    )
    return [
        Overdue(
            kind=RENEWAL_RUN,
            id=f"{each.plan_year}:{each.number}",
            household=None,
            deadline=asked_on,
            says=f"It does not come to its end ({each.act}): no other is taken until then (ENR-14).",
        )
        for each in running
        if (asked_on := local_date(each.asked_at)) < uow.today
    ]


async def _renewals(uow: UnitOfWork) -> list[Overdue]:
    """Renewals of the next year that do not stand, or stand, against what was asked for last, until December 31.

    Coverage of those that are not mended ends with the year; what its household must choose for itself, it was told.
    """
    year = uow.today.year + 1
    runs = await runs_of(uow, year)
    if is_season(runs):
        state, obstacles = "unmapped", STAFF_MENDS
    else:
        state, obstacles = "renewed", ("reversal-failed",)
    found: list[Renewal] = []
    after = ""
    while len(found) < MOST_LISTED:
        some = await uow.records(Renewal).select(
            plan_year=year,
            state=state,
            obstacle=obstacles,
            decided_on__lt=uow.today,
            policy__gt=after,
            order_by=("policy",),
            limit=MOST_LISTED,
        )
        held = await uow.records(Policy).select(policy=[each.policy for each in some])
        lasting = {each.policy for each in held if is_to_be_renewed(each, year=year)}
        found += [each for each in some if each.policy in lasting]
        if len(some) < MOST_LISTED:
            break
        after = some[-1].policy
    return [
        Overdue(
            kind=_KINDS[each.obstacle],
            id=each.policy,
            household=each.household,
            deadline=each.decided_on,
            says=f"{_SAYS[each.obstacle]} (ENR-14).",
        )
        for each in sorted(found, key=lambda each: (each.decided_on, each.policy))[:MOST_LISTED]
        if each.obstacle is not None
    ]
