"""A binder is paid, or not in time: its policies stand, or are called off (ENR-5, ENR-6)."""

from __future__ import annotations

from bulkhead.kernel.decisions import Reason
from bulkhead.service import Occasion
from enrollment.application.book import PolicyBook
from enrollment.application.facts import BinderLapsed, BinderSatisfied
from enrollment.domain.policies import activate, expire, lapse


def satisfy_binder(book: PolicyBook, fact: BinderSatisfied, occasion: Occasion) -> None:
    """Activate the policies whose first premium is paid: never before (ENR-5)."""
    reason = Reason(
        rule="ENR-5",
        says=f"The first premium of the selection was paid in full on {fact.satisfied_on}.",
        citation="VHC §2",
        facts={"satisfied_on": str(fact.satisfied_on)},
    )
    for policy in fact.policies:
        before = book.policy(policy, household=fact.household)
        after = activate(before, on=fact.satisfied_on, reason=reason)
        active = book.change(before, after, on=fact.satisfied_on)
        book.change(active, expire(active, today=occasion.today), on=occasion.today)


def lapse_binder(book: PolicyBook, fact: BinderLapsed, occasion: Occasion) -> None:
    """Cancel the policies whose binder was not paid by its due date: coverage never began (ENR-6)."""
    reason = Reason(
        rule="ENR-6",
        says=f"The first premium was neither received nor postmarked by {fact.due}: coverage never began.",
        citation="VHC §2",
        facts={"due": str(fact.due), "decision": fact.decision},
    )
    for policy in fact.policies:
        before = book.policy(policy, household=fact.household)
        after = lapse(before, decision=fact.decision, reason=reason)
        book.change(before, after, on=occasion.happened_on)
