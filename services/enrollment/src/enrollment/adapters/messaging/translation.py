"""Which wire model becomes which fact, and which event becomes which wire model."""

from __future__ import annotations

from bulkhead.contracts.carrier_gateway import v1 as carriers
from bulkhead.contracts.enrollment import v1 as wire
from bulkhead.contracts.invoicing import v1 as receivables
from bulkhead.contracts.registry import CARRIERS, RECEIVABLES, Topic
from bulkhead.contracts.wire import Wire
from bulkhead.kernel.key_rings import HouseholdKeySet
from enrollment.application import facts
from enrollment.domain import events

SUBSCRIBES: tuple[Topic, ...] = (RECEIVABLES, CARRIERS)

INBOUND: dict[type[Wire], type] = {
    receivables.BinderSatisfied: facts.BinderSatisfied,
    receivables.BinderLapsed: facts.BinderLapsed,
    receivables.GraceEntered: facts.GraceEntered,
    receivables.GraceAdvanced: facts.GraceAdvanced,
    receivables.GraceExited: facts.GraceExited,
    receivables.GraceExpired: facts.GraceExpired,
    receivables.ReinstatementGranted: facts.ReinstatementGranted,
    carriers.TransmissionSent: facts.TransmissionSent,
    carriers.CoverageEffectuated: facts.CoverageEffectuated,
    carriers.CoverageEndedByCarrier: facts.CoverageEndedByCarrier,
    carriers.CoverageReinstatedByCarrier: facts.CoverageReinstatedByCarrier,
}

OUTBOUND: dict[type, type[Wire]] = {
    events.HouseholdRegistered: wire.HouseholdRegistered,
    events.HouseholdMerged: wire.HouseholdMerged,
    events.MergeReversed: wire.MergeReversed,
    events.ContactRecorded: wire.ContactRecorded,
    HouseholdKeySet: wire.ContactKeySet,
    events.PlansSelected: wire.PlansSelected,
    events.PlansRenewed: wire.PlansRenewed,
    events.CoverageNotRenewed: wire.CoverageNotRenewed,
    events.PolicyActivated: wire.PolicyActivated,
    events.PolicyCanceled: wire.PolicyCanceled,
    events.PolicyTerminated: wire.PolicyTerminated,
    events.PolicyEndAsked: wire.PolicyEndAsked,
    events.PolicyReinstated: wire.PolicyReinstated,
    events.PolicyChanged: wire.PolicyChanged,
    events.ChildrenAgeOut: wire.ChildrenAgeOut,
    events.MedicaidBegun: wire.MedicaidBegun,
    events.MedicaidEnded: wire.MedicaidEnded,
    events.VerificationWanted: wire.VerificationWanted,
    events.VerificationDecided: wire.VerificationDecided,
    events.CarrierRecordDecided: wire.CarrierRecordDecided,
}
