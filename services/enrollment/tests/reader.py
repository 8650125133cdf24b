"""What somebody knows who hears nothing but enrollment's events: how each policy stands, and its months."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from bulkhead.kernel.calendar import CoverageMonth
from enrollment.domain.events import (
    PlansRenewed,
    PlansSelected,
    PolicyActivated,
    PolicyCanceled,
    PolicyChanged,
    PolicyReinstated,
    PolicyTerminated,
)
from enrollment.domain.months import PremiumMonths
from enrollment.domain.policies import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """How a policy stands, as told: why and by whose decision it ended, and what each covered month costs."""

    lifecycle: str
    through: date | None = None
    reason: str | None = None
    decision: str | None = None
    nets: tuple[tuple[CoverageMonth, int], ...] = ()


def told(events: Iterable[Any]) -> dict[str, Known]:
    """Return what the events tell of each policy, by id."""
    known: dict[str, Known] = {}
    for event in events:
        match event:
            case PlansSelected():
                for terms in event.policies:
                    known[terms.policy] = Known(lifecycle="selected", nets=_nets(terms.months))
            case PlansRenewed():
                for terms in event.policies:
                    known[terms.policy] = Known(lifecycle="active", nets=_nets(terms.months))
            case PolicyActivated():
                known[event.policy] = replace(known[event.policy], lifecycle="active")
            case PolicyCanceled():
                known[event.policy] = Known(
                    lifecycle="canceled", reason=event.reason, decision=event.decision
                )
            case PolicyTerminated():
                known[event.policy] = Known(
                    lifecycle="terminated",
                    through=event.through,
                    reason=event.reason,
                    decision=event.decision,
                    nets=_merged(known[event.policy].nets, event.months, last=event.through),
                )
            case PolicyChanged() if known[event.policy].lifecycle != "canceled":
                before = known[event.policy]
                nets = _merged(before.nets, event.months, last=before.through or date.max)
                known[event.policy] = replace(before, nets=nets)
            case PolicyReinstated():
                nets = _merged(known[event.policy].nets, event.months, last=event.coverage_ends)
                known[event.policy] = Known(lifecycle="active", nets=nets)
            case PolicyChanged() if known[event.policy].lifecycle != "canceled":
                was = known[event.policy]
                last = was.through or date.max
                known[event.policy] = replace(was, nets=_merged(was.nets, event.months, last=last))
            case _:
                pass
    return known


def truth(policy: Policy, months: Iterable[Any]) -> Known:
    """Return how a policy stands, in the same words; nobody is told of January 1 (CAL-3)."""
    end = policy.end
    return Known(
        lifecycle="active" if policy.lifecycle == "expired" else policy.lifecycle,
        through=policy.through,
        reason=policy.end_reason,
        decision=None if end is None else end.decision,
        nets=tuple((each.month, each.net_cents) for each in months),
    )


def _nets(runs: Iterable[PremiumMonths]) -> tuple[tuple[CoverageMonth, int], ...]:
    return tuple((month, run.net_cents) for run in runs for month in run.first.until(run.last))


def _merged(
    before: tuple[tuple[CoverageMonth, int], ...], runs: Iterable[PremiumMonths], *, last: date
) -> tuple[tuple[CoverageMonth, int], ...]:
    merged = dict(before) | dict(_nets(runs))
    return tuple(sorted((month, net) for month, net in merged.items() if month <= CoverageMonth.of(last)))
