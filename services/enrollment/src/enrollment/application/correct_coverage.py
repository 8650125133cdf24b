"""What a correction does to a household's coverage: it says what a fact is, and all else follows (OPS-5, ENR-13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import assert_never

from bulkhead.kernel.corrections import reason_of
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.personal import Masked
from enrollment.application.age_out_children import take_out_due
from enrollment.application.book import PolicyBook
from enrollment.application.change_members import as_household, person_of
from enrollment.application.decide_eligibility import follow_decided
from enrollment.application.doing_corrections import Do, Given
from enrollment.application.end_all import end_uncovered
from enrollment.application.follow_prior_year import follow_prior_year, owe_renewals
from enrollment.application.merge_households import merge
from enrollment.application.put_end import follow_people, put_end
from enrollment.application.rerate_policies import follow_coverage, rerate_policies
from enrollment.application.select_anew import select_again, select_anew
from enrollment.domain.ages import last_day_as_child
from enrollment.domain.changes import check_subscribers, with_assistance_again
from enrollment.domain.corrections import (
    Correction,
    Departure,
    Rerated,
    changed_since,
    years_are_over,
)
from enrollment.domain.eligibility import unconfirmed
from enrollment.domain.ends import End
from enrollment.domain.households import Contact, Household, Member, members_on
from enrollment.domain.months import PolicyVersion, version_on
from enrollment.domain.parameters import CorrectionKind
from enrollment.domain.people import check_born
from enrollment.domain.plans import Plan
from enrollment.domain.policies import Policy, rerate, versions_of
from enrollment.domain.redating import (
    asked_wrongly,
    check_age,
    check_born_before,
    check_end_is,
    check_one_spouse,
    check_paid,
    check_redated,
    decide_departure,
    departed,
    departure_as_told,
    follows_from_people,
    redated,
    too_old,
)
from enrollment.domain.restorations import check_somebody, nobody_left_then
from enrollment.domain.sources import SOURCES


def carry_out(do: Do, book: PolicyBook, correction: Correction, given: Given) -> Correction:
    """Do a correction in the book of its household, marked by it; return it with what it rated anew.

    Raises what doing it raises: `ChangedSince` where a fact is not what it is said to have been.
    """
    household = correction.household
    before = _numbers(book)
    with book.marked(reason_of(correction)):
        done = do(book, correction, given)
        follow_prior_year(book, household, on=given.today)
        owe_renewals(book, household, today=given.today)
        follow_coverage(book, household, today=given.today)
    after = _numbers(book)
    found = tuple(
        Rerated(policy=policy, before=before[policy], after=number)
        for policy, number in sorted(after.items())
        if number != before.get(policy, number)
    )
    return replace(done, rerated=found)


def what_does(kind: CorrectionKind) -> Do:
    """Return what does a correction of a kind."""
    match kind:
        case "redate-selection":
            return select_anew
        case "redate-end":
            return put_ends
        case "redate-departure":
            return put_departure
        case "correct-birth-date":
            return put_birth
        case "rerate":
            return rate_anew
        case "merge-households":
            return merge
        case _:
            assert_never(kind)


def put_ends(book: PolicyBook, correction: Correction, given: Given) -> Correction:
    """Let policies have another end than the one that was asked for, or none.

    Raises `RestorationBlocked` where other plans, or Medicaid, cover days that would be covered again, `NotCorrected`
    and `NothingToCorrect` where the end cannot be, or is, that one.
    """
    for each in correction.ends:
        policy, on = book.policy(each.policy, household=correction.household), each.after and each.after.on
        check_end_is(policy, each.before)
        if given.first is None:
            check_paid(policy)
            members = book.members_of(correction.household)
            check_redated(policy, on=on, members=members)
            check_somebody(policy, through=on or policy.coverage_ends, members=members)
        ended = None
        if each.after is not None and not follows_from_people(policy, each.after):
            ended = End(
                decided_by="enrollment",
                decision=book.decide(policy),
                through=each.after.on,
                reason=each.after.reason,
            )
        gone, reason = asked_wrongly(policy, each.before), redated(policy, before=each.before, on=on)
        put_end(book, policy, ended, gone=gone, reason=reason, today=given.today, parameters=given.parameters)
    return correction


def put_departure(book: PolicyBook, correction: Correction, given: Given) -> Correction:
    """Let somebody have left on another day, or not at all: those are covered who are there, and coverage ends where
    nobody is.

    Raises `RestorationBlocked` where other plans, or Medicaid, cover days that would be covered again.
    """
    today = given.today
    household, member, redating = correction.household, _member(book, correction), correction.departure
    if redating is None:
        raise Impossible("a departure is corrected, and it is not said to what")
    before, after = redating.before, redating.after
    for_age_since = before is None and member.left_for == "age"  # nobody told of it
    if member.left != _first(before) and not for_age_since:
        raise changed_since("when somebody left", facts={"member": member.member})
    were = book.members_of(household)
    if after is None:
        check_one_spouse(member, were)
    else:
        _check_departs(book, member, after, given)
    check_age(member, first=_first(after), today=today, parameters=given.parameters)
    book.put(replace(member, left=_first(after), left_for=after and after.reason))
    _count_contact(book, household)
    _take_out_aged(book, member, given)
    since = _follow_departure(book, member, were, before=_first(before), given=given)
    select_again(book, correction, given, member=member.member)
    if after is not None:
        end_uncovered(
            book,
            household,
            since=since,
            reason_of=nobody_left_then,
            today=given.today,
        )
    _follow_verification(book, household, given)
    return correction


def _follow_departure(
    book: PolicyBook, member: Member, were: Sequence[Member], *, before: date | None, given: Given
) -> date:
    """Let coverage and assistance follow who is there, now that somebody left on another day than before, or not at
    all; return the day since which that changes something.
    """
    household, first = member.household, book.get(Member, member.member).left
    members = book.members_of(household)
    known = with_assistance_again(book.get(Household, household), members=members, recorded=were)
    book.put(known)
    reason = departed(member.member, first=first, before=before)
    since = min(each for each in (before, first) if each is not None)
    rerate_policies(book, household, since=since, reasons=(reason,), today=given.today)
    policies = book.find_policies(household)
    follow_people(book, policies, reason=reason, today=given.today, parameters=given.parameters)
    return since


def _leave_by_age(
    book: PolicyBook, correction: Correction, was: Member, were: Sequence[Member], given: Given
) -> None:
    """Let a child whose birth date was corrected leave, or stay, by the right one (ENR-13), also where its household
    was told that it will leave. Whoever has left stays so until that is corrected.
    """
    now = book.get(Member, was.member)
    will_leave = was.left_for == "age" and was.left is not None and was.left > given.today
    if _last_day_of_child(was, given) == _last_day_of_child(now, given) or (was.left and not will_leave):
        return
    book.put(replace(now, left=None, left_for=None))
    take_out_due(book, was.household, today=given.today, parameters=given.parameters)
    if was.left is not None and book.get(Member, was.member).left != was.left:
        _follow_departure(book, was, were, before=was.left, given=given)
        select_again(book, correction, given, member=was.member)


def _last_day_of_child(member: Member, given: Given) -> date:
    return last_day_as_child(date.fromisoformat(member.born.reveal()), given.parameters)


def _take_out_aged(book: PolicyBook, was: Member, given: Given) -> None:
    """Take the children out who are, or will soon be, too old among those who are there now (ENR-13).

    Raises `NotCorrected` where that leaves somebody who left for their age as they were.
    """
    take_out_due(book, was.household, today=given.today, parameters=given.parameters)
    if was.left is not None and book.get(Member, was.member) == was:
        raise too_old(was, last=was.left - timedelta(days=1), parameters=given.parameters)


def _check_departs(book: PolicyBook, member: Member, after: Departure, given: Given) -> None:
    """Check that somebody can have left so, as things stand now; raises `CannotLeave`."""
    household, parameters = member.household, given.parameters
    members, leaving = book.members_of(household), departure_as_told(member, after)
    decide_departure(member, leaving, members=members, today=given.today, parameters=parameters)
    check_subscribers(
        [replace(each, left=after.first) if each.member == member.member else each for each in members],
        leaving,
        policies=book.find_policies(household),
        since=after.first,
        contact=book.get(Contact, household),
        adult_age=parameters.adult_age,
        citation=parameters.citation("adult_age"),
    )


def _check_can_be_born(book: PolicyBook, member: Member, born: Masked, given: Given) -> None:
    """Check that somebody can have been born then, among those who are there now; raises what `check_born` does, and
    `NotCorrected`.
    """
    there = members_on(book.members_of(member.household), given.today)
    known = person_of(member)
    others = [each for each in as_household(there) if each.name != known.name or each.born != known.born]
    check_born(
        replace(known, born=born),
        others=others,
        today=given.today,
        parameters=given.parameters,
    )


def _follow_verification(book: PolicyBook, household: str, given: Given) -> None:
    """Let who is there again have no assistance that nobody confirmed while nobody was (ENR-10)."""
    known = book.get(Household, household)
    if known.verification == "failed":
        decided = unconfirmed(known, today=given.today, parameters=given.parameters)
        if decided.change is not None:
            follow_decided(book, decided, today=given.today, parameters=given.parameters)


def put_birth(book: PolicyBook, correction: Correction, given: Given) -> Correction:
    """Let somebody be born on another day, and plans by age cost what they do then; a newborn is covered from it."""
    member, were = _member(book, correction), book.members_of(correction.household)
    if correction.born is None or member.born != correction.born_before:
        raise changed_since("a birth date", facts={"member": member.member})
    if given.first is None:  # what a correction had put wrong is put back whatever has become of it
        _check_can_be_born(book, member, correction.born, given)
    came = member.joined is not None and member.joined.isoformat() == member.born.reveal()
    joined = date.fromisoformat(correction.born.reveal()) if came else member.joined
    check_born_before(replace(member, joined=joined), date.fromisoformat(correction.born.reveal()))
    book.put(replace(member, born=correction.born, joined=joined))
    _count_contact(book, correction.household)
    reason = Reason(
        rule="ENR-17",
        says="A birth date had been recorded wrong: who is covered is rated by the right one.",
        citation="45 CFR 147.102(a)(1)(iii)",
        facts={"member": member.member},
    )
    by_age = [
        each
        for each in book.find_policies(correction.household)
        if book.get(Plan, each.plan).rated_by == "age"
    ]
    if given.first is not None:
        _rate_back(book, correction, given.first, reasons=(reason,), today=given.today)
        by_age = [each for each in by_age if _is_made_since(each, given.first)]
    _rate_anew(book, correction, by_age, reasons=(reason,), today=given.today)
    _leave_by_age(book, correction, member, were, given)
    return correction


def rate_anew(book: PolicyBook, correction: Correction, given: Given) -> Correction:
    """Let policies cost what the catalog says now, whatever it said when they were rated; or what they did before.

    Raises `NothingToCorrect` where what they did is of plan years that are over.
    """
    if given.first is None:
        _rate_anew(book, correction, book.find_policies(correction.household), reasons=(), today=given.today)
    elif not _rate_back(book, correction, given.first, reasons=(), today=given.today):
        raise years_are_over(given.today)
    return correction


def _rate_anew(
    book: PolicyBook,
    correction: Correction,
    policies: Sequence[Policy],
    *,
    reasons: tuple[Reason, ...],
    today: date,
) -> None:
    """Rate policies anew since a day, and all of the household as its people are now."""
    rerate_policies(
        book,
        correction.household,
        since=_since(correction, today),
        reasons=reasons,
        today=today,
        anew=[each.policy for each in policies],
    )


def _rate_back(
    book: PolicyBook,
    correction: Correction,
    first: Correction,
    *,
    reasons: tuple[Reason, ...],
    today: date,
) -> bool:
    """Rate as they were what a correction rated anew, but for plan years that are over (ENR-17); return whether there
    is such.
    """
    since, found = _since(correction, today), False
    for each in first.rerated:
        policy = book.policy(each.policy, household=correction.household)
        if policy.coverage_ends < since:
            continue
        own = versions_of(policy, book.versions())
        if max(version.number for version in own) != each.after:
            raise changed_since("what a policy costs", facts={"policy": each.policy})
        then, found = [version for version in own if version.number <= each.before], True
        _rate_as_then(book, policy, own, then=then, since=since, reasons=reasons, today=today)
    return found


def _since(correction: Correction, today: date) -> date:
    """Return the day since which a correction moves prices: plan years that are over keep theirs (ENR-17)."""
    if correction.since is None:
        raise Impossible("policies are rated anew, and it is not said since when")
    return max(correction.since, date(today.year, 1, 1))


def _is_made_since(policy: Policy, first: Correction) -> bool:
    """Whether a policy was selected, or renewed, by what a correction said: it was not rated anew by it then."""
    made = policy.decisions[0].at >= (first.decided_at or first.asked_at)
    return made and policy.policy not in {each.policy for each in first.rerated}


def _rate_as_then(
    book: PolicyBook,
    policy: Policy,
    own: Sequence[PolicyVersion],
    *,
    then: Sequence[PolicyVersion],
    since: date,
    reasons: tuple[Reason, ...],
    today: date,
) -> None:
    """Add versions that say since a day what those of a time ago said."""
    days = sorted({max(since, policy.effective), *(each.since for each in own if each.since > since)})
    number = max(each.number for each in own)
    added = [
        replace(version_on(then, day), number=number + nth, since=day)
        for nth, day in enumerate(days, start=1)
    ]
    why = Reason(
        rule="OPS-5",
        says=f"From {days[0]} the premium is what it was before it was rated anew.",
        citation=SOURCES["OPS-5"],
        facts={"policy": policy.policy, "since": str(days[0])},
    )
    after = rerate(policy, added, tier=policy.tier, reasons=(*reasons, why))
    book.rerate(after, added, changed="rates", on=today)


def _member(book: PolicyBook, correction: Correction) -> Member:
    if correction.member is None:
        raise Impossible("a correction is about somebody, and it is not said whom")
    return book.get(Member, correction.member)


def _count_contact(book: PolicyBook, household: str) -> None:
    """Count a version of how a household's people are told of: it is recorded with what the book has changed."""
    known = book.get(Household, household)
    book.put(replace(known, contact_version=known.contact_version + 1))


def _first(departure: Departure | None) -> date | None:
    return None if departure is None else departure.first


def _numbers(book: PolicyBook) -> dict[str, int]:
    """Return the number of the last version of each policy at hand."""
    numbers: dict[str, int] = {}
    for each in book.versions():
        numbers[each.policy] = max(each.number, numbers.get(each.policy, 0))
    return numbers
