"""What carriers were told, and have said: a policy's acknowledgement (ENR-9)."""

from __future__ import annotations

from bulkhead.service import Occasion
from enrollment.application.book import PolicyBook
from enrollment.application.facts import CoverageEffectuated, TransmissionSent
from enrollment.domain.policies import acknowledge


def note_transmission(book: PolicyBook, fact: TransmissionSent, occasion: Occasion) -> None:
    """Note that the carrier has the policy; what it is told later changes nothing here."""
    before = book.policy(fact.policy, household=fact.household)
    if fact.kind in ("initial", "renewal"):
        book.change(before, acknowledge(before, event="send"), on=occasion.happened_on)


def note_effectuation(book: PolicyBook, fact: CoverageEffectuated, occasion: Occasion) -> None:
    """Note that the carrier put the policy into force. One that ended meanwhile stays ended (CAR-5)."""
    before = book.policy(fact.policy, household=fact.household)
    book.change(before, acknowledge(before, event="effectuate"), on=occasion.happened_on)
