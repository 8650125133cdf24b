"""Which wire model becomes which fact, and which event becomes which wire model."""

from __future__ import annotations

from bulkhead.contracts.enrollment import v1 as enrollment
from bulkhead.contracts.invoicing import v1 as invoicing
from bulkhead.contracts.payments import v1 as wire
from bulkhead.contracts.registry import POLICIES, RECEIVABLES, Topic
from bulkhead.contracts.wire import Wire
from bulkhead.kernel import maintenance
from payments.application import facts
from payments.domain import events

SUBSCRIBES: tuple[Topic, ...] = (POLICIES, RECEIVABLES)

INBOUND: dict[type[Wire], type] = {
    enrollment.HouseholdRegistered: facts.AccountHeardOf,
    enrollment.PlansSelected: facts.AccountHeardOf,
    enrollment.PlansRenewed: facts.AccountHeardOf,
    enrollment.HouseholdMerged: facts.HouseholdMerged,
    enrollment.MergeReversed: facts.MergeReversed,
    invoicing.CreditPassedOn: facts.CreditPassedOn,
    invoicing.CreditCalledBack: facts.CreditCalledBack,
    invoicing.InvoiceIssued: facts.InvoiceIssued,
    invoicing.AmountDueChanged: facts.AmountDueChanged,
    invoicing.InvoiceVoided: facts.InvoiceVoided,
    invoicing.InvoiceRestored: facts.InvoiceRestored,
    invoicing.PremiumsSettled: facts.PremiumsSettled,
    invoicing.PremiumUnsettled: facts.PremiumUnsettled,
    invoicing.RefundApproved: facts.RefundApproved,
}

OUTBOUND: dict[type, type[Wire]] = {
    events.PaymentReceived: wire.PaymentReceived,
    events.PaymentCleared: wire.PaymentCleared,
    events.PaymentReturned: wire.PaymentReturned,
    events.PaymentMoved: wire.PaymentMoved,
    events.PaymentRedated: wire.PaymentRedated,
    events.PaymentRefunded: wire.PaymentRefunded,
    events.RefundWithdrawn: wire.RefundWithdrawn,
    events.RemittanceIssued: wire.RemittanceIssued,
    events.AutopayBegan: wire.AutopayBegan,
    events.AutopayEnded: wire.AutopayEnded,
    events.DrawDeclined: wire.DrawDeclined,
    events.BooksClosed: wire.BooksClosed,
    maintenance.MaintenanceScheduled: wire.MaintenanceScheduled,
    maintenance.MaintenanceWithdrawn: wire.MaintenanceWithdrawn,
    maintenance.MaintenanceStarted: wire.MaintenanceStarted,
    maintenance.MaintenanceEnded: wire.MaintenanceEnded,
    events.MaintenanceConcerns: wire.MaintenanceConcerns,
}
