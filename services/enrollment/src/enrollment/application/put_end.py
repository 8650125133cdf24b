"""A policy has another end than was recorded, or none: what was asked for, or who is there, is otherwise (ENR-13)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from bulkhead.kernel.decisions import Reason
from enrollment.application.book import PolicyBook
from enrollment.application.follow_prior_year import call_off_renewals
from enrollment.domain.ends import End, Undoing
from enrollment.domain.households import Household
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.policies import Policy, expire, redate_end
from enrollment.domain.redating import is_called_off, left_by_nobody, nobody_left_end
from enrollment.domain.restorations import check_room, check_shown, check_somebody


def put_end(
    book: PolicyBook,
    was: Policy,
    ended: End | None,
    *,
    gone: Sequence[End],
    reason: Reason,
    today: date,
    parameters: EnrollmentParameters,
) -> Policy:
    """Let a policy have another end than those that are not so, or none, and expire with its plan year; return it.

    Raises `RestorationBlocked` where other plans, or Medicaid, cover days that would be covered again.
    """
    household = was.household
    now = redate_end(was, ended, gone=gone, reason=reason)
    last, before = now.last_day_if_paid, was.last_day_if_paid
    if last is not None and (before is None or before < last):
        check_shown(book.get(Household, household), parameters=parameters)
        members = book.members_of(household)
        check_somebody(was, through=last, members=members)
        check_room(replace(was, coverage_ends=last), others=book.of_household(household), members=members)
    undoing = None
    if gone and was.end is not None:
        undoing = Undoing(
            decided_by="enrollment", decision=book.decide(was), undoes=was.end.decision, ground="error"
        )
    standing = book.change(was, now, on=today, undoing=undoing)
    if standing.end is None or standing.end.through is not None:
        call_off_renewals(book, standing, on=today)
    return book.change(standing, expire(standing, today=today), on=today)


def follow_people(
    book: PolicyBook,
    policies: Iterable[Policy],
    *,
    reason: Reason,
    today: date,
    parameters: EnrollmentParameters,
) -> tuple[Policy, ...]:
    """Let those of a household's policies that ended because nobody seemed to be left whom they cover end when that is
    so, or not; return them as they are then. What never began stays called off. Raises as `put_end`.
    """
    found: list[Policy] = []
    for policy in policies:
        members = book.members_of(policy.household)
        gone = left_by_nobody(policy, members)
        if gone and not is_called_off(policy):
            ended = nobody_left_end(policy, members, decision=book.decide(policy))
            put = put_end(book, policy, ended, gone=gone, reason=reason, today=today, parameters=parameters)
            found.append(put)
    return tuple(found)
