"""The nightly duty that takes children out who will be too old, and tells their households ahead of time (ENR-13)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta

from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.book import PolicyBook
from enrollment.application.end_all import end_uncovered
from enrollment.application.ports import Parameters
from enrollment.application.rerate_policies import rerate_policies
from enrollment.domain.ages import (
    age_out,
    aged_out,
    announced,
    last_birth_too_old,
    last_day_as_child,
    nobody_left,
    told_on,
)
from enrollment.domain.households import Household, Member
from enrollment.domain.parameters import EnrollmentParameters


class AgeOutChildren:
    """Takes out the children whose last day is as near as the pack's days of notice: each once."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters

    async def households(self, uow: UnitOfWork, on: date, after: str, limit: int) -> list[str]:
        """Return, in order, the next households with a child who will be too old, and is not their subscriber."""
        in_force = self._parameters.as_of(on)
        by = _last_told(on, in_force)
        born = last_birth_too_old(by, in_force)
        due: list[str] = []
        while len(due) < limit:
            found = await uow.records(Member).distinct(
                "household",
                limit=limit,
                relation="child",
                left=None,
                born__le=Masked(born.isoformat()),
                household__gt=after,
            )
            if not found:
                break
            members = await _by_household(uow, found)
            due += [
                each
                for each in found
                if age_out(members[each], by=by, today=uow.today, parameters=in_force).leaving
            ]
            after = found[-1]
        return due[:limit]

    async def run(self, uow: UnitOfWork, on: date, households: list[str]) -> None:
        """Take such children out of these households and their coverage, and tell the households (ENR-13)."""
        in_force = self._parameters.as_of(on)
        book = await PolicyBook.load(uow, households)
        await book.take_circumstances(uow)
        for household in households:
            take_out_aged(book, household, by=_last_told(on, in_force), today=uow.today, parameters=in_force)
        await write(uow, book)

    async def next_work(self, uow: UnitOfWork, _today: date) -> date | None:
        """Return the day on which a child's household is to be told next; None where there is no child that will leave.

        The oldest children are looked at first: hardly ever one of them is a subscriber.
        """
        in_force, looked_at = self._parameters.as_of(uow.today), 1
        while True:
            oldest = await uow.records(Member).select(
                relation="child", left=None, order_by=("born",), limit=looked_at
            )
            members = await _by_household(uow, {each.household for each in oldest})
            for child in oldest:
                born = date.fromisoformat(child.born.reveal())
                leaving = age_out(
                    members[child.household],
                    by=last_day_as_child(born, in_force),
                    today=uow.today,
                    parameters=in_force,
                ).leaving
                if child.member in {each.member for each in leaving}:
                    return told_on(born, in_force)
            if len(oldest) < looked_at:
                return None
            looked_at *= 10


async def _by_household(uow: UnitOfWork, households: Collection[str]) -> dict[str, list[Member]]:
    found = defaultdict[str, list[Member]](list)
    for each in await uow.records(Member).select(household=sorted(households)):
        found[each.household].append(each)
    return found


def _last_told(on: date, parameters: EnrollmentParameters) -> date:
    """Return the last day as a child of those whose households are told on a day."""
    return on + timedelta(days=parameters.child_age_notice_days)


def take_out_due(book: PolicyBook, household: str, *, today: date, parameters: EnrollmentParameters) -> None:
    """Take the children out whose households are told by today, as the duty would tonight: who comes into a household,
    or comes back, is covered, and paid for, no longer than that.
    """
    by = _last_told(today, parameters)
    take_out_aged(book, household, by=by, today=today, parameters=parameters)


def take_out_aged(
    book: PolicyBook, household: str, *, by: date, today: date, parameters: EnrollmentParameters
) -> None:
    """Take the children out who are too old after a day, with what follows for their household's policies in the book,
    which has taken in its circumstances.

    What would cover nobody then ends. A household is told also while it has no coverage: it may select meanwhile.
    """
    leaving = age_out(book.members_of(household), by=by, today=today, parameters=parameters).leaving
    if not leaving:
        return
    book.put(*leaving)
    reasons = aged_out(leaving, parameters)
    since = min(each.left for each in leaving if each.left is not None)
    rerate_policies(book, household, since=since, reasons=reasons, today=today)
    end_uncovered(
        book,
        household,
        since=since,
        reason_of=lambda last: nobody_left(last=last, parameters=parameters),
        today=today,
    )
    for event in announced(leaving, household=book.get(Household, household), parameters=parameters):
        book.say(event, household=household, on=today, reasons=reasons)
