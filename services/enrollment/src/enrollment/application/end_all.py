"""Plans of a household end together, for nobody is left in them, or nobody may be (ENR-4, ENR-10, ENR-13)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from bulkhead.kernel.decisions import Reason
from enrollment.application.book import PolicyBook
from enrollment.application.follow_prior_year import follow_prior_year
from enrollment.application.rerate_policies import follow_coverage
from enrollment.domain.endings import may_last_longer
from enrollment.domain.ends import EndCause, EndReason
from enrollment.domain.households import uncovered_from
from enrollment.domain.policies import Policy, call_off, end_asked


def end_all(
    book: PolicyBook, household: str, *, last: date, end_reason: EndReason, reason: Reason, today: date
) -> None:
    """End with a day whatever of a household's would last longer, and call off what was selected.

    What renews it falls with it (ENR-14). The book has taken in the household's circumstances.
    """
    ending = ((each, last) for each in book.find_policies(household))
    _end(
        book,
        household,
        ending,
        end_reason=end_reason,
        cause="decided",
        reason_of=lambda _: reason,
        today=today,
    )


def end_uncovered(
    book: PolicyBook,
    household: str,
    *,
    since: date,
    end_reason: EndReason,
    reason_of: Callable[[date], Reason],
    today: date,
) -> tuple[Policy, ...]:
    """End each policy with the day before it would cover nobody, from a day on; return those that ended, as they are.

    What would begin on such a day is called off, and so is what was selected, but for days before Medicaid: that waits
    for its binder, and `end_where_nobody_is_left` ends it when that is paid. What renews it falls with it (ENR-14).
    ``reason_of`` says why, given the last day covered. The book has taken in the household's circumstances.
    """
    members = book.members_of(household)
    found = [
        (each, uncovered_from(members, max(since, each.effective), policy=each.policy))
        for each in book.find_policies(household)
    ]
    ending = ((policy, first - timedelta(days=1)) for policy, first in found if first is not None)
    return _end(
        book,
        household,
        ending,
        end_reason=end_reason,
        cause="nobody-left",
        reason_of=reason_of,
        today=today,
    )


def _end(
    book: PolicyBook,
    household: str,
    ending: Iterable[tuple[Policy, date]],
    *,
    end_reason: EndReason,
    cause: EndCause,
    reason_of: Callable[[date], Reason],
    today: date,
) -> tuple[Policy, ...]:
    lasting = [(policy, last) for policy, last in ending if may_last_longer(policy, last=last)]
    named = {policy.policy for policy, _ in lasting}
    ended: list[Policy] = []
    for policy, last in lasting:
        awaited = policy.activated_on is None and policy.effective <= last
        if policy.renews in named or (awaited and end_reason == "medicaid"):
            continue
        decision, reason = book.decide(policy), reason_of(last)
        if policy.activated_on is None:
            after = call_off(policy, decision=decision, end_reason=end_reason, reason=reason, cause=cause)
        else:
            after = end_asked(
                policy, decision=decision, through=last, end_reason=end_reason, reason=reason, cause=cause
            )
        ended.append(book.change(policy, after, on=today))
    if ended:
        follow_prior_year(book, household, on=today)
        follow_coverage(book, household, today=today)
    return tuple(ended)
