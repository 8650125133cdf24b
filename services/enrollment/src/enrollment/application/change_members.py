"""People come into a household and go out of it; its coverage follows (ENR-13, ENR-16)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.age_out_children import take_out_due
from enrollment.application.book import PolicyBook
from enrollment.application.end_all import end_uncovered
from enrollment.application.find_household import find_household, require_stands
from enrollment.application.follow_prior_year import follow_prior_year, owe_renewals
from enrollment.application.name_responsible import with_responsible
from enrollment.application.ports import Parameters, Transliterator
from enrollment.application.put_end import follow_people
from enrollment.application.record_contact import record_contact
from enrollment.application.register_household import member_of
from enrollment.application.rerate_policies import Changed, follow_coverage, rerate_policies
from enrollment.domain.changes import (
    JoinKind,
    LeaveKind,
    Leaving,
    Responsible,
    check_acted_for,
    check_same_subscriber,
    check_somebody_is_there,
    check_subscribers,
    decide_join,
    decide_leave,
    nobody_left,
    with_assistance_again,
)
from enrollment.domain.eligibility import may_not_enroll
from enrollment.domain.endings import AskedBy
from enrollment.domain.ends import EndReason
from enrollment.domain.households import Contact, Household, Member, members_on, subscriber_to_come
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.people import Person, check_newcomer
from enrollment.domain.policies import Policy
from enrollment.domain.redating import somebody_came
from enrollment.domain.restorations import in_the_way
from enrollment.domain.tobacco import check_asked

END_REASONS: Final[Mapping[LeaveKind, EndReason]] = {"death": "death", "divorce": "requested", "age": "age"}
"""Why coverage ends that would cover nobody once somebody has left in such a way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """Who comes into a household: by what, and the day it happened.

    ``responsible`` is who acts for a child where nobody else is left.
    """

    person: Person
    kind: JoinKind
    on: date
    responsible: Responsible | None = None


