"""All plans of a household end together, for nobody is left in them, or nobody may be (ENR-4, ENR-10, ENR-13)."""

from __future__ import annotations

from datetime import date, timedelta

from bulkhead.kernel.decisions import Reason
from enrollment.application.book import PolicyBook
from enrollment.application.follow_prior_year import follow_prior_year
from enrollment.application.rerate_policies import follow_coverage
from enrollment.domain.endings import may_last_longer
from enrollment.domain.ends import EndReason
from enrollment.domain.households import Uncovered, uncovered_from
from enrollment.domain.medicaid import nobody_in_plans
from enrollment.domain.policies import Policy, call_off, end_asked
from enrollment.domain.restorations import nobody_left_then


def end_all(
    book: PolicyBook,
    household: str,
    *,
    uncovered: Uncovered,
    end_reason: EndReason,
    reason: Reason,
    today: date,
) -> tuple[Policy, ...]:
    """End with the day before what covers one of these days; return those policies as they are then.

    What would begin on one of them is called off, and so is what was selected, but for days before Medicaid: that waits
    for its binder, and `end_where_nobody_is_left` ends it when that is paid. What renews it falls with it (ENR-14).
    Whoever comes to the household after these days is covered by what begins then. The book has taken in the
    household's circumstances.
    """
    last = uncovered.first - timedelta(days=1)
    lasting = [
        each
        for each in book.find_policies(household)
        if may_last_longer(each, last=last) and (uncovered.last is None or each.effective <= uncovered.last)
    ]
    named = {each.policy for each in lasting}
    ended: list[Policy] = []
    for policy in lasting:
        awaited = policy.activated_on is None and policy.effective <= last
        if policy.renews in named or (awaited and end_reason == "medicaid"):
            continue
        decision = book.decide(policy)
        if policy.activated_on is None:
            after = call_off(policy, decision=decision, end_reason=end_reason, reason=reason)
        else:
            after = end_asked(policy, decision=decision, through=last, end_reason=end_reason, reason=reason)
        ended.append(book.change(policy, after, on=today))
    if ended:
        follow_prior_year(book, household, on=today)
        follow_coverage(book, household, today=today)
    return tuple(ended)


def end_where_nobody_is_left(book: PolicyBook, household: str, *, today: date) -> None:
    """End what stands with the last day before plans would cover nobody any more, where that is known beforehand: those
    who are left are in Medicaid from then on, or are not of the household (ENR-4, ENR-13).
    """
    members = book.members_of(household)
    for policy in book.find_policies(household):
        uncovered = uncovered_from(members, policy.effective)
        if policy.activated_on is None or uncovered is None:
            continue
        last = uncovered.first - timedelta(days=1)
        if last < policy.effective or not may_last_longer(policy, last=last):
            continue
        in_medicaid = any(each.medicaid_on(uncovered.first) for each in members)
        ended = end_asked(
            policy,
            decision=book.decide(policy),
            through=last,
            end_reason="medicaid" if in_medicaid else "requested",
            reason=nobody_in_plans(uncovered.first) if in_medicaid else nobody_left_then(last),
        )
        book.change(policy, ended, on=today)
