"""The service on one screen: what is heard, and what is done about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final

from bulkhead.kernel.key_rings import HouseholdKeySet
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Received, Routes, route
from notifications.application import facts
from notifications.application.desk import Desk
from notifications.application.forget_contacts import forget_contacts
from notifications.application.hear_autopay import tell_autopay_begun, tell_autopay_ended, tell_declined
from notifications.application.hear_contacts import record_contact
from notifications.application.hear_coverage import (
    know_policies,
    tell_begun,
    tell_canceled,
    tell_ended,
    tell_not_renewed,
    tell_reinstated,
    tell_renewed,
)
from notifications.application.hear_deadlines import tell_deadline_moved, tell_deadline_moved_back
from notifications.application.hear_eligibility import tell_decided, tell_wanted
from notifications.application.hear_maintenance import OF_MAINTENANCE, note_maintenance, tell_maintenance
from notifications.application.hear_merges import note_merge_reversed, note_merged
from notifications.application.hear_money import (
    note_lapsed,
    note_settled,
    note_unsettled,
    tell_invoice,
    tell_moved,
    tell_receipt,
    tell_restored,
    tell_returned,
    tell_voided,
)
from notifications.application.hear_people import tell_age_out, tell_medicaid_begun, tell_medicaid_ended
from notifications.application.ordering import as_it_happened
from notifications.application.ports import Parameters
from notifications.domain.notices import NoticeType

ROUTES: Final[Routes[Desk]] = {
    facts.ContactRecorded: record_contact,
    facts.HouseholdMerged: note_merged,
    facts.MergeReversed: note_merge_reversed,
    facts.PlansSelected: know_policies,
    facts.PlansRenewed: tell_renewed,
    facts.CoverageNotRenewed: tell_not_renewed,
    facts.ChildrenAgeOut: tell_age_out,
    facts.MedicaidBegun: tell_medicaid_begun,
    facts.MedicaidEnded: tell_medicaid_ended,
    facts.PolicyActivated: tell_begun,
    facts.PolicyCanceled: tell_canceled,
    facts.PolicyTerminated: tell_ended,
    facts.PolicyReinstated: tell_reinstated,
    facts.VerificationWanted: tell_wanted,
    facts.VerificationDecided: tell_decided,
    facts.InvoiceIssued: tell_invoice,
    facts.InvoiceVoided: tell_voided,
    facts.InvoiceRestored: tell_restored,
    facts.DeadlineMoved: tell_deadline_moved,
    facts.DeadlineMovedBack: tell_deadline_moved_back,
    facts.PremiumsSettled: note_settled,
    facts.PremiumUnsettled: note_unsettled,
    facts.BinderLapsed: note_lapsed,
    facts.PaymentReceived: tell_receipt,
    facts.PaymentReturned: tell_returned,
    facts.PaymentMoved: tell_moved,
    facts.AutopayBegan: tell_autopay_begun,
    facts.AutopayEnded: tell_autopay_ended,
    facts.DrawDeclined: tell_declined,
    facts.MaintenanceConcerns: tell_maintenance,
}


OF_INVOICES: Final = (facts.InvoiceVoided, facts.InvoiceRestored)
"""Facts that say what became of an invoice: what is done about them depends on what was told of it."""

OF_DEADLINES: Final = (facts.DeadlineMoved, facts.DeadlineMovedBack)
"""Facts after which what was to be told of a last day is not so any more."""


def handler(parameters: Parameters) -> Callable[[UnitOfWork, Sequence[Received]], Awaitable[None]]:
    """Return what applies a batch of facts by the pack: as `handle` does."""

    async def handle_by_pack(uow: UnitOfWork, batch: Sequence[Received]) -> None:
        await handle(uow, batch, on_paper=parameters.as_of(uow.today).on_paper)

    return handle_by_pack


async def handle(uow: UnitOfWork, batch: Sequence[Received], *, on_paper: Collection[NoticeType]) -> None:
    """Apply a batch of facts: households loaded and saved as sets, each household's facts as they happened. Notices of
    the types ``on_paper`` go so, whatever a household chose.

    Raises `Impossible` for a fact that contradicts what its household was told before.
    """
    await note_maintenance(uow, [each for each in batch if isinstance(each.fact, OF_MAINTENANCE)])
    batch = [each for each in batch if not isinstance(each.fact, OF_MAINTENANCE)]
    await forget_contacts(uow, {each.about for each in batch if isinstance(each.fact, HouseholdKeySet)})
    batch = [each for each in batch if not isinstance(each.fact, HouseholdKeySet)]
    desk = await Desk.load(
        uow,
        households=[each.about for each in batch],
        payments=[each.fact.payment for each in batch if isinstance(each.fact, facts.PaymentReceived)],
        told_of_invoices=[each.about for each in batch if isinstance(each.fact, OF_INVOICES)],
        told_of_deadlines=[each.about for each in batch if isinstance(each.fact, OF_DEADLINES)],
        told_of_documents=[each.about for each in batch if isinstance(each.fact, facts.VerificationDecided)],
        told_of_maintenance=[
            each.about for each in batch if isinstance(each.fact, facts.MaintenanceConcerns)
        ],
        merged=[each.about for each in batch if isinstance(each.fact, facts.HouseholdMerged)],
        on_paper=on_paper,
    )
    for received in as_it_happened(batch):
        route(ROUTES, received, desk, now=uow.now)
    await desk.save(uow)
