"""Which wire model becomes which fact, and which event becomes which wire model."""

from __future__ import annotations

from bulkhead.contracts.carrier_gateway import v1 as wire
from bulkhead.contracts.enrollment import v1 as enrollment
from bulkhead.contracts.invoicing import v1 as invoicing
from bulkhead.contracts.payments import v1 as payments
from bulkhead.contracts.registry import CONTACT_KEYS, CONTACTS, PAYMENTS, POLICIES, RECEIVABLES, Topic
from bulkhead.contracts.wire import Wire
from bulkhead.kernel.key_rings import HouseholdKeySet
from carrier_gateway.application import facts
from carrier_gateway.domain import events

SUBSCRIBES: tuple[Topic, ...] = (POLICIES, CONTACTS, CONTACT_KEYS, RECEIVABLES, PAYMENTS)

INBOUND: dict[type[Wire], type] = {
    enrollment.PlansSelected: facts.PlansSelected,
    enrollment.PlansRenewed: facts.PlansRenewed,
    enrollment.PolicyActivated: facts.PolicyActivated,
    enrollment.PolicyCanceled: facts.PolicyCanceled,
    enrollment.PolicyTerminated: facts.PolicyTerminated,
    enrollment.PolicyReinstated: facts.PolicyReinstated,
    enrollment.PolicyChanged: facts.PolicyChanged,
    enrollment.ContactRecorded: facts.ContactRecorded,
    enrollment.ContactKeySet: HouseholdKeySet,
    enrollment.CarrierRecordDecided: facts.CarrierRecordDecided,
    invoicing.BinderSatisfied: facts.BinderSatisfied,
    invoicing.DelinquencyListed: facts.DelinquencyListed,
    invoicing.DelinquencyListClosed: facts.DelinquencyListClosed,
    payments.RemittanceIssued: facts.RemittanceIssued,
}

OUTBOUND: dict[type, type[Wire]] = {
    events.TransmissionSent: wire.TransmissionSent,
    events.CoverageEffectuated: wire.CoverageEffectuated,
    events.CoverageEndedByCarrier: wire.CoverageEndedByCarrier,
    events.CoverageReinstatedByCarrier: wire.CoverageReinstatedByCarrier,
}
