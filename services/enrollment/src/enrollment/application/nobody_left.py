"""What stands ends where it would cover nobody any more (ENR-4, ENR-13)."""

from __future__ import annotations

from datetime import date, timedelta

from enrollment.application.book import PolicyBook
from enrollment.domain.endings import may_last_longer
from enrollment.domain.households import last_left_for, uncovered_from
from enrollment.domain.medicaid import nobody_in_plans
from enrollment.domain.policies import end_asked
from enrollment.domain.restorations import nobody_left_then


def end_where_nobody_is_left(book: PolicyBook, household: str, *, today: date) -> None:
    """End what stands with the last day before it would cover nobody any more, where that is known beforehand: those
    who are left are in Medicaid from then on, or are not of the household (ENR-4, ENR-13).
    """
    members = book.members_of(household)
    for policy in book.find_policies(household):
        first = uncovered_from(members, policy.effective, policy=policy.policy)
        if policy.activated_on is None or first is None:
            continue
        last = first - timedelta(days=1)
        if last < policy.effective or not may_last_longer(policy, last=last):
            continue
        in_medicaid = any(each.belongs_on(first) for each in members)
        ended = end_asked(
            policy,
            decision=book.decide(policy),
            through=last,
            end_reason="medicaid" if in_medicaid else last_left_for(members),
            reason=nobody_in_plans(first) if in_medicaid else nobody_left_then(last),
            cause="nobody-left",
        )
        book.change(policy, ended, on=today)
