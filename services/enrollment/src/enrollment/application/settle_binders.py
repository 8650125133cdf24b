"""A binder is paid, or not in time: its policies stand, or are called off (ENR-5, ENR-6)."""

from __future__ import annotations

from bulkhead.kernel.decisions import Reason
from enrollment.application.book import PolicyBook
from enrollment.application.facts import BinderLapsed, BinderSatisfied
from enrollment.application.occasion import Occasion
from enrollment.domain.policies import activate, expire, lapse


def satisfy_binder(book: PolicyBook, fact: BinderSatisfied, occasion: Occasion) -> None:
    """Activate the policies whose first premium is paid: never before (ENR-5)."""
    reason = Reason(
        rule="ENR-5",
        says=f"The first premium of all selections was paid in full on {fact.satisfied_on}.",
        citation="VHC §2",
        facts={"satisfied_on": str(fact.satisfied_on)},
    )
    for policy in fact.policies:
        before = book.policy(policy, household=fact.household)
        active = book.change(before, activate(before, reason=reason), on=fact.satisfied_on)
        book.change(active, expire(active, today=occasion.today), on=occasion.today)


def lapse_binder(book: PolicyBook, fact: BinderLapsed, occasion: Occasion) -> None:
    """Cancel the policies whose binder was not paid by its due date: coverage never began (ENR-6)."""
    reason = Reason(
        rule="ENR-6",
        says=f"The first premium was neither received nor postmarked by {fact.due}: coverage never began.",
        citation="VHC §2",
        facts={"due": str(fact.due)},
    )
    for policy in fact.policies:
        before = book.policy(policy, household=fact.household)
        book.change(before, lapse(before, reason=reason), on=occasion.happened_on)
