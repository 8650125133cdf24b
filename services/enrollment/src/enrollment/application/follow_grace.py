"""The household's grace, as invoicing tells it: month by month, and coverage that ends (INV-8..11)."""

from __future__ import annotations

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from bulkhead.service import Occasion
from enrollment.application.book import PolicyBook
from enrollment.application.facts import GraceAdvanced, GraceEntered, GraceExited, GraceExpired
from enrollment.application.follow_prior_year import follow_prior_year
from enrollment.domain.payment_standing import StandingEvent
from enrollment.domain.policies import end_unpaid
from enrollment.domain.policies import follow_grace as stand


def enter_grace(book: PolicyBook, fact: GraceEntered, occasion: Occasion) -> None:
    """Note that the household's grace began (INV-8)."""
    _follow(book, fact.household, "enter-grace", fact.first_month, month=1, occasion=occasion)


def advance_grace(book: PolicyBook, fact: GraceAdvanced, occasion: Occasion) -> None:
    """Note the month the household's grace is in (INV-10)."""
    _follow(book, fact.household, "advance-grace", fact.first_month, month=fact.month, occasion=occasion)


def leave_grace(book: PolicyBook, fact: GraceExited, occasion: Occasion) -> None:
    """Note that everything invoiced is paid (INV-9)."""
    _follow(book, fact.household, "leave-grace", fact.first_month, month=None, occasion=occasion)


def end_for_non_payment(book: PolicyBook, fact: GraceExpired, occasion: Occasion) -> None:
    """End the policies named, on the days named (INV-11), and what renews them (ENR-14).

    The others' standing is no longer in grace.
    """
    for ended in fact.policies:
        before = book.policy(ended.policy, household=fact.household)
        reason = Reason(
            rule="INV-11",
            says="Grace ran out with something unpaid: coverage ends, its last day "
            f"{min(ended.through, before.coverage_ends)}.",
            citation="VHC §3; 45 CFR 156.270",
            facts={
                "first_month": str(fact.first_month),
                "through": str(ended.through),
                "decision": fact.decision,
            },
        )
        after = end_unpaid(before, decision=fact.decision, through=ended.through, reason=reason)
        book.change(before, after, on=fact.decided_for)
    follow_prior_year(book, fact.household, on=fact.decided_for)
    _follow(book, fact.household, "leave-grace", fact.first_month, month=None, occasion=occasion)


def _follow(
    book: PolicyBook,
    household: str,
    event: StandingEvent,
    first_month: CoverageMonth,
    *,
    month: int | None,
    occasion: Occasion,
) -> None:
    versions = book.versions()
    for before in book.of_household(household):
        after = stand(before, versions, event=event, first_month=first_month, grace_month=month)
        book.change(before, after, on=occasion.happened_on)
