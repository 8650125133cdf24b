"""Which wire model becomes which fact, and which event becomes which wire model."""

from __future__ import annotations

from bulkhead.contracts.enrollment import v1 as enrollment
from bulkhead.contracts.invoicing import v1 as wire
from bulkhead.contracts.notifications import v1 as notifications
from bulkhead.contracts.payments import v1 as payments
from bulkhead.contracts.registry import CHANNELS, PAYMENTS, POLICIES, Topic
from bulkhead.contracts.wire import Wire
from invoicing.application import facts
from invoicing.domain import events

SUBSCRIBES: tuple[Topic, ...] = (POLICIES, PAYMENTS, CHANNELS)

BOOKS = PAYMENTS.name
"""The topic on which payments says, in each partition, that its books are closed."""

INBOUND: dict[type[Wire], type] = {
    enrollment.PlansSelected: facts.PlansSelected,
    enrollment.PlansRenewed: facts.PlansRenewed,
    enrollment.PolicyActivated: facts.PolicyActivated,
    enrollment.PolicyCanceled: facts.PolicyCanceled,
    enrollment.PolicyTerminated: facts.PolicyTerminated,
    enrollment.PolicyEndAsked: facts.PolicyEndAsked,
    enrollment.PolicyReinstated: facts.PolicyReinstated,
    enrollment.PolicyChanged: facts.PolicyChanged,
    enrollment.HouseholdMerged: facts.HouseholdMerged,
    enrollment.MergeReversed: facts.MergeReversed,
    payments.PaymentReceived: facts.PaymentReceived,
    payments.PaymentReturned: facts.PaymentReturned,
    payments.PaymentMoved: facts.PaymentMoved,
    payments.PaymentRedated: facts.PaymentRedated,
    payments.PaymentRefunded: facts.PaymentRefunded,
    payments.RefundWithdrawn: facts.RefundWithdrawn,
    payments.BooksClosed: facts.BooksClosed,
    notifications.ChannelDown: facts.ChannelDown,
    notifications.ChannelUp: facts.ChannelUp,
}

OUTBOUND: dict[type, type[Wire]] = {
    events.InvoiceIssued: wire.InvoiceIssued,
    events.AmountDueChanged: wire.AmountDueChanged,
    events.InvoiceVoided: wire.InvoiceVoided,
    events.InvoiceRestored: wire.InvoiceRestored,
    events.BinderSatisfied: wire.BinderSatisfied,
    events.BinderLapsed: wire.BinderLapsed,
    events.PremiumsSettled: wire.PremiumsSettled,
    events.PremiumUnsettled: wire.PremiumUnsettled,
    events.GraceEntered: wire.GraceEntered,
    events.GraceAdvanced: wire.GraceAdvanced,
    events.GraceExited: wire.GraceExited,
    events.GraceExpired: wire.GraceExpired,
    events.DelinquencyListed: wire.DelinquencyListed,
    events.DelinquencyListClosed: wire.DelinquencyListClosed,
    events.ReinstatementGranted: wire.ReinstatementGranted,
    events.RefundApproved: wire.RefundApproved,
    events.CreditPassedOn: wire.CreditPassedOn,
    events.CreditCalledBack: wire.CreditCalledBack,
    events.DeadlineMoved: wire.DeadlineMoved,
    events.DeadlineMovedBack: wire.DeadlineMovedBack,
}
