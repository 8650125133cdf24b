"""Coverage that ended, or was called off, for non-payment stands again (INV-12, INV-13)."""

from __future__ import annotations

from datetime import timedelta

from bulkhead.kernel.decisions import Reason
from bulkhead.service import Occasion
from enrollment.application.book import PolicyBook
from enrollment.application.facts import ReinstatementGranted
from enrollment.application.follow_prior_year import call_off_renewals, follow_prior_year, owe_renewals
from enrollment.domain.ends import Undoing
from enrollment.domain.policies import Policy, call_off, end_asked, expire, reinstate, reinstate_binder
from enrollment.domain.sources import SOURCES


def reinstate_coverage(book: PolicyBook, fact: ReinstatementGranted, occasion: Occasion) -> None:
    """Let the policies named stand again without a gap; then what else is known of them counts again.

    That is an end somebody asked for, another plan of the kind selected since, and the end of the plan year. An
    automatic renewal made because what stands again was thought not to is called off (ENR-14).
    """
    reason = Reason(
        rule="INV-12" if fact.reason == "postmark" else "INV-13",
        says=f"Coverage was reinstated without a gap: {fact.reason}.",
        citation="VHC §3" if fact.reason == "postmark" else "VHC §3; HBEE 64.06(b)",
        facts={"ground": fact.reason, "undoes": fact.undoes},
    )
    undoing = Undoing(decided_by="invoicing", decision=fact.decision, undoes=fact.undoes, ground=fact.reason)
    for policy in fact.policies:
        before = book.policy(policy, household=fact.household)
        if fact.binder:
            after = reinstate_binder(before, undoes=fact.undoes, on=occasion.happened_on, reason=reason)
        else:
            after = reinstate(before, undoes=fact.undoes, reason=reason)
        standing = book.change(before, after, on=occasion.happened_on, undoing=undoing)
        if standing.ends == before.ends and standing.activated_on == before.activated_on:
            continue
        if standing.lifecycle != "canceled":
            call_off_renewals(book, standing, on=occasion.happened_on)
        standing = _make_room(book, standing, occasion)
        book.change(standing, expire(standing, today=occasion.today), on=occasion.today)
    follow_prior_year(book, fact.household, on=occasion.happened_on, ground=fact.reason)
    owe_renewals(book, fact.household, today=occasion.today)


def _make_room(book: PolicyBook, policy: Policy, occasion: Occasion) -> Policy:
    """See that the household has one plan of the kind.

    Another selection that is not paid is called off; coverage that has begun, also if it is to end, takes over on
    its first day. Invoicing grants no reinstatement where it knows of such a selection; it may not have heard of
    one yet.
    """
    others = sorted(book.of_household(policy.household), key=lambda other: (other.effective, other.policy))
    for other in others:
        same = other.kind == policy.kind and other.policy != policy.policy
        if not same or policy.lifecycle == "canceled":
            continue
        if not other.overlaps(first=policy.effective, last=policy.last_covered_day):
            continue
        facts = {"reinstated": policy.policy, "other": other.policy}
        if other.activated_on is None:
            says = f"Earlier {policy.kind} coverage was reinstated: this selection is not needed."
            reason = Reason(rule="INV-12", says=says, citation=SOURCES["INV-12"], facts=facts)
            called_off = call_off(other, decision=book.decide(other), end_reason="error", reason=reason)
            book.change(other, called_off, on=occasion.happened_on)
        else:
            says = f"The household has other {policy.kind} coverage from {other.effective} on."
            reason = Reason(rule="ENR-13", says=says, citation=SOURCES["ENR-13"], facts=facts)
            ended = end_asked(
                policy,
                decision=book.decide(policy),
                through=other.effective - timedelta(days=1),
                end_reason="requested",
                reason=reason,
                cause="other-plan",
            )
            policy = book.change(policy, ended, on=occasion.happened_on)
    return policy
