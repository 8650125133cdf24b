"""A binder is paid, or not in time: its policies stand, or are called off (ENR-5, ENR-6)."""

from __future__ import annotations

from bulkhead.kernel.decisions import Reason
from bulkhead.service import Occasion
from enrollment.application.book import PolicyBook
from enrollment.application.facts import BinderLapsed, BinderSatisfied
from enrollment.application.follow_prior_year import owe_renewals
from enrollment.application.nobody_left import end_where_nobody_is_left
from enrollment.application.ports import Parameters
from enrollment.application.roll_start import selected_anew
from enrollment.domain.policies import activate, expire, lapse


def satisfy_binder(book: PolicyBook, fact: BinderSatisfied, occasion: Occasion) -> None:
    """Activate the policies whose first premium is paid: never before (ENR-5). What its carrier bills for was held with
    them, and begins with its word (CAR-1).
    """
    reason = Reason(
        rule="ENR-5",
        says=f"The first premium of the selection, or enough of it, was paid on {fact.satisfied_on}.",
        citation="VHC §2",
        facts={"satisfied_on": str(fact.satisfied_on)},
    )
    for policy in fact.policies:
        before = book.policy(policy, household=fact.household)
        if before.awaits_carrier:
            continue
        after = activate(before, on=fact.satisfied_on, reason=reason)
        active = book.change(before, after, on=fact.satisfied_on)
        book.change(active, expire(active, today=occasion.today), on=occasion.today)
    end_where_nobody_is_left(book, fact.household, today=occasion.today)
    owe_renewals(book, fact.household, today=occasion.today)


def lapse_binder(book: PolicyBook, fact: BinderLapsed, occasion: Occasion, *, parameters: Parameters) -> None:
    """Cancel the policies whose binder was not paid by its due date: coverage never began. Where the pack rolls the
    start on, the same plans are selected anew (ENR-6); what they would have taken the place of may be owed a renewal.
    """
    reason = Reason(
        rule="ENR-6",
        says=f"The first premium was neither received nor postmarked by {fact.due}: coverage never began.",
        citation="VHC §2",
        facts={"due": str(fact.due), "decision": fact.decision},
    )
    before = [book.policy(policy, household=fact.household) for policy in fact.policies]
    after = [lapse(each, decision=fact.decision, reason=reason) for each in before]
    lapsed = [
        now
        for was, now in zip(before, after, strict=True)
        if (was.lifecycle, now.lifecycle) == ("selected", "canceled")
    ]
    anew = selected_anew(
        book,
        lapsed,
        due=fact.due,
        occasion=occasion,
        parameters=parameters.as_of(fact.due),
    )
    rolled_to = None if anew is None else anew.selection.effective
    for was, now in zip(before, after, strict=True):
        book.change(was, now, on=occasion.happened_on, rolled_to=rolled_to)
    if anew is not None:
        book.select(anew)
    owe_renewals(book, fact.household, today=occasion.today)
