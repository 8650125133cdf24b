"""All plans of a household end together, for nobody is left in them, or nobody may be (ENR-4, ENR-10, ENR-13)."""

from __future__ import annotations

from datetime import date, timedelta

from bulkhead.kernel.decisions import Reason
from enrollment.application.book import PolicyBook
from enrollment.application.follow_prior_year import follow_prior_year
from enrollment.application.rerate_policies import follow_coverage
from enrollment.domain.endings import may_last_longer
from enrollment.domain.ends import EndReason
from enrollment.domain.households import Uncovered
from enrollment.domain.policies import Policy, call_off, end_asked


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

    What has not begun by then is called off, and what renews it falls with it (ENR-14). Whoever comes to the household
    after these days is covered by what begins then. The book has taken in the household's circumstances.
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
        if policy.renews in named:
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
