"""Plans of a household end together, for nobody is left in them, or nobody may be (ENR-4, ENR-10, ENR-13)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.decisions import Reason
from enrollment.application.book import PolicyBook
from enrollment.application.follow_prior_year import follow_prior_year
from enrollment.application.rerate_policies import follow_coverage
from enrollment.domain.endings import may_last_longer
from enrollment.domain.ends import EndCause, EndReason
from enrollment.domain.nobody_left import calls_off, nobody_left
from enrollment.domain.policies import Policy, call_off, end_asked


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ending:
    """A policy that is to end with a day, why, and who is not there any more for whom it is called off."""

    policy: Policy
    last: date
    reason: EndReason
    lacks: tuple[str, ...] = ()


def end_all(
    book: PolicyBook, household: str, *, last: date, end_reason: EndReason, reason: Reason, today: date
) -> None:
    """End with a day whatever of a household's would last longer, and call off what was selected.

    What renews it falls with it (ENR-14). The book has taken in the household's circumstances.
    """
    ending = [_Ending(policy=each, last=last, reason=end_reason) for each in book.find_policies(household)]
    _end(
        book,
        household,
        ending,
        cause="decided",
        reason_of=lambda _: reason,
        today=today,
    )


def end_uncovered(
    book: PolicyBook,
    household: str,
    *,
    since: date,
    reason_of: Callable[[date], Reason],
    today: date,
) -> tuple[Policy, ...]:
    """End each policy with the day before it would cover nobody, from a day on; return those that ended, as they are.

    What would begin on such a day is called off, and so is what was selected, but for days before Medicaid: that waits
    for its binder, and `end_where_nobody_is_left` ends it when that is paid. What renews it falls with it (ENR-14).
    ``reason_of`` says in words why, given the last day covered. The book has taken in the household's circumstances.
    """
    members = book.members_of(household)
    ending = [
        _Ending(policy=each, last=left.last, reason=left.reason, lacks=left.lacks)
        for each in book.find_policies(household)
        if (left := nobody_left(each, members, since=since)) is not None
        and (each.activated_on is not None or calls_off(each, left))
    ]
    return _end(
        book,
        household,
        ending,
        cause="nobody-left",
        reason_of=reason_of,
        today=today,
    )


def _end(
    book: PolicyBook,
    household: str,
    ending: Iterable[_Ending],
    *,
    cause: EndCause,
    reason_of: Callable[[date], Reason],
    today: date,
) -> tuple[Policy, ...]:
    lasting = [each for each in ending if may_last_longer(each.policy, last=each.last)]
    named = {each.policy.policy for each in lasting}
    ended: list[Policy] = []
    for each in lasting:
        policy = each.policy
        if policy.renews in named:
            continue
        decision, reason = book.decide(policy), reason_of(each.last)
        if policy.activated_on is None:
            after = call_off(
                policy,
                decision=decision,
                end_reason=each.reason,
                reason=reason,
                cause=cause,
                lacks=each.lacks,
            )
        else:
            after = end_asked(
                policy,
                decision=decision,
                through=each.last,
                end_reason=each.reason,
                reason=reason,
                cause=cause,
            )
        ended.append(book.change(policy, after, on=today))
    if ended:
        follow_prior_year(book, household, on=today)
        follow_coverage(book, household, today=today)
    return tuple(ended)
