"""People come into a household and go out of it; its coverage follows (ENR-13, ENR-16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.book import PolicyBook
from enrollment.application.find_household import find_household, household_of, members_of
from enrollment.application.ports import Parameters, Transliterator
from enrollment.application.record_contact import record_contact
from enrollment.application.register_household import member_of
from enrollment.application.rerate_policies import Changed, rerate_policies
from enrollment.domain.changes import JoinKind, Leaving, decide_join, decide_leave
from enrollment.domain.endings import AskedBy
from enrollment.domain.households import Contact, Member, members_on
from enrollment.domain.people import Person, check_newcomer


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """Who comes into a household: by what, and the day it happened."""

    person: Person
    kind: JoinKind
    on: date


async def add_member(
    uow: UnitOfWork,
    *,
    household: str,
    joining: Joining,
    parameters: Parameters,
    transliterator: Transliterator,
) -> Changed:
    """Take somebody into a household and its coverage, of a newborn from the day of birth on (ENR-3, INV-18).

    Raises `NotFound` for a household nobody registered, `CannotJoin`, `OutsideEnrollment`, or one of the refusals of
    `enrollment.domain.people` and `enrollment.domain.names` (ENR-16); then nothing happened.
    """
    found = await find_household(uow, household)
    in_force = parameters.as_of(uow.today)
    start = decide_join(
        joining.person, kind=joining.kind, on=joining.on, told_on=uow.today, parameters=in_force
    )
    check_newcomer(
        joining.person,
        household=[_person(each) for each in found.members],
        there=[_person(each) for each in members_on(found.members, start.effective)],
        today=uow.today,
        parameters=in_force,
    )
    member = replace(
        member_of(
            joining.person,
            household=household,
            position=len(found.members),
            field="/person",
            transliterator=transliterator,
        ),
        joined=start.effective,
    )
    members = (*found.members, member)
    version = found.household.contact_version + 1
    contact = replace(found.contact, contact_version=version)
    await uow.records(Member).add([member])
    await uow.records(Contact).put([contact])
    record_contact(uow, contact=contact, members=members)
    book = await PolicyBook.load(uow, [household])
    book.put(replace(found.household, contact_version=version))
    return await _rerated(uow, book, household, members, since=start.effective, reasons=start.reasons)


async def take_out_member(uow: UnitOfWork, *, household: str, leaving: Leaving, by: AskedBy) -> Changed:
    """Take somebody out of a household's coverage: after a death the next day, else from the next month on.

    Raises `NotFound` for a household or member nobody registered, and `CannotLeave`; then nothing happened.
    """
    await household_of(uow, household)
    members = await members_of(uow, household)
    member = next((each for each in members if each.member == leaving.member), None)
    if member is None:
        raise NotFound("there is no such member")
    last = decide_leave(member, leaving, by=by, today=uow.today)
    after = replace(member, left=last.effective)
    await uow.records(Member).put([after])
    book = await PolicyBook.load(uow, [household])
    left = [after if each == member else each for each in members]
    return await _rerated(uow, book, household, left, since=last.effective, reasons=last.reasons)


def _person(member: Member) -> Person:
    return Person(name=member.name, born=member.born, relation=member.relation, ssn=member.ssn)


async def _rerated(
    uow: UnitOfWork,
    book: PolicyBook,
    household: str,
    members: Sequence[Member],
    *,
    since: date,
    reasons: tuple[Reason, ...],
) -> Changed:
    changed = await rerate_policies(
        uow, book, household=household, members=members, since=since, changed="members", reasons=reasons
    )
    await write(uow, book)
    return changed
