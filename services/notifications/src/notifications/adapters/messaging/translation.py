"""Which wire model is which fact or event of ours. Field names are the same, so the dicts say all."""

from __future__ import annotations

from bulkhead.contracts import registry
from bulkhead.contracts.enrollment import v1 as enrollment
from bulkhead.contracts.invoicing import v1 as invoicing
from bulkhead.contracts.notifications import v1 as notifications
from bulkhead.contracts.payments import v1 as payments
from bulkhead.contracts.wire import Wire
from bulkhead.kernel.key_rings import HouseholdKeySet
from notifications.application import facts
from notifications.domain import events

SUBSCRIBES: tuple[registry.Topic, ...] = (
    registry.CONTACTS,
    registry.CONTACT_KEYS,
    registry.POLICIES,
    registry.RECEIVABLES,
    registry.PAYMENTS,
)

INBOUND: dict[type[Wire], type] = {
    enrollment.ContactRecorded: facts.ContactRecorded,
    enrollment.ContactKeySet: HouseholdKeySet,
    enrollment.HouseholdMerged: facts.HouseholdMerged,
    enrollment.MergeReversed: facts.MergeReversed,
    enrollment.PlansSelected: facts.PlansSelected,
    enrollment.PlansRenewed: facts.PlansRenewed,
    enrollment.CoverageNotRenewed: facts.CoverageNotRenewed,
    enrollment.ChildrenAgeOut: facts.ChildrenAgeOut,
    enrollment.MedicaidBegun: facts.MedicaidBegun,
    enrollment.MedicaidEnded: facts.MedicaidEnded,
    enrollment.PolicyActivated: facts.PolicyActivated,
    enrollment.PolicyCanceled: facts.PolicyCanceled,
    enrollment.PolicyTerminated: facts.PolicyTerminated,
    enrollment.PolicyReinstated: facts.PolicyReinstated,
    enrollment.VerificationWanted: facts.VerificationWanted,
    enrollment.VerificationDecided: facts.VerificationDecided,
    invoicing.InvoiceIssued: facts.InvoiceIssued,
    invoicing.InvoiceVoided: facts.InvoiceVoided,
    invoicing.InvoiceRestored: facts.InvoiceRestored,
    invoicing.DeadlineMoved: facts.DeadlineMoved,
    invoicing.DeadlineMovedBack: facts.DeadlineMovedBack,
    invoicing.PremiumsSettled: facts.PremiumsSettled,
    invoicing.PremiumUnsettled: facts.PremiumUnsettled,
    invoicing.BinderLapsed: facts.BinderLapsed,
    payments.PaymentReceived: facts.PaymentReceived,
    payments.PaymentReturned: facts.PaymentReturned,
    payments.PaymentMoved: facts.PaymentMoved,
    payments.AutopayBegan: facts.AutopayBegan,
    payments.AutopayEnded: facts.AutopayEnded,
    payments.DrawDeclined: facts.DrawDeclined,
    payments.MaintenanceScheduled: facts.MaintenanceScheduled,
    payments.MaintenanceWithdrawn: facts.MaintenanceWithdrawn,
    payments.MaintenanceEnded: facts.MaintenanceEnded,
    payments.MaintenanceConcerns: facts.MaintenanceConcerns,
}

OUTBOUND: dict[type, type[Wire]] = {
    events.NoticeSent: notifications.NoticeSent,
    events.ChannelDown: notifications.ChannelDown,
    events.ChannelUp: notifications.ChannelUp,
}
