"""What carriers were told, and have said: a policy's acknowledgement (ENR-9)."""

from __future__ import annotations

from bulkhead.kernel.decisions import Reason
from bulkhead.service import Occasion
from enrollment.application.book import PolicyBook
from enrollment.application.facts import CoverageEffectuated, TransmissionSent
from enrollment.application.follow_prior_year import owe_renewals
from enrollment.application.nobody_left import end_where_nobody_is_left
from enrollment.domain.policies import acknowledge, activate, expire
from enrollment.domain.sources import SOURCES


def note_transmission(book: PolicyBook, fact: TransmissionSent, occasion: Occasion) -> None:
    """Note that the carrier has the policy; what it is told later changes nothing here."""
    before = book.policy(fact.policy, household=fact.household)
    if fact.kind in ("initial", "renewal"):
        book.change(before, acknowledge(before, event="send"), on=occasion.happened_on)


def note_effectuation(book: PolicyBook, fact: CoverageEffectuated, occasion: Occasion) -> None:
    """Note that the carrier put the policy into force. One that ended meanwhile stays ended (CAR-5); one that
    the carrier bills for begins (CAR-1).
    """
    before = book.policy(fact.policy, household=fact.household)
    known = book.change(before, acknowledge(before, event="effectuate"), on=occasion.happened_on)
    if known.billed_by_carrier is None or not known.awaits_carrier:
        return
    reason = Reason(
        rule="CAR-1",
        says=f"{known.billed_by_carrier.name} bills for this coverage, and has put it into force.",
        citation=SOURCES["CAR-1"],
        facts={"carrier": known.carrier, "effectuated_on": str(occasion.happened_on)},
    )
    active = book.change(
        known, activate(known, on=occasion.happened_on, reason=reason), on=occasion.happened_on
    )
    book.change(active, expire(active, today=occasion.today), on=occasion.today)
    end_where_nobody_is_left(book, fact.household, today=occasion.today)
    owe_renewals(book, fact.household, today=occasion.today)
