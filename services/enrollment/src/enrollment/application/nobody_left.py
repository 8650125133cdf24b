"""What stands ends where it would cover nobody any more (ENR-4, ENR-13)."""

from __future__ import annotations

from datetime import date

from enrollment.application.book import PolicyBook
from enrollment.domain.endings import may_last_longer
from enrollment.domain.medicaid import nobody_in_plans
from enrollment.domain.nobody_left import nobody_left
from enrollment.domain.policies import end_asked
from enrollment.domain.restorations import nobody_left_then


def end_where_nobody_is_left(book: PolicyBook, household: str, *, today: date) -> None:
    """End what stands with the last day before it would cover nobody any more, where that is known beforehand: those
    who are left are in Medicaid from then on, or are not of the household (ENR-4, ENR-13).
    """
    members = book.members_of(household)
    for policy in book.find_policies(household):
        left = nobody_left(policy, members)
        if policy.activated_on is None or left is None or left.last < policy.effective:
            continue
        if not may_last_longer(policy, last=left.last):
            continue
        in_medicaid = left.reason == "medicaid"
        ended = end_asked(
            policy,
            decision=book.decide(policy),
            through=left.last,
            end_reason=left.reason,
            reason=nobody_in_plans(left.first) if in_medicaid else nobody_left_then(left.last),
            cause="nobody-left",
        )
        book.change(policy, ended, on=today)
