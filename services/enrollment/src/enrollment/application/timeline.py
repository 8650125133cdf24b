"""What became of a household and its coverage: registered, reached elsewhere, merged, and all that was decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.corrections import reason_of
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.explanations import Ground, facts_of
from bulkhead.kernel.timelines import Happened, marks
from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.explain import grounds_as_of
from enrollment.application.find_household import household_of, policies_of
from enrollment.application.ports import Parameters
from enrollment.domain.corrections import Correction
from enrollment.domain.household_acts import HouseholdAct
from enrollment.domain.months import PolicyVersion
from enrollment.domain.policies import Policy
from enrollment.domain.timeline import Entry, entries_of

_Grounds = Callable[[Sequence[Reason], date], tuple[Ground, ...]]


async def timeline_of(uow: UnitOfWork, household: str, *, parameters: Parameters) -> list[Happened]:
    """Return all that became of a household; raises `NotFound` for one nobody registered.

    What a selection or a renewal has as its amount is what the policy cost a month then, in cents.
    """
    await household_of(uow, household)
    grounds = grounds_as_of(parameters)
    acts = await uow.records(HouseholdAct).select(household=household, order_by=("at",))
    policies = await policies_of(uow, household)
    firsts = await uow.records(PolicyVersion).select(household=household, number=1)
    cents = {each.policy: each.net_cents for each in firsts}
    # It was merged into another one, or that into it.
    merges = await uow.records(Correction).select(household=household, kind="merge-households")
    merges += await uow.records(Correction).select(merged_into=household)
    return [
        *(_of_act(each, grounds) for each in acts),
        *(each for policy in policies for each in _of_policy(policy, cents.get(policy.policy), grounds)),
        *(_of_merge(each, grounds) for each in merges if each.state in ("applied", "reversed")),
    ]


def _of_act(act: HouseholdAct, grounds: _Grounds) -> Happened:
    because = grounds(act.reasons, min(act.on, local_date(act.at)))
    return Happened(
        at=act.at,
        on=act.on,
        what=act.kind,
        about="household",
        subject=act.household,
        facts=act.facts,
        grounds=because,
        marked=marks(because),
        sentence=f"happened-{act.kind}",
    )


def _of_policy(policy: Policy, cents: int | None, grounds: _Grounds) -> Iterator[Happened]:
    for entry in entries_of(policy):
        because = grounds(entry.reasons, decided_for(entry))
        yield Happened(
            at=entry.at,
            on=entry.on,
            what=entry.decided,
            about="policy",
            subject=policy.policy,
            cents=cents if entry.decided in ("selected", "renewed") else None,
            facts=facts_of(plan=policy.plan, on=entry.on),
            grounds=because,
            marked=marks(because),
            sentence=f"decided-{entry.decided}",
        )


def _of_merge(correction: Correction, grounds: _Grounds) -> Happened:
    at = correction.decided_at or correction.asked_at
    what = "merged" if correction.reverses is None else "merge-reversed"
    return Happened(
        at=at,
        on=local_date(at),
        what=what,
        about="household",
        subject=correction.household,
        facts=facts_of(
            household=correction.household, into=correction.merged_into, correction=correction.correction
        ),
        grounds=grounds([reason_of(correction)], local_date(at)),
        marked=True,
        sentence=f"happened-{what}",
    )


def decided_for(entry: Entry) -> date:
    """Return the day whose parameters decided an entry."""
    return min(entry.on, local_date(entry.at))
