"""Starts that roll on where a first premium was not paid in time, worked out anew (ENR-6)."""

from __future__ import annotations

from datetime import date, timedelta

from enrollment.domain.policies import Policy as Coverage
from enrollment.domain.selections import Selection as Chosen
from invoicing.domain.records import Selection
from simulation.sight import Sight

_OPEN_UNTIL, _LATEST = date(2015, 2, 15), date(2015, 3, 1)
_BY = ((date(2014, 12, 23), date(2015, 1, 1)), (date(2015, 1, 23), date(2015, 2, 1)), (_OPEN_UNTIL, _LATEST))
"""Massachusetts, plan year 2015: selected by, covered from."""


def wrong(its: Sight) -> list[str]:
    """Return what is wrong of a household's starts, in words: nothing where no start rolls on, or all do as they must."""
    coverage, chosen = its.rows("enrollment", Coverage), its.rows("enrollment", Chosen)
    lapsed = {
        each.selection: each.due
        for each in its.rows("invoicing", Selection)
        if each.state == "lapsed" and each.due
    }
    if its.story.pack != "massachusetts-2015":
        kept = {each.selection: each for each in chosen}
        return [
            f"ENR-6: {its.household} was to begin on {each.effective}, and rolled on"
            for each in coverage
            if any(reason.rule == "ENR-6" and reason.facts.get("rolls") in kept for reason in each.reasons)
        ]
    found: list[str] = []
    for selection in chosen:
        due = lapsed.get(selection.selection)
        start = None if due is None or selection.event_kind else _start(selection.effective, due)
        if due is None or start is None:
            continue
        for policy in coverage:
            others = [each for each in coverage if each.kind == policy.kind and each.policy != policy.policy]
            if policy.selection != selection.selection or any(each.activated_on for each in others):
                continue
            if len(policy.ends) != 1:  # called off too, by somebody
                continue
            anew = [each for each in others if (each.plan, each.effective) == (policy.plan, start)]
            if not anew and not _held_otherwise(policy, others):
                found.append(
                    f"ENR-6: {its.household}'s {policy.plan} was not paid by {due}, and does not begin on {start}"
                )
    return found


def _start(effective: date, due: date) -> date | None:
    """Return the start that follows one that was not paid for, None where none does."""
    day = due + timedelta(days=1)
    if day > _OPEN_UNTIL:
        return None
    by_table = next(start for by, start in _BY if day <= by)
    start = max(by_table, date(effective.year + effective.month // 12, effective.month % 12 + 1, 1))
    return start if start <= _LATEST else None


def _held_otherwise(policy: Coverage, others: list[Coverage]) -> bool:
    """Whether the household had chosen another plan of the kind by then, whatever became of that."""
    return any(each.effective >= policy.effective and each.selection != policy.selection for each in others)
