"""Use case: tell people which documents are wanted, and what became of the verification of what they attest (NOT-1)."""

from __future__ import annotations

from bulkhead.service import Occasion
from notifications.application.desk import Desk
from notifications.application.facts import VerificationDecided, VerificationWanted
from notifications.domain.notices import DecidedFacts, NoticeFacts, WantedFacts


def tell_wanted(desk: Desk, fact: VerificationWanted, occasion: Occasion) -> None:
    """Lay out the notice that documents are wanted, which and by when (NOT-1, ENR-10): not of a household that was
    merged, for which nothing depends on them any more (OPS-5).
    """
    if desk.is_merged(fact.household):
        return
    desk.tell(
        occasion=occasion,
        notice_type="verification-wanted",
        about=fact.decision,
        household=fact.household,
        facts=NoticeFacts(
            wanted=WantedFacts(
                wanted=fact.wanted, until=fact.until, reminder=fact.reminder, ends_coverage=fact.ends_coverage
            )
        ),
        contact_version=fact.contact_version,
    )


def tell_decided(desk: Desk, fact: VerificationDecided, occasion: Occasion) -> None:
    """Lay out the notice of what became of a verification (NOT-1, ENR-10): of one that ran out, and of one that changes
    what assistance there is or whether they may enroll. That all is as it was attested is no news.

    What was to be sent by a day is not wanted any more: a request that has not left is withdrawn, and one whose e-mail
    comes back is known to be over by the notice that is no news, which never leaves (NOT-1).
    """
    desk.withdraw_wanted(fact.household)
    is_news = fact.verification == "failed" or fact.changes_on is not None or fact.may_enroll is not None
    desk.tell(
        occasion=occasion,
        notice_type="verification-decided",
        about=fact.decision,
        household=fact.household,
        facts=NoticeFacts(
            decided=DecidedFacts(
                verification=fact.verification,
                changes_on=fact.changes_on,
                aptc_cents=fact.aptc_cents,
                subsidy_cents=fact.subsidy_cents,
                covered_through=fact.covered_through,
                may_enroll=fact.may_enroll,
                covered=fact.covered,
            )
        ),
        contact_version=fact.contact_version,
        leaves=is_news,
    )