async def add_member(
    uow: UnitOfWork,
    *,
    household: str,
    joining: Joining,
    parameters: Parameters,
    transliterator: Transliterator,
) -> Changed:
    """Take somebody into a household and its coverage, of a newborn from the day of birth on (ENR-3, INV-18). Coverage
    that ended because nobody was left goes on for who came before that, in whatever order the two are told of.

    Raises `NotFound` for a household nobody registered, `CannotJoin`, `OutsideEnrollment`, `TobaccoNotAsked`, or one of
    the refusals of `enrollment.domain.people` and `enrollment.domain.names` (ENR-16); then nothing happened.
    """
    found = await find_household(uow, household)
    await require_stands(uow, found.household)
    in_force = parameters.as_of(uow.today)
    check_asked(uses=joining.person.uses_tobacco, field="/person/uses_tobacco", parameters=in_force)
    start = decide_join(
        joining.person, kind=joining.kind, on=joining.on, told_on=uow.today, parameters=in_force
    )
    there = members_on(found.members, start.effective)
    check_somebody_is_there(there, on=start.effective)
    check_newcomer(
        joining.person,
        household=[person_of(each) for each in found.members],
        there=as_household(there),
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
    check_same_subscriber(there, members_on(members, start.effective), kind=joining.kind)
    version = found.household.contact_version + 1
    contact = replace(found.contact, contact_version=version)
    if joining.responsible is not None:
        contact = with_responsible(
            contact, joining.responsible, field="/responsible", transliterator=transliterator
        )
    await uow.records(Contact).put([contact])
    await record_contact(uow, contact=contact, members=members, parameters=in_force)
    book = await _book(uow, household)
    book.add_member(member)
    known = with_assistance_again(found.household, members=members, recorded=found.members)
    book.put(replace(known, contact_version=version))
    take_out_due(book, household, today=uow.today, parameters=in_force)
    changed = rerate_policies(book, household, since=start.effective, reasons=start.reasons, today=uow.today)
    lasting = follow_people(
        book,
        _free_to_last(book, household, parameters=in_force),
        reason=somebody_came(member, first=start.effective),
        today=uow.today,
        parameters=in_force,
    )
    check_acted_for(
        members,
        policies=book.find_policies(household),
        since=start.effective,
        named=joining.responsible,
        contact=found.contact,
        adult_age=in_force.adult_age,
        citation=in_force.citation("adult_age"),
    )
    if lasting:
        follow_prior_year(book, household, on=uow.today)
        owe_renewals(book, household, today=uow.today)
        follow_coverage(book, household, today=uow.today)
    await write(uow, book)
    as_they_are = [book.get(Policy, each.policy) for each in (*changed.policies, *lasting)]
    return replace(changed.with_policies(as_they_are), household=book.get(Household, household))


def _free_to_last(book: PolicyBook, household: str, *, parameters: EnrollmentParameters) -> list[Policy]:
    """Return a household's policies that may cover days again: it may enroll, and no other plan covers them."""
    if may_not_enroll(book.get(Household, household), parameters=parameters):
        return []
    members, policies = book.members_of(household), book.find_policies(household)
    return [each for each in policies if in_the_way(each, others=policies, members=members) is None]


async def take_out_member(
    uow: UnitOfWork,
    *,
    household: str,
    leaving: Leaving,
    by: AskedBy,
    parameters: Parameters,
    transliterator: Transliterator,
) -> Changed:
    """Take somebody out of a household's coverage: after a death the next day, else from the next month on.

    Where the subscriber died the next one follows; where nobody is left, coverage ends with the last one's last day.
    Raises `NotFound` for a household or member nobody registered, `CannotLeave`, or a refusal of the responsible
    person's name; then nothing happened.
    """
    found = await find_household(uow, household)
    member = next((each for each in found.members if each.member == leaving.member), None)
    if member is None:
        raise NotFound("there is no such member")
    in_force = parameters.as_of(uow.today)
    last = decide_leave(member, leaving, members=found.members, by=by, today=uow.today, parameters=in_force)
    after = replace(member, left=last.effective, left_for=END_REASONS[leaving.kind])
    left = [after if each == member else each for each in found.members]
    book = await _book(uow, household)
    check_subscribers(
        left,
        leaving,
        policies=book.find_policies(household),
        since=last.effective,
        contact=found.contact,
        adult_age=in_force.adult_age,
        citation=in_force.citation("adult_age"),
    )
    book.put(after)
    before, now = (subscriber_to_come(each, today=uow.today) for each in (found.members, left))
    follows = (before[0].member, before[1]) != (now[0].member, now[1])
    if follows or leaving.responsible is not None:
        contact = _contact_after(leaving, found.contact, transliterator)
        await uow.records(Contact).put([contact])
        await record_contact(uow, contact=contact, members=left, parameters=in_force)
        book.put(replace(found.household, contact_version=contact.contact_version))
    changed = rerate_policies(book, household, since=last.effective, reasons=last.reasons, today=uow.today)
    ended = end_uncovered(
        book,
        household,
        since=last.effective,
        reason_of=lambda through: (
            nobody_left(leaving, last=through) if leaving.kind == "death" else last.reasons[0]
        ),
        today=uow.today,
    )
    await write(uow, book)
    why = [each.reasons[-1] for each in ended[:1] if each.reasons[-1] not in changed.reasons]
    return replace(
        changed.with_policies(ended),
        household=book.get(Household, household),
        reasons=(*changed.reasons, *why),
    )


async def _book(uow: UnitOfWork, household: str) -> PolicyBook:
    book = await PolicyBook.load(uow, [household])
    await book.take_circumstances(uow)
    return book


def _contact_after(leaving: Leaving, contact: Contact, transliterator: Transliterator) -> Contact:
    """Return the next version of a contact, with who acts for a child that is left."""
    after = replace(contact, contact_version=contact.contact_version + 1)
    if leaving.responsible is None:
        return after
    return with_responsible(after, leaving.responsible, field="/responsible", transliterator=transliterator)


def as_household(there: Sequence[Member]) -> list[Person]:
    """Return people as a household registers: whoever is the subscriber is its ``self``."""
    subscriber = [replace(person_of(each), relation="self") for each in there[:1]]
    return [*subscriber, *(person_of(each) for each in there[1:])]


def person_of(member: Member) -> Person:
    return Person(name=member.name, born=member.born, relation=member.relation, ssn=member.ssn)
