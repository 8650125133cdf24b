"""What a change of a household's verification makes of it, its policies, and what others are told (ENR-10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Literal

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.ids import derived_id
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.book import PolicyBook, decision_id
from enrollment.application.end_all import end_all
from enrollment.application.follow_prior_year import follow_prior_year, owe_renewals
from enrollment.application.rerate_policies import follow_coverage, rerate_policies
from enrollment.domain.eligibility import Decided, in_doubt, lacking_documents, may_not_enroll
from enrollment.domain.ends import Undoing
from enrollment.domain.events import VerificationDecided, VerificationWanted
from enrollment.domain.households import Household, covered_on
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.policies import restore


async def note_decided(
    uow: UnitOfWork, book: PolicyBook, decided: Decided, *, parameters: EnrollmentParameters
) -> None:
    """Write a household as it is after its verification changed, with all that `follow_decided` makes of it."""
    before = book.get(Household, decided.household.household)
    moves = _may_enroll(before, decided.household, parameters=parameters) is not None
    if moves or decided.change is not None:
        await book.take_circumstances(uow)
    follow_decided(book, decided, today=uow.today, parameters=parameters)
    await write(uow, book)


def follow_decided(
    book: PolicyBook, decided: Decided, *, today: date, parameters: EnrollmentParameters
) -> None:
    """Put a household into the book as it is after its verification changed, with those policies that end or cost else
    for it; the book has taken in its circumstances where any does.

    Others hear of what is decided, and of documents that are wanted from now on.
    """
    before = book.get(Household, decided.household.household)
    decided = _for_whoever_is_covered(book, decided, before=before)
    after = decided.household
    book.put(after)
    if decided.covered_through is not None:
        end_all(
            book,
            after.household,
            last=decided.covered_through,
            end_reason="ineligible",
            reason=decided.reasons[0],
            today=today,
        )
    if decided.change is not None:
        rerate_policies(
            book, after.household, since=decided.change.since, reasons=decided.reasons, today=today
        )
    if after.verification == "pending":
        answered = before.awaits_hub and not after.awaits_hub
        more_time = before.verification_until != after.verification_until
        if more_time or (answered and before.wanted != after.wanted):
            say_wanted(book, after, decided=decided, reminder=False, today=today, parameters=parameters)
        return
    may_enroll = _may_enroll(before, after, parameters=parameters)
    if may_enroll == "again":
        _take_back_ends(book, after.household, reason=decided.reasons[0], today=today)
    if after.verification != before.verification or decided.change is not None or may_enroll is not None:
        change = decided.change
        last = _last_day_to_come(book, after.household, today=today)
        counts = after.assistance_on(today if change is None else change.since)
        event = VerificationDecided(
            household=after.household,
            contact_version=after.contact_version,
            verification=after.verification,
            changes_on=None if change is None else change.since,
            aptc_cents=counts.aptc_cents,
            subsidy_cents=counts.subsidy_cents,
            decision=_next_decision(book, after.household),
            covered_through=last if may_enroll == "no-longer" else None,
            may_enroll=may_enroll,
            covered=last is not None,
        )
        book.say(event, household=after.household, on=today, reasons=decided.reasons)
        book.note(
            after.household,
            "verification-decided",
            on=today,
            reasons=decided.reasons,
            verification=event.verification,
            changes_on=event.changes_on,
            covered_through=event.covered_through,
        )


def _take_back_ends(book: PolicyBook, household: str, *, reason: Reason, today: date) -> None:
    """Take back the ends to come that were decided because nothing showed that people may enroll: coverage goes on,
    until Medicaid begins where that is known (ENR-4).
    """
    number = book.next_decision(household)
    for policy in book.find_policies(household):
        to_come = [
            end.decision
            for end in policy.ends
            if end.reason == "ineligible" and end.through is not None and end.through >= today
        ]
        if to_come:
            standing = restore(policy, undoes=to_come, reason=reason)
            decision = decision_id(policy, number=number)
            undoing = Undoing(decided_by="enrollment", decision=decision, undoes=to_come[0], ground="error")
            book.change(policy, standing, on=today, undoing=undoing)
    follow_prior_year(book, household, on=today)
    owe_renewals(book, household, today=today)
    follow_coverage(book, household, today=today)


def _for_whoever_is_covered(book: PolicyBook, decided: Decided, *, before: Household) -> Decided:
    """Return it without a change of assistance from a day on which plans cover nobody: that ended with them (ENR-4).

    Where somebody is there again by a correction, what nobody confirmed meanwhile ends then, with its notice.
    """
    change, members = decided.change, book.members_of(before.household)
    if change is None or covered_on(members, change.since, policy=None):
        return decided
    as_it_was = replace(decided.household, assistance_changes=before.assistance_changes)
    return replace(decided, household=as_it_was, change=None, reasons=decided.reasons[:1])


def _may_enroll(
    before: Household, after: Household, *, parameters: EnrollmentParameters
) -> Literal["no-longer", "again"] | None:
    could, can = (not may_not_enroll(each, parameters=parameters) for each in (before, after))
    if could == can:
        return None
    return "again" if can else "no-longer"


def _last_day_to_come(book: PolicyBook, household: str, *, today: date) -> date | None:
    """Return the last day on which anything covers a household, today or later: None where nothing does."""
    days = [
        each.last_covered_day
        for each in book.find_policies(household)
        if each.lifecycle != "canceled" and each.last_covered_day >= today
    ]
    return max(days, default=None)


def say_wanted(
    book: PolicyBook,
    household: Household,
    *,
    decided: Decided | None,
    reminder: bool,
    today: date,
    parameters: EnrollmentParameters,
) -> None:
    """Say which documents are wanted of a household, and by when."""
    event = VerificationWanted(
        household=household.household,
        contact_version=household.contact_version,
        wanted=lacking_documents(household),
        until=household.verification_until,
        reminder=reminder,
        decision=_next_decision(book, household.household),
        ends_coverage=bool(in_doubt(household)) and parameters.unverified_coverage == "ends",
    )
    reasons = () if decided is None else decided.reasons
    book.say(event, household=household.household, reasons=reasons)
    book.note(
        household.household,
        "verification-wanted",
        on=today,
        reasons=reasons,
        until=household.verification_until,
    )


def _next_decision(book: PolicyBook, household: str) -> str:
    """Return the id of the next decision about a household: of it and a number, and of no clock."""
    return derived_id("decision", household, str(book.next_decision(household)))
