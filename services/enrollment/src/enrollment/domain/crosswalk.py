"""The crosswalk: which plan of the next plan year each plan becomes, as data that staff imports (ENR-14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Refused
from enrollment.domain.plans import Because, Plan

CITATION = "45 CFR 155.335(j)"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrosswalkEntry:
    """What becomes of a plan in a plan year; ``next_plan`` None: its households must choose for themselves."""

    plan_year: int
    plan: str
    next_plan: str | None
    because: Because


@dataclass(frozen=True, slots=True, kw_only=True)
class CrosswalkFault:
    """What is wrong with an entry, counted from 0; ``field`` is the one to be mended."""

    entry: int
    field: Literal["plan", "next_plan"]
    problem: str


class CrosswalkRefused(Refused):
    """A crosswalk has entries that cannot be meant; nothing of it was taken."""

    kind = "crosswalk-refused"

    def __init__(self, faults: Sequence[CrosswalkFault]) -> None:
        first = faults[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(
            f"{first.problem}{more}",
            field=f"/entries/{first.entry}/{first.field}",
            reasons=[_reason(each) for each in faults],
        )
        self.faults = tuple(faults)


def _reason(fault: CrosswalkFault) -> Reason:
    return Reason(
        rule="ENR-14",
        says=f"Entry {fault.entry + 1}: {fault.field} {fault.problem}.",
        citation=CITATION,
        facts={"entry": str(fault.entry), "field": fault.field},
    )


def check_crosswalk(entries: Sequence[CrosswalkEntry], *, year: int, catalog: Mapping[str, Plan]) -> None:
    """Check the crosswalk of a plan year against the catalog; raises `CrosswalkRefused` with every fault."""
    faults: list[CrosswalkFault] = []
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        if entry.plan in seen:
            faults.append(CrosswalkFault(entry=number, field="plan", problem="is mapped twice"))
        seen.add(entry.plan)
        plan = catalog.get(entry.plan)
        if plan is None:
            faults.append(CrosswalkFault(entry=number, field="plan", problem="is not in the catalog"))
        elif not plan.is_sold_for(year - 1):
            problem = f"was not sold for {year - 1}: nobody has it to be renewed"
            faults.append(CrosswalkFault(entry=number, field="plan", problem=problem))
        elif problem := _next_plan_problem(plan, entry, year=year, catalog=catalog):
            faults.append(CrosswalkFault(entry=number, field="next_plan", problem=problem))
    if faults:
        raise CrosswalkRefused(faults)


def _next_plan_problem(
    plan: Plan, entry: CrosswalkEntry, *, year: int, catalog: Mapping[str, Plan]
) -> str | None:
    if entry.next_plan is None:
        if entry.because == "same-plan":
            return "is missing: only a plan that is discontinued, or whose carrier is leaving, may have none"
        return None
    following = catalog.get(entry.next_plan)
    if following is None:
        return "is not in the catalog"
    if not following.is_sold_for(year):
        return f"is not sold for {year}"
    if following.kind != plan.kind:
        return f"is {following.kind}, and the plan it follows is {plan.kind}"
    if entry.because == "carrier-leaving" and following.carrier == plan.carrier:
        return "is of the carrier that is leaving"
    if entry.because == "discontinued" and following.plan == plan.plan:
        return "is the plan that is discontinued"
    if entry.because == "same-plan" and following.carrier != plan.carrier:
        return (
            "is another carrier's, and the plan is said to be the same: say discontinued or carrier-leaving"
        )
    return None
