"""Children who grow too old to be covered with their household, worked out anew (ENR-13)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta

from enrollment.domain.corrections import Correction
from enrollment.domain.households import Member
from enrollment.domain.months import PolicyVersion
from enrollment.domain.policies import Policy as Coverage
from simulation.eligible import known_last
from simulation.sight import Sight

_LIMIT, _NOTICE = 26, timedelta(days=60)
_TO_THE_YEAR_S_END = {"vermont-2027"}


def wrong(its: Sight) -> list[str]:
    """Return which children are covered who are too old, and which were taken out too early; nothing where none is."""
    found: list[str] = []
    versions = its.rows("enrollment", PolicyVersion)
    people = its.rows("enrollment", Member)
    for child in people:
        if child.relation != "child":
            continue
        last = _last_day(date.fromisoformat(child.born.reveal()), its.story.pack)
        if last - _NOTICE >= its.today or _just_corrected(its, child):
            continue  # nobody is told yet
        covered_by = max(last, _found_late(its, child) or last)
        for policy in its.rows("enrollment", Coverage):
            own = [each for each in versions if each.policy == policy.policy]
            if policy.lifecycle == "canceled" or policy.last_covered_day <= covered_by:
                continue
            day = max(covered_by + timedelta(days=1), policy.effective)
            if policy.activated_on is None and all(each.medicaid_on(day) for each in _there(people, day)):
                continue  # it waits for its binder, and ends when that is paid, for nobody is left (ENR-4)
            members = known_last(own, day)
            # A child that is the subscriber is nobody's child, but not one whose parent is only in Medicaid.
            led = any(each.relation != "child" and each.belongs_on(day) for each in people)
            if child.member in (members if led else members[1:]):
                found.append(
                    f"ENR-13: {child.member} is covered on {day} by {policy.plan}, too old since {last}"
                )
            if child.left == last + timedelta(days=1) and policy.effective <= last:
                there = known_last(own, last)
                joined = child.joined is None or child.joined <= last
                if joined and not child.medicaid and child.member not in there:
                    found.append(f"ENR-13: {child.member} is not covered on {last} by {policy.plan}")
    return found


def _there(people: Iterable[Member], day: date) -> list[Member]:
    return [each for each in people if each.belongs_on(day)]


def _just_corrected(its: Sight, child: Member) -> bool:
    """Whether a birth date was corrected that recently that the night has not come which looks for who is too old."""
    return any(
        each.member == child.member
        and each.born is not None
        and each.state in ("applied", "reversed")
        and its.now - (each.decided_at or each.asked_at) < timedelta(days=1)
        for each in its.rows("enrollment", Correction)
    )


def _found_late(its: Sight, child: Member) -> date | None:
    """Return the last day of the month in which a birth date was corrected last, in the night after at the latest: who is
    found to be too old by it leaves no day of that month. None where it never was.
    """
    at = [
        each.decided_at or each.asked_at
        for each in its.rows("enrollment", Correction)
        if each.member == child.member and each.born is not None and each.state in ("applied", "reversed")
    ]
    if not at:
        return None
    night = (max(at) + timedelta(days=1)).date()
    return night.replace(day=monthrange(night.year, night.month)[1])


def _last_day(born: date, pack: str) -> date:
    turns = born.year + _LIMIT
    if pack in _TO_THE_YEAR_S_END:
        return date(turns, 12, 31)
    return date(turns, born.month, monthrange(turns, born.month)[1])
